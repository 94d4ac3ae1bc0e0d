"""じょうご図の約束：限界にちょうど乗る事業所は、偶然の幅のうち。丸めの違いや二進の小数の誤差で、外に出ない。"""

import pandas as pd
import pytest

from mynalib.disclosure import released as door
from mynalib.disclosure.released import RATE_COLUMNS, Terms
from mynalib.insight import report
from mynalib.insight.bench_measures import counted, funnel
from mynalib.insight.spread import Spread
from mynalib.insight.statistics import FUNNEL, funnel_limits

MONTH = "2026-10"
# 56.25 % と 81.25 % は、四捨五入なら 56.3 と 81.3、偶数丸めなら 56.2 と 81.2。55.0 % は、二進の小数では 55.00000000000001 にもなる
BORDERS = [(16, 30.0), (80, 65.0), (400, 75.1), (20, 30.0), (20, 80.0), (250, 61.3), (1100, 71.7)]


def spread_of(members: int, registered: int, centre: float) -> Spread:
    facts = {"month": MONTH, "employer_id": "E01", "employer": "甲", "members": members}
    facts |= dict.fromkeys(RATE_COLUMNS[1:], registered) | {"registered": registered}
    table = pd.DataFrame([facts]).astype({"members": "Int64", "registered": "Int64"})
    released = door.rates(table, Terms("internal", {}), 1)
    return Spread(released, centre, wide=False)


def borders(members: int, centre: float, level: float) -> tuple[int, int]:
    low, high = funnel_limits(members, centre / 100, level)
    return round(low * members), round(high * members)


@pytest.mark.parametrize(("members", "centre"), BORDERS)
def test_an_employer_on_the_limit_is_within_chance_and_one_person_further_is_not(members, centre):
    least, most = borders(members, centre, FUNNEL[1])
    within = [spread_of(members, count, centre).beyond for count in (least, most)]
    outside = [least - 1] * (least > 0) + [most + 1] * (most < members)
    assert within == [0, 0]
    assert [spread_of(members, count, centre).beyond for count in outside] == [1] * len(outside)


@pytest.mark.parametrize(("members", "centre"), BORDERS)
def test_the_word_in_the_table_of_employers_agrees(members, centre):
    for count in borders(members, centre, FUNNEL[0]):
        spread = spread_of(members, count, centre)
        rate = spread.employers.rate.iloc[0]
        assert report.place_in_spread(rate, *spread.limits(members)[:2]) == "の内"


@pytest.mark.parametrize("members", [21, 80, 250])
def test_on_the_bench_an_employer_on_the_limit_is_within_chance(members):
    """ほかに一つの大きな事業所があり、組合全体の率を決める。"""
    for on in range(members // 2, members * 4 // 5):
        row = funnel(counted(_cube(members, on), {"E01": "甲", "E02": "乙"})).iloc[0]
        least, most = borders(members, row.centre, FUNNEL[1])
        assert row.beyond == ("low" if on < least else "high" if on > most else "")


def _cube(members: int, on: int) -> pd.DataFrame:
    counts = [("E01", on, members - on), ("E02", 65_000, 35_000)]
    rows = [
        {"employer_id": code, "status": status, "members": size}
        for code, *sizes in counts
        for status, size in zip(("registered_usable", "never_linked"), sizes, strict=True)
    ]
    fixed = {"month": MONTH, "insured": True, "lapsed": False, "action": "", "withheld_by": ""}
    return pd.DataFrame(rows).assign(**fixed)
