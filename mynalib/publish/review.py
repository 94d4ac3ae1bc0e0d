"""取込の点検に載せる表：照合、隔離した行、前の月との差、食い違い、名簿で見つからない行。"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from mynalib.domain.employers import fold_symbol
from mynalib.history import clock
from mynalib.history.lens import Lens
from mynalib.history.memory import WHY, read_memory
from mynalib.history.months import KeptMonth, damaged
from mynalib.history.registers import Entry
from mynalib.history.tables import read_table
from mynalib.insight import measures

if TYPE_CHECKING:
    from mynalib.publish.capsules import Source

SHOWN_LINES = 20


def review_tables(source: "Source") -> dict[str, pd.DataFrame]:
    """01_intake_review のカプセルの表。どれにも、人の値は入らない。"""
    kept = source.months[-1]
    return {
        "checks": _checks(source, kept),
        "quarantine": _quarantine(kept),
        "differences": _differences(source),
        "statuses": measures.statuses(source.cube, str(source.month)),
        "kept_back": _kept_back(source),
    }


def _checks(source: "Source", kept: KeptMonth) -> pd.DataFrame:
    """照合。列 check, left, right, result。どれも一致しなければ公開できない。"""
    cube = source.cube[source.cube.month == str(source.month)]
    counts = measures.counts(cube, source.names).set_index("employer_id").members
    intake = kept.intake
    pairs = [
        ("受け入れた行 ＋ 隔離した行 ＝ データの行", intake["accepted"] + intake["quarantined"], intake["data_rows"]),
        ("区分ごとの人数の計 ＝ 受け入れた行", int(cube.members.sum()), intake["accepted"]),
        ("事業所の計 ＋ 事業所なし ＝ 組合全体", int(counts.drop("TOTAL").sum()), int(counts["TOTAL"])),
    ]
    rows = [(check, left, right, "一致" if left == right else "不一致") for check, left, right in pairs]
    return pd.DataFrame(rows, columns=["check", "left", "right", "result"])


def reconciles(source: "Source") -> bool:
    """照合が全て一致するか。"""
    return bool((_checks(source, source.months[-1]).result == "一致").all())


def _quarantine(kept: KeptMonth) -> pd.DataFrame:
    """隔離した行。一行＝理由×列。lines は元ファイルの行番号（はじめの 20 行）。"""
    rows = read_table(kept.quarantine)
    if rows is None:
        raise damaged(kept.folder, kept.quarantine.name)
    rows["column"] = rows["column"].fillna("")
    grouped = rows.groupby(["reason", "column"]).line
    table = grouped.agg(rows="size", lines=lambda lines: _line_list(sorted(lines))).reset_index()
    return table.astype({"reason": "str", "column": "str", "lines": "str"})


def _line_list(lines: list[int]) -> str:
    shown = "、".join(str(line) for line in lines[:SHOWN_LINES])
    return shown + (f" ほか {len(lines) - SHOWN_LINES} 行" if len(lines) > SHOWN_LINES else "")


def _differences(source: "Source") -> pd.DataFrame:
    """前の月との差。一行＝事業所。前の月が無ければ、前は欠ける。"""
    counts = measures.counts(source.cube, source.names)
    months = [str(source.month), str(source.month.plus(-1))]
    now, before = (counts[counts.month == month].set_index("employer_id") for month in months)
    table = now[["employer"]].assign(before=before.members.reindex(now.index), after=now.members)
    return table.assign(difference=table.after - table.before).reset_index()


def _kept_back(source: "Source") -> pd.DataFrame:
    """確認を待つ食い違い。一行＝いつから×なぜ。"""
    memory = read_memory(source.home)
    waiting = memory[(memory.since <= str(source.month)) & ((memory.until == "") | (memory.until > str(source.month)))]
    table = waiting.groupby(["since", "why"]).size().reset_index(name="members")
    return table.assign(why=table.why.map(WHY)).astype({"since": "str", "why": "str", "members": "int64"})


def unresolved_lines(source: "Source", entries: Iterable[Entry]) -> list[tuple[str, int]]:
    """どの人にも当てはまらず、処理も書かれていない名簿の行（名簿, 行番号）。"""
    with Lens(source.months[-1:], source.params) as lens:
        present = {
            (fold_symbol(key[0]), *key[1:])
            for key in lens.query("keys", month=str(source.month)).itertuples(index=False)
        }
    return [
        (entry.register, entry.line)
        for entry in entries
        if not entry.handled and entry.in_force(clock.today()) and not present.intersection(entry.keys)
    ]
