"""公開の前の攻撃と、破られたときに粗くする順。

読み手は三通り：(1) 広く配る版の全てを持つ人、(2) 自分の会社の頭数とリストとページ、広く配る版を持つ担当者、(3) そういう担当者の二人組。

一つの事業所のページは、ほかの事業所の数で変わってはならない。そこで、はじめに、その事業所のものだけで攻め、破られたら、その水準の刻みを
広げ、だめなら水準をやめる。次に、広く配る版と合わせて攻め、破られたら、広く配る版で次に小さい事業所をまとめ、だめなら組合全体だけにする。
組合全体の数は変えず、攻撃のために公開を断ることもない。何を粗くしたかは、ページに書く。
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from mynalib.disclosure.intruder import Range, Sight, attack, registered_range
from mynalib.disclosure.month_ranges import MonthRanges, both, sums
from mynalib.disclosure.showing import Coarser, Showing
from mynalib.disclosure.thresholds import Thresholds


@dataclass(frozen=True)
class Evidence:
    """攻撃する側の手もと。

    past: 近ごろに見せた月の state（showing.STATE）。月と版の順。訂正の前の版も、一つに数える。いま決めるものは、入らない。
    paths: 事業所から、様子の並び（past のそれぞれと、いまの月。intruder）とその人数へ。リストを受け取らない事業所は、ない。
        いまの月のリストは、控える前のもので、どの様子の人からも一人が申し出たとしたもの。粗くするかどうかから、だれかが
        申し出たことが分からないように、本当の申出は使わない。
    all_registered: 事業所から、見せた月ごとに、リストに無い人の全員が登録済かへ。
    believed_from: 事業所から、信じていること（見えない解除はない）が本当に成り立つはじめのものの番号へ。
    linked: 事業所の水準と組合全体の数が、同じ人々についてのものか（家族を除く約束では、違う）。
    """

    past: Sequence[pd.DataFrame]
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
        # 残る行が一つなら、それもまとめると組合全体と同じになる。一つ増やすたびに残りは減るので、必ず終わる
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
        # 水準をやめた事業所のページは、これ以上粗くできないので、もう攻めない
        waiting = [
            e
            for e in waiting
            if showing.levels.get(e) and count.breaks([_own_sight(e, months, evidence)])
        ]
        # 一度めは刻みを広げ、広げても破られたら、水準をやめる。事業所ごとに多くて三回で終わる
        again = frozenset(waiting) & coarser.widened
        coarser = replace(
            coarser, widened=coarser.widened | set(waiting), unlevelled=coarser.unlevelled | again
        )
    return coarser


def _broken(showing: Showing, evidence: Evidence, limits: Thresholds, count: _Count) -> set[str]:
    """広く配る版と合わせて、破られた行。"""
    months = _months(showing, evidence, limits)
    # 水準は本人だけ、組合全体は家族も入れた数なので、引き算しても事業所の数は出ない
    if not evidence.linked:
        return months[-1].few(linked=False)
    broken = months[-1].few(linked=True)
    sights = [_sight(employer, months, evidence) for employer in sorted(evidence.paths)]
    # 広く配る版が何も加えない担当者は、もう _own_pages で攻めてある
    narrowed = [one for one in sights if one != _own_sight(one.employer, months, evidence)]
    broken |= {sight.employer for sight in narrowed if count.breaks([sight])}
    for pair, totals in _pairs(sights, months):
        broken |= {sight.employer for sight in pair} if count.breaks(pair, totals) else set()
    return broken


def _months(showing: Showing, evidence: Evidence, limits: Thresholds) -> list[MonthRanges]:
    return [MonthRanges.read(state, limits) for state in (*evidence.past, showing.state)]


def _own_sight(employer: str, months: Sequence[MonthRanges], evidence: Evidence) -> Sight:
    """自分のページとリストだけを持つ担当者。"""
    return _seen_by(employer, [month.own(employer) for month in months], evidence)


def _sight(employer: str, months: Sequence[MonthRanges], evidence: Evidence) -> Sight:
    """広く配る版も持つ担当者。"""
    return _seen_by(employer, [month.of(employer) for month in months], evidence)


def _seen_by(employer: str, ranges: Sequence[Range], evidence: Evidence) -> Sight:
    paths = evidence.paths[employer]
    complete = evidence.all_registered[employer]
    return Sight(employer, tuple(ranges), paths, complete, evidence.believed_from.get(employer, 0))


def _pairs(
    sights: Sequence[Sight], months: Sequence[MonthRanges]
) -> Iterator[tuple[list[Sight], list[Range]]]:
    """二人組で、和が、一人ずつより多くを教えるもの。"""
    if len(sights) < 2:  # noqa: PLR2004 二人組
        return
    employers = [sight.employer for sight in sights]
    alone = np.array([_alone(sight) for sight in sights])
    together = [month.together(employers, 2) for month in months]
    # 二人の和の幅が、一人ずつの幅の和と同じなら、組んでも新しいことは分からない
    telling = [
        (low > sums(alone[:, at, 0], 2)) | (high < sums(alone[:, at, 1], 2))
        for at, (low, high) in enumerate(together)
    ]
    # 対角より上だけ：同じ二人を二度、自分と自分を一度も数えない
    for one, other in zip(*np.nonzero(np.triu(np.any(telling, axis=0), 1)), strict=True):
        yield (
            [sights[one], sights[other]],
            [(int(low[one, other]), int(high[one, other])) for low, high in together],
        )


def _alone(sight: Sight) -> list[Range]:
    """一人で分かる、月ごとの登録者の数の両端：水準と、リストから。"""
    return [both(ends, registered_range(sight, at)) for at, ends in enumerate(sight.ranges)]
