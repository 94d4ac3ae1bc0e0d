"""長い試験（make test-long）の記録を作る：docs/test-long.md。ファイルごとに、全て通ったときだけ、その節が書きかわる。"""

import os
import platform
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from importlib.metadata import version
from pathlib import Path

import pytest

TARGET = Path(__file__).parents[2] / "docs" / "test-long.md"
HEAD = """# 長い試験の記録

`make test-long` が書く。試験のファイルごとに、その全ての試験が通ったときだけ、その節が書きかわる。

"""
SECTION = re.compile(r"^## `(.+?)`\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
SLOWEST = 5
PACKAGES = ("duckdb", "pandas", "papermill", "nbconvert", "hypothesis", "scipy")

Reports = Iterable[pytest.TestReport]


def write_record(passed: Reports, failed: Reports) -> None:
    sections = {found[1]: found[0] for found in SECTION.finditer(_written())}
    broken, by_file = {_file(report) for report in failed}, defaultdict(list)
    for report in passed:
        by_file[_file(report)].append(report)
    sections |= {
        file: _section(file, reports) for file, reports in by_file.items() if file not in broken
    }
    TARGET.write_text(
        HEAD + "".join(sections[file] for file in sorted(sections)), encoding="utf-8", newline="\n"
    )


def _written() -> str:
    return TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""


def _section(file: str, reports: list[pytest.TestReport]) -> str:
    tools = "、".join(f"{name} {version(name)}" for name in PACKAGES)
    machine = (
        f"{platform.system()}、{os.cpu_count()} コア、Python {platform.python_version()}、{tools}"
    )
    seconds = sum(report.duration for report in reports)
    lines = [f"## `{file}`", "", f"- {date.today().isoformat()}、{machine}"]
    lines += [f"- 通った試験 {len(reports):,}、通らなかった試験 0、合わせて {seconds:,.0f} 秒", ""]
    counted = [(report.nodeid, *each) for report in reports for each in report.user_properties]
    if counted:
        lines += ["| 試験 | 数えたもの | 数 |", "|---|---|---:|"]
        lines += [
            *(f"| `{_name(node)}` | {name} | {value:,} |" for node, name, value in counted),
            "",
        ]
    slowest = sorted(reports, key=lambda report: report.duration, reverse=True)[:SLOWEST]
    lines += ["| 長かった試験 | 秒 |", "|---|---:|"]
    lines += [f"| `{_name(report.nodeid)}` | {report.duration:.0f} |" for report in slowest]
    return "\n".join([*lines, "", ""])


def _file(report: pytest.TestReport) -> str:
    return report.nodeid.partition("::")[0].rpartition("/")[2]


def _name(node: str) -> str:
    return node.partition("::")[2].replace("|", "｜")
