"""一つの月の公開の、全ての CSV とページの数を、届いたファイルの行から数えなおした数と突き合わせる。

人数は、実数版では同じ、概数版では 5 の倍数にしたもの。率は、四捨五入した桁まで同じ。上がり下がりは、どの版でも、本当と逆でない。
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from counted import Counted
from counted_tables import EVERYONE, TOTAL, Expected, Rows, Table, Value
from judging_society import sign
from lives import to_five

ELSEWHERE = {
    "asked": "tests/project/test_questions.py::test_11_how_many_are_asked_and_for_the_how_manieth_time_equals_the_lists",
    "by_month": "tests/reminders/test_outcomes.py::test_outcomes_equal_a_slow_count",
    "gaps": "tests/insight/test_halves_compared.py::test_the_difference_and_its_interval_equal_a_slow_count",
    "halves": "tests/reminders/test_trials.py::test_outcomes_of_the_halves_equal_a_slow_count_of_every_household",
    "outcomes": "tests/reminders/test_outcomes.py::test_outcomes_equal_a_slow_count",
}
"""ここでは数えない CSV と、数えている試験。"""
ALSO_DRAWN = {"target_month", "target", "pace_low", "pace_high", "mean", "low", "high", "sign"}
ALSO_DRAWN |= {f"{band}_{end}" for band in ("inner", "outer") for end in ("low", "high")}
"""図の線の先、幅、限界の列。図に描く値と同じことを ShownJudge が、その値を tests/insight/test_statistics.py と test_findings.py が確かめる。"""
NO_RATES = {"checks", "kept_back", "quarantine", "review", "todo", "unknown_symbols"}
NO_RATES |= {
    "listed",
    "lists",
    "shown",
    "society_listed",
    "kept_off",
    "attack",
    "deeds",
    "unfinished",
}
"""率も動きもない CSV：点検の行、名簿の行、次の公開のために残す行、控えている人と攻撃の結果。"""
LEVELS = {"rates", "funnel", "employers"}
"""概数版の、事業所の水準のある CSV。"""
LEVEL = re.compile(
    r"約 (?P<value>\d+) %（±(?P<tolerance>\d+)）|(?P<end>\d+) % (?P<bound>以上|以下)"
)


def stem(path: Path) -> str:
    """CSV の名から、版の言葉を除いたもの。"""
    return re.sub("_(実数|概数|架空データ).*", "", path.stem)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def same(text: str, true: Value) -> bool:
    if true is None:
        return text == ""
    if isinstance(true, range):
        return int(text) in true
    return text != "" and Fraction(text) == true


@dataclass
class ReleaseJudge:
    """一つの月の公開のフォルダーと、検算の元。numbers は、確かめた数。"""

    folder: Path
    counted: Counted
    month: str
    registers: Path
    numbers: int = field(default=0)

    def wrong(self) -> list[str]:
        """合わないところの全て。"""
        found = [*self._files("internal", self.expected.internal)]
        found += [*self._files("management", self.expected.wide(), LEVELS), *self._wide_rates()]
        found += [*self._wide_employers(), *self._employer_pages()]
        return [f"{self.month}：{one}" for one in found]

    def see(self, what: str, *fits: bool) -> Iterator[str]:
        """合わなければ、そのこと。"""
        self.numbers += len(fits)
        if not all(fits):
            yield what

    @cached_property
    def expected(self) -> Expected:
        codes = dict.fromkeys(row["employer_id"] for row in self.csv("internal")["rates"])
        return Expected(self.counted, self.month, tuple(codes), self.registers)

    def csv(self, folder: str) -> dict[str, list[dict[str, str]]]:
        return {stem(path): read(path) for path in sorted((self.folder / folder).glob("*.csv"))}

    def _files(
        self, folder: str, tables: Mapping[str, Table], also: set = frozenset()
    ) -> Iterator[str]:
        """どの CSV も、数えなおしたものか、ほかで数えるもの。"""
        here = self.csv(folder)
        for name in here.keys() - tables.keys() - ELSEWHERE.keys() - NO_RATES - also:
            yield f"{folder}/{name} を、だれも数えていない"
        for name in here.keys() & tables.keys():
            yield from self._table(f"{folder}/{name}", here[name], *tables[name])

    def _table(self, name: str, found: list, keys: tuple[str, ...], rows: Rows) -> Iterator[str]:
        held = {tuple(row[key] for key in keys): row for row in found}
        needed = {key for key, row in rows.items() if any(row.values())}
        if needed - held.keys() or held.keys() - rows.keys():
            yield f"{name} の行が違う：{sorted(needed ^ held.keys())[:3]}"
        verified = {*keys, "employer", *ALSO_DRAWN}
        for key in held.keys() & rows.keys():
            verified |= rows[key].keys()
            for column, true in rows[key].items():
                said = f"{name} {key} {column} は {held[key][column]!r}、本当は {true!s}"
                yield from self.see(said, same(held[key][column], true))
        if unseen := {*(found[0] if found else ())} - verified:
            yield f"{name} の列 {unseen} を、だれも数えていない"

    # 概数版の事業所

    def _wide_rates(self) -> Iterator[str]:
        """どの月の行も：組合全体は本当の数、事業所は定めた月の率に合う水準、まとめた行は残りの人の数。"""
        rows = self.csv("management")["rates"]
        for month in self.expected.months:
            here = {row["employer_id"]: row for row in rows if row["month"] == month}
            total = self.expected.total(month)
            yield from self.see(
                f"概数版 {month} の組合全体",
                *(same(here[TOTAL][name], true) for name, true in total.items()),
            )
            for code, row in here.items():
                if code not in (TOTAL, "OTHERS"):
                    yield from self._wide_row(month, code, row)
            if "OTHERS" in here:
                yield from self._others(month, here)

    def _wide_row(self, month: str, code: str, row: Mapping[str, str]) -> Iterator[str]:
        members = self.counted.people(month, (code, EVERYONE), "members")
        hidden = ("registered", "usable", "usable_rate", "unregistered", "lapsed")
        yield from self.see(
            f"概数版 {month} {code} の人数",
            row["members"] == str(to_five(members)),
            *(row[name] == "" for name in hidden),
        )
        if row["rate"]:
            true = self.counted.rate(row["since"], (code, EVERYONE))
            yield from self.see(f"概数版 {month} {code} の水準", holds(true, row["rate"], row))

    def _others(self, month: str, here: Mapping[str, Mapping]) -> Iterator[str]:
        rest = [(code, EVERYONE) for code in self.counted.employers(month) if code not in here]
        for name in ("members", "unregistered", "lapsed"):
            true = to_five(sum(self.counted.people(month, group, name) for group in rest))
            yield from self.see(
                f"概数版 {month} のまとめた行の {name}", here["OTHERS"][name] == str(true)
            )

    def _wide_employers(self) -> Iterator[str]:
        """この月の表と図の水準は rates.csv と同じ。動きの言葉は、本当と逆でない。"""
        files = self.csv("management")
        months = {
            name: self.expected.then(step)
            for name, step in (("level", 0), ("level_before", 1), ("level_year", 12))
        }
        shown = {(row["month"], row["employer_id"]): row for row in files["rates"]}
        for row in files["employers"]:
            code = row["employer_id"]
            for name, month in months.items():
                rate = shown.get((month, code))
                yield from self.see(f"概数版 {code} の {name}", says(row[name], rate))
            if "ポイント" in row["movement"]:
                now, then = (
                    self.counted.rate(month, (code, EVERYONE))
                    for month in (self.month, months["level_before"])
                )
                way = 1 if "上がった" in row["movement"] else -1
                yield from self.see(f"概数版 {code} の動き", way == sign(now - then))
        for row in files.get("funnel", []):
            same_row = shown[self.month, row["employer_id"]]
            alike = [number_alike(row[name], same_row[name]) for name in {*row} - ALSO_DRAWN]
            yield from self.see(f"概数版 {row['employer_id']} の図", *alike)

    # 事業所のページ

    def _employer_pages(self) -> Iterator[str]:
        for folder in sorted((self.folder / "employers").glob("*")):
            for row in self.csv(f"employers/{folder.name}").get("trend", []):
                month, group = row["month"], (folder.name, EVERYONE)
                members = self.counted.people(month, group, "members")
                yield from self.see(
                    f"{folder.name} {month} の加入者", row["members"] == str(members)
                )
                if row["level"]:
                    true = self.counted.rate(row["since"], group)
                    yield from self.see(
                        f"{folder.name} {month} の水準", holds(true, row["level"], row)
                    )


def holds(true: Fraction, level: str, row: Mapping[str, str]) -> bool:
    """水準が、定めた月の本当の率に合うか。"""
    if row["bound"]:
        return true >= int(level) if row["bound"] == "以上" else true <= int(level)
    return abs(true - int(level)) <= int(row["tolerance"])


def says(text: str, row: Mapping[str, str] | None) -> bool:
    """水準の言葉が、rates.csv の行と同じか。"""
    if row is None or row["rate"] == "":
        return text in ("", "—")
    if row["employer_id"] == TOTAL:
        return Fraction(text.removesuffix(" %")) == Fraction(row["rate"])
    said = LEVEL.fullmatch(text)
    if row["bound"]:
        return (said["end"], said["bound"]) == (row["rate"], row["bound"])
    return (said["value"], said["tolerance"]) == (row["rate"], row["tolerance"])


def number_alike(one: str, other: str) -> bool:
    """同じ字か、同じ数か（図の CSV は、70 を 70.0 と書く）。"""
    return one.removesuffix(".0") == other.removesuffix(".0")
