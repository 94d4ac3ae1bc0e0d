"""params/schema の JSON スキーマを作り直す（`make schemas`）。エディターが、書いている最中に誤りと説明を示すためのもの。"""

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from mynalib.domain.params import FILES

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TARGET = Path(__file__).parents[2] / "params" / "schema"


class AsWritten(GenerateJsonSchema):
    """エディターに見せるスキーマを、YAML に書く形に合わせる：要らない項目は null ではなく、書かない。"""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        return super().decimal_schema(schema)["anyOf"][0]

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema_texts() -> dict[str, str]:
    """スキーマのファイルの名と中身。"""
    texts = {}
    for name, model in FILES.items():
        schema = {"$schema": DIALECT, **model.model_json_schema(schema_generator=AsWritten)}
        texts[f"{name}.schema.json"] = json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
    return texts


if __name__ == "__main__":
    for _name, _text in schema_texts().items():
        (TARGET / _name).write_text(_text, encoding="utf-8", newline="\n")
