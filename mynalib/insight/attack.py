"""攻撃：広く配る版の全ての公開から、伏せた数がどこまで分かるかを調べ、足りなければ、次に小さい行を伏せる。

TOTAL の行は見せた数の計なので、何も教えない。事業所どうしは、増減の表を通してだけつながる。
Source: 伏せた数の範囲を整数計画で求めることは sdcTable の attack、GaussSuppression の ComputeIntervals と同じ。
"""

from collections.abc import Collection, Iterable
from functools import cache

import pandas as pd

from mynalib.domain.errors import MynaError
from mynalib.insight.masking import wide_counts
from mynalib.insight.measures import CHANGES, COUNTS
from mynalib.insight.reader import Reader, Row, Sum, plus
from mynalib.insight.thresholds import Rule, wide_rule

FREE = 24  # 増減の表でつなぐとき、動けるとみなす事業所の数。ほかは、読み手が正確に知っているとみなす
TOTAL = "TOTAL"


class Disclosure(MynaError):
    """伏せられるものを全て伏せても、伏せた数が三通りに満たない。"""

    code = "DISCLOSURE"


def rows_to_mask(
    basis: pd.DataFrame, true: pd.DataFrame, change: pd.DataFrame | None, earlier: Iterable[Row], policy: dict
) -> list[tuple[str, str]]:
    """伏せた升とその和に三通り以上が残るよう、続けて伏せる行（月, 事業所）。

    Args:
        basis, true: 動きにくい数の元（steady）と、いまの人数（measures.counts）。同じ行。
        change: いちばん新しい月の、見せる増減（列 reason, change）と、それが本当の数からずれうる人数（slack）。前の月がなければ None。
        earlier: 前の公開で見せた行。
    Raises:
        Disclosure: 伏せるものが残っていない。
    """
    rule, also, before = wide_rule(policy), set(), list(earlier)
    while True:
        shown = wide_counts(basis, rule.base, rule.limit, also)
        rows = rows_of(shown, basis, rule, also)
        if alone := _pinned_alone(rows, before):
            also.add(_telling_row(rows, before, alone[0]))
        elif linked := _pinned_by_change(rows, true, change, rule):
            also.add(_next_to_mask(shown, max(basis.month), linked[0]))
        else:
            return sorted(also)


def rows_of(shown: pd.DataFrame, basis: pd.DataFrame, rule: Rule, also: Collection[tuple[str, str]] = ()) -> list[Row]:
    """見せた表と、その元から。どちらも一行＝月×事業所で、列は COUNTS。"""
    place = ["month", "employer_id"]
    both = shown[shown.employer_id != TOTAL].merge(basis[[*place, *COUNTS]], on=place, suffixes=("", "_basis"))
    values = both[COUNTS].astype(object).where(both[COUNTS].notna(), None).to_numpy().tolist()
    bases = both[[f"{name}_basis" for name in COUNTS]].astype(int).to_numpy().tolist()
    rows = zip(zip(both.month, both.employer_id, strict=True), map(tuple, values), map(tuple, bases), strict=True)
    return [Row(*at, cells, base, rule, at in also) for at, cells, base in rows]


def _pinned_alone(rows: list[Row], earlier: list[Row]) -> list[tuple]:
    """事業所を一つずつ見て、三通りに満たない数の名（月, 事業所, 列）。"""
    seen: dict[str, dict[tuple, Row]] = {}
    for row in [*rows, *earlier]:
        seen.setdefault(row.employer, {}).setdefault((row.shown, row.basis, row.rule, row.also), row)
    hiding = {row.employer for row in rows if row.masked}
    return [name for employer in sorted(hiding) for name in _of_employer(employer, tuple(seen[employer].values()))]


def _pinned_by_change(rows: list[Row], true: pd.DataFrame, change: pd.DataFrame | None, rule: Rule) -> list[tuple]:
    """増減の表で事業所をつなぐと、三通りに満たない数の名（月, 事業所か TOTAL, 列）か（増減のわけ,）。"""
    if change is None:
        return []
    pair = sorted({row.month for row in rows})[-2:]
    counts = true.set_index(["month", "employer_id"])[["members", "registered"]].astype(int)
    truths = dict(zip(counts.index, counts.itertuples(index=False, name=None), strict=True))
    linked = [(row, truths[row.month, row.employer]) for row in rows if row.month in pair]
    return pinned_changes(linked, change, rule)


def _of_employer(employer: str, rows: tuple[Row, ...]) -> list[tuple]:
    try:
        return pinned_cells(rows)
    except ValueError:
        raise Disclosure(where=f"広く配る版の {employer} の行", why="contradicting") from None


@cache
def pinned_cells(rows: tuple[Row, ...]) -> list[tuple]:
    """一つの事業所の、公開で見た行（同じものは一度）から、三通りに満たない伏せた升。"""
    reader, targets = Reader(), {}
    for at, row in enumerate(rows):
        true = reader.see(row, not _fits(row))
        targets |= {(row.month, row.employer, name, at): true[name] for name in row.masked}
    return list(dict.fromkeys(name[:3] for name in reader.pinned(targets)))


def _fits(row: Row) -> bool:
    """元の数どうしが、本当の数の満たす関係を満たすか。満たすなら、元の数を本当の数とみなす。"""
    members, registered, usable, link, renew = row.basis
    outside = max(0, registered + link + renew - members)  # ❷ の対象のうち、少なくともこれだけは登録者
    return link + registered <= members and usable + outside <= registered and outside <= renew


def pinned_changes(rows: Iterable[tuple[Row, tuple[int, int]]], change: pd.DataFrame, rule: Rule) -> list[tuple]:
    """増減の表と、前後の月の全ての事業所の行から、三通りに満たない升、伏せた数の和、増減。

    Args:
        rows: 前の月と今の月の行と、その本当の加入者と登録者。
    """
    rows, reader = list(rows), Reader()
    one, sizes = reader.number(1), {reason: reader.number() for reason in CHANGES}
    reader.know(one, 1)
    free, cells = _free(rows), {}
    sums = {month: [{}, {}] for month in sorted({row.month for row, _ in rows})}
    for row, true in rows:
        counts = [dict.fromkeys(one, size) for size in true]
        if row.employer in free:
            of = reader.see(row, true != row.basis[:2] or not _fits(row))
            counts = [of["members"], of["registered"]]
            cells |= {(row.month, row.employer, name): of[name] for name in row.masked}
        sums[row.month] = [plus((1, all_of), (1, new)) for all_of, new in zip(sums[row.month], counts, strict=True)]
    _link(reader, sizes, change, rule, list(sums.values()))
    totals = {}
    for (month, _, name), cell in cells.items():
        totals[month, TOTAL, name] = plus((1, totals.get((month, TOTAL, name), {})), (1, cell))
    hidden = {(reason,): sizes[reason] for reason in change.reason[change.change.isna()]}
    return reader.pinned(cells | totals | hidden)


def _free(rows: list[tuple[Row, tuple[int, int]]]) -> set[str]:
    """動けるとみなす事業所：伏せた升のあるものから、小さい順に。"""
    size = {}
    for row, (members, _) in rows:
        hiding, most = size.get(row.employer, (1, 0))
        size[row.employer] = (min(hiding, not row.masked), max(most, members))
    return set(sorted(size, key=lambda employer: (*size[employer], employer))[:FREE])


def _link(reader: Reader, sizes: dict[str, Sum], change: pd.DataFrame, rule: Rule, sums: list[list[Sum]]) -> None:
    """前の月の登録者 ＝ 残った人 ＋ 解除 ＋ 脱退、今の月の登録者 ＝ 残った人 ＋ 新規 ＋ 加入。未登録も同じ。"""
    nothing_shown = change.change.isna().all()  # 全て伏せたときは、多くて伏せたのかもしれない
    for reason, shown, slack in change[["reason", "change", "slack"]].itertuples(index=False):
        if pd.notna(shown):
            reader.know(sizes[reason], abs(shown) - rule.base // 2 - slack, abs(shown) + (rule.base - 1) // 2 + slack)
        elif not nothing_shown:
            reader.know(sizes[reason], high=rule.limit + slack)
    new, cancelled, joined, left = sizes.values()
    stay, rest, came, went = (reader.number() for _ in range(4))
    (before_all, before), (after_all, after) = sums
    for total, *parts in (
        (before, stay, cancelled, left),
        (after, stay, new, joined),
        (plus((1, before_all), (-1, before)), rest, new, went),
        (plus((1, after_all), (-1, after)), rest, cancelled, came),
    ):
        reader.know(plus((1, total), *((-1, part) for part in parts)), 0, 0)


def _telling_row(rows: list[Row], earlier: list[Row], name: tuple) -> tuple[str, str]:
    """続けて伏せる行：その升の行、なければ、その事業所の、この公開ではじめて見せる行のいちばん古いもの（端数を新しく教えるもの）。"""
    month, employer, _ = name
    told = {(row.month, row.shown, row.basis) for row in earlier if row.employer == employer}
    shown = [row for row in rows if row.employer == employer and len(row.masked) < len(COUNTS)]
    news = [row.month for row in shown if (row.month, row.shown, row.basis) not in told]
    if not news:
        raise Disclosure(where=f"事業所ごとの表 の {month} の {employer} の行")
    return month if month in news else min(news), employer


def _next_to_mask(shown: pd.DataFrame, newest: str, name: tuple) -> tuple[str, str]:
    """続けて伏せる行：その升の行、なければ、その月に見せている行のいちばん小さいもの。"""
    month, employer = name[:2] if len(name) == 3 else (newest, TOTAL)
    each = shown[(shown.month == month) & (shown.employer_id != TOTAL)]
    left = each[each[COUNTS].notna().any(axis=1)].sort_values("members", kind="stable").employer_id.tolist()
    if not left:
        table = "事業所ごとの表" if len(name) == 3 else "増減の表"
        raise Disclosure(where=f"{table} の {month} の {employer} の行")
    return month, employer if employer in left else left[0]
