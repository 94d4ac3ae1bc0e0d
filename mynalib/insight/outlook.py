"""月次報告が言うこと：組合全体のいま、変わったわけ、目標までの歩み、本人と家族、事業所のちらばり。

どれも、見せた表の数（と、概数版では、カプセルの目標の「あと何人」）だけから作る。広く配る版では、ここの数も全て cells.json に書く（jobs.exports）。
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, pairwise

import pandas as pd

from mynalib.disclosure import released as door
from mynalib.disclosure.released import Released
from mynalib.disclosure.society import TOTAL
from mynalib.domain.months import Month
from mynalib.insight import display, findings, goals, titles
from mynalib.insight.capsule import Capsule
from mynalib.insight.findings import SocietyNow
from mynalib.insight.goals import Goal
from mynalib.insight.spread import Spread
from mynalib.insight.statistics import PACE_MONTHS, pace

SHOWN_DIFFERENCES = 13  # 差を見せる月の数


@dataclass(frozen=True)
class Outlook:
    """一枚の月次報告（実数版か概数版）の、見せた表と、そこから作る数。"""

    capsule: Capsule

    @cached_property
    def rates(self) -> Released:
        """月×事業所の表。"""
        terms = self.capsule.terms
        return door.rates(self.capsule.table("rates"), terms, self.capsule.facts["decimals"])

    @cached_property
    def society(self) -> Released:
        """組合全体の、月ごとの行。"""
        return self.rates.where(employer_id=TOTAL)

    @cached_property
    def causes(self) -> Released | None:
        """率の変わったわけ。前の月がなければ None。"""
        return self._table("causes", door.causes)

    @cached_property
    def parts(self) -> Released | None:
        """本人と家族。少ない組合では None。"""
        found = self._table("parts", door.parts)
        return found if found is not None and len(found.frame) else None

    def _table(self, name: str, make: object) -> Released | None:
        if name not in self.capsule.facts["tables"]:
            return None
        table = self.capsule.table(name)
        facts = self.capsule.facts
        return make(table, self.capsule.terms, facts["decimals"])

    @property
    def month(self) -> Month:
        return self.capsule.month

    @property
    def wide(self) -> bool:
        return self.capsule.audience == "wide"

    @property
    def decimals(self) -> int:
        return self.rates.decimals

    def row(self, month: Month) -> Mapping | None:
        """組合全体の、その月の行。"""
        return self._by_month.get(str(month))

    @cached_property
    def _by_month(self) -> dict[str, Mapping]:
        return self.society.frame.set_index("month").to_dict("index")

    @cached_property
    def now(self) -> SocietyNow:
        row = self.row(self.month)
        return SocietyNow(
            month=self.month,
            rate=_number(row["rate"]),
            members=int(row["members"]),
            registered=int(row["registered"]),
            before=self._comparable(self.month.plus(-1)),
            year_ago=self._comparable(self.month.plus(-12)),
            decimals=self.decimals,
            about=self.wide,
            first=len(self._by_month) == 1,
            unlike=self._digits(self.month.plus(-1)) != self.decimals,
        )

    def _digits(self, month: str | Month) -> int:
        """その月の率の、小数の桁。"""
        return self.capsule.facts["decimals_of_months"].get(str(month), self.decimals)

    def _comparable(self, month: Month) -> float | None:
        """その月の率。いまと桁の違う率とは、比べない（差が、本当と逆の向きになりうる）。"""
        then = self.row(month)
        # 例：4,998 人の 73 % と 5,010 人の 73.4 %。差の 0.4 は、丸めのためかもしれない
        if then is None or self._digits(month) != self.decimals:
            return None
        return _number(then["rate"])

    def written(self, frame: pd.DataFrame) -> pd.DataFrame:
        """月ごとの行の率を、その月の桁の文字にしたもの。"""
        pairs = zip(frame.month, frame.rate, strict=True)
        texts = [display.text("rate", rate, self._digits(month)) for month, rate in pairs]
        return frame.assign(rate=texts)

    @property
    def cause_points(self) -> dict[str, float | None] | None:
        """わけの名から、見せたポイントへ。"""
        if self.causes is None:
            return None
        frame = self.causes.frame
        return {name: _number(value) for name, value in zip(frame.cause, frame.points, strict=True)}

    @cached_property
    def cause_steps(self) -> list[float]:
        """わけを積んでいく段（ポイント）：はじめの 0 から、おわりまで。見せない動きがあれば空。"""
        each = {k: v for k, v in (self.cause_points or {}).items() if k != "total"}
        if not each or None in each.values():
            return []
        # 例：わけが ＋5、−2、＋1 なら、段は 0、5、3、4。概数版では、丸めたわけの和なので、おわりの 4 が率の変化とは限らない
        return [round(step, 4) for step in accumulate(each.values(), initial=0.0)]

    @cached_property
    def differences(self) -> list[tuple[str, float | None]]:
        """近ごろの月と、前の月との率の差（ポイント）。見せた率どうしの差。どちらかの月がなければ None。"""
        months = [self.month.plus(step) for step in range(1 - SHOWN_DIFFERENCES, 1)]
        # いちばん古い月には、前の月がない
        oldest = min(self._by_month)
        return [(str(month), self._gap(month)) for month in months if str(month) > oldest]

    def _gap(self, month: Month) -> float | None:
        pair = self._comparable(month), self._comparable(month.plus(-1))
        return None if None in pair else round(pair[0] - pair[1], self.decimals)

    @property
    def unregistered(self) -> int:
        """登録していない方。"""
        row = self.row(self.month)
        return int(row.get("unregistered", row["members"] - row["registered"]))

    @cached_property
    def goal(self) -> Goal | None:
        """目標と、そこまでの歩み。定めていなければ None。"""
        target = self.capsule.facts["target"]
        if not target or self.now.rate is None:
            return None
        month = Month.parse(target["month"])
        value = float(target["value"])
        people = (self.now.members, self.now.registered)
        found = pace(self.month, *people, month, value, self._gains)
        if self.wide:
            # 届いたかと、あと何人かは、丸める前の人数から決めて、5 の倍数に切り上げてある（capsules.society_tables.target）
            short = target["short"]
            needed = short / found.months if short and found.months > 0 else None
            found = replace(found, short=short, needed=needed)
        return Goal(month, value, found, self.capsule.facts["ceiling"])

    @property
    def _gains(self) -> list[float | None]:
        """近ごろの月の、登録者の増え方。古い順。ファイルのない月は None。"""
        # 六つの差には、七つの月が要る
        months = [self.month.plus(step) for step in range(-PACE_MONTHS, 1)]
        rows = [self.row(month) for month in months]
        registered = [row["registered"] if row else None for row in rows]
        return [
            None if one is None or other is None else float(other - one)
            for one, other in pairwise(registered)
        ]

    @cached_property
    def fan(self) -> dict[str, float] | None:
        """いまの歩みが続いたときの、目標の月の率（%、小数一桁）：low と high。0 から 100 をこえない。"""
        goal = self.goal
        if goal is None or goal.pace.low is None or goal.pace.months <= 0:
            return None
        return {
            name: self._in_percent(self.now.registered + goal.pace.months * size)
            for name, size in (("low", goal.pace.low), ("high", goal.pace.high))
        }

    def _in_percent(self, people: float) -> float:
        # いまの加入者のままとして。加入者の増減までは、見こまない
        return round(min(max(100 * people / self.now.members, 0), 100), 1)

    @cached_property
    def spread(self) -> Spread:
        """この月の、事業所のちらばり。"""
        return Spread(self.rates.where(month=str(self.month)), self.now.rate, self.wide)

    @property
    def part_rates(self) -> dict[str, float | None]:
        """本人と家族の率。どちらかが一人もいなければ、その率は None。"""
        if self.parts is None:
            return {}
        frame = self.parts.frame
        return {k: _number(v) for k, v in zip(frame.member_kind, frame.rate, strict=True)}

    def drawn(self) -> Iterator[float]:
        """図に引く線と、図に添える CSV（chart_values）のために、ここで作った数。広く配る版では、ここにない数は、どちらにも書けない。"""
        if self.goal:
            yield self.goal.value
        yield from (self.fan or {}).values()
        yield from self.cause_steps
        for limits in self.spread.funnel:
            yield from limits
        # 線は決まった人数だけで計ることがあるが、CSV には、どの事業所の人数での限界もある
        for limits in self.spread.limits_there.values():
            yield from limits

    def texts(self) -> list[str]:
        """ここで作った、数の入った文。広く配る版では、ここにない文に、ほかの表にない数は書けない。"""
        causes = self.cause_points
        sizes = [size for _, size in self.differences]
        found = [
            *self.summary,
            findings.beside_others(self.capsule.facts["benchmark"], self.now),
            titles.trend_title(self.now),
            titles.differences_title(sizes),
            titles.causes_title(causes, self.decimals),
            titles.parts_title(self.part_rates, self.decimals),
            titles.funnel_title(self.spread.beyond, len(self.spread.employers)),
            *(row["todo"] for row in self.decisions),
        ]
        return [*found, *([self.goal.path] if self.goal else [])]

    @cached_property
    def summary(self) -> list[str]:
        """三つの文：いまどこにいるか、なぜ変わったか、目標に届くか。"""
        causes = self.cause_points
        each = None if causes is None else {k: v for k, v in causes.items() if k != "total"}
        return [
            findings.where_we_stand(self.now),
            findings.why_it_moved(each, self.decimals if self.wide else 2),
            goals.will_we_reach(self.goal, self.now, self.unregistered),
        ]

    @cached_property
    def decisions(self) -> list[dict[str, str]]:
        """決めること。"""
        return goals.decisions(self.goal, self.capsule.facts["matters"], self.month)


def _number(value: object) -> float | None:
    return None if pd.isna(value) else float(value)
