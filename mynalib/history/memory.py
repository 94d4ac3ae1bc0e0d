"""食い違いの記憶：ありえない変わり方をした人を、登録済になるまで覚えておく。purge のあとも残る。"""

from collections.abc import Sequence

import pandas as pd

from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month
from mynalib.domain.shipped import shipped_yaml
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.lens import Hold, Lens
from mynalib.history.months import KeptMonth, verify_month
from mynalib.history.tables import read_table, write_table

KEY = ["symbol_key", "number_key", "branch"]
COLUMNS = [*KEY, "since", "why", "against", "until"]
WHY: dict[str, str] = shipped_yaml("domain", "classification")["contradictions"]


class MemoryDamaged(MynaError):
    """食い違いの記憶が読めない。"""

    code = "KEPT_BACK_UNREADABLE"


def read_memory(home: Home) -> pd.DataFrame:
    """控えている人。一行＝一人×一件。

    Returns:
        列 symbol_key, number_key, branch, since（月）, why, against（食い違った相手の月）, until（月。まだなら ''）。
    Raises:
        MemoryDamaged: 壊れている、または、月を取り込んだことがあるのに無い（「控える人はいない」とはみなさない）。
    """
    rows = _rows(home)
    if rows is None:
        raise _damaged(home)
    return rows[rows.why.isin(WHY)].reset_index(drop=True)


def memory_holds(home: Home) -> list[Hold]:
    """記憶から「控える」を作る。since の月から、until の月の前まで効く。"""
    return [
        Hold("kept_back", tuple(row[:3]), Month.parse(row.since).end, Month.parse(row.until).end if row.until else None)
        for row in read_memory(home).itertuples(index=False)
    ]


def remember(home: Home, months: Sequence[KeptMonth], month: Month) -> None:
    """month からあとの全ての月を、古い順に数え直して、覚える。何度しても同じになる。

    古い月をあとから足したり置きかえたりすると、その先の月の「前に見たとき」が変わるので、month だけでは足りない。
    記憶が失われていれば、全ての月から作り直す。

    Raises:
        MemoryDamaged: 記憶が失われ、消した月もあるので、作り直せない。
        MonthDamaged: 数え直す月が壊れている。記憶は前のまま。
    """
    rows = _rows(home)
    if rows is None:
        if _ever(home, "purged"):
            raise _damaged(home)
        rows, month = _nobody(), months[0].month
    with Lens(months) as lens:
        lens.put("memory", rows[COLUMNS].astype("str"))
        lens.query("rewind_found", month=str(month))
        lens.query("rewind_closed", month=str(month))
        for before, kept in zip([None, *months], months, strict=False):
            if kept.month >= month:
                _replay(lens, before, kept)
        write_table(home.kept_back, lens.query("memory").astype("str"))


def _replay(lens: Lens, before: KeptMonth | None, kept: KeptMonth) -> None:
    for each in filter(None, (before, kept)):
        verify_month(each)
    lens.query("registered", month=str(kept.month))
    lens.query("contradictions", month=str(kept.month), before=str(before.month) if before else "")
    lens.query("own_requests", month=str(kept.month))


def _rows(home: Home) -> pd.DataFrame | None:
    """記憶の全ての行（見張りの own_request も）。失われていれば None。"""
    if not home.kept_back.exists():
        return None if _ever(home, "ingested") else _nobody()
    rows = read_table(home.kept_back)
    return rows if rows is not None and set(COLUMNS) <= set(rows) else None


def _nobody() -> pd.DataFrame:
    return pd.DataFrame(columns=COLUMNS, dtype="str")


def _ever(home: Home, did: str) -> bool:
    return any(line["did"] == did for line in Ledger(home.ledger).lines())


def _damaged(home: Home) -> MemoryDamaged:
    return MemoryDamaged(where=str(home.kept_back.relative_to(home.root)))
