"""見せる：部品を HTML にし、見せてよい印を付けて出す。印のない出力は、ページに載らない。"""

import os

import pandas as pd
from IPython.display import publish_display_data

from mynalib.domain.classification import ACTIONS, STATUSES
from mynalib.domain.items import ITEMS, REASONS
from mynalib.domain.shipped import shipped_yaml, templates
from mynalib.insight.disclosure import Released, Terms
from mynalib.insight.thresholds import employer_limits, wide_limits

MARK, RUN = "myna", "MYNA_RUN"
MASKED = "＊"
VALUES = {  # 値の名を、人の読む言葉に
    "action": ACTIONS,
    "status": {name: status.label for name, status in STATUSES.items()},
    "column": {item.name: item.label for item in ITEMS},
    "reason": REASONS,
}
RATE_COLUMNS = ("rate", "usable_rate")


def words(name: str) -> dict | list | str:
    """words.yaml の決まった言葉。"""
    return shipped_yaml("insight", "words")[name]


def label(column: str) -> str:
    """列の見出し。知らない列は KeyError。"""
    columns = words("columns")
    return columns["numbers"].get(column) or columns["texts"][column]


def legend(terms: Terms) -> str:
    """伏せた値のある版に付ける凡例。"""
    limits = {"wide": wide_limits, "employer": employer_limits}.get(terms.audience)
    base = limits(terms.policy)[0] if limits else 0
    return words("legends")[min(base, 2)].format(base=base)


def show(part: str, **values: object) -> None:
    """markup.html.j2 の部品を、見せてよい印とともに出す。"""
    _publish({"text/html": _render(part, values)}, {})


def show_released(part: str, released: Released, name: str, plotly: dict | None = None, **values: object) -> None:
    """Released の表と図。同じ表の CSV を付ける（ファイルの名は name から決まる）。"""
    csv = f"{name}{'_架空データ' if released.terms.demo else ''}.csv"
    values |= {"name": name, "csv": csv, **grid(released.frame, released.decimals)}
    bundle = {"text/html": _render(part, values), "text/csv": released.frame.to_csv(index=False, lineterminator="\r\n")}
    _publish(bundle | ({"application/vnd.plotly.v1+json": plotly} if plotly else {}), {"csv": csv})


def _render(part: str, values: dict) -> str:
    return str(getattr(templates().get_template("insight/markup.html.j2").module, part)(**values)).strip()


def _publish(bundle: dict, mark: dict) -> None:
    publish_display_data(bundle, metadata={MARK: mark | {"run": this_run()}})


def this_run() -> str:
    """この実行の合言葉（publish.jobs が決める）。前の実行の出力や、手で付けた印は、ページに載らない。"""
    return os.environ.get(RUN, "")


def grid(frame: pd.DataFrame, decimals: int) -> dict[str, list[dict]]:
    """表の部品に渡す、列の見出しと行。"""
    columns = [{"label": label(name), "number": name in words("columns")["numbers"]} for name in frame.columns]
    return {"columns": columns, "rows": rows_of(frame, decimals)}


def rows_of(frame: pd.DataFrame, decimals: int) -> list[dict]:
    """表示する文字にした行。欠けた値は ＊、人数は三桁区切り、率は小数 decimals 桁。"""
    return [
        {"cells": [text(*cell, decimals) for cell in row.items()], "total": row.get("employer_id") == "TOTAL"}
        for row in frame.to_dict("records")
    ]


def label_and_unit(column: str) -> tuple[str, str]:
    """「加入者（人）」を「加入者」と「人」に分ける。"""
    name, _, unit = label(column).rpartition("（")
    return (name, unit.rstrip("）")) if name else (label(column), "")


def text(column: str, value: object, decimals: int) -> str:
    if pd.isna(value):
        return MASKED
    if column in RATE_COLUMNS:
        return f"{value:.{decimals}f}"
    if column in ("change", "difference"):
        return f"{value:+,}" if value else "0"
    if column in VALUES:
        return VALUES[column].get(value, str(value))
    return f"{value:,}" if column in words("columns")["numbers"] else str(value)
