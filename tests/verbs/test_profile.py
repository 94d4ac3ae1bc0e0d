"""見たことのないファイルを調べる：形と問いだけを言い、人の値は一つも言わない。調べた形で、そのファイルが読める。"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import commands
import pytest
import yaml
from commands import texts
from hypothesis import given, settings
from hypothesis import strategies as st

from mynalib.domain.employers import Registry, SymbolEntry
from mynalib.domain.errors import MynaError
from mynalib.domain.items import ITEMS
from mynalib.domain.months import Month
from mynalib.domain.params import load_params
from mynalib.domain.society import FileProfile
from mynalib.history.home import Home
from mynalib.intake.profile import profile_file
from mynalib.intake.reading import read_file
from mynalib.intake.scratch import clear_scratch, scratch
from mynalib.verbs.init import found
from mynalib.verbs.profile import profile

HEADER = ",".join(item.label for item in ITEMS)
ROWS = (
    "東①,8399001,00,1,{day},,,1",
    "東①,8399002,01,0,,,,",
    "東①,8399003,00,0,{day},{later},2,0",
    "東①,0399004,00,9,{day},,,1",
)
DAYS = {
    "YYYYMMDD": ("20240401", "20260331"),
    "YYYY-MM-DD": ("2024-04-01", "2026-03-31"),
    "YYYY/MM/DD": ("2024/4/1", "2026/03/31"),
    "wareki": ("令和6年4月1日", "R8.3.31"),
}


def write(
    path: Path, encoding: str = "utf-8", header: bool = True, style: str = "YYYYMMDD"
) -> Path:
    day, later = DAYS[style]
    rows = [row.format(day=day, later=later) for row in ROWS]
    path.write_bytes("".join(f"{row}\r\n" for row in ([HEADER] * header + rows)).encode(encoding))
    return path


@pytest.mark.parametrize("style", DAYS)
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_the_shape_found_is_the_shape_that_reads_the_file(tmp_path, encoding, header, style):
    shape = profile_file(write(tmp_path / "a.csv", encoding, header, style))
    name = {"utf-8-sig": "utf-8"}.get(encoding, encoding)
    assert shape.profile == FileProfile(
        encoding=name, header="present" if header else "absent", date=style
    )
    (tmp_path / "into").mkdir()
    registry = Registry((SymbolEntry("東①", "東①", "E01", "", None, None),))
    month = Month(2026, 5)
    intake = read_file(
        tmp_path / "a.csv",
        month=month,
        registry=registry,
        profile=shape.profile,
        into=tmp_path / "into",
    )
    assert (intake.accepted, dict(intake.reasons)) == (3, {"BAD_CODE": 1})


def test_the_shapes_and_codes_are_counted(tmp_path):
    shape = profile_file(write(tmp_path / "a.csv"))
    assert (shape.read, shape.symbols, shape.copied.lines) == (4, 1, 5)
    shapes = {(item, form): rows for item, form, rows in shape.shapes}
    assert shapes["symbol", "漢？"] == 4
    assert shapes["number", "9999999"] == 4
    assert shapes["registered_on", "99999999"] == 3
    assert shapes["registered_on", ""] == 1
    assert sum(rows for item, _, rows in shape.shapes if item == "state") == 4
    assert ("9", "", "1", "○", "", 1) in shape.combinations
    assert shape.dates[0] == ("YYYYMMDD", 4, "2024", "2026"), "日は、だれかのものかもしれない"


def test_blank_dates_written_as_zeros_are_not_dates(tmp_path):
    (tmp_path / "a.csv").write_text("101,8399001,00,0,00000000,00000000,,1\n", encoding="utf-8")
    shape = profile_file(tmp_path / "a.csv")
    assert shape.dates == []
    assert shape.profile.date == "YYYYMMDD"
    assert [row[3:5] for row in shape.combinations] == [("", "")]


def test_a_plain_headerless_file_leaves_the_encoding_open(tmp_path):
    (tmp_path / "a.csv").write_text("101,8399001,00,0,,,,1\n", encoding="utf-8")
    assert profile_file(tmp_path / "a.csv").profile.encoding == "auto"


def test_values_that_are_not_codes_are_only_counted(tmp_path):
    rows = ["101,8399001,00,架空花子,,,8399002,8399003"] * 3
    (tmp_path / "a.csv").write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    shape = profile_file(tmp_path / "a.csv")
    assert shape.combinations == [("形が違う", "形が違う", "形が違う", "", "", 3)]
    for form in ("txt", "html"):
        assert not re.search("83990|架空花子", shape.sheet(form))


LONG = bool(os.environ.get("MYNA_LONG"))
CELL = st.one_of(
    st.from_regex(r"839[0-9]{4,9}", fullmatch=True),
    st.text("東花子ァﾊ①９８3７%-/ .Aｚ\u3000", max_size=9),
)


def test_the_letters_of_a_date_are_shown_only_where_a_date_is_written(tmp_path):
    rows = ["和元日,8399001,00,0,令和6年4月1日,R6.4.1,,1", "月日,8399002,00,0,和元,令和元年月日,,1"]
    (tmp_path / "a.csv").write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    shapes = {(item, form) for item, form, _ in profile_file(tmp_path / "a.csv").shapes if form}
    assert {form for item, form in shapes if item == "symbol"} == {"漢漢漢", "漢漢"}
    assert {form for item, form in shapes if item.endswith("_on")} == {
        "令和9年9月9日",
        "A9.9.9",
        "漢漢",
        "漢漢漢漢漢漢",
    }


@pytest.mark.long
@settings(max_examples=300 if LONG else 20, deadline=None)
@given(rows=st.lists(st.lists(CELL, min_size=8, max_size=8), min_size=2, max_size=6))
def test_no_value_of_a_file_is_in_its_sheet(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("profile") / "a.csv"
    path.write_text("\n".join([HEADER, *(",".join(cells) for cells in rows), ""]), encoding="utf-8")
    try:
        shape = profile_file(path)
    except MynaError as error:
        assert not re.search("839[0-9]{4}|[東花子]{2}", str(error))
        return
    for form in ("txt", "html"):
        assert not re.search("839[0-9]{4}|花子|東花|子東", shape.sheet(form))


def test_writing_the_block_keeps_every_other_line_of_the_settings(tmp_path):
    home = found(tmp_path / "home")
    settings_file = home.params / "society.yaml"
    before = settings_file.read_text(encoding="utf-8").splitlines()
    profile(write(tmp_path / "a.csv", "cp932", False, "wareki"), home)
    after = settings_file.read_text(encoding="utf-8").splitlines()
    changed = [
        (a.split("#")[0].split(), b.split("#")[0].split())
        for a, b in zip(before, after, strict=True)
        if a != b
    ]
    assert changed == [
        (["encoding:", "auto"], ["encoding:", "cp932"]),
        (["header:", "auto"], ["header:", "absent"]),
        (["date:", "YYYYMMDD"], ["date:", "wareki"]),
    ]
    assert load_params(home.params).society.file == FileProfile(
        encoding="cp932", header="absent", date="wareki"
    )
    profile(write(tmp_path / "a.csv", "utf-8", True), home)
    assert load_params(home.params).society.file == FileProfile(encoding="utf-8", header="present")


def test_settings_without_the_block_are_left_alone(tmp_path):
    home = found(tmp_path / "home")
    settings_file = home.params / "society.yaml"
    broken = settings_file.read_text(encoding="utf-8").replace("  header: auto", "  heading: auto")
    settings_file.write_text(broken, encoding="utf-8")
    with pytest.raises(MynaError) as stopped:
        profile(write(tmp_path / "a.csv"), home)
    assert (stopped.value.code, "header:" in str(stopped.value)) == ("BAD_PARAMS", True)
    assert settings_file.read_text(encoding="utf-8") == broken


def test_settings_that_are_not_utf8_are_left_alone(tmp_path):
    home = found(tmp_path / "home")
    settings_file = home.params / "society.yaml"
    settings_file.write_bytes(settings_file.read_text(encoding="utf-8").encode("cp932"))
    before = settings_file.read_bytes()
    with pytest.raises(MynaError) as stopped:
        profile(write(tmp_path / "a.csv"), home)
    assert (stopped.value.code, "UTF-8" in str(stopped.value)) == ("BAD_PARAMS", True)
    assert settings_file.read_bytes() == before


def test_settings_on_one_line_are_written_too(tmp_path):
    home = found(tmp_path / "home")
    settings_file = home.params / "society.yaml"
    text = settings_file.read_text(encoding="utf-8")
    block = re.search(r"file:\n(?:  .*\n)+", text)[0]
    settings_file.write_text(
        text.replace(block, "file: {encoding: auto, header: auto, date: YYYYMMDD}\n"),
        encoding="utf-8",
    )
    profile(write(tmp_path / "a.csv", "cp932", False, "wareki"), home)
    assert load_params(home.params).society.file == FileProfile(
        encoding="cp932", header="absent", date="wareki"
    )


def test_the_sheet_never_replaces_the_file(tmp_path):
    file = write(tmp_path / "a.csv")
    before = file.read_bytes()
    with pytest.raises(MynaError) as stopped:
        profile(file, sheet=tmp_path / "." / "a.csv")
    assert (stopped.value.code, file.read_bytes()) == ("NOT_WRITABLE", before)


KILLED = """
import os, signal, tempfile
from mynalib.intake.scratch import scratch
with scratch() as folder:
    (folder / "lines.csv").write_text("x")
    print(folder.parent.name, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def users_folder(folder: Path, *, marker: str | None = None, old: bool = True) -> Path:
    """利用者のフォルダー。中に、大事な台帳がある。"""
    folder.mkdir()
    (folder / "ledger.jsonl").write_text("x", encoding="utf-8")
    if marker is not None:
        (folder / ".made-by-mynalib").write_text(marker, encoding="utf-8")
    if old:
        os.utime(folder, (time.time() - 9 * 86_400,) * 2)
    return folder


def test_the_next_command_removes_what_a_killed_one_left_in_the_temporary_folder_and_only_that(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    theirs = [users_folder(tmp_path / name) for name in ("myna-kenpo", "mynalib-kenpo", "others")]
    theirs.append(users_folder(tmp_path / "mynalib-copied", marker="mynalib-original"))
    elsewhere = users_folder(tmp_path / "elsewhere", marker="mynalib-link")
    (tmp_path / "mynalib-link").symlink_to(elsewhere)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    left = tmp_path / killed.stdout.decode().strip()
    assert (left.name.startswith("mynalib-"), [path.name for path in left.rglob("*.csv")]) == (
        True,
        ["lines.csv"],
    )
    with scratch() as running:
        assert not left.exists()
        clear_scratch()
        assert running.stat().st_mode & 0o777 == 0o700
        assert running.parent.parent == tmp_path
    assert [path for path in (*theirs, elsewhere) if not (path / "ledger.jsonl").exists()] == []
    assert (tmp_path / "mynalib-link").is_symlink()
    assert not running.exists()


@settings(max_examples=30, deadline=None)
@given(
    name=st.from_regex(r"my(na|nalib)-[a-z0-9_]{0,8}", fullmatch=True),
    marker=st.none() | st.text("mynalib-x", max_size=9),
)
def test_a_folder_of_the_user_is_never_taken_for_ours(tmp_path_factory, name, marker):
    place = tmp_path_factory.mktemp("temp")
    kept = users_folder(place / name, marker=None if marker == name else marker)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tempfile, "tempdir", str(place))
        clear_scratch()
    assert (kept / "ledger.jsonl").exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY"),
        (b"<html></html>", "NOT_CSV"),
        (
            f"{HEADER},氏名\n".encode() + "101,8399001,00,0,,,,1,架空花子\n".encode(),
            "UNNOTIFIED_ITEM",
        ),
        (b"PK\x03\x04xxxx", "NOT_TEXT"),
    ],
    ids=["空", "ウェブページ", "氏名の列", "Excel"],
)
def test_a_file_that_cannot_be_taken_in_is_refused_here_too(tmp_path, content, code):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(MynaError) as stopped:
        profile_file(tmp_path / "a.csv")
    assert stopped.value.code == code
    assert not re.search("83990|花子", str(stopped.value))


def myna(*args: object, home: Home | None = None) -> subprocess.CompletedProcess:
    more = ["--home", home.root] if home else []
    return texts(commands.myna(*args, *more))


def test_the_command_needs_no_home_and_leaves_nothing(tmp_path):
    file = write(tmp_path / "a.csv")
    done = myna("profile", file)
    assert (done.returncode, done.stderr) == (0, "")
    assert "実ファイル確認シート：a.csv" in done.stdout
    assert len(re.findall(r"(?m)^ +[0-9]+\. ", done.stdout)) == 15
    assert not re.search("[08]39900", done.stdout)
    block = yaml.safe_load("file:" + done.stdout.rsplit("  file:", 1)[1])
    assert block == {"file": {"encoding": "utf-8", "header": "present", "date": "YYYYMMDD"}}
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_the_returners_verb_says_what_it_did_and_refuses_replace(tmp_path):
    home = found(tmp_path / "home")
    file = tmp_path / "r.csv"
    file.write_text("101,8399001,00,0,,,,\n", encoding="utf-8")
    done = myna("ingest", file, "--month", "2026-11", "--kind", "returners", home=home)
    assert (done.returncode, done.stderr) == (0, "")
    assert "返納者 1 人" in done.stdout
    wrong = myna(
        "ingest", file, "--month", "2026-11", "--kind", "returners", "--replace", home=home
    )
    assert wrong.returncode == 2
