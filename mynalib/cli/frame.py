"""--help の枠（使い方、命令、付けられるもの）を日本語にする。typer の枠は英語なので、言い直す。"""

import re
from collections.abc import Callable
from typing import Any

import typer
from rich.cells import cell_len
from typer.core import TyperCommand, TyperGroup

FRAME = {
    "Usage: ": "使い方： ",
    " [OPTIONS]": " [付けられるもの]",
    " COMMAND [ARGS]...": " 命令 …",
    "Arguments:": "渡すもの：",
    "Options:": "付けられるもの：",
    "Commands:": "命令：",
    " <path>": "",
    "[required]": "[要る]",
    "[default: ": "[ふだんは ",
    "Show this message and exit.": "この説明を出す",
}
"""typer の書く枠の、英語の全て。この道具の説明の文には、どれも出てこない。"""
ROW = re.compile(r"^(  \S.*?) {2,}(\S.*)$", re.MULTILINE)
"""名と説明が並ぶ一行。"""


def _spoken(text: str) -> str:
    for english, japanese in FRAME.items():
        text = text.replace(english, japanese)
    # typer は字の数でそろえる。全角の字は幅が二つなので、説明の頭をそろえなおす
    widest = max((cell_len(name) for name, _ in ROW.findall(text)), default=0)
    return ROW.sub(lambda row: row[1] + " " * (widest - cell_len(row[1]) + 2) + row[2], text)


class _InJapanese:
    """--help を言い直すもの。typer の命令か群れと、合わせて使う。"""

    def get_help(self, ctx: typer.Context) -> str:
        return _spoken(super().get_help(ctx))


class Command(_InJapanese, TyperCommand):
    """一つの命令。"""


class Group(_InJapanese, TyperGroup):
    """命令の群れ。"""


class Commands(typer.Typer):
    """命令を書き足していく器。"""

    def command(self, *names: str, **options: Any) -> Callable:
        return super().command(*names, cls=Command, **options)
