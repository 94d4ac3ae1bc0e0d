"""知らせたあとのカプセルの表：知らせた人と、渡していない事業所の人が、あとの月にどうなったか。"""

import pandas as pd

from mynalib.capsules.publication import Publication
from mynalib.disclosure.rounding import percent
from mynalib.insight.halves_compared import compare
from mynalib.insight.statistics import wilson
from mynalib.reminders.halves import FIRST_HALF, SECOND_HALF
from mynalib.reminders.outcomes import MONTHS_AFTER, outcomes
from mynalib.reminders.trials import trial_outcomes

TOLD = "told"
"""知らせた人の全て。"""
OF_THE_SAME_MONTH = "beside"
"""そのうち、くらべる月に、事業所がリストを渡した 1 回目の人。"""
WAITING = "waiting"
"""その月に渡していない事業所の、1 回目の番の人。"""
GROUPED_BY = ["kind", "turn", "group", "ahead"]
HALF_COLUMNS = ["kind", "ahead", "half", "homes", "people", "acted", "share"]
GAP_COLUMNS = ["trial", "kind", "ahead", "gap", "gap_low", "gap_high", "visible"]
_TYPES_OF_HALVES = dict.fromkeys(("kind", "half"), "str") | dict.fromkeys(
    ("ahead", "homes", "people", "acted"), "int64"
)
_TYPES_OF_GAPS = dict.fromkeys(("trial", "kind"), "str") | {"ahead": "int64"}


def effect_tables(publication: Publication) -> dict[str, pd.DataFrame]:
    """outcomes（勧奨×何回目×知らせたか×何か月あと）、by_month（月ごとの、知らせた人と、一か月あと）と、半分ずつの halves と gaps。"""
    opened = publication.opened
    found = outcomes(opened.home, opened.months, publication.outside.previous.listed)
    halves, gaps = compared_halves(trial_outcomes(opened.home, opened.months))
    return {
        "outcomes": pooled(found),
        "by_month": outcomes_by_month(found),
        "halves": halves,
        "gaps": gaps,
    }


def compared_halves(found: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """くじで分けた二つの半分と、その差。人が少なすぎてくらべられないものは、入らない。

    Args:
        found: reminders.trials.trial_outcomes。
    Returns:
        一行＝勧奨×何か月あと×半分の、列 kind, ahead, half, homes（世帯）, people, acted（人）, share（%）と、一行＝くじ×勧奨×何か月あとの、列
        trial, kind, ahead, gap（先の半分から後の半分を引いた差）, gap_low, gap_high（95 % の幅）, visible（どれもポイント）。
    """
    halves = []
    gaps = []
    for (trial, kind, ahead), part in found.groupby(["trial", "kind", "ahead"]):
        # くじは世帯ごとでも、渡したかどうかは事業所と月ごと。違う層の半分どうしを比べない
        strata = part.employer_id + " " + part.month
        made = compare(part.assign(stratum=strata, first=part.arm == FIRST_HALF))
        if made is None:
            continue
        counts = zip((FIRST_HALF, SECOND_HALF), made.homes, made.people, made.acted, strict=True)
        halves += [(kind, ahead, f"{trial}_{arm}", *numbers) for arm, *numbers in counts]
        points = (made.difference, made.low, made.high, made.visible)
        gaps.append((trial, kind, ahead, *(round(100 * each, 1) for each in points)))
    table = pd.DataFrame(halves, columns=HALF_COLUMNS[:-1]).astype(_TYPES_OF_HALVES)
    share = percent(table.acted, table.people, 1)
    return table.assign(share=share), pd.DataFrame(gaps, columns=GAP_COLUMNS).astype(_TYPES_OF_GAPS)


def pooled(found: pd.DataFrame) -> pd.DataFrame:
    """全ての月を合わせた表。くらべる相手は、同じ月に、知らせた人も渡していない事業所もある月の人だけ。

    列 kind, turn（何回目。くらべる相手は 0）, group, ahead（か月）, people, acted（人）, share（%）, low, high（95 %、Wilson）。
    """
    both = _compared(found)
    sides = both.assign(
        group=both.told.map({True: OF_THE_SAME_MONTH, False: WAITING}).astype("str")
    )
    # 知らせた人は二度入る：全ての人（TOLD）と、そのうち比べる月の 1 回目の人（OF_THE_SAME_MONTH）
    rows = pd.concat([found[found.told].assign(group=TOLD), sides])
    rows = rows.rename(columns={"attempt": "turn"})
    table = rows.groupby(GROUPED_BY, as_index=False)[["people", "acted"]].sum()
    bounds = [wilson(int(a), int(n)) for a, n in zip(table.acted, table.people, strict=True)]
    share = percent(table.acted, table.people, 1)
    ends = {
        name: pd.Series([round(100 * pair[at], 1) for pair in bounds], table.index, dtype="float64")
        for at, name in enumerate(("low", "high"))
    }
    return table.assign(share=share, **ends)


def _compared(found: pd.DataFrame) -> pd.DataFrame:
    """くらべる、知らせた人と渡していない事業所の人が、どちらもいる、月×勧奨×何か月あと。"""
    first = found[found.beside]
    sides = first.groupby(["month", "kind", "ahead"]).told.nunique()
    both = sides[sides == 2].index  # noqa: PLR2004 知らせた人と、渡していない事業所の人
    at = pd.MultiIndex.from_frame(first[["month", "kind", "ahead"]])
    return first[at.isin(both)]


def outcomes_by_month(found: pd.DataFrame) -> pd.DataFrame:
    """月ごとの、知らせた人。列 month, kind, people（一か月あと、分からなければその次にもいる人）と、acted_1、acted_2、acted_3（人。まだ分からなければ欠ける）。"""
    told = found[found.told]
    table = told.pivot_table(
        index=["month", "kind"], columns="ahead", values=["people", "acted"], aggfunc="sum"
    )
    columns = pd.MultiIndex.from_product([("people", "acted"), MONTHS_AFTER])
    table = table.reindex(columns=columns).astype("Int64")
    # 次の月のファイルがなければ、二か月あとの人数を分母に添える。分母のない数を見せない
    known = table["acted"].add_prefix("acted_")
    known.insert(0, "people", table["people"].bfill(axis=1)[MONTHS_AFTER[0]])
    return known.reset_index().astype({"month": "str", "kind": "str"})
