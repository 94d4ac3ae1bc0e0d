"""図。受け取るのは Released だけ。図と同じ値の表と CSV が、いつも付く。"""

import pandas as pd
import plotly.graph_objects as go

from mynalib.disclosure.levels import span
from mynalib.disclosure.released import Released, require_released
from mynalib.disclosure.society import TOTAL
from mynalib.disclosure.wide import OTHERS
from mynalib.domain.months import Month
from mynalib.insight import chart_styles as styles
from mynalib.insight import display
from mynalib.insight.display import words


def trend(released: Released, name: str, caption: str, target: dict | None = None) -> None:
    """登録率の推移。欠けた月は線を切る。target（month, value）があれば、その月に目標の印を置く。"""
    frame = require_released(released).frame
    months = _every_month(frame.month, target)
    traces = [_line(frame, months, column) for column in ("rate", "usable_rate") if column in frame]
    if target:
        point = {"x": [_label(target["month"])], "y": [float(target["value"])]}
        traces.append(go.Scatter(name=f"目標 {target['value']}%", **point, **styles.TARGET))
    _show(released, name, caption, traces, styles.TREND)


def levels(released: Released, name: str, caption: str) -> None:
    """一つの事業所の水準の推移。幅を帯にし、表には言葉で書く。水準のある月がなければそう書き、一つなら図を出さない。"""
    frame = require_released(released).frame
    if frame.level.isna().all():
        display.show("paragraph", text=words("no_level")["never"])
        return
    rows = frame.rename(columns={"level": "rate"}).to_dict("records")
    seen = frame[["month", "members"]].assign(level=[display.level_text(row, 0) for row in rows])
    seen["settled"] = [
        Month.parse(row["since"]).label if row["since"] else display.BLANK for row in rows
    ]
    if frame.level.notna().sum() < 2:  # noqa: PLR2004 一点だけでは、線にならない
        display.show_released("table", released, name, seen=seen, caption=caption)
        return
    months = _every_month(frame.month, None)
    rows = frame.set_index("month").reindex(months)
    ends = [
        _span(value, tolerance, bound)
        for value, tolerance, bound in zip(rows.level, rows.tolerance, rows.bound, strict=True)
    ]
    x = [_label(month) for month in months]
    traces = [
        go.Scatter(x=x, y=[end[0] for end in ends], **styles.LOW_END),
        go.Scatter(x=x, y=[end[1] for end in ends], **styles.HIGH_END),
        go.Scatter(x=x, y=_numbers(rows.level), **styles.LEVEL),
    ]
    _show(released, name, caption, traces, styles.TREND, seen)


def _span(value: object, tolerance: object, bound: object) -> tuple[float | None, float | None]:
    """水準の幅の両端（%）。水準がなければ None。"""
    return (
        (None, None)
        if pd.isna(value)
        else span(int(value), 0 if bound else int(tolerance), str(bound))
    )


def employers(released: Released, name: str, caption: str) -> None:
    """事業所ごとの登録率（一つの月）。事業所コードの順に並べ、順位は付けない。概数版は、水準の幅を帯で、実数版は棒で。"""
    frame = require_released(released).frame
    each = frame[~frame.employer_id.isin([TOTAL, OTHERS])].iloc[::-1]
    if each.empty:
        return
    wide = released.terms.audience == "wide"
    bars = _spans(each) if wide else _bars(each, released.decimals)
    style = styles.EMPLOYERS_WIDE if wide else styles.EMPLOYERS
    layout = {**style, "height": 90 + 30 * len(each)}
    texts = (
        [display.level_text(row, released.decimals) for row in frame.to_dict("records")]
        if wide
        else []
    )
    seen = frame[["employer_id", "employer", "members"]].assign(level=texts) if wide else None
    _show(released, name, caption, [*bars, *_total_line(frame, released.decimals)], layout, seen)


def _bars(each: pd.DataFrame, decimals: int) -> list[go.Bar]:
    values = _numbers(each.rate)
    texts = [display.BLANK if value is None else f"{value:.{decimals}f}%" for value in values]
    long_enough = 15  # %。これより短い棒の中には、数が入らない
    inside = ["inside" if (value or 0) > long_enough else "outside" for value in values]
    return [
        go.Bar(
            x=[v or 0 for v in values],
            y=list(each.employer),
            text=texts,
            textposition=inside,
            **styles.BARS,
        )
    ]


def _spans(each: pd.DataFrame) -> list:
    """水準の幅の帯と、水準の印。"""
    ends = [
        _span(value, tolerance, bound)
        for value, tolerance, bound in zip(each.rate, each.tolerance, each.bound, strict=True)
    ]
    texts = [display.level_text(row, 0) for row in each.to_dict("records")]
    low, width = [end[0] for end in ends], [end[1] - end[0] for end in ends]
    marks = [
        None if bound else float(value) for value, bound in zip(each.rate, each.bound, strict=True)
    ]
    return [
        go.Bar(base=low, x=width, y=list(each.employer), customdata=texts, **styles.SPANS),
        go.Scatter(x=marks, y=list(each.employer), **styles.MARKERS),
        # 帯の横では、右端で切れ、全体の線に重なる
        go.Scatter(x=[100] * len(texts), y=list(each.employer), text=texts, **styles.LEVEL_TEXTS),
    ]


def _total_line(frame: pd.DataFrame, decimals: int) -> list[go.Scatter]:
    total = frame.rate[frame.employer_id == TOTAL].dropna()
    each = frame.employer[~frame.employer_id.isin([TOTAL, OTHERS])]
    if total.empty or each.empty:
        return []
    rate = float(total.iloc[0])
    ends = {"x": [rate, rate], "y": [each.iloc[-1], each.iloc[0]]}
    return [go.Scatter(name=f"全体 {rate:.{decimals}f}%", **ends, **styles.TOTAL_LINE)]


def _line(frame: pd.DataFrame, months: list[str], column: str) -> go.Scatter:
    values = frame.set_index("month")[column].reindex(months)
    return go.Scatter(
        x=[_label(month) for month in months], y=_numbers(values), **styles.LINES[column]
    )


def _every_month(months: pd.Series, target: dict | None) -> list[str]:
    """最初の月から最後の月（目標があれば目標の月）まで、欠けた月も含めた並び。"""
    first, last = (
        Month.parse(months.min()),
        Month.parse(max(months.max(), target["month"] if target else "")),
    )
    return [str(first.plus(step)) for step in range(last.minus(first) + 1)]


def _label(month: str) -> str:
    return f"{month[:4]}年{int(month[5:])}月"


def _numbers(values: pd.Series) -> list[float | None]:
    return [None if pd.isna(v) else float(v) for v in values]


def _show(
    released: Released,
    name: str,
    caption: str,
    traces: list,
    layout: dict,
    seen: pd.DataFrame | None = None,
) -> None:
    figure = go.Figure(
        traces, {"template": "none", **layout, "showlegend": len(traces) > 1}
    ).to_plotly_json()
    figure["layout"].pop("template", None)
    display.show_released(
        "figure", released, name, plotly=figure, seen=seen, figure=figure, caption=caption
    )
