"""台帳：足すだけで、つながっていて、途中で落ちても直り、書きかえれば分かる。"""

import json
import subprocess
import sys

import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st
from months import load_month, make_home, never_linked

from mynalib.history import ledger as ledger_room
from mynalib.history.home import Locked
from mynalib.history.ledger import START, Ledger, LedgerBroken


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    for number in range(4):
        ledger.append("prepared", month="2026-10", note="東京 U+2028→\u2028←", rows=number)
    return ledger


def test_an_empty_ledger_starts_from_zeros(tmp_path):
    assert Ledger(tmp_path / "none.jsonl").verify() == START
    assert Ledger(tmp_path / "none.jsonl").lines() == []


def test_each_line_holds_the_hash_of_the_line_before(ledger):
    lines = ledger.lines()
    assert [line["prev"] for line in lines] == [START, *(line["hash"] for line in lines[:-1])]
    assert ledger.verify() == lines[-1]["hash"]


def test_append_returns_the_hash_of_its_line(ledger):
    assert ledger.append("released") == ledger.verify()


def test_the_clock_of_a_line_is_the_clock_of_the_run(ledger, monkeypatch):
    monkeypatch.setenv("MYNA_TODAY", "2026-11-05")
    ledger.append("released")
    assert ledger.lines()[-1]["at"].startswith("2026-11-05T")


def test_a_line_says_who_even_where_the_system_knows_no_name(ledger, monkeypatch):
    def nobody():
        raise KeyError("uid")

    monkeypatch.setattr(ledger_room.getpass, "getuser", nobody)
    ledger.append("released")
    assert ledger.lines()[-1]["who"] == "不明"


@pytest.mark.parametrize("kept", [1, 20, -1])
def test_a_torn_last_line_is_cut_off_by_the_next_append(ledger, kept):
    whole = ledger.path.read_bytes()
    ledger.append("released")
    torn = ledger.path.read_bytes()[len(whole) :][:kept]
    ledger.path.write_bytes(whole + torn)
    assert len(ledger.lines()) == 4
    ledger.append("released", again=True)
    assert [line["did"] for line in ledger.lines()] == ["prepared"] * 4 + ["released"]
    assert ledger.lines()[-1]["again"] is True
    assert ledger.path.read_bytes().startswith(whole)


def test_a_line_torn_inside_a_character_is_cut_off_too(ledger):
    whole = ledger.path.read_bytes()
    ledger.path.write_bytes(whole + '{"who": "山'.encode()[:-1])
    ledger.append("released")
    assert len(ledger.lines()) == 5


@given(cut=st.integers(min_value=0, max_value=2_000))
@settings(max_examples=30, deadline=None)
def test_cut_anywhere_the_ledger_can_be_continued(tmp_path_factory, cut):
    ledger = Ledger(tmp_path_factory.mktemp("cut") / "ledger.jsonl")
    for number in range(3):
        ledger.append("prepared", rows=number)
    whole = ledger.path.read_bytes()
    ledger.path.write_bytes(whole[:cut])
    ledger.append("released")
    assert ledger.lines()[-1]["did"] == "released"
    assert ledger.path.read_bytes().startswith(whole[: whole[:cut].rfind(b"\n") + 1])


EDITS = {
    "書きかえた": lambda lines: [
        lines[0],
        lines[1].replace(b'"rows": 1', b'"rows": 7'),
        *lines[2:],
    ],
    "最後の行を書きかえた": lambda lines: [
        *lines[:3],
        lines[3].replace(b'"rows": 3', b'"rows": 9'),
    ],
    "抜いた": lambda lines: [lines[0], *lines[2:]],
    "入れかえた": lambda lines: [lines[1], lines[0], *lines[2:]],
    "二度書いた": lambda lines: [*lines, lines[3]],
    "途中が切れた": lambda lines: [lines[0], lines[1][:30], *lines[2:]],
    "空の行を足した": lambda lines: [*lines, b""],
    "文字でない": lambda lines: [lines[0], b"\xff\xfe", *lines[2:]],
    "JSON だが行でない": lambda lines: [*lines, b"[1, 2]"],
    "空の項目": lambda lines: [*lines, b"{}"],
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edited_line_is_found_and_nothing_is_appended(ledger, edit):
    lines = ledger.path.read_bytes().split(b"\n")[:-1]
    ledger.path.write_bytes(b"\n".join([*edit(lines), b""]))
    before = ledger.path.read_bytes()
    for step in (ledger.lines, ledger.verify, lambda: ledger.append("released")):
        with pytest.raises(LedgerBroken) as caught:
            step()
        assert "行目" in caught.value.where
    assert ledger.path.read_bytes() == before


def test_the_ledger_of_a_month_names_counts_but_no_person(tmp_path):
    home = make_home(tmp_path / "home")
    load_month(home, "2026-06", [never_linked("0098765"), never_linked("0098766")])
    (line,) = Ledger(home.ledger).lines()
    assert (line["did"], line["month"], line["folder"], line["accepted"]) == (
        "ingested",
        "2026-06",
        "2026-06",
        2,
    )
    facts = json.dumps(
        {
            name: value
            for name, value in line.items()
            if not name.endswith(("hash", "sha256", "prev"))
        }
    )
    assert "98765" not in facts


def test_a_second_process_is_told_to_wait(tmp_path):
    home = make_home(tmp_path / "home")
    hold = "import sys, time; from pathlib import Path; from mynalib.history.home import Home\n"
    hold += (
        "with Home(Path(sys.argv[1])).locked():\n    print('locked', flush=True); time.sleep(3_600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(home.root)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(Locked) as caught, home.locked():
            pytest.fail("二つの処理が同時に動いた")
        assert caught.value.code == "LOCKED"
        other.kill()
        other.wait()
        with home.locked():
            assert home.data.is_dir()


def test_the_lock_is_released_after_an_error(tmp_path):
    home = make_home(tmp_path / "home")
    with pytest.raises(ZeroDivisionError), home.locked():
        raise ZeroDivisionError
    with FileLock(home.data / ".lock", timeout=0):
        assert home.data.is_dir()
