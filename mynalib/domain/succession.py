"""記号の引きつぎ：設定の日付が、ある記号の終わりに続けて別の記号を始めていれば、番号と枝番が同じ人は同じ人である。"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from mynalib.domain.claims import Claim
from mynalib.domain.employers import MAX_NUMBER
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.domain.person import PersonKey


@dataclass(frozen=True)
class Succession:
    """記号 old の人が、記号 new の人になる。番号は low から high まで（両端を含む）。

    first は、はじめて old でなくなる断面の月、last は、new になり終える月（記号が一度だけ変わったなら同じ月）。
    """

    old: str
    new: str
    low: int
    high: int
    first: Month
    last: Month

    def covers(self, number: str) -> bool:
        return self.low <= min(int(number or 0), MAX_NUMBER) <= self.high


def successions(params: Params) -> tuple[Succession, ...]:
    """設定の全ての引きつぎ（二度、三度と変わったものも、はじめから終わりまで）。順は決まっている。

    一つの記号に、引きつぎ先が二つ以上あることも、二つの記号が一つになることもある。どれも数える（控える人が増えるだけ）。
    """
    owned: dict[tuple, list[Claim]] = {}
    for claim in params.claims():
        owned.setdefault((claim.entry.employer_id, claim.entry.kind), []).append(claim)
    # 例：E01 の記号が、2026-03-31 まで 101、2026-04-01 から 151、2027-04-01 から 171 なら、一段の引きつぎは
    # 101→151（2026-04）と 151→171（2027-04）。つなぐと 101→171（2026-04 から 2027-04）も加わり、三つになる
    steps = [
        step
        for claims in owned.values()
        for old in claims
        for new in claims
        for step in _step(old, new)
    ]
    found = set(steps)
    newest = set(steps)
    # 一段ずつ伸ばし、新しいものが出なくなるまで。last は伸びるたびに後の月になるので、必ず終わる
    while newest:
        newest = {
            longer for chain in newest for step in steps for longer in _longer(chain, step)
        } - found
        found |= newest
    return tuple(
        sorted(
            found, key=lambda each: (each.last, each.first, each.old, each.new, each.low, each.high)
        )
    )


def same_person(key: PersonKey, chains: Iterable[Succession]) -> tuple[PersonKey, ...]:
    """その人の、ほかの月の鍵（引きつぎの前と後）。なければ空。"""
    symbol, number, branch = key
    fitting = [each for each in chains if each.covers(number)]
    others = [each.new for each in fitting if each.old == symbol] + [
        each.old for each in fitting if each.new == symbol
    ]
    return tuple((other, number, branch) for other in dict.fromkeys(others) if other != symbol)


def _step(old: Claim, new: Claim) -> Iterator[Succession]:
    """同じ事業所（事業所のない人なら、同じ理由）の二つの記号が、続けて終わり、始まるなら、その引きつぎ。"""
    if old.last == date.max or new.first == date.min or old.entry.folded == new.entry.folded:
        return
    last_seen = Month.of(old.last)
    first_seen = Month.of(new.first)
    if old.last < last_seen.end:  # 月の途中で終われば、その月の断面には、もういない
        last_seen = last_seen.plus(-1)
    low = max(old.entry.bounds[0], new.entry.bounds[0])
    high = min(old.entry.bounds[1], new.entry.bounds[1])
    changed = last_seen.plus(1)
    # 続いているとは、新しい記号が、古い記号の最後の断面の月か、その次の月に始まること。一月あけば、引きつぎとはみなさない。
    # 次の断面に新しい記号がなければ、引きつぐ人もいない
    if first_seen in (last_seen, changed) and changed.end <= new.last and low <= high:
        yield Succession(old.entry.folded, new.entry.folded, low, high, changed, changed)


def _longer(chain: Succession, step: Succession) -> Iterator[Succession]:
    low = max(chain.low, step.low)
    high = min(chain.high, step.high)
    # 101→151→101 のように元に戻るものは、その人の鍵が変わらないので、つながない
    if chain.new == step.old and chain.last < step.first and chain.old != step.new and low <= high:
        yield replace(chain, new=step.new, low=low, high=high, last=step.last)
