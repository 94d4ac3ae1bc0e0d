"""文書（README と docs/）は、命令・列・エラー・設定と食い違わない。長さと、つながりの決まり。"""

import ast
import re
from pathlib import Path
from types import SimpleNamespace

import long_record
import pytest
import typer

from mynalib.cli import app
from mynalib.disclosure.released import RATE_COLUMNS
from mynalib.disclosure.wide import WIDE_COLUMNS
from mynalib.domain.items import ITEMS, REASONS
from mynalib.domain.policy import (
    EmployerPolicy,
    IntakePolicy,
    Policy,
    PublishPolicy,
    ReminderPolicy,
    WidePolicy,
)

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MANUAL = (ROOT / "docs" / "manual.md").read_text(encoding="utf-8")
DOCUMENTS = sorted(
    [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "benchmarks" / "README.md"]
)
GENERATED = {"docs/errors.md"}  # 作られる文書。あるかどうかは、作る試験が確かめる
LONGEST = 130  # README の行数
VERBS = sorted(typer.main.get_command(app).commands)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_in_the_manual_and_has_help(verb):
    assert f"`myna {verb}" in MANUAL
    assert typer.main.get_command(app).commands[verb].help


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_no_verb_that_does_not_exist(document):
    text = document.read_text(encoding="utf-8")
    assert set(re.findall(r"(?:`|\$ |run )myna ([a-z]+)", text)) <= set(VERBS)


def test_the_readme_is_short_and_its_english_half_as_complete():
    """二つの命令、毎月の命令、読み手のフォルダー、続きの文書は、どちらの言葉にもある。"""
    assert len(README.splitlines()) <= LONGEST
    halves = README.split("\n## English\n")
    assert len(halves) == 2
    told = [
        {
            *re.findall(
                r"make (?:demo|test)|myna [a-z]+|`[a-z]+/[A-Z0-9a-z_/]*`|\]\([a-z/]+\.md", half
            )
        }
        for half in halves
    ]
    assert told[0] - told[1] == {"myna demo"}, "make のない環境の命令だけは、一度だけ書く"
    assert told[1] - told[0] == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_document_leads_to_a_file_and_a_heading(document):
    broken = []
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", document.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        if path and str(file.relative_to(ROOT)) in GENERATED:
            continue
        if not file.is_file() or (
            anchor and anchor not in anchors(file.read_text(encoding="utf-8"))
        ):
            broken.append(target)
    assert broken == []


def anchors(text: str) -> set[str]:
    """見出しの、つながりの名：小文字にし、記号を除き、空白を - にしたもの。"""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_source_file_that_a_document_names_is_there(document):
    named = set(
        re.findall(r"`((?:\w+/)+\w+\.(?:py|sql|yaml|ipynb))`", document.read_text(encoding="utf-8"))
    )
    places = (ROOT, ROOT / "mynalib", ROOT / "params")
    missing = {name for name in named if not any((place / name).is_file() for place in places)}
    assert missing - {"mynalib/verbs/name.py", "notebooks/NN_name.ipynb"} == set()


@pytest.mark.parametrize(
    "model", [IntakePolicy, PublishPolicy, EmployerPolicy, WidePolicy, ReminderPolicy]
)
def test_every_setting_of_the_policy_is_in_the_manual(model):
    part = next(name for name, field in Policy.model_fields.items() if field.annotation is model)
    assert [name for name in model.model_fields if f"`{part}.{name}`" not in MANUAL] == []


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.label)
def test_every_item_is_in_the_table_of_columns_with_its_codes(item):
    row = next(line for line in MANUAL.splitlines() if line.startswith(f"| {item.label} |"))
    assert item.meaning in row
    assert all(f"{code} {meaning}" in row for code, meaning in item.codes.items())
    assert ("空欄" in row.split("|")[3]) == (item.blank or item.name == "branch")


@pytest.mark.parametrize("column", sorted({*WIDE_COLUMNS, *RATE_COLUMNS}))
def test_every_published_column_is_in_the_manual(column):
    assert f"`{column}`" in MANUAL


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_for_quarantine_is_in_the_manual(reason):
    assert f"`{reason}`（{REASONS[reason]}）" in MANUAL or f"`{reason}`（" in MANUAL


def error_codes() -> set[str]:
    """コードに書いてある、エラーの名の全て。"""
    codes = set()
    for path in (ROOT / "mynalib").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "code":
                codes |= {node.value.value} if isinstance(node.value, ast.Constant) else set()
            named = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refused"
            if isinstance(node, ast.Yield) and isinstance(
                node.value, ast.Tuple
            ):  # 公開の関門（名、何が、どうすれば）
                codes |= {
                    e.value
                    for e in node.value.elts[:1]
                    if isinstance(e, ast.Constant) and e.value.isupper()
                }
            if named and node.args and isinstance(node.args[0], ast.Constant):
                codes.add(node.args[0].value)
    return codes - {"ERROR"}


def test_every_error_is_in_the_table_of_errors():
    assert len(error_codes()) > 20
    assert sorted(code for code in error_codes() if f"`{code}`" not in MANUAL) == []


def test_the_project_names_no_registry_host_and_no_path_of_one_machine():
    texts = [
        p
        for p in ROOT.rglob("*")
        if p.suffix in {".py", ".md", ".toml", ".yml", ".yaml", ".sql", ".ipynb", ".j2"}
    ]
    ours = [p for p in texts if not {".venv", ".uv", "node_modules"} & set(p.parts)]
    hosts = re.compile(
        "py"
        + "pi\\.org|python"
        + "hosted|npm"
        + "js\\.org|/(?:ro"
        + "ot|ho"
        + "me)/|\\.\\./sha"
        + "red"
    )
    assert [
        str(p.relative_to(ROOT)) for p in ours if hosts.search(p.read_text(encoding="utf-8"))
    ] == []


def test_the_record_of_the_long_tests_is_replaced_file_by_file(tmp_path, monkeypatch):
    monkeypatch.setattr(long_record, "TARGET", tmp_path / "test-long.md")

    def report(node: str) -> SimpleNamespace:
        return SimpleNamespace(
            nodeid=f"tests/{node}", duration=1, user_properties=[("kill -9", 100)]
        )

    long_record.write_record([report("test_a.py::first"), report("test_b.py::first")], [])
    again = [report("test_a.py::second"), report("test_b.py::second")]
    long_record.write_record(again, [report("test_b.py::broken")])
    sections = {
        found[1]: found[0]
        for found in long_record.SECTION.finditer(long_record.TARGET.read_text("utf-8"))
    }
    assert "`second` | kill -9 | 100" in sections["test_a.py"]
    assert "first" in sections["test_b.py"], "通らないものがあったファイルは、前の記録のまま"
    assert "broken" not in "".join(sections.values())


def test_a_test_that_tries_more_when_long_is_chosen_by_make_test_long():
    files = {
        path.name: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")
    }
    trying = {name for name, text in files.items() if re.search(r"\bLONG\b|MYNA_LONG", text)}
    assert trying
    assert {name for name in trying if "pytest.mark.long" not in files[name]} == set()
