"""一つの月の公開から計算できる、事業所ごとの登録者の数の両端。

水準とまとめた行は幅で、組合全体の数は一つの値で知られている。全体からほかの行を引くと、水準より狭い幅が分かることがある。
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from mynalib.disclosure.intruder import Range
from mynalib.disclosure.levels import from_row
from mynalib.disclosure.society import TOTAL
from mynalib.disclosure.thresholds import POSSIBLE_VALUES, Thresholds
from mynalib.disclosure.wide import OTHERS

# その月のページがない事業所。何の手がかりにもならない幅
NOTHING_KNOWN = (0, 10**9)


@dataclass(frozen=True)
class MonthRanges:
    """一つの月の公開から分かる、登録者の数の両端。

    shown は広く配る版の行（OTHERS も）、hidden は、まとめた事業所（水準は、その担当者だけが知る）、total は組合全体。
    """

    shown: Mapping[str, Range]
    hidden: Mapping[str, Range]
    total: int

    @classmethod
    def read(cls, state: pd.DataFrame, limits: Thresholds) -> "MonthRanges":
        shown = {}
        hidden = {}
        total = 0
        for row in state.to_dict("records"):
            if row["employer_id"] == TOTAL:
                total = int(row["low"])
            else:
                (hidden if row["merged"] else shown)[row["employer_id"]] = _range(row, limits)
        return cls(shown, hidden, total)

    def few(self, *, linked: bool) -> set[str]:
        """広く配る版だけから、三通りに満たない値に絞れる行。"""
        return {row for row, values in self._left(linked).items() if values < POSSIBLE_VALUES}

    def margin(self, *, linked: bool) -> int | None:
        """広く配る版だけを持つ人に残る値の、いちばん少ない行の数。"""
        return min(self._left(linked).values(), default=None)

    def _left(self, linked: bool) -> dict[str, int]:
        """広く配る版の行から、その登録者の数として残る値の数へ。"""
        ends = {row: self.of(row) if linked else self.shown[row] for row in self.shown}
        return {row: int(high - low + 1) for row, (low, high) in ends.items()}

    def of(self, employer: str) -> Range:
        """その事業所（か行）の両端。自分の水準を、ほかの行との差で狭めたもの。"""
        if employer == OTHERS:
            return both(self.shown[OTHERS], _less((self.total, self.total), self._rows))
        low, high = self.together([employer], 1)
        return both(self.own(employer), (int(low[0]), int(high[0])))

    def together(self, employers: Sequence[str], size: int) -> tuple[np.ndarray, np.ndarray]:
        """size 人の担当者（1 か 2）の、登録者の和の両端。組合全体からほかの行を引き、まとめた行の中なら、まとめた行からも引く。

        例（一人）：組合全体が 100、E01 が 20〜25、E02 が 30〜35、E03（10〜15）と E04（25〜31）をまとめた行が 42〜44。
        E01 は、100 − (30〜35) − (42〜44) で 21〜28（of は、自分の水準と合わせて 21〜25 とする）。
        E03 は、100 − (20〜25) − (30〜35) − (25〜31) の 9〜25 と、(42〜44) − (25〜31) の 11〜19 の、狭い方。

        Returns:
            下の端と上の端。どちらも、size 次元の、どの組の和か（employers の順）。
        """
        own = np.array(
            [self.hidden.get(employer, self.shown.get(employer, (0, 0))) for employer in employers]
        )
        inside = np.array([employer in self.hidden for employer in employers])
        # 組のうち、まとめた行の中の事業所の数。二人組なら 0、1、2
        many = sums(inside.astype(int), size)
        hidden = [sums(np.where(inside, own[:, side], 0), size) for side in (0, 1)]
        shown = [sums(np.where(inside, 0, own[:, side]), size) for side in (0, 1)]
        rows = [whole - part for whole, part in zip(self._rows, shown, strict=True)]
        within = [whole - part for whole, part in zip(self._inside, hidden, strict=True)]
        total = (self.total, self.total)
        # 一つずつ引く。まとめた行の中の担当者は、中のほかの水準も知っているとみなす（足りないより、多く攻める）
        by_total = _less(total, (rows[0] + within[0], rows[1] + within[1]))
        others = self.shown.get(OTHERS)
        if others is None:
            return by_total
        # 組の全員がまとめた行の外なら、中の水準は知らない。まとめた行を一つの行として引く
        beside = _less(total, (rows[0] + others[0], rows[1] + others[1]))
        # 全員が中なら、まとめた行からも、中のほかを引ける。二つの道の狭い方をとる
        by_others = _less(others, within)
        all_inside = many == size
        low = np.where(all_inside, np.maximum(by_total[0], by_others[0]), by_total[0])
        high = np.where(all_inside, np.minimum(by_total[1], by_others[1]), by_total[1])
        return np.where(many, low, beside[0]), np.where(many, high, beside[1])

    def own(self, employer: str) -> Range:
        """その事業所の水準だけから分かる両端。"""
        return (
            self.hidden[employer]
            if employer in self.hidden
            else self.shown.get(employer, NOTHING_KNOWN)
        )

    @cached_property
    def _rows(self) -> Range:
        """広く配る版の、OTHERS のほかの行の和の両端。"""
        return _sum(ends for row, ends in self.shown.items() if row != OTHERS)

    @cached_property
    def _inside(self) -> Range:
        """まとめた事業所の和の両端。"""
        return _sum(self.hidden.values())


def sums(values: np.ndarray, size: int) -> np.ndarray:
    """一つずつの値か、二つずつの和の表。"""
    return values if size == 1 else values[:, None] + values


def both(one: Range, other: Range) -> Range:
    """二つの幅が、どちらも本当なら。"""
    return max(one[0], other[0]), min(one[1], other[1])


def _sum(ranges: Iterable[Range]) -> Range:
    ends = list(ranges)
    return sum(low for low, _ in ends), sum(high for _, high in ends)


def _less(whole: Sequence, part: Sequence) -> tuple:
    """和から、ほかを引いた残りの両端。"""
    return np.maximum(0, whole[0] - part[1]), whole[1] - part[0]


def _range(row: Mapping, limits: Thresholds) -> Range:
    """その月の登録者の数の両端。水準のない事業所は、0 から全員まで。"""
    members = int(row["members"])
    # 水準は、定めたあとのわずかな変化を見こむ。OTHERS の行は、定めた月がなく、両端だけがある
    if row["since"]:
        return from_row(row).possible(members, row["month"], limits)
    return (0, members) if pd.isna(row["low"]) else (int(row["low"]), int(row["high"]))
