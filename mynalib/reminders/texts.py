"""手紙の文：組合が直してよい texts/letters.yaml。直しても、なくてはならない言葉が、どの手紙にも残っているかを確かめる。

Source: 任意であること、資格確認書があること、行き違い、申出先、問合せ先は、共同利用のお知らせと、国の広報の言い方にそろえる。
"""

import re
from collections.abc import Iterator
from string import Formatter

import yaml

from mynalib.domain.errors import MynaError, Problem
from mynalib.domain.shipped import shipped_text, shipped_yaml
from mynalib.history.home import Home

FILE = "letters.yaml"
OTHER_FILE = "letters_b.yaml"
"""くらべるときの、もう一つの文（文 B）。道具には、付いてこない。"""
LETTER_KINDS = ("link", "renew", "renew_then_link")
RENEWALS = ("renew", "renew_then_link")
# 手順は三つ、更新の道は二つ（証明書だけか、カードそのものか）。どの手紙も、同じ形で A4 一枚に収めるため
STEPS_EACH = 3
PATHS_EACH = 2
COMMON = ("outside", "by", "voluntary", "benefit")
LONGEST = 800
"""一枚の文の、字の数の上限。A4 の下の三分の二に、いちばん長い手紙が収まる。"""
LETTER_RULES = shipped_yaml("reminders", "letter_rules")


class TextsWrong(MynaError):
    """手紙の文に、足りないものか、使わない言葉がある。"""

    code = "TEXTS_WRONG"
    what = "手紙の文に、足りないものか、使わない言葉があります"
    fix = "texts/letters.yaml を直してください。もとに戻すなら、このファイルを消します（道具に付いてくる文を使います）。"


def read_texts(home: Home) -> dict:
    """手紙の文。置き場所になければ、道具に付いてくるもの。

    Raises:
        TextsWrong: 読めない、形が違う、足りない、使わない言葉がある（全て一度に）。
    """
    texts = _parsed(_written(home), FILE)
    if problems := text_problems(texts):
        raise TextsWrong(where=f"texts/{FILE}", problems=problems)
    return texts


def read_other_texts(home: Home) -> dict:
    """文 B：置き場所の texts/letters_b.yaml。

    Raises:
        TextsWrong: ない、読めない、形が違う、足りない、使わない言葉がある、文 A（read_texts）と比べられない。
    """
    path = home.texts / OTHER_FILE
    first = read_texts(home)
    if not path.is_file():
        what = "文 B がありません"
        fix = "texts/letters.yaml を写して texts/letters_b.yaml を作り、くらべたい文を書きかえてください。"
        raise TextsWrong(where=f"texts/{OTHER_FILE}", what=what, fix=fix)
    texts = _parsed(path.read_bytes(), OTHER_FILE)
    wrong = text_problems(texts) or [*_incomparable(first, texts)]
    # 決まりは文 A のものを使い、場所だけを文 B の名に言いかえる
    problems = [Problem(each.where.replace(FILE, OTHER_FILE), each.what) for each in wrong]
    if problems:
        fix = "texts/letters_b.yaml を直してください。"
        raise TextsWrong(where=f"texts/{OTHER_FILE}", fix=fix, problems=problems)
    return texts


def _incomparable(first: dict, other: dict) -> Iterator[Problem]:
    """文 A と比べられないわけ。封の外と題と限度額は、同じでなければならない（どちらの文かが、外から分からないように）。"""
    if first == other:
        yield Problem(FILE, "文 A と同じです。くらべたい文を書きかえてください")
    for name in ("outside", "benefit"):
        if first[name] != other[name]:
            yield Problem(f"{FILE} {name}", "文 A と同じにしてください")
    for kind in LETTER_KINDS:
        if first[kind]["title"] != other[kind]["title"]:
            yield Problem(f"{FILE} {kind}.title", "題は、文 A と同じにしてください")


def shipped_letters() -> str:
    """道具に付いてくる文。"""
    return shipped_text(f"reminders/{FILE}")


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


def _written(home: Home) -> bytes:
    own = home.texts / FILE
    return own.read_bytes() if own.is_file() else shipped_letters().encode()


def _parsed(content: bytes, file: str) -> object:
    try:
        # safe_load は値だけを作る。load は、書き方によって、Python のものを作って動かしてしまう
        return yaml.safe_load(content.decode("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise TextsWrong(where=f"texts/{file}", what="YAML（UTF-8）として読めません") from None
