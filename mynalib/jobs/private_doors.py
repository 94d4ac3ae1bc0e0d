"""ほかの道具の、公にされていない入口：どこで、何を使い、どの版で確かめたか。

公にされていないものは、知らせなしに変わる。版が変われば tests/jobs/test_private_doors.py が、どの試験をもう一度動かすかを言う。
動けば、PROVED_WITH の版を書きかえる。
"""

from dataclasses import dataclass

PROVED_WITH = {
    "python": "3.11",
    "ipykernel": "7.4.0",
    "ipython": "9.18.1",
    "jupyter-client": "8.10.0",
    "nbconvert": "7.17.2",
    "nbclient": "0.11.0",
    "papermill": "2.7.0",
    "distributed": "2026.8.0",
}


@dataclass(frozen=True)
class PrivateDoor:
    """一つの入口。package は PROVED_WITH の名、module は使うところ、proof はそれを確かめる試験。"""

    package: str
    module: str
    uses: str
    proof: str


PRIVATE_DOORS = (
    PrivateDoor(
        "ipykernel",
        "kernel",
        "IPythonKernel.__init__ を飛ばして通信なしで作ること、do_execute、shell_channel_thread、debugger_class",
        "test_engine",
    ),
    PrivateDoor(
        "ipython", "engine", "InteractiveShellApp.init_path を、アプリなしで呼ぶこと", "test_engine"
    ),
    PrivateDoor(
        "ipython",
        "warm",
        "IPython.core の completerlib、logger、oinspect（はじめのセルが読みこむ）",
        "test_engine",
    ),
    PrivateDoor(
        "jupyter-client", "kernel", "Session.send の引数、msg、pack、unpack", "test_engine"
    ),
    PrivateDoor(
        "nbclient",
        "engine",
        "process_message、_get_timeout、_check_raise_for_error、setup_kernel",
        "test_engine",
    ),
    PrivateDoor(
        "nbconvert",
        "pages",
        "HTMLExporter を、TemplateExporter.from_notebook_node で動かすこと",
        "test_publish",
    ),
    PrivateDoor(
        "papermill", "engine", "PapermillNotebookClient の引数と execute_cell", "test_engine"
    ),
    PrivateDoor(
        "papermill", "in_notebook", "差しこんだセルの一行目（# Parameters）", "test_notebooks"
    ),
    PrivateDoor(
        "python",
        "console",
        "記述子 1 と 2 の横取りと、fork した子が受けつぐ sys.stdout",
        "test_engine",
    ),
    PrivateDoor(
        "python",
        "processes",
        "multiprocessing.forkserver.ensure_running と util.get_temp_dir、ソケットの名の長さ",
        "test_process",
    ),
    PrivateDoor("python", "cluster", 'current_process()._config["daemon"]', "test_cluster"),
    PrivateDoor(
        "distributed",
        "cluster",
        "comm.connect、core.send_recv、get_worker().state.nthreads",
        "test_cluster",
    ),
)
