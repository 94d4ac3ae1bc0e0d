"""ページのほかの成果物：rates.csv、cells.json、勧奨リストの XLSX。"""

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path

import pandas as pd

from mynalib.insight import disclosure
from mynalib.insight.capsule import Capsule
from mynalib.insight.thresholds import wide_rule
from mynalib.publish.lists import write_reminders


def write_products(names: tuple[str, ...], capsule: Capsule, folder: Path) -> list[Path]:
    """成果物を書き、書いたファイルを返す。"""
    missing = {*OPTIONAL} - {*capsule.facts["tables"]}
    return [_WRITERS[name](capsule, folder) for name in names if name not in missing]


def _rates(capsule: Capsule, folder: Path) -> Path:
    """月×事業所の率。伏せた値は空欄。"""
    released = disclosure.rates(capsule.table("rates"), capsule.terms)
    as_text = f"{{:.{released.decimals}f}}".format
    texts = {name: released.frame[name].map(as_text, na_action="ignore") for name in disclosure.RATES}
    return _csv(released.frame.assign(**texts), folder / "rates.csv")


def _internal(name: str, capsule: Capsule, folder: Path) -> Path:
    """次の公開のために、健保の内部に残す表：概数の元になった数、勧奨リストに載せた人。"""
    return _csv(disclosure.internal(capsule.table(name), capsule.terms).frame, folder / f"{name}.csv")


def _csv(frame: pd.DataFrame, target: Path) -> Path:
    """UTF-8（BOM 付き）。"""
    frame.to_csv(target, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    return target


def _cells(capsule: Capsule, folder: Path) -> Path:
    """広く配る版に載せた全ての数。伏せた升は null。ここにない数は、ページにもない。"""
    rates = disclosure.rates(capsule.table("rates"), capsule.terms)
    cells = _melted(rates.frame, ["month", "employer_id"], disclosure.RATE_COLUMNS)
    if "change" in capsule.facts["tables"]:
        changes = disclosure.changes(capsule.table("change"), capsule.terms).frame
        cells += [{"month": str(capsule.month), **cell} for cell in _melted(changes, ["reason"], ["change"])]
    target = folder / "cells.json"
    facts = {"month": str(capsule.month), "rule": asdict(wide_rule(capsule.terms.policy)), "also": capsule.terms.also}
    text = json.dumps({**facts, "cells": cells}, ensure_ascii=False, indent=0)
    target.write_text(text, encoding="utf-8", newline="\n")
    return target


def _melted(frame: pd.DataFrame, keys: list[str], values: list[str]) -> list[dict]:
    long = frame.melt(keys, values, "measure", "value")
    return [{**row, "value": None if pd.isna(row["value"]) else int(row["value"])} for row in long.to_dict("records")]


OPTIONAL = ("basis_change",)  # 前の月がなければ、ない
_KEPT = {name: partial(_internal, name) for name in ("basis", "basis_change", "listed")}
_WRITERS = {"rates": _rates, "cells": _cells, "reminders": write_reminders, **_KEPT}
