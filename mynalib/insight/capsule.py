"""カプセルを読む窓。カプセルは、一人の読み手に見せてよい行と列だけを入れた、一回の実行のためのフォルダーである。

作るのは capsules/editions.py。
"""

import glob
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import pandas as pd

from mynalib.disclosure.released import Terms
from mynalib.domain.months import Month

DUCKDB_THREADS = "MYNA_DUCKDB_THREADS"
DUCKDB_MEMORY = "MYNA_DUCKDB_MEMORY"
WINDOWS_OF_A_JOB = 2  # ノートブックと、ページのほかの成果物。開くのに、仕事の三分の一の時間がかかる
_opened: list[duckdb.DuckDBPyConnection] = []


@dataclass(frozen=True)
class Capsule:
    """カプセルを読む窓。`facts` は capsule.json の中身（組合名、月、読み手、しきい値など。人の値はない）。"""

    folder: Path
    facts: dict

    @classmethod
    def read(cls, folder: Path) -> "Capsule":
        return cls(folder, json.loads((folder / "capsule.json").read_text(encoding="utf-8")))

    @property
    def month(self) -> Month:
        return Month.parse(self.facts["month"])

    @property
    def audience(self) -> str:
        return self.facts["audience"]

    @property
    def terms(self) -> Terms:
        """見せる条件。ノートブックは読み手を選べない。"""
        facts = self.facts
        return Terms(facts["audience"], facts["policy"], tuple(facts["columns"]), facts["demo"])

    def table(self, name: str) -> pd.DataFrame:
        """カプセルの中の表。列と単位は capsules/editions.py の TABLES から、その表を作る関数にある。"""
        # 読み手に渡していない表を、空の表として見せない
        if name not in self.facts["tables"]:
            raise KeyError(f"このカプセルにあるのは {self.facts['tables']} です")
        return self._window.read_parquet(glob.escape(self._file(name))).df()

    @cached_property
    def _window(self) -> duckdb.DuckDBPyConnection:
        """このカプセルの表だけが読める接続。開くのがいちばん遅いので、一度だけ。"""
        return window(*map(self._file, self.facts["tables"]))

    def _file(self, name: str) -> str:
        return str(self.folder / f"{name}.parquet")


def window(*paths: str) -> duckdb.DuckDBPyConnection:
    """そのファイルだけが読める接続。ほかのファイル、拡張、設定の変更は断る。

    DuckDB の取り分は、並べて動かすときは jobs/limits.py が分け、jobs/job.py が環境変数で渡す。
    """
    db = _opened.pop() if _opened else _open()
    db.execute("set threads = ?", [int(os.environ.get(DUCKDB_THREADS, "1"))])
    db.execute("set memory_limit = ?", [os.environ.get(DUCKDB_MEMORY, "1GB")])
    # 名に [ ] * ? があると、DuckDB は、頼んだ形（escape したもの）と見つけた形の両方を、許されたものと比べる
    db.execute("set allowed_paths = ?", [sorted({*paths, *map(glob.escape, paths)})])
    # 順が大切：読んでよいファイルを決め、ほかを閉じ、そのあとで設定を錠にする。錠のあとは、開け直せない
    db.execute("set enable_external_access = false")
    db.execute("set lock_configuration = true")
    return db


def open_ahead() -> None:
    """まだ窓でない接続を、仕事が分かれる前に開いておく。スレッドは起こさないので、分かれても動く。"""
    _opened.extend(_open() for _ in range(WINDOWS_OF_A_JOB - len(_opened)))


def _open() -> duckdb.DuckDBPyConnection:
    settings = {
        "threads": 1,
        "async_threads": 0,  # 2.0 は、何も頼まなくても、読みこみのスレッドを八つ起こす
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    return duckdb.connect(config=settings)
