"""部屋の決まり：上の部屋からだけ読みこむ。名と長さの決まり。git に入らないもの。"""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "mynalib"
ROOMS = ("domain", "intake", "history", "disclosure", "insight", "publish")  # 上から下へ。下は上だけを読みこむ
SOURCES = sorted(PACKAGE.rglob("*.py"))


def imported_rooms(source: str) -> set[str]:
    """mynalib のどの部屋を読みこむか。"""
    rooms = set()
    for node in ast.walk(ast.parse(source)):
        modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        modules += [f"{node.module}.{alias.name}" for alias in node.names] if isinstance(node, ast.ImportFrom) else []
        modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        rooms |= {parts[1] for module in modules if (parts := module.split("."))[0] == "mynalib" and len(parts) > 1}
    return rooms & {*ROOMS, "cli", "demo", "demo_life"}


def forbidden_imports(room: str, source: str) -> set[str]:
    return imported_rooms(source) - set(ROOMS[: ROOMS.index(room) + 1])


@pytest.mark.parametrize("path", [p for p in SOURCES if p.parent != PACKAGE], ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_imports_only_from_the_rooms_above_it(path):
    room = path.relative_to(PACKAGE).parts[0]
    assert forbidden_imports(room, path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("domain", "import mynalib.history.lens"),
        ("intake", "from mynalib import history"),
        ("history", "from mynalib.insight import charts"),
        ("insight", "def f():\n    from mynalib.publish.pages import write_page"),
        ("publish", "from mynalib.cli import app"),
    ],
)
def test_the_import_rule_can_fail(room, source):
    assert forbidden_imports(room, source)


def test_there_is_no_room_beyond_the_known_ones():
    folders = {p.name for p in PACKAGE.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert folders - {"_data"} == set(ROOMS)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_every_function_fits_on_a_screen(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [f.name for f in functions if f.end_lineno - f.lineno + 1 > 40] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_every_module_says_in_one_sentence_what_it_is(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_no_sql_is_built_by_formatting():
    """execute と sql に渡すのは、定まった文か、.sql から読んだものだけ。"""
    built = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("execute", "executemany", "sql"):
                built += [
                    f"{path.name}:{node.lineno}" for a in node.args[:1] if isinstance(a, ast.JoinedStr | ast.BinOp)
                ]
    assert built == []


@pytest.mark.parametrize(
    "path",
    [
        "data/months/2026-10/members.parquet",
        "data/ledger.jsonl",
        "demo/params/society.yaml",
        "outbox/E01.xlsx",
        "reports/2026-10/index.html",
        "reports/index.html",
        "data/registers/optout.csv",
    ],
)
def test_git_ignores_everything_that_holds_or_comes_from_personal_data(path):
    if not (ROOT / ".git").exists():
        pytest.fail("git の作業ツリーで試験してください")
    assert subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False).returncode == 0
