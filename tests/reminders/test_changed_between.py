"""公開したあと、手渡したあとに、設定や名簿が変わる：知らせてはならない人に渡さず、同じ月に二度知らせず、断られる命令をすすめない。"""

import re

import pytest
from commands import myna, out
from handing import DEPARTMENT, MASTER, hand_over, set_policy
from societies import MONTHS, SmallSociety, everybody

from mynalib.capsules.handed import handed_matters
from mynalib.capsules.kept_tables import listed_of
from mynalib.capsules.opened import open_month
from mynalib.capsules.publication import open_publication
from mynalib.capsules.report_tables import due_and_resting
from mynalib.domain.errors import MynaError
from mynalib.reminders.memory import handovers, remembered
from mynalib.verbs.posted import record_posted
from mynalib.verbs.recall import recall_list
from mynalib.verbs.record import confirm_receipt

pytestmark = pytest.mark.large

NEWEST = MONTHS[1]


def due(society: SmallSociety):
    return open_publication(society.home, society.params, NEWEST).opened.due


def edit(society: SmallSociety, file: str, old: str, new: str) -> None:
    path = society.home.params / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def leave_dependants_out(society: SmallSociety) -> None:
    edit(society, "joint_use.yaml", "dependants: include", "dependants: exclude")


def let_the_society_remind(society: SmallSociety) -> None:
    set_policy(society, "by: employer", "by: society")


def swap_symbols(society: SmallSociety) -> None:
    for name, old, new in (("E01", "101", "102"), ("E02", "102", "101")):
        edit(society, f"employers/{name}.yaml", f'symbol: "{old}"', f'symbol: "{new}"')


def agree_on_fewer_columns(society: SmallSociety) -> None:
    edit(society, "joint_use.yaml", ", action, attempt]", ", action]")


CHANGES = [leave_dependants_out, let_the_society_remind, swap_symbols, agree_on_fewer_columns]


@pytest.mark.parametrize("change", CHANGES)
def test_a_list_that_the_settings_no_longer_allow_is_not_given(published, change):
    change(published)
    with pytest.raises(MynaError) as stop:
        hand_over(published)
    assert stop.value.code in ("LIST_OUTDATED", "GATE_FAILED")
    assert f"myna publish --month {NEWEST} --because 理由" in stop.value.fix
    assert handovers(published.home) == [] and not [*published.home.outbox.glob("*.xlsx")]


def test_the_advised_correction_gives_a_list_without_the_dependants(published, monkeypatch):
    monkeypatch.setenv("MYNA_MASTER", MASTER)
    leave_dependants_out(published)
    at = ("--home", published.home.root)
    words = ("handover", "--employer", "E02", "--to", DEPARTMENT["E02"], "--means", "社内便", *at)
    advised = re.search("myna (publish [^で]*理由)", out(myna(*words)))[1].split()
    assert myna(*advised, *at).returncode == 0
    assert myna(*words).returncode == 0
    [given] = handovers(published.home)
    assert {*remembered(published.home, given).branch} == {"00"}


def test_whoever_an_employer_reminded_gets_no_letter_in_the_same_month(published):
    hand_over(published, "E01")
    let_the_society_remind(published)
    rows = due(published)
    assert {*rows.sender[rows.employer_id == "E01"]} == {"nobody"}
    assert {*rows.sender[rows.employer_id == "E02"]} == {"society"}
    told = due_and_resting(rows, 3)
    ours = rows[rows.employer_id != "E01"]
    assert told["first"].sum() == told["by_society"].sum() == len(ours)
    assert told.unsent.sum() == len(rows) - len(ours), "だれも知らせない人を、知らせる人に数えない"


def test_whoever_got_a_letter_is_on_no_employers_list_of_that_month(published):
    record_posted(published.home, published.params, "郵送", None)
    # 健保の職員（120）の記号が、事業所のものだったと分かった
    edit(published, "employers/KENPO.yaml", 'symbol: "120"', 'symbol: "129"')
    edit(published, "employers/E03.yaml", 'symbol: "103"', 'symbol: "120"')
    rows = open_month(published.home, published.params, NEWEST, known_only=False).due
    assert {*rows.sender[rows.symbol == "120"]} == {"nobody"}


def test_only_the_letters_that_were_released_are_recorded_as_sent(published):
    listed = listed_of(published.home, published.release)
    letters = listed[(listed.sender == "society") & (listed.due == "True")]
    let_the_society_remind(published)
    objector = letters.iloc[0]
    published.object_to(f"{objector.symbol},{objector.number},{objector.branch}")
    done = record_posted(published.home, published.params, "郵送", None)
    assert done["rows"] == len(letters) - 1, "公開のあとに申し出た人の手紙は、抜く"
    [given] = handovers(published.home)
    assert {*remembered(published.home, given).number_key} < {*letters.number}


def test_a_recalled_list_may_have_been_read_and_is_not_made_anew(published):
    done = hand_over(published)
    listed = listed_of(published.home, published.release)
    one = listed[listed.on_list & (listed.employer_id == "E02")].iloc[0]
    published.object_to(f"{one.symbol},{one.number},{one.branch}")
    recall_list(published.home, published.params, done["handover"], "誤送付")
    with pytest.raises(MynaError) as stop:
        published.publish(not_handed_over=True)
    assert (stop.value.code, "E02" in stop.value.what) == ("HANDED_OVER", True)
    with pytest.raises(MynaError) as stop:
        hand_over(published)
    assert "--not-handed-over" not in stop.value.fix and "withdraw --lists" in stop.value.fix


def test_no_refused_command_is_advised_when_the_registers_changed(published):
    hand_over(published)
    listed = listed_of(published.home, published.release)
    one = listed[listed.on_list & (listed.employer_id == "E01")].iloc[0]
    published.object_to(f"{one.symbol},{one.number},{one.branch}")
    at = ("--home", published.home.root)
    said = out(myna("publish", "--month", NEWEST, *at))
    assert "--not-handed-over" not in said and "もう手渡した" in said
    advised = re.search("myna (withdraw --lists .*)", said)[1].split()
    assert myna(*advised).returncode == 0
    said = out(myna("publish", "--month", NEWEST, *at))
    assert "--not-handed-over" not in said and "withdraw" not in said
    assert "もう取り下げています" in said


def test_a_recall_says_when_the_same_list_is_still_out(published):
    first, second = (hand_over(published, again=again)["handover"] for again in (False, True))
    at = ("--home", published.home.root)
    said = out(myna("recall", "--handover", first, "--because", "渡していない", *at))
    assert f"番号 {second}" in said and "知らせなかったものとして" not in said
    said = out(myna("recall", "--handover", second, "--because", "渡していない", *at))
    assert "次の月からは、知らせなかったものとして数えます" in said


def test_only_the_newest_of_two_handovers_waits_for_its_receipt(published, monkeypatch):
    hand_over(published)
    second = hand_over(published, again=True)
    monkeypatch.setenv("MYNA_TODAY", "2026-12-05")
    published.ingest(NEWEST.plus(1), everybody(), confirm=("STALE_COPY",))

    def matters() -> dict:
        return handed_matters(
            open_publication(published.home, published.params, NEWEST.plus(1)).opened
        )

    assert matters() == {"not_handed": 2, "no_receipt": 1}
    confirm_receipt(published.home, published.params, second["handover"])
    assert matters() == {"not_handed": 2, "no_receipt": 0}
    let_the_society_remind(published)
    assert matters()["not_handed"] == 0, "事業所のリストは、いつも空"
