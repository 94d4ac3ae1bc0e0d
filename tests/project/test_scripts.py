"""開発の道具（tests/scripts）は、どれも、一人で読みこめる。"""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parents[1] / "scripts").glob("*.py"))
LOAD = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='loaded')"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_loads_without_the_tests_around_it(script, tmp_path):
    """make が呼ぶときは、pytest の道（pythonpath）がない。"""
    done = subprocess.run(
        [sys.executable, "-c", LOAD, script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
