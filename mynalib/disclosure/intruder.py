"""読み手になって攻める：頭数と、受け取った全てのリストと、水準とを並べて、一人のことが決まってしまわないかを調べる。

事業所の担当者には、自分の会社の人の、月ごとの様子が見える：いない（-）、リストに無い（o）、未登録としてリストにいる（u）、登録済と
してリストにいる（g、証明書の更新だけ）。リストに無い人が登録しているかは見えないが、水準から、登録者の数の両端は分かる。読み手は
「リストに無い人が、見えないところで解除されることはない」と信じている。

例：先月 u だった三人が、今月 o になった。水準から、登録者が一人も増えていないと分かれば、三人とも登録せずに消えた、つまり不同意か、
申請による解除か、要確認だと分かってしまう。

ありうる姿の全てを、整数計画（SciPy の HiGHS）で調べる。同じ様子の人は区別がつかないので、まとめて数える。
Source: 伏せた数の範囲を整数計画で求めることは sdcTable の attack、GaussSuppression の ComputeIntervals と同じ。
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import csr_array

ABSENT, OFF, UNREGISTERED, REGISTERED = "-oug"
NODES = 1000  # 一つの問いを解くのに調べる枝の数。こえたら、分かってしまうものとみなす（機械の速さには依らない）
IMPOSSIBLE = 2  # ありうる姿が一つもない（milp の status）。決められないのとは違う
Range = tuple[int, int]


@dataclass(frozen=True)
class Sight:
    """一つの事業所の担当者に見えるもの。

    ranges は月ごとの、登録者の数の両端（人）。paths は様子の並び（一文字＝一か月）から、その人たちの数へ。
    all_registered は月ごとに、リストに無い人の全員が本当に登録済か（そのときは、分かってよい）。believed_from は、信じていることが
    本当に成り立つはじめの月の番号：その前の月から考えると、見えない解除のために、間違ったことしか分からない。
    """

    employer: str
    ranges: tuple[Range, ...]
    paths: Mapping[str, int]
    all_registered: tuple[bool, ...]
    believed_from: int = 0


class Run(NamedTuple):
    """続けてリストに無い人たち：first から last まで（月の番号）。known は、はじめから登録済と分かる人たち。"""

    path: str
    first: int
    last: int
    known: bool


@dataclass(frozen=True)
class Verdict:
    """攻撃の結果。pinned は、登録しているかが決まってしまう人たち、undecided は、決められなかったもの。"""

    pinned: tuple[Run, ...]
    undecided: int
    asked: int


def attack(sights: Sequence[Sight], totals: Sequence[Range] | None = None) -> Verdict:
    """一人か、示し合わせた何人かの担当者になって攻める。

    Args:
        totals: 二人のとき、月ごとの、その事業所たちの登録者の和の両端。
    """
    start = max(sight.believed_from for sight in sights)
    if start:
        return attack(*_since(sights, totals, start))
    problem = _Problem(sights, totals)
    verdict = problem.verdict()
    if verdict.asked and not verdict.undecided:
        return verdict  # 全ての問いが解けたのだから、見たものに合う姿が、一つはある
    start = problem.first_consistent()
    if start is None:
        return Verdict((), 0, 0)
    return attack(*_since(sights, totals, start)) if start else verdict


def runs_of(path: str) -> Iterator[Run]:
    """様子の並びの中の、続けてリストに無いところ。"""
    first = None
    for at, seen in enumerate(path + ABSENT):
        if seen == OFF:
            first = at if first is None else first
        elif first is not None:
            yield Run(path, first, at - 1, first > 0 and path[first - 1] == REGISTERED)
            first = None


def registered_range(sight: Sight, at: int) -> Range:
    """リストだけから分かる、その月の登録者の数の両端。"""
    on_list = sum(people for path, people in sight.paths.items() if path[at] == REGISTERED)
    off = sum(people for path, people in sight.paths.items() if path[at] == OFF)
    return on_list, on_list + off


def _since(
    sights: Sequence[Sight], totals: Sequence[Range] | None, start: int
) -> tuple[list[Sight], Sequence[Range] | None]:
    """start の月からだけを見た、同じ担当者たちと、その和の両端。"""
    return [_from(sight, start) for sight in sights], totals[start:] if totals else None


def _from(sight: Sight, start: int) -> Sight:
    paths: dict[str, int] = {}
    for path, people in sight.paths.items():
        paths[path[start:]] = paths.get(path[start:], 0) + people
    # believed_from は、はじめ（0）に戻る。戻さないと、attack がいつまでも削りつづける
    return Sight(sight.employer, sight.ranges[start:], paths, sight.all_registered[start:])


class _Problem:
    """ありうる姿：リストに無い人たちの、何人が、どの月に登録したか。

    変数は（事業所, 続き, 登録した月）ごとの人数。登録しないままの人は、どの変数にも入らない。
    """

    # 例：oo が 3 人、uo が 1 人、登録者は 2〜3 人、次の月に 2 人。a と b は oo のうち一・二か月めに、c は uo のうち二か月めに登録した人。
    # 2 ≤ a ≤ 3、a + b + c = 2、a + b ≤ 3、c ≤ 1 なので、a = 2、b = c = 0：uo の人は、登録せずにリストから消えたと決まる
    def __init__(self, sights: Sequence[Sight], totals: Sequence[Range] | None):
        self._sights = sights
        self._totals = totals
        self._months = len(sights[0].ranges)
        self._sizes: dict[tuple[int, Run], int] = {}
        for number, sight in enumerate(sights):
            for path, people in sight.paths.items():
                self._sizes |= {(number, run): people for run in runs_of(path)}
        self._numbers = {key: at for at, key in enumerate(self._sizes)}
        columns = [
            (self._numbers[key], key[0], key[1].first, key[1].last, onset, people)
            for key, people in self._sizes.items()
            # すぐ前の月に g だった人は、はじめから登録済。登録した月は、続きのはじめの一つだけ
            for onset in ([key[1].first] if key[1].known else range(key[1].first, key[1].last + 1))
        ]
        table = np.array(columns, dtype=int).reshape(-1, 6).T
        self._owner, self._of, self._first, self._last, self._onset, self._upper = table
        self._known = self._constraints()

    def first_consistent(self) -> int | None:
        """その月からなら、信じていることと見たものとが矛盾しない、いちばん古い月。なければ None。"""
        for start in range(self._months):
            problem = _Problem(*_since(self._sights, self._totals, start)) if start else self
            if problem._solve(np.zeros(len(problem._owner))).status != IMPOSSIBLE:
                return start
        return None

    def verdict(self) -> Verdict:
        """はじめの月に一人も登録していないと決まる続きと、おわりの月に全員が登録していると決まる続き。

        残っている続きの和を、いちばん大きく（小さく）する姿を、くり返し求める。和が動けば、少なくとも一つの疑いが晴れる。
        動かなければ、残りの全てが決まってしまう。
        """
        runs = [key for key in self._sizes if not key[1].known]
        ends = [key for key in runs if not self._may_be_known(*key)]
        nobody, late = self._suspects(runs, first=True)
        everybody, later = self._suspects(ends, first=False)
        pinned = dict.fromkeys(run for _, run in (*nobody, *everybody))
        return Verdict(tuple(pinned), late + later, len(runs) + len(ends))

    def _may_be_known(self, number: int, run: Run) -> bool:
        """続きのどこかで、リストに無い人の全員が登録済だったか。全員のことは分かってよく、そのあとも登録済と信じられる。"""
        return any(self._sights[number].all_registered[run.first : run.last + 1])

    def _suspects(
        self, keys: list[tuple[int, Run]], *, first: bool
    ) -> tuple[list[tuple[int, Run]], int]:
        """疑いの晴れない続きと、決められなかった数。"""
        at = {key: key[1].first if first else key[1].last for key in keys}
        left = keys
        while left:
            rows = {key: self._registered_by(key, at[key]) for key in left}
            goal = sum(rows.values(), np.zeros(len(self._owner)))
            found = self._solve(-goal if first else goal)
            # 決められないものは、分かってしまうものとして数える
            if found.status:
                return left, len(left)
            counts = {key: round(float(rows[key] @ found.x)) for key in left}
            still = [key for key in left if counts[key] == (0 if first else self._sizes[key])]
            if len(still) == len(left):
                return left, 0
            left = still
        return [], 0

    def _registered_by(self, key: tuple[int, Run], at: int) -> np.ndarray:
        """その続きの、その月までに登録した人の数を表す係数。"""
        return ((self._owner == self._numbers[key]) & (self._onset <= at)).astype(float)

    def _solve(self, goal: np.ndarray) -> OptimizeResult:
        """goal を最も小さくする姿 x。status は、解ければ 0、ありえなければ IMPOSSIBLE、枝の数の限りで決められなければ、ほか。"""
        if not len(goal):
            return OptimizeResult(x=np.zeros(0), status=0)
        return milp(
            goal,
            constraints=self._known,
            bounds=Bounds(0, self._upper),
            integrality=np.ones(len(goal)),
            options={"node_limit": NODES},
        )

    def _constraints(self) -> LinearConstraint:
        """月ごとの登録者の数が、水準の両端に入る。続きの人数を、こえない。"""
        rows = []
        ends = []
        for at in range(self._months):
            covering = (self._first <= at) & (at <= self._last) & (self._onset <= at)
            on_lists = [registered_range(sight, at)[0] for sight in self._sights]
            for number, sight in enumerate(self._sights):
                rows.append(covering & (self._of == number))
                # リストに登録済としている人は、確かに登録者。残りだけが、リストに無い人の登録者
                ends.append([end - on_lists[number] for end in sight.ranges[at]])
            if self._totals:
                rows.append(covering)
                ends.append([end - sum(on_lists) for end in self._totals[at]])
        for key, people in self._sizes.items():
            rows.append(self._owner == self._numbers[key])
            ends.append([people if key[1].known else 0, people])
        low, high = np.array(ends, dtype=float).T
        return LinearConstraint(csr_array(np.array(rows, dtype=float)), low, high)
