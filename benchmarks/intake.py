"""取込の速さと記憶の量を、DuckDB が同じファイルを文字列のまま表にする時間との比で測る。

    python benchmarks/intake.py                             100 万行、3 回
    python benchmarks/intake.py --rows 10000000 --record    1000 万行を測り、intake.json に残す
    python benchmarks/intake.py --rows 40000000 --memory 8GB --repeats 1 --jobs table utf-8 --record
    python benchmarks/intake.py --report                    intake.json から README.md の表を作る

どの回も、選んだ仕事を続けて測り、回ごとの比の中央値を出す。検査する仕事どうしの結果が違えば、失敗にする。
"""

import argparse
import statistics
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from job import measured
from record import (
    LABELS,
    README,
    RECORD,
    broken_limits,
    keep,
    read_record,
    section,
    surroundings,
    with_tables,
)
from sample import ENCODINGS, THREADS, make_files

from mynalib.intake import workbench

FIGURES = {"wall": 2, "cpu": 2, "peak_mb": 0, "disk_mb": 0, "spill_mb": 0}  # 記録する桁
INSTALL = "uv run --isolated --group bench python benchmarks/intake.py"


def compare(rows: int, repeats: int, jobs: Sequence[str], memory: str, folder: Path) -> dict:
    """続けて測り、記録の形にする。"""
    encodings = {job: job if job in ENCODINGS else "utf-8" for job in jobs}
    files = make_files(rows, dict.fromkeys(encodings.values()), folder)
    rounds = [
        {job: measured(job, files[encodings[job]], memory) for job in jobs} for _ in range(repeats)
    ]
    checked = agreed(rows, rounds)
    return surroundings() | {
        "command": _command(rows, repeats, jobs, memory),
        "rows": rows,
        "bytes": files["utf-8"].stat().st_size,
        "repeats": repeats,
        "threads": THREADS,
        "memory_limit": memory,
        "accepted": checked["accepted"],
        "reasons": checked["reasons"],
        "jobs": {job: _middle(job, rounds) for job in jobs},
    }


def agreed(rows: int, rounds: Sequence[dict]) -> dict:
    """検査する仕事の、どの回でも同じ結果。"""
    found = [(job, one) for each in rounds for job, one in each.items()]
    checked = [(job, one) for job, one in found if job != "table"]
    first = checked[0][1]
    for job, one in checked:
        if any(one[name] != first[name] for name in ("accepted", "reasons", "digests")):
            raise SystemExit(f"{LABELS[job]} の結果が、{LABELS[checked[0][0]]} と違います")
    if (
        any(one.get("rows", rows) != rows for _, one in found)
        or first["accepted"] + sum(first["reasons"].values()) != rows
    ):
        raise SystemExit("行の数が合いません")
    return first


def _middle(job: str, rounds: Sequence[dict]) -> dict:
    """中央値。比は、同じ回の「表にするだけ」との比の中央値。"""
    figures = {
        name: round(statistics.median(one[job][name] for one in rounds), digits)
        for name, digits in FIGURES.items()
    }
    ratios = [one[job]["wall"] / one["table"]["wall"] for one in rounds]
    cpu_ratios = [one[job]["cpu"] / one["table"]["cpu"] for one in rounds]
    return figures | {
        "ratio": round(statistics.median(ratios), 2),
        "ratios": [round(ratio, 2) for ratio in sorted(ratios)],
        "cpu_ratio": round(statistics.median(cpu_ratios), 2),
    }


def _command(rows: int, repeats: int, jobs: Sequence[str], memory: str) -> str:
    parts = [f"python benchmarks/intake.py --rows {rows} --repeats {repeats}"]
    parts += [f"--memory {memory}"] if memory != workbench.MEMORY else []
    parts += [f"--jobs {' '.join(jobs)}"] if list(jobs) != list(LABELS) else []
    return " ".join([*parts, "--record"])


def _measurable(jobs: Sequence[str]) -> list[str]:
    """入っていない道具の仕事を除き、そのことを言う。"""
    if "polars" in jobs and not find_spec("polars"):
        print(f"polars は入っていないので測りません。測るには：{INSTALL}")
        jobs = [job for job in jobs if job != "polars"]
    if "pandas" in jobs and not find_spec("pyarrow"):
        print(
            f"pyarrow は入っていないので、pandas は遅いほうの読み書きで測ります。入れて測るには：{INSTALL}"
        )
    return [job for job in LABELS if job in jobs or job == "table"]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000, help="データの行の数")
    parser.add_argument("--repeats", type=int, default=3, help="くり返す回数")
    parser.add_argument("--jobs", nargs="+", choices=LABELS, default=list(LABELS), help="測る仕事")
    parser.add_argument(
        "--memory", default=workbench.MEMORY, help="取込の DuckDB の memory_limit（例 8GB）"
    )
    parser.add_argument(
        "--files", type=Path, help="測るファイルの置き場所。あれば使い、終わっても消さない"
    )
    parser.add_argument(
        "--make", action="store_true", help="--files にファイルを作るだけで、測らない"
    )
    parser.add_argument("--record", type=Path, nargs="?", const=RECORD, help="結果を残す JSON")
    parser.add_argument(
        "--report", action="store_true", help="README.md の表を作り直すだけで、測らない"
    )
    return parser.parse_args()


def _disk() -> Path | None:
    """/tmp は記憶の上にあることがあるので、あれば /var/tmp を使う。"""
    place = Path("/var/tmp")
    return place if place.is_dir() else None


def main() -> int:
    options = _options()
    if options.report:
        README.write_text(
            with_tables(README.read_text(encoding="utf-8"), read_record()),
            encoding="utf-8",
            newline="\n",
        )
        return 0
    jobs = _measurable(options.jobs)
    with nullcontext(options.files) if options.files else TemporaryDirectory(dir=_disk()) as folder:
        if options.make:
            make_files(options.rows, [job for job in ENCODINGS if job in jobs], Path(folder))
            return 0
        run = compare(options.rows, options.repeats, jobs, options.memory, Path(folder))
    print(section(run))
    if options.record:
        keep(run, options.record)
    broken = broken_limits(run)
    print("\n".join(broken), end="\n" if broken else "")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
