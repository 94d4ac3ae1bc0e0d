"""一つの仕事を、別のプロセスで一度だけ動かし、秒・CPU 秒・最大の記憶・書いた量を測る。

この .py は、測られるプロセスとして起動もされる：python job.py 仕事 ファイル 書き先 [記憶の上限]
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from sample import LAST, MONTH, SYMBOLS, THREADS

from mynalib.domain.employers import Registry, SymbolEntry, fold_symbol
from mynalib.domain.society import FileProfile
from mynalib.intake import workbench
from mynalib.intake.reading import EARLIEST, read_file

POLL = 0.1  # 書いた量を見る間隔（秒）
MB = 1 << 20
DIGESTS = {  # 書いた表の中身と並び。どの道具で書いても同じになる
    "members": "SELECT bit_xor(hash(file_row_number, line::BIGINT, symbol::VARCHAR, number, branch::VARCHAR, state::INTEGER,"
    " registered_on::DATE, cancelled_on::DATE, cancel_kind::INTEGER, certificate_flag::INTEGER))"
    " FROM read_parquet($path, file_row_number = true)",
    "quarantine": 'SELECT bit_xor(hash(file_row_number, line::BIGINT, reason, "column"))'
    " FROM read_parquet($path, file_row_number = true)",
}


def measured(job: str, path: Path, memory: str) -> dict:
    """別のプロセスで一度だけ動かす。path と同じフォルダーに書き、終われば消す。

    Returns:
        wall・cpu 秒、peak_mb 最大の記憶、disk_mb 書き先の最大の大きさ、spill_mb そのうち DuckDB の一時ファイル、仕事の結果。
    """
    getattr(os, "sync", lambda: None)()  # 前の仕事の書き残しを、次の仕事の秒に入れない
    limits = {"POLARS_MAX_THREADS": str(THREADS), "OMP_NUM_THREADS": str(THREADS)}
    with TemporaryDirectory(dir=path.parent) as into:
        command = [sys.executable, __file__, job, str(path), into, memory]
        process = subprocess.Popen(
            command, env=os.environ | limits, stdout=subprocess.PIPE, text=True
        )
        disk, spill = _watched(process, Path(into))
        answer = process.communicate()[0]
    if process.returncode:
        raise SystemExit(f"{job} が失敗しました（終了コード {process.returncode}）")
    return json.loads(answer) | {"disk_mb": disk / MB, "spill_mb": spill / MB}


def _watched(process: subprocess.Popen, into: Path) -> tuple[int, int]:
    """終わるまで待つ。書き先の最大の大きさと、そのうち spill の最大の大きさ（バイト）。"""
    disk = spill = 0
    while process.poll() is None:
        sizes = [(path, _size(path)) for path in into.rglob("*")]
        disk = max(disk, sum(size for _, size in sizes))
        spill = max(spill, sum(size for path, size in sizes if path.parent.name == "spill"))
        time.sleep(POLL)
    return disk, spill


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # 見ている間に消える
        return 0


def load_as_text(path: Path, into: Path) -> dict:
    """比べる相手：DuckDB が、全列を文字列のまま、新しいデータベースの表にして閉じる。"""
    db = duckdb.connect(str(into / "raw.duckdb"), config={"threads": THREADS})
    sql = "CREATE TABLE raw AS FROM read_csv($path, all_varchar = true, header = true, delim = ',', strict_mode = false)"
    [(rows,)] = db.execute(sql, {"path": str(path)}).fetchall()
    db.close()
    return {"rows": rows}


def take_in(path: Path, into: Path) -> dict:
    """測るもの：検査し、並べ、受け入れた行と隔離した行を書く。"""
    entries = (
        SymbolEntry(one, fold_symbol(one), f"E{at:02}", "", None, None)
        for at, one in enumerate(SYMBOLS, 1)
    )
    intake = read_file(
        path, month=MONTH, registry=Registry(tuple(entries)), profile=FileProfile(), into=into
    )
    return {"rows": intake.data_rows, "accepted": intake.accepted, "reasons": dict(intake.reasons)}


def _work(job: str) -> Callable[[Path, Path], dict]:
    """仕事。読みこむ時間と記憶は、その仕事の道具だけのもの。"""
    if job in ("pandas", "polars"):
        peer = import_module(f"peer_{job}")
        return lambda path, into: peer.take_in(path, into, SYMBOLS, EARLIEST, LAST)
    return load_as_text if job == "table" else take_in


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss は、起動した側のプロセスの記憶を引き継ぐ
        [line] = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    try:
        from resource import RUSAGE_SELF, getrusage
    except ImportError:  # Windows
        return 0.0
    return getrusage(RUSAGE_SELF).ru_maxrss / MB  # macOS ではバイト


def _run(job: str, path: Path, into: Path, memory: str) -> dict:
    # 記憶の上限は、取込の外からは変えられない（使う人が変えるものではない）ので、ここでだけ差し替える
    workbench.MEMORY = memory
    work = _work(job)
    wall, cpu = time.perf_counter(), time.process_time()
    found = work(path, into)
    found |= {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "peak_mb": _peak_mb(),
    }
    if job != "table":
        found["digests"] = [
            duckdb.execute(sql, {"path": str(into / f"{name}.parquet")}).fetchall()
            for name, sql in DIGESTS.items()
        ]
    return found


if __name__ == "__main__":
    _job, _path, _into, _memory = sys.argv[1:]
    print(json.dumps(_run(_job, Path(_path), Path(_into), _memory)))
