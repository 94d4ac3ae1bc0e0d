"""月次報告の図。受け取るのは Released だけ。図と同じ値の表と CSV が、いつも付く。"""

import pandas as pd
import plotly.graph_objects as go

from mynalib.disclosure.released import Released
from mynalib.insight import chart_styles as styles
from mynalib.insight import chart_values, display, titles
from mynalib.insight.chart_frame import (
    every_month,
    month_label,
    numbers,
    show_chart,
    with_months,
    with_sizes,
)
from mynalib.insight.outlook import Outlook


def trend(outlook: Outlook, name: str) -> None:
    """登録率の推移と、目標までの道、いまの歩みが続いたときの幅。欠けた月は線を切る。"""
    released = outlook.society.only(["month", "members", "registered", "rate"])
    frame = released.frame
    goal = outlook.goal
    months = every_month(frame.month, goal.month if goal else None)
    rates = frame.set_index("month").rate.reindex(months)
    x = [month_label(month) for month in months]
    at = month_label(str(outlook.month))
    traces = [go.Scatter(x=x, y=numbers(rates), **styles.RATE)]
    if outlook.now.rate is not None:
        end = {"x": [at], "y": [outlook.now.rate]}
        text = f"{outlook.now.percent(outlook.now.rate)}%"
        traces.append(go.Scatter(**end, text=[text], **styles.NEWEST))
        traces += path_to_target(outlook, at)
    said = (
        titles.trend_title(outlook.now),
        "登録率・月次推移（組合全体、月末の加入者に占める割合）",
    )
    kept = chart_values.with_path(frame, outlook)
    layout = with_months(styles.TREND, x, x.index(at))
    show_chart(released, name, said, traces, layout, outlook.written(frame), kept=kept)


def path_to_target(outlook: Outlook, at: str) -> list[go.Scatter]:
    """歩みの幅の下と上（分かれば）と、おわりに、いまから目標への線。過ぎた目標には、引かない。"""
    goal = outlook.goal
    now = outlook.now.rate
    if goal is None or goal.month <= outlook.month:
        return []
    x = [at, month_label(str(goal.month))]
    drawn = []
    if outlook.fan:
        drawn.append(go.Scatter(x=x, y=[now, outlook.fan["low"]], **styles.LOW_END))
        drawn.append(go.Scatter(x=x, y=[now, outlook.fan["high"]], **styles.PACE))
    path = {"x": x, "y": [now, goal.value], "name": goal.path}
    return [*drawn, go.Scatter(**path, **styles.TARGET)]


def differences(outlook: Outlook, name: str) -> None:
    """登録率の、前の月との差。どの月の差も分からなければ、図は出さない。"""
    found = outlook.differences
    sizes = [size for _, size in found]
    if sum(size is not None for size in sizes) < 2:  # noqa: PLR2004 一つの差だけなら、まとめの文が言っている
        return
    x = [month_label(month) for month, _ in found]
    bars = go.Bar(x=x, y=sizes, **styles.differences(sizes))
    title = titles.differences_title(sizes)
    seen = pd.DataFrame(found, columns=["month", "change"]).astype({"change": "Float64"})
    released = outlook.society.only(["month", "rate"])
    kept = chart_values.with_differences(released.frame, seen)
    said = (title, "登録率の前の月との差・ポイント（組合全体）")
    layout = with_months(styles.DIFFERENCES, x)
    show_chart(released, name, said, [bars], layout, seen, kept=kept)


def waterfall(outlook: Outlook, name: str, seen: pd.DataFrame) -> bool:
    """率の変わったわけ（ポイント）と、その表 seen。見せない動きがあるか、どれも 0 なら、図は出さずに False。"""
    points = outlook.cause_points
    # 隠した動きがあると、次の棒の始まりから、その大きさが読めてしまう
    if points is None or None in points.values() or not any(points.values()):
        return False
    each = {cause: size for cause, size in points.items() if cause != "total"}
    sizes = [*points.values()]
    starts = [*outlook.cause_steps[:-1], *([0.0] if "total" in points else [])]
    digits = _digits(outlook)
    texts = [f"{size:+.{digits}f}" for size in sizes]
    labels = [display.VALUES["cause"][cause] for cause in points]
    bars = go.Bar(x=labels, y=sizes, base=starts, text=texts, **styles.differences(sizes))
    ends = [0.0, *starts, *(start + size for start, size in zip(starts, sizes, strict=True))]
    room = 0.2 * (max(ends) - min(ends))  # 棒の外に書く値の場所
    axis = styles.WATERFALL["yaxis"] | {"range": [min(ends) - room, max(ends) + room]}
    subtitle = f"登録率の変化のわけ・ポイント（組合全体、{outlook.month.label}の一か月）"
    said = (titles.causes_title(each, digits), subtitle)
    layout = styles.WATERFALL | {"yaxis": axis}
    kept = chart_values.with_bars(outlook.causes.frame, starts, sizes)
    show_chart(outlook.causes, name, said, [bars], layout, seen, opened=True, kept=kept)
    return True


def _digits(outlook: Outlook) -> int:
    """わけの小数の桁。実数版では、率より一桁多い。"""
    return outlook.decimals if outlook.wide else 2


def dumbbell(outlook: Outlook, name: str) -> None:
    """本人と家族の率。"""
    frame = outlook.parts.frame.set_index("member_kind")
    rows = [display.label_and_unit(column)[0] for column in ("usable_rate", "rate")]
    values = {k: [float(frame[c][k]) for c in ("usable_rate", "rate")] for k in frame.index}
    between = zip(*values.values(), strict=True)
    lines = [
        go.Scatter(x=list(pair), y=[row, row], **styles.DUMBBELL_LINE)
        for pair, row in zip(between, rows, strict=True)
    ]
    dots = [
        go.Scatter(x=values[kind], y=rows, name=kind, **style)
        for kind, style in zip(values, styles.DUMBBELL, strict=False)
    ]
    title = titles.parts_title(outlook.part_rates, outlook.decimals)
    said = (title, f"本人と家族の登録率（組合全体、{outlook.month.label}末）")
    layout = styles.DUMBBELL_LAYOUT
    show_chart(outlook.parts, name, said, [*lines, *dots], layout, outlook.parts.frame, opened=True)


def funnel(outlook: Outlook, name: str) -> None:
    """事業所のじょうご図：横に加入者、縦に登録率。全体の率のまわりの、偶然で散らばる幅。順位は付けない。"""
    each = outlook.spread.employers
    limits = outlook.spread.funnel
    if not limits:
        return
    sizes = [row[0] for row in limits]
    curves = [
        go.Scatter(x=sizes, y=[row[at] for row in limits], **style)
        for at, style in enumerate(styles.FUNNEL_LIMITS, 1)
    ]
    rate = outlook.now.rate
    centre = {
        "x": [sizes[0], sizes[-1]],
        "y": [rate, rate],
        "name": f"全体 {outlook.now.percent(rate)}%",
    }
    marks = {"x": [int(n) for n in each.members], "y": numbers(each.rate), "text": [*each.employer]}
    # 実数版の率に、幅はない
    bands = [_bands(each)] if outlook.wide else []
    title = titles.funnel_title(outlook.spread.beyond, len(each))
    kind = "水準とその幅" if outlook.wide else "登録率"
    said = (title, f"事業所ごとの{kind}と、偶然の幅（横は加入者、{outlook.month.label}末）")
    dots = go.Scatter(**marks, **styles.FUNNEL_DOTS)
    seen = pd.DataFrame({"employer": each.employer, "members": each.members})
    seen["level"] = [
        display.level_text(_as_level(row), outlook.decimals) for row in each.to_dict("records")
    ]
    traces = [*curves, go.Scatter(**centre, **styles.TOTAL_LINE), *bands, dots]
    released = outlook.rates.where(month=str(outlook.month))
    kept = chart_values.with_limits(released.frame, outlook)
    layout = with_sizes(styles.FUNNEL_LAYOUT, sizes[0], sizes[-1])
    show_chart(released, name, said, traces, layout, seen, kept=kept)


def _as_level(row: dict) -> dict:
    return {"tolerance": pd.NA, "bound": ""} | row


def _bands(each: pd.DataFrame) -> go.Scatter:
    """水準の幅：たての線。線の間は切る。"""
    x = [value for n in each.members for value in (int(n), int(n), None)]
    y = [value for row in each.itertuples() for value in (row.low, row.high, None)]
    return go.Scatter(x=x, y=y, **styles.FUNNEL_BANDS)


def wave(outlook: Outlook, released: Released, name: str) -> None:
    """証明書の失効、更新、再登録の、月ごとの人数。"""
    frame = released.frame
    months = every_month(frame.month)
    rows = frame.set_index("month").reindex(months)
    x = [month_label(month) for month in months]
    # 登録が残ったままの失効と、自動で解除された失効を、合わせて「失効」と言う（titles.wave_title も）
    lost = rows.lapsed + rows.cancelled_by_lapse
    series = {"失効": lost, "更新": rows.renewed, "再登録": rows.relinked}
    traces = [
        go.Scatter(x=x, y=numbers(values), name=label, **style)
        for (label, values), style in zip(series.items(), styles.WAVE_LINES, strict=True)
    ]
    # 前の月がなければ、この月の行は欠けている
    newest = frame[frame.month == str(outlook.month)].dropna()
    row = {k: int(v) for k, v in newest.iloc[0].items() if k != "month"} if len(newest) else None
    said = (titles.wave_title(row), "電子証明書の動き・人（組合全体、月ごと）")
    kept = frame.assign(lost=frame.lapsed + frame.cancelled_by_lapse)
    show_chart(released, name, said, traces, with_months(styles.COUNTS_BY_MONTH, x), kept=kept)
