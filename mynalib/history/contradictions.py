"""食い違いの記憶：ありえない変わり方をした人を、食い違いなく登録されるまで覚えておく。purge のあとも残る。

月から作り直せるものは、ファイルより月を信じる。ファイルは、台帳に最後に書いたものと同じときだけ、そのまま使う。
"""

from collections.abc import Iterable, Sequence

import pandas as pd

from mynalib.domain.months import Month
from mynalib.domain.params import Params, load_params
from mynalib.domain.person import PERSON_KEY, PersonKey
from mynalib.history.contradictions_trust import (
    MemoryDamaged,
    Standing,
    memory_file,
    origins,
    staged,
    standing,
)
from mynalib.history.files import sha256
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.lens import Hold
from mynalib.history.months import KeptMonth, kept_months
from mynalib.history.registers import LEFT, Entry
from mynalib.history.replaying import MEMORY_COLUMNS, NUMBER_CHANGED, WHY, nobody, replayed
from mynalib.history.tables import read_table, write_table

SAME_ABSENCE = ["since", "branch", "employer_id"]
"""いなくなった人（gone）と、その人かもしれない人（number_changed）を結ぶ列。"""


def read_memory(
    home: Home, params: Params | None = None, entries: Iterable[Entry] = ()
) -> pd.DataFrame:
    """控えている人。一行＝一人×一件。

    Args:
        params: 読んである設定。なければ、置き場所から読む。
        entries: 名簿の行。「退職」と判断した人の代わりに疑われていた人は、控えない。
    Returns:
        列 symbol_key, number_key, branch, since（月）, why, against（食い違った相手の月）, until（月。まだなら ''）,
        employer_id（number_changed の行だけ、いなくなった人の事業所。ほかは ''）。
    Raises:
        MemoryDamaged: 無い、または、台帳に書いたものでない（「控える人はいない」とはみなさない）。
    """
    params = params or load_params(home.params)
    rows = all_rows(home, params)
    suspected = rows.why == NUMBER_CHANGED
    absent = absences(rows, params, entries)[SAME_ABSENCE].drop_duplicates()
    held = rows[suspected].merge(absent, on=SAME_ABSENCE)
    return pd.concat([rows[rows.why.isin(WHY) & ~suspected], held], ignore_index=True)


def all_rows(home: Home, params: Params) -> pd.DataFrame:
    """今の月に合う、記憶の全ての行（見張りと gone も。列は MEMORY_COLUMNS）。ファイルが前の月までのものなら、手元で数え直す。"""
    months = kept_months(home)
    now = standing(home, months, params)
    # はじめての取込の前だけは、記憶のファイルがないのが正しい
    never = not home.kept_back.exists() and not any(
        line["did"] == "ingested" for line in Ledger(home.ledger).lines()
    )
    if not (now.usable or never):
        raise damaged(home)
    rows = nobody() if never else _rows(home)
    # 数え直しても、ここでは書かない（見るだけの命令は錠をとらない）。書くのは、次の取込か公開
    return replayed(rows, months, params, now.since) if now.since and months else rows


def memory_holds(
    home: Home, params: Params | None = None, entries: Iterable[Entry] = ()
) -> list[Hold]:
    """記憶から「控える」を作る。since の月から、until の月の前まで効く。引数とエラーは read_memory と同じ。"""
    return [
        Hold(
            "kept_back",
            tuple(row[:3]),
            Month.parse(row.since).end,
            Month.parse(row.until).end if row.until else None,
        )
        for row in read_memory(home, params, entries).itertuples(index=False)
    ]


def prepare_memory(home: Home, params: Params, months: Sequence[KeptMonth], now: Standing) -> dict:
    """今ある月に合う記憶を、隣に書く。台帳に書くこと（ファイルと、元にした月のハッシュ）を返す。

    隣に書き、台帳に書き、place_memory で名を変える。どこで落ちても、台帳に書いた記憶は、隣か、その場所にある。

    Raises:
        MemoryDamaged: 信じられず、消した月もあるので、作り直せない。
        MonthDamaged: 数え直す月が壊れている。
    """
    if not (now.usable or now.rebuildable):
        raise damaged(home)
    rows = _rows(home) if now.usable else nobody()
    write_table(staged(home), replayed(rows, months, params, now.since))
    return {"memory_sha256": sha256(staged(home)), "memory_from": origins(months, params)}


def absences(rows: pd.DataFrame, params: Params, entries: Iterable[Entry]) -> pd.DataFrame:
    """いなくなり、退職かどうかが分かっていない人（記憶の gone の行）。その人かもしれない人を控えさせる。

    答えは、一人ずつ（decisions の「退職」）でも、月ごと（society.yaml の leavers_confirmed）でもよい。
    番号が二度変わることもあるので、控えている「かもしれない人」がいなくなったときも数える。
    """
    # 例：番号 1 の人（食い違いを覚えている）が 5 月にいなくなり、同じ事業所、同じ枝番の 2 が現れ、7 月に 2 がいなくなり、3 が現れた。
    # 答えがなければ、1 と 2 の両方が数えられ、2 も 3 も控える。5 月の答えが「退職」なら、2 は控えない人になり、2 のいなくなったことも
    # 数えないので、3 も控えない。7 月だけに答えれば、2 だけを控える
    left = _left_until(entries)
    confirmed = {str(month) for month in params.society.leavers_confirmed}
    sure = {
        tuple(row)
        for row in rows.loc[~rows.why.isin([NUMBER_CHANGED, "gone"]), PERSON_KEY].itertuples(
            index=False
        )
    }
    suspected: dict[tuple, set] = {}
    for row in rows[rows.why == NUMBER_CHANGED].itertuples(index=False):
        suspected.setdefault((row.since, row.branch, row.employer_id), set()).add(tuple(row[:3]))
    kept = []
    held = set()
    # 古い月から。held は、それまでの月の答えで決まった、控えている「かもしれない人」
    gone = rows[rows.why == "gone"].sort_values(["since", *PERSON_KEY])
    for row in gone.itertuples(index=False):
        key = tuple(row[:3])
        answered = row.since <= left.get(key, "") or row.since in confirmed
        counts = not answered and (key in sure or key in held)
        kept.append(counts)
        held |= suspected.get((row.since, row.branch, row.employer_id), set()) if counts else set()
    return gone[pd.Series(kept, gone.index, dtype=bool)].reset_index(drop=True)


def _left_until(entries: Iterable[Entry]) -> dict[PersonKey, str]:
    """「退職」と判断した人の鍵から、いちばん新しい判断の月（「2026-10」の形）。その月までに、いなくなったことへの答え。"""
    # 例：五月にいなくなり、六月に「退職」と書いた人が、八月に戻り、十一月にまたいなくなったら、十一月のことは、まだだれも答えていない
    left: dict[PersonKey, str] = {}
    for entry in entries:
        if entry.verdict == LEFT:
            month = str(Month.of(entry.filed_on))
            left |= {key: max(month, left.get(key, "")) for key in entry.keys}
    return left


def damaged(home: Home) -> MemoryDamaged:
    return MemoryDamaged(where=str(home.kept_back.relative_to(home.root)))


def _rows(home: Home) -> pd.DataFrame:
    rows = read_table(memory_file(home))
    if rows is None or not set(MEMORY_COLUMNS) <= set(rows):
        raise damaged(home)
    return rows
