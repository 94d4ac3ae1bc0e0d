"""取込の速さと記憶の量を、DuckDB が同じファイルを文字列のまま表にする時間との比で測る。

    python benchmarks/intake.py                     100 万行、3 回
    python benchmarks/intake.py --rows 10000000     1000 万行

どの回も「表にするだけ（UTF-8）」「取込（UTF-8）」「取込（cp932）」を続けて測り、回ごとの比の中央値を出す。
ファイルには、かなの記号（5 %）、同じ人の行（0.1 %）、誤りのある行（0.1 %）、引用符の行（0.01 %）が混じる。
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from mynalib.domain.employers import Registry, SymbolEntry, fold_symbol
from mynalib.domain.items import ITEMS
from mynalib.domain.months import Month
from mynalib.intake.profile import FileProfile
from mynalib.intake.reading import read_file

THREADS = 2
LIMITS = {"取込 utf-8": 2.0, "取込 cp932": 2.5}
MOST_MB = 1536
SYMBOLS = (*(str(101 + at) for at in range(19)), "東①", "901")
ROWS = """
COPY (
    SELECT
        CASE WHEN h % 20 = 0 THEN '東①' WHEN quoted THEN '"' || (101 + h % 19) || '"' ELSE (101 + h % 19)::VARCHAR END,
        CASE WHEN bad AND h % 3 = 0 THEN '8.30E+06' ELSE lpad((8000000 + person)::VARCHAR, 8, '0') END,
        lpad((h // 100 % 3)::VARCHAR, 2, '0'),
        CASE WHEN bad AND h % 3 = 1 THEN '9' WHEN kind < 72 THEN '1' ELSE '0' END,
        CASE WHEN bad AND h % 3 = 2 THEN '20260230' WHEN kind < 72
            THEN strftime(DATE '2021-01-01' + (h // 11 % 1900)::INTEGER, '%Y%m%d') ELSE '' END,
        CASE WHEN kind BETWEEN 72 AND 75 THEN strftime(DATE '2025-01-01' + (h // 13 % 400)::INTEGER, '%Y%m%d') ELSE '' END,
        CASE WHEN kind BETWEEN 72 AND 75 THEN (1 + h // 17 % 3)::VARCHAR ELSE '' END,
        CASE h // 19 % 50 WHEN 0 THEN '' WHEN 1 THEN '0' ELSE '1' END
    FROM (
        SELECT person, hash(person) >> 8 AS h, (hash(person) >> 8) // 7 % 100 AS kind, n % 1009 = 0 AS bad, n % 9973 = 0 AS quoted
        FROM (SELECT n, CASE WHEN n % 1000 = 999 THEN n - 1 ELSE n END * 7919 % $rows AS person FROM range($rows) AS rows(n))
    )
) TO $path (HEADER false, QUOTE '', DELIMITER ',')
"""


def make_files(rows: int, folder: Path) -> dict[str, Path]:
    """UTF-8 と cp932 の、同じ中身のファイル。"""
    body, utf8, cp932 = folder / "body", folder / "utf-8.csv", folder / "cp932.csv"
    duckdb.connect(config={"threads": THREADS}).execute(ROWS, {"rows": rows, "path": str(body)})
    header = ",".join(item.label for item in ITEMS) + "\n"
    with body.open(encoding="utf-8", newline="") as source, utf8.open("wb") as one, cp932.open("wb") as other:
        text = header
        while text:
            one.write(text.encode())
            other.write(text.encode("cp932"))
            text = source.read(1 << 22)
    body.unlink()
    return {"utf-8": utf8, "cp932": cp932}


def load_as_text(path: Path, folder: Path) -> dict:
    """比べる相手：DuckDB が、全列を文字列のまま、新しいデータベースの表にして閉じる。"""
    db = duckdb.connect(str(folder / "raw.duckdb"), config={"threads": THREADS})
    sql = (
        "CREATE TABLE raw AS FROM read_csv($path, all_varchar = true, header = true, delim = ',', strict_mode = false)"
    )
    db.execute(sql, {"path": str(path)})
    db.close()
    return {}


def take_in(path: Path, folder: Path) -> dict:
    """測るもの：検査し、並べ、受け入れた行と保留した行を書く。"""
    entries = (SymbolEntry(one, fold_symbol(one), f"E{at:02}", "", None, None) for at, one in enumerate(SYMBOLS, 1))
    intake = read_file(
        path, month=Month(2026, 5), registry=Registry(tuple(entries)), profile=FileProfile(), into=folder
    )
    return {"data_rows": intake.data_rows, "accepted": intake.accepted, "reasons": dict(intake.reasons)}


WORK = {"load_as_text": load_as_text, "take_in": take_in}


def measured(work: str, path: Path) -> dict:
    """別のプロセスで一度だけ動かし、秒・CPU 秒・最大の記憶（MB）を測る。"""
    command = [sys.executable, __file__, "--work", work, "--file", str(path)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def run_once(work: str, path: Path) -> dict:
    with TemporaryDirectory(dir=path.parent) as folder:
        wall, cpu = time.perf_counter(), time.process_time()
        found = WORK[work](path, Path(folder))
        found |= {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    return found | {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def compare(rows: int, repeats: int, folder: Path) -> bool:
    """続けて測って表を出す。比と記憶が約束に収まれば True。"""
    files = make_files(rows, folder)
    jobs = {
        "表にするだけ": ("load_as_text", "utf-8"),
        "取込 utf-8": ("take_in", "utf-8"),
        "取込 cp932": ("take_in", "cp932"),
    }
    runs = [{name: measured(work, files[encoding]) for name, (work, encoding) in jobs.items()} for _ in range(repeats)]
    print(f"{rows:,} 行、{files['utf-8'].stat().st_size / 1e6:.0f} MB、{repeats} 回の中央値、{THREADS} スレッド")
    print(f"{'':14}{'秒':>8}{'CPU 秒':>8}{'MB':>8}{'比':>8}{'CPU の比':>8}")
    kept = [_line(name, runs) for name in jobs]
    print(runs[0]["取込 utf-8"]["reasons"], f"受け入れ {runs[0]['取込 utf-8']['accepted']:,}")
    return all(kept)


def _line(name: str, runs: list[dict]) -> bool:
    middle = {key: statistics.median(run[name][key] for run in runs) for key in ("wall", "cpu", "peak_mb")}
    ratios = {
        key: statistics.median(run[name][key] / run["表にするだけ"][key] for run in runs) for key in ("wall", "cpu")
    }
    print(
        f"{name:14}{middle['wall']:8.2f}{middle['cpu']:8.2f}{middle['peak_mb']:8.0f}{ratios['wall']:8.2f}{ratios['cpu']:8.2f}"
    )
    return name not in LIMITS or (ratios["wall"] <= LIMITS[name] and middle["peak_mb"] <= MOST_MB)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--work", choices=WORK, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        print(json.dumps(run_once(options.work, options.file)))
        return 0
    with TemporaryDirectory() as folder:
        return 0 if compare(options.rows, options.repeats, Path(folder)) else 1


if __name__ == "__main__":
    sys.exit(main())
