"""tests/cases の 63 の事例を、公開の入口から動かして判定する。公開まで要る事例は test_cases_published.py。"""

import copy
import io
import zipfile
from pathlib import Path

import case_scan
import cases_judge
import pytest
from case_homes import (
    BY_ID,
    CONTRACT,
    PUBLISHED,
    TODAY,
    inputs_of,
    play,
    prepare,
    run_case,
    variants,
)
from cases_judge import judge, judge_case, judge_step

from mynalib.history.home import Home

BY_COMMAND = {
    "E01",
    "S03",
    "S25",
    "M01",
    "O05",
    "R02",
    "R04-society.yaml",
}  # 命令から動かす。どの結果も、一つはある
EXPECTED = {
    "outcome": "loaded",
    "data_rows": 2,
    "accepted": 1,
    "quarantined": 1,
    "reasons": {"BAD_KEY": 1},
}
KEY = "101/8300001/00"
SEEN = {
    **EXPECTED,
    "refusal_class": None,
    "history_changed": True,
    "kept": 1,
    "kept_reasons": {"BAD_KEY": 1},
    "accepted_keys": {KEY},
    "quarantined_lines": [3],
    "actions": {KEY: "link"},
    "employer_of": {KEY: "E01"},
    "dates": {KEY: "2024-04-01"},
    "same_as": {"E01"},
    "published": False,
    "same_people_as_previous_month": True,
    "backfill": False,
    "needs_confirmation": False,
    "employer_visible": {"E01": {"listed": {KEY}, "visible": {KEY}, "series_unchanged": False}},
    "internal": {"E01": {"members": 9}},
}
REFUSED = {"outcome": "refused", "refusal_class": "HEADER", "accepted": 0, "history_changed": False}


@pytest.fixture(autouse=True)
def _fixed_clock(monkeypatch):
    monkeypatch.setenv("MYNA_TODAY", TODAY)


@pytest.mark.parametrize("name", [name for name in variants() if name not in PUBLISHED])
def test_every_case_ends_as_agreed(name, tmp_path, monkeypatch, capfd, caplog):
    monkeypatch.chdir(tmp_path)
    run = run_case(name, tmp_path, by_command=name in BY_COMMAND)
    run.said += [*capfd.readouterr(), caplog.text]
    assert judge_case(run) == []


# 漏れのないこと -------------------------------------------------------------------------------------


def test_all_63_cases_are_run_and_each_trap_in_every_params_file():
    names = variants()
    assert {name.split("-")[0] for name in names} == set(BY_ID)
    assert len(BY_ID) == 63
    assert len(names) == 61 + 2 * 5
    assert set(PUBLISHED) <= set(BY_ID)


def test_the_command_line_is_tried_for_every_outcome():
    cases = [BY_ID[name.split("-")[0]] for name in BY_COMMAND]
    expected = [step["expect"] for case in cases for step in case["steps"] or [case]]
    choices = [choice for one in expected for choice in one.get("any_of", [one.get("expect", one)])]
    assert {choice["outcome"] for choice in choices} == {"loaded", "refused", "no_op"}


def test_every_agreed_key_has_a_check():
    for case in CONTRACT["cases"]:
        assert set(case) <= set(cases_judge.CASE)
        assert {key for step in case["steps"] for key in step} <= set(cases_judge.STEP)
        expected = [
            *(step["expect"] for step in case["steps"]),
            *filter(None, [case.get("expect")]),
        ]
        choices = [choice for one in expected for choice in (one, *one.get("any_of", ()))]
        for choice in (*choices, *case.get("alternatives", ())):
            assert set(choice) - {"any_of"} <= set(cases_judge.EXPECTATIONS)


UNKNOWN = [
    ("title", {"new": 1}),
    ("steps", {"steps": [BY_ID["S22"]["steps"][0] | {"new": 1}]}),
    (
        "expectation",
        {
            "steps": [
                BY_ID["S22"]["steps"][0]
                | {"expect": BY_ID["S22"]["steps"][0]["expect"] | {"new": 1}}
            ]
        },
    ),
    ("check", {"check": {"new": 1}}),
    ("output_checks", {"output_checks": ["new"]}),
    ("attack", {"attack": {"type": "new", "audience": "wide"}}),
    ("config", {"config": {"new": 1}}),
]


@pytest.mark.parametrize(("level", "added"), UNKNOWN, ids=[level for level, _ in UNKNOWN])
def test_a_key_that_nobody_checks_fails_the_case(level, added, tmp_path):
    run = play(prepare(BY_ID["S22"], tmp_path))
    assert judge_case(run) == []
    run.case = run.case | added
    assert any("知らない" in one for one in judge_case(run)), level


# 判定が、効いていること -------------------------------------------------------------------------------


def test_what_was_agreed_is_accepted():
    assert judge(EXPECTED, SEEN) == []
    assert (
        judge(
            {"outcome": "refused", "refusal_class_any_of": ["HEADER"], "history_changed": False},
            REFUSED,
        )
        == []
    )


BROKEN = [
    ({"outcome": "refused"}, {}),
    ({"data_rows": 3}, {}),
    ({"accepted": 2}, {}),
    ({"quarantined": 0}, {}),
    ({"reasons": {"BAD_DATE": 1}}, {}),
    ({"kept": 2}, {}),
    ({"kept_reasons": {}}, {}),
    ({"accepted_keys": {"101/8300002/00"}}, {"accepted_keys": [KEY]}),
    ({"accepted_keys": {"101/8300002/00"}}, {"must_accept": [KEY]}),
    ({}, {"must_quarantine": [KEY]}),
    ({}, {"absent_keys": [KEY]}),
    ({"quarantined_lines": [3, 3]}, {}),
    ({}, {"must_quarantine_lines": [2]}),
    ({}, {"actions": {KEY: ["none", "review"]}}),
    ({"actions": {}}, {"actions": {KEY: "link"}}),
    ({}, {"employer_of": {KEY: None}}),
    ({"employer_of": {}}, {"employer_of": {KEY: None}}),
    ({}, {"dates": {"*": "2024-01-04"}}),
    ({}, {"dates": {KEY: "2024-01-04"}}),
    ({"same_as": set()}, {"identical_to": "E01"}),
    ({"published": True}, {"published": False}),
    ({"same_people_as_previous_month": False}, {"same_people_as_previous_month": True}),
    ({}, {"backfill": True}),
    ({}, {"needs_confirmation": True}),
    ({}, {"reasons": {"ANY": 2}}),
    ({}, {"internal": {"E01": {"members": 10}}}),
    ({}, {"employer_visible": {"E01": {"persons_absent": [KEY]}}}),
    ({}, {"employer_visible": {"E01": {"persons_present": ["101/8300009/00"]}}}),
    ({}, {"employer_visible": {"E01": {"history_series_unchanged": True}}}),
    ({}, {"employer_visible": {"E01": {"new": True}}}),
]


@pytest.mark.parametrize(
    ("seen", "added"), BROKEN, ids=[f"{n}-{'-'.join(a | s)}" for n, (s, a) in enumerate(BROKEN)]
)
def test_the_judge_notices_each_thing_that_differs(seen, added):
    assert judge(EXPECTED | added, SEEN | seen)
    assert judge({"any_of": [EXPECTED | added]}, SEEN | seen)


@pytest.mark.parametrize(
    "seen",
    [{"refusal_class": "EMPTY"}, {"accepted": 1}, {"history_changed": True}, {"outcome": "no_op"}],
    ids=lambda s: next(iter(s)),
)
def test_the_judge_notices_a_refusal_that_is_not_clean(seen):
    expected = {
        "outcome": "refused",
        "refusal_class_any_of": ["HEADER"],
        "accepted": 0,
        "history_changed": False,
    }
    assert judge(expected, REFUSED | seen)


def test_what_stands_beside_any_of_binds_every_choice():
    assert judge({"any_of": [EXPECTED], "must_quarantine": [KEY]}, SEEN)
    assert judge({"any_of": [EXPECTED | {"accepted": 9}, EXPECTED]}, SEEN) == []


def test_all_bad_is_right_only_where_nobody_is_accepted():
    seen = REFUSED | {"refusal_class": "ALL_BAD"}
    nobody = {"outcome": "loaded", "data_rows": 2, "accepted": 0, "quarantined": 2}
    assert judge({"any_of": [nobody]}, seen) == []
    assert judge(nobody | {"accepted": 1}, seen)
    assert judge(nobody | {"data_rows": 0}, seen)


def test_an_alternative_of_the_case_is_enough():
    case = {
        "steps": [{"expect": EXPECTED}],
        "alternatives": [{"outcome": "refused", "refusal_class_any_of": ["HEADER"]}],
    }
    assert judge_step(case, 0, SEEN) == []
    assert judge_step(case, 0, REFUSED) == []
    assert judge_step(case, 0, REFUSED | {"refusal_class": "EMPTY"})


# 見張りが、効いていること -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """取り込むまでを済ませた事例。"""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MYNA_TODAY", TODAY)
        return play(prepare(BY_ID["M05"], tmp_path_factory.mktemp("case")))


FAILING = {
    "distinct_people": {"check": {"distinct_people_in_history_max": 189}},
    "rows_too_many": {"check": {"rows_for_month": {"2026-05": 189}}},
    "rows_of_no_month": {"check": {"rows_for_month": {"2026-06": 1}}},
    "current_month": {"check": {"current_month": "2026-06"}},
    "current_actions": {"check": {"current_actions": {"101/8399999/00": "none"}}},
    "must_not_exist": {"check": {"must_not_exist": "home"}},
    "no_live_markup": {"output_checks": ["no_live_markup"]},
    "no_formula_cells": {"output_checks": ["no_formula_cells"]},
    "forbidden_in_employer_outputs": {"forbidden_in_employer_outputs": ["8399999"]},
    "forbidden_anywhere": {"forbidden_anywhere": ["被保険者証記号"]},
    "files": {"files": {}},
    "config": {"config": {"optout": "無い"}},
}


@pytest.mark.parametrize("change", FAILING.values(), ids=FAILING)
def test_each_check_of_a_case_can_fail(played, change):
    other = copy.copy(played)
    other.steps = [SEEN | {"accepted_keys": {played.people.key.iloc[0]}}]
    other.case = {"steps": [{"expect": EXPECTED, "file": "in1.csv"}], "dir": "M05"}
    assert judge_case(other) == []
    other.case |= change
    assert [one for one in judge_case(other) if "知らない" not in one]


def zipped(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/sharedStrings.xml", text)
    return packed.getvalue()


HIDDEN = {
    "plain": b"<td>8300001</td>",
    "zeros": b"0008300001",
    "entities": b"&#56;&#51;00001",
    "escapes": rb'"\u0038\u0033\u0030\u0030\u0030\u0030\u0031"',
    "percent": b"%38%33%30%30001",
    "full-width": "８３００００１".encode(),
    "zero-width": "83\u200b00001".encode(),
    "tags": b"<b>830</b>0001",
    "blanks": b"830 0001",
    "thousands": b"8,300,001",
    "base64": b"data:;base64,eHh4eHh4IDgzMDAwMDEgeHh4eHh4",
    "utf-16": "8300001".encode("utf-16"),
    "workbook": zipped("<t>8300001</t>"),
}


@pytest.mark.parametrize(
    "place", ["reports/2026-05/management/index.html", "data/ledger.jsonl", "data/drafts/x"]
)
@pytest.mark.parametrize("content", HIDDEN.values(), ids=HIDDEN)
def test_a_hidden_number_is_found_wherever_it_may_not_be(tmp_path, place, content):
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert list(case_scan.misplaced(Home(tmp_path), {"8300001"}, {"E01": {"8300001"}}))


PLACES = {
    "the list of the employer": ("reports/2026-05/employers/E01/reminders.html", False),
    "its workbook": ("reports/2026-05/employers/E01/reminders_E01_2026-05.xlsx", False),
    "the dashboard": ("reports/2026-05/employers/E01/index.html", True),
    "the list of another": ("reports/2026-05/employers/E02/reminders.html", True),
    "the internal page": ("reports/2026-05/internal/index.html", True),
    "the original": ("data/originals/2026-05.csv", False),
    "a name in the store": ("data/originals/8300001.csv", True),
    "a name elsewhere": ("data/cubes/8300001.txt", True),
}


@pytest.mark.parametrize(("place", "found"), PLACES.values(), ids=PLACES)
def test_a_number_may_be_only_in_the_store_and_in_the_list_of_its_employer(tmp_path, place, found):
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_bytes(b"8300001")
    hits = case_scan.misplaced(Home(tmp_path), {"8300001"}, {"E01": {"8300001"}, "E02": set()})
    assert bool(list(hits)) == found


def test_numbers_of_every_spelling_in_the_inputs_are_watched():
    watched = {name for name, case in BY_ID.items() if case_scan.canaries(inputs_of(case))}
    assert set(BY_ID) - watched == {"S22", "S24", "S26"}  # 人の行のないファイル


LIVE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href=javascript:x>x</a>",
    "<p onclick=x>",
    "<iframe>",
]


@pytest.mark.parametrize("markup", LIVE)
def test_live_markup_is_found(tmp_path, markup):
    path: Path = tmp_path / "a.html"
    path.write_text(f"<html><body><p>{markup}</p></body></html>", encoding="utf-8")
    assert case_scan.live_markup(path)
    path.write_text('<script src="assets/a.js"></script><p>&lt;script&gt;</p>', encoding="utf-8")
    assert case_scan.live_markup(path) == []


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(1)", "+1", "-a", "\t=1", " =1", "＝1"])
def test_formula_cells_are_found(tmp_path, cell):
    path: Path = tmp_path / "a.csv"
    path.write_text(f'a,"{cell}"\n-1,-2.5\n', encoding="utf-8")
    assert len(case_scan.formula_cells(path)) == 1
