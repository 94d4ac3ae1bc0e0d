"""置いた月の後始末：食い違いの記憶と台帳。どこで落ちても、次の処理がここから続ける。"""

from mynalib.domain.months import Month
from mynalib.history.files import revisions, sha256
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.months import KeptMonth, MonthDamaged, damaged, kept_month, kept_months, verify_month


def settle(home: Home, leaving_out: Month | None = None) -> None:
    """置いたが記録し終えていない月を、記録し終える。失われた記憶は、作り直せるなら作り直す。

    Raises:
        MonthDamaged: 置いた月が、無いか、台帳に書いたものと違う。
    """
    recorded = require_recorded(home, leaving_out)
    months = kept_months(home, leaving_out)
    waiting = [kept for kept in months if kept.folder.name not in recorded]
    if waiting or (months and not home.kept_back.exists()):
        from mynalib.history.memory import remember  # pandas の読みこみは、要るときだけ

        remember(home, months, min(kept.month for kept in waiting or months))
    for kept in waiting:
        Ledger(home.ledger).append("ingested", **_for_ledger(kept))


def is_damaged(home: Home, month: Month) -> bool:
    """その月が、置いたときのものでないか。取り込んだことのない月は、壊れていない。"""
    try:
        _require(home, {folder: digest for folder, digest in recorded_months(home).items() if folder[:7] == str(month)})
        if month in revisions(home.months):
            verify_month(kept_month(home, month))
    except MonthDamaged:
        return True
    return False


def require_recorded(home: Home, leaving_out: Month | None = None) -> dict[str, str]:
    """台帳にある月（消した月は除く）が全て、書いたときのままかを確かめ、フォルダーとハッシュを返す。違えば MonthDamaged。"""
    recorded = recorded_months(home)  # 台帳を先に読む。点検の間に、次の月が置かれることがある
    _require(home, {folder: digest for folder, digest in recorded.items() if folder[:7] != str(leaving_out)})
    return recorded


def _require(home: Home, recorded: dict[str, str]) -> None:
    """月ごとに、台帳にある最も新しい版を確かめる（置きかえた前の版は、壊れていてもよい）。"""
    newest = {folder[:7]: folder for folder in sorted(recorded, key=_revision)}
    for folder in newest.values():
        record = home.months / folder / "intake.json"
        there = revisions(home.months).get(Month.parse(folder[:7]), [])
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
    facts = {name: kept.intake[name] for name in names} | {"intake_sha256": sha256(kept.folder / "intake.json")}
    return facts | {"month": str(kept.month), "folder": kept.folder.name}
