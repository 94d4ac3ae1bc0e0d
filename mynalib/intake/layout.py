"""最初の行たちから、区切り・見出し・列の並びを決める。値は持たず、断るときも値を言わない。"""

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mynalib.domain.employers import FOLD_FROM, FOLD_TO, TRIMMED
from mynalib.domain.errors import Problem, Refused
from mynalib.domain.items import ITEMS, NAMES

BLANKS = TRIMMED + "\t"
RECORD_LINES = 10  # 八項目に改行はない。引用符がこの行数で閉じなければ、閉じ忘れとみる
SAMPLE_BYTES, SAMPLE_LINES = 1 << 20, 1000
SPARE = "spare"  # 行末の余分な区切りが作る、空の九列目
_DELIMITERS = ",\t;|"
_DIGITS = str.maketrans(FOLD_FROM, FOLD_TO)


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
    return _Finder(name, header).find(head)


def record_at(lines: Sequence[str], at: int, delimiter: str) -> tuple[list[str], int]:
    """at 行目からの一つのレコードと、その物理行の数。引用符が閉じなければ csv.Error。"""
    reader = csv.reader((line + "\n" for line in lines[at : at + RECORD_LINES]), delimiter=delimiter, strict=True)
    return next(reader), reader.line_num


def trimmed(cells: Sequence[str]) -> list[str]:
    """両端の空白を落とし、九列目より後ろの空欄を捨てる。"""
    cells = [cell.strip(BLANKS) for cell in cells]
    while len(cells) > len(NAMES) and not cells[-1]:
        cells.pop()
    return cells


def _plain_name(text: str) -> str:
    # 見出しに限って NFKC を使う（半角カナ、全角半角のゆれ）。値には使わない
    return "".join(unicodedata.normalize("NFKC", text).split())


_ALIASES = {_plain_name(label): item.name for item in ITEMS for label in (item.label, *item.aliases)}


@dataclass(frozen=True)
class _Finder:
    name: str
    header: str

    def find(self, head: bytes) -> Layout:
        lines = head[:SAMPLE_BYTES].decode("utf-8", "replace").split("\n")
        start = next((at for at, line in enumerate(lines) if line.strip(BLANKS + "\r")), None)
        if start is None:
            raise Refused("EMPTY", where=self.name, why="no_lines")
        delimiter = self._delimiter(lines[start])
        try:
            cells, used = record_at(lines, start, delimiter)
        except csv.Error:
            raise Refused("MALFORMED", where=self.name, why="broken_first_line") from None
        columns = self._columns(trimmed(cells))
        opening = start + used if columns else 0
        spare = self._spare(list(_widths(lines[opening : opening + SAMPLE_LINES], delimiter)))
        return Layout(delimiter, bool(columns), (columns or NAMES) + spare, opening)

    def _delimiter(self, line: str) -> str:
        best = max(_DELIMITERS, key=line.count)
        if best not in line:
            raise Refused("NOT_CSV", where=self.name, why="no_comma")
        if best not in ",\t":
            raise Refused("DIALECT", where=self.name, why="other_delimiter")
        return best

    def _columns(self, cells: list[str]) -> tuple[str, ...]:
        """見出しなら項目の並び、見出しがなければ空。"""
        names = [_ALIASES.get(_plain_name(cell)) for cell in cells]
        if any(names):
            return self._checked(names)
        if self.header == "present" or (self.header == "auto" and not _looks_like_a_row(cells)):
            raise Refused("HEADER", where=self.name, why="no_header")
        return ()

    def _checked(self, names: list[str | None]) -> tuple[str, ...]:
        if self.header == "absent":
            raise Refused("HEADER", where=self.name, why="unexpected_header")
        wrong = [f"「{item.label}」の列がありません" for item in ITEMS if item.name not in names]
        wrong += [f"「{item.label}」の列が二つ以上あります" for item in ITEMS if names.count(item.name) > 1]
        beyond = [at for at, name in enumerate(names, 1) if not name]
        extra = [Problem(f"見出し {at} 列目", "共同利用の八項目にない名です") for at in beyond]
        if wrong:
            problems = [*(Problem("見出し", what) for what in wrong), *extra]
            raise Refused("HEADER", where=self.name, why="other_header", problems=problems)
        if extra:
            raise Refused("UNNOTIFIED_ITEM", where=self.name, why="extra_columns", problems=extra)
        return tuple(name for name in names if name)

    def _spare(self, widths: list[tuple[int, int]]) -> tuple[str, ...]:
        """行末に余分な区切りのある行が多ければ (SPARE,)。八列の行が一つもなければ断る。"""
        filled = Counter(width for _, width in widths)
        if widths and len(NAMES) not in filled:
            if max(filled) > len(NAMES):
                extra = [Problem("データの行", "八項目より多い列に値があります")]
                raise Refused("UNNOTIFIED_ITEM", where=self.name, why="extra_columns", problems=extra)
            raise Refused("COLUMN_COUNT", where=self.name, why="not_eight_columns")
        raw = Counter(width for width, _ in widths)
        return (SPARE,) if raw[len(NAMES) + 1] > raw[len(NAMES)] else ()


def _widths(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, int]]:
    """空でない行の、列の数と、余分な空欄を除いた列の数。"""
    for line in lines:
        try:
            cells = next(csv.reader([line.rstrip("\r")], delimiter=delimiter), [])
        except csv.Error:
            continue
        if any(cell.strip(BLANKS) for cell in cells):
            yield len(cells), len(trimmed(cells))


def _looks_like_a_row(cells: Sequence[str]) -> bool:
    """番号・枝番・状態のうち二つが、それらしいか。"""
    folded = [cell.translate(_DIGITS) for cell in cells[1:4]]
    shapes = ("[0-9]{1,20}", "[0-9]{1,2}", "[01]")
    return sum(bool(re.fullmatch(shape, cell)) for shape, cell in zip(shapes, folded, strict=False)) >= 2
