"""手紙の文：組合が直してよい texts/letters.yaml。直しても、なくてはならない言葉が残っているかを確かめる。

Source: 任意であること、資格確認書があること、行き違い、申出先、問合せ先は、共同利用のお知らせと、国の広報の言い方にそろえる。
"""

from string import Formatter

import yaml

from mynalib.domain.errors import MynaError, Problem
from mynalib.domain.shipped import shipped_text
from mynalib.history.home import Home

FILE = "letters.yaml"
LETTER_KINDS = ("link", "renew", "renew_then_link")
PARTS = ("title", "action", "steps")
STEPS_EACH = 3
PLACEHOLDERS = {"as_of", "by", "contact", "channels", "society", "applies_to", "amount"}
"""文の中で、作るときに入るもの。"""

NEEDED_WORDS = ("任意", "資格確認書", "{as_of}", "{by}", "{contact}", "{channels}")
FORBIDDEN_WORDS = (
    "義務",
    "必ず登録",
    "登録しなければ",
    "有効です",
    "受診できなくなります",
    "87,430",
)
"""使わない言葉：強いる言葉、事実より強い言葉、古い限度額。"""


class TextsWrong(MynaError):
    """手紙の文に、足りないものか、使わない言葉がある。"""

    code = "TEXTS_WRONG"
    what = "手紙の文に、足りないものか、使わない言葉があります"
    fix = "texts/letters.yaml を直してください。もとに戻すなら、このファイルを消します（道具に付いてくる文を使います）。"


def read_texts(home: Home) -> dict:
    """手紙の文。置き場所になければ、道具に付いてくるもの。

    Raises:
        TextsWrong: 形が違う、足りない、使わない言葉がある（全て一度に）。
    """
    try:
        texts = yaml.safe_load(_written(home))
    except yaml.YAMLError:
        raise TextsWrong(where=f"texts/{FILE}", what="YAML として読めません") from None
    problems = text_problems(texts)
    if problems:
        raise TextsWrong(where=f"texts/{FILE}", problems=problems)
    return texts


def shipped_letters() -> str:
    """道具に付いてくる文。"""
    return shipped_text(f"reminders/{FILE}")


def text_problems(texts: object) -> list[Problem]:
    """手紙の文の誤り。なければ空。"""
    if not isinstance(texts, dict):
        return [Problem(FILE, "名: 値 の形ではありません")]
    problems = [*_shapes(texts)]
    if problems:
        return problems
    said = "\n".join(_all_texts(texts))
    problems = [
        Problem(FILE, f"「{one}」がありません。どこかに書いてください")
        for one in NEEDED_WORDS
        if one not in said
    ]
    problems += [
        Problem(FILE, f"「{one}」は使えません（強いるか、事実より強い言葉です）")
        for one in FORBIDDEN_WORDS
        if one in said
    ]
    for text in _all_texts(texts):
        problems += [
            Problem(FILE, f"{{{name}}} は、入れられる名ではありません")
            for name in sorted(_blanks(text) - PLACEHOLDERS)
        ]
    return problems


def _shapes(texts: dict) -> list[Problem]:
    wrong = []
    for kind in LETTER_KINDS:
        part = texts.get(kind)
        if not isinstance(part, dict) or set(part) != set(PARTS):
            wrong.append(Problem(f"{FILE} {kind}", f"{'、'.join(PARTS)} を書いてください"))
        elif not isinstance(part["steps"], list) or len(part["steps"]) != STEPS_EACH:
            wrong.append(Problem(f"{FILE} {kind}.steps", f"手順は、ちょうど {STEPS_EACH} つです"))
    for name in ("outside", "by", "voluntary", "benefit"):
        if not isinstance(texts.get(name), str):
            wrong.append(Problem(f"{FILE} {name}", "文を書いてください"))
    if not isinstance(texts.get("notes"), list):
        wrong.append(Problem(f"{FILE} notes", "文を並べてください"))
    return wrong


def _all_texts(texts: dict) -> list[str]:
    letters = [
        text
        for kind in LETTER_KINDS
        for text in (texts[kind]["title"], texts[kind]["action"], *texts[kind]["steps"])
    ]
    rest = [texts[name] for name in ("outside", "by", "voluntary", "benefit")]
    return [str(text) for text in [*letters, *rest, *texts["notes"]]]


def _blanks(text: str) -> set[str]:
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        return {"…"}


def _written(home: Home) -> str:
    own = home.texts / FILE
    return own.read_text(encoding="utf-8") if own.is_file() else shipped_letters()
