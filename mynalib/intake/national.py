"""国の月次の表（CSV）を読む：マイナンバーカードの保有枚数と、保険証の登録件数。決まった二つの形だけを読む。

2026 年 2 月までは横の形（一行が一つの月で、数ごとに列がある）、そのあとは縦の形（年月・指標名・値）。
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from mynalib.domain.comparable import NationalMonth
from mynalib.domain.errors import Problem, Refused
from mynalib.domain.months import Month

TALL = ("年月", "指標名", "値")
TALL_NAMES = {"マイナンバーカード_保有枚数": "cards", "マイナ保険証_利用登録件数": "registered"}
# 横の形の列：見出しに、この言葉が全て入る列が、ちょうど一つある
WIDE_WORDS = {
    "cards": ("カード", "保有枚数", "累計"),
    "card_rate": ("カード", "人口", "保有率"),
    "registered": ("登録", "有効登録数", "累計"),
}
ENGLISH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBERED = re.compile(
    r"(20[0-9]{2})(?:-([0-9]{1,2})|/([0-9]{1,2})(?:/[0-9]{1,2})?|年([0-9]{1,2})月)", re.ASCII
)
_NAMED = re.compile(r"([A-Za-z]{3})-([0-9]{2})", re.ASCII)
FIX = "デジタル庁の、マイナンバーカードの普及に関するダッシュボードの、月次の CSV を、開いて保存し直さずに渡してください。"


def read_national(content: bytes, name: str) -> list[NationalMonth]:
    """月の順。数の一つもない月は、入らない。

    Args:
        name: 知らせるときの、ファイルの名。
    Raises:
        Refused: 二つの形のどちらでもないか、月か数として読めない升がある（全て一度に）。
    """
    reader = csv.reader(io.StringIO(_decoded(content, name)))
    # 空の行は飛ばすが、行番号は、ファイルの行のまま
    rows = [(reader.line_num, row) for row in reader if any(row)]
    header = [cell.strip() for cell in rows[0][1]] if rows else []
    columns = _wide_columns(header) if header[:1] == ["年月"] else {}
    if tuple(header) == TALL:
        cells = _long_cells(rows[1:])
    elif columns:
        cells = _wide_cells(rows[1:], columns)
    else:
        raise Refused("UNKNOWN_SHAPE", where=name, what="知らない形の表です", fix=FIX)
    return _joined(cells, name)


def _decoded(content: bytes, name: str) -> str:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("UNKNOWN_SHAPE", where=name, what="文字として読めません", fix=FIX)


def _wide_columns(header: Sequence[str]) -> dict[str, int]:
    """数の名から、列の番号へ。一つに決まらなければ空。"""
    found = {
        name: [at for at, text in enumerate(header) if all(word in text for word in words)]
        for name, words in WIDE_WORDS.items()
    }
    # 二つの列に当てはまるときに片方を選ぶと、「累計」と「増分」のような別の数を読みうる
    single = all(len(places) == 1 for places in found.values())
    return {name: places[0] for name, places in found.items()} if single else {}


NumberedRow = tuple[int, Sequence[str]]  # 行と、その升
Cell = tuple[int, str, str, str]  # 行、月、数の名、値


def _long_cells(rows: Sequence[NumberedRow]) -> list[Cell]:
    wanted = [(line, row) for line, row in rows if len(row) == len(TALL)]
    return [
        (line, month, TALL_NAMES[name.strip()], value)
        for line, (month, name, value) in wanted
        if name.strip() in TALL_NAMES
    ]


def _wide_cells(rows: Sequence[NumberedRow], columns: dict[str, int]) -> list[Cell]:
    return [
        (line, row[0], name, row[at])
        for line, row in rows
        for name, at in columns.items()
        if at < len(row)
    ]


def _joined(cells: Sequence[Cell], name: str) -> list[NationalMonth]:
    """升を、月ごとに一つにする。"""
    found: dict[Month, NationalMonth] = {}
    problems = []
    for line, written, field, text in cells:
        month = _month(written)
        value = _value(field, text)
        if month is None or value is _WRONG:
            what = "月として読めません" if month is None else "数として読めません"
            problems.append(Problem(f"{line} 行目", what))
            continue
        known = found.get(month, NationalMonth(month))
        # 同じ数が二度あるのはよい。違えば、どちらが正しいかは分からない
        if getattr(known, field) not in (None, value):
            problems.append(Problem(f"{line} 行目", "同じ月の同じ数が、二つあって違います"))
        found[month] = replace(known, **{field: value}) if value is not None else known
    problems += [
        Problem(str(one.month), "登録件数が、保有枚数より多くなっています")
        for one in found.values()
        # 保険証の登録にはカードが要る。多ければ、列を取り違えている
        if one.cards and one.registered and one.registered > one.cards
    ]
    if problems:
        raise Refused(
            "UNKNOWN_SHAPE", where=name, what="読めないところがあります", fix=FIX, problems=problems
        )
    return [found[month] for month in sorted(found) if found[month] != NationalMonth(month)]


_WRONG = object()


def _value(field: str, text: str) -> object:
    """升の値。空なら None、数でなければ _WRONG。"""
    plain = text.strip().replace(",", "").removesuffix("%")
    if plain in ("", "-", "－"):
        return None
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return _WRONG
    if field == "card_rate":
        return number if 0 < number <= 100 else _WRONG  # noqa: PLR2004 %
    return int(number) if number >= 0 and number == int(number) else _WRONG


def _month(text: str) -> Month | None:
    """2026-01、2026/1、2026/1/1、2026年1月、Jan-26 から。"""
    if named := _NAMED.fullmatch(text.strip()):
        name = named[1].lower()
        return Month(2000 + int(named[2]), ENGLISH.index(name) + 1) if name in ENGLISH else None
    found = _NUMBERED.fullmatch(text.strip())
    if not found:
        return None
    # 三つの書き方（-、/、年月）のうち、当てはまった一つだけに、月の数がある
    number = int(next(part for part in found.groups()[1:] if part))
    return Month(int(found[1]), number) if 1 <= number <= len(ENGLISH) else None
