"""設定の項目の型。決まった書き方の文字だけを、日付・数・真偽・文字の値にする。

YAML からは文字のまま届き、ここで一度だけ値になる。コードから作るときは、値のまま渡してもよい。
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, NoReturn, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from mynalib.domain.months import Month
from mynalib.domain.strict_yaml import Bare, is_hidden

_DAY = "[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_MONTH = "20[0-9]{2}-(0[1-9]|1[0-2])"
_DECIMAL = r"(0|[1-9][0-9]{0,2})(\.[0-9]{1,6})?"


def wrong(kind: str, what: str) -> NoReturn:
    """型の検査から誤りを出す。`kind` が英大文字の名なら、それが設定のエラーの名になる。"""
    raise PydanticCustomError(kind, "{what}", {"what": what})


@dataclass(frozen=True, eq=False)
class Written:
    """決まった書き方（`pattern`）の文字だけを値にする型。`json` はエディター向けのスキーマ。"""

    kind: type
    pattern: str
    convert: Callable[[str], Any]
    what: str
    json: dict[str, Any]
    least: Any = None
    most: Any = None

    def read(self, value: Any) -> Any:
        found = value if type(value) is self.kind else self._converted(value)
        if (self.least is not None and found < self.least) or (self.most is not None and found > self.most):
            wrong("shape", self.what)
        return found

    def _converted(self, value: Any) -> Any:
        try:
            fits = isinstance(value, str) and re.fullmatch(self.pattern, value)
            return self.convert(value) if fits else wrong("shape", self.what)
        except ValueError:
            return wrong("shape", self.what)

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        written = int if self.kind is int else str
        shape = core_schema.plain_serializer_function_ser_schema(written, when_used="json")
        return core_schema.no_info_plain_validator_function(self.read, serialization=shape)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return dict(self.json)


def whole(least: int = 0, most: int = 10**9) -> Written:
    """整数。範囲は設定ではゆるめられない下限と上限で、外れたものは断る。"""
    bounds = f"{least} 以上" if most == 10**9 else f"{least} から {most}"
    what = f"{bounds}の整数で書いてください（桁区切りと先頭の 0 は付けません）"
    json = {"type": "integer", "minimum": least, "maximum": most}
    return Written(int, "0|[1-9][0-9]{0,9}", int, what, json, least, most)


def decimal(most: str) -> Written:
    """0 以上 `most` 以下の小数。割り算の端数を持ち込まないように、10 進のまま持つ。"""
    what = f"0 から {most} の数で書いてください（例 0.05。% や先頭の 0 は付けません）"
    json = {"type": "number", "minimum": 0, "maximum": float(most)}
    return Written(Decimal, _DECIMAL, Decimal, what, json, Decimal(0), Decimal(most))


def _shape(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^({pattern})$"}


def must(kind: str, holds: Callable[[str], Any], what: str) -> AfterValidator:
    """文字の値についての一つの決まり。守られていなければ `what` を誤りにする。"""
    return AfterValidator(lambda value: str(value) if holds(value) else wrong(kind, what))


def _quoted(value: Any) -> Any:
    if isinstance(value, Bare) and value:
        wrong("needs_quotes", '数・日付・真偽に変わりうる書き方です。引用符で囲んでください（例 "0012"）')
    return value


def _flag(value: Any) -> bool:
    if isinstance(value, bool) or value in ("true", "false"):
        return value is True or value == "true"
    return wrong("flag", "true か false で書いてください（yes、no、on、off は使えません）")


def is_visible(value: str) -> bool:
    """見えない文字がないか。画面で同じに見える二つの名が、別の名になるのを防ぐ。"""
    return not any(is_hidden(letter) for letter in value)


_HIDDEN = "見えない文字（制御文字、改行、幅のない文字など）があります。打ち直してください"

String = Annotated[str, BeforeValidator(_quoted)]
MaybeText = Annotated[String, Field(max_length=100), must("hidden", is_visible, _HIDDEN)]
Text = Annotated[MaybeText, must("blank", str.strip, "空です。書いてください")]
Prose = Annotated[
    String,
    Field(max_length=1000),
    AfterValidator(str.strip),
    must("hidden", lambda value: is_visible(value.replace("\n", "")), _HIDDEN),
    must("blank", str.strip, "空です。書いてください"),
]
Flag = Annotated[bool, BeforeValidator(_flag)]
Count = Annotated[int, whole()]
Ratio = Annotated[Decimal, decimal("1")]
Percent = Annotated[Decimal, decimal("100")]
_Each = TypeVar("_Each")
Some = Annotated[
    tuple[_Each, ...],
    AfterValidator(lambda found: found or wrong("empty", "少なくとも一つ書いてください")),
    Field(json_schema_extra={"minItems": 1}),
]
Day = Annotated[date, Written(date, _DAY, date.fromisoformat, "日付は 2026-10-31 の形で書いてください", _shape(_DAY))]
YearMonth = Annotated[Month, Written(Month, _MONTH, Month.parse, "月は 2026-10 の形で書いてください", _shape(_MONTH))]


class Settings(BaseModel):
    """設定の一まとまり。知らない項目を断り、作ったあとは変えられない。"""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Dated(Settings):
    """期間のあるもの。両端の日を含み、書かれていない端は開いている。"""

    since: Day | None = Field(None, alias="from")
    """この日から"""
    until: Day | None = Field(None, alias="to")
    """この日まで（この日を含む）"""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        return self if self.first <= self.last else wrong("BAD_REGISTRY", "from が to より後の日付です")

    @property
    def first(self) -> date:
        return self.since or date.min

    @property
    def last(self) -> date:
        return self.until or date.max

    def on(self, day: date) -> bool:
        return self.first <= day <= self.last


class _AsWritten(GenerateJsonSchema):
    """エディターに見せるスキーマを、YAML に書く形に合わせる：要らない項目は null ではなく、書かない。"""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        found = super().default_schema(schema)
        return {key: value for key, value in found.items() if (key, value) != ("default", None)}

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema_of(model: type[Settings]) -> dict[str, Any]:
    """一つのファイルの JSON スキーマ。エディターが、書いている最中に誤りと説明を示すためのもの。"""
    found = model.model_json_schema(schema_generator=_AsWritten)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}
