"""一台の先：本物の Dask のスケジューラーと働き手（127.0.0.1）で、同じバイトの公開になる。"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from commands import myna, out
from distributed import Client
from societies import MONTHS, SmallSociety, same_key

from mynalib.capsules.catalogue import notebook_path
from mynalib.domain.errors import MynaError
from mynalib.history.home import Home
from mynalib.jobs import cluster
from mynalib.jobs.running import Running

pytestmark = pytest.mark.large

HANGS = 600  # 秒。これだけ待っても、そうならなければ、止まっている
PATIENT = 25  # 秒。忙しい機械でも、distributed の待つ三十秒より早く分かる
LOCAL = ["--host", "127.0.0.1", "--no-dashboard"]


@dataclass
class Cluster:
    """スケジューラーと働き手のプロセス。どれも、自分の組（session）で動く。"""

    folder: Path
    processes: dict[str, subprocess.Popen]

    @property
    def address(self) -> str:
        return (self.folder / "address").read_text(encoding="ascii")

    def start(self, name: str, *words: str) -> None:
        home = self.folder / name
        home.mkdir()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MYNA_")} | {
            "TMPDIR": str(home)
        }
        command = [sys.executable, "-m", "dask", *words, *LOCAL]
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=home, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def has_joined(self, name: str) -> bool:
        return "Registered to" in (self.folder / f"{name}.log").read_text(encoding="utf-8")

    def kill(self, name: str) -> None:
        os.killpg(self.processes[name].pid, signal.SIGKILL)
        self.processes[name].wait()


def until(true) -> None:
    end = time.monotonic() + HANGS
    while not true():
        assert time.monotonic() < end, "待っても、そうならない"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"), {})
    try:
        made.start("scheduler", "scheduler", "--port", "0")
        log = made.folder / "scheduler.log"
        until(lambda: "tcp://127.0.0.1:" in log.read_text(encoding="utf-8"))
        text = log.read_text(encoding="utf-8")
        (made.folder / "address").write_text(
            "tcp://127.0.0.1:" + text.split("tcp://127.0.0.1:")[1].split()[0]
        )
        for name in ("one", "two"):
            made.start(name, "worker", made.address, "--nthreads", "1", "--name", name)
        until(lambda: all(made.has_joined(name) for name in ("one", "two")))
        yield made
    finally:
        for name in made.processes:
            if made.processes[name].poll() is None:
                made.kill(name)


def sabotage(society: SmallSociety, code: str) -> None:
    notebook = nbformat.read(notebook_path("04_employer_dashboard"), as_version=4)
    notebook.cells.insert(len(notebook.cells) - 1, nbformat.v4.new_code_cell(code, id="sabotage"))
    society.home.notebooks.mkdir(exist_ok=True)
    nbformat.write(notebook, society.home.notebooks / "04_employer_dashboard.ipynb")


def test_a_release_made_by_a_cluster_has_the_same_bytes_even_if_a_worker_is_killed(
    running, published, _small, tmp_path
):
    """働き手の一人を、仕事の途中で消す。"""
    society = SmallSociety(Home(Path(shutil.copytree(_small, tmp_path / "fresh"))))
    same_key(society, published)
    done = []

    def kill_one(job) -> None:
        done.append(job.name)
        if len(done) == 2:
            running.kill("one")

    result = society.publish(running=Running(scheduler=running.address, on_done=kill_one))
    assert result.outcome == "released"
    assert society.bytes_of() == published.bytes_of()
    assert len(done) == len(set(done)) > 5
    assert not list((running.folder / "two").rglob("mynalib-*")), "働き手に、人の行が残った"


def test_a_failure_on_a_worker_is_told_as_at_home(running, small):
    if running.processes["two"].poll() is not None:
        pytest.fail("働き手がいない")
    sabotage(
        small,
        'import os\nif employer == "E01":\n    os.kill(os.getpid(), 9)\nassert employer != "E02", "8303002"',
    )
    with pytest.raises(MynaError) as caught:
        small.publish(running=Running(scheduler=running.address))
    told = {problem.where[:3]: str(problem) for problem in caught.value.problems}
    assert caught.value.code == "NOTEBOOK_FAILED"
    assert "SIGKILL" in told["E01"]
    assert "AssertionError" in told["E02"]
    assert "8303002" not in str(caught.value)
    assert set(told) == {"E01", "E02"}


def test_a_worker_with_other_versions_is_refused(running, small, monkeypatch):
    monkeypatch.setattr(cluster, "library_versions", lambda: {"duckdb": "0"})
    with pytest.raises(MynaError, match="版が、送り手と違います"):
        small.publish(running=Running(scheduler=running.address), only="E01")


@pytest.fixture
def silent() -> Iterator[str]:
    """つながるが、何も答えないもの。"""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"tcp://127.0.0.1:{listening.getsockname()[1]}"


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:9", "hello", "http://127.0.0.1:9", "tcp://", "ucx://a:1", "silent"]
)
def test_an_address_that_is_no_scheduler_is_told_in_seconds_before_anything_is_made(
    small, monkeypatch, silent, address
):
    monkeypatch.setattr(cluster, "CONNECTING", 1)
    begun = time.monotonic()
    with pytest.raises(MynaError, match="つながりません") as caught:
        small.publish(
            running=Running(scheduler=silent if address == "silent" else address), only="E01"
        )
    assert caught.value.code == "NO_CLUSTER"
    assert time.monotonic() - begun < PATIENT
    assert not small.home.drafts.exists()


def test_a_worker_is_not_taken_for_a_scheduler(running):
    with pytest.raises(MynaError, match="つながりません"):
        cluster.require_cluster(worker_address(running))
    cluster.require_cluster(running.address)


def worker_address(running: Cluster) -> str:
    with Client(running.address, set_as_default=False) as client:
        return next(iter(client.scheduler_info()["workers"]))


def test_distributed_is_not_imported_unless_it_is_used(loaded_for_jobs):
    assert "mynalib.verbs.publish" in loaded_for_jobs
    assert "distributed" not in loaded_for_jobs


def test_the_verb_takes_the_address(running, published):
    words = ["publish", "--month", MONTHS[1], "--employer", "E01", "--home", published.home.root]
    done = myna(*words, "--scheduler", running.address)
    assert done.returncode == 0, out(done)
    draft = (
        published.home.drafts / f"{MONTHS[1]}-E01" / "release" / "employers" / "E01" / "index.html"
    )
    assert (
        draft.read_bytes() == (published.release / "employers" / "E01" / "index.html").read_bytes()
    )
