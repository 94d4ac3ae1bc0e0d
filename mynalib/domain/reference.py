"""出典のある参考の数：高額療養費の限度額と、国の登録率。日付のない数、出典のない数は使わない。"""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from mynalib.domain.fields import Count, Day, MaybeText, Prose, Rate, Settings, Text, wrong


class Limit(Settings):
    """ある日からの、一つの区分の自己負担限度額（70 歳未満、月額、円）。"""

    since: Day = Field(alias="from", description="この日の診療から")
    bracket: Literal["ア", "イ", "ウ", "エ", "オ"] = Field(description="所得の区分")
    applies_to: Text = Field(description="区分にあたる人")
    base: Count | None = Field(
        None, description="限度額（円）。医療費に応じた加算があれば、加算の前の額"
    )
    threshold: Count = Field(0, ge=0, description="医療費がこの額を超えた分に加算する（円）")
    rate: Rate = Field(Decimal(0), ge=0, le=1, description="加算の割合")
    multiple: Count | None = Field(None, description="多数回に当たるときの限度額（円）")
    annual_cap: Count | None = Field(None, description="年間の上限（円）")
    source: Prose = Field(description="出典")
    verified_by: MaybeText = Field(
        description='出典と照らし合わせた人。"" のあいだは、資料に額を載せない'
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.verified_by and self.base is None:
            wrong("確かめた行には base（円）を書いてください")
        if len(self.model_fields_set & {"threshold", "rate"}) == 1:
            wrong("threshold と rate は、両方書くか、両方とも消してください")
        return self

    def amount(self, cost: int) -> int | None:
        """医療費の総額 `cost`（円）のときの限度額（円）。額が分からない行では None。"""
        if self.base is None:
            return None
        # 例：ウ（2026-08 から）で 100 万円なら、85,800 + (1,000,000 − 286,000) × 1 % = 92,940 円。1 円未満は四捨五入
        over = max(0, cost - self.threshold) * self.rate
        return self.base + int(over.quantize(Decimal(1), ROUND_HALF_UP))


class Benefits(Settings):
    """高額療養費（benefits.yaml）。"""

    limits: tuple[Limit, ...] = Field(description="区分ごと、日付ごとの限度額")

    @model_validator(mode="after")
    def _one_row_each(self) -> Self:
        keys = {(row.since, row.bracket) for row in self.limits}
        if len(keys) < len(self.limits):
            wrong("同じ日と区分の行が二つあります。一つにしてください")
        return self

    def limit(self, bracket: str, day: date) -> Limit | None:
        """その日に効いている行。行がないか、まだ照らし合わせていなければ None（古い額で代わりにしない）。"""
        rows = [row for row in self.limits if row.bracket == bracket and row.since <= day]
        newest = max(rows, key=lambda row: row.since, default=None)
        return newest if newest and newest.verified_by else None


class Benchmark(Settings):
    """比べるための一つの数。"""

    date: Day = Field(description="いつの時点か")
    measure: Literal["registration_rate", "card_rate"] = Field(
        description="保険証の登録率か、カードの保有率か"
    )
    value: Rate = Field(ge=0, le=100, description="値（%）")
    denominator: Literal["card_holders", "population", "members"] = Field(
        description="分母：カードを持つ人、人口、加入者"
    )
    definition: Prose = Field(description="何を何で割ったか")
    source: Prose = Field(description="出典")


class Benchmarks(Settings):
    """国などの数（benchmarks.yaml）。"""

    figures: tuple[Benchmark, ...] = Field(description="時点の古い順でなくてもよい")

    def with_denominator(self, measure: str, denominator: str) -> tuple[Benchmark, ...]:
        """同じものを同じ分母で測った数だけを、時点の順に。"""
        rows = [
            row for row in self.figures if (row.measure, row.denominator) == (measure, denominator)
        ]
        return tuple(sorted(rows, key=lambda row: row.date))
