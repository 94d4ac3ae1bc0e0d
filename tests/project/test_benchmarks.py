"""測る道具が、動き、間違った結果を見逃さず、約束を超えれば失敗すること。速さそのものは、ここでは測らない。"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import bench  # noqa: E402
import intake  # noqa: E402
import publishing  # noqa: E402
import publishing_record  # noqa: E402
import record  # noqa: E402
import society  # noqa: E402

pytestmark = pytest.mark.large


def measure(folder: Path, *words: str) -> None:
    """ベンチマークを一度動かし、記録を folder に置く。"""
    folder.mkdir()
    command = [sys.executable, *words, "--record", str(folder / "record.json")]
    done = subprocess.run(command, cwd=BENCHMARKS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def recorded(folder: Path) -> dict:
    (run,) = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    return run


@pytest.fixture(scope="module")
def measured(once) -> dict:
    """三万行を、pandas と並べて、一度測った記録。"""
    sizes = ["--rows", "30000", "--repeats", "1", "--jobs", "table", "utf-8", "cp932", "pandas"]
    return recorded(once("bench_intake", lambda folder: measure(folder, "intake.py", *sizes)))


def test_every_row_is_accounted_for_and_every_job_agrees(measured):
    """違えば、測る命令が失敗する（次の試験）。"""
    assert measured["accepted"] + sum(measured["reasons"].values()) == 30_000
    assert set(measured["reasons"]) == {
        "BAD_CODE",
        "BAD_DATE",
        "BAD_KEY",
        "DUPLICATE_KEY",
        "UNKNOWN_KIGO",
    }
    assert set(measured["jobs"]) == {"table", "utf-8", "cp932", "pandas"}
    assert all(job["wall"] > 0 and job["peak_mb"] > 0 for job in measured["jobs"].values())


def test_a_record_holds_no_place_of_this_machine(measured):
    text = json.dumps(measured, ensure_ascii=False)
    assert "/" not in text.replace("python benchmarks/intake.py", "")


@pytest.mark.parametrize(
    "change", [{"accepted": 9}, {"reasons": {"BAD_DATE": 2}}, {"digests": ["x", "z"]}]
)
def test_different_results_are_not_compared(change):
    one = {"accepted": 9_999, "reasons": {"BAD_DATE": 1}, "digests": ["x", "y"]}
    assert (
        intake.agreed(10_000, [{"table": {"rows": 10_000}, "utf-8": one, "pandas": dict(one)}])
        == one
    )
    with pytest.raises(SystemExit):
        intake.agreed(10_000, [{"table": {"rows": 10_000}, "utf-8": one, "pandas": one | change}])


@pytest.mark.parametrize(
    ("ratio", "peak", "broken"), [(2.0, 1536, 0), (2.01, 1536, 1), (2.0, 1537, 1), (3, 2000, 2)]
)
def test_the_limits_are_judged_at_their_number_of_rows(ratio, peak, broken):
    run = {"rows": record.JUDGED_ROWS, "jobs": {"utf-8": {"ratio": ratio, "peak_mb": peak}}}
    assert len(record.broken_limits(run)) == broken
    assert record.broken_limits(run | {"rows": 1_000}) == []


def test_the_committed_record_keeps_the_limits_and_is_what_the_page_shows():
    runs = record.read_record()
    assert {run["rows"] for run in runs} >= {record.JUDGED_ROWS, 40_000_000, 126_000_000}
    assert [record.broken_limits(run) for run in runs] == [[]] * len(runs)
    page = record.README.read_text(encoding="utf-8")
    assert record.with_tables(page, runs) == page


WHOLE = pytest.mark.long(
    only=True
)  # 起こすプロセスが多く、測る約束のない大きさでも、CPU を三十秒使う
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="/proc と prctl で測る")


@pytest.fixture(scope="module")
def published(once) -> dict:
    """三つの事業所の報告を、三つの動かし方で、一度測った記録。ページが違えば、命令が失敗する。"""
    sizes = [
        "--employers",
        "3",
        "--people",
        "300",
        "--months",
        "2",
        "--plain",
        "1",
        "--rounds",
        "1",
    ]
    return recorded(
        once("bench_publishing", lambda folder: measure(folder, "publishing.py", "reports", *sizes))
    )


@LINUX
@WHOLE
def test_three_ways_of_making_a_page_are_timed_and_agree(published):
    assert set(published["jobs"]) == {"ours", "plain", "floor"}
    assert all(job["wall"] > 0 and job["cpu"] > 0 for job in published["jobs"].values())
    assert set(publishing_record.ratios(published)) == {
        "plain_wall",
        "plain_cpu",
        "floor_wall",
        "floor_cpu",
    }


@LINUX
@WHOLE
def test_a_record_of_publishing_holds_no_place_of_this_machine(published):
    text = json.dumps(published, ensure_ascii=False)
    assert "/" not in text.replace("python benchmarks/publishing.py", "")


@pytest.mark.parametrize(
    ("ratio", "broken"),
    [({"plain_wall": 30}, 0), ({"plain_wall": 29.9}, 1), ({"floor_wall": 0.33}, 1)],
)
def test_the_promises_of_publishing_are_judged_at_their_size(ratio, broken):
    run = {
        "kind": "reports",
        "employers": 200,
        "ratios": {name: [value] for name, value in ratio.items()},
    }
    assert len(publishing_record.broken_limits(run)) == broken
    assert publishing_record.broken_limits(run | {"employers": 3}) == []


@pytest.mark.parametrize(
    ("kind", "size", "run", "broken"),
    [
        ("years", {"months": 60}, {"ratios": {"long_short_cpu": [1.15]}}, 0),
        ("years", {"months": 60}, {"ratios": {"long_short_cpu": [1.16]}}, 1),
        ("years", {"months": 8}, {"ratios": {"long_short_cpu": [1.16]}}, 0),
        ("weights", {"people": 12_000}, {"jobs": {"mail": {"kb": 300}}}, 0),
        ("weights", {"people": 12_000}, {"jobs": {"mail": {"kb": 301}}}, 1),
    ],
)
def test_many_months_and_heavy_mail_break_a_promise(kind, size, run, broken):
    assert len(publishing_record.broken_limits({"kind": kind, **size, **run})) == broken


def test_the_committed_record_of_publishing_keeps_its_promises_and_is_in_the_readme():
    runs = publishing_record.read_record()
    assert {run["kind"] for run in runs} == {*publishing_record.ORDER}
    broken = {run["kind"] for run in runs if publishing_record.broken_limits(run)}
    assert broken == set(), "収まらない約束があれば、README に、そう書く"
    page = record.README.read_text(encoding="utf-8")
    assert publishing_record.with_tables(page, runs) == page


@LINUX
@WHOLE
@pytest.mark.parametrize(
    ("kind", "sizes", "jobs"),
    [
        (
            "years",
            ["--employers", "3", "--people", "300", "--months", "8", "--rounds", "1"],
            {"long", "short"},
        ),
        ("weights", ["--people", "600"], {*publishing.PAGES}),
    ],
)
def test_years_and_weights_are_measured(tmp_path, kind, sizes, jobs):
    measure(tmp_path / "run", "publishing.py", kind, *sizes)
    run = recorded(tmp_path / "run")
    assert set(run["jobs"]) == jobs
    assert all(figure > 0 for job in run["jobs"].values() for figure in job.values())


@pytest.mark.parametrize(("employers", "people"), [(1, 1), (7, 7), (200, 20_000), (1_741, 126_000)])
def test_the_sizes_of_a_society_add_up_and_never_change(employers, people):
    sizes = society.sizes(employers, people)
    assert (len(sizes), sizes.sum(), bool((sizes >= 1).all())) == (employers, people, True)
    assert (sizes == society.sizes(employers, people)).all()


def test_the_redraw_of_the_bench_is_measured_for_every_control():
    size = bench.measure(employers=2, people=1000, months=14, repeats=1)
    assert size["rows"] == 14 * 3 * 2 * 13
    assert size["moves"] == 17
    assert 0 < size["cpu_ms"] <= size["worst_cpu_ms"]
    slow = {"sizes": [size | {"worst_cpu_ms": bench.MOST_MS + 1}]}
    assert bench.broken_promises({"sizes": [size | {"worst_cpu_ms": bench.MOST_MS}]}) == []
    assert len(bench.broken_promises(slow)) == 1


def test_the_record_of_the_bench_is_in_the_readme_as_it_is_in_the_file():
    run = json.loads(bench.RECORD.read_text(encoding="utf-8"))
    assert bench.section(run) in (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    assert bench.broken_promises(run) == []
