"""要確認の人：この月にいて、だれも何も決めていない人。取込の点検（人の値なし）と、健保の名簿（鍵つき）の、同じもと。"""

import pandas as pd

from mynalib.capsules.opened import OpenedMonth
from mynalib.capsules.questions import ask
from mynalib.disclosure.released import SOCIETY_LISTS
from mynalib.domain.classification import STATUSES, WITHHELD
from mynalib.domain.months import Month
from mynalib.history.contradictions import WHY, all_rows, read_memory

REVIEWED = {status.name: status.label for status in STATUSES.values() if status.action == "review"}
UNSETTLED = "要確認：月末より後の日付か、登録簿にない記号"
WATCHED = "contradictory"  # 記憶の中の、コードの食い違う人の見張り


def reasons(waiting: pd.DataFrame) -> list[str]:
    """要確認の人の、わけ（控える理由か、区分）。waiting は OpenedMonth.waiting。"""
    return [
        WITHHELD.get(row.withheld_by) or REVIEWED.get(row.status, UNSETTLED)
        for row in waiting.itertuples()
    ]


def remembered(opened: OpenedMonth) -> pd.DataFrame:
    """覚えている食い違い（history.contradictions.read_memory）。"""
    return read_memory(opened.home, opened.params, opened.overlays.entries).astype("str")


def why_words() -> pd.DataFrame:
    """覚えている食い違いの、わけの名（why）と、人に見せる言葉（label）。"""
    return pd.DataFrame(WHY.items(), columns=["why", "label"])


def review_list(opened: OpenedMonth) -> pd.DataFrame:
    """要確認の人の名簿。一行＝一人。列 SOCIETY_LISTS の review：since は食い違いを見つけた月、age はその月からの月数。"""
    waiting = opened.waiting
    rows = all_rows(opened.home, opened.params).astype("str")
    tables = {
        "memory": pd.concat([remembered(opened), rows[rows.why == WATCHED]], ignore_index=True),
        "waiting": waiting.assign(why=pd.Series(reasons(waiting), waiting.index, dtype="str")),
        "reason": why_words(),
    }
    found = ask("review_list", tables, month=str(opened.month))
    since = [Month.parse(month).label for month in found.since]
    return found.assign(since=pd.Series(since, found.index, dtype="str"))[SOCIETY_LISTS["review"]]
