"""要確認の人について、人が決めたこと（decisions.csv）。その人の事実が変わるまで効く。

控えることはできるが、不同意の人と、本人の申請による解除の人を、リストに戻すことはできない（person.sql）。
"""

from collections.abc import Iterable, Sequence

import pandas as pd

from mynalib.domain.months import Month
from mynalib.domain.person import PERSON_KEY
from mynalib.history.holds import Hold
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.lens import Lens
from mynalib.history.months import KeptMonth
from mynalib.history.registers import ALLOWED, CHOICES, LEFT, Entry


def decision_holds(home: Home, months: Sequence[KeptMonth], entries: Iterable[Entry]) -> list[Hold]:
    """判断を、窓に重ねる形にする。

    判断は、判断日までに取り込んだ、その人のいる最後の月の事実についてのもので、後の月に事実が変われば、そこで終わる。
    その月がもう無いか、判断のあとに置きかえたときは、「可」は効かず、控える判断は効きつづける。
    """
    made = [*_latest(entries)]
    if not made:
        return []
    rows = [
        (at, *key, entry.filed_on.isoformat())
        for at, entry in enumerate(made)
        for key in entry.keys
    ]
    days = {
        # 名簿には日付だけが書いてあるので、台帳の時刻も日に直す。同じ日なら、取り込んだあとの判断とみる
        line["folder"]: line["at"][:10]
        for line in Ledger(home.ledger).lines()
        if line["did"] == "ingested"
    }
    loaded = [
        (str(kept.month), days[kept.folder.name]) for kept in months if kept.folder.name in days
    ]
    with Lens(months) as lens:
        lens.put("decided", pd.DataFrame(rows, columns=["entry", *PERSON_KEY, "decided_on"]))
        lens.put("loaded", pd.DataFrame(loaded, columns=["month", "loaded_on"], dtype="str"))
        decided = lens.query("decided")
    found = [(made[row.entry], row) for row in decided.itertuples(index=False)]
    return [
        hold
        for entry, row in found
        if row.since or entry.verdict != "可"
        for hold in _holds(entry, row)
    ]


def _latest(entries: Iterable[Entry]) -> Iterable[Entry]:
    """一人に一つ：いちばん新しい判断。同じ日なら、より控えるもの。"""
    # 「退職」は、代わりに控えていた人についての答えで、この人への判断ではない。あとに書かれても、「否」を終わらせない
    made = [entry for entry in entries if entry.verdict not in ("", LEFT)]
    made.sort(key=lambda entry: (entry.filed_on, CHOICES["判断"].index(entry.verdict)))
    # 同じ人では、あとのものが残る。記号が引きつがれた人は、前の鍵の行でも、新しい鍵の行でも、鍵の全てが同じ
    return {frozenset(entry.keys): entry for entry in made}.values()


def _holds(entry: Entry, row) -> list[Hold]:
    """一つの判断を、その人の全ての鍵に。"""
    since = Month.parse(row.since).end if row.since else None
    until = Month.parse(row.until).end if row.until else None
    # 「可」は、見て確かめた月から。控える判断は、前の月のリストを作り直すときにも効く
    return [
        Hold(entry.reason, key, since if entry.reason == ALLOWED else None, until)
        for key in entry.keys
    ]
