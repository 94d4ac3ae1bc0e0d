"""半分ずつ知らせた、そのあと：世帯ごとの遅い数え方と同じ。渡していない事業所は、くらべない。"""

import random
import shutil
from collections import Counter
from pathlib import Path

import pytest
from months import Person, load_month, params_of, put_month, registered
from staggered import MONTH, SYMBOLS, drawn_now, due, give, society, staggered_home

from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.months import kept_months
from mynalib.reminders.draws import drawn, freeze
from mynalib.reminders.memory import LETTERS
from mynalib.reminders.trials import MONTHS_COMPARED, expected, trial_outcomes
from mynalib.verbs.check import check_home

UNITS = {"101": "E01", "102": "E02", "901": LETTERS}


def lived(rng: random.Random, people: list[Person], share: float) -> list[Person]:
    """一か月。登録する人と、いなくなる人がいる。"""
    return [
        registered(one.number, symbol=one.symbol, branch=one.branch)
        if rng.random() < share
        else one
        for one in people
        if rng.random() < 0.97
    ]


@pytest.fixture(scope="module")
def spring(tmp_path_factory) -> tuple[Home, list[list[Person]]]:
    """三か月。E01 と、事業所のない人には、三月に渡し、E02 には渡さなかった。"""
    rng, home = random.Random(8), staggered_home(tmp_path_factory.mktemp("spring") / "home")
    months = [society(rng)]
    load_month(home, str(MONTH), months[0])
    freeze(home, drawn_now(home))
    rows = due(home)
    give(home, MONTH, "E01", rows[rows.employer_id == "E01"])
    give(home, MONTH, LETTERS, rows[rows.employer_id == "NOEMPLOYER"])
    for at in MONTHS_COMPARED:
        months.append(lived(rng, months[-1], 0.1))
        load_month(home, str(MONTH.plus(at)), months[-1])
    return home, months


def slow(home: Home, months: list[list[Person]], units: set[str]) -> Counter:
    """渡した月の、引いた人を、一人ずつ追い、世帯ごとに合わせる。"""
    homes: Counter = Counter()
    for row in drawn(home, MONTH).itertuples():
        for ahead in MONTHS_COMPARED:
            found = {one.key: one for one in months[ahead]}
            then = found.get((row.symbol_key, row.number_key, row.branch))
            if UNITS[row.symbol_key] in units and then is not None:
                household = (row.employer_id, row.arm, ahead, row.symbol_key, row.number_key)
                homes[*household, "people"] += 1
                homes[*household, "acted"] += then.state
    pairs = {key[:-1] for key in homes}
    return Counter((*key[:3], homes[*key, "people"], homes[*key, "acted"]) for key in pairs)


def counted(home: Home) -> Counter:
    found = trial_outcomes(home, kept_months(home))
    columns = ["employer_id", "arm", "ahead", "people", "acted"]
    return Counter(found[columns].itertuples(index=False, name=None))


def test_outcomes_of_the_halves_equal_a_slow_count_of_every_household(spring):
    home, months = spring
    assert counted(home) == slow(home, months, {"E01", LETTERS})
    found = trial_outcomes(home, kept_months(home))
    assert {*found.arm} == {"first", "second"}, "知らせなかった半分も、数える"


def test_a_recalled_list_is_not_compared(spring, tmp_path):
    home = Home(Path(shutil.copytree(spring[0].root, tmp_path / "home")))
    line = next(line for line in Ledger(home.ledger).lines() if line.get("unit") == "E01")
    Ledger(home.ledger).append("recalled", handover=line["handover"], unit="E01", because="")
    assert counted(home) == slow(home, spring[1], {LETTERS})


def test_whoever_was_told_before_the_draw_and_rests_is_not_compared(tmp_path):
    home = staggered_home(tmp_path / "home")
    people = society(random.Random(1))
    put_month(home, str(MONTH.plus(-1)), people)
    rows = due(home)
    early = rows[(rows.symbol == "101") & rows.number.isin([f"{n:04}" for n in range(50)])]
    give(home, MONTH.plus(-1), "E01", early.assign(due=True))
    put_month(home, str(MONTH), people)
    drew = drawn_now(home)
    resting = drew[~drew.due]
    assert {*resting.number_key} == {f"{n:04}".lstrip("0") for n in range(50)}
    freeze(home, drew)
    give(home, MONTH, "E01", due(home))
    put_month(home, str(MONTH.plus(1)), people)
    found = trial_outcomes(home, kept_months(home))
    assert int(found.people.sum()) == int((drew.due & (drew.employer_id == "E01")).sum())


def test_check_says_how_small_a_difference_would_be_seen(spring):
    home, _ = spring
    [said] = expected(home, params_of(home), kept_months(home))
    assert f"❶ の {sum(SYMBOLS.values()):,} 世帯" in said
    assert "見える差は" in said and "両側 5 %" in said
    warnings = [each.what for each in check_home(home).warnings]
    assert said in warnings


def test_check_says_so_when_there_is_no_earlier_month_to_reckon_from(tmp_path):
    home = staggered_home(tmp_path / "home")
    put_month(home, str(MONTH), society(random.Random(1)))
    [said] = expected(home, params_of(home), kept_months(home))
    assert "まだ分かりません" in said


def test_check_refuses_a_society_too_small_to_compare(tmp_path):
    home = staggered_home(tmp_path / "home")
    load_month(home, str(MONTH), society(random.Random(1), 300))
    said = [each.what for each in check_home(home).errors]
    assert any("1,000 世帯から" in one for one in said)
