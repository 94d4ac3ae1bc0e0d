"""小さな表と Parquet のあいだ。DuckDB の失敗の文は行の値を引用するので、外に出さない。"""

import errno
import glob
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd

from mynalib.history.files import replace_file


def put_table(db: duckdb.DuckDBPyConnection, name: str, table: pd.DataFrame) -> None:
    """DataFrame を、その名の表として写す。"""
    db.register("incoming", table)
    db.table("incoming").create(name)
    db.unregister("incoming")


def read_table(path: Path) -> pd.DataFrame | None:
    """Parquet を読む。読めなければ None（壊れているかは、呼ぶ側が決める）。"""
    try:
        with duckdb.connect() as db:
            return db.read_parquet(glob.escape(str(path))).df()
    except duckdb.Error:
        return None


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Parquet に書いて、途中の形を見せずに、その名にする。OSError のほかは出さない。"""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    with duckdb.connect() as db, _as_os_error(path):
        put_table(db, "written", table)
        db.table("written").write_parquet(str(beside))
    replace_file(beside, path)


@contextmanager
def _as_os_error(path: Path) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise OSError(errno.ENOSPC if is_full(error) else errno.EIO, "", str(path)) from None


def is_full(error: duckdb.Error) -> bool:
    """空きが足りないための失敗か。"""
    return any(sign in str(error) for sign in ("No space left", "File too large", "max_temp_directory_size"))
