"""台帳が知らない月と公開：落ちた処理の続きか、台帳が古いものに戻ったのかを見分け、原本で確かめる。"""

from contextlib import suppress
from pathlib import Path

from mynalib.domain.errors import MynaError, Refused
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.files import sha256
from mynalib.history.heads import RESTORE, every_release, require_heads, written_heads
from mynalib.history.home import Home, Locked
from mynalib.history.ledger import Ledger, LedgerBroken
from mynalib.history.months import KeptMonth, MonthDamaged, kept_months
from mynalib.history.placing import clear_placing
from mynalib.history.recovery import is_damaged, settle
from mynalib.history.released import read_manifest
from mynalib.history.rereading import require_original_of
from mynalib.history.soundness import differences
from mynalib.history.taking import settle_taking


def recover(home: Home, params: Params, leaving_out: Month | None = None) -> None:
    """前の処理が落ちていれば、その続きを終える。書きかえるどの命令も、はじめにこれをする。

    Args:
        leaving_out: 見ない月。壊れていて、これから置きかえるもの。
    Raises:
        LedgerBroken: 台帳が壊れているか、古いものに戻っている。
        MonthDamaged: 置いた月が、無いか、台帳か原本と違う。
    """
    # 順が要る。消しかけ、写しかけの残りを片づけてから、台帳の知らないものを疑い、最後に記録する。疑う前に記録すると、
    # 古い台帳に、出どころの分からない月を書き足してしまう
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
    require_heads(home)
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
        require_heads(home)
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
        # 壊れた行を先に除く。読めない台帳では、どれが台帳にないかも分からない
        ledger.set_aside(because=because)
        months = {
            kept.folder.name: _vouched_month(home, params, kept) for kept in _unrecorded(home)
        }
        releases = {
            release.name: _vouched_release(release) for release in _unrecorded_releases(home)
        }
        sound = {name: digest for name, digest in releases.items() if digest}
        # 失われた行を指す受領書を、次からは古い台帳の印とみなさないように、控えておく
        heads = sorted({*written_heads(home).values()})
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
    return [release for release in every_release(home) if release.name not in known]
