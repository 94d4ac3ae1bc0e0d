"""図の絵：plotly の図の値と体裁（JSON）から、紙とメールと、JavaScript のないときのための SVG を描く。

描くのは、この道具の図にある線、点、文字、棒、帯だけ。知らない種類の線が来れば、描き落とさずに止まる。
"""

from collections.abc import Iterator, Mapping, Sequence

from markupsafe import escape

from mynalib.jobs.svg_axes import Scale, scale_of
from mynalib.jobs.svg_shapes import DASHES, LINE, SIZE, mark, path, rect, stripes, text_at, width_of
from mynalib.jobs.svg_traces import drawn, each

WIDTH = 760.0
DRAWABLE = ("scatter", "bar")


def draw(figure: Mapping, label: str) -> str:
    """図の SVG。

    Args:
        figure: plotly の data と layout。
        label: 読み上げる題。
    Raises:
        ValueError: 知らない種類の線。
    """
    traces = figure["data"]
    layout = figure["layout"]
    if strange := {trace.get("type", "scatter") for trace in traces} - {*DRAWABLE}:
        raise ValueError(f"描けない図です：{sorted(strange)}")
    # 凡例の行の分だけ、図の全体を下へずらし、絵を高くする。図そのものの大きさは、plotly と同じ
    legend = [*_legend(traces, layout)]
    x, y = _scales(traces, layout, top=layout["margin"]["t"] + LINE * len(legend))
    height = layout["height"] + LINE * len(legend)
    parts = [*_grid(x, y, layout), *drawn(traces, x, y, layout), *_axis_texts(x, y, layout)]
    parts += _legend_rows(legend, x.start)
    lines = "\n".join(parts)  # つづけて書くと、となりの数と一つに読まれる
    opening = f'<svg class="drawn" role="img" aria-label="{escape(label)}" viewBox="0 0 {WIDTH} {float(height)}"'
    return f'{opening} font-size="{SIZE}" fill="{_ink(layout)}">{lines}</svg>'


def _ink(layout: Mapping) -> str:
    return layout.get("font", {}).get("color", "#1a1a1c")


def _scales(traces: Sequence[Mapping], layout: Mapping, top: float) -> tuple[Scale, Scale]:
    """横の軸と、縦の軸。縦の目盛りの文字が入るだけ、左を空ける。"""
    margin = layout["margin"]
    across = _values(traces, "x")
    up = _values(traces, "y")
    flat = any(trace.get("orientation") == "h" for trace in traces)
    bars = any(trace.get("type") == "bar" for trace in traces)
    bottom = top + layout["height"] - margin["t"] - margin["b"]
    y = scale_of(layout.get("yaxis", {}), up, bottom, top, bars and not flat)
    left = max([margin["l"], *(width_of(text) + 12 for _, text in y.ticks())])
    return scale_of(layout.get("xaxis", {}), across, left, WIDTH - margin["r"], bars and flat), y


def _values(traces: Sequence[Mapping], axis: str) -> list:
    """その軸に載る値の全て。棒なら、先の端も。"""
    found = []
    for trace in traces:
        values = list(trace.get(axis) or [])
        along = "x" if trace.get("orientation") == "h" else "y"
        if trace.get("type") == "bar" and axis == along:
            bases = each(trace.get("base", 0), len(values))
            found += [base for base in bases if base is not None]
            # 例：土台 20 に 15 を積む棒は、20（土台）と 35（先）。値の 15 は、軸のどこにも現れない
            values = [_sum(base, value) for base, value in zip(bases, values, strict=True)]
        found += values
    return found


def _sum(base: float | None, value: float | None) -> float | None:
    return None if value is None else (base or 0) + value


def _grid(x: Scale, y: Scale, layout: Mapping) -> Iterator[str]:
    # 縦の軸の目盛りは横の線、横の軸の目盛りは縦の線
    for axis, other, flat in ((y, x, True), (x, y, False)):
        if axis.layout.get("showgrid", True):
            colour = axis.layout.get("gridcolor", "#e6e6e6")
            for at, _ in axis.ticks():
                yield _rule(at, other, flat, colour)
        if axis.layout.get("zeroline") and axis.kind == "linear" and axis.low <= 0 <= axis.high:
            yield _rule(axis.at(0), other, flat, axis.layout.get("zerolinecolor", _ink(layout)))
    colour = x.layout.get("linecolor", _ink(layout))
    yield path([(x.start, y.stop), (x.start, y.start), (x.stop, y.start)], colour, 1)


def _rule(at: float, other: Scale, flat: bool, colour: str) -> str:
    ends = [(other.start, at), (other.stop, at)] if flat else [(at, other.start), (at, other.stop)]
    return path(ends, colour, 1)


def _axis_texts(x: Scale, y: Scale, layout: Mapping) -> Iterator[str]:
    if y.unit_text:
        yield text_at(x.start - 6, y.stop - 10, y.unit_text, "end")
    if x.unit_text:
        yield text_at(x.stop + 16, y.start + LINE, x.unit_text, "start")
    for at, text in y.ticks():
        yield text_at(x.start - 6, at + SIZE / 3, text, "end")
    for at, text in x.ticks():
        yield text_at(at, y.start + LINE, text, "middle")
    title = x.layout.get("title") or {}
    if title:
        yield text_at((x.start + x.stop) / 2, y.start + 2 * LINE, title["text"], "middle")


def _legend(traces: Sequence[Mapping], layout: Mapping) -> Iterator[list[Mapping]]:
    """凡例の、一行ずつ。"""
    if not layout.get("showlegend"):
        return
    named = [one for one in traces if one.get("name") and one.get("showlegend", True)]
    row = []
    room = WIDTH - 2 * layout["margin"]["l"]
    for trace in named:
        if row and sum(width_of(one["name"]) + 48 for one in [*row, trace]) > room:
            yield row
            row = []
        row.append(trace)
    if row:
        yield row


def _legend_rows(rows: Sequence[Sequence[Mapping]], left: float) -> Iterator[str]:
    for number, row in enumerate(rows):
        x = left
        y = LINE * (number + 0.75)
        for trace in row:
            yield from _key(trace, x, y - SIZE / 3)
            yield text_at(x + 32, y, trace["name"], "start")
            x += width_of(trace["name"]) + 48


def _key(trace: Mapping, x: float, y: float) -> Iterator[str]:
    """凡例の見本。"""
    marker = trace.get("marker", {})
    line = trace.get("line", {})
    colour = marker.get("color") or line.get("color", "#000")
    colour = colour if isinstance(colour, str) else colour[0]
    if trace.get("type") == "bar" or trace.get("fill"):
        box = (x, y - 5, 26, 10)
        yield rect(*box, trace.get("fillcolor", colour))
        if marker.get("pattern"):
            yield stripes(*box)
        return
    if "lines" in trace.get("mode", "lines"):
        dash = DASHES.get(line.get("dash", ""), "")
        yield path([(x, y), (x + 26, y)], line.get("color", colour), line.get("width", 2), dash)
    if "markers" in trace.get("mode", ""):
        symbol = marker.get("symbol", "circle")
        yield mark(x + 13, y, 4, symbol if isinstance(symbol, str) else symbol[0], colour)
