"""一行ずつの丁寧な読み方。引用符、制御文字、空の行、列の過不足のある行だけがここを通る。"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from mynalib.domain.items import NAMES
from mynalib.intake.cells import BLANKS, record_at, trimmed
from mynalib.intake.faults import SKIP
from mynalib.intake.headings import holds_names
from mynalib.intake.layout import Layout

HIDDEN = (
    "\u2028"  # 値の中の改行・区切り・引用符。どの項目にもありえない字なので、行は必ず隔離になる
)
_CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f]")
_EXCEL_TEXT = re.compile('="([^"]*)"')


@dataclass(frozen=True)
class Record:
    """一つのレコード。

    faults は行ごとの誤り（読めた行では ''）で、その数が、写しに書く行の数になる。cells は読めた行の値。used は LF で数えた行。
    CR だけの改行は、LF で数えた一行の中に、いくつもの行を作る。headings は、項目の名のある行（faults の中の位置）。
    """

    faults: tuple[str, ...]
    cells: tuple[str, ...] = ()
    used: int = 1
    headings: tuple[int, ...] = ()


def read_record(lines: Sequence[str], layout: Layout, *, complete: bool) -> Record | None:
    """先頭の行からのレコードを読む。続きの行がまだ来ていなければ None（complete なら、もう待たない）。

    八項目に改行はないので、いくつもの行にまたがるものは、どこかの行が引用符か CR に飲みこまれている。そのときは、どの行も誤りとして
    数える（一つの誤りと数えると、飲みこまれた人が、だれにも気づかれずに消える）。

    例：一人目の枝番を引用符で囲みそこね、二人目の枝番の後ろに、閉じる引用符がある。
        101,0000001,"00,1,20240401,,,1
        101,0000002,01",1,20240401,,,1
    引用符の間は一つの値に読めて、二行が一つのレコードになる。値の中に改行も区切りもあるので、二行とも誤り（COLUMN_COUNT）とする。
    枝番が「"0⏎0"」の二行なら、中に区切りがないので一人の行で、二行目は読み飛ばす（改行は HIDDEN に替わり、その人は隔離になる）。
    """
    if '"' not in lines[0]:
        return _one_line(lines[0].split(layout.delimiter), lines[0], layout)
    try:
        cells, used = record_at(lines, 0, layout.delimiter)
    except csv.Error:
        # 閉じない引用符は、この一行だけの誤り。続く行は、次にまた一つずつ読む
        return _faulty(lines[:1], "COLUMN_COUNT", layout) if complete else None
    if used == 1:
        return _one_line(cells, lines[0], layout)
    if _is_one_row(cells, layout):
        return Record(("", *[SKIP] * (used - 1)), _safe(trimmed(cells), layout), used)
    return _faulty(lines[:used], "COLUMN_COUNT", layout)


def _is_one_row(cells: Sequence[str], layout: Layout) -> bool:
    """いくつもの行にまたがるレコードが、値の中に改行のある一人の行か（その行は、隔離になる）。

    ほかの人の行を飲みこんでいれば、改行のある値の中に区切りもあるか、列が二人分ある。
    """
    if len(trimmed(cells)) != len(NAMES) or len(cells) > len(NAMES) + 1:
        return False
    swallowing = any("\n" in cell and layout.delimiter in cell for cell in cells)
    return not swallowing and not any(map(_CONTROL.search, cells))


def _one_line(cells: list[str], line: str, layout: Layout) -> Record:
    # CR だけの改行。LF で数えた一行に二人の行が入るので、分けて数え、どちらも誤りにする
    if "\r" in line:
        return _faulty([line], "CONTROL_CHAR", layout)
    for at, cell in enumerate(cells):
        if _CONTROL.search(cell):
            fault = f"CONTROL_CHAR {layout.columns[at]}" if at < len(NAMES) else "COLUMN_COUNT"
            return _faulty([line], fault, layout)
    cells = trimmed(cells)
    if not any(cells):
        return Record((SKIP,))
    if len(cells) != len(NAMES):
        return _faulty([line], "COLUMN_COUNT", layout)
    return Record(("",), _safe(cells, layout))


def _safe(cells: Sequence[str], layout: Layout) -> tuple[str, ...]:
    """Excel が文字にするための ="…" を外し、写しに書けない字を、どの項目にもない字に替える。"""
    cells = [
        _EXCEL_TEXT.sub(r"\1", cell) if _EXCEL_TEXT.fullmatch(cell) else cell for cell in cells
    ]
    unsafe = str.maketrans(dict.fromkeys(f'\n\t"{layout.delimiter}', HIDDEN))
    return tuple(cell.translate(unsafe) for cell in cells)


def _faulty(lines: Sequence[str], fault: str, layout: Layout) -> Record:
    """どの行も誤り。CR だけの改行も、行の切れ目。空の行は読み飛ばす。"""
    texts = [text for line in lines for text in line.split("\r")]
    faults = tuple(fault if text.strip(BLANKS + layout.delimiter) else SKIP for text in texts)
    headings = (
        at
        for at, text in enumerate(texts)
        if holds_names(text.replace('"', "").split(layout.delimiter))
    )
    return Record(faults, used=len(lines), headings=tuple(headings))
