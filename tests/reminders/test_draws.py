"""半分に分けるくじ：世帯ごとに、一度だけ。だれが申し出ても、変わっても、いなくなっても、ほかのだれの組も動かない。"""

import os
import random
import shutil
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from months import Person, never_linked, put_month, registered
from staggered import KEY, MONTH, SYMBOLS, drawn_now, due, give, society, staggered_home

from mynalib.domain.errors import Refused
from mynalib.domain.person import PERSON_KEY, with_person_key
from mynalib.history.holds import Hold
from mynalib.history.home import Home
from mynalib.history.keys import KeyMissing
from mynalib.history.ledger import Ledger
from mynalib.reminders.draws import (
    HOUSEHOLDS_LEAST,
    WAIT_MONTHS,
    drawn,
    freeze,
    with_their_household,
)
from mynalib.reminders.halves import FIRST_HALF, HOUSEHOLD_KEY, SECOND_HALF, halves
from mynalib.reminders.memory import LETTERS, RemindersDamaged

pytestmark = pytest.mark.large

LONG = bool(os.environ.get("MYNA_LONG"))


@pytest.fixture(scope="module")
def first_month(tmp_path_factory) -> Home:
    """三月。くじを引ける人がいて、まだ残していない。試験は、読むだけ。"""
    home = staggered_home(tmp_path_factory.mktemp("staggered") / "home")
    put_month(home, str(MONTH), society(random.Random(3)))
    due(home)
    return home


@pytest.fixture
def home(tmp_path, first_month) -> Home:
    return Home(Path(shutil.copytree(first_month.root, tmp_path / "home")))


HOMES = st.lists(
    st.tuples(
        st.sampled_from(("E01", "E02")),
        st.sampled_from(("link", "renew")),
        st.integers(1, 40).map(str),
    ),
    min_size=1,
    max_size=60,
)


def table(homes: list[tuple[str, str, str]]) -> pd.DataFrame:
    rows = [(employer, kind, employer, number) for employer, kind, number in homes]
    return pd.DataFrame(rows, columns=["employer_id", "kind", *HOUSEHOLD_KEY], dtype="str")


@settings(max_examples=600 if LONG else 40)
@given(
    homes=HOMES, key=st.binary(min_size=32, max_size=32), order=st.randoms(use_true_random=False)
)
def test_the_half_of_a_household_depends_on_nobody_else(homes, key, order):
    people = table(homes)
    found = people.assign(arm=halves(key, "timing", people))
    assert set(found.arm) <= {FIRST_HALF, SECOND_HALF}
    households = found.drop_duplicates(["kind", *HOUSEHOLD_KEY, "arm"])
    assert not households.duplicated(["kind", *HOUSEHOLD_KEY]).any()
    some = people.sample(order.randint(0, len(people)), random_state=order.randrange(2**31))
    pd.testing.assert_series_equal(
        halves(key, "timing", some), found.arm[some.index], check_names=False
    )


def test_any_household_is_as_often_in_one_half_as_in_the_other():
    people = table([("E01", "link", str(number)) for number in range(5)])
    first = sum(
        (halves(bytes([at]) * 32, "timing", people) == FIRST_HALF).to_numpy() for at in range(256)
    )
    assert all(96 < times < 160 for times in first), "二項分布の四つの標準偏差"


def test_the_halves_are_as_large_as_chance_makes_them():
    """世帯の番号の並びにも、勧奨とくじの名にもよらず、二項分布のとおり（カイ二乗の千に一つの外まで）。"""
    people = table([("E01", "link", str(number)) for number in range(4000)])
    arms = [halves(b"k" * 32, trial, people) == FIRST_HALF for trial in ("timing", "wording")]
    arms += [halves(b"k" * 32, "timing", people.assign(kind="renew")) == FIRST_HALF]
    for one in arms:
        assert abs(one.sum() - 2000) < 3.3 * 1000**0.5
        pairs = Counter(zip(one[::2], one[1::2], strict=True))
        assert sum((count - 500) ** 2 / 500 for count in pairs.values()) < 16.3
    same = [(one == other).sum() for one, other in ((arms[0], arms[1]), (arms[0], arms[2]))]
    assert all(abs(each - 2000) < 3.3 * 1000**0.5 for each in same)


def test_the_second_half_of_the_link_waits_two_months_and_renewing_never_waits(home):
    drew = drawn_now(home)
    freeze(home, drew)
    waited = {month: due(home).set_index(KEY).waits for month in (MONTH,)}
    for at in (1, 2):
        put_month(home, str(MONTH.plus(at)), society(random.Random(3)))
        waited[MONTH.plus(at)] = due(home).set_index(KEY).waits
    counts = {str(month): int(rows.sum()) for month, rows in waited.items()}
    second = int((drew.arm == SECOND_HALF).sum())
    assert counts == {"2026-03": second, "2026-04": second, "2026-05": 0}
    assert waited[MONTH].equals(waited[MONTH.plus(1)])
    rows = due(home)
    assert not rows.waits[rows.action != "link"].any()
    assert set(drew.kind) == {"link"}


def test_the_second_half_gets_its_first_attempt_and_the_first_half_its_rest(home):
    freeze(home, drawn_now(home))
    rows = due(home)
    give(home, MONTH, LETTERS, rows)
    now = rows[rows.due].set_index(KEY).index
    put_month(home, str(MONTH.plus(2)), society(random.Random(3)))
    later = due(home).set_index(KEY)
    assert not later.due[later.index.isin(now)].any()
    assert later.due[~later.index.isin(now)].all()
    assert set(later.attempt[later.due]) == {1}


def test_publishing_a_month_again_draws_nothing_again(home):
    before = due(home)
    freeze(home, drawn_now(home))
    assert drawn_now(home).empty
    pd.testing.assert_frame_equal(due(home), before)
    give(home, MONTH, LETTERS, before[before.sender == "society"])
    pd.testing.assert_frame_equal(due(home), before)


def staying(first: int) -> list[Person]:
    """三月の人のうち、番号が first からの人。"""
    return [one for one in society(random.Random(3)) if int(one.number) >= first]


def test_newcomers_are_drawn_once_and_nobody_is_drawn_twice(home):
    freeze(home, drawn_now(home))
    known = drawn(home, MONTH)
    newcomers = [never_linked(f"7{number:03}") for number in range(31)]
    put_month(home, str(MONTH.plus(1)), [*staying(5), *newcomers])
    fresh = drawn_now(home)
    assert set(fresh.number_key) == {person.number for person in newcomers}
    assert set(fresh.arm) == {FIRST_HALF, SECOND_HALF}
    freeze(home, fresh)
    both = drawn(home, MONTH.plus(1))
    assert len(both) == len(known) + len(newcomers)


def test_a_month_already_handed_over_is_not_halved_any_more(home):
    """途中でくじを始めても、もう知らせた人を、後の半分にしない。"""
    give(home, MONTH, LETTERS, due(home))
    assert drawn_now(home).empty
    assert not due(home).waits.any()


def test_the_half_follows_a_household_through_a_renumbered_symbol(home):
    drew = drawn_now(home)
    freeze(home, drew)
    file = home.params / "employers" / "E01.yaml"
    text, old = file.read_text(encoding="utf-8"), '  - {symbol: "101", from: 2020-04-01}'
    assert old in text
    new = '  - {symbol: "101", from: 2020-04-01, to: 2026-03-31}\n  - {symbol: "151", from: 2026-04-01}'
    file.write_text(text.replace(old, new), encoding="utf-8")
    people = [
        Person(**(vars(one) | {"symbol": "151" if one.symbol == "101" else one.symbol}))
        for one in society(random.Random(3))
    ]
    put_month(home, str(MONTH.plus(1)), people)
    assert drawn_now(home).empty
    late = drew[(drew.arm == SECOND_HALF) & (drew.employer_id == "E01")]
    rows = due(home)
    waiting = rows[rows.waits & (rows.symbol == "151")]
    assert {*zip(waiting.number.str.lstrip("0"), waiting.branch, strict=True)} == {
        *zip(late.number_key, late.branch, strict=True)
    }


@pytest.mark.long
@pytest.mark.parametrize("seed", range(60 if LONG else 3))
@pytest.mark.parametrize("kept", [False, True])
def test_an_objection_moves_nobody_elses_half(home, seed, kept):
    """くじを引く前に申し出ても、引いたあとに申し出ても。その人の行のほかは、一字も変わらない。"""
    before = due(home)
    if kept:
        freeze(home, drawn_now(home))
    rng = random.Random(seed)
    chosen = rng.sample(before[KEY].to_numpy().tolist(), rng.randint(1, 40))
    holds = tuple(
        Hold(rng.choice(("optout", "pending", "never_contact")), (s, n.lstrip("0"), b))
        for s, n, b in chosen
    )
    after = due(home, holds)
    gone = before[KEY].apply(tuple, axis=1).isin({*map(tuple, chosen)})
    pd.testing.assert_frame_equal(after, before[~gone].reset_index(drop=True))
    assert gone.sum() == len(chosen)


def test_a_drawn_household_that_leaves_the_file_moves_nobody_elses_half(home):
    freeze(home, drawn_now(home))
    put_month(home, str(MONTH.plus(1)), society(random.Random(3)))
    before = due(home)
    put_month(home, str(MONTH.plus(1)), staying(40))
    after = due(home)
    gone = before.number.astype(int) < 40
    pd.testing.assert_frame_equal(after, before[~gone].reset_index(drop=True))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(40 if LONG else 2))
def test_whoever_changes_or_is_gone_in_the_month_of_the_draw_moves_nobody_elses_turn(home, seed):
    """家族の行が変わるか消えても、ほかの人の番は、引く月にも、待つあいだの月にも、そのあとの月にも、同じ。"""
    rng, everybody = random.Random(seed), society(random.Random(3))
    chosen = {one.key for one in rng.sample(everybody, 70)}
    other = Home(Path(shutil.copytree(home.root, home.root.with_name("other"))))
    rest = [one for one in everybody if one.key not in chosen]
    changed = [registered(one.number, symbol=one.symbol, branch=one.branch) for one in everybody]
    rest += [one for one in changed if one.key in chosen and rng.random() < 0.5]
    for at, there in enumerate((rest, everybody, everybody)):
        put_month(home, str(MONTH.plus(at)), everybody)
        put_month(other, str(MONTH.plus(at)), there)
        turns = [keyed_turns(each, chosen) for each in (home, other)]
        pd.testing.assert_frame_equal(*turns)
        assert turns[0].waits.any() == (at < WAIT_MONTHS)
        for each in (home, other):
            freeze(each, drawn_now(each))


def keyed_turns(home: Home, without: set[tuple]) -> pd.DataFrame:
    """chosen のほかの人の番。"""
    rows = with_person_key(due(home))
    others = [tuple(key) not in without for key in rows[PERSON_KEY].to_numpy()]
    return rows[others].reset_index(drop=True)


def test_a_member_who_needs_it_later_waits_as_long_as_the_household_did(home):
    freeze(home, drawn_now(home))
    late = drawn(home, MONTH)
    [symbol, number] = late[(late.arm == SECOND_HALF) & (late.symbol_key == "101")].iloc[0][
        [*HOUSEHOLD_KEY]
    ]
    born = never_linked(number.zfill(4), symbol=symbol, branch="09")
    waits = []
    for at in (1, 2, 3):
        put_month(home, str(MONTH.plus(at)), [*society(random.Random(3)), born])
        waits.append(bool(due(home).set_index(KEY).waits[symbol, born.number, "09"]))
        freeze(home, drawn_now(home))
    assert waits == [True, True, False]
    found = drawn(home, MONTH.plus(3))
    assert len(found) == len(late) + 1
    pd.testing.assert_frame_equal(with_their_household(found), late)


def test_too_few_households_are_refused(tmp_path):
    home = staggered_home(tmp_path / "home")
    people = [never_linked(f"{number:04}") for number in range(HOUSEHOLDS_LEAST - 1)]
    put_month(home, str(MONTH), people)
    with pytest.raises(Refused, match="999 しかありません") as refused:
        due(home)
    assert refused.value.code == "TOO_FEW_TO_COMPARE"


def test_enough_households_drawn_before_still_count_when_they_have_registered(home):
    freeze(home, drawn_now(home))
    put_month(home, str(MONTH.plus(1)), staying(400))
    assert drawn_now(home).empty


@pytest.mark.parametrize("harm", ["gone", "changed"])
def test_a_lost_draw_stops_the_lists(home, harm):
    freeze(home, drawn_now(home))
    [record] = (home.reminders / "draws").iterdir()
    if harm == "gone":
        record.unlink()
    else:
        record.write_bytes(record.read_bytes()[:-1] + b"x")
    with pytest.raises(RemindersDamaged):
        due(home)


def test_a_lost_key_stops_the_lists_once_something_was_drawn(home):
    freeze(home, drawn_now(home))
    home.trials_key.unlink()
    with pytest.raises(KeyMissing, match="くじの鍵"):
        due(home)


def test_the_ledger_says_how_many_households_and_nothing_of_anybody(home):
    drew = drawn_now(home)
    freeze(home, drew)
    line = Ledger(home.ledger).lines()[-1]
    assert line["households"] == sum(SYMBOLS.values())
    written = {"at", "who", "did", "month", "households", "record", "record_sha256", "prev", "hash"}
    assert set(line) == written
