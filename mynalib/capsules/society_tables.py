"""組合全体の、この月の動き、そのわけ、本人と家族の表：健保の外に見せるかたちか、実数（exact）で。"""

from fractions import Fraction
from math import ceil

import pandas as pd

from mynalib.capsules.opened import OpenedMonth
from mynalib.capsules.outside import Outside
from mynalib.disclosure import society
from mynalib.disclosure.society import TOTAL
from mynalib.insight import measures

TARGET_MEASURE = "registration_rate"  # ページに出す目標


def change_table(outside: Outside, *, exact: bool) -> pd.DataFrame | None:
    """組合全体の動き。列 reason, people。"""
    if outside.changes is None:
        return None
    shown = outside.changes if exact else society.shown_changes(outside.changes, outside.limits)
    return pd.DataFrame(
        {"reason": list(shown), "people": pd.array(list(shown.values()), dtype="Int64")}
    )


def cause_table(outside: Outside) -> pd.DataFrame | None:
    """組合全体の率の変わったわけ（健保の外に見せるかたち）。列 cause, points。"""
    if outside.changes is None:
        return None
    counts = outside.opened.counts
    totals = counts[counts.employer_id == TOTAL].set_index("month")
    # わけは、前の月の人数から分ける。changes があるのは、前の月のあるときだけ
    before = totals.loc[str(outside.opened.month.plus(-1))]
    facts = {name: int(before[name]) for name in ("members", "registered")}
    return society.shown_causes(outside.changes, facts, decimals(outside, exact=False))


def part_table(outside: Outside, *, exact: bool) -> pd.DataFrame:
    """組合全体の、本人と家族。"""
    kinds = measures.by_kind(outside.opened.cube)
    counts = kinds[kinds.month == str(outside.opened.month)].drop(columns="month")
    if not exact:
        return society.parts(counts, decimals(outside, exact=False), outside.limits)
    rates = society.exact_rates(counts)
    return rates[["member_kind", "members", "rate", "usable_rate"]]


def decimals(outside: Outside, *, exact: bool) -> int:
    """率を、小数いくつまで書くか。"""
    return 1 if exact else decimals_of_months(outside)[str(outside.opened.month)]


def digits(outside: Outside, *, exact: bool) -> dict:
    """率の小数の桁：この月の decimals と、概数版では、月ごとの decimals_of_months。"""
    months = {} if exact else decimals_of_months(outside)
    return {"decimals": decimals(outside, exact=exact), "decimals_of_months": months}


def decimals_of_months(outside: Outside) -> dict[str, int]:
    """概数版の、月から、その月の組合全体の率の小数の桁へ。state には、丸める前の人数がある。"""
    totals = outside.state[outside.state.employer_id == TOTAL]
    return {row.month: society.decimals_of(int(row.members)) for row in totals.itertuples()}


def chosen_target(opened: OpenedMonth) -> dict[str, str] | None:
    """登録率の目標（month と value、%）：これからのもののうち、いちばん近いもの。なければ、過ぎたうちのいちばん新しいもの。"""
    found = [one for one in opened.params.society.targets if one.measure == TARGET_MEASURE]
    targets = sorted(found, key=lambda one: one.month)
    ahead = [one for one in targets if one.month >= opened.month]
    chosen = ahead[:1] or targets[-1:]
    return {"month": str(chosen[0].month), "value": str(chosen[0].value)} if chosen else None


def target(outside: Outside, *, exact: bool) -> dict | None:
    """chosen_target に、short（いまの加入者のままとして、あと何人。届いていれば 0）を加えたもの。概数版では、5 の倍数に切り上げる。"""
    opened = outside.opened
    chosen = chosen_target(opened)
    if chosen is None:
        return None
    counts = opened.counts
    total = counts[(counts.month == str(opened.month)) & (counts.employer_id == TOTAL)].iloc[0]
    # 丸めた人数からは、届いたかが分からない：170 人中 150 人と見せる 89.9 % は、約 90 % である
    wanted = ceil(Fraction(chosen["value"]) * int(total.members) / 100)
    base = 1 if exact else outside.limits.round_to
    short = -(-max(0, wanted - int(total.registered)) // base) * base
    return chosen | {"short": short}
