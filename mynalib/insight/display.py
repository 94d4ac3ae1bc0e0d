"""見せる：部品を HTML にし、見せてよい印を付けて出す。印のない出力は、ページに載らない。"""

from functools import cache
from importlib.resources import files

import jinja2
import pandas as pd
from IPython.display import publish_display_data

from mynalib.domain.classification import ACTIONS, STATUSES
from mynalib.domain.items import ITEMS, REASONS
from mynalib.insight.disclosure import Released

MARK = "myna"
MASKED = "＊"
LEGEND = "＊は、人数が少ないため伏せた値です。人数は5の倍数に丸め、率は丸めた人数から計算しています。"
LABELS = {  # 列の名：（見出し, 単位のある数か）
    "month": ("月", False),
    "employer_id": ("コード", False),
    "employer": ("事業所", False),
    "members": ("加入者（人）", True),
    "registered": ("登録者（人）", True),
    "rate": ("登録率（%）", True),
    "usable": ("うち証明書が期限内等（人）", True),
    "usable_rate": ("同じく率（%）", True),
    "link_targets": ("❶登録の勧奨（人）", True),
    "renew_targets": ("❷更新の勧奨（人）", True),
    "status": ("区分", False),
    "reason": ("わけ", False),
    "change": ("登録者の増減（人）", True),
    "column": ("列", False),
    "rows": ("行数（行）", True),
    "lines": ("元ファイルの行", False),
    "before": ("前の月（人）", True),
    "after": ("この月（人）", True),
    "difference": ("差（人）", True),
    "check": ("照合", False),
    "left": ("左（人・行）", True),
    "right": ("右（人・行）", True),
    "result": ("結果", False),
    "symbol": ("記号", False),
    "number": ("番号", False),
    "branch": ("枝番", False),
    "member_kind": ("本人／家族", False),
    "action": ("勧奨の内容", False),
    "since": ("いつから", False),
    "why": ("なぜ", False),
}
WORDS = {  # 値の名を、人の読む言葉に
    "action": ACTIONS,
    "status": {name: status.label for name, status in STATUSES.items()},
    "column": {item.name: item.label for item in ITEMS},
    "reason": REASONS,
}
RATE_COLUMNS = ("rate", "usable_rate")


@cache
def _markup() -> jinja2.environment.TemplateModule:
    source = (files("mynalib.insight") / "markup.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(source).module


def show(part: str, **values: object) -> None:
    """markup.html.j2 の部品を、見せてよい印とともに出す。"""
    _publish({"text/html": _render(part, values)}, {})


def show_released(part: str, released: Released, name: str, plotly: dict | None = None, **values: object) -> None:
    """Released の表と図。同じ表の CSV を付ける（ファイルの名は name から決まる）。"""
    csv = f"{name}{'_架空データ' if released.terms.demo else ''}.csv"
    grid = {"columns": columns_of(released.frame), "rows": rows_of(released.frame, released.decimals)}
    bundle = {
        "text/html": _render(part, {"name": name, "csv": csv, **grid, **values}),
        "text/csv": released.frame.to_csv(index=False, lineterminator="\r\n"),
    }
    _publish(bundle | ({"application/vnd.plotly.v1+json": plotly} if plotly else {}), {"csv": csv})


def _render(part: str, values: dict) -> str:
    return str(getattr(_markup(), part)(**values)).strip()


def _publish(bundle: dict, mark: dict) -> None:
    publish_display_data(bundle, metadata={MARK: mark})


def columns_of(frame: pd.DataFrame) -> list[dict]:
    return [{"label": LABELS[name][0], "number": LABELS[name][1]} for name in frame.columns]


def rows_of(frame: pd.DataFrame, decimals: int) -> list[dict]:
    """表示する文字にした行。欠けた値は ＊、人数は三桁区切り、率は小数 decimals 桁。"""
    texts = [[text(name, value, decimals) for name, value in row.items()] for row in frame.to_dict("records")]
    totals = frame["employer_id"].eq("TOTAL") if "employer_id" in frame else [False] * len(frame)
    return [{"cells": cells, "total": bool(total)} for cells, total in zip(texts, totals, strict=True)]


def label_and_unit(column: str) -> tuple[str, str]:
    """「加入者（人）」を「加入者」と「人」に分ける。"""
    label, _, unit = LABELS[column][0].rpartition("（")
    return (label, unit.rstrip("）")) if label else (LABELS[column][0], "")


def text(column: str, value: object, decimals: int) -> str:
    if pd.isna(value):
        return MASKED
    if column in RATE_COLUMNS:
        return f"{value:.{decimals}f}"
    if column in ("change", "difference"):
        return f"{value:+,}" if value else "0"
    if column in WORDS:
        return WORDS[column].get(value, str(value))
    return f"{value:,}" if LABELS[column][1] else str(value)
