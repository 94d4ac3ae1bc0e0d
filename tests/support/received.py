"""遅い検算：届いたファイルの行だけから数える。道具の SQL も、集計も使わない。"""

import csv
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import duckdb

EVERYBODY = ("TOTAL", "全員")
OTHER_CODES = {"120": "KENPO", "901": "NOEMPLOYER"}
DECISIONS = Path(__file__).parents[1] / "facts" / "decision_table.csv"

Key = tuple[str, str, str]


class Row(NamedTuple):
    """届いた一行のうち、数えるのに要ること。コードは書かれたとおりの文字、dates は日の前後。"""

    employer: str
    kind: str
    state: str
    cancel_kind: str
    certificate: str
    dates: str

    @property
    def registered(self) -> bool:
        return self.state == "1"

    @property
    def lapsed(self) -> bool:
        """登録済か自動解除の方のうち、証明書が失効している。"""
        return self.certificate == "0" and (self.registered or self.cancel_kind == "2")

    @property
    def decided(self) -> Mapping[str, str]:
        """決定表の、この人の行。"""
        return decision_table()[self.state, self.cancel_kind, self.certificate, self.dates]


def order_of(registered_on: str, cancelled_on: str) -> str:
    """登録と解除の日の前後。日は、年月日の八桁。"""
    if not (registered_on and cancelled_on):
        only = "registered_only" if registered_on else "cancelled_only"
        return only if registered_on or cancelled_on else "none"
    if registered_on == cancelled_on:
        return "same_day"
    way = "before" if registered_on < cancelled_on else "after"
    return f"registered_{way}_cancelled"


@cache
def decision_table() -> dict[tuple, Mapping[str, str]]:
    """決定表の 144 行。"""
    with DECISIONS.open(encoding="utf-8", newline="") as file:
        facts = ("state", "cancel_kind", "certificate_flag", "dates")
        return {tuple(row[name] for name in facts): row for row in csv.DictReader(file)}


@cache
def received(months: Path, originals: Path, month: str) -> dict[Key, Row]:
    """その月の、受け入れた人の鍵から、届いた行へ。

    Args:
        months: 取り込んだ月の置き場所。どの行を隔離したか（番号だけ）を読む。
        originals: 届いたファイルの写し。
    """
    folder = max(months.glob(f"{month}*"))  # 訂正があれば、訂正した版
    said = json.loads((folder / "intake.json").read_text(encoding="utf-8"))
    [original] = originals.glob(f"{month}-{said['sha256'][:12]}*")
    [[away]] = duckdb.sql(f"select list(line) from '{folder / 'quarantine.parquet'}'").fetchall()
    lines = original.read_text(encoding=said["encoding"], errors="replace").splitlines()
    people = {}
    for number, line in enumerate(lines, 1):
        if number > 1 and number not in (away or ()):
            symbol, code, branch, *facts = line.split(",")
            people[symbol, code.lstrip("0"), branch] = row_of(symbol, branch, *facts)
    return people


def row_of(
    symbol: str, branch: str, state: str, on: str, off: str, cancel_kind: str, certificate: str
) -> Row:
    """ファイルの一行の、番号のほかの七列から。"""
    kind = "本人" if branch == "00" else "家族"
    return Row(employer_of(symbol), kind, state, cancel_kind, certificate, order_of(on, off))


def employer_of(symbol: str) -> str:
    """見本の記号から、事業所のコードへ。"""
    return OTHER_CODES.get(symbol, f"E{int(symbol) - 100:02}")


def groups_of(row: Row) -> list[tuple[str, str]]:
    """その人を数えるところ：事業所と組合全体の、本人か家族と、全員。"""
    return [(code, kind) for code in (row.employer, "TOTAL") for kind in (row.kind, "全員")]


def count(people: dict, holds: Callable[[Row], bool] = lambda _: True) -> dict[tuple, int]:
    """事業所と、本人か家族か全員の組から、人数へ。"""
    found: dict[tuple, int] = {}
    for row in people.values():
        for group in groups_of(row):
            found[group] = found.get(group, 0) + holds(row)
    return found
