"""知らせたあとのカプセルの表：知らせた人と、渡していない事業所の人が、あとの月にどうなったか。"""

import pandas as pd

from mynalib.capsules.publication import Publication
from mynalib.disclosure.rounding import percent
from mynalib.insight.statistics import wilson
from mynalib.reminders.outcomes import MONTHS_AFTER, outcomes

TOLD, BESIDE, WAITING = "told", "beside", "waiting"
"""知らせた人の全て、そのうちくらべる月の 1 回目の人、その月に渡していない事業所の人。"""
GROUP = ["kind", "turn", "group", "ahead"]


def effect_tables(publication: Publication) -> dict[str, pd.DataFrame]:
    """outcomes（勧奨×何回目×知らせたか×何か月あと）と、by_month（月ごとの、知らせた人と、一か月あと）。"""
    opened = publication.opened
    found = outcomes(opened.home, opened.months, publication.outside.previous.listed)
    return {"outcomes": pooled(found), "by_month": _by_month(found)}


def pooled(found: pd.DataFrame) -> pd.DataFrame:
    """全ての月を合わせた表。くらべる相手は、同じ月に、知らせた人も渡していない事業所もある月の人だけ。

    列 kind, turn（何回目。くらべる相手は 0）, group, ahead（か月）, people, acted（人）, share（%）, low, high（95 %、Wilson）。
    """
    both = _compared(found)
    sides = both.assign(group=both.told.map({True: BESIDE, False: WAITING}).astype("str"))
    rows = pd.concat([found[found.told].assign(group=TOLD), sides])
    rows = rows.rename(columns={"attempt": "turn"})
    table = rows.groupby(GROUP, as_index=False)[["people", "acted"]].sum()
    bounds = [wilson(int(a), int(n)) for a, n in zip(table.acted, table.people, strict=True)]
    share = percent(table.acted, table.people, 1)
    ends = {
        name: pd.Series([round(100 * pair[at], 1) for pair in bounds], table.index, dtype="float64")
        for at, name in enumerate(("low", "high"))
    }
    return table.assign(share=share, **ends)


def _compared(found: pd.DataFrame) -> pd.DataFrame:
    """知らせた人（1 回目）と、渡していない事業所の人が、どちらもいる、月×勧奨×何か月あと。"""
    first = found[(found.attempt <= 1)]
    sides = first.groupby(["month", "kind", "ahead"]).told.nunique()
    both = sides[sides == 2].index  # noqa: PLR2004 知らせた人と、渡していない事業所の人
    at = pd.MultiIndex.from_frame(first[["month", "kind", "ahead"]])
    return first[at.isin(both)]


def _by_month(found: pd.DataFrame) -> pd.DataFrame:
    """月ごとの、知らせた人。列 month, kind, people（一か月あとにもいる人）と、acted_1、acted_2、acted_3（人。まだ分からなければ欠ける）。"""
    told = found[found.told]
    table = told.pivot_table(
        index=["month", "kind"], columns="ahead", values=["people", "acted"], aggfunc="sum"
    )
    columns = [("people", 1), *(("acted", ahead) for ahead in MONTHS_AFTER)]
    table = table.reindex(columns=pd.MultiIndex.from_tuples(columns)).astype("Int64")
    table.columns = ["people", *(f"acted_{ahead}" for ahead in MONTHS_AFTER)]
    return table.reset_index().astype({"month": "str", "kind": "str"})
