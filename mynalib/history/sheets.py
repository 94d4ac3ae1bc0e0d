"""人が Excel で保存した表：どの保存の形（UTF-8、Shift_JIS、Unicode テキスト）でも、同じ行にする。"""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from mynalib.domain.employers import TRIMMED

Columns = tuple[str, ...]


class SheetUnreadable(Exception):
    """表が読めない。引数は、人に見せる文（値は入らない）。"""


def read_sheet(
    path: Path, required: Columns, optional: Columns = ()
) -> list[tuple[int, dict[str, str]]]:
    """空でない行の、行番号（1 は見出し）と、列名から値への組。

    Returns:
        組には required と optional の全ての列がある。無い列、空欄は ''。値の両端の空白は落としてある。
    Raises:
        SheetUnreadable: 開けない、文字でない、見出しが違う、列が多すぎる。
    """
    records = list(_records(_text(path)))
    header = _trimmed(records[0][1]) if records else []
    known = {*required, *optional}
    if (
        not set(required) <= set(header)
        or not set(header) <= known
        or len(set(header)) != len(header)
    ):
        beside = f"（と {'、'.join(optional)}）" if optional else ""
        raise SheetUnreadable(f"一行目の列名は {'、'.join(required)}{beside}です")
    rows = []
    for line, cells in records[1:]:
        cells = _trimmed(cells)
        if len(cells) > len(header):
            raise SheetUnreadable(f"{line} 行目：列が多すぎます")
        if cells:
            rows.append((line, dict.fromkeys(known, "") | dict(zip(header, cells, strict=False))))
    return rows


def with_rows(path: Path, rows: Sequence[dict[str, str]]) -> bytes:
    """表のおわりに行を足した中身。文字コード、区切り、行のおわりは、もとのまま。見出しにない列は、右に足す。

    Raises:
        SheetUnreadable: 開けない、文字でない。
    """
    text, encoding = _decoded(path)
    # 読むときと同じに切る：改行は \n、\r\n、\r のどれでもよく、見出しの升の中の改行では、行は終わらない
    lines = [*io.StringIO(text, newline="")]
    delimiter = _delimiter(lines)
    reader = csv.reader(lines, delimiter=delimiter)
    head = _trimmed(next(reader))
    new = [name for name in dict.fromkeys(n for row in rows for n in row) if name not in head]
    first = lines[reader.line_num - 1]
    ending = first[len(first.rstrip("\r\n")) :] or "\n"
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=ending)
    writer.writerow([*head, *new])
    # 人の書いた行は、読み直さず、文字のまま写す（引用符や空白が変わらない）
    body = "".join(lines[reader.line_num :])
    out.write(body if not body or body.endswith(("\n", "\r")) else body + ending)
    writer.writerows([[row.get(name, "") for name in [*head, *new]] for row in rows])
    return _encoded(out.getvalue(), encoding)


def _encoded(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        # 足す行に、Shift_JIS にない字（記号の中の字など）がある。UTF-8 なら、どの字も書け、もとの行も失わない
        return text.encode("utf-8-sig")


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """一行ずつ。行番号は、引用符の中の改行も数えた、もとのファイルのはじめの行。"""
    lines = [*io.StringIO(text, newline="")]
    reader = csv.reader(lines, delimiter=_delimiter(lines), strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            # 次の行のはじまり。セルの中に改行があれば、レコードの数とは違う
            line = reader.line_num + 1
    except csv.Error:
        raise SheetUnreadable(
            f"{line} 行目：引用符が閉じていないか、表の形ではありません"
        ) from None


def _delimiter(lines: Sequence[str]) -> str:
    """はじめの行にタブがあれば、タブ区切り（Excel の「Unicode テキスト」）。"""
    return "\t" if lines and "\t" in lines[0] else ","


def _trimmed(cells: list[str]) -> list[str]:
    """両端の空白と、右はしの空の列を落とす。"""
    cells = [cell.strip(f"{TRIMMED}\t") for cell in cells]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _text(path: Path) -> str:
    return _decoded(path)[0]


def _decoded(path: Path) -> tuple[str, str]:
    """中身と、その文字コード。"""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise SheetUnreadable(
            "ファイルがありません（申出が無いときも、見出しだけのファイルを置きます）"
        ) from None
    except OSError:
        raise SheetUnreadable(
            "開けません（権限か、ほかのソフトで開いていないかを確かめてください）"
        ) from None
    # Excel の「Unicode テキスト」は、BOM のある UTF-16 で、タブ区切り。UTF-8 を先に試すのは、Shift_JIS の日本語が、たまたま正しい
    # UTF-8 になることは、まずないから（逆は、よくある）
    unicode_text = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if unicode_text else ("utf-8-sig", "cp932"):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding), encoding
    raise SheetUnreadable("文字として読めません（UTF-8 か Shift_JIS で保存してください）")
