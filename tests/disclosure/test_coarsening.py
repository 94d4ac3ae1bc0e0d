"""攻撃と、粗くする順：決まった例のどれも破られず、破られるものは、破られなくなるまで粗くなる。組合全体の数は、いつも変わらない。"""

from collections.abc import Mapping
from itertools import combinations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_flows import trials

from mynalib.disclosure.coarsening import Evidence, Result, hold
from mynalib.disclosure.intruder import Run, Sight, attack
from mynalib.disclosure.levels import settle_level, shift_of
from mynalib.disclosure.showing import Before, Coarser, Showing, show_month
from mynalib.disclosure.thresholds import Thresholds

LIMITS = Thresholds(employer_minimum=20, wide_minimum=30, mask_up_to=7, round_to=5, min_changes=5)
KEY = b"a fixed key"

Sizes = Mapping[str, tuple[int, int]]  # 事業所から、加入者と登録者へ


def counted(sizes: Sizes, month: str = "2026-10") -> pd.DataFrame:
    """事業所ごとの人数と、組合全体。証明書の失効した人は、いない。"""
    whole = (
        sum(size for size, _ in sizes.values()),
        sum(registered for _, registered in sizes.values()),
    )
    rows = [
        (month, employer, f"{employer}社", size, registered, registered, size - registered, 0)
        for employer, (size, registered) in [*sizes.items(), ("TOTAL", whole)]
    ]
    names = [
        "month",
        "employer_id",
        "employer",
        "members",
        "registered",
        "usable",
        "unregistered",
        "lapsed",
    ]
    return pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[3:], "Int64"))


def shown(
    sizes: Sizes,
    coarser: Coarser | None = None,
    before: Before | None = None,
    month: str = "2026-10",
) -> Showing:
    counts = counted(sizes, month)
    return show_month(
        counts[counts.employer_id != "TOTAL"],
        counts,
        before or Before(),
        KEY,
        LIMITS,
        coarser or Coarser(),
    )


def held(
    sizes: Sizes, paths: Mapping[str, Mapping[str, int]] | None = None, before: Before | None = None
) -> Result:
    """攻撃に耐えた姿。paths がなければ、だれも、リストを持っていない。"""
    paths = paths or {}
    evidence = Evidence([], paths, dict.fromkeys(paths, (False,)))
    return hold(lambda coarser: shown(sizes, coarser, before), evidence, LIMITS)


def rows(showing: Showing) -> list[str]:
    return list(showing.wide.employer_id)


def total(showing: Showing) -> list:
    return showing.wide[showing.wide.employer_id == "TOTAL"].astype("str").to_numpy().tolist()


def low_end(employer: str, members: int, share: float = 0.7) -> int:
    """その事業所の、区切りの下の端にあたる登録者の数。"""
    return settle_level(
        members, round(members * share), shift_of(KEY, employer), "2026-10", LIMITS
    ).low


def lows(sizes: Mapping[str, int]) -> Sizes:
    """どの事業所も、区切りの下の端。和が、両端の和と同じなので、引き算で全てが決まってしまう。"""
    return {employer: (size, low_end(employer, size)) for employer, size in sizes.items()}


# 決まった例


@pytest.mark.parametrize(
    ("members", "registered"),
    [
        (120, 102),
        (30, 30),
        (30, 28),
        (31, 31),
        (100, 95),
        (45_002, 33_000),
        (20, 19),
        (60, 0),
        (500, 499),
    ],
)
def test_all_that_is_shown_of_an_employer_leaves_five_counts(members, registered):
    """120 人中 102 人：刻み 5 の水準と、5 の倍数の人数とを並べると、102 人と決まってしまう。同じものが見える人数を、全て数える。"""

    def seen(count: int) -> tuple:
        showing = shown({"E01": (members, count), "E02": (10_000, 7_000)})
        own = showing.state[showing.state.employer_id == "E01"][
            ["members", "level", "tolerance", "bound", "since"]
        ]
        row = showing.wide[showing.wide.employer_id == "E01"]
        return own.astype("str").to_numpy().tolist(), row.astype("str").to_numpy().tolist()

    near = range(max(0, registered - 8), min(members, registered + 8) + 1)
    truth = seen(registered)
    assert sum(seen(count) == truth for count in near) >= 5


def test_two_grids_would_give_a_count_away_and_the_attack_sees_it():
    """刻み 5 の水準（99 人から 104 人）と、もう一つの格子（102 人から 106 人）の両方に入る数だけが残る。"""
    off = {"o": 104, "u": 16}
    assert not attack([Sight("E01", ((99, 104),), off, (False,))]).pinned
    assert attack([Sight("E01", ((104, 104),), off, (False,))]).pinned


def test_one_leaver_and_one_objector_are_not_told_apart_by_the_level():
    """120 人中 96 人から、登録済の一人が去って 119 人中 95 人。そのとき、未登録の一人が申し出て、リストから消えた。"""
    first = shown({"E01": (120, 96), "E02": (300, 200)}, month="2026-09")
    before = Before(first.levels, {"E01": 1, "E02": 0}, first.merged)
    second = shown({"E01": (119, 95), "E02": (300, 200)}, before=before)
    level = second.levels["E01"]
    assert level is first.levels["E01"], "一人では動かない"
    paths = {"oo": 95, "o-": 1, "uu": 23, "uo": 1}
    ranges = tuple(
        level.possible(members, month, LIMITS)
        for members, month in ((120, "2026-09"), (119, "2026-10"))
    )
    assert not attack([Sight("E01", ranges, paths, (False, False))]).pinned
    exact = attack([Sight("E01", ((96, 96), (95, 95)), paths, (False, False))])
    assert Run("uo", 1, 1, known=False) in exact.pinned, (
        "申し出た人を除いた数を見せると、分かってしまう"
    )


def test_a_fully_registered_employer_beside_a_large_one_keeps_its_bound_under_a_true_total():
    result = held({"E01": (45_002, 33_111), "E02": (31, 31)})
    assert result.showing.levels["E02"].text == "85 % 以上"
    assert (result.coarser, result.open) == (Coarser(), frozenset())
    whole = result.showing.wide.set_index("employer_id").loc["TOTAL"]
    assert (whole.members, whole.registered, whole.rate) == (45_035, 33_140, 73.6)
    state = result.showing.state.set_index("employer_id")
    left = [33_142 - count for count in range(state.low["E01"], state.high["E01"] + 1)]
    assert len({count for count in left if 27 <= count <= 31}) == 5, (
        "組合全体から引いても、五通りが残る"
    )


@pytest.mark.parametrize(
    "sizes",
    [
        {"E01": (59_990, 42_000), "E02": (10, 7)},
        {"E01": (12, 12), "E02": (800, 500)},
        {"E01": (29, 3), "E02": (40, 30)},
    ],
    ids=["59,990 and 10", "12 and 800", "29 and 40"],
)
def test_two_employers_that_cannot_be_merged_are_shown_as_the_society_only(sizes):
    result = held(sizes)
    assert rows(result.showing) == ["TOTAL"]
    assert result.showing.merged is None


@trials(8)
@given(st.lists(st.integers(-3, 12), min_size=3, max_size=12))
def test_who_outgrows_the_merged_row_is_never_found_by_subtraction(steps):
    """{12 人, B}：B が増えて、まとめた行から出る。出る前とあとの行の差に、一つの事業所だけが残らない。"""
    sizes, before = {"A": 12, "B": 24, "C": 28, "D": 15, "E": 9, "F": 60, "G": 700}, Before()
    inside: frozenset[str] | None = None
    for step in steps:
        sizes["B"] = max(0, sizes["B"] + step)
        showing = shown(
            {employer: (size, size * 2 // 3) for employer, size in sizes.items()}, before=before
        )
        if "OTHERS" in rows(showing):
            people = [sizes[employer] for employer in showing.merged if sizes[employer]]
            assert len(people) >= 4 and sum(people) >= 30 and 10 * max(people) <= 6 * sum(people)
            if inside and inside != showing.merged:
                assert len([one for one in inside & showing.merged if sizes[one]]) >= 3
        else:
            assert rows(showing) == ["TOTAL"]
        inside = showing.merged if "OTHERS" in rows(showing) else frozenset()
        before = Before(showing.levels, dict.fromkeys(sizes, 9), inside)


# 粗くする順


def test_a_page_that_gives_somebody_away_gets_wider_steps_and_the_society_stays():
    sizes = {"E01": (120, 96), "E02": (300, 200)}
    high = shown(sizes).levels["E01"].high
    paths = {
        "E01": {"g": high, "o": 4, "u": 120 - high - 4}
    }  # 上の端の人数が、登録済としてリストにいる：ほかの四人は、未登録
    result = held(sizes, paths)
    assert result.coarser == Coarser(widened=frozenset({"E01"}))
    assert result.showing.levels["E01"].tolerance >= 10
    assert total(result.showing) == total(shown(sizes))


def test_a_page_whose_wider_step_gives_somebody_away_too_has_no_level():
    """120 人中 104 人では、広げた刻みの上の端も、113 人。113 人が登録済としてリストにいれば、ほかの人は、登録していない。"""
    ends = [
        shown({"E01": (120, 104)}, Coarser(wider)).levels["E01"].high
        for wider in (frozenset(), frozenset({"E01"}))
    ]
    assert ends == [113, 113]
    sizes = {
        "E01": (120, 104),
        "E02": (300, 200),
        "E03": (90, 60),
        "E04": (60, 40),
        "E05": (500, 300),
    }
    result = held(sizes, {"E01": {"g": 113, "o": 4, "u": 3}})
    assert result.showing.levels["E01"] is None
    assert "E01" in result.coarser.unlevelled
    assert "E01" in result.showing.merged, "水準のない事業所に、自分の行はない"
    assert total(result.showing) == total(shown(sizes))


def test_rows_that_the_society_gives_away_are_merged_with_the_next_smallest():
    sizes = lows({f"E{at:02}": 40 + at for at in range(1, 8)})
    result = held(sizes)
    assert result.coarser.merge_more > 0
    assert "OTHERS" in rows(result.showing)
    assert not result.open
    assert total(result.showing) == total(shown(sizes))


@pytest.mark.parametrize("count", [2, 3])
def test_the_last_step_is_the_society_only(count):
    sizes = lows({f"E{at:02}": 40 + at for at in range(1, count + 1)})
    result = held(sizes)
    assert rows(result.showing) == ["TOTAL"]
    assert total(result.showing) == total(shown(sizes))


@trials(8)
@given(
    st.lists(st.tuples(st.integers(0, 160), st.integers(0, 100)), min_size=1, max_size=9), st.data()
)
def test_the_ladder_always_ends_and_never_touches_the_society(drawn, data):
    sizes = {
        f"E{at:02}": (members, members * share // 100)
        for at, (members, share) in enumerate(drawn, 1)
    }
    paths = {}
    for employer, (members, registered) in sizes.items():
        unregistered = data.draw(st.integers(0, members - registered))
        renewing = data.draw(st.integers(0, registered))
        seen = {"u": unregistered, "g": renewing, "o": members - unregistered - renewing}
        paths[employer] = {path: people for path, people in seen.items() if people}
    result = held(sizes, paths)
    assert total(result.showing) == total(shown(sizes))
    assert not result.undecided
    for employer, level in result.showing.levels.items():
        if level:
            assert level.low <= sizes[employer][1] <= level.high
            assert not attack(
                [Sight(employer, ((level.low, level.high),), paths[employer], (False,))]
            ).pinned


# 二人組の担当者

TOGETHER = {"E01": (120, 96), "E02": (300, 200)}
ALL_ON_LISTS = {"E01": {"g": 96, "o": 4, "u": 20}, "E02": {"g": 200, "o": 10, "u": 90}}
"""登録済の 296 人の全員が、登録済としてリストにいる：ほかの 14 人は、登録していないのにリストにいない。"""


def test_two_who_compare_notes_learn_from_the_society_what_neither_learns_alone():
    """一人では、相手の登録者の数が幅でしか分からない。二人の和は、組合全体の 296 人とちょうど同じ。"""
    for employer in TOGETHER:
        assert not held(TOGETHER, {employer: ALL_ON_LISTS[employer]}).open
    result = held(TOGETHER, ALL_ON_LISTS)
    assert rows(result.showing) == ["TOTAL"]
    assert result.open == {"E01", "E02"}, "組合全体の数は変えないので、破られたままと知らせる"


@pytest.mark.parametrize("beside", [{"E03": (500, 300)}, {}], ids=["another employer", "one less"])
def test_two_who_compare_notes_learn_nothing_when_somebody_else_may_be_the_one(beside):
    lists = ALL_ON_LISTS if beside else ALL_ON_LISTS | {"E01": {"g": 90, "o": 10, "u": 20}}
    result = held(TOGETHER | beside, lists)
    assert not result.open
    assert result.coarser == Coarser()


def slow_ends(state: pd.DataFrame, known: set[str]) -> tuple[int, int]:
    """known の登録者の和の両端：組合全体から、ほかの全てを一つずつ引く。まとめた行の中なら、まとめた行からも。"""
    ends = {
        row.employer_id: (0, int(row.members))
        if pd.isna(row.low)
        else (int(row.low), int(row.high))
        for row in state.itertuples()
    }
    inside = set(state.employer_id[state.merged])
    whole = [ends["TOTAL"]] * 2
    own_rows = set(ends) - inside - {"TOTAL", "OTHERS"}
    hidden_alone = "OTHERS" in ends and not known & inside
    others = (own_rows | ({"OTHERS"} if hidden_alone else inside)) - known
    low = whole[0][0] - sum(ends[other][1] for other in others)
    high = whole[1][1] - sum(ends[other][0] for other in others)
    if "OTHERS" in ends and known <= inside:
        low = max(low, ends["OTHERS"][0] - sum(ends[other][1] for other in inside - known))
        high = min(high, ends["OTHERS"][1] - sum(ends[other][0] for other in inside - known))
    return max(0, low), high


@trials(8)
@given(
    st.lists(st.tuples(st.integers(20, 160), st.integers(0, 100)), min_size=2, max_size=6),
    st.data(),
)
def test_no_two_of_those_who_are_not_told_open_learn_anything(drawn, data):
    sizes = {
        f"E{at:02}": (members, members * share // 100)
        for at, (members, share) in enumerate(drawn, 1)
    }
    paths = {}
    for employer, (members, registered) in sizes.items():
        renewing = data.draw(st.integers(max(0, registered - 3), registered))
        unregistered = data.draw(st.integers(0, members - registered))
        seen = {"u": unregistered, "g": renewing, "o": members - unregistered - renewing}
        paths[employer] = {path: people for path, people in seen.items() if people}
    result = held(sizes, paths)
    state = result.showing.state
    own = {
        row.employer_id: (0, int(row.members))
        if pd.isna(row.low)
        else (int(row.low), int(row.high))
        for row in state.itertuples()
    }
    sights = {}
    for employer in sizes:
        low, high = slow_ends(state, {employer})
        ends = (max(own[employer][0], low), min(own[employer][1], high))
        sights[employer] = Sight(employer, (ends,), paths[employer], (False,))
    for pair in combinations(sizes, 2):
        if not result.open & {*pair}:
            found = attack([sights[one] for one in pair], [slow_ends(state, {*pair})])
            assert not found.pinned, pair
