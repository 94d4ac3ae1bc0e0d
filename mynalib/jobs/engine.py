"""温かい papermill エンジン：読みこみを済ませたプロセスの中で、カーネルを起こさずにセルを実行する。

papermill の普通のカーネルは、起動と読みこみだけで数秒かかる。ここでは同じカーネルの中身（ipykernel）を、通信なしで、
このプロセスの中で動かし、その知らせを papermill のいつもの処理（nbclient）に渡すので、セルごとの結果は普通のカーネルと
同じになる（tests/jobs/test_engine.py）。`papermill --engine myna` でも使える。一つのプロセスで一冊だけを実行する。二冊目、
Python のほかの言語、fork のない OS、メインでないスレッド、または環境変数 MYNA_ENGINE=kernel では、普通のカーネルを使う。

普通のエンジンと違うところ：
- エラーの文面（空きが足りないことのほか）と traceback は残さない。失敗したセルの、ほかの出力も残さない（人の値が入りうる）。
  keep_errors=True なら残す。
- log_output と stdout_file に届くのは、セルが終わってから。記述子に書いたものは、端末には流さない。
- Ctrl-C は、実行中のセルの KeyboardInterrupt になる。セルがプロセスを殺すと、papermill の処理ごと終わる。
- 時間切れのセルに、カーネルを止めるときの KeyboardInterrupt は残らない（普通のカーネルでは、間に合えば残る）。
- 前のセルのスレッドがあとから書いたものは、そのとき動いているセルの出力になる。
- ウィジェットの状態は残る。Output ウィジェットの中に出したものは、セルの出力になる。exit のあとのセルも実行する。

公にされていない入口を使う。確かめた版は private_doors.py にある。
"""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace

import nbformat
from ipykernel.ipkernel import IPythonKernel
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.shellapp import InteractiveShellApp
from nbclient.client import timestamp
from nbclient.exceptions import CellExecutionComplete, CellExecutionError, CellTimeoutError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine
from papermill.log import logger
from traitlets import Bool

from mynalib.domain.errors import FULL
from mynalib.jobs.console import Console
from mynalib.jobs.kernel import Kernel, Wire

SWITCH = "MYNA_ENGINE"
AGAIN = 5.0  # 秒。時間切れを握りつぶすセルには、この間隔でくり返す
HARMLESS = ("", "0")  # papermill は、SystemExit のこの文面を、失敗と数えない
RENAMED = ("input_path", "timeout", "startup_timeout")


class WarmEngine(NBClientEngine):
    """`engine_name="myna"`。"""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man,
        kernel_name,
        *,
        execution_timeout: int | None = None,
        start_timeout: int = 60,
        **options,
    ) -> nbformat.NotebookNode:
        """上から順に実行し、失敗したら止める。papermill が、失敗をあとで送出する。

        Args:
            options: 普通のエンジンと同じもの。ほかに keep_errors（エラーの文面を残す）。
        Raises:
            CellTimeoutError: 一つのセルが execution_timeout 秒を過ぎた。
        """
        # ここで動かせなければ普通のカーネルで。どちらも、エラーの文面は残さない（_Scrubbing）
        client = _InProcess if _can_run_here(nb_man.nb) else _Scrubbing
        passed = {name: value for name, value in options.items() if name not in RENAMED}
        timeout = execution_timeout or options.get("timeout")
        named = {
            "kernel_name": kernel_name,
            "log": logger,
            "timeout": timeout,
            "startup_timeout": start_timeout,
        }
        return client(nb_man, **named, **passed).execute()


def _can_run_here(notebook: nbformat.NotebookNode) -> bool:
    language = notebook.metadata.get("kernelspec", {}).get("language", "python")
    asked_otherwise = os.environ.get(SWITCH) == "kernel" or language != "python"
    # 一つのプロセスで一冊だけ：前の一冊の変数や設定が、次の報告に残らないように。合図は、メインのスレッドにしか届かない
    in_main = threading.current_thread() is threading.main_thread()
    first = not InteractiveShell.initialized()
    return in_main and first and hasattr(os, "fork") and not asked_otherwise


class _Scrubbing(PapermillNotebookClient):
    """papermill のいつもの処理。エラーは、種類だけを残す。"""

    keep_errors = Bool(False)

    def process_message(self, msg: dict, cell: nbformat.NotebookNode, cell_index: int):
        if msg["msg_type"] == "error" and not self.keep_errors:
            content = msg["content"]
            # evalue を空にすると、papermill は SystemExit を成功とみる。失敗だったものは 1 にして、失敗のままにする
            stopped = content["ename"] == "SystemExit" and content["evalue"] not in HARMLESS
            # 決まった文で、人の値はない
            full = next((sign for sign in FULL if sign in content["evalue"]), "")
            content.update(evalue="1" if stopped else full, traceback=[])
        return super().process_message(msg, cell, cell_index)

    def execute_cell(self, cell: nbformat.NotebookNode, cell_index: int) -> nbformat.NotebookNode:
        try:
            return self._execute(cell, cell_index)
        except CellExecutionError as error:
            if self.keep_errors:
                raise
            # 失敗したセルの print や表にも、人の値がありうる
            cell.outputs = [output for output in cell.outputs if output.output_type == "error"]
            failure = CellExecutionError("", error.ename, "")
        raise failure  # except の外で送出すると、元の例外が __context__ に残らない

    def _execute(self, cell: nbformat.NotebookNode, cell_index: int) -> nbformat.NotebookNode:
        return super().execute_cell(cell, cell_index)


class _InProcess(_Scrubbing):
    """カーネルを、このプロセスの中で動かす。"""

    @contextmanager
    def setup_kernel(self, **_: object) -> Iterator[None]:
        self._wire = Wire()
        self._loop = asyncio.new_event_loop()
        self.widget_registry = {}
        # papermill は、おわりにカーネルの言語を尋ねる。答えは wait_for_reply から
        self.kc = SimpleNamespace(kernel_info=lambda: None)
        self._console = Console(
            lambda name, text: self._wire.send(None, "stream", {"name": name, "text": text})
        )
        # 今のフォルダーのモジュールを読める
        InteractiveShellApp.init_path(SimpleNamespace(ignore_cwd=False))
        self._kernel = Kernel.instance(session=self._wire)
        try:
            yield
        finally:
            self._loop.close()

    def wait_for_reply(self, *_: object) -> dict:
        return {"content": {"language_info": dict(IPythonKernel.language_info)}}

    def _execute(self, cell: nbformat.NotebookNode, cell_index: int) -> nbformat.NotebookNode:
        if (
            cell.cell_type != "code"
            or not cell.source.strip()
            or self.skip_cells_with_tag in cell.metadata.get("tags", [])
        ):
            return cell
        cell.outputs = []
        self.clear_before_next_output = False
        cell.metadata["execution"] = {}
        timeout = self._get_timeout(cell)
        late = threading.Event()
        reply = None
        try:
            with self._deadline(timeout, late), self._console:
                reply = self._loop.run_until_complete(self._kernel.run(cell.source))
        # 時間切れの割りこみか、人の Ctrl-C か。人のものなら、そのまま外へ
        except KeyboardInterrupt:
            if not late.is_set():
                raise
        self._settle(cell, cell_index, late.is_set())
        if late.is_set():
            raise CellTimeoutError.error_from_timeout_and_cell(
                "Cell execution timed out", timeout, cell
            )
        self._loop.run_until_complete(
            self._check_raise_for_error(cell, cell_index, {"content": reply})
        )
        return cell

    def _settle(self, cell: nbformat.NotebookNode, cell_index: int, late: bool) -> None:
        """知らせを、セルの出力にする。時間切れのセルは、途中までの出力だけ。"""
        if not late:
            idle = self._wire.send(None, "status", {"execution_state": "idle"})
            cell.metadata["execution"]["shell.execute_reply"] = timestamp(idle)
        with suppress(CellExecutionComplete):
            for message in self._wire.take():
                if not late or message["msg_type"] != "error":
                    self.process_message(message, cell, cell_index)

    @contextmanager
    def _deadline(self, seconds: int | None, late: threading.Event) -> Iterator[None]:
        """seconds 秒たてば、セルに割りこむ。interrupt_on_timeout でなければ late にし、握りつぶすセルにはくり返す。"""
        done = threading.Event()

        def watch() -> None:
            wait = seconds
            while not done.wait(wait):
                # interrupt_on_timeout なら、セルを止めて次へ進む（nbclient の決まり）。そうでなければ、時間切れの失敗にする
                if not self.interrupt_on_timeout:
                    late.set()
                    wait = AGAIN
                _interrupt()

        watcher = threading.Thread(target=watch, daemon=True)
        if seconds is not None:
            watcher.start()
        try:
            yield
        finally:
            done.set()
            if seconds is not None:
                watcher.join()


def _interrupt() -> None:
    """メインスレッドに割りこむ。待っているところ（sleep など）も起こす。"""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)
