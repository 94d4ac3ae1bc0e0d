"""広く配る版の表：事業所ごとの加入者と水準、まとめた行、組合全体。"""

from collections.abc import Mapping

import pandas as pd

from mynalib.disclosure.levels import Level
from mynalib.disclosure.merging import Merged
from mynalib.disclosure.rounding import to_multiple
from mynalib.disclosure.society import COUNTS, TOTAL, decimals_of, society_rows
from mynalib.disclosure.thresholds import Thresholds
from mynalib.domain.employers import NO_EMPLOYER

OTHERS = "OTHERS"
WIDE_COLUMNS = [
    "month",
    "employer_id",
    "employer",
    *COUNTS[:2],
    "rate",
    "tolerance",
    "bound",
    "since",
    *COUNTS[2:3],
]
WIDE_COLUMNS += ["usable_rate", *COUNTS[3:]]
_KINDS = (
    dict.fromkeys(COUNTS, "Int64")
    | dict.fromkeys(("rate", "usable_rate"), "Float64")
    | {"tolerance": "Int64"}
)
_KINDS |= dict.fromkeys(("month", "employer_id", "employer", "bound", "since"), "str")


def wide_rows(
    counts: pd.DataFrame,
    own_members: Mapping[str, int],
    levels: Mapping[str, Level | None],
    merged: Merged | None,
    limits: Thresholds,
) -> pd.DataFrame:
    """一つの月の行。

    Args:
        counts: 一行＝事業所（KENPO、NOEMPLOYER と、最後に TOTAL）。列 month, employer_id, employer と COUNTS（実数、人）。
        own_members: 自分の行のある事業所から、事業所のページの加入者へ（家族を除く約束なら、本人だけ）。
        levels: 事業所から、見せる水準へ。
        merged: まとめる事業所。None なら、組合全体だけ。
    Returns:
        列 WIDE_COLUMNS。事業所の行は加入者（概数）と水準だけ、OTHERS は加入者・未登録・失効の概数だけがあり、ほかは欠ける。
        bound と since は、ないとき ''。
    """
    each = counts[counts.employer_id != TOTAL]
    rows = [_total(counts, limits)]
    if merged is not None:
        inside = each.employer_id.isin(list(merged))
        # 人のいない事業所だけなら、まとめた行も作らない
        if each.members[inside].sum():
            rows.insert(0, _others(each[inside], limits))
        rows.insert(0, _employers(each[~inside], own_members, levels, limits))
    records = [record for row in rows for record in row.to_dict("records")]
    # 型を決めておく：水準のない行や OTHERS の欠けた値のために、ほかの行の整数が 85.0 のような小数にならないように
    return pd.DataFrame(records, columns=WIDE_COLUMNS).astype(_KINDS)


def _employers(
    each: pd.DataFrame,
    own_members: Mapping[str, int],
    levels: Mapping[str, Level | None],
    limits: Thresholds,
) -> pd.DataFrame:
    found = [levels.get(employer) for employer in each.employer_id]
    return each[["month", "employer_id", "employer"]].assign(
        # 事業所のページと同じ数え方（家族を除く約束なら、本人だけ）。二つの数え方を並べると、差が家族の数になる
        members=to_multiple(each.employer_id.map(own_members), limits.round_to),
        rate=[level.value if level else None for level in found],
        tolerance=[level.tolerance if level else None for level in found],
        bound=[level.bound if level else "" for level in found],
        since=[level.since if level else "" for level in found],
    )


def _others(merged: pd.DataFrame, limits: Thresholds) -> pd.DataFrame:
    """まとめた行。率は見せない（人数の概数と、率の概数を並べると、二つから正確な数が分かる）。"""
    shown = ["members", "unregistered", "lapsed"]
    sums = {
        name: to_multiple(pd.Series([merged[name].sum()]), limits.round_to)[0] for name in shown
    }
    words = {
        "month": merged.month.iloc[0],
        "employer_id": OTHERS,
        "employer": _others_named({*merged.employer_id}),
        "bound": "",
        "since": "",
    }
    return pd.DataFrame([words | sums])


def _others_named(codes: set[str]) -> str:
    """まとめた行の名。事業所のない人（任意継続など）は、事業所に数えない。"""
    beside = "と事業所のない方" if NO_EMPLOYER in codes else ""
    return f"ほかの {len(codes - {NO_EMPLOYER})} 事業所{beside}"


def _total(counts: pd.DataFrame, limits: Thresholds) -> pd.DataFrame:
    total = counts[counts.employer_id == TOTAL]
    # 小数の桁は、丸める前の本当の人数から決める
    return society_rows(total, decimals_of(int(total.members.iloc[0])), limits).assign(
        bound="", since=""
    )
