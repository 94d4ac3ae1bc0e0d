"""月は全部あるか全くないか。窓は、判定表と名簿のとおりに見せ、月のほかは何も見せない。"""

import ast
import errno
import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from datetime import date
from itertools import product
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from months import (
    REGISTERS,
    ROOT,
    Person,
    facts_of,
    load_month,
    make_home,
    month_of,
    never_linked,
    original_of,
    own_request,
    params_of,
    persons,
    put_month,
    registered,
    select,
    slow_status,
    stage,
    write_register,
)
from societies import employer_of

from mynalib.domain.classification import LINK_ACTIONS, RENEW_ACTIONS, WITHHELD
from mynalib.domain.employers import FOLD_FROM, fold_symbol
from mynalib.domain.errors import MynaError, Refused
from mynalib.history import clock, files, lens
from mynalib.history.contradictions import memory_holds
from mynalib.history.cubes import CUBE_COLUMNS, UnknownSymbol, cube
from mynalib.history.files import DiskFull, NotWritable, writing
from mynalib.history.holds import Hold, register_holds
from mynalib.history.home import Home, NoHome, find_home
from mynalib.history.lens import Lens
from mynalib.history.months import (
    MonthDamaged,
    UnknownMonth,
    keep,
    kept_month,
    kept_months,
    staging,
    verify_month,
)
from mynalib.history.recovery import is_damaged, settle
from mynalib.history.registers import read_registers
from mynalib.history.revisions import revisions
from mynalib.history.tables import write_table
from mynalib.verbs.check import check_home

LONG = bool(os.environ.get("MYNA_LONG"))
MONTH = "2026-06"
END = date(2026, 6, 30)
REMIND = {*LINK_ACTIONS, *RENEW_ACTIONS}
SHARED = {  # 101 を番号で分けあう二つの事業所。ほかの記号は見本のまま
    "E01": ('symbol: "101"', 'symbol: "101", numbers: {from: "1", to: "49"}'),
    "E02": ('symbol: "102"', 'symbol: "１０１", numbers: {from: "50", to: "079"}'),
}


@pytest.fixture
def home(tmp_path):
    return make_home(tmp_path / "home")


@pytest.fixture(scope="module")
def shared_numbers(tmp_path_factory):
    """一つの記号を、番号の範囲で、二つの事業所と、事業所のない人に分けた組合。"""
    shape = make_home(tmp_path_factory.mktemp("shape") / "home").params / "employers"
    texts = {
        name: (shape / f"{name}.yaml").read_text("utf-8").replace(*change)
        for name, change in SHARED.items()
    }
    home = make_home(tmp_path_factory.mktemp("shared") / "home", texts)
    society = home.params / "society.yaml"
    text = society.read_text("utf-8")
    first = '  - {symbol: "901", kind: 任意継続}'
    assert first in text
    more = '\n  - {symbol: "101", numbers: {from: "80", to: "99"}, kind: 任意継続}'
    society.write_text(text.replace(first, first + more), "utf-8")
    return home


def random_person(rng, number, branch):
    days = [None, date(2024, 5, 1), date(2025, 7, 1), END, date(2026, 7, 1)]
    return Person(
        f"{number:0{rng.choice((1, 3, 7))}}",
        rng.choice(["101", "101", "103", "901", "120"]) if number < 100 else "103",
        branch,
        rng.randrange(2),
        rng.choice(days),
        rng.choice(days),
        rng.choice([None, 1, 2, 3]),
        rng.choice([None, 0, 1]),
    )


def random_people(seed):
    rng = random.Random(seed)
    return [
        random_person(rng, number, branch)
        for number in range(1, 200)
        for branch in ("00", "01", "10")
    ]


def slow_person(person, registry, reason):
    """一人の、事業所・本人か・区分・行うこと・控える理由。"""
    status, action = slow_status(person)
    late = max(person.registered_on or END, person.cancelled_on or END) > END
    if action != "never" and (late or reason == "kept_back"):
        action = "review"
    if reason and reason != "kept_back":
        action = "never"
    employer = employer_of(registry, person.symbol, person.number) or "NOEMPLOYER"
    lapsed = person.certificate_flag == 0 and (person.state == 1 or status == "cancelled_by_lapse")
    return employer, person.branch == "00", status, lapsed, action, reason


@pytest.mark.long
@pytest.mark.parametrize("seed", range(40 if LONG else 2))
def test_everybody_is_classified_as_by_hand(shared_numbers, tmp_path, seed):
    home, rng = Home(tmp_path / "home"), random.Random(seed)
    shutil.copytree(shared_numbers.root, home.root)
    people, params = random_people(seed), params_of(home)
    load_month(home, MONTH, people)
    reasons = {person.key: rng.sample(list(WITHHELD), 2) for person in rng.sample(people, 150)}
    holds = [Hold(reason, key) for key, both in reasons.items() for reason in both]
    table = persons(home, MONTH, holds=holds)
    first = {key: min(both, key=list(WITHHELD).index) for key, both in reasons.items()}
    columns = ["employer_id", "insured", "status", "action", "withheld_by"]
    ours = table[columns].astype(object).where(table[columns].notna(), None)
    slow = [
        slow_person(person, params.registry(month_of(MONTH)), first.get(person.key))
        for person in people
    ]
    assert list(ours.itertuples(index=False, name=None)) == [(*row[:3], *row[4:]) for row in slow]
    counted = cube(home, kept_months(home), params, holds)
    assert counted.members.sum() == len(people)
    by_hand = Counter((MONTH, *row[:5], row[5] or "") for row in slow)
    assert {
        tuple(row[:-1]): row[-1] for row in counted[CUBE_COLUMNS].itertuples(index=False, name=None)
    } == by_hand


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20 if LONG else 1))
def test_the_flow_between_two_months_is_the_people_of_both(home, seed):
    before, after = random_people(seed), random_people(seed + 1_000)
    rng = random.Random(seed)
    before, after = ([p for p in people if rng.random() < 0.8] for people in (before, after))
    put_month(home, "2026-05", before)
    put_month(home, MONTH, after)
    with Lens(kept_months(home), params_of(home)) as lens:
        flow = lens.query("flow", before="2026-05", after=MONTH)
    joined, left = flow.status_before.eq(""), flow.status_after.eq("")
    stayed = flow.members[~joined & ~left].sum()
    assert stayed == len({p.key for p in before} & {p.key for p in after})
    assert flow.members[joined].sum() + stayed == len(after)
    assert flow.members[left].sum() + stayed == len(before)
    assert dict(flow.groupby("status_after").members.sum().drop("")) == Counter(
        slow_status(p)[0] for p in after
    )
    assert (joined == flow.employer_before.eq("")).all()


def test_sums_agree_whatever_is_withheld(home):
    people = random_people(7)
    load_month(home, MONTH, people)
    holds = [Hold("optout", person.key) for person in people[::5]]
    counted = cube(home, kept_months(home), params_of(home), holds)
    employers = counted.groupby("employer_id").members.sum()
    assert employers.sum() == counted.groupby("status").members.sum().sum() == len(people)
    assert employers["NOEMPLOYER"] == sum(person.symbol == "901" for person in people)


@pytest.mark.parametrize("winner", range(len(WITHHELD)))
def test_the_first_reason_to_withhold_wins(home, winner):
    load_month(home, MONTH, [never_linked()])
    reasons = list(WITHHELD)[winner:]
    table = persons(
        home, MONTH, holds=[Hold(reason, never_linked().key) for reason in reversed(reasons)]
    )
    assert list(table.withheld_by) == reasons[:1]
    assert list(table.action) == ["review" if reasons[0] == "kept_back" else "never"]


def test_the_order_of_the_overlays_is_the_documented_one():
    assert list(WITHHELD) == ["optout", "pending", "never_contact", "kept_back"]


@pytest.mark.parametrize("reason", WITHHELD)
def test_withholding_never_weakens_an_own_request(home, reason):
    load_month(home, MONTH, [own_request()])
    assert list(persons(home, MONTH, holds=[Hold(reason, own_request().key)]).action) == ["never"]


@pytest.mark.parametrize(
    "days", [("registered_on",), ("cancelled_on",), ("registered_on", "cancelled_on")]
)
def test_a_date_after_the_end_of_the_month_goes_to_review(home, days):
    codes = {"cancel_kind": 2} if "cancelled_on" in days else {"state": 1}
    load_month(
        home,
        MONTH,
        [
            Person(**codes, **dict.fromkeys(days, date(2026, 7, 1))),
            Person("2", **codes, **dict.fromkeys(days, END)),
        ],
    )
    late, timely = persons(home, MONTH).action
    assert late == "review"
    assert (
        timely != "review"
        or slow_status(Person(**codes, **dict.fromkeys(days, END)))[1] == "review"
    )


def test_a_hold_counts_from_its_month_to_the_month_before_its_end(home):
    for month in ("2026-04", "2026-05", MONTH, "2026-07"):
        put_month(home, month, [never_linked()])
    settle(home)
    hold = Hold("kept_back", never_linked().key, month_of("2026-05").end, month_of("2026-07").end)
    held = [
        persons(home, str(kept.month), holds=[hold]).withheld_by.notna().any()
        for kept in kept_months(home)
    ]
    assert held == [False, True, True, False]


def test_a_symbol_lost_from_the_registry_is_shown_and_stops_the_count(home):
    load_month(home, MONTH, [never_linked(symbol="103"), never_linked("2")])
    file = home.params / "employers" / "E03.yaml"
    file.write_text(file.read_text("utf-8").replace('"103"', '"777"'), "utf-8")
    assert list(persons(home, MONTH).employer_id) == ["?", "E01"]
    assert list(persons(home, MONTH).action) == ["review", "link"]
    with pytest.raises(UnknownSymbol) as caught:
        cube(home, kept_months(home), params_of(home), ())
    assert caught.value.code == "UNKNOWN_KIGO"
    assert not home.cubes.exists() or not list(home.cubes.iterdir())


def test_symbols_are_folded_as_the_registry_folds_them(home):
    symbols = ["".join(pair) for pair in product([*FOLD_FROM, *"1東-～①A"], repeat=2)]
    put_month(home, MONTH, [never_linked(symbol=symbol) for symbol in symbols])
    with Lens(kept_months(home)) as lens:
        table = select(lens, "select symbol, symbol_key from member order by line")
    assert list(table.symbol) == symbols
    assert list(table.symbol_key) == [fold_symbol(symbol) for symbol in symbols]


@pytest.fixture(scope="module")
def reused(shared_numbers, tmp_path_factory) -> Home:
    """一つの例ごとに、月も名簿も書きかえる写し。元の shared_numbers は、変わらない。"""
    return Home(
        Path(shutil.copytree(shared_numbers.root, tmp_path_factory.mktemp("reused") / "home"))
    )


KEYS = [
    (number, branch)
    for number in ("1", "02", "0000003", "40", "55", "085")
    for branch in ("00", "01")
]
FACTS = st.builds(
    Person,
    symbol=st.just("101"),
    state=st.sampled_from([0, 0, 1]),
    registered_on=st.sampled_from([None, date(2024, 5, 1)]),
    cancelled_on=st.sampled_from([None, date(2025, 7, 1)]),
    cancel_kind=st.sampled_from([None, None, 1, 2, 3]),
    certificate_flag=st.sampled_from([None, 0, 1]),
)
POPULATION = st.lists(FACTS, min_size=len(KEYS), max_size=len(KEYS)).map(
    lambda people: [
        Person(**{**vars(p), "number": n, "branch": b})
        for p, (n, b) in zip(people, KEYS, strict=True)
    ]
)
WRITTEN = st.lists(
    st.tuples(
        st.sampled_from(REGISTERS),
        st.sampled_from(KEYS),
        st.sampled_from(["", "20270101", "20260501"]),
    )
)


@pytest.mark.long
@given(before=POPULATION, now=POPULATION, written=WRITTEN)
@settings(max_examples=300 if LONG else 8, deadline=None, suppress_health_check=list(HealthCheck))
def test_nobody_who_must_not_be_reminded_is_ever_on_a_list(reused, before, now, written):
    home = reused
    shutil.rmtree(home.months, ignore_errors=True)
    home.ledger.unlink(missing_ok=True)
    home.kept_back.unlink(missing_ok=True)
    for name in REGISTERS:
        rows = [
            f"101,{number.lstrip('0')},{branch},20260401,{day}"
            for to, (number, branch), day in written
            if to == name
        ]
        write_register(
            home, name, rows, "被保険者証記号,被保険者証番号,被保険者証枝番,申出日,撤回日"
        )
    put_month(home, "2026-04", before)
    load_month(home, MONTH, now)
    params = params_of(home)
    entries = read_registers(home, params)
    holds = [*register_holds(entries, END), *memory_holds(home)]
    with Lens([kept_month(home, month_of(MONTH))], params, holds) as lens:
        everyone = lens.query("reminders", month=MONTH)
    lists = {employer: everyone[everyone.employer_id == employer] for employer in ("E01", "E02")}
    held = {("101", n.lstrip("0"), b) for _, (n, b), day in written if day != "20260501"}
    registry, was = params.registry(month_of(MONTH)), {person.key: person for person in before}
    for employer, rows in lists.items():
        expected = {
            (person.number, person.branch, slow_status(person)[1])
            for person in now
            if employer_of(registry, "101", person.number) == employer
            and slow_status(person)[1] in REMIND
            and person.key not in held
            and not contradicts(was[person.key], person)
            and not (watched(was[person.key]) and not registered_again(person))
        }
        assert (
            set(rows[["number", "branch", "action"]].itertuples(index=False, name=None)) == expected
        )
        assert list(rows.columns) == [
            "employer_id",
            "symbol",
            "number",
            "branch",
            "insured",
            "member_kind",
            "action",
        ]
        assert len(rows) == len(expected)


def watched(person) -> bool:
    """一項目が変わっても、勧奨してはならない人（本人の申請、返納、要確認）。"""
    return (person.state == 0 and person.cancel_kind in (1, 3)) or slow_status(person)[
        1
    ] == "review"


def registered_again(person) -> bool:
    """食い違いなく登録された人。"""
    facts = (person.state, person.registered_on is None, person.cancelled_on, person.cancel_kind)
    return facts == (1, False, None, None) and slow_status(person)[1] != "review"


def contradicts(before, now):
    if now.state == 1:
        return False
    empty = (now.cancel_kind, now.registered_on, now.cancelled_on) == (None, None, None)
    traces = before.state == 1 or (
        before.cancel_kind,
        before.registered_on,
        before.cancelled_on,
    ) != (None, None, None)
    vanished = (before.state, before.cancel_kind) == (0, 1) and now.cancel_kind != 1
    same_day = now.cancelled_on is not None and now.cancelled_on == before.cancelled_on
    return vanished or (empty and traces) or (same_day and now.cancel_kind != before.cancel_kind)


def test_a_cube_is_counted_once_until_what_it_comes_from_changes(home):
    load_month(home, "2026-05", [never_linked()])
    load_month(home, MONTH, [never_linked(), registered("2")])
    params, months = params_of(home), kept_months(home)
    first = cube(home, months, params, ())
    files = {path.name: path.stat().st_mtime_ns for path in home.cubes.iterdir()}
    assert cube(home, months, params, ()).equals(first)
    assert {path.name: path.stat().st_mtime_ns for path in home.cubes.iterdir()} == files
    held = cube(home, months, params, [Hold("optout", never_linked().key)])
    assert list(held.withheld_by) == ["optout", "optout", ""]
    assert len(files) == len(list(home.cubes.iterdir())) == 2
    assert not set(files) & {path.name for path in home.cubes.iterdir()}


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"not parquet"], ids=["空", "途中まで", "別のもの"]
)
def test_a_damaged_cube_is_counted_again(home, content):
    load_month(home, MONTH, [never_linked()])
    first = cube(home, kept_months(home), params_of(home), ())
    (file,) = home.cubes.iterdir()
    file.write_bytes(content)
    assert cube(home, kept_months(home), params_of(home), ()).equals(first)


ESCAPES = [
    "select * from read_text('{secret}')",
    "select * from read_csv('{secret}')",
    "select * from read_parquet('{other}')",
    "select * from '{other}'",
    "select * from read_parquet('{months}/*/members.parquet')",
    "select * from glob('{months}/*')",
    "attach '{folder}/new.duckdb' as other",
    "copy member to '{folder}/out.csv'",
    "copy (select 1) to '{own}' (format parquet)",
    "copy (select 1) to '{folder}/{month}/more.parquet' (format parquet)",
    "export database '{folder}/export'",
    "install httpfs",
    "load httpfs",
    "set enable_external_access = true",
    "set allowed_directories = ['/']",
    "set allowed_paths = ['{secret}']",
    "set memory_limit = '90GB'",
    "select * from read_blob('{quarantine}')",
    "select * from frame_in_scope",
]


@pytest.fixture(scope="module")
def two_months(tmp_path_factory):
    home = make_home(tmp_path_factory.mktemp("two") / "home")
    (home.root / "secret.csv").write_text("a\n1\n")
    return (
        home,
        put_month(home, MONTH, [never_linked()]),
        put_month(home, "2026-05", [never_linked("2")]),
    )


@pytest.mark.parametrize("escape", ESCAPES)
def test_the_lens_shows_nothing_but_its_months(two_months, escape):
    home, own, other = two_months
    secret = home.root / "secret.csv"
    frame_in_scope = persons  # noqa: F841 窓から、この名が見えてはならない
    places = {
        "secret": secret,
        "other": other.members,
        "own": own.members,
        "quarantine": own.quarantine,
    }
    text = escape.format(months=home.months, folder=home.months, month=MONTH, **places)
    before = {path: path.stat().st_mtime_ns for path in home.root.rglob("*")}
    with Lens([own]) as lens:
        with pytest.raises(duckdb.Error):
            select(lens, text)
        lens.put("asked", pd.DataFrame({"number_key": ["12345", "12346"]}))
        assert list(lens.query("keys_asked").number_key) == ["12345"]
    assert {path: path.stat().st_mtime_ns for path in home.root.rglob("*")} == before


@pytest.mark.parametrize(
    "value", ["E01' or 1=1 --", "' union select * from member --", "E01\0", "%"]
)
def test_a_parameter_is_a_value_and_never_sql(two_months, value):
    home, own, _ = two_months
    with Lens([own], params_of(home)) as lens:
        assert lens.query("reminders", month=value).empty
        assert len(lens.query("reminders", month=MONTH)) == 1


def test_no_sql_is_built_from_text():
    """DuckDB に渡す文は、定まった文字か、.sql のファイルだけ。"""
    for path in (ROOT / "mynalib" / "history").rglob("*.py"):
        for call in (
            node
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Call)
        ):
            if getattr(call.func, "attr", "") in {
                "execute",
                "executemany",
                "sql",
                "query",
                "filter",
                "project",
            }:
                text = call.args[0]
                fixed = isinstance(text, ast.Constant | ast.Name)
                from_file = isinstance(text, ast.Call) and getattr(text.func, "id", "") == "sql"
                assert fixed or from_file, f"{path.name} {call.lineno} 行目"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "mynalib" / "history" / "sql").glob("*.sql")), ids=lambda p: p.stem
)
def test_every_query_says_what_it_means_and_is_used(path):
    assert path.read_text("utf-8").startswith("-- ")
    sources = "".join(p.read_text("utf-8") for p in (ROOT / "mynalib").rglob("*.py"))
    assert f'"{path.stem}"' in sources


@pytest.mark.parametrize("name", ["家 [x] 'q", "a*b?", "ふつう"])
def test_a_home_may_be_called_anything(tmp_path, name):
    home = make_home(tmp_path / name)
    load_month(home, MONTH, [own_request()])
    load_month(home, "2026-07", [never_linked()])
    assert list(persons(home, "2026-07").action) == ["review"]
    assert len(cube(home, kept_months(home), params_of(home), ())) == 2


def test_a_home_may_be_reached_through_a_link(tmp_path):
    home = make_home(tmp_path / "real")
    load_month(home, MONTH, [never_linked()])
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert list(persons(Home(tmp_path / "link"), MONTH).action) == ["link"]


def test_asking_one_month_opens_one_file(home):
    for month in ("2026-04", "2026-05", MONTH):
        put_month(home, month, [never_linked()])
    with Lens(kept_months(home), params_of(home)) as lens:
        plan = lens.answer(f"explain analyze from person where month = '{MONTH}'")
    [plan] = plan.explain_value
    assert "Scanning Files: 1/3" in plan


def test_what_spills_lies_in_the_home_and_goes_with_the_next_load(home):
    put_month(home, MONTH, [never_linked()])
    with Lens(kept_months(home)) as lens:
        spill = Path(select(lens, "select current_setting('temp_directory') as place").place[0])
    assert spill.parent == home.months
    spill.mkdir()
    (spill / "left").touch()
    staging(home)
    assert spill.exists(), "動いているプロセスのもの"
    dead = spill.rename(spill.with_name(spill.name.replace(str(os.getpid()), "99999999", 1)))
    staging(home)
    assert not dead.exists()


def spoil(path: Path, how: str) -> None:
    path.chmod(0o600)
    raw = path.read_bytes()
    middle = len(raw) // 2
    contents = {"空": b"", "途中まで": raw[:middle], "別のもの": b"0012345,00\n" * 50}
    contents["一ビット"] = raw[:middle] + bytes([raw[middle] ^ 1]) + raw[middle + 1 :]
    path.write_bytes(contents[how]) if how in contents else path.unlink()


@pytest.mark.parametrize("how", ["空", "途中まで", "別のもの", "無い"])
def test_a_damaged_month_is_named_without_quoting_it(home, how):
    load_month(home, "2026-05", [never_linked()])
    load_month(home, MONTH, [never_linked()])
    params, kept = params_of(home), kept_month(home, month_of(MONTH))
    spoil(kept.members, how)
    with pytest.raises(MonthDamaged) as caught, Lens(kept_months(home), params) as lens:
        lens.query("cube")
    assert caught.value.where == "2026-06/members.parquet"
    assert "12345" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "statement", ["selec 1", "select nothing from member", "select * from no_such_table"]
)
def test_a_mistake_in_our_own_question_is_not_called_a_damaged_month(home, monkeypatch, statement):
    load_month(home, MONTH, [never_linked()])
    with Lens(kept_months(home), params_of(home)) as opened:
        monkeypatch.setattr(lens, "sql", lambda _: statement)
        with pytest.raises(MynaError) as caught:
            opened.query("cube")
    assert not isinstance(caught.value, MonthDamaged) and "開発元に知らせて" in caught.value.fix


@pytest.mark.parametrize("how", ["空", "途中まで", "一ビット", "別のもの", "無い"])
@pytest.mark.parametrize("name", ["members.parquet", "quarantine.parquet"])
def test_every_damage_is_found_before_it_is_counted(home, name, how):
    load_month(home, MONTH, [never_linked()])
    kept = kept_month(home, month_of(MONTH))
    spoil(kept.folder / name, how)
    for step in (lambda: verify_month(kept), lambda: cube(home, [kept], params_of(home), ())):
        with pytest.raises(MonthDamaged):
            step()
    assert is_damaged(home, month_of(MONTH))
    assert [problem.where for problem in check_home(home).errors] == [f"{MONTH}/{name}"]


def test_a_month_rewritten_with_its_hashes_is_not_what_the_ledger_says(home):
    kept = load_month(home, MONTH, [never_linked()])
    shutil.rmtree(kept.folder)
    put_month(home, MONTH, [registered()])
    with pytest.raises(MonthDamaged):
        settle(home)
    assert is_damaged(home, month_of(MONTH))
    assert check_home(home).errors


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"month": "2026-05", "files": {}}', '{"month": "2026-06"}']
)
def test_a_damaged_intake_record_is_a_damaged_month(home, content):
    kept = load_month(home, MONTH, [never_linked()])
    (kept.folder / "intake.json").chmod(0o600)
    (kept.folder / "intake.json").write_text(content)
    with pytest.raises(MonthDamaged):
        kept_months(home)
    assert is_damaged(home, month_of(MONTH))
    assert kept_months(home, leaving_out=month_of(MONTH)) == []


def test_a_month_that_was_never_loaded_is_unknown_and_not_damaged(home):
    with pytest.raises(UnknownMonth):
        kept_month(home, month_of(MONTH))
    assert not is_damaged(home, month_of(MONTH))


def test_the_newest_revision_is_the_month(home):
    for number in range(1, 12):
        put_month(home, MONTH, [never_linked(str(number))])
    folders = [path.name for path in revisions(home.months)[month_of(MONTH)]]
    assert folders == [MONTH, *(f"{MONTH}-r{number}" for number in range(2, 12))]
    settle(home)
    assert list(persons(home, MONTH).number) == ["11"]


def test_only_months_are_months(home):
    put_month(home, MONTH, [never_linked()])
    for name in (
        "2026-13",
        "2026-00",
        "2026-06-r1",
        "2026-06-r02",
        "2026-06 のコピー",
        "backup",
        ".incoming",
    ):
        (home.months / name).mkdir(exist_ok=True)
    (home.months / "2026-07").write_text("ファイル")
    assert [kept.folder.name for kept in kept_months(home)] == [MONTH]


def test_a_month_is_never_put_over_something_else(home):
    home.months.mkdir(parents=True)
    (home.months / MONTH).write_text("ファイル")
    with pytest.raises(NotWritable), home.locked():
        put_month(home, MONTH, [never_linked()])
    assert (home.months / MONTH).read_text() == "ファイル"


def test_what_is_put_can_only_be_read(home):
    kept = put_month(home, MONTH, [never_linked()])
    files = [*kept.folder.iterdir(), *home.originals.iterdir()]
    assert len(files) == 4
    assert all(path.stat().st_mode & 0o222 == 0 for path in files)


@pytest.mark.parametrize("left", [None, b"part"], ids=["残りなし", "残りあり"])
@pytest.mark.parametrize(
    "existing", [None, "same", b"spoilt"], ids=["なし", "同じもの", "壊れたもの"]
)
def test_the_original_is_kept_whatever_was_left_there(home, existing, left):
    people = [never_linked()]
    original = original_of(home, MONTH, people)
    facts = facts_of(people, original)
    target = home.originals / f"{MONTH}-{facts['sha256'][:12]}.csv"
    home.originals.mkdir(parents=True)
    for path, content in (
        (target, original.read_bytes() if existing == "same" else existing),
        (target.with_suffix(".part"), left),
    ):
        if content is not None:
            path.write_bytes(content)
            path.chmod(0o400)
    keep(home, month_of(MONTH), stage(home, people), original, facts)
    assert target.read_bytes() == original.read_bytes()


def test_an_original_that_changed_since_it_was_read_is_refused(home):
    people = [never_linked()]
    original = original_of(home, MONTH, people)
    facts = facts_of(people, original)
    original.write_text("書きかけ")
    with pytest.raises(Refused) as caught:
        keep(home, month_of(MONTH), stage(home, people), original, facts)
    assert caught.value.code == "TRUNCATED"
    assert kept_months(home) == []
    assert list(home.originals.iterdir()) == []


def test_what_an_interrupted_run_left_is_gone_after_the_next(home):
    load_month(home, "2026-05", [never_linked()])
    stage(home, [never_linked()])
    (home.data / ".kept_back.parquet.123.part").write_bytes(b"half")
    load_month(home, MONTH, [never_linked()])
    assert sorted(path.name for path in home.months.iterdir()) == ["2026-05", MONTH]
    assert list(home.data.glob("*.part")) + list(home.data.glob(".*.part")) == []


@pytest.mark.large
@pytest.mark.long
def test_a_killed_load_leaves_a_month_whole_or_absent(tmp_path, record_property):
    trials = 100 if LONG else 5
    run = subprocess.run(
        [
            sys.executable,
            str(ROOT / "tests" / "support" / "kills.py"),
            str(tmp_path / "home"),
            str(trials),
            "20261031",
        ],
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests' / 'support'}"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    counts = json.loads(run.stdout.splitlines()[-1])
    assert counts["killed"] + counts["finished"] == trials
    assert counts["killed"] > 0
    record_property("kill -9", counts["killed"])


FAILURES = {
    errno.ENOSPC: DiskFull,
    errno.EDQUOT: DiskFull,
    errno.EFBIG: DiskFull,
    errno.EACCES: NotWritable,
    errno.EROFS: NotWritable,
    errno.EIO: NotWritable,
}


CALLS = ("fsync", "rename", "replace", "mkdir", "chmod")


@pytest.mark.large
@pytest.mark.parametrize(
    ("call", "number"),
    [*(("fsync", number) for number in FAILURES), *((call, errno.ENOSPC) for call in CALLS[1:])],
    ids=lambda value: errno.errorcode.get(value, value),
)
def test_a_disk_that_refuses_is_an_error_a_person_can_act_on(home, monkeypatch, call, number):
    load_month(home, "2026-05", [never_linked()])
    before = {path: path.read_bytes() for path in (home.months / "2026-05").iterdir()}
    with monkeypatch.context() as patch, pytest.raises(FAILURES[number]) as caught, home.locked():
        patch.setattr(
            os, call, lambda *_, **__: (_ for _ in ()).throw(OSError(number, "秘密 0012345"))
        )
        load_month(home, MONTH, [never_linked()])
    assert caught.value.code in ("DISK_FULL", "NOT_WRITABLE")
    assert "12345" not in str(caught.value)
    assert {path: path.read_bytes() for path in before} == before
    load_month(home, MONTH, [never_linked()])
    assert check_home(home).errors == ()


@pytest.mark.large
@pytest.mark.skipif(sys.platform == "win32", reason="Windows には、大きさの上限がない")
def test_a_disk_that_fills_up_inside_duckdb_is_disk_full(tmp_path):
    script = """
import resource, sys, pandas as pd
from pathlib import Path
from mynalib.history.files import DiskFull, writing
from mynalib.history.tables import write_table
path = Path(sys.argv[1]) / "members.parquet"
write_table(path, pd.DataFrame({"n": [0]}))
before = path.read_bytes()
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    with writing(path.parent):
        write_table(path, pd.DataFrame({"n": [f"{hash(str(n))}" for n in range(200_000)]}))
except DiskFull as error:
    assert path.read_bytes() == before
    print(error.code)
"""
    run = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert run.stdout == "DISK_FULL\n", run.stderr


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows のフォルダーには、書きこみの禁止がない"
)
def test_a_read_only_home_is_not_writable(home):
    shutil.rmtree(home.data)
    home.root.chmod(0o555)
    try:
        with as_an_ordinary_user(), pytest.raises(NotWritable), home.locked():
            pytest.fail("書けないはず")
    finally:
        home.root.chmod(0o700)


@contextmanager
def as_an_ordinary_user():
    """管理者はどこにでも書けるので、その間だけ、ふつうの人になる。"""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_file_in_place_of_a_folder_is_not_writable(home):
    shutil.rmtree(home.data)
    home.data.write_text("ファイル")
    with pytest.raises(NotWritable) as caught, home.locked():
        pytest.fail("書けないはず")
    assert str(home.data) in caught.value.where


def test_our_own_errors_pass_through_unchanged(home):
    with pytest.raises(UnknownMonth), writing(home.root):
        kept_month(home, month_of(MONTH))


def test_a_table_that_cannot_be_written_leaves_the_old_one(home):
    path = home.data / "table.parquet"
    write_table(path, persons(load(home), MONTH))
    before = path.read_bytes()
    (home.data / f".table.parquet.{os.getpid()}.part").mkdir()
    with pytest.raises(OSError, match=r"^\[Errno"):
        write_table(path, persons(home, MONTH))
    assert path.read_bytes() == before


def load(home):
    load_month(home, MONTH, [never_linked()])
    return home


def test_the_clock_can_be_stopped(monkeypatch):
    monkeypatch.setenv("MYNA_TODAY", "2024-02-29")
    assert clock.today() == date(2024, 2, 29)
    assert clock.now().startswith("2024-02-29T")


@pytest.mark.parametrize("value", ["昨日", "2026-02-30", "2026/10/01"])
def test_a_clock_that_is_no_date_stops(monkeypatch, value):
    monkeypatch.setenv("MYNA_TODAY", value)
    with pytest.raises(clock.BadClock):
        clock.today()


def test_an_unset_clock_runs(monkeypatch):
    monkeypatch.setenv("MYNA_TODAY", "")
    before = date.today()
    assert before <= clock.today() <= date.today(), "真夜中をまたいでも"


def test_a_home_is_found_by_option_then_variable_then_folder(tmp_path, monkeypatch):
    one, two, three = (make_home(tmp_path / name) for name in ("one", "two", "three"))
    monkeypatch.chdir(three.root)
    monkeypatch.delenv("MYNA_HOME", raising=False)
    assert find_home().root == three.root.resolve()
    monkeypatch.setenv("MYNA_HOME", str(two.root))
    assert find_home().root == two.root
    assert find_home(one.root).root == one.root
    with pytest.raises(NoHome):
        find_home(tmp_path)
    monkeypatch.delenv("MYNA_HOME")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoHome):
        find_home()


def test_a_file_placed_under_many_names_is_read_once(tmp_path, monkeypatch):
    for name, content in {"a": b"one", "c": b"two"}.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    paths, read = [tmp_path / name for name in "abc"], []
    expected = [files.sha256(path) for path in paths]
    monkeypatch.setattr(
        files, "sha256", lambda path: read.append(path.name) or expected["abc".index(path.name)]
    )
    assert list(files.sha256_each(paths)) == expected
    assert read == ["a", "c"]
