"""作業台の画面：四つの選ぶところ、図、表、同じ表を作る呼び出し。題は、数と食い違わない。"""

import re

import pandas as pd
import pytest
from bench_societies import MONTHS, percent, registered_of

from mynalib.domain.classification import STATUSES
from mynalib.domain.shipped import shipped_yaml
from mynalib.insight.bench_controls import MOST_ROWS, Explorer, shown_rows
from mynalib.insight.bench_ends import ends_title
from mynalib.insight.bench_layout import TRACES
from mynalib.insight.bench_measures import ASKED_MEASURES, with_ratio
from mynalib.insight.bench_trend import trend_title
from mynalib.insight.bench_views import View, periods

pytestmark = pytest.mark.large

FIRST, LAST = str(MONTHS[0]), str(MONTHS[-1])


@pytest.fixture
def explorer(planted_bench) -> Explorer:
    return Explorer(planted_bench)


def drawn(explorer: Explorer) -> list:
    """見えている trace。"""
    return [trace for trace in explorer.figure.data if trace.visible is not False]


def test_the_first_view_shows_the_society_over_time_with_its_people(explorer, planted):
    on, size = registered_of(planted, MONTHS[-1])
    line, changes = drawn(explorer)
    assert list(line.x) == [*range(len(MONTHS))]
    assert [hover.split("　")[0] for hover in line.customdata] == [month.label for month in MONTHS]
    assert explorer.figure.layout.xaxis2.ticktext[-1] == "10月"
    assert list(line.y) == [
        pytest.approx(100 * on / size)
        for on, size in (registered_of(planted, month) for month in MONTHS)
    ]
    assert line.text[-1] == f"<b>{percent(on, size)}</b><br>{on:,}／{size:,} 人"
    assert changes.y[0] is None
    assert changes.y[-1] == pytest.approx(line.y[-1] - line.y[-2])
    assert f'<td class="n">{on:,}</td><td class="n">{size:,}</td>' in explorer.table.value


@pytest.mark.parametrize(
    ("control", "value", "seen"),
    [
        ("employer", "E02", "日旅産業"),
        ("split", "insured", "家族が本人より"),
        ("split", "employer", "E03 ジャッツ"),
        ("split", "status", "自動解除・証明書失効"),
        ("measure", "unregistered", "未登録の割合"),
        ("period", ("2026-04", LAST), "2026年4月"),
    ],
)
def test_moving_a_control_changes_the_chart_the_table_and_the_call(
    explorer, planted_bench, control, value, seen
):
    before = (explorer.figure.to_json(), explorer.heading.value, explorer.table.value)
    getattr(explorer, control).value = value
    after = (explorer.figure.to_json(), explorer.heading.value, explorer.table.value)
    assert all(was != now for was, now in zip(before, after, strict=True))
    assert seen in explorer.heading.value + str(explorer.figure.layout.yaxis3.ticktext)
    table = eval(explorer.call.value, {"bench": planted_bench})  # 写して使う一行
    pd.testing.assert_frame_equal(table, explorer.view.table(planted_bench))


def test_every_split_can_be_drawn_of_the_society_and_of_one_employer(explorer, planted_bench):
    for employer in ("", "E03", "NOEMPLOYER"):
        for split in shipped_yaml("insight", "bench")["splits"]:
            explorer.employer.value = employer
            explorer.split.value = split
            assert len(drawn(explorer)) >= 1
            assert planted_bench.employers.get(employer, "組合全体") in explorer.heading.value


def test_the_line_and_the_bars_share_their_months_and_no_axis_serves_both_kinds(explorer):
    layout = explorer.figure.layout
    assert layout.xaxis.range == layout.xaxis2.range == (-0.5, len(MONTHS) - 0.5)
    axes = ("xaxis", "xaxis2", "xaxis3", "yaxis", "yaxis2", "yaxis3")
    seen = {split: [] for split in ("employer", "none")}
    for split, visible in seen.items():
        explorer.split.value = split
        visible += [name for name in axes if layout[name].visible]
    assert seen == {
        "employer": ["xaxis3", "yaxis3"],
        "none": ["xaxis", "xaxis2", "yaxis", "yaxis2"],
    }
    assert {trace.xaxis for trace in explorer.figure.data[4:]} == {"x3"}


def test_the_comparison_draws_every_employer_in_the_order_of_the_register(explorer):
    explorer.split.value = "employer"
    between, first, last, whole = drawn(explorer)
    assert list(last.y) == [0, 1, 2, 3, 4]
    heads = [text.split(" ")[0] for text in explorer.figure.layout.yaxis3.ticktext]
    assert heads == ["NOEMPLOYER", "KENPO", "E03", "E02", "E01"]
    assert first.customdata[0].startswith("2026年1月")
    assert len(set(whole.x)) == 1
    assert "点線は全体" in explorer.heading.value
    assert len(between.x) == 3 * 5


def test_the_table_has_at_most_fifty_rows_and_says_how_many_more(explorer):
    explorer.split.value = "insured"
    assert explorer.table.value.count("<tr>") == 1 + 2 * len(MONTHS)
    rows = with_ratio(
        pd.DataFrame({"month": [FIRST] * 60, "numerator": range(60), "denominator": [60] * 60})
    )
    shown = shown_rows(rows)
    assert shown.count("<tr>") == 1 + MOST_ROWS
    assert "ほか 10 行" in shown


def test_texts_of_the_society_are_escaped(planted_bench, monkeypatch):
    names = dict(planted_bench.employers) | {"E01": "<script>一</script>"}
    monkeypatch.setattr(planted_bench, "employers", names)
    explorer = Explorer(planted_bench)
    explorer.split.value = "employer"
    assert "<script>" not in explorer.table.value + explorer.heading.value
    explorer.employer.value, explorer.split.value = "E01", "none"
    assert "<script>" not in explorer.heading.value
    assert "&lt;script&gt;一" in explorer.heading.value


def test_the_screen_before_is_closed_when_another_is_shown(planted_bench):
    first = planted_bench.explore()
    figure = first.children[3]
    planted_bench.explore()
    assert figure.comm is None


def rate_rows(*pairs: tuple[int, int] | None, **more: object) -> pd.DataFrame:
    """月ごとの分子と分母（ファイルのない月は None）。"""
    months = [str(month) for month in MONTHS[: len(pairs)]]
    known = [(month, *pair) for month, pair in zip(months, pairs, strict=True) if pair]
    table = pd.DataFrame(known, columns=["month", "numerator", "denominator"])
    return with_ratio(table).assign(**more).set_index("month").reindex(months)


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        ([((50, 100), (60, 100))], "登録率は60.0%、前月より10.0ポイント上がった"),
        ([((60, 100), (50, 100))], "登録率は50.0%、前月より10.0ポイント下がった"),
        ([((60, 100), (60, 100))], "登録率は60.0%、前月と同じ"),
        ([((60, 100), (120, 200))], "登録率は60.0%、前月と同じ"),
        ([((5000, 10000), (5001, 10000))], "登録率は50.0%、前月とほぼ同じ"),
        ([((60, 100),)], "登録率は60.0%"),
        ([((60, 100), None, (70, 100))], "登録率は70.0%"),
        ([((60, 100), None)], "登録率：終わりの月に、いない人がいます"),
        ([((70, 100),), ((60, 100),)], "登録率は、家族が本人より10.0ポイント低い"),
        ([((60, 100),), ((70, 100),)], "登録率は、家族が本人より10.0ポイント高い"),
        ([((60, 100),), ((60, 100),)], "登録率は、家族が本人と同じ"),
        ([((0, 3),), ((1, 1),)], "登録率は、家族が本人より100.0ポイント高い"),
    ],
)
def test_the_title_says_what_the_numbers_say(lines, title):
    view = View("", (FIRST, LAST), "none" if len(lines) == 1 else "insured", "registered")
    assert trend_title(view, [("", rate_rows(*pairs)) for pairs in lines]) == title
    assert len(title) <= 28


def test_the_title_of_a_comparison_says_its_range_or_the_most_frequent(planted_bench):
    both = (FIRST, LAST)
    rates = View("", both, "employer", "registered")
    found = re.fullmatch(
        r"登録率は、事業所により ([0-9.]+)% から ([0-9.]+)%",
        ends_title(rates, rates.table(planted_bench)),
    )
    shown = planted_bench.rates(["employer"], LAST).rate
    assert [float(one) for one in found.groups()] == [round(shown.min(), 1), round(shown.max(), 1)]
    parts = View("", both, "status", "registered")
    assert ends_title(parts, parts.table(planted_bench)) == "最も多いのは「登録済・期限内等」"


@pytest.mark.parametrize(
    ("months", "names"),
    [
        (["2026-10"], ["全ての期間", "2026 年度"]),
        (["2026-03", "2026-04"], ["全ての期間", "2026 年度", "2025 年度"]),
        (
            [f"2025-{n:02}" for n in range(1, 13)] + ["2026-01"],
            ["直近 12 か月", "全ての期間", "2025 年度", "2024 年度"],
        ),
    ],
)
def test_periods_are_the_recent_months_all_and_the_fiscal_years(months, names):
    found = periods(months)
    assert [*found] == names
    assert found["全ての期間"] == (months[0], months[-1])


def test_every_measure_status_and_trace_has_its_words_and_its_place():
    words = shipped_yaml("insight", "bench")
    assert [*words["measures"]] == [name for name in words["measures"] if name in ASKED_MEASURES]
    assert set(words["measures"]) == set(ASKED_MEASURES)
    assert [*words["statuses"]] == [*STATUSES]
    assert len(TRACES) == 8
