"""前に公開した月：事業所のページに載せる組合全体の率は、ここからだけ取る（手元の人の行からは計算しない）。"""

import json
from pathlib import Path

import pandas as pd

from mynalib.domain.months import Month
from mynalib.history.files import revisions
from mynalib.history.home import Home
from mynalib.insight.attack import rows_of
from mynalib.insight.measures import COUNTS
from mynalib.insight.reader import Row
from mynalib.insight.thresholds import Rule
from mynalib.publish.shelf import releases

TOLD_MONTHS = 12  # 攻撃で読み返す、前の公開の月数


def last_release(home: Home, month: Month) -> Path | None:
    """month までの、いちばん新しい公開。"""
    found = [folder for released, folder in releases(home).items() if released <= month and _has_basis(folder)]
    return found[-1] if found else None


def _has_basis(release: Path) -> bool:
    """概数の元を残した公開か（0.1.0 の公開にはない）。"""
    return (release / "internal" / "listed.csv").is_file()


def read_basis(home: Home, month: Month) -> pd.DataFrame:
    """month までの、いちばん新しい公開の基準（insight.steady）。無ければ空。後の月の公開は見ない。"""
    found, nothing = last_release(home, month), pd.DataFrame(columns=["month", "employer_id", *COUNTS])
    return read_rates(found / "internal", "basis.csv") if found else nothing


def read_change_basis(home: Home, month: Month) -> pd.DataFrame:
    """month の、前の公開の増減の元。無ければ空。"""
    found = releases(home).get(month, home.reports) / "internal" / "basis_change.csv"
    nothing = pd.DataFrame(columns=["reason", "change"])
    return pd.read_csv(found, encoding="utf-8-sig") if found.is_file() else nothing


def told_rows(home: Home, month: Month) -> list[Row]:
    """month までの、近ごろの全ての公開（訂正の前の版も）で、広く配る版に見せた行。"""
    months = sorted(released for released in revisions(home.reports) if released <= month)[-TOLD_MONTHS:]
    folders = [folder for released in months for folder in revisions(home.reports)[released]]
    return [row for folder in folders if _has_basis(folder) for row in _told(folder)]


def _told(release: Path) -> list[Row]:
    shown, basis = read_rates(release / "management"), read_rates(release / "internal", "basis.csv")
    cells = json.loads((release / "management" / "cells.json").read_text(encoding="utf-8"))
    return rows_of(shown, basis, Rule(**cells["rule"]), {tuple(row) for row in cells["also"]})


def read_rates(folder: Path, name: str = "rates.csv") -> pd.DataFrame:
    """公開した、月×事業所の表（rates.csv か、基準）。伏せた値は欠ける。"""
    kinds = dict.fromkeys(("month", "employer_id"), "str") | dict.fromkeys(COUNTS, "Int64")
    kinds |= dict.fromkeys(("rate", "usable_rate"), "Float64")
    return pd.read_csv(folder / name, encoding="utf-8-sig", dtype=kinds)


def society_figure(home: Home, month: Month) -> dict | None:
    """month より前に公開した、いちばん新しい月の、組合全体の率（概数）。無ければ None。"""
    found = {released: folder for released, folder in releases(home).items() if released < month}
    for earlier, folder in sorted(found.items(), reverse=True):
        rates = read_rates(folder / "management").query("employer_id == 'TOTAL'").set_index("month").rate.dropna()
        if str(earlier) in rates:
            return {"month": str(earlier), "rate": f"{rates[str(earlier)]:.0f}"}
    return None
