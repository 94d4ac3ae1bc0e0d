"""ページのほかの成果物：rates.csv、cells.json、勧奨リストの XLSX。"""

import json
from pathlib import Path

import pandas as pd

from mynalib.insight import disclosure
from mynalib.insight.capsule import Capsule
from mynalib.publish.lists import write_reminders


def write_products(names: tuple[str, ...], capsule: Capsule, folder: Path) -> list[Path]:
    """成果物を書き、書いたファイルを返す。"""
    return [_WRITERS[name](capsule, folder) for name in names]


def _rates(capsule: Capsule, folder: Path) -> Path:
    """月×事業所の率。UTF-8（BOM 付き）。伏せた値は空欄。"""
    released = disclosure.rates(capsule.table("rates"), capsule.terms)
    target = folder / "rates.csv"
    columns = {name: _as_text(released.frame[name], released.decimals) for name in disclosure.RATES}
    released.frame.assign(**columns).to_csv(target, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    return target


def _basis(capsule: Capsule, folder: Path) -> Path:
    """概数の元になった数（健保の内部だけ）。次の公開は、ここから動く。"""
    target = folder / "basis.csv"
    released = disclosure.internal(capsule.table("basis"), capsule.terms)
    released.frame.to_csv(target, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    return target


def _as_text(rates: pd.Series, decimals: int) -> pd.Series:
    return rates.map(lambda rate: "" if pd.isna(rate) else f"{rate:.{decimals}f}")


def _cells(capsule: Capsule, folder: Path) -> Path:
    """広く配る版に載せた全ての数。伏せた升は null。ここにない数は、ページにもない。"""
    rates = disclosure.rates(capsule.table("rates"), capsule.terms)
    cells = _melted(rates.frame, ["month", "employer_id"], disclosure.RATE_COLUMNS)
    if "change" in capsule.facts["tables"]:
        changes = disclosure.changes(capsule.table("change"), capsule.terms).frame
        cells += [{"month": str(capsule.month), **cell} for cell in _melted(changes, ["reason"], ["change"])]
    target = folder / "cells.json"
    text = json.dumps({"month": str(capsule.month), "cells": cells}, ensure_ascii=False, indent=0)
    target.write_text(text, encoding="utf-8", newline="\n")
    return target


def _melted(frame: pd.DataFrame, keys: list[str], values: list[str]) -> list[dict]:
    long = frame.melt(keys, values, "measure", "value")
    return [{**row, "value": None if pd.isna(row["value"]) else int(row["value"])} for row in long.to_dict("records")]


_WRITERS = {"rates": _rates, "basis": _basis, "cells": _cells, "reminders": write_reminders}
