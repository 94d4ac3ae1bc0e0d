"""試験の道具：MYNA_FAULT（モジュール:関数）を、呼ばれたら MYNA_FAULT_SAYS を言って落ちるものに替える。

PYTHONPATH にこのフォルダーがあれば、Python は起きるときにこれを読む。仕事を分けた子のプロセスでも、同じところが落ちる。
"""

import importlib.abc
import importlib.util
import os
import sys
from pathlib import Path

MODULE, _, FUNCTION = os.environ.get("MYNA_FAULT", "").partition(":")


def fail(*_: object, **__: object) -> None:
    """落ちたことを、MYNA_FAULT_SEEN のファイルに残す。"""
    Path(os.environ["MYNA_FAULT_SEEN"]).touch()
    raise ValueError(os.environ["MYNA_FAULT_SAYS"])


class Planting(importlib.abc.MetaPathFinder):
    """そのモジュールが読みこまれたすぐあとに、関数を替える。"""

    def find_spec(self, name: str, *_: object) -> object:
        if name != MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        run = spec.loader.exec_module

        def run_and_replace(module: object) -> None:
            run(module)
            if not hasattr(module, FUNCTION):
                raise AttributeError(FUNCTION)
            setattr(module, FUNCTION, fail)

        spec.loader.exec_module = run_and_replace
        return spec


if MODULE:
    sys.meta_path.insert(0, Planting())
