"""手紙の文の決まり：直しても、なくてはならない言葉が、どの手紙にも残っているか。使わない言葉、入れられない名がないか。

Source: 任意であること、資格確認書があること、行き違い、申出先、問合せ先は、共同利用のお知らせと、国の広報の言い方にそろえる。
"""

import re
from collections.abc import Iterator
from string import Formatter

from mynalib.domain.errors import Problem
from mynalib.domain.shipped import shipped_yaml

FILE = "letters.yaml"
LETTER_KINDS = ("link", "renew", "renew_then_link")
RENEWALS = ("renew", "renew_then_link")
# 手順は三つ、更新の道は二つ（証明書だけか、カードそのものか）。どの手紙も、同じ形で A4 一枚に収めるため
STEPS_EACH = 3
PATHS_EACH = 2
COMMON = ("outside", "by", "voluntary", "benefit")
LONGEST = 800
"""一枚の文の、字の数の上限。A4 の下の三分の二に、いちばん長い手紙が収まる。"""
LETTER_RULES = shipped_yaml("reminders", "letter_rules")


def text_problems(texts: object) -> list[Problem]:
    """手紙の文の誤り。なければ空。形が違えば、言葉までは見ない。"""
    return [*_misshapen(texts)] or [*_unfit(texts)]


def said_by(texts: dict, kind: str) -> str:
    """一枚の手紙の、全ての文（限度額の文も）。"""
    own = texts[kind]
    rest = [texts["by"], texts["voluntary"], texts["benefit"], *texts["notes"]]
    return "\n".join([own["title"], own["action"], *own["steps"], _paths_of(own), *rest])


def _misshapen(texts: object) -> Iterator[Problem]:
    if not isinstance(texts, dict):
        yield Problem(FILE, "名: 値 の形ではありません")
        return
    for name in COMMON:
        if not _is_text(texts.get(name)):
            yield Problem(f"{FILE} {name}", "文を書いてください")
    if not _are_texts(texts.get("notes")):
        yield Problem(f"{FILE} notes", "文を並べてください")
    for kind in LETTER_KINDS:
        yield from _misshapen_letter(texts.get(kind), kind)
    for name in sorted({*map(str, texts)} - {*COMMON, "notes", *LETTER_KINDS}):
        yield Problem(f"{FILE} {name}", "使わない名です。綴りを確かめてください")


def _misshapen_letter(letter: object, kind: str) -> Iterator[Problem]:
    where = f"{FILE} {kind}"
    renews = kind in RENEWALS
    parts = ("title", "action", "steps", *(["paths"] if renews else []))
    if not isinstance(letter, dict) or set(letter) != set(parts):
        yield Problem(where, f"{'、'.join(parts)} を書いてください")
        return
    for name in ("title", "action"):
        if not _is_text(letter[name]):
            yield Problem(f"{where}.{name}", "文を書いてください")
    if not _are_texts(letter["steps"]) or len(letter["steps"]) != STEPS_EACH:
        yield Problem(f"{where}.steps", f"手順は、ちょうど {STEPS_EACH} つの文です")
    if renews and not _are_paths(letter["paths"]):
        what = f"更新の道は、ちょうど {PATHS_EACH} つです（name と how）"
        yield Problem(f"{where}.paths", what)


def _is_text(found: object) -> bool:
    return isinstance(found, str) and bool(found.strip())


def _are_texts(found: object) -> bool:
    return isinstance(found, list) and bool(found) and all(map(_is_text, found))


def _are_paths(found: object) -> bool:
    shaped = isinstance(found, list) and all(
        isinstance(path, dict) and set(path) == {"name", "how"} for path in found
    )
    return shaped and len(found) == PATHS_EACH and all(_are_texts([*p.values()]) for p in found)


def _unfit(texts: dict) -> Iterator[Problem]:
    """足りない言葉、使わない言葉、入れられない名、長すぎる文。"""
    for part, words in LETTER_RULES["needed"].items():
        for at, said in _said_at(texts, part):
            yield from (
                Problem(f"{FILE} {at}", f"「{word}」がありません。書いてください")
                for word in words
                if word not in said
            )
    # 題で、どの勧奨の手紙かを見分けて点検する。同じ題では、入れちがえに気づかない
    if len({texts[kind]["title"] for kind in LETTER_KINDS}) < len(LETTER_KINDS):
        yield Problem(FILE, "同じ題の手紙があります。三つとも、違う題にしてください")
    for at in ("outside", *LETTER_KINDS):
        said = texts["outside"] if at == "outside" else said_by(texts, at)
        yield from _wrong_words(said, at)
    yield from _wrong_blanks(texts["benefit"], f"{FILE} benefit", LETTER_RULES["benefit_blanks"])
    rest = texts | {"benefit": ""}
    for text in (rest["outside"], *(said_by(rest, kind) for kind in LETTER_KINDS)):
        yield from _wrong_blanks(text, FILE, LETTER_RULES["blanks"])


def _said_at(texts: dict, part: str) -> Iterator[tuple[str, str]]:
    """決まりの名の指す、場所と文。"""
    if part == "paths":
        yield from ((f"{kind}.paths", _paths_of(texts[kind])) for kind in RENEWALS)
    elif part in ("every", *LETTER_KINDS):
        kinds = LETTER_KINDS if part == "every" else (part,)
        yield from ((kind, said_by(texts, kind)) for kind in kinds)
    else:
        yield part, texts[part]


def _paths_of(letter: dict) -> str:
    return "\n".join(text for path in letter.get("paths", []) for text in path.values())


def _wrong_words(said: str, at: str) -> Iterator[Problem]:
    rules = LETTER_RULES["outside"] if at == "outside" else LETTER_RULES["forbidden"]
    for pattern, why in rules.items():
        if found := re.search(pattern, said):
            yield Problem(
                f"{FILE} {at}", f"「{found[0]}」は使えません（{why}）。言いかえてください"
            )
    if len(said) > LONGEST:
        what = (
            f"{len(said):,} 字あります。{LONGEST} 字までにしてください（A4 の一枚に収まりません）"
        )
        yield Problem(f"{FILE} {at}", what)


def _wrong_blanks(text: str, where: str, known: list[str]) -> Iterator[Problem]:
    """入れられない名。知らない名が一つでも残れば、手紙を作るときに落ちる。"""
    for name in sorted(_blanks(text) - {*known}):
        what = f"{{{name}}} は、入れられる名ではありません。ここで使えるのは {'、'.join(sorted(known))} です"
        yield Problem(where, what)


def _blanks(text: str) -> set[str]:
    """文の中の { } の名。書式や中身への道（{by!r}、{by:>9}、{by.name}）は、どれも知らない名になる。"""
    try:
        # 例："{by} と {by!r:>3}" からは、by と by!r:>3。後のほうは、入れられる名ではない
        found = [part for part in Formatter().parse(text) if part[1] is not None]
    except ValueError:
        return {"…"}
    return {
        f"{name}{'!' + turn if turn else ''}{':' + spec if spec else ''}"
        for _, name, spec, turn in found
    }
