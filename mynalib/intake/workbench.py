"""取込の間だけ使う DuckDB。SQL は sql/ のファイルにあり、値は引数で渡す。"""

from pathlib import Path
from typing import Any

import duckdb

from mynalib.domain.errors import MynaError, Refused, is_full
from mynalib.domain.shipped import shipped_text

THREADS = 2
MEMORY = "1GB"  # 全体で 1.5 GB に収める。超える分は spill に書く


class Workbench:
    """一つの取込の作業台。一時ファイルは spill の中だけにできる。where は、失敗を伝えるときの場所。"""

    def __init__(self, spill: Path, where: str):
        self._where = where
        # 行数の見積りを外して、大きい表の方でハッシュ表を作ることがある。右が小さい表になるように書いてある
        self._db = connect(
            spill, memory_limit=MEMORY, disabled_optimizers="join_order,build_side_probe_side"
        )

    def run(self, name: str, **values: Any) -> list[tuple]:
        """sql/{name}.sql を実行し、行を返す。列の意味は、その .sql の冒頭にある。

        Raises: Refused DISK_FULL、ほかの失敗は MynaError。DuckDB の文面は行の値を引用するので、どこにも残さない。
        """
        try:
            return self._db.execute(query(name), values or None).fetchall()
        except duckdb.Error as error:
            full = is_full(error)
            kind = type(error).__name__
        # except の外で送出すると、元の例外が __context__ に残らない
        if full:
            raise Refused(
                "DISK_FULL",
                where=self._where,
                what="空き容量が足りません",
                fix="元のファイルの 4 倍ほどの空きを作ってください。",
            )
        raise MynaError(
            where=self._where,
            what=f"取込の途中で失敗しました（{kind}）",
            fix="もう一度実行し、続くようなら開発者に知らせてください。",
        )

    def close(self) -> None:
        self._db.close()


def query(name: str) -> str:
    return shipped_text(f"intake/sql/{name}.sql")


def connect(spill: Path, **settings: Any) -> duckdb.DuckDBPyConnection:
    """途中のものを spill の中だけに置き、何も取りに行かない DuckDB。"""
    offline = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    return duckdb.connect(
        config={"threads": THREADS, "temp_directory": str(spill), **offline, **settings}
    )
