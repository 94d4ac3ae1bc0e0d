"""台帳が知らない月と公開：落ちた処理の続きか、台帳が古いものに戻ったのかを見分け、原本で確かめる。"""

import json
import re
from contextlib import suppress
from pathlib import Path

from mynalib.domain.errors import MynaError, Refused
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.files import clear_placing, revisions, sha256
from mynalib.history.home import Home, Locked
from mynalib.history.ledger import Ledger, LedgerBroken
from mynalib.history.months import KeptMonth, MonthDamaged, kept_months, original_of, verify_month
from mynalib.history.recovery import is_damaged, settle
from mynalib.history.released import continued_heads, differences, read_manifest, read_receipt
from mynalib.history.taking import settle_taking

GO_ON = "戻せるものがなければ、myna check --accept-ledger --because 理由 で、原本と公開したものを確かめ、そのことを台帳に残して続けられます。"
_HEAD = re.compile(r'name="ledger-head" content="([0-9a-f]{64})"')
RESTORE = f"バックアップから、いちばん新しい data/ledger.jsonl を戻し、myna check で確かめてください。{GO_ON}"


def recover(home: Home, params: Params, leaving_out: Month | None = None) -> None:
    """前の処理が落ちていれば、その続きを終える。書きかえるどの命令も、はじめにこれをする。

    Args:
        leaving_out: 見ない月。壊れていて、これから置きかえるもの。
    Raises:
        LedgerBroken: 台帳が壊れているか、古いものに戻っている。
        MonthDamaged: 置いた月が、無いか、台帳か原本と違う。
    """
    settle_taking(home)
    for place in (home.months, home.reports):
        clear_placing(place)
    require_vouched(home, params, leaving_out)
    settle(home, leaving_out, params)


def require_vouched(home: Home, params: Params | None, leaving_out: Month | None = None) -> None:
    """台帳の知らないものが、落ちた処理の続きだけか。台帳の代わりに、原本で確かめる。

    落ちた処理が残すのは、多くても一つの月で、公開には台帳の行（receipt.json の ledger_head）がもうある。

    Args:
        params: None なら、原本は読み直さない（設定が読めないときの点検）。
    Raises:
        LedgerBroken, MonthDamaged: recover と同じ。
    """
    _require_heads(home)
    waiting = _unrecorded(home, leaving_out)
    if len(waiting) > 1:
        names = "、".join(kept.folder.name for kept in waiting)
        what = f"ディスクにある {len(waiting)} か月（{names}）を取り込んだ行がありません。台帳が、古いものに戻っています"
        raise LedgerBroken(where=home.ledger.name, what=what, fix=RESTORE)
    for kept in waiting if params else ():
        require_original_of(home, params, kept)


def check_vouched(home: Home, params: Params | None) -> None:
    """require_vouched を、点検のために。ほかの処理が動いているあいだは、その処理が確かめるので、何もしない。"""
    try:
        _require_heads(home)
        doubtful = bool(_unrecorded(home))
    except MynaError:
        doubtful = True
    if doubtful:
        with suppress(Locked), home.locked():
            require_vouched(home, params)


def must_be_replaced(home: Home, params: Params, month: Month) -> bool:
    """その月が、置いたときのものでないか、台帳になくて原本と違うか。取り込んだことのない月は、壊れていない。"""
    if is_damaged(home, month):
        return True
    with suppress(MonthDamaged):
        for kept in _unrecorded(home):
            if kept.month == month:
                require_original_of(home, params, kept)
        return False
    return True


def accept_ledger(home: Home, params: Params, because: str) -> dict:
    """台帳を戻せないとき、原本と公開したものを確かめ、そのことを台帳に残して続ける。

    Args:
        because: なぜ戻せないか。台帳に残る。
    Returns:
        outcome（continued）, months と releases（確かめたもの）, unvouched（確かめられなかったもの）。名の並び。
    Raises:
        Refused: 台帳は壊れていない。
    """
    with home.locked():
        _require_broken(home)
        ledger = Ledger(home.ledger)
        ledger.set_aside(because=because)
        months = {
            kept.folder.name: _vouched_month(home, params, kept) for kept in _unrecorded(home)
        }
        releases = {
            release.name: _vouched_release(release) for release in _unrecorded_releases(home)
        }
        sound = {name: digest for name, digest in releases.items() if digest}
        heads = sorted({*_heads(home).values()})
        ledger.append("continued", because=because, ingested=months, released=sound, heads=heads)
        with suppress(MonthDamaged):  # 確かめられなかった月は、取り込み直してから
            settle(home)  # 食い違いの記憶を、台帳と合わせる
        unvouched = [f"data/months/{name}" for name, digest in months.items() if not digest]
        unvouched += [f"reports/{name}" for name, digest in releases.items() if not digest]
        vouched = [name for name, digest in months.items() if digest]
        return {
            "outcome": "continued",
            "months": vouched,
            "releases": [*sound],
            "unvouched": unvouched,
        }


def _require_broken(home: Home) -> None:
    """台帳が、壊れているか、古いものか。どちらでもなければ、続ける理由がない。"""
    try:
        require_vouched(home, None)
    except LedgerBroken:
        return
    what = "台帳は、壊れてもいず、古くもありません"
    raise Refused(
        "LEDGER_SOUND", where=home.ledger.name, what=what, fix="何もしなくてかまいません。"
    )


def _vouched_month(home: Home, params: Params, kept: KeptMonth) -> str:
    """原本と同じなら intake.json のハッシュ、違えば空（その月は、原本から取り込み直すまで、壊れた月になる）。"""
    with suppress(MonthDamaged):
        require_original_of(home, params, kept)
        return sha256(kept.folder / "intake.json")
    return ""


def _vouched_release(release: Path) -> str:
    """manifest のとおりに全部あれば manifest のハッシュ、違えば空（その公開は、台帳にないものになる）。"""
    with suppress(OSError, ValueError, KeyError, TypeError):
        if not list(differences(release, read_manifest(release)["artefacts"])):
            return sha256(release / "manifest.json")
    return ""


def _unrecorded(home: Home, leaving_out: Month | None = None) -> list[KeptMonth]:
    """ディスクにあって、台帳に行のない月（それぞれ最も新しい版）。"""
    # 先に読む。このあと置かれる月がある
    recorded = Ledger(home.ledger).standing("ingested", "intake_sha256")
    return [kept for kept in kept_months(home, leaving_out) if kept.folder.name not in recorded]


def _unrecorded_releases(home: Home) -> list[Path]:
    known = Ledger(home.ledger).ever("released")
    return [release for release in _every_release(home) if release.name not in known]


def _every_release(home: Home) -> list[Path]:
    return [release for folders in revisions(home.reports).values() for release in folders]


def _heads(home: Home) -> dict[str, str]:
    """公開のフォルダーと、手渡しの受領書の名から、それを書いたときの台帳の行（ledger_head）へ。"""
    heads = {
        release.name: read_receipt(release).get("ledger_head") for release in _every_release(home)
    }
    for slip in sorted(home.outbox.glob("*.html")):
        found = _HEAD.search(slip.read_text(encoding="utf-8", errors="replace"))
        heads[f"outbox/{slip.name}"] = found and found[1]
    return {name: head for name, head in heads.items() if isinstance(head, str)}


def _require_heads(home: Home) -> None:
    """どの公開の受領の記録も、どの受領書も、いまの台帳にある行を指すか。違えば、台帳が古い。"""
    lines = Ledger(home.ledger).lines()
    known = {line["hash"] for line in lines} | continued_heads(lines)
    lost = [name for name, head in _heads(home).items() if head not in known]
    if lost:
        what = f"公開か手渡し（{'、'.join(lost)}）を書いた行がありません。台帳が、古いものに戻っています"
        raise LedgerBroken(where=home.ledger.name, what=what, fix=RESTORE)


def require_head(home: Home, head: str) -> None:
    """紙の受領書にある台帳の印（行のハッシュのはじめ）が、いまの台帳にあるか。置き場所ごと古いものに戻ったときに、気づくため。

    Raises:
        LedgerBroken: ないか、台帳が壊れている。
    """
    lines = Ledger(home.ledger).lines()
    if not any(line["hash"].startswith(head) for line in lines):
        last = f"いちばん新しい行は {lines[-1]['at'][:10]} のもの" if lines else "一行もありません"
        what = f"印 {head} の行がありません（{last}）。そのあとの取込、公開、手渡し、名簿が失われています"
        fix = (
            "印が受領書のとおりかを確かめ、その日よりあとのバックアップから、置き場所を丸ごと戻してください。"
            "戻せるものがなければ、そのあとのファイルを取り込み直し、名簿を書き直し、渡したリストを myna audit と受領書で突き合わせてください。"
        )
        raise LedgerBroken(where=home.ledger.name, what=what, fix=fix)


def require_original_of(home: Home, params: Params, kept: KeptMonth) -> None:
    """その月を原本から読み直し、置いたものと同じかを確かめる。違うか、原本がなければ MonthDamaged。"""
    verify_month(kept)
    original = original_of(home, kept)
    if original is None:
        what = "台帳に行がなく、原本（data/originals/）もないか変わっているので、確かめられません"
        fix = f"送り主から受け取り直したファイルを、myna ingest ファイル --month {kept.month} --replace で取り込んでください。"
        raise MonthDamaged(where=kept.folder.name, what=what, fix=fix)
    if not _reads_the_same(home, params, kept, original):
        what = "台帳に行がなく、原本を読み直したものと違います"
        fix = f"myna ingest data/originals/{original.name} --month {kept.month} --replace で、取り込み直してください。"
        raise MonthDamaged(where=kept.folder.name, what=what, fix=fix)


def _reads_the_same(home: Home, params: Params, kept: KeptMonth, original: Path) -> bool:
    from mynalib.history.aside import read_aside  # DuckDB の読みこみは、要るときだけ

    try:
        with read_aside(home, params, original, kept.month) as (staged, read):
            facts = json.loads(json.dumps(read.as_dict()))
            counted = all(kept.intake.get(name) == value for name, value in facts.items())
            return counted and all(
                _same_rows(staged / name, kept.folder / name) for name in kept.intake["files"]
            )
    except Refused as refused:
        if refused.code == "DISK_FULL":  # 原本のせいではない
            raise
        return False


def _same_rows(one: Path, other: Path) -> bool:
    from mynalib.history.tables import read_table  # pandas の読みこみは、要るときだけ

    if sha256(one) == sha256(other):
        return True
    tables = read_table(one), read_table(other)
    return tables[0] is not None and tables[1] is not None and tables[0].equals(tables[1])
