"""The synthetic society is what its description promises, and the same for the same arguments."""

from datetime import date

import pandas as pd
import pytest

from mynalib.demo import DemoSociety, make_society
from mynalib.domain.items import ITEMS, NAMES
from mynalib.domain.months import Month

pytestmark = pytest.mark.large

LAST = Month(2026, 10)
MONTHS = 24
NEWEST = str(LAST)
KEY = ["symbol", "number", "branch"]
REGISTERED = (
    "registered_usable",
    "registered_certificate_lapsed",
    "registered_certificate_unknown",
    "review_cancelled_then_registered",
)
STATUSES = {
    *REGISTERED,
    "never_linked",
    "never_linked_certificate_lapsed",
    "never_linked_card_unclear",
    "cancelled_by_lapse",
    "renewed_not_relinked",
    "cancelled_at_own_request",
    "card_returned",
    "review_returned_flag_valid",
    "review_inconsistent",
}
REASONS = {
    "COLUMN_COUNT",
    "MISSING_KEY",
    "BAD_KEY",
    "BAD_CODE",
    "BAD_DATE",
    "UNKNOWN_KIGO",
    "DUPLICATE_KEY",
    "ENCODING",
    "CONTROL_CHAR",
}


@pytest.fixture(scope="session")
def society(demo_society) -> DemoSociety:
    assert max(demo_society.files) == LAST
    return demo_society


@pytest.fixture(scope="module")
def good(society: DemoSociety) -> pd.DataFrame:
    """The good rows as they stand in the files, beside what the truth says of them."""
    frames = [_good_rows(society, month) for month in society.files]
    return pd.concat(frames, ignore_index=True).merge(
        society.truth, on=["month", *KEY], how="left", validate="one_to_one"
    )


def _good_rows(society: DemoSociety, month: Month) -> pd.DataFrame:
    bad = society.bad_rows.loc[society.bad_rows["month"] == str(month), "line"]
    skipped = set(bad)
    lines = society.files[month].split(b"\r\n")[:-1]
    rows = [
        raw.decode("cp932").split(",")
        for n, raw in enumerate(lines, 1)
        if n > 1 and n not in skipped
    ]
    return pd.DataFrame(rows, columns=list(NAMES)).assign(month=str(month))


def _line(society: DemoSociety, month: str, line: int) -> bytes:
    return society.files[Month.parse(month)].split(b"\r\n")[line - 1]


def _register(society: DemoSociety, name: str) -> pd.DataFrame:
    rows = [line.split(",") for line in society.registers[name].decode("cp932").split("\r\n")[:-1]]
    return pd.DataFrame(rows[1:], columns=rows[0])


def _rates(truth: pd.DataFrame, *by: str) -> pd.Series:
    """Registered over members, in percent."""
    return truth["status"].isin(REGISTERED).groupby([truth[name] for name in by]).mean() * 100


def _members(truth: pd.DataFrame) -> pd.DataFrame:
    """month × employer → people."""
    return truth.groupby(["month", "employer_id"]).size().unstack()


def test_the_same_arguments_give_the_same_bytes():
    first, second = make_society(LAST, 3, 2_000), make_society(LAST, 3, 2_000)
    assert first.files == second.files
    assert first.registers == second.registers
    pd.testing.assert_frame_equal(first.truth, second.truth)
    pd.testing.assert_frame_equal(first.bad_rows, second.bad_rows)


def test_the_whole_society_is_the_same_when_made_again(society: DemoSociety):
    again = make_society(LAST)
    assert again.files == society.files
    assert again.registers == society.registers


def test_another_seed_gives_other_people():
    assert make_society(LAST, 1, 1_000).files != make_society(LAST, 1, 1_000, seed=7).files


def test_a_first_month_before_anybody_could_register_is_refused():
    with pytest.raises(ValueError, match="2020-11"):
        make_society(Month(2021, 1), 12)


@pytest.mark.parametrize(("months", "people"), [(1, 300), (2, 600), (3, 2_000), (36, 1_500)])
def test_smaller_and_longer_societies_can_be_made(months: int, people: int):
    small = make_society(LAST, months, people)
    rows = small.truth.groupby("month").size()
    bad = small.bad_rows.groupby("month").size().reindex(rows.index, fill_value=0)
    assert len(small.files) == len(rows) == months
    assert rows.between(people * 0.9, people * 1.25).all()
    assert (bad < rows * 0.01).all()


def test_there_is_one_file_for_each_of_the_24_months(society: DemoSociety):
    assert list(society.files) == [LAST.plus(back - MONTHS + 1) for back in range(MONTHS)]


def test_every_line_ends_with_crlf_and_the_header_has_the_official_names(society: DemoSociety):
    for data in society.files.values():
        assert data.endswith(b"\r\n")
        assert data.count(b"\n") == data.count(b"\r") == data.count(b"\r\n")
        assert data.split(b"\r\n")[0].decode("cp932").split(",") == [item.label for item in ITEMS]


def test_only_the_deliberate_rows_cannot_be_decoded(society: DemoSociety):
    deliberate = society.bad_rows[society.bad_rows["reason"] == "ENCODING"]
    for month, data in society.files.items():
        undecodable = [n for n, raw in enumerate(data.split(b"\r\n"), 1) if not _decodes(raw)]
        assert undecodable == deliberate.loc[deliberate["month"] == str(month), "line"].tolist()


def _decodes(raw: bytes) -> bool:
    try:
        raw.decode("cp932")
    except UnicodeDecodeError:
        return False
    return True


def test_every_row_is_a_good_one_of_the_truth_or_a_bad_one(
    society: DemoSociety, good: pd.DataFrame
):
    rows = sum(data.count(b"\r\n") - 1 for data in society.files.values())
    assert rows == len(good) + len(society.bad_rows)
    assert len(good) == len(society.truth)
    assert good["status"].notna().all()


def test_keys_are_unique_and_well_formed_among_good_rows(society: DemoSociety, good: pd.DataFrame):
    assert not good.duplicated(["month", *KEY]).any()
    assert good["number"].str.fullmatch("[0-9]{7}").all()
    assert good["branch"].str.fullmatch("0[0-9]").all()
    assert set(good["symbol"]) == {*(str(n) for n in range(101, 121)), "901"}
    assert 0.01 < good["number"].str.startswith("00").mean() < 0.06
    assert good["number"].str.startswith("83").mean() > 0.9


def test_a_number_belongs_to_one_household_for_ever(good: pd.DataFrame):
    assert (good.groupby("number")["symbol"].nunique() == 1).all()
    assert (good.groupby(KEY)["person"].nunique() == 1).all()


def test_sizes_run_from_three_people_to_thousands(society: DemoSociety):
    members = _members(society.truth)
    total = members.sum(axis=1)
    assert total.between(11_000, 13_000).all()
    assert (members["E19"] == 3).all()
    assert (members["E01"] >= 2_500).all()
    assert members["KENPO"].between(20, 30).all()
    assert (members["NOEMPLOYER"] / total).between(0.012, 0.019).all()


def test_households_have_one_insured_person_and_dependants(good: pd.DataFrame):
    assert (good["insured"] == (good["branch"] == "00")).all()
    assert 0.3 < 1 - good["insured"].mean() < 0.6


def test_every_status_of_the_decision_table_occurs_in_the_newest_month(society: DemoSociety):
    newest = society.truth[society.truth["month"] == NEWEST]
    assert set(newest["status"]) == STATUSES


@pytest.mark.parametrize("last", [Month(2027, 4), Month(2028, 11)])
def test_a_demo_made_later_shows_the_same_world(last: Month):
    truth = make_society(last).truth
    members = _members(truth)
    change = members / members.shift(1) - 1
    assert set(truth.loc[truth["month"] == str(last), "status"]) == STATUSES
    assert change[members.shift(1) >= 20].min(axis=None) > -0.2
    assert _rates(truth, "month").iloc[-1] > 70


def test_the_status_agrees_with_what_the_row_says(good: pd.DataFrame):
    assert (good["status"].isin(REGISTERED) == (good["state"] == "1")).all()
    assert set(good.loc[(good["state"] == "0") & (good["cancel_kind"] == "1"), "status"]) == {
        "cancelled_at_own_request"
    }
    never = good[good["status"].str.startswith("never_linked")]
    assert (never[["registered_on", "cancelled_on", "cancel_kind"]] == "").all(axis=None)


def test_uptake_rises_from_a_half_to_seven_tenths_in_an_s(society: DemoSociety):
    rate = _rates(society.truth, "month")
    steps = rate.diff().dropna()
    assert 46 <= rate.iloc[0] <= 50
    assert 70 <= rate.iloc[-1] <= 74
    assert steps.between(-0.3, 2.5).all()
    assert steps.iloc[8:16].mean() > 2 * max(steps.iloc[:4].mean(), steps.iloc[-4:].mean())


def test_uptake_differs_by_employer_and_is_lower_for_dependants(society: DemoSociety):
    newest = society.truth[society.truth["month"] == NEWEST]
    by_employer = _rates(newest, "employer_id")
    by_branch = _rates(newest, "branch")
    assert by_employer["E07"] < by_employer.drop(["E07", "E19"]).min()
    assert by_branch["00"] > by_branch["01"] > by_branch["02"]


def test_one_hiring_wave_and_one_campaign_stand_out(society: DemoSociety):
    members = _members(society.truth)
    assert members["E12"]["2026-04"] > 1.1 * members["E12"]["2026-03"]
    steps = _rates(society.truth, "month", "employer_id").unstack()["E15"].diff()
    assert steps.idxmax() == "2026-03"


def test_no_month_would_stop_at_an_intake_gate(society: DemoSociety):
    members = _members(society.truth)
    total = members.sum(axis=1)
    change = members / members.shift(1) - 1
    assert (total / total.shift(1) - 1).min() > -0.03
    assert change[members.shift(1) >= 20].min(axis=None) > -0.2
    assert _rates(society.truth, "month").diff().min() > -2
    assert members.notna().all(axis=None)


def test_dates_are_real_and_not_after_the_month_end(good: pd.DataFrame):
    end = good["month"].map({m: f"{Month.parse(m).end:%Y%m%d}" for m in good["month"].unique()})
    for name in ("registered_on", "cancelled_on"):
        dated = good[good[name] != ""]
        assert (dated[name] <= end[dated.index]).all()
        assert dated[name].min() >= "20200801"
        for text in dated[name].unique():
            date.fromisoformat(text)


def test_own_request_cancellations_begin_on_28_october_2024(
    society: DemoSociety, good: pd.DataFrame
):
    early = make_society(Month(2024, 12), 4)
    for rows in (good, *(_good_rows(early, month) for month in early.files)):
        assert (rows.loc[rows["cancel_kind"] == "1", "cancelled_on"] >= "20241028").all()
    assert not (_good_rows(early, Month(2024, 9))["cancel_kind"] == "1").any()
    newest = good[good["month"] == NEWEST]
    assert 0.002 <= (newest["cancel_kind"] == "1").mean() <= 0.005


def test_a_lapse_is_cancelled_at_a_month_end_after_showing_for_at_most_one_month(
    good: pd.DataFrame,
):
    lapsed = good[(good["state"] == "0") & (good["cancel_kind"] == "2")]
    ends = {f"{Month(2021, 1).plus(n).end:%Y%m%d}" for n in range(100)}
    assert set(lapsed["cancelled_on"]) <= ends
    waiting = good[good["status"] == "registered_certificate_lapsed"]
    assert waiting.groupby("person")["month"].nunique().max() == 1
    assert len(waiting) > 20


def test_people_renew_and_register_again_after_a_lapse(good: pd.DataFrame):
    again = good[(good["state"] == "1") & (good["cancel_kind"] == "2")]
    assert (again["registered_on"] > again["cancelled_on"]).any()
    assert (again["registered_on"] < again["cancelled_on"]).any()
    assert (good["status"] == "renewed_not_relinked").any()


def test_some_are_registered_without_a_date_and_some_joined_with_an_older_one(good: pd.DataFrame):
    registered = good[good["state"] == "1"]
    first = good.drop_duplicates("person")
    joined = first[(first["month"] > str(LAST.plus(1 - MONTHS))) & (first["state"] == "1")]
    older = joined["registered_on"].str[:6] < joined["month"].str.replace("-", "")
    assert (registered["registered_on"] == "").any()
    assert older.sum() > 100


def test_people_join_leave_and_transfer_under_a_new_number(society: DemoSociety):
    truth = society.truth
    people = truth.groupby("person")
    moved = people["number"].nunique() == 2
    to_901 = people["employer_id"].agg(
        lambda ids: len(set(ids)) == 2 and ids.iloc[-1] == "NOEMPLOYER"
    )
    assert people["month"].min().gt("2024-11").sum() > 500
    assert people["month"].max().lt(NEWEST).sum() > 500
    assert (moved & ~to_901).sum() > 50
    assert (moved & to_901).sum() > 50


def test_the_household_moves_together(society: DemoSociety):
    truth = society.truth.sort_values(["person", "month"])
    before = truth.groupby("person")["number"].shift(1)
    moves = truth[before.notna() & (before != truth["number"])].assign(before=before)
    assert (moves.groupby(["month", "before"])["number"].nunique() == 1).all()


def test_one_own_request_vanishes_and_nobody_else_loses_their_history(good: pd.DataFrame):
    rows = good.sort_values(["person", "month"])
    was = rows.groupby("person")["status"].shift(1)
    left_own_request = rows[(was == "cancelled_at_own_request") & (rows["state"] == "0")]
    lost = left_own_request[left_own_request["cancel_kind"] != "1"]
    assert lost["vanished"].tolist() == [True]
    had_history = was.notna() & ~was.str.startswith("never_linked", na=False)
    forgotten = rows[had_history & rows["status"].str.startswith("never_linked")]
    assert forgotten.index.tolist() == lost.index.tolist()


def test_the_vanished_person_stays_unregistered_to_the_newest_month(good: pd.DataFrame):
    gone = good[good["vanished"]]
    assert gone["person"].nunique() == 1
    assert gone["month"].max() == NEWEST
    assert len(gone) == 4
    assert (gone["state"] == "0").all()


def test_bad_rows_of_every_kind_come_every_month_but_stay_few(society: DemoSociety):
    bad = society.bad_rows
    rows = society.truth.groupby("month").size()
    kinds = bad.groupby("month")["reason"].agg(set)
    assert set(bad["reason"]) == kinds[NEWEST] == REASONS
    assert all(REASONS - {"UNKNOWN_KIGO"} <= month for month in kinds)
    assert (bad.groupby("month").size() < rows * 0.005 / 2).all()
    assert not bad.duplicated(["month", "line"]).any()


def test_the_unknown_symbol_comes_and_goes(society: DemoSociety):
    unknown = society.bad_rows[society.bad_rows["reason"] == "UNKNOWN_KIGO"]
    assert 1 < unknown["month"].nunique() < MONTHS
    lines = [_line(society, row.month, row.line) for row in unknown.itertuples()]
    assert all(line.startswith(b"777,") for line in lines)


def test_a_duplicate_is_a_pair_that_contradicts_itself(society: DemoSociety):
    pairs = society.bad_rows[society.bad_rows["reason"] == "DUPLICATE_KEY"]
    for month, lines in pairs.groupby("month")["line"]:
        first, second = (_line(society, month, line).decode().split(",") for line in lines)
        assert first[:3] == second[:3]
        assert first[3] != second[3]


def test_no_bad_row_bears_the_key_of_a_person(society: DemoSociety):
    numbers = set(society.truth["number"])
    for row in society.bad_rows.itertuples():
        fields = _line(society, row.month, row.line).split(b",")
        assert fields[1].decode() not in numbers


def test_every_register_entry_folds_to_somebody_or_says_why_not(society: DemoSociety):
    newest = society.truth[society.truth["month"] == NEWEST]
    keys = set(zip(*(newest[name] for name in KEY), strict=True))
    for name in ("optout", "pending_cancellation", "never_contact", "decisions"):
        entries = _register(society, f"{name}.csv")
        for entry in entries.to_dict("records"):
            assert _folded(entry) in keys or entry["処理"] in ("退職", "転籍")


def _folded(entry: dict[str, str]) -> tuple[str, str, str]:
    number, branch = int(entry["被保険者証番号"]), int(entry["被保険者証枝番"])
    return entry["被保険者証記号"], f"{number:07}", f"{branch:02}"


def test_objections_come_in_every_shape(society: DemoSociety):
    entries = _register(society, "optout.csv")
    numbers = entries["被保険者証番号"]
    assert 18 <= len(entries) <= 22
    assert (entries["撤回日"] != "").sum() == 1
    assert entries["処理"].value_counts().to_dict() == {"": len(entries) - 2, "退職": 1, "転籍": 1}
    assert (numbers.str.len() < 7).sum() == 2
    assert (~numbers.map(str.isascii)).sum() == 2
    assert set(entries["受付"]) == {"健保", "事業所"}
    assert entries["申出日"].str[:6].nunique() > 8
    assert entries["申出日"].max() <= "20261031"


def test_the_moved_entry_names_the_key_of_today(society: DemoSociety):
    entries = _register(society, "optout.csv")
    entry = entries[entries["処理"] == "転籍"].iloc[0]
    newest = society.truth[society.truth["month"] == NEWEST].set_index(KEY)
    assert newest.loc[(entry["新記号"], entry["新番号"], entry["新枝番"]), "opted_out"]


def test_the_truth_marks_exactly_the_people_of_the_registers(society: DemoSociety):
    newest = society.truth[society.truth["month"] == NEWEST]
    entries = _register(society, "optout.csv")
    in_force = (entries["撤回日"] == "") & (entries["処理"] != "退職")
    assert newest["opted_out"].sum() == in_force.sum()
    assert newest["pending"].sum() == len(_register(society, "pending_cancellation.csv"))
    assert newest["never_contact"].sum() == len(_register(society, "never_contact.csv"))
    marks = newest[["opted_out", "pending", "never_contact", "vanished"]].sum(axis=1)
    assert (marks + (newest["decision"] != "")).max() == 1


def test_decisions_answer_reviews_with_each_answer(society: DemoSociety):
    decisions = _register(society, "decisions.csv")
    newest = society.truth[society.truth["month"] == NEWEST]
    decided = newest[newest["decision"] != ""]
    assert sorted(decisions["判断"]) == sorted(decided["decision"]) == ["可", "否", "確認中"]
    assert set(decisions["判断者"]) == {"担当者A"}
    assert decided["status"].str.startswith("review_").all()
