"""読み手：広く配る版を見た人の知る不等式を集め、ある数がどこまで狭められるかを、整数計画で解く。

読み手には、本当より多くを教える（守る側に厳しい）：公開の規則、動きにくい数の端数が変わらないこと、升を少ないために伏せた
のか、補集合が少ないためか、そして数どうしの関係（登録者は加入者以下、期限内等は登録者以下、❶❷ の対象とは重ならない）。
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from mynalib.insight.measures import COUNTS
from mynalib.insight.thresholds import POSSIBLE_VALUES, Rule

MANY = 10**9  # どの人数よりも大きい数
ROOM = 10  # 伏せた数が、本当の倍より、動く単位でこれだけ大きいところまで考える（狭く考えるのは、守る側に厳しい）

Sum = dict[int, int]  # 数の番号から係数へ


@dataclass(frozen=True)
class Row:
    """読み手の見た一行。`basis` は、その元になった数（守る側だけが知る）。伏せた升は None。"""

    month: str
    employer: str
    shown: tuple[int | None, ...]
    basis: tuple[int, ...]
    rule: Rule
    also: bool = False  # この攻撃のために、続けて伏せた行

    @property
    def masked(self) -> list[str]:
        return [name for name, value in zip(COUNTS, self.shown, strict=True) if value is None]


def plus(*parts: tuple[int, Sum]) -> Sum:
    """係数をかけて足す。"""
    total: Sum = {}
    for factor, one in parts:
        for number, weight in one.items():
            total[number] = total.get(number, 0) + factor * weight
    return total


class Reader:
    """読み手の知る不等式を集め、ある数のとりうる値が三通り以上あるかを調べる。"""

    def __init__(self):
        self._high: list[float] = []
        self._known: list[Sum] = []
        self._limits: list[tuple[float, float]] = []
        self._remainders: dict[tuple, Sum] = {}

    def number(self, high: float = MANY) -> Sum:
        """新しい、0 以上の整数。"""
        self._high.append(high)
        return {len(self._high) - 1: 1}

    def know(self, total: Sum, low: float = -np.inf, high: float = np.inf) -> None:
        self._known.append(total)
        self._limits.append((low, high))

    def see(self, row: Row, moved: bool = False) -> dict[str, Sum]:
        """一行を見る。moved なら、元の数と本当の数が違うかもしれない。違わないときは、読み手もそれを知っているとする。

        Returns:
            列から、本当の数へ。
        """
        basis = {name: self._basis(row, name, value) for name, value in zip(COUNTS, row.basis, strict=True)}
        for name, value in zip(COUNTS, row.shown, strict=True):
            self._see_cell(row, basis, name, value)
        true = {name: self._near(one, row, name) for name, one in basis.items()} if moved else basis
        self._relate(true)
        return true

    def _basis(self, row: Row, name: str, value: int) -> Sum:
        """元の数 ＝ 動く単位 × 整数 ＋ 端数。端数は、どの公開でも同じ。"""
        step = row.rule.step
        key = (row.employer, name, step, value % step)
        if key not in self._remainders:
            self._remainders[key] = self.number(step - 1)
        return plus((step, self.number(2 * value // step + ROOM)), (1, self._remainders[key]))

    def _near(self, basis: Sum, row: Row, name: str) -> Sum:
        true, rule = self.number(), row.rule
        slack = rule.slack if row.basis[COUNTS.index(name)] >= rule.step else max(rule.slack, rule.step - 1)
        self.know(plus((1, true), (-1, basis)), -slack, slack)
        return true

    def _see_cell(self, row: Row, basis: dict[str, Sum], name: str, value: int | None) -> None:
        rule, whole = row.rule, basis["members"]
        rest = plus((1, whole), (-1, basis[name]))
        if value is not None:
            self.know(basis[name], max(value - rule.base // 2, rule.limit + 1), value + (rule.base - 1) // 2)
            if name != "members":
                self.know(rest, rule.limit + 1)
        elif not row.also:
            all_of, few = row.basis[0], row.basis[COUNTS.index(name)]
            if all_of <= rule.limit:
                self.know(whole, high=rule.limit)
            if few <= rule.limit:
                self.know(basis[name], high=rule.limit)
            elif all_of - few <= rule.limit:
                self.know(rest, high=rule.limit)

    def _relate(self, of: dict[str, Sum]) -> None:
        members, registered, usable, link, renew = (of[name] for name in COUNTS)
        both = self.number()  # 登録者のうち、❷ の対象
        self.know(plus((1, members), (-1, registered)), 0)
        self.know(plus((1, registered), (-1, usable), (-1, both)), 0)
        self.know(plus((1, renew), (-1, both)), 0)
        self.know(plus((1, members), (-1, registered), (-1, link), (-1, renew), (1, both)), 0)

    def pinned(self, targets: dict[object, Sum]) -> list:
        """とりうる値が三通りに満たない数の名。規則と矛盾する表なら ValueError。"""
        seen = {name: [np.inf, -np.inf] for name in targets}
        for sign in (1, -1) if targets else ():
            self._look(plus(*((sign, one) for one in targets.values())), targets, seen)
        for name, one in targets.items():
            for sign in (1, -1):
                if _few(seen[name]):
                    self._look(plus((sign, one)), targets, seen)
        return [name for name in targets if _few(seen[name])]

    def _look(self, goal: Sum, targets: dict[object, Sum], seen: dict[object, list]) -> None:
        """goal を最も小さくする、ありうる一つの姿を見つけ、それぞれの数の端をひろげる。"""
        cost = np.zeros(len(self._high))
        cost[list(goal)] = list(goal.values())
        entries = [(i, j, weight) for i, total in enumerate(self._known) for j, weight in total.items()]
        i, j, weights = zip(*entries, strict=True)
        matrix = csr_array((weights, (i, j)), shape=(len(self._known), len(cost)))
        known, box = LinearConstraint(matrix, *zip(*self._limits, strict=True)), Bounds(0, self._high)
        found = milp(cost, constraints=known, bounds=box, integrality=np.ones(len(cost)))
        if found.x is None:
            raise ValueError("見せた数どうしが矛盾しています")
        for name, one in targets.items():
            value = sum(weight * round(found.x[number]) for number, weight in one.items())
            seen[name] = [min(seen[name][0], value), max(seen[name][1], value)]


def _few(ends: list) -> bool:
    return ends[1] - ends[0] + 1 < POSSIBLE_VALUES
