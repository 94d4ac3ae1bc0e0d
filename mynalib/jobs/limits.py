"""一台の取り分：この機械の CPU と空きメモリから、同時に動かす数と、一つの仕事の上限を決める。"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ESTIMATE = 384 << 20  # 一つの仕事が使いそうなメモリ。測った 250 MB 未満に、余裕を見て
USABLE = 0.8  # 空きメモリのうち、使ってよい割合
DUCKDB = 0.5  # 仕事のメモリのうち、DuckDB に渡す割合
RESERVED = 1 << 30  # 場所を取っておくだけで使わない分（スレッドのスタック、malloc の予約）
UNKNOWN_MEMORY = 4 << 30  # 空きが分からない OS では、これだけあるとみなす
CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Limits:
    """一つの仕事の上限。memory はバイト、seconds は秒。"""

    threads: int = 1
    memory: int = ESTIMATE
    seconds: float = 600  # 一冊がこれより長いことはない

    @property
    def duckdb_memory(self) -> str:
        return f"{int(self.memory * DUCKDB) >> 20}MB"


def share(jobs: int, asked: int | None = None) -> tuple[int, Limits]:
    """同時に動かす数と、一つの仕事の上限。asked（利用者の決めた数）があれば、数はそのとおりにする。"""
    cores = usable_cores()
    memory = int(available_memory() * USABLE)
    # 例：40 件、8 コア、使えるメモリ 0.8 GB なら、0.8 GB ÷ 384 MB で二つ、一つに 4 スレッドずつ（tests/jobs/test_batch.py）
    workers = max(1, min(jobs, asked or min(cores, memory // ESTIMATE)))
    return workers, Limits(max(1, cores // workers), max(ESTIMATE, memory // workers))


def usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def available_memory() -> int:
    """空いているメモリ（バイト）。コンテナーの上限があれば、小さい方。"""
    free = UNKNOWN_MEMORY
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = (
            int(next(line for line in lines if line.startswith("MemAvailable:")).split()[1]) << 10
        )
    with suppress(OSError, ValueError):  # 上限のないとき（max）は、数でない
        most, used = (
            int((CGROUP / name).read_text(encoding="ascii"))
            for name in ("memory.max", "memory.current")
        )
        free = min(free, most - used)
    return free


def limit_memory(allowance: int) -> None:
    """このプロセスのメモリを、今より allowance バイト（と予約の分）多いところまでに限る。超えれば MemoryError になる。"""
    with suppress(
        ImportError, OSError, ValueError
    ):  # resource は Windows に、/proc は Linux のほかにない
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        # RLIMIT_AS は場所取り（VIRT）を数える。読みこみを済ませた分（pages）は、もう取ってあるので足す
        most = pages * resource.getpagesize() + RESERVED + allowance
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
