"""仕事のプロセス：一つの仕事を、自分のプロセスで終わりまで動かし、落ちたものがほかを止めない。"""

import json
import os
import shutil
import signal
import time
from contextlib import suppress
from multiprocessing.process import BaseProcess

from mynalib.history.leftovers import RECORD
from mynalib.jobs.job import NO_ROOM, Job, NotebookFailed, full_disk, run_job
from mynalib.jobs.limits import Limits
from mynalib.jobs.processes import cut_off, start_method


class Workers:
    """動いている仕事のプロセス。with を出るとき（Ctrl-C でも）、一つも残さない。"""

    def __init__(self, limits: Limits):
        self._limits = limits
        self._open = True
        self._running: dict[str, tuple[BaseProcess, float]] = {}

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False
        for process, _since in list(self._running.values()):
            _kill(process)

    def slowest(self) -> tuple[str, float] | None:
        """いちばん長く動いている仕事の名と、その秒数。"""
        running = [
            (name, time.monotonic() - begun) for name, (_, begun) in list(self._running.items())
        ]
        return max(running, key=lambda one: one[1], default=None)

    def supervise(self, job: Job) -> dict:
        """一つの仕事を、自分のプロセスで終わりまで動かす。"""
        if not self._open:
            return _failure("始める前に止めました")
        # 前の実行の結果を、この実行のものと取り違えない。record.json があることが、済んだしるしなので
        (job.folder / RECORD).unlink(missing_ok=True)
        shutil.rmtree(job.folder / "out", ignore_errors=True)
        process = start_method().Process(target=run_job, args=(job, self._limits), daemon=True)
        try:
            with cut_off():
                process.start()
        except (OSError, EOFError):
            return _failure("プロセスを起こせませんでした（メモリ不足など）")
        self._running[job.name] = process, time.monotonic()
        # 止めている間に起きた仕事は、待たずに終わらせる（0 秒）
        process.join(self._limits.seconds if self._open else 0)
        if late := process.is_alive():
            _kill(process)
        del self._running[job.name]
        if late:
            return _failure(
                f"時間切れです（{self._limits.seconds:g} 秒たっても終わりませんでした）"
            )
        if process.exitcode == NO_ROOM:
            return full_disk()
        return read_record(job) or _failure(_vanished(process.exitcode))


def _kill(process: BaseProcess) -> None:
    """仕事と、それが起こしたプロセスを止める。"""
    with suppress(AttributeError, OSError):  # killpg のない OS と、まだ自分の組を作っていない子
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()


def _vanished(code: int | None) -> str:
    if code is None or code >= 0:
        return f"途中で消えました（終了コード {code}）"
    # SIGKILL は、たいてい OS がメモリを取り返したもの。この道具が止めたもの（時間切れ）は、もう言ってある
    hint = "。メモリ不足など" if -code == signal.SIGKILL else ""
    return f"途中で消えました（シグナル {signal.Signals(-code).name}{hint}）"


def _failure(what: str) -> dict:
    return {"error": NotebookFailed.code, "what": what}


def read_record(job: Job) -> dict | None:
    try:
        return json.loads((job.folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
