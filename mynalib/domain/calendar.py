"""日付で終わる決まり・文・表の暦（calendar.yaml）。いつまで本当か、出典は何か、だれが確かめたか。

ページと手紙は、その日に効いていて、人の確かめた行のあるものだけを載せる。行がないか、過ぎたか、確かめていなければ、載せない。
"""

from datetime import date
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from mynalib.domain.fields import Dated, Day, MaybeText, Prose, Settings, Text, wrong

Use = Literal["benefit", "certificate", "under_16", "notice"]
USES: tuple[Use, ...] = get_args(Use)
"""この道具が、暦に尋ねるもの：限度額の表、組合の資格確認書の期限、16 歳未満の扱い、お知らせの版。"""


class DatedFact(Dated):
    """ある日まで（until の日を含む）本当のこと。"""

    what: Text = Field(description="何のことか")
    use: Use | None = Field(
        None,
        description="この道具の何が、これによるか。benefit（手紙の限度額）、certificate（資格確認書の期限）、"
        "under_16（16 歳未満の扱い）、notice（共同利用のお知らせ）。書かなければ、check が知らせるだけ",
    )
    version: MaybeText = Field("", description="お知らせの版（use が notice のときだけ）")
    until: Day = Field(alias="to", description="この日まで本当（この日を含む）")
    follows: Prose = Field(description="そのあとどうなるか、それまでに何をするか")
    source: Prose = Field(description="出典")
    checked_by: MaybeText = Field(
        description='出典と照らし合わせた人。"" のあいだは、これによるものを載せない'
    )
    checked_on: Day | None = Field(None, description="照らし合わせた日")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if bool(self.checked_by.strip()) != bool(self.checked_on):
            wrong("checked_by と checked_on は、両方書くか、両方とも空にしてください")
        if bool(self.version.strip()) != (self.use == "notice"):
            wrong("version は、use が notice の行にだけ、必ず書いてください")
        return self

    @property
    def vouched(self) -> bool:
        """人が出典と照らし合わせたか。"""
        return bool(self.checked_by.strip())


class Calendar(Settings):
    """暦（calendar.yaml）。"""

    facts: tuple[DatedFact, ...] = Field((), description="日付で終わるもの")

    @model_validator(mode="after")
    def _one_at_a_time(self) -> Self:
        for at, one in enumerate(self.facts):
            for other in self.facts[at + 1 :]:
                if one.use and one.use == other.use and _overlap(one, other):
                    wrong(f"同じ use（{one.use}）の期間が重なっています。分けてください")
        return self

    def of(self, use: Use) -> tuple[DatedFact, ...]:
        """その用の行の全て。"""
        return tuple(fact for fact in self.facts if fact.use == use)

    def fresh(self, use: Use, first: date, last: date | None = None) -> DatedFact | None:
        """first から last（なければ first の日だけ）まで、ずっと本当で、人の確かめた行。なければ None。

        例：2027-07-31 までの限度額の行は、6 月末から 7 月末までの手紙には使え、8 月末までの手紙には使えない。
        """
        # 一つの行の期間に切れ目はないので、両端の日に効いていれば、その間もずっと効いている
        days = (first, last or first)
        found = [
            fact for fact in self.of(use) if fact.vouched and all(fact.on(day) for day in days)
        ]
        return found[0] if found else None

    def outside(self, use: Use, day: date) -> bool:
        """その用の行があり、どれも、その日には効いていないか。行がなければ、終わりは決まっていない（False）。"""
        found = self.of(use)
        return bool(found) and not any(fact.on(day) for fact in found)

    def successor(self, fact: DatedFact) -> DatedFact | None:
        """その行の終わった次の日から続く、確かめた行。"""
        end = fact.period[1]
        same = [one for one in self.facts if one.use and one.use == fact.use and one.vouched]
        longer = [one for one in same if end < one.period[1]]
        # 重なりがあっても続いていればよく、一日でもあけば、その日に載せるものがない
        following = [one for one in longer if (one.period[0] - end).days <= 1]
        return following[0] if following else None


def _overlap(one: DatedFact, other: DatedFact) -> bool:
    return max(one.period[0], other.period[0]) <= min(one.period[1], other.period[1])
