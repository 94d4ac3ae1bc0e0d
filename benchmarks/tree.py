"""命令を動かし、それが起こした全てのプロセスの、秒・CPU 秒・記憶を測る（Linux）。

親より長く残ったプロセスの CPU も数えるために、それらを引き取る（prctl の subreaper）。引き取らないと、
サーバーから分かれて働いたプロセスの CPU が消え、速く見える。
"""

import ctypes
import os
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from threading import Event, Thread

PR_SET_CHILD_SUBREAPER = 36
POLL = 0.2  # 記憶を見る間隔（秒）
MB = 1024


def measured(commands: Sequence[Sequence[str]], memory: bool = False, **environment: str) -> dict:
    """命令を同時に動かして、全てが終わるまで。

    Returns:
        wall・cpu 秒、memory なら、total_mb 全てのプロセスの記憶（PSS）の和の最大、main_mb 起こしたもの自身の、
        worker_mb そのほかの一つの、自分だけの記憶（USS）の最大、tail はじめの命令の標準出力の最後の行。
    """
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    getattr(os, "sync", lambda: None)()
    before, start = _cpu(), time.perf_counter()
    running = [
        subprocess.Popen(one, env=os.environ | environment, stdout=subprocess.PIPE, text=True)
        for one in commands
    ]
    with _Watch([one.pid for one in running], memory) as watch:
        answers = [one.communicate()[0] for one in running]
    wall = time.perf_counter() - start
    if any(one.returncode for one in running):
        raise SystemExit(f"失敗しました：{' '.join(map(str, commands[0][:6]))}\n{answers[0]}")
    _reap()
    found = {
        "wall": wall,
        "cpu": _cpu() - before,
        "tail": (answers[0].strip().splitlines() or [""])[-1],
    }
    return found | (watch.peaks if memory else {})


def _cpu() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _reap() -> None:
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


class _Watch:
    """動いている間、記憶を見つづける。"""

    def __init__(self, roots: Sequence[int], wanted: bool):
        self.peaks = {"total_mb": 0.0, "main_mb": 0.0, "worker_mb": 0.0}
        self._roots, self._stop, self._thread = (
            roots,
            Event(),
            Thread(target=self._look, daemon=True),
        )
        self._wanted = wanted

    def __enter__(self) -> "_Watch":
        if self._wanted:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._wanted:
            self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(POLL):
            seen = {pid: _memory(pid) for pid in _descendants(self._roots)}
            own = {pid: uss for pid, (_, uss) in seen.items()}
            self._keep("total_mb", [sum(pss for pss, _ in seen.values())])
            self._keep("main_mb", [uss for pid, uss in own.items() if pid in self._roots])
            self._keep("worker_mb", [uss for pid, uss in own.items() if pid not in self._roots])

    def _keep(self, name: str, found: list[float]) -> None:
        self.peaks[name] = max([self.peaks[name], *found])


def _descendants(roots: Sequence[int]) -> set[int]:
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[int(folder.name)] = int(
                (folder / "stat").read_text().rpartition(")")[2].split()[1]
            )
    found = set(roots)
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _memory(pid: int) -> tuple[float, float]:
    """PSS と USS（MB）。もう終わっていれば 0。"""
    with suppress(OSError):
        lines = [
            line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        ]
        sizes = {name.rstrip(":"): int(size) for name, size, *_ in lines}
        return sizes.get("Pss", 0) / MB, (
            sizes.get("Private_Clean", 0) + sizes.get("Private_Dirty", 0)
        ) / MB
    return 0.0, 0.0
