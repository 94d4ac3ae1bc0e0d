"""手紙：健保が自宅に知らせる一人に、一枚。名前も住所も記号・番号も書かず、通し番号だけで、組合の差し込み印刷と結ぶ。

一枚には、その人のことだけを書く。同じ世帯の人の手紙は続けて並べるが、どれも別の紙で、ほかの人に届いたことも書かない。
外から見えるところには、何の知らせかも書かない。
"""

from collections.abc import Iterable, Mapping
from datetime import date

import pandas as pd

from mynalib.domain.errors import Problem
from mynalib.domain.joint_use import JointUse
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.domain.reference import Limit
from mynalib.reminders.text_rules import LETTER_KINDS

EACH_UP_TO = 2000
"""これをこえる人数なら、一人に一枚ではなく、勧奨ごとに一枚の見本にする（差し込み印刷で刷る）。"""
# 限度額の例。所得の区分はウ（五つのまん中）、医療費の十割は百万円
EXAMPLE_BRACKET = "ウ"
EXAMPLE_COST = 1_000_000
AT_WORK = "事業所"  # 自宅に送る手紙では、申出先にしない
# 一万で切ると、下は四桁、上は三桁。五桁の数が続かないので、人の番号を探す点検に触れない
BATCH = 10_000


def with_serials(rows: pd.DataFrame) -> pd.DataFrame:
    """手紙の通し番号（列 serial）と、世帯の番号（列 household）を付けた人。並びは、世帯、枝番の順のまま。

    どちらの番号も、五桁の数にならないように切って書く（人の番号と見分けるため）。世帯の番号は、健保の名簿だけに載り、手紙には載らない。

    例：一万人目は 001-0000、その世帯が七千番目なら H000-7000。
    """
    table = rows.reset_index(drop=True)
    # ngroup は、はじめて出た順に 0 から。並べかえずに番号を付けるので、同じ世帯の手紙が続く
    homes = table.groupby(["symbol", "number"], sort=False).ngroup() + 1
    people = pd.Series(range(1, len(table) + 1), table.index)
    table.insert(0, "serial", people.map(_cut).astype("str"))
    table.insert(1, "household", homes.map(lambda at: f"H{_cut(at)}").astype("str"))
    return table


def _cut(at: int) -> str:
    return f"{at // BATCH:03}-{at % BATCH:04}"


def blanks(params: Params, month: Month) -> dict[str, str]:
    """文の中に入るもの（限度額のほか）。"""
    channels = home_channels(params.joint_use)
    return {
        "as_of": month.as_of,
        "by": f"{month.plus(2).number}月末",
        "contact": params.society.letters.contact or channels,
        "channels": channels,
        "society": params.society.name,
    }


def home_channels(joint_use: JointUse) -> str:
    """自宅に送る手紙に書く、申出先。事業所のない方もいるので、健保の窓口だけ（ほかになければ、全て）。"""
    # 事業所に申し出ると、申し出たことを事業所が知る。自宅あての手紙では、健保の窓口を案内する
    ours = [one for one in joint_use.optout_channels if one.to != AT_WORK]
    return said_channels(ours or joint_use.optout_channels)


def said_channels(channels: tuple) -> str:
    """申出先を、一つの言葉で。"""
    return "、".join(one.told for one in channels)


def benefit(params: Params, texts: Mapping, first: date, last: date | None = None) -> str:
    """限度額の文。first から last（なければ first の日だけ）まで、ずっと本当の、確かめた額がなければ ''（古い額で代わりにしない）。"""
    # 限度額は年度の途中でも変わる。期間の終わりまで同じ行が効いていなければ、何も書かない
    limit = params.benefit_limit(EXAMPLE_BRACKET, first, last or first)
    amount = limit.amount(EXAMPLE_COST) if limit else None
    if amount is None:
        return ""
    return texts["benefit"].format(applies_to=limit.applies_to, amount=f"{amount:,}")


def letter(texts: Mapping, kind: str, filled: Mapping[str, str]) -> dict:
    """一枚の文。名 title, action, steps, paths（更新の道。なければ空）, by, voluntary, notes, outside。"""
    own = texts[kind]
    paths = [
        {name: text.format(**filled) for name, text in path.items()}
        for path in own.get("paths", [])
    ]
    common = {name: texts[name].format(**filled) for name in ("by", "voluntary", "outside")}
    lists = {
        "steps": [step.format(**filled) for step in own["steps"]],
        "notes": [note.format(**filled) for note in texts["notes"]],
    }
    ends = {name: own[name].format(**filled) for name in ("title", "action")}
    return {**ends, **lists, **common, "paths": paths}


def letter_facts(params: Params, month: Month, texts: Mapping) -> dict:
    """手紙に書くこと：勧奨ごとの文、限度額の文（確かめた額がなければ ""）、差出人、日付、案内の番地。人のことはない。"""
    filled = blanks(params, month)
    society = params.society
    return {
        "letters": {kind: letter(texts, kind, filled) for kind in LETTER_KINDS},
        "benefit": benefit(params, texts, *_read_between(month)),
        "address": society.letters.address,
        "sender": {
            "name": society.name,
            "address": params.joint_use.controller.address,
            "contact": society.letters.contact,
        },
        "dated": month.plus(1).label,
    }


def _read_between(month: Month) -> tuple[date, date]:
    """その月の手紙を出す日と、読まれる終わりの日。手紙は「翌々月の末ごろまで」と言うので、そのあいだに額の変わる月には、載せない。"""
    return month.plus(1).end, month.plus(2).end


def check_letters(params: Params, today: date) -> list[Problem]:
    """手紙に足りないもの：確かめた限度額、健保の問合せ先。なければ空。"""
    found = []
    if not params.benefits.limit(EXAMPLE_BRACKET, today):
        what = (
            f"今日（{today}）の、区分{EXAMPLE_BRACKET}の確かめた行がないので、手紙に限度額を載せません。"
            "額を出典と照らし合わせて、verified_by に名を書いてください"
        )
        found.append(Problem("benefits.yaml", what))
    found += _changing_limit(params, Month.of(today).plus(-1))
    # 額が正しいかは、出典を見る人にしか分からない。ここでは、ありえない組合せだけを見る
    found += _odd_limits(params.benefits.limits)
    ours = [one for one in params.joint_use.optout_channels if one.to != AT_WORK]
    if not params.society.letters.contact and not any(one.contact for one in ours):
        what = "手紙に書く、健保の問合せ先がありません。電話などを contact に書いてください"
        found.append(Problem("society.yaml letters.contact", what))
    return found


def _changing_limit(params: Params, month: Month) -> list[Problem]:
    """その月の手紙が読まれるあいだに、確かめた額が、次の確かめた額に変わるか。"""
    days = _read_between(month)
    limits = [params.benefits.limit(EXAMPLE_BRACKET, day) for day in days]
    if not all(limits) or limits[0] == limits[-1]:
        return []
    what = (
        f"{month.label}の手紙（{days[0]} から {days[-1]} に読まれるもの）には、そのあいだに額が変わるので、限度額を載せません。"
        "次の月の手紙から載ります"
    )
    return [Problem("benefits.yaml", what)]


def _odd_limits(limits: Iterable[Limit]) -> list[Problem]:
    """書きまちがいらしい行：多数回の額が、限度額より大きい。年間の上限が、多数回の額の十二か月分より大きい。"""
    return [
        Problem(
            f"benefits.yaml 区分{row.bracket}（{row.since}から）",
            f"多数回の額（multiple）か年間の上限（annual_cap）が、限度額と合いません。出典（{row.source}）と照らし合わせてください",
        )
        for row in limits
        if row.base is not None and _is_odd(row.base, row.multiple, row.annual_cap)
    ]


def _is_odd(base: int, multiple: int | None, annual_cap: int | None) -> bool:
    """四回目からの額は、三回目までの額より大きくなく、年間の上限は、三か月は base、九か月は multiple の和より大きくない。"""
    # 例：base 87,000、multiple 44,400 なら、年は 3 × 87,000 ＋ 9 × 44,400 ＝ 660,600 円まで
    later = base if multiple is None else multiple
    return later > base or (annual_cap is not None and annual_cap > 3 * base + 9 * later)
