"""見せる：部品を HTML にし、見せてよい印を付けて出す。印のない出力は、ページに載らない。"""

import os
from collections.abc import Sequence

import pandas as pd
from IPython.display import publish_display_data

from mynalib.disclosure.released import Released, Terms, require_released
from mynalib.disclosure.society import TOTAL
from mynalib.disclosure.thresholds import Thresholds
from mynalib.disclosure.wide import OTHERS
from mynalib.domain.certificates import CERTIFICATE_REASONS, DELIVERIES, DESK_TASKS
from mynalib.domain.classification import ACTIONS, STATUSES
from mynalib.domain.items import ITEMS, REASONS
from mynalib.domain.months import Month
from mynalib.domain.shipped import shipped_yaml, templates
from mynalib.domain.society import demo_suffix

MARK = "myna"  # 公表してよい出力の印（metadata の鍵）
RUN_VARIABLE = "MYNA_RUN"  # この仕事の印を渡す環境変数
BLANK = "—"  # 載せない値、ない値
VALUES = {  # 値の名を、人の読む言葉に
    "action": ACTIONS,
    "status": {name: status.label for name, status in STATUSES.items()},
    "column": {item.name: item.label for item in ITEMS},
    "reason": REASONS | shipped_yaml("insight", "words")["changes"],
    "cause": shipped_yaml("insight", "words")["causes"],
    "kind": shipped_yaml("insight", "words")["kinds"],
    "whose": shipped_yaml("insight", "words")["whose"],
    "task": DESK_TASKS,
    "certificate_reason": CERTIFICATE_REASONS | {TOTAL: "計"},
    "delivery": DELIVERIES,
    "group": shipped_yaml("insight", "words")["groups"],
    "half": shipped_yaml("insight", "words")["halves"],
    "trial": shipped_yaml("insight", "words")["trials"],
}
PERCENT_COLUMNS = ("rate", "usable_rate", "share", "low", "high", "visible")
POINT_COLUMNS = {
    "points": None,
    "change": None,
    "month_before": 1,
    "year_before": 1,
    "twelve": None,
    "fiscal": None,
    "gap": 1,
    "gap_low": 1,
    "gap_high": 1,
}  # ポイントの列と、その桁（None は、表の桁）
WHOLE_CELLS = (
    "month",
    "level",
    "level_before",
    "level_year",
    "settled",
    "member_kind",
    "valid_until",
    "serial",
    "household",
    "symbol",
    "number",
    "branch",
    "certificate_reason",
    "delivery",
    "since",
    "kind",
    "chance",
    "who",
    "by",
)
"""途中で折らない短い文の列。"""


def words(name: str) -> dict | list | str:
    """words.yaml の決まった言葉。"""
    return shipped_yaml("insight", "words")[name]


def label(column: str) -> str:
    """列の見出し。知らない列は KeyError。"""
    columns = words("columns")
    return columns["numbers"].get(column) or columns["texts"][column]


def legend(terms: Terms) -> str:
    """丸めた数のある版の凡例。一枚に一度だけ、はじめの数字の下に書く。"""
    if terms.audience not in words("legends"):
        return ""
    limits = Thresholds.of(terms.policy)
    return words("legends")[terms.audience].format(base=limits.round_to, least=limits.min_changes)


def show(part: str, **values: object) -> None:
    """markup.html.j2 の部品を、見せてよい印とともに出す。"""
    _publish({"text/html": _render(part, values)}, {})


def tile(
    label: str, unit: str, value: str, note: str = "", way: str = "", spark: Sequence[str] = ()
) -> dict:
    """大きく見せる一つの数。note は差などの言葉、way はよい向き（better）か悪い向き（worse）、spark は近ごろの動き（SVG の線）。"""
    facts = {"label": label, "unit": unit, "value": value, "note": note}
    return facts | {"way": way, "spark": [*spark]}


def show_released(
    part: str,
    released: Released,
    name: str,
    plotly: dict | None = None,
    seen: pd.DataFrame | None = None,
    kept: pd.DataFrame | None = None,
    **values: object,
) -> None:
    """Released の表と図。同じ表の CSV を付ける（ファイルの名は name と版から決まる）。

    Args:
        seen: ページに出す表。なければ Released の表そのもの。
        kept: CSV に書く表：Released の行に、図に描く値を添えたもの。なければ Released の表そのもの。
    """
    # 図も表も、その CSV も、どれもここを通る
    require_released(released)
    # 写したファイルだけを見ても、どの版かが分かるように
    edition = words("file_names").get(released.terms.audience, "")
    csv = f"{name}{edition}{demo_suffix(released.terms.demo)}.csv"
    values |= {
        "name": name,
        "csv": csv,
        **grid(released.frame if seen is None else seen, released.decimals),
    }
    bundle = {
        "text/html": _render(part, values),
        # CRLF は CSV の決まり（RFC 4180）。Excel も、これで開ける
        "text/csv": (released.frame if kept is None else kept).to_csv(
            index=False, lineterminator="\r\n"
        ),
    }
    _publish(bundle | ({"application/vnd.plotly.v1+json": plotly} if plotly else {}), {"csv": csv})


def _render(part: str, values: dict) -> str:
    macros = templates().get_template("insight/markup.html.j2").module
    return str(getattr(macros, part)(**values)).strip()


def _publish(bundle: dict, mark: dict) -> None:
    publish_display_data(bundle, metadata={MARK: mark | {"run": this_run()}})


def this_run() -> str:
    """この実行の合言葉（jobs/job.py が決める）。前の実行の出力や、手で付けた印は、ページに載らない。"""
    return os.environ.get(RUN_VARIABLE, "")


def grid(frame: pd.DataFrame, decimals: int) -> dict[str, list[dict]]:
    """表の部品に渡す、列の見出しと行。"""
    columns = [
        {
            "label": label(name),
            "number": name in words("columns")["numbers"],
            "whole": name in WHOLE_CELLS,
            "name": name == "employer",
        }
        for name in frame.columns
    ]
    return {"columns": columns, "rows": rows_of(frame, decimals)}


def rows_of(frame: pd.DataFrame, decimals: int) -> list[dict]:
    """表示する文字にした行。欠けた値は —、人数は三桁区切り、率は小数 decimals 桁。"""
    return [
        {
            "cells": [text(*cell, decimals) for cell in row.items()],
            "total": TOTAL in (row.get("employer_id"), row.get("certificate_reason")),
            "merged": row.get("employer_id") == OTHERS,
            "home": False,  # 世帯のはじめの行（勧奨リスト）
        }
        for row in frame.to_dict("records")
    ]


def label_and_unit(column: str) -> tuple[str, str]:
    """「加入者（人）」を「加入者」と「人」に分ける。"""
    # 見出しは一つだけを words.yaml に書き、単位は、そこから分ける
    name, _, unit = label(column).rpartition("（")
    return (name, unit.rstrip("）")) if name else (label(column), "")


def level_text(row: dict, decimals: int) -> str:
    """率か水準：「約 80 %（±5）」「85 % 以上」、組合全体なら「71.7 %」。"""
    if pd.isna(row["rate"]):
        return BLANK
    if row["bound"]:
        return f"{row['rate']:.0f} % {row['bound']}"
    if pd.isna(row["tolerance"]):
        return f"{row['rate']:.{decimals}f} %"
    return f"約 {row['rate']:.0f} %（±{row['tolerance']}）"


def text(column: str, value: object, decimals: int) -> str:  # noqa: PLR0911 列の種類ごとに、一つの書き方
    if column == "month":
        return Month.parse(value).label
    # 名や日付は、そのまま。値の名（link など）だけを、言葉にする
    if isinstance(value, str) and column not in VALUES:
        return value
    if pd.isna(value):
        return BLANK
    if column in PERCENT_COLUMNS:
        return f"{value:.{decimals}f}"
    if column in POINT_COLUMNS:
        digits = POINT_COLUMNS[column] or decimals
        # 「+0.0」とは書かない
        return f"{value:+.{digits}f}" if value else f"{0:.{digits}f}"
    if column == "difference":
        return f"{value:+,}" if value else "0"
    if column in VALUES:
        return VALUES[column].get(value, str(value))
    if column in ("attempt", "turn"):
        return f"{value} 回目" if value else BLANK
    return f"{value:,}" if column in words("columns")["numbers"] else str(value)
