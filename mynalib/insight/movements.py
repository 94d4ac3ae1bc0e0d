"""動き：月から月への、登録、解除、失効、加入、脱退の人数と、率の変わったわけ。

動きは、組合全体のもの。事業所の間で移った人は、加入も脱退もしていない。記号の変わった人は、脱退と加入に見える。
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import pandas as pd

from mynalib.disclosure.society import CHANGES, TOTAL, exact_causes
from mynalib.domain.months import Month
from mynalib.insight.measures import is_registered

WAVE = ("lapsed", "cancelled_by_lapse", "renewed", "relinked")
"""❷ の波：登録済のまま証明書が失効した人、失効で自動解除された人、証明書を更新した人、自動解除のあとに登録し直した人。"""
MOVES = (*CHANGES, *WAVE, "cancelled_at_own_request")
FISCAL_START = 4  # 年度のはじめ
_CURRENT = ["registered_usable", "registered_certificate_unknown"]
_OUT_OF_DATE = [
    "registered_certificate_lapsed",
    "cancelled_by_lapse",
    "never_linked_certificate_lapsed",
]
# 期限切れから、期限内に戻ったと見える区分。登録していない人（never_linked）の更新も入る
_RENEWED = ["registered_usable", "renewed_not_relinked", "never_linked"]
_AUTO_CANCELLED = ["cancelled_by_lapse", "renewed_not_relinked"]


def movements(flows: pd.DataFrame, by: Sequence[str] = ("month",)) -> pd.DataFrame:
    """月ごとの動き（人）。

    登録者の差 ＝ newly_registered − cancelled ＋ joined_registered − left_registered。未登録も同じに、ちょうど合う。
    WAVE は、その内わけか、登録の変わらない人の動きなので、足さない。

    Args:
        flows: 動きの表（history.flows）。
        by: 行の粒度。month と、ほかに分ける列。
    Returns:
        一行＝by の組（前の月のある月だけ）。列 by と MOVES。
    """
    before = is_registered(flows.status_before)
    after = is_registered(flows.status_after)
    was_here = flows.status_before.ne("")
    is_here = flows.status_after.ne("")
    stayed = was_here & is_here
    # 「登録し直した」人（relinked）は newly_registered にも、失効による解除は cancelled にも入る。だから WAVE は足さない
    holds = {
        "newly_registered": stayed & ~before & after,
        "cancelled": stayed & before & ~after,
        "joined_registered": ~was_here & after,
        "joined_unregistered": ~was_here & ~after,
        "left_registered": ~is_here & before,
        "left_unregistered": ~is_here & ~before,
        "lapsed": _between(flows, _CURRENT, ["registered_certificate_lapsed"]),
        "cancelled_by_lapse": stayed & before & flows.status_after.isin(_AUTO_CANCELLED),
        "renewed": _between(flows, _OUT_OF_DATE, _RENEWED),
        "relinked": stayed & flows.status_before.isin(_AUTO_CANCELLED) & after,
        "cancelled_at_own_request": stayed
        & before
        & flows.status_after.eq("cancelled_at_own_request"),
    }
    people = {name: flows.members.where(holds[name], 0) for name in MOVES}
    table = flows[[*by]].assign(**people).groupby([*by], as_index=False)[[*MOVES]].sum()
    return table.astype(dict.fromkeys(MOVES, "Int64"))


def of_each_employer(flows: pd.DataFrame) -> pd.DataFrame:
    """事業所ごとに見た動き：事業所の間で移った人を、前の事業所の脱退と、後の事業所の加入の、二行に分ける。列 employer_id が増える。"""
    before = flows.employer_before
    after = flows.employer_after
    # 例：E01 から E02 へ移った登録済の一人は、E01 の脱退（登録済）と E02 の加入（登録済）の二行になる
    same = before.eq(after) | before.eq("") | after.eq("")
    stayed = flows[same].assign(employer_id=after.where(after.ne(""), before)[same])
    moved = flows[~same]
    left = moved.assign(employer_id=moved.employer_before, status_after="", employer_after="")
    came = moved.assign(employer_id=moved.employer_after, status_before="", employer_before="")
    return pd.concat([stayed, left, came], ignore_index=True)


def _between(flows: pd.DataFrame, before: list[str], after: list[str]) -> pd.Series:
    return flows.status_before.isin(before) & flows.status_after.isin(after)


def changes(flows: pd.DataFrame) -> dict[str, int]:
    """一つの月の動き（人）。名は disclosure.society.CHANGES。

    Args:
        flows: その月だけの動きの表。
    """
    table = movements(flows)
    return {name: int(table[name].sum()) for name in CHANGES}


def causes_between(
    moves: pd.DataFrame, totals: pd.DataFrame, months: Sequence[Month]
) -> dict[str, Fraction] | None:
    """いくつもの月にわたる、率の変わったわけ（ポイント、丸める前）：月ごとのわけの和。三つの計は、率の変化にちょうど等しい。

    Args:
        moves: movements の表。
        totals: 組合全体の人数（measures.counts）。
        months: 後の月の並び。
    Returns:
        わけの名（behaviour, joiners, leavers）から。一つの月でも動きが分からなければ None。
    """
    moved = moves.set_index("month").to_dict("index")
    held = totals[totals.employer_id == TOTAL].set_index("month").to_dict("index")
    sums: dict[str, Fraction] = {}
    # 一か月でも欠ければ、わけの和が率の変化に合わない。合わない表を見せるより、出さない
    for month in months:
        before = held.get(str(month.plus(-1)))
        sizes = moved.get(str(month))
        if before is None or sizes is None:
            return None
        for cause, points in exact_causes(_ints(sizes), _ints(before)).items():
            if points is None:
                return None
            sums[cause] = sums.get(cause, Fraction(0)) + points
    return sums


def _ints(row: Mapping) -> dict[str, int]:
    return {name: int(value) for name, value in row.items() if not isinstance(value, str)}


def twelve_months(month: Month) -> list[Month]:
    """この月までの 12 か月。"""
    return [month.plus(step) for step in range(-11, 1)]


def fiscal_year(month: Month) -> list[Month]:
    """年度（四月から）のはじめから、この月まで。"""
    # 10 月なら (10 − 4) で 6 か月前の四月から七つ、3 月なら (3 − 4) % 12 ＝ 11 で十二
    return [month.plus(step) for step in range(-((month.number - FISCAL_START) % 12), 1)]
