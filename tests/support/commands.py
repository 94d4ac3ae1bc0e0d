"""試験の道具：命令（myna、papermill）を、本物のプロセスで動かす。"""

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

SERVER = "import served; served.serve()"
AT_FIRST = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}  # どの試験よりも前の環境


def myna(
    *words: object, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess:
    """命令を動かす。読みこみを済ませたプロセスから fork するので、速い。environment があれば、はじめから起こす。"""
    if environment or not hasattr(os, "fork"):
        return cold_myna(*words, cwd=cwd, **environment)
    return _forked("myna", words, cwd)


def run_papermill(*words: object) -> subprocess.CompletedProcess:
    """本物の papermill の命令を、自分のプロセスで動かす。"""
    if hasattr(os, "fork"):
        return _forked("papermill", words)
    command = [sys.executable, "-m", "papermill", *map(str, words)]
    return subprocess.run(command, capture_output=True, check=False)


def run_cells(notebook: Path) -> subprocess.CompletedProcess:
    """一冊を、読みこみを済ませたプロセスから fork した一つのカーネルで、失敗しても終わりまで動かし、同じところに書く。"""
    return _forked("cells", [notebook])


def _forked(
    program: str, words: Iterable[object], cwd: Path | None = None
) -> subprocess.CompletedProcess:
    argv = [*map(str, words)]
    job = {"program": program, "argv": argv, "umask": _umask()}
    job |= {"cwd": str(cwd or Path.cwd()), "environment": {**os.environ}}
    _server().stdin.write(json.dumps(job) + "\n")
    _server().stdin.flush()
    done = json.loads(_server().stdout.readline())
    return subprocess.CompletedProcess(
        argv, done["code"], done["out"].encode(), done["err"].encode()
    )


def cold_myna(
    *words: object, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess:
    """命令を、利用者と同じく、何も読みこんでいないところから動かす。"""
    return subprocess.run(
        [sys.executable, "-m", "mynalib", *map(str, words)],
        capture_output=True,
        cwd=cwd,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        check=False,
    )


def texts(done: subprocess.CompletedProcess) -> subprocess.CompletedProcess:
    """出力を、文にしたもの。"""
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def out(done: subprocess.CompletedProcess) -> str:
    """二つの出力の文。"""
    return (done.stdout + done.stderr).decode("utf-8")


def _umask() -> int:
    """いまの umask。変えずに聞く道はない。"""
    now = os.umask(0)
    os.umask(now)
    return now


@cache
def _server() -> subprocess.Popen:
    """試験のプロセスごとに一つ。"""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=AT_FIRST,
        text=True,
    )
    atexit.register(_close, server)
    return server


def _close(server: subprocess.Popen) -> None:
    server.stdin.close()
    server.wait()
    server.stdout.close()
