"""仕事の束：数とメモリの割り当て、消えた・時間切れ・メモリ切れの言い分け、Ctrl-C と kill -9 の後始末、fork のない環境。"""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from multiprocessing import forkserver
from pathlib import Path

import duckdb
import nbformat
import pytest
from societies import MONTHS, SmallSociety, publish_command

from mynalib.capsules.catalogue import notebook_path
from mynalib.capsules.opened import employers_of
from mynalib.capsules.publication import open_publication
from mynalib.domain.errors import MynaError
from mynalib.insight.capsule import DUCKDB_MEMORY, DUCKDB_THREADS, open_ahead, window
from mynalib.jobs import batch, limits, processes
from mynalib.jobs.batch import private_files, run_jobs
from mynalib.jobs.plan import plan_jobs
from mynalib.jobs.running import Running

pytestmark = pytest.mark.large

GIGA = 1 << 30
HANGS = 600  # 秒。これだけ待っても、そうならなければ、止まっている
DASHBOARD = "04_employer_dashboard"


def sabotage(society: SmallSociety, code: str) -> None:
    """事業所のページのノートブックの、最後の手前に一つのセルを足す。"""
    notebook = nbformat.read(notebook_path(DASHBOARD), as_version=4)
    notebook.cells.insert(len(notebook.cells) - 1, nbformat.v4.new_code_cell(code, id="sabotage"))
    society.home.notebooks.mkdir(exist_ok=True)
    nbformat.write(notebook, society.home.notebooks / f"{DASHBOARD}.ipynb")


def dashboards(society: SmallSociety, folder: Path) -> list:
    """三つの事業所の、ページの仕事。"""
    publication = open_publication(society.home, society.params, MONTHS[1])
    return [
        *plan_jobs(
            publication, employers_of(publication.opened), folder, society=False, lists=False
        )
    ]


# 割り当て ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("jobs", "asked", "cores", "free", "workers", "threads"),
    [
        (40, None, 8, 64 * GIGA, 8, 1),
        (40, None, 8, GIGA, 2, 4),  # メモリが先に尽きる
        (40, None, 8, 0, 1, 8),  # 一つは、いつも動かす
        (3, None, 8, 64 * GIGA, 3, 2),  # 仕事より多くは起こさない
        (40, 5, 8, GIGA, 5, 1),  # 利用者の決めた数
        (0, None, 2, 8 * GIGA, 1, 2),
    ],
)
def test_workers_are_bounded_by_cores_and_memory_and_share_both(
    monkeypatch, jobs, asked, cores, free, workers, threads
):
    monkeypatch.setattr(limits, "usable_cores", lambda: cores)
    monkeypatch.setattr(limits, "available_memory", lambda: free)
    at_once, each = limits.share(jobs, asked)
    assert (at_once, each.threads) == (workers, threads)
    assert each.memory == max(limits.ESTIMATE, int(free * limits.USABLE) // workers)


def test_this_machine_is_measured():
    assert 0 < limits.available_memory() < os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 0 < limits.usable_cores() <= os.cpu_count()


@pytest.mark.parametrize("before", [None, "", "1", "0"])
def test_the_environment_of_who_called_is_as_it_was_though_the_jobs_are_cut_off(
    small, tmp_path, monkeypatch, before
):
    """呼んだ人が次に起こすものは、自分のフォルダーの道具を、前と同じく読みこめる。"""
    monkeypatch.delenv(processes.SAFE_PATH, raising=False)
    if before is not None:
        monkeypatch.setenv(processes.SAFE_PATH, before)
    seen = tmp_path / "seen"
    sabotage(
        small,
        f"import sys, pathlib; pathlib.Path({str(seen)!r}).write_text(str(sys.flags.safe_path))",
    )
    processes.warm_up()
    run_jobs(dashboards(small, tmp_path / "jobs")[:1], Running(1))
    assert (seen.read_text(), os.environ.get(processes.SAFE_PATH)) == ("True", before)


def test_a_notebook_runs_in_its_own_place_with_its_own_share(small, tmp_path, monkeypatch):
    seen = tmp_path / "seen.json"
    sabotage(
        small,
        f"""
if employer == "E01":
    import json, os, resource
    names = ("HOME", "IPYTHONDIR", "TMPDIR", "OPENBLAS_NUM_THREADS", "MYNA_DUCKDB_THREADS", "MYNA_DUCKDB_MEMORY")
    facts = {{name: os.environ.get(name) for name in names}} | {{"cwd": os.getcwd(), "home": os.environ.get("MYNA_HOME")}}
    facts |= {{"umask": os.umask(0o077), "limit": resource.getrlimit(resource.RLIMIT_AS)[0], "group": os.getpgid(0) == os.getpid()}}
    os.write(1, b"raw"); os.system("echo shell")
    open({str(seen)!r}, "w").write(json.dumps(facts))
""",
    )
    # 空きは、ほかのプロセスによって、いつも変わる
    monkeypatch.setattr(limits, "available_memory", lambda: 3 * GIGA)
    jobs = dashboards(small, tmp_path / "jobs")
    records = run_jobs(jobs, Running(2))
    assert not [record for record in records.values() if "error" in record]
    facts, private = json.loads(seen.read_text()), str(jobs[0].folder / "private")
    assert {facts[name] for name in ("HOME", "IPYTHONDIR", "TMPDIR", "cwd")} == {private}
    assert (facts["umask"], facts["home"], facts["group"], facts["OPENBLAS_NUM_THREADS"]) == (
        0o077,
        None,
        True,
        "1",
    )
    assert int(facts["MYNA_DUCKDB_THREADS"]) == max(1, limits.usable_cores() // 2)
    assert facts["MYNA_DUCKDB_MEMORY"] == f"{int(3 * GIGA * limits.USABLE) // 2 // 2 >> 20}MB"
    assert facts["limit"] > 0


@pytest.mark.parametrize(
    "query",
    [
        "from read_text('{other}')",
        "from '{other}'",
        "copy (select 1) to '{other}'",
        "attach '{other}' as other",
        "install httpfs",
        "load httpfs",
        "set threads = 8",
        "set enable_external_access = true",
        "set allowed_paths = ['{other}']",
    ],
)
def test_a_capsule_opens_nothing_but_its_own_files_and_its_settings_are_locked(tmp_path, query):
    own, second, other = (tmp_path / f"{name}.parquet" for name in ("own", "second", "other"))
    with duckdb.connect() as db:  # どの試験も、ほかの試験と同じ接続を使わない
        for path in (own, second, other):
            db.sql("select 1 as a").write_parquet(str(path))
    open_ahead()  # 仕事の窓は、分かれる前に開いた接続
    with window(str(own), str(second)) as db:
        assert db.read_parquet(str(own)).fetchall() == [(1,)]
        assert db.read_parquet(str(second)).fetchall() == [(1,)]
        with pytest.raises(duckdb.Error):
            db.execute(query.format(other=other)).fetchall()


def test_a_connection_opened_ahead_has_the_share_of_the_job_that_uses_it(tmp_path, monkeypatch):
    monkeypatch.setenv(DUCKDB_THREADS, "3")
    monkeypatch.setenv(DUCKDB_MEMORY, "100MiB")
    open_ahead()
    with window(str(tmp_path / "own.parquet")) as db:
        share = "select current_setting('threads'), current_setting('memory_limit')"
        assert db.execute(share).fetchall() == [(3, "100.0 MiB")]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="Linux だけ")
def test_the_server_that_jobs_fork_from_has_one_thread():
    """先に開いた接続も、スレッドを起こさない。あれば、分かれた仕事が、それを待って止まりうる。"""
    process = processes.start_method().Process(target=os.getpid)
    process.start()
    process.join()
    server = forkserver._forkserver._forkserver_pid
    assert len([*Path(f"/proc/{server}/task").iterdir()]) == 1


@pytest.mark.parametrize(
    "code",
    [
        "import mynalib.jobs.warm",
        "from mynalib.startup import spare_the_collector as spare; import duckdb; spare()",
    ],
    ids=["分かれるもと", "分かれないところ"],
)
def test_a_process_that_spares_the_collector_ends_without_a_word(code):
    """捨てないと決めたものが残ったまま終わると、DuckDB は、捨て忘れを何十行も画面に書く。"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


# 失敗の言い分け ------------------------------------------------------------------------------------


@pytest.fixture
def tight(small, tmp_path, monkeypatch) -> int:
    """空きが少なく、時間の短い機械。その秒数は、よいノートブックに今かかる時間の五倍（忙しい機械では、長くなる）。"""
    begun = time.monotonic()
    assert not [
        one
        for one in run_jobs(dashboards(small, tmp_path / "well"), Running(3)).values()
        if "error" in one
    ]
    seconds = max(5, round(5 * (time.monotonic() - begun)))
    monkeypatch.setattr(limits, "available_memory", lambda: GIGA)
    share = batch.share

    def short(*words):
        workers, each = share(*words)
        return workers, replace(each, seconds=seconds)

    monkeypatch.setattr(batch, "share", short)
    return seconds


def test_a_death_a_time_out_and_a_lack_of_memory_are_told_apart_and_the_others_are_done(
    small, tight, tmp_path
):
    asleep = f"9{os.getpid()}.5"  # この試験だけの印（秒）
    sabotage(
        small,
        f"""
import os, time
if employer == "E01":
    os.kill(os.getpid(), 9)
if employer == "E02":
    x = bytearray(3 << 30)
if employer == "E03":
    os.system("sleep {asleep} &"); time.sleep({asleep})
""",
    )
    slowest = []
    records = run_jobs(
        dashboards(small, tmp_path / "jobs"), Running(3, on_wait=lambda *seen: slowest.append(seen))
    )
    whats = {name[:3]: (record["error"], record["what"]) for name, record in records.items()}
    assert {code for code, _ in whats.values()} == {"NOTEBOOK_FAILED"}
    assert "途中で消えました（シグナル SIGKILL。メモリ不足など）" in whats["E01"][1]
    assert "セルで止まりました（MemoryError）" in whats["E02"][1]
    assert f"時間切れです（{tight} 秒" in whats["E03"][1]
    assert max(slowest, key=lambda seen: seen[1])[0] == f"E03-{DASHBOARD}-employer"
    assert not processes_with(f"sleep\x00{asleep}"), "時間切れの仕事が起こしたプロセスが残った"


FULL = {
    "E01": "raise OSError(errno.ENOSPC, '8303002')",
    "E02": "resource.setrlimit(resource.RLIMIT_FSIZE, (9, 9)); open('big', 'wb', 0).write(b'x' * 99); open('big', 'ab', 0).write(b'x')",
    "E03": "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))",  # 出来たものも、結果も書けない
}


def test_a_full_disk_inside_a_job_is_told_as_a_full_disk(small, tmp_path):
    cells = "".join(
        f"\nif employer == {employer!r}:\n    {code}" for employer, code in FULL.items()
    )
    sabotage(small, "import errno, resource" + cells)
    records = run_jobs(dashboards(small, tmp_path / "jobs"), Running(3))
    assert {
        name[:3]: (record["error"], record["what"]) for name, record in records.items()
    } == dict.fromkeys(FULL, ("DISK_FULL", "空き容量が足りません"))
    with pytest.raises(MynaError) as stopped:
        small.publish(only="E01")
    assert (stopped.value.code, "8303002" in str(stopped.value)) == ("DISK_FULL", False)
    assert [problem.where[:3] for problem in stopped.value.problems] == ["E01"]


def processes_with(words: str) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if words in (folder / "cmdline").read_text():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def test_a_finished_job_is_not_run_again_and_a_damaged_one_is(small, tmp_path):
    jobs = dashboards(small, tmp_path / "jobs")
    run_jobs(jobs, Running(2))
    made = {job.name: (job.folder / "record.json").stat().st_mtime_ns for job in jobs}
    (jobs[1].folder / "out" / jobs[1].page).write_text("壊れた")
    run_jobs(jobs, Running(2))
    again = {job.name: (job.folder / "record.json").stat().st_mtime_ns for job in jobs}
    assert {name for name in made if made[name] != again[name]} == {jobs[1].name}


def test_a_job_is_done_while_the_next_capsule_is_not_yet_made(small, tmp_path):
    """取り出すたびに始まる。一つ目が終わるまで二つ目を渡さなくても、全てが出来る。"""
    first, *others = dashboards(small, tmp_path / "jobs")

    class OneAfterTheOther(list):
        def __iter__(self):
            yield first
            until((first.folder / "record.json").exists)
            yield from others

    records = run_jobs(OneAfterTheOther([first, *others]), Running(1))
    assert {name for name, record in records.items() if "error" not in record} == {
        job.name for job in (first, *others)
    }


def test_a_plan_makes_each_capsule_when_it_is_asked_for_and_only_once(small, tmp_path):
    publication = open_publication(small.home, small.params, MONTHS[1])
    room = tmp_path / "jobs"
    plan = plan_jobs(publication, employers_of(publication.opened), room, lists=False)
    assert not room.exists() and len(plan) > 3
    jobs = [*plan]
    made = {path: path.stat().st_mtime_ns for path in room.rglob("*")}
    assert [*plan] == jobs and len({job.name for job in jobs}) == len(plan)
    assert made == {path: path.stat().st_mtime_ns for path in room.rglob("*")}


# 途中で止める --------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_a_stopped_run_leaves_no_process_and_the_next_run_does_the_rest(small, tmp_path, how):
    flag = tmp_path / "repaired"
    wait = f'from pathlib import Path\nimport time\nwhile employer == "E02" and not Path({str(flag)!r}).exists(): time.sleep(0.1)'
    sabotage(small, wait)
    command = publish_command(small)
    jobs = small.home.drafts / f"{MONTHS[1]}-E02" / "jobs"
    only = ["--employer", "E02", "--jobs", "2"]
    with subprocess.Popen([*command, *only], stderr=subprocess.PIPE, start_new_session=True) as run:
        until(
            lambda: (
                [*jobs.glob("*/record.json")]
                and (jobs / f"E02-{DASHBOARD}-employer/private").exists()
            )
        )
        os.kill(run.pid, how)
        run.communicate(timeout=HANGS)
    assert run.returncode in (-how if how == signal.SIGKILL else 1, 130)
    until(lambda: not processes_inside(small.home.root))
    if how == signal.SIGINT:
        assert not [*jobs.glob("*/capsule"), *jobs.glob("*/private")], "人の行が残った"
    made = {path: path.stat().st_mtime_ns for path in jobs.glob("*/record.json")}
    flag.touch()
    assert made
    assert small.publish(only="E02").outcome == "draft"
    assert {path: path.stat().st_mtime_ns for path in made} == made, "済んだ仕事を、もう一度した"
    assert not [*jobs.glob("*/capsule"), *jobs.glob("*/private")]


def until(true) -> None:
    end = time.monotonic() + HANGS
    while not true():
        assert time.monotonic() < end, "待っても、そうならない"
        time.sleep(0.1)


def processes_inside(folder: Path) -> list[int]:
    """今のフォルダーが folder の中にあるプロセス（仕事は、自分の場所で動く）。"""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if folder in (process / "cwd").readlink().parents:
                found.append(int(process.name))
        except OSError:
            continue
    return found


def test_private_files_go_even_when_the_plan_stops(tmp_path):
    capsule = tmp_path / "E01-x" / "capsule"
    with pytest.raises(MynaError), private_files(tmp_path):
        capsule.mkdir(parents=True)
        raise MynaError(where="", what="", fix="")
    assert not capsule.exists()


# fork のない環境 ------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["myna", "kernel"])
def test_without_fork_the_same_bytes_are_made_in_processes_of_their_own(
    small, tmp_path, monkeypatch, engine
):
    forked = dashboards(small, tmp_path / "forked")[:1]
    run_jobs(forked, Running(1))
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    monkeypatch.setenv("MYNA_ENGINE", engine)
    assert processes.start_method().get_start_method() == "spawn"
    spawned = dashboards(small, tmp_path / "spawned")[:1]
    records = run_jobs(spawned, Running(1))
    assert not [record for record in records.values() if "error" in record], records
    pages = [
        [(job.folder / "out" / job.page).read_bytes() for job in jobs] for jobs in (forked, spawned)
    ]
    assert pages[0] == pages[1]
