"""しきい値：組合の方針（society.yaml の policy）から読む。下限より緩くはできない。"""

from math import lcm

MASK_FLOOR = 7  # これ以下の人数は、広く配る版に出さない
ROUND_FLOOR = 5
CHANGES_FLOOR = 3  # これより少ない人の変わり方では、見せた数を動かさない
EMPLOYER_MINIMUM_FLOOR = 8  # これより小さい事業所には、人数も率も見せない


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
    editions = (policy["wide"], policy["employer"])
    return lcm(wide_limits(policy)[0], employer_limits(policy)[0]), max(
        _at_least(one["min_changes"], CHANGES_FLOOR) for one in editions
    )


def _at_least(value: int, floor: int) -> int:
    if int(value) < floor:
        raise ValueError(f"しきい値は {floor} より緩くできません")
    return int(value)
