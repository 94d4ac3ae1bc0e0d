"""公開の前の攻撃と、破られたときに粗くする順。

読み手は三通り：(1) 広く配る版の全てを持つ人、(2) 自分の会社の頭数とリストとページ、広く配る版を持つ担当者、(3) そういう担当者の二人組。

一つの事業所のページは、ほかの事業所の数で変わってはならない。そこで、はじめに、その事業所のものだけで攻め、破られたら、その水準の刻みを
広げ、だめなら水準をやめる。次に、広く配る版と合わせて攻め、破られたら、広く配る版で次に小さい事業所をまとめ、だめなら組合全体だけにする。
組合全体の数は変えず、攻撃のために公開を断ることもない。何を粗くしたかは、ページに書く。
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

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
    """守りぬいた姿。asked 調べたこと、undecided 決められなかった数、open 粗くしても破られたままの行（組合全体の数から分かる）。"""

    showing: Showing
    coarser: Coarser
    asked: int
    undecided: int
    open: frozenset[str]


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
            return Result(showing, coarser, count.asked, count.undecided, frozenset(broken))
        left = len(showing.levels) - len(showing.merged)
        more = coarser.merge_more + 1
        coarser = replace(coarser, merge_more=more) if left > 1 else replace(coarser, total_only=True)


def _own_pages(show: Callable[[Coarser], Showing], evidence: Evidence, limits: Thresholds, count: _Count) -> Coarser:
    """一つの事業所のものだけで攻めても破れないまで、その水準を粗くする。"""
    coarser, waiting = Coarser(), sorted(evidence.paths)
    while waiting:
        showing = show(coarser)
        months = _months(showing, evidence, limits)
        waiting = [e for e in waiting if showing.levels.get(e) and count.breaks([_own_sight(e, months, evidence)])]
        again = frozenset(waiting) & coarser.widened
        coarser = replace(coarser, widened=coarser.widened | set(waiting), unlevelled=coarser.unlevelled | again)
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
    return [_Month.read(states[states.month == month], limits) for month in dict.fromkeys(states.month)]


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
        shown, hidden, total = {}, {}, 0
        for row in state.to_dict("records"):
            if row["employer_id"] == TOTAL:
                total = int(row["low"])
            else:
                (hidden if row["merged"] else shown)[row["employer_id"]] = _range(row, limits)
        return cls(shown, hidden, total)

    def few(self, *, linked: bool) -> set[str]:
        """広く配る版だけから、三通りに満たない値に絞れる行。"""
        ends = {row: self.of(row) if linked else self.shown[row] for row in self.shown}
        return {row for row, (low, high) in ends.items() if high - low + 1 < POSSIBLE_VALUES}

    def of(self, employer: str) -> Range:
        """その事業所（か行）の両端。自分の水準を、ほかの行との差で狭めたもの。"""
        own = self.hidden[employer] if employer in self.hidden else self.shown.get(employer, NOTHING_KNOWN)
        return _both(own, self.together([employer]))

    def together(self, known: Collection[str]) -> Range:
        """known の登録者の和の両端。組合全体からほかの行を引き、まとめた行の中なら、まとめた行からも引く。"""
        rows = [ends for row, ends in self.shown.items() if row not in known and row != OTHERS]
        inside = [ends for row, ends in self.hidden.items() if row not in known]
        others = self.shown.get(OTHERS)
        if others is None or OTHERS in known:
            return _less((self.total, self.total), rows if OTHERS in known else rows + inside)
        if not any(row in self.hidden for row in known):
            return _less((self.total, self.total), [*rows, others])
        by_total = _less((self.total, self.total), rows + inside)
        return _both(by_total, _less(others, inside)) if set(known) <= set(self.hidden) else by_total


def _less(whole: Range, parts: Sequence[Range]) -> Range:
    return max(0, whole[0] - sum(high for _, high in parts)), whole[1] - sum(low for low, _ in parts)


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
    own = [month.hidden.get(employer, month.shown.get(employer, NOTHING_KNOWN)) for month in months]
    return _seen_by(employer, own, evidence)


def _sight(employer: str, months: Sequence[_Month], evidence: Evidence) -> Sight:
    """広く配る版も持つ担当者。"""
    return _seen_by(employer, [month.of(employer) for month in months], evidence)


def _seen_by(employer: str, ranges: Sequence[Range], evidence: Evidence) -> Sight:
    paths, complete = evidence.paths[employer], evidence.all_registered[employer]
    return Sight(employer, tuple(ranges), paths, complete, evidence.believed_from.get(employer, 0))


def _pairs(sights: Sequence[Sight], months: Sequence[_Month]) -> Iterator[tuple[list[Sight], list[Range]]]:
    """二人組で、和が、一人ずつより多くを教えるもの。"""
    alone = {sight.employer: _alone(sight) for sight in sights}
    for pair in combinations(sights, 2):
        totals = [month.together([sight.employer for sight in pair]) for month in months]
        ranges = [alone[sight.employer] for sight in pair]
        sums = [tuple(sum(one[at][side] for one in ranges) for side in (0, 1)) for at in range(len(months))]
        if any(low > each[0] or high < each[1] for (low, high), each in zip(totals, sums, strict=True)):
            yield list(pair), totals


def _alone(sight: Sight) -> list[Range]:
    """一人で分かる、月ごとの登録者の数の両端：水準と、リストから。"""
    return [_both(ends, registered_range(sight, at)) for at, ends in enumerate(sight.ranges)]
