"""罠の表：調べて分かっている罠の一つ一つに、それを見る試験がある。

表は二つ：届くファイルの罠（RELIABILITY 2.3）と、この分野の罠（DOMAIN 10）。ほかの試験が見ているものは、その名を書き、
見ていなかったものは、ここに小さなファイルと、あるべき終わりを書く。
"""

import ast
import codecs
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from intake_files import GOOD, HEADER, PERSON, REGISTRY, Read, entry, read, refusal, row, text

from mynalib.domain.employers import Registry
from mynalib.domain.errors import MynaError
from mynalib.domain.items import NAMES
from mynalib.intake.intake import Head

TESTS = Path(__file__).parents[1]
BIG5 = Registry(
    tuple(
        entry(symbol)
        for symbol in ("①", "～", "髙", "﨑", "－", "Ａ－１", "架空", "㈱", "ｱ", "がく", "1-2")
    )
)
PEOPLE = [row(number=f"{number:07}") for number in range(8_300_001, 8_300_008)]
Facts = Mapping[str, object]


@dataclass(frozen=True)
class Trap:
    """一つのファイルと、あるべき終わり。refused は断る名。そうでなければ、keys（受け取る鍵）と reasons（行の理由）。"""

    content: bytes | str
    refused: str | tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    reasons: dict[int, str] = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    registry: Registry = REGISTRY


def keys(*numbers: str, symbol: str = "101") -> tuple[str, ...]:
    return tuple(f"{symbol}/{number}/00" for number in numbers)


ALL = keys(*(f"{number:07}" for number in range(8_300_001, 8_300_008)))
SPOILT = {  # 項目ごとの、数字に見えて数字でない字（² ① ١）を入れたときの理由
    "number": "BAD_KEY", "branch": "BAD_KEY", "state": "BAD_CODE", "registered_on": "BAD_DATE", "cancelled_on": "BAD_DATE",
    "cancel_kind": "BAD_CODE", "certificate_flag": "BAD_CODE",
}  # fmt: skip


def cut(line: str, *before: str) -> str:
    """最後の行が、改行なしで、途中で終わるファイル。"""
    return text(*(before or PEOPLE)) + line


def digits_that_are_not(char: str) -> Trap:
    """どの数の項目に入っても、その行だけが隔離になる。"""
    lines = [
        row(**{name: char * 8 if reason == "BAD_DATE" else char}) for name, reason in SPOILT.items()
    ]
    reasons = dict(enumerate(SPOILT.values(), 2))
    return Trap(text(*lines, row(number="5")), keys=keys("5"), reasons=reasons)


OWN: dict[str, Trap] = {
    # 見出しと型
    "一つの指数表記が、ほかの番号を変えない": Trap(
        text(row(number="0012345"), row(number="1.23E+12"), row(number="0000678")), keys=keys("0000678", "0012345"), reasons={3: "BAD_KEY"}
    ),
    "見出しのない、一人だけのファイル": Trap(text(GOOD, header=None), keys=keys("8300001")),
    "見出しの後ろに空の行": Trap(text("", "", GOOD), keys=keys("8300001")),
    # NUL
    "枝番の NUL": Trap(text(row(branch="0\x000"), row(number="2")), keys=keys("2"), reasons={2: "CONTROL_CHAR"}),
    "先頭の NUL": Trap(b"\0" + text(*PEOPLE, header=None).encode(), keys=ALL[1:], reasons={1: "CONTROL_CHAR"}),
    "見出しのあとが全部 NUL": Trap(text().encode() + bytes(4096), refused="TRUNCATED"),
    "0 のバイトだけ": Trap(bytes(4096), refused=("NOT_TEXT", "TRUNCATED", "NOT_CSV")),
    # 引用符
    "最後の行の閉じない引用符": Trap(text(*PEOPLE, '101,"83,00,1,,,,1'), keys=ALL, reasons={9: "COLUMN_COUNT"}),
    "引用符の解釈を途中で変えない": Trap(
        text(row(number='"1'), *(row(number=f'"{n}"') for n in range(2, 8)), row(number='8"')),
        keys=keys(*"234567"), reasons={2: "COLUMN_COUNT", 9: "BAD_KEY"},
    ),
    # 切れたファイル
    "最後の旗の前の区切りで切れた": Trap(cut("101,8300009,00,1,20240401,,"), refused="TRUNCATED"),
    "最後の旗だけが切れた": Trap(cut("101,8300009,00,1,20240401,,,"), keys=(*ALL, *keys("8300009")), notes={"no_final_newline": 1}),
    "番号の途中で切れた": Trap(cut("101,83000"), refused="TRUNCATED"),
    "日付の途中で切れた": Trap(cut("101,8300009,00,1,2024"), refused="TRUNCATED"),
    "引用符の中で切れた": Trap(cut('"101","83000'), refused="TRUNCATED"),
    "改行の半分で切れた": Trap(text(*PEOPLE)[:-1], keys=ALL),
    "UTF-16 の一字の途中で切れた": Trap(
        codecs.BOM_UTF16_LE + text(*PEOPLE, "101,83").encode("utf-16-le")[:-5], refused="TRUNCATED"
    ),
    # ファイルでないもの
    "BOM と HTML": Trap(codecs.BOM_UTF8 + b"<html><body>Error, 503, a, b, c, d, e, f</body></html>", refused="NOT_CSV"),
    "空の行のあとの HTML": Trap(b"\r\n\r\n  <!doctype html>\n<title>x</title>", refused="NOT_CSV"),
    "八列の HTML の表": Trap("<td>1,2,3,4,5,6,7,8</td>\n" * 5, refused="NOT_CSV"),
    "見出しだけが二度": Trap(text(HEADER), refused="HEADER"),
    "二つのファイルをつないだ（BOM も途中に）": Trap(
        (codecs.BOM_UTF8 + text(PEOPLE[0]).encode()) + (codecs.BOM_UTF8 + text(PEOPLE[1]).encode()), refused="HEADER"
    ),
    # 文字コード
    "BOM のない UTF-16（BE）": Trap(text(*PEOPLE).encode("utf-16-be"), refused="NOT_TEXT"),
    "BOM のない UTF-16、見出しなし、英数字だけ": Trap(text(*PEOPLE, header=None).encode("utf-16-le"), refused="NOT_TEXT"),
    "ISO-2022-JP、見出しなし": Trap(text(*(row(symbol="架空"),) * 3, header=None).encode("iso2022_jp"), refused=("HEADER", "ALL_BAD", "ENCODING")),
    "短い UTF-8（架空）": Trap(text(row(symbol="架空"), header=None).encode(), keys=("架空/8300001/00",), registry=BIG5),
    "cp932 だけの字": Trap(
        text(*(row(symbol=char) for char in "①～髙﨑")).encode("cp932"),
        keys=("①/8300001/00", "髙/8300001/00", "﨑/8300001/00", "～/8300001/00"), registry=BIG5,
    ),
    "0x8160 と U+301C は一つの事業所": Trap(
        text(row(symbol="～"), row(symbol="\u301c", number="2")), keys=("～/2/00", "～/8300001/00"), registry=BIG5
    ),
    "0x8160 の cp932": Trap(
        b"\x81\x60,2,00,1,,,,1\r\n" + text(row(symbol="～"), header=None).encode("cp932"), keys=("～/2/00", "～/8300001/00"), registry=BIG5
    ),
    "0x817C と U+2212 は一つの事業所": Trap(
        text(row(symbol="－"), row(symbol="\u2212", number="2")), keys=("－/2/00", "－/8300001/00"), registry=BIG5
    ),
    "0x817C の cp932": Trap(
        b"\x81\x7c,2,00,1,,,,1\r\n" + text(row(symbol="－"), header=None).encode("cp932"), keys=("－/2/00", "－/8300001/00"), registry=BIG5
    ),
    "読めない記号どうしは、一つにならない": Trap(
        text(row(), row(symbol="東①")).encode("cp932") + b"\x93\xff,1,00,1,,,,1\r\n\x93\xfe\xff,1,00,0,,,,1\r\n",
        keys=("101/8300001/00", "東①/8300001/00"), reasons={4: "ENCODING", 5: "ENCODING"},
    ),
    # 折りたたみ
    "① は 1 でなく、㈱ は (株) でない": Trap(
        text(row(symbol="1"), row(symbol="(株)"), row(symbol="①"), row(symbol="㈱")),
        keys=("①/8300001/00", "㈱/8300001/00"), reasons={2: "UNKNOWN_KIGO", 3: "UNKNOWN_KIGO"}, registry=BIG5,
    ),
    "‥／ は ../ にならない": Trap(
        text(row(symbol="‥／"), row(symbol="../"), row()), keys=ALL[:1], reasons={2: "UNKNOWN_KIGO", 3: "UNKNOWN_KIGO"}
    ),
    "半角カナと全角カナは別の記号": Trap(
        text(row(symbol="ア"), row(symbol="ｱ")), keys=("ｱ/8300001/00",), reasons={2: "UNKNOWN_KIGO"}, registry=BIG5
    ),
    "結合の濁点は、合わせない": Trap(
        text(row(symbol="か\u3099く"), row(symbol="がく")), keys=("がく/8300001/00",), reasons={2: "UNKNOWN_KIGO"}, registry=BIG5
    ),
    "全角の英字は、半角にしない": Trap(
        text(row(symbol="A－1"), row(symbol="Ａ－１")), keys=("Ａ－１/8300001/00",), reasons={2: "UNKNOWN_KIGO"}, registry=BIG5
    ),
    "日付になった記号": Trap(
        text(row(symbol="1月2日"), row(symbol="2-Jan"), row(symbol="1-2")),
        keys=("1-2/8300001/00",), reasons={2: "UNKNOWN_KIGO", 3: "UNKNOWN_KIGO"}, registry=BIG5,
    ),
    # 数字に見える字
    "²": digits_that_are_not("²"),
    "①": digits_that_are_not("①"),
    "١": digits_that_are_not("١"),
    "アラビア数字の日付": Trap(text(row(registered_on="٢٠٢٤٠٤٠١"), row(number="2")), keys=keys("2"), reasons={2: "BAD_DATE"}),
    "漢数字": Trap(text(row(number="八三"), row(number="2")), keys=keys("2"), reasons={2: "BAD_KEY"}),
    # 日付
    "整数の日付は、1970 年にならない": Trap(text(GOOD), keys=ALL[:1], facts={"registered_on": date(2024, 4, 1)}),
    "全角の日付": Trap(text(row(registered_on="２０２４０４０１")), keys=ALL[:1], facts={"registered_on": date(2024, 4, 1)}),
    "00000000 は日付なし": Trap(
        text(row(registered_on="00000000", cancelled_on="00000000")), keys=ALL[:1], facts={"registered_on": None, "cancelled_on": None}
    ),
    "0 だけの短い日付": Trap(
        text(row(registered_on="0"), row(number="2", registered_on="0000000"), row(number="3")),
        keys=keys("3"), reasons={2: "BAD_DATE", 3: "BAD_DATE"},
    ),
    "登録が始まった月の日付": Trap(text(row(registered_on="20200801")), keys=ALL[:1], facts={"registered_on": date(2020, 8, 1)}),
    "閏日": Trap(
        text(row(registered_on="20240229"), row(number="2", registered_on="20230229")), keys=ALL[:1], reasons={3: "BAD_DATE"}
    ),
    # 鍵と区分
    "登録済でも、解除の記録は残る": Trap(
        text(row(cancelled_on="20250310", cancel_kind="1")), keys=ALL[:1],
        facts={"state": 1, "cancelled_on": date(2025, 3, 10), "cancel_kind": 1},
    ),
    "枝番の 00 と 01 は別の人": Trap(
        text(row(), row(branch="01"), row(branch="10")), keys=("101/8300001/00", "101/8300001/01", "101/8300001/10")
    ),
    "同じ番号でも、記号が違えば別の人": Trap(text(row(), row(symbol="102", state="0")), keys=("101/8300001/00", "102/8300001/00")),
    "改めた見出し（被保険者等）": Trap(text(GOOD, header=HEADER.replace("被保険者証", "被保険者等")), keys=ALL[:1]),
    "見出しの半角カナと空白": Trap(text(GOOD, header=HEADER.replace("マイナンバーカード", " ﾏｲﾅﾝﾊﾞｰｶｰﾄﾞ　")), keys=ALL[:1]),
    "氏名の列": Trap(text(GOOD + ",架空花子", header=HEADER + ",氏名"), refused="UNNOTIFIED_ITEM"),
}  # fmt: skip


@pytest.mark.parametrize("name", OWN)
def test_every_trap_ends_as_agreed(name):
    trap = OWN[name]
    if trap.refused:
        error = refusal(trap.content, registry=trap.registry)
        assert error.code in ((trap.refused,) if isinstance(trap.refused, str) else trap.refused)
        assert error.fix
        assert "83000" not in str(error)
        return
    found = read(trap.content, registry=trap.registry)
    assert (sorted(found.keys), found.reasons) == (sorted(trap.keys), trap.reasons)
    assert not trap.notes or found.intake.notes == trap.notes
    assert {column: found.members[0][column] for column in trap.facts} == trap.facts


@pytest.mark.parametrize("at", range(1, len(text(GOOD, header=None)) - 1))
def test_a_last_row_cut_anywhere_is_refused_or_noted(at):
    """最後の行が、どこで切れても。列が足りなければ断り、八列そろって見えるなら、改行がなかったと知らせる。"""
    line = text(GOOD, header=None)[:at]
    content = text(*PEOPLE[1:]) + line
    if line.count(",") < 7:
        assert refusal(content).code == "TRUNCATED"
    else:
        assert read(content).intake.notes["no_final_newline"] == 1


@pytest.mark.parametrize("order", [NAMES, NAMES[::-1]], ids=["標準の順", "逆の順"])
def test_rows_are_conserved_whatever_is_wrong_with_them(order):
    """行は、受け取られるか、行番号と理由つきで隔離されるかの、どちらか。人数は、登録簿にない記号も含めて合う。"""
    wrong = (
        {"symbol": "777"},
        {"number": ""},
        {"branch": "x"},
        {"state": "9"},
        {"registered_on": "2024041"},
        {},
        {},
    )
    labels = dict(zip(NAMES, HEADER.split(","), strict=True))
    lines = []
    for at, changes in enumerate(wrong):
        cells = dict(zip(NAMES, PERSON, strict=True)) | {"number": str(at)} | changes
        lines.append(",".join(cells[name] for name in order))
    found: Read = read(text(*lines, header=",".join(labels[name] for name in order)))
    assert found.intake.data_rows == len(wrong) == len(found.members) + len(found.quarantine)
    assert sorted([one["line"] for one in found.members] + list(found.reasons)) == list(
        range(2, 2 + len(wrong))
    )
    assert found.intake.reasons == {
        "UNKNOWN_KIGO": 1,
        "MISSING_KEY": 1,
        "BAD_KEY": 1,
        "BAD_CODE": 1,
        "BAD_DATE": 1,
    }


@pytest.mark.parametrize("size", [300_000, 1_100_000, 2_500_000, 4_500_000])
def test_a_line_far_too_long_is_quarantined_or_the_file_is_refused(size):
    """閉じ忘れた改行や、つながった行。開発者にしか分からない失敗にはならない。"""
    content = text(*PEOPLE, row(number="1" * size), GOOD.replace("8300001", "5"))
    try:
        found = read(content)
    except MynaError as error:
        assert error.code in ("NOT_CSV", "MALFORMED", "TOO_LARGE")
        return
    assert (set(found.reasons), found.intake.accepted) == ({9}, 8)


def test_one_company_with_several_symbols_is_one_employer():
    registry = Registry((entry("101", "E01"), entry("201", "E01"), entry("102", "E02")))
    found = read(text(row(), row(symbol="201", state="0"), row(symbol="102")), registry=registry)
    assert found.intake.by_employer == {"E01": Head(2, 1), "E02": Head(1, 1)}


# ---- 表：どの罠を、どの試験が見ているか。「cases/…」は tests/cases、「ここ：…」は上の OWN


def i(name: str) -> str:
    return f"test_intake.py::test_{name}"


CSV_TRAPS: dict[str, tuple[str, ...]] = {
    "見出しのないファイルの一人目": (i("headerless_file_keeps_its_first_person"), "cases/S01", "ここ：見出しのない、一人だけのファイル"),
    "既定の型：00→0、0012345→12345": (i("leading_zeros_and_the_branch_survive"), "cases/V10"),
    "1.23E+12 が列の型を変える": (i("numbers_that_only_look_like_numbers_are_quarantined"), "cases/V09", "ここ：一つの指数表記が、ほかの番号を変えない"),
    "番号の中の NUL": (i("nul_in_a_value_is_a_control_character"), "cases/S15", "ここ：枝番の NUL", "ここ：先頭の NUL"),
    "終わりの NUL": (i("nul_tail_is_a_truncated_file"), i("nul_tail_longer_than_a_block_is_a_truncated_file"), "cases/S16",
                 "ここ：見出しのあとが全部 NUL", "ここ：0 のバイトだけ"),
    "閉じない引用符": (i("unclosed_quote_costs_only_its_own_line"), i("two_stray_quotes_do_not_swallow_the_people_between_them"),
                "cases/S12", "ここ：最後の行の閉じない引用符"),
    "引用符の解釈を途中で変える": (i("result_does_not_depend_on_where_blocks_are_cut"), "ここ：引用符の解釈を途中で変えない"),
    "切れた最後の行": (i("row_cut_in_the_middle_refuses_the_file"), "cases/S13", "test_traps.py::test_a_last_row_cut_anywhere_is_refused_or_noted",
                "ここ：番号の途中で切れた", "ここ：日付の途中で切れた", "ここ：引用符の中で切れた", "ここ：UTF-16 の一字の途中で切れた", "ここ：改行の半分で切れた"),
    "最後の旗の前で切れた行": (i("complete_last_row_without_newline_is_accepted_and_noted"), "ここ：最後の旗の前の区切りで切れた", "ここ：最後の旗だけが切れた"),
    "0 バイトのファイル": (i("files_that_are_not_ours_are_refused"), "cases/S22"),
    "HTML のエラーページ": (i("files_that_are_not_ours_are_refused"), "ここ：BOM と HTML", "ここ：空の行のあとの HTML", "ここ：八列の HTML の表"),
    "途中の見出し": ("test_headings.py::test_every_line_with_the_names_of_the_items_is_named_and_its_advice_works", "cases/S08", "ここ：二つのファイルをつないだ（BOM も途中に）", "ここ：見出しだけが二度"),
    "BOM のない UTF-16": (i("files_that_are_not_ours_are_refused"), "ここ：BOM のない UTF-16（BE）", "ここ：BOM のない UTF-16、見出しなし、英数字だけ"),
    "ISO-2022-JP": (i("files_that_are_not_ours_are_refused"), "ここ：ISO-2022-JP、見出しなし"),
    "cp932 としても読める短い UTF-8": (i("short_utf8_that_is_also_cp932_is_read_as_utf8"), "ここ：短い UTF-8（架空）"),
    "shift_jis では読めない字（①～髙﨑）": ("cases/E08", "ここ：cp932 だけの字"),
    "0x8160 の二つの綴り": (i("wave_dash_and_minus_have_two_spellings_but_circled_one_is_not_one"), "ここ：0x8160 と U+301C は一つの事業所", "ここ：0x8160 の cp932"),
    "0x817C の二つの綴り": (i("symbol_is_stored_as_registered"), "ここ：0x817C と U+2212 は一つの事業所", "ここ：0x817C の cp932"),
    "NFKC で ① が 1 になる": (i("wave_dash_and_minus_have_two_spellings_but_circled_one_is_not_one"), "ここ：① は 1 でなく、㈱ は (株) でない"),
    "NFKC で ‥／ が ../ になる": ("ここ：‥／ は ../ にならない", "test_params.py::test_an_id_that_would_leave_the_folder_is_refused"),
    "isdigit が ² ① ١ を認める": (i("numbers_that_only_look_like_numbers_are_quarantined"), "ここ：²", "ここ：①", "ここ：١", "ここ：漢数字"),
    "int や \\d がアラビア数字を認める": (i("numbers_that_only_look_like_numbers_are_quarantined"), "ここ：アラビア数字の日付", "ここ：١"),
    "strptime が 202411 と 2024041 を認める": (i("only_real_days_written_in_eight_digits_are_dates"), "cases/V01"),
    "整数の日付が 1970 年になる": ("ここ：整数の日付は、1970 年にならない", "ここ：全角の日付"),
    "00000000": (i("zero_filled_date_is_blank_and_never_1970"), "cases/V03", "ここ：00000000 は日付なし", "ここ：0 だけの短い日付"),
    "八桁、実在、ありうる範囲": (i("only_real_days_written_in_eight_digits_are_dates"), i("date_after_the_month_is_kept_for_review_unless_absurd"),
                     "cases/V05", "ここ：閏日", "ここ：登録が始まった月の日付"),
    "行が、行番号と理由つきで保存される": (i("agrees_with_the_slow_reading"), i("lines_are_physical_lines_of_the_original"),
                         "test_traps.py::test_rows_are_conserved_whatever_is_wrong_with_them",
                         "test_fuzz.py::test_no_broken_file_crashes_loses_a_row_or_shows_a_value"),
    "関門：同じバイト": ("test_gates.py::test_same_bytes_for_the_same_month_that_are_read_otherwise_need_a_replace",
                 "test_gates.py::test_bytes_of_another_month_are_a_stale_copy", "cases/M01"),
    "関門：同じ月": ("test_gates.py::test_other_bytes_for_a_loaded_month_need_a_replace", "cases/M02"),
    "関門：古い月": ("test_gates.py::test_month_older_than_the_newest_is_out_of_order", "cases/M03"),
    "関門：大きく減る": ("test_gates.py::test_whole_file_may_shrink_by_the_policy_and_no_more", "cases/M05"),
    "関門：事業所が消える": ("test_gates.py::test_employer_that_vanished_is_named_with_both_counts",),
    "関門：登録済が一斉に消える": ("test_gates.py::test_a_share_is_held_beyond_chance_and_beyond_the_policy_in_both_directions",),
}  # fmt: skip

DOMAIN_TRAPS: dict[int, tuple[str, ...]] = {
    4: ("ここ：登録済でも、解除の記録は残る", "test_classification.py::test_every_combination_of_facts_is_decided_as_the_specification_says"),
    5: ("ここ：登録が始まった月の日付",),
    9: ("test_gates.py::test_nobody_registered_after_a_month_with_somebody_is_suspicious_however_few",
        "test_gates.py::test_first_file_in_which_nobody_is_registered_is_suspicious"),
    10: ("test_cli.py::test_a_month_that_has_not_ended_is_refused",),
    11: (i("leading_zeros_and_the_branch_survive"), i("branch_that_lost_its_zero_is_mended_and_counted"),
         i("number_that_lost_its_zeros_is_the_same_person"), "cases/V10", "ここ：枝番の 00 と 01 は別の人", "ここ：日付になった記号"),
    12: (i("blank_branch_is_missing_and_never_the_insured_person"), "cases/V20"),
    13: (i("unreadable_bytes_cost_only_their_own_line"), "cases/E08", "ここ：読めない記号どうしは、一つにならない"),
    14: ("ここ：① は 1 でなく、㈱ は (株) でない", "ここ：結合の濁点は、合わせない", "ここ：半角カナと全角カナは別の記号", "ここ：全角の英字は、半角にしない",
         "test_params.py::test_folding_changes_blanks_digits_and_two_dashes_and_nothing_else"),
    15: (i("number_outside_every_range_of_a_symbol_is_unknown"), "test_traps.py::test_one_company_with_several_symbols_is_one_employer",
         "test_params.py::test_continued_members_who_keep_the_symbol_never_reach_the_company", "ここ：同じ番号でも、記号が違えば別の人"),
    16: ("cases/V17", "test_traps.py::test_rows_are_conserved_whatever_is_wrong_with_them",
         "test_history.py::test_a_symbol_lost_from_the_registry_is_shown_and_stops_the_count"),
    20: (i("file_with_my_numbers_in_any_column_is_refused"), "cases/S05", "ここ：氏名の列"),
    31: (i("files_that_are_not_ours_are_refused"), i("value_in_the_spare_column_is_one_column_too_many")),
    32: (i("every_alias_of_a_header_is_understood"), "ここ：改めた見出し（被保険者等）", "ここ：見出しの半角カナと空白"),
    33: ("test_measures.py::test_a_missing_month_stays_missing",),
    34: ("test_history.py::test_the_flow_between_two_months_is_the_people_of_both",),
}  # fmt: skip
NOT_INTAKE = {
    1,
    2,
    3,
    6,
    7,
    8,
    17,
    18,
    19,
    21,
    22,
    23,
    24,
    25,
    26,
    27,
    28,
    29,
    30,
    35,
    36,
}  # 区分、集計、開示、公開、法の罠


@cache
def names_in(name: str) -> set[str]:
    (path,) = TESTS.rglob(name)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@cache
def cases() -> set[str]:
    return {
        case["id"]
        for case in json.loads((TESTS / "cases" / "cases.json").read_text(encoding="utf-8"))[
            "cases"
        ]
    }


def exists(covering: str) -> bool:
    if covering.startswith("ここ："):
        return covering.removeprefix("ここ：") in OWN
    if covering.startswith("cases/"):
        return covering.removeprefix("cases/") in cases()
    name, _, test = covering.partition("::")
    return test in names_in(name)


@pytest.mark.parametrize("table", [CSV_TRAPS, DOMAIN_TRAPS], ids=["届くファイルの罠", "分野の罠"])
def test_every_trap_has_a_test_that_exists(table):
    missing = {
        trap: [one for one in covering if not exists(one)] for trap, covering in table.items()
    }
    assert {trap: names for trap, names in missing.items() if names} == {}
    assert [trap for trap, covering in table.items() if not covering] == []


def test_every_trap_of_the_domain_is_in_the_table_or_is_not_about_the_intake():
    assert set(DOMAIN_TRAPS) | NOT_INTAKE == set(range(1, 37))
    assert not set(DOMAIN_TRAPS) & NOT_INTAKE


def test_every_file_here_is_in_a_table():
    named = {
        one.removeprefix("ここ：")
        for table in (CSV_TRAPS, DOMAIN_TRAPS)
        for names in table.values()
        for one in names
    }
    assert set(OWN) - named == {"見出しの後ろに空の行"}


@pytest.mark.parametrize("covering", ["ここ：ない", "cases/Z99", "test_intake.py::test_nothing"])
def test_a_test_that_does_not_exist_is_noticed(covering: str):
    assert not exists(covering)
