"""人数の関門：前の月より、ありえないほど減った、増えたところはないか。全体と、事業所ごとに見る。入出力はない。"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from mynalib.domain.errors import Problem
from mynalib.domain.policy import IntakePolicy
from mynalib.intake.intake import Head
from mynalib.intake.shares import WHOLE


class Heads(NamedTuple):
    """一つの月の人数：全体の加入者と、{事業所か NOEMPLOYER: 人数}。"""

    members: int
    by_employer: Mapping[str, Head]


def fallen(last: Heads, new: Heads, policy: IntakePolicy) -> Iterator[Problem]:
    """大きく減ったところと、前と今の人数。"""
    # 事業所のほうを広く見る。一社では、人の異動や記号の付けかえで、ひと月に大きく動くことがある
    for name, before, now in _both(last, new):
        most = policy.max_drop if name == WHOLE else policy.employer_max_drop
        # 例：max_drop が 0.05 で 100 人なら、95 人までは通し、94 人で止める
        if before >= policy.min_rows and before - now > most * before:
            yield Problem(name, f"{before} 人が {now} 人になりました")


def risen(last: Heads, new: Heads, policy: IntakePolicy) -> Iterator[Problem]:
    """大きく増えたところと、前と今の人数。混ざったよその人は、そのまま事業所のリストに載ってしまう。

    前の月にだれもいない事業所（params に足したばかりの、加入した会社など）は、増えたとは言わない。全体からも、その人たちを除く。
    """
    joined = sum(head.members for name, head in new.by_employer.items() if not _members(last, name))
    for name, before, now in _both(last, new._replace(members=new.members - joined)):
        most = policy.max_rise if name == WHOLE else policy.employer_max_rise
        # 例：employer_max_rise が 0.5 なら、300 人の事業所は 450 人まで通す。40 人なら、rise_floor の 100 人が加わる 140 人まで
        if before and now - before > max(most * before, Decimal(policy.rise_floor)):
            apart = (
                f"（前の月にだれもいない事業所の {joined} 人を除いて）"
                if name == WHOLE and joined
                else ""
            )
            yield Problem(name, f"{before} 人が {now} 人になりました{apart}")


def _both(last: Heads, new: Heads) -> Iterator[tuple[str, int, int]]:
    """全体と、前の月にあった事業所の、前と今の人数。"""
    yield WHOLE, last.members, new.members
    for name in sorted(last.by_employer):
        yield name, _members(last, name), _members(new, name)


def _members(heads: Heads, name: str) -> int:
    head = heads.by_employer.get(name)
    return head.members if head else 0
