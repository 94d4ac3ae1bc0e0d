"""図の絵：図の値のとおりの場所に、図の値だけを、ブラウザーなしで描く。"""

import json
import re
from xml.etree import ElementTree

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynalib.insight import chart_styles as styles
from mynalib.jobs.svg import WIDTH, draw
from mynalib.jobs.svg_shapes import SIZE

MONTHS = ["2026年8月", "2026年9月", "2026年10月", "2026年11月"]
MARGIN = {"l": 56, "r": 24, "t": 16, "b": 48}
PERCENTS = {"range": [0, 100], "ticksuffix": "%", "dtick": 20}
LAYOUT = {"height": 340, "margin": MARGIN, "yaxis": PERCENTS, "xaxis": {"type": "category"}}


def picture(*traces, **layout) -> ElementTree.Element:
    figure = go.Figure(traces, {"template": "none", **LAYOUT, **layout}).to_plotly_json()
    return ElementTree.fromstring(draw(json.loads(json.dumps(figure)), "登録率 < 90% の推移"))


def points(element: ElementTree.Element) -> list[tuple[float, float]]:
    return [tuple(map(float, pair.split(","))) for pair in element.get("points").split()]


def texts(svg: ElementTree.Element) -> list[str]:
    return [element.text for element in svg.iter("text")]


def rate_of(y: float) -> float:
    """画素から、値（%）へ戻す。"""
    top, bottom = MARGIN["t"], LAYOUT["height"] - MARGIN["b"]
    return 100 * (bottom - y) / (bottom - top)


@given(st.lists(st.none() | st.floats(0, 100), min_size=4, max_size=4))
def test_a_line_passes_through_its_values_and_breaks_where_one_is_missing(values):
    svg = picture(go.Scatter(x=MONTHS, y=values, mode="lines+markers", line={"color": "#0031d8"}))
    drawn = [
        rate_of(y)
        for line in svg.iter("polyline")
        if line.get("stroke") == "#0031d8"
        for _, y in points(line)
    ]
    dots = [rate_of(float(dot.get("cy"))) for dot in svg.iter("circle")]
    known = [value for value in values if value is not None]
    assert drawn == pytest.approx(known, abs=0.05)
    assert dots == pytest.approx(known, abs=0.05)
    runs = len("".join("x" if value is None else "v" for value in values).replace("x", " ").split())
    assert len([line for line in svg.iter("polyline") if line.get("stroke") == "#0031d8"]) == runs


@given(
    st.lists(
        st.tuples(st.floats(-50, 50), st.floats(-50, 50).filter(lambda n: abs(n) > 0.5)),
        min_size=1,
        max_size=4,
    )
)
def test_a_bar_begins_at_its_base_and_is_as_long_as_its_value(pairs):
    bases, sizes = [list(each) for each in zip(*pairs, strict=True)]
    svg = picture(
        go.Bar(
            x=MONTHS[: len(sizes)], y=sizes, base=bases, marker={"color": ["#fa0000"] * len(sizes)}
        ),
        yaxis={"range": [-100, 100]},
    )
    height = LAYOUT["height"] - MARGIN["b"] - MARGIN["t"]
    for bar, (base, size) in zip(svg.iter("rect"), pairs, strict=True):
        assert float(bar.get("height")) == pytest.approx(abs(size) / 200 * height, abs=0.1)
        top = MARGIN["t"] + (100 - max(base, base + size)) / 200 * height
        assert float(bar.get("y")) == pytest.approx(top, abs=0.1)


def test_the_stripes_of_a_bar_lie_inside_it():
    look = {"color": "#0017c1", "pattern": {"shape": "|"}}
    svg = picture(go.Bar(x=MONTHS, y=[10, 20, 30, 40], marker=look))
    for bar, lines in zip(svg.iter("rect"), svg.iter("path"), strict=True):
        left, top, width, height = (float(bar.get(n)) for n in ("x", "y", "width", "height"))
        drawn = re.findall("M([0-9.]+),([0-9.]+)V([0-9.]+)", lines.get("d"))
        assert len(drawn) > 3
        assert all(left < float(x) < left + width for x, _, _ in drawn)
        assert {float(start) for _, start, _ in drawn} == {top}
        assert all(float(stop) == pytest.approx(top + height, abs=0.15) for *_, stop in drawn)


def test_a_band_lies_between_its_two_lines():
    ends = ([10, 20, 30, 40], [50, 60, 70, 80])
    low, high = (go.Scatter(x=MONTHS, y=end, mode="lines", line={"width": 0}) for end in ends)
    high.fill, high.fillcolor = "tonexty", "rgba(0,49,216,0.18)"
    [band] = [one for one in picture(low, high).iter("polygon") if "rgba" in one.get("fill")]
    assert [rate_of(y) for _, y in points(band)] == pytest.approx(
        [*ends[1], *ends[0][::-1]], abs=0.05
    )


def test_a_logarithmic_axis_puts_ten_times_as_far_as_ten_times():
    axis = {"type": "log", "tickvals": [10, 100, 1000], "ticktext": ["10", "100", "1,000"]}
    marks = {"mode": "markers", "marker": {"color": "#0031d8"}}
    svg = picture(go.Scatter(x=[10, 100, 1000], y=[1, 2, 3], **marks), xaxis=axis)
    at = [float(dot.get("cx")) for dot in svg.iter("circle")]
    assert at[1] - at[0] == pytest.approx(at[2] - at[1], abs=0.11)
    assert {"10", "100", "1,000"} <= set(texts(svg))


def test_texts_are_escaped_and_lie_inside_the_picture():
    names = ["株式会社<b>甲</b>&乙", "とても長い名の株式会社フレックスインターナショナルツアーズ"]
    svg = picture(
        go.Bar(x=[40, 60], y=names, orientation="h", text=["40%", "60%"], textposition="inside"),
        xaxis=PERCENTS,
        yaxis={},
    )
    assert svg.get("aria-label") == "登録率 < 90% の推移"
    assert {"株式会社甲&乙", names[1], "40%", "0", "100", "%"} <= set(texts(svg))
    longest = next(one for one in svg.iter("text") if one.text == names[1])
    assert float(longest.get("x")) - 13 * len(names[1]) >= 0
    assert all(0 <= float(one.get("x")) <= WIDTH for one in svg.iter("text"))


def test_the_newest_month_is_always_under_the_axis():
    months = [f"2025年{n}月" for n in range(1, 13)] + [f"2026年{n}月" for n in range(1, 12)]
    svg = picture(go.Scatter(x=months, y=[50] * len(months)))
    shown = [text for text in texts(svg) if "月" in text]
    assert shown[-1] == months[-1]
    assert len(shown) <= 9


def test_a_picture_holds_no_long_run_of_digits():
    """点検が、座標を、だれかの番号と見まちがえない。"""
    svg = draw(
        go.Figure(
            [go.Scatter(x=MONTHS, y=[1.23456, 2, 3, 4])], {"template": "none", **LAYOUT}
        ).to_plotly_json(),
        "題",
    )
    assert not re.search("[0-9]{5}", svg)


def test_a_kind_that_cannot_be_drawn_stops_instead_of_being_left_out():
    with pytest.raises(ValueError, match="pie"):
        picture(go.Pie(values=[1, 2]))


@pytest.mark.parametrize("value", [0, 7, -3])
def test_an_axis_has_a_length_even_when_all_values_are_alike(value):
    svg = picture(
        go.Scatter(x=MONTHS, y=[value] * 4, mode="lines+markers"), yaxis={"rangemode": "tozero"}
    )
    height = LAYOUT["height"]
    assert all(0 <= float(dot.get("cy")) <= height for dot in svg.iter("circle"))
    assert len([*svg.iter("circle")]) == 4


@pytest.mark.parametrize("sizes", [[0, 0], [0, 1], [2, 0], [1, 3], [0, 4], [7, 12], [0, 30_000]])
def test_an_axis_of_people_names_each_whole_number_once(sizes):
    """0.5 人おきの目盛りを丸めると、「0、1、1、2、2」になる。"""
    people = {"rangemode": "tozero", "tickformat": ",d"}
    svg = picture(go.Scatter(x=MONTHS[:2], y=sizes, mode="lines"), yaxis=people)
    shown = [int(text.replace(",", "")) for text in texts(svg) if text not in MONTHS]
    assert len(shown) >= 2
    assert len(shown) == len(set(shown))


@pytest.mark.parametrize("layout", [styles.DUMBBELL_LAYOUT, styles.SHARE_ROWS])
def test_the_unit_at_the_end_of_a_flat_axis_is_inside_the_picture(layout):
    svg = picture(go.Scatter(x=[70, 100], y=["本人", "家族"], mode="markers"), **layout)
    [unit] = [text for text in svg.iter("text") if text.text == "%"]
    assert float(unit.get("x")) + SIZE <= WIDTH
