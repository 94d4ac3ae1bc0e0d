"""文の一覧：コードが呼ぶ名は全て一覧にあり、一覧の名は全て使われる。"""

import ast
import re
from pathlib import Path

from mynalib.domain.shipped import shipped_yaml
from mynalib.insight import chart_styles
from mynalib.release.scan import COLOUR

ROOT = Path(__file__).parents[1] / "mynalib"
TREES = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(ROOT.rglob("*.py"))]
CALLS = [node for tree in TREES for node in ast.walk(tree) if isinstance(node, ast.Call)]
TEXTS = {node.value for tree in TREES for node in ast.walk(tree) if isinstance(node, ast.Constant)}


def constants(*nodes: ast.expr | None) -> set[str]:
    return {node.value for node in nodes if isinstance(node, ast.Constant)}


def test_every_reason_an_error_names_has_a_sentence_and_a_way_out():
    errors = shipped_yaml("domain", "errors")
    named = {why for call in CALLS for word in call.keywords if word.arg == "why" for why in constants(word.value)}
    assert len(named) > 30
    assert named <= set(errors)
    assert set(errors) <= TEXTS
    assert all(len(said) == 2 and said[1] for said in errors.values())


def test_every_phrase_named_is_in_the_table():
    phrases = shipped_yaml("domain", "phrases")
    called = [call for call in CALLS if getattr(call.func, "id", "") == "phrase"]
    named = set().union(*(constants(*call.args[:1]) for call in called))
    assert len(named) > 15
    assert named <= set(phrases)


def test_the_values_a_sentence_shows_are_given_where_it_is_named():
    errors, phrases = shipped_yaml("domain", "errors"), shipped_yaml("domain", "phrases")
    for call in CALLS:
        words = {word.arg: word.value for word in call.keywords}
        if getattr(call.func, "id", "") == "phrase":
            said = [phrases[name] for name in constants(*call.args[:1])]
        else:
            said = [text for why in constants(words.get("why")) for text in errors[why]]
        assert set(re.findall(r"\{(\w+)\}", " ".join(said))) <= set(words)


def test_every_colour_of_a_chart_is_known_to_the_scan():
    assert {*COLOUR.findall(repr(vars(chart_styles)))} == {*chart_styles.COLOURS}
