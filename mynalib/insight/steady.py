"""動かしにくい数：公開した数は、何人も変わるまで、そのままにする。

一人の出入りは、月をまたいで比べても分からない。動くときは丸めの単位の倍数だけ動くので、端数は、はじめて見せたときのまま
であり、何か月分の公開を並べても、はじめの一度より多くは分からない。
"""

import pandas as pd

from mynalib.insight.measures import CHANGES, COUNTS

PLACE = ["month", "employer_id"]


def steady(counts: pd.DataFrame, before: pd.DataFrame, base: int, least: int) -> pd.DataFrame:
    """見せる数の元（基準）。どの数も、本当の数から least と base のどちらか大きいほうほども離れない。端数は変わらない。

    Args:
        counts: 一行＝月×事業所の、いまの人数（measures.counts。TOTAL は除いてよい）。
        before: これより前の公開の基準（列 month, employer_id と COUNTS）。なければ空。
        base, least: 丸めの単位と、動かすのに要る変わった人数。
    Returns:
        counts と同じ列と行。TOTAL は含まない。前に公開した月はその基準から、新しい月は前の月の基準から動く。
    """
    each = counts[counts.employer_id != "TOTAL"]
    earlier = before.set_index(PLACE)[COUNTS].astype("Int64")
    last, found = earlier[:0].droplevel("month"), []
    for month, rows in each.groupby("month", sort=True):
        now = rows.set_index("employer_id")[COUNTS]
        old = earlier.xs(month) if month in earlier.index.get_level_values("month") else last
        old = old.reindex(now.index).fillna(now)
        last = _moved(old, now, base, least)
        found.append(rows.assign(**{name: last[name].to_numpy() for name in COUNTS}))
    return pd.concat(found).astype(dict.fromkeys(COUNTS, "Int64")).sort_index()


def steady_change(change: pd.DataFrame, before: pd.DataFrame, base: int, least: int) -> pd.DataFrame:
    """増減の元。同じ月の前の公開（before。列 reason, change。なければ空）から、何人も変わるまで動かない。"""
    now = change.set_index("reason").change.abs()
    old = before.set_index("reason").change.abs().astype("Int64").reindex(now.index).fillna(now)
    sign = change.reason.map(CHANGES)
    return change.assign(change=sign * _moved(old, now, base, least).to_numpy())


def _moved(old: pd.DataFrame, now: pd.DataFrame, base: int, least: int) -> pd.DataFrame:
    """now に近づくよう、old から base の倍数だけ動かす。端数は変えず、0 より下には行かない。"""
    size = (now - old).abs()
    steps = ((size + (base - 1) // 2) // base * base).where(size >= least, 0)
    moved = old + steps.where(now >= old, -steps)
    return moved.where(moved >= 0, old % base)
