"""増え方の図を SVG で描く：三つの列（事業所・人・月）、二つの段（CPU 秒・記憶）。"""

from collections.abc import Sequence

AXES = {"employers": "事業所の数", "people": "人の数", "months": "残している月の数"}
ROWS = {"cpu": ("CPU の秒", "#0031d8"), "total_mb": ("全てのプロセスの記憶（MB）", "#0e6f72")}
WIDE, HIGH, LEFT, TOP, GAP_X, GAP_Y = 250, 150, 70, 92, 60, 92


def draw(points: Sequence[dict], usual: dict) -> str:
    """points の一つずつは、axis・employers・people・months と、測ったもの。"""
    most = {figure: _round_up(max(one[figure] for one in points)) for figure in ROWS}
    panels = [
        _panel(
            [one for one in points if one["axis"] == axis], axis, figure, most[figure], column, row
        )
        for row, figure in enumerate(ROWS)
        for column, axis in enumerate(AXES)
    ]
    width, height = LEFT + 3 * (WIDE + GAP_X), TOP + 2 * (HIGH + GAP_Y)
    still = f"増やすもののほかは、事業所 {usual['employers']}・{usual['people']:,} 人・{usual['months']} か月"
    head = _text(20, 32, "公開にかかる CPU と記憶は、何とともに増えるか", 18, "start", "#111", 700)
    head += _text(20, 56, f"{still}。横も縦も 0 から。横の目盛りは、測ったところ", 13, "start")
    style = 'font-family="Noto Sans CJK JP, Noto Sans JP, Hiragino Sans, Meiryo, sans-serif"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="公開の CPU と記憶の増え方" {style}>\n<rect width="100%" height="100%" fill="#fff"/>\n'
        + head
        + "".join(panels)
        + "</svg>\n"
    )


def _panel(
    points: Sequence[dict], axis: str, figure: str, most: float, column: int, row: int
) -> str:
    left, top = LEFT + column * (WIDE + GAP_X), TOP + row * (HIGH + GAP_Y)
    title, color = ROWS[figure]
    far = max(one[axis] for one in points)
    spots = [
        (left + WIDE * one[axis] / far, top + HIGH * (1 - one[figure] / most)) for one in points
    ]
    parts = [_text(left, top - 12, title, 13, "start", color, 700)] if column == 0 else []
    for share in (0, 0.5, 1):
        y = top + HIGH * (1 - share)
        parts.append(f'<line x1="{left}" y1="{y}" x2="{left + WIDE}" y2="{y}" stroke="#ddd"/>\n')
        parts.append(_text(left - 8, y + 4, f"{most * share:g}", 12, "end"))
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    parts.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2.5"/>\n')
    for (x, y), one in zip(spots, points, strict=True):
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{color}"/>\n')
        parts.append(_text(x, top + HIGH + 18, _short(one[axis]), 12, "middle"))
    for (x, y), one in ((spots[0], points[0]), (spots[-1], points[-1])):
        parts.append(_text(x, y - 10, f"{one[figure]:,.0f}", 12, "middle", color, 700))
    parts.append(_text(left + WIDE / 2, top + HIGH + 38, AXES[axis], 13, "middle", "#111"))
    return "".join(parts)


def _round_up(value: float) -> float:
    """目盛りの上の端：1、2、4、6、8 のどれかに始まる数。"""
    size = 10 ** (len(f"{int(value)}") - 1)
    return next(step * size for step in (1, 2, 4, 6, 8, 10, 20) if step * size >= value)


def _short(value: int) -> str:
    return f"{value // 10_000} 万" if value >= 10_000 else f"{value}"


def _text(
    x: float, y: float, text: str, size: int, anchor: str, color: str = "#444", weight: int = 400
) -> str:
    look = f'font-size="{size}" text-anchor="{anchor}" fill="{color}" font-weight="{weight}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{text}</text>\n'
