"""事業所のちらばり：それぞれの率のありうる両端と、全体の率のまわりに、偶然で散らばる限界。"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import pandas as pd

from mynalib.disclosure.levels import span
from mynalib.disclosure.released import Released
from mynalib.disclosure.society import TOTAL, rounded
from mynalib.disclosure.wide import OTHERS
from mynalib.insight.statistics import FUNNEL, funnel_limits

MANY_EMPLOYERS = 60  # これをこえたら、限界は決まった人数でだけ計る
FUNNEL_SIZES = (
    10,
    15,
    20,
    30,
    50,
    70,
    100,
    150,
    200,
    300,
    500,
    700,
    1000,
    2000,
    5000,
    20_000,
    100_000,
)
"""じょうご図の限界を計る人数。"""


@dataclass(frozen=True)
class Spread:
    """released は、その月の、見せた率の表。centre は全体の率（%。なければ None）。wide は概数版か（率は、幅のある水準）。"""

    released: Released
    centre: float | None
    wide: bool

    @cached_property
    def employers(self) -> pd.DataFrame:
        """この月の、率のある事業所。列は released のものと、low、high（率のありうる両端、%）。"""
        frame = self.released.frame
        each = frame[~frame.employer_id.isin([TOTAL, OTHERS]) & frame.rate.notna()]
        ends = [self._ends(row) for row in each.to_dict("records")]
        each = each.assign(low=[low for low, _ in ends], high=[high for _, high in ends])
        return each[each.members > 0].reset_index(drop=True)

    def _ends(self, row: Mapping) -> tuple[float, float]:
        if not self.wide:
            return float(row["rate"]), float(row["rate"])
        tolerance = 0 if row["bound"] else int(row["tolerance"])
        return span(int(row["rate"]), tolerance, row["bound"])

    @cached_property
    def funnel(self) -> list[tuple[int, float, float, float, float]]:
        """じょうご図の限界：人数と、95 % の下と上、99.8 % の下と上（%、小数一桁）。全体の率がなければ空。"""
        if self.centre is None or self.employers.empty:
            return []
        sizes = {int(size) for size in self.employers.members}
        # 曲線をなめらかに見せるための、間の人数。限界は人数ごとに飛び飛びなので、計らずに補わない
        inner = [size for size in FUNNEL_SIZES if min(sizes) < size < max(sizes)]
        # 二百の事業所の全てに点を打つとページが重く、線の形はほとんど変わらない
        shown = sizes if len(sizes) <= MANY_EMPLOYERS else {min(sizes), max(sizes)}
        there = self.limits_there
        return [(n, *(there.get(n) or self.limits(n))) for n in sorted({*shown, *inner})]

    @cached_property
    def limits_there(self) -> dict[int, tuple[float, ...]]:
        """事業所のある人数から、その人数での限界（limits）へ。全体の率がなければ空。"""
        if self.centre is None:
            return {}
        return {n: self.limits(n) for n in sorted({int(size) for size in self.employers.members})}

    def limits(self, members: int) -> tuple[float, ...]:
        """その人数の事業所の率の、95 % の下と上、99.8 % の下と上（%、小数一桁）。"""
        ends = [funnel_limits(members, self.centre / 100, level) for level in FUNNEL]
        # 率と同じに、人数の比から四捨五入する。80 人中 65 人（81.25 %）が、率では 81.3、限界では 81.2 とならないように
        counts = [round(end * members) for pair in ends for end in pair]
        return tuple(rounded(Fraction(100 * count, members), 1) for count in counts)

    @cached_property
    def beyond(self) -> int:
        """99.8 % の限界の外にある事業所の数。幅のある水準では、幅の全体が外にあるものだけ。"""
        if self.centre is None:
            return 0
        ends = [
            (row.low, row.high, *self.limits_there[int(row.members)][2:])
            for row in self.employers.itertuples()
        ]
        # 幅のある水準の一部が限界の中なら、外にあるとは言えない
        return sum(high < least or low > most for low, high, least, most in ends)
