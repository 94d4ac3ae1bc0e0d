"""まとめ：小さな事業所を、広く配る版で一つの行「ほかの n 事業所」にする。

一つの事業所の数が、引き算で分からないように：

- まとめた行には、四つ以上の事業所と wide_minimum 人以上が要り、どの一つも六割をこえない。足りなければ、次に小さい事業所も入れる。
- 例：{12, 59,990} の二事業所では、まとめようがないので、事業所の行は一つも見せず、組合全体だけにする。
- 自分の行のある事業所が、出入りするときは、ほかに三つ以上がとどまる。前の月の行と比べても、出入りした一つの数は分からない。
"""

from collections.abc import Collection, Mapping

from mynalib.disclosure.thresholds import MERGED_EMPLOYERS, MERGED_SHARE, MERGED_STAYING, Thresholds

Merged = frozenset[str]


def merged_employers(
    members: Mapping[str, int],
    before: Collection[str],
    limits: Thresholds,
    forced: Collection[str] = (),
) -> Merged | None:
    """まとめる事業所。まとめるものがなければ空、まとめようがなければ None（組合全体だけを見せる）。

    Args:
        members: 事業所（KENPO と NOEMPLOYER も）から加入者へ。
        before: 前の月にまとめた事業所。
        forced: 攻撃に耐えるために、まとめるもの。
    """
    small = {
        employer for employer in members if _is_small(members[employer], employer in before, limits)
    }
    small |= set(forced)
    # 人のいない事業所だけなら、隠す数がない。まとめる相手を探さない
    if not any(members[employer] for employer in small):
        return frozenset(small)
    # 例：A 400、F 300、B 100、E 40、C 29、D 3。小さいのは C と D。二つでは足りず、E を入れて三つ、B を入れて四つ（172 人、
    # いちばん大きい B が 58 %）になり、{B, C, D, E}。同じ人数なら番号の順にして、同じ月からは、いつも同じまとめにする
    by_size = sorted(set(members) - small, key=lambda employer: (members[employer], employer))
    for _ in range(len(by_size) + 1):
        if _is_enough(small, members, limits) and _keeps_enough(small, before, members):
            # 全ての事業所をまとめた行は、組合全体の行と同じ。何もまとめないのと変わらない
            return frozenset(small) if by_size else None
        if not by_size:
            return None
        small.add(by_size.pop(0))
    return None


def _is_small(members: int, was_merged: bool, limits: Thresholds) -> bool:
    # 30 人の前後を行き来する事業所が、毎月出入りして引き算の手がかりにならないように、出るときは 36 人をこえてから
    return members <= limits.leaves_above if was_merged else members < limits.wide_minimum


def _is_enough(merged: Collection[str], members: Mapping[str, int], limits: Thresholds) -> bool:
    # 人のいない事業所は、だれも隠さないので数えない
    sizes = [members[employer] for employer in merged if members[employer]]
    whole = sum(sizes)
    enough = len(sizes) >= MERGED_EMPLOYERS and whole >= limits.wide_minimum
    return enough and 100 * max(sizes) <= MERGED_SHARE * whole


def _keeps_enough(
    merged: Collection[str], before: Collection[str], members: Mapping[str, int]
) -> bool:
    """出入りがあるとき、三つ以上の事業所が、前からの行にとどまるか。"""
    staying = [employer for employer in merged if employer in before and members[employer]]
    # この月にいない事業所は、出入りに数えない。前にもあとにも自分の行を見せないので、引き算の相手がない
    changed = set(merged) ^ {employer for employer in before if employer in members}
    return not before or not changed or len(staying) >= MERGED_STAYING
