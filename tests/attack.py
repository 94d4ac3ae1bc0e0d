"""攻撃：広く配る版の読み手になって、伏せた数がどこまで狭められるかを、整数計画で解く。

読み手が使うもの：見せた数（丸めた幅のある数）、率（丸めた数からの整数）、TOTAL の行、増減の表、公開の規則そのもの、
そして誰でも知る関係（登録者は加入者以下、期限内等は登録者以下、❶❷ の対象とは重ならない）。
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from mynalib.insight.measures import CHANGES, COUNTS

MANY = 100_000  # どの人数よりも大きい数


@dataclass(frozen=True)
class Rule:
    """公開の規則。width は丸めの幅の下と上、exact_total は TOTAL が（伏せたものも含む）本当の計か。"""

    base: int = 5
    limit: int = 7
    exact_total: bool = False

    def interval(self, value: float) -> tuple[float, float]:
        return value - self.base // 2, value + (self.base - 1) // 2


class Reader:
    """読み手の知る不等式を集め、ある数のとりうる最小と最大を求める。"""

    def __init__(self):
        self.names: dict[object, int] = {}
        self.high: list[float] = []
        self.rows: list[dict[int, float]] = []
        self.limits: list[tuple[float, float]] = []

    def number(self, name: object, high: float = MANY) -> int:
        """0 以上の整数。初めての名なら作る。"""
        if name not in self.names:
            self.names[name] = len(self.names)
            self.high.append(high)
        return self.names[name]

    def know(self, terms: dict[object, float], low: float = -np.inf, high: float = np.inf) -> None:
        """low ≤ Σ 係数 × 数 ≤ high。"""
        self.rows.append({self.number(name): factor for name, factor in terms.items()})
        self.limits.append((low, high))

    def either(self, *ways: tuple[dict[object, float], float]) -> None:
        """どれか一つの Σ ≤ high が成りたつ。"""
        chosen = [self.number(("way", len(self.rows), index), 1) for index in range(len(ways))]
        names = list(self.names)
        self.know({names[one]: 1 for one in chosen}, low=1)
        for one, (terms, high) in zip(chosen, ways, strict=True):
            self.know({**terms, names[one]: MANY}, high=high + MANY)

    def bounds(self, name: object) -> tuple[int, int]:
        """その数の最小と最大。規則と矛盾する表なら ValueError。"""
        goal = np.zeros(len(self.names))
        goal[self.names[name]] = 1
        low, high = zip(*self.limits, strict=True)
        entries = [(i, j, factor) for i, row in enumerate(self.rows) for j, factor in row.items()]
        i, j, factors = zip(*entries, strict=True)
        matrix = csr_array((factors, (i, j)), shape=(len(self.rows), len(goal)))
        known, box, whole = LinearConstraint(matrix, low, high), Bounds(0, self.high), np.ones(len(goal))
        found = [milp(s * goal, constraints=known, integrality=whole, bounds=box) for s in (1, -1)]
        if any(solution.x is None for solution in found):
            raise ValueError("見せた数どうしが矛盾している")
        return tuple(round(solution.x[self.names[name]]) for solution in found)


def masked_bounds(
    rates: pd.DataFrame, change: pd.DataFrame | None = None, rule: Rule | None = None, now: str = ""
) -> dict[tuple, tuple[int, int]]:
    """伏せた全ての升の（最小, 最大）。

    Args:
        rates: 広く配る版の rates（全ての月。TOTAL を含む）。
        change: now の月の増減の表。あれば、前の月と now の月の全ての事業所をつなげて解く。
    """
    rule = rule or Rule()
    months = sorted(rates.month.unique())
    linked = set(months[months.index(now) - 1 :][:2]) if change is not None else set()
    found = {}
    for month in [m for m in months if m not in linked]:
        found |= _solve(rates[rates.month == month], None, rule)
    return found | (_solve(rates[rates.month.isin(linked)], change, rule) if linked else {})


def _solve(rates: pd.DataFrame, change: pd.DataFrame | None, rule: Rule) -> dict[tuple, tuple[int, int]]:
    """ひとつながりの表。つながりのない行は、一行ずつ解いても答えは同じ。"""
    each = rates[rates.employer_id != "TOTAL"]
    _check_total(rates, rule)
    tied = change is not None or rule.exact_total
    found = {}
    for part in [each] if tied else [each.iloc[[i]] for i in range(len(each))]:
        reader = Reader()
        for row in part.to_dict("records"):
            _know_row(reader, row, rule)
        if rule.exact_total:
            _know_exact_total(reader, part, rates[rates.employer_id == "TOTAL"].iloc[0])
        if change is not None:
            _know_change(reader, part, change, rule)
        hidden = [(r["month"], r["employer_id"], c) for r in part.to_dict("records") for c in COUNTS if pd.isna(r[c])]
        hidden += [] if change is None else list(change.reason[change.change.isna()])
        found |= {name: reader.bounds(name) for name in hidden}
    return found


def _check_total(rates: pd.DataFrame, rule: Rule) -> None:
    """TOTAL が見せた数の計なら、新しいことは何も教えない。そうでなければ、それ自体が手がかりになる。"""
    for _, month in rates.groupby("month"):
        each, total = month[month.employer_id != "TOTAL"], month[month.employer_id == "TOTAL"].iloc[0]
        counted = each[each[["members", "registered", "usable"]].notna().all(axis=1)]
        for column in COUNTS:
            told = 0 if pd.isna(total[column]) else total[column]
            assert rule.exact_total or told == counted[column].sum()


def _know_row(reader: Reader, row: dict, rule: Rule) -> None:
    """一つの事業所の一つの月。"""
    of = {column: (row["month"], row["employer_id"], column) for column in [*COUNTS, "renew_registered"]}
    n, r, u, link, renew, both = of.values()
    reader.know({r: 1, n: -1}, high=0)
    reader.know({u: 1, both: 1, r: -1}, high=0)
    reader.know({both: 1, renew: -1}, high=0)
    reader.know({link: 1, renew: 1, both: -1, r: 1, n: -1}, high=0)
    for column in COUNTS:
        if pd.isna(row[column]):
            _know_masked(reader, of, column, row, rule)
        else:
            low, high = rule.interval(row[column])
            reader.know({of[column]: 1}, max(low, 0 if rule.base == 1 else rule.limit + 1), high)
            if column != "members" and rule.base > 1:
                reader.know({n: 1, of[column]: -1}, low=rule.limit + 1)
    for rate, top in (("rate", "registered"), ("usable_rate", "usable")):
        if pd.notna(row[rate]):  # 率は丸めた数から決まる。違えば、数のほかに何かを教えている
            share = (row[top] * 200 + row["members"]) // (row["members"] * 2)
            assert rule.base == 1 or row[rate] == share


def _know_masked(reader: Reader, of: dict[str, tuple], column: str, row: dict, rule: Rule) -> None:
    """伏せた升：少ない、補集合が少ない、または見せた数と足すと加入者を超える。"""
    if pd.isna(row["members"]):
        return reader.know({of[column]: 1}, high=rule.limit)
    ways = [({of[column]: 1}, rule.limit), ({of["members"]: 1, of[column]: -1}, rule.limit)]
    beside = {"link_targets": ["registered"], "renew_targets": ["usable", "link_targets"]}.get(column, [])
    others = sum(0 if pd.isna(row[name]) else row[name] for name in beside)
    if others:
        ways.append(({of[column]: -1}, -rule.interval(row["members"] - others + rule.base)[0]))
    return reader.either(*ways)


def _know_exact_total(reader: Reader, each: pd.DataFrame, total: pd.Series) -> None:
    for column in COUNTS:
        names = [(r.month, r.employer_id, column) for r in each.itertuples()]
        reader.know(dict.fromkeys(names, 1), total[column], total[column])


def _know_change(reader: Reader, each: pd.DataFrame, change: pd.DataFrame, rule: Rule) -> None:
    """増減の表：前の月の登録者 ＝ 残った人 ＋ 解除 ＋ 脱退、この月の登録者 ＝ 残った人 ＋ 新規 ＋ 加入。未登録も同じ。"""
    before, after = sorted(each.month.unique())
    new, cancelled, joined, left = CHANGES
    nothing_shown = change.change.isna().all()  # 全て伏せたときは、多くて伏せたのかもしれない
    for reason, shown in change[["reason", "change"]].itertuples(index=False):
        if pd.notna(shown):
            reader.know({reason: 1}, *rule.interval(abs(shown)))
        elif not nothing_shown:
            reader.know({reason: 1}, high=rule.limit)
    for month, stays, moved in (
        (before, ("registered", 1), (cancelled, left)),
        (after, ("registered", 1), (new, joined)),
        (before, ("rest", -1), (new, "left unregistered")),
        (after, ("rest", -1), (cancelled, "joined unregistered")),
    ):
        kind, sign = stays
        rows = [(r.month, r.employer_id) for r in each[each.month == month].itertuples()]
        terms = {(*row, "registered"): sign for row in rows}
        terms |= {(*row, "members"): 1 for row in rows if kind == "rest"}
        reader.know({**terms, f"still {kind}": -1, moved[0]: -1, moved[1]: -1}, 0, 0)
