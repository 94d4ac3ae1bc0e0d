"""扉の約束：見せてよい表を作れるのは一か所だけ。読み手の形に合わない表は、扉を通らない。"""

import copy
import dataclasses
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_flows import trials

from mynalib.disclosure import released, showing
from mynalib.disclosure.released import (
    CAUSE_COLUMNS,
    EMPLOYER_COLUMNS,
    LEVEL_COLUMNS,
    LIST_COLUMNS,
    RATE_COLUMNS,
    Released,
    Terms,
)
from mynalib.disclosure.showing import Before, Coarser
from mynalib.disclosure.society import CHANGES, COUNTS
from mynalib.disclosure.thresholds import Thresholds
from mynalib.disclosure.wide import WIDE_COLUMNS
from mynalib.insight import display, level_chart, tables

POLICY = {
    "employer": {"minimum_members": 20},
    "wide": {"minimum_members": 30, "mask_up_to": 7, "round_to": 5, "min_changes": 5},
}
WIDE, EMPLOYER, INTERNAL = (
    Terms(audience, POLICY) for audience in ("wide", "employer", "internal")
)
NAMED = Terms("named", POLICY, ("symbol", "number", "branch", "action"))
MONTH = "2026-10"
SIZES = {
    "E01": (400, 310),
    "E02": (60, 41),
    "E03": (28, 15),
    "E04": (12, 12),
    "E05": (11, 0),
    "E06": (9, 3),
    "E07": (31, 31),
}


def counts_of(sizes: dict[str, tuple[int, int]], month: str = MONTH) -> pd.DataFrame:
    """だれも除かない人数。登録者の証明書は、全て期限内等。"""
    rows = [(month, e, f"{e} 社", n, r, r, n - r, 0) for e, (n, r) in sizes.items()]
    sums = [sum(row[at] for row in rows) for at in range(3, 8)]
    table = pd.DataFrame([*rows, (month, "TOTAL", "組合全体", *sums)], columns=COLUMNS_OF_COUNTS)
    return table.astype(dict.fromkeys(COUNTS, "Int64"))


COLUMNS_OF_COUNTS = ["month", "employer_id", "employer", *COUNTS]


def wide_table(sizes: dict[str, tuple[int, int]] = SIZES) -> pd.DataFrame:
    counts = counts_of(sizes)
    own = counts[counts.employer_id != "TOTAL"]
    return showing.show_month(own, counts, Before(), b"key", Thresholds.of(POLICY), Coarser()).wide


def wide_rates() -> Released:
    return released.rates(wide_table(), WIDE, 0)


def test_nobody_but_the_door_makes_a_released_table():
    table, passed = pd.DataFrame({"month": [MONTH]}), wide_rates()
    for make in (
        lambda: Released(table, WIDE),
        lambda: Released(table, WIDE, 0, object()),
        lambda: Released(frame=table, terms=WIDE),
        lambda: dataclasses.replace(passed, _frame=table),
    ):
        with pytest.raises(TypeError):
            make()
    with pytest.raises(dataclasses.FrozenInstanceError):
        passed._frame = table


def test_writing_into_the_frame_does_not_change_what_is_released():
    passed = wide_rates()
    for frame in (passed.frame, passed.where(employer_id="E01").frame):
        frame["members"] = 1
    assert passed.frame.members.iloc[0] == 400
    assert copy.copy(passed).frame.members.iloc[0] == 400


@pytest.mark.parametrize(
    "show",
    [
        lambda table: level_chart.levels(table, "trend", ("水準", "推移")),
        lambda table: tables.table(table, "counts", "人数"),
        lambda table: tables.level(table),
        lambda table: tables.people(table, "人"),
        lambda table: tables.list_lengths(table),
        lambda table: display.show_released("table", table, "counts", caption="人数"),
    ],
    ids=["levels", "table", "level", "people", "lengths", "part"],
)
@pytest.mark.parametrize(
    "raw",
    [pd.DataFrame({"month": [MONTH], "action": "link"}), None, {}],
    ids=["frame", "none", "dict"],
)
def test_figures_and_tables_refuse_what_was_not_released(show, raw):
    with pytest.raises(TypeError, match="Released"):
        show(raw)


@trials(8)
@given(
    st.lists(st.sampled_from(["E01", "OTHERS", "TOTAL", "nobody"])),
    st.permutations(WIDE_COLUMNS[3:]),
)
def test_choosing_rows_and_columns_never_adds_anything(codes, columns):
    passed = wide_rates()
    chosen = passed.only(["employer_id", *columns]).without(columns[0])
    for code in codes:
        chosen = chosen.where(employer_id=code)
    assert (chosen.terms, chosen.decimals) == (passed.terms, passed.decimals)
    assert set(chosen.frame.columns) < set(passed.frame.columns)
    assert set(chosen.frame.employer_id) <= set(passed.frame.employer_id)


def test_choosing_what_is_not_there_is_an_error():
    for choose in (
        lambda passed: passed.where(usable_exact=1),
        lambda passed: passed.only(["number"]),
        lambda passed: passed.without("number"),
    ):
        with pytest.raises(KeyError):
            choose(wide_rates())


TABLES = {
    "rates": (lambda terms: released.rates(wide_table(), terms, 0), {"wide"}),
    "levels": (
        lambda terms: released.levels(pd.DataFrame(columns=LEVEL_COLUMNS), terms),
        {"employer"},
    ),
    "lists": (
        lambda terms: released.list_lengths(pd.DataFrame(columns=LIST_COLUMNS), terms),
        {"employer"},
    ),
    "changes": (lambda terms: released.changes(movements(), terms), {"wide", "internal"}),
    "causes": (
        lambda terms: released.causes(
            pd.DataFrame(
                columns=CAUSE_COLUMNS if terms.audience == "internal" else CAUSE_COLUMNS[:2]
            ),
            terms,
            0,
        ),
        {"wide", "internal"},
    ),
    "employers": (
        lambda terms: released.employers(pd.DataFrame(columns=EMPLOYER_COLUMNS), terms),
        {"wide", "internal"},
    ),
    "internal": (lambda terms: released.internal(counts_of(SIZES), terms), {"internal"}),
    "named": (lambda terms: released.named(pd.DataFrame({"symbol": []}), terms), {"named"}),
}


def movements(people: int = 10) -> pd.DataFrame:
    return pd.DataFrame(
        {"reason": list(CHANGES), "people": pd.array([people] * len(CHANGES), dtype="Int64")}
    )


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize(
    "terms", [WIDE, EMPLOYER, INTERNAL, NAMED, Terms("", POLICY)], ids=lambda terms: terms.audience
)
def test_each_table_goes_to_its_own_readers_only(name, terms):
    make, readers = TABLES[name]
    if terms.audience in readers:
        assert isinstance(make(terms), Released)
    elif (name, terms.audience) != ("rates", "internal"):  # 実数の表は、別の形から作る
        with pytest.raises(ValueError, match=r"読み手|列"):
            make(terms)


def test_the_exact_edition_has_every_count_and_rates_with_one_decimal():
    counts = counts_of({"E01": (3, 1)}).assign(link_targets=2, renew_targets=0)
    frame = released.rates(counts, INTERNAL, 1).frame
    assert list(frame.columns) == ["month", "employer_id", "employer", *RATE_COLUMNS]
    assert float(frame.rate.iloc[0]) == 33.3


@pytest.mark.parametrize(
    "spoil",
    [
        lambda table: table.assign(members=table.members + 1),
        lambda table: table.assign(registered=table.registered.fillna(5)),
        lambda table: table.assign(number="8300001"),
        lambda table: table.drop(columns="bound"),
    ],
    ids=["not rounded", "registered of an employer", "another column", "a column less"],
)
def test_a_wide_table_of_another_shape_does_not_pass(spoil):
    with pytest.raises(ValueError, match=r"倍数|登録者|列"):
        released.rates(spoil(wide_table()), WIDE, 0)


def test_exact_movements_do_not_pass_to_the_wide_edition():
    assert released.changes(movements(7), INTERNAL).frame.people.iloc[0] == 7
    with pytest.raises(ValueError, match="倍数"):
        released.changes(movements(7), WIDE)


def test_a_list_has_only_the_columns_of_the_notice_and_only_its_own_readers():
    people = pd.DataFrame({"symbol": ["101"], "action": ["link"]})
    assert list(released.named(people, NAMED).frame) == ["symbol", "action"]
    with pytest.raises(ValueError, match="cancel_kind"):
        released.named(people.assign(cancel_kind=1), NAMED)
    with pytest.raises(ValueError, match="読み手"):
        released.named(people, Terms("wide", POLICY, NAMED.columns))


FLOORS = {
    ("employer", "minimum_members"): 20,
    ("wide", "minimum_members"): 30,
    ("wide", "mask_up_to"): 7,
    ("wide", "round_to"): 5,
    ("wide", "min_changes"): 5,
}


def test_every_threshold_of_the_policy_has_a_floor():
    assert {(part, name) for part, names in POLICY.items() for name in names} == set(FLOORS)


@pytest.mark.parametrize(("part", "name"), FLOORS)
def test_thresholds_cannot_be_lowered_below_their_floor(part, name):
    floor = FLOORS[part, name]
    assert Thresholds.of(POLICY | {part: POLICY[part] | {name: floor}})
    for value in (floor - 1, 0, -1):
        with pytest.raises(ValueError, match="緩く"):
            Thresholds.of(POLICY | {part: POLICY[part] | {name: value}})
    missing = POLICY | {part: {key: value for key, value in POLICY[part].items() if key != name}}
    with pytest.raises(KeyError):
        Thresholds.of(missing)


def test_the_merged_row_does_not_count_people_without_an_employer_as_one():
    sizes = {code.replace("E06", "NOEMPLOYER"): size for code, size in SIZES.items()}
    table = wide_table(sizes).set_index("employer_id")
    assert table.employer["OTHERS"] == "ほかの 3 事業所と事業所のない方"


def test_the_wide_table_shows_levels_of_large_employers_and_merges_the_small():
    table = wide_table().set_index("employer_id")
    assert list(table.index) == ["E01", "E02", "E07", "OTHERS", "TOTAL"]
    assert (table.employer["OTHERS"], table.members["OTHERS"]) == ("ほかの 4 事業所", 60)
    assert table.registered.drop("TOTAL").isna().all()
    assert (table.rate["E07"], table.bound["E07"]) == (85, "以上"), (
        "全員が登録していても、そうとは言わない"
    )
    assert (table.members["TOTAL"], table.registered["TOTAL"], table.rate["TOTAL"]) == (
        550,
        410,
        75,
    )


def test_disclosure_control_opens_no_file():
    """監査する人が、この部屋だけを読めばよいように：ファイルも履歴も開かない。"""
    sources = [
        path.read_text(encoding="utf-8") for path in Path(showing.__file__).parent.glob("*.py")
    ]
    assert len(sources) > 8
    assert not [
        text
        for text in sources
        if re.search(r"\bopen\(|read_csv|read_parquet|duckdb|pathlib|history", text)
    ]


@pytest.mark.parametrize("column", ["unregistered", "lapsed"])
def test_an_employer_of_the_wide_edition_has_no_count_but_its_members(column):
    row = dict.fromkeys(EMPLOYER_COLUMNS, "") | {"employer_id": "E01", "members": 40}
    row |= dict.fromkeys(("unregistered", "lapsed"), pd.NA)
    released.employers(pd.DataFrame([row]), WIDE)
    with pytest.raises(ValueError, match="未登録か失効"):
        released.employers(pd.DataFrame([row | {column: 5}]), WIDE)
