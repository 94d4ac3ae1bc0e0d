"""人が名簿の升に書いたもの：だれか（記号・番号・枝番）と、日付。"""

import re
from datetime import date
from functools import lru_cache

from mynalib.domain.person import PersonKey, person_key
from mynalib.domain.strict_yaml import is_visible

KEY = ("被保険者証記号", "被保険者証番号", "被保険者証枝番")
MAX_SYMBOL = 40  # 字
_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
# \5 は前と同じ区切り：2026/4/1 は読み、2026-4/1 は読まない
_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})|([0-9]{4})([-/])([0-9]{1,2})\5([0-9]{1,2})")

Wrong = tuple[str, str]  # 列と、何が誤りか


def read_key(row: dict[str, str], columns: tuple[str, ...]) -> tuple[PersonKey, list[Wrong]]:
    """列 columns（記号、番号、枝番）に書いた人の鍵と、誤り。"""
    symbol, number, branch = (row[column] for column in columns)
    number = number.translate(_DIGITS)
    branch = branch.translate(_DIGITS)
    rules = (
        (0 < len(symbol) <= MAX_SYMBOL and is_visible(symbol), "空欄か、記号にない文字があります"),
        (re.fullmatch("[0-9]{1,20}", number), "数字だけではありません"),
        (re.fullmatch("[0-9]{1,2}", branch), "数字2桁ではありません"),
    )
    wrong = [
        (column, what) for column, (holds, what) in zip(columns, rules, strict=True) if not holds
    ]
    return person_key(symbol, number, branch), wrong


@lru_cache(maxsize=10_000)  # 名簿の日付は、行の数よりずっと少ない
def read_day(text: str) -> date | str | None:
    """日付（20260401、2026-04-01、2026/4/1）。空欄は None、日付でなければ「?」。"""
    if not text:
        return None
    found = _DATE.fullmatch(text.translate(_DIGITS))
    if not found:
        return "?"
    # 当てはまらなかったほうの書き方（None）と、区切りを除く
    parts = [int(part) for part in found.groups() if part and part.isdecimal()]
    try:
        return date(*parts)
    except ValueError:
        return "?"
