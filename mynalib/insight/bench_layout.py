"""作業台の図の体裁：いつも同じ八つの trace と、選びで変わる layout。"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

import pandas as pd

from mynalib.domain.months import Month
from mynalib.insight.bench_views import View, bench_words
from mynalib.insight.chart_styles import ACCENT, AXIS_LINE, FONTS, GRID, INK, PALE_BLUE

NAVY = "#0017c1"
SKY = "#7096f8"
GREY = "#626264"
LINE_STYLES = ((NAVY, "solid"), (SKY, "dash"))
FULL_WIDTH_FROM = 0x2E80  # これより後ろの文字は、全角
LEAST_HEIGHT = 380  # px
_AXIS = {
    "gridcolor": GRID,
    "linecolor": AXIS_LINE,
    "zeroline": False,
    "automargin": False,  # 余白は layout_of が決める（任せると、前の図の余白が残ることがある）
    "showline": True,
}
_LINE = {
    "type": "scatter",
    "mode": "lines+markers+text",
    "cliponaxis": False,
    "connectgaps": False,
    "textfont": {"color": INK},
    "hovertemplate": "%{customdata}<extra></extra>",
}
_CHANGE = {
    "type": "bar",
    "xaxis": "x2",
    "yaxis": "y2",
    "hovertemplate": "%{customdata}<extra></extra>",
}
_MARKS = {
    "type": "scatter",
    "xaxis": "x3",
    "yaxis": "y3",
    "mode": "markers",
    "cliponaxis": False,
    "hovertemplate": "%{customdata}<extra></extra>",
}
_RULE = {"type": "scatter", "mode": "lines", "xaxis": "x3", "yaxis": "y3", "hoverinfo": "skip"}
TRACES = (
    *(
        _LINE | {"line": {"color": colour, "width": 2, "dash": dash}, "marker": {"size": 6}}
        for colour, dash in LINE_STYLES
    ),
    *(_CHANGE | {"marker": {"color": colour}} for colour, _ in LINE_STYLES),
    _RULE | {"line": {"color": PALE_BLUE, "width": 3}},
    _MARKS | {"marker": {"color": "#ffffff", "size": 9, "line": {"color": GREY, "width": 2}}},
    _MARKS | {"marker": {"color": NAVY, "size": 10}},
    _RULE | {"line": {"color": ACCENT, "width": 2, "dash": "dash"}},
)
"""線二つ、差の棒二つ、比べの間の線、はじめの月、終わりの月、全体の線。"""
NOTHING = {"x": [], "y": [], "visible": False}
TIME_AXES = ("xaxis", "yaxis", "xaxis2", "yaxis2")
COMPARED_AXES = ("xaxis3", "yaxis3")
_PERCENTS = _AXIS | {"rangemode": "tozero", "ticksuffix": "%"}
_MONTHS = _AXIS | {"showgrid": False, "tickangle": 0, "tickmode": "array"}
BASE_LAYOUT = {
    "template": "none",
    "autosize": True,
    "font": {"family": FONTS, "size": 13, "color": INK},
    "paper_bgcolor": "#ffffff",
    "plot_bgcolor": "rgba(0,0,0,0)",  # 重なった二つの図の、上のものが下を隠さないように
    "showlegend": False,
    "bargap": 0.4,
    "hoverlabel": {"font": {"family": FONTS}},
    # 月次推移：上に率、下に差
    "xaxis": _MONTHS | {"anchor": "y", "showticklabels": False},
    "yaxis": _PERCENTS | {"domain": [0.36, 1]},
    "xaxis2": _MONTHS | {"anchor": "y2"},
    "yaxis2": _AXIS
    | {"anchor": "x2", "domain": [0, 0.26], "nticks": 4, "zeroline": True}
    | {"zerolinecolor": AXIS_LINE, "title": {"text": "差（ポイント）", "font": {"size": 12}}},
    # 比べ
    "xaxis3": _PERCENTS | {"anchor": "y3", "nticks": 10},
    "yaxis3": _AXIS | {"anchor": "x3", "showgrid": False, "tickmode": "array"},
}


@dataclass(frozen=True)
class Drawing:
    """図の中身：題と副題、TRACES と同じ並びの変わるところ（x, y, visible など）、layout の変わるところ。"""

    title: str
    subtitle: str
    traces: list[dict]
    layout: dict


def layout_of(view: View, height: int = LEAST_HEIGHT, left: int = 64) -> dict:
    """選びで変わる体裁。見ない図の軸は隠す（軸を使いまわすと、続けて選び直したとき、前の範囲が残ることがある）。

    Args:
        height, left: 図の高さと、左の余白（px）。
    """
    shown = {axis: {"visible": view.over_time} for axis in TIME_AXES}
    shown |= {axis: {"visible": not view.over_time} for axis in COMPARED_AXES}
    margin = {"t": 24, "b": 56, "l": left, "r": 150 if view.over_time else 32}
    return {"height": max(height, LEAST_HEIGHT), "margin": margin, **shown}


def subtitle_of(view: View, scope: str, more: str = "") -> str:
    """測ったもの・範囲・期間・図の種類。

    Args:
        scope: 事業所の名か「組合全体」。
        more: 終わりに添える文。
    """
    first, last = (Month.parse(month).label for month in view.months)
    measure = "区分の内わけ" if view.split == "status" else bench_words("measures")[view.measure]
    kind = f"○ {first}、● {last}"
    if view.over_time:
        kind = f"{first}から{last}・月次推移、下は前の月からの差"
    return "・".join([measure, scope, kind, *([more] if more else [])])


def text_width(text: str) -> int:
    """13 px の太字の、およその幅（px）。全角は 14、半角は 8。"""
    return sum(8 if ord(letter) < FULL_WIDTH_FROM else 14 for letter in text)


def rounded_points(ratio: Fraction) -> float:
    """比（0–1）か、その差を、% に四捨五入（0 から遠いほうへ）で小数一桁。"""
    size = floor(abs(ratio) * 1000 + Fraction(1, 2)) / 10
    return size if ratio >= 0 else -size


def people(numerator: int, denominator: int) -> str:
    """「8,809／12,001 人」。"""
    return f"{int(numerator):,}／{int(denominator):,} 人"


def drawn_numbers(values: Sequence[float]) -> list[float | None]:
    """図に渡す数。欠けたものは None（線が切れる）。"""
    return [None if pd.isna(value) else float(value) for value in values]
