"""ノートブック：書き方の決まりと、本物の papermill での実行（普通のカーネルと、温かいエンジン）。"""

import ast
import os
from collections.abc import Callable
from pathlib import Path

import nbformat
import papermill
import pytest
from commands import out, run_cells, run_papermill
from papermill.exceptions import PapermillExecutionError
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from mynalib.capsules.catalogue import BENCH_NOTEBOOK, EDITIONS, NOTEBOOKS
from mynalib.jobs.pages import shown_outputs

LONG = bool(os.environ.get("MYNA_LONG"))
USUAL = ("03_management_report", "05_employer_reminders")
FOLDER = Path(__file__).parents[2] / "notebooks"
FORBIDDEN = (
    ast.FunctionDef,
    ast.ClassDef,
    ast.For,
    ast.While,
    ast.Try,
    ast.Lambda,
    ast.ListComp,
    ast.If,
)
RUNS = {
    "01_intake_review": [{}],
    "02_society_dashboard": [{}],
    "03_management_report": [{"edition": "wide"}, {"edition": "internal"}],
    "04_employer_dashboard": [{"employer": "E01"}],
    "05_employer_reminders": [{"employer": "E02"}],
    "06_reminder_effect": [{}],
    "07_joint_use_notice": [{}],
    "08_society_lists": [{}],
    "09_certificate_desk": [{}],
    "09_release_comparison": [{}],
    "10_privacy_review": [{}],
}


def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def code_cells(name: str) -> list[nbformat.NotebookNode]:
    return [cell for cell in read(name).cells if cell.cell_type == "code"]


def test_the_catalogue_and_the_folder_are_the_same():
    assert (
        {path.stem for path in FOLDER.glob("*.ipynb")} - {BENCH_NOTEBOOK}
        == set(NOTEBOOKS)
        == {e.notebook for e in EDITIONS}
        == set(RUNS)
    )


@pytest.mark.parametrize("name", [*NOTEBOOKS, BENCH_NOTEBOOK])
def test_a_notebook_is_short_and_has_no_output(name):
    cells = read(name).cells
    assert 6 <= len(cells) <= 12
    assert all(not cell.get("outputs") and not cell.get("execution_count") for cell in cells)
    assert all(len(cell.source.splitlines()) <= 8 for cell in cells)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_holds_no_logic_sql_or_path(name):
    for cell in code_cells(name):
        nodes = list(ast.walk(ast.parse(cell.source)))
        assert not [type(node).__name__ for node in nodes if isinstance(node, FORBIDDEN)]
        texts = [
            n.value.lower()
            for n in nodes
            if isinstance(n, ast.Constant) and isinstance(n.value, str)
        ]
        assert not [text for text in texts if "select " in text or "/" in text or "\\" in text]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_has_one_parameters_cell_with_comments_and_no_default(name):
    (cell,) = [cell for cell in code_cells(name) if "parameters" in cell.metadata.get("tags", [])]
    lines = cell.source.splitlines()
    assert [line.split(":")[0] for line in lines] == list(NOTEBOOKS[name].parameters)
    assert all(' = ""  # ' in line for line in lines)


@pytest.mark.parametrize("name", [*NOTEBOOKS, BENCH_NOTEBOOK])
def test_a_notebook_begins_with_a_title_and_the_question_it_answers(name):
    first = read(name).cells[0].source
    assert first.startswith("# ")
    assert len(first.splitlines()) > 2


@pytest.mark.long
@pytest.mark.parametrize("name", NOTEBOOKS if LONG else USUAL)
def test_every_notebook_runs_through_papermill_and_both_engines_show_the_same(
    published, name, monkeypatch
):
    """ふだんは、図の多い一冊の概数版と、人の行のある一冊。ほかの冊と版は、公開が温かいエンジンで動かす。"""
    monkeypatch.setenv("MYNA_HOME", str(published.home.root))
    for extra in RUNS[name] if LONG else RUNS[name][:1]:
        plain, warm = (
            shown(name, {"month": "2026-10", **extra}, engine) for engine in (None, "myna")
        )
        assert plain == warm
        assert plain


def test_all_cells_of_the_bench_can_be_run_twice(published, monkeypatch):
    """作業台は、同じカーネルで全てのセルを二度動かしても、止まらない。"""
    monkeypatch.setenv("MYNA_HOME", str(published.home.root))
    notebook = read(BENCH_NOTEBOOK)
    once = code_cells(BENCH_NOTEBOOK)
    again = [nbformat.from_dict({**cell, "id": f"again-{cell.id}"}) for cell in once]
    notebook.cells = [*once, *again]
    papermill.execute_notebook(notebook, None, progress_bar=False, **QUIET)


def shown(name: str, parameters: dict, engine: str | None) -> list[dict]:
    """見せてよい印のある出力の、中身。温かいエンジンは、報告ごとに別のプロセスで動かす。"""
    notebook = (
        _execute(name, parameters, None) if engine is None else _in_own_process(name, parameters)
    )
    return [{**output.data} for output in shown_outputs(notebook)]


def _execute(name: str, parameters: dict, engine: str | None) -> nbformat.NotebookNode:
    return papermill.execute_notebook(
        str(FOLDER / f"{name}.ipynb"),
        None,
        parameters,
        engine_name=engine,
        progress_bar=False,
        **QUIET,
    )


def _in_own_process(name: str, parameters: dict) -> nbformat.NotebookNode:
    words = [FOLDER / f"{name}.ipynb", "-", "--engine", "myna", "--no-progress-bar"]
    words += [part for key, value in parameters.items() for part in ("-p", key, value)]
    done = run_papermill(*words)
    assert done.returncode == 0, out(done)
    return nbformat.reads(done.stdout.decode(), as_version=4)


QUIET = {"extra_arguments": ["--IPKernelApp.log_level=50"]}


STRANGE = """
import pandas as pd
limit, words, chosen = 5, ["a"], {"b": None}
frame: pd.DataFrame = pd.DataFrame()
def look(): pass
"""
DECLARED = 'employer: str = "{}"\nmonth: str = "2026-10"'


@pytest.fixture
def by_hand(published, monkeypatch, tmp_path) -> Callable[..., list[list[dict]]]:
    """セルの並び → JupyterLab のように、一つのカーネルで順に動かした、それぞれの出力。"""
    monkeypatch.setenv("MYNA_HOME", str(published.home.root))

    def run(*sources: str) -> list[list[dict]]:
        path = tmp_path / "by_hand.ipynb"
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        done = run_cells(path)
        assert done.returncode == 0, out(done)
        ran = nbformat.read(path, as_version=4).cells
        return [cell.outputs for cell in ran if cell.cell_type == "code"]

    return run


WRONG = {
    "事業所がない": ({"month": "2026-10"}, "employer"),
    "綴りの誤り": ({"month": "2026-10", "emploer": "E01"}, "emploer"),
    "知らない名": ({"month": "2026-10", "employer": "E01", "extra": 1}, "extra"),
    "月の形": ({"month": "2026年10月", "employer": "E01"}, "month"),
    "知らない事業所": ({"month": "2026-10", "employer": "E99"}, "公開できる事業所ではありません"),
    "ない月": ({"month": "2025-01", "employer": "E01"}, "取り込まれていません"),
}


def test_wrong_parameters_stop_in_the_first_library_cell_with_a_clear_error(by_hand):
    """papermill が差しこむとおりのセルを、一つのカーネルで、順に。papermill そのものは、下の試験で止まる。"""
    cells = [source for given, _ in WRONG.values() for source in opening_cells(given)]
    outputs = by_hand(*cells)[2::3]
    for output, (_, message) in zip(outputs, WRONG.values(), strict=True):
        assert message in output[-1].evalue
        assert "→" in output[-1].evalue


def opening_cells(parameters: dict) -> list[str]:
    """parameters のセル、papermill の差しこむセル、カプセルを開くセル。"""
    notebook = load_notebook_node(str(FOLDER / "04_employer_dashboard.ipynb"))
    cells = parameterize_notebook(notebook, parameters).cells
    opening = [cell.source for cell in cells if cell.cell_type == "code"][:3]
    assert opening[2].startswith("from mynalib")
    return opening


def test_a_notebook_runs_twice_in_one_kernel_among_strange_globals(by_hand):
    _, opening, *shown_cells = (cell.source for cell in code_cells("04_employer_dashboard"))
    once = [DECLARED.format("E01"), opening, *shown_cells]
    first, again = [STRANGE, *once], ["left_over = 1", *once, STRANGE, *once[1:]]
    outputs = by_hand(*first, *again)
    assert not [output for cell in outputs for output in cell if output.output_type == "error"]
    first_run, last_run = outputs[2 : len(first)], outputs[-len(once) + 1 :]
    assert [output.data for cell in first_run for output in cell] == [
        output.data for cell in last_run for output in cell
    ]


def test_a_misspelt_parameter_stops_and_its_correction_runs(by_hand):
    opening = code_cells("04_employer_dashboard")[1].source
    right, wrong = DECLARED.format("E01"), DECLARED.format("E02").replace("employer", "emploer")
    _, opened, _, stopped, _, corrected = by_hand(right, opening, wrong, opening, right, opening)
    assert "emploer" in stopped[-1].evalue, "前の employer で、別の事業所を開かない"
    assert opened[0].output_type == corrected[0].output_type == "display_data"


def test_a_failed_opening_leaves_nothing_of_the_capsule_before(by_hand):
    opening = code_cells("04_employer_dashboard")[1].source
    look = '[name in globals() for name in ("page", "limit")]'
    right, wrong = DECLARED.format("E01"), DECLARED.format("E99")
    _, _, _, before, _, _, after = by_hand(STRANGE, right, opening, look, wrong, opening, look)
    assert before[0].data["text/plain"] == "[True, True]"
    assert after[0].data["text/plain"] == "[False, True]"


def test_a_strange_parameter_stops_even_beside_a_cell_that_sets_the_right_ones(
    published, monkeypatch, tmp_path
):
    monkeypatch.setenv("MYNA_HOME", str(published.home.root))
    notebook = read("04_employer_dashboard")
    notebook.cells.insert(2, nbformat.v4.new_code_cell(DECLARED.format("E01")))
    nbformat.write(notebook, tmp_path / "own.ipynb")
    with pytest.raises(PapermillExecutionError, match="emploer"):
        papermill.execute_notebook(
            tmp_path / "own.ipynb",
            None,
            {"emploer": "E02"},
            engine_name=None,
            progress_bar=False,
            **QUIET,
        )


def test_the_warm_engine_keeps_no_value_of_a_failed_cell(published, monkeypatch, tmp_path):
    monkeypatch.setenv("MYNA_HOME", str(published.home.root))
    notebook = read("05_employer_reminders")
    notebook.cells.insert(
        4, nbformat.v4.new_code_cell('raise ValueError(capsule.table("reminders").number[0])')
    )
    path, target = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    nbformat.write(notebook, path)
    done = run_papermill(
        path, target, "--engine", "myna", "-p", "employer", "E01", "-p", "month", "2026-10"
    )
    assert done.returncode != 0
    assert "1015001" not in out(done) + target.read_text(encoding="utf-8")
