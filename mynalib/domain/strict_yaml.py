"""YAML を、型を推測させず、文字のまま、場所ごとの行番号つきで読む。

ふつうの読み方では、0012 が 10 に、no が偽に、12:30 が 750 に変わり、同じ項目を二度書いても黙って片方が消える。
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

import yaml

from mynalib.domain.errors import Problem
from mynalib.domain.shipped import phrase
from mynalib.domain.slips import slip_after_value, slip_in_lines, slip_in_name, slip_in_value

MAX_BYTES = 1_000_000
MAX_DEPTH = 12  # 設定は深くても 5 段。入れ子だけのファイルに処理を止めさせない
MAX_SHOWN = 40

Place = tuple[str | int, ...]

# 文字の種類は字や記号なのに、何も見えないもの（結合の補助、ハングルとクメールの詰めもの、点字の空白）
_BLANK_LOOKING = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_RESOLVER = yaml.resolver.Resolver()
_ELSEWHERE = (
    re.compile(  # YAML 1.2 の数と、1.1 の y・n。PyYAML は文字として読むが、ほかの道具は変える
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|[yYnN]"
    )
)


class Bare(str):
    """引用符がなく、YAML の読み手によっては数・日付・真偽に変わる値。"""


@dataclass
class Document:
    """一つのファイル。`content` は、読めなかったとき None。

    `lines` は場所から行番号（1 から）、`problems` は（行番号、エラーの名、誤り）の並び。
    """

    name: str
    content: Any = None
    lines: dict[Place, int] = field(default_factory=lambda: {(): 1})
    problems: list[tuple[int, str, Problem]] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """その場所の行。書かれていない項目なら、それを囲む項目の行。"""
        while place not in self.lines:
            place = place[:-1]
        return self.lines[place]

    def where(self, place: Place, line: int | None = None) -> str:
        dotted = "".join(
            f"[{part}]" if isinstance(part, int) else f".{shown(part)}" for part in place
        )
        return f"{self.name} {line or self.line(place)} 行目 {dotted.lstrip('.')}".rstrip()

    def note(
        self, place: Place, what: str, code: str = "BAD_PARAMS", line: int | None = None
    ) -> None:
        """誤りを一つためる。`line` は、同じ項目が二度あるときのように、場所だけでは行が決まらないときに渡す。"""
        self.problems.append(
            (line or self.line(place), code, Problem(self.where(place, line), what))
        )

    def told(self, place: Place) -> bool:
        """その場所の誤りを、もうためたか。"""
        return any(problem.where == self.where(place) for _, _, problem in self.problems)


def read_yaml(path: Path, name: str) -> Document:
    """一つのファイルを読む。誤りは送出せず、`problems` に全部を入れる。`name` は、誤りの場所として見せる名。"""
    document = Document(name)
    text = ""
    try:
        text = _text(path)
        document.content = _Builder(
            document, yaml.parse(text, Loader=yaml.BaseLoader), _lines(text)
        ).build()
    except FileNotFoundError:
        document.note((), phrase("no_file"))
    except OSError:
        document.note((), phrase("not_open"))
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        document.note((), phrase("not_utf_8"), line=line)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        document.note((), phrase("control"), line=line)
    except yaml.MarkedYAMLError as error:
        line, what = _broken(text, error)
        document.note((), what, line=line)
    except _Unreadable as stop:
        why, line = stop.args
        document.note((), phrase(why), line=line)
    return document


def is_visible(text: str) -> bool:
    """制御文字、改行、書字方向の指定、幅のない文字など、見えないまま意味を変える文字がないか。"""
    hidden = ("Cc", "Cf", "Cs", "Zl", "Zp")
    return not any(
        unicodedata.category(letter) in hidden or letter in _BLANK_LOOKING for letter in text
    )


def shown(text: str) -> str:
    """設定に書かれた文字を、誤りの文に入れるときの形。見えない文字は「?」にし、40 字で切る。"""
    safe = "".join(letter if is_visible(letter) else "?" for letter in text[:MAX_SHOWN])
    return safe + ("…" if len(text) > MAX_SHOWN else "")


class _Unreadable(Exception):
    """この先を読み続けられない誤り。引数は、文の名と行番号。"""


def _broken(text: str, error: yaml.MarkedYAMLError) -> tuple[int, str]:
    """読めないところの行（1 から）と、何が悪いか。"""
    marks = [mark.line for mark in (error.context_mark, error.problem_mark) if mark]
    last = marks[-1] if marks else 0
    slip = slip_in_lines(_lines(text), min([*marks, last - 1]), last)
    return (slip[0] + 1, slip[1]) if slip else (last + 1, phrase("not_yaml"))


def _lines(text: str) -> list[str]:
    return re.split("\r\n|[\r\n\x85\u2028\u2029]", text)  # YAML の行の切れ目


def _text(path: Path) -> str:
    with path.open("rb") as file:
        # 一バイトだけ多く読めば、大きすぎるかは分かる。全部は読まない
        written = file.read(MAX_BYTES + 1)
    if len(written) > MAX_BYTES:
        raise _Unreadable("too_large", 1)
    return written.decode("utf-8-sig")


@dataclass
class _Builder:
    """出来事（event）の列から値を組み立て、行番号と誤りを `document` に書く。lines は、書かれたままの行。"""

    document: Document
    events: Iterator[yaml.Event]
    lines: list[str]

    def build(self) -> Any:
        next(self.events)  # ファイルの始まり
        if isinstance(next(self.events), yaml.StreamEndEvent):
            raise _Unreadable("empty", 1)
        content = self._value(next(self.events), ())
        next(self.events)  # 一つ目の文書の終わり
        following = next(self.events)
        if not isinstance(following, yaml.StreamEndEvent):
            raise _Unreadable("two_documents", _line(following))
        return content

    def _value(self, event: yaml.Event, place: Place) -> Any:
        self.document.lines.setdefault(place, _line(event))
        if len(place) > MAX_DEPTH:
            raise _Unreadable("too_deep", _line(event))
        self._refuse_features(event, place)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(place)
        if isinstance(event, yaml.SequenceStartEvent):
            inside = takewhile(
                lambda each: not isinstance(each, yaml.SequenceEndEvent), self.events
            )
            return [self._value(each, (*place, index)) for index, each in enumerate(inside)]
        return self._scalar(event, place) if isinstance(event, yaml.ScalarEvent) else ""

    def _mapping(self, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key in takewhile(lambda each: not isinstance(each, yaml.MappingEndEvent), self.events):
            if not isinstance(key, yaml.ScalarEvent):
                raise _Unreadable("not_a_name", _line(key))
            inner = (*place, key.value)
            # 値より先に、名の行を控える。誤りは、値のはじまる行ではなく、名の行で言う
            first = self.document.lines.setdefault(inner, _line(key))
            self._refuse_features(key, inner)
            if slip := slip_in_name(key.value):
                self.document.note(inner, slip, line=_line(key))
            if key.value in found:
                self.document.note(inner, phrase("twice", first=first), line=_line(key))
            value = self._value(next(self.events), inner)
            found.setdefault(key.value, value)
        return found

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> str:
        if event.style is not None or event.tag:
            return event.value
        # 例：「a: abc #def」の値は abc で切れ、rest は「 #def」。値のつもりの字が注釈として消えたことを言う
        end = event.end_mark
        rest = self.lines[end.line][end.column :] if end.line < len(self.lines) else ""
        meant = _RESOLVER.resolve(yaml.ScalarNode, event.value, (True, False))
        changes = meant != "tag:yaml.org,2002:str" or _ELSEWHERE.fullmatch(event.value)
        # 数や日付の後ろは、切れた値ではない
        cut = None if event.value and changes else slip_after_value(rest)
        if slip := slip_in_value(event.value) or cut:
            self.document.note(place, slip, line=end.line + 1)
        elif not event.value:
            self.document.note(place, phrase("no_value"))
        return Bare(event.value) if changes else event.value

    def _refuse_features(self, event: yaml.Event, place: Place) -> None:
        if getattr(event, "tag", None):
            self.document.note(place, phrase("tag"), line=_line(event))
        if getattr(event, "anchor", None):
            self.document.note(place, phrase("alias"), line=_line(event))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1
