"""仕事のプロセスを、どこから起こすか。"""

import multiprocessing
from multiprocessing.context import BaseContext

WARM = ["mynalib.publish.warm", "mynalib.cli"]  # cli は、起こした命令（myna）が、子でもそれを読みこむので


def start_method() -> BaseContext:
    """fork できる OS では、読みこみを済ませたサーバーから分かれる。できない OS（Windows）では、はじめから起こし、普通のカーネルを使う。

    どちらでも、一つの報告に一つのプロセス。
    """
    if not _can_fork():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(WARM)
    return context


def warm_up() -> None:
    """サーバーを先に起こす。読みこみは、頼んだプロセスが次のことをする間に進む。"""
    if _can_fork():
        from multiprocessing.forkserver import ensure_running

        start_method()
        ensure_running()


def _can_fork() -> bool:
    return "forkserver" in multiprocessing.get_all_start_methods()
