"""控える人：名簿や記憶から来た「勧奨しない」を、窓に重ねられる形にする。"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import pandas as pd

from mynalib.domain.classification import WITHHELD
from mynalib.domain.person import PERSON_KEY, PersonKey
from mynalib.history.registers import ALLOWED, Entry


@dataclass(frozen=True)
class Hold:
    """控える一件（reason は WITHHELD の名か ALLOWED）。since の月末から until の月末の前まで。None は限りなし。"""

    reason: str
    key: PersonKey
    since: date | None = None
    until: date | None = None


def register_holds(entries: Iterable[Entry], today: date) -> list[Hold]:
    """名簿の行から「控える」を作る。どの名簿も、全ての月に効く。

    月末より後に届いた申出も、その月の公開より前なら間に合わなければならないので、申出日では区切らない。
    """
    in_force = [entry for entry in entries if not entry.verdict and entry.in_force(today)]
    return [Hold(entry.reason, key) for entry in in_force for key in entry.keys]


def holds_table(holds: Iterable[Hold]) -> pd.DataFrame:
    """控える人の表。rank は理由の順（小さいものが勝つ）。"""
    # WITHHELD の並びが、勝つ順（tests/history/test_history.py）。「控えなくてよい」は、順には加わらないが、表の列にそろえる
    rank = {reason: number for number, reason in enumerate((*WITHHELD, ALLOWED))}
    rows = [(h.reason, rank[h.reason], *h.key, h.since, h.until) for h in holds]
    table = pd.DataFrame(rows, columns=["reason", "rank", *PERSON_KEY, "since", "until"])
    text = dict.fromkeys(("reason", *PERSON_KEY), "str")
    days = dict.fromkeys(("since", "until"), "datetime64[s]")
    return table.astype(text | days | {"rank": "int64"})
