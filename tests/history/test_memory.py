"""食い違いの記憶：ありえない変わり方をした人を、登録済になるまで忘れず、正しい人を巻きこまない。"""

import os
import random
import shutil
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from months import (
    LATER,
    Person,
    actions,
    lapsed,
    load_month,
    make_home,
    month_of,
    never_linked,
    own_request,
    params_of,
    persons,
    put_month,
    registered,
    slow_status,
)

from mynalib.history.contradictions import WHY, MemoryDamaged, memory_holds, read_memory
from mynalib.history.ledger import Ledger
from mynalib.history.months import kept_months
from mynalib.history.recovery import settle
from mynalib.history.replaying import replayed
from mynalib.history.tables import read_table

pytestmark = pytest.mark.large

BLANK = never_linked()
OWN, LAPSED, LINKED = own_request(), lapsed(), registered()
RETURNED = replace(OWN, cancel_kind=3)
DATES_ONLY = replace(OWN, cancel_kind=None)
KIND_LEFT = replace(OWN, state=1)
CAME_BACK = replace(OWN, state=1, registered_on=date(2026, 2, 10))
CAME_BACK_LATER = replace(OWN, state=1, registered_on=date(2026, 3, 10))
LAPSED_LATER = replace(LAPSED, cancelled_on=date(2025, 12, 30))
BROKEN = replace(LAPSED, registered_on=date(2025, 12, 28))
GONE = None
MONTHS = [f"2026-{number:02}" for number in range(1, 10)]


@pytest.fixture
def home(tmp_path):
    return make_home(tmp_path / "home")


def tell(home, story):
    """月ごとの、一人の行（None はいない、... は月がない）。ほかに、変わらない人が一人いる。"""
    for month, person in zip(MONTHS, story, strict=False):
        if person is not ...:
            put_month(home, month, [registered("9"), *([person] if person else [])])
    settle(home)


def whys(home):
    return [(row.since, row.why, row.until) for row in read_memory(home).itertuples()]


STORIES = {
    "ずっと未登録": ([BLANK, BLANK], None, "link"),
    "登録した": ([BLANK, LINKED], None, "none"),
    "失効で解除": ([LINKED, LAPSED], None, "renew_then_link"),
    "本人の申請で解除": ([LINKED, OWN, OWN], None, "never"),
    "本人の申請が空欄に": ([OWN, BLANK], "own_request_vanished", "review"),
    "本人の申請が失効に": ([OWN, LAPSED], "own_request_vanished", "review"),
    "本人の申請が返納に": ([OWN, RETURNED], "own_request_vanished", "review"),
    "本人の申請の区分だけ消えた": ([OWN, DATES_ONLY, BLANK], "own_request_vanished", "review"),
    "いない月をはさんで消えた": ([OWN, GONE, GONE, BLANK], "own_request_vanished", "review"),
    "消えたまま何か月も": (
        [OWN, BLANK, BLANK, LAPSED, GONE, BLANK],
        "own_request_vanished",
        "review",
    ),
    "消えて、また本人の申請": ([OWN, BLANK, OWN], "own_request_vanished", "never"),
    "登録し直してから失効": ([OWN, CAME_BACK, LAPSED_LATER], None, "renew_then_link"),
    "いない月に登録し直して失効": ([OWN, GONE, LINKED, GONE, LAPSED], None, "renew_then_link"),
    "登録し直してから記録が消えた": ([OWN, CAME_BACK, BLANK], "history_lost", "review"),
    "状態だけ 1 になり、また消えた": ([OWN, KIND_LEFT, BLANK], "own_request_vanished", "review"),
    "状態だけ 1 になり、失効が近い": (
        [OWN, replace(KIND_LEFT, cancel_kind=2, certificate_flag=0)],
        "own_request_vanished",
        "review",
    ),
    "返納が失効に": ([RETURNED, LAPSED_LATER], "card_returned_vanished", "review"),
    "返納のまま": ([RETURNED, RETURNED], None, "review"),
    "食い違いが未登録に": (
        [BROKEN, replace(BROKEN, cancelled_on=None, cancel_kind=2)],
        "contradictory_vanished",
        "review",
    ),
    "食い違いが直って登録": ([BROKEN, LINKED], None, "none"),
    "登録の記録が消えた": ([LINKED, BLANK], "history_lost", "review"),
    "失効の記録が消えた": ([LAPSED, BLANK], "history_lost", "review"),
    "区分のない解除の記録が消えた": ([DATES_ONLY, BLANK], "history_lost", "review"),
    "いない月をはさんで記録が消えた": ([LINKED, GONE, GONE, BLANK], "history_lost", "review"),
    "少しずつ消えた": ([LINKED, replace(LINKED, state=0), BLANK], "history_lost", "review"),
    "解除区分だけ変わった": ([LAPSED, replace(LAPSED, cancel_kind=3)], "kind_changed", "review"),
    "失効が本人の申請に変わった": ([LAPSED, OWN], "kind_changed", "never"),
    "別の日に解除し直した": ([LAPSED, replace(LAPSED_LATER, cancel_kind=3)], None, "card_info"),
    "番号の 0 が落ちた": ([OWN, never_linked("12345")], "own_request_vanished", "review"),
    "番号の 0 が増えた": ([OWN, never_linked("00012345")], "own_request_vanished", "review"),
    "枝番が違えば別の人": ([OWN, never_linked(branch="01")], None, "link"),
    "記号が違えば別の人": ([OWN, never_linked(symbol="102")], None, "link"),
}


def as_somebody(person, number):
    return replace(person, number=person.number.replace("12345", f"1{number:04}"))


@pytest.fixture(scope="module")
def all_stories(tmp_path_factory):
    """全ての話が、別々の人に、同時に起きた組合。"""
    home = make_home(tmp_path_factory.mktemp("stories") / "home")
    for index, month in enumerate(MONTHS):
        told = [
            (number, story[index : index + 1])
            for number, (story, _, _) in enumerate(STORIES.values())
        ]
        put_month(
            home,
            month,
            [as_somebody(person, number) for number, now in told for person in now if person],
        )
    settle(home)
    return home


@pytest.mark.parametrize("name", STORIES)
def test_a_change_that_cannot_be_is_remembered_and_nothing_else(all_stories, name):
    number, (story, why, action) = list(STORIES).index(name), STORIES[name]
    last, month = as_somebody(story[-1], number), MONTHS[len(story) - 1]
    rows = read_memory(all_stories)
    assert [
        row.why for row in rows.itertuples() if row.number_key == last.key[1] and not row.until
    ] == [why] * bool(why)
    assert actions(all_stories, month)[last.number] == action


def test_every_reason_has_a_story():
    assert {why for _, why, _ in STORIES.values()} == {*WHY, None} - {"number_changed"}, (
        "番号の変化は test_protection.py"
    )


def test_missing_months_do_not_make_it_forgotten(home):
    tell(home, [OWN, ..., ..., BLANK])
    assert whys(home) == [("2026-04", "own_request_vanished", "")]


def test_registering_ends_it_from_that_month_on(home):
    tell(home, [OWN, BLANK, BLANK, CAME_BACK_LATER, LAPSED_LATER])
    assert whys(home) == [("2026-02", "own_request_vanished", "2026-04")]
    held = [persons(home, month).withheld_by.eq("kept_back").any() for month in MONTHS[:5]]
    assert held == [False, True, True, False, False]


def test_a_second_contradiction_starts_anew(home):
    tell(home, [OWN, BLANK, CAME_BACK_LATER, BLANK])
    assert whys(home) == [
        ("2026-02", "own_request_vanished", "2026-03"),
        ("2026-04", "history_lost", ""),
    ]


def test_the_month_it_was_compared_with_is_told(home):
    tell(home, [LINKED, GONE, ..., BLANK])
    assert list(read_memory(home).against) == ["2026-01"]


def test_a_person_who_only_cancelled_is_watched_but_not_held(home):
    tell(home, [OWN, OWN])
    assert read_memory(home).empty
    assert memory_holds(home) == []
    assert list(read_table(home.kept_back).why) == ["own_request"]


def test_the_symbol_may_be_spelt_anew_in_the_params(tmp_path):
    text = (make_home(tmp_path / "shape").params / "employers" / "E01.yaml").read_text(
        encoding="utf-8"
    )
    home = make_home(tmp_path / "home", {"E01": text.replace('"101"', '"１０１"')})
    load_month(home, "2026-01", [own_request(symbol="１０１")])
    (home.params / "employers" / "E01.yaml").write_text(text, encoding="utf-8")
    load_month(home, "2026-02", [never_linked(symbol="101")])
    assert actions(home, "2026-02") == {"0012345": "review"}
    assert list(persons(home, "2026-01").employer_id) == ["E01"]


def test_remembering_twice_changes_nothing(home):
    tell(home, [OWN, BLANK, CAME_BACK, BLANK])
    before = home.kept_back.read_bytes()
    for kept in kept_months(home):
        again = replayed(read_table(home.kept_back), kept_months(home), params_of(home), kept.month)
        pd.testing.assert_frame_equal(again, read_table(home.kept_back), check_dtype=False)
    settle(home)
    assert home.kept_back.read_bytes() == before


def test_a_replaced_month_takes_its_contradiction_back(home):
    tell(home, [OWN, BLANK, OWN])
    load_month(home, "2026-02", [OWN])
    assert whys(home) == []
    load_month(home, "2026-02", [BLANK])
    assert whys(home) == [("2026-02", "own_request_vanished", "")]


def test_putting_the_first_file_back_is_a_new_revision_and_remembered_again(home):
    for person in (BLANK, LINKED, BLANK):
        load_month(home, "2026-02", [person])
        load_month(home, "2026-01", [OWN])
    assert whys(home) == [("2026-02", "own_request_vanished", "")]
    folders = [line["folder"] for line in Ledger(home.ledger).lines()]
    assert folders == ["2026-02", "2026-01", "2026-02-r2", "2026-01-r2", "2026-02-r3", "2026-01-r3"]


def test_two_months_of_the_same_bytes_are_two_months(home):
    tell(home, [OWN, BLANK, BLANK])
    assert [line["folder"] for line in Ledger(home.ledger).lines()] == MONTHS[:3]


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        (OWN, [("2026-03", "own_request_vanished", "2026-04")]),
        (CAME_BACK, [("2026-03", "history_lost", "2026-04")]),
        (BLANK, [("2026-02", "own_request_vanished", "2026-04")]),
    ],
)
def test_an_older_month_added_later_neither_loses_nor_invents(home, late, expected):
    tell(home, [OWN, ..., BLANK, LINKED])
    assert whys(home) == [("2026-03", "own_request_vanished", "2026-04")]
    load_month(home, "2026-02", [late])
    assert whys(home) == expected


def purge(home, month):
    shutil.rmtree(home.months / month)
    Ledger(home.ledger).append("purged", ingested=[month])


def test_memory_outlives_the_months_it_came_from(home):
    tell(home, [OWN, BLANK, BLANK])
    purge(home, "2026-01")
    purge(home, "2026-02")
    load_month(home, "2026-04", [BLANK])
    assert whys(home) == [("2026-02", "own_request_vanished", "")]
    load_month(home, "2026-03", [LAPSED])
    assert actions(home, "2026-04") == {"0012345": "review"}


def test_an_own_request_outlives_the_month_it_was_seen_in(home):
    tell(home, [OWN, GONE])
    purge(home, "2026-01")
    load_month(home, "2026-03", [BLANK])
    assert actions(home, "2026-03") == {"0012345": "review"}


def test_what_cannot_be_counted_again_after_a_purge_is_kept(home):
    tell(home, [LINKED, BLANK, BLANK])
    purge(home, "2026-01")
    load_month(home, "2026-02", [BLANK, never_linked("7")])
    assert whys(home) == [("2026-02", "history_lost", "")]


def test_a_backfill_before_a_purged_month_keeps_what_the_purged_month_said(home):
    tell(home, [..., OWN, BLANK])
    for month in ("2026-02", "2026-03"):
        purge(home, month)
    load_month(home, "2026-04", [BLANK])
    load_month(home, "2026-01", [BLANK])
    assert actions(home, "2026-04") == {"0012345": "review"}


def test_a_lost_memory_is_made_again_from_the_months(home):
    tell(home, [OWN, BLANK, BLANK])
    before = home.kept_back.read_bytes()
    home.kept_back.unlink()
    with pytest.raises(MemoryDamaged):
        memory_holds(home)
    settle(home)
    assert home.kept_back.read_bytes() == before


@pytest.mark.parametrize(
    "spoil", [lambda p: p.unlink(), lambda p: p.write_bytes(b"PAR1")], ids=["消えた", "壊れた"]
)
def test_a_lost_memory_stops_when_months_have_been_purged(home, spoil):
    tell(home, [OWN, BLANK, BLANK])
    purge(home, "2026-01")
    spoil(home.kept_back)
    put_month(home, "2026-04", [BLANK])
    with pytest.raises(MemoryDamaged) as caught:
        settle(home)
    assert caught.value.code == "KEPT_BACK_UNREADABLE"


def test_before_the_first_month_nobody_is_held(home):
    assert read_memory(home).empty


HELD = {*WHY} - {"number_changed"}
AFTER_CANCELLING = {
    "own_request",
    "own_request_vanished",
    "card_returned",
    "card_returned_vanished",
}


class SlowMemory:
    """一人ずつ、月を順に見る、遅い検算。rows は [鍵, since, why, until] の並び。事業所は一つだけとする。"""

    def __init__(self):
        self.rows, self.last, self.before = [], {}, None

    def see(self, month, people):
        end, now = month_of(month).end, {person.key: person for person in people}
        for person in people:
            self.close(person, month, end)
        for person in people:
            held = any(row[2] in HELD for row in self.open(person.key))
            if not held and (why := self.wrong(person)):
                self.rows.append([person.key, month, why, ""])
        if self.before is not None:
            self.compare_absence(month, now)
        for person in people:
            why = self.watch(person, end)
            if why and why not in {row[2] for row in self.open(person.key)}:
                self.rows.append([person.key, month, why, ""])
        self.last |= now
        self.before = now

    def open(self, key):
        return [row for row in self.rows if row[0] == key and not row[3]]

    def close(self, person, month, end):
        if person.state != 1 or self.review(person, end) or person.registered_on is None:
            return
        cancelled = person.cancelled_on
        if not (person.registered_on > cancelled if cancelled else person.cancel_kind is None):
            return
        for row in self.open(person.key):
            after = cancelled is None or person.registered_on > month_of(row[1]).end
            if row[2] != "gone" and (after or row[2] not in AFTER_CANCELLING):
                row[3] = month

    @staticmethod
    def review(person, end):
        days = [day for day in (person.registered_on, person.cancelled_on) if day]
        return slow_status(person)[1] == "review" or max(days, default=end) > end

    def watch(self, person, end):
        watched = {(0, 1): "own_request", (0, 3): "card_returned"}.get(
            (int(person.state), person.cancel_kind)
        )
        return watched or ("contradictory" if self.review(person, end) else None)

    def wrong(self, person):
        watches = {row[2] for row in self.open(person.key)} & {
            "own_request",
            "card_returned",
            "contradictory",
        }
        if person.state == 0:
            if "own_request" in watches and person.cancel_kind != 1:
                return "own_request_vanished"
            last = self.last.get(person.key)
            if last and self.empty(person) and (last.state == 1 or not self.empty(last)):
                return "history_lost"
            was_cancelled = last and (last.cancel_kind, last.cancelled_on) != (None, None)
            if (
                was_cancelled
                and person.cancelled_on == last.cancelled_on
                and person.cancel_kind != last.cancel_kind
            ):
                return "kind_changed"
        reminded = slow_status(person)[1] in ("link", "renew", "renew_then_link")
        return f"{min(watches)}_vanished" if watches and reminded else None

    def compare_absence(self, month, now):
        for row in self.rows:
            if row[2] == "gone" and row[0] in now and not row[3]:
                row[3] = month
        waiting = {(row[1], row[0][2]) for row in self.rows if row[2] == "gone" and not row[3]}
        for row in self.rows:
            if row[2] == "number_changed" and not row[3] and (row[1], row[0][2]) not in waiting:
                row[3] = month
        known = {row[0] for row in self.rows if not row[3] and row[2] != "gone"}
        gone = [self.before[key] for key in sorted(known & {*self.before} - {*now})]
        self.rows += [[person.key, month, "gone", ""] for person in gone]
        for person in now.values():
            if person.key not in self.last and any(self.alike(person, was) for was in gone):
                self.rows.append([person.key, month, "number_changed", ""])

    @staticmethod
    def alike(person, was):
        pairs = [(person.registered_on, was.registered_on), (person.cancelled_on, was.cancelled_on)]
        linked = (
            person.state == 1
            and person.registered_on
            and not person.cancelled_on
            and person.cancel_kind is None
        )
        return (
            person.branch == was.branch
            and not linked
            and all(ours in (None, theirs) for ours, theirs in pairs)
        )

    @staticmethod
    def empty(person):
        return (person.cancel_kind, person.registered_on, person.cancelled_on) == (None, None, None)


def random_month(rng):
    dates = [None, LATER, date(2025, 12, 30), date(2026, 4, 10)]
    return [
        never_linked(f"{number:07}", branch=branch)
        if rng.random() < 0.2
        else Person(
            f"{number:0{rng.choice((1, 4, 7))}}",
            branch=branch,
            state=int(rng.random() < 0.3),
            registered_on=rng.choice(dates),
            cancelled_on=rng.choice(dates[:2]),
            cancel_kind=rng.choice([None, None, 1, 2, 3, 3]),
            certificate_flag=rng.choice([None, 0, 1]),
        )
        for number in range(1, 80)
        for branch in ("00", "01")
        if rng.random() < (0.4 if number % 3 else 0.95)
    ]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(60 if os.environ.get("MYNA_LONG") else 2))
def test_memory_agrees_with_looking_at_one_person_after_the_other(home, seed):
    """月は順不同に届き、置きかえられもする。記憶は、届いた順によらない。"""
    rng = random.Random(seed)
    order = rng.sample(MONTHS, 6)
    order.append(rng.choice(order))
    final = {}
    for month in order:
        final[month] = random_month(rng)
        load_month(home, month, final[month])
    slow = SlowMemory()
    for month in sorted(final):
        slow.see(month, final[month])
    ours = read_table(home.kept_back)[
        ["symbol_key", "number_key", "branch", "since", "why", "until"]
    ]
    assert sorted(ours.itertuples(index=False, name=None)) == sorted(
        (*row[0], *row[1:]) for row in slow.rows
    )
    assert {row[2] for row in slow.rows} >= {
        *WHY,
        "gone",
        "own_request",
        "card_returned",
        "contradictory",
    }


def test_the_month_of_a_hold_is_a_month(home):
    tell(home, [OWN, BLANK, CAME_BACK_LATER])
    (hold,) = memory_holds(home)
    assert (hold.since, hold.until) == (month_of("2026-02").end, month_of("2026-03").end)
