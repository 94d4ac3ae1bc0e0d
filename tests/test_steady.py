"""動かしにくい数：何人も変わるまで動かず、動けば丸めの単位の倍数だけ動き、前の公開のほかは見ない。"""

import itertools

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_flows import trials
from societies import MONTHS, everybody

from mynalib.domain.months import Month
from mynalib.insight.measures import COUNTS
from mynalib.insight.steady import PLACE, steady
from mynalib.publish.capsules import open_source
from mynalib.publish.earlier import read_basis
from mynalib.publish.publishing import publish

NOTHING = pd.DataFrame(columns=[*PLACE, *COUNTS])
SERIES = st.lists(st.integers(0, 60), min_size=1, max_size=14)
MANY = st.lists(SERIES, min_size=10, max_size=20)  # 事業所ごとの、月ごとの人数。一度に計算する
LIMITS = st.tuples(st.sampled_from([5, 10, 20]), st.integers(3, 12))


def table(series: list[int], first: int = 0, code: str = "E01") -> pd.DataFrame:
    """一つの事業所の、月ごとの人数（どの列も同じ数）。"""
    months = [str(Month(2025, 1).plus(first + at)) for at in range(len(series))]
    frame = pd.DataFrame({"month": months, "employer_id": code, "employer": code})
    return frame.assign(**{name: pd.array(series, dtype="Int64") for name in COUNTS})


def basis(series: list[int], before: pd.DataFrame = NOTHING, base: int = 5, least: int = 3) -> list[int]:
    return steady(table(series), before, base, least).members.tolist()


def tables(many: list[list[int]]) -> pd.DataFrame:
    """たくさんの事業所の、月ごとの人数（どの列も同じ数）。"""
    rows = [
        (str(Month(2025, 1).plus(at)), f"E{n:02}", one) for n, each in enumerate(many) for at, one in enumerate(each)
    ]
    frame = pd.DataFrame(rows, columns=["month", "employer_id", "number"])
    numbers = frame.pop("number").astype("Int64")
    return frame.assign(employer=frame.employer_id, **dict.fromkeys(COUNTS, numbers))


def each_basis(many: list[list[int]], before: pd.DataFrame = NOTHING, base: int = 5, least: int = 3) -> list[list[int]]:
    found = iter(steady(tables(many), before, base, least).members.tolist())
    return [list(itertools.islice(found, len(series))) for series in many]


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ([12, 13, 14, 15], [12, 12, 12, 17]),  # 三人目で、五人ぶん動く
        ([12, 10, 9, 12], [12, 12, 7, 12]),
        ([12, 20], [12, 22]),  # 八人なら、近いほうの十人ぶん
        ([12, 19], [12, 17]),
        ([2, 0, 0], [2, 2, 2]),
        ([3, 0], [3, 3]),  # 0 より下には行かず、端数は変わらない
        ([8, 0], [8, 3]),
    ],
)
def test_a_number_stays_until_three_people_changed(series, expected):
    assert basis(series) == expected


@trials(5)
@given(many=MANY, limits=LIMITS)
def test_a_number_moves_in_whole_steps_and_is_never_far_from_the_truth(many, limits):
    base, least = limits
    for series, found in zip(many, each_basis(many, NOTHING, base, least), strict=True):
        for at, (true, shown) in enumerate(zip(series, found, strict=True)):
            assert abs(true - shown) < (max(least, base // 2 + 1) if shown >= base else max(least, base))
            moved = shown - found[at - 1] if at else 0
            assert moved % base == 0
            assert not moved or abs(true - found[at - 1]) >= least


@trials(5)
@given(many=MANY, offset=st.integers(-4, 4))
def test_twelve_releases_tell_no_more_than_the_first_one(many, offset):
    """全ての月の差を知る人（頭数を知る人事）には、はじめの数の端数しか、分からないものがない：

    本当の数がどれも offset だけ違っても、はじめの丸めが同じなら、見える数は全て同じ。
    """
    many = [[one + 20 for one in series] for series in many]
    moved = each_basis([[one + offset for one in series] for series in many])
    for series, one, other in zip(many, each_basis(many), moved, strict=True):
        first = (series[0] + 2) // 5 == (series[0] + offset + 2) // 5
        assert not first or [(n + 2) // 5 for n in one] == [(n + 2) // 5 for n in other]


@trials(5)
@given(many=MANY, limits=LIMITS)
def test_publishing_the_same_again_changes_nothing(many, limits):
    once = steady(tables(many), NOTHING, *limits)
    again = steady(tables(many), once[[*PLACE, *COUNTS]], *limits)
    pd.testing.assert_frame_equal(once, again)


@trials(5)
@given(many=MANY, released=st.integers(1, 14))
def test_a_month_released_earlier_moves_from_its_own_basis_and_a_new_one_from_the_month_before(many, released):
    """少しずつ公開しても、一度に公開しても、同じ数になる。"""
    before = NOTHING
    for at in range(min(released, max(map(len, many)))):
        before = steady(tables([series[: at + 1] for series in many]), before, 5, 3)[[*PLACE, *COUNTS]]
    assert each_basis(many, before) == each_basis(many)


def test_a_gap_and_a_new_employer():
    before = steady(table([12]), NOTHING, 5, 3)[[*PLACE, *COUNTS]]
    now = pd.concat([table([13], first=2), table([30], first=2, code="E02")])
    assert steady(now, before, 5, 3).members.tolist() == [13, 30], "前の月が手元になければ、はじめから"
    both = pd.concat([table([12]), table([13], first=2), table([30], first=2, code="E02")])
    assert sorted(steady(both, before, 5, 3).members) == [12, 12, 30]


def test_one_objector_changes_no_number_of_a_published_month(published):
    """一人の申出のあとの訂正で、概数の版のどの数も、その人の月も変わらない。"""
    before = (published.release / "management" / "rates.csv").read_bytes()
    published.object_to(",".join(everybody()[2].split(",")[:3]))
    again = published.publish()
    assert again.folder.name == "2026-10-r2"
    assert (again.folder / "management" / "rates.csv").read_bytes() == before
    exact = [(folder / "internal" / "rates.csv").read_bytes() for folder in (published.release, again.folder)]
    assert exact[0] != exact[1], "健保の内部の、勧奨の対象の実数は変わる"


def test_a_later_release_is_not_looked_at(small, monkeypatch):
    monkeypatch.setenv("MYNA_TODAY", "2026-11-05")
    september, october = MONTHS
    alone = open_source(small.home, small.params, september).basis
    small.publish()
    assert read_basis(small.home, september).empty
    pd.testing.assert_frame_equal(open_source(small.home, small.params, september).basis, alone)
    released = publish(small.home, small.params, september).folder
    assert (released / "internal" / "basis.csv").is_file()
    assert set(read_basis(small.home, october).month) == {"2026-09", "2026-10"}
