"""温かいエンジン：見本の一冊を、papermill の普通のエンジン（本物のカーネル）と、セルごとに比べる。"""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.magics.execution import _format_time

pytestmark = pytest.mark.large

RUNNER = Path(__file__).parents[1] / "support" / "run_notebooks.py"
RAISES = "raises-exception"
KERNELSPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}
SLEEP = "import time; slept = [time.sleep(0.02) for _ in range(25)]"  # 細かく眠る：忙しい機械では、送る糸と同じだけ待たされる
IN_SHELL = "for _ in 1 2 3 4 5 6 7 8 9; do sleep 0.05; done"

CELLS = {  # 名 → セル。エラーのセルは、印を付けて先へ進む
    "印字": "print('一'); print('二')",
    "標準エラー": "import sys\nprint('出', flush=True)\nprint('誤', file=sys.stderr)\nprint('出')",
    "間をおいて交互": f"print('a')\n{SLEEP}\nprint('b', file=sys.stderr)\n{SLEEP}\nprint('c')",
    "記述子に書く": f"import os\nos.write(1, b'raw out\\n'); {SLEEP}\nos.write(2, 'raw 誤\\n'.encode()); {SLEEP}",
    "os.system": f"os.system('echo from the shell; {IN_SHELL}; echo its error >&2'); {SLEEP}",
    "子プロセス": f"import subprocess\nsubprocess.run(['echo', 'child'], check=True); {SLEEP}",
    "大量の記述子書きこみ": f"os.system('head -c 300000 /dev/zero | tr \"\\\\0\" x'); {SLEEP}",
    "fork した子の印字": f"if os.fork() == 0:\n    print('grandchild', flush=True); os._exit(0)\nos.wait(); {SLEEP}",
    "fileno に書く": "os.write(sys.stdout.fileno(), b'not captured')",
    "式": "6 * 7",
    "式と印字": "print('before'); {'b': 2, 'a': (1,)}",
    "None": "None",
    "セミコロン": "6 * 7;",
    "前の結果": "_, Out[10], In[10]",
    "表示": "from IPython.display import HTML, Markdown, display\ndisplay(HTML('<b>太</b>'), Markdown('*x*'))",
    "表示の間の印字": "print(1); display(2); print(3); display({'text/plain': 'p', 'application/x.y+json': {'k': [1.5]}}, raw=True); print(4)",
    "表示の metadata": "display({'text/html': '<i></i>'}, raw=True, metadata={'myna': {'csv': 'a.csv'}})",
    "表": "import pandas as pd\npd.DataFrame({'率': [1.0, None], '人': [1, 2]})",
    "画像": "from IPython.display import Image\nImage(data=bytes.fromhex('89504e470d0a1a0a'), format='png')",
    "壊れた repr": (
        "class Bad:\n    def __repr__(self): raise RuntimeError('bad repr')\nBad()",
        RAISES,
    ),
    "%%html": "%%html\n<p>そのまま</p>",
    "%%capture": "%%capture kept\nprint('hidden'); 1",
    "%%writefile": "%%writefile note.txt\nhello",
    "!": "!echo out; echo err >&2; exit 3",
    "! を変数に": "lines = !printf 'a\\nb\\n'\nlines, _exit_code",
    "%%bash": "%%bash\necho bash; echo bad >&2",
    "%time の値": "%time 1 + 1",
    "知らない magic": ("%no_such_magic", RAISES),
    "await": "import asyncio\nawait asyncio.sleep(0.01); print('slept')\nawait asyncio.gather(*(asyncio.sleep(0, n) for n in range(3)))",
    "await のなかの失敗": ("await asyncio.sleep(0)\nraise KeyError('x')", RAISES),
    "動いているループ": "asyncio.get_running_loop().is_running()",
    "asyncio.run": (
        "async def nothing(): pass\nc = nothing()\ntry:\n    asyncio.run(c)\nfinally:\n    c.close()",
        RAISES,
    ),
    "タスクを残す": "async def later():\n    await asyncio.sleep(0.05); return 'done'\ntask = asyncio.create_task(later())",
    "残したタスク": "await task",
    "display_id": "shown = display('old', display_id='here'); print('after')",
    "ほかのセルから update": "shown.update(HTML('<b>new</b>'))",
    "同じ id で二度": "display('one', display_id='twice'); display('two', display_id='twice')",
    "二度に update": "from IPython.display import update_display\nupdate_display('both', display_id='twice')",
    "無い id の update": "update_display('nothing', display_id='nowhere')",
    "clear_output": "from IPython.display import clear_output\nprint('gone'); display('gone'); clear_output(); print('kept')",
    "clear_output(wait)": "print('gone'); clear_output(wait=True); print('kept')",
    "clear_output(wait) だけ": "print('stays'); clear_output(wait=True)",
    "消してから update": "h = display('x', display_id='c'); clear_output(); h.update('y'); display('z')",
    "失敗": ("print('first')\ndef f():\n    raise ValueError('値')\nf()", RAISES),
    "文法の誤り": ("a = = 1", RAISES),
    "字下げの誤り": ("  if 1:\nx", RAISES),
    "連鎖した失敗": (
        "try:\n    1/0\nexcept ZeroDivisionError as e:\n    raise OSError('b') from e",
        RAISES,
    ),
    "KeyboardInterrupt": ("raise KeyboardInterrupt", RAISES),
    "自分に SIGINT": (
        "import signal, time\nsignal.raise_signal(signal.SIGINT); time.sleep(0.1)",
        RAISES,
    ),
    "SystemExit": ("raise SystemExit('終わり')", RAISES),
    "input": ("input('名は')", RAISES),
    "警告": "import warnings\nwarnings.warn('気をつけて')\nwarnings.warn('古い', DeprecationWarning)",
    "logging": "import logging\nlogging.getLogger('x').warning('記録')",
    "traceback を印字": "import traceback\ntry:\n    1/0\nexcept ZeroDivisionError:\n    traceback.print_exc()",
    "スレッドの印字": "from threading import Thread\nt = Thread(target=print, args=('thread',)); t.start(); t.join()",
    "redirect_stdout": "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()) as s:\n    print('x')\ns.getvalue()",
    "get_ipython": "type(get_ipython()).__name__, type(get_ipython().kernel).__mro__[-4].__name__, sys.stdout.isatty(), '' in sys.path, sys.argv[1:][:0]",
    "__main__": "import pickle\nclass K: pass\n__name__, type(pickle.loads(pickle.dumps(K()))) is K",
    "pager": "print?",
    "plotly の選ぶ出し方": "import plotly.io\nplotly.io.renderers.default",
    "tqdm": "from tqdm import tqdm\nfor _ in tqdm(range(3), desc='x', ncols=20, miniters=9, bar_format='{desc}{n_fmt}'): pass",
    "空": "",
    "注釈だけ": "# なにもしない",
    "ウィジェットの状態": "from comm import create_comm\nc = create_comm(target_name='jupyter.widget', comm_id='w1', data={'state': {'_model_name': 'M', '_model_module': 'm', '_model_module_version': '1', 'v': 1}})\nc.send({'method': 'update', 'state': {'v': 2}}, buffers=[])",
    "飛ばす": ("print('skipped')", "skip-execution"),
    "終わり": "'end'",
}

HANGS = 1_800  # 秒。これだけ待っても終わらなければ、止まっている
LIMIT = 5  # 秒。セルの時間切れ。忙しい機械でも、短いセルはこれより早く終わる
STOPS = {  # 名 → セル、エンジンに渡すもの
    "失敗": (["print('前')", "print('途中'); 1/0", "print('後')"], {}),
    "SystemExit(0)": (["raise SystemExit(0)", "print('後')"], {}),
    "SystemExit(3)": (["raise SystemExit(3)", "print('後')"], {}),
    "時間切れ": (
        ["print('前')", "import time\nprint('途中', flush=True); time.sleep(30)", "1"],
        {"execution_timeout": LIMIT},
    ),
    "await の時間切れ": (
        ["import asyncio", "await asyncio.sleep(30)"],
        {"execution_timeout": LIMIT},
    ),
    "時間切れに割りこむ": (
        ["import time", "time.sleep(30)", "1"],
        {"execution_timeout": LIMIT, "interrupt_on_timeout": True},
    ),
    "await に割りこむ": (
        ["import asyncio", "await asyncio.sleep(30)", "1"],
        {"execution_timeout": LIMIT, "interrupt_on_timeout": True},
    ),
    "allow_errors": (["1/0", "print('後')"], {"allow_errors": True}),
}
SWITCHES = {
    "同じプロセス": {},
    "普通のカーネル": {"MYNA_ENGINE": "kernel"},
}  # 同じエンジンに、普通のカーネルを使わせる
ERRORS = ("ValueError", "SystemExit")
SECRET = "8303002"
STUBBORN = """
import time
for _ in range(2):
    try:
        time.sleep(30)
    except BaseException:
        print("まだ")
"""


def leaky(error: str) -> list:
    return [
        ("raise KeyError('8303' + '002')", RAISES),
        f"print('8303' + '002'); raise {error}('8303' + '002')",
    ]


@dataclass(frozen=True)
class Run:
    notebook: nbformat.NotebookNode
    raised: str
    log: str


def run(folder: Path, wanted: list[tuple[list, str | None, dict, dict]]) -> None:
    """（セル、エンジン、オプション、環境変数）の並びを、本物のプロセスで実行する。"""
    folder.mkdir()
    jobs = []
    for cells, engine, options, environment in wanted:
        source, target = folder / f"{len(jobs)}.in.ipynb", folder / f"{len(jobs)}.ipynb"
        nbformat.write(notebook_of(cells), source)
        paths = {"source": str(source), "target": str(target), "engine": engine}
        jobs.append({**paths, "options": options, "environment": environment})
    (folder / "jobs.json").write_text(json.dumps(jobs), encoding="utf-8")
    subprocess.run(
        [sys.executable, str(RUNNER), str(folder / "jobs.json")], check=True, timeout=HANGS
    )


def notebook_of(cells: list) -> nbformat.NotebookNode:
    made = []
    for number, written in enumerate(cells):
        source, *tags = (written,) if isinstance(written, str) else written
        made.append(nbformat.v4.new_code_cell(source, id=f"c{number}", metadata={"tags": tags}))
    return nbformat.v4.new_notebook(metadata={"kernelspec": KERNELSPEC}, cells=made)


def read(target: Path) -> Run:
    notebook = nbformat.read(target, as_version=4)
    raised, log = (
        Path(f"{target}.{name}").read_text(encoding="utf-8", errors="replace")
        for name in ("raised", "log")
    )
    return Run(notebook, raised, log)


@pytest.fixture(scope="module")
def runs(once) -> dict[str, Run]:
    """この試験で見る全ての実行。一度に、並べて動かす。どの xdist のプロセスも、同じものを読む。"""
    everything, kept = list(CELLS.values()), {"keep_errors": True}
    wanted = {"standard": (everything, None, {}, {})}
    wanted |= {name: (everything, "myna", kept, switch) for name, switch in SWITCHES.items()}
    for name, (cells, options) in STOPS.items():
        wanted[f"standard {name}"] = (cells, None, options, {})
        wanted[f"ours {name}"] = (cells, "myna", options | kept, {})
    for name, switch in SWITCHES.items():
        wanted |= {f"{name} {error}": (leaky(error), "myna", {}, switch) for error in ERRORS}
    wanted["stubborn"] = ([STUBBORN], "myna", {"execution_timeout": 1}, {})
    folder = once("engine_runs", lambda folder: run(folder, [*wanted.values()]))
    return {name: read(folder / f"{number}.ipynb") for number, name in enumerate(wanted)}


@pytest.fixture
def standard(runs) -> Run:
    return runs["standard"]


@pytest.fixture(params=["同じプロセス", "普通のカーネル"])
def ours(request, runs) -> Run:
    return runs[request.param]


@pytest.mark.parametrize("name", CELLS)
def test_every_cell_is_as_the_standard_engine_leaves_it(standard, ours, name):
    position = list(CELLS).index(name)
    mine, theirs = code(ours)[position], code(standard)[position]
    assert theirs.metadata.papermill.duration is not None
    assert comparable(mine) == comparable(theirs)


def test_the_rest_of_the_notebook_is_as_the_standard_engine_leaves_it(standard, ours):
    assert code(ours)[-1].outputs[0].data["text/plain"] == "'end'"
    assert (ours.raised, standard.raised) == ("PapermillExecutionError",) * 2, (
        "papermill は、印を付けた失敗も送出する"
    )
    assert rest(ours.notebook) == rest(standard.notebook)
    assert (
        ours.notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]["w1"][
            "state"
        ]["v"]
        == 2
    )


def code(run: Run) -> list[nbformat.NotebookNode]:
    return [cell for cell in run.notebook.cells if cell.cell_type == "code"]


def comparable(executed: nbformat.NotebookNode) -> dict:
    """比べるもの。時刻、プロセスの番号、出力の切れ目（0.2 秒ごとに送るので、速さによる）を除く。"""
    texts = json.dumps(executed, sort_keys=True, ensure_ascii=False)
    texts = re.sub(r"ipykernel_[0-9]+/[0-9]+", "ipykernel_N/N", texts)
    texts = without_times(texts)
    texts = re.sub(r"0x[0-9a-f]{6,}|process [0-9]+", "N", texts)
    cell = json.loads(texts)
    metadata = cell["metadata"]
    if "papermill" not in metadata:  # papermill が足した、失敗の印
        return {"source": cell["source"], "metadata": metadata}
    cell["outputs"] = joined(cell["outputs"])
    times = metadata.get("execution", {})
    if (
        "shell.execute_reply" not in times
    ):  # 時間切れのカーネルは、止められる間に、KeyboardInterrupt と idle を言うことがある
        times.pop("iopub.status.idle", None)
        cell["outputs"] = [output for output in cell["outputs"] if output["output_type"] != "error"]
    metadata["execution"] = sorted(times)
    timed = {
        name: metadata["papermill"].pop(name) is None
        for name in ("start_time", "end_time", "duration")
    }
    return cell | {"timed": timed}


SPAN = r"(?:-?[0-9.]+(?:e[+-]?[0-9]+)? (?:[munµμ]?s)|[0-9]+(?:d|h|min|s)(?: [0-9]+(?:h|min|s))*)"


def without_times(texts: str) -> str:
    """%time の言う時間（IPython の書き方の全て）を N に。遅いときだけ言う行は、なくす。JSON の中の文にも使える。"""
    texts = re.sub(rf"(Parser|Compiler)\s*: {SPAN}(\n|\\n)", "", texts)
    return re.sub(rf"(user|sys:|total:|Wall time:) {SPAN}", r"\1 N", texts)


def timed_cell(seconds: list[float], slow: list[float]) -> nbformat.NotebookNode:
    """%time のセル。書き方は IPython 自身に聞く。0.1 秒より長い slow（文を読む、訳す）は、行を足す。"""
    user, system, total, wall = map(_format_time, seconds)
    said = f"CPU times: user {user}, sys: {system}, total: {total}\nWall time: {wall}\n"
    named = zip(("Compiler ", "Parser   "), slow, strict=True)
    said += "".join(f"{name}: {_format_time(spent)}\n" for name, spent in named if spent > 0.1)
    papermill = dict.fromkeys(("start_time", "end_time", "duration"), "")
    output = nbformat.v4.new_output("stream", text=said)
    return nbformat.v4.new_code_cell(
        "%time 1", id="c0", outputs=[output], metadata={"papermill": papermill}
    )


@pytest.mark.parametrize("slow", [0.0, 0.2, 90.0])
@pytest.mark.parametrize(
    "seconds",
    [
        -1e-6,
        0.0,
        1e-9,
        9.996e-7,
        1e-6,
        3.4e-5,
        9.999e-4,
        0.012,
        0.9996,
        1.0,
        59.99,
        60,
        62,
        3_600,
        90_061,
    ],
)
def test_no_time_that_ipython_prints_is_compared(seconds, slow):
    """「user 1e+03 ns」も「1d 1h 1min 1s」も。"""
    assert comparable(timed_cell([seconds] * 4, [slow] * 2)) == comparable(
        timed_cell([2e-6] * 4, [0, 0])
    )


@given(
    st.lists(st.floats(0, 1e6), min_size=4, max_size=4),
    st.lists(st.floats(0, 1e6), min_size=2, max_size=2),
)
def test_no_time_at_all_is_compared(seconds, slow):
    assert comparable(timed_cell(seconds, slow)) == comparable(timed_cell([2e-6] * 4, [0, 0]))


def test_what_is_no_time_of_a_cell_is_compared():
    plain = timed_cell([1] * 4, [0, 0])
    for said in ("user 1", "Wall time: 3 人", "1e+03 ns", "Compiler : 12"):
        other = timed_cell([1] * 4, [0, 0])
        other.outputs[0].text += f"{said}\n"
        assert comparable(other)["outputs"][0]["text"].endswith(f"{said}\n")
        assert comparable(other) != comparable(plain)


def joined(outputs: list[dict]) -> list[dict]:
    """隣りあう同じ流れの出力を、一つに。"""
    result: list[dict] = []
    for output in outputs:
        if (
            result
            and output["output_type"] == "stream"
            and result[-1].get("name") == output["name"]
        ):
            result[-1]["text"] += output["text"]
        else:
            result.append(output)
    return result


def rest(notebook: nbformat.NotebookNode) -> dict:
    metadata = json.loads(json.dumps(notebook.metadata))
    for name in ("start_time", "end_time", "duration", "input_path", "output_path"):
        metadata["papermill"].pop(name)
    return metadata


# 止まるノートブック ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STOPS)
def test_a_notebook_that_stops_stops_as_under_the_standard_engine(runs, name):
    standard, ours = runs[f"standard {name}"], runs[f"ours {name}"]
    assert ours.raised == standard.raised
    for kind in ("code", "markdown"):
        both = [
            [comparable(c) for c in run.notebook.cells if c.cell_type == kind]
            for run in (ours, standard)
        ]
        assert both[0] == both[1]
    assert rest(ours.notebook) == rest(standard.notebook)


def test_a_cell_that_swallows_the_time_limit_is_stopped_too(runs):
    assert runs["stubborn"].raised == "CellTimeoutError"


# 違うところ（エンジンの docstring にある） ------------------------------------------------------------


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize("error", ERRORS)
def test_nothing_of_a_failed_cell_is_kept_but_the_kind_of_its_error(runs, switch, error):
    done = runs[f"{switch} {error}"]
    kept = [
        output
        for cell in done.notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]
    assert [(output.output_type, output.ename) for output in kept] == [
        ("error", "KeyError"),
        ("error", error),
    ]
    assert done.raised == "PapermillExecutionError", (
        "SystemExit も、文面を消したために成功と数えてはならない"
    )
    assert SECRET not in nbformat.writes(done.notebook) + done.log


def test_output_to_the_log_is_not_taken_for_output_of_the_cell(tmp_path):
    """papermill の記録と進み具合の帯は、同じ記述子 2 に出る。"""
    source, target = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    cells = ["print('x')", f"import os\nos.write(1, b'raw')\n{SLEEP}", "1"]
    nbformat.write(notebook_of(cells), source)
    command = [
        sys.executable,
        "-m",
        "papermill",
        "--engine",
        "myna",
        "--log-output",
        "--progress-bar",
    ]
    done = subprocess.run(
        [*command, str(source), str(target)], capture_output=True, text=True, check=True
    )
    outputs = [c.outputs for c in nbformat.read(target, as_version=4).cells]
    assert [[o.get("text") for o in each] for each in outputs] == [["x\n"], ["raw"], [None]]
    assert "x" in done.stderr


def test_the_first_notebook_of_a_process_runs_inside_it_and_the_second_in_a_kernel(tmp_path):
    source = tmp_path / "in.ipynb"
    cells = ["import os\nseen = globals().get('seen', 0) + 1\nprint(os.getpid(), seen)"]
    nbformat.write(notebook_of(cells), source)
    code = "import os, papermill, sys\nfor _ in range(2):\n    nb = papermill.execute_notebook(sys.argv[1], None, engine_name='myna', progress_bar=False)\n    print(os.getpid(), nb.cells[0].outputs[0].text)"
    done = subprocess.run(
        [sys.executable, "-c", code, str(source)], capture_output=True, text=True, check=True
    )
    first, second = (line.split() for line in done.stdout.strip().splitlines() if line)
    assert first == [first[0], first[0], "1"]
    assert second[2] == "1"
    assert second[0] != second[1]


def test_without_fork_an_ordinary_kernel_is_chosen_by_itself(tmp_path):
    source = tmp_path / "in.ipynb"
    nbformat.write(notebook_of(["import os\nprint(os.getpid())"]), source)
    code = "import os, papermill, sys\ndel os.fork\nnb = papermill.execute_notebook(sys.argv[1], None, engine_name='myna', progress_bar=False)\nprint(os.getpid(), nb.cells[0].outputs[0].text)"
    done = subprocess.run(
        [sys.executable, "-c", code, str(source)], capture_output=True, text=True, check=True
    )
    here, in_the_cell = done.stdout.split()
    assert here != in_the_cell
