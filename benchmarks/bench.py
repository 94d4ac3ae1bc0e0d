"""分析の作業台の、選び直してから図と表が出来るまで（ブラウザーに送る前まで）を、1,000 万人 × 60 か月の集計で測る。

    python benchmarks/bench.py --record                   二つの大きさで測り、bench.json に残す
    python benchmarks/bench.py --employers 20 --repeats 1  一つの大きさだけ
    python benchmarks/bench.py --report                   bench.json から、README.md の表を作る

集計は種の決まった乱数で作り、人の行はない（作業台の画面は、人の行を読まない）。
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from record import README, surroundings

from mynalib.domain.classification import STATUSES
from mynalib.domain.employers import NO_EMPLOYER
from mynalib.domain.months import Month
from mynalib.insight.bench_controls import Explorer
from mynalib.insight.bench_desk import Desk

RECORD = Path(__file__).with_name("bench.json")
BEGIN, END = "<!-- ここから bench.py --report が作る -->\n", "<!-- ここまで bench.py -->\n"
PEOPLE, MONTHS = 10_000_000, 60
EMPLOYERS = (20, 200)
MOST_MS = 100
TOOLS = ("pandas", "plotly", "ipywidgets", "anywidget")


class SyntheticDesk(Desk):
    """月を開かずに、作った集計だけを持つ机。"""

    def __init__(self, employers: int, people: int, months: int):
        self.employers = {f"E{at:04}": f"架空事業所{at:04}" for at in range(employers)}
        self.employers[NO_EMPLOYER] = "事業所なし"
        self.months = [str(Month(2026, 10).plus(-back)) for back in reversed(range(months))]
        self._cube = synthetic_cube(self.months, [*self.employers], people)


def synthetic_cube(months: list[str], employers: list[str], people: int) -> pd.DataFrame:
    """月の集計。どの月×事業所×本人か×区分にも、人がいる。"""
    grid = pd.MultiIndex.from_product(
        [months, employers, [True, False], [*STATUSES]],
        names=["month", "employer_id", "insured", "status"],
    )
    table = grid.to_frame(index=False)
    rng = np.random.default_rng(20261031)
    weights = rng.lognormal(0, 1.4, len(table))
    sums = pd.Series(weights).groupby(table.month.to_numpy()).transform("sum").to_numpy()
    table["members"] = np.maximum(1, np.round(people * weights / sums)).astype("int64")
    table["lapsed"] = table.status.str.contains("lapse")
    table["action"] = table.status.map({name: one.action for name, one in STATUSES.items()})
    table["withheld_by"] = ""
    return table


def choices(desk: SyntheticDesk) -> Iterator[tuple[str, object]]:
    """動かす順。どの一つも、前と違う選びになる。"""
    some = [*desk.employers][len(desk.employers) // 2]
    for split in ("insured", "employer", "status", "none"):
        yield "split", split
        yield "employer", some
        yield "employer", ""
    yield from (("measure", "usable"), ("measure", "lapsed"), ("measure", "registered"))
    yield from (
        ("period", (desk.months[0], desk.months[-1])),
        ("period", (desk.months[-12], desk.months[-1])),
    )


def measure(employers: int, people: int, months: int, repeats: int) -> dict:
    """一つの大きさ。ミリ秒は、選び直し一回の、秒と CPU の中央値と最大。"""
    desk = SyntheticDesk(employers, people, months)
    started = time.perf_counter()
    rows = len(desk.counted)
    opened = time.perf_counter() - started
    explorer = Explorer(desk)
    times = [_moved(explorer, *choice) for _ in range(repeats) for choice in choices(desk)]
    walls, cpus = ([1000 * one[at] for one in times] for at in (0, 1))
    return {
        "employers": employers,
        "people": people,
        "months": months,
        "rows": rows,
        "moves": len(times),
        "opened_s": round(opened, 2),
        "wall_ms": round(statistics.median(walls), 1),
        "worst_ms": round(max(walls), 1),
        "cpu_ms": round(statistics.median(cpus), 1),
        "worst_cpu_ms": round(max(cpus), 1),
    }


def _moved(explorer: Explorer, control: str, value: object) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    getattr(explorer, control).value = value
    return time.perf_counter() - wall, time.process_time() - cpu


def broken_promises(run: dict) -> list[str]:
    """約束に収まらなかったこと。"""
    return [
        f"事業所 {size['employers']}：選び直しの CPU の最大が {MOST_MS} ms を超えました"
        for size in run["sizes"]
        if size["worst_cpu_ms"] > MOST_MS
    ]


def section(run: dict) -> str:
    """README の表。"""
    machine = run["machine"]
    lines = [
        f"- {run['date']}、`{run['command']}`",
        f"- {machine['cpu']}（{machine['cores']} コア、記憶 {machine['memory_gb']} GB、{machine['system']}）",
        "- " + "、".join(f"{name} {text}" for name, text in run["versions"].items()),
        "",
        "| 事業所 | 人（月ごと） | 月 | 集計の行 | はじめの数え直し 秒 | 選び直し ms（中央値） | 最大 ms | CPU ms（中央値） | CPU の最大 ms |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for size in run["sizes"]:
        counts = [f"{size[name]:,}" for name in ("employers", "people", "months", "rows")]
        times = [
            str(size[name])
            for name in ("opened_s", "wall_ms", "worst_ms", "cpu_ms", "worst_cpu_ms")
        ]
        lines.append(f"| {' | '.join([*counts, *times])} |")
    return "\n".join([*lines, ""])


def report(record: Path = RECORD) -> None:
    """README の印の間を、記録の表に置きかえる。"""
    head, rest = README.read_text(encoding="utf-8").split(BEGIN)
    table = section(json.loads(record.read_text(encoding="utf-8")))
    README.write_text(f"{head}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}", encoding="utf-8")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--employers", type=int, nargs="+", default=EMPLOYERS)
    options.add_argument("--people", type=int, default=PEOPLE)
    options.add_argument("--months", type=int, default=MONTHS)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--record", nargs="?", type=Path, const=RECORD)
    options.add_argument("--report", action="store_true")
    given = options.parse_args()
    if given.report:
        report()
        return
    sizes = [measure(count, given.people, given.months, given.repeats) for count in given.employers]
    run = surroundings(TOOLS) | {"command": "python benchmarks/bench.py --record", "sizes": sizes}
    print(section(run))
    if given.record:
        given.record.write_text(
            json.dumps(run, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
    if found := broken_promises(run):
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
