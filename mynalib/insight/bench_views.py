"""作業台の見方：選んだ事業所・期間・分け方・指標から、表と、その表を作る呼び出しの文。"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from mynalib.domain.months import Month
from mynalib.domain.shipped import shipped_yaml
from mynalib.insight.bench_desk import Desk
from mynalib.insight.movements import FISCAL_START

RECENT = (12, 24)  # 「直近」の月の数


@dataclass(frozen=True)
class View:
    """四つの選び。employer は事業所コード（'' なら組合全体）、months は両端の月、split は bench.yaml の splits の名。"""

    employer: str
    months: tuple[str, str]
    split: str
    measure: str

    @property
    def over_time(self) -> bool:
        """月ごとの移り変わりか（ほかは、はじめと終わりの月の比べ）。"""
        return self.split in ("none", "insured")

    @property
    def call(self) -> str:
        """同じ表を作る、一行の呼び出し。"""
        name = "status" if self.split == "status" else "rates"
        given = [] if self.split in ("none", "status") else [f'by=["{self.split}"]']
        given.append(f"months={self._written_months}")
        given += [] if self.split == "status" else [f'measure="{self.measure}"']
        given += [f'employer="{self.employer}"'] if self.employer else []
        return f"bench.{name}({', '.join(given)})"

    def table(self, bench: Desk) -> pd.DataFrame:
        """call と同じ表。"""
        # はじめと終わりが同じ月なら、一つの月
        months = self.months if self.over_time else list(dict.fromkeys(self.months))
        employer = self.employer or None
        if self.split == "status":
            return bench.status(months=months, employer=employer)
        by = [] if self.split == "none" else [self.split]
        return bench.rates(by, months, self.measure, employer)

    @property
    def _written_months(self) -> str:
        ends = [f'"{month}"' for month in dict.fromkeys(self.months)]
        if self.over_time:
            return f"({ends[0]}, {ends[-1]})"
        return f"[{', '.join(ends)}]"


def periods(months: Sequence[str]) -> dict[str, tuple[str, str]]:
    """選べる期間：名から、両端の月へ。月がそれより少なければ、全ての期間だけ。"""
    found = {
        f"直近 {count} か月": (months[-count], months[-1])
        for count in RECENT
        if len(months) > count
    }
    years = {f"{year} 年度": ends for year, ends in _years(months)}
    return found | {"全ての期間": (months[0], months[-1])} | years


def _years(months: Sequence[str]) -> Iterator[tuple[int, tuple[str, str]]]:
    """新しい年度から。"""
    by_year: dict[int, list[str]] = {}
    for month in months:
        by_year.setdefault(_fiscal_year(Month.parse(month)), []).append(month)
    for year in sorted(by_year, reverse=True):
        yield year, (by_year[year][0], by_year[year][-1])


def _fiscal_year(month: Month) -> int:
    # 2027 年 3 月は 2026 年度
    return month.year - (month.number < FISCAL_START)


def bench_words(name: str) -> dict[str, str]:
    """bench.yaml の言葉。"""
    return shipped_yaml("insight", "bench")[name]
