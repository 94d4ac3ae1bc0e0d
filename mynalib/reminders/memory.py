"""勧奨の記憶：どのリストを、いつ、だれに手渡したか。知らせたのは、公開したときではなく、手渡したか、郵送したとき。

台帳の handed_over が、一つの手渡し。載せた人は data/reminders/月/ の Parquet に残り、台帳にはそのハッシュと人数だけがある。
取り戻した（recalled）リストの人には、知らせなかったものとみなす。
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mynalib.domain.classification import LINK_ACTIONS
from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month
from mynalib.domain.person import PERSON_KEY, with_person_key
from mynalib.history.files import sha256
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.purged import with_records_now
from mynalib.history.tables import read_tables, write_table

LETTERS = "LETTERS"
"""事業所ではなく、健保が自宅に知らせたことを表す、手渡しの unit。"""
LETTERS_LABEL = "自宅への手紙"
# だれが知らせるか
EMPLOYER = "employer"
SOCIETY = "society"
NOBODY = "nobody"
REMINDED_COLUMNS = ["month", *PERSON_KEY, "kind"]
_KEPT_COLUMNS = [*PERSON_KEY, "action", "attempt"]


class RemindersDamaged(MynaError):
    """だれに知らせたかの記録が、手渡したときのものでない。"""

    code = "REMINDERS_DAMAGED"
    what = "手渡したときの記録が無いか、変えられています。だれに何回知らせたかが分かりません"
    fix = "バックアップから、data/reminders/ をもとに戻してください。戻るまで、勧奨リストは作れません。"


@dataclass(frozen=True)
class Handover:
    """一つの手渡し。unit は事業所コードか LETTERS、record は載せた人の記録の名、rows は人数。"""

    id: str
    month: Month
    unit: str
    release: str
    department: str
    rows: int
    file: str
    record: str
    record_sha256: str
    on: str
    recalled: bool = False
    confirmed: bool = False

    @property
    def stands(self) -> bool:
        return not self.recalled

    @property
    def whom(self) -> str:
        """だれへの手渡しか、人に言う言葉。"""
        return LETTERS_LABEL if self.unit == LETTERS else self.unit


def handovers(home: Home) -> list[Handover]:
    """これまでの全ての手渡し。古い順。取り戻したものも入る。"""
    lines = Ledger(home.ledger).lines()
    # 台帳は書きかえないので、取り戻しも受取りも、あとの行で分かる
    recalled = _ids(lines, "recalled")
    confirmed = _ids(lines, "confirmed")
    return [
        Handover(
            id=line["handover"],
            month=Month.parse(line["month"]),
            unit=line["unit"],
            release=line["release"],
            department=line["department"],
            rows=line["rows"],
            file=line["file"],
            record=line["record"],
            record_sha256=line["record_sha256"],
            on=line["at"][:10],
            recalled=line["handover"] in recalled,
            confirmed=line["handover"] in confirmed,
        )
        # いなくなった人を消して書き直した記録は、いまの名とハッシュで確かめる
        for line in with_records_now(lines)
        if line["did"] == "handed_over"
    ]


def ever_given(home: Home, month: Month) -> list[Handover]:
    """その月のリストの手渡し。取り戻したものも：相手は、もう見たかもしれない。"""
    return [each for each in handovers(home) if each.month == month]


def given_now(home: Home, month: Month) -> pd.DataFrame:
    """その月のリストで、もう知らせた人。列は鍵と kind（link か renew）と given_by（employer か society）。

    Raises:
        RemindersDamaged: 手渡したときの記録がないか、変わっている。
    """
    rows = [
        remembered(home, each).assign(given_by=SOCIETY if each.unit == LETTERS else EMPLOYER)
        for each in ever_given(home, month)
        if each.stands
    ]
    if not rows:
        return pd.DataFrame(columns=[*PERSON_KEY, "kind", "given_by"], dtype="str")
    table = pd.concat(rows, ignore_index=True)
    table = table.assign(kind=kinds(table.action))[[*PERSON_KEY, "kind", "given_by"]]
    return table.astype("str").drop_duplicates([*PERSON_KEY, "kind"], ignore_index=True)


def reminded(home: Home, before: Month) -> pd.DataFrame:
    """before より前の月のリストで知らせた人。一行＝人×月×勧奨。

    Returns:
        列 month（リストの月）, symbol_key, number_key, branch, kind（link か renew）。どれも文字。
    Raises:
        RemindersDamaged: 手渡したときの記録がないか、変わっている。
    """
    # その月のリストを渡したあとに同じ月を公開し直しても、同じ人が載るように、その月の手渡しは数えない
    found = [each for each in handovers(home) if each.stands and each.month < before]
    tables = read_tables([_sound(home, each) for each in found])
    if any(table is None for table in tables):
        raise RemindersDamaged(where="data/reminders/")
    rows = [
        table.assign(month=str(each.month), kind=kinds(table.action))[REMINDED_COLUMNS]
        for each, table in zip(found, tables, strict=True)
    ]
    nobody = pd.DataFrame(columns=REMINDED_COLUMNS)
    # 同じ月のリストを二度渡しても（渡し直し）、知らせたのは一度
    return pd.concat([nobody, *rows], ignore_index=True).astype("str").drop_duplicates()


def kinds(actions: pd.Series) -> pd.Series:
    """行うことから、回数を数える勧奨（❶ link、❷ renew）へ。更新と、更新してからの登録は、同じ ❷。"""
    return actions.isin(LINK_ACTIONS).map({True: "link", False: "renew"}).astype("str")


def remember(home: Home, month: Month, name: str, rows: pd.DataFrame) -> tuple[str, str]:
    """知らせた人を残す。台帳に書く前に呼ぶ（台帳にない記録は、だれも読まない）。

    Args:
        rows: 列 symbol, number, branch, action, attempt。
    Returns:
        記録の名と、そのハッシュ。
    """
    record = f"{month}/{name}.parquet"
    write_table(home.reminders / record, with_person_key(rows)[_KEPT_COLUMNS])
    return record, sha256(home.reminders / record)


def remembered(home: Home, handover: Handover) -> pd.DataFrame:
    """一つの手渡しで知らせた人。列 symbol_key, number_key, branch, action, attempt。"""
    [table] = read_tables([_sound(home, handover)])
    if table is None:
        raise RemindersDamaged(where=f"data/reminders/{handover.record}")
    return table


def records_before(home: Home, month: Month) -> dict[str, pd.DataFrame]:
    """month より前の月の、鍵のある記録（知らせた人、引いたくじ）。data/reminders/ からの場所から、その表へ。

    Raises:
        RemindersDamaged: 記録がないか、変わっている。
    """
    lines = with_records_now(Ledger(home.ledger).lines())
    old = [line for line in lines if Month.parse(line["month"]) < month]
    found = {line["record"]: home.reminders / line["record"] for line in old}
    for line in old:
        _require_sound(found[line["record"]], line["record_sha256"])
    tables = dict(zip(found, read_tables(found.values()), strict=True))
    for name, table in tables.items():
        if table is None:
            raise RemindersDamaged(where=f"data/reminders/{name}")
    return tables


def _sound(home: Home, handover: Handover) -> Path:
    """手渡したときのままの記録。"""
    path = home.reminders / handover.record
    _require_sound(path, handover.record_sha256)
    return path


def _require_sound(path: Path, digest: str) -> None:
    if not path.is_file() or sha256(path) != digest:
        raise RemindersDamaged(where=f"data/reminders/{path.parent.name}/{path.name}")


def _ids(lines: Iterable[dict], did: str) -> set[str]:
    return {line["handover"] for line in lines if line["did"] == did}
