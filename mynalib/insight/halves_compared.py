"""くじの統計：偶然に分けた二つの半分の、割合の差と、その 95 % の幅。世帯のまとまりと、事業所ごとに分けたことを、勘定に入れる。

何を、いつ、どうくらべるかは、結果を見る前に、ここに決めてある。計算は NumPy がする。
"""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
import pandas as pd

ALPHA = 0.05
"""両側の危険率。"""
POWER = 0.80
"""見つけたい確かさ。"""
HOMES_LEAST = 10
"""一つの層の、どちらの半分にも要る世帯。満たない層は、合わせて一つにする。"""
EVENTS_LEAST = 10
"""したか、しなかった人が、合わせてこれより少なければ、くらべない（正規分布の幅が、当てにならない）。"""
HOMES_OF_A_SPREAD = 2  # これより少なければ、ばらつきは計れない
_Z = NormalDist().inv_cdf(1 - ALPHA / 2)
# 1.96 ＋ 0.84 ＝ 2.80：標準誤差のこれだけの倍の差なら、五回に四回は見つかる
_REACH = _Z + NormalDist().inv_cdf(POWER)


@dataclass(frozen=True)
class Difference:
    """二つの半分の差。人と世帯は、（前の半分, 後の半分）の数。率と差は 0 から 1。

    difference は、前の半分の率から後の半分の率を引いた差、low と high はその 95 % の幅、visible は、80 % の確かさで見える、いちばん小さな差。
    """

    homes: tuple[int, int]
    people: tuple[int, int]
    acted: tuple[int, int]
    difference: float
    low: float
    high: float
    visible: float

    @property
    def differs(self) -> bool:
        """差がある、と言えるか。"""
        return self.low > 0 or self.high < 0


def compare(homes: pd.DataFrame) -> Difference | None:
    """二つの半分をくらべる。くじで分けたとおりに（知らせが届いたかは、問わない）。人が少なすぎれば None。

    差は、層（事業所と、分けた月）ごとの率の差を、層の人数で重みをつけて合わせたもの（重みは、二つの半分の人数の積÷和。Mantel–Haenszel）。
    ばらつきは、世帯を一つのまとまりとして、層ごと、半分ごとに計る（比推定の線形化）。

    例：前の半分が 3 世帯（人, した人）= (1,1) (2,0) (1,0)、後の半分が (1,0) (2,1) (1,0) なら、率はどちらも 4 人中 1 人で、差は 0。前の半分の
    ばらつきは、世帯ごとの 0.75、−0.5、−0.25 の二乗の和 0.875 に 3÷2 をかけ、人数の二乗 16 で割った 0.082。

    Args:
        homes: 一行＝一世帯。列 stratum（層）, first（前の半分か）, people, acted（人）。
    Source: Donner & Klar (2000) Design and Analysis of Cluster Randomization Trials、Cochran (1977) Sampling Techniques 6 章。
    """
    acted = int(homes.acted.sum())
    people = int(homes.people.sum())
    if min(acted, people - acted) < EVENTS_LEAST:
        return None
    # くじのとおりに分ける。知らせが届いた世帯だけを前の半分とすると、届きやすい世帯どうしをくらべることになる
    side = homes["first"].to_numpy(dtype=bool)
    strata = _strata(pd.factorize(homes.stratum)[0], side)
    first, second = (_Half.of(homes[at], strata[at], int(strata.max()) + 1) for at in (side, ~side))
    # 層を全て合わせても、どちらかの半分に二世帯ないなら、ばらつきが計れない
    if min(first.homes.min(), second.homes.min()) < HOMES_OF_A_SPREAD:
        return None
    # 例：10 人と 10 人の層は 5、30 人と 30 人の層は 15 なので、重みは 0.25 と 0.75
    weight = first.people * second.people / (first.people + second.people)
    weight /= weight.sum()
    difference = float(weight @ (first.rate - second.rate))
    error = sqrt(float(weight**2 @ (first.variance + second.variance)))
    return Difference(
        homes=(int(first.homes.sum()), int(second.homes.sum())),
        people=(int(first.people.sum()), int(second.people.sum())),
        acted=(int(first.acted.sum()), int(second.acted.sum())),
        difference=difference,
        low=difference - _Z * error,
        high=difference + _Z * error,
        visible=_REACH * error,
    )


@dataclass(frozen=True)
class _Half:
    """一つの半分の、層ごとの世帯、人、した人の数と、率のばらつき。"""

    homes: np.ndarray
    people: np.ndarray
    acted: np.ndarray
    variance: np.ndarray

    @classmethod
    def of(cls, table: pd.DataFrame, strata: np.ndarray, size: int) -> "_Half":
        """strata は、一世帯ずつの層（0 から size − 1）。世帯のない層があれば、その homes は 0。"""
        people = table.people.to_numpy(dtype=float)
        acted = table.acted.to_numpy(dtype=float)
        homes = np.bincount(strata, minlength=size)
        all_people = np.bincount(strata, people, size)
        all_acted = np.bincount(strata, acted, size)
        # 世帯が 0 か 1 の層は NaN になる。compare が先に、世帯の数で断る
        with np.errstate(divide="ignore", invalid="ignore"):
            off = acted - (all_acted / all_people)[strata] * people
            spread = homes / (homes - 1) * np.bincount(strata, off**2, size)
            return cls(homes, all_people, all_acted, spread / all_people**2)

    @property
    def rate(self) -> np.ndarray:
        return self.acted / self.people


def _strata(stratum: np.ndarray, side: np.ndarray) -> np.ndarray:
    """くらべる層。どちらかの半分の世帯が足りない層は、合わせて一つにし、それでも足りなければ、次に小さい層も合わせる。

    例：世帯が（前 3、後 4）（前 5、後 4）（前 40、後 41）の三つの層なら、はじめの二つを合わせた（前 8、後 8）も足りないので、三つとも一つになる。
    """
    size = int(stratum.max()) + 1
    homes = np.array([np.bincount(stratum[side == one], minlength=size) for one in (True, False)])
    order = np.argsort(homes.min(axis=0), kind="stable")
    small = int((homes.min(axis=0) < HOMES_LEAST).sum())
    if not small:
        return stratum
    enough = homes[:, order].cumsum(axis=1).min(axis=0) >= HOMES_LEAST
    # 足りない層は必ず合わせる。合わせてもまだ足りなければ、小さい順に足りるまで
    merged = max(small, int(enough.argmax()) + 1 if enough.any() else size)
    place = np.empty(size, dtype=int)
    # 合わせた層が 0 番、残りが 1 番から
    place[order] = np.maximum(0, np.arange(size) - merged + 1)
    return place[stratum]


def design_effect(homes: pd.DataFrame) -> float:
    """世帯のまとまりの係数：世帯のばらつきが、一人ずつばらばらのときの何倍か（1 より小さければ 1）。

    Args:
        homes: 一行＝一世帯。列 people, acted（人）。どちらの人もいること。
    """
    people = homes.people.sum()
    acted = homes.acted.sum()
    n = len(homes)
    rate = acted / people
    spread = float(((homes.acted - rate * homes.people) ** 2).sum())
    # 例：二人の世帯が千あり、どの世帯も二人とも同じことをすれば、2.00（二千人が千人分の手がかりにしかならない）
    return max(1.0, n / (n - 1) * spread / (people * rate * (1 - rate)))


def chance_to_see(people: int, rate: float, more: float, design: float) -> float:
    """people 人を半分ずつに分けたとき、率 rate が more だけ上がることを見分ける確かさ（0 から 1。両側 5 %）。"""
    raised = min(1.0, rate + more)
    # 例：2,854 人、3.1 %、係数 1.12 なら、1.4 ポイントの上がりを見分ける確かさは 46 %、80 % の確かさで見えるのは 2.2 ポイントから
    error = sqrt(design * (rate * (1 - rate) + raised * (1 - raised)) / (people / 2))
    return NormalDist().cdf((raised - rate) / error - _Z)


def smallest_visible(people: int, rate: float, design: float) -> float | None:
    """80 % の確かさで見分けられる、いちばん小さな上がり方（0 から 1）。どれだけ上がっても見分けられなければ None。"""
    from scipy import optimize  # 読みこみは、要るときだけ

    most = 1 - rate

    def short(more: float) -> float:
        return chance_to_see(people, rate, more, design) - POWER

    return float(optimize.brentq(short, 1e-6, most)) if short(most) > 0 else None
