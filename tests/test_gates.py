"""月の関門の約束。前の月と比べて、途中までのファイルや別の月のファイルを、黙って加えない。"""

from decimal import Decimal

import pytest

from mynalib.domain.months import Month
from mynalib.domain.society import IntakePolicy
from mynalib.intake.gates import MonthSummary, examine
from mynalib.intake.intake import Head

APRIL, MAY, JUNE = Month(2026, 4), Month(2026, 5), Month(2026, 6)
POLICY = IntakePolicy(max_drop="0.05", max_change="0.05", employer_max_drop="0.3", min_rows="20")


def summary(month=MAY, sha="b", members=1000, registered=700, **by_employer):
    heads = {employer: Head(*people) for employer, people in by_employer.items()}
    return MonthSummary(month, sha, members, registered, heads)


def codes(new, *existing, policy=POLICY):
    return [error.code for error in examine(new, existing, policy)]


def test_first_month_and_an_ordinary_next_month_pass():
    assert codes(summary()) == []
    assert codes(summary(members=960, registered=650), summary(APRIL, "a")) == []


def test_same_bytes_for_the_same_month_are_a_duplicate_and_nothing_else():
    assert codes(summary(members=1), summary(members=1), summary(JUNE, "c")) == ["DUPLICATE_FILE"]


def test_other_bytes_for_a_loaded_month_need_a_replace():
    [error] = examine(summary(sha="c"), [summary(sha="b")], POLICY)
    assert (error.code, "--replace" in error.fix) == ("MONTH_EXISTS", True)


def test_replacing_an_older_month_is_not_out_of_order():
    assert codes(summary(sha="c"), summary(sha="b"), summary(JUNE, "d")) == ["MONTH_EXISTS"]


def test_bytes_of_another_month_are_a_stale_copy():
    assert codes(summary(JUNE, "b"), summary(MAY, "b")) == ["STALE_COPY"]
    assert codes(summary(APRIL, "b"), summary(MAY, "b")) == ["STALE_COPY", "MONTH_ORDER"]


def test_month_older_than_the_newest_is_out_of_order():
    assert codes(summary(MAY), summary(APRIL, "a"), summary(JUNE, "c")) == ["MONTH_ORDER"]


@pytest.mark.parametrize(("members", "expected"), [(950, []), (949, ["SUSPICIOUS_DROP"]), (1000, []), (5000, [])])
def test_whole_file_may_shrink_by_the_policy_and_no_more(members, expected):
    assert codes(summary(JUNE, members=members, registered=members * 7 // 10), summary(MAY, "a")) == expected


@pytest.mark.parametrize(("members", "expected"), [(70, []), (69, ["SUSPICIOUS_DROP"]), (0, ["SUSPICIOUS_DROP"])])
def test_one_employer_may_shrink_by_the_policy_and_no_more(members, expected):
    last = summary(MAY, "a", E01=(100, 70), E02=(900, 630))
    new = summary(JUNE, E01=(members, members // 2), E02=(1000 - members, 630))
    assert codes(new, last) == expected


def test_employer_that_vanished_is_named_with_both_counts():
    last = summary(MAY, "a", E01=(40, 30), E02=(960, 670))
    [error] = examine(summary(JUNE, members=960, registered=670, E02=(960, 670)), [last], POLICY)
    assert [str(one) for one in error.problems] == ["E01：40 人が 0 人になりました"]


def test_every_drop_is_named_at_once():
    last = summary(MAY, "a", E01=(500, 350), E02=(500, 350))
    [error] = examine(summary(JUNE, members=20, registered=14, E01=(20, 14)), [last], POLICY)
    assert [one.where for one in error.problems] == ["全体", "E01", "E02"]


def test_ratios_count_only_from_enough_people():
    assert codes(summary(JUNE, members=1, registered=1), summary(MAY, "a", members=19, registered=19)) == []
    assert codes(summary(JUNE, members=1, registered=1), summary(MAY, "a", members=20, registered=20)) == [
        "SUSPICIOUS_DROP"
    ]
    assert codes(summary(JUNE, members=19, registered=1), summary(MAY, "a", members=20, registered=20)) == []


@pytest.mark.parametrize(("registered", "expected"), [(650, []), (649, ["SUSPICIOUS_CHANGE"]), (1000, [])])
def test_share_of_registered_may_fall_by_the_policy_and_no_more(registered, expected):
    assert codes(summary(JUNE, registered=registered), summary(MAY, "a")) == expected


@pytest.mark.parametrize(("members", "expected"), [(49, []), (50, ["SUSPICIOUS_CHANGE"])])
def test_first_file_in_which_nobody_is_registered_is_suspicious(members, expected):
    assert codes(summary(members=members, registered=0)) == expected


def test_nobody_registered_after_a_month_with_somebody_is_suspicious_however_few():
    assert codes(summary(JUNE, members=3, registered=0), summary(MAY, "a", members=3, registered=1)) == [
        "SUSPICIOUS_CHANGE"
    ]
    assert codes(summary(JUNE, members=3, registered=0), summary(MAY, "a", members=3, registered=0)) == []


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
    last = summary(JUNE, "b", members=1000, E01=(1000, 700))
    for error in examine(summary(MAY, "b", members=10, registered=0), [last, summary(APRIL, "a")], POLICY):
        assert error.where == "2026年5月"
        assert f"--confirm {error.code}" in error.fix
