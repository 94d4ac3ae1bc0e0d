"""測るためのファイルを作る。中身は行の数だけで決まる。

かなの記号（5 %）、同じ人の行（0.1 %、うち一割は食い違う）、誤りのある行（0.1 %）、引用符の行（0.01 %）が混じる。
"""

from collections.abc import Iterable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import duckdb

from mynalib.domain.items import ITEMS
from mynalib.domain.months import Month

THREADS = 2
MONTH = Month(2026, 5)
LAST = MONTH.end + timedelta(days=366)  # 取込が受け入れる最後の日
SYMBOLS = (*(str(101 + at) for at in range(19)), "東①", "901")
ENCODINGS = ("utf-8", "cp932")
ROWS = """
COPY (
    SELECT
        CASE WHEN bad AND h % 4 = 3 THEN '999' WHEN h % 20 = 0 THEN '東①' WHEN quoted THEN '"' || (101 + h % 19) || '"'
            ELSE (101 + h % 19)::VARCHAR END,
        CASE WHEN bad AND h % 4 = 0 THEN '8.30E+06' ELSE format('{:08d}', 8000000 + person) END,
        lpad((h // 100 % 3)::VARCHAR, 2, '0'),
        CASE WHEN bad AND h % 4 = 1 THEN '9' WHEN kind < 72 THEN '1' ELSE '0' END,
        CASE WHEN bad AND h % 4 = 2 THEN '20260230' WHEN kind < 72
            THEN strftime(DATE '2021-01-01' + (h // 11 % 1900)::INTEGER, '%Y%m%d') ELSE '' END,
        CASE WHEN kind BETWEEN 72 AND 75 THEN strftime(DATE '2025-01-01' + (h // 13 % 400)::INTEGER, '%Y%m%d') ELSE '' END,
        CASE WHEN kind BETWEEN 72 AND 75 THEN (1 + h // 17 % 3)::VARCHAR ELSE '' END,
        CASE WHEN n % 10000 = 9999 OR h // 19 % 50 = 0 THEN '' WHEN h // 19 % 50 = 1 THEN '0' ELSE '1' END
    FROM (
        SELECT n, person, hash(person) >> 8 AS h, (hash(person) >> 8) // 7 % 100 AS kind,
            n % 1009 = 0 AS bad, n % 9973 = 0 AS quoted
        FROM (SELECT n, CASE WHEN n % 1000 = 999 THEN n - 1 ELSE n END * 7919 % $rows AS person FROM range($rows) AS rows(n))
    )
) TO $path (HEADER false, QUOTE '', DELIMITER ',')
"""


def make_files(rows: int, encodings: Iterable[str], folder: Path) -> dict[str, Path]:
    """文字コードごとの、同じ中身のファイル。前に作ったものがあれば、それを使う。"""
    files = {encoding: folder / f"{rows}-{encoding}.csv" for encoding in encodings}
    missing = {encoding: path for encoding, path in files.items() if not path.exists()}
    if missing:
        body = folder / f"{rows}-body"
        with duckdb.connect(config={"threads": THREADS}) as db:
            db.execute(ROWS, {"rows": rows, "path": str(body)})
        _encode(body, {encoding: _unfinished(path) for encoding, path in missing.items()})
        body.unlink()
        for path in missing.values():
            _unfinished(path).replace(path)
    return files


def _unfinished(path: Path) -> Path:
    return path.with_suffix(".part")


def _encode(body: Path, targets: dict[str, Path]) -> None:
    with ExitStack() as stack:
        source = stack.enter_context(body.open(encoding="utf-8", newline=""))
        files = {
            encoding: stack.enter_context(path.open("wb")) for encoding, path in targets.items()
        }
        text = ",".join(item.label for item in ITEMS) + "\n"
        while text:
            for encoding, file in files.items():
                file.write(text.encode(encoding))
            text = source.read(1 << 22)
