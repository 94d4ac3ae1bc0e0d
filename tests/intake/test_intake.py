"""取込の約束。届いた一つのファイルから、誰も失わず、誰の値も漏らさない。"""

import codecs
import csv
import io
import json
import os
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_files import (
    DB,
    GOOD,
    HEADER,
    MAY,
    PERSON,
    REGISTRY,
    entry,
    oracle,
    read,
    refusal,
    row,
    text,
)

from mynalib.domain.employers import Registry
from mynalib.domain.errors import MynaError, Refused
from mynalib.domain.items import ITEMS, NAMES
from mynalib.intake import reading, source, workbench
from mynalib.intake.faults import REASONS
from mynalib.intake.intake import Head
from mynalib.intake.profile import FileProfile
from mynalib.intake.reading import read_file

LONG = bool(os.environ.get("MYNA_LONG"))
CASES = Path(__file__).parents[1] / "cases"
CONTRACT = json.loads((CASES / "cases.json").read_text(encoding="utf-8"))


def columns(path: Path) -> tuple[list[str], list]:
    relation = DB.read_parquet(str(path))
    return relation.columns, relation.types


# ---- RELIABILITY：表の一行ずつ


def test_members_have_exactly_the_agreed_columns_and_types(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(text(GOOD), encoding="utf-8")
    (tmp_path / "into").mkdir()
    read_file(path, month=MAY, registry=REGISTRY, profile=FileProfile(), into=tmp_path / "into")

    def described(name):
        return [
            (one, str(kind)) for one, kind in zip(*columns(tmp_path / "into" / name), strict=True)
        ]

    assert described("members.parquet") == [
        ("line", "INTEGER"),
        ("symbol", "VARCHAR"),
        ("number", "VARCHAR"),
        ("branch", "VARCHAR"),
        ("state", "TINYINT"),
        ("registered_on", "DATE"),
        ("cancelled_on", "DATE"),
        ("cancel_kind", "TINYINT"),
        ("certificate_flag", "TINYINT"),
    ]
    assert described("quarantine.parquet") == [
        ("line", "INTEGER"),
        ("reason", "VARCHAR"),
        ("column", "VARCHAR"),
    ]


def test_headerless_file_keeps_its_first_person():
    assert read(text(GOOD, header=None)).keys == ["101/8300001/00"]


def test_leading_zeros_and_the_branch_survive():
    assert read(text(row(number="0012345", branch="01"))).keys == ["101/0012345/01"]


@pytest.mark.parametrize(
    "number",
    [
        "1.23E+12",
        "8301074.0",
        "-1",
        "+1",
        " ",
        "８３ａ",
        "²",
        "١٠١",
        "①",
        "1" * 21,
        "0x10",
        "1_000",
    ],
)
def test_numbers_that_only_look_like_numbers_are_quarantined(number):
    found = read(text(row(number=number), row(number="2")))
    assert found.reasons == {2: "MISSING_KEY" if not number.strip() else "BAD_KEY"}


@pytest.mark.parametrize("number", ["0", "1", "１２３", "0" * 20, "9" * 20])
def test_one_to_twenty_digits_are_a_number(number):
    [person] = read(text(row(number=number))).members
    assert person["number"] == number.translate(str.maketrans("１２３", "123"))


def test_nul_in_a_value_is_a_control_character():
    found = read(text(row(number="83\x00001"), GOOD))
    assert [(one["line"], one["reason"], one["column"]) for one in found.quarantine] == [
        (2, "CONTROL_CHAR", "number")
    ]


def test_nul_tail_is_a_truncated_file():
    assert refusal(text(GOOD).encode() + b"\0" * 4096).code == "TRUNCATED"


def test_nul_tail_longer_than_a_block_is_a_truncated_file(monkeypatch):
    monkeypatch.setattr(source, "BLOCK", 1 << 10)
    monkeypatch.setattr(source, "MAX_LINE", 1 << 12)
    assert refusal(text(GOOD).encode() + b"\0" * (1 << 14)).code == "TRUNCATED"


def test_unclosed_quote_costs_only_its_own_line():
    found = read(text('101,"8300002,00,0,,,,1', *[row(number=str(n)) for n in range(1, 30)]))
    assert found.reasons == {2: "COLUMN_COUNT"}
    assert found.intake.accepted == 29


def test_two_stray_quotes_do_not_swallow_the_people_between_them():
    found = read(
        text(row(number='"1'), row(number="2"), row(number="3"), row(number='"4'), row(number="5"))
    )
    assert found.reasons == {2: "COLUMN_COUNT", 5: "COLUMN_COUNT"}


def test_row_cut_in_the_middle_refuses_the_file():
    error = refusal(text(GOOD, "101,8300002,00,0,2021")[:-2])
    assert error.code == "TRUNCATED"


def test_complete_last_row_without_newline_is_accepted_and_noted():
    found = read(text(GOOD)[:-2])
    assert (found.intake.accepted, found.intake.notes) == (1, {"no_final_newline": 1})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY"),
        (codecs.BOM_UTF8, "EMPTY"),
        (b"\r\n \r\n", "EMPTY"),
        (text().encode(), "EMPTY"),
        (text(",,,,,,,", "").encode(), "EMPTY"),
        (b"<!DOCTYPE html><html><body>503</body></html>", "NOT_CSV"),
        (b'{"error": 1, "rows": []}', "NOT_CSV"),
        ("加入者の一覧です\n".encode(), "NOT_CSV"),
        (b"PK\x03\x04" + bytes(200), "NOT_TEXT"),
        (b"%PDF-1.7\n" + bytes(200), "NOT_TEXT"),
        (text(GOOD).encode("utf-16-le"), "NOT_TEXT"),
        (text(GOOD, GOOD).encode("iso2022_jp"), "HEADER"),
        (text(GOOD).encode("euc_jp"), "ENCODING"),
        (text(GOOD).replace(",", ";").encode(), "DIALECT"),
        (text(GOOD).replace(",", "|").encode(), "DIALECT"),
        (text('"' + GOOD, header=None).encode(), "MALFORMED"),
        (text(GOOD[:-4]).encode(), "COLUMN_COUNT"),
        (text(GOOD + ",架空花子").encode(), "UNNOTIFIED_ITEM"),
        (text("symbol,number,branch,state,a,b,c,d", header=None).encode(), "HEADER"),
        (b"a," * (1 << 20), "NOT_CSV"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_files_that_are_not_ours_are_refused(content, code):
    assert refusal(content).code == code


def test_utf16_with_bom_is_read():
    assert read(codecs.BOM_UTF16_LE + text(GOOD).encode("utf-16-le")).keys == ["101/8300001/00"]
    assert read(codecs.BOM_UTF16_BE + text(GOOD).encode("utf-16-be")).keys == ["101/8300001/00"]


def test_short_utf8_that_is_also_cp932_is_read_as_utf8():
    assert read(text(row(symbol="東①"), header=None)).keys == ["東①/8300001/00"]


def test_wave_dash_and_minus_have_two_spellings_but_circled_one_is_not_one():
    found = read(text(row(symbol="関\u301c西"), row(symbol="東1", number="2")))
    assert (found.keys, found.reasons) == (["関～西/8300001/00"], {3: "UNKNOWN_KIGO"})


@pytest.mark.parametrize("day", ["202411", "2024041", "20260230", "99999999", "46143", "2024-04-01", "2024/04/01", "令和6年4月1日",
                                 "20200731", "19700101", "2024 401", "202404e2", "2024051.", "+2024051", "²0240401"])  # fmt: skip
@pytest.mark.parametrize("column", ["registered_on", "cancelled_on"])
def test_only_real_days_written_in_eight_digits_are_dates(column, day):
    found = read(text(row(**{column: day}), row(number="2")))
    assert [(one["reason"], one["column"]) for one in found.quarantine] == [("BAD_DATE", column)]


@pytest.mark.parametrize("day", ["", "00000000", " ", "００００００００"])
def test_zero_filled_date_is_blank_and_never_1970(day):
    [person] = read(text(row(registered_on=day))).members
    assert person["registered_on"] is None


def test_date_after_the_month_is_kept_for_review_unless_absurd():
    found = read(text(row(registered_on="20260601"), row(number="2", registered_on="20990101")))
    assert (found.members[0]["registered_on"], found.reasons) == (date(2026, 6, 1), {3: "BAD_DATE"})


@pytest.mark.parametrize(
    "day", ["令和8年5月1日", "令和08年05月01日", "令和８年５月１日", "R8.5.1", "R08.05.01"]
)
def test_wareki_is_read_only_when_the_profile_says_so(day):
    [person] = read(text(row(registered_on=day)), date="wareki").members
    assert person["registered_on"] == date(2026, 5, 1)
    assert read(text(row(registered_on=day), row(number="2"))).reasons == {2: "BAD_DATE"}


def test_wareki_first_year_and_impossible_days():
    found = read(
        text(
            row(registered_on="令和元年5月1日"),
            row(number="2", registered_on="R8.2.30"),
            row(number="3"),
        ),
        date="wareki",
    )
    assert found.reasons == {2: "BAD_DATE", 3: "BAD_DATE"}


@pytest.mark.parametrize(
    ("style", "day"),
    [("YYYY-MM-DD", "2024-04-01"), ("YYYY/MM/DD", "2024/4/1"), ("YYYY/MM/DD", "2024/04/01")],
)
def test_other_spellings_of_a_date_by_profile(style, day):
    assert read(text(row(registered_on=day)), date=style).members[0]["registered_on"] == date(
        2024, 4, 1
    )


@pytest.mark.parametrize(("column", "bad"), [(item.name, "1.0") for item in ITEMS if item.codes]
                         + [("state", ""), ("state", "2"), ("cancel_kind", "0"), ("cancel_kind", "4"), ("certificate_flag", "2")])  # fmt: skip
def test_codes_are_exactly_those_of_the_items(column, bad):
    found = read(text(row(**{column: bad}), row(number="2")))
    assert [(one["reason"], one["column"]) for one in found.quarantine] == [("BAD_CODE", column)]


@pytest.mark.parametrize("item", [item for item in ITEMS if item.codes], ids=lambda item: item.name)
def test_every_code_of_the_items_is_accepted(item):
    codes = list(item.codes) + ([""] if item.blank else [])
    found = read(
        text(*(row(**{"number": str(n), item.name: code}) for n, code in enumerate(codes)))
    )
    assert [one[item.name] for one in found.members] == [
        int(code) if code else None for code in codes
    ]


# ---- 記号・番号・枝番


def test_blank_branch_is_missing_and_never_the_insured_person():
    found = read(text(row(branch=""), row(branch="", number="0"), row()))
    assert (found.keys, found.reasons) == (["101/8300001/00"], {2: "MISSING_KEY", 3: "MISSING_KEY"})


def test_branch_that_lost_its_zero_is_mended_and_counted():
    found = read(text(row(branch="0"), row(branch="1")))
    assert (found.keys, found.intake.notes) == (
        ["101/8300001/00", "101/8300001/01"],
        {"branch_zero_lost": 2},
    )


@pytest.mark.parametrize("branch", ["000", "A", "1.", "-1", "+1", "１ａ"])
def test_branch_is_one_or_two_digits(branch):
    assert read(text(row(branch=branch), row())).reasons == {2: "BAD_KEY"}


def test_number_that_lost_its_zeros_is_the_same_person():
    found = read(text(row(number="0012345"), row(number="12345")))
    assert (found.keys, found.reasons) == (["101/0012345/00"], {3: "DUPLICATE_KEY"})


def test_identical_rows_keep_the_first_and_contradictory_rows_keep_none():
    same = [row(number="1")] * 3
    torn = [row(number="2"), row(number="2", state="0"), row(number="2")]
    found = read(text(*same, *torn, row(number="3")))
    assert (found.keys, set(found.reasons)) == (["101/1/00", "101/3/00"], {3, 4, 5, 6, 7})


def test_bad_row_between_two_good_rows_of_a_person_does_not_hide_the_duplicate():
    found = read(text(row(), row(registered_on="20241301"), row()))
    assert found.reasons == {3: "BAD_DATE", 4: "DUPLICATE_KEY"}


def test_symbol_is_stored_as_registered():
    registry = Registry((entry("１０１"), entry("A－1", "E02")))
    found = read(text(row(symbol=" 101　"), row(symbol="A\u22121")), registry=registry)
    assert found.keys == ["A－1/8300001/00", "１０１/8300001/00"]


def test_number_outside_every_range_of_a_symbol_is_unknown():
    registry = Registry((entry("101", "E01", (1, 100)), entry("101", None, (200, 300))))
    found = read(
        text(*(row(number=n) for n in ("0100", "101", "200", "300", "301"))), registry=registry
    )
    assert found.reasons == {3: "UNKNOWN_KIGO", 6: "UNKNOWN_KIGO"}
    assert found.intake.by_employer == {"E01": Head(1, 1), "NOEMPLOYER": Head(2, 2)}


def test_registry_whose_ranges_overlap_is_refused_rather_than_counting_someone_twice():
    registry = Registry((entry("101", "E01", (1, 100)), entry("101", "E02", (50, 300))))
    assert refusal(text(row(number="60")), registry=registry).code == "AMBIGUOUS_KIGO"


def test_empty_registry_accepts_nobody():
    assert refusal(text(GOOD), registry=Registry(())).code == "ALL_BAD"


@pytest.mark.parametrize("symbol", ["10\u200b1", "\u202e101", "1\u00ad01", "1 01", "10\x7f1"])
def test_symbol_with_an_invisible_character_is_not_a_symbol(symbol):
    found = read(text(row(symbol=symbol), row()))
    assert found.reasons[2] in ("BAD_KEY", "CONTROL_CHAR")


def test_members_are_sorted_by_symbol_number_and_branch():
    lines = [
        row(symbol=s, number=n, branch=b)
        for s in ("102", "101", "東①")
        for n in ("10", "9", "010001")
        for b in ("01", "00")
    ]
    found = read(text(*lines))
    keys = [(one["symbol"], int(one["number"]), one["branch"]) for one in found.members]
    assert keys == sorted(keys)
    assert len(keys) == 18


# ---- 行と列


def test_lines_are_physical_lines_of_the_original():
    found = read(text("", GOOD, '"10\n2",1,00,0,,,,', "", row(number="x"), end="\n"))
    assert [(one["line"], one["reason"]) for one in found.quarantine] == [
        (4, "BAD_KEY"),
        (7, "BAD_KEY"),
    ]
    assert [one["line"] for one in found.members] == [3]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_ending_is_read(end):
    assert read(text(GOOD, row(number="2"), end=end)).intake.accepted == 2


def test_lone_carriage_return_inside_a_line_makes_two_lines_of_it_and_both_are_counted():
    found = read(text(row(number="83\r1"), GOOD, row(number="x")))
    assert found.reasons == {2: "CONTROL_CHAR", 3: "CONTROL_CHAR", 5: "BAD_KEY"}


def test_blank_lines_and_dos_eof_are_ignored():
    found = read((text("", GOOD, "", "　 ", ",,,,,,,") + "\x1a").encode())
    assert (found.intake.data_rows, found.intake.accepted) == (1, 1)


def test_dos_eof_right_after_the_last_row():
    found = read(text(GOOD)[:-2] + "\x1a")
    assert (found.intake.accepted, found.intake.notes) == (1, {})


@pytest.mark.parametrize("quoting", [csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC, csv.QUOTE_MINIMAL])
def test_quoting_changes_nothing(quoting):
    out = io.StringIO()
    csv.writer(out, quoting=quoting).writerows(
        [[i.label for i in ITEMS], PERSON, ["102", "2", "01", "0", "", "", "", ""]]
    )
    assert read(out.getvalue()).keys == ["101/8300001/00", "102/2/01"]


@pytest.mark.parametrize("value", ['"8300,001"', '"83""1"', '"83\n1"', '"83\t1"', '83"1'])
def test_quoted_delimiters_quotes_and_newlines_stay_inside_their_value(value):
    found = read(text(row(number=value), GOOD))
    assert [(one["line"], one["reason"], one["column"]) for one in found.quarantine] == [
        (2, "BAD_KEY", "number")
    ]
    assert found.intake.accepted == 1


def test_rows_with_too_few_or_too_many_columns_are_quarantined():
    found = read(
        text(
            GOOD,
            "101,2,00,1,,,",
            row(number="3") + ",x",
            row(number="4") + ",",
            row(number="5") + ",,,",
        )
    )
    assert (found.reasons, found.intake.accepted) == ({3: "COLUMN_COUNT", 4: "COLUMN_COUNT"}, 3)


def test_value_in_the_spare_column_is_one_column_too_many():
    found = read(
        text(GOOD + ",", row(number="2") + ",架空花子", row(number="3") + ",", header=HEADER + ",")
    )
    assert (found.reasons, found.intake.accepted) == ({3: "COLUMN_COUNT"}, 2)


def test_columns_are_found_by_name_and_never_by_position():
    order = list(reversed(range(8)))
    names = [ITEMS[at].label for at in order]
    found = read(text(",".join(PERSON[at] for at in order), "x", header=",".join(names)))
    assert (found.keys, found.reasons) == (["101/8300001/00"], {3: "COLUMN_COUNT"})


@pytest.mark.parametrize(
    "alias", [(item, alias) for item in ITEMS for alias in item.aliases], ids=lambda one: one[1]
)
def test_every_alias_of_a_header_is_understood(alias):
    item, name = alias
    assert read(text(GOOD, header=HEADER.replace(item.label, name, 1))).intake.accepted == 1


def test_header_names_every_problem_at_once_without_its_unknown_names():
    header = HEADER.replace("初回登録解除区分", "初回登録実施日") + ",架空氏名"
    error = refusal(text(GOOD + ",架空花子", header=header))
    assert error.code == "HEADER"
    assert [str(one) for one in error.problems] == [
        "見出し：「初回登録解除区分」の列がありません",
        "見出し：「初回登録実施日」の列が二つ以上あります",
        "見出し 9 列目：共同利用の八項目にない名です",
    ]
    assert "架空" not in str(error)


@pytest.mark.parametrize(
    ("header", "content"), [("present", text(GOOD, header=None)), ("absent", text(GOOD))]
)
def test_header_that_contradicts_the_profile_is_refused(header, content):
    assert refusal(content, header=header).code == "HEADER"


def test_headerless_file_with_a_bad_first_row_is_read_when_the_profile_says_so():
    found = read(text("bad,bad,bad,bad,,,,", GOOD, header=None), header="absent")
    assert found.reasons == {1: "BAD_KEY"}


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_unreadable_bytes_cost_only_their_own_line(encoding):
    lines = [
        text(row(symbol="東①"), row(symbol="東①", number="2")).encode(encoding),
        b"101,3\x81\xff,00,1,,,,\r\n",
        text(GOOD, header=None).encode(),
    ]
    found = read(b"".join(lines))
    assert (found.intake.encoding, found.reasons) == (encoding, {4: "ENCODING"})


def test_file_mostly_unreadable_is_refused():
    lines = [f"東①,{n},00,1,,,,\r\n".encode("cp932") for n in range(9)]
    assert refusal(text(GOOD).encode() + b"".join(lines), encoding="utf-8").code == "ENCODING"


def test_bom_that_contradicts_the_profile_is_refused():
    assert refusal(codecs.BOM_UTF8 + text(GOOD).encode(), encoding="cp932").code == "ENCODING"


def test_japanese_that_first_appears_late_still_decides_the_encoding(monkeypatch):
    monkeypatch.setattr(source, "BLOCK", 256)
    lines = [row(number=str(n)) for n in range(100)] + [row(symbol="東①", number="7")]
    found = read(text(*lines, header=None).encode("cp932"))
    assert (found.intake.accepted, found.intake.encoding, found.members[-1]["symbol"]) == (
        101,
        "cp932",
        "東①",
    )


@pytest.mark.parametrize("block", [64, 100, 256, 1000])
def test_result_does_not_depend_on_where_blocks_are_cut(block, monkeypatch):
    lines = [
        GOOD,
        '"10\n\n\n2",1,00,0,,,,',
        row(number="2"),
        '101,"3,00,1,,,,',
        "",
        row(number="4"),
        '"101","5",00,1,,,,',
    ] * 5
    content = text(*lines).encode("utf-8")
    whole = read(content)
    monkeypatch.setattr(source, "BLOCK", block)
    assert read(content) == whole


def test_too_large_a_file_is_refused_before_it_fills_the_disk(monkeypatch):
    monkeypatch.setattr(source, "MAX_FILE_BYTES", 100)
    assert refusal(text(GOOD)).code == "TOO_LARGE"


# ---- 知らせていない項目


WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def is_my_number(text: str) -> bool:
    """検査用数字まで合う 12 桁の数字か。intake/sql/macros.sql の遅い検算。"""
    if len(text) != len(WEIGHTS) + 1 or not (text.isascii() and text.isdigit()):
        return False
    remainder = sum(int(digit) * weight for digit, weight in zip(text, WEIGHTS, strict=False)) % 11
    return int(text[-1]) == (0 if remainder <= 1 else 11 - remainder)


def my_number(body: str) -> str:
    return next(body + str(check) for check in range(10) if is_my_number(body + str(check)))


def test_my_number_check_digit_agrees_with_a_published_example():
    assert is_my_number("123456789018")
    assert [is_my_number(f"12345678901{digit}") for digit in range(10)].count(True) == 1


@pytest.mark.parametrize("column", NAMES)
def test_file_with_my_numbers_in_any_column_is_refused(column):
    numbers = [my_number(f"{n:011}") for n in (12345678901, 98765432109, 55555555555)]
    lines = [row(**{"number": str(n), column: number}) for n, number in enumerate(numbers)]
    error = refusal(text(GOOD, *lines))
    assert error.code == "UNNOTIFIED_ITEM"
    assert not any(number in str(error) for number in numbers)


def test_twelve_digit_numbers_of_a_society_are_not_my_numbers():
    found = read(text(*(row(number=str(100000000000 + n)) for n in range(500))))
    assert found.intake.accepted == 500


def test_single_twelve_digit_value_is_only_quarantined():
    found = read(
        text(row(branch=my_number("12345678901")), row(state=my_number("22345678901")[:-1]), GOOD)
    )
    assert found.reasons == {2: "BAD_KEY", 3: "BAD_CODE"}


# ---- 漏らさない、残さない


def test_refusal_shows_lines_and_reasons_but_no_values():
    error = refusal(
        text(
            row(number="8399991x"), row(symbol="8399992", number="1"), row(registered_on="83999930")
        )
    )
    assert error.code == "ALL_BAD"
    assert [one.where for one in error.problems] == ["2 行目", "3 行目", "4 行目"]
    assert "839999" not in str(error)


def test_every_reason_has_words_and_the_contract_knows_it():
    assert set(REASONS) <= set(CONTRACT["contract"]["reasons"])
    assert set(CONTRACT["contract"]["reasons"]) - set(REASONS) == {
        "TRUNCATED"
    }  # 行ではなく、ファイルごと断る


def test_database_error_is_reported_without_its_text(monkeypatch):
    monkeypatch.setattr(workbench, "query", lambda name: "select error($faults[1] || '8399994')")
    with pytest.raises(MynaError) as caught:
        read(text(GOOD))
    error = caught.value
    assert (error.__cause__, error.__context__) == (None, None)
    assert "8399994" not in str(error)
    assert "InvalidInputException" in str(error)


def test_failure_halfway_leaves_nothing(monkeypatch, tmp_path):
    real = workbench.Workbench.run

    def fail_late(self, name, **values):
        if name == "quarantine":
            raise KeyboardInterrupt
        return real(self, name, **values)

    monkeypatch.setattr(workbench.Workbench, "run", fail_late)
    path = tmp_path / "a.csv"
    path.write_text(text(GOOD), encoding="utf-8")
    (tmp_path / "into").mkdir()
    with pytest.raises(KeyboardInterrupt):
        read_file(path, month=MAY, registry=REGISTRY, profile=FileProfile(), into=tmp_path / "into")
    assert list((tmp_path / "into").iterdir()) == []


def test_original_is_hashed_as_it_came_and_not_touched(tmp_path):
    import hashlib

    content = codecs.BOM_UTF8 + text(GOOD).encode() + b"\x1a"
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    os.chmod(path, 0o400)  # noqa: PTH101
    (tmp_path / "into").mkdir()
    intake = read_file(
        path, month=MAY, registry=REGISTRY, profile=FileProfile(), into=tmp_path / "into"
    )
    assert (intake.sha256, intake.bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    assert path.read_bytes() == content


def test_folder_with_glob_characters_in_its_name(tmp_path):
    into = tmp_path / "健保[本番]*"
    into.mkdir()
    path = into / "a?.csv"
    path.write_text(text(GOOD), encoding="utf-8")
    (into / "new").mkdir()
    assert (
        read_file(
            path, month=MAY, registry=REGISTRY, profile=FileProfile(), into=into / "new"
        ).accepted
        == 1
    )


def test_line_numbers_are_checked_against_the_marks(monkeypatch):
    monkeypatch.setattr(reading, "ODD_MARK", "101")  # 人の行を印とみなすと、番号が行番号と合わない
    with pytest.raises(MynaError) as caught:
        read(text(row(branch="0")))
    assert "行番号" in caught.value.what


def test_intake_is_json():
    intake = read(text(row(), row(symbol="901", state="0"), row(number="x"))).intake
    kept = json.loads(json.dumps(intake.as_dict(), ensure_ascii=False))
    assert kept["by_employer"] == {
        "E01": {"members": 1, "registered": 1},
        "NOEMPLOYER": {"members": 1, "registered": 0},
    }
    assert (kept["data_rows"], kept["accepted"], kept["reasons"], kept["delimiter"]) == (
        3,
        2,
        {"BAD_KEY": 1},
        ",",
    )


def test_sql_is_never_built_from_data():
    code = "".join(
        path.read_text(encoding="utf-8") for path in Path(reading.__file__).parent.glob("*.py")
    )
    assert re.findall(r"\.execute\((.*?)\)", code) == [
        "query(name), values or None"[: len("query(name")]
    ]


# ---- 遅い検算：csv だけで書いた別の読み方と、でたらめなファイルで比べる


SYMBOLS = st.sampled_from(
    [
        "101",
        "102",
        "東①",
        "関\u301c西",
        "１０１",
        " 101　",
        "901",
        "",
        "777",
        "10\u200b1",
        "1,01",
        '1"01',
        "10\n1",
    ]
)
NUMBERS = st.sampled_from(
    [
        "1",
        "01",
        "2",
        "３",
        "=1+1",
        '="1"',
        "1.0",
        "1e3",
        "",
        "x",
        "99999999999999999999",
        "1\n",
        "1\x00",
        " 1\u00a0",
    ]
)
BRANCHES = st.sampled_from(["00", "01", "0", "1", "", "001", "０１", "-1"])
DAYS = st.sampled_from(
    [
        "",
        "20240401",
        "00000000",
        "20260230",
        "2024041",
        "2024-04-01",
        "２０２４０４０１",
        "20200731",
        "20270601",
        "202404e1",
    ]
)
ROW = st.tuples(
    SYMBOLS, NUMBERS, BRANCHES, st.sampled_from(["0", "1", "１", "2", "", "TRUE"]), DAYS, DAYS,
    st.sampled_from(["", "1", "2", "3", "4"]), st.sampled_from(["", "0", "1", "9"]),
)  # fmt: skip
ODD = st.sampled_from(
    [
        "",
        "   ",
        ",,,,,,,",
        '101,"1,00,1,,,,',
        "101,1,00",
        HEADER,
        GOOD + ",",
        GOOD + ",x",
        '"',
        '""',
        'a"b,c',
        ",",
        '"101",1,00,1,"",,,',
    ]
)
RECORD = st.one_of(ROW, ROW, ROW, ODD)


def written(records: list, quoting: int) -> str:
    out = io.StringIO()
    for record in records:
        if isinstance(record, str):
            out.write(record + "\n")
        else:
            csv.writer(out, quoting=quoting, lineterminator="\n").writerow(record)
    return out.getvalue()


SLOWLY = settings(
    max_examples=400 if LONG else 20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)


@pytest.mark.long
@SLOWLY
@given(
    st.lists(RECORD, max_size=25),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["utf-8", "utf-16"]),
    st.sampled_from([64, 1 << 22]),
)
def test_agrees_with_the_slow_reading(records, quoting, encoding, block):
    content = GOOD + "\n" + written(records, quoting)
    good, bad = oracle(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "BLOCK", block)
        try:
            found = read(content.encode(encoding), header="absent")
        except Refused as error:
            assert (
                error.code == "HEADER"
                if HEADER in content.split("\n")
                else (error.code, good) == ("ALL_BAD", [])
            )
            return
    assert HEADER not in content.split("\n")
    assert found.reasons == bad
    assert [tuple(one.values()) for one in found.members] == good


CANARY = st.text(st.sampled_from("鴉鵲鶯鷺0189\"',\n= ;|<\x00\u202e"), min_size=1, max_size=6).map(
    lambda tail: "金糸雀" + tail
)
CELL = st.one_of(CANARY, st.sampled_from(["101", "8300001", "00", "1", "", "20240401"]))


@pytest.mark.long
@SLOWLY
@given(
    st.lists(st.lists(CELL, min_size=1, max_size=10), max_size=8),
    st.booleans(),
    st.sampled_from(["utf-8", "cp932"]),
)
def test_nobody_is_lost_and_no_message_has_a_value(rows, header, encoding):
    content = (
        (HEADER if header else GOOD)
        + "\n"
        + GOOD
        + "\n"
        + written([tuple(one) for one in rows], csv.QUOTE_MINIMAL)
    )
    try:
        found = read(content.encode(encoding, "replace"))
    except MynaError as error:
        assert "金糸雀" not in str(error)
        assert not any(char in str(error) for char in "鴉鵲鶯鷺")
        return
    assert (
        len({one["line"] for one in found.members} | set(found.reasons)) == found.intake.data_rows
    )
