"""読みこみの図と数（tests/scripts/imports.py）は、コードのとおり。"""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "imports.py"
PLANTED = {
    "domain/__init__.py": '"""言葉。"""\n',
    "domain/months.py": '"""月。"""\n\nFIRST, LAST = 1, 12  # 両端\nNAME, _ = "a b".split()\n',
    "history/__init__.py": '"""月の置き場所。"""\n',
    "history/lens.py": '"""窓。"""\n\n\ndef look():\n    """見る。"""\n    from mynalib.domain import months\n\n    return months.FIRST\n',
    "__init__.py": '"""道具。"""\n',
    "cli.py": '"""命令。"""\nfrom mynalib import domain\nfrom mynalib.history.lens import look\n',
}


def run_script(script: Path, *options: str) -> str:
    """道具を、ほかのものを読みこまない Python（-I）で動かして出たもの。"""
    command = [sys.executable, "-I", "-X", "utf8", script, *options]
    return subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout


@pytest.fixture
def planted(tmp_path) -> Path:
    """二つの部屋の小さなパッケージと、道具の写し。"""
    for name, source in PLANTED.items():
        file = tmp_path / "mynalib" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, encoding="utf-8")
    copy = tmp_path / "tests" / "scripts" / "imports.py"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(SCRIPT.read_bytes())
    return copy


def test_draws_every_room_below_the_rooms_it_imports_from(planted):
    assert run_script(planted).splitlines()[:12] == [
        "domain（2 モジュール、5 行）← なし",
        "  domain（1 行）",
        "  domain.months（4 行）",
        "history（2 モジュール、9 行）← domain",
        "  history（1 行）",
        "  history.lens（8 行）",
        "    ← domain：months",
        "cli（1 モジュール、3 行）← domain、history",
        "  cli（3 行）",
        "    ← domain",
        "    ← history：lens",
        "モジュール：5",
    ]


def test_draws_the_rooms_as_mermaid(planted):
    edges = ["domain -->|1| history", "domain -->|1| cli", "history -->|1| cli"]
    assert run_script(planted, "--mermaid").splitlines() == [
        "graph TD",
        *(f"  {edge}" for edge in edges),
    ]


def test_counts_the_figures_without_texts_comments_and_empty_lines(planted):
    assert run_script(planted).splitlines()[11:] == [
        "モジュール：5",
        "行：17",
        "コードの行：7",
        "モジュールの行数の中央値：3",
        "コード一行の字句：6.1",
        "並べた代入：1",
        "コード百行の注釈：14.3",
        "関数の行数の中央値：5",
        "いちばん長い関数：5 行（history.lens.look）",
    ]


def test_draws_every_module_of_the_package():
    drawn = run_script(SCRIPT).splitlines()
    files = [
        path.relative_to(SCRIPT.parents[2] / "mynalib")
        for path in SCRIPT.parents[2].glob("mynalib/**/*.py")
    ]
    names = {".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in files} - {
        "__init__"
    }
    assert {
        line.strip().split("（")[0] for line in drawn if line.startswith("  ") and "←" not in line
    } == names
    assert f"モジュール：{len(names)}" in drawn
