"""最初の行たちから、区切り・見出し・列の並びを決める。値は持たず、断るときも値を言わない。"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mynalib.domain.employers import FOLD_FROM, FOLD_TO, TRIMMED
from mynalib.domain.errors import Problem, Refused
from mynalib.domain.items import ITEMS, LABELS, NAMES
from mynalib.intake.headings import (
    DELIMITERS,
    heading_line,
    holds_names,
    item_of,
    nearest_item,
    refuse_headings,
)

BLANKS = TRIMMED + "\t"
RECORD_LINES = 10  # 八項目に改行はない。引用符がこの行数で閉じなければ、閉じ忘れとみる
SAMPLE_BYTES = 1 << 20  # 形を決めるのに読む、ファイルのはじめの量
SAMPLE_LINES = 1000
SPARE = "spare"  # 行末の余分な区切りが作る、空の九列目
_DIGITS = str.maketrans(FOLD_FROM, FOLD_TO)
_SEP = re.compile(r'"?\s*sep\s*=.{0,3}\s*', re.IGNORECASE)


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
    reader = csv.reader(
        (line + "\n" for line in lines[at : at + RECORD_LINES]), delimiter=delimiter, strict=True
    )
    return next(reader), reader.line_num


def trimmed(cells: Sequence[str]) -> list[str]:
    """両端の空白を落とし、九列目より後ろの空欄を捨てる。"""
    cells = [cell.strip(BLANKS) for cell in cells]
    while len(cells) > len(NAMES) and not cells[-1]:
        cells.pop()
    return cells


@dataclass(frozen=True)
class _Finder:
    name: str
    header: str

    def find(self, head: bytes) -> Layout:
        lines = head[:SAMPLE_BYTES].decode("utf-8", "replace").split("\n")
        start = next((at for at, line in enumerate(lines) if line.strip(BLANKS + "\r")), None)
        if start is None:
            raise Refused(
                "EMPTY",
                where=self.name,
                what="空の行しかありません",
                fix="送り主から受け取り直してください。",
            )
        self._refuse_broken_heading(lines, start)
        self._refuse_lines_above(lines, start)
        delimiter = self._delimiter(lines[start : start + RECORD_LINES])
        try:
            cells, used = record_at(lines, start, delimiter)
        except csv.Error:
            raise Refused(
                "MALFORMED",
                where=self.name,
                what="最初の行の引用符か改行が壊れています",
                fix="送り主から受け取り直してください。",
            ) from None
        columns = self._columns(trimmed(cells))
        opening = start + used if columns else 0
        spare = self._spare(list(_widths(lines[opening : opening + SAMPLE_LINES], delimiter)))
        return Layout(delimiter, bool(columns), (columns or NAMES) + spare, opening)

    def _refuse_broken_heading(self, lines: list[str], start: int) -> None:
        """引用符の中の改行で、いくつもの行にまたがる見出し。"""
        for delimiter in DELIMITERS:
            try:
                cells, used = record_at(lines, start, delimiter)
            except csv.Error:
                continue
            if used > 1 and holds_names(cells):
                broken = "、".join(str(at) for at, cell in enumerate(cells, 1) if "\n" in cell)
                raise Refused(
                    "HEADER",
                    where=self.name,
                    what=f"見出しの {broken} 列目の中に改行があります（{start + 1}〜{start + used} 行目）",
                    fix="見出しの中の改行を消して一行に直し、もう一度取り込んでください。",
                )

    def _refuse_lines_above(self, lines: list[str], start: int) -> None:
        """見出しの上の行。題、注記、Excel に区切りを教える「sep=」など。人の行があれば、つないだファイル。"""
        found = heading_line(lines[start : start + SAMPLE_LINES])
        if _SEP.fullmatch(lines[start]):
            what = f"{start + 1} 行目は、Excel に区切りを教える「sep=」の行です"
            last = start + 1
        elif found:
            above = lines[start : start + found]
            # CR だけの改行も、行の切れ目
            last = start + found + sum(line.rstrip("\r").count("\r") for line in above)
            if any(
                _looks_like_a_row(line.split(delimiter)) for line in above for delimiter in ",\t"
            ):
                refuse_headings([last + 1], (), False, self.name)
            what = f"見出しは {last + 1} 行目にあります。その上の行は、八項目のものではありません"
        else:
            return
        rows = f"1〜{last} 行目" if last > 1 else "1 行目"
        then = (
            "society.yaml の file.header を auto にして、"
            if found and self.header == "absent"
            else ""
        )
        fix = f"{rows}を消し、{then}もう一度取り込んでください。"
        raise Refused("HEADER", where=self.name, what=what, fix=fix)

    def _delimiter(self, lines: list[str]) -> str:
        line = "".join(lines) if '"' in lines[0] else lines[0]
        best = max(DELIMITERS, key=line.count)
        if best not in line:
            raise Refused(
                "NOT_CSV",
                where=self.name,
                what="区切りのコンマがありません",
                fix="CSV で受け取り直してください。",
            )
        if best not in ",\t":
            raise Refused(
                "DIALECT",
                where=self.name,
                what="区切りがコンマでもタブでもありません",
                fix="区切りをコンマにして受け取り直してください。",
            )
        return best

    def _columns(self, cells: list[str]) -> tuple[str, ...]:
        """見出しなら項目の並び、見出しがなければ空。"""
        if holds_names(cells) or any(map(item_of, cells)):
            return self._checked(cells)
        if holds_names([_unscrambled(cell) for cell in cells]):
            raise Refused(
                "HEADER",
                where=self.name,
                what="見出しが文字化けしています（UTF-8 をシフト JIS として読み、保存し直したもののようです）",
                fix="文字化けする前のファイルを、送り主から受け取り直してください。",
            )
        if self.header == "present" and _looks_like_a_row(cells):
            raise Refused(
                "HEADER",
                where=self.name,
                what="見出しがあるはずですが、最初の行は人の行のようです",
                fix="見出しのないファイルなら、society.yaml の file.header を auto か absent にしてください。",
            )
        if self.header != "absent" and not _looks_like_a_row(cells):
            raise Refused(
                "HEADER",
                where=self.name,
                what="最初の行が、八項目の見出しでも、人の行でもありません",
                fix="題や注記の行なら、消してください。見出しなら、八項目の名に直してください。人の行なら、番号・枝番・状態を直してください。",
            )
        return ()

    def _checked(self, cells: list[str]) -> tuple[str, ...]:
        if self.header == "absent":
            raise Refused(
                "HEADER",
                where=self.name,
                what="見出しはないはずですが、最初の行は見出しです",
                fix="society.yaml の file.header を auto か present にしてください。",
            )
        names = [item_of(cell) for cell in cells]
        meant = _meant(cells, names)
        there = [*names, *meant.values()]
        wrong = [f"「{item.label}」の列がありません" for item in ITEMS if item.name not in there]
        wrong += [
            f"「{item.label}」の列が二つ以上あります"
            for item in ITEMS
            if names.count(item.name) > 1
        ]
        misspelt = [
            Problem(f"見出し {at} 列目", f"「{LABELS[item]}」の書き誤りのようです")
            for at, item in meant.items()
        ]
        beyond = [at for at, name in enumerate(names, 1) if not name and at not in meant]
        extra = [Problem(f"見出し {at} 列目", "共同利用の八項目にない名です") for at in beyond]
        self._require_eight([Problem("見出し", what) for what in wrong], misspelt, extra)
        return tuple(name for name in names if name)

    def _require_eight(
        self, wrong: Sequence[Problem], misspelt: Sequence[Problem], extra: Sequence[Problem]
    ) -> None:
        """見出しが、ちょうど八項目か。足りない、書き誤り、お知らせにない名のどれかがあれば断る。"""
        if misspelt and not (wrong or extra):
            raise Refused(
                "HEADER",
                where=self.name,
                what="見出しに書き誤りがあります",
                fix="見出しの名を、上のとおりに直して、もう一度取り込んでください。",
                problems=misspelt,
            )
        if wrong or misspelt:
            raise Refused(
                "HEADER",
                where=self.name,
                what="見出しが八項目と合いません",
                fix="八項目がそろったファイルを受け取り直してください。",
                problems=[*wrong, *misspelt, *extra],
            )
        if extra:
            raise self._unnotified(extra)

    def _unnotified(self, problems: Sequence[Problem]) -> Refused:
        return Refused(
            "UNNOTIFIED_ITEM",
            where=self.name,
            what="共同利用のお知らせにない項目があります",
            fix="余分な列を除いたファイルを受け取り直してください（お知らせにない項目は受け取れません）。",
            problems=problems,
        )

    def _spare(self, widths: list[tuple[int, int]]) -> tuple[str, ...]:
        """行末に余分な区切りのある行が多ければ (SPARE,)。八列の行が一つもなければ断る。"""
        filled = Counter(width for _, width in widths)
        if widths and len(NAMES) not in filled:
            if max(filled) > len(NAMES):
                extra = [Problem("データの行", "八項目より多い列に値があります")]
                raise self._unnotified(extra)
            raise Refused(
                "COLUMN_COUNT",
                where=self.name,
                what="どの行も八列ではありません",
                fix="八項目がそろったファイルを受け取り直してください。",
            )
        raw = Counter(width for width, _ in widths)
        return (SPARE,) if raw[len(NAMES) + 1] > raw[len(NAMES)] else ()


def _meant(cells: Sequence[str], names: Sequence[str | None]) -> dict[int, str]:
    """書き誤りとみられる列（1 から）と、その項目。どの項目も一度だけ。"""
    missing = [name for name in NAMES if name not in names]
    meant: dict[int, str] = {}
    for at, (cell, name) in enumerate(zip(cells, names, strict=True), 1):
        item = None if name else nearest_item(cell, missing)
        if item:
            meant[at] = item
            missing.remove(item)
    return meant


def _unscrambled(cell: str) -> str:
    """UTF-8 をシフト JIS として読んだ文字化けの、元の字。"""
    return cell.encode("cp932", "ignore").decode("utf-8", "ignore")


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
    likely = [
        cell for shape, cell in zip(shapes, folded, strict=False) if re.fullmatch(shape, cell)
    ]
    return len(likely) > 1
