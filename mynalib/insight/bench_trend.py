"""作業台の月次推移：上に率の線、下に前の月からの差（ポイント）。率は 0 から描き、小さな動きは差で読む。"""

from collections.abc import Sequence
from fractions import Fraction

import pandas as pd

from mynalib.domain.months import Month
from mynalib.insight.bench_layout import (
    NOTHING,
    TRACES,
    Drawing,
    drawn_numbers,
    layout_of,
    people,
    rounded_points,
    subtitle_of,
)
from mynalib.insight.bench_measures import shown_percents
from mynalib.insight.bench_views import View, bench_words

MOST_TICKS = 12
Line = tuple[str, pd.DataFrame]
"""線の名と、期間の全ての月を索引とする表（ファイルのない月は欠ける）。"""


def over_time(view: View, table: pd.DataFrame, scope: str) -> Drawing:
    """図の中身（bench_chart.chart に同じ）。"""
    months = _every_month(view.months)
    lines = [(name, rows.set_index("month").reindex(months)) for name, rows in _kinds(view, table)]
    traces = [NOTHING] * len(TRACES)
    for place, (name, rows) in enumerate(lines):
        traces[place] = _level(name, rows, _side(place, lines))
        # TRACES は、線二つのあとに、差の棒二つ
        traces[place + 2] = _changes(name, rows)
    layout = layout_of(view)
    layout |= {axis: layout[axis] | _ticks(months) for axis in ("xaxis", "xaxis2")}
    return Drawing(trend_title(view, lines), subtitle_of(view, scope), traces, layout)


def trend_title(view: View, lines: Sequence[Line]) -> str:
    """図の題：いまの率と、前の月からの動き。本人と家族なら、その差。"""
    name = bench_words("measures")[view.measure]
    rates = [_ratio(rows, -1) for _, rows in lines]
    if None in rates:
        return f"{name}：終わりの月に、いない人がいます"
    if len(lines) > 1:
        return f"{name}は、家族が本人{_compared_words(rates[1] - rates[0], '高い', '低い')}"
    shown = f"{name}は{rounded_points(rates[0]):.1f}%"
    before = _ratio(lines[0][1], -2)
    if before is None:
        return shown
    return f"{shown}、前月{_compared_words(rates[0] - before, '上がった', '下がった')}"


def _compared_words(size: Fraction, up: str, down: str) -> str:
    points = rounded_points(size)
    if not points:
        return "とほぼ同じ" if size else "と同じ"
    return f"より{abs(points):.1f}ポイント{up if points > 0 else down}"


def _kinds(view: View, table: pd.DataFrame) -> list[Line]:
    if view.split == "none":
        return [("", table)]
    words = bench_words("kinds")
    found = [(words["insured"], table[table.insured]), (words["dependant"], table[~table.insured])]
    return [(name, rows) for name, rows in found if len(rows)]


def _side(place: int, lines: Sequence[Line]) -> str:
    """線の終わりの文字の置きどころ。二つの線の文字が重ならないように、高いほうを上に。"""
    if len(lines) == 1:
        return "middle right"
    here, other = (lines[at][1].rate.dropna().iloc[-1] for at in (place, 1 - place))
    # 同じ率なら、本人を上に
    above = here > other or (here == other and place == 0)
    return "top right" if above else "bottom right"


def _level(name: str, rows: pd.DataFrame, side: str) -> dict:
    known = rows.dropna(subset=["rate"])
    percents = shown_percents(known)
    counts = [people(*pair) for pair in zip(known.numerator, known.denominator, strict=True)]
    hovers = pd.Series("", rows.index)
    hovers[known.index] = [
        f"{Month.parse(month).label}　{name} {percent}（{count}）"
        for month, percent, count in zip(known.index, percents, counts, strict=True)
    ]
    texts = pd.Series("", rows.index)
    # 名のない一本の線では、「<b> 73.4%」の空きが残る
    texts[known.index[-1]] = f"<b>{name} {percents[-1]}</b><br>{counts[-1]}".replace("<b> ", "<b>")
    return {
        "x": list(range(len(rows))),
        "y": drawn_numbers(rows.rate),
        "text": list(texts),
        "textposition": side,
        "customdata": list(hovers),
        "visible": True,
    }


def _changes(name: str, rows: pd.DataFrame) -> dict:
    """前の月からの差。前の月のファイルがなければ、ない。"""
    pairs = zip(rows.numerator, rows.denominator, strict=True)
    counts = [0 if pd.isna(n) else people(n, d) for n, d in pairs]
    sizes = rows.rate.diff()
    hovers = [
        f"{Month.parse(month).label}　{name} {size:+.1f} ポイント（{was} から {now}）"
        for month, size, was, now in zip(rows.index, sizes, ["", *counts], counts, strict=False)
    ]
    return {
        "x": list(range(len(rows))),
        "y": drawn_numbers(sizes),
        "customdata": hovers,
        "visible": True,
    }


def _ratio(rows: pd.DataFrame, place: int) -> Fraction | None:
    """place 番目の月の率。ファイルがないか、人がいなければ None。"""
    if len(rows) < abs(place) or pd.isna(rows.numerator.iloc[place]):
        return None
    return Fraction(int(rows.numerator.iloc[place]), int(rows.denominator.iloc[place]))


def _every_month(ends: tuple[str, str]) -> list[str]:
    """両端の間の全ての月。ファイルのない月では、線が切れる。"""
    first, last = (Month.parse(month) for month in ends)
    return [str(first.plus(step)) for step in range(last.minus(first) + 1)]


def _ticks(months: Sequence[str]) -> dict:
    """月の目盛：多くても MOST_TICKS、いちばん新しい月はいつもある。年は、はじめと、変わったときだけ。

    横の位置は、期間のはじめからの月数（文字の軸は、前の期間の並びを覚えている）。
    """
    # 例：25 か月なら三か月おき。後ろから数えるので、いちばん新しい月に目盛りがある
    step = -(-len(months) // MOST_TICKS)
    shown = list(months)[::-step][::-1]
    years = ["", *(month[:4] for month in shown)]
    texts = [
        f"{int(month[5:])}月" + ("" if month[:4] == year else f"<br>{month[:4]}年")
        for month, year in zip(shown, years, strict=False)
    ]
    ends = [-0.5, len(months) - 0.5]  # 上の線と下の棒で、同じ月が上下に並ぶように
    places = [months.index(month) for month in shown]
    return {"tickvals": places, "ticktext": texts, "range": ends}
