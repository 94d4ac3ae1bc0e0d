"""作業台の試験の土台：二つの小さな組合（わけを仕込んだものと、でたらめなもの）。試験は、読むだけ。"""

from pathlib import Path

import bench_societies
import pytest

from mynalib.insight.bench import Bench, open_bench

SOCIETIES = {
    "planted": lambda folder: bench_societies.load(folder, bench_societies.planted()),
    "random": lambda folder: bench_societies.load(
        folder, bench_societies.random_life(7), through_intake=False
    ),
}


@pytest.fixture(scope="session", params=SOCIETIES)
def society(once, request) -> Path:
    """どちらかの組合の置き場所。"""
    return once(f"bench-{request.param}", SOCIETIES[request.param])


@pytest.fixture(scope="session")
def planted(once) -> Path:
    """わけを仕込んだ組合の置き場所。"""
    return once("bench-planted", SOCIETIES["planted"])


@pytest.fixture(scope="session")
def bench(society) -> Bench:
    """どちらかの組合を開いた作業台。"""
    return open_bench(society)


@pytest.fixture
def planted_bench(planted) -> Bench:
    """わけを仕込んだ組合を開いた作業台。"""
    return open_bench(planted)
