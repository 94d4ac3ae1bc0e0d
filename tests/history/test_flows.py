"""月から月への動きの約束：取っておいたものは、読み直したものと同じ。移ったのかもしれない人は、組の数だけ。"""

import random
from datetime import date, timedelta

import pytest
from months import DAY, Person, make_home, never_linked, params_of, put_month, registered

from mynalib.history import flows as flows_module
from mynalib.history.flows import FLOW_COLUMNS, flows
from mynalib.history.home import Home
from mynalib.history.lens import Lens
from mynalib.history.months import kept_months

BEFORE, AFTER = "2026-05", "2026-06"


@pytest.fixture
def home(tmp_path) -> Home:
    return make_home(tmp_path)


def table_of(home: Home) -> list[tuple]:
    table = flows(home, kept_months(home), params_of(home))
    assert list(table) == FLOW_COLUMNS
    return sorted(table.itertuples(index=False, name=None))


def test_each_pair_of_months_is_counted_and_kept(home, monkeypatch):
    put_month(home, "2026-03", [never_linked("1")])
    put_month(home, BEFORE, [never_linked("1"), registered("2")])
    put_month(home, AFTER, [registered("1"), never_linked("3", symbol="102")])
    first = table_of(home)
    never, usable = "never_linked", "registered_usable"
    assert first == [  # 四月がないので、五月への動きはない
        (AFTER, "", never, "", "E02", True, 1),
        (AFTER, never, usable, "E01", "E01", True, 1),
        (AFTER, usable, "", "E01", "", True, 1),
    ]
    monkeypatch.setattr(flows_module, "Lens", None)  # もう、人ごとには読まない
    assert table_of(home) == first


def test_a_corrected_month_is_counted_again(home):
    put_month(home, BEFORE, [never_linked("1")])
    put_month(home, AFTER, [registered("1")])
    table_of(home)
    put_month(home, AFTER, [never_linked("1")])
    assert [row[2] for row in table_of(home)] == ["never_linked"]
    assert len([*home.cubes.glob(f"flow-{AFTER}-*")]) == 1


def transfers(home: Home, before: list[Person], after: list[Person]) -> int:
    put_month(home, BEFORE, before)
    put_month(home, AFTER, after)
    with Lens(kept_months(home), params_of(home)) as lens:
        return int(lens.query("transfers", before=BEFORE, after=AFTER).people.iloc[0])


def moved(number: str, symbol: str, **more: object) -> Person:
    return registered(number, symbol=symbol, **more)


EXAMPLES = {
    "one who goes to another employer": ([moved("1", "101")], [moved("9", "102")], 1),
    "one renumbered at the same employer": ([moved("1", "101")], [moved("9", "101")], 0),
    "one who stays": ([moved("1", "101")], [moved("1", "101")], 0),
    "another branch": ([moved("1", "101")], [moved("9", "102", branch="01")], 0),
    "another date": (
        [moved("1", "101")],
        [moved("9", "102", cancelled_on=DAY + timedelta(days=9))],
        0,
    ),
    "without any date": ([never_linked("1")], [never_linked("9", symbol="102")], 0),
    "three leave, one comes back and one goes on": (
        [moved("1", "101"), moved("2", "101"), moved("3", "101")],
        [moved("8", "101"), moved("9", "102")],
        1,
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_who_may_have_moved_is_counted_without_being_named(home, name):
    before, after, people = EXAMPLES[name]
    assert transfers(home, before, after) == people


def most_pairs(gone: list[tuple], come: list[tuple]) -> int:
    """去った人と加わった人（事業所と、枝番と日付）の、別の事業所どうしの組を、いちばん多く作る。"""
    partner: dict[int, int] = {}

    def place(at: int, tried: set[int]) -> bool:
        for other, (employer, facts) in enumerate(come):
            if other in tried or employer == gone[at][0] or facts != gone[at][1]:
                continue
            tried.add(other)
            if other not in partner or place(partner[other], tried):
                partner[other] = at
                return True
        return False

    return sum(place(at, set()) for at in range(len(gone)))


@pytest.mark.parametrize("seed", range(3))
def test_as_many_are_counted_as_pairs_can_be_made(home, seed):
    draw = random.Random(seed)
    symbols, days = ["101", "102", "103"], [date(2025, 12, 1), date(2026, 1, 5)]

    def people(first: int) -> list[Person]:
        return [
            Person(str(first + n), draw.choice(symbols), state=1, registered_on=draw.choice(days))
            for n in range(draw.randint(8, 20))
        ]

    before, after = people(100), people(200)
    gone, come = (
        [(p.symbol, (p.branch, p.registered_on)) for p in side] for side in (before, after)
    )
    assert transfers(home, before, after) == most_pairs(gone, come)
