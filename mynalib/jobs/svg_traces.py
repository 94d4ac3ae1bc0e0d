"""図の絵の中身：線、点、文字、棒、帯。"""

from collections.abc import Iterator, Mapping, Sequence

from mynalib.jobs.svg_axes import Scale
from mynalib.jobs.svg_shapes import (
    DASHES,
    LINE,
    SIZE,
    Points,
    mark,
    path,
    points_of,
    rect,
    stripes,
    text_at,
)

ANCHORS = {"left": "end", "center": "middle", "right": "start"}  # textposition の横 → text-anchor


def drawn(traces: Sequence[Mapping], x: Scale, y: Scale, layout: Mapping) -> Iterator[str]:
    before: list[Points] = []
    for trace in traces:
        if trace.get("type") == "bar":
            yield from _bars(trace, x, y, layout)
            continue
        runs = _runs(trace, x, y)
        if trace.get("fill") == "tonexty":
            yield from (_area(*pair, trace["fillcolor"]) for pair in zip(runs, before, strict=True))
        mode = trace.get("mode", "lines")
        if "lines" in mode:
            yield from _lines(trace, runs)
        if "markers" in mode:
            yield from _markers(trace, x, y)
        if "text" in mode:
            yield from _texts(trace, x, y)
        before = runs


def _runs(trace: Mapping, x: Scale, y: Scale) -> list[Points]:
    """線を、欠けた値のところで切ったもの。shape が hv なら、横に進んでから縦に動く。"""
    runs: list[Points] = [[]]
    for across, up in zip(trace["x"], trace["y"], strict=True):
        if across is None or up is None:
            # 例：1、なし、3、4 は、点が一つの線と、二つの線。欠けた月を、まっすぐな線で結ばない
            runs += [[]] if runs[-1] else []
            continue
        point = (x.at(across), y.at(up))
        if runs[-1] and trace.get("line", {}).get("shape") == "hv":
            # 階段：前の高さのまま横へ進む角を足す。(50, 90) から (150, 70) へは、(150, 90) を通る
            runs[-1].append((point[0], runs[-1][-1][1]))
        runs[-1].append(point)
    return [run for run in runs if run]


def _lines(trace: Mapping, runs: list[Points]) -> Iterator[str]:
    line = trace.get("line", {})
    if line.get("width", 2):
        dash = DASHES.get(line.get("dash", ""), "")
        yield from (
            path(run, line.get("color", "#000"), line.get("width", 2), dash) for run in runs
        )


def _area(upper: Points, lower: Points, colour: str) -> str:
    # 上の線を左から右へ、下の線を右から左へ。一回りで、帯になる
    return f'<polygon points="{points_of([*upper, *lower[::-1]])}" fill="{colour}"/>'


def _markers(trace: Mapping, x: Scale, y: Scale) -> Iterator[str]:
    marker = trace.get("marker", {})
    count = len(trace["x"])
    line = trace.get("line", {})
    sizes = each(marker.get("size", 6), count)
    symbols = each(marker.get("symbol", "circle"), count)
    colours = each(marker.get("color") or line.get("color", "#000"), count)
    for at, (across, up) in enumerate(zip(trace["x"], trace["y"], strict=True)):
        if across is not None and up is not None and sizes[at]:
            yield mark(x.at(across), y.at(up), sizes[at] / 2, symbols[at], colours[at])


def _texts(trace: Mapping, x: Scale, y: Scale) -> Iterator[str]:
    upright, _, across_word = trace.get("textposition", "middle center").partition(" ")
    lift = {"top": -10.0, "middle": SIZE / 3, "bottom": 20.0}[upright]
    aside = {"left": -8.0, "center": 0.0, "right": 8.0}[across_word]
    font = trace.get("textfont", {})
    texts = each(trace.get("text", ""), len(trace["x"]))
    for across, up, text in zip(trace["x"], trace["y"], texts, strict=True):
        if across is not None and up is not None:
            place = (x.at(across) + aside, y.at(up) + lift)
            yield text_at(
                *place, text, ANCHORS[across_word], font.get("color", ""), font.get("size")
            )


def _bars(trace: Mapping, x: Scale, y: Scale, layout: Mapping) -> Iterator[str]:
    flat = trace.get("orientation") == "h"
    along, names = (x, trace["y"]) if flat else (y, trace["x"])
    across = y if flat else x
    values = trace["x"] if flat else trace["y"]
    count = len(values)
    bases = each(trace.get("base", 0), count)
    texts = each(trace.get("text", ""), count)
    colours = each(trace.get("marker", {}).get("color", "#000"), count)
    places = each(trace.get("textposition", "none"), count)
    thick = across.unit * (1 - layout.get("bargap", 0.2))
    for at, (name, value) in enumerate(zip(names, values, strict=True)):
        if value is None:
            continue
        ends = along.at(bases[at] or 0), along.at((bases[at] or 0) + value)
        middle = across.at(name)
        box = _box(ends, middle, thick, flat)
        yield rect(*box, colours[at])
        if trace.get("marker", {}).get("pattern"):
            yield stripes(*box)
        if texts[at] and places[at] != "none":
            yield _bar_text(ends, middle, flat, texts[at], places[at] == "inside")


def _box(
    ends: tuple[float, float], middle: float, thick: float, flat: bool
) -> tuple[float, float, float, float]:
    """棒の左、上、幅、高さ。"""
    low = min(ends)
    size = abs(ends[1] - ends[0])
    return (
        (low, middle - thick / 2, size, thick) if flat else (middle - thick / 2, low, thick, size)
    )


def _bar_text(ends: tuple[float, float], middle: float, flat: bool, text: str, inside: bool) -> str:
    base, tip = ends
    if flat and inside:
        return text_at(base + 6, middle + SIZE / 3, text, "start", "#fff")
    if flat:
        return text_at(tip + 6, middle + SIZE / 3, text, "start")
    # 画素は下ほど大きい。先が土台より上（tip <= base）の棒には上に、下に伸びた棒には下に書く
    return text_at(middle, tip - 6 if tip <= base else tip + LINE - 4, text, "middle")


def each(value: object, count: int) -> list:
    """一つの値か並びを、count 個の並びに。"""
    return list(value) if isinstance(value, list | tuple) else [value] * count
