"""一人を表す鍵：折りたたんだ記号、先頭の 0 を除いた番号、二桁の枝番。月や名簿で書き方が違っても、同じ人は同じ鍵になる。

例：「１０１」「0015001」「0」も、「101」「15001」「00」も、("101", "15001", "00")。SQL での同じことは history/sql/member.sql にある。
"""

from typing import TYPE_CHECKING

from mynalib.domain.employers import fold_symbol

if TYPE_CHECKING:
    import pandas as pd

PersonKey = tuple[str, str, str]
PERSON_KEY = ["symbol_key", "number_key", "branch"]
"""表の中の、鍵の列。"""


def person_key(symbol: str, number: str, branch: str) -> PersonKey:
    return fold_symbol(symbol), fold_number(number), branch.zfill(2)


def fold_number(number: str) -> str:
    # 番号は、表計算ソフトを通ると先頭の 0 を失う。残したまま比べると、同じ人が脱退と加入に見える
    return number.lstrip("0")


def with_person_key(table: "pd.DataFrame") -> "pd.DataFrame":
    """列 symbol, number, branch のある表に、鍵の列を付ける。"""
    return table.assign(
        symbol_key=table.symbol.map(fold_symbol),
        number_key=table.number.map(fold_number),
        branch=table.branch.str.zfill(2),
    )
