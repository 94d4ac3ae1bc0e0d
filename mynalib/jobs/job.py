"""一つの仕事：一つのカプセルで一冊を実行し、ページと成果物を書く。自分だけのプロセスで動く。"""

# ruff: noqa: E402 fork のない OS と計算機の集まりでは、ここが、子のはじめに読みこむところ
import json
import os
import sys
import tempfile
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mynalib.startup import leave_out_current_folder, leave_out_iri_grammar, spare_the_collector

leave_out_iri_grammar()

import nbformat
import papermill
from papermill.exceptions import PapermillExecutionError

from mynalib.capsules.in_notebook import CAPSULE
from mynalib.domain.errors import MynaError, is_full
from mynalib.history.access import OWNERS, SHARED
from mynalib.history.files import DiskFull, fresh_folder, sha256
from mynalib.history.leftovers import RECORD
from mynalib.insight.capsule import DUCKDB_MEMORY, DUCKDB_THREADS, Capsule
from mynalib.insight.display import RUN_VARIABLE
from mynalib.jobs.exports import write_products
from mynalib.jobs.limits import Limits, limit_memory
from mynalib.jobs.pages import has_chart, shown_outputs, write_mail, write_page
from mynalib.jobs.processes import end_with_parent

NO_ROOM = 28  # 結果を書く空きもない仕事の、終了コード
# 利用者のカーネル、設定、はじめに読むファイルを指す環境変数
USERS_OWN = ("JUPYTER", "IPYTHON", "XDG_", "PYTHONSTARTUP")


class NotebookFailed(MynaError):
    """ノートブックが最後まで動かなかった。"""

    code = "NOTEBOOK_FAILED"
    what = "最後のセルまで動いていません"
    fix = "もう一度実行してください。"


class NoCluster(NotebookFailed):
    """計算機の集まりで動かせない：つながらない、働き手がいない、distributed がない。月のせいではない。"""

    code = "NO_CLUSTER"
    what = "計算機の集まりで動かせません"
    fix = "スケジューラーの番地と、働き手が動いているかを確かめてください（docs/cluster.md）。"


@dataclass(frozen=True)
class Job:
    """`folder` に capsule/ があり、out/ に成果物（公開の中の場所のまま）、record.json に結果を書く。"""

    name: str
    title: str
    notebook: Path
    parameters: dict[str, str]
    folder: Path
    page: str
    level: str
    products: tuple[str, ...] = ()
    links: tuple[dict[str, str], ...] = ()
    engine: str | None = "myna"
    fingerprint: str = ""


def run_job(job: Job, limits: Limits) -> None:
    """仕事をして、結果を record.json に書く。失敗も、人の値を含まない結果として書く。書く空きもなければ、終了コード NO_ROOM で終わる。"""
    spare_the_collector()  # 分かれる前に読みこまれたものは、捨てない。数え直すと、それだけで仕事の半分の時間がかかる
    leave_out_current_folder()
    end_with_parent()
    record = _record(job, limits)
    try:
        (job.folder / RECORD).write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    except OSError as error:
        sys.exit(NO_ROOM if is_full(error) else 1)


def _record(job: Job, limits: Limits) -> dict:
    try:
        with _private(job, limits):
            outputs = _run(job)
        return {"fingerprint": job.fingerprint, "outputs": outputs}
    except MynaError as error:
        return {"error": error.code, "what": error.what, "fix": error.fix}
    except PapermillExecutionError as error:
        # エンジンが残すのは、空きが足りないことの決まった文だけ。ほかの文面は、もう消してある
        if is_full(error.evalue):
            return full_disk()
        what = f"{error.cell_index + 1} 番目のセルで止まりました（{error.ename}）"
    except Exception as error:  # noqa: BLE001 何が起きても、種類だけを結果に残す。文面には人の値が入りうる
        if is_full(error):
            return full_disk()
        what = f"止まりました（{type(error).__name__}）"
    return {"error": NotebookFailed.code, "what": what}


def full_disk() -> dict:
    """空きが足りずに止まった仕事の結果。"""
    return {"error": DiskFull.code, "what": "空き容量が足りません"}


def _run(job: Job) -> list[dict]:
    # 成果物も、ノートブックと同じカプセルから。人の行は、ここにあるものしか見えない
    capsule = Capsule.read(job.folder / "capsule")
    notebook = papermill.execute_notebook(
        str(job.notebook),
        None,
        parameters=job.parameters,
        engine_name=job.engine,
        progress_bar=False,
        request_save_on_cell_execute=False,
        # 普通のカーネルも、黙って動かす（CRITICAL だけ）。失敗の traceback を、端末に書くので
        extra_arguments=["--IPKernelApp.log_level=50"],
    )
    _require_finished(notebook)
    page = job.folder / "out" / job.page
    written = write_page(notebook, capsule, job.title, page, job.links)
    if "mail" in job.products:
        written.append(write_mail(notebook, capsule, job.title, page.parent))
    products = tuple(name for name in job.products if name != "mail")
    written += write_products(products, capsule, page.parent)
    return [
        {
            "path": path.relative_to(job.folder / "out").as_posix(),
            "level": job.level,
            "sha256": sha256(path),
            "rows": _rows(job, capsule),
            "charts": _charts(notebook) if path == page else None,
        }
        for path in written
    ]


def _charts(notebook: nbformat.NotebookNode) -> int:
    return sum(map(has_chart, shown_outputs(notebook)))


def _rows(job: Job, capsule: Capsule) -> int | None:
    """人の行の数。人の行のない成果物では None。"""
    if job.level != "named":
        return None
    return len(capsule.table("reminders" if capsule.audience == "named" else "people"))


def _require_finished(notebook: nbformat.NotebookNode) -> None:
    """最後のコードのセルまで動いた証拠として、その出力を求める（止まったカーネルは、正常に見えることがある）。"""
    last = [cell for cell in notebook.cells if cell.cell_type == "code"][-1]
    if not shown_outputs(nbformat.v4.new_notebook(cells=[last])):
        raise NotebookFailed(where="ノートブック")


@contextmanager
def _private(job: Job, limits: Limits):
    """ほかの仕事にも、利用者の設定にも触れない環境。出力は捨てる（人の値が入りうる）。"""
    private = fresh_folder(job.folder / "private")
    inherited = os.umask(OWNERS)  # 置き場所の決めたもの（history/access.py）なら、そのまま受けつぐ
    if inherited == SHARED:
        os.umask(SHARED)
    for name in [name for name in os.environ if name.startswith(USERS_OWN)]:
        del os.environ[name]
    os.environ.update(
        {name: str(private) for name in ("HOME", "IPYTHONDIR", "TMPDIR", "JUPYTER_CONFIG_DIR")}
    )
    # 合言葉（RUN_VARIABLE）は実行ごとに違う。ノートブックに残っていた出力の印は、この実行のものにならない
    os.environ |= {CAPSULE: str(job.folder / "capsule"), RUN_VARIABLE: uuid.uuid4().hex}
    os.environ |= {DUCKDB_THREADS: str(limits.threads), DUCKDB_MEMORY: limits.duckdb_memory}
    # 組合の置き場所を知らせない。カプセルのほかは、どこにあるかも分からない
    os.environ.pop("MYNA_HOME", None)
    tempfile.tempdir = None  # サーバーが覚えた一時フォルダーではなく、TMPDIR を使う
    limit_memory(limits.memory)
    os.chdir(private)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        out = sys.stdout
        err = sys.stderr
        sys.stdout = sys.stderr = nowhere
        for number in (1, 2):  # 記述子に直接書くものも
            os.dup2(nowhere.fileno(), number)
        try:
            yield
        finally:
            sys.stdout = out
            sys.stderr = err
