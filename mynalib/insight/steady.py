"""動かしにくい数：公開した数は、何人も変わるまで、そのままにする。

一人の出入りは、月をまたいで比べても分からない。動くときは丸めの単位の倍数だけ動くので、端数は、はじめて見せたときのまま
であり、何か月分の公開を並べても、はじめの一度より多くは分からない。
"""

import pandas as pd

from mynalib.insight.measures import COUNTS

PLACE = ["month", "employer_id"]


def steady(counts: pd.DataFrame, before: pd.DataFrame, base: int, least: int) -> pd.DataFrame:
    """見せる数の元（基準）。どの数も、本当の数から least と base のどちらか大きいほうほども離れない。

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
        size = (now - old).abs()
        moved = ((size + (base - 1) // 2) // base * base).where(size >= least, 0)
        last = (old + moved.where(now >= old, -moved)).clip(lower=0)
        found.append(rows.assign(**{name: last[name].to_numpy() for name in COUNTS}))
    return pd.concat(found).astype(dict.fromkeys(COUNTS, "Int64")).sort_index()
