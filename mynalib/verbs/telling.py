"""取り込んだ月について、人に知らせること：隔離した行とそのわけ、登録のない記号の行、公開を止めるもの。人の値は言わない。"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mynalib.domain.errors import SHOWN
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.home import Home
from mynalib.history.months import KeptMonth, damaged, kept_month
from mynalib.history.stops import all_stops
from mynalib.history.tables import read_table
from mynalib.intake.faults import described

UNKNOWN_LINES = "UNKNOWN_KIGO"


@dataclass(frozen=True)
class Held:
    """同じわけで隔離した行。lines は、はじめの SHOWN 行の番号、more は残りの行の数。"""

    why: str
    lines: Sequence[int]
    more: int


def told(home: Home, params: Params, month: Month) -> dict:
    """取り込んだ月の、隔離した行（held）と、公開を止めるエラー（stops。空なら、公開に進める）。"""
    kept = kept_month(home, month)
    return {"held": [*_held(kept), *_unknown(kept)], "stops": list(all_stops(home, params, kept))}


def _held(kept: KeptMonth) -> Iterator[Held]:
    """わけと列ごと。登録のない記号は、_unknown が記号ごとに言う。"""
    table = read_table(kept.quarantine)
    if table is None:
        raise damaged(kept.folder, kept.quarantine.name)
    # 行番号の順に並べてから分ける。groupby は、組の中の順を変えない
    table = table[table.reason != UNKNOWN_LINES].fillna({"column": ""}).sort_values("line")
    for (reason, column), lines in table.groupby(["reason", "column"]).line:
        yield Held(described(reason, column), list(lines[:SHOWN]), len(lines[SHOWN:]))


def _unknown(kept: KeptMonth) -> Iterator[Held]:
    """登録のない記号ごと（記号そのものは言わない。ずれた列の、人の値かもしれない）。"""
    for at, (rows, lines) in enumerate(kept.intake.get("unknown_symbols", ()), 1):
        yield Held(f"登録のない記号（その {at}）", lines[:SHOWN], rows - len(lines[:SHOWN]))
