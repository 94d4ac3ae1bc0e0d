"""事業所と、記号から事業所への対応（登録簿）。どの人がどの事業所の人かは、ここだけで決まる。"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from mynalib.domain.fields import (
    Dated,
    Day,
    Flag,
    MaybeText,
    Phone,
    Settings,
    Some,
    Text,
    must,
    ordered,
    shaped,
    short,
    text,
)
from mynalib.domain.shipped import phrase

NO_EMPLOYER = "NOEMPLOYER"  # どの事業所の人でもない人（任意継続など）の行
SOCIETY_STAFF = "KENPO"  # 健保組合の職員。適用事業所の一つだが、事業所への受け渡しはない
MAX_NUMBER = 10**18 - 1  # 64 ビットの整数で比べられる桁まで
_UNUSABLE_IDS = {
    *("NOEMPLOYER", "TOTAL", "OTHERS"),  # 集計の行の名
    "LETTERS",  # 健保が自宅に知らせたことの名（手渡しの記録の unit）
    *("NAN", "INF", "NA", "NULL", "TRUE", "FALSE"),  # 表を読む道具が、文字でなくしてしまう
    *("CON", "PRN", "AUX", "NUL"),  # Windows がファイルの名にできない
    *(f"COM{number}" for number in range(10)),
    *(f"LPT{number}" for number in range(10)),
}
"""事業所の id にできない名。"""

# strip() にまかせると、改行や制御文字まで落ち、壊れた記号が、登録のある記号に化ける
TRIMMED = " \u3000\u00a0"
"""記号の両端から落とす空白：半角、全角、NBSP。"""
# 波ダッシュとマイナスは、同じ Shift_JIS のバイトでも、読む道具で二通りになる：0x8160 は、cp932 では U+FF5E、JIS の表では U+301C。
# 0x817C は U+FF0D と U+2212。設定と届いたファイルが別の道具で作られても、同じ記号とみなす
FOLD_FROM = "０１２３４５６７８９\u301c\u2212"
"""`FOLD_TO` の同じ位置の文字に読み替える。SQL の translate() にも、このまま渡せる。"""
FOLD_TO = "0123456789\uff5e\uff0d"

_FOLDING = str.maketrans(FOLD_FROM, FOLD_TO)


def fold_symbol(text: str) -> str:
    """記号を突き合わせる形にする。両端の空白、全角の数字、波ダッシュ、マイナスのほかは変えない。

    二度かけても同じ。NFKC は使わない（① が 1 になり、別の事業所の人になる）。
    """
    return text.strip(TRIMMED).translate(_FOLDING)


EmployerId = Annotated[
    shaped("[A-Z][A-Z0-9]{1,11}", phrase("bad_id"), "BAD_EMPLOYER_ID"),
    must(lambda value: value not in _UNUSABLE_IDS, phrase("unusable_id"), "BAD_EMPLOYER_ID"),
]
EmployerName = text(100, "BAD_EMPLOYER_NAME")
Symbol = Annotated[
    text(40, "BAD_REGISTRY"),
    must(
        lambda value: value.strip() == value,
        "記号の前後に空白があります。消してください",
        "BAD_REGISTRY",
    ),
]
Number = shaped("[0-9]{1,18}", '番号は半角の数字で書いてください（例 "1"）', "BAD_REGISTRY")


class NumberRange(Settings):
    """番号の範囲。両端を含み、先頭の 0 を除いた数として比べる。"""

    start: Number = Field(alias="from", description="この番号から")
    end: Number = Field(alias="to", description="この番号まで（この番号を含む）")

    _in_order = ordered("bounds", "番号の from が to より大きい値です")

    @property
    def bounds(self) -> tuple[int, int]:
        return int(self.start), int(self.end)


class DatedSymbol(Dated):
    """ある期間の記号。番号の範囲があれば、その番号の人だけを指す。"""

    symbol: Symbol = Field(description="被保険者証の記号。引用符で囲む")
    numbers: NumberRange | None = Field(
        None, description="一つの記号を番号で分け合うときの、番号の範囲"
    )

    def entry(self, employer_id: str | None, kind: str = "") -> "SymbolEntry":
        """登録簿の一行にする。"""
        bounds = self.numbers.bounds if self.numbers else (None, None)
        return SymbolEntry(self.symbol, fold_symbol(self.symbol), employer_id, kind, *bounds)


class EmployerSymbol(DatedSymbol):
    """事業所の記号。"""

    since: Day = Field(alias="from", description="この記号を使いはじめた日")


class Department(Dated):
    """共同利用する者の範囲に入る部署。"""

    department: Text = Field(description="お知らせに書いた部署の名")


class Responsible(Settings):
    """事業所でデータの管理に責任を持つ者。"""

    title: Text = Field(description="役職")
    name: MaybeText = Field("", description="氏名（お知らせに書いたときだけ）")


class Employer(Dated):
    """一つの事業所。お知らせの表「共同利用する者の範囲」の一行にあたる。"""

    id: EmployerId = Field(description="事業所の番号。ファイルの名と同じにし、あとから変えない")
    name: EmployerName = Field(description="画面と資料に出る名")
    name_as_printed: EmployerName | None = Field(
        None, description="お知らせに印刷された、そのままの名"
    )
    symbols: Some[EmployerSymbol] = Field(description="この事業所の記号")
    notified: Flag = Field(
        description="お知らせの「共同利用する者の範囲」に載っているか。false なら何も渡さない"
    )
    notified_from: Day | None = Field(None, description="お知らせに載った日")
    notified_to: Day | None = Field(None, description="お知らせに載っていた最後の日")
    scope: tuple[short(Department, str, "department"), ...] = Field(
        description="受け取ってよい部署"
    )
    responsible: Responsible = Field(description="責任者")
    phone: Phone = Field("", description="問合せ先の電話")

    _notice_in_order = ordered("listed", "notified_from が notified_to より後の日付です")

    @property
    def listed(self) -> tuple[date, date]:
        return self.notified_from or date.min, self.notified_to or date.max

    def notified_on(self, day: date) -> bool:
        """その日、事業所が在り、記号があり（抜けた事業所には、もうない）、お知らせに載り、受け取ってよい部署があるか。"""
        # お知らせに載る期間は、事業所の期間とは別にある：加入してから載るまでの間には、何も渡さない
        first, last = self.listed
        present = self.on(day) and any(symbol.on(day) for symbol in self.symbols)
        return present and self.notified and first <= day <= last and bool(self.scope_on(day))

    def scope_on(self, day: date) -> tuple[str, ...]:
        """その日に受け取ってよい部署の名。"""
        return tuple(entry.department for entry in self.scope if entry.on(day))


@dataclass(frozen=True)
class SymbolEntry:
    """登録簿の一行。`employer_id` が None なら事業所のない人で、`kind` がその理由（事業所の行では ''）。

    番号の範囲は両端を含む。範囲のない行では二つとも None。
    """

    symbol: str
    folded: str
    employer_id: str | None
    kind: str
    number_from: int | None
    number_to: int | None

    @property
    def bounds(self) -> tuple[int, int]:
        """番号の範囲。範囲のない行では、ありうる全部の番号。"""
        return self.number_from or 0, MAX_NUMBER if self.number_to is None else self.number_to


@dataclass(frozen=True)
class Registry:
    """ある日の登録簿。一つの記号と番号に当てはまる行は、多くても一つ。"""

    entries: tuple[SymbolEntry, ...]
