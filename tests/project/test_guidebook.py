"""手引きの 22 の決まり：文書の表が名指す試験がある。図の値と体裁を、架空データの公開のページから読んで確かめる。"""

import ast
import json
import re
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "guidebook.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.splitlines()
    if re.match(r"\| [0-9]", line)
]
REPORTS = ("management/index.html", "internal/index.html", "internal/dashboard.html")
DRAWING = (*REPORTS, "employers/E01/index.html")
BLUES = {"#0017c1", "#0031d8", "#3460fb", "#c5d7fb"}
GREYS = {"#1a1a1c", "#949494", "#e6e6e6"}
REDS = {"#fe3939", "#fa0000"}
CHANGES = ("monthly_change", "causes")
MONTH = re.compile(r"20\d\d年(\d+)月")


def test_the_table_has_22_rules_and_says_how_many_are_proved():
    assert [row[0] for row in ROWS] == [f"{number}" for number in range(1, 23)]
    proved = [row for row in ROWS if row[3]]
    assert all(row[2].startswith("満たさない") for row in ROWS if not row[3])
    assert f"**22 のうち {len(proved)}（v02）**" in TEXT
    assert "準拠" not in TEXT


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_test_that_the_table_names_exists(row):
    for node in re.findall("`([^`]+)`", row[3]):
        path, name = node.split("::")
        assert name in functions(path)


@cache
def functions(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.fixture(scope="module", params=DRAWING)
def page(request, demo_release) -> str:
    return (demo_release / request.param).read_text(encoding="utf-8")


@pytest.fixture
def charts(page) -> dict[str, dict]:
    """名から、図の値と体裁へ。"""
    return {name: json.loads(data) for name, data in re.findall(
        '<figure id="(\\w+)">(?:(?!</figure>).)*?class="figure-data">(.*?)</script>', page, re.DOTALL
    )}  # fmt: skip


def colours_of(trace: dict) -> set[str]:
    """線と点と棒の色。塗った幅の色は、入らない。"""
    found = {trace.get("line", {}).get("color")} if trace.get("line", {}).get("width") else set()
    marker = trace.get("marker", {}).get("color", ())
    return {*found, *([marker] if isinstance(marker, str) else marker)} - {None}


def contrast(colour: str) -> float:
    """白い地との、明るさの比（WCAG）。"""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def test_what_is_chosen_stands_below_the_chooser(demo_release):
    page = (demo_release / "internal" / "dashboard.html").read_text(encoding="utf-8")
    assert page.count('class="chooser scripted"') == 1
    assert page.index('class="chooser scripted"') < page.index('class="choices"')


def test_a_line_runs_over_months(charts):
    for name, chart in charts.items():
        for trace in chart["data"]:
            if (
                "lines" in trace.get("mode", "")
                and chart["layout"]["xaxis"].get("type") == "category"
            ):
                assert all(MONTH.fullmatch(x) for x in trace["x"]), name
                assert trace["x"] == sorted(trace["x"], key=in_time)


def in_time(label: str) -> tuple[int, int]:
    return int(label[:4]), int(MONTH.fullmatch(label)[1])


def test_only_a_band_between_two_lines_is_filled(charts):
    for chart in charts.values():
        for before, trace in pairwise([{}, *chart["data"]]):
            assert "stackgroup" not in trace
            if "fill" in trace:
                assert (trace["fill"], len(trace["x"])) == ("tonexty", len(before["x"]))


def test_colours_are_those_of_the_guidebook_and_few_in_a_chart(charts):
    for name, chart in charts.items():
        used = set().union(*(colours_of(trace) for trace in chart["data"]))
        assert used <= BLUES | GREYS | REDS, name
        assert len(used) <= 5, name


def test_better_and_worse_colour_only_changes(charts):
    for name, chart in charts.items():
        used = set().union(*(colours_of(trace) for trace in chart["data"]))
        assert (used <= {"#0031d8", "#fa0000"}) == (name in CHANGES)
        red = {
            trace.get("name") or name for trace in chart["data"] if "#fe3939" in colours_of(trace)
        }
        assert all(re.search("目標|失効|脱退|xmr_", one) for one in red), red


def test_what_is_drawn_stands_out_from_its_ground(charts):
    for name, chart in charts.items():
        for colour in set().union(*(colours_of(trace) for trace in chart["data"])):
            assert contrast(colour) >= 3, (name, colour)


def test_series_differ_without_their_colours(charts):
    """凡例に並ぶどの二つも、線の切れ目、印、縞、形のどれかが違う。積んだ棒は、隣と縞か明るさが違い、凡例は積む順。"""
    for name, chart in charts.items():
        named = [t for t in chart["data"] if t.get("name") and t.get("showlegend", True)]
        pairs = (
            pairwise(named) if any(t["type"] == "bar" for t in named) else combinations(named, 2)
        )
        for one, other in pairs:
            assert shape_of(one) != shape_of(other), (name, one["name"], other["name"])


def shape_of(trace: dict) -> tuple:
    marker, line = trace.get("marker", {}), trace.get("line", {})
    if trace["type"] == "bar":
        return bool(marker.get("pattern")), round(contrast(marker["color"]))
    looks = (trace.get("mode"), line.get("dash"), line.get("width"), marker.get("symbol"))
    return *map(str, looks), trace.get("fill"), trace["x"][0] == trace["x"][1]


def test_each_chart_has_its_values_its_file_and_its_words(page, demo_release, request):
    folder = demo_release / Path(request.node.callspec.params["page"]).parent
    figures = re.findall("<figure .*?</figure>", page, re.DOTALL)
    assert figures
    for figure in figures:
        title, kind = re.search(
            '<figcaption>(.*?)<span class="subtitle">(.*?)</span>', figure
        ).groups()
        said = re.search('class="chart" role="img" aria-label="(.*?)"', figure)[1]
        assert said.startswith(f"{title}。{kind}".replace("\N{NO-BREAK SPACE}", " "))
        assert "<tbody>" in figure
        assert (folder / re.search('<a href="([^"]+[.]csv)" download', figure)[1]).is_file()


@pytest.mark.parametrize("name", REPORTS)
def test_the_whole_comes_before_the_parts(demo_release, name):
    page = (demo_release / name).read_text(encoding="utf-8")
    places = [page.index(part) for part in ('class="summary"', 'class="tiles"', "<figure ")]
    assert places == sorted(places)
    summary = re.search('<ul class="summary">(.*?)</ul>', page, re.DOTALL)[1]
    assert summary.count("<li") == 3


def test_only_one_axis_has_thin_grid_lines(charts):
    for name, chart in charts.items():
        axes = [chart["layout"][axis] for axis in ("xaxis", "yaxis")]
        drawn = [axis for axis in axes if axis.get("showgrid", True)]
        assert [axis["gridcolor"] for axis in drawn] == ["#e6e6e6"], name


def test_nothing_is_solid_or_casts_a_shadow(charts, page, request, demo_release):
    assert {trace["type"] for chart in charts.values() for trace in chart["data"]} <= {
        "scatter",
        "bar",
    }
    folder = demo_release / Path(request.node.callspec.params["page"]).parent
    style = (folder / "assets" / "report.css").read_text(encoding="utf-8") + page
    assert "shadow" not in style


def test_a_legend_stands_above_its_chart_in_its_order(charts):
    for chart in charts.values():
        legend = chart["layout"]["legend"]
        assert (legend["orientation"], legend["yanchor"], legend["y"] > 1) == ("h", "bottom", True)
        assert legend["traceorder"] == "normal"


def test_an_axis_begins_at_zero(charts, page):
    for name, chart in charts.items():
        flat = chart["layout"]["xaxis"].get("ticksuffix") == "%"
        axis = chart["layout"]["xaxis" if flat else "yaxis"]
        if axis.get("ticksuffix") == "%":
            assert axis["range"] == [0, 100], name
        elif axis.get("ticksuffix") == "pt":
            low, high = axis.get("range", (0, 0))
            assert low <= 0 <= high, name
        else:
            assert axis["rangemode"] == "tozero", name
    for rate, points in re.findall(
        '<strong>([0-9.]+)</strong> %.*?<polyline points="([^"]+)"', page, re.DOTALL
    ):
        assert float(points.split(",")[-1]) == pytest.approx(23 - 0.22 * float(rate), abs=0.06)
