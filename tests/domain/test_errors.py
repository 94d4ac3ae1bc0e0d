"""docs/errors.md は、エラーのクラスと、送出するところの文のとおり。どのエラーにも、することが書いてある。"""

import ast
import inspect
import re
from pathlib import Path

import pytest
from error_pages import ANY, TARGET, error_classes, page, wordings

from mynalib.domain.params import KINDS

ROOT = Path(__file__).parents[2] / "mynalib"
CLASSES = error_classes()
WORDINGS = wordings(CLASSES)


def written_codes() -> set[str]:
    """コードに書いてある、エラーの名の全て（文を読むのとは、別の探し方で）。"""
    source = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py"))
    return {
        *re.findall(r'Refused\(\s*"([A-Z_]+)"', source),
        *re.findall(r'\n    code = "([A-Z_]+)"', source),
    }


def test_the_page_of_errors_is_as_the_errors_are_raised():
    assert TARGET.read_text(encoding="utf-8") == page(), "make errors で作り直してください"


def test_every_code_is_on_the_page():
    codes = written_codes() | {*KINDS}
    assert len(codes) > 50
    assert codes <= set(
        re.findall("^## `([A-Z_]+)`$", TARGET.read_text(encoding="utf-8"), flags=re.MULTILINE)
    )


@pytest.mark.parametrize("code", sorted(WORDINGS))
def test_every_error_says_what_happened_and_what_to_do(code):
    for said in WORDINGS[code]:
        assert all(text.strip(ANY) for text in said), said


@pytest.mark.parametrize("name", sorted(set(CLASSES) - {"Refused", "RejectedParams"}))
def test_an_error_raised_with_its_place_alone_is_complete(name):
    error = CLASSES[name](where="ここ")
    assert error.code
    assert error.what
    assert error.fix
    assert "{" not in str(error)


def test_every_error_is_made_with_the_words_its_class_takes():
    """足りない文や、知らない名は、起きたときに TypeError になる。起きる前に、ここで見つける。"""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(ROOT.rglob("*.py"))]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    made = [call for call in calls if getattr(call.func, "id", "") in CLASSES]
    assert len(made) > 80
    for call in made:
        words = {word.arg: word.value for word in call.keywords}
        inspect.signature(CLASSES[call.func.id]).bind(*call.args, **words)
