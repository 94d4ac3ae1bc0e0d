"""試験の道具：小さな組合の置き場所と、行の並びから作る月。取込は通さない。"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from unittest.mock import patch

import duckdb
import pandas as pd

from mynalib.domain.classification import FACTS, decision_table
from mynalib.domain.months import Month
from mynalib.domain.params import Params, load_params
from mynalib.history.certificates import ISSUED_COLUMNS, WANTED_COLUMNS
from mynalib.history.contradictions import memory_holds
from mynalib.history.home import Home
from mynalib.history.lens import Hold, Lens
from mynalib.history.months import KeptMonth, keep, kept_months, staging
from mynalib.history.recovery import settle
from mynalib.history.registers import DECISIONS

ROOT = Path(__file__).parents[2]
REGISTERS = ("optout", "pending_cancellation", "never_contact")
HEADER = "被保険者証記号,被保険者証番号,被保険者証枝番,申出日"
DAYS = ("registered_on", "cancelled_on")
TYPES = {
    "line": "int32",
    **dict.fromkeys(("symbol", "number", "branch"), "str"),
    "state": "int8",
    **dict.fromkeys(DAYS, "datetime64[s]"),
    **dict.fromkeys(("cancel_kind", "certificate_flag"), "Int8"),
}
DAY = date(2025, 12, 1)
LATER = date(2025, 12, 20)


@dataclass(frozen=True)
class Person:
    """members.parquet の一行。既定は、一度も登録していない、証明書が期限内の人（❶の対象）。"""

    number: str = "0012345"
    symbol: str = "101"
    branch: str = "00"
    state: int = 0
    registered_on: date | None = None
    cancelled_on: date | None = None
    cancel_kind: int | None = None
    certificate_flag: int | None = 1

    @property
    def key(self) -> tuple[str, str, str]:
        return self.symbol, self.number.lstrip("0"), self.branch

    @property
    def on_file(self) -> tuple[str, str, str]:
        """ファイルに書かれたとおりの鍵。"""
        return self.symbol, self.number, self.branch


def never_linked(number: str = "0012345", **more) -> Person:
    return Person(number, **more)


def registered(number: str = "0012345", **more) -> Person:
    return Person(number, state=1, registered_on=DAY, **more)


def own_request(number: str = "0012345", **more) -> Person:
    return Person(number, registered_on=DAY, cancelled_on=LATER, cancel_kind=1, **more)


def lapsed(number: str = "0012345", **more) -> Person:
    return Person(
        number,
        registered_on=DAY,
        cancelled_on=LATER,
        cancel_kind=2,
        **({"certificate_flag": 0} | more),
    )


def make_home(folder: Path, employers: dict[str, str] | None = None) -> Home:
    """repo の params を写した置き場所。employers は、置きかえる事業所のファイルの中身。名簿はどれも空。"""
    home = Home(folder)
    shutil.copytree(ROOT / "params", home.params)
    for name, text in (employers or {}).items():
        (home.params / "employers" / f"{name}.yaml").write_text(text, encoding="utf-8")
    for name in REGISTERS:
        write_register(home, name, [])
    write_register(home, "decisions", [], ",".join(DECISIONS))
    write_register(home, "certificates_issued", [], ",".join(ISSUED_COLUMNS))
    write_register(home, "certificates_wanted", [], ",".join(WANTED_COLUMNS))
    return home


def params_of(home: Home) -> Params:
    """今の params。同じ名と中身のファイルは、どの置き場所のものでも、一度だけ読む。"""
    files = {
        path.relative_to(home.params).as_posix(): path.read_bytes()
        for path in home.params.rglob("*.yaml")
    }
    content = tuple(sorted(files.items()))
    if content not in PARAMS:
        PARAMS[content] = load_params(home.params)
    return PARAMS[content]


PARAMS: dict[tuple[tuple[str, bytes], ...], Params] = {}


def write_register(home: Home, name: str, rows: Iterable[str], header: str = HEADER) -> Path:
    path = home.registers / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("\r\n".join([header, *rows, ""]).encode("utf-8-sig"))
    return path


def month_of(text: str) -> Month:
    return Month.parse(text)


def stage(home: Home, people: Sequence[Person]) -> Path:
    """書きかけの月（取込が作るものと同じ形）。"""
    folder = staging(home)
    rows = [{"line": line, **vars(person)} for line, person in enumerate(people, 2)]
    table = pd.DataFrame(rows, columns=list(TYPES)).astype(TYPES)
    _parquet(folder / "members.parquet", table)
    quarantine = pd.DataFrame({"line": [], "reason": [], "column": []})
    _parquet(
        folder / "quarantine.parquet",
        quarantine.astype({"line": "int32", "reason": "str", "column": "str"}),
    )
    return folder


@cache
def _db() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def _parquet(path: Path, table: pd.DataFrame) -> None:
    _db().register("staged", table)
    days = {name: "date" for name in DAYS if name in table}
    columns = [f"{name}::{days[name]} as {name}" if name in days else f'"{name}"' for name in table]
    _db().execute(
        f"copy (select {', '.join(columns)} from staged) to $path (format parquet)",
        {"path": str(path)},
    )


def facts_of(people: Sequence[Person], original: Path) -> dict:
    return {
        "sha256": hashlib.sha256(original.read_bytes()).hexdigest(),
        "data_rows": len(people),
        "accepted": len(people),
        "quarantined": 0,
        "reasons": {},
        "by_employer": {},
        "confirmed": [],
        "confirmed_by": "",
    }


def original_of(home: Home, month: str, people: Sequence[Person]) -> Path:
    path = home.inbox / f"{month}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps([month, [vars(person) for person in people]], default=str), encoding="utf-8"
    )
    return path


def put_month(home: Home, month: str, people: Sequence[Person]) -> KeptMonth:
    """月を置く（記録はしない）。"""
    original = original_of(home, month, people)
    return keep(home, Month.parse(month), stage(home, people), original, facts_of(people, original))


def load_month(home: Home, month: str, people: Sequence[Person], on: str = "") -> KeptMonth:
    """月を置いて、記憶と台帳に記録する。on は取り込む日（なければ、試験の今日）。"""
    with patch.dict(os.environ, {"MYNA_TODAY": on} if on else {}):
        kept = put_month(home, month, people)
        settle(home, params=params_of(home))
    return kept


def persons(
    home: Home, month: str, holds: Iterable[Hold] = (), params: Params | None = None
) -> pd.DataFrame:
    """その月の person。記憶から控える人も、いつも重ねる。"""
    kept = [kept for kept in kept_months(home) if str(kept.month) == month]
    with Lens(kept, params or params_of(home), [*holds, *memory_holds(home)]) as lens:
        return select(lens, "from person order by line")


def select(lens: Lens, text: str) -> pd.DataFrame:
    """窓の中で、試験のための文を実行する。"""
    return lens.answer(text)


def actions(home: Home, month: str, **more) -> dict[str, str]:
    table = persons(home, month, **more)
    return dict(zip(table.number, table.action, strict=True))


def slow_status(person: Person) -> tuple[str, str]:
    """一人の区分と行うこと。SQL を使わない、遅い検算。"""
    facts = {
        "state": str(person.state),
        "cancel_kind": "" if person.cancel_kind is None else str(person.cancel_kind),
        "certificate_flag": "" if person.certificate_flag is None else str(person.certificate_flag),
        "dates": slow_dates(person.registered_on, person.cancelled_on),
    }
    return _classified(tuple(facts[name] for name in FACTS))


@cache
def _classified(facts: tuple[str, ...]) -> tuple[str, str]:
    row = decision_table().set_index(list(FACTS)).loc[facts]
    return row.status, row.action


def slow_dates(registered_on: date | None, cancelled_on: date | None) -> str:
    if registered_on is None:
        return "none" if cancelled_on is None else "cancelled_only"
    if cancelled_on is None:
        return "registered_only"
    if registered_on == cancelled_on:
        return "same_day"
    return (
        "registered_before_cancelled"
        if registered_on < cancelled_on
        else "registered_after_cancelled"
    )
