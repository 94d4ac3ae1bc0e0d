"""消去：保存期間の過ぎたものだけが、全部消え、消した人の番号は、どこにも残らず、次の公開は、前と同じに出来る。"""

import shutil
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from commands import myna, out
from societies import MONTHS, SmallSociety, everybody, person

from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month
from mynalib.history import clock, taking
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.purged import with_records_now
from mynalib.history.tables import read_table
from mynalib.history.taking import take_away
from mynalib.reminders.memory import handovers, remembered
from mynalib.verbs.check import check_home
from mynalib.verbs.expired import edges, expired
from mynalib.verbs.handover import Request, hand_over_list
from mynalib.verbs.publish import publish
from mynalib.verbs.purge import purge
from mynalib.verbs.verify import verify

pytestmark = pytest.mark.large

LEAVER = person("101", 2)
"""初めの二か月だけにいる、リストに載る人。"""
STAYER = person("101", 8)
LAST = Month.parse("2027-12")
TODAY = date(2028, 1, 20)


def number_of(line: str) -> str:
    return line.split(",")[1]


def a_long_time(folder: Path, published: Path) -> None:
    """公開した月の E01 のリストを渡し、そのあと十四か月を取り込み、新しい月を公開する。LEAVER の二人は、すぐにいなくなる。"""
    society = SmallSociety(Home(Path(shutil.copytree(published, folder))))
    hand_over_list(
        society.home,
        society.params,
        Request("E01", "総務人事部（駐在を含む）", "社内便"),
        lambda _: "a long master",
    )
    remaining = [line for line in everybody() if number_of(line) != number_of(LEAVER)]
    for step in range(1, LAST.minus(MONTHS[1]) + 1):
        month = MONTHS[1].plus(step)
        with clock.on(month.plus(1).end.replace(day=5)):
            moved = [
                line.replace("0,,,,1", f"1,{month.end:%Y%m}01,,,1", step % 3) for line in remaining
            ]
            society.ingest(month, moved, confirm=("SUSPICIOUS_CHANGE", "STALE_COPY"))
    with clock.on(TODAY):
        publish(society.home, society.params, LAST)


@pytest.fixture(scope="session")
def _old(once, _published) -> Path:
    return once("old", lambda folder: a_long_time(folder, _published))


@pytest.fixture
def old(_old, tmp_path) -> SmallSociety:
    with clock.on(TODAY):
        yield SmallSociety(Home(Path(shutil.copytree(_old, tmp_path / "home"))))


def contents(path: Path) -> bytes:
    """ファイルの中身。圧縮してあるもの（Parquet、XLSX）は、ほどいて読む。"""
    raw = path.read_bytes()
    if path.suffix == ".parquet":
        return read_table(path).to_csv().encode()
    if path.suffix == ".xlsx" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as book:
            return b"".join(book.read(name) for name in book.namelist())
    return raw


def holding(home: Home, number: str) -> set[str]:
    """その番号のある、置き場所の中のファイル。"""
    files = (path for path in home.root.rglob("*") if path.is_file())
    return {
        path.relative_to(home.root).as_posix()
        for path in files
        if number.lstrip("0").encode() in contents(path)
    }


def tree(home: Home) -> dict[str, bytes]:
    files = (path for path in home.root.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(home.root).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize(
    ("keeps", "newest", "before", "kept_from"),
    [
        ({}, "2026-10", None, {"originals": "2025-11", "lists": "2025-11", "outbox": "2026-10"}),
        ({"months": 13}, "2026-10", None, {"months": "2025-10", "listed": "2025-10"}),
        ({"lists": 1}, "2026-10", None, {"lists": "2026-10", "listed": "2025-10"}),
        ({}, "2020-05", None, {"months": "2019-05", "originals": "2020-05", "drafts": "2020-05"}),
        ({}, "2026-10", "2025-10", {"months": "2025-10", "originals": "2025-11"}),
        ({"originals": 24}, "2026-10", "2025-10", {"months": "2025-10", "originals": "2025-10"}),
    ],
    ids=[
        "見本",
        "月は攻撃の窓まで",
        "名簿は早く、控えは窓まで",
        "止まった組合",
        "月を言う",
        "月が勝つ",
    ],
)
def test_what_is_kept_follows_policy_and_the_attack_and_never_reaches_the_newest(
    small, keeps, newest, before, kept_from
):
    society = small.params.society
    policy = society.policy.model_copy(
        update={"retention": society.policy.retention.model_copy(update=keeps)}
    )
    params = replace(small.params, society=society.model_copy(update={"policy": policy}))
    with clock.on(date(2026, 11, 27)):
        found = edges(params, Month.parse(newest), Month.parse(before) if before else None)
    assert {kind: str(found[kind]) for kind in kept_from} == kept_from


def test_no_number_of_a_purged_person_is_left_in_any_file(old):
    home, gone = old.home, number_of(LEAVER)
    before = holding(home, gone)
    assert {path.split("/")[1] for path in before} >= {"months", "originals", "reminders", "inbox"}
    assert any(path.startswith("reports/2026-10/employers/E01") for path in before)
    purge(home, old.params, Month.parse("2026-12"), "退職した", really=True)
    assert holding(home, gone) == set()
    assert holding(home, number_of(STAYER))
    assert check_home(home).errors == ()
    assert verify(home, old.params, MONTHS[1]).artefacts > 0
    assert verify(home, old.params, LAST).artefacts > 0


def test_those_who_are_still_here_keep_how_often_they_were_told(old):
    [handed] = handovers(old.home)
    told = remembered(old.home, handed)
    purge(old.home, old.params, Month.parse("2026-12"), "退職した", really=True)
    [after] = handovers(old.home)
    kept = remembered(old.home, after)
    still = told[told.number_key != number_of(LEAVER).lstrip("0")]
    assert 0 < len(kept) < len(told) and after.rows == handed.rows
    assert {*kept.itertuples(index=False)} == {*still.itertuples(index=False)}


def test_the_next_month_is_published_as_if_nothing_had_been_purged(old, tmp_path):
    other = SmallSociety(Home(Path(shutil.copytree(old.home.root, tmp_path / "other"))))
    purge(old.home, old.params, Month.parse("2026-12"), "退職した", really=True)
    pages = []
    for society in (old, other):
        with clock.on(date(2028, 2, 20)):
            rows = everybody()[4:]
            society.ingest(LAST.plus(1), rows, confirm=("SUSPICIOUS_CHANGE", "STALE_COPY"))
            folder = publish(society.home, society.params, LAST.plus(1)).folder
        pages.append(
            {
                path.relative_to(folder).as_posix(): path.read_bytes()
                for path in folder.rglob("*")
                if path.is_file() and "employers" in path.parts
            }
        )
    purged, whole = pages
    assert purged.keys() == whole.keys()
    trends = [name for name in whole if name.endswith("trend.csv")]
    pages_of = [name for name in whole if name.endswith("/index.html")]
    for name in trends:
        rows = whole[name].decode("utf-8-sig").splitlines()
        remaining = [row for row in rows if not row[:7] < "2026-12"]
        assert purged[name].decode("utf-8-sig").splitlines() == remaining
        assert len(remaining) < len(rows)
    same = {*whole} - {*trends, *pages_of}
    assert len(same) > len(pages_of) and all(purged[name] == whole[name] for name in same)


def test_looking_changes_no_byte_and_names_the_command(old):
    before = tree(old.home)
    words = ("purge", "--home", old.home.root)
    shown = out(myna(*words))
    assert "届いたファイルの写し" in shown and "--yes --because 理由" in shown
    assert tree(old.home) == before
    assert any("myna purge" in str(one) for one in check_home(old.home).warnings)
    done = myna(*words, "--yes", "--because", "保存期間")
    assert done.returncode == 0 and "消しました" in out(done)
    assert "消すものは、ありません" in out(myna(*words))
    assert not any("myna purge" in str(one) for one in check_home(old.home).warnings)
    assert myna(*words, "--yes").returncode == 2


@pytest.mark.parametrize("before", ["2027-01", "2027-12", "2030-01"])
def test_what_the_next_release_needs_cannot_be_purged(old, before):
    with pytest.raises(MynaError) as stop:
        purge(old.home, old.params, Month.parse(before), "理由", really=True)
    assert stop.value.code == "TOO_RECENT"


def crash(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("at", range(4))
def test_a_crash_before_the_ledger_line_takes_nothing_away(old, monkeypatch, at):
    before, renames = tree(old.home), []
    rename = Path.rename

    def falling(path: Path, target: Path) -> Path:
        renames.append(path)
        return crash() if len(renames) > at else rename(path, target)

    monkeypatch.setattr(Path, "rename", falling)
    with pytest.raises(KeyboardInterrupt):
        purge(old.home, old.params, Month.parse("2026-12"), "退職した", really=True)
    monkeypatch.undo()
    assert check_home_by_command(old) == 0
    left = {name for name in tree(old.home) if "/reminders/" not in name}
    assert left == {name for name in before if "/reminders/" not in name}
    assert {*tree(old.home)} >= {*before}


def test_a_crash_after_the_ledger_line_is_finished_by_the_next_command(old, monkeypatch):
    monkeypatch.setattr(taking, "remove_tree", crash)
    with pytest.raises(KeyboardInterrupt):
        purge(old.home, old.params, Month.parse("2026-12"), "退職した", really=True)
    monkeypatch.undo()
    assert holding(old.home, number_of(LEAVER))
    assert myna("purge", "--home", old.home.root).returncode == 0
    assert check_home(old.home).errors == ()
    assert holding(old.home, number_of(LEAVER)) == set()


def check_home_by_command(society: SmallSociety) -> int:
    return myna("check", "--home", society.home.root).returncode


def test_what_was_moved_goes_back_into_a_folder_that_came_meanwhile(small):
    home = small.home
    before = tree(home)
    with pytest.raises(KeyboardInterrupt):
        take_away(home, [home.months / "2026-09", home.kept_back], crash)
    (home.months / "2026-09").mkdir()
    assert check_home_by_command(small) == 0
    assert tree(home) == before


def test_a_purged_list_put_back_from_a_backup_is_noticed(old):
    page = old.home.reports / "2026-10" / "employers" / "E01" / "reminders.html"
    content = page.read_bytes()
    purge(old.home, old.params, None, "保存期間", really=True)
    assert not page.exists()
    page.write_bytes(content)
    assert any("E01/reminders.html" in str(one) for one in check_home(old.home).errors)
    purge(old.home, old.params, None, "保存期間", really=True)
    assert check_home(old.home).errors == ()


def test_the_ledger_says_what_was_purged_and_names_nobody(old):
    purge(old.home, old.params, Month.parse("2026-12"), "退職した", really=True)
    [line] = [line for line in Ledger(old.home.ledger).lines() if line["did"] == "purged"]
    assert line["ingested"] == ["2026-09", "2026-10", "2026-11"]
    assert line["counts"]["取り込んだ月"] == [3, "2026-09", "2026-11"]
    assert number_of(LEAVER) not in str(line)


def test_a_file_in_the_inbox_that_was_never_taken_in_is_not_ours_to_delete(old):
    mine = old.home.inbox / "mine.csv"
    mine.write_bytes(b"not taken in")
    paths = {each.path for each in expired(old.home, edges(old.params, LAST))}
    assert paths and mine not in paths


def test_a_record_shrunk_twice_is_read_where_the_last_purge_left_it():
    lines = [
        {"did": "handed_over", "record": "2026-08/a.parquet", "record_sha256": "1"},
        {"did": "drawn", "record": "draws/b.parquet", "record_sha256": "2"},
        {"did": "purged", "records": {"2026-08/a.parquet": ["2026-08/a-2027-01.parquet", "3"]}},
        {
            "did": "purged",
            "records": {
                "2026-08/a-2027-01.parquet": ["2026-08/a-2027-01-2028-01.parquet", "4"],
                "draws/b.parquet": ["draws/b-2028-01.parquet", "5"],
            },
        },
    ]
    found = [(line["record"], line["record_sha256"]) for line in with_records_now(lines)]
    assert found == [("2026-08/a-2027-01-2028-01.parquet", "4"), ("draws/b-2028-01.parquet", "5")]
