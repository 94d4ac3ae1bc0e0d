"""公開の前の攻撃：総当たりと同じ答えを出し、足りなければ次に小さい行を伏せ、伏せきれなければ止まる。"""

import dataclasses
import functools
import itertools
import os
import random

import numpy as np
import pandas as pd
import pytest
from attack import masked_bounds
from hypothesis import given
from hypothesis import strategies as st
from random_flows import AFTER, BEFORE, cube_of, trials
from test_disclosure import POLICY, X01, X02, a_table, counts_of, fewest_values, unlucky_flow

from mynalib.domain.months import Month
from mynalib.insight import attack, disclosure, masking, measures
from mynalib.insight.attack import Disclosure, pinned_cells, rows_of, rows_to_mask
from mynalib.insight.disclosure import Terms
from mynalib.insight.measures import COUNTS
from mynalib.insight.reader import Row
from mynalib.insight.rounding import to_multiple
from mynalib.insight.steady import steady
from mynalib.insight.thresholds import Rule, steady_limits, wide_rule

STICKY = {edition: POLICY[edition] | {"min_changes": 3} for edition in POLICY}
SMALL = Rule(base=3, limit=3, step=3, slack=1)  # 総当たりのできる、小さな規則
LONG = bool(os.environ.get("MYNA_LONG"))


def possible(most: int) -> np.ndarray:
    """ありうる全ての人数：登録していない ❶ と、登録者かもしれない ❷ は、ほかの人と重ならない。"""
    members, registered, usable, link, renew = np.indices((most + 1,) * 5).reshape(5, -1)
    outside = np.maximum(0, registered + link + renew - members)  # ❷ のうち、少なくともこれだけは登録者
    return np.stack([members, registered, usable, link, renew], 1)[outside <= np.minimum(renew, registered - usable)]


POSSIBLE = possible(10)  # 見える加入者が 9 人までの、全ての組
FIRSTS = [tuple(map(int, one)) for one in POSSIBLE[POSSIBLE[:, 0] <= 10]]


def look(numbers: tuple[int, ...], also: bool = False) -> Row:
    """小さな規則での、見え方。"""
    members, limit = numbers[0], SMALL.limit
    shown = [
        None if also or members <= limit or few <= limit or (at and members - few <= limit) else (few + 1) // 3 * 3
        for at, few in enumerate(numbers)
    ]
    return Row(AFTER, "E01", tuple(shown), numbers, SMALL, also)


def may_be(numbers: np.ndarray, row: Row) -> np.ndarray:
    """その見え方のもとになりうるか。読み手は、伏せたわけも知っている。"""
    limit, members = SMALL.limit, numbers[:, 0]
    fits = np.full(len(numbers), True)
    for at, (shown, few) in enumerate(zip(row.shown, row.basis, strict=True)):
        mine, rest = numbers[:, at], members - numbers[:, at]
        if shown is not None:
            fits &= ((mine + 1) // 3 * 3 == shown) & (mine > limit) & ((rest > limit) | (at == 0))
        elif not row.also:
            fits &= (members <= limit) | (row.basis[0] > limit)
            told_small, told_rest = few <= limit, row.basis[0] - few <= limit
            fits &= (mine <= limit) | (not told_small)
            fits &= (rest <= limit) | told_small | (not told_rest)
    return fits


def pinned_by_force(rows: list[Row]) -> set[tuple[int, str]]:
    """端数が同じ、ありうる全ての組を並べて、伏せた升の端を見る遅い検算。"""
    remainders = (POSSIBLE % SMALL.step) @ (SMALL.step ** np.arange(5))
    fitting = [may_be(POSSIBLE, row) for row in rows]
    shared = functools.reduce(np.intersect1d, [remainders[fits] for fits in fitting])
    pinned = set()
    for at, (row, fits) in enumerate(zip(rows, fitting, strict=True)):
        kept = POSSIBLE[fits & np.isin(remainders, shared)]
        ends = kept.max(axis=0) - kept.min(axis=0) + 1
        pinned |= {(at, COUNTS[c]) for c, shown in enumerate(row.shown) if shown is None and ends[c] < 3}
    return pinned


@trials(12)
@given(st.sampled_from(FIRSTS), st.data())
def test_the_solver_finds_what_trying_every_table_finds(first, data):
    same = [one for one in FIRSTS if all((a - b) % SMALL.step == 0 for a, b in zip(one, first, strict=True))]
    rows = [dataclasses.replace(look(first), month=BEFORE), look(data.draw(st.sampled_from(same)))]
    bounded = {(month, column) for month, _, column in pinned_cells(tuple(rows))}
    assert bounded == {((BEFORE, AFTER)[at], column) for at, column in pinned_by_force(rows)}


@pytest.mark.parametrize("numbers", [(4, 0, 0, 0, 0), (8, 4, 4, 4, 0), (5, 1, 1, 1, 3), (8, 4, 4, 1, 3)])
def test_the_oracle_agrees_on_tables_at_the_edge(numbers):
    assert {column for _, column in pinned_by_force([look(numbers)])} == {
        column for *_, column in pinned_cells((look(numbers),))
    }


def series(society: dict[str, tuple[int, int]], months: int, seed: int) -> pd.DataFrame:
    """月ごとに少しずつ人が動く組合。"""
    rng, tables = random.Random(seed), []
    now = dict(society)
    for at in range(months):
        tables.append(counts_of(now, str(Month(2025, 1).plus(at))))
        for code, (members, registered) in now.items():
            grown = max(0, members + rng.choice([-3, -1, -1, 0, 0, 0, 1, 1, 2, 4]))
            now[code] = grown, min(grown, max(0, registered + rng.choice([-1, 0, 0, 1, 1, 2])))
    return pd.concat(tables, ignore_index=True)


def release_all(counts: pd.DataFrame, first: int) -> tuple[list[Row], list[pd.DataFrame]]:
    """first か月目から、毎月公開する。見せた全ての行と、公開ごとの表。"""
    rule, told, tables = wide_rule(STICKY), [], []
    basis, months = pd.DataFrame(columns=["month", "employer_id", *COUNTS]), sorted(counts.month.unique())
    for month in months[first - 1 :]:
        kept = counts[counts.month <= month]
        basis = steady(kept, basis, *steady_limits(STICKY))
        also = rows_to_mask(basis, kept, None, told, STICKY)
        terms = Terms("wide", STICKY, also=tuple(also))
        tables.append(disclosure.rates(basis, terms).frame)
        told += rows_of(masking.wide_counts(basis, rule.base, rule.limit, also), basis, rule, also)
    return told, tables


@pytest.mark.parametrize("seed", range(200 if LONG else 4))
def test_no_masked_cell_has_fewer_than_three_values_over_all_releases(seed):
    rng = random.Random(seed)
    made = {
        f"E{at:02}": (members := rng.choice([3, 8, 9, 12, 14, 30, 60, 200]), rng.randint(0, members)) for at in range(6)
    }
    society = [X01, X02, made][seed] if seed < 3 else made
    told, tables = release_all(series(society, 8, seed), first=3)
    each = {}
    for row in told:
        each.setdefault(row.employer, {})[row.shown, row.basis, row.also] = row
    assert not [name for rows in each.values() for name in pinned_cells(tuple(rows.values()))]
    assert fewest_values(masked_bounds(tables[-1])) >= masking.POSSIBLE_VALUES


def test_a_change_that_gives_a_masked_number_away_masks_the_next_smallest_rows(monkeypatch):
    flow = unlucky_flow()
    counts = measures.counts(cube_of(flow), {"E01": "一", "E02": "二"})
    monkeypatch.setattr(masking, "_has_room", lambda *_: True)  # 増減の表だけで守る工夫を、外す
    change = disclosure.changes(measures.change(flow), Terms("wide", POLICY)).frame.assign(slack=0)
    basis = counts[counts.employer_id != "TOTAL"]
    rule = wide_rule(STICKY)
    rows = rows_of(masking.wide_counts(basis, rule.base, rule.limit), basis, rule)
    assert attack._pinned_by_change(rows, counts, change, rule)
    also = rows_to_mask(basis, counts, change, [], STICKY)
    assert also, "続けて伏せた行がある"
    shown = masking.wide_counts(basis, rule.base, rule.limit, also)
    assert not attack._pinned_by_change(rows_of(shown, basis, rule, also), counts, change, rule)
    hidden = shown.set_index(["month", "employer_id"]).loc[also]
    assert hidden[COUNTS].isna().all(axis=None), "行ごと伏せる"


def test_what_an_earlier_release_already_told_stops_with_the_table_and_the_row():
    """前の公開が、粗い規則で見せてしまった数は、今からは伏せられない。"""
    loose = Rule(base=1, limit=1, step=1, slack=0)
    told = Row("2025-01", "E01", (10, 8, 8, None, None), (10, 8, 8, 1, 1), loose)
    basis = a_table([(AFTER, "E01", "一", 5, 2, 2, 1, 0)])
    with pytest.raises(Disclosure) as stopped:
        rows_to_mask(basis[basis.employer_id != "TOTAL"], basis, None, [told], STICKY)
    assert stopped.value.code == "DISCLOSURE"
    assert "事業所ごとの表" in stopped.value.where
    assert "2025-01" in stopped.value.where
    assert "E01" in stopped.value.where


def test_a_month_that_tells_too_much_of_an_earlier_mask_is_masked_itself():
    """はじめて見せる月が、前の公開で伏せた升の端数を教えるなら、その月の行を伏せる。もう見せた行を伏せても、遅い。"""
    told = Row("2025-01", "E01", (None,) * 5, (7, 3, 3, 2, 1), SMALL, also=True)
    new = [Row(month, "E01", (9, 6, 6, None, None), (9, 5, 5, 2, 1), SMALL) for month in ("2025-02", "2025-03")]
    name = ("2025-01", "E01", "members")
    assert attack._telling_row([told, *new], [told], name) == ("2025-02", "E01")
    assert attack._telling_row([told, *new], [told, new[0]], name) == ("2025-03", "E01")
    assert attack._telling_row(new, [], ("2025-03", "E01", "renew_targets")) == ("2025-03", "E01")
    with pytest.raises(Disclosure):
        attack._telling_row([told, *new], [told, *new], name)


def test_masking_goes_on_from_the_row_itself_to_the_smallest_one_left():
    shown = masking.wide_counts(counts_of(X02), 5, 7)
    assert attack._next_to_mask(shown, AFTER, (AFTER, "E03", "registered")) == (AFTER, "E03")
    assert attack._next_to_mask(shown, AFTER, ("新たに登録した人",)) == (AFTER, "E05")
    assert attack._next_to_mask(shown[shown.employer_id != "E05"], AFTER, (AFTER, "TOTAL", "usable")) == (AFTER, "E06")


@trials(6)
@given(
    st.lists(st.tuples(st.integers(-2, 2), st.integers(-1, 2)), min_size=11, max_size=11),
    st.integers(12, 80),
    st.integers(1, 4),
    st.integers(1, 4),
)
def test_twelve_releases_a_head_count_and_a_list_never_tell_how_few_people_are_hidden(
    moves, members, objectors, others
):
    """毎月の頭数とリストの人数を正確に知っていても、いると分かる人の数には、三通り以上が残る。

    見え方が全く同じになる、ほかの（不同意の人, そのほかの人）の組を、総当たりで数える。
    """
    registered = max(0, members - others - 5)
    truth = [(members, registered)]
    for joined, linked in moves:
        grown = max(12, truth[-1][0] + joined)
        truth.append((grown, max(0, min(grown - others - 1, truth[-1][1] + linked))))
    heads, lists = [n + objectors for n, _ in truth], [n - r - others for n, r in truth]
    worlds = {}
    for away, rest in itertools.product(range(objectors + 9), range(others + 17)):
        world = [(head - away, head - away - rest - listed) for head, listed in zip(heads, lists, strict=True)]
        if all(0 <= r <= n for n, r in world):
            worlds[away, rest] = world
    seen = _seen(worlds)
    alike = [name for name in worlds if seen[name] == seen[objectors, others]]
    for at in (0, 1):
        values = {world[at] for world in alike}
        assert 0 in values or max(values) - min(values) + 1 >= 3


def _seen(worlds: dict[tuple[int, int], list[tuple[int, int]]]) -> dict[tuple[int, int], tuple]:
    """事業所のページに、十二か月の公開で見えるもの。世界の一つひとつを、一つの事業所として一度に計算する。"""
    rows = [
        (str(Month(2025, 1).plus(at)), world, "一", n, r, 0, 0, 0)
        for world, truth in worlds.items()
        for at, (n, r) in enumerate(truth)
    ]
    basis = steady(a_table(rows), pd.DataFrame(columns=["month", "employer_id", *COUNTS]), *steady_limits(STICKY))
    shown = basis.assign(members=to_multiple(basis.members, 5), registered=to_multiple(basis.registered, 5))
    return {
        world: tuple(each[["members", "registered"]].itertuples(index=False, name=None))
        for world, each in shown.groupby("employer_id")
    }
