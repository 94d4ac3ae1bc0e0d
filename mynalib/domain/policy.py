"""組合が決める方針（society.yaml の policy）。下限と上限は、ここに数で書いてあり、設定はそれより厳しくすることだけができる。"""

from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from mynalib.domain.fields import Count, Flag, Rate, Settings, short, wrong

Sender = Literal["employer", "society", "both"]


class IntakePolicy(Settings):
    """取込を止めて人に尋ねる境目。"""

    max_drop: Rate = Field(ge=0, le=Decimal("0.2"), description="前月から減ってよい人数の割合")
    max_change: Rate = Field(
        ge=0,
        le=Decimal("0.2"),
        description="登録状態・解除区分・フラグ・日付の有無の割合が、前月から変わってよい幅",
    )
    employer_max_drop: Rate = Field(
        ge=0, le=Decimal("0.5"), description="一つの事業所で減ってよい人数の割合"
    )
    max_rise: Rate = Field(
        Decimal("0.2"), ge=0, le=Decimal("0.5"), description="前月から増えてよい人数の割合"
    )
    employer_max_rise: Rate = Field(
        Decimal("0.5"), ge=0, le=1, description="一つの事業所で増えてよい人数の割合"
    )
    # 小さな会社は、採用や異動の一度で、割合では大きく増える
    rise_floor: Count = Field(
        100, ge=0, le=200, description="この人数までは、割合によらず、増えたとして止めない"
    )
    # 少ない行では、一人でも割合が大きく動く。20 行なら、一人が 5 %
    min_rows: Count = Field(ge=1, le=100, description="この行数から割合を見る")


class PublishPolicy(Settings):
    """公開を止める境目。取込は止めない。"""

    max_quarantine: Rate = Field(ge=0, le=Decimal("0.05"), description="読み込まずに除いた行の割合")
    quarantine_floor: Count = Field(
        2,
        ge=0,
        le=5,
        description="この行数までは、割合によらず止めない（一人の行が食い違えば、二行が隔離になる）",
    )
    min_rows: Count = Field(ge=1, le=100, description="この行数から割合を見る")
    # 次の月のファイルは、月末から 35 日ほどで届く（翌々月の 5 日ごろ）。二か月（62 日）をこえれば、古い月を新しいと思って配ることになる
    stale_after_days: Count = Field(
        ge=1, le=62, description="月末からこの日数を過ぎた月は、新しい月としない"
    )
    two_people: Flag = Field(
        False, description="公開に、もう一人の確認（myna release --approved-by）を求めるか"
    )


class EmployerPolicy(Settings):
    """事業所に見せる水準。"""

    minimum_members: Count = Field(
        ge=20, le=1000, description="この人数に満たない事業所には、率を見せない"
    )


# 下限は disclosure/thresholds.py の _FLOORS と同じ。そちらは、カプセルが読む方針を、もう一度確かめる
class WidePolicy(Settings):
    """広く配る資料の開示の管理。"""

    minimum_members: Count = Field(
        ge=30, le=1000, description="この人数に満たない事業所は、一行にまとめる"
    )
    mask_up_to: Count = Field(
        ge=7, le=100, description="登録者か未登録者がこの人数以下なら、何 % 以上・以下で見せる"
    )
    round_to: Count = Field(ge=5, le=100, description="組合とまとめた行の人数を丸める単位（人）")
    min_changes: Count = Field(ge=5, le=100, description="水準を動かすのに要る、変わった人数")


class Senders(Settings):
    """どの勧奨を、だれが送るか。"""

    link: Sender = Field(description="❶ 紐付勧奨")
    renew: Sender = Field(description="❷ 電子証明書の再交付勧奨")


class ReminderPolicy(Settings):
    """勧奨の決まり。"""

    by: short(Senders, Sender, "link", "renew") = Field(description="だれが送るか")
    # 10 月末のリストを渡すのは 11 月。11 月末の断面では、受け取って一月もたたない人に、もう一度知らせることになる
    min_gap_months: Count = Field(ge=2, le=24, description="同じ人に次に知らせるまでの月数")
    max_attempts: Count = Field(ge=1, le=12, description="同じ人に知らせる回数の上限")
    employer_keeps_months: Count = Field(
        2, ge=1, le=6, description="事業所が勧奨リストを消すまでの月数（断面の月から）"
    )
    plain_handover: Flag = Field(
        False,
        description="暗号化しないリストの手渡しを許すか（社内の安全な置き場所に置くときだけ）",
    )
    staggered: Flag = Field(
        False, description="❶ を、世帯の半分には二か月おくらせて知らせ、効いたかをくらべるか"
    )
    list_card_returned: Flag = Field(
        False, description="健保の名簿に、カードを返納した人を載せるか（手紙は出さない）"
    )
    two_wordings: Flag = Field(
        False, description="健保の手紙の文を、世帯の半分ずつで変え（文 A と文 B）、くらべるか"
    )

    @model_validator(mode="after")
    def _one_trial_at_a_time(self) -> Self:
        if self.staggered and self.two_wordings:
            wrong("staggered と two_wordings は、どちらか一つです（二つの違いが混ざります）")
        return self


class RetentionPolicy(Settings):
    """残しておく月数。"""

    originals: Count = Field(ge=1, le=60, description="届いたファイルの写し")
    months: Count = Field(
        ge=13, le=120, description="取り込んだ月（前年と比べるので 13 か月は残す）"
    )
    lists: Count = Field(ge=1, le=60, description="公開の中の、勧奨リスト・名簿・手紙")
    outbox: Count = Field(ge=1, le=12, description="渡すために作ったものと、下書き")


class Policy(Settings):
    """組合が決める方針。"""

    intake: IntakePolicy
    publish: PublishPolicy
    employer: EmployerPolicy
    wide: WidePolicy
    reminders: ReminderPolicy
    retention: RetentionPolicy
