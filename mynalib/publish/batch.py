"""仕事の束：一つずつ自分のプロセスで動かし、落ちたものがほかを止めない。変わらない仕事は、やり直さない。"""

import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from mynalib.history.files import sha256
from mynalib.publish.jobs import RECORD, Job, NotebookFailed, run_job

TIMEOUT = 600  # 秒。一冊がこれより長いことはない
WARM = "mynalib.publish.warm"


def run_jobs(
    jobs: Sequence[Job], workers: int | None = None, on_done: Callable[[Job], None] = lambda _: None
) -> dict[str, dict]:
    """全ての仕事をする。すでに同じ元から出来ている仕事は飛ばす。

    Args:
        workers: 同時に動かす数。None なら、この機械の CPU の数。
        on_done: 一つ終わるごとに呼ばれる（進み具合の表示）。
    Returns:
        仕事の名から結果（record.json の中身）へ。失敗は "error" を持つ。
    """
    records = {}
    waiting = []
    for job in jobs:
        if record := _finished(job):
            records[job.name] = record
            on_done(job)
        else:
            waiting.append(job)
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        futures = {pool.submit(_supervise, job): job for job in waiting}
        for future in as_completed(futures):
            job = futures[future]
            records[job.name] = future.result()
            on_done(job)
    _remove_private(jobs)
    return records


def _finished(job: Job) -> dict | None:
    """前の実行の結果。元が同じで、書いたファイルがそのままのときだけ。"""
    record = _read_record(job)
    if not record or "error" in record or record["fingerprint"] != job.fingerprint:
        return None
    outputs = [(job.folder / "out" / output["path"], output["sha256"]) for output in record["outputs"]]
    return record if all(path.is_file() and sha256(path) == digest for path, digest in outputs) else None


def _supervise(job: Job) -> dict:
    (job.folder / RECORD).unlink(missing_ok=True)
    shutil.rmtree(job.folder / "out", ignore_errors=True)
    process = _context().Process(target=run_job, args=(job,), daemon=True)
    try:
        process.start()
    except (OSError, EOFError):
        return _failure("プロセスを起こせませんでした（メモリ不足など）")
    process.join(TIMEOUT)
    if process.is_alive():
        process.kill()
        process.join()
        return _failure(f"{TIMEOUT} 秒たっても終わりませんでした")
    return _read_record(job) or _failure("途中で消えました（メモリ不足など）")


def _failure(what: str) -> dict:
    return {"error": NotebookFailed.code, "what": what}


def _read_record(job: Job) -> dict | None:
    try:
        return json.loads((job.folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _context() -> multiprocessing.context.BaseContext:
    """fork できる OS では、読みこみを済ませたサーバーから分かれる。できない OS（Windows）では、はじめから起こす。"""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([WARM])
    return context


def _remove_private(jobs: Iterable[Job]) -> None:
    """カプセルと、実行のための場所は、実行とともに消える。"""
    for job in jobs:
        for name in ("capsule", "private"):
            shutil.rmtree(job.folder / name, ignore_errors=True)
