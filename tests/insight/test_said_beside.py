"""隣の数と食いちがわない言葉：分母のない率、だれもいない月のお願い、まとめた行のない表、どの幅かを言わない表。"""

import re
from types import SimpleNamespace

import pandas as pd
import pytest

from mynalib.capsules.outside import Outside
from mynalib.disclosure.showing import Coarser
from mynalib.insight import display, tables, titles
from mynalib.insight.aftermath import Aftermath
from mynalib.insight.employer_page import EmployerPage


@pytest.mark.parametrize("kind", ["link", "renew"])
def test_both_rates_of_a_comparison_have_their_number_of_people(kind):
    rows = [("beside", 44, 13.6, 6.4, 26.7), ("waiting", 14, 21.4, 7.6, 47.6)]
    frame = pd.DataFrame(rows, columns=["group", "people", "share", "low", "high"])
    alone = SimpleNamespace(gaps=SimpleNamespace(frame=pd.DataFrame(columns=["kind", "trial"])))
    said, _ = Aftermath.comparisons(alone, frame.assign(kind=kind, ahead=1))
    assert "（44 人）は 13.6 %" in said and "（14 人）は 21.4 %" in said


@pytest.mark.parametrize(("people", "asked"), [(None, False), (0, False), (1, True), (250, True)])
def test_the_text_to_paste_promises_a_word_only_when_somebody_is_on_the_list(people, asked):
    page = EmployerPage.__new__(EmployerPage)
    sizes = None if people is None else pd.Series(dict.fromkeys(tables.ASKED, 0) | {"link": people})
    page.__dict__ |= {
        "_now": sizes,
        "capsule": SimpleNamespace(
            month=SimpleNamespace(plus=lambda _: SimpleNamespace(label="十一月"))
        ),
    }
    text = "".join(page.intranet_lines())
    assert ("十一月末ごろまでに" in text) == asked
    assert "登録は任意です" in text and "強いることはなく" in text


@pytest.mark.parametrize(
    ("rows", "coarser", "alone"),
    [
        (["E01", "OTHERS", "TOTAL"], Coarser(), False),
        (["TOTAL"], Coarser(), True),  # 事業所が少なく、はじめからまとめられない
        (["TOTAL"], Coarser(total_only=True), True),
    ],
)
def test_a_page_with_nothing_but_the_total_says_so(rows, coarser, alone):
    wide = pd.DataFrame({"employer_id": rows})
    showing = SimpleNamespace(coarser=coarser, showing=SimpleNamespace(wide=wide))
    said = Outside.coarsened.fget(SimpleNamespace(result=showing))
    assert any("組合全体の数だけ" in line for line in said) == alone


def test_the_title_and_the_table_of_employers_say_which_width_they_mean():
    """題は 99.8 % の外を数え、表の「より上」「より下」は 95 % の外。どちらも「偶然の幅」とだけ言うと、数が合わない。"""
    said = [titles.funnel_title(beyond, 19) for beyond in (0, 3)]
    assert all("偶然の幅（99.8%）" in title for title in said)
    assert display.label("chance") == "偶然の幅（95%）"
    assert all(re.search(r"（(95|99\.8)%）", name) for name in display.words("funnel"))


def test_a_column_that_is_part_of_others_says_so():
    """健保から知らせる方は、1 回目や 2 回目の方のうち。足すと、二度数える。"""
    assert display.label("by_society").startswith("うち")
