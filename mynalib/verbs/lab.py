"""分析の作業台を、JupyterLab で開く。"""

import shutil
from collections.abc import Callable
from contextlib import suppress

from mynalib.capsules.catalogue import BENCH_NOTEBOOK
from mynalib.history.files import writing
from mynalib.history.home import Home, shipped
from mynalib.jobs.lab import lab


def open_lab(home: Home, browser: bool, tell: Callable[[str], None]) -> None:
    """JupyterLab を起こし、番地を知らせ、終わるまで待つ。錠をとらないので、取込と公開は止まらない。

    Args:
        browser: 利用者のブラウザーで開くか。
        tell: 番地（合言葉つき）を知らせる先。
    Raises:
        LabFailed: 起きない。
        NotWritable, DiskFull: notebooks/ に書けない。
    """
    put_bench_notebook(home)
    with lab(home, f"{BENCH_NOTEBOOK}.ipynb", browser) as (address, server):
        tell(address)
        with suppress(KeyboardInterrupt):  # 終え方の一つ
            server.wait()


def put_bench_notebook(home: Home) -> None:
    """分析の作業台のノートブックを、notebooks/ に置く。もうあれば（書き足したものかもしれないので）、触らない。"""
    target = home.notebooks / f"{BENCH_NOTEBOOK}.ipynb"
    with writing(home.root), home.private():
        home.notebooks.mkdir(exist_ok=True)
        if not target.exists():
            shutil.copyfile(shipped("notebooks") / target.name, target)
