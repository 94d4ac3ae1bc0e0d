"""個人データの点検：外している人は、わけごとに一度だけ数え、文は、隣の数のとおりに言う。"""

import json
import re
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from months import make_home, own_request, params_of, put_month, registered
from notebooks_spoiled import sabotage
from societies import MONTHS, SmallSociety, everybody

from mynalib.capsules.opened import open_month
from mynalib.capsules.privacy import NEVER_LISTED, attack_facts, kept_off
from mynalib.capsules.publication import open_publication
from mynalib.capsules.waiting import UNSETTLED
from mynalib.disclosure.coarsening import Result
from mynalib.disclosure.showing import Coarser
from mynalib.domain.classification import WITHHELD
from mynalib.domain.errors import MynaError
from mynalib.history import clock
from mynalib.history.tables import write_tables
from mynalib.insight import display, privacy_page
from mynalib.insight.capsule import Capsule
from mynalib.verbs.explain import explain, read_key

pytestmark = pytest.mark.large

OWN = "0,20240401,20260905,1,1"
RETURNED = "0,20240401,20260905,3,0"


def changed(facts: dict[int, str]) -> list[str]:
    """everybody() の、その行の状態だけを変えたもの。"""
    lines = everybody()
    for at, state in facts.items():
        lines[at] = ",".join([*lines[at].split(",")[:3], state])
    return lines


def counts(society: SmallSociety) -> dict[str, tuple]:
    table = kept_off(open_month(society.home, society.params, MONTHS[1]))
    rows = table.itertuples(index=False)
    return {
        row.why: (row.insured, row.family, row.people, row.before) for row in rows if row.people
    }


def test_everybody_kept_off_is_counted_once_by_the_strongest_reason(small):
    small.ingest(MONTHS[1], changed({0: OWN, 1: RETURNED, 62: RETURNED}), replace=True)
    assert counts(small) == {
        "本人の申請による解除": (1, 0, 1, 0),
        "マイナンバーカードを返納": (1, 1, 2, 0),
    }
    small.object_to("101,1015000,00", "101,1015001,00")
    assert counts(small) == {
        WITHHELD["optout"]: (2, 0, 2, 2),
        "マイナンバーカードを返納": (1, 1, 2, 0),
    }


def test_whoever_is_to_be_reviewed_for_a_date_alone_is_counted_too(tmp_path):
    """区分は登録済でも、月末より後の登録日のために、リストに載らない人。わけごとの計は、リストから外れる人の全て。"""
    home = make_home(tmp_path / "home")
    later = date(2026, 11, 5)
    rows = [replace(registered(f"10150{at:02}"), registered_on=later) for at in range(3)]
    put_month(home, "2026-10", [*rows, registered("1016000"), own_request("1016001")])
    opened = open_month(home, params_of(home), MONTHS[1])
    off = opened.cube[(opened.cube.withheld_by != "") | opened.cube.action.isin(NEVER_LISTED)]
    table = kept_off(opened).set_index("why").people
    assert table[UNSETTLED] == 3
    assert table.sum() == off.members.sum() == 4


def test_the_first_month_has_nothing_before_it(small):
    table = kept_off(open_month(small.home, small.params, MONTHS[0]))
    assert table.before.isna().all() and not table.people.isna().any()


@pytest.mark.parametrize(
    ("undecided", "asked", "margin", "opened", "shown"),
    [
        (0, 285, 5, (), ("0.00 %", "5 通り", "0 行")),
        (3, 200, 3, ("E01",), ("1.50 %", "3 通り", "1 行")),
        (0, 0, None, (), ("0.00 %", "行がありません", "0 行")),
    ],
)
def test_the_attack_is_told_with_its_limits(undecided, asked, margin, opened, shown):
    result = Result(None, Coarser(), asked, undecided, frozenset(opened), margin)
    table = attack_facts(result).set_index("item").found
    assert tuple(table.iloc[[1, 2, 3]]) == shown


def test_the_margin_is_what_the_released_rows_leave_open(published):
    """残る値の数を、公開した表の行だけから、もう一度数える。三事業所なので、まとめた一行しかない。"""
    result = open_publication(published.home, published.params, MONTHS[1]).outside.result
    assert result.margin is None or result.margin >= 3
    state = result.showing.state
    rows = state[(state.employer_id != "TOTAL") & ~state.merged]
    assert (result.margin is None) == rows.empty


def table(**columns: list) -> pd.DataFrame:
    return pd.DataFrame(columns)


@pytest.mark.parametrize(
    ("before", "opened", "todo", "said"),
    [
        ([4, 2], "0 行", 0, ["6 人です（前の月と同じ）", "決まる方はいませんでした", "ありません"]),
        (
            [3, 2],
            "0 行",
            2,
            ["6 人です（前の月より 1 人多い）", "5 通りが残ります", "2 つあります"],
        ),
        (
            [9, 2],
            "1 行",
            0,
            ["（前の月より 5 人少ない）", "絞られる行が 1 行あります", "ありません"],
        ),
        ([None, None], "0 行", 0, ["（前の月は、取り込んでいません）", "決まる方は", "ありません"]),
    ],
    ids=["同じ", "多い", "破られた", "はじめの月"],
)
def test_the_sentences_follow_the_numbers_beside_them(tmp_path, before, opened, todo, said):
    words = display.words("privacy")
    frames = {
        "kept_off": table(why=["a", "b"], people=[4, 2], before=pd.array(before, dtype="Int64")),
        "attack": table(item=[words["margin_item"], words["open_item"]], found=["5 通り", opened]),
        "unfinished": table(todo=["x"] * todo),
    }

    write_tables({tmp_path / f"{name}.parquet": frame for name, frame in frames.items()})
    facts = {"audience": "internal", "demo": False, "policy": {}, "columns": []}
    capsule = Capsule(tmp_path, facts | {"tables": [*frames], "month": "2026-10"})
    lines = privacy_page.sentences(capsule)
    assert all(part in line for part, line in zip(said, lines, strict=True))


def test_without_a_row_beside_the_total_nothing_is_said_to_remain(tmp_path):
    """組合全体だけの月。"""
    attack = attack_facts(Result(None, Coarser(total_only=True), 9, 0, frozenset(), None))
    frames = {
        "kept_off": table(why=["a"], people=[4], before=pd.array([4], dtype="Int64")),
        "attack": attack,
        "unfinished": table(todo=[]),
    }
    write_tables({tmp_path / f"{name}.parquet": frame for name, frame in frames.items()})
    facts = {"audience": "internal", "demo": False, "policy": {}, "columns": []}
    capsule = Capsule(tmp_path, facts | {"tables": [*frames], "month": "2026-10"})
    said = privacy_page.sentences(capsule)[1]
    assert "決まる方はいませんでした" in said
    assert "残ります" not in said


def test_the_page_tells_the_deeds_of_the_month_and_no_key(small):
    with clock.on(date(2026, 10, 20)):
        explain(small.home, small.params, read_key("102,1025001,00"), "本人からの尋ね")
    page = (small.publish().folder / "internal" / "privacy.html").read_text(encoding="utf-8")
    text = re.sub(r"<[^>]*>|\s+", " ", page)
    assert re.search(r"本人についての尋ね\s+1 ", text)
    assert "1025001" not in page and json.dumps("1025001") not in page


def test_two_tables_of_one_name_beside_one_another_are_refused(small):
    """「次にすること」は、取込の点検の CSV の名でもある。"""
    cell = """
from mynalib.disclosure import released
tables.table(released.internal(capsule.table("unfinished"), capsule.terms), "todo", "もう一つ")
"""
    sabotage(small.home, "10_privacy_review", cell)
    with pytest.raises(MynaError) as stop:
        small.publish()
    assert stop.value.code == "SAME_NAME" and "internal/todo_実数_健保内部.csv" in stop.value.what
    assert not small.release.exists()
