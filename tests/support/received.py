"""遅い検算：架空の組合の、届いたファイルの行だけから数える。道具の SQL も、集計も使わない。"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

EVERYBODY = ("TOTAL", "全員")


@dataclass(frozen=True)
class Row:
    """届いた一行のうち、数えるのに要ること。"""

    employer: str
    kind: str
    state: str
    cancel_kind: str
    certificate: str

    @property
    def registered(self) -> bool:
        return self.state == "1"

    @property
    def lapsed(self) -> bool:
        """登録済か自動解除の方のうち、証明書が失効している。"""
        return self.certificate == "0" and (self.registered or self.cancel_kind == "2")


@cache
def received(months: Path, originals: Path, month: str) -> dict[tuple[str, str, str], Row]:
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
        if number > 1 and number not in away:
            symbol, code, branch, state, _, _, cancel_kind, certificate = line.split(",")
            key = symbol, code.lstrip("0"), branch
            kind = "本人" if branch == "00" else "家族"
            people[key] = Row(employer_of(symbol), kind, state, cancel_kind, certificate)
    return people


def employer_of(symbol: str) -> str:
    """見本の記号から、事業所のコードへ。"""
    return {"120": "KENPO", "901": "NOEMPLOYER"}.get(symbol, f"E{int(symbol) - 100:02}")


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
