"""依存の固定：uv.lock、requirements.lock、environment.yml、pyproject が同じものを指す。"""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from plotly.offline import get_plotlyjs_version

import mynalib

ROOT = Path(__file__).parents[2]


def locked_versions() -> dict[str, set[str]]:
    versions: dict[str, set[str]] = {}
    for package in tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]:
        versions.setdefault(package["name"], set()).add(package.get("version", ""))
    return versions


def exported_versions() -> dict[str, set[str]]:
    versions: dict[str, set[str]] = {}
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        if found := re.match(r"([a-z0-9._-]+)==([^ ;]+)", line):
            versions.setdefault(found[1], set()).add(found[2])
    return versions


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_exported_lock_is_the_lock():
    assert exported_versions() == {
        name: v for name, v in locked_versions().items() if name != "mynalib"
    }


def test_every_declared_dependency_is_locked():
    declared = [*project()["project"]["dependencies"], *project()["dependency-groups"]["dev"]]
    names = {re.match(r"[A-Za-z0-9._-]+", line)[0].lower() for line in declared}
    assert names <= set(exported_versions())


def test_the_conda_environment_is_python_pip_the_lock_and_this_project():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *plain, pip = environment["dependencies"]
    assert [re.match("[a-z]+", name)[0] for name in plain] == ["python", "pip"]
    assert pip == {"pip": ["-r requirements.lock", "-e ."]}


@pytest.fixture(scope="module")
def unpacked_wheel(tmp_path_factory) -> Path:
    """このプロジェクトの wheel を作り、開いたもの。"""
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "-t",
        "wheel",
        "-d",
        str(folder / "dist"),
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next((folder / "dist").glob("*.whl"))) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_carries_notebooks_templates_sql_and_sample_params(unpacked_wheel):
    packed = {
        path.relative_to(unpacked_wheel / "mynalib").as_posix()
        for path in (unpacked_wheel / "mynalib").rglob("*")
    }
    for folder in ("notebooks", "params"):
        ours = {
            p.relative_to(ROOT).as_posix()
            for p in (ROOT / folder).rglob("*")
            if p.suffix in (".ipynb", ".yaml", ".json")
        }
        assert ours
        assert {f"_data/{name}" for name in ours} <= packed
    beside = [
        p
        for p in (ROOT / "mynalib").rglob("*")
        if p.suffix in (".sql", ".j2", ".css", ".js", ".json")
    ]
    assert {p.relative_to(ROOT / "mynalib").as_posix() for p in beside} <= packed


def test_the_installed_package_founds_a_home_from_any_folder(unpacked_wheel, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(unpacked_wheel)}
    command = [sys.executable, "-m", "mynalib", "init", "home"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert (tmp_path / "home" / "params" / "employers" / "E19.yaml").is_file()


def test_publishing_does_not_load_what_only_the_bench_needs(loaded_for_jobs):
    """ipywidgets などは、分析する人のもの。公開の仕事が分かれるサーバーは、読みこまない。"""
    packages = {name.partition(".")[0] for name in loaded_for_jobs}
    assert "papermill" in packages
    assert not packages & {"ipywidgets", "anywidget", "jupyterlab"}


def test_the_papermill_engine_is_registered():
    # papermill は、読みこまれるときに、登録されたエンジンを読みこむ
    from papermill.engines import papermill_engines

    assert papermill_engines.get_engine("myna").__name__ == "WarmEngine"


def test_the_charts_are_drawn_by_the_same_plotly_that_describes_them():
    """同梱の図の道具（plotly.js の basic）は、Python の plotly が書く図と同じ版。"""
    shipped = (Path(mynalib.__file__).parent / "jobs" / "assets" / "plotly-basic.min.js").read_text(
        encoding="utf-8"
    )
    assert f"plotly.js (basic - minified) v{get_plotlyjs_version()}\n" in shipped[:200]
