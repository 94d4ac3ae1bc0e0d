"""動きの約束：一人ずつ数えたものと同じ。わけの和は、率の変化とちょうど同じ。年度は四月から。"""

from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from random_flows import AFTER, BEFORE, COLUMNS, NAMES, cube_of, flow_row, flows, trials

from mynalib.disclosure.society import exact_causes, rounded
from mynalib.domain.classification import STATUSES
from mynalib.domain.months import Month
from mynalib.insight import measures, movements


def move(before: str, after: str) -> dict[str, int]:
    """一人の動きの、0 でない数。"""
    table = movements.movements(pd.DataFrame([flow_row("E01", before, after, 1)], columns=COLUMNS))
    return {name for name in movements.MOVES if table[name].iloc[0]}


MOVED = [
    ("never_linked", "registered_usable", {"newly_registered"}),
    ("cancelled_by_lapse", "registered_usable", {"newly_registered", "renewed", "relinked"}),
    ("renewed_not_relinked", "registered_usable", {"newly_registered", "relinked"}),
    ("cancelled_by_lapse", "renewed_not_relinked", {"renewed"}),
    ("never_linked_certificate_lapsed", "never_linked", {"renewed"}),
    ("registered_certificate_lapsed", "registered_usable", {"renewed"}),
    ("registered_usable", "registered_certificate_lapsed", {"lapsed"}),
    ("registered_usable", "cancelled_by_lapse", {"cancelled", "cancelled_by_lapse"}),
    ("registered_certificate_lapsed", "cancelled_by_lapse", {"cancelled", "cancelled_by_lapse"}),
    ("registered_usable", "cancelled_at_own_request", {"cancelled", "cancelled_at_own_request"}),
    ("registered_usable", "card_returned", {"cancelled"}),
    ("", "registered_usable", {"joined_registered"}),
    ("", "cancelled_by_lapse", {"joined_unregistered"}),
    ("registered_usable", "", {"left_registered"}),
    ("never_linked", "", {"left_unregistered"}),
    ("registered_usable", "registered_usable", set()),
    ("cancelled_by_lapse", "never_linked_certificate_lapsed", set()),
]


@pytest.mark.parametrize(("before", "after", "names"), MOVED)
def test_each_movement_has_its_names(before, after, names):
    assert {before, after} <= {"", *STATUSES}
    assert move(before, after) == names


@trials(10)
@given(flows())
def test_the_movements_explain_the_difference_of_the_counts(flow):
    found = movements.movements(flow).set_index("month")
    totals = (
        measures.counts(cube_of(flow), NAMES).query("employer_id == 'TOTAL'").set_index("month")
    )
    row = found.loc[AFTER] if len(found) else dict.fromkeys(movements.MOVES, 0)
    before, after = (
        totals.loc[month] if month in totals.index else dict.fromkeys(measures.MEASURES, 0)
        for month in (BEFORE, AFTER)
    )
    net = row["newly_registered"] - row["cancelled"]
    assert (
        after["registered"] - before["registered"]
        == net + row["joined_registered"] - row["left_registered"]
    )
    assert (
        after["unregistered"] - before["unregistered"]
        == row["joined_unregistered"] - row["left_unregistered"] - net
    )
    assert row["cancelled_by_lapse"] + row["cancelled_at_own_request"] <= row["cancelled"]
    assert row["relinked"] <= row["newly_registered"]


@trials(10)
@given(flows())
def test_the_causes_add_up_to_the_change_of_the_rate_exactly(flow):
    sizes = movements.changes(flow)
    totals = measures.counts(cube_of(flow), NAMES, [BEFORE, AFTER]).query("employer_id == 'TOTAL'")
    before, after = totals.to_dict("records")
    causes = exact_causes(sizes, before)
    if None in causes.values():
        return
    change = Fraction(100 * int(after["registered"]), int(after["members"])) - Fraction(
        100 * int(before["registered"]), int(before["members"])
    )
    assert sum(causes.values()) == change


def test_the_causes_of_many_months_add_up_over_the_months():
    totals, moves = [(100, 70)], []
    steps = [(4, 0, 0, 10, 0, 20), (1, 2, 3, 0, 5, 0), (0, 0, 0, 0, 0, 0)]
    names = ["newly_registered", "cancelled", "joined_registered", "joined_unregistered"]
    names += ["left_registered", "left_unregistered"]
    for new, gone, came, came_not, left, left_not in steps:
        members, registered = totals[-1]
        moves.append(dict(zip(names, (new, gone, came, came_not, left, left_not), strict=True)))
        totals.append(
            (members + came + came_not - left - left_not, registered + new - gone + came - left)
        )
    months = [Month(2026, 3).plus(step) for step in range(4)]
    held = pd.DataFrame(totals, columns=["members", "registered"]).assign(
        month=[str(month) for month in months], employer_id="TOTAL"
    )
    moved = pd.DataFrame(moves).assign(month=[str(month) for month in months[1:]])
    found = movements.causes_between(moved, held, months[1:])
    assert sum(found.values()) == Fraction(100 * totals[-1][1], totals[-1][0]) - 70
    first = movements.causes_between(moved, held, months[1:2])
    assert {name: rounded(points, 1) for name, points in first.items()} == {
        "behaviour": 5.0,
        "joiners": -10.3,
        "leavers": 17.5,
    }
    assert movements.causes_between(moved, held, [months[0].plus(-1), *months[1:]]) is None
    assert movements.causes_between(moved[1:], held, months[1:]) is None


@pytest.mark.parametrize(
    ("month", "first", "count"),
    [("2026-04", "2026-04", 1), ("2026-10", "2026-04", 7), ("2027-03", "2026-04", 12)],
)
def test_the_fiscal_year_begins_in_april(month, first, count):
    months = movements.fiscal_year(Month.parse(month))
    assert (str(months[0]), str(months[-1]), len(months)) == (first, month, count)
    assert len(movements.twelve_months(Month.parse(month))) == 12
