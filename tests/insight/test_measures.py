"""測り方の約束：人数は、一人ずつ数えたものと同じ。増減の内訳の和は、登録者の差とちょうど同じ。"""

import pandas as pd
import pytest
from hypothesis import given
from random_flows import AFTER, BEFORE, COLUMNS, NAMES, cube_of, flow_row, flows, trials

from mynalib.domain.classification import LINK_ACTIONS, RENEW_ACTIONS
from mynalib.insight import measures, movements

REGISTERED = (
    "registered_usable",
    "registered_certificate_unknown",
    "registered_certificate_lapsed",
    "review_cancelled_then_registered",
)


SLOW = {  # 数の名から、その一行を数えるかへ
    "members": lambda row: True,
    "registered": lambda row: row["status"] in REGISTERED,
    "usable": lambda row: row["status"] == "registered_usable",
    "unregistered": lambda row: row["status"] not in REGISTERED,
    "lapsed": lambda row: row["lapsed"],
    "link_targets": lambda row: row["action"] in LINK_ACTIONS,
    "renew_targets": lambda row: row["action"] in RENEW_ACTIONS,
    "certificate_needed": lambda row: row["status"] not in REGISTERED or row["lapsed"],
    "reachable": lambda row: row["action"] in ("link", "renew_then_link"),
    "waiting": lambda row: row["status"] == "renewed_not_relinked",
    "review": lambda row: row["action"] == "review",
}


def count_slowly(cube: pd.DataFrame, month: str, employer: str) -> dict[str, int]:
    """一行ずつ、言葉のとおりに数える。"""
    counted = dict.fromkeys(measures.MEASURES, 0)
    for row in cube.to_dict("records"):
        if row["month"] == month and employer in (row["employer_id"], "TOTAL"):
            for name in counted:
                counted[name] += row["members"] * bool(SLOW[name](row))
    return counted


@trials(10)
@given(flows())
def test_counts_agree_with_counting_by_hand(flow):
    cube = cube_of(flow)
    for row in measures.counts(cube, NAMES).to_dict("records"):
        slow = count_slowly(cube, row["month"], row["employer_id"])
        assert {column: row[column] for column in measures.MEASURES} == slow


@trials(10)
@given(flows())
def test_the_changes_add_up_to_the_difference_of_the_registered(flow):
    cube = cube_of(flow)
    found = movements.changes(flow)
    before, after = (count_slowly(cube, month, "TOTAL") for month in (BEFORE, AFTER))
    moved = found["newly_registered"] - found["cancelled"]
    came_and_left = found["joined_registered"] - found["left_registered"]
    assert moved + came_and_left == after["registered"] - before["registered"]
    others = found["joined_unregistered"] - found["left_unregistered"]
    assert others - moved == after["unregistered"] - before["unregistered"]


def test_each_change_has_its_reason():
    flow = pd.DataFrame(
        [
            flow_row("E01", "never_linked", "registered_usable", 11),
            flow_row("E01", "registered_usable", "cancelled_at_own_request", 2),
            flow_row("E01", "", "registered_certificate_lapsed", 3),
            flow_row("E01", "review_cancelled_then_registered", "", 4),
            flow_row("E01", "registered_usable", "registered_certificate_lapsed", 50),
            flow_row("E01", "", "never_linked", 60),
            flow_row("E01", "cancelled_by_lapse", "", 7),
        ],
        columns=COLUMNS,
    )
    assert movements.changes(flow) == {
        "newly_registered": 11,
        "cancelled": 2,
        "joined_registered": 3,
        "joined_unregistered": 60,
        "left_registered": 4,
        "left_unregistered": 7,
    }


def test_a_person_who_moves_to_another_employer_is_neither_a_joiner_nor_a_leaver():
    flow = pd.DataFrame(
        [(AFTER, "registered_usable", "registered_usable", "E01", "E02", 9)], columns=COLUMNS
    )
    assert set(movements.changes(flow).values()) == {0}


def test_without_anybody_there_are_no_changes():
    flow = pd.DataFrame(columns=COLUMNS)
    types = dict.fromkeys(flow.columns[:-1], "str") | {"members": int}
    assert set(movements.changes(flow.astype(types)).values()) == {0}


def test_insured_and_dependants_are_counted_apart():
    rows = [
        (AFTER, "E01", "registered_usable", 3),
        (AFTER, "E02", "never_linked", 4),
        (BEFORE, "E01", "never_linked", 9),
    ]
    cube = a_cube(*rows)
    cube["insured"] = [True, False, True]
    table = measures.by_kind(cube)
    table = table[table.month == AFTER].set_index("member_kind")
    assert table.members.to_dict() == {"本人": 3, "家族": 4}
    assert table.registered.to_dict() == {"本人": 3, "家族": 0}


def a_cube(*rows: tuple) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["month", "employer_id", "status", "members"])
    return table.assign(insured=True, action="none", lapsed=False, withheld_by="")


def test_every_employer_has_a_row_in_every_month_even_with_nobody():
    table = measures.counts(
        a_cube((BEFORE, "E02", "registered_usable", 3), (AFTER, "E01", "never_linked", 2)), NAMES
    )
    rows = [*NAMES, "KENPO", "NOEMPLOYER", "TOTAL"]
    assert list(zip(table.month, table.employer_id, strict=True)) == [
        (m, e) for m in (BEFORE, AFTER) for e in rows
    ]
    assert table.set_index(["month", "employer_id"]).members[BEFORE, "E01"] == 0


def test_a_missing_month_stays_missing():
    cube = a_cube(
        ("2026-08", "E01", "registered_usable", 3), (AFTER, "E01", "registered_usable", 3)
    )
    assert set(measures.counts(cube, NAMES).month) == {"2026-08", AFTER}


def test_the_rows_of_the_employers_add_up_to_the_society():
    cube = a_cube((AFTER, "E01", "registered_usable", 3), (AFTER, "KENPO", "never_linked", 4))
    table = measures.counts(cube, NAMES).set_index("employer_id")[measures.MEASURES]
    assert (table.drop("TOTAL").sum() == table.loc["TOTAL"]).all()


@pytest.mark.parametrize("employer", ["E99", "TOTAL", "", None])
def test_an_unknown_employer_in_the_cube_is_an_error(employer):
    cube = a_cube((AFTER, employer, "registered_usable", 3), (AFTER, "E01", "registered_usable", 3))
    with pytest.raises(ValueError, match="名前のない事業所コード"):
        measures.counts(cube, NAMES)


def test_statuses_are_those_of_the_one_month():
    cube = a_cube(
        (BEFORE, "E01", "never_linked", 3),
        (AFTER, "E01", "never_linked", 4),
        (AFTER, "E02", "x", 5),
    )
    table = measures.statuses(cube, AFTER)
    assert table.set_index("status").members.to_dict() == {"never_linked": 4, "x": 5}
