"""依存の固定：uv.lock、requirements.lock、environment.yml、pyproject が同じものを指す。"""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


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
    assert exported_versions() == {name: v for name, v in locked_versions().items() if name != "mynalib"}


def test_every_declared_dependency_is_locked():
    declared = [*project()["project"]["dependencies"], *project()["dependency-groups"]["dev"]]
    names = {re.match(r"[A-Za-z0-9._-]+", line)[0].lower() for line in declared}
    assert names <= set(exported_versions())


def test_the_conda_environment_is_python_pip_the_lock_and_this_project():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *plain, pip = environment["dependencies"]
    assert [re.match("[a-z]+", name)[0] for name in plain] == ["python", "pip"]
    assert pip == {"pip": ["-r requirements.lock", "-e ."]}


def test_the_wheel_carries_notebooks_and_sample_params():
    wheel = project()["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(wheel["force-include"]) == {"notebooks", "params"}
    assert all((ROOT / folder).is_dir() for folder in wheel["force-include"])


def test_the_papermill_engine_is_registered():
    from importlib.metadata import entry_points

    (engine,) = entry_points(group="papermill.engine", name="myna")
    assert engine.load().__name__ == "WarmEngine"
