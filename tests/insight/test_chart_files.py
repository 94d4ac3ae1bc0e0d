"""図に添える CSV：図に描くどの値も、そのとなりの CSV の、同じ月・事業所・わけの行にある。図のある、全てのページで。"""

import pytest
from drawn import charts_of, is_curve, missing

LIMITS = ("inner_low", "inner_high", "outer_low", "outer_high")


@pytest.fixture(scope="module")
def charts(demo_home) -> list[tuple[str, dict, list[dict]]]:
    return [chart for release in demo_home.reports.glob("20*") for chart in charts_of(release)]


def test_every_value_a_chart_draws_stands_in_the_file_beside_it(charts):
    assert len({name for name, *_ in charts}) >= 14
    for name, chart, rows in charts:
        assert missing(name, chart, rows) == []


def test_the_file_of_the_changes_says_from_to_and_the_difference(charts):
    found = [rows for name, _, rows in charts if name.endswith("monthly_change")]
    assert found
    for rows in found:
        for row in rows:
            if row["rate_before"] and row["change"]:
                difference = float(row["rate"]) - float(row["rate_before"])
                assert float(row["change"]) == pytest.approx(difference, abs=1e-9)


def test_the_file_of_a_funnel_says_the_limits_where_an_employer_is(charts):
    found = [(chart, rows) for name, chart, rows in charts if name.endswith("funnel")]
    assert found
    for chart, rows in found:
        curves = [trace for trace in chart["data"] if is_curve(trace)]
        for curve, column in zip(curves, LIMITS, strict=True):
            at = dict(zip(curve["x"], curve["y"], strict=True))
            said = {float(row["members"]): float(row[column]) for row in rows if row[column]}
            assert said
            assert all(at[members] == limit for members, limit in said.items())
