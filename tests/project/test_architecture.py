"""部屋の決まり：上の部屋からだけ読みこみ、輪を作らない。名と長さの決まり。git に入らないもの。"""

import ast
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "mynalib"
ROOMS = (
    "domain",
    "intake",
    "history",
    "disclosure",
    "insight",
    "reminders",
    "capsules",
    "jobs",
    "release",
    "verbs",
    "cli",
)
"""上から下へ。下は上だけを読みこむ。"""
BESIDE = (
    "demo",
    "demo_certificates",
    "demo_life",
    "demo_months",
    "ending",
)  # 読みこむのは、cli だけ
SOURCES = sorted(PACKAGE.rglob("*.py"))
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in SOURCES
}
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LONGEST_MODULE = 220
LONGER = {  # これより長くてよいモジュールと、そのわけ
    "disclosure/released.py": "見せてよい表の、ただ一つの戸口。表の形が一つずつ並ぶ",
    "insight/chart_styles.py": "図の様式の表",
    "insight/outlook.py": "表から導くもの。一つの問いが、一つの関数",
}
FORBIDDEN = (  # 部屋の決まりのほかに：だれが、何を、なぜ読みこまないか
    ("mynalib.jobs", "mynalib.history.lens", "仕事は、月を開かない"),
    ("mynalib.jobs", "duckdb", "仕事は、月を開かない"),
    ("mynalib.disclosure", "mynalib.history", "見せてよいかは、開いた表だけから決まる"),
    ("mynalib.disclosure", "pathlib", "見せてよいかは、開いた表だけから決まる"),
    ("mynalib.disclosure", "os", "見せてよいかは、開いた表だけから決まる"),
    ("mynalib.disclosure", "duckdb", "見せてよいかは、開いた表だけから決まる"),
)


def imported(source: str) -> set[str]:
    """読みこむモジュールの全て。関数の中や TYPE_CHECKING の下も。`from a import b` は a.b と a。"""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def forbidden_imports(module: str, source: str) -> set[str]:
    """その部屋が読みこんではならないもの。"""
    room = module.split(".")[1]
    below = {*ROOMS[ROOMS.index(room) + 1 :], *(BESIDE if room != "cli" else ())}
    return {
        name
        for name in imported(source)
        if (
            name.split(".")[0] == "mynalib"
            and len(name.split(".")) > 1
            and name.split(".")[1] in below
        )
        or any(
            module.startswith(f"{who}.") and (name == what or name.startswith(f"{what}."))
            for who, what, _ in FORBIDDEN
        )
    }


def circles(sources: dict[str, str]) -> set[str]:
    """輪になって読みこみあうモジュール。"""
    reached = {
        name: {other for other in imported(source) if other in sources} - {name}
        for name, source in sources.items()
    }
    for _ in sources:
        wider = {
            name: others.union(*(reached[other] for other in others))
            for name, others in reached.items()
        }
        if wider == reached:
            break
        reached = wider
    return {name for name, others in reached.items() if name in others}


@pytest.mark.parametrize("module", [name for name in MODULES if name.count(".") > 1])
def test_a_room_imports_only_from_the_rooms_above_it(module):
    assert forbidden_imports(module, MODULES[module].read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("mynalib.domain.x", "import mynalib.history.lens"),
        ("mynalib.intake.x", "from mynalib import history"),
        ("mynalib.history.x", "from mynalib.insight import charts"),
        ("mynalib.insight.x", "def f():\n    from mynalib.jobs.pages import write_page"),
        ("mynalib.jobs.x", "from mynalib.release import gate"),
        ("mynalib.verbs.x", "from mynalib.cli import app"),
        ("mynalib.verbs.x", "from mynalib import ending"),
        ("mynalib.jobs.x", "from mynalib.history.lens import Lens"),
        ("mynalib.jobs.x", "from mynalib.history import lens"),
        ("mynalib.disclosure.x", "from pathlib import Path"),
        ("mynalib.disclosure.x", "import os.path"),
        ("mynalib.capsules.x", "if TYPE_CHECKING:\n    from mynalib.release.order import Order"),
    ],
)
def test_the_import_rule_can_fail(module, source):
    assert forbidden_imports(module, source)


def test_no_modules_import_each_other_in_a_circle():
    assert (
        circles({name: path.read_text(encoding="utf-8") for name, path in MODULES.items()}) == set()
    )


def test_the_rule_against_circles_can_fail():
    planted = {
        "mynalib.a": "from mynalib import b",
        "mynalib.b": "if TYPE_CHECKING:\n    from mynalib.c import C",
        "mynalib.c": "def f():\n    import mynalib.a",
        "mynalib.d": "from mynalib.a import A",
    }
    assert circles(planted) == {"mynalib.a", "mynalib.b", "mynalib.c"}


def test_the_disclosure_room_opens_no_file():
    """open も、読み書きの名の関数も呼ばない。"""
    opened = []
    for name, path in MODULES.items():
        if name.startswith("mynalib.disclosure"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                called = getattr(node, "func", None)
                word = getattr(called, "id", getattr(called, "attr", ""))
                if word == "open" or word.startswith(
                    ("read_", "write_", "to_csv", "to_parquet", "to_pickle")
                ):
                    opened.append(f"{name}:{node.lineno}")
    assert opened == []


def side_by_side(source: str) -> list[int]:
    """別々の値を一行で代入する（a, b = 1, 2）行。一つの値を開く a, b = f() は入らない。"""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Tuple)
        and any(isinstance(target, ast.Tuple) for target in node.targets)
    ]


def test_there_is_no_room_beyond_the_known_ones():
    folders = {p.name for p in PACKAGE.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert folders - {"_data"} == set(ROOMS)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_every_function_fits_on_a_screen(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [f.name for f in functions if f.end_lineno - f.lineno + 1 > 40] == []


def test_no_module_has_outgrown_one_thing_but_those_with_a_reason():
    lengths = {
        path.relative_to(PACKAGE).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in SOURCES
    }
    assert {name for name, lines in lengths.items() if lines > LONGEST_MODULE} <= set(LONGER)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_two_values_are_assigned_side_by_side(path):
    assert side_by_side(path.read_text(encoding="utf-8")) == []


def test_the_rule_against_two_values_side_by_side_can_fail():
    assert side_by_side("a, b = 1, 2\nc, d = f()\n(e.x, g) = (3, 4)") == [1, 3]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_every_module_says_in_one_sentence_what_it_is(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def borrowed(source: str) -> list[str]:
    """ほかの試験から、または mynalib の「_」で始まる名を、読みこむところと、読むところ（report._place）。"""
    found = []
    ours_here = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [one.name for one in node.names if one.name.startswith("test_")]
        elif isinstance(node, ast.ImportFrom):
            place = node.module or ""
            of_a_test = place.split(".")[-1].startswith("test_")
            ours = place.startswith("mynalib")
            private = ours and any(one.name.startswith("_") for one in node.names)
            found += [place] if of_a_test or private else []
            ours_here |= {one.asname or one.name for one in node.names if ours}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            private = node.attr.startswith("_") and not node.attr.startswith("__")
            found += [node.attr] if node.value.id in ours_here and private else []
    return found


def test_no_test_is_a_library_and_none_reads_a_private_name():
    found = {path.name: borrowed(path.read_text(encoding="utf-8")) for path in TESTS}
    assert len(found) > 100
    assert {name: names for name, names in found.items() if names} == {}


def test_the_rule_against_borrowing_can_fail():
    bad = "from test_a import b\nimport test_c\nfrom mynalib.d import _e\nfrom f import _g"
    assert borrowed(bad) == ["test_a", "test_c", "mynalib.d"]
    used = "from mynalib.d import e\nfrom f import g\ne._h(g._i, e.j, e.__name__)"
    assert borrowed(used) == ["_h"]


def test_no_sql_is_built_by_formatting():
    """execute と sql に渡すのは、定まった文か、.sql から読んだものだけ。"""
    built = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in (
                "execute",
                "executemany",
                "sql",
            ):
                built += [
                    f"{path.name}:{node.lineno}"
                    for a in node.args[:1]
                    if isinstance(a, ast.JoinedStr | ast.BinOp)
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
    assert (
        subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False).returncode == 0
    )


def uppercase_words(sql: str) -> list[str]:
    """注釈と引用の外の、大文字だけの語。"""
    plain = re.sub(r"--[^\n]*|'(?:[^']|'')*'|\"[^\"]*\"|\$\w+", "", sql)
    return re.findall(r"\b[A-Z][A-Z_0-9]+\b", plain)


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.sql")), ids=lambda p: str(p.relative_to(PACKAGE))
)
def test_sql_is_written_in_lower_case(path):
    assert uppercase_words(path.read_text(encoding="utf-8")) == []


def test_the_rule_of_lower_case_sees_keywords_and_nothing_else():
    assert uppercase_words("SELECT 'ABC' as \"DEF\", $GHI -- JKL\nfrom x WHERE true") == [
        "SELECT",
        "WHERE",
    ]


def names_of(source: str) -> set[str]:
    """モジュールの、外から見える定数とクラスの名。"""
    found = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.Assign):
            found |= {
                name.id
                for target in node.targets
                for name in ast.walk(target)
                if isinstance(name, ast.Name)
            }
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return {name for name in found if not name.startswith("_")}


def names_of_two_things(sources: dict[str, str]) -> set[str]:
    named = Counter(name for source in sources.values() for name in names_of(source))
    return {name for name, times in named.items() if times > 1}


def test_no_name_means_two_things():
    sources = {name: path.read_text(encoding="utf-8") for name, path in MODULES.items()}
    assert names_of_two_things(sources) == set()


def test_the_rule_of_names_can_fail():
    planted = {
        "a": "KEY = 1\n_OWN = 2\nx: int = 3",
        "b": "class KEY: ...\n_OWN = 4",
        "c": "y, x = 5, 6",
    }
    assert names_of_two_things(planted) == {"KEY", "x"}
