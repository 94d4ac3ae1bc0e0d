"""一行ずつの丁寧な読み方。引用符、制御文字、空の行、列の過不足のある行だけがここを通る。"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from mynalib.domain.items import NAMES
from mynalib.intake.faults import SKIP
from mynalib.intake.layout import Layout, record_at, trimmed

HIDDEN = "\u2028"  # 値の中の改行・区切り・引用符。どの項目にもありえない字なので、行は必ず隔離になる
_CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f]")
_EXCEL_TEXT = re.compile('="([^"]*)"')


@dataclass(frozen=True)
class Record:
    """一つのレコード。fault があれば行は読めず、cells は空。used は物理行の数。"""

    cells: tuple[str, ...] = ()
    fault: str = ""
    used: int = 1


def read_record(lines: Sequence[str], layout: Layout, *, complete: bool) -> Record | None:
    """先頭の行からのレコードを読む。続きの行がまだ来ていなければ None（complete なら、もう待たない）。"""
    if '"' not in lines[0]:
        return _judged(lines[0].split(layout.delimiter), 1, layout)
    try:
        return _judged(*record_at(lines, 0, layout.delimiter), layout)
    except csv.Error:
        return Record(fault="COLUMN_COUNT") if complete else None


def _judged(cells: list[str], used: int, layout: Layout) -> Record:
    for at, cell in enumerate(cells):
        if _CONTROL.search(cell):
            fault = f"CONTROL_CHAR {layout.columns[at]}" if at < len(NAMES) else "COLUMN_COUNT"
            return Record(fault=fault, used=used)
    cells = [_EXCEL_TEXT.sub(r"\1", cell) if _EXCEL_TEXT.fullmatch(cell) else cell for cell in trimmed(cells)]
    if not any(cells):
        return Record(fault=SKIP, used=used)
    if len(cells) != len(NAMES):
        return Record(fault="COLUMN_COUNT", used=used)
    unsafe = str.maketrans(dict.fromkeys(f'\n\t"{layout.delimiter}', HIDDEN))
    return Record(tuple(cell.translate(unsafe) for cell in cells), used=used)
