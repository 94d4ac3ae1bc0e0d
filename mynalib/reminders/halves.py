"""半分に分ける：世帯を、事業所と勧奨ごとに、秘密の鍵のくじで、ちょうど二つに。

分けるのは、名簿などを重ねる前の、その勧奨の要る全ての世帯なので、だれが申し出ても、だれの組も変わらない。
"""

import hmac
import json

import pandas as pd

from mynalib.domain.months import Month

FIRST_HALF = "first"
"""時期のくじなら、いま知らせる組。"""
SECOND_HALF = "second"
"""時期のくじなら、あとで知らせる組。"""
HOUSEHOLD_KEY = ["symbol_key", "number_key"]
_STRATUM = ["employer_id", "kind"]


def halves(key: bytes, trial: str, month: Month, people: pd.DataFrame) -> pd.Series:
    """一人ずつの組（FIRST_HALF か SECOND_HALF）。同じ世帯の、同じ勧奨の人は、同じ組。

    世帯を、くじの名と世帯から作った HMAC-SHA256 の順に並べ、前の半分を FIRST_HALF にする。奇数なら、あまる一つの世帯の組も、くじで決める
    （どの世帯も、どちらの組にも、同じように入りうる）。

    例：E01 の ❶ の世帯が五つなら、HMAC の小さい順に、二つか三つ（事業所と月の HMAC の、おわりのビットで決まる）が FIRST_HALF。

    Args:
        people: 列 employer_id, kind（link か renew）, symbol_key, number_key。一行＝一人。
    """
    homes = people[[*_STRATUM, *HOUSEHOLD_KEY]].drop_duplicates()
    tickets = [
        _ticket(key, trial, kind, *home)
        for kind, *home in homes[["kind", *HOUSEHOLD_KEY]].itertuples(index=False, name=None)
    ]
    homes = homes.assign(ticket=tickets).sort_values([*_STRATUM, "ticket"])
    strata = homes.groupby(_STRATUM)
    extra = {
        stratum: _ticket(key, trial, str(month), *stratum)[-1] & 1 for stratum in strata.groups
    }
    coins = [extra[stratum] for stratum in homes[_STRATUM].itertuples(index=False, name=None)]
    first = strata.cumcount() < (strata.ticket.transform("size") + coins) // 2
    arms = homes.assign(arm=first.map({True: FIRST_HALF, False: SECOND_HALF}).astype("str"))
    keyed = people[[*_STRATUM, *HOUSEHOLD_KEY]].merge(
        arms, on=[*_STRATUM, *HOUSEHOLD_KEY], how="left"
    )
    return pd.Series(keyed.arm.array, people.index, dtype="str")


def _ticket(key: bytes, *words: str) -> bytes:
    return hmac.digest(key, json.dumps(words, ensure_ascii=False).encode(), "sha256")
