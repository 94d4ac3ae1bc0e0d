"""この道具に付いてくる YAML（決まった言葉や表）を読む。"""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def shipped_yaml(room: str, name: str) -> Any:
    """mynalib の room（部屋の名。'' なら mynalib そのもの）にある name.yaml。読むだけで、書きかえない。"""
    return yaml.safe_load((files("mynalib") / room / f"{name}.yaml").read_text(encoding="utf-8"))
