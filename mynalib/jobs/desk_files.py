"""資格確認書の係のファイル：名簿と件数表の XLSX と、全ての方の CSV。"""

import csv
from pathlib import Path

import xlsxwriter

from mynalib.domain.certificates import DESK_TASKS
from mynalib.domain.society import demo_suffix
from mynalib.insight import display
from mynalib.insight.capsule import Capsule
from mynalib.insight.desk_page import LISTED_TASKS, desk_list, desk_table
from mynalib.jobs.workbook import EPOCH, PLAIN, marked, print_on_a4, write_lines, write_rows

DESK_BOOK, DESK_ROWS = "desk", "desk_rows"
"""資格確認書の係の、ファイルの名のはじめ。"""


def write_desk_book(capsule: Capsule, folder: Path) -> Path:
    """XLSX：することごとの名簿、件数表、お取り扱い。"""
    said = display.words("desk")
    sheets = {DESK_TASKS[task]: desk_list(capsule, task).frame for task in LISTED_TASKS}
    target = folder / f"{DESK_BOOK}{demo_suffix(capsule.facts['demo'])}.xlsx"
    with xlsxwriter.Workbook(target, PLAIN) as book:
        book.set_properties({"title": marked(capsule, "資格確認書の係"), "created": EPOCH})
        formats = {name: book.add_format(form) for name, form in display.words("formats").items()}
        for title, rows in sheets.items():
            _write_sheet(book, formats, capsule, title, f"{title}　{len(rows):,} 人", rows)
        for name, title in said["sheets"].items():
            rows = desk_table(capsule, name).frame
            _write_sheet(book, formats, capsule, title, said["captions"][name], rows)
        title = marked(capsule, said["handling_title"])
        lines = [*said["handling"], *capsule.facts["notes"]]
        write_lines(book.add_worksheet(title), formats, title, lines)
    return target


def _write_sheet(book, formats: dict, capsule: Capsule, title: str, head: str, rows) -> None:
    """一枚：一行目に題と時点、三行目から見出しと行。"""
    sheet = book.add_worksheet(marked(capsule, title))
    line = f"{marked(capsule, head)}　{capsule.month.as_of}　{capsule.facts['society']}"
    sheet.write_string(0, 0, line, formats["title"])
    write_rows(sheet, formats, rows, 2)
    print_on_a4(sheet)


def write_desk_rows(capsule: Capsule, folder: Path) -> Path:
    """要る方と持っている方の全て（交付済みの方も）。UTF-8（BOM 付き）、どの升も引用符の中の文字。"""
    people = desk_table(capsule, "people").frame
    rows = [list(map(display.label, people.columns))]
    rows += [
        [display.text(column, value, 0) for column, value in row.items()]
        for row in people.to_dict("records")
    ]
    target = folder / f"{DESK_ROWS}{demo_suffix(capsule.facts['demo'])}.csv"
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return target
