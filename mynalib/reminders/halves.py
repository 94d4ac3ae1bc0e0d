"""半分に分ける：世帯ごとに、秘密の鍵で硬貨を一枚投げ、表か裏かで、二つの組に。

組は、その世帯の鍵だけで決まる。ほかのだれがいてもいなくても、申し出ても、やめても、変わらない。
"""

import hmac
import json

import pandas as pd

FIRST_HALF = "first"
"""時期のくじなら、いま知らせる組。"""
SECOND_HALF = "second"
"""時期のくじなら、あとで知らせる組。"""
HOUSEHOLD_KEY = ["symbol_key", "number_key"]


def halves(key: bytes, trial: str, people: pd.DataFrame) -> pd.Series:
    """一人ずつの組（FIRST_HALF か SECOND_HALF）。同じ世帯の、同じ勧奨の人は、同じ組。

    くじの名、勧奨、世帯から作った HMAC-SHA256 の、おわりのビットが、硬貨の表（0）か裏（1）。

    例：E01 の ❶ の世帯が百なら、前の半分は、二十に十九回は 40 から 60 世帯。ちょうど 50 にするには、世帯を並べて前から取ることになり、
    一人が申し出てファイルから消えるだけで、ほかの世帯の組が動く。

    Args:
        people: 列 kind（link か renew）, symbol_key, number_key。一行＝一人。
    """
    homes = people[["kind", *HOUSEHOLD_KEY]].itertuples(index=False, name=None)
    arms = [SECOND_HALF if _coin(key, trial, *home) else FIRST_HALF for home in homes]
    return pd.Series(arms, people.index, dtype="str")


def _coin(key: bytes, *words: str) -> int:
    # JSON の並びにしてから混ぜる。ただつなぐと、("12", "3") と ("1", "23") が同じ世帯になる
    digest = hmac.digest(key, json.dumps(words, ensure_ascii=False).encode(), "sha256")
    return digest[-1] & 1
