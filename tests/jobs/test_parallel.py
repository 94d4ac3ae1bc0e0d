"""小さな仕事を分ける：分けても分けなくても同じ結果、失敗はそのまま、途中で止めてもプロセスを残さない。"""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import asleep
import pytest

from mynalib.domain.errors import MynaError
from mynalib.jobs import processes
from mynalib.jobs.limits import usable_cores
from mynalib.jobs.parallel import in_parallel

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="fork は、Windows にはない")
MANY = 30


@pytest.fixture(params=[False, True], ids=["このプロセスで", "分けて"])
def enough(request) -> int:
    processes.warm_up()
    return MANY if request.param else MANY + 1


def test_the_results_are_in_order_and_the_same_wherever_they_are_made(enough):
    tasks = [Path(f"{number}.csv") for number in range(MANY)]
    assert in_parallel(os.fspath, tasks, enough) == [*map(os.fspath, tasks)]
    others = {*in_parallel(who_reads, tasks, enough)} - {os.getpid()}
    assert bool(others) == (enough == MANY and usable_cores() > 1)


def who_reads(_: Path) -> int:
    time.sleep(0.01)
    return os.getpid()


def refuse(number: int) -> int:
    if number == MANY // 2:
        raise MynaError(where="ここ", what="だめです")
    return number


def test_a_failure_is_the_failure_of_whoever_asked(enough):
    with pytest.raises(MynaError) as stop:
        in_parallel(refuse, range(MANY), enough)
    assert (stop.value.where, stop.value.what) == ("ここ", "だめです")


@pytest.mark.parametrize("before", [0.0, 0.3], ids=["する途中", "答えを送る途中"])
def test_the_work_of_a_killed_helper_is_done_by_whoever_asked(before):
    processes.warm_up()
    tasks = [(os.getpid(), before, number) for number in range(4)]
    # 三つ目の引数の 1 は、いつも分ける
    assert in_parallel(die_elsewhere, tasks, 1) == [str(number) * 200_000 for number in range(4)]


def die_elsewhere(task: tuple[int, float, int]) -> str:
    """答えはパイプの入れ物より大きいので、子は、頼んだほうが読みはじめるまで、送りかけで待つ。"""
    asker, before, number = task
    if os.getpid() != asker:
        if not before:
            os.kill(os.getpid(), signal.SIGKILL)
        threading.Timer(before, os.kill, (os.getpid(), signal.SIGKILL)).start()
    else:
        time.sleep(before)
    return str(number) * 200_000


ASLEEP = """
import os, sys, time
from pathlib import Path
from mynalib.jobs import processes
from mynalib.jobs.parallel import in_parallel
from asleep import sleep_a_little
processes.warm_up()
in_parallel(sleep_a_little, [sys.argv[1]] * 10_000, 1)
"""


@pytest.mark.large
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_a_stopped_run_leaves_no_process(tmp_path, how):
    place = {**os.environ, "PYTHONPATH": str(Path(asleep.__file__).parent)}
    with subprocess.Popen(
        [sys.executable, "-c", ASLEEP, str(tmp_path)], env=place, stderr=subprocess.DEVNULL
    ) as run:
        while not [*tmp_path.iterdir()]:
            time.sleep(0.05)
        os.kill(run.pid, how)
        run.wait()
    workers = [Path(f"/proc/{path.name}") for path in tmp_path.iterdir()]
    while any(worker.exists() for worker in workers):
        time.sleep(0.05)
