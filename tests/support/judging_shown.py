"""公開したページに見える数：表は隣の CSV と同じ、大きな数字と題と選べる図は、数えなおした数と同じで、向きが本当と逆でない。"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from html import unescape

from counted import Group
from counted_tables import FLOWS, STATUS_GROUPS, TOTAL
from drawn import charts_in, missing
from judging_pages import number, tiles
from judging_release import LEVEL, NO_RATES, ReleaseJudge, same
from received import EVERYBODY

from mynalib.domain.months import Month

PAGES = {
    "internal/index.html": True,
    "internal/dashboard.html": True,
    "internal/intake_review.html": True,
    "internal/reminder_effect.html": True,
    "management/index.html": False,
    "management/mail.html": False,
}
"""表のあるページと、実数版か。"""
TILES = {
    "登録率": "rate",
    "加入者": "members",
    "登録者": "registered",
    "❶登録の勧奨": "link_targets",
    "❷更新の勧奨": "renew_targets",
    "未登録": "unregistered",
    "証明書が失効": "lapsed",
}
NEWEST = ("by_status", "by_moves", "multiples")
"""ページの表は、この月の行だけ。人のいない事業所も、0 の行で。"""
NOBODY = {f"{at}": "0" for at in range(9)}
CHOSEN = ("chosen_rate", "chosen_status", "chosen_moves", "chosen_members")
TABLE = re.compile(r'id="(\w+)">(?:(?! id=").)*?<tbody>(.*?)</tbody>', re.DOTALL)
NUMBER = re.compile(r"(?<![\d.])[+-]?\d[\d,]*(?:\.\d+)?")
CHOICES = '<figure id="{}">(?:(?!</figure>).)*?class="choices">(.*?)</script>'
CELL = re.compile(f"(?:{NUMBER.pattern})(?: %)?|20..年.*月|(?:{LEVEL.pattern})")
MONTH = re.compile(r"(20\d\d)(?:年|-)(\d\d?)月?")


@dataclass(frozen=True)
class ShownJudge:
    """一つの月の公開のページと、検算の元。"""

    judge: ReleaseJudge

    def wrong(self) -> list[str]:
        """合わないところの全て。"""
        found = []
        for path, exact in PAGES.items():
            page = (self.judge.folder / path).read_text(encoding="utf-8")
            found += [
                f"{path} の{one}" for one in self._page(page, path.split("/")[0], exact=exact)
            ]
        for folder in sorted((self.judge.folder / "employers").glob("*")):
            page = (folder / "index.html").read_text(encoding="utf-8")
            place = f"employers/{folder.name}"
            found += [f"{place} の{one}" for one in self._tables(page, self.judge.csv(place))]
        return [f"{self.judge.month}：{one}" for one in found]

    def _page(self, page: str, folder: str, *, exact: bool) -> Iterator[str]:
        yield from self._tables(page, self.judge.csv(folder))
        for name, chart, rows in charts_in(page, self.judge.folder / folder):
            yield from self.judge.see(f"図 {name} の CSV", not missing(name, chart, rows))
        if '<div class="tile">' in page:
            yield from self._tiles(tiles(page), exact=exact)
            yield from self._trend_title(page, exact=exact)
        if 'class="choices"' in page:
            yield from self._choices(page)

    # 表

    def _tables(self, page: str, files: Mapping[str, list]) -> Iterator[str]:
        """表のどの数も、CSV の同じ行にある。"""
        for name, body in TABLE.findall(page):
            if name in files and name not in NO_RATES:
                shown = re.findall("<tr.*?</tr>", body, re.DOTALL)
                held = self._rows(name, files[name], len(shown))
                yield from self.judge.see(f"表 {name} の行の数", len(shown) == len(held))
                for row, kept in zip(shown, held, strict=False):
                    yield from self.judge.see(
                        f"表 {name}：{texts(row)}", not texts_numbers(row) - kept
                    )

    def _rows(self, name: str, rows: list[dict], count: int) -> list[Counter]:
        """ページに見せる行の、数。"""
        month = self.judge.month
        if name in NEWEST:
            held = {row["employer_id"]: row for row in rows if row["month"] == month}
            rows = [held.get(code, {"employer_id": code, **NOBODY}) for code in self._codes]
        if name in CHOSEN:
            each = {
                row["month"]: row
                for row in rows
                if (row["employer_id"], row["member_kind"]) == EVERYBODY
            }
            # ファイルのない月と、前の月のない月の行に、数はない
            past = [str(Month.parse(month).plus(step)) for step in range(1 - count, 1)]
            rows = [each.get(one, {"month": one}) for one in past]
        if name in ("funnel", "society_funnel"):
            rows = [row for row in rows if row["employer_id"] not in (TOTAL, "OTHERS")]
            rows = [row for row in rows if row["rate"]]
        if name == "monthly_change":
            return [numbers(row["month"], row["change"]) for row in rows]
        held = [numbers(*row.values()) for row in rows]
        if name == "multiples":
            held = [
                kept + numbers(self._year(row["employer_id"]))
                for kept, row in zip(held, rows, strict=True)
            ]
        return held

    @property
    def _codes(self) -> list[str]:
        """どれかの月に、だれかがいた事業所と、組合全体。"""
        expected = self.judge.expected
        return [
            code
            for code in expected.codes
            if any(
                expected.counted.people(month, (code, EVERYBODY[1]), "members")
                for month in expected.months
            )
        ]

    def _year(self, code: str) -> str:
        """一年前との差。"""
        row = self.judge.expected.internal["employers"][1][code,]
        return "" if row["year_before"] is None else f"{float(row['year_before']):+.1f}"

    # 大きな数字と、題

    def _tiles(self, found: Mapping[str, tuple[str, str]], *, exact: bool) -> Iterator[str]:
        now, then = self._five(self.judge.month, exact=exact), {}
        if before := self.judge.expected.then(1):
            then = self._five(before, exact=exact)
        for label, name in TILES.items():
            if label in found:
                value, note = found[label]
                yield from self.judge.see(
                    f"大きな数字 {label}", same(value.replace(",", ""), now[name])
                )
                if (
                    name in then
                    and not isinstance(now[name], range)
                    and not isinstance(then[name], range)
                ):
                    yield from self.judge.see(f"{label} の差", said(note) == now[name] - then[name])

    def _five(self, month: str, *, exact: bool) -> dict[str, Fraction | int]:
        if not exact:
            return self.judge.expected.total(month)
        rows = self.judge.expected.internal["rates"][1]
        return rows[month, TOTAL]

    def _trend_title(self, page: str, *, exact: bool) -> Iterator[str]:
        """推移の題：率と、前の月との差。"""
        found = re.search(
            '<figure id="(?:trend|chosen_rate)">\\s*<figcaption>(.*?)<', page, re.DOTALL
        )
        expected = self.judge.expected
        rate = expected.rate if exact else expected.wide_rate
        pair = [rate(month) if month else None for month in (self.judge.month, expected.then(1))]
        yield from self.judge.see(f"題 {found[1]}", titled(found[1], *pair))

    # 選べる図

    def _choices(self, page: str) -> Iterator[str]:
        """どの事業所の、どの区分を選んでも。"""
        expected = self.judge.expected
        for name, series, title in (
            ("chosen_rate", self._rate_series, self._rate_title),
            ("chosen_status", self._status_series, None),
            ("chosen_moves", self._flow_series, self._moves_title),
            ("chosen_members", self._member_series, self._members_title),
        ):
            data = re.search(CHOICES.format(name), page, re.DOTALL)
            drawn = json.loads(data[1])["each"] if data else {}
            yield from self.judge.see(f"図 {name} がない", bool(drawn or not expected.moved))
            for key, one in drawn.items():
                group = tuple(key.split("|"))
                lines = [line[: len(expected.months)] for line in one["y"]]
                right = [alike(*pair) for pair in zip(lines, series(group), strict=False)]
                yield from self.judge.see(f"選べる図 {name} {key}", *right)
                if title:
                    yield from self.judge.see(f"題 {one['title']}", title(one["title"], group))

    def _rate_series(self, group: Group) -> list[list]:
        return [[self.judge.expected.rate(month, group) for month in self.judge.expected.months]]

    def _status_series(self, group: Group) -> list[list]:
        expected = self.judge.expected
        return [
            [expected.rate(month, group, name) for month in expected.months]
            for name in STATUS_GROUPS
        ]

    def _flows(self, group: Group, names: tuple[str, ...]) -> list[list]:
        expected = self.judge.expected
        moves = self.judge.counted.moves
        here = [month in expected.moved for month in expected.months]
        return [
            [
                moves[month][*group, name] if known else None
                for month, known in zip(expected.months, here, strict=True)
            ]
            for name in names
        ]

    def _flow_series(self, group: Group) -> list[list]:
        return self._flows(group, FLOWS)

    def _member_series(self, group: Group) -> list[list]:
        return self._flows(group, ("joined", "departed"))

    def _rate_title(self, title: str, group: Group) -> bool:
        expected = self.judge.expected
        months = (self.judge.month, expected.then(1))
        return titled(title, *(expected.rate(month, group) for month in months))

    def _moves_title(self, title: str, group: Group) -> bool:
        new, lost = (line[-1] for line in self._flow_series(group)[:2])
        if new is None:
            return "分からない" in title
        return f"新しく登録{new:,}人" in title and f"失効{lost:,}人" in title

    def _members_title(self, title: str, group: Group) -> bool:
        joined, departed = (line[-1] for line in self._member_series(group))
        if joined is None:
            return "分からない" in title
        more = joined - departed
        sums = f"差し引き{abs(more):,}人{'増' if more > 0 else '減'}" if more else "増減なし"
        return title.endswith(f"加入{joined:,}人、脱退{departed:,}人で、{sums}")


def titled(title: str, now: Fraction | None, then: Fraction | None) -> bool:
    """「登録率は73.9%、前月より0.1ポイント下がった」。"""
    if now is None:
        return "登録率はありません" in title
    gap = None if then is None else now - then
    moved = re.search(r"前月より([0-9.]+)ポイント(上がった|下がった)", title)
    right = Fraction(re.search("登録率は([0-9.]+)%", title)[1]) == now
    if not gap:
        return right and not moved and (gap is None or "前の月と同じ" in title)
    return right and Fraction(moved[1]) * (1 if moved[2] == "上がった" else -1) == gap


def said(note: str) -> Fraction:
    """差の文の言う、向きと大きさ。"""
    found = re.search(r"([▲▼]) 前の月より ([0-9,.]+)", note)
    return (1 if found[1] == "▲" else -1) * number(found[2]) if found else Fraction(0)


def texts(row: str) -> list[str]:
    return [unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]


def texts_numbers(row: str) -> Counter:
    """数か、月か、水準の升の、数。ほかの升は、題か名。"""
    return numbers(*(cell for cell in texts(row) if CELL.fullmatch(cell)))


def numbers(*cells: str) -> Counter:
    """升の中の数。月は、年と月の二つの数。"""
    plain = [MONTH.sub(r"\1 \2", cell) for cell in cells]
    return Counter(Fraction(one.replace(",", "")) for cell in plain for one in NUMBER.findall(cell))


def alike(drawn: list, true: list) -> bool:
    """図に引く値と、数えなおした値。"""
    pairs = zip(drawn, true, strict=True)
    return all(
        (one is None) == (other is None) and (one is None or Fraction(str(one)) == other)
        for one, other in pairs
    )
