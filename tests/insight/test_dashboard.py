"""組合の現況（02）：区分の内わけと動きは、一人ずつ数えたとおり。選ぶと、図も題も表も、その事業所のものになる。"""

import json
import random
import re
from collections import Counter

import pytest
from months import (
    Person,
    lapsed,
    load_month,
    make_home,
    never_linked,
    own_request,
    params_of,
    slow_status,
)
from months import registered as linked

from mynalib.capsules.dashboard import EVERYONE, dashboard_tables
from mynalib.capsules.publication import open_publication
from mynalib.disclosure.society import TOTAL
from mynalib.domain.classification import STATUSES
from mynalib.domain.months import Month
from mynalib.insight import measures
from mynalib.insight.statistics import xmr

MONTHS = [Month.parse("2026-08").plus(step) for step in range(3)]
EMPLOYERS = {"101": "E01", "102": "E02", "901": "NOEMPLOYER"}
LIVES = (
    never_linked,
    linked,
    lapsed,
    own_request,
    lambda n, **more: linked(n, certificate_flag=0, **more),
)
KINDS = {"00": "本人", "01": "家族"}


def lives(seed: int) -> list[list[Person]]:
    """三か月の人々：入る人、抜ける人、登録する人、事業所を移る人がいる。"""
    rng, months = random.Random(seed), []
    keys = [
        (symbol, f"{number:04}", branch)
        for symbol in EMPLOYERS
        for number in range(40)
        for branch in KINDS
    ]
    for _ in MONTHS:
        here = [key for key in keys if rng.random() < 0.9]
        months.append([rng.choice(LIVES)(n, symbol=s, branch=b) for s, n, b in here])
    return months


def registered(person: Person) -> bool:
    return slow_status(person)[0].startswith(("registered_", "review_cancelled_then_registered"))


@pytest.fixture(scope="module", params=[1, 2])
def society(request, tmp_path_factory):
    home = make_home(tmp_path_factory.mktemp("dashboard") / "home")
    people = lives(request.param)
    for month, here in zip(MONTHS, people, strict=True):
        load_month(home, str(month), here)
    tables = dashboard_tables(open_publication(home, params_of(home), MONTHS[-1]))
    return people, tables


def test_every_status_is_in_one_group_and_the_registered_ones_in_the_first_two():
    groups = measures.GROUP_OF_STATUS
    assert set(groups) == set(STATUSES)
    assert len([s for _, *statuses in measures.STATUS_GROUPS.values() for s in statuses]) == len(
        STATUSES
    )
    for status in STATUSES:
        held = status.startswith(measures.REGISTERED_STATES)
        assert (groups[status] in ("linked", "registered_lapsed")) == held


def test_statuses_equal_a_slow_count(society):
    people, tables = society
    counted: Counter = Counter()
    for month, here in zip(MONTHS, people, strict=True):
        for person in here:
            group = measures.GROUP_OF_STATUS[slow_status(person)[0]]
            for employer in (EMPLOYERS[person.symbol], TOTAL):
                for kind in (KINDS[person.branch], EVERYONE):
                    counted[str(month), employer, kind, "members"] += 1
                    counted[str(month), employer, kind, "registered"] += registered(person)
                    counted[str(month), employer, kind, group] += 1
    columns = ["members", "registered", *measures.STATUS_GROUPS]
    shown = {
        (row["month"], row["employer_id"], row["member_kind"], name): row[name]
        for row in tables["standing"].to_dict("records")
        for name in columns
    }
    assert {key: value for key, value in shown.items() if value} == {
        k: v for k, v in counted.items() if v
    }


def test_moves_equal_a_slow_count(society):
    people, tables = society
    counted: Counter = Counter()
    for before, after, month in zip(people, people[1:], MONTHS[1:], strict=False):
        was = {person.key: person for person in before}
        now = {person.key: person for person in after}
        for key in was.keys() | now.keys():
            then, here = was.get(key), now.get(key)
            names = []
            if then and here:
                names += ["newly_registered"] * (not registered(then) and registered(here))
                names += ["cancelled"] * (registered(then) and not registered(here))
            elif here:
                names.append("joined_registered" if registered(here) else "joined_unregistered")
            else:
                names.append("left_registered" if registered(then) else "left_unregistered")
            for name in names:
                for employer in (EMPLOYERS[key[0]], TOTAL):
                    for kind in (KINDS[key[2]], EVERYONE):
                        counted[str(month), employer, kind, name] += 1
    names = ["newly_registered", "cancelled"]
    names += [
        f"{way}_{kind}" for way in ("joined", "left") for kind in ("registered", "unregistered")
    ]
    shown = {
        (row["month"], row["employer_id"], row["member_kind"], name): row[name]
        for row in tables["moves"].to_dict("records")
        for name in names
    }
    assert {key: value for key, value in shown.items() if value} == dict(counted)


def choices_of(page: str, name: str) -> dict:
    found = re.search(rf'<figure id="{name}">.*?class="choices">(.*?)</script>', page, re.DOTALL)
    return json.loads(found[1])


def test_the_page_can_show_every_employer_and_starts_with_the_society(demo_release):
    page = (demo_release / "internal" / "dashboard.html").read_text(encoding="utf-8")
    rates = choices_of(page, "chosen_rate")["each"]
    assert {key.split("|")[0] for key in rates} == {
        *(f"E{number:02}" for number in range(1, 20)),
        "KENPO",
        "NOEMPLOYER",
        TOTAL,
    }
    title = re.search(r'<figure id="chosen_rate">\s*<figcaption>(.*?)<', page)[1]
    assert title == rates[f"{TOTAL}|{EVERYONE}"]["title"]
    shares = choices_of(page, "chosen_status")["each"]
    for one in shares.values():
        for month in zip(*one["y"], strict=True):
            if None not in month:
                assert sum(month) == pytest.approx(100, abs=0.3)


def test_the_limits_on_the_page_are_those_of_the_flow(demo_release):
    page = (demo_release / "internal" / "dashboard.html").read_text(encoding="utf-8")
    moves = choices_of(page, "chosen_moves")["each"][f"{TOTAL}|{EVERYONE}"]["y"]
    for name, series in zip(
        ("newly_registered", "lost", "renewed", "relinked"), moves, strict=True
    ):
        found = re.search(
            rf'<figure id="xmr_{name}">.*?class="figure-data">(.*?)</script>', page, re.DOTALL
        )
        mean, high, low, points = (trace["y"] for trace in json.loads(found[1])["data"])
        assert points == series[1:]
        limits = xmr(points)
        assert (mean[0], high[0]) == (round(limits.mean, 1), round(limits.high, 1))
        assert low[0] == round(max(0.0, limits.low), 1)
