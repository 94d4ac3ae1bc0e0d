"""YAML の打ちちがい：日本語入力のままの引用符・コロン・空白・数字、タブ、値を切る #。何を打てばよいかを言う。"""

import re
import unicodedata
from collections.abc import Sequence

# 日本語入力が打つ、曲がった引用符と全角の引用符。YAML には引用符に見えず、値の一部になる
_QUOTES = "“”„‟＂‘’＇"
_NAME = "[A-Za-z_]+"
_QUOTE = '日本語入力の引用符（{}）です。半角の " で囲み直してください'
_COLON = "全角のコロン（：）です。半角の「: 」（コロンと空白）に直してください"
_SPACE = "全角の空白です。半角の空白に直してください"
_TAB = "タブです。半角の空白に直してください"
_DASH = "全角の「－」です。一覧の行は、半角の「- 」ではじめてください"
_HASH = '「 #」から後ろは注釈になり、値に入りません。値なら全体を半角の " で囲み、注釈なら「# 」と空白をあけてください'
_WIDE_NAME = "項目の名は半角の {} と打ってください"

# 読めない行に見られる形。例：「name：日本」は二つ目（コロン）、「－ symbol: "101"」は四つ目（一覧の印）、「name: "日本”」は最後（引用符の終わり）。
# 上から見て、最初に当てはまったものだけを言う。一行に二つあれば、直したあとの次の実行で、もう一つを言う
_BROKEN = (
    (re.compile(r"\t"), _TAB),
    (re.compile(rf"^ *(- *)?{_NAME} *："), _COLON),
    (re.compile(r"(^ *|[:\-{[,] *)\u3000"), _SPACE),
    (re.compile(r"^ *－"), _DASH),
    (re.compile(rf"[:\-{{[,] *([{_QUOTES}])"), _QUOTE),
    (re.compile(rf"""["'][^"']*([{_QUOTES}]) *([,}}\]#]|$)"""), _QUOTE),
)


def slip_in_lines(lines: Sequence[str], first: int, last: int) -> tuple[int, str] | None:
    """YAML として読めないところ（first から last 行目。0 から）の、打ちちがい。行（0 から）と文。"""
    for number in range(max(first, 0), min(last + 1, len(lines))):
        line = lines[number]
        # 注釈の中のタブや全角は、YAML を壊さない
        if not line.lstrip().startswith("#"):
            for shape, what in _BROKEN:
                if found := shape.search(line):
                    return number, what.format(found[1]) if what is _QUOTE else what
    return None


def slip_in_name(name: str) -> str | None:
    """項目の名の打ちちがい。"""
    meant = unicodedata.normalize("NFKC", name).strip(" \t" + _QUOTES)
    return _WIDE_NAME.format(meant) if meant != name and re.fullmatch(_NAME, meant) else None


def slip_in_value(value: str) -> str | None:
    """引用符で囲んでいない値の打ちちがい。"""
    if value and value[0] in _QUOTES:
        return _QUOTE.format(value[0])
    if re.fullmatch("「[^「」]*」|『[^『』]*』", value):
        return _QUOTE.format(value[0])
    if re.search(rf"(^|\s){_NAME} *：", value):
        return _COLON
    if value.strip("\u3000") != value:
        return _SPACE
    return _TAB if "\t" in value else None


def slip_after_value(rest: str) -> str | None:
    """引用符で囲んでいない値の、すぐ後ろの打ちちがい。「#」のあとに空白があれば、注釈とみなす。"""
    return _HASH if re.match(r"[ \t]+#[^\s#]", rest) else None


def half_width(text: str) -> str | None:
    """全角の英数字・記号があれば、半角にした形。なければ None。"""
    folded = unicodedata.normalize("NFKC", text)
    return folded if folded != text else None
