"""組合の現況が見せる表と、事業所・本人／家族を選んだときの、月の並びの値。実数。"""

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import pandas as pd

from mynalib.disclosure import released as door
from mynalib.disclosure.released import Released
from mynalib.disclosure.rounding import percent
from mynalib.disclosure.society import TOTAL
from mynalib.insight import measures
from mynalib.insight.chart_frame import every_month
from mynalib.insight.choosing import Key, Values
from mynalib.insight.display import words
from mynalib.insight.outlook import Outlook

FLOWS = ("newly_registered", "lost", "renewed", "relinked")
COMERS = ("joined", "departed")
YEAR_AGO = 12  # 月
_KEY = ["month", "employer_id", "member_kind"]


@dataclass(frozen=True)
class Situation:
    """一枚の現況の、見せた表。組合全体の文と目標は outlook から。"""

    outlook: Outlook

    @cached_property
    def standing(self) -> Released:
        """月×事業所×本人／家族の、加入者、登録者（人）、登録率（%）。"""
        held = self._held
        rates = percent(held.registered, held.members, 1)
        return self._released(held[[*_KEY, "members", "registered"]].assign(rate=rates))

    @cached_property
    def shares(self) -> Released:
        """月×事業所×本人／家族の、区分の割合（%）。"""
        held = self._held
        shares = {name: percent(held[name], held.members, 1) for name in measures.STATUS_GROUPS}
        return self._released(held[[*_KEY, "members"]].assign(**shares))

    @cached_property
    def moves(self) -> Released:
        """月×事業所×本人／家族の動き（人）。lost は、登録済のままの失効と、失効による自動解除。前の月のない月の行は、ない。"""
        moves = self.outlook.capsule.table("moves")
        table = moves.assign(
            lost=moves.lapsed + moves.cancelled_by_lapse,
            joined=moves.joined_registered + moves.joined_unregistered,
            departed=moves.left_registered + moves.left_unregistered,
        )
        return self._released(table[[*_KEY, *FLOWS, *COMERS]])

    @cached_property
    def _held(self) -> pd.DataFrame:
        return self.outlook.capsule.table("standing")

    def _released(self, table: pd.DataFrame) -> Released:
        return door.internal(table, self.outlook.capsule.terms)

    @cached_property
    def names(self) -> dict[str, str]:
        """事業所コードから名へ。組合全体がはじめで、あとはコードの順。どの月にもだれもいない事業所は、入らない。"""
        frame = self.outlook.capsule.table("employers")
        # 選べても、図も表も空になる
        frame = frame[frame.employer_id.isin([*self._held.employer_id, TOTAL])]
        names = dict(zip(frame.employer_id, frame.employer, strict=True))
        return {TOTAL: names.pop(TOTAL), **names}

    @cached_property
    def months(self) -> list[str]:
        """見せる月。この月がおわり。"""
        return every_month(self._held.month)

    @cached_property
    def kinds(self) -> list[str]:
        """全員、本人、家族。"""
        return [words("dashboard")["everyone"], *measures.MEMBER_KINDS.values()]

    @cached_property
    def keys(self) -> list[Key]:
        """選べる全ての組。組合全体の全員が、はじめ。"""
        return [*product(self.names, self.kinds)]

    @property
    def society(self) -> Key:
        return self.keys[0]

    def series(self, released: Released, column: str) -> dict[Key, Values]:
        """選べる組から、月の並びの値へ。ない月は None。動きの分かる月に行のない組の動きは、0 人。"""
        frame = released.frame
        flow = column in (*FLOWS, *COMERS)
        # 縦の表を、一行＝組、一列＝月に並べかえる
        table = frame.set_index([*_KEY[1:], "month"])[column].unstack("month")
        index = pd.MultiIndex.from_tuples(self.keys, names=_KEY[1:])
        table = table.reindex(index=index, columns=self.months)
        if flow:
            # 動きの分かる月に行がないのは、だれも動かなかったため。前の月のない月は、分からないままにする
            known = sorted({*self.months} & {*frame.month})
            table[known] = table[known].fillna(0)
        number = int if flow else float
        return {
            key: [None if pd.isna(value) else number(value) for value in row]
            for key, row in zip(self.keys, table.to_numpy(dtype=object), strict=True)
        }

    @cached_property
    def rates(self) -> dict[Key, Values]:
        """登録率（%、小数一桁）。"""
        return self.series(self.standing, "rate")

    def whose(self, key: Key) -> str:
        employer, kind = key
        return self.names[employer] + ("" if kind == self.kinds[0] else f"（{kind}）")

    def everyone(self, released: Released) -> Released:
        """本人と家族を合わせた行。"""
        return released.where(member_kind=self.kinds[0])

    def now(self, released: Released, columns: list[str]) -> pd.DataFrame:
        """この月の、全ての事業所の行。コードの順で、組合全体がおわり。"""
        order = [*[code for code in self.names if code != TOTAL], TOTAL]
        frame = self.everyone(released).where(month=self.months[-1]).frame
        table = frame.set_index("employer_id").reindex(order)[columns].convert_dtypes()
        table.insert(0, "employer", [self.names[code] for code in order])
        return table.rename_axis("employer_id").reset_index()
