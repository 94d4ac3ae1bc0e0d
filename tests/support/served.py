"""試験の道具：読みこみを済ませて待ち、頼まれた命令（myna、papermill、cells）を、fork した子のプロセスで動かす。

一行の JSON（program、argv、cwd、environment）を受け取り、終了コードと二つの出力を、一行の JSON で返す。公開の仕事を分ける
サーバー（forkserver）も、ここで一度だけ起こし、どの命令も使う。
"""

# ruff: noqa: E402 forkserver と、読みこむものを、読みこみの前に整える
import io
import json
import os
import sys
import tempfile
import traceback
from contextlib import suppress
from multiprocessing import forkserver, util

from mynalib.startup import leave_out_iri_grammar

leave_out_iri_grammar()  # 命令と同じく
_start, _server = forkserver.ensure_running, os.getpid()


def _ensure_running() -> None:
    """命令の中（子）では、親が起こしたサーバーがあれば、そのまま使う。自分の子ではないので、生きているかを問えない。"""
    if os.getpid() == _server or not forkserver._forkserver._forkserver_address:
        _start()


forkserver.ensure_running = forkserver._forkserver.ensure_running = _ensure_running

from papermill import PapermillExecutionError, execute_notebook
from papermill.cli import papermill

from mynalib import cli
from mynalib.__main__ import main
from mynalib.jobs import batch, processes, warm
from mynalib.release import draft
from mynalib.verbs import check, ingest, init, profile, publish, verify, withdraw


def cells() -> None:
    """argv の一冊を、温かいエンジンで、失敗しても終わりまで動かし、同じところに書く。"""
    options = {"progress_bar": False, "allow_errors": True, "keep_errors": True}
    own = {"engine_name": "myna", "kernel_name": "python3", **options}
    with suppress(PapermillExecutionError):  # 失敗したセルがあったと、終わってから言う
        execute_notebook(sys.argv[1], sys.argv[1], **own)


READY = (cli, batch, warm, draft, check, ingest, init, profile, publish, verify, withdraw)
PROGRAMS = {"myna": main, "papermill": papermill, "cells": cells}
MAKING = ("publish", "release", "demo")  # 仕事を分ける命令


def serve() -> None:
    """頼まれる命令を、順に動かす。はじめの公開の前に、仕事を分けるサーバーを起こす。"""
    shared = False
    for line in sys.stdin:
        job = json.loads(line)
        if not shared and job["argv"][0] in MAKING:
            util.get_temp_dir()  # ソケットのあるフォルダーは、このプロセスが終わるときに消える
            processes.warm_up()
            shared = True
        print(json.dumps(_run(job)), flush=True)


def _run(job: dict) -> dict:
    files = [tempfile.TemporaryFile() for _ in range(2)]  # noqa: SIM115 返事をするまで開けておく
    child = os.fork()
    if child == 0:
        _command(job, files)
    _, status = os.waitpid(child, 0)
    texts = []
    for file in files:
        file.seek(0)
        texts.append(file.read().decode("utf-8"))
        file.close()
    return {"code": os.waitstatus_to_exitcode(status), "out": texts[0], "err": texts[1]}


def _command(job: dict, files: list) -> None:
    """子の中。命令を動かして終わる。戻らない。"""
    code = 70
    try:
        _stand_as_new(job, files)
        try:
            PROGRAMS[job["program"]]()
            code = 0
        except SystemExit as error:
            code = error.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _stand_as_new(job: dict, files: list) -> None:
    """起こされたばかりの命令と同じところに立つ：標準入出力、環境、今のフォルダー、umask、引数。"""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, file in enumerate([nothing, *(file.fileno() for file in files)]):
        os.dup2(file, number)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(open(number, "wb", closefd=False), encoding="utf-8")  # noqa: SIM115
        for number in (1, 2)
    )
    os.environ.clear()
    os.environ.update(job["environment"])
    os.chdir(job["cwd"])
    os.umask(job["umask"])
    tempfile.tempdir = None
    sys.argv = [job["program"], *job["argv"]]
