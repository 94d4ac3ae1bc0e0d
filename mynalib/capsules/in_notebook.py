"""ノートブックの最初の一行：渡された parameters を確かめ、カプセルを開く。"""

import ast
import atexit
import os
import re
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import ExitStack
from pathlib import Path

from mynalib.capsules.catalogue import EDITIONS, NOTEBOOKS, PARAMETERS, Notebook
from mynalib.capsules.editions import make_capsule
from mynalib.capsules.opened import employers_of
from mynalib.capsules.publication import open_publication
from mynalib.disclosure.released import Released
from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month
from mynalib.domain.params import load_params
from mynalib.history.home import find_home
from mynalib.insight.capsule import Capsule
from mynalib.intake.scratch import scratch

CAPSULE = "MYNA_CAPSULE"
INJECTED = (
    "# Parameters"  # papermill が、渡された値を書いて差しこむセルの一行目（jobs/private_doors.py）
)
JSON_LIKE = (str, int, float, bool, list, dict, type(None))  # papermill が渡せる値


class BadParameter(MynaError):
    """ノートブックの parameters が無い、知らない名、または形が違う。"""

    code = "BAD_PARAMETER"
    what = "parameters が渡されていないか、知らない名か、形が違います"
    fix = "ノートブックの parameters セルの名のとおりに渡してください。"


def open_capsule(notebook: str, names: MutableMapping[str, object]) -> Capsule:
    """parameters を確かめて、カプセルを開く。myna publish の下では渡されたもの、手元では作ったもの。

    開けなければ、前に開いたカプセルとその表を names から消す。あとのセルが、別の月や事業所のものを見せないように。

    Args:
        names: ノートブックの globals()。parameters セルにない変数は、何があってもよい。
    Raises:
        BadParameter: 渡されていない、綴りが違う、形が違う。
    """
    try:
        parameters = check_parameters(NOTEBOOKS[notebook], _given(NOTEBOOKS[notebook], names))
        handed = os.environ.get(CAPSULE)
        return Capsule.read(Path(handed) if handed else _own_capsule(notebook, parameters))
    # KeyboardInterrupt でも消す。途中で止めたあとに次のセルを動かすと、前の事業所の表が出る
    except BaseException:
        _forget_opened(names)
        raise


def check_parameters(notebook: Notebook, given: Mapping[str, object]) -> dict[str, str]:
    """名と形を確かめる。知らない名が一つでもあれば止める（綴りの誤りで、別の事業所を作らないため）。"""
    if unknown := sorted(set(given) - set(notebook.parameters)):
        raise _bad(notebook, f"知らない名があります（{'、'.join(unknown)}）")
    for name in notebook.parameters:
        pattern, meaning = PARAMETERS[name]
        value = given.get(name, "")
        # re.ASCII：全角の「２０２６-１０」は、\d に当たるが、月の名ではない
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
            raise _bad(notebook, f"{name} に、{meaning}が渡されていません")
    return {name: str(given[name]) for name in notebook.parameters}


def _bad(notebook: Notebook, problem: str) -> BadParameter:
    names = "、".join(notebook.parameters)
    example = " ".join(f"-p {name} …" for name in notebook.parameters)
    return BadParameter(
        where=f"{notebook.name} の parameters",
        what=problem,
        fix=f"使えるのは {names} です（papermill なら {example}）。",
    )


def _given(notebook: Notebook, names: Mapping[str, object]) -> dict[str, object]:
    """一覧の名の値と、parameters セルに書いてある、ほかの名の値。カーネルでない所で呼ばれたら、値の名の全て。"""
    cells = names.get("In")
    # In は IPython が動かしたセルの並び。ない所（試験、ただの Python）では、書いてある名が分からない
    written = _in_parameters_cells(notebook, cells) if isinstance(cells, list) else {*names}
    others = {
        name
        for name in written
        # 表や図や道具は、papermill が渡せないので、parameters ではない
        if not name.startswith("_") and isinstance(names.get(name), JSON_LIKE)
    }
    return {name: names[name] for name in {*notebook.parameters, *others} if name in names}


def _in_parameters_cells(notebook: Notebook, cells: list[str]) -> set[str]:
    """動かしたセル（IPython の In）のうち、いちばん後の parameters セルと、papermill が差しこんだセルに書いてある名。

    名に入れるだけのセルで、一覧の名が一つでもあるものを、parameters セルとみる：

        employer: str = "E01"
        mnoth: str = "2026-10"      ← 綴りの誤りなので、知らない名として止める

    直して動かし直せば、前のものは見ない。差しこまれたセルは、一覧の名が一つもなくても見る。
    """
    by_hand: set[str] = set()
    injected: set[str] = set()
    # 例：employer を書いたセルを、直して二度動かし、papermill が month を差しこんだなら、二度めの {employer} と {month}
    for cell in cells:
        if cell.startswith(INJECTED):
            injected = set(_assigned(cell))
        elif (assigned := set(_assigned(cell))) & set(notebook.parameters):
            by_hand = assigned
    return by_hand | injected


def _assigned(cell: str) -> Iterator[str]:
    """名に入れるだけのセルの、名。ほかのこともするセルなら、ない。"""
    try:
        statements = ast.parse(cell).body
    except SyntaxError:  # 動かなかったセル
        return
    if not all(isinstance(statement, ast.Assign | ast.AnnAssign) for statement in statements):
        return
    for node in ast.walk(ast.Module(statements, [])):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _forget_opened(names: MutableMapping[str, object]) -> None:
    for name in [name for name, value in names.items() if _holds_capsule(value)]:
        del names[name]


def _holds_capsule(value: object) -> bool:
    """カプセルか、その表か、カプセルを持つもの（ページの道具）か。"""
    # int や str には __dict__ がなく、vars が TypeError になる
    own = vars(value).get("capsule") if hasattr(value, "__dict__") else None
    return isinstance(value, Capsule | Released) or isinstance(own, Capsule)


def _own_capsule(notebook: str, parameters: dict[str, str]) -> Path:
    home = find_home()
    params = load_params(home.params)
    wanted = parameters.get("edition")
    # edition を選べるのは月次報告だけ。ほかのノートブックの版は一つ
    edition = next(e for e in EDITIONS if e.notebook == notebook and wanted in (None, e.audience))
    publication = open_publication(home, params, Month.parse(parameters["month"]))
    employer = (
        employers_of(publication.opened, only=parameters["employer"])[0]
        if "employer" in parameters
        else None
    )
    # カプセルは、カーネルが終わるときに消す。with を抜けると、次のセルが読めない
    kept = ExitStack()
    atexit.register(kept.close)
    return make_capsule(publication, edition, kept.enter_context(scratch()) / "capsule", employer)
