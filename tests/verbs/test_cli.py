"""命令：終了コード、JSON の約束、日本語の知らせ、cp932 の画面、入門者の道。"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from commands import myna, out
from rich.cells import cell_len
from societies import HEADER, MONTHS, everybody
from typer.main import get_command
from typer.testing import CliRunner

import mynalib
from mynalib.cli import app
from mynalib.intake.gates import CONFIRMABLE
from mynalib.verbs.ingest_returners import CONFIRMABLE_RETURNERS

SOURCE = Path(mynalib.__file__).parent

KEYS = {
    "outcome",
    "error",
    "month",
    "data_rows",
    "accepted",
    "quarantined",
    "reasons",
    "sha256",
    "home",
}


@pytest.mark.large
def test_a_newcomers_own_file_becomes_her_own_month(tmp_path):
    """初めての人：置き場所を作り、日本語の記号の cp932 のファイルを入れ、公開する。"""
    home, file = tmp_path / "わたしの組合", tmp_path / "届いたファイル.csv"
    assert myna("init", home).returncode == 0
    employer = home / "params" / "employers" / "E01.yaml"
    employer.write_text(
        employer.read_text(encoding="utf-8").replace('"101"', '"東①髙﨑"'), encoding="utf-8"
    )
    for other in (home / "params" / "employers").glob("E*.yaml"):
        if other != employer:
            other.unlink()
    rows = [line.replace("101,", "東①髙﨑,", 1) for line in everybody() if line.startswith("101,")]
    file.write_bytes("\r\n".join([HEADER, *rows, ""]).encode("cp932"))
    taken = myna("ingest", file, "--month", "2026-10", "--home", home, "--json")
    assert taken.returncode == 0, out(taken)
    assert json.loads(taken.stdout)["accepted"] == 60
    done = myna("publish", "--month", "2026-10", "--home", home)
    assert done.returncode == 0, out(done)
    page = (home / "reports" / "2026-10" / "employers" / "E01" / "reminders.html").read_text(
        encoding="utf-8"
    )
    assert "東①髙﨑" in page
    assert myna("verify", "--month", "2026-10", "--home", home).returncode == 0


def test_the_demo_refuses_a_home_with_real_months(small):
    done = myna("demo", "--home", small.home.root)
    assert done.returncode == 1
    assert "空のフォルダーではありません" in out(done)


def test_ingest_answers_with_the_agreed_json(small):
    file = small.home.inbox / f"{MONTHS[1]}.csv"
    again = myna("ingest", file, "--month", MONTHS[1], "--home", small.home.root, "--json")
    answer = json.loads(again.stdout)
    assert again.returncode == 0
    assert set(answer) == KEYS
    assert (answer["outcome"], answer["error"], answer["data_rows"]) == ("no_op", None, 115)


def test_a_refusal_is_exit_1_with_its_class_and_leaves_everything_as_it_was(small, tmp_path):
    file = tmp_path / "empty.csv"
    file.write_bytes(b"")
    before = sorted(p.as_posix() for p in small.home.root.rglob("*"))
    done = myna("ingest", file, "--month", "2026-08", "--home", small.home.root, "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 1
    assert (answer["outcome"], answer["error"]) == ("refused", "EMPTY")
    assert set(answer) >= KEYS - {"month"}
    assert sorted(p.as_posix() for p in small.home.root.rglob("*")) == before


def test_a_month_that_has_not_ended_is_refused(small):
    done = myna(
        "ingest",
        small.home.inbox / "2026-10.csv",
        "--month",
        "2026-11",
        "--home",
        small.home.root,
        "--json",
    )
    assert json.loads(done.stdout)["error"] == "MONTH_NOT_ENDED"


@pytest.mark.parametrize(
    "words", [("ingest",), ("publish",), ("publish", "--month", "2026年10月"), ("nothing",)]
)
def test_wrong_usage_is_exit_2(words):
    assert myna(*words).returncode == 2


WRONG_USAGE = {
    ("ingest",): "ファイル がありません",
    ("publish",): "--month がありません",
    ("ingest", "f.csv", "--month"): "--month には、値が要ります",
    ("check", "--json=3"): "--json に、値は付けられません",
    ("publish", "--mont", "2026-10"): "--month のことですか",
    ("publsh", "--month", "2026-10"): "publish",
    ("demo", "わたしの demo"): "余分な語",
    ("publish", "--month", "2026-13"): "月は 2026-10 の形",
    ("publish", "--month", "2026-10", "--jobs", "二"): "--jobs：使えない値",
    ("ingest", "f.csv", "--month", "2026-10", "--kind", "daily"): "returners 返納者の日次ファイル",
    ("audit", "--from", "2026年4月", "--to", "2026-09-30"): "例 2026-04-01",
    ("profile", "f.csv", "--sheet", "."): "--sheet：使えない値",
    ("withdraw", "--because", "理由"): "どれか一つ",
}


@pytest.mark.parametrize("words", WRONG_USAGE, ids=" ".join)
def test_wrong_usage_is_told_in_japanese(words):
    done = myna(*words)
    said = done.stderr.decode("utf-8")
    assert (done.returncode, done.stdout) == (2, b"")
    assert WRONG_USAGE[words] in said
    assert f"myna {words[0] if words[0] != 'publsh' else ''}".strip() in said
    assert not re.search("Error|Usage|Missing|Invalid|Got|Try", said)


HANDOVER = ("handover", "--employer", "E02", "--to", "企画部", "--means", "社内便")
IGNORED = [
    ("ingest", "f.csv", "--month", "2026-10", "--confirm", "SUSPICIOUS_DORP"),
    ("ingest", "f.csv", "--month", "2026-10", "--confirm", "stale_copy"),
    # 置きかえるのは --replace、公開の関門は、取込では通せない、返納者のファイルに月の順はない
    ("ingest", "f.csv", "--month", "2026-10", "--confirm", "MONTH_EXISTS"),
    ("ingest", "f.csv", "--month", "2026-10", "--confirm", "TOO_MANY_QUARANTINED"),
    ("ingest", "f.csv", "--month", "2026-10", "--kind", "returners", "--confirm", "MONTH_ORDER"),
    (*HANDOVER, "--plain", "--new-passphrase"),
]


@pytest.mark.parametrize("words", IGNORED, ids=" ".join)
def test_what_would_be_ignored_is_wrong_usage(small, words):
    done = myna(*words, "--home", small.home.root)
    assert done.returncode == 2
    known = "STALE_COPY" if "returners" not in words else "TOO_MANY_QUARANTINED"
    assert ("--new-passphrase" if words[0] == "handover" else known) in out(done)


def test_every_gate_that_advises_to_confirm_can_be_confirmed():
    told = {
        path: set(re.findall("--confirm ([A-Z_]+)", path.read_text(encoding="utf-8")))
        for path in (SOURCE / "intake" / "gates.py", SOURCE / "verbs" / "ingest_returners.py")
    }
    assert [*told.values()] == [{*CONFIRMABLE}, {*CONFIRMABLE_RETURNERS}]


def test_only_the_option_asks_for_json_and_only_the_verb_makes_it_an_ingest(tmp_path):
    said = myna(
        "withdraw", "--because", "--json", "--release", "ingest", "--home", tmp_path / "ingest"
    )
    assert said.returncode == 1
    assert not said.stdout, "--because の値は、頼みではない"
    answer = json.loads(myna("check", "--home", tmp_path / "ingest", "--json").stdout)
    assert answer["outcome"] == "failed"
    assert "accepted" not in answer


def test_without_a_home_the_message_says_what_to_do(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mynalib", "check"], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 1
    assert "--home" in done.stderr.decode("utf-8")


def test_the_current_folder_is_the_home_when_it_has_params(small):
    command = [sys.executable, "-m", "mynalib", "check", "--json"]
    done = subprocess.run(command, cwd=small.home.root, capture_output=True, check=False)
    assert json.loads(done.stdout)["months"] == 2


def test_check_reports_every_problem_at_once(small):
    (small.home.registers / "optout.csv").unlink()
    ledger = small.home.ledger
    ledger.write_text(
        ledger.read_text(encoding="utf-8").replace("2026-09", "2026-08", 1), encoding="utf-8"
    )
    path = small.home.months / "2026-10" / "members.parquet"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    done = myna("check", "--home", small.home.root, "--json")
    errors = " ".join(json.loads(done.stdout)["errors"])
    assert done.returncode == 1
    assert all(word in errors for word in ("optout.csv", "ledger.jsonl", "members.parquet"))


def test_check_tells_what_the_act_still_asks_for(small):
    warnings = " ".join(
        json.loads(myna("check", "--home", small.home.root, "--json").stdout)["warnings"]
    )
    assert all(word in warnings for word in ("住所", "代表者", "20"))


@pytest.mark.parametrize(
    "words", [("check",), ("publish", "--month", "2027-01"), ("verify", "--month", "2026-10")]
)
def test_messages_survive_a_cp932_console(small, words):
    done = myna(*words, "--home", small.home.root, PYTHONIOENCODING="cp932")
    text = (done.stdout + done.stderr).decode("cp932")
    assert done.returncode in (0, 1)
    assert "Traceback" not in text
    assert "Error" not in text


def test_help_is_japanese_for_every_verb():
    text = out(myna("--help"))
    assert all(word in text for word in ("架空の組合", "取り込む", "公開する", "確かめる"))


VERBS = get_command(app).commands


@pytest.mark.parametrize("verb", VERBS)
def test_help_is_never_cut_off_on_a_narrow_screen(verb):
    screen = {"COLUMNS": "80", "TERMINAL_WIDTH": "80"}
    shown = "".join(CliRunner().invoke(app, [verb, "--help"], env=screen).stdout.split())
    texts = [VERBS[verb].help, *(param.help for param in VERBS[verb].params if param.help)]
    assert [text for text in texts if "".join(text.split()) not in shown] == []


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_the_frame_of_the_help_is_japanese_and_its_columns_begin_at_one_edge(verb):
    words = [verb, "--help"] if verb else ["--help"]
    shown = CliRunner().invoke(app, words, env={"COLUMNS": "200"}).stdout
    assert shown.startswith("使い方： ")
    assert (
        re.findall(
            "Usage|Options|Arguments|Commands|message|required|default|[A-Z]{2,}S]|<path>", shown
        )
        == []
    )
    rows = re.findall(r"^(  \S.*? {2,})\S", shown, re.MULTILINE)
    assert len({cell_len(name) for name in rows}) == 1


def test_every_verb_is_told_whole_in_the_list_of_verbs():
    lines = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "80"}).stdout.splitlines()
    assert [line for line in lines if line.rstrip().endswith(("...", "…"))] == [lines[0]]


def test_an_unexpected_file_name_is_refused_without_a_traceback(small):
    done = myna(
        "ingest",
        small.home.root / "ありません.csv",
        "--month",
        "2026-10",
        "--home",
        small.home.root,
    )
    assert done.returncode in (1, 2)
    assert "Traceback" not in out(done)


def test_two_at_once_are_refused(small):
    with small.home.locked():
        done = myna("publish", "--month", "2026-10", "--home", small.home.root, "--json")
    assert json.loads(done.stdout)["error"] == "LOCKED"


def test_the_package_runs_from_any_folder(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mynalib", "--help"], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 0
    assert Path(tmp_path).exists()
