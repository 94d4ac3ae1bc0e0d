"""返ってきたもの：勧奨リストの「お申し出」を名簿に写す。受領書が返ったことを記録する。"""

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msoffcrypto
from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError
from msoffcrypto.format.base import BaseOfficeFile

from mynalib.domain.errors import Refused
from mynalib.domain.params import Params
from mynalib.history.files import sha256
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.vouching import recover
from mynalib.reminders.memory import Handover, handovers
from mynalib.reminders.passphrases import Passphrases
from mynalib.reminders.returned import handover_of, take_in
from mynalib.reminders.sheet import SheetRefused, read_list
from mynalib.verbs.handover import Master
from mynalib.verbs.recall import standing_handover


def record_sheet(home: Home, params: Params, file: Path, master: Master) -> dict:
    """返ってきた表を読み、名簿に写す。暗号化したまま返ってきたものは、渡したときの合言葉で開く。

    Returns:
        outcome（recorded）, unit, month, objections（新しく写した不同意の申出）, not_here（在籍なし）, known（もう名簿にあったもの）,
        dropped（読まなかった書きこみ）。
    Raises:
        SheetRefused, Refused, MasterRefused, RegisterUnreadable。
    """
    if not file.is_file():
        raise SheetRefused(
            where=file.name, what="ファイルがありません", fix="場所を確かめてください。"
        )
    with home.locked():
        recover(home, params)
        # 取り戻したリストの返事は、受け取らない。相手は、そのリストを消したはずである
        standing = [each for each in handovers(home) if each.stands]
        read = read_list(_opened(home, file, standing, master), file.name)
        handed = handover_of(read.number, standing, file.name)
        done = take_in(home, params, read, handed, file.name)
        counts = {
            "objections": done.objections,
            "not_here": done.not_here,
            "known": done.known,
            "dropped": done.dropped,
        }
        # 名簿に写してから、台帳に書く。あいだで落ちれば、もう一度読んでも、写した行は known になるだけ
        facts = {"handover": handed.id, "unit": handed.unit, "file_sha256": sha256(file)}
        Ledger(home.ledger).append("recorded", month=str(handed.month), **facts, **counts)
    return {"outcome": "recorded", "unit": handed.unit, "month": str(handed.month), **counts}


def confirm_receipt(home: Home, params: Params, number: str) -> dict:
    """受領書が返ってきたと記録する。"""
    with home.locked():
        recover(home, params)
        handed = standing_handover(home, number, "--receipt")
        if handed.confirmed:
            what = "受領書は、もう受け取っています"
            raise Refused(
                "HANDED_OVER", where=f"--receipt {number}", what=what, fix="することはありません。"
            )
        Ledger(home.ledger).append("confirmed", handover=number, unit=handed.unit)
    return {"outcome": "confirmed", "unit": handed.unit, "month": str(handed.month)}


def _opened(home: Home, file: Path, standing: list[Handover], master: Master) -> bytes:
    """中身。暗号化してあれば、手渡した事業所の合言葉を順に試す。"""
    with _refusing(file.name):
        content = file.read_bytes()
        sealed = _sealed(content)
    if sealed is None:
        return content
    # どの事業所のものかは、開くまで分からない（ファイルの名は、人が変える）
    for passphrase in _passphrases(home, standing, master):
        with _refusing(file.name):
            plain = _unsealed(sealed, passphrase)
        if plain is not None:
            return plain
    what = "暗号化してありますが、手渡した事業所の、いまの合言葉では開けません"
    fix = "渡したときの合言葉のまま返してもらってください（合言葉を新しくしたあとなら、新しい合言葉か、暗号を解いたもので）。"
    raise SheetRefused(where=file.name, what=what, fix=fix)


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    """届いたファイルが読めなければ、断る。"""
    try:
        yield
    # 途中で切れた暗号では、msoffcrypto と、その下の XML や OLE の読み手が、どんな失敗も出す。文に中身が入りうるので、型の名だけを言う
    except Exception as error:  # noqa: BLE001 届いたファイルのせいで、この道具の誤りではない
        raise SheetRefused(where=name, what=f"開けません（{type(error).__name__}）") from None


def _sealed(content: bytes) -> BaseOfficeFile | None:
    """暗号化した表。暗号化していないか、表でないなら None（表でないことは、読むところが言う）。"""
    try:
        found = msoffcrypto.OfficeFile(io.BytesIO(content))
    except FileFormatError:
        return None
    return found if found.is_encrypted() else None


def _unsealed(sealed: BaseOfficeFile, passphrase: str) -> bytes | None:
    """合言葉で解いた中身。合言葉が違えば None。"""
    plain = io.BytesIO()
    with suppress(InvalidKeyError, DecryptionError):
        # 違う合言葉を、その場で断る。確かめないと、でたらめな中身が出来て、表が壊れているように見える
        sealed.load_key(password=passphrase, verify_password=True)
        sealed.decrypt(plain)
        return plain.getvalue()
    return None


def _passphrases(home: Home, standing: list[Handover], master: Master) -> list[str]:
    """手渡した事業所の合言葉。"""
    store = Passphrases(home.passphrases)
    if store.is_new:
        return []
    known = store.all(master(False))
    # 同じ事業所に何度渡していても、合言葉は一つ
    return [known[unit] for unit in dict.fromkeys(each.unit for each in standing) if unit in known]
