"""長い試験（make test-long）の記録を作る：docs/test-long.md。全ての試験が通ったときだけ、書きかわる。"""

import os
import platform
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

import pytest

TARGET = Path(__file__).parents[1] / "docs" / "test-long.md"
SHOWN = 15
PACKAGES = ("duckdb", "pandas", "papermill", "nbconvert", "hypothesis")


def write_record(passed: Sequence[pytest.TestReport]) -> None:
    slowest = sorted(passed, key=lambda report: report.duration, reverse=True)[:SHOWN]
    counted = [(report.nodeid, name, value) for report in passed for name, value in report.user_properties]
    versions = "、".join(f"{name} {version(name)}" for name in PACKAGES)
    machine = f"{platform.system()}、{os.cpu_count()} コア、Python {platform.python_version()}、{versions}"
    lines = ["# 長い試験の記録", "", "`make test-long` が、全て通ったときに書きかえる。", ""]
    lines += [f"- {date.today().isoformat()}、{machine}", f"- 通った試験 {len(passed):,}、通らなかった試験 0", ""]
    lines += ["| 試験 | 数えたもの | 数 |", "|---|---|---:|"]
    lines += [f"| `{_name(node)}` | {name} | {value:,} |" for node, name, value in counted]
    lines += ["", "| 長かった試験 | 秒 |", "|---|---:|"]
    lines += [f"| `{_name(report.nodeid)}` | {report.duration:.0f} |" for report in slowest]
    TARGET.write_text("\n".join([*lines, ""]), encoding="utf-8", newline="\n")


def _name(node: str) -> str:
    return node.rsplit("/", 1)[-1].replace("|", "｜")
