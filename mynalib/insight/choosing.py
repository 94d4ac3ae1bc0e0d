"""選べる図：事業所と本人／家族の、全ての組の題と値を持ち、はじめは組合全体を描く。選ぶと、assets/report.js が、同じページの値で描きかえる。"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from mynalib.disclosure.released import Released
from mynalib.insight.chart_frame import month_label, show_chart, with_months

Key = tuple[str, str]  # 事業所コードと、全員か本人か家族
Values = list[float | int | None]


@dataclass(frozen=True)
class Choice:
    """一つの組の、図の題と、線（棒）ごとの値。値は look.styles の順。ない月は None。"""

    title: str
    y: list[Values]


@dataclass(frozen=True)
class Look:
    """選べる図の体裁。

    months 横の月（この先の月も）、newest この月、columns 表に出す列（はじめの線から順に）、styles 線（棒）ごとの体裁（自分の x を持つものもある）、
    digits 表の小数の桁。stacked なら、積み重ねた棒。
    """

    months: Sequence[str]
    newest: str
    columns: Sequence[str]
    styles: Sequence[Mapping]
    layout: dict
    digits: int = 0
    stacked: bool = False


def show_choices(
    released: Released,
    name: str,
    subtitle: str,
    choices: Mapping[Key, Choice],
    look: Look,
    kept: pd.DataFrame | None = None,
) -> None:
    """選べる図と、選んだものの表。CSV は、選べるものの全て（kept があれば、それ）。

    Args:
        choices: はじめのものが、選ぶ前と、JavaScript のないところの図になる。
    """
    first = next(iter(choices.values()))
    # 目標までの、これからの月は、表には出さない。動きの分からないこの月は、表にも横の軸にも出す
    past = [month for month in look.months if month <= look.newest]
    x = [month_label(month) for month in look.months]
    values = zip(look.columns, first.y, strict=False)
    seen = pd.DataFrame({"month": past, **{column: y[: len(past)] for column, y in values}})
    seen[[*look.columns]] = seen[[*look.columns]].astype("Float64" if look.digits else "Int64")
    named = [bool(style.get("showlegend", True)) for style in look.styles]
    each = {"|".join(key): {"title": one.title, "y": one.y} for key, one in choices.items()}
    show_chart(
        released,
        name,
        (first.title, subtitle),
        _stacked(x, first, look) if look.stacked else _lines(x, first, look, named),
        with_months(look.layout, x, len(past) - 1),
        seen,
        kept=kept,
        chart={"choices": {"digits": look.digits, "named": named, "each": each}},
    )


def _lines(x: list[str], first: Choice, look: Look, named: Sequence[bool]) -> list[go.Scatter]:
    """値のない線は、凡例にも出さない。"""
    return [
        go.Scatter({"x": x, **style, "y": y, "showlegend": name and has_values(y)})
        for y, style, name in zip(first.y, look.styles, named, strict=True)
    ]


def has_values(y: Sequence[float | None]) -> bool:
    return any(value is not None for value in y)


def _stacked(x: list[str], first: Choice, look: Look) -> list[go.Bar]:
    """下から順に積む。"""
    bars = []
    bases = [0.0] * len(x)
    for y, style in zip(first.y, look.styles, strict=True):
        # 例：60.1、30.2、9.7 なら、始まりは 0、60.1、90.3。選ぶと、assets/report.js が、同じ計算で積み直す
        bars.append(go.Bar(x=x, y=y, base=bases, **style))
        bases = [round(base + (value or 0), 1) for base, value in zip(bases, y, strict=True)]
    return bars
