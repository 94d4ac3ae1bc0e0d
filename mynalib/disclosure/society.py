"""組合全体の数：だれも除かず、本当の率を見せる。人数は丸め、増減は、見せた数どうしの差。

見せた率の差なので、上がったか下がったかが、本当と逆になることはない。例：173 人中 112 人（64.7 %）から 172 人中 110 人
（64.0 %）へは「65 % → 64 %、1 ポイント下がった」。丸めた人数の割り算では 63.6 % から 64.7 % へ上がったことになってしまう。
"""

from collections.abc import Mapping
from fractions import Fraction
from math import floor

import pandas as pd

from mynalib.disclosure.rounding import percent, to_multiple
from mynalib.disclosure.thresholds import LEAST, ONE_DECIMAL, POSSIBLE_VALUES, Thresholds

TOTAL = "TOTAL"
COUNTS = ["members", "registered", "usable", "unregistered", "lapsed"]
RATES = {"rate": "registered", "usable_rate": "usable"}
PART_LEAST = 30  # 本人と家族を分けて見せるのに、それぞれに要る人数
CHANGES = (
    "newly_registered",
    "cancelled",
    "joined_registered",
    "joined_unregistered",
    "left_registered",
    "left_unregistered",
)
"""前の月からの動き：登録した、解除された、登録済・未登録で加入した、登録済・未登録で脱退した人。"""
# 六つの動きを二つずつ、余さず分ける。だから三つのわけの計は、率の変化にちょうど等しい
_CAUSES = {"behaviour": CHANGES[:2], "joiners": CHANGES[2:4], "leavers": CHANGES[4:]}


def decimals_of(members: int) -> int:
    """率の小数の桁。"""
    return 1 if members >= ONE_DECIMAL else 0


def society_rows(total: pd.DataFrame, decimals: int, limits: Thresholds) -> pd.DataFrame:
    """組合全体の行。

    Args:
        total: 一行＝月（か、本人と家族のどちらか）。列 members, registered, usable, unregistered, lapsed（実数、人）。
        decimals: 率の小数の桁（decimals_of）。
    Returns:
        同じ行と、ほかの列。人数は round_to の倍数、rate と usable_rate は本当の率（%）。
    """
    rates = {
        name: percent(total[count], total.members, decimals).astype("Float64")
        for name, count in RATES.items()
    }
    return total.assign(
        **{name: to_multiple(total[name], limits.round_to) for name in COUNTS}, **rates
    )


def exact_rates(counts: pd.DataFrame) -> pd.DataFrame:
    """人数は実数のまま、率（%）を小数一桁で加える（健保の内部）。"""
    return counts.assign(
        **{name: percent(counts[count], counts.members, 1) for name, count in RATES.items()}
    )


def parts(counts: pd.DataFrame, decimals: int, limits: Thresholds) -> pd.DataFrame:
    """本人と家族。どちらかが少なければ、空。列は member_kind と、加入者、率。"""
    rows = society_rows(counts, decimals, limits)[["member_kind", "members", "rate", "usable_rate"]]
    # 片方だけを見せても、組合全体から引けばもう片方が分かる。だから両方とも見せない
    return rows[:0] if (counts.members < PART_LEAST).any() else rows


def shown_changes(sizes: Mapping[str, int], limits: Thresholds) -> dict[str, int | None]:
    """見せる動き（人）：round_to の倍数。五人に満たない動きは None。

    見せた数の引き算から、隠した動きが三通りより少ない値に絞れるときは、全て None。組合全体の人数は、正確に知られるとみなす。
    """
    shown = {
        name: int(to_multiple(pd.Series([sizes[name]]), limits.round_to)[0]) for name in CHANGES
    }
    # 五人に満たない動きは、0 人も隠す。0 だけを見せると、隠したものが 1〜4 人と分かる
    shown |= {name: None for name in CHANGES if sizes[name] < LEAST}
    return shown if _keeps_room(sizes, shown, limits.round_to) else dict.fromkeys(CHANGES)


def shown_causes(
    sizes: Mapping[str, int], before: Mapping[str, int], decimals: int
) -> pd.DataFrame:
    """率の変わったわけ（ポイント）。五人に満たない動きが作ったものは、見せない。

    Args:
        before: 前の月の members と registered。
    Returns:
        列 cause, points。見せないもの、割る人のいないときは欠ける。
    """
    rows = []
    for cause, size in exact_causes(sizes, before).items():
        hidden = sum(sizes[name] for name in _CAUSES[cause]) < LEAST
        rows.append((cause, None if hidden or size is None else rounded(size, decimals)))
    return pd.DataFrame(rows, columns=["cause", "points"]).astype({"points": "Float64"})


def exact_causes(sizes: Mapping[str, int], before: Mapping[str, int]) -> dict[str, Fraction | None]:
    """率の変わったわけ（ポイント、丸める前）：登録と解除、加入、脱退。三つの計は、率の変化にちょうど等しい。

    脱退は「残った人の前の率 − 全員の前の率」、登録と解除は「残った人の後の率 − 前の率」、加入は「全員の後の率 − 残った人の後の率」。
    例：100 人中 70 人から、未登録の 20 人が去り（+17.5）、残った 80 人のうち 4 人が登録し（+5.0）、未登録の 10 人が加わる
    （−10.3）と、90 人中 74 人、82.2 % になる。

    Args:
        sizes: 動き（人）。名は CHANGES。
        before: 前の月の members と registered（人）。
    Returns:
        _CAUSES の名から。割る人のいないときは None。
    """
    stayed = before["members"] - sizes["left_registered"] - sizes["left_unregistered"]
    was = before["registered"] - sizes["left_registered"]
    now = was + sizes["newly_registered"] - sizes["cancelled"]
    # 率を（登録者, 加入者）の組で持ち、割り算は一度だけ。丸めた率の差をとると、三つの計が合わなくなる
    after = (
        now + sizes["joined_registered"],
        stayed + sizes["joined_registered"] + sizes["joined_unregistered"],
    )
    ends = {"behaviour": ((now, stayed), (was, stayed))}
    ends |= {
        "joiners": (after, (now, stayed)),
        "leavers": ((was, stayed), (before["registered"], before["members"])),
    }
    return {cause: _points(*ends[cause]) for cause in _CAUSES}


def _points(after: tuple[int, int], before: tuple[int, int]) -> Fraction | None:
    """率の差（ポイント）。"""
    if not after[1] or not before[1]:
        return None
    return 100 * (Fraction(*after) - Fraction(*before))


def rounded(size: Fraction, decimals: int) -> float:
    """四捨五入（0 から遠いほうへ）で小数 decimals 桁。"""
    scale = 10**decimals
    # Python の round は偶数丸めなので使わない。正の数で丸めてから符号を戻すと、+0.5 と −0.5 が同じ大きさになる
    nearest = floor(abs(size) * scale + Fraction(1, 2)) / scale
    return nearest if size >= 0 or not nearest else -nearest


def _keeps_room(sizes: Mapping[str, int], shown: Mapping[str, int | None], base: int) -> bool:
    """隠した動きのどれにも、三通り以上が残るか。

    登録者の差 ＝ (登録 − 解除) ＋ (登録済の加入 − 脱退)、未登録者の差 ＝ −(登録 − 解除) ＋ (未登録の加入 − 脱退)。
    まん中の (登録 − 解除) を一つ決めれば、あとは二つずつの差になるので、ありうる値の両端は、そのまま正確に求まる。
    """
    # 例：登録 4、登録済の加入 4、ほかは 0 人（どれも隠れて 0〜4）。登録者の差は 8 と知られている。加入 − 脱退は −4〜4 なので、
    # 登録 − 解除は 4〜12、登録と解除だけからは −4〜4。両方に合うのは 4 だけで、登録 4、解除 0 と決まる。だから全て隠す
    box = {name: _range(shown[name], base) for name in CHANGES}
    new, gone, came, came_not, left, left_not = CHANGES
    net = sizes[new] - sizes[gone]
    registered = net + sizes[came] - sizes[left]
    unregistered = -net + sizes[came_not] - sizes[left_not]
    changed = _minus(box[new], box[gone])
    moved = _minus(box[came], box[left])
    moved_not = _minus(box[came_not], box[left_not])
    low = max(changed[0], registered - moved[1], moved_not[0] - unregistered)
    high = min(changed[1], registered - moved[0], moved_not[1] - unregistered)
    pairs = (
        (new, gone, (low, high)),
        (came, left, (registered - high, registered - low)),
        (came_not, left_not, (unregistered + low, unregistered + high)),
    )
    for plus, minus, difference in pairs:
        both = _given(box[plus], box[minus], difference)
        for name, ends in zip((plus, minus), both, strict=True):
            if shown[name] is None and _size(ends) < POSSIBLE_VALUES:
                return False
    return True


def _range(shown: int | None, base: int) -> tuple[int, int]:
    return (
        (0, LEAST - 1)
        if shown is None
        else (max(LEAST, shown - base // 2), shown + (base - 1) // 2)
    )


def _minus(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] - other[1], one[1] - other[0]


def _given(
    one: tuple[int, int], other: tuple[int, int], difference: tuple[int, int]
) -> tuple[tuple, tuple]:
    """二つの数の差が difference に入るときの、それぞれの両端。"""
    first = max(one[0], other[0] + difference[0]), min(one[1], other[1] + difference[1])
    second = max(other[0], one[0] - difference[1]), min(other[1], one[1] - difference[0])
    return first, second


def _size(ends: tuple[int, int]) -> int:
    return ends[1] - ends[0] + 1
