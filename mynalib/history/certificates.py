"""資格確認書の二つの名簿：交付したもの（期限つき）と、ファイルからは分からない、要る人。読めなければ、公開を止める（取込には効かない）。"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from mynalib.domain.certificates import WRITTEN_REASONS
from mynalib.domain.errors import Problem
from mynalib.domain.params import Params
from mynalib.domain.succession import successions
from mynalib.history import clock
from mynalib.history.home import Home
from mynalib.history.register_cells import KEY, Wrong, read_day, read_key
from mynalib.history.registers import Entry, RegisterUnreadable, followed
from mynalib.history.sheets import SheetUnreadable, read_sheet

ISSUED_COLUMNS = (*KEY, "交付日", "有効期限")
WANTED_COLUMNS = (*KEY, "申出日", "理由")
TAKEN_BACK_ON = "回収日"
WITHDRAWN_ON = "撤回日"
MOST_YEARS = 5
"""有効期限は、交付日からこの年数まで（保険者が、この中で決める）。"""


@dataclass(frozen=True)
class Issued:
    """交付した一枚。entry の filed_on が交付日、withdrawn_on が回収日。written は、書いてあるままの鍵。"""

    entry: Entry
    written: tuple[str, ...]
    valid_until: date


@dataclass(frozen=True)
class Wanted:
    """ファイルからは分からない、要る人。reason は domain.certificates の WRITTEN_REASONS の名。"""

    entry: Entry
    written: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class CertificateBook:
    """資格確認書の名簿の、全ての行（回収や撤回の済んだ行も）。"""

    issued: tuple[Issued, ...] = ()
    wanted: tuple[Wanted, ...] = ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """名簿が減っていないかを見るための、行。"""
        return tuple(row.entry for row in (*self.issued, *self.wanted))


def read_certificates(home: Home, params: Params) -> CertificateBook:
    """設定にある、資格確認書の名簿。設定にない名簿は、空とみなす。

    Raises:
        RegisterUnreadable: 名簿が無い、文字として読めない、列や値が決まりに合わない（誤りは全て一度に）。
    """
    named = params.society.registers
    issued, problems = _read(
        home, named.certificates_issued, ISSUED_COLUMNS, TAKEN_BACK_ON, _issued
    )
    wanted, more = _read(home, named.certificates_wanted, WANTED_COLUMNS, WITHDRAWN_ON, _wanted)
    if problems + more:
        raise RegisterUnreadable(where="資格確認書の名簿", problems=problems + more)
    chains = successions(params)
    return CertificateBook(
        tuple(replace(row, entry=followed(row.entry, chains)) for row in issued),
        tuple(replace(row, entry=followed(row.entry, chains)) for row in wanted),
    )


def _read(
    home: Home, path: str | None, columns: tuple[str, ...], end: str, read: Callable
) -> tuple[list, list[Problem]]:
    """一つの名簿の、読めた行と、全ての誤り。end は、あってもなくてもよい、終わりの日の列。"""
    if path is None:
        return [], []
    name = Path(path).name
    try:
        sheet = read_sheet(home.root / path, columns, (end,))
    except SheetUnreadable as error:
        return [], [Problem(name, str(error))]
    rows = []
    problems = []
    for line, cells in sheet:
        row, wrong = read(line, cells)
        # 誤りのある行も入る。一つでも誤りがあれば、呼んだ側が断り、使わない
        rows.append(row)
        problems += [Problem(f"{name} {line} 行目「{column}」", what) for column, what in wrong]
    return rows, problems


def _issued(line: int, row: dict[str, str]) -> tuple[Issued, list[Wrong]]:
    key, wrong = read_key(row, KEY)
    days, wrong_days = _days(row, ("交付日", "有効期限"), TAKEN_BACK_ON)
    # 空欄（None）や日付でないもの（"?"）は比べられないので、順を見るのは、日付がそろってから
    wrong += wrong_days or _out_of_order(days)
    entry = Entry("certificates_issued", line, key, None, days["交付日"], days[TAKEN_BACK_ON], "")
    return Issued(entry, tuple(row[column] for column in KEY), days["有効期限"]), wrong


def _wanted(line: int, row: dict[str, str]) -> tuple[Wanted, list[Wrong]]:
    key, wrong = read_key(row, KEY)
    days, wrong_days = _days(row, ("申出日",), WITHDRAWN_ON)
    wrong += wrong_days
    if row["理由"] not in WRITTEN_REASONS:
        wrong.append(("理由", f"{'・'.join(WRITTEN_REASONS)} のいずれかです"))
    elif not wrong_days and days[WITHDRAWN_ON] and days[WITHDRAWN_ON] < days["申出日"]:
        wrong.append((WITHDRAWN_ON, "申出日より前です"))
    entry = Entry("certificates_wanted", line, key, None, days["申出日"], days[WITHDRAWN_ON], "")
    reason = WRITTEN_REASONS.get(row["理由"], "")
    return Wanted(entry, tuple(row[column] for column in KEY), reason), wrong


def _days(
    row: dict[str, str], needed: tuple[str, ...], maybe: str
) -> tuple[dict[str, date | None], list[Wrong]]:
    """日付の列の値と、誤り。needed は、空欄も誤り。"""
    days = {column: read_day(row[column]) for column in (*needed, maybe)}
    wrong = [(column, "書いてありません") for column in needed if days[column] is None]
    wrong += [
        (column, "日付ではありません（例 2026-04-01）") for column in days if days[column] == "?"
    ]
    return days, wrong


def _out_of_order(days: dict[str, date | None]) -> list[Wrong]:
    """ありえない順の日付。先の日付の交付は、まだ持っていない人を、持っている人とみなすので断る。"""
    issued_on = days["交付日"]
    valid_until = days["有効期限"]
    taken_back = days[TAKEN_BACK_ON]
    rules = (
        ("交付日", issued_on > clock.today(), "先の日付です"),
        ("有効期限", valid_until <= issued_on, "交付日より後ではありません"),
        (
            "有効期限",
            valid_until > _last_day(issued_on),
            f"交付日から {MOST_YEARS} 年をこえています",
        ),
        (TAKEN_BACK_ON, taken_back is not None and taken_back < issued_on, "交付日より前です"),
    )
    return [(column, what) for column, broken, what in rules if broken]


@lru_cache(maxsize=10_000)
def _last_day(day: date) -> date:
    """MOST_YEARS 年あとの同じ日（2 月 29 日なら、3 月 1 日）。"""
    try:
        return day.replace(year=day.year + MOST_YEARS)
    except ValueError:
        return date(day.year + MOST_YEARS, 3, 1)
