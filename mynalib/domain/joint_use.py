"""共同利用のお知らせに書いたこと。だれに、何を、何のために渡してよいかは、ここから決まる。

Source: 個人情報の保護に関する法律 第27条第5項第3号。
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from mynalib.domain.fields import (
    Count,
    Day,
    MaybeText,
    Phone,
    Prose,
    Settings,
    Some,
    Text,
    must,
    wrong,
)
from mynalib.domain.items import NAMES

# 八項目から作る列と、その意味
DERIVED = {"member_kind": "本人／家族", "action": "どの勧奨か", "attempt": "何回目か"}
ItemName = Literal[NAMES]
ColumnName = Literal[(*NAMES, *DERIVED)]
_ONCE = must(
    lambda names: len(set(names)) == len(names), "同じ項目が二度あります。一つにしてください"
)


class NoticePublication(Settings):
    """お知らせを公表した一つの手段。"""

    channel: Text = Field(description="どこに載せたか")
    on: Day = Field(description="載せた日（繰り返し載せるものは、最後に載せた日）")


class Notice(Settings):
    """お知らせの版。"""

    version: Text = Field(description="版の名。引用符で囲む")
    effective: Day = Field(description="この日から共同利用する")
    published: tuple[NoticePublication, ...] = Field(description="公表した手段と日")

    def in_force(self, day: date) -> bool:
        return self.effective <= day


class Purposes(Settings):
    """利用目的。勧奨ごとに一つ。"""

    link: Prose = Field(description="❶ 紐付勧奨")
    renew: Prose = Field(description="❷ 電子証明書の再交付勧奨")


class Controller(Settings):
    """データの管理について責任を有する者。"""

    name: MaybeText = Field(description="名称")
    address: MaybeText = Field(description='住所。まだ公表していなければ ""')
    representative: MaybeText = Field(description='代表者の氏名。まだ公表していなければ ""')


class PurposeItems(Settings):
    """勧奨ごとに、対象の人を決めるのに使う項目（お知らせの本文が挙げるもの）。"""

    link: Some[ItemName] = Field(("state",), description="❶ 紐付勧奨")
    renew: Some[ItemName] = Field(("certificate_flag",), description="❷ 電子証明書の再交付勧奨")


class OptoutChannel(Settings):
    """同意しない人の申出先。"""

    to: Text = Field(description="申出先の名")
    contact: Phone = Field("", description="電話や窓口")
    door: Literal["employer", "society"] | None = Field(
        None, description="事業所の窓口（employer）か、健保組合の窓口（society）か"
    )
    how: MaybeText = Field("", description="申し出るしかた（用紙を渡す、電話など）")

    @property
    def told(self) -> str:
        """申出先を、一つの言葉で。"""
        return f"{self.to}（{self.contact}）" if self.contact else self.to


class Under16(Settings):
    """16 歳未満の人についての方針。ファイルに生年月日はないので、人ごとには決められない。"""

    policy: Literal["undecided", "guardian", "exclude"] = Field(
        "undecided",
        description="undecided（まだ決めていない）、guardian（保護者に知らせ、申出も保護者から受ける）、exclude（被扶養者の全てを除く）",
    )
    decided_on: Day | None = Field(None, description="決めた日")


class JointUse(Settings):
    """共同利用（joint_use.yaml）。"""

    notice: Notice
    employers_stated: Count | None = Field(None, description="お知らせの本文が言う事業所の数")
    employers_listed: tuple[Text, ...] = Field(
        (), description="お知らせの表に印刷された事業所の名（印字のまま、健保組合の行を除く）"
    )
    purposes: Purposes
    purpose_items: PurposeItems = Field(
        PurposeItems(), description="勧奨ごとに、対象の人を決めるのに使う項目"
    )
    items: Annotated[Some[ItemName], _ONCE] = Field(description="共同利用する項目")
    employer_columns: Annotated[Some[ColumnName], _ONCE] = Field(
        description="事業所の名簿に載せる列"
    )
    dependants: Literal["include", "exclude"] = Field(
        description="被扶養者を含めるか。除くと、名簿、人数、率から除く"
    )
    dependants_notified_on: Day | None = Field(
        None,
        validate_default=True,
        description="被扶養者にもお知らせが届いた日。含めるときは必ず書く",
    )
    under_16: Under16 = Field(
        Under16(), validate_default=True, description="16 歳未満の人についての方針"
    )
    controller: Controller
    optout_channels: Some[OptoutChannel] = Field(description="同意しない人の申出先")
    not_used_for: tuple[Text, ...] = Field((), description="使わないと約束したこと")

    @field_validator("employer_columns")
    @classmethod
    def _within_items(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        # 上に書いた項目から順に確かめる。items そのものが誤りなら data になく、ここでは八項目の全てと比べる（同じ誤りを二度言わない）
        allowed = (*info.data.get("items", NAMES), *DERIVED)
        beyond = "、".join(name for name in value if name not in allowed)
        if beyond:
            wrong(f"items にない列です：{beyond}。お知らせにない項目は渡せません")
        return value

    @field_validator("dependants_notified_on")
    @classmethod
    def _told_dependants(cls, value: date | None, info: ValidationInfo) -> date | None:
        if value is None and info.data.get("dependants") == "include":
            wrong("被扶養者を含めるときは、被扶養者にお知らせが届いた日を書いてください")
        return value

    @field_validator("under_16")
    @classmethod
    def _age_is_unknown(cls, value: Under16, info: ValidationInfo) -> Under16:
        if value.policy == "exclude" and info.data.get("dependants") == "include":
            wrong("年齢はファイルにないので、除くなら dependants を exclude にしてください")
        return value
