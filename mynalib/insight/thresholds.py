"""しきい値：組合の方針（society.yaml の policy）から読む。下限より緩くはできない。"""

from dataclasses import dataclass
from math import lcm

MASK_FLOOR = 7  # これ以下の人数は、広く配る版に出さない
ROUND_FLOOR = 5
CHANGES_FLOOR = 3  # これより少ない人の変わり方では、見せた数を動かさない
POSSIBLE_VALUES = 3  # 伏せた数に、少なくともこれだけの可能性を残す
EMPLOYER_MINIMUM_FLOOR = 8  # これより小さい事業所には、人数も率も見せない


@dataclass(frozen=True)
class Rule:
    """広く配る版の規則：丸めの単位、伏せる上限、動く単位、見せた数の元が本当の数から離れうる人数。"""

    base: int
    limit: int
    step: int
    slack: int


def wide_limits(policy: dict) -> tuple[int, int]:
    """広く配る版の、丸めの単位と、伏せる上限。単位が大きいときは、丸めて 0 や全員になる数も伏せる。"""
    base = _at_least(policy["wide"]["round_to"], ROUND_FLOOR)
    return base, max(_at_least(policy["wide"]["mask_up_to"], MASK_FLOOR), base)


def employer_limits(policy: dict) -> tuple[int, int]:
    """事業所の版の、丸めの単位と、見せてよい最小の人数。実数（単位 1）は、組合がそう決めたときだけ。"""
    own = policy["employer"]
    base = 1 if own["counts"] == "exact" else _at_least(own["round_to"], ROUND_FLOOR)
    return base, _at_least(own["minimum_members"], EMPLOYER_MINIMUM_FLOOR)


def steady_limits(policy: dict) -> tuple[int, int]:
    """動かしにくい数の、動く単位と、動かすのに要る人数。二つの版を同じ元から作るので、厳しいほうに合わせる。"""
    least = max(_at_least(policy[edition]["min_changes"], CHANGES_FLOOR) for edition in ("wide", "employer"))
    return lcm(wide_limits(policy)[0], employer_limits(policy)[0]), least


def wide_rule(policy: dict) -> Rule:
    """広く配る版の規則。読み手も、これを知っている。"""
    (base, limit), (step, least) = wide_limits(policy), steady_limits(policy)
    return Rule(base, limit, step, max(least - 1, step // 2))


def _at_least(value: int, floor: int) -> int:
    if int(value) < floor:
        raise ValueError(f"しきい値は {floor} より緩くできません")
    return int(value)
