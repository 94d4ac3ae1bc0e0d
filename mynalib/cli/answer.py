"""答え方：済んだことと、断ったことを、人には文で、--json なら JSON で知らせる。"""

import json
from contextlib import suppress
from dataclasses import dataclass

import typer

from mynalib import ending
from mynalib.domain.errors import MynaError
from mynalib.domain.shipped import templates
from mynalib.history.home import Home

NOTHING_TAKEN_IN = {
    "data_rows": None,
    "accepted": 0,
    "quarantined": 0,
    "reasons": {},
    "sha256": None,
}
"""断った取込の、JSON の数。"""


@dataclass
class Asked:
    """頼まれた命令と、答えのかたち。失敗を知らせるときにも使うので、typer の文脈（Context.obj）に置く。"""

    verb: str = ""
    as_json: bool = False


# 引数を読むときに覚える。失敗を知らせるところ（refuse）は、命令の引数を見られない
def note_json(context: typer.Context, value: bool) -> bool:
    context.ensure_object(Asked).as_json = value
    return value


def say(as_json: bool, verb: str, result: dict, home: Home | None = None, **more: object) -> None:
    """結果を、使った置き場所とともに知らせる。人に知らせる文は said.txt.j2 にある。"""
    result |= {"home": str(home.root)} if home else {}
    if as_json:
        ending.say(json.dumps(result, ensure_ascii=False))
        return
    said = templates().get_template("said.txt.j2").render(verb=verb, **result, **more).rstrip()
    ending.say(_with_place(said, str(home.root) if home else "", str(more.get("at", ""))))


def refuse(asked: Asked, error: MynaError) -> None:
    """失敗を知らせる。人に知らせる文は、標準エラーに。"""
    if asked.as_json:
        # 失敗が、標準出力に書けないことそのものかもしれない。終了コードは、もう 1 に決まっている
        with suppress(MynaError):
            ending.say(json.dumps(_as_json(asked.verb, error), ensure_ascii=False))
        return
    ending.say(_with_place(str(error), error.home, error.at), error=True)


def _with_place(told: str, root: str, at: str) -> str:
    """文に、使った置き場所を添える。--home を付けて動かし、それの付いていない命令が文にあれば、付けることも。"""
    if not root:
        return told
    lines = [told, f"置き場所：{root}"]
    if at and told.count("myna ") > told.count(at):
        lines.append(f"  （上の命令には{at} を付けてください）")
    return "\n".join(lines)


def _as_json(verb: str, error: MynaError) -> dict:
    # 取込の JSON は、ほかの道具も読む約束。断った取込は refused で、数の項目も欠かさない
    outcome = "refused" if verb == "ingest" else "failed"
    counts = NOTHING_TAKEN_IN if verb == "ingest" else {}
    texts = {"where": error.where, "what": error.what, "fix": error.fix}
    texts |= {"see": str(error.see)} if error.see else {}
    problems = [*map(str, error.problems)]
    return {
        "outcome": outcome,
        "error": error.code,
        **counts,
        **texts,
        "problems": problems,
        "home": error.home,
    }
