"""試験の道具：公開したページの図に描く値が、そのとなりの CSV の、同じ月・事業所・わけの行にあるか。"""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

FIGURE = re.compile(
    r'<figure id="(\w+)">((?:(?!</figure>).)*?class="figure-data">(.*?)</script>.*?)</figure>',
    re.DOTALL,
)
STACKED = "chosen_status"
"""積んだ棒の始まりは、下の棒の値の和。"""


def charts_of(release: Path) -> Iterator[tuple[str, dict, list[dict]]]:
    """図の名、値、CSV の行。一枚で送る版は、CSV を添えない。"""
    for page in sorted(release.rglob("*.html")):
        yield from charts_in(page.read_text(encoding="utf-8"), page.parent)


def charts_in(page: str, folder: Path) -> Iterator[tuple[str, dict, list[dict]]]:
    """folder に置いた、一枚のページの図。"""
    for name, figure, data in FIGURE.findall(page):
        for file in re.findall('<a href="([^"]+[.]csv)" download', figure):
            with (folder / file).open(encoding="utf-8-sig", newline="") as rows:
                yield name, json.loads(data), [*csv.DictReader(rows)]


def numbers_of(row: dict) -> set[float]:
    return {float(cell) for cell in row.values() if re.fullmatch("-?[0-9]+([.][0-9]+)?", cell)}


def is_at(row: dict, x: object, y: object) -> bool:
    """その行が、図の横（か縦）の場所のものか：月なら同じ月、人数なら同じ人数。言葉の場所は、どの行でもよい。"""
    month = re.fullmatch("([0-9]{4})年([0-9]+)月", str(x))
    if month:
        at = f"{month[1]}-{int(month[2]):02}"
        return at in (row["month"], row.get("target_month"))
    return not isinstance(x, int) or isinstance(y, str) or float(row["members"] or -1) == x


def drawn(name: str, trace: dict) -> Iterator[tuple[object, float]]:
    """線や棒の、場所と値。棒は、始まりも。"""
    flat = trace["y"] and isinstance(trace["y"][0], str)
    places, values = (trace["y"], trace["x"]) if flat else (trace["x"], trace["y"])
    yield from zip(places, values, strict=True)
    if "base" in trace and STACKED not in name:
        yield from zip(places, trace["base"], strict=True)


def is_curve(trace: dict) -> bool:
    """じょうご図の限界。CSV には、事業所の人数のところの値がある（下の試験）。"""
    return trace.get("line", {}).get("dash") in ("dash", "dot")


def missing(name: str, chart: dict, rows: list[dict]) -> list[tuple]:
    """図にあって、CSV にない値。じょうご図の線（全体の率、水準の幅）の横の場所は、どの行でもよい。"""
    curved = name.endswith("funnel")
    return [
        (name, trace.get("name"), place, value)
        for trace in chart["data"]
        if not (curved and is_curve(trace))
        for place, value in drawn(name, trace)
        if value is not None
        and not any(
            value in numbers_of(row)
            for row in rows
            if (curved and trace.get("mode") == "lines") or is_at(row, place, value)
        )
    ]
