"""半分ずつ知らせた、そのあと：世帯ごとの遅い数え方と同じ。渡していない事業所は、くらべない。"""

import json
import random
import shutil
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from months import Person, load_month, params_of, put_month, registered
from staggered import MONTH, SYMBOLS, drawn_now, due, give, society, staggered_home

from mynalib.capsules.reminder_effect import compared_halves
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.months import kept_months
from mynalib.history.tables import write_tables
from mynalib.insight import display
from mynalib.insight.aftermath import Aftermath
from mynalib.insight.capsule import Capsule
from mynalib.jobs.svg import draw
from mynalib.reminders.draws import drawn, freeze
from mynalib.reminders.memory import LETTERS
from mynalib.reminders.trials import MONTHS_COMPARED, TRIAL_COLUMNS, expected, trial_outcomes
from mynalib.verbs.check import check_home

pytestmark = pytest.mark.large

PLOTLY = "application/vnd.plotly.v1+json"
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


def halved(gap: int, ahead: int = 2) -> pd.DataFrame:
    """一人の世帯が、二つの事業所で半分ずつ 500。後の半分では 50 人、先の半分では 50 + gap 人が登録した。"""
    rows = [
        ("2026-03", "timing", "link", f"E0{1 + at % 2}", arm, ahead, 1, int(at < done))
        for arm, done in (("first", 50 + gap), ("second", 50))
        for at in range(500)
    ]
    return pd.DataFrame(rows, columns=TRIAL_COLUMNS)


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (30, ("差は +6.0 ポイント", "知らせたためだと言えます")),
        (-30, ("差は -6.0 ポイント", "知らせたためだと言えます")),
        (5, ("差は +1.0 ポイント", "差があるとは言えません", "見分けられるのは、5.")),
    ],
)
def test_the_page_speaks_of_an_effect_only_as_far_as_the_halves_differ(tmp_path, gap, words):
    [said] = Aftermath(capsule(tmp_path, *compared_halves(halved(gap)))).of_halves()
    assert all(word in said for word in words)
    assert "2 か月あと" in said and "10.0 %（500 人）" in said
    assert ("言えません" in said) != ("知らせたためだと言えます" in said)


def test_nothing_is_said_of_halves_too_small_to_compare(tmp_path):
    few = halved(0)[lambda table: table.acted == 0]
    assert [*Aftermath(capsule(tmp_path, *compared_halves(few))).of_halves()] == []


def test_the_differences_are_drawn_with_their_intervals_and_a_picture(tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(display, "publish_display_data", lambda data, **_: shown.append(data))
    both = pd.concat([halved(30, 1), halved(30, 2)])
    Aftermath(capsule(tmp_path, *compared_halves(both))).tables()
    [figure] = [data[PLOTLY] for data in shown if PLOTLY in data]
    spans, dots = figure["data"]
    assert (dots["x"], dots["text"]) == ([6.0, 6.0], ["+6.0", "+6.0"])
    assert dots["y"] == ["❶ 2 か月あと", "❶ 1 か月あと"], "下から上へ"
    assert spans["x"][:3] == [1.8, 10.2, None]
    assert figure["layout"]["xaxis"]["rangemode"] == "tozero", "0 がいつも見える"
    assert "+6.0" in draw(figure, "差")


def capsule(folder: Path, halves: pd.DataFrame, gaps: pd.DataFrame) -> Capsule:
    """知らせたあとのカプセルの、半分ずつの表だけ。"""
    nobody = pd.DataFrame(columns=["kind", "group", "ahead"], dtype="str")
    tables = {"outcomes": nobody, "by_month": nobody, "halves": halves, "gaps": gaps}
    write_tables({folder / f"{name}.parquet": table for name, table in tables.items()})
    facts = {"audience": "internal", "month": "2026-05", "tables": sorted(tables)}
    facts |= {"policy": {}, "columns": [], "demo": False}
    (folder / "capsule.json").write_text(json.dumps(facts), encoding="utf-8")
    return Capsule.read(folder)


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
