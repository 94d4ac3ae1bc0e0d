"""資格確認書の係：だれに要り、だれが持ち、何をするかが、届いた行と名簿を一人ずつ見た検算と、ちょうど同じ。"""

import csv
import os
import random
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from lives import load
from months import Person, make_home, params_of, write_register
from openpyxl import load_workbook
from slow_desk import SlowDesk, counted
from societies import HEADER, MONTHS, person

from mynalib.capsules.publication import open_publication
from mynalib.domain.certificates import CERTIFICATE_REASONS, DESK_TASKS
from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month
from mynalib.history.certificates import ISSUED_COLUMNS, WANTED_COLUMNS, read_certificates
from mynalib.history.registers import RegisterUnreadable
from mynalib.insight.display import label
from mynalib.release.desk_check import desk_problems
from mynalib.verbs.ingest_returners import ingest_returners

LONG = bool(os.environ.get("MYNA_LONG"))
ISSUED = ",".join((*ISSUED_COLUMNS, "回収日"))
WANTED = ",".join(WANTED_COLUMNS)
NEWEST = Month.parse("2026-10")
EMPLOYERS = {str(101 + n): f"E{n + 1:02}" for n in range(19)} | {
    "120": "KENPO",
    "901": "NOEMPLOYER",
}


def key_of(symbol: str, number: str, branch: str) -> tuple[str, str, str]:
    return symbol, number.lstrip("0"), branch.zfill(2)


def employer_of(key: tuple[str, str, str]) -> str:
    return EMPLOYERS[key[0]]


def kind_of(key: tuple[str, str, str]) -> str:
    return "本人" if key[2] == "00" else "家族"


def day(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def written(society, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(society.registers[f"{name}.csv"].decode("cp932").splitlines()))


@pytest.fixture(scope="module")
def slow(demo_society) -> SlowDesk:
    """架空の組合の、届いた CSV と名簿から。"""
    bad = set(demo_society.bad_rows[demo_society.bad_rows.month == str(NEWEST)].line)
    lines = enumerate(demo_society.files[NEWEST].split(b"\r\n"), 1)
    rows = [raw.decode("cp932").split(",") for at, raw in lines if at > 1 and raw and at not in bad]
    desk = SlowDesk(
        {key_of(*row[:3]): (row[3], row[6], row[7]) for row in rows}, "2026-10-31", "2027-01-31"
    )
    for row in written(demo_society, "certificates_issued"):
        key = key_of(*(row[name] for name in ISSUED_COLUMNS[:3]))
        back = row["回収日"] != "" and day(row["回収日"]) <= "2026-11-22"
        desk.issued.append((key, day(row["有効期限"]), back))
    for row in written(demo_society, "certificates_wanted"):
        desk.wanted.append((key_of(*(row[name] for name in WANTED_COLUMNS[:3])), row["理由"]))
    truth = demo_society.truth[demo_society.truth.pending]
    desk.asked = {key_of(*row) for row in truth[["symbol", "number", "branch"]].values.tolist()}
    return desk


@pytest.fixture(scope="module")
def desk(demo_release) -> Path:
    return demo_release / "internal" / "desk"


def test_the_count_sheet_equals_a_slow_count_of_the_received_file(slow, desk):
    expected = counted(slow.decided(), employer_of, kind_of)
    [path] = desk.glob("desk_sheet*.csv")
    names = [*CERTIFICATE_REASONS, "people"]
    found = {
        (row["employer_id"], row["member_kind"], name): int(row[name])
        for row in read_csv(path)
        for name in names
    }
    assert len({key[0] for key in found}) == len(read_csv(path)) // 2 == 22
    for key, people in found.items():
        assert people == expected[key], key
    assert sum(people for (code, _, name), people in found.items() if code != "TOTAL") == sum(
        2 * found["TOTAL", kind, "people"] for kind in ("本人", "家族")
    )
    assert all(found["TOTAL", "全員", name] for name in names)


def test_everybody_on_the_desk_has_the_reason_and_the_task_of_the_slow_count(slow, desk):
    [path] = desk.glob("desk_rows*.csv")
    reasons = {text: name for name, text in CERTIFICATE_REASONS.items()} | {"": ""}
    tasks = {text: name for name, text in DESK_TASKS.items()}
    found = {
        key_of(*(row[label(name)] for name in ("symbol", "number", "branch"))): (
            reasons[row[label("certificate_reason")]],
            tasks[row[label("task")]],
            row[label("valid_until")],
        )
        for row in read_csv(path)
    }
    assert found == slow.decided()
    assert {task for _, task, _ in found.values()} == {*DESK_TASKS}


def test_objectors_are_on_the_desk_and_are_not_reached_through_the_employer(demo_society, desk):
    [path] = desk.glob("desk_rows*.csv")
    ways = {
        key_of(*(row[label(name)] for name in ("symbol", "number", "branch"))): row["渡し方"]
        for row in read_csv(path)
        if row[label("certificate_reason")]
    }
    newest = demo_society.truth[demo_society.truth.month == str(NEWEST)]
    keys = {
        mark: {key_of(*row) for row in newest[newest[mark]][["symbol", "number", "branch"]].values}
        for mark in ("opted_out", "never_contact")
    }
    objectors, silent = keys["opted_out"] & {*ways}, keys["never_contact"] & {*ways}
    assert objectors and silent
    assert {ways[key] for key in objectors} <= {"事業所を通さない", "自宅へ送る"}
    assert {ways[key] for key in silent} == {"連絡しない方：届け方を先に確かめる"}


def random_people(rng: random.Random) -> dict[tuple, Person]:
    people = {}
    for at in range(60):
        one = Person(
            f"{rng.choice(['00', ''])}{5000 + at}",
            symbol=rng.choice(["101", "102", "901"]),
            branch=rng.choice(["00", "01"]),
            state=rng.choice([0, 1]),
            registered_on=rng.choice([None, date(2024, 4, 1)]),
            cancelled_on=rng.choice([None, date(2025, 4, 1)]),
            cancel_kind=rng.choice([None, 1, 2, 3]),
            certificate_flag=rng.choice([None, 0, 1]),
        )
        people[one.key] = one
    return people


def random_desk(rng: random.Random, people: dict[tuple, Person]) -> SlowDesk:
    text = {None: ""}
    facts = {
        key: tuple(
            text.get(code, str(code)) for code in (one.state, one.cancel_kind, one.certificate_flag)
        )
        for key, one in people.items()
    }
    keys = [*people, *(("101", str(7000 + at), "00") for at in range(8))]
    ends = ("2026-10-31", "2026-11-01", "2027-01-31", "2027-02-01", "2026-08-31", "2028-03-31")
    return SlowDesk(
        facts,
        "2026-10-31",
        "2027-01-31",
        [(rng.choice(keys), rng.choice(ends), rng.random() < 0.3) for _ in range(50)],
        [(key, rng.choice(["カードなし", "番号未提出", "申請"])) for key in rng.sample(keys, 15)],
        set(rng.sample([*people], 8)),
    )


def in_registers(home, desk: SlowDesk) -> None:
    issued = [
        f"{','.join(key)},20251201,{until},{'20260901' if back else ''}"
        for key, until, back in desk.issued
    ]
    write_register(home, "certificates_issued", issued, ISSUED)
    asked = [f"{','.join(key)},20260901,{reason}" for key, reason in desk.wanted]
    write_register(home, "certificates_wanted", asked, WANTED)
    pending = [f"{','.join(key)},20260901" for key in sorted(desk.asked)]
    write_register(home, "pending_cancellation", pending)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(200 if LONG else 4))
def test_any_society_and_any_registers_give_the_slow_count(tmp_path, seed):
    rng = random.Random(seed)
    people = random_people(rng)
    desk = random_desk(rng, people)
    home = make_home(tmp_path / "home")
    in_registers(home, desk)
    load(home, NEWEST, people)
    rows = open_publication(home, params_of(home), NEWEST).opened.certificates
    found = {
        key_of(row.symbol, row.number, row.branch): (
            row.certificate_reason,
            row.task,
            row.valid_until,
        )
        for row in rows.itertuples()
    }
    assert len(found) == len(rows)
    assert found == desk.decided()
    homes = Counter(zip(rows.symbol, rows.employer_id, strict=True))
    assert all(EMPLOYERS[symbol] == employer for symbol, employer in homes)


def test_a_renumbered_symbol_keeps_its_certificates(tmp_path):
    home = make_home(tmp_path / "home")
    path = home.params / "employers" / "E02.yaml"
    text = path.read_text(encoding="utf-8")
    start = text.index("symbols:")
    end = text.index("\n", text.index("symbol:", start))
    old = '  - {symbol: "102", from: 2020-04-01, to: 2026-09-30}'
    new = '  - {symbol: "202", from: 2026-10-01}'
    path.write_text(f"{text[:start]}symbols:\n{old}\n{new}{text[end:]}", encoding="utf-8")
    write_register(home, "certificates_issued", ["102,5001,00,20251201,20281130,"], ISSUED)
    load(home, NEWEST, [Person("5001", symbol="202")])
    [row] = open_publication(home, params_of(home), NEWEST).opened.certificates.itertuples()
    assert (row.symbol, row.task, row.employer_id) == ("202", "keep", "E02")


def test_who_returned_the_card_by_the_daily_file_needs_a_certificate_before_the_month_says_so(
    small,
):
    file = small.home.inbox / "returners.csv"
    row = person("101", 0, "0,,20261105,3,0")
    file.write_bytes("\r\n".join([HEADER, row, ""]).encode("cp932"))
    ingest_returners(small.home, small.params, file, Month.parse("2026-11"))
    rows = open_publication(small.home, small.params, MONTHS[1]).opened.certificates
    [found] = rows[rows.number == row.split(",")[1]].query("branch == '00'").itertuples()
    assert (found.certificate_reason, found.task) == ("card_returned", "issue")


WRONG = {
    "交付日がない": ("101,1,00,,20271130,", "交付日"),
    "先の交付": ("101,1,00,20270101,20271130,", "先の日付"),
    "期限が交付日": ("101,1,00,20260101,20260101,", "交付日より後"),
    "五年をこえる": ("101,1,00,20260101,20310102,", "5 年をこえ"),
    "うるう日から五年": ("101,1,00,20240229,20290302,", "5 年をこえ"),
    "交付より前に回収": ("101,1,00,20260101,20271130,20251231", "交付日より前"),
    "日付でない": ("101,1,00,20260101,来年,", "日付ではありません"),
    "番号でない": ("101,A1,00,20260101,20271130,", "数字だけ"),
}


@pytest.mark.parametrize(("row", "said"), WRONG.values(), ids=WRONG)
def test_a_row_that_cannot_be_is_refused_with_its_line_and_without_its_value(tmp_path, row, said):
    home = make_home(tmp_path / "home")
    write_register(home, "certificates_issued", ["101,1,00,20240229,20290301,", row], ISSUED)
    write_register(home, "certificates_wanted", ["101,1,00,20260101,頼まれた"], WANTED)
    with pytest.raises(RegisterUnreadable) as stop:
        read_certificates(home, params_of(home))
    first, second = map(str, stop.value.problems)
    assert "certificates_issued.csv 3 行目" in first and said in first
    assert "certificates_wanted.csv 2 行目「理由」" in second and "頼まれた" not in second


def test_a_missing_register_stops_publishing_and_a_society_without_one_has_a_desk(published):
    (published.home.registers / "certificates_issued.csv").unlink()
    with pytest.raises(MynaError) as stop:
        open_publication(published.home, published.params, MONTHS[1])
    assert stop.value.code == "OPTOUT_UNREADABLE"
    settings = published.home.params / "society.yaml"
    lines = settings.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.strip().startswith("certificates_")]
    settings.write_text("".join(kept), encoding="utf-8")
    opened = open_publication(published.home, published.params, MONTHS[1]).opened
    assert {*opened.certificates.task} == {"issue"}


def test_an_entry_of_the_desk_rewrites_no_published_month(published):
    write_register(published.home, "certificates_issued", ["101,1,00,20260101,20271130,"], ISSUED)
    assert published.is_left_alone()


def book_without_a_row(folder: Path) -> None:
    path = folder / "desk.xlsx"
    book = load_workbook(path)
    book[DESK_TASKS["issue"]].delete_rows(5)
    book.save(path)


def a_count_that_is_one_more(folder: Path) -> None:
    path = folder / "desk.xlsx"
    book = load_workbook(path)
    cell = book["件数表"]["D4"]
    cell.value = str(int(cell.value) + 1)
    book.save(path)


def rows_of_somebody_else(folder: Path) -> None:
    path = folder / "desk_rows.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("1015001", "1015000"), "utf-8")


@pytest.mark.parametrize(
    "spoil", [book_without_a_row, a_count_that_is_one_more, rows_of_somebody_else]
)
def test_a_changed_sheet_or_row_is_found_when_the_files_are_opened_again(published, spoil):
    release, paths = published.release, ["internal/desk/index.html"]
    publication = open_publication(published.home, published.params, MONTHS[1])
    assert not [*desk_problems(release, paths, publication), *desk_problems(release, paths, None)]
    spoil(release / "internal" / "desk")
    assert [*desk_problems(release, paths, publication)]
    assert [*desk_problems(release, paths, None)]


def test_the_intake_review_and_the_report_say_what_the_desk_has_to_do(demo_release):
    review = (demo_release / "internal" / "intake_review.html").read_text(encoding="utf-8")
    report = (demo_release / "internal" / "index.html").read_text(encoding="utf-8")
    for page in (review, report):
        assert "返してもらう" in page
    [tasks] = (demo_release / "internal" / "desk").glob("desk_tasks*.csv")
    total = read_csv(tasks)[-1]
    assert f"資格確認書も持っている方が {total['take_back']} 人" in report
    assert f"（か、過ぎた）方が {total['renewal']} 人" in report
