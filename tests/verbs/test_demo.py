"""架空の組合を、公開まで通す：作り手の真実と、遅い数え方に、ちょうど等しい。"""

import csv
import json
import os
from collections import Counter
from fractions import Fraction
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from mynalib.demo_months import BECAUSE
from mynalib.domain.months import Month
from mynalib.domain.params import load_params
from mynalib.history.clock import today
from mynalib.history.contradictions import memory_holds
from mynalib.history.holds import register_holds
from mynalib.history.ledger import Ledger
from mynalib.history.lens import Lens
from mynalib.history.months import kept_months
from mynalib.history.registers import read_registers
from mynalib.verbs.verify import verify

LONG = bool(os.environ.get("MYNA_LONG"))
SPECIFICATION = Path(__file__).parents[1] / "facts" / "decision_table.csv"
CONTRACT = {
    "rates.csv",
    "shown.csv",
    "lists.csv",
    "listed.csv",
    "society_listed.csv",
}  # ほかの道具と次の公開が読む、名の決まった表


def half_up(numerator: int, denominator: int) -> str:
    """百分率、小数一桁、四捨五入。整数の比から。"""
    if denominator == 0:
        return ""
    tenths = (Fraction(numerator, denominator) * 1000 + Fraction(1, 2)).__floor__()
    return f"{tenths // 10}.{tenths % 10}"


def order_of(registered: str, cancelled: str) -> str:
    if not registered or not cancelled:
        return {(False, False): "none", (True, False): "registered_only"}.get(
            (bool(registered), bool(cancelled)), "cancelled_only"
        )
    if registered == cancelled:
        return "same_day"
    return "registered_before_cancelled" if registered < cancelled else "registered_after_cancelled"


@pytest.fixture(scope="module")
def counted(demo_society) -> dict:
    """届いた CSV を、素の Python で一行ずつ数えたもの。控える人は、作り手の真実から。"""
    with SPECIFICATION.open(encoding="utf-8") as file:
        decisions = {tuple(list(row.values())[:4]): row for row in csv.DictReader(file)}
    employers = {str(101 + n): f"E{n + 1:02}" for n in range(19)} | {
        "120": "KENPO",
        "901": "NOEMPLOYER",
    }
    truth = demo_society.truth
    held = truth[truth.opted_out | truth.pending | truth.never_contact | truth.vanished]
    held = {
        (m, s, n, b)
        for m, s, n, b in held[["month", "symbol", "number", "branch"]].itertuples(index=False)
    }
    settled = truth[(truth.decision == "可") & (truth.month == "2026-10")]
    settled = {
        (m, s, n, b)
        for m, s, n, b in settled[["month", "symbol", "number", "branch"]].itertuples(index=False)
    }
    counts: dict = {}
    for month, content in demo_society.files.items():
        bad = set(demo_society.bad_rows[demo_society.bad_rows.month == str(month)].line)
        for line, raw in enumerate(content.split(b"\r\n"), 1):
            if line == 1 or not raw or line in bad:
                continue
            symbol, number, branch, state, registered, cancelled, kind, flag = raw.decode(
                "cp932"
            ).split(",")
            decision = decisions[state, kind, flag, order_of(registered, cancelled)]
            who = (str(month), symbol, number, branch)
            action = (
                settled_action(state, flag)
                if who in settled
                else decision["action"]
                if who not in held
                else ""
            )
            for employer in (employers[symbol], "TOTAL"):
                tally = counts.setdefault((str(month), employer), Counter())
                tally["members"] += 1
                tally["registered"] += state == "1"
                tally["usable"] += decision["status"] == "registered_usable"
                tally["link_targets"] += action == "link"
                tally["renew_targets"] += action in ("renew", "renew_then_link")
    return counts


def settled_action(state: str, flag: str) -> str:
    """要確認の人を、人が「可」としたときに行うこと：いまの状態と証明書だけで決まる。"""
    if state == "1":
        return "renew" if flag == "0" else ""
    return "renew_then_link" if flag == "0" else "link"


def published_rates(release: Path, edition: str) -> list[dict]:
    with (release / edition / "rates.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_internal_rates_equal_a_slow_count_for_every_employer_and_month(demo_release, counted):
    rows = published_rates(demo_release, "internal")
    assert len(rows) == 24 * 22
    assert {(row["month"], row["employer_id"]) for row in rows} == set(counted)
    for row in rows:
        tally = counted[row["month"], row["employer_id"]]
        for column in ("members", "registered", "usable"):
            assert int(row[column]) == tally[column], (row["month"], row["employer_id"], column)
        assert row["rate"] == half_up(tally["registered"], tally["members"])
        assert row["usable_rate"] == half_up(tally["usable"], tally["members"])


def test_the_newest_targets_equal_a_slow_count_after_the_overlays(demo_release, counted):
    for row in published_rates(demo_release, "internal"):
        if row["month"] == "2026-10":
            tally = counted[row["month"], row["employer_id"]]
            assert (int(row["link_targets"]), int(row["renew_targets"])) == (
                tally["link_targets"],
                tally["renew_targets"],
            )


def test_every_person_has_the_status_the_inventor_gave_them(demo_home, demo_society):
    params, months = load_params(demo_home.params), kept_months(demo_home)
    holds = [*register_holds(read_registers(demo_home, params), today()), *memory_holds(demo_home)]
    truth = demo_society.truth.set_index(["month", "symbol", "number", "branch"])[
        ["status", "employer_id", "insured"]
    ]
    with Lens(months, params, holds) as lens:
        person = lens.answer(
            "select month, symbol, number, branch, status, employer_id, insured from person"
        )
    ours = person.set_index(["month", "symbol", "number", "branch"])
    assert len(ours) == len(truth)
    joined = truth.join(ours.add_suffix("_ours"), how="left")
    for column in ("status", "employer_id", "insured"):
        assert (joined[column] == joined[f"{column}_ours"]).all(), column


def test_nobody_who_must_not_be_reminded_is_on_any_list(demo_release, demo_society):
    newest = demo_society.truth[demo_society.truth.month == "2026-10"]
    never = newest[
        newest.opted_out
        | newest.pending
        | newest.never_contact
        | newest.vanished
        | newest.status.isin(["cancelled_at_own_request", "card_returned"])
        | newest.status.str.startswith(("registered_usable", "registered_certificate_unknown"))
        | (newest.status.str.startswith("review") & (newest.decision != "可"))
        | newest.employer_id.isin(["NOEMPLOYER", "KENPO"])
    ]
    listed = set()
    for path in demo_release.glob("employers/*/*.xlsx"):
        rows = [
            [cell.value for cell in row]
            for sheet in openpyxl.load_workbook(path)
            for row in sheet.iter_rows()
        ]
        mine = {tuple(row[:3]) for row in rows if len(row) > 2 and row[2] and row[2].isdigit()}
        employer = path.parent.name
        expected = newest[newest.employer_id == employer][["symbol", "number", "branch"]]
        assert mine <= {tuple(key) for key in expected.itertuples(index=False)}
        listed |= mine
    assert len(listed) > 2_000
    assert listed & {
        tuple(k)
        for k in newest.loc[newest.decision == "可", ["symbol", "number", "branch"]].itertuples(
            index=False
        )
    }
    assert not listed & {
        tuple(key) for key in never[["symbol", "number", "branch"]].itertuples(index=False)
    }


def test_every_page_sheet_and_file_to_hand_over_says_it_is_invented(demo_release):
    for page in demo_release.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "【架空データ】" in text.partition("</title>")[0]
        assert text.count("架空データ") >= 3
    workbooks = list(demo_release.rglob("*.xlsx"))
    assert len(workbooks) == 19 + 2  # 事業所と、健保の名簿と、資格確認書の係
    for path in workbooks:
        assert "架空データ" in path.name
        assert all(
            "架空データ" in sheet.title and "架空データ" in sheet["A1"].value
            for sheet in openpyxl.load_workbook(path)
        )
    tables = [path for path in demo_release.rglob("*.csv") if path.name not in CONTRACT]
    assert tables
    assert all("架空データ" in path.name for path in tables)


def test_a_real_home_does_not_say_so(published):
    assert not list(published.release.rglob("*架空データ*"))
    assert "架空データ" not in (published.release / "employers/E01/index.html").read_text(
        encoding="utf-8"
    )


def test_the_wide_edition_is_true_and_rounded_and_merges_the_small(demo_release, counted):
    rows = published_rates(demo_release, "management")
    counts = ("members", "registered", "usable", "unregistered", "lapsed")
    assert all(int(row[column]) % 5 == 0 for row in rows for column in counts if row[column])
    for row in rows:
        tally = counted.get((row["month"], row["employer_id"]))
        if row["employer_id"] == "TOTAL":
            assert row["rate"] == half_up(tally["registered"], tally["members"]).removesuffix(".0")
            assert all(
                abs(int(row[name]) - tally[name]) <= 2
                for name in ("members", "registered", "usable")
            )
        elif tally:
            assert tally["members"] >= 30
            assert not row["registered"] + row["unregistered"] + row["lapsed"]
            assert row["bound"] or abs(
                float(row["rate"]) - 100 * tally["registered"] / tally["members"]
            ) <= 2 * int(row["tolerance"])
    assert {row["employer_id"] for row in rows} >= {"OTHERS", "TOTAL", "E01"}
    assert "E19" not in {row["employer_id"] for row in rows}


def test_every_number_of_the_wide_edition_is_in_its_cells(demo_release):
    cells = json.loads((demo_release / "management" / "cells.json").read_text(encoding="utf-8"))[
        "cells"
    ]
    known = {(c.get("month"), c.get("employer_id"), c["measure"]): c["value"] for c in cells}
    for row in published_rates(demo_release, "management"):
        for column in (
            "members",
            "registered",
            "rate",
            "tolerance",
            "usable",
            "usable_rate",
            "unregistered",
            "lapsed",
        ):
            shown = float(row[column]) if row[column] else None
            assert known[row["month"], row["employer_id"], column] == shown


def test_the_demo_is_a_month_of_nineteen_employers(demo_release):
    assert sorted(p.name for p in (demo_release / "employers").iterdir()) == [
        f"E{n:02}" for n in range(1, 20)
    ]
    manifest = json.loads((demo_release / "manifest.json").read_text(encoding="utf-8"))
    levels = Counter(artefact["level"] for artefact in manifest["artefacts"])
    assert set(levels) == {"named", "employer", "internal", "publishable"}
    assert len(manifest["inputs"]) == 24


def test_the_last_three_months_are_released_in_their_time_and_one_is_corrected(demo_home):
    lines = Ledger(demo_home.ledger).lines()
    released = [(line["folder"], line["at"][:10]) for line in lines if line["did"] == "released"]
    assert released == [
        ("2026-08", "2026-09-12"),
        ("2026-09", "2026-10-12"),
        ("2026-09-r2", "2026-10-20"),
        ("2026-10", "2026-11-22"),
    ]
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    assert BECAUSE in (demo_home.reports / "2026-09.replaced.txt").read_text(encoding="utf-8-sig")


@pytest.mark.long
@pytest.mark.parametrize("month", ["2026-08", "2026-09", "2026-10"] if LONG else ["2026-09"])
def test_every_month_of_the_demo_verifies(demo_home, month):
    """ふだんは、訂正した月を。"""
    verify(demo_home, load_params(demo_home.params), Month.parse(month))


def test_the_file_of_the_corrected_month_lacked_rows_at_first(demo_home, demo_society):
    first, again = (
        (demo_home.inbox / f"2026-09{name}_架空データ.csv").read_bytes().split(b"\r\n")
        for name in ("", "_届き直し")
    )
    assert again == demo_society.files[Month.parse("2026-09")].split(b"\r\n")
    missing = Counter(again) - Counter(first)
    assert not Counter(first) - Counter(again)
    assert sum(missing.values()) > 100
    assert {line[:4] for line in missing} == {b"113,"}
    assert b"00" not in {line.split(b",")[2] for line in missing}


def test_an_employer_sees_the_society_of_the_month_before_and_three_months_of_lists(demo_release):
    page = (demo_release / "employers" / "E13" / "index.html").read_text(encoding="utf-8")
    assert "組合全体の登録率（2026年9月の公表値）" in page
    lists = pd.read_csv(demo_release / "internal" / "lists.csv", encoding="utf-8-sig")
    assert set(lists.month) == {"2026-08", "2026-09", "2026-10"}
    assert (lists.groupby("month").link.sum() > 1_000).all()


def test_what_a_correction_changed_is_said_to_the_reader_it_concerns(demo_home):
    corrected = demo_home.reports / "2026-09-r2"
    pages = {
        name: (corrected / "employers" / name / "index.html").read_text(encoding="utf-8")
        for name in ("E12", "E13")
    }
    assert all(BECAUSE in page for page in pages.values())
    assert "加入者（人）：926 → 1,097" in pages["E13"]
    assert "載せた数は、前の版と同じです。" in pages["E12"]


def test_quarantined_rows_are_the_bad_rows_that_were_planted(demo_home, demo_society):
    for kept in kept_months(demo_home):
        planted = demo_society.bad_rows[demo_society.bad_rows.month == str(kept.month)]
        table = pd.Series(kept.intake["reasons"]).sort_index()
        assert table.to_dict() == planted.reason.value_counts().sort_index().to_dict()
