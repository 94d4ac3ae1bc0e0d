"""勧奨リストの XLSX。全ての升は文字で書くので、先頭の 0 は残り、式にはならない。

枚：❶、❷（世帯、枝番の順）、番号だけ（社内の名簿と突き合わせるため）、お取り扱い。❶ と ❷ の右には、事業所が自分で使う欄がある。
"""

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from pathlib import Path
from unicodedata import east_asian_width

import pandas as pd
import xlsxwriter

from mynalib.disclosure import released as door
from mynalib.domain.classification import LINK_ACTIONS, RENEW_ACTIONS
from mynalib.domain.society import DEMO_MARK
from mynalib.insight import display
from mynalib.insight.capsule import Capsule
from mynalib.insight.tables import handling, households
from mynalib.reminders.sheet import (
    ANSWER,
    ANSWERS,
    LIST_NUMBER,
    OWN_COLUMNS,
    SHEET_TITLES,
    book_name,
)

# 「=」ではじまる名や、URL に見える字も、ただの字。開いた人の Excel で、式やリンクとして動かない
PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
EPOCH = datetime(2020, 1, 1)  # 作成日時を固定し、同じ入力から同じバイトを作る
HOUSEHOLD = ["symbol", "number"]
A4 = 9
LEAST_WIDTH = 10  # 人数の列
TEXT_WIDTH = 84
"""文だけの枚の幅（半角の字）。A4 の縦に、縮めずに入る。"""
TEXT_COLUMNS = 4
"""文の升は、四つの列を合わせる。列が一つなら、LibreOffice は、紙より広くても縮めず、右の端を切って刷る。"""
LETTERS_OF_LINE = 38
"""その幅に入る、11 ポイントの全角の字。二字のゆとりを見てある（字の形は、機械にあるもので変わる）。"""
LINE_HEIGHT = 18


def write_reminders(capsule: Capsule, folder: Path) -> Path:
    """一事業所の勧奨リスト。❶ と ❷ で一枚ずつ。対象がいなくても「0 人」の表を作る。"""
    facts = capsule.facts
    target = folder / book_name(facts["employer_id"], capsule.month, facts["demo"])
    rows = door.named(capsule.table("reminders"), capsule.terms).frame
    with xlsxwriter.Workbook(target, PLAIN) as book:
        book.set_properties({"title": marked(capsule, "勧奨リスト"), "created": EPOCH})
        formats = {name: book.add_format(form) for name, form in display.words("formats").items()}
        for (title, told), actions in zip(
            display.words("reminders").items(), (LINK_ACTIONS, RENEW_ACTIONS), strict=True
        ):
            people = rows[rows.action.isin(actions)]
            sheet = book.add_worksheet(marked(capsule, SHEET_TITLES[title]))
            _write_people(
                sheet, formats, _preface(capsule, SHEET_TITLES[title], told, people), people
            )
        numbers = marked(capsule, "番号だけ")
        _write_numbers(book.add_worksheet(numbers), formats, numbers, rows)
        _write_handling(book.add_worksheet(marked(capsule, "お取り扱い")), formats, capsule)
    return target


def marked(capsule: Capsule, title: str) -> str:
    return f"{DEMO_MARK} {title}" if capsule.facts["demo"] else title


def _write_people(sheet, formats: dict, preface: Sequence[tuple], rows: pd.DataFrame) -> None:
    heads = [display.label(column) for column in rows.columns] + [*OWN_COLUMNS, ANSWER]
    last = len(heads) - 1
    top = len(preface) + 1
    for line, (text, form, height) in enumerate(preface):
        sheet.merge_range(line, 0, line, last, text, formats[form])
        sheet.set_row(line, height)
    sheet.set_default_row(LINE_HEIGHT)
    widths = [display.words("widths")[column] for column in rows.columns]
    for index, (head, width) in enumerate(zip(heads, [*widths, 12, 8, 16], strict=True)):
        sheet.set_column(index, index, width)
        sheet.write_string(top, index, head, formats["head"])
    home = None
    for number, row in enumerate(rows.to_dict("records"), top + 1):
        # 世帯のはじめの行には、上に線のある形。行は、世帯の順に並んでいる
        form = formats["cell" if (row["symbol"], row["number"]) == home else "first"]
        home = (row["symbol"], row["number"])
        for index, (column, value) in enumerate(row.items()):
            sheet.write_string(number, index, display.text(column, value, 0), form)
        for index in range(len(row), last + 1):
            sheet.write_blank(number, index, None, form)
    # 一人もいなければ、選ぶ欄もない（終わりの行が、はじめの行より前になる）
    if len(rows):
        choice = {"validate": "list", "source": list(ANSWERS), "error_title": ANSWER}
        choice["error_message"] = f"{'、'.join(ANSWERS)} のどれかだけを選べます。"
        sheet.data_validation(top + 1, last, top + len(rows), last, choice)
    sheet.autofilter(top, 0, top + len(rows), last)
    sheet.freeze_panes(top + 1, 0)
    sheet.repeat_rows(top)
    sheet.set_landscape()  # 縦の紙では、三分の二に縮んで、手で書きこめない
    print_on_a4(sheet)


def write_rows(sheet, formats: dict, rows: pd.DataFrame, top: int) -> None:
    """見出しと行。top は見出しの行。"""
    numbers = display.words("columns")["numbers"]
    for index, column in enumerate(rows.columns):
        sheet.set_column(index, index, _width(column))
        sheet.write_string(top, index, display.label(column), formats["head"])
    for number, row in enumerate(rows.to_dict("records"), top + 1):
        for index, (column, value) in enumerate(row.items()):
            form = formats["count" if column in numbers else "cell"]
            sheet.write_string(number, index, display.text(column, value, 0), form)
    sheet.autofilter(top, 0, top + len(rows), len(rows.columns) - 1)
    sheet.freeze_panes(top + 1, 0)
    sheet.repeat_rows(top)


def _width(column: str) -> int:
    """列の幅。決めていない列（人数など）は、見出しが入るように。"""
    return display.words("widths").get(column) or max(LEAST_WIDTH, 2 * len(display.label(column)))


def _write_numbers(sheet, formats: dict, title: str, rows: pd.DataFrame) -> None:
    """記号と番号だけ。一行＝一世帯。社内の名簿との突き合わせに使う。"""
    sheet.write_string(0, 0, title, formats["title"])
    for index, column in enumerate(HOUSEHOLD):
        sheet.set_column(index, index, 16)
        sheet.write_string(1, index, display.label(column), formats["head"])
    for line, home in enumerate(rows[HOUSEHOLD].drop_duplicates().itertuples(index=False), 2):
        for index, value in enumerate(home):
            sheet.write_string(line, index, value, formats["cell"])
    sheet.freeze_panes(2, 0)
    sheet.repeat_rows(1)
    print_on_a4(sheet)


def _write_handling(sheet, formats: dict, capsule: Capsule) -> None:
    lines = [*handling(capsule), *capsule.facts["notes"]]
    write_lines(sheet, formats, marked(capsule, "お取り扱い"), lines)


def write_lines(sheet, formats: dict, title: str, lines: Sequence[str]) -> None:
    """文だけの枚。一行に一つ。"""
    sheet.set_column(0, TEXT_COLUMNS - 1, TEXT_WIDTH / TEXT_COLUMNS)
    sheet.write_string(0, 0, title, formats["title"])
    for line, text in enumerate(lines, 1):
        sheet.merge_range(line, 0, line, TEXT_COLUMNS - 1, text, formats["text"])
        sheet.set_row(line, LINE_HEIGHT * _lines_of(text))
    print_on_a4(sheet)


def _lines_of(text: str) -> int:
    """その文が、文だけの枚で何行になるか。表計算ソフトは、ファイルの言う高さのまま見せ、刷る。

    例：漢字 80 字は、全角 38 字ずつの 3 行。電話番号の数字は、二つで全角の 1 字。
    """
    wide = sum(1 if east_asian_width(letter) in "FWA" else 0.5 for letter in text)
    return ceil(wide / LETTERS_OF_LINE) or 1


def print_on_a4(sheet) -> None:
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L取扱注意：個人データ（転送・複写をしない）&R&A　&P / &N")


def _preface(
    capsule: Capsule, title: str, told: str, rows: pd.DataFrame
) -> list[tuple[str, str, int]]:
    """表の上の行：題と人数、宛先、リストの番号、訂正の知らせ、ご案内の文。"""
    facts = capsule.facts
    sizes = f"{len(rows):,} 人（{households(rows):,} 世帯）"
    to = f"{facts['employer']} 御中　{capsule.month.as_of}　（{facts['society']}）"
    number = f"{LIST_NUMBER}{facts['list_number']}　お取り扱いは、おわりの枚にあります"
    lines = [(marked(capsule, f"{title}　{sizes}"), "title", 24)]
    lines += [(line, "text", 36) for line in facts["revision"]]
    return [*lines, (to, "text", 20), (number, "text", 20), (told, "text", 54)]
