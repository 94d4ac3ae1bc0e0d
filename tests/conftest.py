"""試験の土台：止めた時計、架空の組合（一度だけ作る）、小さな組合。"""

import atexit
import os
import shutil
from pathlib import Path

import pytest
from long_record import write_record
from societies import SmallSociety

from mynalib.demo import DemoSociety, make_society, run_demo
from mynalib.domain.months import Month
from mynalib.history.home import Home

TODAY = "2026-11-22"
NEWEST = Month.parse("2026-10")
os.environ["MYNA_TODAY"] = TODAY  # どの試験も、この日に動く
os.environ.pop("MYNA_HOME", None)


def silent(_: str) -> dict:
    """進み具合を見せない。"""
    return {"on_plan": lambda _: None, "on_done": lambda _: None}


@pytest.fixture(scope="session")
def demo_society() -> DemoSociety:
    """架空の組合の、作り手だけが知る真実。"""
    return make_society(NEWEST)


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory) -> Home:
    """`myna demo` と同じものを、一度だけ作る。試験は、読むだけ。"""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    run_demo(folder, None, silent)
    return Home(folder)


@pytest.fixture(scope="session")
def demo_release(demo_home) -> Path:
    return demo_home.reports / str(NEWEST)


@pytest.fixture(scope="session")
def _published(tmp_path_factory) -> SmallSociety:
    society = SmallSociety.found(tmp_path_factory.mktemp("small") / "home")
    society.publish()
    return society


@pytest.fixture
def published(_published, tmp_path) -> SmallSociety:
    """公開まで済んだ小さな組合の写し。試験ごとに、壊してよい。"""
    return SmallSociety(Home(Path(shutil.copytree(_published.home.root, tmp_path / "home"))))


@pytest.fixture
def small(tmp_path) -> SmallSociety:
    """三事業所、二か月を取り込んだ、まだ公開していない小さな組合。"""
    return SmallSociety.found(tmp_path / "home")


def pytest_terminal_summary(terminalreporter, exitstatus: int, config: pytest.Config) -> None:
    """make test-long（数の多い試行のある試験だけを動かす）の記録を、全て通ったファイルについて書く。"""
    if os.environ.get("MYNA_RECORD"):
        passed, failed, error = (terminalreporter.stats.get(name, []) for name in ("passed", "failed", "error"))
        write_record(passed, [*failed, *error])


def pytest_unconfigure(config: pytest.Config) -> None:
    """ブラウザーがなければ、その試験が動いていないことを、最後の行で知らせる。"""
    if not hasattr(config, "workerinput") and not shutil.which("chromium"):
        print("ブラウザーの試験は、動いていません（Chromium がありません）")


@atexit.register
def _close_standard_error() -> None:
    """結果を知らせ終えたあとの標準エラーを閉じる。DuckDB が終わりぎわに、害のない長い警告を出すことがある。"""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
