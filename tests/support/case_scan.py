"""置き場所の全てのファイルを、いろいろな読み方で読み、あってはならない値を探す。mynalib の点検とは別に書いたもの。"""

import base64
import csv
import html
import io
import itertools
import re
import unicodedata
import urllib.parse
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path

import duckdb

from mynalib.history.home import Home

HASHES = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}")
URL_SAFE = str.maketrans("+/", "-_")
INVISIBLE = re.compile("[\0\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
INLINE_TAG = re.compile(
    r"</?(?:b|i|u|em|strong|span|a|wbr|mark|small|sub|sup|tspan|code)\b[^>]{0,300}>"
)
JOINT = re.compile(r"(?<=[0-9])[ \u3000'’_-](?=[0-9])|(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
LONG_DIGITS = re.compile("[0-9]{5,}")
CANARY = re.compile("(?<![0-9])(?:83[0-9]{5}|00[0-9]{5})(?![0-9])")
# 組合の内部の置き場
STORE = ("data/originals/", "data/months/", "data/registers/", "data/kept_back.parquet")
FORMULA_STARTS = tuple("=+@\t\r\n＝＋＠")
LIVE_TAGS = {
    "iframe",
    "object",
    "embed",
    "base",
    "applet",
    "form",
    "frame",
    "svg",
    "img",
    "template",
}


# 読む ---------------------------------------------------------------------------------------------


def texts(content: bytes) -> Iterator[str]:
    """中身の読み方の全て：展開したもの、表、文字、base64 の中。"""
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for name in packed.namelist():
                yield name
                yield from texts(packed.read(name))
        return
    text = HASHES.sub("", content.decode("utf-8", "ignore"))
    yield text
    if b"\0" in content:
        yield content.decode("utf-16-le", "ignore")
    for found in BASE64.findall(text) if len(content) < 1_000_000 else ():
        yield base64.urlsafe_b64decode(found[: len(found) // 4 * 4].translate(URL_SAFE)).decode(
            "utf-8", "ignore"
        )


def forms(text: str) -> Iterator[str]:
    """一つの文の、書き方を変えて隠れた値も見える形。"""
    yield text
    plain = re.sub(
        r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), html.unescape(text)
    )
    plain = INVISIBLE.sub("", unicodedata.normalize("NFKC", urllib.parse.unquote(plain)))
    yield plain
    plain = INLINE_TAG.sub("", plain)
    yield plain
    yield JOINT.sub("", plain)


REVIEW = "要確認"  # lists の名：要確認の人
EVERYBODY = "全員"  # lists の名：月のファイルの全ての人（資格確認書の係には、だれでも載りうる）


@lru_cache(maxsize=256)
def readings(content: bytes) -> tuple[str, ...]:
    """同じ中身（図の道具など）は、一度だけ読む。大きなスクリプトは、そのままの形だけ。"""
    if len(content) > 1_000_000 and content[:1] not in b"P<":
        return tuple(texts(content))
    return tuple(dict.fromkeys(form for text in texts(content) for form in forms(text)))


@lru_cache(maxsize=256)
def numbers(content: bytes) -> frozenset[str]:
    """5 桁以上の数字（先頭の 0 を除く）。"""
    return frozenset(
        run.lstrip("0") for text in readings(content) for run in LONG_DIGITS.findall(text)
    )


def content_of(path: Path) -> bytes:
    """ファイルの中身。Parquet は、全ての値を文にする。"""
    if path.suffix != ".parquet":
        return path.read_bytes()
    with duckdb.connect() as db:
        return db.read_parquet(str(path)).df().to_csv().encode()


# 番号 ---------------------------------------------------------------------------------------------


def canaries(inputs: Iterable[Path]) -> set[str]:
    """入力の全ての番号（先頭の 0 を除く）。番号は 83 か 00 ではじまる 7 桁である。"""
    found = set()
    for path, encoding in itertools.product(inputs, ("utf-8", "cp932", "utf-16")):
        text = unicodedata.normalize("NFKC", path.read_bytes().decode(encoding, "ignore"))
        found |= {digits.lstrip("0") for digits in CANARY.findall(INVISIBLE.sub("", text))}
    return found - {""}


def misplaced(home: Home, secrets: set[str], lists: Mapping[str, set[str]]) -> Iterator[str]:
    """番号のある、あってはならないファイル。内部の置き場と、その人の事業所の勧奨リストのほか。"""
    for path in sorted(path for path in home.root.rglob("*") if path.is_file()):
        place = path.relative_to(home.root).as_posix()
        if numbers(place.encode()) & secrets:
            yield f"ファイルの名に番号：{path.parent.relative_to(home.root)}"
        if not place.startswith(STORE) and (numbers(content_of(path)) & secrets) - _allowed(
            path, lists
        ):
            yield f"番号がある：{place}"


def _allowed(path: Path, lists: Mapping[str, set[str]]) -> set[str]:
    """その事業所の勧奨リスト（ページと Excel）、健保の内部の控え（全員のリスト）、健保の名簿（事業所のない人と職員、要確認の人）に載ってよい番号。"""
    if path.name.startswith("letters"):
        return set()
    if path.parts[-3:-1] == ("internal", "desk"):
        return lists.get(EVERYBODY, set())
    society = (path.parts[-3:-1], path.parts[-2:])
    if society[0] == ("internal", "lists") or society[1] == ("internal", "society_listed.csv"):
        return set().union(*(lists.get(name, set()) for name in ("NOEMPLOYER", "KENPO", REVIEW)))
    if path.parts[-2:] == ("internal", "listed.csv"):
        others = (REVIEW, EVERYBODY)
        return set().union(*(found for name, found in lists.items() if name not in others))
    own = path.parent.parent.name == "employers" and path.name.startswith("reminders")
    return lists.get(path.parent.name, set()) if own else set()


def mentions(paths: Iterable[Path], words: Iterable[str]) -> Iterator[str]:
    """その言葉のあるファイル。数字だけの言葉は、前後に数字のつかないところだけ。"""
    patterns = {
        word: re.compile(rf"(?<![0-9])0*{word}(?![0-9])" if word.isdigit() else re.escape(word))
        for word in words
    }
    for path in paths:
        for text in (path.name, *readings(content_of(path))):
            yield from (
                f"{path.name} に、あってはならない言葉"
                for found in patterns.values()
                if found.search(text)
            )


def files_in(folder: Path | None) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder else []


# 動くもの ------------------------------------------------------------------------------------------


class _Markup(HTMLParser):
    """ページの中の、動くもの。見える文と、表の升も集める。"""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.live: list[str] = []
        self.text: list[str] = []
        self.rows: list[list[str]] = []
        self._hidden = self._cell = False

    def handle_starttag(self, tag: str, attributes: list) -> None:
        given = {name.lower(): value or "" for name, value in attributes}
        ours = given.get("type") == "application/json" or re.fullmatch(
            r"assets/[\w.-]+\.js", given.get("src", "")
        )
        # 点検が、図の値から描き直して比べる絵と、事業所の小さな図（線だけ）
        drawn = tag == "svg" and given.get("class") in ("drawn", "small")
        if (tag in LIVE_TAGS and not drawn) or (tag == "script" and not ours):
            self.live.append(f"要素 {tag}")
        self.live += [f"属性 {name}" for name in given if name.startswith("on")]
        self.live += [
            "動く URL"
            for value in given.values()
            if re.match(r"\s*(javascript|vbscript|data):", value, re.IGNORECASE)
        ]
        self._hidden = tag in ("script", "style")
        self.rows += [[]] if tag == "tr" else []
        if tag in ("td", "th") and self.rows:
            self._cell = True
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False
        self._cell = self._cell and tag not in ("td", "th", "tr")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text.append(data)
        if self._cell:
            self.rows[-1][-1] += data.strip()


def page(path: Path) -> _Markup:
    markup = _Markup()
    markup.feed(path.read_text(encoding="utf-8"))
    markup.close()
    return markup


def live_markup(path: Path) -> list[str]:
    return [f"{path.name}：{what}" for what in page(path).live]


def formula_cells(path: Path) -> list[str]:
    """表計算ソフトが式と読む升。"""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            sheets = [
                book.read(name).decode("utf-8")
                for name in book.namelist()
                if name.startswith("xl/worksheets/")
            ]
        return [
            f"{path.name}：式かリンク" for sheet in sheets if re.search("<f[ >]|<hyperlink ", sheet)
        ]
    rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
    return [
        f"{path.name}：式" for row in rows for cell in row if _is_formula(cell.lstrip(" \u3000"))
    ]


def _is_formula(cell: str) -> bool:
    number = re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", cell)
    return cell.startswith(FORMULA_STARTS) or (cell.startswith(("-", "－")) and not number)
