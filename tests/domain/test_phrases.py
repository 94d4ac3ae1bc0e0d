"""文の一覧：コードが呼ぶ名は全て一覧にあり、一覧の名は全て使われる。"""

import ast
import re
from pathlib import Path

import pytest
import yaml

from mynalib.domain.shipped import shipped_yaml
from mynalib.insight import chart_styles
from mynalib.release.digits import COLOUR

ROOT = Path(__file__).parents[2] / "mynalib"
TREES = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(ROOT.rglob("*.py"))]
CALLS = [node for tree in TREES for node in ast.walk(tree) if isinstance(node, ast.Call)]


def constants(*nodes: ast.expr | None) -> set[str]:
    return {node.value for node in nodes if isinstance(node, ast.Constant)}


def test_the_fastest_reader_reads_the_same_values():
    shipped = sorted(ROOT.rglob("*.yaml"))
    assert len(shipped) > 10
    for path in shipped:
        room = path.parent.relative_to(ROOT).as_posix().removeprefix(".")
        assert shipped_yaml(room, path.stem) == yaml.safe_load(path.read_text(encoding="utf-8"))


def test_every_phrase_named_is_in_the_table():
    phrases = shipped_yaml("domain", "phrases")
    called = [call for call in CALLS if getattr(call.func, "id", "") == "phrase"]
    named = set().union(*(constants(*call.args[:1]) for call in called))
    assert len(named) > 15
    assert named <= set(phrases)


def test_the_values_a_sentence_shows_are_given_where_it_is_named():
    phrases = shipped_yaml("domain", "phrases")
    for call in CALLS:
        if getattr(call.func, "id", "") == "phrase":
            said = " ".join(phrases[name] for name in constants(*call.args[:1]))
            assert set(re.findall(r"\{(\w+)\}", said)) <= {word.arg for word in call.keywords}


def test_every_colour_of_a_chart_is_known_to_the_scan():
    assert {*COLOUR.findall(repr(vars(chart_styles)))} == {*chart_styles.COLOURS}


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.yaml")), ids=lambda path: path.name)
def test_no_shipped_text_names_a_key_twice(path):
    """YAML は、同じ名の二つ目で、一つ目を黙って置きかえる（見出しが、ほかの表のものになる）。"""
    twice = []

    def look(node: yaml.Node) -> None:
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value if key.value != "<<"]
            twice.extend(key for key in {*keys} if keys.count(key) > 1)
            for _, value in node.value:
                look(value)
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                look(value)

    look(yaml.compose(path.read_text(encoding="utf-8")))
    assert twice == []
