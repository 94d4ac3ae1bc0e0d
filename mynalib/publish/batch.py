"""仕事の束：一つずつ自分のプロセスで動かし、落ちたものがほかを止めない。変わらない仕事は、やり直さない。"""

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

from mynalib.history.files import sha256
from mynalib.history.leftovers import OF_A_RUN, RECORD
from mynalib.publish.children import cut_off, start_method
from mynalib.publish.jobs import NO_ROOM, Job, NotebookFailed, full_disk, run_job
from mynalib.publish.limits import Limits, share

TICK = 1.0  # 秒。進み具合を知らせる間隔


def run_jobs(
    jobs: Sequence[Job],
    workers: int | None = None,
    scheduler: str | None = None,
    on_done: Callable[[Job], None] = lambda _: None,
    on_wait: Callable[[str, float], None] = lambda *_: None,
) -> dict[str, dict]:
    """全ての仕事をする。すでに同じ元から出来ている仕事は飛ばす。

    Args:
        workers: 同時に動かす数。None なら、この機械の CPU とメモリから決める。
        scheduler: Dask のスケジューラーの番地。あれば、仕事を計算機の集まりに送る。
        on_done: 一つ終わるごとに呼ばれる（進み具合の表示）。
        on_wait: 待つ間、いちばん長く動いている仕事の名と、その秒数で呼ばれる。
    Returns:
        仕事の名から結果（record.json の中身）へ。失敗は "error" を持つ。
    """
    records, waiting = {}, []
    for job in jobs:
        if record := finished(job):
            records[job.name] = record
            on_done(job)
        else:
            waiting.append(job)
    if scheduler:
        from mynalib.publish.cluster import run_on_cluster

        return records | run_on_cluster(waiting, scheduler, on_done)
    at_once, limits = share(len(waiting), workers)
    with _pool(at_once) as pool, Workers(limits) as running:
        futures = {pool.submit(running.supervise, job): job for job in waiting}
        while futures:
            done, _ = wait(futures, TICK, FIRST_COMPLETED)
            for future in done:
                job = futures.pop(future)
                records[job.name] = future.result()
                on_done(job)
            if slowest := running.slowest():
                on_wait(*slowest)
    return records


def finished(job: Job) -> dict | None:
    """前の実行の結果。元が同じで、書いたファイルがそのままのときだけ。"""
    record = _read_record(job)
    if not record or "error" in record or record["fingerprint"] != job.fingerprint:
        return None
    outputs = [(job.folder / "out" / output["path"], output["sha256"]) for output in record["outputs"]]
    return record if all(path.is_file() and sha256(path) == digest for path, digest in outputs) else None


@contextmanager
def private_files(room: Path) -> Iterator[None]:
    """room の下のカプセルと、実行のための場所は、どう終わっても（Ctrl-C でも）、実行とともに消える。"""
    try:
        yield
    finally:
        for name in OF_A_RUN:
            for folder in room.glob(f"*/{name}"):
                shutil.rmtree(folder, ignore_errors=True)


class Workers:
    """動いている仕事のプロセス。with を出るとき（Ctrl-C でも）、一つも残さない。"""

    def __init__(self, limits: Limits):
        self._limits, self._open = limits, True
        self._running: dict[str, tuple[BaseProcess, float]] = {}

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False
        for process, _since in list(self._running.values()):
            _kill(process)

    def slowest(self) -> tuple[str, float] | None:
        """いちばん長く動いている仕事の名と、その秒数。"""
        running = [(name, time.monotonic() - begun) for name, (_, begun) in list(self._running.items())]
        return max(running, key=lambda one: one[1], default=None)

    def supervise(self, job: Job) -> dict:
        """一つの仕事を、自分のプロセスで終わりまで動かす。"""
        if not self._open:
            return _failure("始める前に止めました")
        (job.folder / RECORD).unlink(missing_ok=True)
        shutil.rmtree(job.folder / "out", ignore_errors=True)
        process = start_method().Process(target=run_job, args=(job, self._limits), daemon=True)
        try:
            with cut_off():
                process.start()
        except (OSError, EOFError):
            return _failure("プロセスを起こせませんでした（メモリ不足など）")
        self._running[job.name] = process, time.monotonic()
        process.join(self._limits.seconds if self._open else 0)
        if late := process.is_alive():
            _kill(process)
        del self._running[job.name]
        if late:
            return _failure(f"時間切れです（{self._limits.seconds:g} 秒たっても終わりませんでした）")
        if process.exitcode == NO_ROOM:
            return full_disk()
        return _read_record(job) or _failure(_vanished(process.exitcode))


def _kill(process: BaseProcess) -> None:
    """仕事と、それが起こしたプロセスを止める。"""
    with suppress(AttributeError, OSError):  # killpg のない OS と、まだ自分の組を作っていない子
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()


def _vanished(code: int | None) -> str:
    if code is None or code >= 0:
        return f"途中で消えました（終了コード {code}）"
    hint = "。メモリ不足など" if -code == signal.SIGKILL else ""
    return f"途中で消えました（シグナル {signal.Signals(-code).name}{hint}）"


def _failure(what: str) -> dict:
    return {"error": NotebookFailed.code, "what": what}


def _read_record(job: Job) -> dict | None:
    try:
        return json.loads((job.folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


@contextmanager
def _pool(workers: int) -> Iterator[ThreadPoolExecutor]:
    """見張りのスレッド。途中で出るときは、まだ始めていない仕事を捨てる。"""
    pool = ThreadPoolExecutor(workers)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
