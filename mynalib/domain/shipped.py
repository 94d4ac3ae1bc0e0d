"""この道具に付いてくるファイル（決まった言葉や表、SQL、ひな型）を読む。"""

import re
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
import yaml

# 数と単位の間の空白（「約 170 人」「3.0 ポイント」）
_UNIT = re.compile(
    "(?<=約) (?=[0-9])|(?<=[0-9]) (?=[人件枚世回社行つ%]|か月|ポイント|事業所|通り)", re.ASCII
)


FASTEST = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""C で書かれた読み手があれば、それ。同じ値を、八分の一の時間で読む。"""


@cache
def shipped_text(path: str) -> str:
    """mynalib の中の path にあるファイルの文字。"""
    return (files("mynalib") / path).read_text(encoding="utf-8")


@cache
def shipped_yaml(room: str, name: str) -> Any:
    """mynalib の room（部屋の名。'' なら mynalib そのもの）にある name.yaml。読むだけで、書きかえない。"""
    return FASTEST(shipped_text(f"{room}/{name}.yaml".lstrip("/"))).get_single_data()


@cache
def templates() -> jinja2.Environment:
    """mynalib の中の型紙。`.html.j2` に入れる値は、必ずエスケープされる。知らない値の名は、誤りになる。"""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("mynalib", ""),
        autoescape=jinja2.select_autoescape([".html.j2"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["unbroken"] = unbroken
    return environment


def unbroken(text: str) -> str:
    """数と単位が、行の終わりと次の行のはじめに分かれない文。"""
    return _UNIT.sub("\N{NO-BREAK SPACE}", text)


def phrase(name: str, /, **values: Any) -> str:
    """domain/phrases.yaml の文。values は、その { } に入る。"""
    return shipped_yaml("domain", "phrases")[name].format(**values)
