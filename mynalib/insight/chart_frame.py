"""どの図にも要るもの：月の並びと目盛り、題、同じ値の表と CSV。受け取るのは Released だけ。"""

import pandas as pd
import plotly.graph_objects as go

from mynalib.disclosure.released import Released
from mynalib.domain.months import Month
from mynalib.insight import chart_styles as styles
from mynalib.insight import display

SHOWN_MONTHS = 24  # 推移に出す、この月より前の月の数
LEAST_TICKS = 3  # 横の人数を読むのに要る目盛り


def every_month(months: pd.Series, target: Month | None = None) -> list[str]:
    """最初の月（二年前まで）から最後の月（目標があれば目標の月）まで、欠けた月も含めた並び。"""
    newest = Month.parse(months.max())
    # 二年より古い月は描かない。一年前の同じ月と、その前の年が見えれば足りる
    first = max(Month.parse(months.min()), newest.plus(-SHOWN_MONTHS))
    last = max(newest, target) if target else newest
    return [str(first.plus(step)) for step in range(last.minus(first) + 1)]


def with_months(layout: dict, x: list[str], newest: int = -1) -> dict:
    """横の軸に、いちばん新しい月（x の newest 番目）と、そこからさかのぼった月を書く。先があれば、最後の月も。"""
    place = newest % len(x)
    # 目盛りは多くて七つ。例：25 か月なら step は 4 で、0、4、…、24 番。いちばん新しい月に、必ず目盛りがある
    step = max(1, -(-place // 6))
    ticks = [*x[place::-step][::-1], *([x[-1]] if place < len(x) - 1 else [])]
    axis = layout["xaxis"] | {"tickvals": ticks}
    # 狭い画面では目盛りを間引く（report.js）。いちばん新しい月は、残す
    return layout | {"xaxis": axis, "meta": {"newest": x[place]}}


def with_sizes(layout: dict, smallest: int, largest: int) -> dict:
    """横の軸（人数の対数）に、切りのよい目盛りを三つから書く。取れなければ、両端の人数を書く。"""
    # 例：45 人から 80 人なら、10、20、50、… には一つ（50）しかないので、細かいほうの 50、60、80
    for ladder in (styles.FUNNEL_TICKS, styles.FINE_TICKS):
        ticks = [tick for tick in ladder if smallest <= tick <= largest]
        if len(ticks) >= LEAST_TICKS:
            break
    else:
        ticks = sorted({smallest, largest})
    texts = [f"{tick // 10_000}万" if tick % 10_000 == 0 else f"{tick:,}" for tick in ticks]
    return layout | {"xaxis": layout["xaxis"] | {"tickvals": ticks, "ticktext": texts}}


def month_label(month: str) -> str:
    return f"{month[:4]}年{int(month[5:])}月"


def numbers(values: pd.Series) -> list[float | None]:
    """欠けた値は None（線が切れる）。"""
    return [None if pd.isna(v) else float(v) for v in values]


def show_chart(  # noqa: PLR0913 図に添えるもの
    released: Released,
    name: str,
    said: tuple[str, str],
    traces: list,
    layout: dict,
    seen: pd.DataFrame | None = None,
    *,
    opened: bool = False,
    kept: pd.DataFrame | None = None,
    chart: dict | None = None,
) -> None:
    """図を見せる。said は、題（分かったこと）と、副題（何を、だれについて、いつ、測ったか）。opened なら、表も、はじめから見せる。

    Args:
        kept: CSV に書く、図に描く値の全て。Released の表に全てあれば、要らない。
        chart: 部品 figure に、ほかに渡すもの（選べる図の choices）。
    """
    # 線が一つの図に、凡例は要らない
    named = [trace for trace in traces if trace.showlegend is not False]
    figure = go.Figure(
        traces, {"template": "none", **layout, "showlegend": len(named) > 1}
    ).to_plotly_json()
    # plotly が書きこむ既定の体裁は、どの図でも同じ。ページには要らない
    figure["layout"].pop("template", None)
    caption, subtitle = said
    display.show_released(
        "figure",
        released,
        name,
        plotly=figure,
        seen=seen,
        kept=kept,
        figure=figure,
        caption=caption,
        subtitle=subtitle,
        opened=opened,
        **(chart or {}),
    )
