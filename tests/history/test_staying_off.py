"""守りは、ひとりでに縮まない：一項目の変化、記号の付けかえ、番号の変化、古い記憶では、だれもリストに戻らない。"""

import random
import shutil
from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from months import (
    DAY,
    HEADER,
    LATER,
    Person,
    lapsed,
    load_month,
    make_home,
    never_linked,
    own_request,
    params_of,
    registered,
    select,
    slow_status,
    write_register,
)
from societies import MONTHS, everybody

from mynalib.capsules.publication import open_publication
from mynalib.domain.classification import WITHHELD, decision_table
from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month
from mynalib.history.holds import Hold
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.lens import Lens
from mynalib.history.months import kept_months
from mynalib.history.overlays import read_overlays
from mynalib.history.recovery import settle
from mynalib.history.registers import DECISIONS
from mynalib.history.tables import read_table, write_table
from mynalib.verbs.check import check_home

pytestmark = pytest.mark.large

REMIND = {"link", "renew", "renew_then_link"}
PROTECTED = {"never", "card_info", "review"}
FIRST, SECOND, THIRD = "2026-01", "2026-02", "2026-03"
AGAIN = date(2026, 2, 10)
RETURNED = Person(registered_on=DAY, cancelled_on=LATER, cancel_kind=3, certificate_flag=0)


@pytest.fixture
def home(tmp_path) -> Home:
    return make_home(tmp_path / "home")


def listed(home: Home, month: str) -> set[tuple[str, str, str]]:
    """その月の勧奨リストに載る人。名簿に答えのない行があれば、だれも載らない。"""
    months = [kept for kept in kept_months(home) if str(kept.month) <= month]
    params = params_of(home)
    overlays = read_overlays(home, params, months)
    if overlays.blocking:
        return set()
    with Lens(months[-1:], params, overlays.of_lists) as lens:
        table = select(lens, "from person")
    table = table[table.action.isin(REMIND)]
    return set(zip(table.symbol, table.number, table.branch, strict=True))


# 一項目の変化 ------------------------------------------------------------------------------------

DATES = {
    "none": (None, None),
    "registered_only": (DAY, None),
    "cancelled_only": (None, LATER),
    "registered_before_cancelled": (DAY, LATER),
    "same_day": (DAY, DAY),
    "registered_after_cancelled": (LATER, DAY),
}
OTHERS = {
    "state": (0, 1),
    "cancel_kind": (None, 1, 2, 3),
    "certificate_flag": (None, 0, 1),
    "registered_on": (None, date(2025, 12, 10), date(2025, 12, 30), AGAIN),
    "cancelled_on": (None, date(2025, 12, 10), date(2025, 12, 30), AGAIN),
}


def protected_rows() -> list[Person]:
    """判定表の、勧奨してはならない全ての行（never、card_info、review）の人。"""
    table = decision_table()
    rows = table[table.action.isin(PROTECTED)].itertuples(index=False)
    number = {"": None, "0": 0, "1": 1, "2": 2, "3": 3}
    return [
        Person(
            "",
            "101",
            "00",
            int(row.state),
            *DATES[row.dates],
            number[row.cancel_kind],
            number[row.certificate_flag],
        )
        for row in rows
    ]


def mutations(person: Person) -> list[Person]:
    """一項目だけが違う、全ての人。"""
    return [
        replace(person, **{field: value})
        for field, values in OTHERS.items()
        for value in values
        if value != getattr(person, field)
    ]


def scenarios() -> list[tuple[Person, Person, Person]]:
    """守る行、その一項目の変化、もう一つの変化（か、そのまま）。一人に一つの番号。"""
    told = [
        (first, second, third)
        for first in protected_rows()
        for second in mutations(first)
        for third in (second, *mutations(second))
    ]
    return [
        tuple(replace(each, number=f"{at:07}") for each in story)
        for at, story in enumerate(told, 1)
    ]


def registered_again(person: Person, month: str) -> bool:
    """登録済で、食い違いがないか（遅い検算。判定表の注意の言葉で）。"""
    days = [day for day in (person.registered_on, person.cancelled_on) if day]
    if (
        person.state != 1
        or slow_status(person)[1] == "review"
        or max(days, default=DAY) > Month.parse(month).end
    ):
        return False
    if person.registered_on is None:
        return False
    nothing_left = person.cancelled_on is None and person.cancel_kind is None
    return nothing_left or (
        person.cancelled_on is not None and person.registered_on > person.cancelled_on
    )


@pytest.fixture(scope="module")
def mutated(tmp_path_factory) -> tuple[Home, list]:
    """全ての筋書きが、別々の人に起きた組合。"""
    home, told = make_home(tmp_path_factory.mktemp("mutated") / "home"), scenarios()
    for at, month in enumerate((FIRST, SECOND, THIRD)):
        load_month(home, month, [story[at] for story in told])
    return home, told


def test_the_protected_rows_are_sixty_and_eighteen_of_them_are_returned_cards():
    rows = protected_rows()
    assert len(rows) == 60
    assert sum(row.state == 0 and row.cancel_kind == 3 for row in rows) == 18


def test_no_field_that_changes_puts_a_protected_person_on_a_list(mutated):
    home, told = mutated
    lists = {month: listed(home, month) for month in (SECOND, THIRD)}
    wrong, freed = [], 0
    for _, second, third in told:
        again = registered_again(second, SECOND)
        on_second = second.on_file in lists[SECOND]
        on_third = third.on_file in lists[THIRD]
        wrong += [(SECOND, second)] if on_second and not again else []
        wrong += (
            [(THIRD, third)] if on_third and not (again or registered_again(third, THIRD)) else []
        )
        freed += on_second or on_third
    assert wrong == []
    assert freed > 0, "食い違いなく登録された人は、リストに戻る"


def test_the_dates_of_a_return_do_not_prove_a_registration_after_it(mutated):
    """返納のときにもう「登録日が解除日より後」だった人は、状態が 1 になっただけでは戻らない。"""
    home, told = mutated
    on_list = listed(home, SECOND) | listed(home, THIRD)
    stuck = [
        story
        for story in told
        if {p.cancel_kind for p in story} == {3} and {p.registered_on for p in story} == {LATER}
    ]
    assert {story[1].state for story in stuck} == {0, 1}
    assert not on_list & {story[0].on_file for story in stuck}


def test_only_a_decision_frees_who_is_kept_back(tmp_path):
    home = make_home(tmp_path / "home")
    for month, person in (
        (FIRST, RETURNED),
        (SECOND, replace(RETURNED, cancel_kind=2, cancelled_on=None)),
    ):
        load_month(
            home,
            month,
            [replace(person, number="0000001"), replace(person, number="0000002")],
            on="2026-04-05",
        )
    assert listed(home, SECOND) == set()
    write_register(home, "decisions", ["101,1,00,可,担当,2026-04-10"], ",".join(DECISIONS))
    assert listed(home, SECOND) == {("101", "0000001", "00")}


CHANGES = {
    "区分が 2 になり、解除日が消えた": replace(RETURNED, cancel_kind=2, cancelled_on=None),
    "区分だけ空欄": replace(RETURNED, cancel_kind=None),
    "区分が空欄で日付もない": never_linked(),
    "状態だけ 1": replace(RETURNED, state=1),
    "状態が 1 で日付が消えた": Person(state=1, cancel_kind=3, certificate_flag=0),
    "別の日の失効": replace(RETURNED, cancel_kind=2, cancelled_on=date(2026, 1, 10)),
}


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES)
def test_a_returned_card_stays_off_whatever_the_next_file_says(home, changed):
    load_month(home, FIRST, [RETURNED])
    load_month(home, SECOND, [changed])
    load_month(home, THIRD, [changed])
    assert listed(home, SECOND) | listed(home, THIRD) == set()


def test_a_registration_after_the_return_ends_it(home):
    load_month(home, FIRST, [RETURNED])
    load_month(home, SECOND, [replace(RETURNED, state=1, registered_on=AGAIN)])
    assert listed(home, SECOND) == {RETURNED.on_file}, (
        "返納のあとで登録し直した人には、証明書の更新を勧める"
    )


# 記号の付けかえ ----------------------------------------------------------------------------------


def renumber(
    home: Home,
    employer: str,
    old: str,
    *new: str,
    last: str = "2026-02-28",
    first: str = "2026-03-01",
) -> None:
    """事業所の記号を、ある日から付けかえる。"""
    path = home.params / "employers" / f"{employer}.yaml"
    text = path.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if f'symbol: "{old}"' in line)
    indent = line[: line.index("-")]
    since = "2020-04-01"
    rows = [f'{indent}- {{symbol: "{old}", from: {since}, to: {last}}}']
    rows += [f'{indent}- {{symbol: "{each}", from: {first}}}' for each in new]
    path.write_text(text.replace(line, "\n".join(rows)), encoding="utf-8")


def test_the_newest_decision_counts_under_whichever_symbol_it_was_written(home):
    facts = Person(registered_on=DAY)
    for month, symbol in ((FIRST, "101"), (SECOND, "101"), (THIRD, "151")):
        load_month(home, month, [replace(facts, symbol=symbol)])
    renumber(home, "E01", "101", "151")
    rows = ["101,0012345,00,否,担当,2026-11-21", "151,0012345,00,可,担当,2026-11-22"]
    for verdicts, on_list in ((rows, True), (rows[::-1], True), (rows[:1], False)):
        write_register(home, "decisions", verdicts, ",".join(DECISIONS))
        assert (("151", "0012345", "00") in listed(home, THIRD)) == on_list


BLANK = never_linked()
HISTORIES = {
    "本人の申請が消えた": [own_request(), BLANK],
    "記録が消えた": [registered(), BLANK],
    "本人の申請を見張っている": [own_request(), own_request()],
    "返納を見張っている": [RETURNED, RETURNED],
    "食い違い": [Person(registered_on=DAY), Person(registered_on=DAY)],
}


@pytest.mark.parametrize(
    "before_the_file", [True, False], ids=["取込の前に設定", "取込のあとで設定"]
)
def test_a_memory_follows_a_symbol_that_was_renumbered(home, before_the_file):
    """履歴の違う五人と、覚えのない一人が、みな新しい記号の未登録になる。"""
    for at, month in enumerate((FIRST, SECOND)):
        people = [
            replace(story[at], number=f"000000{who}")
            for who, story in enumerate(HISTORIES.values())
        ]
        load_month(home, month, [*people, registered("0000009")])
    newest = [
        replace(BLANK, symbol="151", number=f"000000{who}") for who in (*range(len(HISTORIES)), 8)
    ]
    path = home.params / "employers" / "E01.yaml"
    text = path.read_text(encoding="utf-8")
    if not before_the_file:  # 新しい記号を足しただけで取り込み、あとから、前の記号を終える
        line = next(line for line in text.splitlines() if 'symbol: "101"' in line)
        path.write_text(
            text.replace(line, f"{line}\n{line.replace('101', '151')}"), encoding="utf-8"
        )
        load_month(home, THIRD, newest)
        path.write_text(text, encoding="utf-8")
    renumber(home, "E01", "101", "151")
    if before_the_file:
        load_month(home, THIRD, newest)
    assert listed(home, THIRD) == {("151", "0000008", "00")}


@pytest.mark.parametrize(
    ("new", "first", "held"),
    [
        (("151",), "2026-03-01", True),
        (("151", "152"), "2026-03-01", True),  # 二つに分かれた
        (("151",), "2026-03-15", True),  # 月の途中から
        (("151",), "2026-02-15", True),  # ひと月は、どちらも使える
    ],
)
def test_every_way_a_symbol_is_handed_on_is_followed(home, new, first, held):
    load_month(home, FIRST, [own_request()])
    load_month(home, SECOND, [BLANK])
    renumber(home, "E01", "101", *new, first=first)
    load_month(home, THIRD, [replace(BLANK, symbol=new[-1])])
    assert (listed(home, THIRD) == set()) == held


def test_what_was_registered_under_the_new_symbol_is_free_again(home):
    load_month(home, FIRST, [own_request()])
    renumber(home, "E01", "101", "151", last="2026-01-31", first="2026-02-01")
    load_month(home, SECOND, [registered(symbol="151")])
    load_month(home, THIRD, [lapsed(symbol="151")])
    assert listed(home, THIRD) == {("151", "0012345", "00")}


def test_registers_and_decisions_follow_the_symbol_too(home):
    load_month(
        home, SECOND, [replace(BLANK, number=f"000000{at}") for at in range(1, 5)], on="2026-03-05"
    )
    write_register(home, "optout", ["101,1,00,20260201"])
    write_register(home, "pending_cancellation", ["101,2,00,20260201"])
    write_register(home, "decisions", ["101,3,00,否,担当,2026-03-06"], ",".join(DECISIONS))
    renumber(home, "E01", "101", "151")
    load_month(
        home, THIRD, [replace(BLANK, symbol="151", number=f"000000{at}") for at in range(1, 5)]
    )
    overlays = read_overlays(home, params_of(home), kept_months(home))
    assert overlays.unanswered == ()
    assert listed(home, THIRD) == {("151", "0000004", "00")}


def test_a_symbol_of_another_employer_is_not_followed(home):
    load_month(home, SECOND, [own_request(), registered("0000009")])
    load_month(home, THIRD, [replace(BLANK, symbol="102"), registered("0000009")])
    assert listed(home, THIRD) == {("102", "0012345", "00")}


def end_symbol(home: Home, employer: str, line: str = "") -> None:
    """事業所の記号（102）を 2026-02-28 で終える。line は、その下に足す行。"""
    path = home.params / "employers" / f"{employer}.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("from: 2020-04-01}", "from: 2020-04-01, to: 2026-02-28}" + line, 1)
    path.write_text(text, encoding="utf-8")


def begin_symbol(home: Home, employer: str, symbol: str) -> None:
    path = home.params / "employers" / f"{employer}.yaml"
    text = path.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if "  - {symbol:" in line)
    more = f'  - {{symbol: "{symbol}", from: 2026-03-01}}'
    path.write_text(text.replace(line, f"{line}\n{more}", 1), encoding="utf-8")


STAYS = '\n  - {symbol: "162", from: 2020-04-01}'
MERGED = {
    "新しい記号へ、同じ番号で": ("", replace(BLANK, symbol="151"), True),
    "前からある記号へ、同じ番号で": ("", replace(BLANK, symbol="101"), True),
    "新しい記号へ、新しい番号で": ("", never_linked("0077777", symbol="151"), True),
    "ほかの事業所へ": ("", replace(BLANK, symbol="103"), True),
    "事業所の一部だけ、同じ番号で": (STAYS, replace(BLANK, symbol="151"), True),
    "事業所の一部だけ、ほかの番号": (STAYS, never_linked("0077777", symbol="151"), False),
    "枝番が違う": ("", replace(BLANK, symbol="151", branch="01"), False),
}


@pytest.mark.parametrize("history", ["本人の申請が消えた", "返納を見張っている"])
@pytest.mark.parametrize(("more", "moved", "held"), MERGED.values(), ids=MERGED)
def test_who_is_kept_back_stays_off_when_employers_merge(home, history, more, moved, held):
    """E02 の記号が終わり、その人たちは E01 などに移った。"""
    others = [registered("0000009"), lapsed("0000008", symbol="103")]
    for month, person in zip((FIRST, SECOND), HISTORIES[history], strict=True):
        load_month(home, month, [replace(person, symbol="102"), *others])
    end_symbol(home, "E02", more)
    begin_symbol(home, "E01", "151")
    load_month(home, THIRD, [moved, *others])
    on_lists = listed(home, THIRD)
    assert (moved.on_file not in on_lists, others[1].on_file in on_lists) == (held, True)
    assert bool(departures_said(home)) == held


# 三か月のあいだ、決して ----------------------------------------------------------------------------

WANTED = never_linked()  # 名簿になければ、リストに載る人
WAITING = replace(own_request(), state=1, certificate_flag=0)  # 要確認
GUARDED = {
    "本人の申請": own_request(),
    "返納": RETURNED,
    "要確認": WAITING,
    "判断が否": WAITING,
    "不同意": WANTED,
    "解除の申請": WANTED,
    "連絡しない": WANTED,
}
"""守られる人の、はじめの月の行。"""
ON_REGISTER = {
    "不同意": "optout",
    "解除の申請": "pending_cancellation",
    "連絡しない": "never_contact",
}
FIELDS = ("state", "registered_on", "cancelled_on", "cancel_kind", "certificate_flag")


def spoilt(person: Person) -> list[Person | None]:
    """そのままの行、一つの欄が空になった行、二つの欄が入れかわった行。"""
    blank = [replace(person, **{field: None}) for field in FIELDS[1:]]
    dates = replace(person, registered_on=person.cancelled_on, cancelled_on=person.registered_on)
    codes = replace(person, state=person.certificate_flag, certificate_flag=person.state)
    kinds = replace(person, cancel_kind=person.certificate_flag, certificate_flag=0)
    return [person, *blank, dates, codes, kinds]


Story = tuple[str, list[Person | None]]


def stories(symbol: str, gone: bool) -> list[Story]:
    """守られるわけと、三か月の行。gone なら、次の月には、いないか、コードの外の値で隔離された。おわりの月には、勧奨の要る人に見える（symbol は、その記号）。"""
    told = [
        (why, [first, second, replace(third, symbol=symbol)])
        for why, first in GUARDED.items()
        for second in ([None] if gone else spoilt(first))
        for third in (
            never_linked(),
            lapsed(),
            replace(lapsed(), cancelled_on=date(2026, 1, 10)),
            first,
        )
    ]
    return [
        (why, [row and replace(row, number=f"{at:07}") for row in rows])
        for at, (why, rows) in enumerate(told, 1)
    ]


def write_guards(home: Home, told: list[Story]) -> None:
    for why, name in ON_REGISTER.items():
        keys = [f"101,{rows[0].number},00,20260105" for each, rows in told if each == why]
        write_register(home, name, keys)
    refused = [
        f"101,{rows[0].number},00,否,担当,2026-02-06" for why, rows in told if why == "判断が否"
    ]
    write_register(home, "decisions", refused, ",".join(DECISIONS))


@pytest.mark.parametrize("gone", [False, True], ids=["変わった", "いなくて、戻った"])
@pytest.mark.parametrize("symbol", ["101", "151"], ids=["同じ記号", "記号が変わった"])
def test_nobody_guarded_is_on_a_list_over_three_months_whatever_becomes_of_the_row(
    home, symbol, gone
):
    """守られない一人だけが載る。名簿の人がいなくなった月は、だれも載らない。"""
    told = stories(symbol, gone)
    write_guards(home, told)
    if symbol != "101":
        renumber(home, "E01", "101", symbol)
    for at, month in enumerate((FIRST, SECOND, THIRD)):
        control = lapsed("0090000", symbol=symbol if month == THIRD else "101")
        rows = [rows[at] for _, rows in told if rows[at]]
        load_month(home, month, [*rows, control], on=f"{Month.parse(month).plus(1)}-05")
        stopped = gone and month == SECOND
        assert listed(home, month) == (set() if stopped else {control.on_file})


@pytest.mark.parametrize("order", [*permutations(WITHHELD)], ids="-".join)
def test_overlays_in_every_order_withhold_the_same_people_for_the_same_reason(mutated, order):
    home, told = mutated
    rng = random.Random(15)
    written = {(reason, rng.choice(told)[0].key) for reason in WITHHELD for _ in range(100)}
    holds = [Hold(*each) for reason in order for each in sorted(written) if each[0] == reason]
    with Lens(kept_months(home)[-1:], params_of(home), holds) as lens:
        rows = select(lens, "from person where withheld_by is not null")
    seen = {
        (row.symbol, row.number.lstrip("0"), row.branch): row.withheld_by
        for row in rows.itertuples()
    }
    first = {key: each for each in reversed(WITHHELD) for reason, key in written if reason == each}
    assert seen == first
    assert not {*rows.action} & REMIND


TRANSFERRED = {"答えがない": ("", False), "転籍と書いた": (",,転籍,102,0000777,00", True)}


@pytest.mark.parametrize(("answer", "made"), TRANSFERRED.values(), ids=TRANSFERRED)
def test_an_objector_who_transfers_is_on_no_list_of_the_new_employer(home, answer, made):
    """番号も変わる。答えのないあいだは、だれのリストも作らない。答えたあとは、新しい事業所でも、いつまでも載らない。"""
    header = f"{HEADER},撤回日,処理,新記号,新番号,新枝番"
    write_register(home, "optout", [f"101,0012345,00,20260105{answer or ',,,,,'}"], header)
    load_month(home, FIRST, [never_linked(), never_linked("0000009", symbol="102")])
    moved = never_linked("0000777", symbol="102")
    for month in (SECOND, THIRD):
        load_month(home, month, [moved, never_linked("0000009", symbol="102")])
        assert listed(home, month) == ({("102", "0000009", "00")} if made else set())


# 番号の変化 --------------------------------------------------------------------------------------

NEW_NUMBER = "0077777"
NUMBER_CHANGES = {
    "記録が空": ([own_request()], [never_linked(NEW_NUMBER)], True),
    "区分だけ残り、日付が空": (
        [own_request()],
        [Person(NEW_NUMBER, cancel_kind=2, certificate_flag=0)],
        True,
    ),
    "日付は同じで、区分が変わった": (
        [own_request()],
        [replace(own_request(), number=NEW_NUMBER, cancel_kind=2)],
        True,
    ),
    "返納の人": ([RETURNED], [never_linked(NEW_NUMBER)], True),
    "もう控えている人": ([registered(), BLANK], [never_linked(NEW_NUMBER)], True),
    "ほかの事業所へ、日付は同じまま": (
        [own_request()],
        [replace(own_request(), number=NEW_NUMBER, symbol="102", cancel_kind=2)],
        True,
    ),
    "二度変わった": ([own_request()], [never_linked("0066666"), never_linked(NEW_NUMBER)], True),
    "枝番が違う": ([own_request()], [never_linked(NEW_NUMBER, branch="01")], False),
    "ほかの事業所で、記録も空": ([own_request()], [never_linked(NEW_NUMBER, symbol="102")], False),
    "覚えのない人がいなくなった": ([registered()], [never_linked(NEW_NUMBER)], False),
}


@pytest.mark.parametrize(("was", "now", "held"), NUMBER_CHANGES.values(), ids=NUMBER_CHANGES)
def test_who_may_be_a_remembered_person_under_a_new_number_is_held(home, was, now, held):
    story = [*was, *now]
    for at, person in enumerate(story):
        load_month(
            home,
            str(Month(2026, 1).plus(at)),
            [person, registered("0000009"), lapsed("0000008", symbol="103")],
        )
    newest = str(Month(2026, 1).plus(len(story) - 1))
    assert (now[-1].on_file not in listed(home, newest)) == held
    assert ("103", "0000008", "00") in listed(home, newest), "ほかの人のリストは、止まらない"
    assert bool(departures_said(home)) == held


def departures_said(home: Home) -> list[str]:
    checked = check_home(home)
    assert checked.errors == ()
    return [str(problem) for problem in checked.warnings if "退職" in str(problem)]


def vanish(home: Home) -> None:
    load_month(home, FIRST, [registered("0000009"), own_request()])
    load_month(home, SECOND, [registered("0000009"), never_linked(NEW_NUMBER)])


@pytest.mark.parametrize("answer", ["一人ずつ", "月ごと"])
def test_the_line_that_check_prints_frees_whoever_was_held(home, answer):
    vanish(home)
    (said,) = departures_said(home)
    assert "2026年1月の原本の 3 行目" in said
    assert "12345" not in said
    if answer == "一人ずつ":
        assert "「その人の記号,番号,枝番,退職,判断者,判断日」" in said
        write_register(
            home, "decisions", ["101,0012345,00,退職,担当,2026-03-06"], ",".join(DECISIONS)
        )
    else:
        line = said[said.index("leavers_confirmed") : said.index("」と書くと")]
        path = home.params / "society.yaml"
        path.write_text(
            "\n".join(
                line if each.startswith("leavers_confirmed:") else each
                for each in path.read_text(encoding="utf-8").split("\n")
            ),
            encoding="utf-8",
        )
    assert listed(home, SECOND) == {("101", NEW_NUMBER, "00")}
    assert departures_said(home) == []


@pytest.mark.parametrize(("decided", "held"), [("2026-03-06", True), ("2026-05-02", False)])
def test_who_came_back_and_vanished_again_is_answered_anew(home, decided, held):
    """二月にいなくなり、三月に戻り、四月にまたいなくなった人。三月の「退職」は、四月のことへの答えではない。"""
    vanish(home)
    load_month(home, THIRD, [registered("0000009"), own_request()])
    load_month(home, "2026-04", [registered("0000009"), never_linked("0066666")])
    row = f"101,0012345,00,退職,担当,{decided}"
    write_register(home, "decisions", [row], ",".join(DECISIONS))
    assert listed(home, "2026-04") == (set() if held else {("101", "0066666", "00")})
    assert bool(departures_said(home)) == held


def test_who_comes_back_under_the_old_number_was_nobody_else(home):
    vanish(home)
    load_month(home, THIRD, [registered("0000009"), own_request(), never_linked(NEW_NUMBER)])
    assert listed(home, SECOND) == set()
    assert listed(home, THIRD) == {("101", NEW_NUMBER, "00")}


def test_a_leaver_alone_stops_nothing(home):
    load_month(home, FIRST, [own_request(), never_linked("0000009")])
    load_month(home, SECOND, [never_linked("0000009")])
    assert listed(home, SECOND) == {("101", "0000009", "00")}
    assert departures_said(home) == []


def test_a_joiner_who_is_registered_is_no_suspect(home):
    load_month(home, FIRST, [own_request()])
    load_month(home, SECOND, [registered(NEW_NUMBER)])
    load_month(home, THIRD, [lapsed(NEW_NUMBER)])
    assert listed(home, THIRD) == {("101", NEW_NUMBER, "00")}


# 古い記憶、書きかえた記憶 ------------------------------------------------------------------------


def spoil_old(home: Home, older: bytes) -> None:
    home.kept_back.write_bytes(older)


def spoil_row(home: Home, _: bytes) -> None:
    write_table(home.kept_back, read_table(home.kept_back).iloc[1:])


def spoil_until(home: Home, _: bytes) -> None:
    write_table(home.kept_back, read_table(home.kept_back).assign(until=SECOND))


SPOILED = {
    "古い写し": spoil_old,
    "一行ない": spoil_row,
    "閉じたことにした": spoil_until,
    "空": lambda home, _: home.kept_back.write_bytes(b""),
    "消えた": lambda home, _: home.kept_back.unlink(),
}


def three_months(home: Home) -> bytes:
    """本人の申請が消えた人が二人。はじめの月のあとの記憶を返す。"""
    load_month(home, FIRST, [own_request("0000001"), own_request("0000002")])
    older = home.kept_back.read_bytes()
    load_month(home, SECOND, [never_linked("0000001"), own_request("0000002")])
    load_month(home, THIRD, [never_linked("0000001"), never_linked("0000002")])
    return older


@pytest.fixture(scope="module")
def remembered(tmp_path_factory) -> tuple[Home, bytes]:
    home = make_home(tmp_path_factory.mktemp("remembered") / "home")
    return home, three_months(home)


@pytest.fixture
def copied(remembered, tmp_path) -> tuple[Home, bytes]:
    """三か月の置き場所の写しと、はじめの月のあとの記憶。"""
    home, older = remembered
    return Home(shutil.copytree(home.root, tmp_path / "copy")), older


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_a_memory_that_is_not_the_last_one_written_is_made_again_from_the_months(copied, spoil):
    home, older = copied
    right = home.kept_back.read_bytes()
    spoil(home, older)
    try:
        assert listed(home, THIRD) == set(), "直す前に読んでも、だれも載らない"
    except MynaError as stopped:
        assert stopped.code == "KEPT_BACK_UNREADABLE"
    settle(home, params=params_of(home))
    assert home.kept_back.read_bytes() == right
    assert listed(home, THIRD) == set()
    assert check_home(home).errors == ()


def purge(home: Home, month: str) -> None:
    shutil.rmtree(home.months / month)
    Ledger(home.ledger).append("purged", ingested=[month])


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_after_a_purge_only_the_memory_that_saw_the_purged_months_counts(copied, spoil):
    home, older = copied
    right = home.kept_back.read_bytes()
    purge(home, FIRST)
    purge(home, SECOND)
    settle(home, params=params_of(home))
    spoil(home, older)
    with pytest.raises(MynaError) as stopped:
        settle(home, params=params_of(home))
    assert stopped.value.code == "KEPT_BACK_UNREADABLE"
    with pytest.raises(MynaError):
        listed(home, THIRD)
    assert any("kept_back" in str(problem) for problem in check_home(home).errors)
    home.kept_back.write_bytes(right)  # バックアップから戻す
    settle(home, params=params_of(home))
    assert listed(home, THIRD) == set()


def test_an_older_memory_that_saw_every_purged_month_is_brought_up_to_date(home):
    load_month(home, FIRST, [own_request("0000001")])
    load_month(home, SECOND, [own_request("0000001")])
    older = home.kept_back.read_bytes()
    purge(home, FIRST)
    load_month(home, THIRD, [never_linked("0000001")])
    home.kept_back.write_bytes(older)
    settle(home, params=params_of(home))
    assert listed(home, THIRD) == set()


@settings(max_examples=5, deadline=None)
@given(share=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_no_byte_of_the_memory_can_be_changed_unseen(remembered, share, flip):
    whole, _ = remembered
    right = whole.kept_back.read_bytes()
    at = int(share * len(right))
    whole.kept_back.write_bytes(right[:at] + bytes([right[at] ^ flip]) + right[at + 1 :])
    settle(whole, params=params_of(whole))
    assert whole.kept_back.read_bytes() == right


# 公開まで ----------------------------------------------------------------------------------------


def test_a_society_that_renumbers_all_its_symbols_publishes_the_same_day(small):
    """名簿も記憶もそのままで、全ての記号が変わった月を取り込み、その日に公開する。リストは出来、控える人は載らない。"""
    lines = everybody()
    objector, remembered = lines[2], lines[8]  # どちらも E01 の未登録の人
    small.object_to(",".join(objector.split(",")[:3]))
    cancelled = ",".join([*remembered.split(",")[:3], "0", "20240401", "20260801", "1", "1"])
    small.ingest(
        MONTHS[0], [cancelled if line == remembered else line for line in lines], replace=True
    )
    renamed = {"101": "151", "102": "152", "103": "153", "120": "170"}
    for employer, old in (("E01", "101"), ("E02", "102"), ("E03", "103"), ("KENPO", "120")):
        renumber(small.home, employer, old, renamed[old], last="2026-09-30", first="2026-10-01")
    newest = [",".join([renamed.get(line[:3], line[:3]), *line.split(",")[1:]]) for line in lines]
    small.ingest(MONTHS[1], newest, replace=True)
    assert small.publish().outcome == "released"
    assert (small.release / "employers" / "E01" / "reminders_E01_2026-10.xlsx").is_file()
    listed_people = set(
        open_publication(small.home, small.params, MONTHS[1])
        .opened.listed[["number", "branch"]]
        .itertuples(index=False, name=None)
    )
    assert listed_people
    assert not listed_people & {tuple(line.split(",")[1:3]) for line in (objector, remembered)}
