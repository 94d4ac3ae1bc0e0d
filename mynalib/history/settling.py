"""置いた月の後始末：食い違いの記憶と台帳。どこで落ちても、次の処理がここから続ける。"""

from mynalib.domain.months import Month
from mynalib.history.files import revisions
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.memory import remember
from mynalib.history.months import KeptMonth, MonthDamaged, damaged, kept_month, kept_months, verify_month


def settle(home: Home, leaving_out: Month | None = None) -> None:
    """置いたが記録し終えていない月を、記録し終える。失われた記憶は、作り直せるなら作り直す。

    Raises:
        MonthDamaged: 置いた月が、台帳に書いたものと違う。
    """
    ledger, months = Ledger(home.ledger), kept_months(home, leaving_out)
    recorded = _recorded(ledger)
    for kept in months:
        _require_as_recorded(kept, recorded)
    waiting = [kept for kept in months if kept.folder.name not in recorded]
    if waiting or (months and not home.kept_back.exists()):
        remember(home, months, min(kept.month for kept in waiting or months))
    for kept in waiting:
        ledger.append("ingested", **_for_ledger(kept))


def is_damaged(home: Home, month: Month) -> bool:
    """その月が、置いたときのものでないか。無い月は、壊れていない。"""
    if month not in revisions(home.months):
        return False
    try:
        kept = kept_month(home, month)
        verify_month(kept)
        _require_as_recorded(kept, _recorded(Ledger(home.ledger)))
    except MonthDamaged:
        return True
    return False


def check_recorded(home: Home) -> None:
    """全ての月が、台帳に書いたものと同じかを確かめる。違えば MonthDamaged。"""
    recorded = _recorded(Ledger(home.ledger))
    for kept in kept_months(home):
        _require_as_recorded(kept, recorded)


def _recorded(ledger: Ledger) -> dict[str, str]:
    """台帳に書いた月のフォルダーと、その members.parquet のハッシュ。消した月は除く。"""
    recorded: dict[str, str] = {}
    for line in ledger.lines():
        if line["did"] == "ingested":
            recorded[line["folder"]] = line["members_sha256"]
        if line["did"] == "purged":
            for folder in line.get("folders", ()):
                recorded.pop(folder, None)
    return recorded


def _require_as_recorded(kept: KeptMonth, recorded: dict[str, str]) -> None:
    if recorded.get(kept.folder.name, digest := _digest(kept)) != digest:
        raise damaged(kept.folder, "intake.json")


def _digest(kept: KeptMonth) -> str:
    return kept.intake["files"]["members.parquet"]


def _for_ledger(kept: KeptMonth) -> dict:
    names = ("sha256", "data_rows", "accepted", "quarantined", "confirmed", "confirmed_by")
    facts = {name: kept.intake[name] for name in names}
    return facts | {"month": str(kept.month), "folder": kept.folder.name, "members_sha256": _digest(kept)}
