"""開示の管理の約束：扉は一つ。伏せた数は、三通りより狭められない。"""

import copy
import dataclasses
import functools
import itertools

import numpy as np
import pandas as pd
import pytest
from attack import Rule, masked_bounds
from hypothesis import example, given
from hypothesis import strategies as st
from random_flows import AFTER, BEFORE, NAMES, cube_of, flow_row, flows, trials

from mynalib.domain.months import Month
from mynalib.insight import charts, disclosure, display, masking, measures, tables, thresholds
from mynalib.insight.disclosure import Released, Terms
from mynalib.insight.measures import COUNTS

POLICY = {
    "employer": {"counts": "rounded", "round_to": 5, "minimum_members": 8},
    "wide": {"mask_up_to": 7, "round_to": 5},
}
WIDE, EMPLOYER, INTERNAL = (Terms(audience, POLICY) for audience in ("wide", "employer", "internal"))
NAMED = Terms("named", POLICY, ("symbol", "number", "branch", "action"))
ROWS = ["KENPO", "NOEMPLOYER"]
X01 = dict(
    zip(
        [f"E{number:02d}" for number in range(1, 20)],
        zip(
            [40, 35, 60, 28, 33, 52, 21, 47, 38, 26, 31, 44, 29, 36, 55, 24, 42, 30, 3],
            [24, 20, 41, 15, 22, 30, 12, 29, 21, 17, 19, 27, 16, 22, 35, 13, 25, 18, 1],
            strict=True,
        ),
        strict=True,
    )
)
X02 = {"E01": (40, 24), "E02": (35, 20), "E03": (60, 41), "E04": (28, 15), "E05": (12, 12), "E06": (11, 0)}
LARGE = {"E01": (100, 53), "E02": (2000, 1992), "E03": (5000, 12), "E04": (102, 54), "E05": (5000, 4990), "E06": (8, 4)}


def counts_of(society: dict[str, tuple[int, int]], month: str = AFTER) -> pd.DataFrame:
    """登録者の証明書は全て期限内等、ほかの人は全て ❶ の対象の組合（cases の X01、X02 と同じ形）。"""
    rows = [(month, e, e, n, r, r, n - r, 0) for e, (n, r) in [*society.items(), *((e, (0, 0)) for e in ROWS)]]
    return a_table(rows)


def a_table(rows: list[tuple]) -> pd.DataFrame:
    """measures.counts の形。行に TOTAL を足す。"""
    table = pd.DataFrame(rows, columns=["month", "employer_id", "employer", *COUNTS])
    total = table.groupby("month", as_index=False)[COUNTS].sum().assign(employer_id="TOTAL", employer="組合全体")
    return pd.concat([table, total], ignore_index=True).astype(dict.fromkeys(COUNTS, "Int64"))


def one_row(*numbers: int) -> pd.Series:
    """一つの事業所の、広く配る版の行。"""
    return wide(a_table([(AFTER, "E01", "一", *numbers)])).iloc[0]


def wide(counts: pd.DataFrame, terms: Terms = WIDE) -> pd.DataFrame:
    return disclosure.rates(counts, terms).frame


def fewest_values(bounds: dict) -> int:
    return min((high - low + 1 for low, high in bounds.values()), default=masking.POSSIBLE_VALUES)


def test_nobody_but_disclosure_control_makes_a_released_table():
    table = pd.DataFrame({"month": [AFTER]})
    released = wide_rates()
    for make in (
        lambda: Released(table, WIDE),
        lambda: Released(table, WIDE, 0, 0, object()),
        lambda: Released(frame=table, terms=WIDE),
        lambda: dataclasses.replace(released, _frame=table),
    ):
        with pytest.raises(TypeError):
            make()
    with pytest.raises(dataclasses.FrozenInstanceError):
        released._frame = table


def wide_rates() -> Released:
    return disclosure.rates(counts_of(X01), WIDE)


def test_writing_into_the_frame_does_not_change_what_is_released():
    released = wide_rates()
    for frame in (released.frame, released.where(employer_id="E01").frame):
        frame["members"] = 1
    assert released.frame.members.iloc[0] == 40
    assert copy.copy(released).frame.members.iloc[0] == 40


@pytest.mark.parametrize(
    "show",
    [
        lambda table: charts.trend(table, "trend", "推移"),
        lambda table: charts.employers(table, "employers", "事業所"),
        lambda table: tables.table(table, "counts", "人数"),
        lambda table: tables.numbers(table, Month.parse(AFTER), ["members"]),
        lambda table: tables.people(table, "人"),
        lambda table: tables.list_lengths(table),
    ],
    ids=["charts.trend", "charts.employers", "tables.table", "tables.numbers", "tables.people", "tables.list_lengths"],
)
@pytest.mark.parametrize(
    "raw", [pd.DataFrame({"month": [AFTER], "action": "link"}), None, {}], ids=["frame", "none", "dict"]
)
def test_figures_and_tables_refuse_what_was_not_released(show, raw):
    with pytest.raises(TypeError, match="Released"):
        show(raw)


@trials(8)
@given(st.lists(st.sampled_from(["E01", "E19", "TOTAL", "KENPO", "nobody"])), st.permutations(disclosure.RATE_COLUMNS))
def test_choosing_rows_and_columns_never_adds_anything(codes, columns):
    released = wide_rates()
    chosen = released.only(["employer_id", *columns]).without(columns[0])
    for code in codes:
        chosen = chosen.where(employer_id=code)
    assert (chosen.terms, chosen.decimals) == (released.terms, released.decimals)
    merged = chosen.frame.merge(released.frame[list(chosen.frame.columns)], how="left", indicator="found")
    assert set(chosen.frame.columns) < set(released.frame.columns)
    assert (merged.found == "both").all()
    assert len(chosen.frame) <= len(released.frame)


def test_choosing_what_is_not_there_is_an_error():
    for choose in (
        lambda released: released.where(usable_exact=1),
        lambda released: released.only(["number"]),
        lambda released: released.without("number"),
    ):
        with pytest.raises(KeyError):
            choose(wide_rates())


@pytest.mark.parametrize("audience", ["named", "", "publishable"])
def test_an_audience_without_a_rule_sees_no_rates_and_no_changes(audience):
    with pytest.raises(ValueError, match="読み手"):
        disclosure.rates(counts_of(X01), Terms(audience, POLICY))
    with pytest.raises(ValueError, match="読み手"):
        disclosure.changes(a_change(1, 2, 3, 4), Terms(audience, POLICY))


def test_an_employer_sees_no_changes_and_no_internal_table():
    with pytest.raises(ValueError, match="読み手"):
        disclosure.changes(a_change(50, -50, 50, -50), EMPLOYER)
    for terms in (EMPLOYER, WIDE, NAMED):
        with pytest.raises(ValueError, match="職員"):
            disclosure.internal(counts_of(X01), terms)


def test_a_list_has_only_the_columns_of_the_notice_and_only_its_own_readers():
    people = pd.DataFrame({"symbol": ["101"], "action": ["link"]})
    assert list(disclosure.named(people, NAMED).frame) == ["symbol", "action"]
    with pytest.raises(ValueError, match="cancel_kind"):
        disclosure.named(people.assign(cancel_kind=1), NAMED)
    with pytest.raises(ValueError, match="お知らせ"):
        disclosure.named(people, Terms("wide", POLICY, NAMED.columns))


@pytest.mark.parametrize(
    ("edition", "name", "floor"),
    [
        ("wide", "mask_up_to", thresholds.MASK_FLOOR),
        ("wide", "round_to", thresholds.ROUND_FLOOR),
        ("employer", "round_to", thresholds.ROUND_FLOOR),
        ("employer", "minimum_members", thresholds.EMPLOYER_MINIMUM_FLOOR),
    ],
)
def test_thresholds_cannot_be_lowered_below_their_floor(edition, name, floor):
    assert (thresholds.MASK_FLOOR, thresholds.ROUND_FLOOR, thresholds.EMPLOYER_MINIMUM_FLOOR) == (7, 5, 8)
    for value in (floor - 1, 0, -1):
        lower = POLICY | {edition: POLICY[edition] | {name: value}}
        with pytest.raises(ValueError, match="緩く"):
            disclosure.rates(counts_of(X01), Terms(edition, lower))
    missing = POLICY | {edition: {key: value for key, value in POLICY[edition].items() if key != name}}
    with pytest.raises(KeyError):
        disclosure.rates(counts_of(X01), Terms(edition, missing))


@pytest.mark.parametrize(("count", "shown"), [(0, None), (1, None), (6, None), (7, None), (8, 10), (10, 10), (13, 15)])
def test_a_count_up_to_seven_is_masked_and_the_rest_is_rounded_to_five(count, shown):
    for numbers, column in (
        ((count, 0, 0, 0, 0), "members"),
        ((60, count, 0, 0, 0), "registered"),
        ((60, 60 - count, 0, 0, 0), "registered"),
        ((60, 30, 30, 0, count), "renew_targets"),
        ((60, 30, count, 0, 0), "usable"),
        ((60, 30, 0, count, 0), "link_targets"),
    ):
        value = one_row(*numbers)[column]
        expected = shown if shown is None or column != "registered" or numbers[1] == count else (62 - count) // 5 * 5
        assert value == expected if expected else pd.isna(value)


def test_rates_come_from_the_rounded_counts_as_whole_percents():
    row = one_row(58, 33, 21, 0, 0)
    assert (row.members, row.registered, row.usable) == (60, 35, 20)
    assert (row.rate, row.usable_rate) == (58, 33)


def test_a_row_with_nobody_cannot_be_told_from_a_row_with_seven():
    rows = [one_row(n, r, r, n - r, 0).drop("employer") for n, r in ((0, 0), (1, 1), (7, 0), (7, 7))]
    for row in rows:
        assert row[disclosure.RATE_COLUMNS].isna().all()


def test_the_total_is_the_sum_of_the_shown_rows_that_have_every_part_of_a_rate():
    table = wide(counts_of(X02)).set_index("employer_id")
    assert table.loc["TOTAL", "employer"] == "表示した事業所の計"
    shown = table.loc[["E01", "E02", "E03", "E04"]]
    assert (table.loc["TOTAL", COUNTS] == shown[COUNTS].sum()).all()
    assert table.rate["TOTAL"] == (shown.registered.sum() * 200 + shown.members.sum()) // (shown.members.sum() * 2)


def test_the_numerators_and_the_denominator_of_the_total_are_of_the_same_employers():
    """期限内等だけを伏せた事業所を分母に残すと、全体の率が低く見える。"""
    table = wide(a_table([(AFTER, "E01", "一", 60, 30, 30, 0, 0), (AFTER, "E02", "二", 60, 30, 3, 0, 0)]))
    total = table.set_index("employer_id").loc["TOTAL"]
    assert (total.members, total.registered, total.usable, total.usable_rate) == (60, 30, 30, 50)


def test_a_month_with_nothing_to_show_still_has_its_total_row():
    table = wide(pd.concat([counts_of({"E01": (40, 20)}, BEFORE), counts_of({"E01": (5, 2)})], ignore_index=True))
    assert list(table.employer_id) == ["E01", *ROWS, "TOTAL"] * 2
    assert table.iloc[-1][disclosure.RATE_COLUMNS].isna().all()
    assert table.iloc[3].members == 40


@pytest.mark.parametrize("society", [X01, X02, LARGE], ids=["X01", "X02", "large"])
@pytest.mark.parametrize("base", [5, 10, 20, 100])
def test_nobody_reads_an_exact_0_or_100_percent(society, base):
    """大きな事業所の 1992/2000 人も、四捨五入で 100% とは見せない。粗い丸めで 0 人や全員にもしない。"""
    terms = Terms("wide", {"wide": {"mask_up_to": 7, "round_to": base}})
    table = wide(counts_of(society), terms)
    for name, (top, bottom) in disclosure.RATES.items():
        assert not table[name].isin([0, 100]).any()
        assert not (table[top] == table[bottom]).any()
        assert not (table[top] == 0).any()


def test_the_employers_of_x02_show_neither_registered_nor_rate():
    table = wide(counts_of(X02)).set_index("employer_id")
    for code in ("E05", "E06"):
        assert table.members[code] == 10
        assert table.loc[code, ["registered", "rate", "usable", "usable_rate"]].isna().all()


def test_parts_that_do_not_overlap_never_add_up_to_more_than_the_members():
    """53・48・102 人なら 55 ＋ 50 ＞ 100。残りは 1 人以下、つまり伏せた ❷ は 0 か 1 人と分かってしまう。"""
    row = one_row(102, 53, 53, 48, 1)
    assert (row.registered, row.usable) == (55, 55)
    assert pd.isna(row.link_targets)
    row = one_row(102, 30, 28, 28, 44)
    assert (row.link_targets, row.usable) == (30, 30)
    assert pd.isna(row.renew_targets)


def test_the_csv_of_a_released_table_has_no_float_noise():
    for terms in (WIDE, EMPLOYER):
        assert "." not in disclosure.rates(counts_of(X01), terms).frame.to_csv(index=False)
    exact = disclosure.rates(counts_of(X01), INTERNAL)
    assert {len(rate.partition(".")[2]) for rate in exact.frame.rate.dropna().astype(str)} == {1}
    cells = [cell for row in display.rows_of(exact.frame, 1) for cell in row["cells"]]
    assert max(len(cell.partition(".")[2]) for cell in cells) == 1


@functools.cache
def every_row(members: range) -> tuple[pd.DataFrame, pd.DataFrame]:
    """加入者がその範囲の、ありうる全ての行と、その公開の形（伏せた升は −1）。"""
    numbers = []
    for n in members:
        for r, u in itertools.product(range(n + 1), repeat=2):
            if u <= r:
                link, renew = np.meshgrid(range(n - r + 1), range(n - u + 1), indexing="ij")
                fits = renew <= n - u - link
                numbers.append(np.stack([np.full(fits.sum(), x) for x in (n, r, u)] + [link[fits], renew[fits]], 1))
    table = pd.DataFrame(np.concatenate(numbers), columns=COUNTS)
    shown = wide(table.assign(month=AFTER, employer_id=np.arange(len(table)), employer=""))
    shown = shown[shown.employer_id != "TOTAL"].set_index("employer_id").sort_index()[COUNTS]
    return table, shown.astype("Int64").fillna(-1).astype(int).add_prefix("shown_")


@pytest.mark.parametrize("members", [range(20), range(28, 33)], ids=["0-19", "28-32"])
@pytest.mark.parametrize("head_count_known", [False, True])
def test_whoever_knows_the_rule_keeps_three_values_for_every_masked_cell(members, head_count_known):
    """ありうる全ての行を公開の形で分けて、同じに見える行の中に、伏せた数が三通り以上あるかを見る（規則の逆算）。"""
    truth, looks = every_row(members)
    keys = [*looks, "members"] if head_count_known else [*looks]
    both = pd.concat([truth, looks], axis=1).groupby(keys)
    for column in COUNTS[head_count_known:]:
        values = both[column].nunique().rename("values").reset_index()
        masked = values[values[f"shown_{column}"] == -1]
        every = masked.members + 1 if head_count_known else masking.POSSIBLE_VALUES  # 二人の事業所に三通りはない
        assert (masked["values"] >= np.minimum(masking.POSSIBLE_VALUES, every)).all()


@pytest.mark.parametrize("society", [X01, X02, LARGE], ids=["X01", "X02", "large"])
def test_the_attack_leaves_every_masked_cell_three_values(society):
    bounds = masked_bounds(wide(counts_of(society)))
    assert fewest_values(bounds) >= masking.POSSIBLE_VALUES


def test_the_people_neither_registered_nor_to_be_reminded_keep_three_values():
    """登録者と ❶ を除いた残りには、本人の申請で解除した人が入る。表には載せないが、引き算でも狭められない。"""
    truth, looks = every_row(range(28, 33))
    rest = truth.members - truth.registered - truth.link_targets
    assert rest.groupby([looks[column] for column in looks]).nunique().min() >= masking.POSSIBLE_VALUES


def test_the_attack_learns_of_e19_only_that_it_is_small():
    bounds = masked_bounds(wide(counts_of(X01)))
    assert bounds[AFTER, "E19", "members"] == bounds[AFTER, "E19", "registered"] == (0, 7)


def test_the_attack_learns_of_x02_neither_all_nor_none():
    bounds = masked_bounds(wide(counts_of(X02)))
    assert bounds[AFTER, "E05", "registered"] == bounds[AFTER, "E06", "registered"] == (0, 12)


def test_the_attack_bites_where_only_the_small_row_is_masked_and_the_total_is_exact():
    """壊した写し：7 以下の事業所だけを伏せ、丸めず、TOTAL は本当の計。E19 は、ちょうど分かる。"""
    table = counts_of({"E01": X01["E01"], "E18": X01["E18"], "E19": X01["E19"]})
    table = table[~table.employer_id.isin(ROWS)].assign(rate=pd.NA, usable_rate=pd.NA)
    table[COUNTS] = table[COUNTS].mask(table.members <= 7)
    bounds = masked_bounds(table, rule=Rule(base=1, exact_total=True))
    assert [bounds[AFTER, "E19", column] for column in ("members", "registered")] == [(3, 3), (1, 1)]


def test_the_attack_bites_where_overlapping_parts_are_shown(monkeypatch):
    counts = a_table([(AFTER, "E01", "一", 102, 53, 53, 48, 1)])
    assert fewest_values(masked_bounds(wide(counts))) >= masking.POSSIBLE_VALUES
    monkeypatch.setattr(masking, "_without_overlaps", lambda shown: shown)
    assert masked_bounds(wide(counts))[AFTER, "E01", "renew_targets"] == (0, 1)


def a_change(*sizes: int) -> pd.DataFrame:
    return pd.DataFrame({"reason": list(measures.CHANGES), "change": pd.array(sizes, dtype="Int64")})


def test_changes_are_masked_by_their_size_and_keep_their_sign():
    released = disclosure.changes(a_change(33, -7, 8, -20), WIDE)
    assert released.frame.change.fillna(0).tolist() == [35, 0, 10, -20]
    assert released.hidden == 1
    assert disclosure.changes(a_change(33, -7, 8, -20), INTERNAL).frame.change.tolist() == [33, -7, 8, -20]


@trials(20)
@given(st.lists(st.integers(0, 40), min_size=4, max_size=4))
@example([12, 0, 12, 13])
def test_whoever_knows_the_exact_difference_keeps_three_values_for_every_masked_change(sizes):
    """二つの月の登録者の差（差引き）が正確に分かっても、伏せた増減は決まらない。"""
    change = a_change(*(size * sign for size, sign in zip(sizes, measures.CHANGES.values(), strict=True)))
    shown = disclosure.changes(change, WIDE).frame.change
    if shown.isna().all():
        return
    ranges = [range(8) if pd.isna(v) else range(abs(v) - 2, abs(v) + 3) for v in shown]
    possible = [
        guess
        for guess in itertools.product(*ranges)
        if guess[0] - guess[1] + guess[2] - guess[3] == change.change.sum()
    ]
    for index in np.flatnonzero(shown.isna()):
        assert len({guess[index] for guess in possible}) >= masking.POSSIBLE_VALUES


def unlucky_flow() -> pd.DataFrame:
    """どの数も、丸めの幅の端にある二か月。差引きを突き合わせると、だれも解除していないことまで分かる。"""
    joins, leaves = ("", "registered_usable"), ("registered_usable", "")
    rows = [flow_row("E01", "registered_usable", "registered_usable", 22), flow_row("E01", *joins, 4)]
    rows += [flow_row("E01", "never_linked", "registered_usable", 12)]
    for code in ("E02", "KENPO"):
        rows += [flow_row(code, "registered_usable", "registered_usable", 19), flow_row(code, *joins, 4)]
        rows += [flow_row(code, *leaves, 3)]
    rows += [flow_row(code, "never_linked", "never_linked", 25) for code in ("E01", "E02", "KENPO")]
    rows += [flow_row("NOEMPLOYER", *leaves, 7)]
    return pd.DataFrame(rows, columns=["status_before", "status_after", "employer_before", "employer_after", "members"])


def attack_on(flow: pd.DataFrame) -> dict:
    counts = measures.counts(cube_of(flow), {"E01": "一", "E02": "二", "E03": "三"})
    counts = counts[counts.employer_id.isin([*flow.employer_before, *flow.employer_after, "TOTAL"])]
    change = disclosure.changes(measures.change(flow), WIDE).frame
    return masked_bounds(wide(counts), change, now=AFTER)


def test_the_attack_bites_where_the_difference_of_the_totals_gives_a_masked_change_away(monkeypatch):
    assert fewest_values(attack_on(unlucky_flow())) >= masking.POSSIBLE_VALUES
    monkeypatch.setattr(masking, "_has_room", lambda *_: True)
    bounds = attack_on(unlucky_flow())
    assert bounds["登録が解除された人"] == (0, 0)
    assert bounds[BEFORE, "NOEMPLOYER", "registered"] == (7, 7)


@trials(4)
@given(flows())
def test_the_attack_leaves_three_values_in_any_society_over_two_months(flow):
    counts, change = measures.counts(cube_of(flow), NAMES), measures.change(flow)
    if set(counts.month) == {BEFORE, AFTER}:
        bounds = masked_bounds(wide(counts), disclosure.changes(change, WIDE).frame, now=AFTER)
        assert fewest_values(bounds) >= masking.POSSIBLE_VALUES


def test_other_months_are_attacked_row_by_row():
    months = ["2026-06", "2026-08", BEFORE, AFTER]  # 7 月は欠けている
    counts = pd.concat([counts_of({"E01": (100 + k, 53), "E02": (6 + k, 3)}, m) for k, m in enumerate(months)])
    bounds = masked_bounds(wide(counts))
    assert {month for month, *_ in bounds} == set(months)
    assert fewest_values(bounds) >= masking.POSSIBLE_VALUES


@pytest.mark.parametrize(("members", "shown"), [(6, None), (7, None), (8, 10), (10, 10), (12, 10), (13, 15)])
def test_an_employer_below_the_minimum_size_sees_no_figure(members, shown):
    row = disclosure.rates(counts_of({"E01": (members, 5)}), EMPLOYER).where(employer_id="E01").frame.iloc[0]
    if shown is None:
        assert row[disclosure.EMPLOYER_COLUMNS].isna().all()
    else:
        assert (row.members, row.registered, row.rate) == (shown, 5, (500 * 2 + shown) // (shown * 2))


@pytest.mark.parametrize("counts", ["rounded", "exact"])
def test_an_employer_sees_members_registered_and_the_rate_and_no_other_class(counts):
    policy = POLICY | {"employer": POLICY["employer"] | {"counts": counts}}
    released = disclosure.rates(counts_of(X01), Terms("employer", policy))
    assert list(released.frame) == ["month", "employer_id", "employer", "members", "registered", "rate"]
    row = released.where(employer_id="E08").frame.iloc[0]
    assert (row.members, row.registered) == ((45, 30) if counts == "rounded" else (47, 29))
    assert row.rate == (67 if counts == "rounded" else 62)
    assert released.where(employer_id="E19").frame[disclosure.EMPLOYER_COLUMNS].isna().all(axis=None)


def test_an_employer_who_knows_its_head_count_never_learns_that_few_people_objected():
    """人事は在籍者を知る。申し出た人が「一人以上いる」と分かるときは、いつも三通り以上が残る。"""
    table = counts_of({str(members): (members, 0) for members in range(120)})
    shown = disclosure.rates(table, EMPLOYER).frame.members.fillna(-1)
    for head_count in range(8, 120):
        for _, members in table.members[: head_count + 1].groupby(shown[: head_count + 1]):
            assert members.max() == head_count or len(members) >= masking.POSSIBLE_VALUES
