"""いなくなった人の代わりに控えている人：番号が変わっただけかもしれない人を、だれがいなくなったために控えているか。

人の値は出さない。いなくなった人は、最後にいた月の原本の行で言う。
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from mynalib.domain.errors import SHOWN
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.domain.person import PERSON_KEY
from mynalib.domain.succession import same_person, successions
from mynalib.history.contradictions import SAME_ABSENCE, absences, all_rows
from mynalib.history.home import Home
from mynalib.history.lens import Lens
from mynalib.history.months import KeptMonth
from mynalib.history.registers import Entry
from mynalib.history.replaying import NUMBER_CHANGED


@dataclass(frozen=True)
class Departure:
    """ある月に、ある事業所から、同じ枝番の人がいなくなったこと。

    Attributes:
        last_seen: いなくなった人が、最後にいた月。
        lines: その月の原本の、いなくなった人の行（月が消してあれば、空）。
        people: いなくなった人の数。
        suspects: そのために、勧奨リストから控えている人の数。
    """

    last_seen: Month
    since: Month
    employer_id: str
    lines: tuple[int, ...]
    people: int
    suspects: int

    @property
    def where(self) -> str:
        return f"{self.since.label}から控えている {self.suspects} 人"

    @property
    def what(self) -> str:
        """わけと、控えるのをやめる一行。"""
        shown = "、".join(str(line) for line in self.lines[:SHOWN]) + (
            " ほか" if len(self.lines) > SHOWN else ""
        )
        who = (
            f"{self.last_seen.label}の原本の {shown} 行目"
            if self.lines
            else f"{self.last_seen.label}"
        )
        return (
            f"{who}の人（食い違いや解除を覚えている人）がいなくなり、その人かもしれない、同じ枝番の人が現れました。番号が変わった"
            f"だけかもしれません。{self.people} 人とも退職なら、decisions.csv に一人一行「その人の記号,番号,枝番,退職,判断者,判断日」と"
            f"書くか、この月にいなくなった人がみな退職なら、society.yaml に「leavers_confirmed: [{self.since}]」と書くと、"
            "控えるのをやめます"
        )


def departures(
    home: Home, params: Params, months: Sequence[KeptMonth], entries: Iterable[Entry]
) -> tuple[Departure, ...]:
    """今も人を控えさせている、答えのない「いなくなった人」。月、事業所、枝番ごとに一つ。

    Raises:
        MemoryDamaged: 記憶が信じられない。
    """
    rows = all_rows(home, params)
    standing = rows[rows.until == ""]
    suspects = (
        standing[standing.why == NUMBER_CHANGED]
        .groupby(SAME_ABSENCE)
        .size()
        .rename("suspects")
        .reset_index()
    )
    gone = absences(rows, params, entries)
    # だれも控えさせていない「いなくなった人」は、ここで落ちる。答えを求めることもない
    gone = gone[gone.until == ""].merge(suspects, on=SAME_ABSENCE)
    if gone.empty:
        return ()
    gone = gone.assign(line=_lines(gone, params, months))
    return tuple(_departure(group) for _, group in gone.groupby(SAME_ABSENCE))


def _departure(group: pd.DataFrame) -> Departure:
    first = group.iloc[0]
    lines = tuple(sorted(int(line) for line in group.line.dropna()))
    since = Month.parse(first.since)
    last_seen = Month.parse(first.against)
    return Departure(last_seen, since, first.employer_id, lines, len(group), int(first.suspects))


def _lines(gone: pd.DataFrame, params: Params, months: Sequence[KeptMonth]) -> pd.Series:
    """いなくなった人の、最後にいた月の原本の行（gone と同じ順。月がなければ欠ける）。"""
    wanted = [kept for kept in months if str(kept.month) in set(gone.against)]
    if not wanted:
        return pd.Series(pd.NA, gone.index)
    chains = successions(params)
    asked = []
    for at, row in zip(gone.index, gone.itertuples(index=False), strict=True):
        key = (row.symbol_key, row.number_key, row.branch)
        # 最後にいた月には、引きつがれる前の記号だったかもしれない
        asked += [(at, row.against, *each) for each in (key, *same_person(key, chains))]
    with Lens(wanted) as lens:
        lens.put("asked", pd.DataFrame(asked, columns=["at", "month", *PERSON_KEY]))
        return lens.query("lines").set_index("at").line.reindex(gone.index)
