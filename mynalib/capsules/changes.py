"""訂正で変わった数：前の版とこの版の、読み手ごとに、載せた数どうしの違い。"""

from collections.abc import Callable
from functools import partial

import pandas as pd

from mynalib.capsules.kept_tables import LISTS_FILE, RATES_FILE, STATE_FILE, read_lists, read_rates
from mynalib.capsules.outside import Outside
from mynalib.disclosure.rounding import percent
from mynalib.disclosure.society import TOTAL, decimals_of
from mynalib.domain.revision import Revision
from mynalib.history.released import artefacts_of, released_file
from mynalib.insight.display import label, level_text, text

# 健保の内部に残した、実数の率
EXACT = "internal/rates.csv"
SOCIETY_FIGURES = ("members", "registered", "rate")
LISTED_FIGURES = ("link", "renew", "renew_then_link")
Written = dict[str, str]  # 数の名から、ページに出る文字へ


def changes(outside: Outside, revision: Revision) -> dict[str, list[str]]:
    """読み手（internal、wide、事業所のコード）から、変わった数の文へ。変わらない数は書かない。

    前の版にも、この版にも載せた数だけを比べる。前の版が、次の公開のための表を残していなければ、空。
    """
    opened = outside.opened
    former = opened.home.reports / revision.replaces
    artefacts = artefacts_of(opened.home, former)
    if STATE_FILE not in artefacts:
        return {}
    # 前の版も、公開したときのままかを確かめてから比べる。変えられた数を「訂正前」と言わない
    file = partial(released_file, former, artefacts=artefacts)
    counts = opened.counts
    exact = counts.assign(rate=percent(counts.registered, counts.members, 1))
    month = str(opened.month)
    pairs = {"internal": (_society(read_rates(file(EXACT)), month, 1), _society(exact, month, 1))}
    then = read_rates(file(STATE_FILE)), read_lists(file(LISTS_FILE))
    shown = (read_rates(file(RATES_FILE)), then[0]), (outside.wide, outside.state)
    pairs["wide"] = tuple(_shown(*one, month) for one in shown)
    now = outside.state, outside.lists
    # 事業所のページには、その事業所の数だけを書く。ほかの事業所が訂正のわけでも、それは言わない
    for employer in opened.params.notified(opened.month.end):
        pairs[employer.id] = (_own(*then, month, employer.id), _own(*now, month, employer.id))
    return {reader: _differences(*pair) for reader, pair in pairs.items()}


def _differences(then: Written, now: Written) -> list[str]:
    # 比べるのは、ページに出た文字どうし。丸めて同じなら、読む人には何も変わっていない
    both = [name for name in then if name in now and then[name] != now[name]]
    return [f"{name}：{then[name]} → {now[name]}" for name in both]


def _shown(wide: pd.DataFrame, state: pd.DataFrame, month: str) -> Written:
    """広く配る版の、組合全体の数。率の桁は、丸める前の人数（state）から。"""
    members = state.members[(state.month == month) & (state.employer_id == TOTAL)]
    return _society(wide, month, decimals_of(int(members.iloc[0])))


def _society(table: pd.DataFrame, month: str, decimals: int) -> Written:
    rows = table[(table.month == month) & (table.employer_id == TOTAL)]
    return _written(rows, {label(name): partial(_cell, name, decimals) for name in SOCIETY_FIGURES})


def _own(state: pd.DataFrame, lists: pd.DataFrame, month: str, employer: str) -> Written:
    """一つの事業所の、加入者、水準、リストの人数。"""
    mine = state[(state.month == month) & (state.employer_id == employer)]
    listed = lists[(lists.month == month) & (lists.employer_id == employer)]
    level = {label("members"): partial(_cell, "members", 0), "登録率": _level}
    return _written(mine, level) | _written(
        listed, {label(name): partial(_cell, name, 0) for name in LISTED_FIGURES}
    )


def _written(rows: pd.DataFrame, cells: dict[str, Callable[[dict], str]]) -> Written:
    return {name: cell(row) for row in rows.to_dict("records") for name, cell in cells.items()}


def _cell(name: str, decimals: int, row: dict) -> str:
    return text(name, row[name], decimals)


def _level(row: dict) -> str:
    return level_text(
        {"rate": row["level"], "tolerance": row["tolerance"], "bound": row["bound"]}, 0
    )
