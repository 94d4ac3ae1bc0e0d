"""分析する人の書いた SQL に答える窓：読むだけ、四つの表だけ、人の鍵は仮の名で。

守るのは、うっかりである（分析する人は健保の職員で、月のファイルそのものを読める）。結果を見せた画面やノートブックに、人の鍵が
いつのまにか残らない。書いた SQL は、DuckDB の読み取った形（構文木）で確かめるので、書き方では抜けられない。
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pandas as pd

from mynalib.domain.errors import MynaError
from mynalib.domain.params import Params
from mynalib.history.holds import Hold
from mynalib.history.lens import OUR_MISTAKES, Lens
from mynalib.history.months import KeptMonth

ASKED_VIEWS = ("member", "person", "cube", "flow")
ROW_MAKERS = ("unnest", "range", "generate_series")
"""表のように使ってよい関数。ほかは、ファイルや内部の表を読めるものがある。"""
MISTAKES = {
    r"Only SELECT statements can be serialized": "select ではありません",
    r'syntax error at or near "(.+)"': "「{}」の近くが、SQL として読めません",
    r"SELECT clause without selection list": "select に、選ぶ列がありません",
    r'Referenced column "(.+?)" not found': "「{}」という列はありません",
    r'does not have a column named "(.+?)"': "「{}」という列はありません",
    r'Referenced table "(.+?)" not found': "「{}」という表はありません",
    r"Function with name (\S+) does not exist": "「{}」という関数はありません",
    r'column "(.+?)" must appear in the GROUP BY': "「{}」は、group by にも書くか、count などで集計します",
}
"""よくある書き誤り：DuckDB の言葉から、こちらの言葉へ。ほかの誤りは、DuckDB の言葉のまま添える。"""


class BadQuestion(MynaError):
    """作業台への問いが、答えられるものでない。"""

    code = "BAD_QUESTION"
    what = "答えられない問いです"
    fix = "使える名を確かめて、書き直してください。"


@dataclass(frozen=True)
class Veil:
    """人の鍵の隠し方。secret が同じあいだは、同じ人に同じ仮の名が付く。shown なら、隠さない。"""

    secret: str
    shown: bool = False


def ask(
    text: str,
    months: Sequence[KeptMonth],
    params: Params,
    holds: Sequence[Hold],
    tables: Mapping[str, pd.DataFrame],
    veil: Veil,
) -> pd.DataFrame:
    """一つの select に答える。窓は、問いのあいだだけ開く。

    Args:
        text: SQL。見える表は ASKED_VIEWS（member と person は、月のファイルから）。
        tables: cube と flow。
    Raises:
        BadQuestion: select でない、ほかの表やファイルを読む、書き方の誤り。
        MonthDamaged, DiskFull: 読めない、途中の置き場が足りない。
    """
    with Lens(months, params, holds) as lens:
        # 確かめるより先に置く。with の名として断るのは、そのときにある表の名だけ
        lens.put("veil", pd.DataFrame({"secret": [veil.secret], "shown": [veil.shown]}))
        _require_plain(text, lens)
        lens.query("asked_schema")
        lens.query("asked_member")
        lens.query("asked_person")
        # 行の多い member と person はビューのままにする。集計は小さく、もう手元にある
        for name, table in tables.items():
            lens.put(f"bench.{name}", table)
        lens.query("asked_names")
        return _answered(text, lens)


def _answered(text: str, lens: Lens) -> pd.DataFrame:
    try:
        return lens.answer(text)
    except OUR_MISTAKES as error:
        # 書き方の誤りの文に、行の値は入らない。二行目からは、候補と、書いた文の写し
        raise _refused(f"答えられません（{_in_japanese(str(error).splitlines()[0])}）") from None
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise lens.failure(error) from None
    except duckdb.Error as error:
        kind = type(error).__name__
    # except の外で送出すると、行の値を引用する元の文が __context__ に残らない
    raise _refused(f"計算できません（{kind}）")


def _require_plain(text: str, lens: Lens) -> None:
    """一つの select で、読むのは ASKED_VIEWS と、その問いの中で名を付けた表（with）だけ。"""
    if not isinstance(text, str):
        raise _refused("SQL が文字で書かれていません")
    tree = json.loads(lens.query("asked_tree", text=text).tree.iloc[0])
    if tree["error"]:
        raise _refused(f"読み取れません（{_in_japanese(tree['error_message'])}）")
    if len(tree["statements"]) != 1:
        raise _refused("一度に一つの select だけを書けます")
    # 文字では調べない。注釈、引用符、改行、入れ子の select で、いくらでも書きかえられる
    nodes = list(_nodes(tree))
    named = _named(nodes, lens)
    for node in nodes:
        if problem := _problem(node, {*ASKED_VIEWS, *named}):
            raise _refused(problem)


def _in_japanese(message: str) -> str:
    """DuckDB の言う、書き誤りの文を。"""
    for shape, said in MISTAKES.items():
        if found := re.search(shape, message):
            return said.format(*found.groups())
    return message


def _named(nodes: Sequence[dict], lens: Lens) -> set[str]:
    """with で付けた名。内部の表と同じ名や、ファイルの道は断る（with の外では、そちらが読まれてしまう）。

    例：select * from (with member_file as (select 1) from member_file), member_file
    """
    entries = (entry for node in nodes for entry in node.get("cte_map", {}).get("map", ()))
    named = {entry["key"].lower() for entry in entries}
    taken = {*lens.query("asked_taken").name} - {*ASKED_VIEWS}
    if bad := sorted(name for name in named if name in taken or not name.isidentifier()):
        raise _refused(f"with で {bad[0]} という名は付けられません")
    return named


def _nodes(tree: object) -> Iterator[dict]:
    """構文木の、全ての節。"""
    if isinstance(tree, dict):
        yield tree
    children = tree.values() if isinstance(tree, dict) else tree
    for child in children:
        if isinstance(child, dict | list):
            yield from _nodes(child)


def _problem(node: dict, tables: set[str]) -> str:
    """その節が読んではならないもの。なければ ''。"""
    kind = node.get("type")
    table = node.get("table_name", "")
    qualified = node.get("schema_name") or node.get("catalog_name")
    # 置き場の名（main.person など）を付ければ、隠す前の表が読めてしまう
    if kind == "BASE_TABLE" and (table.lower() not in tables or qualified):
        return f"{table} は読めません"
    if kind == "SHOW_REF" and table:
        return "show は使えません"
    called = node.get("function", {}).get("function_name", "")
    if kind == "TABLE_FUNCTION" and called not in ROW_MAKERS:
        return f"{called} は使えません"
    return ""


def _refused(problem: str) -> BadQuestion:
    fix = f"読むだけの select を一つ、{'、'.join(ASKED_VIEWS)} から書いてください（列は describe person などで分かります）。"
    return BadQuestion(where="bench.sql", what=problem, fix=fix)
