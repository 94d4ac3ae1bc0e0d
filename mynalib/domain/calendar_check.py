"""日付で終わるもののうち、もう古いもの、もうすぐ古くなるもの、だれも確かめていないものを挙げる。"""

from collections.abc import Iterator
from datetime import date

from mynalib.domain.calendar import USES, Calendar, DatedFact
from mynalib.domain.comparable import OLDEST
from mynalib.domain.errors import Problem
from mynalib.domain.months import Month
from mynalib.domain.params import CALENDAR, Params

AHEAD_DAYS = 90
"""終わる、この日数前から知らせる（お知らせを改めて公表し、手紙の額を確かめる間）。"""
LEFT_OUT = {
    "benefit": "手紙に、高額療養費の額を載せません",
    "certificate": "事業所のページに、資格確認書の期限を載せません",
    "under_16": "お知らせのページと用紙に、いまの決まりでの、お子さまの申出のことを載せません",
    "notice": "名簿も、事業所のページも、お知らせのページも作りません",
    None: "だれも使わないものなら、行を消してください",
}
"""use ごとの、その行がないか、過ぎたか、確かめていないときに、どうなるか。"""
UNVOUCHED = LEFT_OUT | {"notice": "期間が本当かを、だれも言っていません"}
"""確かめていないだけなら、お知らせの効力は、joint_use.yaml の effective による。"""


def check_calendar(params: Params, today: date) -> tuple[Problem, ...]:
    """暦と、国の率について、`today` の時点で人が確かめるべきこと。"""
    calendar = params.calendar
    found = [
        Problem(CALENDAR, f"use: {use} の行がありません。{_missing(use)}")
        for use in USES
        if not calendar.of(use)
    ]
    for index, fact in enumerate(calendar.facts):
        where = f"{CALENDAR} facts[{index}]（{fact.what}）"
        found += [Problem(where, what) for what in _fact(calendar, fact, today)]
    return (*found, *_unnamed_limits(params), *_benchmark(params, today))


def _missing(use: str) -> str:
    if use == "notice":
        return "お知らせがいつまでのものかが、分かりません。版と期間を書いてください"
    return f"{LEFT_OUT[use]}。期間と出典を書いてください"


def _fact(calendar: Calendar, fact: DatedFact, today: date) -> Iterator[str]:
    """一つの行について。次の行が続いていれば、終わることは言わない。"""
    days = (fact.until - today).days
    followed = calendar.successor(fact) is not None
    if days < 0:
        if not followed:
            yield f"{fact.until} に終わりました。{LEFT_OUT[fact.use]}。{fact.follows}〔{_origin(fact)}〕"
        return
    if not fact.vouched:
        yield f"確かめた人がいません。{UNVOUCHED[fact.use]}。出典〔{fact.source}〕と照らし合わせて、checked_by と checked_on を書いてください"
    if days <= AHEAD_DAYS and not followed:
        yield f"あと {days} 日（{fact.until} まで）で古くなります。そのあとは、{LEFT_OUT[fact.use]}。{fact.follows}〔{_origin(fact)}〕"


def _origin(fact: DatedFact) -> str:
    by = f"{fact.checked_by}、{fact.checked_on}" if fact.vouched else "まだいません"
    return f"出典：{fact.source}。確かめた人：{by}"


def _unnamed_limits(params: Params) -> Iterator[Problem]:
    """限度額の表にあり、暦にない日付。"""
    known = {fact.since for fact in params.calendar.of("benefit")}
    for since in sorted({row.since for row in params.benefits.limits} - known):
        what = f"{since} からの額が、{CALENDAR} にありません。{LEFT_OUT['benefit']}。いつまで本当かを、use: benefit の行に書いてください"
        yield Problem("benefits.yaml", what)


def _benchmark(params: Params, today: date) -> Iterator[Problem]:
    """国の率：古くなって、組合の率と並べられなくなる日。"""
    rows = params.benchmarks.with_denominator("registration_rate", "population")
    if not rows:
        return
    # 例：4 月末の率を並べてよいのは、OLDEST が 6 なら、10 月の報告まで
    last = Month.of(rows[-1].date).plus(OLDEST)
    days = (last.end - today).days
    if days <= AHEAD_DAYS:
        what = f"いちばん新しい国の登録率は {rows[-1].date} のものです。{last.label}より後の報告には、古いので並べません。myna benchmarks で、新しい月の表を入れてください"
        yield Problem("benchmarks.yaml", what)
