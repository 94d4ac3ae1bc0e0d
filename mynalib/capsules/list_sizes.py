"""事業所ごとの、リストの人数：行うこと、何回目、本人と家族、世帯と、前のリストからの入れかわり。"""

from collections.abc import Iterator

import pandas as pd

from mynalib.capsules.opened import OpenedMonth
from mynalib.disclosure.released import LIST_COLUMNS
from mynalib.domain.person import PERSON_KEY, with_person_key
from mynalib.history.replaying import in_symbols_of

TURNS = {"left_only": "came", "both": "stayed", "right_only": "gone"}  # 前のリストとの入れかわり
ATTEMPTS = ("first", "second", "later")  # 1 回目、2 回目、3 回目から
KINDS_LISTED = {"本人": "insured", "家族": "family"}


def list_sizes(opened: OpenedMonth, then: pd.DataFrame) -> pd.DataFrame:
    """この月のリストの人数と、前に公開したリスト（then）からの入れかわり。

    Returns:
        一行＝リストを受け取る事業所。列 employer_id と released.LIST_COLUMNS（人。世帯だけは世帯の数）。
    """
    now = with_person_key(opened.listed)
    then = in_symbols_of(then, opened.params, opened.month)
    # 事業所も鍵に入れる。別の事業所に移った人は、もとのリストから消え、移った先に新しく載る
    both = now.merge(
        then, on=["employer_id", *PERSON_KEY], how="outer", indicator="side", suffixes=("", "_then")
    )
    # リストに一人もいない事業所にも、0 人の行がある
    receivers = [employer.id for employer in opened.params.notified(opened.month.end)]
    turns = pd.crosstab(both.employer_id, both.side.astype("str")).rename(columns=TURNS)
    # だれも載らない月の crosstab は空。つながず、あとで 0 を入れる
    counts = [each.reindex(index=receivers) for each in (*_counts(now), turns) if len(each)]
    table = pd.concat([pd.DataFrame(index=receivers), *counts], axis="columns")
    table = table.reindex(columns=LIST_COLUMNS[1:]).fillna(0).astype("int64")
    table.insert(0, "month", str(opened.month))
    return table.rename_axis("employer_id").reset_index()


def _counts(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """事業所ごとの、リストの人数：行うこと、何回目、本人と家族、世帯。"""
    # 3 回目からは、まとめて数える
    turn = rows.attempt.clip(upper=len(ATTEMPTS)).map(dict(enumerate(ATTEMPTS, 1)))
    for column in (rows.action, turn.astype("str"), rows.member_kind.map(KINDS_LISTED)):
        yield pd.crosstab(rows.employer_id, column.rename("counted"))
    # 鍵のはじめの二つ（記号と番号）が、世帯
    homes = rows.drop_duplicates(["employer_id", *PERSON_KEY[:2]]).groupby("employer_id").size()
    yield homes.to_frame("households")
