"""myna lab：保存されるのはコードと文だけ。設定は外へ何も尋ねず、利用者の設定も今のフォルダーも使わない。"""

import copy
import json

import nbformat
import pytest

from mynalib.capsules.catalogue import BENCH_NOTEBOOK
from mynalib.history.home import Home, shipped
from mynalib.jobs.lab import LabFailed, lab
from mynalib.jobs.lab_saving import keep_only_code
from mynalib.verbs.init import found
from mynalib.verbs.lab import put_bench_notebook

SHIPPED = shipped("notebooks") / f"{BENCH_NOTEBOOK}.ipynb"


def model_of(notebook: dict) -> dict:
    return {"type": "notebook", "content": nbformat.from_dict(copy.deepcopy(notebook))}


def as_run(notebook: dict) -> dict:
    """JupyterLab が、動かしたあとに保存しようとする形。"""
    run = copy.deepcopy(notebook)
    run["metadata"] |= {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python", "version": "3.11.7", "file_extension": ".py"},
        "widgets": {
            "application/vnd.jupyter.widget-state+json": {"state": {"x": {"number": "1015000"}}}
        },
    }
    for number, cell in enumerate(run["cells"]):
        if cell["cell_type"] == "code":
            shown = {
                "data": {"text/html": "1015000"},
                "metadata": {},
                "output_type": "display_data",
            }
            cell |= {"execution_count": number, "outputs": [shown]}
            cell["metadata"]["execution"] = {"iopub.execute_input": "2026-11-22T00:00:00"}
    return run


def test_saving_after_a_run_writes_the_shipped_notebook_byte_for_byte():
    original = json.loads(SHIPPED.read_text(encoding="utf-8"))
    model = model_of(as_run(original))
    keep_only_code(model, path="90_explore.ipynb", contents_manager=None)
    assert nbformat.writes(model["content"]) + "\n" == SHIPPED.read_text(encoding="utf-8")


def test_what_was_written_by_hand_is_kept():
    original = json.loads(SHIPPED.read_text(encoding="utf-8"))
    original["cells"][1]["source"] = "bench.rates()"
    original["cells"][1]["metadata"] = {"tags": ["mine"]}
    model = model_of(as_run(original))
    keep_only_code(model)
    cell = model["content"]["cells"][1]
    assert (cell["source"], cell["metadata"]) == ("bench.rates()", {"tags": ["mine"]})


@pytest.mark.parametrize(
    "model", [{"type": "file", "content": "1015000"}, {"type": "notebook", "content": None}]
)
def test_other_files_are_saved_as_they_are(model):
    before = copy.deepcopy(model)
    keep_only_code(model)
    assert model == before


def test_every_home_has_the_bench_and_only_the_bench(tmp_path):
    home = found(tmp_path / "home")
    assert [path.name for path in home.notebooks.iterdir()] == [SHIPPED.name]
    assert (home.notebooks / SHIPPED.name).read_bytes() == SHIPPED.read_bytes()


def test_a_home_made_earlier_gets_the_bench_and_ones_own_is_left_alone(tmp_path):
    home = Home(tmp_path)
    put_bench_notebook(home)
    target = home.notebooks / SHIPPED.name
    assert target.read_bytes() == SHIPPED.read_bytes()
    target.write_text("自分の", encoding="utf-8")
    put_bench_notebook(home)
    assert target.read_text(encoding="utf-8") == "自分の"


def test_a_server_that_does_not_start_is_told_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    home = found(tmp_path / "home")
    monkeypatch.setattr("mynalib.jobs.lab.LOCAL", "no.such.host.invalid")
    with pytest.raises(LabFailed), lab(home, SHIPPED.name, browser=False):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
