"""知らせたあと：知らせた人のうち、一、二、三か月あとに、登録（更新）していた人を数える。

くらべる相手は、その月に、まだリストを渡していない事業所の、同じ勧奨の番だった人だけ。渡した事業所と渡していない事業所は、偶然に
分けたのではないので、差は、知らせたためとは言えない。
"""

from collections.abc import Sequence

import pandas as pd

from mynalib.domain.person import PERSON_KEY
from mynalib.history.home import Home
from mynalib.history.lens import Lens
from mynalib.history.months import KeptMonth
from mynalib.reminders.memory import handovers, kinds, remembered

MONTHS_AFTER = (1, 2, 3)
"""何か月あとを見るか。"""
OUTCOME_COLUMNS = ["month", "kind", "attempt", "told", "ahead", "people", "acted"]
_ASKED = ["month", *PERSON_KEY, "kind", "attempt", "told"]


def outcomes(home: Home, months: Sequence[KeptMonth], listed: pd.DataFrame) -> pd.DataFrame:
    """months のおわりの月までに分かった、知らせたあとのこと。

    Args:
        listed: 公開した勧奨リストの人。列 month, employer_id, 鍵, action, on_list（capsules.previous）。
    Returns:
        一行＝リストの月×勧奨×何回目×知らせたか×何か月あと。列 OUTCOME_COLUMNS。people は、あとの月にもいる人、acted は、そのうち、
        ❶ なら登録済、❷ なら証明書が期限内の人。told が偽の行は、渡していない事業所の人で、attempt は 0。
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
    given = [each for each in handovers(home) if each.stands and str(each.month) in months[:-1]]
    told = [
        table.assign(month=str(each.month), kind=kinds(table.action), told=True)[_ASKED]
        for each, table in ((each, remembered(home, each)) for each in given)
    ]
    units = {(str(each.month), each.unit) for each in given}
    given_months = {month for month, _ in units}
    # 一つも渡していない月の人は、くらべる相手のいない月の人なので、入れない
    others = listed[listed.on_list & listed.month.isin(given_months)]
    waiting = [pair not in units for pair in zip(others.month, others.employer_id, strict=True)]
    others = others[pd.Series(waiting, others.index, dtype="bool")]
    rest = others.assign(kind=kinds(others.action), attempt=0, told=False)[_ASKED]
    table = pd.concat([*told, rest], ignore_index=True)
    kinds_of = dict.fromkeys(["month", *PERSON_KEY, "kind"], "str")
    kinds_of |= {"attempt": "int64", "told": "bool"}
    # リストを渡し直した人は二行ある。数えるのは一度。知らせた行が先なので、残るのも知らせた行
    return table.astype(kinds_of).drop_duplicates(["month", *PERSON_KEY, "kind"])


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    counts = dict.fromkeys(("attempt", "ahead", "people", "acted"), "int64")
    return table.astype({"month": "str", "kind": "str", "told": "bool"} | counts)
