"""見出し：項目の名の並んだ行を見つけ、そこにあってよいかを決める。ファイルにある字は、断るときも言わない。"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from mynalib.domain.errors import Problem, Refused
from mynalib.domain.items import ITEMS, NAMES

DELIMITERS = ",\t;|"
WORDS = "記[ 　]*号|番[ 　]*号|枝[ 　]*番|登[ 　]*録|証[ 　]*明[ 　]*書"
"""どの項目の名にも、このどれかがある（正規表現。SQL でも使う）。"""

ENOUGH_NAMES = 2  # 項目の名がこれだけあれば、見出し
ENOUGH_NEAR_NAMES = 3  # 書き誤りも入れるなら、これだけ
_NEAR = 0.75  # 書き誤りとみる近さ。「氏名」「保険者名」のような別の項目は、これより遠い
_WORDS = re.compile(WORDS)


def _plain_name(text: str) -> str:
    # 見出しに限って NFKC を使う（半角カナ、全角半角のゆれ）。値には使わない。つないだファイルでは、途中にも BOM がある
    return "".join(unicodedata.normalize("NFKC", text.replace("\ufeff", "")).split())


_SPELLED = [
    (_plain_name(name), item.name) for item in ITEMS for name in (item.label, *item.aliases)
]
_ALIASES = dict(_SPELLED)


def item_of(cell: str) -> str | None:
    """その見出しの項目。八項目の名か別名でなければ None。"""
    return _ALIASES.get(_plain_name(cell))


def nearest_item(cell: str, among: Sequence[str]) -> str | None:
    """その見出しが書き誤りとみられる、among の中の項目。どれにも近くなければ None。"""
    # 例：「被保険者証番」と「被保険者証番号」の近さは 0.92、「初回登録実施曰」と「初回登録実施日」は 0.86
    name = _plain_name(cell)
    near = [
        (SequenceMatcher(None, name, spelled).ratio(), item)
        for spelled, item in _SPELLED
        if item in among
    ]
    ratio, item = max(near, default=(0, None))
    return item if ratio >= _NEAR else None


def holds_names(cells: Sequence[str]) -> bool:
    """項目の名の並んだ行か：八項目の名が二つか、書き誤りも入れて三つある。そういう行は、人の行ではない。"""
    named = [cell for cell in cells if _WORDS.search(cell)]
    # 近さを測るのは遅い。人の行には、どの項目の字もないので、ここで終わる
    if len(named) < ENOUGH_NAMES:
        return False
    exact = sum(item_of(cell) is not None for cell in named)
    if exact >= ENOUGH_NAMES:
        return True
    return sum(nearest_item(cell, NAMES) is not None for cell in named) >= ENOUGH_NEAR_NAMES


def heading_line(lines: Sequence[str]) -> int | None:
    """項目の名の並んだ、はじめの行（0 から）。区切りは問わない。"""
    for at, line in enumerate(lines):
        if _WORDS.search(line) and any(
            holds_names(_cells(line, delimiter)) for delimiter in DELIMITERS
        ):
            return at
    return None


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line.rstrip("\r")], delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)


def refuse_headings(
    uneven: Iterable[int], even: Iterable[tuple[int, Sequence[str]]], header: bool, where: str
) -> None:
    """見出しより下（見出しのないファイルでは、どこか）に、項目の名の並んだ行があれば、断る。

    その行を人の行として隔離するだけでは、続く行が、違う列の並びのまま読まれてしまう。

    Args:
        uneven: 八列でない、項目の名の並んだ行の番号。
        even: 八列の、そうかもしれない行の番号と、項目の順に並べた値。
        header: ファイルの先頭に見出しがあるか。
    Raises: Refused HEADER。
    """
    same = {line: tuple(map(item_of, cells)) == NAMES for line, cells in even if holds_names(cells)}
    found = dict.fromkeys(uneven, False) | same
    if not found:
        return
    lines = sorted(found)
    problems = [Problem(f"{line} 行目", _order(header, found[line])) for line in lines]
    what = f"{lines[0]} 行目に見出しがあります。いくつかのファイルをつないだもののようです"
    if header and all(found.values()):
        fix = "つないでよいもの（同じ月の、違う人）と確かめてから、上の行を消して、もう一度取り込んでください。"
    else:
        fix = (
            "上の行を消すだけでは、値を取り違えます。送り主から一つのファイルとして受け取り直すか、"
            "列の並びをそろえて、見出しを 1 行目だけにしてください。"
        )
    raise Refused("HEADER", where=where, what=what, fix=fix, problems=problems)


def _order(header: bool, same: bool) -> str:
    if not header:
        return "見出しがあります（1 行目には、ありません）"
    return "1 行目と同じ並びの見出しです" if same else "1 行目と違う並びの見出しです"
