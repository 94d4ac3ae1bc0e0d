"""動きの管理図（XmR）：月ごとの人の動きは、偶然のうちか。限界は、続いた 13 か月から引く。"""

from collections.abc import Sequence
from itertools import takewhile

import pandas as pd
import plotly.graph_objects as go

from mynalib.disclosure.released import Released
from mynalib.insight import chart_styles as styles
from mynalib.insight import display, titles
from mynalib.insight.chart_frame import every_month, month_label, show_chart, with_months
from mynalib.insight.display import words
from mynalib.insight.statistics import XMR_LEAST, Xmr, xmr


def control_charts(released: Released, columns: Sequence[str], newest: str) -> None:
    """一つの組の動きの、列ごとの管理図。続いた月が足りなければ、そう書く。

    Args:
        released: 一行＝月。列 month と columns（人）。
        newest: この月。この月まで続いた月だけを見る。
    """
    rows = _unbroken(released.frame.set_index("month"), newest)
    if len(rows) < XMR_LEAST:
        text = words("dashboard")["few_months"].format(least=XMR_LEAST, months=len(rows))
        display.show("paragraph", text=text)
        return
    for column in columns:
        _control_chart(released.where(month=[*rows.index]), column, rows[column].astype("int64"))


def _unbroken(rows: pd.DataFrame, newest: str) -> pd.DataFrame:
    """この月から、欠けた月の手前まで、さかのぼった行。古い順。"""
    if newest not in rows.index:
        return rows.iloc[:0]
    # 例：7、9、10 月があれば、9 と 10 月だけ。欠けた月をつないで計ると、二か月分の動きが一つの移動範囲になる
    months = every_month(pd.Series([*rows.index, newest]))
    unbroken = takewhile(lambda month: month in rows.index, reversed(months))
    return rows.loc[[*unbroken][::-1]]


def _control_chart(released: Released, column: str, series: pd.Series) -> None:
    found = xmr(series.tolist())
    name = display.label_and_unit(column)[0]
    # 人の数は、負にならない
    low = max(0.0, found.low)
    signs = [words("dashboard")["why"].get(why, "") for why in found.signals]
    x = [month_label(month) for month in series.index]
    limits = f"平均 {found.mean:.1f}、偶然の限界 {low:.1f}〜{found.high:.1f}"
    said = (titles.control_title(name, x, signs), f"{name}・人（月ごと）。{limits}")
    seen = pd.DataFrame({"month": series.index, column: series.to_numpy()})
    seen["sign"] = [sign or display.BLANK for sign in signs]
    traces = _traces(x, series, found, low)
    layout = with_months(styles.CONTROL, x)
    drawn = {"mean": round(found.mean, 1), "low": round(low, 1), "high": round(found.high, 1)}
    kept = released.only(["month", column])
    rows = kept.frame.assign(**drawn, sign=signs)
    show_chart(kept, f"xmr_{column}", said, traces, layout, seen, kept=rows)


def _traces(x: list[str], series: pd.Series, found: Xmr, low: float) -> list[go.Scatter]:
    """平均、上と下の限界、点。偶然では起こりにくい点は、大きく、色を変える。"""
    lines = (
        (found.mean, styles.XMR_MEAN),
        (found.high, styles.XMR_LIMIT),
        (low, styles.XMR_LIMIT | {"showlegend": False}),
    )
    marks = {
        "color": [styles.ACCENT if why else styles.BLUE for why in found.signals],
        "size": [10 if why else 6 for why in found.signals],
        "opacity": 1,
        "symbol": ["diamond" if why else "circle" for why in found.signals],
    }
    return [
        *(go.Scatter(x=x, y=[round(y, 1)] * len(x), **style) for y, style in lines),
        go.Scatter(x=x, y=series.tolist(), **styles.XMR_POINTS, marker=marks),
    ]
