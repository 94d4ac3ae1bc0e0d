"""数の出どころ：広く配る版のページと CSV の数が、全て cells.json にあるかを確かめる。

日付、事業所のコードと名、決まった文の中の数は除く。月の差は、載せた数どうしの差なので、あってよい。
"""

import csv
import html
import json
import re
from collections.abc import Iterable
from decimal import Decimal
from html.parser import HTMLParser
from itertools import chain, pairwise
from pathlib import Path

from mynalib.insight.chart_styles import FUNNEL_TICKS
from mynalib.insight.measures import MEASURES

# 「2026年10月31日」「2026-10」。年や日の数を、載せた数と取り違えない。20 ではじまらないものは、日付とみなさない
DATE = re.compile(r"20[0-9]{2}(?:年[0-9]{1,2}月(?:[0-9]{1,2}日)?|-[0-9]{2}(?:-[0-9]{2})?)")
NUMBER = re.compile(r"[0-9][0-9,]*(?:\.[0-9]+)?")
WHOLE_NUMBER = re.compile("-?[0-9]+")
# 人数の列
COUNTED = (*MEASURES, "people", "link", "renew", "renew_then_link", "came", "stayed", "gone")
# 文ではないが、読み上げられるか、指すと出て、人に届く言葉
READ_ALOUD = {"aria-label", "alt", "title", "placeholder"}


class _Words(HTMLParser):
    """ページの、人の読む言葉と、図の値。"""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.drawn: list[str] = []
        self._script = self._figure = False
        self._drawing = False  # 図の絵の中。値は図の値と同じことを、scan.py が確かめる

    def handle_starttag(self, tag: str, attributes: list) -> None:
        given = dict(attributes)
        # svg だけ。ほかの要素なら、閉じる </svg> がなく、そのあとのページの全てが調べられない
        self._drawing = self._drawing or (tag == "svg" and given.get("class") == "drawn")
        if self._drawing:
            return
        self._script = tag in ("script", "style")
        self._figure = given.get("class") == "figure-data"
        self.words += [given[name] or "" for name in READ_ALOUD & set(given)]

    def handle_data(self, data: str) -> None:
        if self._figure:
            # 図の値（JSON）は、言葉とは別に集める。図にだけ引いた線の数（drawn）は、文の中では許さない
            self.drawn += chain.from_iterable(
                _trace_values(trace) for trace in json.loads(data)["data"]
            )
        elif not self._script and not self._drawing:
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._script = self._figure = False
        self._drawing = self._drawing and tag != "svg"


def _trace_values(trace: dict) -> list[str]:
    """図の一つの線か棒の、体裁のほかの値。数は、余分な .0 のない文字にする。文字だけの線の横の場所は、体裁である。"""
    looks = ("line", "marker", "type", "mode", "textangle", "textfont", "fill", "fillcolor")
    looks += ("x",) if trace.get("mode") == "text" else ()
    shown = {name: value for name, value in trace.items() if name not in looks}
    values = chain.from_iterable(
        value if isinstance(value, list) else [value] for value in shown.values()
    )
    return [
        f"{value:.12g}" if isinstance(value, float) else str(value)
        for value in values
        if value is not None
    ]


def unlisted_numbers(
    path: Path, listed: set[Decimal], fixed: Iterable[str], drawn: Iterable[float] = ()
) -> bool:
    """ページか CSV に、載せた数でない数があるか。

    Args:
        listed: 載せた数（listed_numbers）。
        fixed: 数が入っていてもよい、決まった文と名、cells から作った文。
        drawn: 図と、図に添えた CSV にだけあってよい数。
    """
    text = path.read_text(encoding="utf-8-sig")
    words = _Words()
    if path.suffix == ".html":
        words.feed(text)
    else:
        # CSV には、図に添えたものもあるので、図の値と同じに見る
        words.drawn = re.split("[,\r\n]", text)
    lines = {Decimal(f"{abs(number):.12g}") for number in drawn}
    said = _numbers_in(words.words, fixed)
    shown = _numbers_in(words.drawn, fixed)
    return not (said.issubset(listed) and (shown - lines).issubset(listed))


def _numbers_in(texts: Iterable[str], fixed: Iterable[str]) -> set[Decimal]:
    left = _without(texts, fixed)
    return {Decimal(number.replace(",", "")) for text in left for number in NUMBER.findall(text)}


def known_numbers(folder: Path) -> set[str]:
    """そのフォルダーの表に載せた人数と、同じものの、となりの月の差。出どころが分かっている数。

    表（CSV）は、ページの図や表と同じ Released から出来ている。人の行の表は、ここにはない。
    """
    known = {str(tick) for tick in FUNNEL_TICKS} | _made_from_tables(folder / "cells.json")
    for table in folder.glob("*.csv"):
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = [*csv.DictReader(file)]
        known |= {
            f"{number:f}" for number in listed_numbers(cell for row in rows for cell in _cells(row))
        }
    return known


def _made_from_tables(path: Path) -> set[str]:
    """広く配る版の、載せた表の数から作った文と線（cells.json）の中の、人数。"""
    if not path.is_file():
        return set()
    made = json.loads(path.read_text(encoding="utf-8"))
    texts = [*made.get("texts", []), *(f"{abs(n):.12g}" for n in made.get("drawn", []))]
    return {number.replace(",", "") for text in texts for number in NUMBER.findall(text)}


def _cells(row: dict[str, str]) -> list[dict]:
    """表の一行の、人数の升。"""
    written = {name: row.get(name) or "" for name in COUNTED}
    owner = row.get("employer_id", "")
    whole = {name: int(text) for name, text in written.items() if WHOLE_NUMBER.fullmatch(text)}
    return [
        {"employer_id": owner, "measure": name, "value": value} for name, value in whole.items()
    ]


def _without(texts: Iterable[str], fixed: Iterable[str]) -> list[str]:
    # ページの改行や続く空白によらずに比べる。数のない文は、除いても同じなので、はじめから入れない
    plain = {" ".join(one.split()) for one in fixed if NUMBER.search(one)}
    # 長いものから除く。「30 人」を先に除くと、「30 人以上の 4 事業所」の 4 が、出どころのない数として残る
    known = re.compile("|".join(map(re.escape, sorted(plain, key=len, reverse=True))) or "$^")
    return [DATE.sub("", known.sub("", " ".join(html.unescape(text).split()))) for text in texts]


def listed_numbers(cells: Iterable[dict]) -> set[Decimal]:
    """載せた数と、同じものの、となりの月の差。

    Args:
        cells: cells.json の cells（value は整数か、伏せて None）。
    """
    known = [
        # 83.30000000000001 と書かれていても 83.3。Decimal の 3 と 3.0 は、集合の中でも同じ
        cell | {"value": Decimal(f"{cell['value']:.12g}")}
        for cell in cells
        if cell["value"] is not None
    ]
    # 例：TOTAL の members が 95、100 と続くとき、「5 人増えました」の 5 は、出どころのある数。
    # 符号は、言葉（増、減）か「−」で書かれるので、大きさだけを比べる
    series: dict[tuple, list[Decimal]] = {}
    for cell in known:
        if "employer_id" in cell:
            series.setdefault((cell["employer_id"], cell["measure"]), []).append(cell["value"])
    differences = {abs(b - a) for one in series.values() for a, b in pairwise(one)}
    return {abs(cell["value"]) for cell in known} | differences
