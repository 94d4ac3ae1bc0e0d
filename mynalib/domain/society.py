"""健康保険組合と、その方針。下限と上限は、ここに数で書いてあり、設定はそれより厳しくすることだけができる。"""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, WithJsonSchema

from mynalib.domain.employers import DatedSymbol
from mynalib.domain.schemas import (
    Flag,
    Percent,
    Settings,
    Some,
    String,
    Text,
    YearMonth,
    decimal,
    must,
    whole,
)

_STEP = r"[^\\/:*?\"<>|.\s][^\\/:*?\"<>|\s]*"  # 点ではじまらないので「..」で外へ出られない
_CSV = rf"{_STEP}(/{_STEP})*\.csv"
_INSURER = "([0-9]{8})?"

InsurerNumber = Annotated[
    String,
    must(
        "shape",
        lambda value: re.fullmatch(_INSURER, value),
        '保険者番号は 8 桁の数字を引用符で囲むか、"" にしてください',
    ),
    WithJsonSchema({"type": "string", "pattern": f"^{_INSURER}$"}),
]
Branch = Annotated[
    String,
    must(
        "shape",
        lambda value: re.fullmatch("[0-9]{2}", value),
        '枝番は 2 桁の数字を引用符で囲んでください（例 "00"）',
    ),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{2}$"}),
]
CsvPath = Annotated[
    String,
    must(
        "shape",
        lambda value: re.fullmatch(_CSV, value),
        "data/registers/名.csv のように、home からの道で書いてください",
    ),
    WithJsonSchema({"type": "string", "pattern": f"^{_CSV}$"}),
]
Sender = Literal["employer", "society", "both"]


class NoEmployer(DatedSymbol):
    """事業所のない人の記号。事業所の名簿や集計には入らず、組合が自宅に知らせる。"""

    kind: Literal["任意継続", "特例退職"]
    """事業所のない理由"""


class FileProfile(Settings):
    """届くファイルの形。`profile` が調べ、人が確かめたもの。"""

    encoding: Literal["auto", "utf-8", "cp932", "utf-16"]
    """文字コード"""
    header: Literal["auto", "present", "absent"]
    """見出しの行があるか"""
    date: Literal["YYYYMMDD", "YYYY-MM-DD", "YYYY/MM/DD", "wareki"]
    """日付の書き方"""


class Registers(Settings):
    """人が手で持つ台帳。ここに書いたものがないと、取込も公開も止まる。"""

    optout: CsvPath | None = None
    """共同利用に同意しない人"""
    pending_cancellation: CsvPath | None = None
    """登録解除の申請を受けたが、まだファイルに現れない人"""
    never_contact: CsvPath | None = None
    """連絡してはならない人"""
    decisions: CsvPath | None = None
    """要確認とした人について、人が決めたこと"""


class IntakePolicy(Settings):
    """取込を止めて人に尋ねる境目。"""

    max_drop: Annotated[Decimal, decimal("0.2")]
    """前月から減ってよい人数の割合"""
    max_change: Annotated[Decimal, decimal("0.2")]
    """登録状態が変わってよい人の割合"""
    employer_max_drop: Annotated[Decimal, decimal("0.5")]
    """一つの事業所で減ってよい人数の割合"""
    min_rows: Annotated[int, whole(1, 100)]
    """この行数から割合を見る"""


class PublishPolicy(Settings):
    """公開を止める境目。取込は止めない。"""

    max_quarantine: Annotated[Decimal, decimal("0.05")]
    """読み込まずに除いた行の割合"""
    min_rows: Annotated[int, whole(1, 100)]
    """この行数から割合を見る"""
    stale_after_days: Annotated[int, whole(1, 62)]
    """月末からこの日数を過ぎた月は、新しい月として公開しない"""


class EmployerPolicy(Settings):
    """事業所に渡す数の丸め方。"""

    counts: Literal["rounded", "exact"]
    """概数か実数か"""
    round_to: Annotated[int, whole(5, 100)]
    """丸める単位（人）"""
    minimum_members: Annotated[int, whole(8, 1000)]
    """この人数に満たない事業所には数を見せない"""
    min_changes: Annotated[int, whole(3, 100)]
    """この人数に満たない増減は見せない"""


class WidePolicy(Settings):
    """広く配る資料の秘匿。"""

    mask_up_to: Annotated[int, whole(7, 100)]
    """この人数以下のセルを伏せる"""
    round_to: Annotated[int, whole(5, 100)]
    """丸める単位（人）"""
    min_changes: Annotated[int, whole(3, 100)]
    """この人数に満たない増減は見せない"""


class Senders(Settings):
    """どの勧奨を、だれが送るか。"""

    link: Sender
    """❶ 紐付勧奨"""
    renew: Sender
    """❷ 電子証明書の再交付勧奨"""


def _senders(value: Any) -> Any:
    return {"link": value, "renew": value} if isinstance(value, str) else value


class ReminderPolicy(Settings):
    """勧奨の決まり。"""

    by: Annotated[Senders, BeforeValidator(_senders, json_schema_input_type=Sender | Senders)]
    """だれが送るか"""
    min_gap_months: Annotated[int, whole(1, 24)]
    """同じ人に次に知らせるまでの月数"""
    max_attempts: Annotated[int, whole(1, 12)]
    """同じ人に知らせる回数の上限"""


class RetentionPolicy(Settings):
    """残しておく月数。"""

    originals: Annotated[int, whole(1, 60)]
    """届いたファイル"""
    months: Annotated[int, whole(13, 120)]
    """取り込んだ月（前年と比べるので 13 か月は残す）"""
    lists: Annotated[int, whole(1, 60)]
    """勧奨の名簿"""
    outbox: Annotated[int, whole(1, 12)]
    """受け渡し用に暗号化したもの"""


class Policy(Settings):
    """組合が決める方針。"""

    intake: IntakePolicy
    publish: PublishPolicy
    employer: EmployerPolicy
    wide: WidePolicy
    reminders: ReminderPolicy
    retention: RetentionPolicy


class Target(Settings):
    """目標。"""

    measure: Literal["registration_rate", "usable_rate"]
    """何の目標か"""
    month: YearMonth
    """いつまでに"""
    value: Percent
    """目標の値（%）"""


class Society(Settings):
    """健康保険組合（society.yaml）。"""

    name: Text
    """組合の名"""
    insurer_number: InsurerNumber = ""
    """保険者番号"""
    insured_branches: Some[Branch]
    """被保険者本人の枝番。ほかの枝番は被扶養者"""
    no_employer: tuple[NoEmployer, ...] = ()
    """事業所のない人の記号"""
    demo: Flag
    """架空データか"""
    file: FileProfile
    registers: Registers
    policy: Policy
    targets: tuple[Target, ...] = ()
    """目標"""
