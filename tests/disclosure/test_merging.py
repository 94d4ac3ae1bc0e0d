"""まとめの約束：小さな事業所の数は、まとめた行からも、前の月の行との引き算からも、分からない。"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_flows import trials

from mynalib.disclosure.merging import merged_employers
from mynalib.disclosure.thresholds import Thresholds

LIMITS = Thresholds(employer_minimum=20, wide_minimum=30, mask_up_to=7, round_to=5, min_changes=5)


def merged(
    members: dict[str, int], before: set[str] = frozenset(), forced: set[str] = frozenset()
) -> set | None:
    found = merged_employers(members, before, LIMITS, forced)
    return None if found is None else set(found)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"A": 300, "B": 200}, set()),
        ({"A": 59_990, "B": 10}, None),
        ({"A": 12, "B": 300}, None),
        ({"A": 45_002, "B": 31}, set()),
        ({"A": 80, "B": 50, "C": 25, "D": 12}, None),
        ({"A": 400, "B": 29, "C": 20, "D": 8, "E": 5, "F": 0}, {"B", "C", "D", "E", "F"}),
        ({"A": 400, "B": 100, "C": 29, "D": 3, "E": 40, "F": 300}, {"B", "C", "D", "E"}),
        ({"A": 500, "B": 400, "C": 29, "D": 2, "E": 1, "F": 2}, None),
        ({"A": 500, "B": 0}, {"B"}),
    ],
    ids=[
        "none",
        "two",
        "12 and B",
        "31",
        "four",
        "small ones",
        "next smallest",
        "one above 60 %",
        "nobody left",
    ],
)
def test_examples(members, expected):
    assert merged(members) == expected


def test_an_employer_that_outgrows_the_row_leaves_only_above_thirty_six():
    members = {"A": 400, "B": 29, "C": 28, "D": 8, "E": 9}
    inside = {"B", "C", "D", "E"}
    assert merged(members) == inside
    assert merged(members | {"B": 36}, inside) == inside
    assert "B" not in merged(members | {"B": 37, "F": 10}, inside)


def test_no_row_loses_or_gains_one_employer_unless_three_stay():
    members = {"A": 400, "B": 40, "C": 28, "D": 20, "E": 9}
    before = {"B", "C", "D", "E"}
    after = merged(members | {"D": 0, "E": 0}, before)
    assert after is None or len(after & before & {"B", "C"}) >= 3


@trials(200)
@given(
    st.dictionaries(st.sampled_from("ABCDEFGHIJ"), st.integers(0, 120), min_size=1),
    st.dictionaries(st.sampled_from("ABCDEFGHIJ"), st.integers(0, 120), min_size=1),
)
def test_the_row_always_hides_each_employer(first, second):
    before = merged(first)
    after = merged(second, before or frozenset())
    for members, row in ((first, before), (second, after)):
        if row and any(members[employer] for employer in row):
            sizes = [members[employer] for employer in row if members[employer]]
            assert len(sizes) >= 4
            assert sum(sizes) >= 30
            assert 100 * max(sizes) <= 60 * sum(sizes)
            assert set(members) - row, "まとめた行のほかに、見せる行がある"
        if row is not None:
            assert all(members[employer] >= 30 for employer in set(members) - row)
    if (
        before
        and after
        and (before & set(second)) != after
        and any(second[employer] for employer in after)
    ):
        assert len([employer for employer in before & after if second[employer]]) >= 3
