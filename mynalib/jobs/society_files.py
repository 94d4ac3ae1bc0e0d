"""健保の職員だけの名簿を書く：題と時点のある XLSX の一枚と、どの升も文字の CSV。"""

import csv
from pathlib import Path

import pandas as pd

from mynalib.insight import display
from mynalib.insight.capsule import Capsule
from mynalib.jobs.workbook import marked, print_on_a4, write_rows


def write_titled(
    book, formats: dict, capsule: Capsule, title: str, rows: pd.DataFrame, head: str = ""
) -> None:
    """一枚：一行目に題（なければ枚の名と人数）と時点、三行目から見出しと行。

    Args:
        book: 書いている本（xlsxwriter）。
        title: 枚の名。
    """
    sheet = book.add_worksheet(marked(capsule, title))
    told = marked(capsule, head or f"{title}　{len(rows):,} 人")
    line = f"{told}　{capsule.month.as_of}　{capsule.facts['society']}"
    sheet.write_string(0, 0, line, formats["title"])
    write_rows(sheet, formats, rows, 2)
    sheet.set_landscape()
    print_on_a4(sheet)


def write_quoted(rows: pd.DataFrame, target: Path) -> Path:
    """見せる文字にした行の CSV。UTF-8（BOM 付き）、どの升も引用符の中の文字。"""
    lines = [list(map(display.label, rows.columns))]
    lines += [
        [display.text(column, value, 0) for column, value in row.items()]
        for row in rows.to_dict("records")
    ]
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(lines)
    return target
