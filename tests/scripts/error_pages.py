"""docs/errors.md を、エラーのクラスと、それを送出するところの文から作り直す（`make errors`）。

文は、送出するところに書いてある（f-string の { } は「…」になる）。そこに書いていなければ、クラスの決まった文。
"""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from pkgutil import walk_packages

import mynalib
from mynalib.domain.errors import MynaError, Refused
from mynalib.domain.params import KINDS, RejectedParams

TARGET = Path(__file__).parents[2] / "docs" / "errors.md"
PACKAGE = Path(mynalib.__file__).parent
ANY = "…"
HEAD = """# エラー

`make errors` が、エラーのクラスと、送出するところの文から作る。手では直さない。

どのエラーも「どこで：何が → どうすれば」の形で、人の値は含まない。名は `--json` の `error` に出る。「…」には、そのときの数や名が入る。
終了コードは、0 が成功、2 が命令の書き方の誤り、128 より大きければ合図で止められたこと。
"""

Wording = tuple[str, str]  # 何が、どうすれば
Block = list[ast.stmt]
Made = tuple[ast.Call, tuple[Block, ...]]
Known = dict[str, ast.expr]


def page() -> str:
    """docs/errors.md の中身。名の順。"""
    kinds = error_classes()
    found = wordings(kinds)
    return "\n".join([HEAD, *(_section(code, found[code], kinds) for code in sorted(found))])


def error_classes() -> dict[str, type[MynaError]]:
    """mynalib の全てのエラーのクラス。"""
    for module in walk_packages(mynalib.__path__, "mynalib."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return {kind.__name__: kind for kind in _family(MynaError)}


def wordings(kinds: dict[str, type[MynaError]]) -> dict[str, dict[Wording, str]]:
    """エラーの名から、その文と、送出するクラスへ。どこにも書いてなければ、クラスの決まった文。"""
    found: dict[str, dict[Wording, str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        known = _known(tree)
        for call, blocks in _calls(tree.body, kinds, ()):
            kind = kinds[call.func.id]
            given = {word.arg: word.value for word in call.keywords}
            code = kind.code if kind is not Refused else _read(call.args[0], known)
            said = tuple(
                _text(given.get(name), getattr(kind, name), blocks, known)
                for name in ("what", "fix")
            )
            found.setdefault(code, {})[said] = kind.__name__
    for kind in kinds.values():
        if kind not in (Refused, RejectedParams):
            found.setdefault(kind.code, {(kind.what, kind.fix): kind.__name__})
    for code, what in KINDS.items():
        found.setdefault(code, {})[what, RejectedParams.fix] = RejectedParams.__name__
    return found


def _family(kind: type[MynaError]) -> Iterator[type[MynaError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)


def _section(code: str, said: dict[Wording, str], kinds: dict[str, type[MynaError]]) -> str:
    """一つのエラーの名の、クラスと、終了コードと、文の表。"""
    names = sorted(set(said.values()))
    about = [
        inspect.getdoc(kinds[name]).partition("。")[0] + "。"
        for name in names
        if kinds[name] is not Refused
    ]
    exits = "、".join(sorted({str(kinds[name].exit_code) for name in names}))
    head = (
        f"クラス {'、'.join(f'`{name}`' for name in names)}、終了コード {exits}。{' '.join(about)}"
    )
    rows = [f"| {what} | {fix} |" for what, fix in said]
    return "\n".join(
        [f"## `{code}`", "", head, "", "| 何が | どうすれば |", "|---|---|", *rows, ""]
    )


def _calls(
    body: Block, kinds: dict[str, type[MynaError]], outside: tuple[Block, ...]
) -> Iterator[Made]:
    """エラーを作るところと、それより前に動く文（内側の並びから順に）。"""
    for at, statement in enumerate(body):
        before = (body[:at], *outside)
        inner = [block for _, block in ast.iter_fields(statement) if _is_block(block)]
        inner += [handler.body for handler in getattr(statement, "handlers", ())]
        for block in inner:
            yield from _calls(block, kinds, before)
        within = {node for block in inner for each in block for node in ast.walk(each)}
        for node in ast.walk(statement):
            made = (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in kinds
            )
            if made and node not in within:
                yield node, before


def _is_block(field: object) -> bool:
    return isinstance(field, list) and bool(field) and isinstance(field[0], ast.stmt)


def _text(given: ast.expr | None, usual: str, blocks: tuple[Block, ...], known: Known) -> str:
    """送出するところの文。名に入れてあれば、いちばん近い並びで入れた値（if で分かれていれば「／」でつなぐ）。"""
    if given is None:
        return usual
    values = [given]
    if isinstance(given, ast.Name):
        found = (_assigned(block, given.id) for block in blocks)
        values = next((assigned for assigned in found if assigned), values)
    texts = [_read(value, known) for value in values]
    return "／".join(usual if text == ANY and usual else text for text in texts)


def _assigned(block: Block, name: str) -> list[ast.expr]:
    """並びの中で、その名に入れた値。"""
    inside = [
        node for statement in block for node in ast.walk(statement) if isinstance(node, ast.Assign)
    ]
    return [node.value for node in inside if getattr(node.targets[0], "id", "") == name]


def _known(tree: ast.Module) -> Known:
    """名から、その式へ：ファイルの定数と、一つの文を返すだけの関数。"""
    found = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            found[statement.targets[0].id] = statement.value
        if isinstance(statement, ast.FunctionDef) and isinstance(statement.body[-1], ast.Return):
            found[statement.name] = statement.body[-1].value
    return found


def _read(value: ast.expr, known: Known) -> str:
    """式の文字。読めないところは「…」。"""
    if isinstance(value, ast.Constant):
        return str(value.value)
    if isinstance(value, ast.JoinedStr):
        return re.sub(f"{ANY}+", ANY, "".join(_read(part, known) for part in value.values))
    if isinstance(value, ast.FormattedValue):
        return _read(value.value, known)
    called = value.func if isinstance(value, ast.Call) else value
    if isinstance(called, ast.Name) and isinstance(
        known.get(called.id), ast.Constant | ast.JoinedStr
    ):
        return _read(known[called.id], known)
    return ANY


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8", newline="\n")
