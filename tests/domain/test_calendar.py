"""暦：日付で終わるものは、90 日前に知らせ、過ぎたものも、だれも確かめていないものも、載せない。"""

import shutil
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mynalib.domain.calendar import USES, Calendar
from mynalib.domain.calendar_check import AHEAD_DAYS, check_calendar
from mynalib.domain.params import RejectedParams, load_params

SHIPPED = Path(__file__).parents[2] / "params"
TODAY = date(2026, 11, 22)
DAY = timedelta(1)


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(SHIPPED, tmp_path / "params"))


def edit(folder, old, new):
    path = folder / "calendar.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def told(folder, today=TODAY):
    return [str(problem) for problem in check_calendar(load_params(folder), today)]


def fact(first, last):
    written = {"what": "こと", "use": "benefit", "from": first, "to": last, "follows": "次"}
    return written | {"source": "元", "checked_by": "だれか", "checked_on": TODAY}


def test_the_shipped_calendar_has_a_row_for_all_that_a_date_ends():
    calendar = load_params(SHIPPED).calendar
    assert {fact.use for fact in calendar.facts} == {*USES}
    assert all(fact.source and fact.follows for fact in calendar.facts)


ENDS = [(fact.use, fact.until) for fact in load_params(SHIPPED).calendar.facts[1:]]


@pytest.mark.parametrize(("use", "until"), ENDS, ids=[use for use, _ in ENDS])
def test_what_ends_is_told_90_days_ahead_and_after(use, until):
    def lines(today):
        found = [line for line in told(SHIPPED, today) if str(until) in line.split("〔")[0]]
        return [line for line in found if line.startswith("calendar.yaml")]

    assert not lines(until - DAY * (AHEAD_DAYS + 1))
    assert any("あと 90 日" in line and "出典" in line for line in lines(until - DAY * 90))
    assert any("あと 0 日" in line for line in lines(until))
    assert any("終わりました" in line for line in lines(until + DAY))


def test_nothing_is_told_of_an_end_that_a_checked_row_follows(folder):
    follows = yaml.safe_dump(
        [
            {
                "what": "次の版の限度額",
                "use": "benefit",
                "from": date(2027, 8, 1),
                "to": date(2028, 7, 31),
                "follows": "また見直す",
                "source": "政令",
                "checked_by": "甲",
                "checked_on": date(2027, 7, 1),
            }
        ],
        allow_unicode=True,
    )
    text = (folder / "calendar.yaml").read_text(encoding="utf-8")
    lines = "".join(f"  {line}\n" for line in follows.splitlines())
    (folder / "calendar.yaml").write_text(text + lines, encoding="utf-8")
    assert not [line for line in told(folder, date(2027, 7, 15)) if "2027-07-31" in line]
    edit(folder, "checked_by: 甲\n    checked_on: 2027-07-01", 'checked_by: ""')
    assert [line for line in told(folder, date(2027, 7, 15)) if "2027-07-31" in line]


def test_a_row_nobody_checked_is_told_and_not_used(folder):
    assert any("facts[2]" in line and "確かめた人がいません" in line for line in told(folder))
    assert load_params(folder).calendar.fresh("certificate", TODAY) is None
    edit(folder, 'checked_by: ""', "checked_by: 甲\n    checked_on: 2026-11-20")
    assert load_params(folder).calendar.fresh("certificate", TODAY) is not None


def test_a_home_without_a_calendar_uses_nothing_that_a_date_ends_and_check_says_so(folder):
    (folder / "calendar.yaml").unlink()
    params = load_params(folder)
    assert all(params.calendar.fresh(use, TODAY) is None for use in USES)
    assert params.benefit_limit("ウ", TODAY, TODAY) is None
    assert len(params.notified(TODAY)) == 19, "お知らせの効力は、joint_use.yaml にもある"
    found = told(folder)
    assert all(any(f"use: {use} の行がありません" in line for line in found) for use in USES)


def test_nobody_is_notified_after_the_notice_has_ended():
    params = load_params(SHIPPED)
    assert len(params.notified(date(2030, 9, 30))) == 19
    assert params.notified(date(2030, 10, 1)) == ()


def test_a_limit_must_hold_from_the_first_day_to_the_last(folder):
    def limit(first, last):
        found = load_params(folder).benefit_limit("ウ", first, last)
        return found and found.amount(1_000_000)

    assert limit(date(2026, 6, 30), date(2026, 7, 31)) == 87_430
    assert limit(date(2026, 7, 31), date(2026, 8, 31)) is None
    assert limit(date(2026, 8, 1), date(2027, 7, 31)) == 92_940
    assert limit(date(2027, 7, 31), date(2027, 8, 1)) is None
    edit(folder, "from: 2026-08-01", "from: 2026-09-01")
    assert limit(date(2026, 10, 1), date(2026, 10, 1)) is None, "暦にない日付の表は、使わない"
    assert any("2026-08-01 からの額が、calendar.yaml にありません" in line for line in told(folder))


def test_old_national_figures_are_told(folder):
    assert any(line.startswith("benchmarks.yaml") for line in told(folder))
    assert not any(line.startswith("benchmarks.yaml") for line in told(folder, date(2026, 5, 31)))


WRONG = [
    ('version: "1"\n', "\n", "version"),
    ("use: under_16\n", 'use: under_16\n    version: "1"\n', "version"),
    ("    checked_on: 2026-11-26\n", "", "checked_on"),
    ("from: 2026-08-01", "from: 2026-07-31", "重なって"),
    ("    to: 2028-07-16\n", "", "必要な項目"),
    ("use: under_16", "use: age", "なかから選んで"),
]


@pytest.mark.parametrize(("old", "new", "what"), WRONG, ids=[what for *_, what in WRONG])
def test_a_calendar_that_says_too_little_is_refused(folder, old, new, what):
    edit(folder, old, new)
    with pytest.raises(RejectedParams) as caught:
        load_params(folder)
    assert any("calendar.yaml" in p.where and what in p.what for p in caught.value.problems)


days = st.dates(date(2026, 1, 1), date(2026, 3, 31))


@given(days, days, days, days, days)
def test_a_period_is_fresh_exactly_when_every_day_of_it_is(one, other, third, first, last):
    """遅い検算：一日ずつ、どれかの行にあり、どの日も同じ行か。"""
    borders = sorted({one, other, third})
    rows = [fact(a, b - DAY) for a, b in pairwise(borders)]
    calendar = Calendar.model_validate({"facts": rows})
    if first > last:
        return
    each = [
        {at for at, row in enumerate(rows) if row["from"] <= first + DAY * step <= row["to"]}
        for step in range((last - first).days + 1)
    ]
    assert (calendar.fresh("benefit", first, last) is not None) == bool(set.intersection(*each))
