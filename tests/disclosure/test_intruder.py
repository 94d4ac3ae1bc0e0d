"""攻撃の約束：担当者になって攻める計算は、ありうる姿を一つ残らず数えた答えと、ちょうど同じになる。"""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_flows import trials

from mynalib.disclosure import intruder
from mynalib.disclosure.intruder import OFF, REGISTERED, Run, Sight, attack, runs_of


def sight(
    ranges: list[tuple[int, int]], paths: dict[str, int], complete: bool = False, name: str = "E01"
) -> Sight:
    return Sight(name, tuple(ranges), paths, (complete,) * len(ranges))


def possible(one: Sight) -> list[dict[tuple[int, Run], int | None]]:
    """ありうる姿の全て：一人ひとりの続きについて、登録した月（しないままなら None）。"""
    people = [path for path, count in one.paths.items() for _ in range(count)]
    runs = [(at, run) for at, path in enumerate(people) for run in runs_of(path)]
    choices = [
        [run.first] if run.known else [*range(run.first, run.last + 1), None] for _, run in runs
    ]
    return [dict(zip(runs, chosen, strict=True)) for chosen in itertools.product(*choices)]


def registered(one: Sight, image: dict[tuple[int, Run], int | None], at: int) -> int:
    listed = sum(count for path, count in one.paths.items() if path[at] == REGISTERED)
    off = [onset for (_, run), onset in image.items() if run.first <= at <= run.last]
    return listed + sum(onset is not None and onset <= at for onset in off)


def slow_attack(
    sights: list[Sight], totals: list[tuple[int, int]] | None = None
) -> set[Run] | None:
    """総当たり。見たものと合う姿がなければ None。"""
    months = range(len(sights[0].ranges))
    fits = []
    for images in itertools.product(*(possible(one) for one in sights)):
        counts = [
            [registered(one, image, at) for at in months]
            for one, image in zip(sights, images, strict=True)
        ]
        alone = all(
            low <= count <= high
            for one, each in zip(sights, counts, strict=True)
            for (low, high), count in zip(one.ranges, each, strict=True)
        )
        together = not totals or all(
            low <= sum(each[at] for each in counts) <= high for at, (low, high) in enumerate(totals)
        )
        if alone and together:
            fits.append(images)
    if not fits:
        return None
    found = set()
    for number, one in enumerate(sights):
        for key in fits[0][number]:
            run = key[1]
            onsets = [images[number][key] for images in fits]
            nobody = all(onset is None or onset > run.first for onset in onsets)
            everybody = all(onset is not None for onset in onsets) and not any(
                one.all_registered[run.first : run.last + 1]
            )
            if not run.known and (nobody or everybody):
                found.add(run)
    return found


@st.composite
def sights(draw, months: int | None = None, most: int = 5, name: str = "E01") -> Sight:
    months = months or draw(st.integers(1, 3))
    seen = st.text("oug-", min_size=months, max_size=months)
    paths = draw(st.dictionaries(seen, st.integers(1, 2), min_size=1, max_size=3))
    while sum(paths.values()) > most:
        paths.popitem()
    ranges = []
    for at in range(months):
        low = sum(count for path, count in paths.items() if path[at] == REGISTERED)
        high = low + sum(count for path, count in paths.items() if path[at] == OFF)
        ends = draw(st.tuples(st.integers(low, high), st.integers(low, high)))
        ranges.append((min(ends), max(ends)))
    return Sight(name, tuple(ranges), paths, tuple(draw(st.booleans()) for _ in range(months)))


@trials(120)
@given(sights())
def test_one_contact_learns_exactly_what_every_possible_image_says(one):
    expected = slow_attack([one])
    if expected is not None:
        verdict = attack([one])
        assert (set(verdict.pinned), verdict.undecided) == (expected, 0)


@trials(40)
@given(st.data(), st.integers(1, 2))
def test_two_contacts_learn_exactly_what_every_possible_image_says(data, months):
    pair = [data.draw(sights(months, 3, name)) for name in ("E01", "E02")]
    totals = []
    for at in range(months):
        ends = [sum(one.ranges[at][side] for one in pair) for side in (0, 1)]
        low = data.draw(st.integers(*ends))
        totals.append((low, data.draw(st.integers(low, ends[1]))))
    expected = slow_attack(pair, totals)
    if expected is not None:
        assert set(attack(pair, totals).pinned) == expected


def test_three_who_left_the_list_while_nobody_registered_are_found():
    verdict = attack([sight([(50, 54), (50, 50)], {"oo": 53, "uo": 3, "uu": 10})])
    assert Run("uo", 1, 1, known=False) in verdict.pinned
    assert not attack([sight([(50, 54), (50, 54)], {"oo": 53, "uo": 3, "uu": 10})]).pinned


def test_what_all_are_may_be_known():
    everybody = {"o": 30}
    assert attack([sight([(30, 30)], everybody)]).pinned
    assert not attack([sight([(30, 30)], everybody, complete=True)]).pinned


def test_a_belief_that_what_was_seen_contradicts_is_given_up_with_its_months():
    """前の月に 10 人が登録済と読めたのに、今の月は 5 人：見えない解除があったので、前の月は頼りにならない。"""
    verdict = attack([sight([(10, 10), (5, 9)], {"oo": 10})])
    assert not verdict.pinned
    assert attack([sight([(5, 5), (3, 1)], {"oo": 5})]).pinned == ()


def test_what_cannot_be_decided_counts_as_given_away_and_no_month_is_left_out(monkeypatch):
    """枝の数の限りで決められないことを、見たものの矛盾と取りちがえて、古い月を捨ててはならない。"""
    pair = [
        sight([(16, 17), (8, 10), (5, 5)], {"o-u": 6, "-ou": 6, "g--": 6, "ggg": 5}),
        sight([(0, 0), (2, 5), (4, 14)], {"-uo": 9, "-oo": 9, "u--": 2}, name="E02"),
    ]
    totals = [(17, 17), (11, 13), (16, 19)]
    decided = attack(pair, totals)
    assert decided.pinned and not decided.undecided
    monkeypatch.setattr(intruder, "NODES", 0)
    undecided = attack(pair, totals)
    assert undecided.undecided and undecided.asked == decided.asked
    assert set(decided.pinned) <= set(undecided.pinned)


@pytest.mark.parametrize(
    ("path", "runs"),
    [
        ("ooo", [(0, 2, False)]),
        ("uou", [(1, 1, False)]),
        ("goo", [(1, 2, True)]),
        ("-oo", [(1, 2, False)]),
        ("ouo", [(0, 0, False), (2, 2, False)]),
        ("uug", []),
    ],
)
def test_runs_off_the_list(path, runs):
    assert [tuple(run)[1:] for run in runs_of(path)] == runs
