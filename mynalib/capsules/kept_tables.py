"""健保の内部に残す、次の公開のための表：ファイルの名、列、読み方。

公開したものを確かめて引きつぐのは previous.py。ここは、一つのファイルを、決まった列と型で読むだけ。
"""

from pathlib import Path

import pandas as pd

from mynalib.disclosure.society import COUNTS
from mynalib.domain.person import PERSON_KEY
from mynalib.history.home import Home
from mynalib.history.released import artefacts_of, released_file
from mynalib.reminders.due import EMPLOYER, SOCIETY

STATE_FILE = "internal/shown.csv"
"""見せた水準。"""
LISTS_FILE = "internal/lists.csv"
"""リストの人数。"""
LISTED_FILE = "internal/listed.csv"
"""リストに載せた人。"""
SOCIETY_LISTED_FILE = "internal/society_listed.csv"
"""健保の内部に残す、健保の名簿に載せた人。"""
SOCIETY_FIELDS = ["symbol", "number", "branch", "action", "list"]
KEYED_TABLES = (LISTED_FILE, SOCIETY_LISTED_FILE)
"""残す表のうち、人の鍵のあるもの。保存期間が過ぎれば、消える。"""
RATES_FILE = "management/rates.csv"
LISTED_FIELDS = ["employer_id", "symbol", "number", "branch", "action", "attempt", "sender", "due"]
"""LISTED_FILE の列。この月は休みの人も、健保が知らせる人も残し、リストに載せたかは sender と due が言う。"""
# 回数を数える前に残した LISTED_FILE には、この三列がない。全て、事業所が渡した 1 回目とみなす
_FIRST_LISTS = {"attempt": "1", "sender": EMPLOYER, "due": "True"}
LISTED_COLUMNS = ["month", "employer_id", *PERSON_KEY, "action", "attempt", "on_list"]
_KINDS = dict.fromkeys(
    (*COUNTS, "link_targets", "renew_targets", "tolerance", "level", "low", "high"), "Int64"
)
_KINDS |= dict.fromkeys(("rate", "usable_rate"), "Float64") | {"merged": "bool", "on_list": "bool"}
_KINDS |= dict.fromkeys(("month", "employer_id", "employer", "bound", "since"), "str")


def read_rates(path: Path) -> pd.DataFrame:
    """公開した、月×事業所の表。ない値は欠け、ない言葉は ''。"""
    table = pd.read_csv(path, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    # 公開した CSV の空は、言葉なら空の文字、数なら「ない」。0 ではない
    words = [column for column in table if _KINDS[column] == "str"]
    numbers = table.drop(columns=words).replace("", pd.NA)
    if "merged" in numbers:
        # 文字の "False" を bool にすると True になる
        numbers["merged"] = numbers.merged == "True"
    kinds = {column: _KINDS[column] for column in numbers}
    return table.assign(**{column: numbers[column].astype(kind) for column, kind in kinds.items()})


def read_lists(path: Path) -> pd.DataFrame:
    """公開した、事業所と月ごとの、リストの人数。"""
    return pd.read_csv(path, encoding="utf-8-sig", dtype={"employer_id": str, "month": str})


def listed_of(home: Home, release: Path) -> pd.DataFrame:
    """公開した版に残した、勧奨のいた人（read_listed）。保存期間が過ぎて消していれば、だれもいない表。

    Raises:
        ReleaseDamaged: 公開したときのままでない。
    """
    artefacts = artefacts_of(home, release)
    if LISTED_FILE not in artefacts:
        return pd.DataFrame(columns=[*LISTED_FIELDS, "on_list"], dtype="str").astype(
            {"on_list": "bool"}
        )
    return read_listed(released_file(release, LISTED_FILE, artefacts))


def read_listed(path: Path) -> pd.DataFrame:
    """公開した月に、勧奨のいた人。列 LISTED_FIELDS（どれも文字）と、その事業所のリストに載せたか（on_list）。"""
    table = pd.read_csv(path, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    missing = {name: value for name, value in _FIRST_LISTS.items() if name not in table}
    # on_list は残さない。sender と due から、いつも同じに決まる
    table = table.assign(**missing)
    return table.assign(on_list=(table.sender == EMPLOYER) & (table.due == "True"))


def read_society_listed(release: Path) -> pd.DataFrame:
    """公開した、健保の名簿の人。列 SOCIETY_FIELDS（どれも文字）。これを残す前の公開なら、手紙を出す人だけ。"""
    # 公開の前の点検も、これで開き直す。まだ台帳にない版なので、ハッシュとは比べない
    if (release / SOCIETY_LISTED_FILE).is_file():
        file = release / SOCIETY_LISTED_FILE
        return pd.read_csv(file, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    listed = read_listed(release / LISTED_FILE)
    ours = listed[(listed.sender == SOCIETY) & (listed.due == "True")]
    return ours.assign(list="people")[SOCIETY_FIELDS]


def joined(tables: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """いくつもの公開から取った行を、一つの表に。一つもなくても、列の型は同じ。"""
    found = [table[columns] for table in tables if len(table)]
    if found:
        return pd.concat(found, ignore_index=True)
    # 一つも公開していない組合でも、列の型は同じ。型のない空の表をつなぐと、人数の列の型が変わる
    return pd.DataFrame(columns=columns).astype({name: _KINDS.get(name, "str") for name in columns})
