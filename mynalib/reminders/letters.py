"""手紙：健保が自宅に知らせる一人に、一枚。名前も住所も記号・番号も書かず、通し番号だけで、組合の差し込み印刷と結ぶ。

一枚には、その人のことだけを書く。同じ世帯のほかの人のことは、書かない。外から見えるところには、何の知らせかも書かない。
"""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from mynalib.domain.errors import Problem
from mynalib.domain.months import Month
from mynalib.domain.params import Params

EACH_UP_TO = 2000
"""これをこえる人数なら、一人に一枚ではなく、勧奨ごとに一枚の見本にする（差し込み印刷で刷る）。"""
EXAMPLE_BRACKET, EXAMPLE_COST = "ウ", 1_000_000


def with_serials(rows: pd.DataFrame) -> pd.DataFrame:
    """通し番号（000-0001）を付けた人。並びは、世帯、枝番の順のまま。五桁の数にならないように、切って書く。"""
    serials = [f"{at // 10_000:03}-{at % 10_000:04}" for at in range(1, len(rows) + 1)]
    table = rows.reset_index(drop=True)
    table.insert(0, "serial", pd.Series(serials, table.index, dtype="str"))
    return table


def blanks(params: Params, month: Month, channels: str) -> dict[str, str]:
    """文の中に入るもの。"""
    society = params.society
    return {
        "as_of": month.as_of,
        "by": f"{month.plus(2).label}末",
        "contact": society.letters.contact or channels,
        "channels": channels,
        "society": society.name,
    }


def benefit(params: Params, texts: Mapping, day: date) -> str:
    """限度額の文。その日の、確かめた行がなければ ''（古い額で代わりにしない）。"""
    limit = params.benefits.limit(EXAMPLE_BRACKET, day)
    amount = limit.amount(EXAMPLE_COST) if limit else None
    if amount is None:
        return ""
    return texts["benefit"].format(applies_to=limit.applies_to, amount=f"{amount:,}")


def letter(texts: Mapping, kind: str, filled: Mapping[str, str]) -> dict:
    """一枚の文。列 title, action, steps, by, voluntary, notes。"""
    own = texts[kind]
    return {
        "title": own["title"].format(**filled),
        "action": own["action"].format(**filled),
        "steps": [step.format(**filled) for step in own["steps"]],
        "by": texts["by"].format(**filled),
        "voluntary": texts["voluntary"].format(**filled),
        "notes": [note.format(**filled) for note in texts["notes"]],
        "outside": texts["outside"].format(**filled),
    }


def check_benefits(params: Params, today: date) -> list[Problem]:
    """手紙に限度額を載せられないわけ。載せられるなら空。"""
    if params.benefits.limit(EXAMPLE_BRACKET, today):
        return []
    what = (
        f"今日（{today}）の、区分{EXAMPLE_BRACKET}の確かめた行がないので、手紙に限度額を載せません。"
        "額を出典と照らし合わせて、verified_by に名を書いてください"
    )
    return [Problem("benefits.yaml", what)]
