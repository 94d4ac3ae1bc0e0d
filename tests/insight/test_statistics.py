"""統計の約束：公表された値と同じ。遅い計算と同じ。"""

from fractions import Fraction
from itertools import pairwise
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_flows import trials

from mynalib.domain.months import Month
from mynalib.insight.statistics import funnel_limits, pace, wilson, xmr

NEWCOMBE = [  # Newcombe (1998) Statistics in Medicine 17, 857–872, Table I, method 3
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0000, 0.1611),
    (1, 29, 0.0061, 0.1718),
]


@pytest.mark.parametrize(("successes", "n", "low", "high"), NEWCOMBE)
def test_the_wilson_interval_is_the_published_one(successes, n, low, high):
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


def test_nobody_gives_no_knowledge_and_everybody_gives_no_certainty():
    assert wilson(0, 0) == (0, 1)
    low, high = wilson(10, 10)
    assert (round(low, 4), high) == (0.7225, 1.0)


def tail_of(n: int, centre: Fraction, counts: range) -> Fraction:
    """人数が counts のどれかになる確率。"""
    return sum(comb(n, k) * centre**k * (1 - centre) ** (n - k) for k in counts)


@trials(10)
@given(st.integers(1, 60), st.integers(1, 99), st.sampled_from(["0.95", "0.998"]))
def test_the_funnel_limits_are_the_exact_binomial_ones(n, percent, level):
    centre = Fraction(percent, 100)
    tail = (1 - Fraction(level)) / 2
    low, high = (round(end * n) for end in funnel_limits(n, float(centre), float(level)))
    assert tail_of(n, centre, range(low)) < tail <= tail_of(n, centre, range(low + 1))
    above = tail_of(n, centre, range(high + 1, n + 1))
    assert above <= tail < above + tail_of(n, centre, range(high, high + 1))


def test_nobody_is_called_out_for_what_chance_does_to_a_few():
    assert funnel_limits(3, 0.739, 0.95)[1] == 1
    assert funnel_limits(100, 0.2, 0.95) == (0.12, 0.28)


@pytest.mark.parametrize("centre", [0.0, 1.0])
def test_at_the_ends_the_funnel_closes(centre):
    assert funnel_limits(30, centre, 0.95) == (centre, centre)
    assert funnel_limits(0, centre, 0.95) == (0, 1)


WHEELER = [39, 41, 41, 41, 43, 55, 40, 42, 40, 41, 42, 43, 41, 40]


def test_the_control_limits_leave_out_ranges_that_are_too_large():
    ranges = [abs(b - a) for a, b in pairwise(WHEELER)]
    first = sum(ranges) / len(ranges)
    kept = [one for one in ranges if one <= 3.267 * first]
    assert len(kept) < len(ranges)
    mean = sum(WHEELER) / len(WHEELER)
    found = xmr(WHEELER)
    assert found.mean == pytest.approx(mean)
    assert found.high == pytest.approx(mean + 2.66 * sum(kept) / len(kept))
    assert found.low == pytest.approx(mean - 2.66 * sum(kept) / len(kept))
    assert found.signals[5] == "outside"


SIGNALS = {
    "seven on one side": ([0, 10, 0, 10, 0, 10, 4, 6, 7, 6, 7, 6, 7, 6, 7], "side", range(7, 15)),
    "seven rising": ([5, 9, 1, 9, 1, 9, 1, 2, 3, 4, 5, 6, 7, 8], "trend", range(6, 14)),
    "an even wave": ([5, 6, 4, 5, 6, 4, 5, 6, 4, 5, 6, 4, 5, 6], "", range(14)),
}


@pytest.mark.parametrize("name", SIGNALS)
def test_the_rules_find_what_is_no_chance(name):
    values, signal, places = SIGNALS[name]
    found = xmr(values)
    assert [found.signals[place] for place in places] == [signal] * len(places)


def test_two_of_three_near_the_limit_are_a_signal():
    values = [10, 12, 9, 11, 10, 12, 9, 11, 10, 12, 9, 11, 16, 16, 10]
    found = xmr(values)
    width = found.high - found.mean
    assert values[12] - found.mean > width * 2 / 3
    assert values[12] < found.high
    assert found.signals[12] == found.signals[13] == "near"


def test_twelve_months_are_too_few_for_a_control_chart():
    assert xmr([1] * 12) is None
    assert set(xmr([1] * 13).signals) == {""}


NOW = Month(2026, 10)
PACES = [  # 加入者、登録者、目標の月、目標、動き → わけ、あと何人、届く月
    (1000, 900, "2027-03", 90, [1] * 6, "reached", 0, None),
    (1000, 905, "2026-03", 90, [1] * 6, "reached", -5, None),
    (1000, 880, "2026-10", 90, [1] * 6, "missed", 20, "2028-06"),
    (1000, 880, "2027-03", 90, [1, 2, 1, 2, None, 1], "unknown", 20, None),
    (1000, 880, "2027-03", 90, [9], "unknown", 20, None),
    (1000, 880, "2027-03", 90, [9, 10, 9, 10, 9, 10], "ahead", 20, "2027-01"),
    (1000, 880, "2027-03", 90, [1, 2, 1, 2, 1, 2], "behind", 20, "2027-12"),
    (1000, 880, "2027-03", 90, [0, 9, 0, 9, 0, 9], "unsure", 20, "2027-03"),
    (1000, 880, "2027-03", 90, [-1, -2, -1, -2, -1, -2], "behind", 20, None),
    (999, 880, "2027-03", 90, [0] * 6, "behind", 20, None),
]


@pytest.mark.parametrize(("members", "registered", "by", "target", "gains", "verdict", "short", "reached"), PACES)  # fmt: skip
def test_the_pace_says_whether_the_target_is_reached(
    members, registered, by, target, gains, verdict, short, reached
):
    found = pace(NOW, members, registered, Month.parse(by), target, gains)
    assert (found.verdict, found.short) == (verdict, short)
    assert found.reached == (Month.parse(reached) if reached else None)


def test_the_interval_of_the_pace_is_the_one_of_student():
    found = pace(NOW, 1000, 800, Month(2027, 3), 90, [10, 12, 14, 16, 18, 20])
    assert found.now == 15
    half = 2.5706 * 3.7417 / 6**0.5  # 自由度 5 の 97.5 % 点、標準偏差
    assert found.low == pytest.approx(15 - half, abs=1e-3)
    assert found.high == pytest.approx(15 + half, abs=1e-3)
