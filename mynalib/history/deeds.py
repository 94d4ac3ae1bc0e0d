"""台帳にある、人に言う出来事：渡した、返った、取り戻した、見た、消した。"""

from collections.abc import Iterable
from datetime import date

DEEDS = {
    "released": "公開",
    "withdrawn": "公開の取り下げ",
    "lists_withdrawn": "勧奨リストの取り下げ",
    "handed_over": "手渡し・郵送",
    "confirmed": "受領書",
    "recorded": "返ってきた表",
    "recalled": "取り戻し",
    "explained": "本人についての尋ね",
    "unmasked": "作業台で鍵を見せた",
    "taken_back": "取り込みの取り消し",
    "purged": "消去",
}
"""台帳の行の種類から、言い方へ。この順に並べる。"""


def within(lines: Iterable[dict], first: date, last: date) -> list[dict]:
    """first から last まで（両端を含む）の行。"""
    return [line for line in lines if first <= date.fromisoformat(line["at"][:10]) <= last]
