"""公開したページ・CSV・XLSX の数を、一人ずつ数えた人数と突き合わせる。"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from html import unescape
from pathlib import Path

from judging_society import CAUSES, Judge, points_of, sign
from lives import Count, half_up, movements, to_five
from openpyxl import load_workbook

from mynalib.domain.months import Month

FEW = "5人未満の動き"
LEVEL = re.compile(
    r"約 (?P<value>\d+) %（±(?P<tolerance>\d+)）|(?P<end>\d+) % (?P<bound>以上|以下)"
)
TILES = {
    "加入者": "members",
    "登録者": "registered",
    "未登録": "unregistered",
    "証明書が失効": "lapsed",
}
TREND = "登録率の水準とその幅"
ACTIONS = ("link", "renew", "renew_then_link")


def tables(page: str) -> dict[str, list[list[str]]]:
    """ページの表：題から、行の升の文字へ。"""
    found = {}
    for caption, body in re.findall(
        r"<caption><span>(.*?)</span>.*?<tbody>(.*?)</tbody>", page, re.DOTALL
    ):
        rows = re.findall(r"<tr.*?>(.*?)</tr>", body, re.DOTALL)
        found[caption] = [
            [unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
            for row in rows
        ]
    return found


def tiles(page: str) -> dict[str, tuple[str, str]]:
    """大きな数字：名から、値と、前の月との差の文へ。"""
    parts = re.findall(r'<div class="tile">(.*?)</div>', page, re.DOTALL)
    values = {}
    for part in parts:
        note = re.search(r'class="note[^"]*">(.*?)<', part)
        values[re.search("<dt>(.*?)<", part)[1]] = (
            re.search('class="value[^"]*">(.*?)<', part)[1],
            note[1] if note else "",
        )
    return values


def rows_of(path: Path) -> list[list[str]]:
    """CSV の、見出しのほかの行。"""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[1:]


def number(text: str) -> Fraction:
    return Fraction(text.replace(",", "").replace(" %", ""))


@dataclass(frozen=True)
class Pages:
    """一つの月の公開のフォルダーと、検算の元。"""

    folder: Path
    judge: Judge
    month: str

    def wrong(self) -> list[str]:
        """合わないところの全て。"""
        found = [*self._wide_tiles(), *self._wide_tables(), *self._wide_files()]
        for employer in self.judge.notified:
            found += [*self._employer(employer), *self._list(employer)]
        return [f"{self.month} のページ：{one}" for one in found]

    @property
    def _before(self) -> str:
        return str(Month.parse(self.month).plus(-1))

    def _society(self, month: str) -> Count:
        return Count.of(self.judge.truth.files[month].values())

    def _page(self, path: str) -> str:
        # 数と単位のあいだの、改行しない空白も、ただの空白として読む
        return (self.folder / path).read_text(encoding="utf-8").replace("\u00a0", " ")

    def _wide_tiles(self) -> Iterator[str]:
        shown, now, then = (
            tiles(self._page("management/index.html")),
            self._society(self.month),
            self._society(self._before),
        )
        for label, name in TILES.items():
            value, note = shown[label]
            yield from self.judge.see(
                f"大きな数字 {label}", number(value) == to_five(getattr(now, name))
            )
            yield from self.judge.see(
                f"{label} の差の向き",
                _says(note) * sign(getattr(now, name) - getattr(then, name)) >= 0,
            )
        value, note = shown["登録率"]
        yield from self.judge.see("大きな数字 登録率", number(value) == half_up(now.rate, 0))
        yield from self.judge.see("登録率の差の向き", _says(note) * sign(now.rate - then.rate) >= 0)

    def _wide_tables(self) -> Iterator[str]:
        found, files = tables(self._page("management/index.html")), self.judge.truth.files
        moves = movements(files[self._before], files[self.month])
        points = points_of(files[self._before], moves)
        change = next(rows for caption, rows in found.items() if caption.startswith("人の動き"))
        for (label, shown), true in zip(change, moves.values(), strict=True):
            fits = shown == FEW or (true >= 5 and number(shown) == to_five(true))
            yield from self.judge.see(f"ページの動き {label}", fits)
        causes = next(
            rows
            for caption, rows in found.items()
            if caption.startswith(("登録率の変化のわけ", "率が変わったわけ"))
        )
        for (label, shown), (cause, reasons) in zip(causes, CAUSES.items(), strict=True):
            few = sum(moves[name] for name in reasons) < 5
            fits = shown == FEW if few else number(shown) == half_up(points[cause], 0)
            yield from self.judge.see(f"ページのわけ {label}", fits)
        counts = next(
            rows for caption, rows in found.items() if caption.startswith("事業所ごとの登録率（")
        )
        for code, _, members, level, *_ in counts:
            yield from self._wide_row(code, members, level)

    def _wide_row(self, code: str, members: str, level: str) -> Iterator[str]:
        if code == "TOTAL":
            now = self._society(self.month)
            right = number(members) == to_five(now.members), number(level) == half_up(now.rate, 0)
            yield from self.judge.see("ページの組合全体", *right)
        elif code != "OTHERS":
            right = number(members) == to_five(self.judge.truth.count(self.month, code).members)
            yield from self.judge.see(f"ページの {code}", right, self._same_level(code, level))

    def _same_level(self, employer: str, text: str) -> bool:
        """ページの言葉が、確かめた水準と同じか。"""
        level, said = self.judge.levels[employer], LEVEL.search(text)
        if level is None or said is None:
            return level is None and said is None
        if level["bound"]:
            return (said["end"], said["bound"]) == (str(level["level"]), level["bound"])
        return (said["value"], said["tolerance"]) == (str(level["level"]), str(level["tolerance"]))

    def _wide_files(self) -> Iterator[str]:
        """ページの図と表の CSV は、rates.csv と同じ数字。"""
        folder = self.folder / "management"
        rates = rows_of(folder / "rates.csv")
        totals = [[row[0], *row[3:6]] for row in rates if row[1] == "TOTAL"]
        yield from self.judge.see(
            "trend の CSV", _alike([row[:4] for row in rows_of(folder / "trend_概数.csv")], totals)
        )
        here = [row[1:4] for row in rates if row[0] == self.month]
        shown = [row[:3] for row in rows_of(folder / "employers_概数.csv")]
        yield from self.judge.see("employers の CSV", _alike(shown, here))

    def _employer(self, employer: str) -> Iterator[str]:
        """事業所のページ：加入者の実数、水準、リストの人数。"""
        page = self._page(f"employers/{employer}/index.html")
        true, shown = self.judge.truth.count(self.month, employer), tiles(page)
        yield from self.judge.see(
            f"{employer} の加入者", number(shown["加入者"][0]) == true.members
        )
        yield from self.judge.see(
            f"{employer} の登録率", self._same_level(employer, shown.get("登録率", ("", ""))[0])
        )
        lists = self.judge.listed(self.month, employer)
        truth = {
            Month.parse(month).label: self.judge.truth.count(month, employer).members
            for month in self.judge.truth.files
        }
        drawn = [rows for caption, rows in tables(page).items() if caption.startswith(TREND)]
        for trend in drawn:
            months = {row[0]: number(row[1]) for row in trend}
            yield from self.judge.see(f"{employer} の加入者の推移", months == truth)
        row = next(
            rows for caption, rows in tables(page).items() if caption.startswith("勧奨リストの人数")
        )[-1]
        sizes = [list(lists.values()).count(action) for action in ACTIONS]
        yield from self.judge.see(
            f"{employer} のリストの人数",
            row[0] == Month.parse(self.month).label,
            [*map(number, row[1:4])] == sizes,
        )

    def _list(self, employer: str) -> Iterator[str]:
        """勧奨リスト：ページも XLSX も、載るはずの人だけ。"""
        expected = set(self.judge.listed(self.month, employer))
        page = tables(self._page(f"employers/{employer}/reminders.html")).values()
        shown = [(row[0], row[1].lstrip("0"), row[2]) for rows in page for row in rows]
        yield from self.judge.see(
            f"{employer} のリストのページ", len(shown) == len(expected), set(shown) == expected
        )
        book = load_workbook(
            self.folder / "employers" / employer / f"reminders_{employer}_{self.month}.xlsx",
            read_only=True,
        )
        cells = [
            row
            for sheet in book
            for row in sheet.iter_rows(values_only=True)
            if len(row) > 2 and str(row[1] or "").isdigit()
        ]
        listed = [(row[0], row[1].lstrip("0"), row[2]) for row in cells]
        yield from self.judge.see(
            f"{employer} の XLSX", len(listed) == len(expected), set(listed) == expected
        )


def _alike(one: list[list[str]], other: list[list[str]]) -> bool:
    """同じ字か、同じ数か（図と表の CSV は、70 を 70.0 と書く）。"""
    return [[*map(_plain, row)] for row in one] == [[*map(_plain, row)] for row in other]


def _plain(text: str) -> str:
    return text.removesuffix(".0")


def _says(note: str) -> int:
    """差の文の言う向き。"""
    found = re.search(r"[▲▼]", note)
    return 0 if not found else 1 if found[0] == "▲" else -1
