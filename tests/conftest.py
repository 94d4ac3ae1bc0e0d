"""試験の土台：止めた時計、止めた種、架空の組合（一度だけ作る）、小さな組合、試験の順。"""

# ruff: noqa: E402 集めるまでの読みこみを、軽くしてから始める
import atexit
import gc
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from mynalib.startup import leave_out_iri_grammar, spare_the_collector

gc.disable()  # 集め終わるまで（pytest_collection_finish）
leave_out_iri_grammar()  # 試験のプロセスも、命令と同じく

import made_ahead
from long_record import write_record
from made_ahead import made_once, make_demo
from societies import SmallSociety

from mynalib.demo import DemoSociety, make_society
from mynalib.domain.months import Month
from mynalib.history.home import Home

TODAY = "2026-11-22"
NEWEST = Month.parse("2026-10")
SMALL = "not large"  # make test の選び方
os.environ["MYNA_TODAY"] = TODAY  # どの試験も、この日に動く
os.environ.pop("MYNA_HOME", None)
# あれば、試験の起こす子が、読みこむたびに mynalib を訳しなおし（一つに一秒）、pytest が、動かすたびに試験を訳しなおす（十秒）
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# 一つの例が遅くても、失敗ではない（機械が忙しいだけ）。例は、いつも同じ
settings.register_profile(
    "myna", deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
settings.load_profile("myna")


@pytest.fixture(scope="session")
def demo_society() -> DemoSociety:
    """架空の組合の、作り手だけが知る真実。"""
    return make_society(NEWEST)


@pytest.fixture(scope="session")
def once(tmp_path_factory) -> Callable[[str, Callable[[Path], object]], Path]:
    """(名, 作り方) → フォルダー。並んで動く全てのプロセス（xdist）で一度だけ作る。試験は、読むだけ。"""
    return partial(made_once, _shared(tmp_path_factory))


def _shared(tmp_path_factory) -> Path:
    """並んで動く全てのプロセスに、一つのフォルダー。"""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session", autouse=True)
def _demo_made_ahead(request, tmp_path_factory):
    """架空の組合を使う試験があれば、別のプロセスで、はじめから作っておく。作る間（一分）は、ほかの試験が動く。"""
    first = os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0"
    if not first or not any(map(_needs_demo, request.session.items)):
        yield
        return
    command = [sys.executable, made_ahead.__file__, _shared(tmp_path_factory)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **quiet) as making:
        yield
        making.terminate()  # 途中で止めた試験のとき


@pytest.fixture(scope="session")
def loaded_for_jobs(once) -> set[str]:
    """公開の命令と、その仕事が分かれるサーバーの読みこむ、全てのモジュール。本物のプロセスに、一度だけ聞く。"""

    def ask(folder: Path) -> None:
        code = (
            "import sys, mynalib.jobs.warm, mynalib.cli, mynalib.verbs.publish; print(*sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        folder.mkdir()
        (folder / "modules").write_bytes(done.stdout)

    return {*(once("loaded_for_jobs", ask) / "modules").read_text(encoding="utf-8").split()}


@pytest.fixture(scope="session")
def demo_home(once) -> Home:
    """`myna demo` と同じもの。試験は、読むだけ。"""
    return Home(once("demo", make_demo))


@pytest.fixture(scope="session")
def demo_release(demo_home) -> Path:
    return demo_home.reports / str(NEWEST)


def copied(home: Path, to: Path) -> SmallSociety:
    return SmallSociety(Home(Path(shutil.copytree(home, to))))


@pytest.fixture(scope="session")
def _small(once) -> Path:
    return once("small", SmallSociety.found)


@pytest.fixture(scope="session")
def _published(once, _small) -> Path:
    return once("published", lambda folder: copied(_small, folder).publish())


@pytest.fixture(scope="session")
def _drafted(once, _small) -> Path:
    return once("drafted", lambda folder: copied(_small, folder).publish(draft=True))


@pytest.fixture
def published(_published, tmp_path) -> SmallSociety:
    """公開まで済んだ小さな組合の写し。試験ごとに、壊してよい。"""
    return copied(_published, tmp_path / "home")


@pytest.fixture
def small(_small, tmp_path) -> SmallSociety:
    """三事業所、二か月を取り込んだ、まだ公開していない小さな組合の写し。試験ごとに、壊してよい。"""
    return copied(_small, tmp_path / "home")


@pytest.fixture
def drafted(_drafted, tmp_path) -> SmallSociety:
    """small の、下書きまで済んだもの。公開は、下書きのあとに変わった仕事だけを動かすので、small より速い。"""
    return copied(_drafted, tmp_path / "home")


def pytest_xdist_auto_num_workers() -> int:
    """CPU より一つ多く。ブラウザーやカーネルを待つ間に、ほかの試験が進む。"""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """make test では、make test-long だけのものを外す。MYNA_ORDER=種 なら、その種で決まる、でたらめな順に。一つのファイルの試験は、続けて（その土台を一度だけ作る）。"""
    if not os.environ.get("MYNA_LONG"):
        left = [item for item in items if _only_when_long(item)]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
    items.sort(key=_needs_demo)  # 架空の組合を使うものは、終わりに。それまでに、できている
    if seed := os.environ.get("MYNA_ORDER"):
        rng = random.Random(seed)
        files = {item.path: rng.random() for item in items}
        items.sort(key=lambda item: (files[item.path], rng.random()))


def pytest_collection_finish() -> None:
    """ここまでに読みこんだものは、捨てない。数え直すと、一つの試験が作るごみより、ずっと時間がかかる。"""
    spare_the_collector()
    gc.enable()


def _needs_demo(item: pytest.Item) -> bool:
    return "demo_home" in item.fixturenames


def _only_when_long(item: pytest.Item) -> bool:
    """long(only=True) の印があるか。"""
    return any(mark.kwargs.get("only") for mark in item.iter_markers("long"))


def pytest_terminal_summary(terminalreporter, exitstatus: int, config: pytest.Config) -> None:
    """make test-long（数の多い試行のある試験だけを動かす）の記録を、全て通ったファイルについて書く。"""
    if os.environ.get("MYNA_RECORD"):
        passed, failed, error = (
            terminalreporter.stats.get(name, []) for name in ("passed", "failed", "error")
        )
        write_record(passed, [*failed, *error])


def pytest_unconfigure(config: pytest.Config) -> None:
    """大きな試験が動いていないことと、ブラウザーか LibreOffice がなければ、その試験が動いていないことを、最後の行で知らせる。"""
    if hasattr(config, "workerinput"):
        return
    if config.option.markexpr == SMALL:
        print("大きな試験は、動かしていません（make test-large）")
    for command, name in (("chromium", "Chromium"), ("soffice", "LibreOffice")):
        if not shutil.which(command):
            print(f"{name} がないので、それで開く試験は、動いていません")


@atexit.register
def _close_standard_error() -> None:
    """結果を知らせ終えたあとの標準エラーを閉じる。DuckDB が終わりぎわに、害のない長い警告を出すことがある。"""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
