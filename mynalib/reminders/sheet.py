"""勧奨リストの表の形：枚の名、事業所が自分で使う欄、返してもらう欄。書くところ（jobs.workbook）と読むところが、同じものを使う。"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from openpyxl import load_workbook

from mynalib.domain.errors import MynaError
from mynalib.domain.joint_use import DERIVED
from mynalib.domain.months import Month
from mynalib.domain.person import PERSON_KEY, with_person_key
from mynalib.domain.society import demo_suffix
from mynalib.insight.display import label, words

SHEET_TITLES: dict[str, str] = {"link": "❶登録の勧奨", "renew": "❷更新の勧奨"}
"""勧奨から、枚の名へ。架空データでは、名のはじめに印が付く。"""

OWN_COLUMNS = ("案内日", "済")
"""事業所が自分で使う欄。返ってきても、読まない。"""

ANSWER = "お申し出"
OBJECTION = "不同意の申出"
NOT_HERE = "在籍なし"  # その事業所には、もういない
ANSWERS = (OBJECTION, NOT_HERE)
"""返してもらう、ただ一つの欄と、選べる言葉。登録したか、断ったかは、聞かない。"""

LIST_NUMBER = "リストの番号："
"""この後に、事業所コードと公開の版（E01-2026-10、E01-2026-10-r2）が続く。"""

WRITTEN_KEY = ["symbol", "number", "branch"]
READ_COLUMNS = ["kind", *WRITTEN_KEY, "answer", "line", *PERSON_KEY]


def book_name(employer: str, month: Month, demo: bool) -> str:
    """勧奨リストの XLSX の名（reminders_E01_2026-10.xlsx）。写しても、どの事業所の、いつのものかが分かる。"""
    return f"reminders_{employer}_{month}{demo_suffix(demo)}.xlsx"


def headings(columns: Iterable[str]) -> dict[str, str]:
    """リストの見出しから、列の名へ。見出しの決まっていない列（リストに載せない項目）は、入らない。"""
    known = words("columns")["texts"]
    return {known[column]: column for column in columns if column in known}


class SheetRefused(MynaError):
    """勧奨リストの表として、読めない。"""

    code = "SHEET_REFUSED"
    what = "この道具の作った勧奨リストの表ではありません"
    fix = "お渡しした XLSX に書きこんだものを、XLSX のまま返してもらってください（PDF、CSV、写し直した表は読めません）。"


@dataclass(frozen=True)
class SheetRead:
    """読んだ表。

    number はリストの番号、heads は見出しの全て。people は一行＝一人：kind（link か renew）、書いてあるままの記号・番号・枝番、
    answer（ANSWERS のどれか、ほかの言葉、''）、line（枚の中の行）、鍵（branch は二桁にし、書いてあるままは branch_written）。dropped は、読まなかった欄
    （事業所が自分で使う欄と、事業所の足した欄）のうち、書きこみのあった升の数。
    """

    number: str
    heads: frozenset[str]
    people: pd.DataFrame
    dropped: int


def read_list(content: bytes, name: str) -> SheetRead:
    """勧奨リストの XLSX を読む。

    Args:
        content: 暗号を解いた中身。
        name: 何のファイルか（エラーに出る。人の値は入らない名）。
    Raises:
        SheetRefused: XLSX でない、❶ か ❷ の枚がないか二つある、見出しが違う、リストの番号がない、枚によって番号が違う。
    """
    sheets = _sheets(content, name)
    parts = [_Part.read(sheets, kind, title, name) for kind, title in SHEET_TITLES.items()]
    numbers = {part.number for part in parts}
    # 二つの月の枚を合わせた表は、どの手渡しへの返事か分からない
    if len(numbers) != 1 or "" in numbers:
        raise SheetRefused(where=name, what="リストの番号が無いか、枚によって違います")
    people = pd.DataFrame([row for part in parts for row in part.rows], columns=READ_COLUMNS[:6])
    people = people.astype(dict.fromkeys(["kind", *WRITTEN_KEY, "answer"], "str"))
    people = with_person_key(people.assign(branch_written=people.branch))
    heads = frozenset(head for part in parts for head in part.heads)
    return SheetRead(numbers.pop(), heads, people, sum(part.dropped for part in parts))


def read_file(path: Path) -> SheetRead:
    """ファイルの勧奨リストを読む。"""
    return read_list(path.read_bytes(), path.name)


def _sheets(content: bytes, name: str) -> dict[str, list[list[str]]]:
    """枚の名から、全ての行の文字へ。"""
    try:
        # data_only：数式を書きこまれても、式ではなく、Excel が残した答えだけを読む
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        found = {}
        for sheet in book:
            # 書いてある表の大きさ（dimension）は信じない。保存したソフトによっては、はじめの升だけと書いてある
            sheet.reset_dimensions()
            rows = sheet.iter_rows(values_only=True)
            found[sheet.title] = [[_text(cell) for cell in row] for row in rows]
        return found
    # 中の欠けた XLSX では、openpyxl と、その下の zlib や XML の読み手が、どんな失敗も出す。文に中身が入りうるので、型の名だけを言う
    except Exception as error:  # noqa: BLE001 届いたファイルのせいで、この道具の誤りではない
        raise SheetRefused(where=name, what=f"開けません（{type(error).__name__}）") from None


@dataclass(frozen=True)
class _Part:
    """一枚。"""

    number: str
    heads: list[str]
    rows: list[tuple]
    dropped: int

    @classmethod
    def read(cls, sheets: dict[str, list[list[str]]], kind: str, title: str, name: str) -> "_Part":
        # 架空データの枚は、名のはじめに印がある。「❶… (2)」のような写しがあれば、どちらに答えたのかが分からない
        found = [rows for each, rows in sheets.items() if title in each]
        if len(found) != 1:
            raise SheetRefused(where=name, what=f"「{title}」の枚が、一つではありません")
        lines = enumerate(found[0], 1)
        number, heads = cls._top(lines)
        # 同じ見出しが二つあれば、どちらに答えたのかが分からない
        if any(heads.count(head) != 1 for head in (*map(label, WRITTEN_KEY), ANSWER)):
            raise SheetRefused(where=name, what=f"「{title}」の見出しが、作ったときと違います")
        written = [heads.index(label(column)) for column in WRITTEN_KEY]
        answer = heads.index(ANSWER)
        # この道具が書いた列と、返してもらう欄。ほかの列（見出しのないところも）は、読まずに数える
        known = {*map(label, (*WRITTEN_KEY, *DERIVED)), ANSWER}
        ours = {at for at, head in enumerate(heads) if head in known}
        rows = []
        dropped = 0
        for line, cells in lines:
            # 右の空の升まで書かないソフトでは、行の長さがそろわない
            texts = [*cells, *[""] * (len(heads) - len(cells))]
            key = [texts[at] for at in written]
            # 罫線だけの行や、下に書いたメモの行には、鍵も答えもない。答えだけの行は、だれの答えかが分からないので、断られるように残す
            if any(key) or texts[answer]:
                rows.append((kind, *key, texts[answer], line))
            dropped += sum(bool(text) for at, text in enumerate(texts) if at not in ours)
        return cls(number, [head for head in heads if head], rows, dropped)

    @staticmethod
    def _top(lines: Iterator[tuple[int, list[str]]]) -> tuple[str, list[str]]:
        """見出しの行まで進み、リストの番号と、見出しを返す。"""
        number = ""
        for _, texts in lines:
            # 左に列を足した表でも、読む
            for text in texts:
                if text.startswith(LIST_NUMBER):
                    # 番号のあとは、全角の空きと、取扱いの案内が続く（jobs.workbook）
                    number = text.removeprefix(LIST_NUMBER).split("　")[0].strip()
            if label("number") in texts:
                return number, texts
        return number, []


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()
