"""取込の点検に載せる表：次にすること、照合、隔離した行、前の月との差、食い違い、名簿で見つからない行。"""

import pandas as pd

from mynalib.capsules.desk_matters import desk_matters
from mynalib.capsules.handed import handed_matters
from mynalib.capsules.opened import OpenedMonth
from mynalib.capsules.questions import ask
from mynalib.capsules.waiting import reasons, remembered, why_words
from mynalib.disclosure.society import TOTAL
from mynalib.domain.errors import SHOWN
from mynalib.history.departures import Departure, departures
from mynalib.history.months import KeptMonth, damaged
from mynalib.history.tables import read_table
from mynalib.insight import measures
from mynalib.insight.display import words


def review_tables(opened: OpenedMonth) -> dict[str, pd.DataFrame]:
    """01_intake_review のカプセルの表。どれにも、人の値は入らない。"""
    kept = opened.months[-1]
    waiting = opened.waiting
    left = _departures(opened)
    return {
        "checks": _checks(opened, kept),
        "quarantine": _quarantine(kept),
        "differences": _differences(opened),
        "statuses": measures.statuses(opened.cube, str(opened.month)),
        "review": _review(waiting),
        "kept_back": _kept_back(opened, waiting),
        "todo": _todo(opened, kept, waiting, left),
        "unknown_symbols": _unknown_symbols(kept),
        "unanswered": _unanswered(opened, left),
    }


def _checks(opened: OpenedMonth, kept: KeptMonth) -> pd.DataFrame:
    """照合。列 check, left, right, result。どれも一致しなければ公開できない。"""
    cube = opened.cube[opened.cube.month == str(opened.month)]
    counts = opened.counts[opened.counts.month == str(opened.month)]
    counts = counts.set_index("employer_id").members
    intake = kept.intake
    pairs = [
        (
            "受け入れた行 ＋ 隔離した行 ＝ データの行",
            intake["accepted"] + intake["quarantined"],
            intake["data_rows"],
        ),
        ("区分ごとの人数の計 ＝ 受け入れた行", int(cube.members.sum()), intake["accepted"]),
        # 右は、事業所に分けずに数える。TOTAL の行は、左の計そのものなので、いつも合ってしまう
        (
            "事業所の計 ＋ 事業所なし ＝ 組合全体",
            int(counts.drop(TOTAL).sum()),
            int(cube.members.sum()),
        ),
    ]
    rows = [
        (check, left, right, "一致" if left == right else "不一致") for check, left, right in pairs
    ]
    return pd.DataFrame(rows, columns=["check", "left", "right", "result"])


def reconciles(opened: OpenedMonth) -> bool:
    """照合が全て一致するか。"""
    return bool((_checks(opened, opened.months[-1]).result == "一致").all())


def _quarantine(kept: KeptMonth) -> pd.DataFrame:
    """隔離した行。一行＝理由×列。lines は元ファイルの行番号（はじめの 20 行）。"""
    rows = read_table(kept.quarantine)
    # 隔離の表が読めないのに 0 行と見せると、捨てた行がなかったことになる
    if rows is None:
        raise damaged(kept.folder, kept.quarantine.name)
    # 列の決まらない理由では column が欠ける。groupby は、鍵の欠けた行を落としてしまう
    return _with_lines(rows.fillna({"column": ""}), ["reason", "column"], "rows")


def _with_lines(rows: pd.DataFrame, keys: list[str], count: str) -> pd.DataFrame:
    """keys ごとの、行の数（列 count）と、元ファイルの行番号（列 lines）。"""
    grouped = rows.groupby(keys).line
    table = grouped.agg(
        **{count: "size"}, lines=lambda lines: _line_list(sorted(lines), len(lines))
    ).reset_index()
    return table.astype(dict.fromkeys([*keys, "lines"], "str") | {count: "int64"})


def _line_list(lines: list[int], rows: int) -> str:
    shown = "、".join(str(line) for line in lines[:SHOWN])
    return shown + (f" ほか {rows - SHOWN} 行" if rows > SHOWN else "")


def _differences(opened: OpenedMonth) -> pd.DataFrame:
    """前の月との差。一行＝事業所。前の月が無ければ、前は欠ける。"""
    return ask(
        "differences",
        {"counts": opened.counts},
        before=str(opened.month.plus(-1)),
        after=str(opened.month),
    )


def _review(waiting: pd.DataFrame) -> pd.DataFrame:
    """要確認の人の、元ファイルの行。一行＝わけ。"""
    return _with_lines(waiting.assign(why=reasons(waiting)), ["why"], "members")


def _kept_back(opened: OpenedMonth, waiting: pd.DataFrame) -> pd.DataFrame:
    """食い違い。一行＝いつから×なぜ。age は、この月までの月数、undecided は、この月にいて、まだ人が決めていない人。"""
    tables = {"memory": remembered(opened), "waiting": waiting, "reason": why_words()}
    return ask("kept_back", tables, month=str(opened.month))


def _unknown_symbols(kept: KeptMonth) -> pd.DataFrame:
    """登録簿にない記号。一行＝記号（記号そのものは載せない）。"""
    found = kept.intake.get("unknown_symbols", [])
    rows = [
        (f"その {at}", rows, _line_list(lines, rows)) for at, (rows, lines) in enumerate(found, 1)
    ]
    return _table(rows, unknown="str", rows="int64", lines="str")


def _departures(opened: OpenedMonth) -> list[Departure]:
    """この月までに、いなくなって、ほかの人を控えさせている人。"""
    found = departures(opened.home, opened.params, opened.months, opened.overlays.entries)
    return [each for each in found if each.since <= opened.month]


def _unanswered(opened: OpenedMonth, left: list[Departure]) -> pd.DataFrame:
    """どの人にも当てはまらない名簿の行と、いなくなった、覚えている人。suspects は、答えるまで控える人。"""
    rows = [
        (f"{each.entry.register}.csv", each.entry.line, each.state, len(each.suspects))
        for each in opened.overlays.unanswered
    ]
    rows += [
        (
            f"覚えている人（{each.last_seen.label}の原本）",
            line,
            f"{each.since.label}からいません",
            each.suspects,
        )
        for each in left
        for line in each.lines
    ]
    return _table(rows, register="str", line="int64", state="str", suspects="int64")


def _todo(
    opened: OpenedMonth, kept: KeptMonth, waiting: pd.DataFrame, left: list[Departure]
) -> pd.DataFrame:
    """次にすること。一行＝すること（0 件のものは出さない）。言葉は insight/words.yaml の todo。"""
    counts = {
        "quarantined": kept.intake["quarantined"],
        "unknown_symbols": len(kept.intake.get("unknown_symbols", [])),
        "review": len(waiting),
        "unanswered": len(opened.overlays.unanswered),
        "departures": sum(each.people for each in left),
        **handed_matters(opened),
        **desk_matters(opened),
    }
    rows = [(*words("todo")[name], count) for name, count in counts.items() if count]
    return _table(rows, todo="str", how="str", count="int64")


def _table(found: list[tuple], /, **types: str) -> pd.DataFrame:
    """列の名と型から。行がなくても、型は決まる。"""
    return pd.DataFrame(found, columns=list(types)).astype(types)
