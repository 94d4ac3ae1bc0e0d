"""一台の先：同じ仕事を、動いている Dask の計算機の集まりに送り、同じバイトを受け取る。

働き手は、組合の置き場所を見ない。カプセルとノートブックは仕事とともに送り、成果物はバイトで返る。働き手の計算機でも、
一つの報告は、温かいプロセスから分かれた自分のプロセスで動く（jobs.workers）。働き手が消えれば、そこにあった仕事だけが、
ほかの働き手に送り直される。distributed は、使うときだけ読みこむ（動かし方は docs/cluster.md）。
"""

import asyncio
import json
import multiprocessing
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from mynalib.history.leftovers import RECORD
from mynalib.intake.scratch import scratch
from mynalib.jobs.job import Job, NoCluster, NotebookFailed
from mynalib.jobs.limits import share
from mynalib.jobs.versions import code_hash, library_versions
from mynalib.jobs.workers import Workers

AHEAD = 2  # 一つの手につき、送っておく仕事の数。人の行が、集まりのメモリに長く残らないように
CONNECTING = 5  # 秒。つながるのを待つ時間
PATIENCE = 30  # 秒。働き手が来るのを待つ時間


@dataclass(frozen=True)
class Parcel:
    """送る仕事。files はカプセルの中身、made_with は送り手のコードと道具の版。"""

    job: Job
    notebook: bytes
    files: dict[str, bytes]
    made_with: tuple[str, dict[str, str]]


def require_cluster(scheduler: str) -> None:
    """カプセルを作る前に、その番地でスケジューラーが答えるかを、数秒で確かめる。

    Raises:
        NoCluster: 答えない（番地の書き方、別のもの、黙っているもの）。distributed がない。
    """
    where = f"計算機の集まり {scheduler}"
    try:
        import distributed  # noqa: F401 ないことを、はじめに言う
    except ImportError:
        raise _no_distributed(where) from None
    try:
        # 名のりだけを尋ねる。働き手やほかのサーバーも、つながるだけなら、つながるので
        kind = asyncio.run(asyncio.wait_for(_kind_of(scheduler), CONNECTING))
    except Exception:  # noqa: BLE001 別のものが答えると、どんな失敗にもなる
        kind = ""
    if kind != "Scheduler":
        raise NoCluster(where=where, what="つながりません")


def _no_distributed(where: str) -> NoCluster:
    fix = "pip install 'mynalib[cluster]' で入れてください。"
    return NoCluster(where=where, what="distributed が入っていません", fix=fix)


async def _kind_of(address: str) -> str:
    from distributed.comm import connect
    from distributed.core import send_recv

    comm = await connect(address, timeout=CONNECTING)
    try:
        return (await send_recv(comm, op="identity"))["type"]
    finally:
        comm.abort()


def run_on_cluster(
    jobs: Sequence[Job], scheduler: str, on_done: Callable[[Job], None] = lambda _: None
) -> dict[str, dict]:
    """仕事を送り、成果物を job.folder に置く。結果は run_jobs と同じ。

    Raises:
        NoCluster: 集まりにつながらない、働き手がいない、distributed がない。
    """
    records = {}
    waiting = iter(jobs)
    with _client(scheduler) as client:
        from distributed import as_completed

        running = {}
        queue = as_completed(loop=client.loop)
        for job in islice(waiting, AHEAD * sum(client.nthreads().values())):
            _send(client, job, running, queue)
        for future in queue:
            job = running.pop(future)
            records[job.name] = _receive(job, future)
            # 受け取ったら、集まりのメモリから、すぐに消す（成果物には、人の行がある）
            future.release()
            on_done(job)
            # 一つ返るたびに、一つ送る。送ってあるのは、いつも AHEAD × 手の数まで
            for following in islice(waiting, 1):
                _send(client, following, running, queue)
    return records


@contextmanager
def _client(scheduler: str) -> Iterator:
    where = f"計算機の集まり {scheduler}"
    try:
        from distributed import Client

        client = Client(scheduler, set_as_default=False, timeout=CONNECTING)
    except ImportError:
        raise _no_distributed(where) from None
    except (OSError, ValueError):
        raise NoCluster(where=where, what="つながりません") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            raise NoCluster(
                where=where,
                what="働き手がいません",
                fix="スケジューラーの番地と、働き手が動いているかを確かめてください（docs/cluster.md）。",
            ) from None
        yield client


def _send(client, job: Job, running: dict, queue) -> None:
    files = {path.name: path.read_bytes() for path in (job.folder / "capsule").iterdir()}
    parcel = Parcel(job, job.notebook.read_bytes(), files, (code_hash(), library_versions()))
    # 同じ仕事でも、毎回ちがう鍵で。前の公開の結果を、集まりが覚えていて返すことのないように
    future = client.submit(run_parcel, parcel, key=f"myna-{uuid.uuid4().hex}", pure=False)
    running[future] = job
    queue.add(future)


def _receive(job: Job, future) -> dict:
    try:
        record, files = future.result()
    except Exception as error:  # noqa: BLE001 働き手で何が起きても、種類だけを結果に残す
        return {
            "error": NotebookFailed.code,
            "what": f"働き手で止まりました（{type(error).__name__}）",
        }
    _write(job.folder / "out", files)
    (job.folder / RECORD).write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    return record


def run_parcel(parcel: Parcel) -> tuple[dict, dict[str, bytes]]:
    """働き手の側：届いた仕事をして、結果と成果物を返す。届いたものは、終われば消える。"""
    # 動かす前に断る。違う版の作ったバイトを、一つの公開にまぜない
    if parcel.made_with != (code_hash(), library_versions()):
        what = "働き手の mynalib か道具の版が、送り手と違います（同じバイトになりません）"
        return {"error": NotebookFailed.code, "what": what}, {}
    from distributed import get_worker

    # 公にされていない入口（private_doors.py）：見守り役（nanny）の下の働き手は、子を起こせない daemon とされている。温かいプロセスは、働き手が終われば終わる
    multiprocessing.current_process()._config["daemon"] = False
    # 働き手の手の数で分ける。同じ計算機で、その数の仕事が並んで動くので
    _, limits = share(get_worker().state.nthreads)
    with scratch() as folder:
        job = replace(parcel.job, folder=folder, notebook=folder / parcel.job.notebook.name)
        job.notebook.write_bytes(parcel.notebook)
        _write(folder / "capsule", parcel.files)
        record = Workers(limits).supervise(job)
        return record, {
            o["path"]: (folder / "out" / o["path"]).read_bytes() for o in record.get("outputs", ())
        }


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
