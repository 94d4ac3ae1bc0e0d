"""小さな表と Parquet のあいだ。DuckDB の失敗の文は行の値を引用するので、外に出さない。"""

import atexit
import errno
import glob
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb
import pandas as pd

from mynalib.domain.errors import is_full
from mynalib.history.files import replace_file


def desk() -> duckdb.DuckDBPyConnection:
    """手元の小さな表を扱う接続。開くのがいちばん遅いので、プロセスで一度だけ開く。表は残さず、名（register）は接続ごとに違う。"""
    return _desk(os.getpid()).cursor()


@cache
def _desk(_: int) -> duckdb.DuckDBPyConnection:
    """プロセスごとの DuckDB。fork した子は、親のものを使わない。"""
    db = duckdb.connect()
    atexit.register(db.close)
    return db


def put_table(db: duckdb.DuckDBPyConnection, name: str, table: pd.DataFrame) -> None:
    """DataFrame を、その名の表として写す。"""
    db.from_df(table).create(name)


def read_table(path: Path) -> pd.DataFrame | None:
    """一つの Parquet を読む。読めなければ None（壊れているかは、呼ぶ側が決める）。"""
    return read_tables([path])[0]


def read_tables(paths: Iterable[Path]) -> list[pd.DataFrame | None]:
    """いくつもの Parquet を、一つの接続で読む。形のそろった多くのもの（六十か月の集計）は、一度に読む。"""
    paths = [*paths]
    with desk() as db:
        if len(paths) > 1 and _alike(db, paths):
            return _read_together(db, paths)
        return [_read(db, path) for path in paths]


def _alike(db: duckdb.DuckDBPyConnection, paths: Iterable[Path]) -> bool:
    """どれも読めて、列の名と型と順が同じか。違うものを一度に読むと、はじめのものにない列が、黙って落ちる。"""
    schema = """
        select count(distinct columns) = 1 from (
            select string_agg(concat(name, ' ', type, ' ', converted_type), ',') as columns
            from parquet_schema($paths) group by file_name
        )
    """
    try:
        # 終わりまで取る（fetchall）。残したままでは、次の問いが断られる
        [(alike,)] = db.execute(schema, {"paths": _names(paths)}).fetchall()
        return alike
    except duckdb.Error:
        return False


def _read_together(
    db: duckdb.DuckDBPyConnection, paths: Iterable[Path]
) -> list[pd.DataFrame | None]:
    try:
        table = db.read_parquet(_names(paths), filename=True).df()
    except duckdb.Error:
        return [_read(db, path) for path in paths]
    file = table.pop("filename")
    parts = table.groupby(file, sort=False)
    found = {name: part.reset_index(drop=True) for name, part in parts}
    # 行のないファイルは、組にならない。列の型が行のあるものと違うので、それだけを読む
    return [found[str(path)] if str(path) in found else _read(db, path) for path in paths]


def _names(paths: Iterable[Path]) -> list[str]:
    """DuckDB に渡す道。home の名の [ ] を、型と読ませない。"""
    return [glob.escape(str(path)) for path in paths]


def _read(db: duckdb.DuckDBPyConnection, path: Path) -> pd.DataFrame | None:
    try:
        return db.read_parquet(_names([path])).df()
    except duckdb.Error:
        return None


def write_table(path: Path, table: pd.DataFrame) -> None:
    """一つの Parquet に書く。"""
    write_tables({path: table})


def write_tables(tables: Mapping[Path, pd.DataFrame]) -> None:
    """いくつもの Parquet に、一つの接続で書く。途中の形は見せずに、その名にする。OSError のほかは出さない。"""
    with desk() as db:
        for path, table in tables.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            # 錠をとらずに数える二つの命令が、同じ集計を同時に書くことがある
            beside = path.with_name(f".{path.name}.{os.getpid()}.part")
            with as_os_error(path):
                db.from_df(table).write_parquet(str(beside))
            replace_file(beside, path)


@contextmanager
def as_os_error(path: Path) -> Iterator[None]:
    """DuckDB が path に書けなかったことを、OSError にする。"""
    try:
        yield
    except duckdb.Error as error:
        raise OSError(errno.ENOSPC if is_full(error) else errno.EIO, "", str(path)) from None
