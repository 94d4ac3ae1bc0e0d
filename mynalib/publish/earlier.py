"""前に公開した月：事業所のページに載せる組合全体の率は、ここからだけ取る（手元の人の行からは計算しない）。

公開したときのままのファイルだけを読む。変えられていれば、その数を次の公開の元にせず、止まる（ReleaseDamaged）。
"""

import json
from functools import partial
from pathlib import Path

import pandas as pd

from mynalib.domain.months import Month
from mynalib.history.home import Home
from mynalib.history.released import all_releases, artefacts_of, released_file, releases
from mynalib.insight.attack import rows_of
from mynalib.insight.measures import COUNTS
from mynalib.insight.reader import Row
from mynalib.insight.thresholds import Rule

BASIS = "internal/basis.csv"
BASIS_CHANGE = "internal/basis_change.csv"
LISTED = "internal/listed.csv"
RATES = "management/rates.csv"
CELLS = "management/cells.json"
TOLD_MONTHS = 12  # 攻撃で読み返す、前の公開の月数


def last_release(home: Home, month: Month) -> Path | None:
    """month までの、いちばん新しい公開。"""
    earlier = [folder for released, folder in releases(home).items() if released <= month]
    found = [folder for folder in earlier if _has_basis(artefacts_of(home, folder))]
    return found[-1] if found else None


def _has_basis(artefacts: dict[str, str]) -> bool:
    """概数の元を残した公開か（0.1.0 の公開にはない）。"""
    return LISTED in artefacts


def with_lists(home: Home, release: Path) -> Path:
    """その月の版のうち、勧奨リストのある、いちばん新しいもの（次の月が届いたあとの訂正に、リストはない）。なければ release。"""
    same_month = [folder for folder in all_releases(home) if folder.name[:7] == release.name[:7]]
    found = [folder for folder in same_month if any(_is_list(path) for path in artefacts_of(home, folder))]
    return found[-1] if found else release


def _is_list(path: str) -> bool:
    return path.startswith("employers/") and path.endswith("/reminders.html")


def read_basis(home: Home, month: Month) -> pd.DataFrame:
    """month までの、いちばん新しい公開の基準（insight.steady）。無ければ空。後の月の公開は見ない。"""
    found, nothing = last_release(home, month), pd.DataFrame(columns=["month", "employer_id", *COUNTS])
    return read_rates(released_file(found, BASIS, artefacts_of(home, found))) if found else nothing


def read_change_basis(home: Home, month: Month) -> pd.DataFrame:
    """month の、前の公開の増減の元。無ければ空。"""
    found = releases(home).get(month)
    artefacts = artefacts_of(home, found) if found else {}
    if BASIS_CHANGE not in artefacts:
        return pd.DataFrame(columns=["reason", "change"])
    return pd.read_csv(released_file(found, BASIS_CHANGE, artefacts), encoding="utf-8-sig")


def told_rows(home: Home, month: Month) -> list[Row]:
    """month までの、近ごろの全ての公開（訂正の前の版も）で、広く配る版に見せた行。"""
    folders = {folder: Month.parse(folder.name[:7]) for folder in all_releases(home)}
    months = sorted({released for released in folders.values() if released <= month})[-TOLD_MONTHS:]
    near = {folder: artefacts_of(home, folder) for folder, released in folders.items() if released in months}
    return [row for folder, artefacts in near.items() if _has_basis(artefacts) for row in _told(folder, artefacts)]


def _told(release: Path, artefacts: dict[str, str]) -> list[Row]:
    file = partial(released_file, release, artefacts=artefacts)
    shown, basis = read_rates(file(RATES)), read_rates(file(BASIS))
    cells = json.loads(file(CELLS).read_text(encoding="utf-8"))
    return rows_of(shown, basis, Rule(**cells["rule"]), {tuple(row) for row in cells["also"]})


def read_rates(path: Path) -> pd.DataFrame:
    """公開した、月×事業所の表（rates.csv か、基準）。伏せた値は欠ける。"""
    kinds = dict.fromkeys(("month", "employer_id"), "str") | dict.fromkeys(COUNTS, "Int64")
    kinds |= dict.fromkeys(("rate", "usable_rate"), "Float64")
    return pd.read_csv(path, encoding="utf-8-sig", dtype=kinds)


def society_figure(home: Home, month: Month) -> dict | None:
    """month より前に公開した、いちばん新しい月の、組合全体の率（概数）。無ければ None。"""
    found = {released: folder for released, folder in releases(home).items() if released < month}
    for earlier, folder in sorted(found.items(), reverse=True):
        written = read_rates(released_file(folder, RATES, artefacts_of(home, folder)))
        rates = written.query("employer_id == 'TOTAL'").set_index("month").rate.dropna()
        if str(earlier) in rates:
            return {"month": str(earlier), "rate": f"{rates[str(earlier)]:.0f}"}
    return None
