"""名簿：Excel のどの保存の形でも読め、読めないときは全ての誤りを言い、だれの値も言わない。"""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from months import (
    HEADER,
    Person,
    actions,
    load_month,
    make_home,
    never_linked,
    params_of,
    persons,
    write_register,
)

from mynalib.history.holds import register_holds
from mynalib.history.registers import Entry, RegisterUnreadable, append_rows, read_registers

FULL = f"{HEADER},受付,撤回日,処理,新記号,新番号,新枝番"
TODAY = date(2026, 11, 5)
ROWS = ["101,0012345,00,20260401", "101,0012346,01,20260402"]
KEYS = [("101", "12345", "00"), ("101", "12346", "01")]


@pytest.fixture
def home(tmp_path):
    return make_home(tmp_path / "home")


def entries_of(home, name="optout"):
    return [entry for entry in read_registers(home, params_of(home)) if entry.register == name]


def refusal(home) -> RegisterUnreadable:
    with pytest.raises(RegisterUnreadable) as caught:
        read_registers(home, params_of(home))
    assert caught.value.code == "OPTOUT_UNREADABLE"
    return caught.value


def problems(home) -> list[str]:
    return [str(problem) for problem in refusal(home).problems]


def holds_of(home, today=TODAY):
    return register_holds(read_registers(home, params_of(home)), today)


SAVED = {  # Excel の「名前を付けて保存」の形
    "CSV UTF-8": lambda text: text.encode("utf-8-sig"),
    "CSV（コンマ区切り）": lambda text: text.encode("cp932"),
    "CSV（Macintosh）": lambda text: text.replace("\r\n", "\r").encode("cp932"),
    "CSV（MS-DOS）": lambda text: text.encode("cp932"),
    "Unicode テキスト": lambda text: text.replace(",", "\t").encode("utf-16"),
    "テキスト（タブ区切り）": lambda text: text.replace(",", "\t").encode("cp932"),
    "UTF-16 ビッグエンディアン": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "BOM なし・LF": lambda text: text.replace("\r\n", "\n").encode(),
    "最後の改行なし": lambda text: text.rstrip("\r\n").encode(),
    "全て引用符": lambda text: "\r\n".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) for line in text.split("\r\n")[:-1]
    ).encode(),
    "空の列と行": lambda text: (text.replace("\r\n", ",,,\r\n") + ",,,,,,\r\n\r\n").encode("cp932"),
}


@pytest.mark.parametrize("save", SAVED.values(), ids=SAVED)
def test_reads_every_form_that_excel_saves(home, save):
    path = write_register(home, "optout", [])
    path.write_bytes(save("\r\n".join([HEADER, *ROWS, ""])))
    assert [entry.key for entry in entries_of(home)] == KEYS
    assert [entry.filed_on for entry in entries_of(home)] == [date(2026, 4, 1), date(2026, 4, 2)]


ADDED_TO = SAVED | {
    "見出しが引用符の中": lambda text: text.replace("申出日", '"申出日　"', 1).encode(),
    "見出しだけが CR": lambda text: text.replace("\r\n", "\n").replace("\n", "\r", 1).encode(),
}


@pytest.mark.parametrize("save", ADDED_TO.values(), ids=ADDED_TO)
@pytest.mark.parametrize("symbol", ["102", "102é"])
def test_adding_a_row_loses_none_whatever_the_form(home, save, symbol):
    path = write_register(home, "optout", [])
    path.write_bytes(save("\r\n".join([HEADER, *ROWS, ""])))
    row = dict(zip(HEADER.split(","), (symbol, "9", "00", "2026-05-01"), strict=True))
    append_rows(home, params_of(home), "optout", [row | {"受付": "事業所"}])
    assert [entry.key for entry in entries_of(home)] == [*KEYS, (symbol, "9", "00")]


SPELLINGS = {
    "そのまま": "101,0012345,00,20260401",
    "全角の数字": "１０１,００１２３４５,００,２０２６０４０１",
    "0 の落ちた番号": "101,12345,00,2026/4/1",
    "0 の落ちた枝番": "101,0012345,0,2026-04-01",
    "前後の空白": " 101　, 0012345 ,00 ,2026/04/01",
    "余分な 0": "101,000012345,00,2026-4-1",
    "日付なし": "101,0012345,00,",
}


@pytest.mark.parametrize("row", SPELLINGS.values(), ids=SPELLINGS)
def test_finds_the_person_however_the_key_is_written(home, row):
    write_register(home, "optout", [row])
    load_month(home, "2026-06", [never_linked("0012345"), never_linked("0012346")])
    assert actions(home, "2026-06", holds=holds_of(home)) == {"0012345": "never", "0012346": "link"}


def test_a_symbol_is_folded_but_never_guessed(tmp_path):
    text = (make_home(tmp_path / "shape").params / "employers" / "E02.yaml").read_text(
        encoding="utf-8"
    )
    home = make_home(tmp_path / "home", {"E02": text.replace('"102"', '"東〜１"')})
    load_month(
        home, "2026-06", [never_linked("1", symbol="東〜１"), never_linked("2", symbol="101")]
    )
    write_register(home, "optout", ["東\uff5e1,1,00,20260401", "東〜①,2,00,20260401"])
    assert actions(home, "2026-06", holds=holds_of(home)) == {"1": "never", "2": "link"}


@pytest.mark.parametrize("name", ["optout", "pending_cancellation", "never_contact"])
def test_a_missing_register_is_not_taken_for_an_empty_one(home, name):
    (home.registers / f"{name}.csv").unlink()
    assert [p.where for p in refusal(home).problems] == [f"{name}.csv"]


UNREADABLE = {
    "文字でない": b"\x81\xff\xfe\x00\xa0\xff\xff\xff",
    "空のファイル": b"",
    "見出しなし": b"101,0012345,00,20260401\r\n",
    "列が足りない": "被保険者証記号,被保険者証番号,申出日\r\n".encode(),
    "知らない列": f"{HEADER},氏名\r\n".encode(),
    "同じ列が二つ": f"{HEADER},申出日\r\n".encode(),
    "閉じない引用符": f'{HEADER}\r\n"101,0012345,00,20260401\r\n101,0012346,01,20260401\r\n'.encode(),
    "途中の引用符": f'{HEADER}\r\n"101,0012345,00,20260401\r\n101","0012346",01,20260401\r\n'.encode(),
    "列が多い": f"{HEADER}\r\n101,0012345,00,20260401,,,,撤回\r\n".encode(),
    "大きすぎる値": f"{HEADER}\r\n{'1' * 200_000},0012345,00,\r\n".encode(),
    "壊れた UTF-16": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_a_register_that_cannot_be_read_stops_everything(home, content):
    write_register(home, "optout", []).write_bytes(content)
    assert "12345" not in str(refusal(home))


def test_a_folder_in_place_of_the_register_stops_everything(home):
    path = write_register(home, "optout", [])
    path.unlink()
    path.mkdir()
    assert problems(home)


def test_all_problems_of_all_registers_are_told_at_once_with_line_and_column(home):
    rows = [
        "101,0012345,00,20260401,郵送,,,,,",
        "",
        ",98-76,,20261301,,,退会,,,",
        "101,1,00,20260401,,20260301,,,,",
    ]
    write_register(
        home, "optout", [*rows, "101,2,00,20260401,,,転籍,,,", "101,3,00,,,,,102,,"], FULL
    )
    write_register(home, "never_contact", ["101,٣,00,2026111"])
    assert [problem.where for problem in refusal(home).problems] == [
        "optout.csv 2 行目「受付」",
        "optout.csv 4 行目「被保険者証記号」",
        "optout.csv 4 行目「被保険者証番号」",
        "optout.csv 4 行目「被保険者証枝番」",
        "optout.csv 4 行目「申出日」",
        "optout.csv 4 行目「処理」",
        "optout.csv 5 行目「撤回日」",
        "optout.csv 6 行目「新記号」",
        "optout.csv 6 行目「新番号」",
        "optout.csv 6 行目「新枝番」",
        "optout.csv 7 行目「新番号」",
        "optout.csv 7 行目「新枝番」",
        "never_contact.csv 2 行目「被保険者証番号」",
        "never_contact.csv 2 行目「申出日」",
    ]


def test_the_line_is_the_line_of_the_file_even_after_a_break_inside_a_cell(home):
    write_register(home, "optout", ['101,"1\r\n2",00,20260401', "101,x,00,20260401"])
    assert [p.where for p in refusal(home).problems] == [
        "optout.csv 2 行目「被保険者証番号」",
        "optout.csv 4 行目「被保険者証番号」",
    ]


@given(
    cells=st.lists(
        st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"), max_size=12),
        min_size=1,
        max_size=10,
    )
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_message_ever_contains_what_was_written(home, cells):
    secret = [f"秘{cell}密" for cell in cells]
    write_register(home, "optout", [",".join(secret)], FULL)
    text = str(refusal(home))
    assert "秘" not in text
    assert "密" not in text


@pytest.mark.parametrize(
    ("withdrawn", "held"),
    [("", True), ("20261106", True), ("20261105", False), ("20261104", False)],
)
def test_a_withdrawal_counts_from_its_day_on(home, withdrawn, held):
    write_register(home, "optout", [f"101,1,00,20260401,健保,{withdrawn},,,,"], FULL)
    assert bool(holds_of(home)) == held


@given(
    day=st.dates(date(2026, 4, 1), date(2027, 4, 1)),
    today=st.dates(date(2026, 4, 1), date(2027, 4, 1)),
)
def test_an_entry_is_in_force_until_the_day_before_its_withdrawal(day, today):
    entry = Entry("optout", 2, KEYS[0], None, None, day, "")
    assert entry.in_force(today) == (today <= day - timedelta(days=1))


def test_after_a_transfer_both_the_old_and_the_new_key_are_held(home):
    write_register(home, "optout", ["101,0012345,00,20260401,事業所,,転籍,102,0000777,00"], FULL)
    people = [never_linked("0012345"), never_linked("777", symbol="102"), never_linked("777")]
    load_month(home, "2026-06", people)
    table = persons(home, "2026-06", holds=holds_of(home))
    assert list(table.action) == ["never", "never", "link"]
    assert list(table.withheld_by.fillna("")) == ["optout", "optout", ""]


def test_a_household_is_not_one_person(home):
    write_register(home, "optout", ["101,1,00,20260401", "101,2,01,20260401"])
    people = [
        Person(number, branch=branch) for number in ("1", "2") for branch in ("00", "01", "02")
    ]
    load_month(home, "2026-06", people)
    held = persons(home, "2026-06", holds=holds_of(home)).action.eq("never")
    assert list(held) == [True, False, False, False, True, False]


@pytest.mark.parametrize("name", ["optout", "pending_cancellation", "never_contact"])
@pytest.mark.parametrize("filed", ["20200101", "20260615", "20261104"])
def test_an_entry_holds_in_every_month_whenever_it_was_filed(home, name, filed):
    """6 月末の断面を公開する前に届いた申出は、7 月の日付でも、間に合わなければならない。"""
    write_register(home, name, [f"101,12345,00,{filed}"])
    load_month(home, "2026-06", [never_linked("0012345")])
    assert actions(home, "2026-06", holds=holds_of(home)) == {"0012345": "never"}
