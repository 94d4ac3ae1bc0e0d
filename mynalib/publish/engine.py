"""温かい papermill エンジン：読みこみを済ませたプロセスの中で、カーネルを起こさずにセルを実行する。

papermill の普通のカーネルは、起動と読みこみだけで数秒かかる。この道具は一つの報告ごとに一つのプロセスを
分けて（publish.jobs）その中で実行するので、状態はほかの報告へ漏れない。
失敗したセルの出力には人の値が残りうるので、保存の前に消す。
"""

import nbformat
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import RichOutput, capture_output
from papermill.engines import Engine


class WarmEngine(Engine):
    """`engine_name="myna"`。一つのプロセスで一冊だけ実行する。"""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, **_: object) -> None:
        """上から順に実行し、失敗したら止める。papermill が、失敗をあとで送出する。"""
        shell = InteractiveShell.instance()
        for index, cell in enumerate(nb_man.nb.cells):
            nb_man.cell_start(cell, index)
            error = _run(shell, cell) if cell.cell_type == "code" else None
            if error is not None:
                cell.outputs = [_error(error)]
                nb_man.cell_exception(cell, index, exception=error)
                return
            nb_man.cell_complete(cell, index)


def _run(shell: InteractiveShell, cell: nbformat.NotebookNode) -> BaseException | None:
    with capture_output() as captured:
        result = shell.run_cell(cell.source, store_history=False)
    cell.execution_count = None
    cell.outputs = [_output(shown) for shown in captured.outputs]
    return result.error_before_exec or result.error_in_exec


def _output(shown: RichOutput) -> nbformat.NotebookNode:
    return nbformat.v4.new_output("display_data", data=shown.data, metadata=shown.metadata or {})


def _error(error: BaseException) -> nbformat.NotebookNode:
    """エラーの種類だけ。文面と traceback には、人の値が入りうる。"""
    return nbformat.v4.new_output("error", ename=type(error).__name__, evalue="", traceback=[])
