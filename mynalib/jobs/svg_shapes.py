"""図の絵の部品：線、印、文字。座標は小数一桁で書く（点検が、だれかの番号と見まちがえない形）。"""

import re

from markupsafe import escape

SIZE = 13  # 文字の大きさ
LINE = 20.0  # 文字の一行
DASHES = {"dash": "7,4", "dot": "2,3", "dashdot": "7,3,2,3"}
Points = list[tuple[float, float]]


def path(points: Points, colour: str, width: float, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    look = f'fill="none" stroke="{colour}" stroke-width="{width}"{dashed}'
    return f'<polyline points="{points_of(points)}" {look}/>'


def points_of(points: Points) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def text_at(
    x: float, y: float, text: str, anchor: str, colour: str = "", size: float | None = None
) -> str:
    look = f' fill="{colour}"' if colour else ""
    look += f' font-size="{size}"' if size else ""
    lines = [re.sub("<[^>]*>", "", line) for line in re.split("<br ?/?>", str(text))]
    parts = [
        f'<text x="{x:.1f}" y="{y + at * LINE:.1f}" text-anchor="{anchor}"{look}>{escape(line)}</text>'
        for at, line in enumerate(lines)
    ]
    return "".join(parts)


def width_of(text: str) -> float:
    """文字の、おおよその幅。かなと漢字は、英数字の倍。"""
    return sum(SIZE if ord(letter) > 0x2E7F else SIZE * 0.58 for letter in str(text))  # noqa: PLR2004 漢字の部首から先


def mark(x: float, y: float, half: float, symbol: str, colour: str) -> str:
    hollow = symbol.endswith("-open")
    look = f'fill="#fff" stroke="{colour}" stroke-width="2"' if hollow else f'fill="{colour}"'
    if symbol.startswith("circle"):
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{half:.1f}" {look}/>'
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    if symbol.startswith("diamond"):
        corners = [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)]
    points = [(x + across * half, y + up * half) for across, up in corners]
    return f'<polygon points="{points_of(points)}" {look}/>'
