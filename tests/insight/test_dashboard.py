"""組合の現況（02）：区分の内わけと動きは、一人ずつ数えたとおり。選ぶと、図も題も表も、その事業所のものになる。"""

import csv
import json
import random
import re
from collections import Counter
from pathlib import Path

import pytest
from counted import wave
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
from parts_seen import choices_of, dashboard_of, seen

from mynalib.capsules.dashboard import EVERYONE, dashboard_tables
from mynalib.capsules.publication import open_publication
from mynalib.disclosure.society import TOTAL
from mynalib.domain.classification import STATUSES
from mynalib.domain.months import Month
from mynalib.insight import dashboard, every_employer, measures
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
                names += wave(slow_status(then)[0], slow_status(here)[0])
            elif here:
                names.append("joined_registered" if registered(here) else "joined_unregistered")
            else:
                names.append("left_registered" if registered(then) else "left_unregistered")
            for name in names:
                for employer in (EMPLOYERS[key[0]], TOTAL):
                    for kind in (KINDS[key[2]], EVERYONE):
                        counted[str(month), employer, kind, name] += 1
    names = ["newly_registered", "cancelled", "lapsed", "cancelled_by_lapse", "renewed", "relinked"]
    names += [
        f"{way}_{kind}" for way in ("joined", "left") for kind in ("registered", "unregistered")
    ]
    shown = {
        (row["month"], row["employer_id"], row["member_kind"], name): row[name]
        for row in tables["moves"].to_dict("records")
        for name in names
    }
    assert {key: value for key, value in shown.items() if value} == dict(counted)


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


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [*csv.DictReader(file)]


def beside(release: Path, name: str) -> list[dict[str, str]]:
    return read(release / "internal" / f"{name}_実数_健保内部_架空データ.csv")


def test_who_joined_less_who_left_is_the_change_of_the_members_of_everybody_one_can_choose(
    demo_release,
):
    key = ("employer_id", "member_kind", "month")
    members = {
        tuple(row[k] for k in key): int(row["members"])
        for row in beside(demo_release, "chosen_rate")
    }
    rows = beside(demo_release, "chosen_members")
    assert len(rows) > 1000
    for row in rows:
        code, kind, month = (row[k] for k in key)
        before = members.get((code, kind, str(Month.parse(month).plus(-1))), 0)
        more = members.get((code, kind, month), 0) - before
        assert int(row["joined"]) - int(row["departed"]) == more


def test_the_small_charts_stand_in_the_order_of_the_register_and_say_the_rates_of_the_table(
    demo_release,
):
    page = (demo_release / "internal" / "dashboard.html").read_text(encoding="utf-8")
    panels = re.findall(r'<li data-employer="(\w+)">.*?<strong>([^<]+)</strong>', page, re.DOTALL)
    codes = [f"E{number:02}" for number in range(1, 20)]
    assert [code for code, _ in panels] == [TOTAL, *codes, "KENPO", "NOEMPLOYER"]
    now = {row["employer_id"]: row for row in read(demo_release / "internal" / "rates.csv")}
    assert dict(panels) == {code: now[code]["rate"] for code, _ in panels}
    table = re.search(r'id="multiples">.*?<tbody>(.*?)</tbody>', page, re.DOTALL)[1]
    cells = [
        re.findall("<t[dh][^>]*>(.*?)</t[dh]>", row) for row in table.split("</tr>") if "<t" in row
    ]
    assert {row[0]: row[4] for row in cells} == dict(panels)


EVERY_PART = (
    dashboard.choose,
    dashboard.rates,
    dashboard.statuses,
    dashboard.moves,
    every_employer.multiples,
    every_employer.statuses_and_moves,
    dashboard.control,
)
SITUATIONS = {
    # 置く月、いまの月、そのページが言うこと
    "first month": (["2026-10"], ["登録率は", "続いた二か月のファイルがない", "続いた 13 か月が要ります（いまは 0 か月）", "一年前と比べられる事業所はない", "この月の動きは分かりません"]),
    "gap": (["2026-07", "2026-08", "2026-10"], ["（前の月の値はない）", "前の月がないので、この月の動きは分からない", "（いまは 0 か月）", "この月の動きは分かりません"]),
    "two months": (["2026-09", "2026-10"], ["前の月と同じ", "新しく登録0人、失効0人", "加入0人、脱退0人で、増減なし", "（いまは 1 か月）"]),
    "after a gap": (["2026-07", "2026-09", "2026-10"], ["新しく登録0人、失効0人", "（いまは 1 か月）"]),
}  # fmt: skip


@pytest.mark.large
@pytest.mark.parametrize("name", SITUATIONS)
def test_a_page_of_few_months_says_what_it_does_not_know(name, tmp_path):
    months, said = SITUATIONS[name]
    home = make_home(tmp_path / "home")
    here = [never_linked(f"{n:04}") for n in range(20)] + [linked(f"1{n:03}") for n in range(30)]
    for month in months:
        load_month(home, month, here)
    page = seen(*EVERY_PART, page=dashboard_of(home, tmp_path / "capsule", "2026-10"))
    assert [text for text in said if text not in page] == []
    assert "nan" not in page.lower()
    assert "xmr_" not in page


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
