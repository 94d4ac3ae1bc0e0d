"""部屋とモジュールが何を読みこむかを描き、読みやすさの数を数える。

    python tests/scripts/imports.py             部屋ごとに、モジュールの行数と、読みこむもの
    python tests/scripts/imports.py --mermaid   部屋の図（Mermaid）。線の数字は、読みこみの数

mynalib も、ほかの道具も読みこまない。コードを読むだけである。関数の中や TYPE_CHECKING の下の読みこみも数える。
"""

import argparse
import ast
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import groupby
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
PACKAGE = "mynalib"
LAYOUT = {  # 改行と字下げ。字句に数えない
    tokenize.ENCODING,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
    tokenize.COMMENT,
}
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """一つのモジュール。name は domain.months のように、パッケージの名を除く。

    code_lines は字句のある行（説明の文字列、注釈、空の行を除く）、functions は関数の名から行数へ。
    """

    name: str
    imports: tuple[str, ...]
    lines: int
    code_lines: int
    tokens: int
    comments: int
    parallel: int
    functions: dict[str, int]

    @property
    def room(self) -> str:
        return room_of(self.name)


def room_of(name: str) -> str:
    """どの部屋か。部屋に入っていないモジュール（cli など）は、そのものが一つの部屋。"""
    return name.split(".")[0]


def read_modules(root: Path = ROOT) -> list[Module]:
    """パッケージの全てのモジュール。部屋の、読みこむ順。"""
    paths = {_name(path.relative_to(root)): path for path in sorted((root / PACKAGE).rglob("*.py"))}
    modules = [read_module(name, path, set(paths)) for name, path in paths.items() if name]
    place = {room: number for number, room in enumerate(room_order(modules))}
    return sorted(modules, key=lambda module: (place[module.room], module.name))


def read_module(name: str, path: Path, known: set[str]) -> Module:
    """一つのファイルを読んで、数える。known は、パッケージの全てのモジュールの名。"""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    with path.open("rb") as file:
        tokens = list(tokenize.tokenize(file.readline))
    told = _lines_of_texts(tree)
    code = [token for token in tokens if token.type not in LAYOUT and token.start[0] not in told]
    return Module(
        name=name,
        imports=tuple(sorted(set(_imports(tree, known)) - {name})),
        lines=tokens[-1].start[0] - 1,
        code_lines=len({token.start[0] for token in code}),
        tokens=len(code),
        comments=sum(token.type == tokenize.COMMENT for token in tokens),
        parallel=sum(_is_parallel(node) for node in ast.walk(tree)),
        functions={
            f"{name}.{node.name}": node.end_lineno - node.lineno + 1
            for node in ast.walk(tree)
            if isinstance(node, FUNCTIONS)
        },
    )


def _name(path: Path) -> str:
    """mynalib/domain/months.py は domain.months、mynalib/domain/__init__.py は domain。"""
    parts = [part for part in path.with_suffix("").parts[1:] if part != "__init__"]
    return ".".join(parts)


def _imports(tree: ast.AST, known: set[str]) -> Iterator[str]:
    """読みこむモジュールのうち、このパッケージのもの。`from 部屋 import 名` の名がモジュールなら、部屋ではなくそれ。"""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (
                _inside(alias.name, known) for alias in node.names if _inside(alias.name, known)
            )
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                found = _inside(f"{node.module}.{alias.name}", known) or _inside(node.module, known)
                yield from [found] if found else []


def _inside(name: str, known: set[str]) -> str:
    """パッケージの名を除いたモジュールの名。このパッケージのモジュールでなければ空。"""
    package, _, rest = name.partition(".")
    return rest if package == PACKAGE and rest in known else ""


def _lines_of_texts(tree: ast.AST) -> set[int]:
    """説明の文字列（docstring と、値の下に書く説明）の行。"""
    lines = set()
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            lines |= set(range(node.lineno, node.end_lineno + 1))
    return lines


def _is_parallel(node: ast.AST) -> bool:
    """a, b = 1, 2 のように、別々の値を一行で代入するか。一つの値を開く a, b = f() は数えない。"""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Tuple):
        return False
    return any(isinstance(target, ast.Tuple) for target in node.targets)


def room_order(modules: list[Module]) -> list[str]:
    """上の部屋から下の部屋へ。部屋どうしが輪になっていれば CycleError。"""
    above = {module.room: set() for module in modules}
    for module in modules:
        above[module.room] |= {room_of(name) for name in module.imports} - {module.room}
    return list(
        TopologicalSorter(
            {room: sorted(rooms) for room, rooms in sorted(above.items())}
        ).static_order()
    )


def drawing(modules: list[Module]) -> str:
    """部屋、モジュール、読みこむものを、字下げで。"""
    lines = []
    for room, group in groupby(modules, key=lambda module: module.room):
        inside = list(group)
        above = sorted({room_of(name) for module in inside for name in module.imports} - {room})
        size = f"{len(inside)} モジュール、{sum(module.lines for module in inside):,} 行"
        lines.append(f"{room}（{size}）← {'、'.join(above) or 'なし'}")
        for module in inside:
            lines += [f"  {module.name}（{module.lines} 行）", *_below(module)]
    return "\n".join(lines)


def _below(module: Module) -> list[str]:
    """読みこむモジュールを、部屋ごとに一行で。"""
    rooms = defaultdict(list)
    for name in module.imports:
        rooms[room_of(name)].append(name.partition(".")[2])
    return [
        f"    ← {room}：{'、'.join(filter(None, names))}".rstrip("：")
        for room, names in rooms.items()
    ]


def mermaid(modules: list[Module]) -> str:
    """部屋の図。矢印は、読みこまれる部屋から読みこむ部屋へ。"""
    edges = Counter(
        (room_of(name), module.room)
        for module in modules
        for name in module.imports
        if room_of(name) != module.room
    )
    place = {room: number for number, room in enumerate(room_order(modules))}
    ordered = sorted(edges.items(), key=lambda edge: (place[edge[0][0]], place[edge[0][1]]))
    return "\n".join(
        ["graph TD", *(f"  {above} -->|{count}| {below}" for (above, below), count in ordered)]
    )


def figures(modules: list[Module]) -> dict[str, str]:
    """読みやすさの数。名から、見せる値へ。"""
    code = sum(module.code_lines for module in modules)
    functions = {name: lines for module in modules for name, lines in module.functions.items()}
    longest = max(functions, key=functions.get)
    return {
        "モジュール": f"{len(modules)}",
        "行": f"{sum(module.lines for module in modules):,}",
        "コードの行": f"{code:,}",
        "モジュールの行数の中央値": f"{median(module.lines for module in modules):g}",
        "コード一行の字句": f"{sum(module.tokens for module in modules) / code:.1f}",
        "並べた代入": f"{sum(module.parallel for module in modules)}",
        "コード百行の注釈": f"{100 * sum(module.comments for module in modules) / code:.1f}",
        "関数の行数の中央値": f"{median(functions.values()):g}",
        "いちばん長い関数": f"{functions[longest]} 行（{longest}）",
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description="部屋とモジュールの読みこみを描き、読みやすさの数を数える"
    )
    parser.add_argument("--mermaid", action="store_true", help="部屋の図だけを、Mermaid で")
    asked = parser.parse_args()
    modules = read_modules()
    if asked.mermaid:
        print(mermaid(modules))
        return
    print(
        drawing(modules),
        *(f"{name}：{value}" for name, value in figures(modules).items()),
        sep="\n",
    )


if __name__ == "__main__":
    main()
