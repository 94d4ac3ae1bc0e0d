"""名簿は減らない：前に公開したときにあった行が一つでも無ければ、数えて、ファイルの名とともに言い、リストを止める。"""

import json
import shutil
from collections.abc import Callable

import pytest
from commands import myna, out
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from months import HEADER, make_home, params_of, write_register
from societies import MONTHS, SmallSociety, everybody

from mynalib.history.certificates import ISSUED_COLUMNS, read_certificates
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.protection import lost_protection, protection
from mynalib.history.registers import DECISIONS, Entry, read_registers

pytestmark = pytest.mark.large

FULL = f"{HEADER},撤回日,処理,新記号,新番号,新枝番"
FIRST, SECOND, MOVED, TWICE = (
    "101,0012345,00,20260401,,,,,",
    "101,0012346,01,20260402,,,,,",
    "102,0000001,00,20260403,,転籍,103,0000002,00",
    "103,0000003,00,20260404,20260501,,,,",
)
AGAIN = "103,0000003,00,20260601,,,,,"
ROWS = [FIRST, SECOND, MOVED, TWICE, AGAIN]
NO, YES, WAIT = (
    "101,0012345,00,否,担当,20260410",
    "102,0000009,00,可,担当,20260410",
    "103,0000008,00,確認中,担当,20260410",
)
OPTOUT, DECIDED = "data/registers/optout.csv", "data/registers/decisions.csv"


def write(home: Home, rows: list[str], header: str = FULL) -> None:
    write_register(home, "optout", rows, header)


def decide(home: Home, rows: list[str]) -> None:
    write_register(home, "decisions", rows, ",".join(DECISIONS))


def entries(home: Home) -> list[Entry]:
    """全ての名簿の行。"""
    params = params_of(home)
    return [*read_registers(home, params), *read_certificates(home, params).entries]


def release(home: Home) -> None:
    """公開が台帳に残すもの（release.assembly.place）だけを残す。"""
    kept = protection(home, params_of(home), entries(home))
    Ledger(home.ledger).append("prepared", protection=kept)


def lost(home: Home) -> list[str]:
    return [str(problem) for problem in lost_protection(home, params_of(home), entries(home))]


def edit(home: Home, before: str, after: str) -> None:
    path = home.params / "society.yaml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def point_elsewhere(home: Home) -> None:
    """設定が、もっと少ない名簿を指す。"""
    other = home.registers.parent / "ほかの名簿.csv"
    shutil.copy(write_register(home, "optout", ROWS[:1], FULL), other)
    write(home, ROWS)
    edit(home, OPTOUT, "data/ほかの名簿.csv")


@pytest.fixture
def home(tmp_path) -> Home:
    home = make_home(tmp_path / "home")
    write(home, ROWS)
    decide(home, [NO, YES, WAIT])
    issued = ["101,0012345,00,20260401,20271130"]
    write_register(home, "certificates_issued", issued, ",".join(ISSUED_COLUMNS))
    release(home)
    assert lost(home) == []
    return home


SHRUNK: dict[str, tuple[Callable[[Home], object], str, str]] = {
    "見出しだけ": (lambda home: write(home, []), OPTOUT, "6 件"),
    "一行を消した": (lambda home: write(home, [*ROWS[:1], *ROWS[2:]]), OPTOUT, "1 件"),
    "古い写し": (lambda home: write(home, ROWS[:2]), OPTOUT, "4 件"),
    "番号を書きかえた": (
        lambda home: write(home, [FIRST.replace("12345", "12347"), *ROWS[1:]]),
        OPTOUT,
        "1 件",
    ),
    "ほかの行に置きかえた": (
        lambda home: write(home, ["101,0099999,00,20260401,,,,,", *ROWS[1:]]),
        OPTOUT,
        "1 件",
    ),
    "申し出なおした行を消した": (lambda home: write(home, ROWS[:4]), OPTOUT, "1 件"),
    "転籍のあとの鍵を消した": (
        lambda home: write(home, [FIRST, SECOND, MOVED[: MOVED.index("転籍")] + ",,,", *ROWS[3:]]),
        OPTOUT,
        "1 件",
    ),
    "否を消した": (lambda home: decide(home, [YES, WAIT]), DECIDED, "1 件"),
    "確認中を消した": (lambda home: decide(home, [NO]), DECIDED, "1 件"),
    "設定の行を消した": (
        lambda home: edit(home, "  optout:", "  # optout:"),
        OPTOUT,
        "optout: の行がありません",
    ),
    "空の名簿の設定の行を消した": (
        lambda home: edit(home, "  never_contact:", "  # never_contact:"),
        "data/registers/never_contact.csv",
        "never_contact: の行がありません",
    ),
    "設定が別の名簿を指す": (point_elsewhere, "data/ほかの名簿.csv", "5 件"),
    "交付簿の一行を消した": (
        lambda home: write_register(home, "certificates_issued", [], ",".join(ISSUED_COLUMNS)),
        "data/registers/certificates_issued.csv",
        "1 件",
    ),
    "鍵を失った": (lambda home: home.ledger_key.unlink(), "data/keys/ledger.key", "バックアップ"),
    "鍵が違う": (
        lambda home: home.ledger_key.write_bytes(b"0" * 64),
        "data/keys/ledger.key",
        "バックアップ",
    ),
    "記録を失った": (
        lambda home: shutil.rmtree(home.protection),
        "data/protection/",
        "バックアップ",
    ),
    "記録を書きかえた": (
        lambda home: [path.write_text("{}") for path in home.protection.iterdir()],
        "data/protection/",
        "バックアップ",
    ),
}


@pytest.mark.parametrize(("shrink", "file", "told"), SHRUNK.values(), ids=SHRUNK)
def test_what_a_register_lost_is_counted_and_named_and_never_forgotten(home, shrink, file, told):
    shrink(home)
    found = [each for each in lost(home) if each.startswith(file)]
    assert len(found) == 1, lost(home)
    assert told in found[0]
    assert "12345" not in found[0]
    release(home)  # ほかの資料だけを公開しても、減ったあとがもとにはならない
    assert [each for each in lost(home) if each.startswith(file)] == found


RIGHT = {
    "足した": lambda home: write(home, [*ROWS, "101,0012399,00,20260701,,,,,"]),
    "撤回日を書いた": lambda home: write(
        home, [FIRST.replace("0401,", "0401,20260901"), *ROWS[1:]]
    ),
    "処理を書いた": lambda home: write(
        home, [FIRST, SECOND.replace("0402,,", "0402,,退職"), *ROWS[2:]]
    ),
    "並べかえた": lambda home: write(home, ROWS[::-1]),
    "申出日を直した": lambda home: write(home, [FIRST.replace("0401", "0331"), *ROWS[1:]]),
    "0 が落ちた": lambda home: write(home, [row.replace(",00", ",", 1) for row in ROWS]),
    "Shift_JIS で保存した": lambda home: (home.registers / "optout.csv").write_bytes(
        "\r\n".join([FULL, *ROWS, ""]).encode("cp932")
    ),
    "可を消した": lambda home: decide(home, [NO, WAIT]),
    "否を可に変えた": lambda home: decide(home, [NO.replace("否", "可"), YES, WAIT]),
    "設定の場所を移した": lambda home: (
        shutil.move(home.registers / "optout.csv", home.data / "不同意.csv"),
        edit(home, OPTOUT, "data/不同意.csv"),
    ),
}


@pytest.mark.parametrize("change", RIGHT.values(), ids=RIGHT)
def test_what_people_may_do_with_a_register_stops_nothing(home, change):
    change(home)
    assert lost(home) == []
    release(home)
    assert lost(home) == []


def test_a_decision_that_became_yes_may_leave(home):
    decide(home, [NO.replace("否", "可"), YES, WAIT])
    release(home)
    decide(home, [YES, WAIT])
    assert lost(home) == []


@given(
    numbers=st.lists(st.integers(1, 40), min_size=1, max_size=12),
    gone=st.sets(st.integers(0, 11)),
    new=st.lists(st.integers(41, 60), max_size=4),
)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_as_many_rows_are_missed_as_left_however_many_came_and_none_once_they_are_back(
    home, numbers, gone, new
):
    home.ledger.unlink()  # まだ公開していないところから
    rows = [f"101,{number},00,20260401" for number in numbers]
    write(home, rows, HEADER)
    release(home)
    left = [row for at, row in enumerate(rows) if at not in gone]
    added = [f"101,{number},00,20260401" for number in new]
    write(home, left + added, HEADER)
    count = len(rows) - len(left)
    for _ in range(2):
        assert [f"、{count} 件" in each for each in lost(home)] == [True] * (count > 0)
        release(home)
    write(home, rows + added, HEADER)
    assert lost(home) == []


# 読まれない名簿 --------------------------------------------------------------------------------------

BESIDE = (
    "optout.xlsx",
    "OPTOUT.CSV",
    "optout (1).csv",
    "optout - コピー.csv",
    "optout_新.csv",
    "optout.csv.bak",
    "不同意.xls",
    "2026/名簿.ods",
    "optout.numbers",
)
NOT_ONE = (
    ".DS_Store",
    "Thumbs.db",
    "desktop.ini",
    "~$optout.xlsx",
    ".~lock.optout.csv#",
    "._optout.csv",
    "説明.pdf",
)


@pytest.mark.parametrize("name", BESIDE)
def test_a_register_that_is_not_read_is_named(home, name):
    path = home.registers / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    (told,) = lost(home)
    assert told.startswith(f"data/registers/{name}：")
    assert "読む名簿は optout.csv" in told


@pytest.mark.parametrize("name", NOT_ONE)
def test_what_the_system_leaves_is_not_a_register(home, name):
    (home.registers / name).write_bytes(b"x")
    assert lost(home) == []


# 公開と点検 ------------------------------------------------------------------------------------------


def test_a_shrunk_register_stops_the_lists_alone_until_it_is_put_back(drafted):
    """消した一行で、リストだけが止まる。check がはじめに言い、戻せば、申し出た人のいないリストが出来る。"""
    home, without = drafted.home, ["E02", "E03"]
    keys = [",".join(line.split(",")[:3]) for line in everybody()[2:4]]
    drafted.object_to(*keys)
    drafted.publish(without=without)
    assert home.ledger_key.stat().st_mode & 0o777 == 0o600
    text = home.ledger.read_text(encoding="utf-8")
    assert not [key for key in keys if key.split(",")[1] in text]
    drafted.object_to(keys[0])
    (home.registers / "optout.xlsx").write_bytes(b"PK")
    nobody = f"{HEADER}\r\n101,9999999,00,2026-10-15\r\n"
    (home.registers / "never_contact.csv").write_text(nobody, encoding="utf-8")
    words = ("--home", home.root, "--json")
    checked = json.loads(myna("check", *words).stdout)
    assert [text.split("：")[0] for text in checked["errors"][:2]] == [
        OPTOUT,
        "data/registers/optout.xlsx",
    ]
    stopped = myna("publish", "--month", MONTHS[1], "--without", "E02", "--without", "E03", *words)
    answer = json.loads(stopped.stdout)
    assert (stopped.returncode, answer["error"]) == (1, "REGISTER_SHRUNK"), out(stopped)
    assert [problem.split("：")[0] for problem in answer["problems"]] == [
        OPTOUT,
        "data/registers/optout.xlsx",
    ]
    assert not (home.reports / "2026-10-r2").exists(), "名簿のことでは、公開した月を書きかえない"
    (home.registers / "optout.xlsx").unlink()
    answered = f"{HEADER},処理\r\n101,9999999,00,2026-10-15,退職\r\n"
    (home.registers / "never_contact.csv").write_text(answered, encoding="utf-8")
    drafted.object_to(*keys)
    again = drafted.publish(without=without)
    assert (again.outcome, again.waits) == ("unchanged", True)
    again = drafted.publish(without=without, not_handed_over=True)
    assert again.outcome == "released"
    listed = (again.folder / "internal" / "listed.csv").read_text(encoding="utf-8-sig")
    assert "101" in listed
    assert not [key for key in keys if key in listed]


def test_a_month_that_did_not_change_is_not_called_unchanged_while_a_register_is_not_read(
    published,
):
    assert published.publish().outcome == "unchanged"
    (published.home.registers / "optout (1).csv").write_bytes(b"x")
    answer = json.loads(
        myna("publish", "--month", MONTHS[1], "--home", published.home.root, "--json").stdout
    )
    assert answer["error"] == "REGISTER_SHRUNK"
    (published.home.registers / "optout (1).csv").unlink()
    assert SmallSociety(published.home).publish().outcome == "unchanged"
