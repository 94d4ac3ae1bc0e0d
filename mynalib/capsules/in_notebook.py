"""ノートブックの最初の一行：渡された parameters を確かめ、カプセルを開く。"""

import atexit
import os
import re
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import FunctionType, ModuleType

from mynalib.capsules.catalogue import EDITIONS, NOTEBOOKS, PARAMETERS, Notebook
from mynalib.capsules.editions import make_capsule
from mynalib.capsules.opened import employers_of
from mynalib.capsules.publication import open_publication
from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month
from mynalib.domain.params import load_params
from mynalib.history.home import find_home
from mynalib.insight.capsule import Capsule
from mynalib.intake.scratch import scratch

CAPSULE = "MYNA_CAPSULE"
_IPYTHON = {"In", "Out", "exit", "quit", "open", "get_ipython", "display"}


class BadParameter(MynaError):
    """ノートブックの parameters が無い、知らない名、または形が違う。"""

    code = "BAD_PARAMETER"
    what = "parameters が渡されていないか、知らない名か、形が違います"
    fix = "ノートブックの parameters セルの名のとおりに渡してください。"


def open_capsule(notebook: str, given: Mapping[str, object]) -> Capsule:
    """parameters を確かめて、カプセルを開く。myna publish の下では渡されたもの、手元では作ったもの。

    Args:
        given: ノートブックの globals()。parameters セルより前に、ほかの変数を置かない。
    Raises:
        BadParameter: 渡されていない、綴りが違う、形が違う。
    """
    parameters = check_parameters(NOTEBOOKS[notebook], _variables(given))
    handed = os.environ.get(CAPSULE)
    return Capsule.read(Path(handed) if handed else _own_capsule(notebook, parameters))


def check_parameters(notebook: Notebook, given: Mapping[str, object]) -> dict[str, str]:
    """名と形を確かめる。知らない名が一つでもあれば止める（綴りの誤りで、別の事業所を作らないため）。"""
    if unknown := sorted(set(given) - set(notebook.parameters)):
        raise _bad(notebook, f"知らない名があります（{'、'.join(unknown)}）")
    for name in notebook.parameters:
        pattern, meaning = PARAMETERS[name]
        value = given.get(name, "")
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
            raise _bad(notebook, f"{name} に、{meaning}が渡されていません")
    return {name: str(given[name]) for name in notebook.parameters}


def _bad(notebook: Notebook, problem: str) -> BadParameter:
    names, example = "、".join(notebook.parameters), " ".join(f"-p {name} …" for name in notebook.parameters)
    return BadParameter(
        where=f"{notebook.name} の parameters",
        what=problem,
        fix=f"使えるのは {names} です（papermill なら {example}）。",
    )


def _variables(given: Mapping[str, object]) -> dict[str, object]:
    """利用者の変数だけ。IPython の道具、読みこんだもの、_ で始まる名は除く。"""
    return {
        name: value
        for name, value in given.items()
        if not name.startswith("_") and name not in _IPYTHON and not isinstance(value, ModuleType | FunctionType | type)
    }


def _own_capsule(notebook: str, parameters: dict[str, str]) -> Path:
    home = find_home()
    params = load_params(home.params)
    wanted = parameters.get("edition")
    edition = next(e for e in EDITIONS if e.notebook == notebook and wanted in (None, e.audience))
    publication = open_publication(home, params, Month.parse(parameters["month"]))
    employer = employers_of(publication.opened, only=parameters["employer"])[0] if "employer" in parameters else None
    kept = ExitStack()
    atexit.register(kept.close)
    return make_capsule(publication, edition, kept.enter_context(scratch()) / "capsule", employer)
