"""要確認の人について、人が決めたこと（decisions.csv）。その人の事実が変わるまで効く。

控えることはできるが、不同意の人と、本人の申請による解除の人を、リストに戻すことはできない（person.sql）。
"""

from collections.abc import Iterable, Sequence

import pandas as pd

from mynalib.domain.months import Month
from mynalib.history.holds import ALLOWED, Hold
from mynalib.history.lens import Lens
from mynalib.history.months import KeptMonth
from mynalib.history.registers import CHOICES, Entry

EFFECTS = {"可": ALLOWED, "確認中": "kept_back", "否": "never_contact"}


def decision_holds(months: Sequence[KeptMonth], entries: Iterable[Entry]) -> list[Hold]:
    """判断を、窓に重ねる形にする。

    判断は、判断日までに終わった、その人のいる最後の月の事実についてのもので、後の月に事実が変われば、そこで終わる。
    その月がもう無いときは、「可」は効かず、控える判断は効きつづける。
    """
    decided = pd.DataFrame(
        [(*entry.key, entry.verdict, pd.Timestamp(entry.filed_on)) for entry in _latest(entries)],
        columns=["symbol_key", "number_key", "branch", "verdict", "decided_on"],
    )
    if decided.empty:
        return []
    with Lens(months) as lens:
        lens.put("decided", decided)
        rows = lens.query("decided")
    return [_hold(row) for row in rows.itertuples(index=False) if row.since or row.verdict != "可"]


def _latest(entries: Iterable[Entry]) -> Iterable[Entry]:
    """一人に一つ：いちばん新しい判断。同じ日なら、より控えるもの。"""
    made = sorted(
        (entry for entry in entries if entry.verdict), key=lambda e: (e.filed_on, CHOICES["判断"].index(e.verdict))
    )
    return {entry.key: entry for entry in made}.values()


def _hold(row) -> Hold:
    since, until = (Month.parse(month).end if month else None for month in (row.since, row.until))
    key = (row.symbol_key, row.number_key, row.branch)
    return Hold(EFFECTS[row.verdict], key, since if row.verdict == "可" else None, until)
