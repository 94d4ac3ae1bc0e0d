"""仕事のプロセスを、どこから、今のフォルダーと切りはなして起こすか。

multiprocessing の、公にされていない入口を使う。確かめた版は private_doors.py にある。
"""

import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import util
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from multiprocessing.forkserver import ensure_running

# cli は、起こした命令（myna）が、子でもそれを読みこむので。点検の二つは、分けて動かすので（parallel.py）
WARM = ["mynalib.jobs.warm", "mynalib.cli", "mynalib.release.scan", "mynalib.release.list_check"]
# multiprocessing が付ける、一時フォルダーとソケットの名の長さ。見本の字は、何でもよい
PYMP = "/pymp-12345678"
LISTENER = "/listener-12345678"
MOST = 100  # バイト。ソケットの道の長さの上限（Linux 108、macOS 104）
SAFE_PATH = "PYTHONSAFEPATH"
SHORT = ("/tmp", "/var/tmp")  # noqa: S108 中に作るフォルダーは、自分だけが読める

_one_at_a_time = threading.Lock()  # 環境は、どの糸（一つの仕事に一つ）からも見える
_warmed = threading.Event()


def start_method() -> BaseContext:
    """fork できる OS では、読みこみを済ませたサーバーから分かれる。できない OS（Windows）では、はじめから起こし、普通のカーネルを使う。

    どちらでも、一つの報告に一つのプロセス。
    """
    forks = "forkserver" in multiprocessing.get_all_start_methods() and _has_room_for_socket()
    context = multiprocessing.get_context("forkserver" if forks else "spawn")
    if forks:
        context.set_forkserver_preload(WARM)
    return context


def warm_up() -> None:
    """サーバーを先に起こす。読みこみは、頼んだプロセスが次のことをする間に進む。"""
    if start_method().get_start_method() == "forkserver":
        with cut_off():
            ensure_running()
        _warmed.set()


def is_warm() -> bool:
    """読みこみを済ませたサーバーがあるか（warm_up で起こしたか）。"""
    return _warmed.is_set()


def end_with_parent() -> None:
    """子の中で：頼んだプロセスが消えれば（kill -9 でも）、この子も終わる。端末の Ctrl-C は、頼んだプロセスだけが受ける。"""
    if hasattr(os, "setsid"):
        # 自分の組を作る。セルが起こしたプロセスも、組ごと止められる（workers._kill）
        os.setsid()

    def watch(parent: int) -> None:
        wait([parent])
        if hasattr(os, "killpg"):
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    parent = multiprocessing.parent_process().sentinel
    threading.Thread(target=watch, args=(parent,), daemon=True).start()


@contextmanager
def cut_off() -> Iterator[None]:
    """この中で起こす子は、`-c` で始まっても、今のフォルダーの json.py などを読みこまない。呼んだ人の環境は、あとで元に戻す。"""
    with _one_at_a_time:
        before = os.environ.get(SAFE_PATH)
        os.environ[SAFE_PATH] = "1"
        try:
            yield
        finally:
            if before is None:
                del os.environ[SAFE_PATH]
            else:
                os.environ[SAFE_PATH] = before


def _has_room_for_socket() -> bool:
    """サーバーのソケットを置く、短いフォルダーがあるか。TMPDIR が長すぎれば、ソケットだけを短いところに作る。"""
    usual = tempfile.gettempdir()
    for folder in (usual, *SHORT):
        if len(os.fsencode(folder)) + len(PYMP) + len(LISTENER) <= MOST:
            with suppress(OSError), _temporary_folder(folder):  # 場所は、はじめの一度で決まる
                return len(os.fsencode(util.get_temp_dir())) + len(LISTENER) <= MOST
    return False


@contextmanager
def _temporary_folder(folder: str) -> Iterator[None]:
    before = tempfile.tempdir
    tempfile.tempdir = folder
    try:
        yield
    finally:
        tempfile.tempdir = before
