"""水準：一つの事業所の登録率を、登録者五人より細かくは分からない幅で見せる。

例：加入者 120 人、登録者 102 人（85.0 %）なら、刻みは 5 ポイント（6 人）。刻みの境目は事業所ごとに決まった秘密の分だけ
ずれているので、この人数は「99 人から 104 人」のような一つの区切りに入り、その真ん中に近い 5 の倍数で「約 85 %（±5）」と見せる。

端の区切りは、「何 % 以上」「何 % 以下」で見せる：30 人で 26 人以上が登録していれば「85 % 以上」。ありうる登録者の数は
26・27・28・29・30 の五通りで、全員が登録したときも、そこから動かない。

水準は、定めてから min_changes 人が加わるか去るか登録の状態を変えるまで、動かない。一人の動きは、月を引き算しても分からない。
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, sqrt

from mynalib.disclosure.thresholds import LEAST, Thresholds

LEVEL_STEPS = ((500, 1), (250, 2), (100, 5), (50, 10), (25, 20), (20, 25))
"""（加入者がこれ以上なら, 刻みのポイント）。どの刻みも、五人以上にあたる：500 × 1 % ＝ 5、100 × 5 % ＝ 5、20 × 25 % ＝ 5。"""
WIDER = 10  # 攻撃に耐えるために広げるときの、刻みの下限（ポイント）
COMPARED_MONTHS = 3  # 高い・低いというのに、続かなければならない月の数
AT_LEAST = "以上"
AT_MOST = "以下"


@dataclass(frozen=True)
class Level:
    """見せる水準と、それを定めたときのこと。

    value 水準（%）、tolerance その幅（±ポイント。bound のあるときは 0）、bound ''・以上・以下、since 定めた月。
    low, high 定めたときにありえた登録者の数の両端（人）。健保の外には出さない。
    """

    value: int
    tolerance: int
    bound: str
    since: str
    low: int
    high: int

    @property
    def text(self) -> str:
        """「約 80 %（±5）」か「85 % 以上」。"""
        return (
            f"{self.value} % {self.bound}"
            if self.bound
            else f"約 {self.value} %（±{self.tolerance}）"
        )

    def holds_for(self, members: int, registered: int) -> bool:
        """定めた月の人数が、取り込み直してこう変わっても、まだ合うか。"""
        lowest, highest = span(self.value, self.tolerance, self.bound)
        within = lowest * members <= 100 * registered <= highest * members
        return within and self.low <= registered <= self.high

    def possible(self, members: int, month: str, limits: Thresholds) -> tuple[int, int]:
        """その月にありうる登録者の数の両端。定めてから変わった人は、min_changes 人に満たない。"""
        if month == self.since:
            return self.low, self.high
        # 一人が変わると、登録者は多くて一人動く。min_changes が 5 なら、四人まで変わったかもしれないので、両端を四つずつ広げる
        slack = limits.min_changes - 1
        return max(0, self.low - slack), min(members, self.high + slack)


def shift_of(key: bytes, employer: str) -> Fraction:
    """その事業所の境目のずれ。刻みの −1/2 以上 1/2 未満。組合の秘密の鍵からいつも同じものが決まり、鍵なしには分からない。"""
    digest = hmac.new(key, f"level:{employer}".encode(), hashlib.sha256).digest()
    return Fraction(int.from_bytes(digest[:4], "big"), 2**32) - Fraction(1, 2)


def next_level(  # noqa: PLR0913, PLR0917 水準を決めるものの全て
    before: Level | None,
    members: int,
    registered: int,
    changed: int,
    shift: Fraction,
    month: str,
    limits: Thresholds,
) -> Level | None:
    """その月に見せる水準。

    Args:
        before: 前の月に見せた水準。なければ None。
        changed: before を定めた月から、加わったか、去ったか、登録の状態を変えた人（人）。
    Returns:
        加入者が少ないときは None。
    """
    if members < limits.employer_minimum:
        return None
    # 水準を定めたときの幅から率が出ても、まだ動かさない。動かすと、そこで変わった一人のことが分かる
    if before and changed < limits.min_changes:
        return before
    return settle_level(members, registered, shift, month, limits)


def settle_level(
    members: int,
    registered: int,
    shift: Fraction,
    month: str,
    limits: Thresholds,
    *,
    wider: bool = False,
) -> Level:
    """いまの人数から、水準を新しく定める。wider なら、刻みを広げる（攻撃に耐えるため）。"""
    edge = _edge(members, limits.mask_up_to)
    grain = _grain(members)
    if members - registered <= edge:
        # 切り捨てる：30 人で 26 人以上（86.7 %）は「85 % 以上」。切り上げると、26 人のときに本当でない
        value = 100 * (members - edge) // members // grain * grain
        return Level(value, 0, AT_LEAST, month, members - edge, members)
    if registered <= edge:
        # 「以下」は切り上げる：30 人で 4 人以下（13.3 %）は「15 % 以下」
        value = ceil(Fraction(100 * edge, members) / grain) * grain
        return Level(value, 0, AT_MOST, month, 0, edge)
    step = max(WIDER, 2 * step_of(members)) if wider else step_of(members)
    low, high, index = _cell(members, registered, step, shift, edge)
    # 切れはしを取りこんだ区切りは、番号 × 刻みが真ん中から外れる。人数の真ん中から決める
    if index is None:
        index = floor(Fraction(100 * (low + high), 2 * members) / step + Fraction(1, 2))
    value = max(0, min(100 // step, index)) * step
    return Level(value, _tolerance(low, high, members, value, step), "", month, low, high)


def step_of(members: int) -> int:
    """刻み（ポイント）。"""
    return next(step for least, step in LEVEL_STEPS if members >= least)


def _grain(members: int) -> int:
    """「何 % 以上」の % を、何の倍数にするか。"""
    return 1 if members >= LEVEL_STEPS[0][0] else 5


def _edge(members: int, mask_up_to: int) -> int:
    """端の区切りに入る、未登録者（または登録者）の最大の数。

    五通りが残る、いちばん高い % の倍数まで。30 人なら 85 %：26 人以上なので、未登録者は 4 人まで。
    """
    grain = _grain(members)
    highest = 100 * (members - (LEAST - 1)) // members // grain * grain
    return min(mask_up_to, members - ceil(Fraction(highest * members, 100)))


def _cell(
    members: int, registered: int, step: int, shift: Fraction, edge: int
) -> tuple[int, int, int | None]:
    """端でない区切りの両端（人）と、その番号。端との間に残る、五通りに満たない切れはしは、となりの区切りに入れる（番号は None）。

    番号は率だけで決まるので、番号 × 刻みを水準にすれば、人数の端数のために、率が上がったのに水準が下がることはない。
    """
    # 例：120 人、刻み 5 ポイント（6 人）、ずれ 0、端は 6 人ずつ。境目は … 93、99、105、111 で、端でないのは 7 人から 113 人。
    # 102 人は、そのままの区切り 99〜104 に入り、番号は 17（17 × 5 ＝ 85 %）。
    # 境目の 111 は、113 までに三通りしか残さないので捨てる。だから 107 人も 112 人も、105〜113 に入り、番号はない
    lowest = edge + 1
    highest = members - edge - 1

    def cut(index: int) -> int:
        """index 番目の境目：ここから上の登録者の数が、次の区切りに入る。"""
        return ceil(Fraction(members, 100) * step * (index - Fraction(1, 2) + shift))

    index = floor(Fraction(100 * registered, members) / step - shift + Fraction(1, 2))
    # 自分の区切りの境目（index と index + 1）が捨てられたときのために、一つずつ外も見る：112 人の下の境目は 111 でなく 105
    cuts = [cut(number) for number in range(index - 1, index + 3)]
    kept = [one for one in cuts if one - lowest >= LEAST and highest - one + 1 >= LEAST]
    below = [one for one in kept if one <= registered]
    above = [one for one in kept if one > registered]
    whole = cut(index) in below and cut(index + 1) in above
    return max(below, default=lowest), min(above, default=highest + 1) - 1, index if whole else None


def _tolerance(low: int, high: int, members: int, value: int, step: int) -> int:
    """水準から、ありうる率の端までのポイント。刻みより小さくは言わない。"""
    farthest = max(abs(Fraction(100 * count, members) - value) for count in (low, high))
    return max(step, ceil(farthest))


def span(value: int, tolerance: int, bound: str) -> tuple[int, int]:
    """水準の幅の両端（%）。0 から 100 をこえない。"""
    if bound:
        return (value, 100) if bound == AT_LEAST else (0, value)
    return max(0, value - tolerance), min(100, value + tolerance)


def compared(levels: Sequence[Level | None], members: int, rate: float) -> str:
    """組合全体の率 rate（%）と比べた言葉：'higher'、'lower'、'alike'。

    三か月続けて、水準の幅が、偶然の差（率が rate のとき、members 人に二十に一つ起こる幅）をこえて同じ側にあるときだけ、高い・低いと
    いう。水準のない月があれば ''。
    """
    if len(levels) < COMPARED_MONTHS or not all(levels):
        return ""
    ends = [span(level.value, level.tolerance, level.bound) for level in levels if level]
    # 率のポイントでの標準偏差 √(p(100 − p)/n) の 1.96 倍。75 %、400 人なら 4.2 ポイント、30 人なら 15.5 ポイント
    chance = 1.96 * sqrt(rate * (100 - rate) / members)
    if all(low > rate + chance for low, _ in ends):
        return "higher"
    return "lower" if all(high < rate - chance for _, high in ends) else "alike"


def from_row(row: Mapping) -> Level | None:
    """保存した一行（level, tolerance, bound, since, low, high）から。水準のない行では None。"""
    # 保存した表では、水準のない行が NaN になる。NaN は、自分とも等しくない
    if row["level"] is None or row["level"] != row["level"]:
        return None
    numbers = (int(row[name]) for name in ("level", "tolerance"))
    return Level(*numbers, str(row["bound"]), str(row["since"]), int(row["low"]), int(row["high"]))
