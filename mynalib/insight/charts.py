"""図。受け取るのは Released だけ。図と同じ値の表と CSV が、いつも付く。"""

import pandas as pd
import plotly.graph_objects as go

from mynalib.domain.months import Month
from mynalib.insight import display
from mynalib.insight.disclosure import Released, require_released
from mynalib.insight.display import words


def trend(released: Released, name: str, caption: str, target: dict | None = None) -> None:
    """登録率の推移。欠けた月は線を切る。target（month, value）があれば、その月に目標の印を置く。"""
    frame = require_released(released).frame
    months = _every_month(frame.month, target)
    traces = [_line(frame, months, column) for column in ("rate", "usable_rate") if column in frame]
    if target:
        point = {"x": [_label(target["month"])], "y": [float(target["value"])]}
        traces.append(go.Scatter(name=f"目標 {target['value']}%", **point, **words("target")))
    _show(released, name, caption, traces, words("trend"))


def employers(released: Released, name: str, caption: str) -> None:
    """事業所ごとの登録率（一つの月）。事業所コードの順に並べ、順位は付けない。伏せた率は棒を引かない。"""
    frame = require_released(released).frame
    each = frame[frame.employer_id != "TOTAL"].iloc[::-1]
    values = _numbers(each.rate)
    bars = go.Bar(
        x=[value or 0 for value in values],
        y=list(each.employer),
        text=[display.MASKED if v is None else f"{v:.{released.decimals}f}%" for v in values],
        textposition=["inside" if (v or 0) > 15 else "outside" for v in values],
        **words("bars"),
    )
    layout = {**words("employers"), "height": 90 + 30 * len(each)}
    _show(released, name, caption, [bars, *_total_line(frame, released.decimals)], layout)


def _total_line(frame: pd.DataFrame, decimals: int) -> list[go.Scatter]:
    total = frame.rate[frame.employer_id == "TOTAL"].dropna()
    each = frame.employer[frame.employer_id != "TOTAL"]
    if total.empty or each.empty:
        return []
    rate = float(total.iloc[0])
    ends = {"x": [rate, rate], "y": [each.iloc[-1], each.iloc[0]]}
    return [go.Scatter(name=f"全体 {rate:.{decimals}f}%", **ends, **words("total"))]


def _line(frame: pd.DataFrame, months: list[str], column: str) -> go.Scatter:
    values = frame.set_index("month")[column].reindex(months)
    return go.Scatter(x=[_label(month) for month in months], y=_numbers(values), **words("lines")[column])


def _every_month(months: pd.Series, target: dict | None) -> list[str]:
    """最初の月から最後の月（目標があれば目標の月）まで、欠けた月も含めた並び。"""
    first, last = Month.parse(months.min()), Month.parse(max(months.max(), target["month"] if target else ""))
    return [str(first.plus(step)) for step in range(last.minus(first) + 1)]


def _label(month: str) -> str:
    return f"{month[:4]}年{int(month[5:])}月"


def _numbers(values: pd.Series) -> list[float | None]:
    return [None if pd.isna(v) else float(v) for v in values]


def _show(released: Released, name: str, caption: str, traces: list, layout: dict) -> None:
    figure = go.Figure(traces, {"template": "none", **layout, "showlegend": len(traces) > 1}).to_plotly_json()
    figure["layout"].pop("template", None)
    legend = display.legend(released.terms)
    display.show_released("figure", released, name, plotly=figure, figure=figure, caption=caption, legend=legend)
