"""置いた月の後始末：食い違いの記憶と台帳。どこで落ちても、次の処理がここから続ける。"""

from collections.abc import Sequence

from mynalib.domain.months import Month
from mynalib.domain.params import Params, load_params
from mynalib.history.contradictions_trust import place_memory, standing
from mynalib.history.files import sha256
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.months import (
    KeptMonth,
    MonthDamaged,
    damaged,
    kept_month,
    kept_months,
    verify_month,
)
from mynalib.history.revisions import revisions


def settle(home: Home, leaving_out: Month | None = None, params: Params | None = None) -> None:
    """置いたが記録し終えていない月を、記録し終える。記憶が月や設定に合わなければ、月から作り直す。

    Args:
        leaving_out: 壊れていて、これから置きかえる月。記憶は、置きかえたあとに直す。
        params: 読んである設定。なければ、置き場所から読む。
    Raises:
        MonthDamaged: 置いた月が、無いか、台帳に書いたものと違う。
        MemoryDamaged: 記憶が台帳に書いたものでなく、消した月もあるので、作り直せない。
    """
    recorded = require_recorded(home, leaving_out)
    months = kept_months(home, leaving_out)
    waiting = [kept for kept in months if kept.folder.name not in recorded]
    place_memory(home)  # 前に落ちた処理が、台帳に書いたところまで
    memory = {} if leaving_out else _prepared(home, params or load_params(home.params), months)
    # 記憶は、最後の行に一度だけ書く。その前に落ちても、次の処理が、残りの月から同じことをする
    for kept in waiting:
        Ledger(home.ledger).append(
            "ingested", **_for_ledger(kept), **(memory if kept is waiting[-1] else {})
        )
    # 加わった月がなくても、設定か規則が変われば、記憶は変わる
    if memory and not waiting:
        Ledger(home.ledger).append("remembered", **memory)
    place_memory(home)


def _prepared(home: Home, params: Params, months: Sequence[KeptMonth]) -> dict:
    """隣に書いた記憶について、台帳に書くこと。もう書いてあるか、記憶が月に合っていれば、空。"""
    now = standing(home, months, params)
    if not months or (now.usable and now.since is None):
        return {}
    from mynalib.history.contradictions import prepare_memory  # pandas の読みこみは、要るときだけ

    memory = prepare_memory(home, params, months, now)
    return memory if memory != now.recorded else {}


def is_damaged(home: Home, month: Month) -> bool:
    """その月が、置いたときのものでないか。取り込んだことのない月は、壊れていない。"""
    try:
        _require(
            home,
            {
                folder: digest
                for folder, digest in recorded_months(home).items()
                if folder[:7] == str(month)
            },
        )
        if month in revisions(home.months):
            verify_month(kept_month(home, month))
    except MonthDamaged:
        return True
    return False


def require_recorded(home: Home, leaving_out: Month | None = None) -> dict[str, str]:
    """台帳にある月（消した月は除く）が全て、書いたときのままかを確かめ、フォルダーとハッシュを返す。違えば MonthDamaged。"""
    recorded = recorded_months(home)  # 台帳を先に読む。点検の間に、次の月が置かれることがある
    _require(
        home,
        {folder: digest for folder, digest in recorded.items() if folder[:7] != str(leaving_out)},
    )
    return recorded


def _require(home: Home, recorded: dict[str, str]) -> None:
    """月ごとに、台帳にある最も新しい版を確かめる（置きかえた前の版は、壊れていてもよい）。"""
    newest = {folder[:7]: folder for folder in sorted(recorded, key=_revision)}
    versions = revisions(home.months)
    for folder in newest.values():
        record = home.months / folder / "intake.json"
        there = versions.get(Month.parse(folder[:7]), [])
        superseded = there and _revision(there[-1].name) > _revision(folder)
        if not superseded and not (record.is_file() and sha256(record) == recorded[folder]):
            raise damaged(record.parent, record.name)


def _revision(name: str) -> tuple[int, str]:
    """一つの月の版の並び（2026-10、2026-10-r2、2026-10-r10）。"""
    return len(name), name


def recorded_months(home: Home) -> dict[str, str]:
    """台帳に書いた月のフォルダーと、その intake.json のハッシュ（その中に、ほかのファイルのハッシュがある）。消した月は除く。"""
    return Ledger(home.ledger).standing("ingested", "intake_sha256")


def _for_ledger(kept: KeptMonth) -> dict:
    names = ("sha256", "data_rows", "accepted", "quarantined", "confirmed", "confirmed_by")
    facts = {name: kept.intake[name] for name in names} | {
        "intake_sha256": sha256(kept.folder / "intake.json")
    }
    return facts | {"month": str(kept.month), "folder": kept.folder.name}
