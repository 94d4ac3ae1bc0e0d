"""健康保険組合（society.yaml）：記号と枝番、届くファイルの形、名簿、手紙、目標。"""

from typing import Literal

from pydantic import Field

from mynalib.domain.employers import DatedSymbol
from mynalib.domain.fields import (
    Flag,
    MaybeText,
    Rate,
    Settings,
    Some,
    Text,
    YearMonth,
    shaped,
)
from mynalib.domain.policy import Policy

# home の中の道の一段。Windows がファイルの名にできない字も入れない
_STEP = r"[^\\/:*?\"<>|.\s][^\\/:*?\"<>|\s]*"  # 点ではじまらないので「..」で外へ出られない

InsurerNumber = shaped("([0-9]{8})?", '保険者番号は 8 桁の数字を引用符で囲むか、"" にしてください')
Branch = shaped("[0-9]{2}", '枝番は 2 桁の数字を引用符で囲んでください（例 "00"）')
CsvPath = shaped(
    rf"{_STEP}(/{_STEP})*\.csv", "data/registers/名.csv のように、home からの道で書いてください"
)
WebAddress = shaped(
    r"(https://[^\s\"<>]{1,200})?",
    'https:// ではじまる、案内のページの番地を書くか、"" にしてください',
)
DEMO_MARK = "架空データ"
"""架空の組合のものだと分かるように、どのページとファイルにも書く言葉。"""


def demo_suffix(demo: bool) -> str:
    """ファイルの名の終わりに付ける印。"""
    return f"_{DEMO_MARK}" if demo else ""


class NoEmployer(DatedSymbol):
    """事業所のない人の記号。事業所の名簿や集計には入らず、組合が自宅に知らせる。"""

    kind: Literal["任意継続", "特例退職"] = Field(description="事業所のない理由")


class FileProfile(Settings):
    """届くファイルの形。`profile` が調べ、人が確かめたもの。`auto` のほかに合わないファイルは断る。

    八桁（YYYYMMDD）の日付は、date が何でも読む。
    """

    encoding: Literal["auto", "utf-8", "cp932", "utf-16"] = Field("auto", description="文字コード")
    header: Literal["auto", "present", "absent"] = Field("auto", description="見出しの行があるか")
    date: Literal["YYYYMMDD", "YYYY-MM-DD", "YYYY/MM/DD", "wareki"] = Field(
        "YYYYMMDD", description="日付の書き方"
    )


CERTIFICATE_REGISTERS = ("certificates_issued", "certificates_wanted")
"""資格確認書の名簿。だれに知らせるかには、効かない。"""


class Registers(Settings):
    """人が手で持つ台帳。ここに書いたものがないと、取込も公開も止まる。"""

    optout: CsvPath | None = Field(None, description="共同利用に同意しない人")
    pending_cancellation: CsvPath | None = Field(
        None, description="登録解除の申請が、まだファイルに現れない人"
    )
    never_contact: CsvPath | None = Field(None, description="連絡してはならない人")
    decisions: CsvPath | None = Field(None, description="要確認とした人について、人が決めたこと")
    certificates_issued: CsvPath | None = Field(
        None, description="交付した資格確認書と、その有効期限"
    )
    certificates_wanted: CsvPath | None = Field(
        None, description="ファイルからは分からない、資格確認書の要る人"
    )

    def named(self) -> dict[str, str]:
        """設定にある名簿の名から、その場所へ。"""
        return {name: path for name, path in self.model_dump().items() if path}

    def of_holds(self) -> dict[str, str]:
        """そのうち、控える人を決めるもの。"""
        return {
            name: path for name, path in self.named().items() if name not in CERTIFICATE_REGISTERS
        }


class LetterSettings(Settings):
    """健保から自宅に送る手紙に書くこと。"""

    address: WebAddress = Field(
        "", description="くわしい案内のページ（https://…）。QR コードにする"
    )
    contact: MaybeText = Field("", description="問合せ先（電話など）。なければ、お知らせの申出先")


class Target(Settings):
    """登録率の目標。ほかの率の目標は、読むページがないので、書けない。"""

    measure: Literal["registration_rate"] = Field(description="何の目標か（登録率）")
    month: YearMonth = Field(description="いつまでに")
    value: Rate = Field(ge=0, le=100, description="目標の値（%）")


class Society(Settings):
    """健康保険組合（society.yaml）。"""

    name: Text = Field(description="組合の名")
    insurer_number: InsurerNumber = Field("", description="保険者番号")
    insured_branches: Some[Branch] = Field(description="本人の枝番。ほかの枝番は被扶養者")
    no_employer: tuple[NoEmployer, ...] = Field((), description="事業所のない人の記号")
    demo: Flag = Field(description="架空データか")
    file: FileProfile
    registers: Registers
    leavers_confirmed: tuple[YearMonth, ...] = Field(
        (),
        description="その月にいなくなった人が、番号の変わった人ではなく、みな資格を失った人だと確かめた月",
    )
    policy: Policy
    letters: LetterSettings = Field(LetterSettings(), description="手紙に書くこと")
    targets: tuple[Target, ...] = Field((), description="目標")
