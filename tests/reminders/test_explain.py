"""一人について答える：月ごとの事実、載せたリスト、渡した先、名簿。鍵は、台帳にも、知らせる文の外にも残らない。"""

import json
import random

import pytest
from months import load_month, params_of, write_register
from societies import SmallSociety
from staggered import MONTH, drawn_now, society, staggered_home

from mynalib.capsules.kept_tables import listed_of
from mynalib.domain.errors import MynaError
from mynalib.history.certificates import ISSUED_COLUMNS
from mynalib.history.ledger import Ledger
from mynalib.reminders.draws import drawn, freeze
from mynalib.reminders.halves import FIRST_HALF, SECOND_HALF
from mynalib.verbs.explain import explain, read_key
from mynalib.verbs.handover import Request, hand_over_list
from mynalib.verbs.posted import record_posted
from mynalib.verbs.recall import recall_list

pytestmark = pytest.mark.large


def asked(society: SmallSociety, text: str) -> dict:
    return explain(society.home, society.params, read_key(text), "本人からの尋ね")


def test_everything_held_and_done_for_a_person_is_told(published):
    request = Request("E02", "企画部", "社内便")
    done = hand_over_list(published.home, published.params, request, lambda _: "a long master")
    published.object_to("102,1025001,00")
    issued = ["102,1025001,00,20251201,20261130"]
    write_register(published.home, "certificates_issued", issued, ",".join(ISSUED_COLUMNS))
    found = asked(published, "１０２, 01025001,0")
    assert found["outcome"] == "explained"
    assert [line.partition("：")[0] for line in found["months"]] == ["2026年9月", "2026年10月"]
    assert all("共同利用への不同意" in line for line in found["months"])
    assert len(found["lists"]) == 1 and "E02" in found["lists"][0] and "1 回目" in found["lists"][0]
    assert len(found["handovers"]) == 1 and "企画部" in found["handovers"][0]
    objection, certificate = found["registers"]
    assert objection.startswith("optout 2 行目（申出 2026-10-15")
    assert "（交付 2025-12-01、有効期限 2026-11-30、回収 なし）" in certificate
    recall_list(published.home, published.params, done["handover"], "理由")
    assert "（取り戻した）" in asked(published, "102,1025001,00")["handovers"][0]


def test_a_letter_home_is_told_in_words(published):
    record_posted(published.home, published.params, "郵送", None)
    listed = listed_of(published.home, published.release)
    one = listed[(listed.employer_id == "NOEMPLOYER") & (listed.due == "True")].iloc[0]
    found = asked(published, f"{one.symbol},{one.number},{one.branch}")
    assert [line.startswith("2026-10 の 自宅への手紙（") for line in found["lists"]] == [True]
    assert found["handovers"] == ["2026-11-22：2026年10月の自宅への手紙"]


def test_the_half_of_the_household_is_told_for_the_person_alone(tmp_path):
    home = staggered_home(tmp_path / "home")
    load_month(home, str(MONTH), society(random.Random(3)))
    freeze(home, drawn_now(home))
    said = {}
    for number in ("0001", "0002", "0003", "0004"):
        found = explain(home, params_of(home), read_key(f"101,{number},00"), "本人からの尋ね")
        [said[number]] = found["draws"]
    assert all(
        each.startswith("2026年3月：❶ 登録のいつ知らせるかのくじで") for each in said.values()
    )
    halves = {number: each.rpartition("、")[2] for number, each in said.items()}
    rows = drawn(home, MONTH)
    arms = rows[(rows.symbol_key == "101") & (rows.branch == "00")].set_index("number_key").arm
    words = {FIRST_HALF: "先に知らせる半分", SECOND_HALF: "2 か月あとから知らせる半分"}
    assert halves == {number: words[arms[number.lstrip("0")]] for number in said}
    assert explain(home, params_of(home), read_key("101,5001,00"), "本人からの尋ね")["draws"] == []


def test_an_unknown_person_is_said_to_be_unknown(published):
    assert asked(published, "102,7777777,00")["outcome"] == "unknown"


@pytest.mark.parametrize(
    "text",
    ["１０２，１０２５００１，００", "102、1025001、00", "102,０1025001,0", "１０２,1025001,００"],
)
def test_a_key_typed_in_japanese_finds_the_person(published, text):
    assert asked(published, text)["outcome"] == "explained"


def test_a_transfer_written_in_a_register_is_followed_to_the_former_key(published):
    request = Request("E02", "企画部", "社内便")
    hand_over_list(published.home, published.params, request, lambda _: "a long master")
    rows = ["102,1025001,00,,転籍,102,7771001,00", "102,7771001,00,,転籍,101,7772001,00"]
    header = "被保険者証記号,被保険者証番号,被保険者証枝番,申出日,処理,新記号,新番号,新枝番"
    write_register(published.home, "optout", rows, header)
    found = asked(published, "101,7772001,00")
    assert (len(found["months"]), len(found["lists"]), len(found["handovers"])) == (2, 1, 1)
    assert found["registers"] == [
        "optout 2 行目（申出 （日付なし）、撤回 なし）",
        "optout 3 行目（申出 （日付なし）、撤回 なし）",
    ]


def test_a_transfer_that_was_written_by_mistake_does_not_show_another_person(published):
    """撤回日を書いた、書き誤りの転籍。新しい鍵は、ほかの人のもの。"""
    rows = ["102,1025001,00,,転籍,102,1025002,01,20261101", "102,1025001,00,20261015,,,,,"]
    header = "被保険者証記号,被保険者証番号,被保険者証枝番,申出日,処理,新記号,新番号,新枝番,撤回日"
    write_register(published.home, "optout", rows, header)
    found = asked(published, "102,1025001,00")
    alone = asked(published, "102,1025002,01")
    assert [len(one["months"]) for one in (found, alone)] == [2, 2]
    assert not {*found["months"]} & {*alone["months"]}


def test_a_decision_is_told_as_a_decision(published):
    header = "被保険者証記号,被保険者証番号,被保険者証枝番,判断,判断者,判断日"
    write_register(published.home, "decisions", ["102,1025001,00,確認中,甲,20261020"], header)
    [line] = asked(published, "102,1025001,00")["registers"]
    assert line == "decisions 2 行目（判断「確認中」、判断日 2026-10-20）"


def test_the_ledger_keeps_the_reason_and_not_the_person(published):
    asked(published, "102,1025001,00")
    line = Ledger(published.home.ledger).lines()[-1]
    assert (line["did"], line["because"]) == ("explained", "本人からの尋ね")
    assert "1025001" not in json.dumps(line)


@pytest.mark.parametrize(
    "text", ["", "102", "102,1025001", "102,,00", "102 1025001 00", "102,1025001番,00"]
)
def test_a_key_that_is_not_three_parts_is_refused_without_being_repeated(text):
    with pytest.raises(MynaError) as stop:
        read_key(text)
    assert stop.value.code == "BAD_KEY_TYPED"
    assert "1025001" not in str(stop.value)
