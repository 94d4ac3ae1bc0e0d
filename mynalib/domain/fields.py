"""設定の項目の型。決まった書き方の文字だけを、日付・数・真偽・文字の値にする。

YAML からは文字のまま届き、ここで一度だけ値になる。コードから作るときは、値のまま渡してもよい。
"""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from mynalib.domain.months import Month
from mynalib.domain.slips import half_width
from mynalib.domain.strict_yaml import Bare, is_visible

# 数字は [0-9] と書く。\d は全角の「３」にも当てはまる
_DAY = "[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_MONTH = "20[0-9]{2}-(0[1-9]|1[0-2])"
FORMULA = "=+-@＝＋－＠−"  # 最後は U+2212（数学のマイナス）
_DECIMAL = r"(0|[1-9][0-9]{0,2})(\.[0-9]{1,6})?"


def wrong(what: str, code: str = "BAD_PARAMS") -> NoReturn:
    """型の検査から、`code` という名の設定のエラーを出す。"""
    # 誤りの種類の名として code を運ぶ。params.py が、それをエラーの名に戻す
    raise PydanticCustomError(code, what)


def must(holds: Callable[[Any], Any], what: str, code: str = "BAD_PARAMS") -> AfterValidator:
    """値についての一つの決まり。守られていなければ `what` を誤りにする。"""
    return AfterValidator(lambda value: value if holds(value) else wrong(what, code))


def shaped(pattern: str, what: str, code: str = "BAD_PARAMS") -> Any:
    """全体が `pattern` の形をした文字の型。"""

    def check(value: str) -> str:
        return (
            value if re.fullmatch(pattern, value) else wrong(_or_wide(value, pattern, what), code)
        )

    return Annotated[String, AfterValidator(check), _schema(pattern=f"^({pattern})$")]


def starts_a_formula(value: str) -> bool:
    """表計算ソフトが、セルに入れると式とみなす書きはじめか。全角も、前の空白も同じ。"""
    return value.strip().startswith(tuple(FORMULA))


def text(
    most: int,
    code: str = "BAD_PARAMS",
    *,
    blank: bool = False,
    lines: bool = False,
    phone: bool = False,
) -> Any:
    """`most` 字までの、見えない文字のない、式にならない文字の型。`blank` は空を、`lines` は改行を、`phone` は +81 を許すか。"""

    def check(value: str) -> str:
        if not blank and not value.strip():
            wrong("空です。書いてください", code)
        if len(value) > most:
            wrong(f"{most} 字までにしてください", code)
        if not is_visible(value.replace("\n", "") if lines else value):
            wrong(
                "見えない文字（制御文字、改行、幅のない文字など）があります。打ち直してください",
                code,
            )
        if starts_a_formula(value) and not (phone and re.match(r"\+[0-9]", value)):
            wrong(
                "= + - @（全角も）ではじめることはできません（表計算ソフトで式になります）。別の字ではじめてください",
                code,
            )
        # 「|」で書いた文の終わりには、YAML が改行を一つ残す
        return value.strip() if lines else value

    return Annotated[
        String, AfterValidator(check), _schema(minLength=0 if blank else 1, maxLength=most)
    ]


def ordered(ends: str, what: str) -> Any:
    """両端を表す `ends` という属性の、前が後より大きければ `what` を誤りにする、まとまりの決まり。"""

    def check(self: Any) -> Any:
        # 属性は、書かれていない端を date.min か date.max で返すので、ここで None を分けなくてよい
        first, last = getattr(self, ends)
        return self if first <= last else wrong(what, "BAD_REGISTRY")

    return model_validator(mode="after")(check)


def short(model: type, written: Any, *fields: str) -> Any:
    """文字だけを書いたら、`fields` のすべてがその文字になる `model`。"""

    def spread(value: Any) -> Any:
        return dict.fromkeys(fields, value) if isinstance(value, str) else value

    return Annotated[model, BeforeValidator(spread, json_schema_input_type=written | model)]


def _schema(**of_string: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **of_string})


def _written(
    kind: type, pattern: str, convert: Callable[[str], Any], what: str, *schema: WithJsonSchema
) -> Any:
    """`pattern` の書き方の文字だけを `kind` の値にする型。"""

    def read(value: Any) -> Any:
        # isinstance では、真偽（bool は int の子）が人数として通る
        if type(value) is kind:
            return value
        with suppress(ValueError):  # 2025-02-30 のように、書き方は合っていても、ない日
            if isinstance(value, str) and re.fullmatch(pattern, value):
                return convert(value)
        return wrong(_or_wide(value, pattern, what))

    return Annotated[kind, BeforeValidator(read), *schema]


def _or_wide(value: Any, pattern: str, what: str) -> str:
    """全角で打っただけなら、そのことを言う。"""
    meant = half_width(value) if isinstance(value, str) else None
    if meant and re.fullmatch(pattern, meant):
        return f"全角の文字があります（半角で {meant}）。{what}"
    return what


def _quoted(value: Any) -> Any:
    if isinstance(value, Bare):
        wrong('数・日付・真偽に変わりうる書き方です。引用符で囲んでください（例 "0012"）')
    return value


String = Annotated[str, BeforeValidator(_quoted)]
Text = text(100)
MaybeText = text(100, blank=True)
Phone = text(100, blank=True, phone=True)
Prose = text(1000, lines=True)
Flag = _written(
    bool,
    "true|false",
    "true".__eq__,
    "true か false で書いてください（yes、no、on、off は使えません）",
)
# 数の下限と上限は、項目のところに書く（ここにも書くと、pydantic は片方だけを使う）
Count = _written(
    int, "0|[1-9][0-9]{0,8}", int, "整数で書いてください（桁区切りと先頭の 0 は付けません）"
)
Rate = _written(
    Decimal, _DECIMAL, Decimal, "0.05 のような数で書いてください（% や先頭の 0 は付けません）"
)
Day = _written(
    date,
    _DAY,
    date.fromisoformat,
    "日付は 2026-10-31 の形で書いてください",
    _schema(pattern=f"^{_DAY}$"),
)
YearMonth = _written(
    Month, _MONTH, Month.parse, "月は 2026-10 の形で書いてください", _schema(pattern=f"^{_MONTH}$")
)
_Each = TypeVar("_Each")
Some = Annotated[
    tuple[_Each, ...],
    must(bool, "少なくとも一つ書いてください"),
    Field(json_schema_extra={"minItems": 1}),
]


class Settings(BaseModel):
    """設定の一まとまり。知らない項目を断り、作ったあとは変えられない。"""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Dated(Settings):
    """期間のあるもの。両端の日を含み、書かれていない端は開いている。"""

    since: Day | None = Field(None, alias="from", description="この日から")
    until: Day | None = Field(None, alias="to", description="この日まで（この日を含む）")

    _in_order = ordered("period", "from が to より後の日付です")

    @property
    def period(self) -> tuple[date, date]:
        return self.since or date.min, self.until or date.max

    def on(self, day: date) -> bool:
        first, last = self.period
        return first <= day <= last
