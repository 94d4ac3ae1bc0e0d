"""公開まで要る事例：本物の Papermill と nbconvert で公開し、出来た全てのファイルを調べる。"""

import csv
import re
from pathlib import Path

import case_scan
import pytest
from case_homes import (
    BY_ID,
    CASES,
    PUBLISHED,
    TODAY,
    play,
    prepare,
    registry,
    run_case,
    try_to_publish,
    write_registry,
)
from cases_judge import always, judge_case

from mynalib.jobs.running import Running
from mynalib.verbs.ingest import ingest
from mynalib.verbs.publish import publish

pytestmark = pytest.mark.large

BY_COMMAND = {"V12", "O03"}


@pytest.fixture(autouse=True)
def _fixed_clock(monkeypatch):
    monkeypatch.setenv("MYNA_TODAY", TODAY)


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_case_ends_as_agreed(name, tmp_path, monkeypatch, capfd, caplog):
    monkeypatch.chdir(tmp_path)
    run = run_case(name, tmp_path, by_command=name in BY_COMMAND)
    run.said += [*capfd.readouterr(), caplog.text]
    assert run.release
    assert judge_case(run) == []


def test_a_draft_holds_numbers_only_in_the_lists(tmp_path):
    """下書きには、仕事ごとの記録と、組み立てる前の成果物も残る。"""
    run = play(prepare(BY_ID["E01"], tmp_path))
    try_to_publish(run, draft=True)
    assert run.release.is_relative_to(run.home.drafts)
    assert case_scan.files_in(run.home.drafts / "2026-05" / "jobs")
    assert case_scan.files_in(run.home.reports) == []
    assert list(always(run)) == []


def test_an_employer_without_a_joint_use_mark_gets_nothing_even_when_the_rest_is_put_right(
    tmp_path,
):
    """R10：名のない E01 を直しても、印のない E02 には、直すまで何も出ない。"""
    run = prepare(BY_ID["R10"], tmp_path)
    rows = registry(run.folder / "registry.csv")
    write_registry(run.home, [row | {"事業所名": row["事業所名"] or "甲商事"} for row in rows])
    try_to_publish(play(run))
    assert {path.name for path in (run.release / "employers").iterdir()} == {"E01", "E03"}
    assert judge_case(run) == []


def test_only_the_rows_that_hold_everybody_know_what_a_merged_employer_does(tmp_path):
    """X01：E19 の一人の状態を変えると、広く配る版で変わるのは、E19 を含む行（合わせた事業所と組合全体）だけである。"""
    one, other = (wide_bytes(tmp_path / str(state), state) for state in "10")
    assert "management/index.html" in one
    assert one.keys() == other.keys()
    tables = [
        path
        for path in one
        if path.endswith(".csv") and b"employer_id" in one[path].splitlines()[0]
    ]
    assert "management/rates.csv" in tables
    for path in tables:
        rows, others = (
            list(csv.DictReader(seen[path].decode("utf-8-sig").splitlines()))
            for seen in (one, other)
        )
        changed = {row["employer_id"] for row, now in zip(rows, others, strict=True) if row != now}
        assert changed <= {"OTHERS", "TOTAL"}, path
    assert b",E19," not in one["management/rates.csv"]


def wide_bytes(room: Path, state: str) -> dict[str, bytes]:
    """E19 のはじめの人の状態を変えて公開した、広く配る版。"""
    run = prepare(BY_ID["X01"], room)
    run.home.levels_key.parent.mkdir(parents=True, exist_ok=True)
    run.home.levels_key.write_bytes(b"X01" * 11)  # 鍵も入力の一つなので、どちらでも同じにする
    text = (run.folder / "in.csv").read_text(encoding="utf-8")
    first = re.search(r"^119,[0-9]+,00,", text, re.MULTILINE)[0]
    file = room / "in.csv"
    file.write_text(
        re.sub(f"^{first}.*", f"{first}{WRITTEN[state]}", text, flags=re.MULTILINE),
        encoding="utf-8",
    )
    ingest(run.home, run.params, file, run.month)
    without = [one.id for one in run.params.notified(run.month) if one.id != "E01"]
    release = publish(
        run.home, run.params, run.month, without=without, running=Running(workers=2)
    ).folder
    wide = [release / "index.html", *case_scan.files_in(release / "management")]
    return {path.relative_to(release).as_posix(): path.read_bytes() for path in wide}


WRITTEN = {"1": "1,20240401,,,1", "0": "0,,,,1"}


@pytest.mark.parametrize("name", ["O05", "O06"])
def test_a_register_that_breaks_after_the_load_stops_the_publication(name, tmp_path):
    """取り込んだあとで名簿が読めなくなっても、公開しない。"""
    good = play(prepare({**BY_ID["O01"], "files": {}, "config": {}}, tmp_path))
    assert good.steps[0]["outcome"] == "loaded"
    register = good.home.registers / "optout.csv"
    register.unlink()
    if name == "O05":
        register.write_bytes((CASES / name / "optout.csv").read_bytes())
    try_to_publish(good)
    assert good.release is None
    assert "optout.csv" in good.said[0]
    assert case_scan.files_in(good.home.reports) == []
