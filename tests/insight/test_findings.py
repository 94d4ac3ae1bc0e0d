"""文の約束：どの場合にも、隣の数と食いちがわない。"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_flows import trials

from mynalib.domain.months import Month
from mynalib.insight import findings, goals, titles
from mynalib.insight.findings import SocietyNow
from mynalib.insight.goals import Goal
from mynalib.insight.statistics import pace

NOW = Month(2026, 10)


def standing(rate=73.4, before=73.3, year_ago=70.2, **more) -> SocietyNow:
    facts = {"members": 12_000, "registered": 8_808, "decimals": 1} | more
    return SocietyNow(NOW, rate=rate, before=before, year_ago=year_ago, **facts)


HEAD = "2026年10月末の登録率は 73.4 %（加入者 12,000 人のうち 8,808 人）です。"
STANDINGS = {
    "rising": (
        standing(),
        "前の月より 0.1 ポイント上がりました。一年前より 3.2 ポイント上がりました。",
    ),
    "falling": (
        standing(before=73.9, year_ago=75.0),
        "前の月より 0.5 ポイント下がりました。一年前より 1.6 ポイント下がりました。",
    ),
    "unchanged": (standing(before=73.4, year_ago=None), "前の月と同じです。"),
    "first month": (
        standing(before=None, year_ago=None, first=True),
        "はじめての月なので、前の月とは比べていません。",
    ),
    "another number of decimals": (
        standing(before=None, year_ago=None, unlike=True),
        "率の小数の桁が前の月と違うので、前の月とは比べていません。",
    ),
    "gap": (
        standing(before=None),
        "前の月の値がないので、前の月とは比べていません。一年前より 3.2 ポイント上がりました。",
    ),
}


@pytest.mark.parametrize("name", STANDINGS)
def test_where_we_stand(name):
    seen, said = STANDINGS[name]
    assert findings.where_we_stand(seen) == HEAD + said


def test_where_we_stand_in_the_wide_edition_and_without_anybody():
    wide = standing(
        rate=65, before=66, year_ago=None, members=175, registered=115, decimals=0, about=True
    )
    assert findings.where_we_stand(wide) == (
        "2026年10月末の登録率は 65 %（加入者 約 175 人のうち 約 115 人）です。前の月より 1 ポイント下がりました。"
    )
    nobody = standing(rate=None, members=0, registered=0)
    assert "登録率はありません" in findings.where_we_stand(nobody)


WHYS = [
    (None, "分かりません"),
    ({"behaviour": 0.3, "joiners": -0.2, "leavers": 0.0}, "率を上げたのは加入を続けた方の登録と解除（+0.3 ポイント）、率を下げたのは新しい方の加入（-0.2 ポイント）です。"),
    ({"behaviour": 0.3, "joiners": 0.2, "leavers": 0.1}, "率を上げたのは加入を続けた方の登録と解除（+0.3 ポイント）と新しい方の加入（+0.2 ポイント）と脱退（+0.1 ポイント）です。"),
    ({"behaviour": -0.3, "joiners": None, "leavers": 0.0}, "率を下げたのは加入を続けた方の登録と解除（-0.3 ポイント）です。"),
    ({"behaviour": 0.0, "joiners": 0.0, "leavers": 0.0}, "どれも、丸めると 0.0 ポイント"),
    ({"behaviour": None, "joiners": 0.0, "leavers": None}, "5人未満の動きは、示していません"),
]  # fmt: skip


@pytest.mark.parametrize(("causes", "said"), WHYS)
def test_why_it_moved(causes, said):
    assert said in findings.why_it_moved(causes, 1)


def goal(gains, month="2027-03", ceiling=None, registered=8_808) -> Goal:
    by = Month.parse(month)
    return Goal(by, 90, pace(NOW, 12_000, registered, by, 90, gains), ceiling)


REACHED = {
    "no target": (None, "登録していない方は 3,192 人です（目標は定めていません）。"),
    "reached": (goal([1] * 6, registered=10_800), "目標（2027年3月に 90 %）に届いています。"),
    "missed": (goal([1] * 6, "2026-03"), "目標（2026年3月に 90 %）の月は過ぎました。いまは、あと 1,992 人です。"),
    "missed this month": (goal([1] * 6, "2026-10"), "目標（2026年10月に 90 %）に届かず、あと 1,992 人です。"),
    "beyond the ceiling": (goal([900] * 6, ceiling=88.1), "いま案内できる方がみな登録しても 88.1 % で、目標には届きません。"),
    "ahead": (goal([500, 510, 500, 510, 500, 510]), "月 399 人の増加が要ります。近ごろの六か月は、平均で月 +505 人（+499〜+511）で、この歩みなら届きます。"),
    "behind": (goal([20, 30, 20, 30, 20, 30]), "平均で月 +25 人（+19〜+31）で、この歩みでは届きません。"),
    "falling": (goal([-20, -30, -20, -30, -20, -30]), "平均で月 -25 人（-31〜-19）で、この歩みでは届きません。"),
    "unsure": (goal([0, 900, 0, 900, 0, 900]), "届くかどうかは、まだ言えません。"),
    "unknown": (goal([1, None, 1, 1, 1, 1]), "いまの歩みは言えません。"),
}  # fmt: skip


@pytest.mark.parametrize("name", REACHED)
def test_whether_the_target_is_reached(name):
    target, said = REACHED[name]
    assert said in goals.will_we_reach(target, standing(), 3_192)


@trials(300)
@given(st.integers(1, 40), st.integers(1, 12), st.lists(st.integers(-3, 9), min_size=6, max_size=6))
def test_the_verdict_on_the_pace_is_the_one_of_the_numbers_in_the_sentence(short, months, gains):
    """月 3.2 人の増加が要る（月 4 人と書く）のに、+3 から +5 人の歩みを「届きます」とは言わない。"""
    by = NOW.plus(months)
    target = Goal(by, 90, pace(NOW, 1_000, 900 - short, by, 90, gains))
    said = goals.will_we_reach(target, standing(members=1_000, registered=900 - short), 1)
    needed = int(re.search("月 ([0-9]+) 人の増加", said)[1])
    low, high = (int(end) for end in re.search(r"（([+-]\d+)〜([+-]\d+)）", said).groups())
    assert "この歩みなら届きます" not in said or low >= needed
    assert "この歩みでは届きません" not in said or high < needed


MOVED = {"newly_registered": 20, "lost": 3}
TITLES = [
    (titles.trend_title(standing()), "登録率は73.4%、前月より0.1ポイント上がった"),
    (titles.trend_title(standing(before=74.0)), "登録率は73.4%、前月より0.6ポイント下がった"),
    (titles.trend_title(standing(before=73.4)), "登録率は73.4%、前の月と同じ"),
    (titles.trend_title(standing(before=None, first=True)), "登録率は73.4%"),
    (titles.trend_title(standing(before=None)), "登録率は73.4%（前の月の値はない）"),
    (titles.trend_title(standing(rate=None)), "登録率はありません"),
    (titles.causes_title({"behaviour": 0.3, "joiners": -0.4}, 1), "いちばん率を下げたのは加入（-0.4ポイント）"),
    (titles.causes_title({"behaviour": 0.3, "joiners": None}, 1), "いちばん率を上げたのは登録と解除（+0.3ポイント）"),
    (titles.causes_title({"behaviour": 0.0, "joiners": None}, 1), "率を目に見えて動かしたわけはない"),
    (titles.causes_title(None, 1), "率を目に見えて動かしたわけはない"),
    (titles.parts_title({"本人": 74.1, "家族": 71.9}, 1), "家族は本人より2.2ポイント低い"),
    (titles.parts_title({"本人": 71.9, "家族": 74.1}, 1), "家族は本人より2.2ポイント高い"),
    (titles.parts_title({"本人": 70, "家族": 70}, 0), "本人と家族は同じ70%"),
    (titles.parts_title({}, 0), "本人と家族の登録率"),
    (titles.funnel_title(0, 1), "1事業所の差は、偶然の幅（99.8%）のうち"),
    (titles.funnel_title(3, 19), "19のうち3事業所は、偶然の幅（99.8%）の外"),
    (titles.funnel_title(0, 0), "比べられる事業所はない"),
    (titles.wave_title(None), "前の月がないので、この月の動きは分からない"),
    (titles.wave_title({"lapsed": 3, "cancelled_by_lapse": 9, "renewed": 4, "relinked": 2}), "失効12人、更新4人、再登録2人"),
    (titles.statuses_title({"登録済": 75.0, "未登録": 25.0}, {"登録済": 71.9, "未登録": 28.1}), "一年で「登録済」が3.1ポイント増えた"),
    (titles.statuses_title({"登録済": 70.0, "未登録": 20.0, "ほか": 10.0}, {"登録済": 72.0, "未登録": 15.0, "ほか": 13.0}), "一年で「未登録」が5.0ポイント増えた"),
    (titles.statuses_title({"登録済": 70.0, "ほか": 30.0}, {"登録済": 70.2, "ほか": 29.8}), "一年で「登録済」が0.2ポイント減った"),
    (titles.statuses_title({"登録済": 70.0, "ほか": 30.0}, {"登録済": 70.0, "ほか": 30.0}), "区分の割合は、一年前と同じ"),
    (titles.statuses_title({"登録済": 40.0, "未登録": 60.0}, {}), "いちばん多いのは「未登録」（60.0%）"),
    (titles.statuses_title({"登録済": 40.0, "未登録": 60.0}, {"登録済": None, "未登録": None}), "いちばん多いのは「未登録」（60.0%）"),
    (titles.statuses_title({"登録済": None, "未登録": None}, {}), "加入者はいない"),
    (titles.moves_title(MOVED, {"newly_registered": 14, "lost": 3}), "新しく登録20人（前月より6人多い）、失効3人"),
    (titles.moves_title(MOVED, {"newly_registered": 1_020, "lost": 3}), "新しく登録20人（前月より1,000人少ない）、失効3人"),
    (titles.moves_title(MOVED, MOVED), "新しく登録20人（前月と同じ）、失効3人"),
    (titles.moves_title(MOVED, None), "新しく登録20人、失効3人"),
    (titles.moves_title(None, MOVED), "前の月がないので、この月の動きは分からない"),
    (titles.members_title({"joined": 1_012, "departed": 7}), "加入1,012人、脱退7人で、差し引き1,005人増"),
    (titles.members_title({"joined": 7, "departed": 12}), "加入7人、脱退12人で、差し引き5人減"),
    (titles.members_title({"joined": 0, "departed": 0}), "加入0人、脱退0人で、増減なし"),
    (titles.members_title(None), "前の月がないので、この月の動きは分からない"),
    (titles.control_title("失効", ["九月", "十月"], ["", "限界の外"]), "失効：十月は、偶然では起こりにくい（限界の外）"),
    (titles.control_title("失効", ["九月", "十月"], ["限界の外", ""]), "失効：この月は、偶然の幅のうち（しるしは九月まで）"),
    (titles.control_title("失効", ["九月", "十月"], ["", ""]), "失効：2 か月とも、偶然の幅のうち"),
    (titles.multiples_title([0.1, 3.0, -2.0, None]), "一年前より上がった事業所は2、下がった1"),
    (titles.multiples_title([0.1, 0.0, 0.0]), "一年前より上がった事業所は1、下がった0、同じ2"),
    (titles.multiples_title([None]), "一年前と比べられる事業所はない"),
    (titles.aftermath_title("link", 1, 1, 12.34), "❶は、1回目の1か月あとに12.3%が登録済"),
    (titles.aftermath_title("renew", 2, 3, 5.0), "❷は、2回目の3か月あとに5.0%が更新済"),
    (titles.gap_title(2, 6.0, 1.8, 10.2), "2か月あと、差は+6.0ポイント"),
    (titles.gap_title(2, -6.0, -10.2, -1.8), "2か月あと、差は-6.0ポイント"),
    (titles.gap_title(1, 1.0, -3.1, 5.1), "1か月あと、差があるとは言えない"),
    (titles.gap_title(1, 3.1, 0.0, 6.2), "1か月あと、差があるとは言えない"),
    (titles.differences_title([0.1, None, -0.2, 0.0]), "差の分かる 3 か月で、上がった月は1、下がった月は1"),
]  # fmt: skip


@pytest.mark.parametrize(("title", "said"), TITLES)
def test_a_title_says_the_finding_in_few_letters(title, said):
    assert title == said
    assert len(title) <= 30


@trials(20)
@given(st.integers(0, 1000), st.integers(0, 1000), st.sampled_from([0, 1]))
def test_no_sentence_moves_against_the_numbers(now, then, decimals):
    rate, before = (round(value / 10, decimals) for value in (now, then))
    seen = standing(rate=rate, before=before, year_ago=None, decimals=decimals)
    sentence, title = findings.where_we_stand(seen), titles.trend_title(seen)
    assert ("上が" in sentence) == ("上が" in title) == (rate > before)
    assert ("下が" in sentence) == ("下が" in title) == (rate < before)


def test_what_is_decided_comes_from_what_is_open():
    matters = [{"kind": "review", "count": 55}, {"kind": "unanswered", "count": 0}]
    rows = goals.decisions(goal([20, 30] * 3), matters, NOW)
    assert [(row["who"], row["by"]) for row in rows] == [
        ("健保組合", "2026年11月末ごろ"),
        ("理事会", "2026年11月末ごろ"),
    ]
    assert "55 人" in rows[0]["todo"]
    assert goals.decisions(goal([500] * 6), [], NOW) == []
    assert "見直す" in goals.decisions(goal([500] * 6, ceiling=80.0), [], NOW)[0]["todo"]
    assert "新しい目標" in goals.decisions(goal([1] * 6, "2026-03"), [], NOW)[0]["todo"]


def test_only_a_rate_over_the_population_stands_beside_ours():
    row = {"month": "2026-04", "value": "75.58", "source": "公表の表"}
    said = findings.beside_others(row, standing())
    assert "国の登録率（人口が分母、2026年4月末）は 75.6 % です。" in said
    assert "並べてよい国の数は、ありません" in findings.beside_others(None, standing())
