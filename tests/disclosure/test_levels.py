"""水準の約束：見せる言葉はいつも本当で、ありうる登録者の数は、いつも五通り以上ある。五人が変わるまで、動かない。"""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_flows import trials

from mynalib.disclosure.levels import (
    AT_LEAST,
    AT_MOST,
    Level,
    compared,
    next_level,
    settle_level,
    shift_of,
    step_of,
)
from mynalib.disclosure.thresholds import Thresholds

LIMITS = Thresholds(employer_minimum=20, wide_minimum=30, mask_up_to=7, round_to=5, min_changes=5)
SHIFTS = st.fractions(Fraction(-1, 2), Fraction(1, 2) - Fraction(1, 1000))


@st.composite
def employers(draw) -> tuple[int, int, Fraction]:
    """加入者、登録者、境目のずれ。"""
    members = draw(st.one_of(st.integers(20, 130), st.integers(20, 6_000)))
    return members, draw(st.integers(0, members)), draw(SHIFTS)


def settled(members: int, registered: int, shift: Fraction = Fraction(0), **more) -> Level:
    return settle_level(members, registered, shift, "2026-10", LIMITS, **more)


@pytest.mark.parametrize(
    ("members", "step"),
    [
        (20, 25),
        (24, 25),
        (25, 20),
        (49, 20),
        (50, 10),
        (99, 10),
        (100, 5),
        (249, 5),
        (250, 2),
        (499, 2),
        (500, 1),
    ],
)
def test_a_step_spans_at_least_five_people(members, step):
    assert step_of(members) == step
    assert members * step >= 5 * 100


@pytest.mark.parametrize(
    ("members", "registered", "text"),
    [
        (120, 102, "約 85 %（±5）"),
        (100, 80, "約 80 %（±5）"),
        (60, 30, "約 50 %（±10）"),
        (30, 30, "85 % 以上"),  # 95 % なら、29 人か 30 人の二通りしかない
        (30, 26, "85 % 以上"),
        (31, 31, "85 % 以上"),
        (30, 4, "15 % 以下"),
        (30, 0, "15 % 以下"),
        (200, 193, "95 % 以上"),
        (3000, 2996, "99 % 以上"),
        (3000, 2000, "約 67 %（±1）"),
        (20, 20, "80 % 以上"),
    ],
)
def test_examples(members, registered, text):
    assert settled(members, registered).text == text


@trials(300)
@given(employers())
def test_what_is_said_is_true_and_leaves_five_possible_counts(one):
    members, registered, shift = one
    level = settled(members, registered, shift)
    rate = Fraction(100 * registered, members)
    assert level.low <= registered <= level.high
    assert level.high - level.low + 1 >= 5
    if level.bound:
        assert rate >= level.value if level.bound == AT_LEAST else rate <= level.value
    else:
        assert abs(rate - level.value) <= level.tolerance
    wider = settled(members, registered, shift, wider=True)
    assert wider.low <= registered <= wider.high
    assert wider.bound or abs(rate - wider.value) <= wider.tolerance


@trials(60)
@given(st.integers(20, 260), SHIFTS)
def test_every_count_belongs_to_one_level_and_levels_rise_with_the_count(members, shift):
    levels = [settled(members, registered, shift) for registered in range(members + 1)]
    assert levels[0].low == 0
    assert levels[-1].high == members
    for one, following in itertools.pairwise(levels):
        if one != following:
            assert following.low == one.high + 1, "すきまも、重なりもない"
            assert (
                following.value >= one.value or one.bound == AT_MOST or following.bound == AT_LEAST
            )


@pytest.mark.parametrize(
    ("before", "after", "shift"),
    [
        ((492, 307), (496, 308), 0.4875),
        ((326, 273), (328, 271), -0.4837),
        ((340, 159), (346, 164), 0.4859),
        ((465, 150), (473, 154), 0.4926),
        ((212, 144), (219, 147), -0.4863),
    ],
)
def test_a_level_of_the_same_step_never_moves_against_the_rate(before, after, shift):
    """人数の端数のために、率が下がったのに水準が上がってはならない（その逆も）。"""
    one, other = (settled(*each, Fraction(shift)) for each in (before, after))
    true = Fraction(after[1], after[0]) - Fraction(before[1], before[0])
    assert (other.value - one.value) * true >= 0


@trials(40)
@given(st.integers(0, 4), employers(), st.integers(-4, 4))
def test_a_level_stays_until_five_people_changed(changed, one, moved):
    members, registered, shift = one
    before = settled(members, registered, shift)
    now = min(members, max(0, registered + moved))
    assert next_level(before, members, now, changed, shift, "2026-11", LIMITS) is before
    after = next_level(before, members, now, 5, shift, "2026-11", LIMITS)
    assert (after.since, after.low <= now <= after.high) == ("2026-11", True)


def test_a_small_employer_has_no_level_and_a_first_level_needs_no_change():
    assert next_level(None, 19, 19, 99, Fraction(0), "2026-10", LIMITS) is None
    assert next_level(None, 20, 10, 0, Fraction(0), "2026-10", LIMITS).since == "2026-10"


def test_a_kept_level_allows_for_those_who_changed_since():
    level = settled(120, 102)
    assert level.possible(120, "2026-10", LIMITS) == (level.low, level.high)
    assert level.possible(120, "2026-12", LIMITS) == (level.low - 4, level.high + 4)


def test_the_borders_are_moved_by_a_secret_that_differs_by_employer_and_society():
    assert shift_of(b"one", "E01") == shift_of(b"one", "E01")
    shifts = [shift_of(key, employer) for key in (b"one", b"other") for employer in ("E01", "E02")]
    assert len(set(shifts)) == 4
    assert all(Fraction(-1, 2) <= shift < Fraction(1, 2) for shift in shifts)
    borders = {settled(120, 102, Fraction(at, 16) - Fraction(1, 2)).low for at in range(16)}
    assert len(borders) > 3, "境目は、ずれによって違う"


@pytest.mark.parametrize(
    ("values", "members", "rate", "expected"),
    [
        ((90, 90, 90), 400, 75.0, "higher"),
        ((60, 60, 60), 400, 75.0, "lower"),
        ((90, 90, 76), 400, 75.0, "alike"),
        ((85, 85, 85), 30, 75.0, "alike"),  # 三十人では、偶然に起こる差
        ((90, None, 90), 400, 75.0, ""),
        ((90, 90), 400, 75.0, ""),
    ],
)
def test_higher_or_lower_is_said_only_beyond_chance_for_three_months(
    values, members, rate, expected
):
    levels = [None if value is None else Level(value, 5, "", "2026-10", 0, 1) for value in values]
    assert compared(levels, members, rate) == expected
