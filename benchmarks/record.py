"""測った記録（intake.json）と、そこから作る README の表。"""

import json
import os
import platform
from collections.abc import Iterable
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).parent
RECORD, README = HERE / "intake.json", HERE / "README.md"
BEGIN, END = "<!-- ここから --report が作る -->\n", "<!-- ここまで -->\n"
LABELS = {
    "table": "DuckDB の表にするだけ",
    "utf-8": "取込（UTF-8）",
    "cp932": "取込（cp932）",
    "pandas": "pandas で同じ検査",
    "polars": "polars で同じ検査",
}
JUDGED_ROWS = 10_000_000  # 約束は、この行数のもの
MOST_RATIO = {"utf-8": 2.0, "cp932": 2.5}
MOST_MB = 1536
PACKAGES = ("duckdb", "numpy", "pandas", "polars", "pyarrow")


def surroundings(packages: Iterable[str] = PACKAGES) -> dict:
    """日付、機械、版。機械やフォルダーの名は入れない。"""
    found = {"python": platform.python_version()} | {name: _version(name) for name in packages}
    return {
        "date": date.today().isoformat(),
        "machine": {
            "cpu": _cpu(),
            "cores": os.cpu_count(),
            "memory_gb": _memory_gb(),
            "system": platform.system(),
        },
        "versions": {name: text for name, text in found.items() if text},
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _memory_gb() -> float:
    if not hasattr(os, "sysconf"):
        return 0.0
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30), 1)


def broken_limits(run: dict) -> list[str]:
    """約束に収まらなかったこと。約束の行数でなければ、何も言わない。"""
    if run["rows"] != JUDGED_ROWS:
        return []
    found = []
    for job, most in MOST_RATIO.items():
        figures = run["jobs"].get(job, {"ratio": 0, "peak_mb": 0})
        if figures["ratio"] > most:
            found.append(f"{LABELS[job]}：比が {most} を超えました")
        if figures["peak_mb"] > MOST_MB:
            found.append(f"{LABELS[job]}：記憶が {MOST_MB} MB を超えました")
    return found


def read_record(path: Path = RECORD) -> list[dict]:
    """行の少ない順の、一つずつの記録。"""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def keep(run: dict, path: Path = RECORD) -> None:
    """同じ行数の記録を置きかえる。"""
    runs = [one for one in read_record(path) if one["rows"] != run["rows"]] + [run]
    text = json.dumps(sorted(runs, key=lambda one: one["rows"]), ensure_ascii=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def with_tables(readme: str, runs: Iterable[dict]) -> str:
    """README の印の間を、記録の表に置きかえる。"""
    head, rest = readme.split(BEGIN)
    tail = rest.split(END)[1]
    return head + BEGIN + "\n" + "\n".join(section(run) for run in runs) + "\n" + END + tail


def section(run: dict) -> str:
    """一つの記録の、見出し・条件・表。"""
    machine = run["machine"]
    about = [
        f"{run['date']}、`{run['command']}`",
        f"{machine['cpu']}（{machine['cores']} コア、記憶 {machine['memory_gb']} GB、{machine['system']}）",
        "、".join(f"{name} {text}" for name, text in run["versions"].items()),
        f"取込の `memory_limit` {run['memory_limit']}、受け入れ {run['accepted']:,} 行、隔離 "
        + "、".join(f"`{name}` {count:,}" for name, count in run["reasons"].items()),
    ]
    rounds = f"{run['repeats']} 回の中央値" if run["repeats"] > 1 else "1 回だけ"
    lines = [
        f"### {run['rows']:,} 行（{run['bytes'] / 1e6:,.0f} MB、{rounds}、{run['threads']} スレッド）",
        "",
    ]
    lines += [*(f"- {one}" for one in about), "", *_table(run["jobs"]), ""]
    return "\n".join(lines)


def _table(jobs: dict[str, dict]) -> list[str]:
    heads = [
        "",
        "秒",
        "CPU 秒",
        "最大の記憶 MB",
        "書き先の最大 MB",
        "うち一時 MB",
        "比",
        "比の範囲",
        "CPU の比",
    ]
    lines = ["| " + " | ".join(heads) + " |", "|---|" + "---:|" * (len(heads) - 1)]
    return lines + ["| " + " | ".join(_cells(job, one)) + " |" for job, one in jobs.items()]


def _cells(job: str, one: dict) -> list[str]:
    sizes = [f"{one[name]:,.0f}" for name in ("peak_mb", "disk_mb", "spill_mb")]
    span = f"{one['ratios'][0]:.2f}–{one['ratios'][-1]:.2f}"
    ratios = [f"{one['ratio']:.2f}", span, f"{one['cpu_ratio']:.2f}"]
    return [LABELS[job], f"{one['wall']:.1f}", f"{one['cpu']:.1f}", *sizes, *ratios]
