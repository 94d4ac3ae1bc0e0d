"""記憶を月から数え直す：古い月から順に、見張りと食い違いを加え、食い違いなく登録された人を閉じる。"""

from collections.abc import Sequence

import pandas as pd

from mynalib.domain.employers import MAX_NUMBER
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.domain.person import PERSON_KEY
from mynalib.domain.shipped import shipped_yaml
from mynalib.domain.succession import successions
from mynalib.history.lens import Lens
from mynalib.history.months import KeptMonth, verify_month
from mynalib.history.steps import AFTER_ANOTHER, STEPS

MEMORY_COLUMNS = [*PERSON_KEY, "since", "why", "against", "until", "employer_id"]
WHY: dict[str, str] = shipped_yaml("domain", "classification")["contradictions"]
"""控える理由。記憶のほかの行（見張りの own_request、card_returned、contradictory と、いなくなった人の gone）は、控えさせない。"""
NUMBER_CHANGED = "number_changed"


def replayed(
    rows: pd.DataFrame, months: Sequence[KeptMonth], params: Params, since: Month
) -> pd.DataFrame:
    """since からあとの全ての月を数え直した記憶。何度しても同じになる。

    古い月をあとから足したり置きかえたりすると、その先の月の「前に見たとき」が変わるので、その月だけでは足りない。

    Args:
        rows: これまでの記憶（列は MEMORY_COLUMNS）。元の月が purge で消えた行は、数え直せないので残る。
    Raises:
        MonthDamaged: 数え直す月が壊れている。
    """
    with Lens(months, params) as lens:
        lens.put("memory", rows[MEMORY_COLUMNS].astype("str"))
        lens.put(
            "held_why",
            pd.DataFrame({"why": [why for why in WHY if why != NUMBER_CHANGED]}, dtype="str"),
        )
        lens.put("succession", succession_table(params))
        lens.query("lineage")
        lens.query("rewind_found", month=str(since))
        lens.query("rewind_closed", month=str(since))
        # 前の月は、一つ前に取り込んだ月。欠けた月があれば、そのまた前
        for before, kept in zip([None, *months], months, strict=False):
            if kept.month >= since:
                _replay(lens, before, kept)
        return lens.query("memory").astype("str")


def nobody() -> pd.DataFrame:
    return pd.DataFrame(columns=MEMORY_COLUMNS, dtype="str")


def _replay(lens: Lens, before: KeptMonth | None, kept: KeptMonth) -> None:
    for each in filter(None, (before, kept)):
        verify_month(each)
    asked = {"month": str(kept.month), "before": str(before.month) if before else ""}
    for name in STEPS if before else [step for step in STEPS if step not in AFTER_ANOTHER]:
        lens.query(name, **{each: asked[each] for each in STEPS[name]})


def in_symbols_of(rows: pd.DataFrame, params: Params, month: Month) -> pd.DataFrame:
    """rows（列 month と、人の鍵）の鍵を、month の記号にしたもの。記号が引きつがれた人も、同じ人として結べる。"""
    rows = rows.reset_index(drop=True)
    pairs = rows.assign(at=rows.index).merge(
        succession_table(params), left_on="symbol_key", right_on="symbol_from"
    )
    numbers = pairs.number_key.map(lambda number: int(number or 0)).astype("int64")
    fits = numbers.between(pairs.number_from, pairs.number_to)
    fits &= (pairs.month < pairs["first"]) & (pairs["last"] <= str(month))
    # 引きつぎ先が二つあれば、はじめのもの
    moved = pairs[fits].drop_duplicates("at").set_index("at").symbol_to
    return rows.assign(symbol_key=moved.reindex(rows.index).fillna(rows.symbol_key).astype("str"))


def put_successions(lens: Lens, params: Params) -> None:
    """記号の引きつぎを置き、月ごとの人のいまの記号を尋ねられるようにする（symbols_now.sql）。"""
    lens.put("succession", succession_table(params))
    lens.query("symbols_now")


def succession_table(params: Params) -> pd.DataFrame:
    """記号の引きつぎ。一行＝古い記号×新しい記号。first と last は「2026-10」の形。"""
    rows = [
        (s.old, s.new, s.low, min(s.high, MAX_NUMBER), str(s.first), str(s.last))
        for s in successions(params)
    ]
    table = pd.DataFrame(
        rows, columns=["symbol_from", "symbol_to", "number_from", "number_to", "first", "last"]
    )
    text = dict.fromkeys(("symbol_from", "symbol_to", "first", "last"), "str")
    return table.astype(text | {"number_from": "int64", "number_to": "int64"})
