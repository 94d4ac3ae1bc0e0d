"""統計：率の幅、事業所どうしの比べ方、月ごとの人の動きの見分け方、目標までの歩み。計算は SciPy がする。

ここに来るのは人数と率だけで、だれに見せるかは知らない。scipy.stats は、読むだけで 0.4 秒かかるので、使うときに読む（仕事のサーバーは、先に読む）。
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, sqrt
from types import ModuleType

import numpy as np

from mynalib.domain.months import Month

FUNNEL = (0.95, 0.998)
"""じょうご図の二つの限界。どの事業所も同じ率なら、外に出るのは 20 に一つと、500 に一つ。"""
XMR_LEAST = 13  # 管理図を描くのに要る月の数
XMR_WIDTH = 2.66  # 3 ÷ 1.128（二つの値の範囲の、平均と標準偏差の比）
RANGE_LIMIT = 3.267  # これより大きい移動範囲は、限界の計算から除く
RUN = 7  # 続けば、偶然とは言えない月の数
PACE_MONTHS = 6  # いまの歩みを見る月の数
FARTHEST = 240  # 届く月を言う限り（月）


def _stats() -> ModuleType:
    from scipy import stats

    return stats


def wilson(successes: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """割合の信頼区間（0 から 1）。n が 0 なら、分からない（0 から 1 まで）。

    例：10 人中 10 人なら 0.722 から 1.000。全員でも、幅は 0 にならない。
    Source: Wilson (1927) JASA 22, 209–212。小さな n と、0・1 に近い割合でも成り立つ（Brown, Cai, DasGupta 2001）。
    """
    if n == 0:
        return 0.0, 1.0
    # ふつうの ±1.96 標準偏差では、10 人中 10 人の幅が 0 になり、百にも千にも見える
    found = _stats().binomtest(successes, n).proportion_ci(level, method="wilson")
    return float(found.low), float(found.high)


def funnel_limits(n: int, centre: float, level: float) -> tuple[float, float]:
    """n 人の事業所の率（0 から 1）が、全体の率 centre のもとで、level の確かさで入る限界。

    限界より外の率は、その側に偶然で出ることが (1 − level) ÷ 2 に満たない。人数は飛び飛びなので、間を補わない（補うと、3 人中 3 人が
    偶然の外になる）。例：n = 100、centre = 0.2、95 % なら 0.12 から 0.28。
    Source: Spiegelhalter (2005) Statistics in Medicine 24, 1185–1202（二項分布の正確な限界）。
    """
    if n == 0:
        return 0.0, 1.0
    tail = (1 - level) / 2
    # 例：centre が 0.7 なら、3 人では 0 から 1（何人でも偶然）、30 人では 99.8 % で 0.43 から 0.93
    low, high = _stats().binom.ppf([tail, 1 - tail], n, centre) / n
    return float(low), float(high)


@dataclass(frozen=True)
class Xmr:
    """XmR 管理図（個々の値と移動範囲）。単位は、渡した値のもの。

    mean 平均、low と high 限界。signals は値ごとに、偶然ではないと見るわけ（'outside' 限界の外、'near' 三つのうち二つが限界の近く、
    'side' 平均の同じ側に七つ、'trend' 七つ続けて上がるか下がる。なければ ''）。
    """

    mean: float
    low: float
    high: float
    signals: tuple[str, ...]


def xmr(values: Sequence[float]) -> Xmr | None:
    """月ごとの人の動き（人）の管理図。月が足りなければ None。登り続ける率には使わない。

    限界は、平均 ± 2.66 × 平均の移動範囲。平均の 3.267 倍をこえる移動範囲は、一度だけ除いて計り直す。
    Source: Wheeler, Understanding Variation (1993)。除き方と規則は NHS の Making data count（NHSRplotthedots）と同じ。
    """
    if len(values) < XMR_LEAST:
        return None
    series = np.asarray(values, dtype=float)
    ranges = np.abs(np.diff(series))
    # 一度の大きな動き（四月など）が限界を広げ、その後の動きを隠さないように。くり返して除くと、限界が狭くなりすぎる
    kept = ranges[ranges <= RANGE_LIMIT * ranges.mean()]
    mean = float(series.mean())
    width = XMR_WIDTH * float(kept.mean())
    return Xmr(mean, mean - width, mean + width, tuple(_signals(series, mean, width)))


def _signals(series: np.ndarray, mean: float, width: float) -> list[str]:
    """規則は、Xmr に書いた順に、先に当てはまったもの。続きの規則では、続きの全ての月に付く。"""
    found = [""] * len(series)
    # あとに書いた規則が勝つ。いちばん強いしるし（限界の外）を、終わりに
    for name, places in (
        ("trend", _runs(np.sign(np.diff(series)), RUN - 1, extra=1)),
        ("side", _runs(np.sign(series - mean), RUN)),
        ("near", _near(series, mean, width)),
        ("outside", set(np.flatnonzero(np.abs(series - mean) > width))),
    ):
        for place in places:
            found[place] = name
    return found


def _runs(signs: np.ndarray, least: int, extra: int = 0) -> set[int]:
    """同じ符号（0 ではない）が least 以上続くところ。extra は、続きのあとに足す番号の数（差の列から、値の列へ）。"""
    places: set[int] = set()
    start = 0
    # 例：least が 3 で、符号が + + + − − なら、0、1、2 番。extra が 1 なら、差の両側の値の 0〜3 番
    for at in range(1, len(signs) + 1):
        if at == len(signs) or signs[at] != signs[start]:
            if signs[start] != 0 and at - start >= least:
                places |= {*range(start, at + extra)}
            start = at
    return places


def _near(series: np.ndarray, mean: float, width: float) -> set[int]:
    """続く三つのうち二つ以上が、同じ側の、限界まで三分の一のところより外にあるとき、その外のもの。"""
    places: set[int] = set()
    for side in (1, -1):
        # 例：平均 0、幅 3 で、値が 2.5、0、2.2 なら、2 をこえる一つめと三つめ
        far = side * (series - mean) > width * 2 / 3
        for at in range(len(series) - 2):
            window = range(at, at + 3)
            outer = [place for place in window if far[place]]
            if len(outer) >= 2:  # noqa: PLR2004 三つのうち二つ
                places |= {*outer}
    return places


@dataclass(frozen=True)
class Pace:
    """目標までの歩み。人数は人、歩みは一か月あたりの登録者の増え方（人）。

    short あと何人（加入者の数が今のままとして。0 以下なら届いている）、months 残りの月数、needed 一か月に要る歩み、
    now いまの歩み（近ごろ六か月の平均）、low と high その 95 % の幅。reached は、いまの歩みで届く月（届かないか、動きが足りなければ None）。
    """

    short: int
    months: int
    needed: float | None
    now: float | None
    low: float | None
    high: float | None
    reached: Month | None

    @property
    def verdict(self) -> str:
        """'reached' 届いた、'missed' その月を過ぎた、'unknown' 歩みが分からない、'ahead' 届く歩み、'behind' 届かない歩み、'unsure' どちらとも言えない。"""
        if self.short <= 0:
            return "reached"
        if self.months <= 0:
            return "missed"
        if self.now is None or self.needed is None:
            return "unknown"
        if self.low is not None and self.low >= self.needed:
            return "ahead"
        return "behind" if self.high is not None and self.high < self.needed else "unsure"


def pace(
    month: Month,
    members: int,
    registered: int,
    target_month: Month,
    target: float,
    gains: Sequence[float | None],
) -> Pace:
    """目標までの歩み。

    Args:
        target: 目標の率（%）。
        gains: 月ごとの、登録者の増え方（人。古い順。ファイルのない月は None）。終わりの六つを使い、一つでも欠ければ、歩みは分からない。
    """
    # 切り上げる。例：100 人の 75 % は 75 人で、いま 64 人なら、あと 11 人、三か月なら月に 3.7 人
    wanted = -floor(-round(target * members, 6) / 100)
    short = wanted - registered
    months = target_month.minus(month)
    needed = short / months if months > 0 and short > 0 else None
    recent = list(gains)[-PACE_MONTHS:]
    if len(recent) < PACE_MONTHS or any(gain is None for gain in recent):
        return Pace(short, months, needed, None, None, None, None)
    series = np.asarray(recent, dtype=float)
    now = float(series.mean())
    # 六つの値の平均の幅なので、正規分布（1.96）ではなく、自由度 5 の t（2.57）
    half = float(_stats().t.ppf(0.975, len(series) - 1) * series.std(ddof=1) / sqrt(len(series)))
    reached = None
    # 二十年（240 か月）より先は、いまの歩みから言えることではない
    if short > 0 and now > 0 and short / now <= FARTHEST:
        reached = month.plus(-floor(-short / now))
    return Pace(short, months, needed, now, now - half, now + half, reached)


def by_chance(successes: int, n: int, others: int, of: int) -> float:
    """二つの割合（successes / n と others / of）が、本当は同じでも、これより離れて見える確率。小さければ、偶然とは言いにくい。

    例：8 人中 1 人と 10 人中 9 人なら 0.0029。Source: Fisher の正確な検定（両側）。小さな人数でも成り立つ。
    """
    table = [[successes, n - successes], [others, of - others]]
    return float(_stats().fisher_exact(table).pvalue)
