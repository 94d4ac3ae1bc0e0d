"""健保の名簿を開き直して確かめる：鍵の CSV、名簿の XLSX、手紙が、載せるはずの人と、たがいに、ちょうど合うか。"""

import html
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from mynalib.capsules.kept_tables import read_society_listed
from mynalib.domain.classification import ACTIONS
from mynalib.domain.errors import Problem
from mynalib.insight.display import label, words
from mynalib.jobs.letters import LETTER_KEYS_NAME, LETTERS_NAME, SOCIETY_LIST_NAME
from mynalib.release.reopening import read_book, read_quoted
from mynalib.reminders.letters import EACH_UP_TO

FOLDER = "internal/lists/"
KEY_ON_LISTS = ["symbol", "number", "branch"]
LETTER_SERIAL = re.compile('<p class="serial">(.*?)</p>')
LETTER_TITLE = re.compile("<h2>(.*?)</h2>")


def society_problems(release: Path, paths: Iterable[str]) -> Iterator[Problem]:
    """健保の名簿の、三つのファイルの誤り。名簿を作っていなければ、空。"""
    paths = {*paths}
    found = [release / name for name in paths if name.startswith(FOLDER)]
    keys, book, letters = (
        _only(found, start, suffix)
        for start, suffix in (
            (LETTER_KEYS_NAME, ".csv"),
            (SOCIETY_LIST_NAME, ".xlsx"),
            (LETTERS_NAME, ".html"),
        )
    )
    if f"{FOLDER}index.html" not in paths:
        return
    # 一つでもなければ、突き合わせられない。調べずに通さない
    if not (keys and book and letters):
        yield Problem(FOLDER, "名簿の XLSX か、鍵の CSV か、手紙がない")
        return
    expected = read_society_listed(release)
    people = expected[expected.list == "people"]
    written = read_quoted(keys)
    told = [[*row] for row in people[[*KEY_ON_LISTS, "action"]].itertuples(index=False)]
    # 手紙の鍵は、書いた順まで同じはず。手紙と、同じ順で突き合わせる（_unlike）
    rows = [[*(row[label(name)] for name in KEY_ON_LISTS), row[label("action")]] for row in written]
    if rows != [[*row[:3], ACTIONS[row[3]]] for row in told]:
        yield Problem(_place(keys), "手紙を出すはずの人と違う")
    sheets = read_book(book)
    for name, title in words("society_list")["titles"].items():
        # お取り扱いの枚には、人の行がない
        if name in ("people", "review", "returned"):
            own = expected[expected.list == name][KEY_ON_LISTS].values.tolist()
            # 枚の人の順は、見る人のためのもの。比べるのは、だれがいるかだけ
            if sorted(_cells(sheets, title)) != sorted(own):
                yield Problem(_place(book), f"「{title}」の枚が、載せるはずの人と違う")
    yield from (Problem(_place(letters), what) for what in _unlike(letters, written))


def _only(paths: Iterable[Path], start: str, suffix: str) -> Path | None:
    """名が start ではじまり、suffix で終わるファイル。なければ None。"""
    names = [path for path in paths if path.name.startswith(start) and path.suffix == suffix]
    return names[0] if names and names[0].is_file() else None


def _place(path: Path) -> str:
    return f"{FOLDER}{path.name}"


def _cells(sheets: dict[str, list[list]], title: str) -> list[list]:
    """一つの枚の、人の鍵。枚がなければ、いない（方針が載せない枚）。"""
    rows = sheets.get(title, [])
    heads = next((row for row in rows if label("symbol") in row), None)
    if heads is None:
        return []
    at = [heads.index(label(name)) for name in KEY_ON_LISTS]
    return [[row[index] for index in at] for row in rows[rows.index(heads) + 1 :]]


def _unlike(letters: Path, written: list[dict[str, str]]) -> Iterator[str]:
    """手紙の誤り：鍵の通し番号と、順までちょうど同じか。同じ勧奨の人には同じ題、違う勧奨の人には違う題か。"""
    text = letters.read_text(encoding="utf-8")
    serials = LETTER_SERIAL.findall(text)
    titles = [html.unescape(one) for one in LETTER_TITLE.findall(text)]
    each = len(written) <= EACH_UP_TO
    if each and serials != [row[label("serial")] for row in written]:
        yield "鍵の通し番号と違う"
        return
    # 勧奨と題が、一対一か。例（勧奨 ❶❶❷）：題 甲甲乙 は、組が 2 で勧奨の 2 と同じ。甲乙乙 は、組が 3 なので、
    # 同じ勧奨に違う題。甲甲甲 は、組は 2 だが題が 1 なので、違う勧奨に同じ題。見本だけなら、比べる鍵がない
    kinds = [row[label("action")] for row in written] if each else titles
    if len(titles) != len(kinds) or len({*zip(kinds, titles, strict=True)}) != len({*kinds}):
        yield "同じ勧奨の手紙に、違う題がある"
    elif len({*titles}) != len({*kinds}):
        yield "違う勧奨の手紙に、同じ題がある"
