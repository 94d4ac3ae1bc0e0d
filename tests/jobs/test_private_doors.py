"""ほかの道具の、公にされていない入口：確かめた版から変わったら、何をもう一度試すかを知らせる。"""

import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from mynalib.jobs.private_doors import PRIVATE_DOORS, PROVED_WITH

TESTS = next(folder for folder in Path(__file__).parents if folder.name == "tests")
PACKAGE = TESTS.parent / "mynalib"


def installed(package: str) -> str:
    return ".".join(map(str, sys.version_info[:2])) if package == "python" else version(package)


@pytest.mark.parametrize("package", PROVED_WITH)
def test_the_version_is_the_one_its_private_doors_were_proved_with(package):
    again = [
        f"{door.proof}.py（{door.module}.py：{door.uses}）"
        for door in PRIVATE_DOORS
        if door.package == package
    ]
    told = f"{package} は {PROVED_WITH[package]} で確かめ、いまは {installed(package)} です。もう一度動かし、通れば"
    told += " mynalib/jobs/private_doors.py の版を書きかえてください：" + "、".join(again)
    assert installed(package) == PROVED_WITH[package], told


def test_every_private_door_names_a_proved_version_a_module_and_a_test():
    assert {door.package for door in PRIVATE_DOORS} == {*PROVED_WITH}
    assert all(list(PACKAGE.rglob(f"{door.module}.py")) for door in PRIVATE_DOORS)
    assert all(list(TESTS.rglob(f"{door.proof}.py")) for door in PRIVATE_DOORS)


def test_every_module_with_a_private_door_points_at_the_list():
    for door in PRIVATE_DOORS:
        (path,) = PACKAGE.rglob(f"{door.module}.py")
        assert "private_doors" in path.read_text(encoding="utf-8"), path.name
