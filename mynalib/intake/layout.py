"""最初の行たちから、区切り・見出し・列の並びを決める。値は持たず、断るときも値を言わない。"""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mynalib.domain.errors import Problem, Refused
from mynalib.domain.items import NAMES
from mynalib.intake.cells import BLANKS, RECORD_LINES, record_at, trimmed
from mynalib.intake.heading_row import SAMPLE_LINES, HeadingRow, unnotified
from mynalib.intake.headings import DELIMITERS

SAMPLE_BYTES = 1 << 20  # 形を決めるのに読む、ファイルのはじめの量
SPARE = "spare"  # 行末の余分な区切りが作る、空の九列目


@dataclass(frozen=True)
class Layout:
    """columns は、ファイルの列の順に並べた項目の名（八つと、あれば SPARE）。opening は見出しまでの物理行の数。"""

    delimiter: str
    header: bool
    columns: tuple[str, ...]
    opening: int


def find_layout(head: bytes, header: str, name: str) -> Layout:
    """UTF-8 にした最初のブロックから決める。

    Args:
        header: FileProfile.header。
        name: 断るときに見せるファイルの名。
    Raises: Refused EMPTY, NOT_CSV, DIALECT, MALFORMED, HEADER, UNNOTIFIED_ITEM, COLUMN_COUNT。
    """
    lines = head[:SAMPLE_BYTES].decode("utf-8", "replace").split("\n")
    start = next((at for at, line in enumerate(lines) if line.strip(BLANKS + "\r")), None)
    if start is None:
        raise Refused(
            "EMPTY",
            where=name,
            what="空の行しかありません",
            fix="送り主から受け取り直してください。",
        )
    heading = HeadingRow(name, header)
    heading.refuse_misplaced(lines, start)
    delimiter = _delimiter(lines[start : start + RECORD_LINES], name)
    try:
        cells, used = record_at(lines, start, delimiter)
    except csv.Error:
        raise Refused(
            "MALFORMED",
            where=name,
            what="最初の行の引用符か改行が壊れています",
            fix="送り主から受け取り直してください。",
        ) from None
    columns = heading.columns(trimmed(cells))
    opening = start + used if columns else 0
    widths = list(_widths(lines[opening : opening + SAMPLE_LINES], delimiter))
    return Layout(delimiter, bool(columns), (columns or NAMES) + _spare(widths, name), opening)


def _delimiter(lines: list[str], name: str) -> str:
    # はじめのレコードが引用符の中で改行していると、一行だけでは区切りが足りない
    line = "".join(lines) if '"' in lines[0] else lines[0]
    best = max(DELIMITERS, key=line.count)
    if best not in line:
        raise Refused(
            "NOT_CSV",
            where=name,
            what="区切りのコンマがありません",
            fix="CSV で受け取り直してください。",
        )
    if best not in ",\t":
        raise Refused(
            "DIALECT",
            where=name,
            what="区切りがコンマでもタブでもありません",
            fix="区切りをコンマにして受け取り直してください。",
        )
    return best


def _widths(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, int]]:
    """空でない行の、列の数と、余分な空欄を除いた列の数。"""
    for line in lines:
        try:
            cells = next(csv.reader([line.rstrip("\r")], delimiter=delimiter), [])
        except csv.Error:
            continue
        if any(cell.strip(BLANKS) for cell in cells):
            yield len(cells), len(trimmed(cells))


def _spare(widths: list[tuple[int, int]], name: str) -> tuple[str, ...]:
    """行末に余分な区切りのある行が多ければ (SPARE,)。八列の行が一つもなければ断る。"""
    filled = Counter(width for _, width in widths)
    if widths and len(NAMES) not in filled:
        if max(filled) > len(NAMES):
            extra = [Problem("データの行", "八項目より多い列に値があります")]
            raise unnotified(name, extra)
        raise Refused(
            "COLUMN_COUNT",
            where=name,
            what="どの行も八列ではありません",
            fix="八項目がそろったファイルを受け取り直してください。",
        )
    # 例：どの行も「…,1,」と余分なコンマで終われば、九列の行が多く、八列は見出しだけ。余分な列があるものとして、素通しする
    raw = Counter(width for width, _ in widths)
    return (SPARE,) if raw[len(NAMES) + 1] > raw[len(NAMES)] else ()
