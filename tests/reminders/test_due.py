"""だれに知らせる番か：手渡した回数と間を、遅い数え方と突き合わせる。"""

import os
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from months import Person, lapsed, make_home, never_linked, params_of, put_month, registered

from mynalib.domain.months import Month
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.lens import Lens
from mynalib.history.months import kept_months
from mynalib.reminders.due import due_people
from mynalib.reminders.handover import post_letters
from mynalib.reminders.memory import RemindersDamaged, reminded

pytestmark = pytest.mark.large

LONG = bool(os.environ.get("MYNA_LONG"))
FIRST = Month.parse("2026-03")
NUMBERS = ("0001", "0020", "0300")
STATES = {
    "never": never_linked,
    "registered": registered,
    "lapsed": lapsed,
    "certificate gone": lambda number: registered(number, certificate_flag=0),
    "renewed": lambda number: lapsed(number, certificate_flag=1),
}
KIND = {"never": "link", "renewed": "link", "lapsed": "renew", "certificate gone": "renew"}
ACTED = {"link": {"registered", "certificate gone"}, "renew": {"never", "registered", "renewed"}}
"""勧奨から、したと分かる様子へ（❶ は登録済、❷ は証明書が期限内）。"""


def home_of(folder: Path, by: str = "employer", gap: int = 3, most: int = 3) -> Home:
    home = make_home(folder)
    file = home.params / "society.yaml"
    text = file.read_text(encoding="utf-8")
    for old, new in (
        ("by: employer ", f"by: {by} "),
        ("min_gap_months: 3 ", f"min_gap_months: {gap} "),
        ("max_attempts: 3 ", f"max_attempts: {most} "),
    ):
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return home


def due(home: Home) -> pd.DataFrame:
    return due_people(home, params_of(home), kept_months(home), ())


def hand_over(home: Home, month: Month, rows: pd.DataFrame) -> str:
    """その月の番の人に知らせた、と記録する。"""
    told = rows[rows.due][["symbol", "number", "branch", "action", "attempt"]]
    facts = post_letters(home, params_of(home), month, str(month), means="試験", rows=told)
    return facts["handover"]


def slow(lives: list[dict], told: Iterable[tuple[int, str, str]], gap: int, most: int) -> dict:
    """おわりの月の、勧奨のいる人から、（何回目か、番か）へ。一人ずつ、月を順にたどる。"""
    found = {}
    for number, state in lives[-1].items():
        kind = KIND.get(state)
        if kind is None:
            continue
        counted: list[int] = []
        for at in range(len(lives)):
            if lives[at][number] in ACTED[kind]:
                counted = []
            if (at, number, kind) in told and at < len(lives) - 1:
                counted.append(at)
        rested = not counted or counted[-1] + gap <= len(lives) - 1
        found[number] = (len(counted) + 1, rested and len(counted) < most)
    return found


LIVES = st.lists(
    st.fixed_dictionaries({number: st.sampled_from([*STATES]) for number in NUMBERS}),
    min_size=2,
    max_size=7,
)


@pytest.mark.long
@settings(max_examples=150 if LONG else 6, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    lives=LIVES,
    handed=st.lists(st.booleans(), min_size=7, max_size=7),
    recalled=st.integers(0, 6),
    gap=st.integers(2, 4),
    most=st.integers(1, 3),
)
def test_attempts_and_turns_equal_a_slow_count(
    tmp_path_factory, lives, handed, recalled, gap, most
):
    home = home_of(tmp_path_factory.mktemp("home"), gap=gap, most=most)
    told: set[tuple[int, str, str]] = set()
    for at, states in enumerate(lives):
        month = FIRST.plus(at)
        put_month(home, str(month), [STATES[s](n) for n, s in states.items()])
        rows = due(home)
        expected = slow(lives[: at + 1], told, gap, most)
        shown = {row.number: (row.attempt, row.due) for row in rows.itertuples(index=False)}
        assert shown == expected
        if handed[at]:
            number = hand_over(home, month, rows)
            if at == recalled:
                Ledger(home.ledger).append("recalled", handover=number, unit="E01", because="理由")
            else:
                told |= {(at, n, KIND[states[n]]) for n, (_, turn) in expected.items() if turn}


def test_publishing_a_month_again_after_handing_it_over_gives_the_same_list(tmp_path):
    home = home_of(tmp_path / "home", by="society")
    put_month(home, "2026-10", [never_linked("1"), lapsed("2")])
    before = due(home)
    hand_over(home, Month.parse("2026-10"), before)
    pd.testing.assert_frame_equal(due(home), before)


def test_a_household_stays_together_and_numbers_are_in_order_with_their_zeros(tmp_path):
    home = home_of(tmp_path / "home")
    people = [
        ("10", "00"),
        ("0009", "01"),
        ("0009", "00"),
        ("2", "00"),
        ("0010", "01"),
        ("000", "00"),
    ]
    put_month(home, "2026-10", [never_linked(n, branch=b) for n, b in people])
    rows = due(home)
    assert [*zip(rows.number, rows.branch, strict=True)] == [
        ("000", "00"),
        ("2", "00"),
        ("0009", "00"),
        ("0009", "01"),
        ("0010", "01"),
        ("10", "00"),
    ]


@pytest.mark.parametrize(
    ("by", "attempt", "link", "renew"),
    [
        ("employer", 1, "employer", "employer"),
        ("society", 1, "society", "society"),
        ("{link: employer, renew: society}", 1, "employer", "society"),
        ("both", 1, "employer", "employer"),
        ("both", 2, "society", "society"),
    ],
)
def test_who_reminds_is_one_for_a_person_and_a_month(tmp_path, by, attempt, link, renew):
    home = home_of(tmp_path / "home", by=by, gap=2)
    people = [never_linked("1"), lapsed("2")]
    for at in range(2 * attempt - 1):
        put_month(home, str(FIRST.plus(at)), people)
        rows = due(home)
        if not at:
            hand_over(home, FIRST, rows)
    assert dict(zip(rows.number, rows.sender, strict=True)) == {"1": link, "2": renew}
    assert set(rows.attempt) == {attempt}


def test_every_column_the_query_selects_can_go_on_the_list(tmp_path):
    """列を足すのは、reminders.sql だけでよい。"""
    home = home_of(tmp_path / "home")
    put_month(home, str(FIRST), [never_linked("1")])
    with Lens(kept_months(home), params_of(home)) as lens:
        selected = lens.query("reminders", month=str(FIRST)).columns
    assert {*selected} - {*due(home).columns} == {"insured"}


def test_people_without_an_employer_and_the_societys_staff_are_the_societys(tmp_path):
    home = home_of(tmp_path / "home")
    people = [Person("1", "101"), Person("1", "120"), Person("1", "901")]
    put_month(home, "2026-10", people)
    rows = due(home)
    assert dict(zip(rows.employer_id, rows.sender, strict=True)) == {
        "E01": "employer",
        "KENPO": "society",
        "NOEMPLOYER": "society",
    }


def test_a_reminder_follows_a_person_through_a_renumbered_symbol(tmp_path):
    home = home_of(tmp_path / "home", gap=2)
    file = home.params / "employers" / "E01.yaml"
    text = file.read_text(encoding="utf-8")
    old = '  - {symbol: "101", from: 2020-04-01}'
    assert old in text
    new = '  - {symbol: "101", from: 2020-04-01, to: 2026-04-30}\n  - {symbol: "151", from: 2026-05-01}'
    file.write_text(text.replace(old, new), encoding="utf-8")
    put_month(home, "2026-03", [never_linked("1")])
    hand_over(home, FIRST, due(home))
    put_month(home, "2026-05", [never_linked("1", symbol="151"), never_linked("2", symbol="151")])
    rows = due(home)
    assert dict(zip(rows.number, rows.attempt, strict=True)) == {"1": 2, "2": 1}


@pytest.mark.parametrize("harm", ["gone", "changed"])
def test_a_lost_record_of_who_was_reminded_stops_the_lists(tmp_path, harm):
    home = home_of(tmp_path / "home")
    put_month(home, str(FIRST), [never_linked("1")])
    hand_over(home, FIRST, due(home))
    [record] = home.reminders.rglob("*.parquet")
    if harm == "gone":
        record.unlink()
    else:
        record.write_bytes(record.read_bytes()[:-1] + b"x")
    put_month(home, str(FIRST.plus(1)), [never_linked("1")])
    with pytest.raises(RemindersDamaged):
        reminded(home, FIRST.plus(1))
    with pytest.raises(RemindersDamaged):
        due(home)
