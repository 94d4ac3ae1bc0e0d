"""試験の道具：一つのファイルを読む。作り方、読んだ結果、断り、遅い検算。"""

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from societies import covers

from mynalib.domain.employers import Registry, SymbolEntry, fold_symbol
from mynalib.domain.errors import MynaError, Refused
from mynalib.domain.items import ITEMS, NAMES
from mynalib.domain.months import Month
from mynalib.intake.intake import Intake
from mynalib.intake.profile import FileProfile
from mynalib.intake.reading import read_file

DB = duckdb.connect()
MAY = Month(2026, 5)
HEADER = ",".join(item.label for item in ITEMS)
GOOD = "101,8300001,00,1,20240401,,,1"
PERSON = ["101", "8300001", "00", "1", "20240401", "", "", "1"]


def entry(
    symbol: str, employer: str | None = "E01", numbers: tuple[int | None, int | None] = (None, None)
) -> SymbolEntry:
    return SymbolEntry(
        symbol, fold_symbol(symbol), employer, "" if employer else "任意継続", *numbers
    )


REGISTRY = Registry(
    (
        entry("101"),
        entry("102", "E02"),
        entry("東①", "E03"),
        entry("関～西", "E04"),
        entry("901", None),
    )
)


@dataclass(frozen=True)
class Read:
    """読み終えた一つのファイル。members と quarantine は辞書の列。"""

    intake: Intake
    members: list[dict]
    quarantine: list[dict]

    @property
    def reasons(self) -> dict[int, str]:
        return {row["line"]: row["reason"] for row in self.quarantine}

    @property
    def keys(self) -> list[str]:
        return ["/".join((row["symbol"], row["number"], row["branch"])) for row in self.members]


def rows_of(path: Path) -> list[dict]:
    relation = DB.read_parquet(str(path))
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def read(
    content: bytes | str, *, month: Month = MAY, registry: Registry = REGISTRY, **profile: str
) -> Read:
    with TemporaryDirectory() as folder:
        path, into = Path(folder) / "届いた.csv", Path(folder) / "into"
        into.mkdir()
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        try:
            intake = read_file(
                path, month=month, registry=registry, profile=FileProfile(**profile), into=into
            )
        except MynaError:
            assert list(into.iterdir()) == []
            raise
        assert sorted(one.name for one in into.iterdir()) == [
            "members.parquet",
            "quarantine.parquet",
        ]
        found = Read(
            intake, rows_of(into / "members.parquet"), rows_of(into / "quarantine.parquet")
        )
    assert intake.accepted + intake.quarantined == intake.data_rows
    assert (len(found.members), len(found.quarantine)) == (intake.accepted, intake.quarantined)
    return found


def refusal(content: bytes | str, **options) -> Refused:
    with pytest.raises(Refused) as caught:
        read(content, **options)
    return caught.value


def text(*lines: str, header: str | None = HEADER, end: str = "\r\n") -> str:
    return "".join(line + end for line in ([header] if header else []) + list(lines))


def row(**changes: str) -> str:
    return ",".join((dict(zip(NAMES, PERSON, strict=True)) | changes).values())


FOLD = str.maketrans("０１２３４５６７８９", "0123456789")
TRIM = " \u3000\u00a0\t"


def oracle(
    content: str, registry: Registry = REGISTRY, month: Month = MAY
) -> tuple[list[tuple], dict[int, str]]:
    """(受け入れた人, {行: 理由})。見出しのない、標準の列の並びの、LF のファイルに限る。"""
    lines = content.split("\n")[:-1]
    good, bad, at = [], {}, 0
    while at < len(lines):
        cells, used, fault = _oracle_record(lines, at)
        if not fault and any(cells):
            fault, person = _oracle_row(cells, registry, month)
            if not fault:
                good.append((at + 1, *person))
        swallowed = fault == "COLUMN_COUNT"  # いくつもの行にまたがるなら、どの行も数える
        for line in range(at, at + used if swallowed else at + 1):
            if fault and lines[line].strip(TRIM + ","):
                bad[line + 1] = fault
        at += used
    kept = _oracle_people(good, bad)
    return kept, bad


def _oracle_record(lines: list[str], at: int) -> tuple[list[str], int, str]:
    used = 1
    if '"' in lines[at]:
        reader = csv.reader(
            io.StringIO("\n".join(lines[at : at + 10]) + "\n", newline=""), strict=True
        )
        try:
            cells = next(reader)
        except csv.Error:
            return [], 1, "COLUMN_COUNT"
        used = reader.line_num
    else:
        cells = lines[at].split(",")
    controls = any(ord(char) < 32 and char not in "\t\n" for cell in cells for char in cell)
    if controls and used == 1:
        return [], used, "CONTROL_CHAR"
    rows = len(cells) > 9 or any("\n" in cell and "," in cell for cell in cells)
    cells = [cell.strip(TRIM) for cell in cells]
    while len(cells) > 8 and not cells[-1]:
        cells.pop()
    if used > 1 and (controls or rows or len(cells) != 8):
        return [], used, "COLUMN_COUNT"
    if any(cells) and len(cells) != 8:
        return [], used, "COLUMN_COUNT"
    return cells, used, ""


def _oracle_row(cells: list[str], registry: Registry, month: Month) -> tuple[str, tuple]:
    symbol, *rest = (re.sub(r'^="([^"]*)"$', r"\1", cell).strip(TRIM) for cell in cells)
    number, branch, state, registered, cancelled, kind, flag = (
        cell.translate(FOLD) for cell in rest
    )
    checks = (
        ("MISSING_KEY", number and branch),
        ("BAD_KEY", re.fullmatch("[0-9]{1,20}", number) and re.fullmatch("[0-9]{1,2}", branch)),
        (
            "BAD_CODE",
            state in ("0", "1") and kind in ("", "1", "2", "3") and flag in ("", "0", "1"),
        ),
        (
            "BAD_DATE",
            _oracle_day(registered, month) is not False
            and _oracle_day(cancelled, month) is not False,
        ),
        ("MISSING_KEY", fold_symbol(symbol)),
        ("BAD_KEY", not any(char in symbol for char in '\n,"\t \u200b')),
    )
    for reason, holds in checks:
        if not holds:
            return reason, ()
    found = [
        one for one in registry.entries if one.folded == fold_symbol(symbol) and covers(one, number)
    ]
    if not found:
        return "UNKNOWN_KIGO", ()
    days = (_oracle_day(registered, month), _oracle_day(cancelled, month))
    return "", (
        found[0].symbol,
        number,
        branch.zfill(2),
        int(state),
        *days,
        *(int(c) if c else None for c in (kind, flag)),
    )


def _oracle_day(value: str, month: Month) -> date | bool | None:
    if value in ("", "00000000"):
        return None
    if not re.fullmatch("[0-9]{8}", value):
        return False
    try:
        day = datetime.strptime(value, "%Y%m%d").date()
    except ValueError:
        return False
    return day if date(2020, 8, 1) <= day <= month.end + timedelta(days=366) else False


def _oracle_people(good: list[tuple], bad: dict[int, str]) -> list[tuple]:
    by_key: dict[tuple, list[tuple]] = {}
    for one in good:
        by_key.setdefault((one[1], int(one[2]), one[3]), []).append(one)
    kept = []
    for rows in by_key.values():
        same = len({one[4:] for one in rows}) == 1
        kept += rows[:1] if same else []
        bad.update((one[0], "DUPLICATE_KEY") for one in rows[same:])
    return sorted(kept, key=lambda one: (one[1], int(one[2]), one[3]))
