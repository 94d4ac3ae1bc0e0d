"""だれもいない事業所、事業所の行のない版、比べる月のない月：空の図、「—」だけの列、合わない前置きを見せない。"""

import pandas as pd
import pytest
from months import load_month, make_home, never_linked
from months import registered as linked
from parts_seen import dashboard_of, page_of, seen

from mynalib.capsules.privacy import attack_facts
from mynalib.disclosure.coarsening import Result
from mynalib.disclosure.showing import Coarser, Showing
from mynalib.disclosure.society import TOTAL
from mynalib.insight import dashboard, display, every_employer, report

pytestmark = pytest.mark.large

HERE = [linked(f"1{n:03}") for n in range(30)]
GONE = [never_linked(f"2{n:03}", symbol="102") for n in range(9)]


@pytest.mark.parametrize(("before", "kept"), [(HERE, False), ([*HERE, *GONE], True)])
def test_an_employer_without_anybody_has_no_panel_and_one_that_left_says_so(before, kept, tmp_path):
    home = make_home(tmp_path / "home")
    load_month(home, "2026-09", before)
    load_month(home, "2026-10", HERE)
    page = dashboard_of(home, tmp_path / "capsule", "2026-10")
    parts = (dashboard.choose, every_employer.multiples, every_employer.statuses_and_moves)
    shown = seen(*parts, page=page)
    assert [*page.names] == [TOTAL, "E01", *(["E02"] if kept else [])]
    assert ('data-employer="E02"' in shown) == kept
    assert ("この月の加入者はいない" in shown) == kept
    assert "KENPO" not in shown and "— %" not in shown and "</strong> % <span" in shown


@pytest.mark.parametrize(
    ("column", "dropped"),
    [([None, None], True), (["—", "—"], True), (["—", 1.0], False), ([0.0, None], False)],
)
def test_only_a_column_that_nobody_knows_is_left_out(column, dropped):
    seen = pd.DataFrame({"employer": ["a", "b"], "year_before": column, "other": [None, None]})
    kept = report.known_columns(seen, ("year_before", "absent"))
    assert ("year_before" in kept) != dropped
    assert "other" in kept


@pytest.mark.parametrize(
    ("rows", "coarser", "said"),
    [
        (["E01", "OTHERS", TOTAL], Coarser(), "いいえ"),
        ([TOTAL], Coarser(), "はい（まとめられる事業所が足りないため）"),
        ([TOTAL], Coarser(total_only=True), "はい"),
    ],
)
def test_the_privacy_page_says_whether_only_the_total_is_shown(rows, coarser, said):
    """広く配る版が組合全体だけなら、攻撃のためでなくても、そう言う。"""
    wide = pd.DataFrame({"employer_id": rows})
    showing = Showing({}, None, pd.DataFrame(), wide)
    found = attack_facts(Result(showing, coarser, 9, 0, frozenset(), None)).set_index("item").found
    assert found["組合全体の数だけにしたか"] == said


def test_nobody_is_not_few():
    words = display.words("no_level")
    assert "加入者がいない" in words["nobody"] and "少ない" not in words["nobody"]


def test_an_edition_without_rows_of_employers_has_no_words_about_them(tmp_path):
    outlook = page_of(tmp_path, "03_management_report", ["2026-07", "2026-08"], "wide")
    page = seen(report.employers, page=outlook)
    assert "組合全体の数だけを載せています" in page and "組合全体の登録率（2026年8月末）" in page
    assert "偶然で散らばる幅" not in page and "並べかわります" not in page and "一年前" not in page
