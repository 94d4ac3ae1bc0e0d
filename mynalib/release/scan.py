"""点検：公開する前の全てのファイルを開き直し、あってはならないものを探す。

作り方で守ったことを、出来たもので確かめる。見つけたものの値は、知らせる文に入れない。
"""

import html
import json
import re
import zipfile
from collections.abc import Callable, Collection, Iterator
from functools import cache, partial
from html.parser import HTMLParser
from pathlib import Path

from mynalib.domain.errors import Problem
from mynalib.domain.shipped import shipped_yaml
from mynalib.domain.society import DEMO_MARK
from mynalib.jobs.letters import LETTERS_NAME
from mynalib.jobs.pages import MAIL, is_ours
from mynalib.jobs.parallel import in_parallel
from mynalib.jobs.svg import draw
from mynalib.release.digits import digits_in
from mynalib.release.number_check import known_numbers

SCAN_RULES = shipped_yaml("release", "scan")
OUR_SCRIPT = re.compile(r"assets/[\w.-]+\.js")
# 「//example.com」のように、https: を省いたものも、外を指す
OUTSIDE = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//|javascript:|vbscript:|data:", re.IGNORECASE)
DRAWING = re.compile('<svg class="drawn".*?</svg>', re.DOTALL)
LABEL = re.compile('aria-label="([^"]*)"')
DATA = re.compile('class="figure-data">(.*?)</script>', re.DOTALL)
Numbers = Callable[[object], set[str]]
MANY_FILES = 120  # ファイル。ほとんどは小さな CSV


class _Markup(HTMLParser):
    """ページの中の、動くもの・外を指すものを集める。"""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.lang = self.policy = None
        self._data_block = False

    def handle_starttag(self, tag: str, attributes: list) -> None:
        given = {name.lower(): value or "" for name, value in attributes}
        self._data_block = tag == "script" and given.get("type") == "application/json"
        is_ours = OUR_SCRIPT.fullmatch(given.get("src", ""))
        if tag == "script" and not self._data_block and not is_ours:
            self.problems.append("決めたもの以外のスクリプト")
        moves_on = tag == "meta" and given.get("http-equiv", "").lower() == "refresh"
        if tag in SCAN_RULES["tags"] or moves_on:
            self.problems.append(f"使わない要素 {tag}")
        # onclick など。CSP も止めるが、CSP を見ない道具（メールなど）で開かれることがある
        self.problems += [f"動く属性 {name}" for name in given if name.startswith("on")]
        urls = [given[name] for name in SCAN_RULES["url_attributes"] if name in given]
        self.problems += ["外を指す URL" for url in urls if OUTSIDE.match(url.strip())]
        if tag == "html":
            self.lang = given.get("lang")
        if tag == "meta" and given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given.get("content")

    handle_startendtag = handle_starttag


def scan_page(path: Path, demo: bool) -> list[str]:
    """ページにあってはならないもの。無ければ空。"""
    text = path.read_text(encoding="utf-8")
    markup = _Markup()
    markup.feed(text)
    problems = [*markup.problems, *_found("page", text)]
    if markup.lang != "ja":
        problems.append("lang=ja がない")
    if markup.policy != SCAN_RULES["policy"]:
        problems.append("外へ取りに行かない方針（CSP）がない")
    if demo and DEMO_MARK not in text:
        problems.append("「架空データ」の表示がない")
    return problems


def _found(kind: str, text: str) -> list[str]:
    return [what for what, pattern in SCAN_RULES[kind].items() if re.search(pattern, text)]


def scan_workbook(path: Path, demo: bool) -> list[str]:
    """勧奨リストにあってはならないもの：式、リンク、隠した行やシート。"""
    problems = []
    with zipfile.ZipFile(path) as book:
        for name in book.namelist():
            text = book.read(name).decode("utf-8", "replace")
            problems += _found("sheet", text) if name.startswith("xl/worksheets/") else []
            problems += _found("book", text) if name == "xl/workbook.xml" else []
            problems += _found("name", name)
        sheets = re.findall(r'<sheet name="([^"]*)"', book.read("xl/workbook.xml").decode("utf-8"))
    if demo and not all(DEMO_MARK in sheet for sheet in [*sheets, path.name]):
        problems.append("「架空データ」の表示がない")
    return problems


def scan_release(
    release: Path,
    artefacts: Collection[dict],
    listed: Numbers,
    somebodys: Numbers,
    told: Numbers = lambda _: set(),
    *,
    demo: bool,
) -> Iterator[Problem]:
    """公開の全てのファイルを点検する。

    Args:
        artefacts: 成果物（path, level, sha256）。
        listed: 事業所コードから、その勧奨リストに載る人の番号（先頭の 0 を除く）へ。
        somebodys: 番号の集まりから、そのうち、取り込んである月のどれかの人の番号であるものへ。
        told: 読み手（internal、wide、事業所のコード）から、訂正のわけに書いた、前の版の人数へ。
    """
    # だれかの番号かもしれない数を、先に全てのファイルから集め、月を開いて尋ねるのは、一度だけにする
    foreign: dict[str, set[str]] = {}
    # 一つのフォルダーの表は、どのファイルを点検するときも同じ。一度だけ読む
    counted = cache(known_numbers)
    assets = [one for one in artefacts if _is_asset(one)]
    yield from (
        Problem(one["path"], "この道具に付いてくるものと違う")
        for one in assets
        if not is_ours(Path(one["path"]).name, one["sha256"])
    )
    others = [one for one in artefacts if not _is_asset(one)]
    read = in_parallel(partial(_read, release, demo), others, MANY_FILES)
    for artefact, (found, digits) in zip(others, read, strict=True):
        if artefact["level"] != "internal":
            doubtful = _doubtful(release / artefact["path"], artefact, digits, listed, counted)
            foreign[artefact["path"]] = doubtful - told(_reader(artefact["path"]))
        yield from (Problem(artefact["path"], what) for what in dict.fromkeys(found))
    people = somebodys(set().union(*foreign.values()))
    yield from (
        Problem(path, "ここに載ってはならない番号") for path in foreign if foreign[path] & people
    )


def _is_asset(artefact: dict) -> bool:
    return Path(artefact["path"]).parent.name == "assets"


def _read(release: Path, demo: bool, artefact: dict) -> tuple[list[str], set[str]]:
    """一つのファイルの、見て分かる誤りと、長い数（書いてあるとおりに）。健保の中だけで見るものの数は、読まない。"""
    path = release / artefact["path"]
    digits = set() if artefact["level"] == "internal" else digits_in(path)
    return _wrong_in(path, artefact, demo), digits


def _wrong_in(path: Path, artefact: dict, demo: bool) -> list[str]:
    """一つのファイルだけを見て分かること。"""
    found = _FORMS.get(path.suffix, lambda *_: [])(path, demo)
    found += _unlike_data(path) if path.suffix == ".html" else []
    if artefact["path"].startswith("employers/"):
        found += _leads_outside(path)
    if artefact.get("charts") not in (None, path.read_bytes().count(b'class="figure-data"')):
        found.append("図の数が、ノートブックの出した数と違う")
    return found


def _unlike_data(path: Path) -> list[str]:
    """図の絵が、同じページの図の値から描いたものと、ちょうど同じか。一つのファイルの版では、となりのページの絵と。"""
    text = path.read_text(encoding="utf-8")
    shown = DRAWING.findall(text)
    if path.name == MAIL:
        beside = (path.parent / "index.html").read_text(encoding="utf-8")
        same = shown == DRAWING.findall(beside)
    else:
        labels = [html.unescape(LABEL.search(one)[1]) for one in shown]
        made = zip(map(json.loads, DATA.findall(text)), labels, strict=False)
        # 数も比べる。図の値のない絵や、絵のない図を、zip が黙って落とすので
        same = len(DATA.findall(text)) == len(shown) and shown == [draw(*one) for one in made]
    return [] if same else ["図の絵が、図の値と違う"]


def _leads_outside(path: Path) -> list[str]:
    """事業所に渡すページから、フォルダーの外へつながっていないか。"""
    leads = path.suffix == ".html" and '="../' in path.read_text(encoding="utf-8")
    return ["渡すフォルダーの外へのつながり"] if leads else []


def _reader(path: str) -> str:
    """その場所を読む人。"""
    parts = Path(path).parts
    return parts[1] if parts[0] == "employers" else "wide"


def _doubtful(
    path: Path,
    artefact: dict,
    digits: set[str],
    listed: Numbers,
    counted: Callable[[Path], set[str]],
) -> set[str]:
    """ファイルにある長い数（digits）のうち、だれかの番号かどうかを調べるもの（先頭の 0 を除く）。

    人の行のないページでは、載せた人数とその差は調べない。大きな組合では、どの人数も、だれかの番号と同じになる。ただし、
    先頭に 0 のある数は、人数ではないので、必ず調べる。人の行のあるものでは、自分のリストの番号だけを除く。手紙には、だれの番号もない。
    """
    if path.name.startswith(LETTERS_NAME) and path.suffix == ".html":
        return _folded(digits)
    if artefact["level"] == "named":
        return _folded(digits) - listed(Path(artefact["path"]).parts[1])
    return _folded(digits - counted(path.parent))


def _folded(digits: set[str]) -> set[str]:
    return {each.lstrip("0") for each in digits}


_FORMS = {".html": scan_page, ".xlsx": scan_workbook}
