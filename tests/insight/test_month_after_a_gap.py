"""前の月のファイルがない月のページ：この月のことを、前に分かった月の数で言わない。横の軸と表は、この月まである。"""

import json
import re
from types import SimpleNamespace

import pandas as pd
import pytest
from parts_seen import WAITING, choices_of, page_of, seen

from mynalib.capsules.reminder_effect import outcomes_by_month, pooled
from mynalib.insight import dashboard, report
from mynalib.insight.aftermath import Aftermath
from mynalib.insight.situation import Situation

pytestmark = pytest.mark.large


def drawn(page: str, figure: str) -> dict:
    found = re.search(rf'<figure id="{figure}">.*?class="figure-data">(.*?)</script>', page, re.S)
    return json.loads(found[1])


@pytest.mark.parametrize("months", [["2026-07", "2026-08", "2026-10"], ["2026-10"], [*WAITING][:2]])
def test_those_who_wait_are_those_of_this_month(months, tmp_path):
    outlook = page_of(tmp_path, "03_management_report", months)
    page = seen(report.certificates, page=outlook)
    assert f"再登録がまだの方は {WAITING[months[-1]]} 人です" in page
    assert "nan" not in page.lower() and "NA&gt;" not in page


def test_the_newest_month_is_on_the_axis_and_in_the_table(tmp_path):
    outlook = page_of(tmp_path, "03_management_report", ["2026-07", "2026-08", "2026-10"])
    page = seen(report.certificates, page=outlook)
    figure = drawn(page, "wave")
    assert figure["data"][0]["x"] == ["2026年8月", "2026年9月", "2026年10月"]
    assert "この月の動きは分からない" in page
    society = page_of(tmp_path / "02", "02_society_dashboard", ["2026-07", "2026-08", "2026-10"])
    page = seen(dashboard.moves, page=Situation(society))
    for name in ("chosen_moves", "chosen_members"):
        table = re.search(rf'<figure id="{name}">.*?<tbody>(.*?)</tbody>', page, re.S)[1]
        months = re.findall(r"(\d+)年(\d+)月", table)
        assert months == [("2026", str(month)) for month in (7, 8, 9, 10)]
        assert drawn(page, name)["layout"]["meta"]["newest"] == "2026年10月"
        assert choices_of(page, name)


def outcome(kind: str, ahead: int, *, told: bool, people: int, acted: int) -> dict:
    row = {"month": "2026-07", "kind": kind, "attempt": int(told), "told": told, "beside": True}
    return row | {"ahead": ahead, "people": people, "acted": acted}


TOLD_BEFORE_A_GAP = pd.DataFrame(
    [
        outcome("link", 2, told=True, people=29, acted=6),
        outcome("link", 3, told=True, people=28, acted=7),
        outcome("link", 2, told=False, people=31, acted=5),
        outcome("renew", 1, told=True, people=4, acted=1),
        outcome("renew", 2, told=True, people=4, acted=2),
    ]
)


def test_what_came_of_reminding_is_said_of_the_soonest_month_known():
    """知らせた次の月がなければ、二か月あとを言う。くらべる行が表にあるのに「くらべられる相手がいない」と言わない。"""
    table = pooled(TOLD_BEFORE_A_GAP)
    link, renew = Aftermath.sentences(table)
    assert "（2 か月あとにもいた、延べ 29 人）" in link and "延べ 6 人" in link
    assert "（1 か月あとにもいた、延べ 4 人）" in renew and "延べ 1 人" in renew
    alone = SimpleNamespace(gaps=SimpleNamespace(frame=pd.DataFrame(columns=["kind", "trial"])))
    said, _ = Aftermath.comparisons(alone, table)
    assert said.startswith("❶ の 2 か月あと：") and "（29 人）" in said and "（31 人）" in said


def test_each_number_of_those_who_acted_has_its_denominator():
    table = outcomes_by_month(TOLD_BEFORE_A_GAP).set_index("kind")
    assert table.people.to_dict() == {"link": 29, "renew": 4}
    assert table.acted_1.isna().to_dict() == {"link": True, "renew": False}
    assert table.acted_2.to_dict() == {"link": 6, "renew": 2}


@pytest.mark.parametrize(
    ("people", "said"), [(0, "いないと見られます"), (1, "1 人まで"), (1200, "1,200 人まで")]
)
def test_nobody_who_may_have_moved_is_not_up_to_nobody(people, said, tmp_path):
    outlook = page_of(tmp_path, "03_management_report", ["2026-07", "2026-08"])
    outlook.capsule.facts["transfers"] = people
    page = seen(report.causes, page=outlook)
    assert said in page and " 0 人まで" not in page
