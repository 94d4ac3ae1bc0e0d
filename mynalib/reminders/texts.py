"""手紙の文：組合が直してよい texts/letters.yaml（と、くらべるときの letters_b.yaml）を読む。"""

from collections.abc import Iterator

import yaml

from mynalib.domain.errors import MynaError, Problem
from mynalib.domain.shipped import shipped_text
from mynalib.domain.stray_files import stray_files
from mynalib.history.home import Home
from mynalib.reminders.text_rules import FILE, LETTER_KINDS, text_problems

OTHER_FILE = "letters_b.yaml"
"""くらべるときの、もう一つの文（文 B）。道具には、付いてこない。"""


class TextsWrong(MynaError):
    """手紙の文に、足りないものか、使わない言葉がある。"""

    code = "TEXTS_WRONG"
    what = "手紙の文に、足りないものか、使わない言葉があります"
    fix = "挙げたところを直してください。文をもとに戻すなら、texts/letters.yaml を消します（道具に付いてくる文を使います）。"


def read_texts(home: Home) -> dict:
    """手紙の文。置き場所になければ、道具に付いてくるもの。

    Raises:
        TextsWrong: 読めない、形が違う、足りない、使わない言葉がある（全て一度に）。
    """
    texts = _parsed(_written(home), FILE)
    strays = stray_files(home.texts, (FILE, OTHER_FILE), "texts/")
    named = [problem for document in strays for _, _, problem in document.problems]
    if problems := [*named, *text_problems(texts)]:
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


def _written(home: Home) -> bytes:
    own = home.texts / FILE
    return own.read_bytes() if own.is_file() else shipped_letters().encode()


def _parsed(content: bytes, file: str) -> object:
    try:
        # safe_load は値だけを作る。load は、書き方によって、Python のものを作って動かしてしまう
        return yaml.safe_load(content.decode("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise TextsWrong(where=f"texts/{file}", what="YAML（UTF-8）として読めません") from None
