"""事業所の水準の推移の図。幅を帯にする。"""

import pandas as pd
import plotly.graph_objects as go

from mynalib.disclosure.levels import span
from mynalib.disclosure.released import Released, require_released
from mynalib.domain.months import Month
from mynalib.insight import chart_styles as styles
from mynalib.insight import display
from mynalib.insight.chart_frame import every_month, month_label, numbers, show_chart, with_months
from mynalib.insight.display import words


def levels(released: Released, name: str, said: tuple[str, str]) -> None:
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
        display.show_released("table", released, name, seen=seen, caption=said[1])
        return
    months = every_month(frame.month)
    rows = frame.set_index("month").reindex(months)
    # 「以上」「以下」の水準の帯は、0 か 100 % まで届く（levels.span）
    ends = [
        _span(value, tolerance, bound)
        for value, tolerance, bound in zip(rows.level, rows.tolerance, rows.bound, strict=True)
    ]
    x = [month_label(month) for month in months]
    traces = [
        go.Scatter(x=x, y=[end[0] for end in ends], **styles.LOW_END),
        go.Scatter(x=x, y=[end[1] for end in ends], **styles.HIGH_END),
        go.Scatter(x=x, y=numbers(rows.level), **styles.LEVEL),
    ]
    # CSV には、図の切れた月の行は要らない。表のままの行に、両端だけを添える
    each = [_span(*row) for row in frame[["level", "tolerance", "bound"]].itertuples(index=False)]
    kept = frame.assign(low=[low for low, _ in each], high=[high for _, high in each])
    show_chart(released, name, said, traces, with_months(styles.TREND, x), seen, kept=kept)


def _span(value: object, tolerance: object, bound: object) -> tuple[float | None, float | None]:
    """水準の幅の両端（%）。水準がなければ None。"""
    if pd.isna(value):
        return None, None
    return span(int(value), 0 if bound else int(tolerance), str(bound))
