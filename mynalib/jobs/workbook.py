"""勧奨リストの XLSX。全ての升は文字で書くので、先頭の 0 は残り、式にはならない。"""

from datetime import datetime
from pathlib import Path

import pandas as pd
import xlsxwriter

from mynalib.disclosure import released as door
from mynalib.domain.classification import LINK_ACTIONS, RENEW_ACTIONS
from mynalib.domain.society import DEMO_MARK, demo_suffix
from mynalib.insight import display
from mynalib.insight.capsule import Capsule

PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
EPOCH = datetime(2020, 1, 1)  # 作成日時を固定し、同じ入力から同じバイトを作る


def write_reminders(capsule: Capsule, folder: Path) -> Path:
    """一事業所の勧奨リスト。❶と❷で一枚ずつ。対象がいなくても「0 人」の表を作る。"""
    target = folder / f"reminders{demo_suffix(capsule.facts['demo'])}.xlsx"
    rows = door.named(capsule.table("reminders"), capsule.terms).frame
    with xlsxwriter.Workbook(target, PLAIN) as book:
        book.set_properties({"title": _marked(capsule, "勧奨リスト"), "created": EPOCH})
        formats = {name: book.add_format(form) for name, form in display.words("formats").items()}
        for sheet, actions in zip(
            display.words("reminders"), (LINK_ACTIONS, RENEW_ACTIONS), strict=True
        ):
            _write_sheet(book, formats, capsule, sheet, rows[rows.action.isin(actions)])
    return target


def _marked(capsule: Capsule, title: str) -> str:
    return f"{DEMO_MARK} {title}" if capsule.facts["demo"] else title


def _write_sheet(
    book, formats: dict, capsule: Capsule, said: dict[str, str], rows: pd.DataFrame
) -> None:
    sheet = book.add_worksheet(_marked(capsule, said["title"]))
    last = len(rows.columns) - 1
    for line, (text, form, height) in enumerate(_preface(capsule, said, len(rows))):
        sheet.merge_range(line, 0, line, last, text, formats[form])
        sheet.set_row(line, height)
    top = line + 2
    sheet.set_default_row(18)
    for index, column in enumerate(rows.columns):
        sheet.set_column(index, index, display.words("widths")[column])
        sheet.write_string(top, index, display.label(column), formats["head"])
    for number, row in enumerate(rows.to_dict("records"), top + 1):
        for index, (column, value) in enumerate(row.items()):
            sheet.write_string(number, index, display.text(column, value, 0), formats["cell"])
    sheet.autofilter(top, 0, top + len(rows), last)
    sheet.freeze_panes(top + 1, 0)
    sheet.repeat_rows(top)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L取扱注意：個人データ&C&A&R&P / &N")


def _preface(capsule: Capsule, said: dict[str, str], people: int) -> list[tuple[str, str, int]]:
    facts, title = capsule.facts, _marked(capsule, f"{said['title']}　{people:,} 人")
    to = f"{facts['employer']} 御中　{capsule.month.as_of}　（{facts['society']}）"
    departments = f"渡してよい部署：{'、'.join(facts['departments'])}"
    lines = [
        (title, "title", 24),
        (to, "text", 20),
        (departments, "text", 36),
        (said["told"], "text", 54),
    ]
    version = [(line, "text", 36) for line in facts["revision"]]
    return [lines[0], *version, *lines[1:], *((note, "text", 36) for note in facts["notes"])]
