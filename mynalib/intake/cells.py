"""一つのレコードのセル：引用符を読み、両端の空白と、余分な空欄を落とす。"""

import csv
import re
from collections.abc import Sequence

from mynalib.domain.employers import FOLD_FROM, FOLD_TO, TRIMMED
from mynalib.domain.items import NAMES

BLANKS = TRIMMED + "\t"
RECORD_LINES = 10  # 八項目に改行はない。引用符がこの行数で閉じなければ、閉じ忘れとみる
_DIGITS = str.maketrans(FOLD_FROM, FOLD_TO)


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


def looks_like_a_row(cells: Sequence[str]) -> bool:
    """番号・枝番・状態のうち二つが、それらしいか。"""
    # 記号は組合ごとに形が違うので見ない。三つのうち二つでよいのは、一つが誤っていても人の行だから
    folded = [cell.translate(_DIGITS) for cell in cells[1:4]]
    shapes = ("[0-9]{1,20}", "[0-9]{1,2}", "[01]")
    likely = [
        cell for shape, cell in zip(shapes, folded, strict=False) if re.fullmatch(shape, cell)
    ]
    return len(likely) > 1
