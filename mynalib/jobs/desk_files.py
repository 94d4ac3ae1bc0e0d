"""資格確認書の係のファイル：名簿と件数表の XLSX と、全ての方の CSV。"""

from pathlib import Path

import xlsxwriter

from mynalib.domain.certificates import DESK_TASKS
from mynalib.domain.society import demo_suffix
from mynalib.insight import display
from mynalib.insight.capsule import Capsule
from mynalib.insight.desk_page import LISTED_TASKS, desk_list, desk_table
from mynalib.jobs.society_files import write_quoted, write_titled
from mynalib.jobs.workbook import EPOCH, PLAIN, marked, write_lines

# 資格確認書の係の、ファイルの名のはじめ
DESK_BOOK_NAME = "desk"
DESK_ROWS_NAME = "desk_rows"


def write_desk_book(capsule: Capsule, folder: Path) -> Path:
    """XLSX：することごとの名簿、件数表、お取り扱い。"""
    said = display.words("desk")
    sheets = {DESK_TASKS[task]: desk_list(capsule, task).frame for task in LISTED_TASKS}
    target = folder / f"{DESK_BOOK_NAME}{demo_suffix(capsule.facts['demo'])}.xlsx"
    with xlsxwriter.Workbook(target, PLAIN) as book:
        book.set_properties({"title": marked(capsule, "資格確認書の係"), "created": EPOCH})
        formats = {name: book.add_format(form) for name, form in display.words("formats").items()}
        for title, rows in sheets.items():
            write_titled(book, formats, capsule, title, rows)
        for name, title in said["sheets"].items():
            rows = desk_table(capsule, name).frame
            write_titled(book, formats, capsule, title, rows, said["captions"][name])
        title = marked(capsule, said["handling_title"])
        lines = [*said["handling"], *capsule.facts["notes"]]
        write_lines(book.add_worksheet(title), formats, title, lines)
    return target


def write_desk_rows(capsule: Capsule, folder: Path) -> Path:
    """要る方と持っている方の全て（交付済みの方も）。UTF-8（BOM 付き）、どの升も引用符の中の文字。"""
    people = desk_table(capsule, "people").frame
    return write_quoted(
        people, folder / f"{DESK_ROWS_NAME}{demo_suffix(capsule.facts['demo'])}.csv"
    )
