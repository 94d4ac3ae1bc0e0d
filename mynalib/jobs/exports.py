"""ページのほかの成果物：rates.csv、cells.json、勧奨リストの XLSX、健保の内部に残す表。"""

import json
from functools import partial
from pathlib import Path

import pandas as pd

from mynalib.disclosure import released as door
from mynalib.disclosure.levels import span
from mynalib.disclosure.society import COUNTS, RATES
from mynalib.insight.capsule import Capsule
from mynalib.insight.outlook import Outlook
from mynalib.jobs.desk_files import write_desk_book, write_desk_rows
from mynalib.jobs.forms import FORM_WRITERS
from mynalib.jobs.letters import write_keys, write_letters, write_society_list
from mynalib.jobs.workbook import write_reminders


def write_products(names: tuple[str, ...], capsule: Capsule, folder: Path) -> list[Path]:
    """成果物を書き、書いたファイルを返す。"""
    return [_WRITERS[name](capsule, folder) for name in names]


def _rates(capsule: Capsule, folder: Path) -> Path:
    """月×事業所の率。ない値は空欄。"""
    released = door.rates(capsule.table("rates"), capsule.terms, capsule.facts["decimals"])
    texts = {name: released.frame[name].map(_number, na_action="ignore") for name in RATES}
    # 実数版は、いつも小数一桁（80 % は 80.0）。広く配る版は、水準（整数）と率がまざるので、余分な .0 を書かない
    if capsule.audience == "internal":
        texts = {
            name: released.frame[name].map("{:.1f}".format, na_action="ignore") for name in RATES
        }
    return _csv(released.frame.assign(**texts), folder / "rates.csv")


def _number(value: float) -> str:
    """余分な .0 のない数。"""
    return f"{value:.12g}"


def _internal(name: str, capsule: Capsule, folder: Path) -> Path:
    """次の公開のために、健保の内部に残す表：見せた水準、リストの人数、勧奨リストに載せた人。"""
    return _csv(door.internal(capsule.table(name), capsule.terms).frame, folder / f"{name}.csv")


def _csv(frame: pd.DataFrame, target: Path) -> Path:
    """UTF-8（BOM 付き）。"""
    frame.to_csv(target, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    return target


def _cells(capsule: Capsule, folder: Path) -> Path:
    """広く配る版に載せた全ての数（cells）と、そこから作った文（texts）、図にだけ引いた数（drawn）。ここにない数は、ページにもない。"""
    decimals = capsule.facts["decimals"]
    rates = door.rates(capsule.table("rates"), capsule.terms, decimals).frame
    cells = _melted(rates, ["month", "employer_id"], [*COUNTS, *RATES, "tolerance"])
    for row in rates[rates.tolerance.notna()].to_dict("records"):
        # ページには水準の幅も書く。幅の両端とその広さは、率と幅から出る数なので、ここにも並べる
        low, high = span(int(row["rate"]), int(row["tolerance"]), row["bound"])
        ends = {"low": low, "high": high, "width": high - low}
        at = {"month": row["month"], "employer_id": row["employer_id"]}
        cells += [{**at, "measure": name, "value": value} for name, value in ends.items()]
    for name, keys, values in _BESIDE:
        if name in capsule.facts["tables"]:
            cells += [
                {"month": str(capsule.month), **c}
                for c in _melted(capsule.table(name), keys, values)
            ]
    target = folder / "cells.json"
    outlook = Outlook(capsule)
    made = {"texts": outlook.texts(), "drawn": [*outlook.drawn()]}
    page = {"month": str(capsule.month), "cells": cells, **made}
    text = json.dumps(page, ensure_ascii=False, indent=0)
    target.write_text(text, encoding="utf-8", newline="\n")
    return target


def _melted(frame: pd.DataFrame, keys: list[str], values: list[str]) -> list[dict]:
    long = frame.melt(keys, values, "measure", "value")
    return [
        row | {"value": None if pd.isna(row["value"]) else float(row["value"])}
        for row in long.to_dict("records")
    ]


# 率の表のほかに、広く配る版が見せる表：鍵の列と、数の列
_BESIDE = (
    ("change", ["reason"], ["people"]),
    ("causes", ["cause"], ["points"]),
    ("parts", ["member_kind"], ["members", "rate", "usable_rate"]),
)
_KEPT_NAMES = ("shown", "lists", "listed", "society_listed")
_KEPT = {name: partial(_internal, name) for name in _KEPT_NAMES}
_DESK = {"desk_book": write_desk_book, "desk_rows": write_desk_rows}
_LETTERS = {"letters": write_letters, "letter_keys": write_keys, "society_list": write_society_list}
_WRITERS = {
    "rates": _rates,
    "cells": _cells,
    "reminders": write_reminders,
    **_KEPT,
    **_LETTERS,
    **_DESK,
    **FORM_WRITERS,
}
