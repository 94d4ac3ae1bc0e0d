"""図の軸：plotly の layout の一つの軸を、値から画素への写しと、目盛りにする。"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

MOST_LABELS = 9  # 横に並べる月の名の数
NICE_STEPS = (1, 2, 5, 10)
WHOLE_PEOPLE = ",d"  # 人数の軸の書き方（plotly の tickformat）
PADDING = 0.06  # 範囲の決まっていない軸の、両端の余り


@dataclass(frozen=True)
class Scale:
    """一つの軸。low から high までを、画素の start から stop へ写す。

    kind は category、log、linear。category の位置は、はじめの名が 0。log の low と high は、常用対数。
    """

    kind: str
    low: float
    high: float
    start: float
    stop: float
    names: tuple[str, ...]
    layout: Mapping

    @property
    def unit(self) -> float:
        """値の 1（category なら、一つの名）の画素。"""
        return abs(self.stop - self.start) / (self.high - self.low)

    def at(self, value: object) -> float:
        """値の画素。"""
        # 例：8、9、10 月の軸（0〜300 画素）は -0.5 から 2.5 まで。9 月の位置は 1 で、(1 + 0.5) ÷ 3 × 300 = 150。
        # 縦の軸は start が下（300）、stop が上（0）なので、0〜100 の 25 は 225
        place = self._place(value)
        return self.start + (place - self.low) / (self.high - self.low) * (self.stop - self.start)

    def _place(self, value: object) -> float:
        if self.kind == "category":
            return self.names.index(value) if isinstance(value, str) else float(value)
        return math.log10(value) if self.kind == "log" else float(value)

    def ticks(self) -> list[tuple[float, str]]:
        """目盛りの画素と文字。"""
        values = self.layout.get("tickvals") or self._tick_values()
        texts = self.layout.get("ticktext") or [self._text(value) for value in values]
        pairs = zip(values, texts, strict=False)
        return [(self.at(value), str(text)) for value, text in pairs if self._shows(value)]

    def _shows(self, value: object) -> bool:
        if self.kind == "category" and isinstance(value, str):
            return value in self.names
        return self.low - 1e-9 <= self._place(value) <= self.high + 1e-9

    def _tick_values(self) -> Sequence:
        if self.kind == "category":
            most = self.layout.get("nticks") or MOST_LABELS
            each = math.ceil(len(self.names) / most) if self.start < self.stop else 1
            # おわりから数える。23 か月なら三つおきに 2、5、…、20、23 番め。いちばん新しい月は、必ず出る
            return self.names[::-1][::each][::-1]
        if self.kind == "log":
            return [10**power for power in range(math.ceil(self.low), math.floor(self.high) + 1)]
        step = self.layout.get("dtick") or _nice_step(self.high - self.low)
        # 人数に 0.5 人の目盛りはない。丸めて書くと、同じ数が二度並ぶ
        step = max(step, 1) if self.layout.get("tickformat") == WHOLE_PEOPLE else step
        # 1e-9：0.6 ÷ 0.2 が 2.9999… になっても、端の目盛りを落とさない
        first = math.ceil(self.low / step - 1e-9)
        return [n * step for n in range(first, math.floor(self.high / step + 1e-9) + 1)]

    def _text(self, value: object) -> str:
        if isinstance(value, str):
            return value
        form = ",.0f" if self.layout.get("tickformat") == WHOLE_PEOPLE else ",.10g"
        return f"{value:{form}}{'' if self.unit_text else self.layout.get('ticksuffix', '')}"

    @property
    def unit_text(self) -> str:
        """軸の端に一度だけ書く単位。目盛りに付けると、だれもが登録したという「100%」に見える。"""
        return "%" if self.layout.get("ticksuffix") == "%" else ""


def _nice_step(span: float) -> float:
    """五つほどの目盛りになる、切りのよい幅。例：37 なら 10、0.8 なら 0.2。"""
    rough = span / 5
    power = 10 ** math.floor(math.log10(rough))
    return next(step * power for step in NICE_STEPS if step * power >= rough * (1 - 1e-9))


def scale_of(layout: Mapping, values: Iterable, start: float, stop: float, zero: bool) -> Scale:
    """その軸に載る値の全てから。

    Args:
        values: 値（category なら名）。None は飛ばす。
        zero: 0 を必ず含めるか（棒の長さの軸）。
    """
    known = [value for value in values if value is not None]
    kind = layout.get("type") or (
        "category" if any(isinstance(one, str) for one in known) else "linear"
    )
    names = tuple(dict.fromkeys(one for one in known if isinstance(one, str)))
    low, high = layout.get("range") or _range(kind, known, names, zero or "rangemode" in layout)
    return Scale(kind, low, high, start, stop, names, layout)


def _range(kind: str, known: Sequence, names: Sequence[str], zero: bool) -> tuple[float, float]:
    if kind == "category":
        return -0.5, max(len(names), 1) - 0.5
    numbers = [math.log10(one) if kind == "log" else float(one) for one in known] or [0.0, 1.0]
    ends = [*numbers, 0.0] if zero and kind == "linear" else numbers
    low = min(ends)
    high = max(ends)
    if low == high:
        # どの値も同じでも、軸には長さが要る
        return (low, low + 1) if zero and low == 0 else (low - 1, high + 1)
    more = PADDING * (high - low)
    return (low if zero and low == 0 else low - more), (high if zero and high == 0 else high + more)
