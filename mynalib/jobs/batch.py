"""仕事の束：変わらない仕事はやり直さず、ほかを、この機械か、計算機の集まりで動かす。"""

import shutil
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

from mynalib.history.files import sha256
from mynalib.history.leftovers import OF_A_RUN
from mynalib.jobs.cluster import run_on_cluster
from mynalib.jobs.job import Job
from mynalib.jobs.limits import share
from mynalib.jobs.running import AS_USUAL, Running
from mynalib.jobs.workers import Workers, read_record

TICK = 1.0  # 秒。進み具合を知らせる間隔


def run_jobs(jobs: Collection[Job], running: Running = AS_USUAL) -> dict[str, dict]:
    """全ての仕事をする。すでに同じ元から出来ている仕事は飛ばす。

    Args:
        jobs: 一つずつ取り出す。取り出した仕事は、次を取り出す（カプセルを作る）のを待たずに始まる。
    Returns:
        仕事の名から結果（record.json の中身）へ。失敗は "error" を持つ。
    """
    if running.scheduler:
        return _sent(jobs, running)
    records = {}
    futures = {}

    def collect(seconds: float) -> None:
        """seconds 秒まで待って、終わった仕事の結果を集める。"""
        done, _ = wait(futures, seconds, FIRST_COMPLETED)
        for future in done:
            job = futures.pop(future)
            records[job.name] = future.result()
            running.on_done(job)

    at_once, limits = share(len(jobs), running.workers)
    with _pool(at_once) as pool, Workers(limits) as workers:
        for job in jobs:
            if record := finished(job):
                records[job.name] = record
                running.on_done(job)
            else:
                futures[pool.submit(workers.supervise, job)] = job
            collect(0)
        while futures:
            # 終わるのを待つが、進み具合のために、TICK ごとに戻る
            collect(TICK)
            if slowest := workers.slowest():
                running.on_wait(*slowest)
    return records


def _sent(jobs: Iterable[Job], running: Running) -> dict[str, dict]:
    """計算機の集まりで動かす。出来ている仕事は、送らない。"""
    records = {}
    waiting = []
    for job in jobs:
        if record := finished(job):
            records[job.name] = record
            running.on_done(job)
        else:
            waiting.append(job)
    return records | run_on_cluster(waiting, running.scheduler, running.on_done)


def finished(job: Job) -> dict | None:
    """前の実行の結果。元が同じで、書いたファイルがそのままのときだけ。"""
    record = read_record(job)
    # 失敗した仕事は、元が同じでも、もう一度する（メモリ不足や時間切れは、次は起こらないかもしれない）
    if not record or "error" in record or record["fingerprint"] != job.fingerprint:
        return None
    outputs = [
        (job.folder / "out" / output["path"], output["sha256"]) for output in record["outputs"]
    ]
    whole = all(path.is_file() and sha256(path) == digest for path, digest in outputs)
    return record if whole else None


@contextmanager
def private_files(room: Path) -> Iterator[None]:
    """room の下のカプセルと、実行のための場所は、どう終わっても（Ctrl-C でも）、実行とともに消える。"""
    try:
        yield
    finally:
        for name in OF_A_RUN:
            for folder in room.glob(f"*/{name}"):
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _pool(workers: int) -> Iterator[ThreadPoolExecutor]:
    """見張りのスレッド。途中で出るときは、まだ始めていない仕事を捨てる。"""
    pool = ThreadPoolExecutor(workers)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
