"""返ってきた表：「お申し出」の欄だけを読む。不同意の申出は不同意の名簿へ、在籍なしは「確認中」の判断へ。

登録したか、断ったかは聞かない。ほかの欄は読まずに数だけを数える。一つでも合わないところがあれば、何も写さない。
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from mynalib.domain.errors import Problem, Refused
from mynalib.domain.params import Params
from mynalib.domain.person import PERSON_KEY
from mynalib.history import clock
from mynalib.history.home import Home
from mynalib.history.registers import (
    ALLOWED,
    DECISIONS,
    HEADER,
    KEY,
    Entry,
    append_rows,
    read_registers,
    register_file,
)
from mynalib.reminders.memory import Handover, remembered
from mynalib.reminders.sheet import ANSWERS, NOT_HERE, OBJECTION, SHEET_TITLES, SheetRead

ANSWER_REGISTERS = {OBJECTION: "optout", NOT_HERE: "decisions"}
"""お申し出から、写す名簿へ。"""


@dataclass(frozen=True)
class Recorded:
    """写した数。known は、もう名簿にあったもの、dropped は、読まなかった欄の書きこみ。"""

    objections: int
    not_here: int
    known: int
    dropped: int


def handover_of(number: str, standing: Sequence[Handover], name: str) -> Handover:
    """リストの番号（E01-2026-10）から、その手渡し。

    Raises:
        Refused: SHEET_REFUSED（手渡していないか、取り戻したリスト）。
    """
    found = [each for each in standing if f"{each.unit}-{each.release}" == number]
    if not found:
        what = "手渡していないか、取り戻したリストの表です"
        fix = "どの事業所の、どの月の表かを確かめてください。読めるのは、手渡して、まだ取り戻していないリストだけです。"
        raise Refused("SHEET_REFUSED", where=name, what=what, fix=fix)
    # 渡し直していれば、いま効いている手渡しは、いちばん新しいもの
    return found[-1]


def take_in(home: Home, params: Params, read: SheetRead, handed: Handover, name: str) -> Recorded:
    """「お申し出」を名簿に写す。錠の中で呼ぶ。

    Raises:
        Refused: SHEET_REFUSED（選べる言葉のほかの書きこみ、手渡したリストにない行、同じ人の二つの答え）。
        RegisterUnreadable: 写す名簿が、設定にないか、読めない。
    """
    answered = read.people[read.people.answer != ""]
    problems = [*_problems(home, read, answered, handed)]
    if problems:
        fix = "正しい表を返してもらってください。何も写していません。"
        what = f"合わないところが {len(problems)} 件あります"
        raise Refused("SHEET_REFUSED", where=name, what=what, fix=fix, problems=problems)
    held = {
        (entry.register, key)
        for entry in read_registers(home, params)
        if _says_so_already(entry, handed)
        for key in entry.keys
    }
    found = {}
    for answer, register in ANSWER_REGISTERS.items():
        rows = answered[answered.answer == answer].to_dict("records")
        keys = [tuple(row[column] for column in PERSON_KEY) for row in rows]
        found[answer] = [
            _ENTRIES[answer](row)
            for row, key in zip(rows, keys, strict=True)
            if (register, key) not in held
        ]
    _append(home, params, {ANSWER_REGISTERS[answer]: rows for answer, rows in found.items()})
    known = len(answered) - sum(map(len, found.values()))
    return Recorded(len(found[OBJECTION]), len(found[NOT_HERE]), known, read.dropped)


def _says_so_already(entry: Entry, handed: Handover) -> bool:
    """その行があれば、同じ返事を、もう書かなくてよいか。"""
    if entry.verdict:
        # 「可」や「退職」は、控えない。手渡しより前の「確認中」は、そのあと事実が変わって、もう終わっている（その人はリストに載った）
        return entry.reason != ALLOWED and str(entry.filed_on) >= handed.on
    # 撤回した人が申し出直したら、新しい行を足す。先の日の撤回も、その日が来れば、行は効かなくなる
    return entry.withdrawn_on is None


def _append(home: Home, params: Params, rows: dict[str, list[dict[str, str]]]) -> None:
    """名簿から、足す行へ。書く先が一つでもなければ、どれにも足さない。"""
    asked = {name: new for name, new in rows.items() if new}
    for name in asked:
        register_file(home, params, name)
    for name, new in asked.items():
        append_rows(home, params, name, new)


def _problems(
    home: Home, read: SheetRead, answered: pd.DataFrame, handed: Handover
) -> Iterator[Problem]:
    """表の、合わないところ。どの枚の何行目かだけを言う。"""
    sent = {tuple(row) for row in remembered(home, handed)[PERSON_KEY].itertuples(index=False)}
    keys = read.people[PERSON_KEY].itertuples(index=False)
    # 答えのない行も見る。行を足したり、ほかの表を貼ったりしたものを、丸ごと断る
    strangers = [tuple(key) not in sent for key in keys]
    for row in read.people[strangers].itertuples(index=False):
        yield Problem(f"{SHEET_TITLES[row.kind]} {row.line} 行目", "手渡したリストにない行です")
    for row in answered[~answered.answer.isin(ANSWERS)].itertuples(index=False):
        yield Problem(
            f"{SHEET_TITLES[row.kind]} {row.line} 行目",
            f"選べる言葉（{'、'.join(ANSWERS)}）ではありません",
        )
    twice = answered[answered.duplicated(PERSON_KEY, keep="first")]
    for row in twice.itertuples(index=False):
        yield Problem(f"{SHEET_TITLES[row.kind]} {row.line} 行目", "同じ方の行が、二つあります")


def _key(row: dict) -> dict[str, str]:
    return dict(zip(KEY, (row["symbol"], row["number"], row["branch"]), strict=True))


def _objection(row: dict) -> dict[str, str]:
    return _key(row) | {HEADER[-1]: str(clock.today()), "受付": "事業所"}


def _not_here(row: dict) -> dict[str, str]:
    verdict = ("確認中", "事業所の返事（在籍なし）", str(clock.today()))
    return _key(row) | dict(zip(DECISIONS[len(KEY) :], verdict, strict=True))


_ENTRIES = {OBJECTION: _objection, NOT_HERE: _not_here}
