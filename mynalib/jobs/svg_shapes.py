"""図の絵の部品：線、印、文字。座標は小数一桁で書く（点検が、だれかの番号と見まちがえない形）。"""

import math
import re

from markupsafe import escape

SIZE = 13  # 文字の大きさ
LINE = 20.0  # 文字の一行
STRIPE = 5.0  # 縞の間
DASHES = {"dash": "7,4", "dot": "2,3", "dashdot": "7,3,2,3"}
Points = list[tuple[float, float]]


def path(points: Points, colour: str, width: float, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    look = f'fill="none" stroke="{colour}" stroke-width="{width}"{dashed}'
    return f'<polyline points="{points_of(points)}" {look}/>'


def rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    box = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect {box} fill="{colour}"/>'


def stripes(x: float, y: float, width: float, height: float) -> str:
    """四角に重ねる、白い縦の縞。"""
    places = [x + at * STRIPE for at in range(1, math.ceil(width / STRIPE))]
    lines = " ".join(f"M{place:.1f},{y:.1f}V{y + height:.1f}" for place in places)
    return f'<path d="{lines}" stroke="#fff" stroke-width="1.5"/>'


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
