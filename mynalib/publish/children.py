"""仕事のプロセスを、どこから、今のフォルダーと切りはなして起こすか。"""

import multiprocessing
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import util
from multiprocessing.context import BaseContext
from multiprocessing.forkserver import ensure_running

WARM = ["mynalib.publish.warm", "mynalib.cli"]  # cli は、起こした命令（myna）が、子でもそれを読みこむので
PYMP = "/pymp-12345678"
LISTENER = "/listener-12345678"
MOST = 100  # バイト。ソケットの道の長さの上限（Linux 108、macOS 104）
SHORT = ("/tmp", "/var/tmp")  # noqa: S108 中に作るフォルダーは、自分だけが読める


def start_method() -> BaseContext:
    """fork できる OS では、読みこみを済ませたサーバーから分かれる。できない OS（Windows）では、はじめから起こし、普通のカーネルを使う。

    どちらでも、一つの報告に一つのプロセス。
    """
    os.environ["PYTHONSAFEPATH"] = "1"  # 子は `-c` で始まり、これがないと、今のフォルダーの json.py などを読みこむ
    forks = "forkserver" in multiprocessing.get_all_start_methods() and _has_room_for_socket()
    context = multiprocessing.get_context("forkserver" if forks else "spawn")
    if forks:
        context.set_forkserver_preload(WARM)
    return context


def warm_up() -> None:
    """サーバーを先に起こす。読みこみは、頼んだプロセスが次のことをする間に進む。"""
    if start_method().get_start_method() == "forkserver":
        ensure_running()


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
