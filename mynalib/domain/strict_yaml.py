"""YAML を、型を推測させず、文字のまま、場所ごとの行番号つきで読む。

ふつうの読み方では、0012 が 10 に、no が偽に、12:30 が 750 に変わり、同じ項目を二度書いても黙って片方が消える。
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mynalib.domain.errors import Problem

MAX_BYTES = 1_000_000
MAX_DEPTH = 12  # 設定は深くても 5 段。入れ子だけのファイルに処理を止めさせない
MAX_SHOWN = 40

Place = tuple[str | int, ...]

_BLANK_LOOKING = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_RESOLVER = yaml.resolver.Resolver()
_ELSEWHERE = re.compile(  # YAML 1.2 の数と、1.1 の y・n。PyYAML は文字として読むが、ほかの道具は変える
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|[yYnN]"
)


class Bare(str):
    """引用符がなく、YAML の読み手によっては数・日付・真偽に変わる値。"""


@dataclass(frozen=True)
class Document:
    """読み終えた一つのファイル。`content` は、読めなかったとき None。

    `lines` は場所から行番号（1 から）、`problems` は（行番号、誤り）の並び。
    """

    name: str
    content: Any
    lines: Mapping[Place, int]
    problems: tuple[tuple[int, Problem], ...] = ()

    def line(self, place: Place) -> int:
        """その場所の行。書かれていない項目なら、それを囲む項目の行。"""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def where(self, place: Place) -> str:
        return _where(self.name, self.line(place), place)


def read_yaml(path: Path, name: str) -> Document:
    """一つのファイルを読む。誤りは送出せず、`problems` に全部を入れる。

    Args:
        name: 誤りの場所として見せる名（例 employers/E01.yaml）。
    """
    builder = _Builder(name)
    try:
        content = builder.document(_events(_text(path)))
    except _Unreadable as stop:
        builder.note(stop.line, (), stop.what)
        content = None
    return Document(name, content, builder.lines, tuple(builder.problems))


def is_hidden(letter: str) -> bool:
    """制御文字、改行、書字方向の指定、幅のない文字など、見えないまま意味を変える文字か。"""
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") or letter in _BLANK_LOOKING


def shown(text: str) -> str:
    """設定に書かれた文字を、誤りの文に入れるときの形。見えない文字は「?」にし、40 字で切る。"""
    safe = "".join("?" if is_hidden(letter) else letter for letter in text[:MAX_SHOWN])
    return safe + ("…" if len(text) > MAX_SHOWN else "")


class _Unreadable(Exception):
    """この先を読み続けられない誤り。"""

    def __init__(self, line: int, what: str):
        super().__init__(what)
        self.line, self.what = line, what


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _Unreadable(1, "ファイルがありません。置いてください") from None
    except OSError:
        raise _Unreadable(1, "ファイルを開けません。ほかで開いていないか、権限があるかを確かめてください") from None
    if len(content) > MAX_BYTES:
        raise _Unreadable(1, "1 MB を超えています。設定のファイルか確かめてください")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _Unreadable(line, "文字コードが UTF-8 ではありません。UTF-8 で保存し直してください") from None


def _events(text: str) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=yaml.BaseLoader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _Unreadable(line, "使えない文字（制御文字）があります。打ち直してください") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = "YAML として読めません。字下げ（半角の空白）、コロンのあとの空白、引用符の閉じ忘れを見直してください"
        raise _Unreadable(mark.line + 1 if mark else 1, what) from None


class _Builder:
    """出来事（event）の列から値を組み立て、場所ごとの行番号と、誤りを集める。"""

    def __init__(self, name: str):
        self.name = name
        self.lines: dict[Place, int] = {(): 1}
        self.problems: list[tuple[int, Problem]] = []

    def note(self, line: int, place: Place, what: str) -> None:
        self.problems.append((line, Problem(_where(self.name, line, place), what)))

    def document(self, events: Iterator[yaml.Event]) -> Any:
        self.events = events
        next(events)  # ファイルの始まり
        if isinstance(next(events), yaml.StreamEndEvent):
            raise _Unreadable(1, "何も書かれていません。ひな型から書き直してください")
        content = self._value(next(events), ())
        next(events)  # 一つ目の文書の終わり
        following = next(events)
        if not isinstance(following, yaml.StreamEndEvent):
            line = following.start_mark.line + 1
            raise _Unreadable(line, "「---」で区切った二つ目の文書は置けません。一つにしてください")
        return content

    def _value(self, event: yaml.Event, place: Place) -> Any:
        line = event.start_mark.line + 1
        self.lines.setdefault(place, line)
        if len(place) > MAX_DEPTH:
            raise _Unreadable(line, "入れ子が深すぎます。字下げとかっこを見直してください")
        self._refuse_features(event, line, place)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(place)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(place)
        return self._scalar(event, line, place) if isinstance(event, yaml.ScalarEvent) else ""

    def _refuse_features(self, event: yaml.Event, line: int, place: Place) -> None:
        if getattr(event, "tag", None):
            self.note(line, place, "「!」ではじまるタグは使えません。消してください")
        if getattr(event, "anchor", None):
            self.note(line, place, "「&」「*」（別名）は使えません。値をそのまま書いてください")

    def _scalar(self, event: yaml.ScalarEvent, line: int, place: Place) -> str:
        if event.style is not None or event.tag:
            return event.value
        if not event.value:
            self.note(line, place, "値がありません。値を書くか、要らない項目なら行ごと消してください")
        return Bare(event.value) if _changes(event.value) else event.value

    def _sequence(self, place: Place) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            found.append(self._value(event, (*place, len(found))))
        return found

    def _mapping(self, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            line = event.start_mark.line + 1
            if not isinstance(event, yaml.ScalarEvent):
                raise _Unreadable(line, "項目の名には文字だけが使えます。かっこと「*」を見直してください")
            inner = (*place, event.value)
            self._refuse_features(event, line, inner)
            if event.value in found:
                self.note(line, inner, f"同じ項目が {self.lines[inner]} 行目にもあります。一つにしてください")
            self.lines.setdefault(inner, line)
            value = self._value(next(self.events), inner)
            found.setdefault(event.value, value)
        return found


def _changes(value: str) -> bool:
    if _ELSEWHERE.fullmatch(value):
        return True
    return _RESOLVER.resolve(yaml.ScalarNode, value, (True, False)) != "tag:yaml.org,2002:str"


def _where(name: str, line: int, place: Place) -> str:
    dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{shown(part)}" for part in place)
    return f"{name} {line} 行目 {dotted.lstrip('.')}".rstrip()
