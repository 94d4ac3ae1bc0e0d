"""資格確認書の係（09）のカプセルの表：だれに何をするか、わけごと・事業所ごとの人数、更新の時期。"""

import pandas as pd

from mynalib.capsules.dashboard import EVERYONE
from mynalib.capsules.opened import OpenedMonth
from mynalib.capsules.publication import Publication
from mynalib.capsules.report_tables import Tables
from mynalib.disclosure.released import DESK_TABLES
from mynalib.disclosure.society import TOTAL
from mynalib.domain.certificates import CERTIFICATE_REASONS, DESK_TASKS
from mynalib.domain.months import Month
from mynalib.history.lens import UNKNOWN_SYMBOL
from mynalib.insight import measures
from mynalib.insight.measures import MEMBER_KINDS, OTHER_ROWS

HOLDING = ("renewal", "keep")
"""要る人のうち、持っている人の、すること。"""


def desk_tables(publication: Publication) -> Tables:
    """資格確認書の係の表。どれも実数で、健保の職員だけが見る。

    Returns:
        people: 要る人と、持っている人（一行＝一人。history.certificate_standing の列に、事業所の名）。
        tasks: 事業所（と TOTAL）ごとの、することごとの人数。
        reasons: 要るわけ（と TOTAL）ごとの、本人、家族、計、うち交付済み、これから交付する人数。
        sheet: 事業所（と TOTAL）×本人か家族（TOTAL には全員も）の、要るわけごとの人数と、その計。
        expiry: 期限の月ごとの、要る人の持っている一枚の数（ahead は、この月から何か月あとか）。
    """
    opened = publication.opened
    people = desk_people(opened)
    names = _names(opened)
    return {
        "people": people,
        "tasks": _tasks(people, names),
        "reasons": _reasons(people),
        "sheet": _sheet(people, names),
        "expiry": _expiry(people, opened.month),
    }


def desk_facts(publication: Publication) -> dict:
    """needed_in_file：ファイルだけから分かる、資格確認書の要る人（人。月次報告と同じ数）。"""
    opened = publication.opened
    counts = measures.counts(opened.cube, opened.names, [str(opened.month)])
    return {"needed_in_file": int(counts.set_index("employer_id").certificate_needed[TOTAL])}


def desk_people(opened: OpenedMonth) -> pd.DataFrame:
    """要る人と、持っている人。列 DESK_TABLES の people。"""
    rows = opened.certificates
    return rows.assign(employer=rows.employer_id.map(_names(opened)))[DESK_TABLES["people"]]


def _names(opened: OpenedMonth) -> dict[str, str]:
    """事業所コードから名へ。どの事業所でもない人と TOTAL が、おわり。"""
    # 登録簿にない記号の人も、係の表からは落とさない
    strangers = opened.certificates.employer_id.eq(UNKNOWN_SYMBOL).any()
    return opened.names | ({UNKNOWN_SYMBOL: "登録簿にない記号"} if strangers else {}) | OTHER_ROWS


def _tasks(people: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    counted = _counted(people, pd.Index(names, name="employer_id"), "task", DESK_TASKS)
    return _with_names(counted, names)[DESK_TABLES["tasks"]]


def _reasons(people: pd.DataFrame) -> pd.DataFrame:
    needed = people[people.certificate_reason != ""]
    columns = {
        "insured": needed.member_kind == MEMBER_KINDS[True],
        "family": needed.member_kind == MEMBER_KINDS[False],
        "people": needed.member_kind != "",
        "holding": needed.task.isin(HOLDING),
        "issue": needed.task == "issue",
    }
    counted = pd.DataFrame(columns).astype("int64").groupby(needed.certificate_reason).sum()
    # 一人もいないわけの行も、0 人で残す。行がないと、数え忘れと見分けられない
    counted = counted.reindex([*CERTIFICATE_REASONS], fill_value=0)
    counted.loc[TOTAL] = counted.sum()
    return counted.rename_axis("certificate_reason").reset_index()[DESK_TABLES["reasons"]]


def _sheet(people: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    needed = people[people.certificate_reason != ""]
    by = ["employer_id", "member_kind"]
    grid = pd.MultiIndex.from_product([names, MEMBER_KINDS.values()], names=by)
    counted = _counted(needed, grid, "certificate_reason", CERTIFICATE_REASONS)
    counted.loc[(TOTAL, EVERYONE), :] = counted.loc[TOTAL].sum()
    counted["people"] = counted.sum(axis=1)
    return _with_names(counted.astype("int64"), names)[DESK_TABLES["sheet"]]


def _counted(people: pd.DataFrame, grid: pd.Index, of: str, columns: dict) -> pd.DataFrame:
    """grid の組（TOTAL も）ごとの、of の値ごとの人数。人のいない組は 0。"""
    # 一人を、自分の事業所と TOTAL に一度ずつ。計を別に数えないので、合わないことがない
    both = pd.concat([people, people.assign(employer_id=TOTAL)])
    counted = both.groupby([*grid.names, of]).size().unstack(of)
    return counted.reindex(index=grid, columns=[*columns]).fillna(0).astype("int64")


def _with_names(counted: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    table = counted.reset_index()
    return table.assign(employer=table.employer_id.map(names))


def _expiry(people: pd.DataFrame, month: Month) -> pd.DataFrame:
    held = people[people.task.isin(HOLDING)]
    sizes = held.groupby(held.valid_until.str[:7]).size()
    ahead = [Month.parse(each).minus(month) for each in sizes.index]
    table = pd.DataFrame({"month": sizes.index, "ahead": ahead, "people": sizes.to_numpy()})
    return table.astype({"month": "str", "ahead": "int64", "people": "int64"})
