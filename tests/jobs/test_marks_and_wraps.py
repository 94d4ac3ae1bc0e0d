"""読む人の目に入るかたち：軸の目盛り、行の折れ目、並べかえ。公開を作らずに、部品と様式だけで確かめる。"""

import json
import re
from itertools import pairwise
from pathlib import Path

import plotly.graph_objects as go
import pytest
from chromium import CHROMIUM, QUIET, require_chromium
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page, sync_playwright

from mynalib.domain.months import Month
from mynalib.domain.shipped import templates, unbroken
from mynalib.insight import chart_styles as styles
from mynalib.insight.chart_frame import month_label, with_months, with_sizes
from mynalib.jobs.pages import copy_assets

PHONE = {"width": 375, "height": 800}
DESK = {"width": 1280, "height": 800}
NEWEST = Month.parse("2026-10")
TICKS = "(axis) => [...document.querySelectorAll(`.chart .${axis}tick text`)].map((one) => one.textContent)"
LABELS = "() => [...document.querySelectorAll('.chart .xtick text')].map((one) => { const box = one.getBoundingClientRect(); return [box.left, box.right]; }).sort((a, b) => a[0] - b[0])"


@given(st.integers(1, 200_000), st.integers(1, 200_000))
def test_the_axis_of_sizes_has_marks_to_read_a_size_from(one, other):
    smallest, largest = sorted((one, other))
    axis = with_sizes(styles.FUNNEL_LAYOUT, smallest, largest)["xaxis"]
    assert all(smallest <= tick <= largest for tick in axis["tickvals"])
    assert len(axis["tickvals"]) == len({*axis["ticktext"]}) >= min(2, largest - smallest + 1)


SENTENCES = {
    "加入者 約 170 人のうち 約 125 人": "加入者 約_170_人のうち 約_125_人",
    "▲ 前の月より 3.0 ポイント増": "▲ 前の月より 3.0_ポイント増",
    "登録率は 73 % で、3 か月の 1 回目": "登録率は 73_% で、3_か月の 1_回目",
    "受領書 5 件、16 世帯、4 社": "受領書 5_件、16_世帯、4_社",
    "A4 の紙、E01 を見る": "A4 の紙、E01 を見る",
}


@pytest.mark.parametrize("text", SENTENCES)
def test_a_number_is_not_parted_from_its_unit(text):
    assert unbroken(text).replace("\N{NO-BREAK SPACE}", "_") == SENTENCES[text]


@pytest.fixture(scope="module")
def page():
    require_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser.new_page()
        browser.close()


def macro(part: str, **values) -> str:
    return str(getattr(templates().get_template("insight/markup.html.j2").module, part)(**values))


def opened(page: Page, folder: Path, body: str, viewport: dict, draws: bool = True) -> Page:
    copy_assets(folder, draws)
    scripts = ["plotly-basic.min.js"] if draws else []
    head = "".join(f'<script src="assets/{one}" defer></script>' for one in [*scripts, "report.js"])
    style = '<link rel="stylesheet" href="assets/report.css">'
    text = f"<!DOCTYPE html><html lang=ja><meta charset=utf-8>{style}{head}<main>{body}</main>"
    (folder / "page.html").write_text(text, encoding="utf-8")
    page.set_viewport_size(viewport)
    page.goto((folder / "page.html").as_uri())
    return page


def figure(traces: list, layout: dict) -> str:
    plotly = go.Figure(traces, {"template": "none", **layout}).to_plotly_json()
    plotly["layout"].pop("template", None)
    shown = json.loads(json.dumps(plotly))
    return macro("figure", name="one", csv="", figure=shown, caption="題", columns=[], rows=[])


@pytest.mark.browser
@pytest.mark.parametrize("sizes", [[0, 0], [0, 1], [2, 0], [1, 4], [7, 12]])
def test_a_drawn_axis_of_people_names_each_whole_number_once(page, tmp_path, sizes):
    x = ["2026年9月", "2026年10月"]
    body = figure([go.Scatter(x=x, y=sizes)], with_months(styles.COUNTS_BY_MONTH, x))
    shown = opened(page, tmp_path, body, DESK).evaluate(TICKS, "y")
    assert len(shown) == len({*shown}) >= 2


@pytest.mark.browser
@pytest.mark.parametrize("ahead", [0, 1, 5, 12])
@pytest.mark.parametrize("past", [1, 2, 4, 13, 25])
def test_a_narrow_axis_of_months_keeps_the_newest_and_no_names_touch(page, tmp_path, past, ahead):
    x = [month_label(str(NEWEST.plus(step))) for step in range(1 - past, ahead + 1)]
    body = figure([go.Scatter(x=x, y=[70] * past)], with_months(styles.TREND, x, past - 1))
    shown = opened(page, tmp_path, body, PHONE)
    assert month_label(str(NEWEST)) in shown.evaluate(TICKS, "x")
    boxes = shown.evaluate(LABELS)
    assert all(one[1] < other[0] for one, other in pairwise(boxes))


@pytest.mark.browser
@pytest.mark.parametrize("sizes", [(3, 78), (45, 80), (3, 5000), (30, 200_000)])
def test_a_narrow_axis_of_sizes_still_has_marks(page, tmp_path, sizes):
    layout = with_sizes(styles.FUNNEL_LAYOUT, *sizes)
    body = figure([go.Scatter(x=sizes, y=[70, 75])], layout)
    assert len(opened(page, tmp_path, body, PHONE).evaluate(TICKS, "x")) >= 2


@pytest.mark.browser
def test_a_narrow_axis_of_percents_ends_at_100(page, tmp_path):
    body = figure([go.Scatter(x=[70, 78], y=["本人", "家族"])], styles.DUMBBELL_LAYOUT)
    shown = opened(page, tmp_path, body, PHONE)
    assert shown.evaluate(TICKS, "x")[-1] == "100%"
    assert shown.evaluate(LABELS)[-1][1] <= PHONE["width"]


LEVELS = ["約 70 %（±10）", "約 9 %（±1）", "—", "85 % 以上", "約 78 %（±1）"]
COLUMNS = [{"label": "登録率", "number": False, "whole": True, "name": False}] * 2


def rows_of(values: list[str]) -> list[dict]:
    kinds = dict.fromkeys(("total", "merged", "home"), False)
    return [{"cells": ["事業所", value], **kinds} for value in values]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("values", "order"),
    [
        (LEVELS, ["約 9 %（±1）", "約 70 %（±10）", "約 78 %（±1）", "85 % 以上", "—"]),
        (["1,200", "-0.3", "+12.4", "95"], ["-0.3", "+12.4", "95", "1,200"]),
        (["2027年1月", "2026年10月", "2026年9月"], ["2026年9月", "2026年10月", "2027年1月"]),
        (["本人", "家族", "本人"], ["家族", "本人", "本人"]),
    ],
)
def test_a_table_is_sorted_by_the_number_a_reader_sees(page, tmp_path, values, order):
    body = macro("grid", columns=COLUMNS, rows=rows_of(values), caption="表", sortable=True)
    shown = opened(page, tmp_path, body, DESK, draws=False)
    shown.locator("th button").nth(1).click()
    assert shown.locator("tbody td").all_inner_texts() == order


@pytest.mark.browser
def test_the_hint_to_press_a_heading_is_seen_only_where_pressing_works(page, tmp_path):
    body = macro("grid", columns=COLUMNS, rows=rows_of(["1"]), caption="表", sortable=True)
    shown = opened(page, tmp_path, body, DESK, draws=False)
    hint = shown.locator("caption .sorting")
    assert hint.is_visible()
    shown.emulate_media(media="print")
    assert not hint.is_visible()
    shown.emulate_media(media="screen")
    shown.evaluate("document.documentElement.classList.remove('js')")
    assert not hint.is_visible()


@pytest.mark.browser
@pytest.mark.parametrize(("rows", "seen"), [([], 0), (["1"], 1)])
def test_a_list_of_nobody_has_nothing_to_filter(page, tmp_path, rows, seen):
    people = macro("people", columns=COLUMNS, rows=rows_of(rows), caption="表")
    body = macro("finder", label="絞りこむ") + people
    shown = opened(page, tmp_path, body, DESK, draws=False)
    assert shown.locator("#search").count() == seen


@pytest.mark.browser
def test_the_name_of_a_wide_table_is_read_whole_on_a_phone(page, tmp_path):
    wide = [{"label": f"列{at}", "number": True, "whole": False, "name": False} for at in range(12)]
    rows = [rows_of([""])[0] | {"cells": ["1"] * 12}]
    caption = "事業所ごとの登録率と、偶然の幅と、前の月との差と、知らせた方の数（2026年10月末）"
    body = macro("grid", columns=wide, rows=rows, caption=caption)
    shown = opened(page, tmp_path, body, PHONE, draws=False)
    box = shown.locator("caption > span").bounding_box()
    assert box["x"] + box["width"] <= PHONE["width"]
    assert re.sub(r"\s", "", shown.locator("caption").inner_text()) == caption
