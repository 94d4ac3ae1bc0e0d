"""月の関門の約束。前の月と比べて、途中までのファイルや別の月のファイルを、黙って加えない。"""

import os
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mynalib.demo_life import live
from mynalib.domain.months import Month
from mynalib.domain.policy import IntakePolicy
from mynalib.intake.gates import MonthSummary, examine, is_copy, may_be_copy
from mynalib.intake.heads import Heads, risen
from mynalib.intake.intake import Head
from mynalib.intake.shares import Codes, counted, unlikely

LONG = bool(os.environ.get("MYNA_LONG"))
APRIL, MAY, JUNE = Month(2026, 4), Month(2026, 5), Month(2026, 6)
POLICY = IntakePolicy(max_drop="0.05", max_change="0.05", employer_max_drop="0.3", min_rows="20")


def linked(people: int, newly: bool = False) -> dict[Codes, int]:
    return {Codes(1, None, 1, True, False, False, newly): people}


def unlinked(people: int, flag: int | None = 1) -> dict[Codes, int]:
    return {Codes(0, None, flag, False, False, False, False): people}


def lapsed(people: int, kind: int = 2) -> dict[Codes, int]:
    return {Codes(0, kind, 0, True, True, False, False): people}


def summary(month=MAY, sha="b", members=1000, registered=700, later=0, **by_employer):
    """by_employer は {事業所: 人数}。コードは、全体の人数だけから作る。"""
    heads = {employer: Head(people, 0) for employer, people in by_employer.items()}
    codes = {"E01": linked(registered) | unlinked(members - registered)}
    return MonthSummary(month, sha, members, heads, codes, later)


def codes(new, *existing, policy=POLICY, copied=()):
    return [error.code for error in examine(new, existing, policy, copied)]


def test_first_month_and_an_ordinary_next_month_pass():
    assert codes(summary()) == []
    assert codes(summary(members=960, registered=650), summary(APRIL, "a")) == []


def test_same_bytes_for_the_same_month_that_are_read_otherwise_need_a_replace():
    [error] = examine(summary(), [summary()], POLICY)
    assert (error.code, "同じファイル" in error.what, "--replace" in error.fix) == (
        "MONTH_EXISTS",
        True,
        True,
    )


def test_other_bytes_for_a_loaded_month_need_a_replace():
    [error] = examine(summary(sha="c"), [summary(sha="b")], POLICY)
    assert (error.code, "--replace" in error.fix) == ("MONTH_EXISTS", True)


def test_replacing_an_older_month_is_not_out_of_order():
    assert codes(summary(sha="c"), summary(sha="b"), summary(JUNE, "d")) == ["MONTH_EXISTS"]


def test_bytes_of_another_month_are_a_stale_copy():
    assert codes(summary(JUNE, "b"), summary(MAY, "b")) == ["STALE_COPY"]
    assert codes(summary(APRIL, "b"), summary(MAY, "b")) == ["MONTH_ORDER", "STALE_COPY"]


def test_a_copy_is_named_once_with_its_month():
    [error] = examine(summary(JUNE, "b"), [summary(APRIL, "a"), summary(MAY, "b")], POLICY, [MAY])
    assert (error.code, "2026年5月" in error.what) == ("STALE_COPY", True)
    assert (
        codes(summary(JUNE, "c"), summary(APRIL, "a"), summary(MAY, "b"), copied=[APRIL, MAY])
        == ["STALE_COPY"] * 2
    )


def test_month_older_than_the_newest_is_out_of_order():
    assert codes(summary(MAY), summary(APRIL, "a"), summary(JUNE, "c")) == ["MONTH_ORDER"]


@pytest.mark.parametrize(
    ("members", "expected"), [(950, []), (949, ["SUSPICIOUS_DROP"]), (1000, []), (1200, [])]
)
def test_whole_file_may_shrink_by_the_policy_and_no_more(members, expected):
    assert (
        codes(summary(JUNE, members=members, registered=members * 7 // 10), summary(MAY, "a"))
        == expected
    )


@pytest.mark.parametrize(
    ("members", "expected"), [(70, []), (69, ["SUSPICIOUS_DROP"]), (0, ["SUSPICIOUS_DROP"])]
)
def test_one_employer_may_shrink_by_the_policy_and_no_more(members, expected):
    last = summary(MAY, "a", E01=100, E02=900)
    assert codes(summary(JUNE, E01=members, E02=1000 - members), last) == expected


# ---- 増えた人数：よその人の混ざったファイル


@pytest.mark.parametrize(
    ("before", "now", "held"),
    [
        ({"E01": 1000}, {"E01": 1200}, []),
        ({"E01": 1000}, {"E01": 1201}, ["全体"]),
        ({"E01": 300, "E02": 5000}, {"E01": 450, "E02": 5000}, []),
        ({"E01": 300, "E02": 5000}, {"E01": 451, "E02": 5000}, ["E01"]),
        # 小さな会社は、百人まで
        ({"E01": 3, "E02": 5000}, {"E01": 103, "E02": 5000}, []),
        ({"E01": 3, "E02": 5000}, {"E01": 104, "E02": 5000}, ["E01"]),
        ({"E01": 60}, {"E01": 160}, []),
        # 事業所のない人に混ざっても同じ。よその事業所の人と入れかわっても、全体の人数では見えない
        ({"NOEMPLOYER": 90, "E02": 5000}, {"NOEMPLOYER": 400, "E02": 5000}, ["NOEMPLOYER"]),
        ({"E01": 400, "E02": 2000}, {"E01": 1000, "E02": 1400}, ["E01"]),
        # 加入した会社は、増えたとは言わない。その月に、ほかで増えた人は言う
        ({"E01": 1000}, {"E01": 1000, "E03": 4000}, []),
        ({"E01": 1000}, {"E01": 1300, "E03": 4000}, ["全体"]),
        ({"E01": 1000, "E03": 0}, {"E01": 1000, "E03": 4000}, []),
    ],
)
def test_more_people_than_the_policy_are_held_but_not_a_company_that_joined(before, now, held):
    old, new = (
        summary(month, sha, sum(heads.values()), sum(heads.values()) * 7 // 10, **heads)
        for month, sha, heads in ((MAY, "a", before), (JUNE, "b", now))
    )
    stops = [one for one in examine(new, [old], POLICY) if one.code == "SUSPICIOUS_RISE"]
    assert [one.where for stop in stops for one in stop.problems] == held
    assert not stops or stops[0].where == "2026年6月"


def test_a_rise_says_who_was_left_out_of_the_count_and_goes_by_the_policy():
    old = summary(MAY, "a", members=1000, E01=1000)
    new = summary(JUNE, "b", members=5300, registered=3710, E01=1300, E03=4000)
    [stop] = examine(new, [old], POLICY)
    assert [str(one) for one in stop.problems] == [
        "全体：1000 人が 1300 人になりました（前の月にだれもいない事業所の 4000 人を除いて）"
    ]
    wide = POLICY.model_copy(update={"max_rise": Decimal("0.3")})
    strict = POLICY.model_copy(update={"employer_max_rise": Decimal("0.1")})
    assert codes(new, old, policy=wide) == []
    [stop] = examine(new, [old], strict)
    assert [one.where for one in stop.problems] == ["全体", "E01"]
    few = summary(JUNE, "b", members=1090, registered=763, E01=1090)
    to_the_letter = {"max_rise": Decimal(0), "employer_max_rise": Decimal(0), "rise_floor": 89}
    assert codes(few, old) == []
    assert codes(few, old, policy=POLICY.model_copy(update=to_the_letter)) == ["SUSPICIOUS_RISE"]


def test_employer_that_vanished_is_named_with_both_counts():
    last = summary(MAY, "a", E01=40, E02=960)
    [error] = examine(summary(JUNE, members=960, registered=670, E02=960), [last], POLICY)
    assert [str(one) for one in error.problems] == ["E01：40 人が 0 人になりました"]


def test_every_drop_is_named_at_once():
    last = summary(MAY, "a", E01=500, E02=500)
    [error] = examine(summary(JUNE, members=20, registered=14, E01=20), [last], POLICY)
    assert [one.where for one in error.problems] == ["全体", "E01", "E02"]


def test_ratios_count_only_from_enough_people():
    assert (
        codes(summary(JUNE, members=1, registered=1), summary(MAY, "a", members=19, registered=19))
        == []
    )
    assert codes(
        summary(JUNE, members=1, registered=1), summary(MAY, "a", members=20, registered=20)
    ) == ["SUSPICIOUS_DROP"]
    assert (
        codes(summary(JUNE, members=19, registered=1), summary(MAY, "a", members=20, registered=20))
        == []
    )


@pytest.mark.parametrize(("members", "expected"), [(49, []), (50, ["SUSPICIOUS_CHANGE"])])
def test_first_file_in_which_nobody_is_registered_is_suspicious(members, expected):
    assert codes(summary(members=members, registered=0)) == expected


def test_nobody_registered_after_a_month_with_somebody_is_suspicious_however_few():
    assert codes(
        summary(JUNE, members=3, registered=0), summary(MAY, "a", members=3, registered=1)
    ) == ["SUSPICIOUS_CHANGE"]
    assert (
        codes(summary(JUNE, members=3, registered=0), summary(MAY, "a", members=3, registered=0))
        == []
    )


@pytest.mark.parametrize(("rows", "expected"), [(19, []), (20, ["LATER_DATES"])])
def test_one_date_after_the_month_is_enough_from_enough_people(rows, expected):
    assert codes(summary(members=rows, registered=9, later=1)) == expected


def test_comparison_is_with_the_newest_earlier_month_in_any_order():
    small, large = summary(APRIL, "a", members=100, registered=70), summary(MAY, "c")
    assert codes(summary(JUNE), large, small) == codes(summary(JUNE), small, large) == []
    assert codes(summary(JUNE, members=100, registered=70), large, small) == ["SUSPICIOUS_DROP"]


def test_policy_of_a_society_can_be_wider_or_stricter():
    last = summary(MAY, "a")
    assert (
        codes(
            summary(JUNE, members=800, registered=560),
            last,
            policy=POLICY.model_copy(update={"max_drop": Decimal("0.2")}),
        )
        == []
    )
    assert codes(
        summary(JUNE, members=990, registered=693),
        last,
        policy=POLICY.model_copy(update={"max_drop": Decimal("0.001")}),
    ) == ["SUSPICIOUS_DROP"]


def test_each_message_says_where_what_and_how_to_confirm():
    last = summary(JUNE, "b", members=1000, E01=1000)
    stops = examine(
        summary(MAY, "b", members=40, registered=0, later=3), [last, summary(APRIL, "a")], POLICY
    )
    assert len(stops) == 5
    for error in stops:
        assert error.where == "2026年5月"
        assert f"--confirm {error.code}" in error.fix


# ---- 割合：どのコードも、増えても減っても


def told(now: dict, before: dict | None = None, policy=POLICY) -> list[str]:
    """一つの事業所の、割合の誤り。"""
    found = unlikely({"E01": now}, {"E01": before} if before else {}, policy)
    return [one.what for one in found if one.where == "E01"]


@pytest.mark.parametrize(
    ("before", "now", "held"),
    [
        (700, 649, False),  # 5 ポイントをこえるが、偶然でも起こる
        (700, 620, True),
        (700, 700, False),
        (700, 755, False),
        (700, 780, True),
        (20, 65, False),  # 偶然では起こらないが、5 ポイントに満たない
        (20, 75, True),
        (980, 930, False),
        (980, 925, True),
    ],
)
def test_a_share_is_held_beyond_chance_and_beyond_the_policy_in_both_directions(before, now, held):
    assert (
        bool(told(linked(now) | unlinked(1000 - now), linked(before) | unlinked(1000 - before)))
        == held
    )


@pytest.mark.parametrize(("people", "held"), [(29, False), (30, True)])
def test_shares_count_from_thirty_people(people, held):
    assert bool(told(unlinked(people, flag=0), unlinked(people))) == held


def test_a_society_may_be_wider_and_looks_at_fewer_people():
    wider = POLICY.model_copy(update={"max_change": Decimal("0.2")})
    assert told(linked(780) | unlinked(220), linked(700) | unlinked(300), wider) == []
    later = POLICY.model_copy(update={"min_rows": 100})
    assert told(unlinked(49, flag=0), unlinked(99), later) == []


def test_a_campaign_that_succeeds_is_no_alarm_and_registrations_without_a_date_are():
    before = linked(60) | unlinked(40)
    assert told(linked(60) | linked(40, newly=True), before) == []
    assert told(linked(100), before) != []


def test_registrations_all_dated_in_this_month_are_an_alarm():
    assert told(linked(100, newly=True), linked(70) | unlinked(30)) != []


@pytest.mark.parametrize("people", [49, 50])
@pytest.mark.parametrize(
    "codes",
    [
        Codes(0, None, 1, False, False, False, False),
        Codes(1, None, 1, True, False, False, False),
        Codes(1, None, 1, False, True, False, False),
        Codes(0, None, 0, False, False, False, False),
        Codes(0, None, None, False, False, False, False),
        Codes(0, 2, 1, True, True, False, False),
        Codes(0, 1, 1, True, True, True, False),
    ],
    ids=[
        "だれも登録していない",
        "全員が登録済",
        "日付が逆の列",
        "フラグが全て 0",
        "フラグが全て空欄",
        "区分が全て 2",
        "解除のあとに登録",
    ],
)
def test_a_first_month_that_cannot_be_is_held_from_fifty_people(codes, people):
    assert bool(told({codes: people})) == (people == 50)


def test_an_employer_that_is_new_is_judged_as_a_first_month():
    last = {"E01": linked(7000) | unlinked(3000)}
    found = list(unlikely(last | {"E02": unlinked(60, flag=0) | linked(1)}, last, POLICY))
    assert [str(one) for one in found] == ["E02：フラグが 0 の人が、98.4%（61 人のうち 60 人）です"]


def test_every_problem_is_named_at_once_with_both_counts():
    last = {"E01": linked(70) | unlinked(30), "E02": linked(50) | unlinked(50)}
    new = {"E01": unlinked(100), "E02": linked(50) | unlinked(50, flag=0)}
    found = [str(one) for one in unlikely(new, last, POLICY)]
    assert (
        "E01：登録済（状態 1）の人が、前の月の 70.0%（100 人のうち 70 人）から 0.0%（100 人のうち 0 人）になりました"
        in found
    )
    assert (
        "E02：フラグが 0 の人が、前の月の 0.0%（100 人のうち 0 人）から 50.0%（100 人のうち 50 人）になりました"
        in found
    )
    assert {one.split("：")[0] for one in found} == {"全体", "E01", "E02"}


COUNTS = st.dictionaries(
    st.builds(
        Codes,
        st.integers(0, 1),
        st.sampled_from([None, 1, 2, 3]),
        st.sampled_from([None, 0, 1]),
        *[st.booleans()] * 4,
    ),
    st.integers(1, 400),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(COUNTS, st.sampled_from(["state", "cancel_kind", "certificate_flag"]), st.data())
def test_a_column_overwritten_with_one_code_is_held_unless_nearly_everybody_had_it(
    before, column, data
):
    code = data.draw(st.sampled_from(sorted({getattr(one, column) for one in before}, key=repr)))
    now: dict[Codes, int] = {}
    for one, people in before.items():
        # 元の登録の月は、前の月のこと
        written = one._replace(**{column: code}, newly=False)
        now[written] = now.get(written, 0) + people
    total, had = (
        sum(before.values()),
        sum(n for one, n in before.items() if getattr(one, column) == code),
    )
    still = [what for what in told(now, before) if "この月" not in what]
    if total >= 30 and had * 2 < total:
        assert still
    if had == total:
        assert not [what for what in still if "前の月" in what and "実施日" not in what]


@pytest.mark.long
@pytest.mark.parametrize(
    ("people", "seeds"), [(12_000, range(5)), (1_500, range(5))] if LONG else [(1_500, range(2))]
)
def test_the_life_of_a_demo_raises_no_alarm(people, seeds):
    """許すのは 200 か月に一度。長い試験では 240 か月を見る（架空の組合そのものの 24 か月は、demo_home が取り込む）。"""
    alarms = []
    for seed in seeds:
        last: dict = {}
        for month, snapshot in live(Month(2026, 10), 24, people, np.random.default_rng(seed)):
            now = codes_of(snapshot, month)
            alarms += unlikely(now, last, POLICY)
            alarms += risen(heads_of(last), heads_of(now), POLICY)
            last = now
    assert alarms == []


def heads_of(codes: dict) -> Heads:
    people = {employer: sum(counts.values()) for employer, counts in codes.items()}
    return Heads(sum(people.values()), {name: Head(many, 0) for name, many in people.items()})


def codes_of(snapshot, month):
    """架空の月の、事業所ごとのコードの組の人数。"""
    dated = snapshot[["registered_on", "cancelled_on"]] != ""
    facts = snapshot[["employer_id", "state", "cancel_kind", "certificate_flag"]].assign(
        registered=dated["registered_on"],
        cancelled=dated["cancelled_on"],
        crossed=dated.all(axis=1) & (snapshot["registered_on"] > snapshot["cancelled_on"]),
        newly=snapshot["registered_on"].str.startswith(f"{month.end:%Y%m}"),
    )
    codes: dict = {}
    for (
        employer,
        *texts,
        registered,
        cancelled,
        crossed,
        newly,
    ), people in facts.value_counts().items():
        state, kind, flag = (int(text) if text else None for text in texts)
        codes.setdefault(employer, []).append(
            (state, kind, flag, registered, cancelled, crossed, newly, people)
        )
    return {employer: counted(rows) for employer, rows in codes.items()}


# ---- 写し：数だけで、写しでないと分かるか


@pytest.mark.parametrize(
    ("now", "suspected"),
    [
        (linked(700) | unlinked(300), True),
        (linked(700) | unlinked(290), True),
        (linked(702) | unlinked(298), False),
        (
            linked(699) | linked(1, newly=True) | unlinked(300),
            True,
        ),  # 前の月に、もう登録していた人かもしれない
        (linked(700) | linked(1, newly=True) | unlinked(299), False),
    ],
)
def test_only_a_month_that_nobody_joined_or_changed_in_may_be_a_copy(now, suspected):
    old, members = summary(MAY, "a"), sum(now.values())
    new = replace(summary(JUNE, "b", members=members), codes={"E05": now})
    assert may_be_copy(new, old, POLICY) == suspected
    # 前の版の道具が置いた月は、人ごとに比べる
    assert may_be_copy(new, replace(old, codes={}), POLICY)
    assert not may_be_copy(replace(new, month=MAY), old, POLICY)


def test_a_few_people_may_stay_as_they_were_for_a_month():
    same = summary(MAY, "a", members=19, registered=9)
    assert not may_be_copy(replace(same, month=JUNE), same, POLICY)


@pytest.mark.parametrize(
    ("fresh", "rows", "copy"),
    [(0, 20, True), (1, 2000, False), (1, 2001, True), (6, 12_000, False), (5, 12_000, True)],
)
def test_a_copy_has_fewer_new_people_than_one_in_two_thousand(fresh, rows, copy):
    assert is_copy(fresh, rows) == copy
