"""取込の間だけ使う DuckDB。SQL は sql/ のファイルにあり、値は引数で渡す。"""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import duckdb

from mynalib.domain.errors import FULL, MynaError, Refused

THREADS = 2
MEMORY = "1GB"  # 全体で 1.5 GB に収める。超える分は spill に書く
SCRATCH = "myna-"
DAY = 24 * 60 * 60
_SQL = Path(__file__).with_name("sql")


class Workbench:
    """一つの取込の作業台。一時ファイルは spill の中だけにできる。where は、失敗を伝えるときの場所。"""

    def __init__(self, spill: Path, where: str):
        self._where = where
        self._db = duckdb.connect(
            config={
                "threads": THREADS,
                "memory_limit": MEMORY,
                "temp_directory": str(spill),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "preserve_insertion_order": True,
                # 行数の見積りを外して、大きい表の方でハッシュ表を作ることがある。右が小さい表になるように書いてある
                "disabled_optimizers": "join_order,build_side_probe_side",
            }
        )

    def run(self, name: str, **values: Any) -> list[tuple]:
        """sql/{name}.sql を実行し、行を返す。列の意味は、その .sql の冒頭にある。

        Raises: Refused DISK_FULL、ほかの失敗は MynaError。DuckDB の文面は行の値を引用するので、どこにも残さない。
        """
        try:
            return self._db.execute(query(name), values or None).fetchall()
        except duckdb.Error as error:
            failure = _without_values(error, self._where)
        raise failure  # except の外で送出すると、元の例外が __context__ に残らない

    def close(self) -> None:
        self._db.close()


@cache
def query(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


@contextmanager
def workbench(spill: Path, where: str) -> Iterator[Workbench]:
    """作業台を開き、終わったら閉じる。"""
    bench = Workbench(spill, where)
    try:
        yield bench
    finally:
        bench.close()


@contextmanager
def scratch() -> Iterator[Path]:
    """人の値を一時に書く、自分だけのフォルダー。終われば消す。強制終了で残ったものは、一日たてば次のときに消す。"""
    for left in Path(gettempdir()).glob(f"{SCRATCH}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > DAY:
                shutil.rmtree(left)
    with TemporaryDirectory(prefix=SCRATCH, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _without_values(error: duckdb.Error, where: str) -> MynaError:
    if any(sign in str(error) for sign in FULL):
        return Refused(
            "DISK_FULL", where=where, what="空き容量が足りません", fix="元のファイルの 4 倍ほどの空きを作ってください。"
        )
    what = f"取込の途中で失敗しました（{type(error).__name__}）"
    return MynaError(where=where, what=what, fix="もう一度実行し、続くようなら開発者に知らせてください。")
