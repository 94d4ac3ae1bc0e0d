"""仕事のプロセスを、どこから起こすか。"""

import multiprocessing
from multiprocessing.context import BaseContext
from multiprocessing.forkserver import ensure_running

WARM = ["mynalib.publish.warm", "mynalib.cli"]  # cli は、起こした命令（myna）が、子でもそれを読みこむので


def start_method() -> BaseContext:
    """fork できる OS では、読みこみを済ませたサーバーから分かれる。できない OS（Windows）では、はじめから起こし、普通のカーネルを使う。

    どちらでも、一つの報告に一つのプロセス。
    """
    forks = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if forks else "spawn")
    if forks:
        context.set_forkserver_preload(WARM)
    return context


def warm_up() -> None:
    """サーバーを先に起こす。読みこみは、頼んだプロセスが次のことをする間に進む。"""
    if start_method().get_start_method() == "forkserver":
        ensure_running()
