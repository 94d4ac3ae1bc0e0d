"""見せるもの：一つの月の、事業所ごとの水準、まとめた行、広く配る版の行。

水準は、前に見せたものと、そのあとに変わった人の数から決まる。攻撃に耐えないときは、粗くする（coarsening）。
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pandas as pd

from mynalib.disclosure.levels import Level, next_level, settle_level, shift_of
from mynalib.disclosure.merging import Merged, merged_employers
from mynalib.disclosure.society import TOTAL
from mynalib.disclosure.thresholds import Thresholds
from mynalib.disclosure.wide import OTHERS, wide_rows

STATE = [
    "month",
    "employer_id",
    "members",
    "level",
    "tolerance",
    "bound",
    "since",
    "low",
    "high",
    "merged",
]
"""次の公開のために、健保の内部に残す列。merged は、広く配る版でまとめたか。TOTAL の行の low と high は、本当の登録者の数。"""


@dataclass(frozen=True)
class Coarser:
    """粗くするもの。

    widened は水準の刻みを広げる事業所、unlevelled は水準をやめる事業所（その事業所の数だけから決まる）。merge_more は、広く配る版で
    さらにまとめる事業所の数（小さい順）、total_only は、広く配る版を組合全体だけにするか。
    """

    widened: frozenset[str] = frozenset()
    unlevelled: frozenset[str] = frozenset()
    merge_more: int = 0
    total_only: bool = False


@dataclass(frozen=True)
class Before:
    """前に見せたもの。levels は事業所から水準へ、changed はその水準を定めてから変わった人（人）、merged はまとめた事業所。"""

    levels: Mapping[str, Level | None] = field(default_factory=dict)
    changed: Mapping[str, int] = field(default_factory=dict)
    merged: Collection[str] = ()


@dataclass(frozen=True)
class Showing:
    """一つの月に見せるもの。state は STATE の列、wide は広く配る版の行。"""

    levels: Mapping[str, Level | None]
    merged: Merged | None
    state: pd.DataFrame
    wide: pd.DataFrame


def show_month(
    own: pd.DataFrame,
    counts: pd.DataFrame,
    before: Before,
    key: bytes,
    limits: Thresholds,
    coarser: Coarser,
) -> Showing:
    """一つの月に見せるものを決める。

    Args:
        own: 事業所のページの人数（家族を除く約束なら、本人だけ）。列 month, employer_id, employer, members, registered。
        counts: だれも除かない人数。列 month, employer_id, employer と society.COUNTS。TOTAL の行がある。
        key: 境目をずらす、組合の秘密の鍵。
    """
    month = str(own.month.iloc[0])
    levels = {
        row.employer_id: _level(row, before, key, month, limits, coarser)
        for row in own.itertuples()
    }
    sizes = {
        row.employer_id: int(row.members) for row in counts.itertuples() if row.employer_id != TOTAL
    }
    # 水準のない事業所は、加入者の数だけの行も見せず、まとめる（tests/disclosure/test_coarsening.py）
    unlevelled = {
        employer for employer, members in sizes.items() if members and not levels.get(employer)
    }
    merged = (
        None if coarser.total_only else merged_employers(sizes, before.merged, limits, unlevelled)
    )
    if merged is not None and coarser.merge_more:
        # ふつうのまとめに、次に小さいものを足して、決まり（四つ以上、六割まで）をもう一度あてる
        left = sorted(set(sizes) - merged, key=lambda employer: (sizes[employer], employer))
        merged = merged_employers(
            sizes, before.merged, limits, merged | set(left[: coarser.merge_more])
        )
    own_members = {row.employer_id: int(row.members) for row in own.itertuples()}
    wide = wide_rows(counts, own_members, levels, merged, limits)
    return Showing(levels, merged, _state(own, counts, levels, merged, wide, limits), wide)


def _level(
    row: object, before: Before, key: bytes, month: str, limits: Thresholds, coarser: Coarser
) -> Level | None:
    employer = row.employer_id
    members = int(row.members)
    registered = int(row.registered)
    if employer in coarser.unlevelled:
        return None
    shift = shift_of(key, employer)
    # 前の水準を保っても破られるので、いまの人数から、広い刻みで定めなおす
    if employer in coarser.widened and members >= limits.employer_minimum:
        return settle_level(members, registered, shift, month, limits, wider=True)
    # 変わった人を数えられない事業所（定めた月が、もう手もとにない）は、全員が変わったとみなして、定めなおす
    then = before.levels.get(employer)
    return next_level(
        then, members, registered, before.changed.get(employer, members), shift, month, limits
    )


def _state(
    own: pd.DataFrame,
    counts: pd.DataFrame,
    levels: Mapping[str, Level | None],
    merged: Merged | None,
    wide: pd.DataFrame,
    limits: Thresholds,
) -> pd.DataFrame:
    month = str(own.month.iloc[0])
    rows = []
    for row in own.itertuples():
        level = levels[row.employer_id]
        facts = (
            (level.value, level.tolerance, level.bound, level.since, level.low, level.high)
            if level
            else _NOTHING
        )
        rows.append(
            (
                month,
                row.employer_id,
                row.members,
                *facts,
                # 組合全体だけを見せる月は、どの事業所の行も広く配る版にない
                merged is None or row.employer_id in merged,
            )
        )
    for row in wide[wide.employer_id == OTHERS].itertuples():
        rows.append(
            (month, OTHERS, row.members, *_NOTHING[:4], *_between(row, limits.round_to), False)
        )
    total = counts[counts.employer_id == TOTAL].iloc[0]
    rows.append(
        (month, TOTAL, total.members, *_NOTHING[:4], total.registered, total.registered, False)
    )
    numbers = dict.fromkeys(("members", "level", "tolerance", "low", "high"), "Int64")
    return pd.DataFrame(rows, columns=STATE).astype(numbers | {"merged": "bool"})


_NOTHING = (None, None, "", "", None, None)


def _between(row: object, base: int) -> tuple[int, int]:
    """まとめた行の加入者と未登録者の概数から分かる、登録者の数の両端。"""
    less = base // 2
    more = (base - 1) // 2
    # 5 の倍数なら、どちらの概数も ±2。加入者が 2 少なく未登録者が 2 多いときが、いちばん少ない
    low = max(0, row.members - less - row.unregistered - more)
    return low, max(0, row.members + more - max(0, row.unregistered - less))
