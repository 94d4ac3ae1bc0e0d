"""ファイルの中の、長い数：だれかの番号かもしれないものを、書き方を変えて隠れた形も読んで集める。"""

import io
import re
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import xlsxwriter

from mynalib.insight.chart_styles import COLOURS
from mynalib.jobs.pages import style_sheet
from mynalib.release.hidden_text import texts_in

# 四桁までは、人数や年と見分けられないので、番号とはみなさない
LONG_DIGITS = re.compile("[0-9]{5,}")
# 表の本（XLSX）の骨組み：升の場所、列の幅、文の置き場の番号。人が読むものではない。ありえない場所や幅は、除かない
# Excel の行は 1,048,576 まで。それに近い上限で切り、七桁の番号のほとんどが行の番号に見えないようにする
_ROW = "(?:[1-9][0-9]{0,5}|10[0-4][0-9]{4})"
_PLACE = f"[A-Z]{{0,3}}{_ROW}"
# 0.7109375 は 182/256：xlsxwriter は、幅に字の余白（5/7 字）を 1/256 の刻みで足す
CELL_PLACES = re.compile(
    rf'\b(?:r|ref|sqref|spans|topLeftCell)="{_PLACE}(?::{_PLACE})?"|\bwidth="[0-9]{{1,3}}\.7109375"'.encode()
)
# 升の文は、文の置き場の番号で指される。一万をこえる行のリストでは、番号が、だれかの番号と同じになる
SHARED_STRING = re.compile(rb't="s"><v>(?:0|[1-9][0-9]{0,6})</v>')
STRING_COUNTS = re.compile(rb'\b(?:count|uniqueCount)="[1-9][0-9]{0,6}"')
BOOK_PLACES = re.compile(rf"\$[A-Z]{{1,3}}\${_ROW}(?::\$[A-Z]{{1,3}}\${_ROW})?".encode())
ATTRIBUTE = re.compile(rb'\b[A-Za-z]+="[0-9]+"')
COLOUR = re.compile("#[0-9a-f]{6}")


def digits_in(path: Path) -> set[str]:
    """ファイルの中の 5 桁以上の数字を、書いてあるとおりに（先頭の 0 も）。本の骨組みと、この道具の色は読まない。"""
    texts = (text for content in _contents(path) for text in texts_in(content))
    if path.suffix == ".html":
        texts = map(_without_our_colours, texts)
    return {digits for text in texts for digits in LONG_DIGITS.findall(text)}


def _without_our_colours(text: str) -> str:
    """この道具の色のほかは残す。#103457 は、色のふりをした番号かもしれない。"""
    ours = _our_colours()
    return COLOUR.sub(lambda found: "" if found[0] in ours else found[0], text)


@cache
def _our_colours() -> frozenset[str]:
    """この道具の、図と様式の色。"""
    return frozenset((*COLOURS, *COLOUR.findall(style_sheet())))


def _contents(path: Path) -> Iterator[bytes]:
    content = path.read_bytes()
    # 列の区切りは、桁の区切りではない。そのままなら 101,200,300 が 101200300 とも読まれる
    if path.suffix == ".csv":
        yield content.replace(b",", b"\n")
    elif path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            for name in book.namelist():
                yield name.encode()
                yield _without_structure(name, book.read(name))
    else:
        yield content


def _without_structure(name: str, part: bytes) -> bytes:
    """本の一つの部品から、骨組みの数を除く。白紙の本と同じ部品と属性も除く。"""
    blank = _blank_parts().get(name)
    if part == blank:
        return b""
    if name.startswith("xl/worksheets/"):
        return SHARED_STRING.sub(b"", CELL_PLACES.sub(b"", part))
    if name == "xl/sharedStrings.xml":
        return STRING_COUNTS.sub(b"", part, count=2)
    if name == "xl/workbook.xml":
        # 白紙の本と同じ値の属性だけを除く。calcId="124519" は除き、124518 は調べる
        usual = {*ATTRIBUTE.findall(blank)}
        return ATTRIBUTE.sub(
            lambda found: b"" if found[0] in usual else found[0], BOOK_PLACES.sub(b"", part)
        )
    return part


@cache
def _blank_parts() -> dict[str, bytes]:
    """何も書いていない本の部品（色や字の決まりなど）。"""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet()
    with zipfile.ZipFile(file) as book:
        return {name: book.read(name) for name in book.namelist()}
