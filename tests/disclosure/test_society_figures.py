"""組合全体の数の約束：本当の率で、だれも除かず、増減の向きが本当と逆になることはない。隠した動きは、引き算では分からない。"""

import itertools
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_flows import trials

from mynalib.disclosure.society import (
    CHANGES,
    decimals_of,
    exact_causes,
    parts,
    shown_causes,
    shown_changes,
    society_rows,
)
from mynalib.disclosure.thresholds import Thresholds

LIMITS = Thresholds(employer_minimum=20, wide_minimum=30, mask_up_to=7, round_to=5, min_changes=5)


def total(members: int, registered: int, usable: int = 0) -> pd.DataFrame:
    row = {
        "members": members,
        "registered": registered,
        "usable": usable,
        "lapsed": registered - usable,
    }
    return pd.DataFrame([row | {"unregistered": members - registered}]).astype("Int64")


def rate(members: int, registered: int) -> float:
    return float(
        society_rows(total(members, registered), decimals_of(members), LIMITS).rate.iloc[0]
    )


def test_the_rate_is_the_true_one_and_not_the_quotient_of_rounded_counts():
    """173 人中 112 人から 172 人中 110 人へ：丸めた人数の割り算では、上がったことになる。"""
    rows = [society_rows(total(*one), 0, LIMITS).iloc[0] for one in ((173, 112), (172, 110))]
    assert [int(row.rate) for row in rows] == [65, 64]
    quotients = [Fraction(int(row.registered), int(row.members)) for row in rows]
    assert quotients[1] > quotients[0], "丸めた人数の割り算は、逆を言う"


@pytest.mark.parametrize(("members", "decimals"), [(4_999, 0), (5_000, 1), (60_000, 1)])
def test_a_decimal_is_shown_from_five_thousand_members_on(members, decimals):
    assert decimals_of(members) == decimals
    shown = rate(members, members * 2 // 3)
    assert shown == round(shown, decimals)


@trials(200)
@given(st.integers(20, 80_000), st.integers(0, 100), st.integers(-50, 50), st.integers(-50, 50))
def test_a_change_never_points_against_the_truth(members, share, more, moved):
    before = (members, members * share // 100)
    after_members = max(1, members + more)
    after = (after_members, min(after_members, max(0, before[1] + moved)))
    if decimals_of(before[0]) == decimals_of(after[0]):
        shown = rate(*after) - rate(*before)
        true = Fraction(after[1], after[0]) - Fraction(before[1], before[0])
        assert shown * true >= 0


def test_insured_and_dependants_are_shown_only_when_both_are_enough():
    both = pd.concat([total(400, 300, 250), total(30, 20, 20)]).assign(member_kind=["本人", "家族"])
    assert list(parts(both, 0, LIMITS).rate) == [75, 67]
    few = pd.concat([total(400, 300), total(29, 20)]).assign(member_kind=["本人", "家族"])
    assert parts(few, 0, LIMITS).empty


SIZES = st.fixed_dictionaries({name: st.integers(0, 9) for name in CHANGES})


@trials(150)
@given(SIZES)
def test_a_hidden_movement_keeps_three_possible_values(sizes):
    shown = shown_changes(sizes, LIMITS)
    for name, value in shown.items():
        assert value is None or (
            sizes[name] >= 5 and abs(value - sizes[name]) <= 2 and value % 5 == 0
        )
    if any(value is not None for value in shown.values()):
        for name, values in possible(sizes, shown).items():
            assert shown[name] is not None or len(values) >= 3


def possible(sizes: dict[str, int], shown: dict[str, int | None]) -> dict[str, set[int]]:
    """見せた数と、正確に知られた登録者と未登録者の差から、それぞれの動きのありうる値（総当たり）。"""
    ranges = [
        range(5) if shown[name] is None else range(max(5, shown[name] - 2), shown[name] + 3)
        for name in CHANGES
    ]
    registered, unregistered = differences(*(sizes[name] for name in CHANGES))
    found: dict[str, set[int]] = {name: set() for name in CHANGES}
    for image in itertools.product(*ranges):
        if differences(*image) == (registered, unregistered):
            for name, value in zip(CHANGES, image, strict=True):
                found[name].add(value)
    return found


def differences(
    new: int, gone: int, came: int, came_not: int, left: int, left_not: int
) -> tuple[int, int]:
    return new - gone + came - left, gone - new + came_not - left_not


def test_movements_that_the_difference_would_give_away_are_all_hidden():
    """登録者が 8 人増え、どの動きも 5 人未満なら、登録 4 人・加入 4 人と決まってしまう。"""
    sizes = dict.fromkeys(CHANGES, 0) | {"newly_registered": 4, "joined_registered": 4}
    assert set(shown_changes(sizes, LIMITS).values()) == {None}
    shown = shown_changes(dict.fromkeys(CHANGES, 20) | {"cancelled": 3}, LIMITS)
    assert (shown["cancelled"], shown["newly_registered"]) == (None, 20)


@trials(150)
@given(SIZES, st.integers(20, 200), st.integers(0, 100))
def test_the_three_causes_add_up_to_the_change_of_the_rate(sizes, stayed, share):
    was = stayed * share // 100
    now = was + min(sizes["newly_registered"], stayed - was)
    sizes = sizes | {"newly_registered": now - was, "cancelled": 0}
    before = {
        "members": stayed + sizes["left_registered"] + sizes["left_unregistered"],
        "registered": was + sizes["left_registered"],
    }
    after_registered = now + sizes["joined_registered"]
    after = after_registered, stayed + sizes["joined_registered"] + sizes["joined_unregistered"]
    change = Fraction(100 * after[0], after[1]) - Fraction(
        100 * before["registered"], before["members"]
    )
    assert sum(exact_causes(sizes, before).values()) == change


def test_causes_made_up_by_fewer_than_five_are_not_shown():
    sizes = dict.fromkeys(CHANGES, 0) | {"newly_registered": 6, "left_registered": 4}
    before = {"members": 100, "registered": 50}
    shown = shown_causes(sizes, before, 0).set_index("cause").points
    assert shown["behaviour"] == 6
    assert shown[["joiners", "leavers"]].isna().all()
    assert None not in exact_causes(sizes, before).values()


def test_nobody_left_to_divide_by_gives_no_points():
    sizes = dict.fromkeys(CHANGES, 0) | {"left_registered": 10, "joined_registered": 10}
    assert {*exact_causes(sizes, {"members": 10, "registered": 10}).values()} == {None}
    assert shown_causes(sizes, {"members": 10, "registered": 10}, 0).points.isna().all()
