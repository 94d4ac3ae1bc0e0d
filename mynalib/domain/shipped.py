"""この道具に付いてくるファイル（決まった言葉や表、SQL、ひな型）を読む。"""

from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
import yaml


@cache
def shipped_text(path: str) -> str:
    """mynalib の中の path にあるファイルの文字。"""
    return (files("mynalib") / path).read_text(encoding="utf-8")


@cache
def shipped_yaml(room: str, name: str) -> Any:
    """mynalib の room（部屋の名。'' なら mynalib そのもの）にある name.yaml。読むだけで、書きかえない。"""
    return yaml.safe_load(shipped_text(f"{room}/{name}.yaml".lstrip("/")))


@cache
def templates() -> jinja2.Environment:
    """mynalib の中の型紙。`.html.j2` に入れる値は、必ずエスケープされる。知らない値の名は、誤りになる。"""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("mynalib", ""),
        autoescape=jinja2.select_autoescape([".html.j2"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )


def phrase(name: str, /, **values: Any) -> str:
    """domain/phrases.yaml の文。values は、その { } に入る。"""
    return shipped_yaml("domain", "phrases")[name].format(**values)
