"""公開の前の攻撃と、破られたときに粗くする順。

読み手は三通り：(1) 広く配る版の全てを持つ人、(2) 自分の会社の頭数とリストとページ、広く配る版を持つ担当者、(3) そういう担当者の二人組。

一つの事業所のページは、ほかの事業所の数で変わってはならない。そこで、はじめに、その事業所のものだけで攻め、破られたら、その水準の刻みを
広げ、だめなら水準をやめる。次に、広く配る版と合わせて攻め、破られたら、広く配る版で次に小さい事業所をまとめ、だめなら組合全体だけにする。
組合全体の数は変えず、攻撃のために公開を断ることもない。何を粗くしたかは、ページに書く。
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from mynalib.disclosure.intruder import Range, Sight, attack, registered_range
from mynalib.disclosure.levels import from_row
from mynalib.disclosure.showing import Coarser, Showing
from mynalib.disclosure.society import TOTAL
from mynalib.disclosure.thresholds import POSSIBLE_VALUES, Thresholds
from mynalib.disclosure.wide import OTHERS

NOTHING_KNOWN = (0, 10**9)


@dataclass(frozen=True)
class Evidence:
    """攻撃する側の手もと。

    past: 近ごろの公開の state（showing.STATE）。月の順。いま決める月は、入らない。
    paths: 事業所から、様子の並び（past の月と、いまの月。intruder）とその人数へ。リストを受け取らない事業所は、ない。
        いまの月のリストは、控える前のもので、どの様子の人からも一人が申し出たとしたもの。粗くするかどうかから、だれかが
        申し出たことが分からないように、本当の申出は使わない。
    all_registered: 事業所から、月ごとに、リストに無い人の全員が登録済かへ。
    believed_from: 事業所から、信じていること（見えない解除はない）が本当に成り立つはじめの月の番号へ。
    linked: 事業所の水準と組合全体の数が、同じ人々についてのものか（家族を除く約束では、違う）。
    """

    past: pd.DataFrame
    paths: Mapping[str, Mapping[str, int]]
    all_registered: Mapping[str, tuple[bool, ...]]
    believed_from: Mapping[str, int] = field(default_factory=dict)
    linked: bool = True


@dataclass(frozen=True)
class Result:
    """守りぬいた姿。

    asked 調べたこと、undecided 決められなかった数、open 粗くしても破られたままの行（組合全体の数から分かる）、margin 攻めたあとに、
    登録者の数として残る値の、いちばん少ない行の数（POSSIBLE_VALUES より少なくならない。行がなければ None）。
    """

    showing: Showing
    coarser: Coarser
    asked: int
    undecided: int
    open: frozenset[str]
    margin: int | None


@dataclass
class _Count:
    """調べたことと、決められなかった数。"""

    asked: int = 0
    undecided: int = 0

    def breaks(self, sights: Sequence[Sight], totals: Sequence[Range] | None = None) -> bool:
        """攻めて、破れたか。"""
        verdict = attack(sights, totals)
        self.asked += verdict.asked
        self.undecided += verdict.undecided
        return bool(verdict.pinned)


def hold(show: Callable[[Coarser], Showing], evidence: Evidence, limits: Thresholds) -> Result:
    """攻撃に耐えるまで粗くした、その月に見せるもの。

    Args:
        show: 粗くし方から、見せるものへ。
    """
    count = _Count()
    coarser = _own_pages(show, evidence, limits, count)
    while True:
        showing = show(coarser)
        broken = _broken(showing, evidence, limits, count)
        if not broken or showing.merged is None:
            margin = _months(showing, evidence, limits)[-1].margin(linked=evidence.linked)
            return Result(showing, coarser, count.asked, count.undecided, frozenset(broken), margin)
        left = len(showing.levels) - len(showing.merged)
        more = coarser.merge_more + 1
        coarser = (
            replace(coarser, merge_more=more) if left > 1 else replace(coarser, total_only=True)
        )


def _own_pages(
    show: Callable[[Coarser], Showing], evidence: Evidence, limits: Thresholds, count: _Count
) -> Coarser:
    """一つの事業所のものだけで攻めても破れないまで、その水準を粗くする。"""
    coarser = Coarser()
    waiting = sorted(evidence.paths)
    while waiting:
        showing = show(coarser)
        months = _months(showing, evidence, limits)
        waiting = [
            e
            for e in waiting
            if showing.levels.get(e) and count.breaks([_own_sight(e, months, evidence)])
        ]
        again = frozenset(waiting) & coarser.widened
        coarser = replace(
            coarser, widened=coarser.widened | set(waiting), unlevelled=coarser.unlevelled | again
        )
    return coarser


def _broken(showing: Showing, evidence: Evidence, limits: Thresholds, count: _Count) -> set[str]:
    """広く配る版と合わせて、破られた行。"""
    months = _months(showing, evidence, limits)
    if not evidence.linked:
        return months[-1].few(linked=False)
    broken = months[-1].few(linked=True)
    sights = [_sight(employer, months, evidence) for employer in sorted(evidence.paths)]
    narrowed = [one for one in sights if one != _own_sight(one.employer, months, evidence)]
    broken |= {sight.employer for sight in narrowed if count.breaks([sight])}
    for pair, totals in _pairs(sights, months):
        broken |= {sight.employer for sight in pair} if count.breaks(pair, totals) else set()
    return broken


def _months(showing: Showing, evidence: Evidence, limits: Thresholds) -> list["_Month"]:
    states = pd.concat([evidence.past, showing.state], ignore_index=True)
    return [
        _Month.read(states[states.month == month], limits) for month in dict.fromkeys(states.month)
    ]


@dataclass(frozen=True)
class _Month:
    """一つの月の公開から分かる、登録者の数の両端。

    shown は広く配る版の行（OTHERS も）、hidden は、まとめた事業所（水準は、その担当者だけが知る）、total は組合全体。
    """

    shown: Mapping[str, Range]
    hidden: Mapping[str, Range]
    total: int

    @classmethod
    def read(cls, state: pd.DataFrame, limits: Thresholds) -> "_Month":
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
            return _both(self.shown[OTHERS], _less((self.total, self.total), self._rows))
        low, high = self.together([employer], 1)
        return _both(self.own(employer), (int(low[0]), int(high[0])))

    def together(self, employers: Sequence[str], size: int) -> tuple[np.ndarray, np.ndarray]:
        """size 人の担当者（1 か 2）の、登録者の和の両端。組合全体からほかの行を引き、まとめた行の中なら、まとめた行からも引く。

        Returns:
            下の端と上の端。どちらも、size 次元の、どの組の和か（employers の順）。
        """
        own = np.array(
            [self.hidden.get(employer, self.shown.get(employer, (0, 0))) for employer in employers]
        )
        inside = np.array([employer in self.hidden for employer in employers])
        many = _sums(inside.astype(int), size)
        hidden = [_sums(np.where(inside, own[:, side], 0), size) for side in (0, 1)]
        shown = [_sums(np.where(inside, 0, own[:, side]), size) for side in (0, 1)]
        rows = [whole - part for whole, part in zip(self._rows, shown, strict=True)]
        within = [whole - part for whole, part in zip(self._inside, hidden, strict=True)]
        total = (self.total, self.total)
        by_total = _less(total, (rows[0] + within[0], rows[1] + within[1]))
        others = self.shown.get(OTHERS)
        if others is None:
            return by_total
        beside = _less(total, (rows[0] + others[0], rows[1] + others[1]))
        by_others = _less(others, within)
        low = np.where(many == size, np.maximum(by_total[0], by_others[0]), by_total[0])
        high = np.where(many == size, np.minimum(by_total[1], by_others[1]), by_total[1])
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


def _sums(values: np.ndarray, size: int) -> np.ndarray:
    """一つずつの値か、二つずつの和の表。"""
    return values if size == 1 else values[:, None] + values


def _sum(ranges: Iterable[Range]) -> Range:
    ends = list(ranges)
    return sum(low for low, _ in ends), sum(high for _, high in ends)


def _less(whole: Sequence, part: Sequence) -> tuple:
    """和から、ほかを引いた残りの両端。"""
    return np.maximum(0, whole[0] - part[1]), whole[1] - part[0]


def _both(one: Range, other: Range) -> Range:
    return max(one[0], other[0]), min(one[1], other[1])


def _range(row: Mapping, limits: Thresholds) -> Range:
    """その月の登録者の数の両端。水準のない事業所は、0 から全員まで。"""
    members = int(row["members"])
    if row["since"]:
        return from_row(row).possible(members, row["month"], limits)
    return (0, members) if pd.isna(row["low"]) else (int(row["low"]), int(row["high"]))


def _own_sight(employer: str, months: Sequence[_Month], evidence: Evidence) -> Sight:
    """自分のページとリストだけを持つ担当者。"""
    return _seen_by(employer, [month.own(employer) for month in months], evidence)


def _sight(employer: str, months: Sequence[_Month], evidence: Evidence) -> Sight:
    """広く配る版も持つ担当者。"""
    return _seen_by(employer, [month.of(employer) for month in months], evidence)


def _seen_by(employer: str, ranges: Sequence[Range], evidence: Evidence) -> Sight:
    paths = evidence.paths[employer]
    complete = evidence.all_registered[employer]
    return Sight(employer, tuple(ranges), paths, complete, evidence.believed_from.get(employer, 0))


def _pairs(
    sights: Sequence[Sight], months: Sequence[_Month]
) -> Iterator[tuple[list[Sight], list[Range]]]:
    """二人組で、和が、一人ずつより多くを教えるもの。"""
    if len(sights) < 2:  # noqa: PLR2004 二人組
        return
    employers = [sight.employer for sight in sights]
    alone = np.array([_alone(sight) for sight in sights])
    together = [month.together(employers, 2) for month in months]
    telling = [
        (low > _sums(alone[:, at, 0], 2)) | (high < _sums(alone[:, at, 1], 2))
        for at, (low, high) in enumerate(together)
    ]
    for one, other in zip(*np.nonzero(np.triu(np.any(telling, axis=0), 1)), strict=True):
        yield (
            [sights[one], sights[other]],
            [(int(low[one, other]), int(high[one, other])) for low, high in together],
        )


def _alone(sight: Sight) -> list[Range]:
    """一人で分かる、月ごとの登録者の数の両端：水準と、リストから。"""
    return [_both(ends, registered_range(sight, at)) for at, ends in enumerate(sight.ranges)]
