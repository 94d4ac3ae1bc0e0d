"""知らせたあと：知らせた人のうち、一、二、三か月あとに、登録（更新）していた人を数える。

くらべるのは、事業所がリストを渡した 1 回目の人と、その月に、まだリストを渡していない事業所の、同じ勧奨の 1 回目の番だった人だけ。渡した事業所と
渡していない事業所は、偶然に分けたのではないので、差は、知らせたためとは言えない。
"""

from collections.abc import Sequence

import pandas as pd

from mynalib.domain.person import PERSON_KEY
from mynalib.history.home import Home
from mynalib.history.lens import Lens
from mynalib.history.months import KeptMonth
from mynalib.reminders.memory import LETTERS, Handover, handovers, kinds, remembered

MONTHS_AFTER = (1, 2, 3)
"""何か月あとを見るか。"""
OUTCOME_COLUMNS = ["month", "kind", "attempt", "told", "beside", "ahead", "people", "acted"]
_ASKED = ["month", *PERSON_KEY, "kind", "attempt", "told", "beside"]


def outcomes(home: Home, months: Sequence[KeptMonth], listed: pd.DataFrame) -> pd.DataFrame:
    """months のおわりの月までに分かった、知らせたあとのこと。

    Args:
        listed: 公開した勧奨リストの人。列 month, employer_id, 鍵, action, attempt, on_list（capsules.previous）。
    Returns:
        一行＝リストの月×勧奨×何回目×知らせたか×くらべるか×何か月あと。列 OUTCOME_COLUMNS。people は、あとの月にもいる人、acted は、そのうち、
        ❶ なら登録済、❷ なら証明書が期限内の人。told が偽の行は、渡していない事業所の人で、attempt は 0。beside は、くらべる人か。
    Raises:
        RemindersDamaged: だれに知らせたかの記録がない。
    """
    held = {str(kept.month): kept for kept in months}
    asked = _asked(home, [*held], listed)
    later = [
        (str(kept.month), ahead, str(kept.month.plus(ahead)))
        for kept in months
        for ahead in MONTHS_AFTER
        if str(kept.month.plus(ahead)) in held and (asked.month == str(kept.month)).any()
    ]
    if not later:
        return _typed(pd.DataFrame(columns=OUTCOME_COLUMNS))
    # 知らせた月そのものは開かない。見るのは、あとの月の状態だけ
    needed = sorted({after for *_, after in later})
    with Lens([held[month] for month in needed]) as lens:
        lens.put("asked", asked)
        text = {"month": "str", "month_after": "str"}
        table = pd.DataFrame(later, columns=["month", "ahead", "month_after"]).astype(text)
        lens.put("later", table)
        return _typed(lens.query("outcome"))


def _asked(home: Home, months: Sequence[str], listed: pd.DataFrame) -> pd.DataFrame:
    """知らせた人と、同じ月に、渡していない事業所の、リストに載っていた人。"""
    every = [each for each in handovers(home) if str(each.month) in months[:-1]]
    given = [each for each in every if each.stands]
    told = [_told(each, remembered(home, each)) for each in given]
    # 取り戻したリストも、一度は渡したので、「まだ渡していない」とは言わない
    units = {(str(each.month), each.unit) for each in every}
    # 手紙だけを出した月や、一つも渡していない月の人は、くらべる相手のいない月の人なので、入れない
    given_months = {str(each.month) for each in given if each.unit != LETTERS}
    # 前に知らせた人は、はじめて知らせた人の、くらべる相手にならない
    first = listed.attempt.astype("int64") == 1
    others = listed[listed.on_list & first & listed.month.isin(given_months)]
    waiting = [pair not in units for pair in zip(others.month, others.employer_id, strict=True)]
    others = others[pd.Series(waiting, others.index, dtype="bool")]
    rest = others.assign(kind=kinds(others.action), attempt=0, told=False, beside=True)[_ASKED]
    table = pd.concat([*told, rest], ignore_index=True)
    kinds_of = dict.fromkeys(["month", *PERSON_KEY, "kind"], "str")
    kinds_of |= {"attempt": "int64", "told": "bool", "beside": "bool"}
    # リストを渡し直した人は二行ある。数えるのは一度。知らせた行が先なので、残るのも知らせた行
    return table.astype(kinds_of).drop_duplicates(["month", *PERSON_KEY, "kind"])


def _told(given: Handover, people: pd.DataFrame) -> pd.DataFrame:
    """一つの手渡しで知らせた人。手紙を出した人は、リストを渡した事業所の人ではないので、くらべない。"""
    first = people.attempt.astype("int64") == 1
    table = people.assign(month=str(given.month), kind=kinds(people.action), told=True)
    return table.assign(beside=first & (given.unit != LETTERS))[_ASKED]


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    counts = dict.fromkeys(("attempt", "ahead", "people", "acted"), "int64")
    return table.astype({"month": "str", "kind": "str", "told": "bool", "beside": "bool"} | counts)
