"""前に公開した月：事業所のページに載せる組合全体の率は、ここからだけ取る（手元の人の行からは計算しない）。"""

import csv
import json
from pathlib import Path

import pandas as pd

from mynalib.domain.months import Month
from mynalib.history.files import revisions
from mynalib.history.home import Home
from mynalib.insight.measures import COUNTS

BASIS = "internal/basis.csv"


def releases(home: Home) -> dict[Month, Path]:
    """公開した月と、その最も新しい版のフォルダー。"""
    return {
        month: complete[-1]
        for month, folders in revisions(home.reports).items()
        if (complete := [folder for folder in folders if (folder / "manifest.json").is_file()])
    }


def read_manifest(release: Path) -> dict:
    return json.loads((release / "manifest.json").read_text(encoding="utf-8"))


def read_basis(home: Home, month: Month) -> pd.DataFrame:
    """month までの、いちばん新しい公開の基準（insight.steady）。無ければ空。後の月の公開は見ない。"""
    found = [folder / BASIS for released, folder in sorted(releases(home).items()) if released <= month]
    if not found:
        return pd.DataFrame(columns=["month", "employer_id", *COUNTS])
    return pd.read_csv(found[-1], encoding="utf-8-sig", dtype={"month": "str", "employer_id": "str"})


def society_figure(home: Home, month: Month) -> dict | None:
    """month より前に公開した、いちばん新しい月の、組合全体の率（概数）。無ければ None。"""
    for earlier in sorted((m for m in releases(home) if m < month), reverse=True):
        with (releases(home)[earlier] / "management" / "rates.csv").open(encoding="utf-8-sig", newline="") as file:
            rates = [
                r["rate"] for r in csv.DictReader(file) if (r["month"], r["employer_id"]) == (str(earlier), "TOTAL")
            ]
        if rates and rates[0]:
            return {"month": str(earlier), "rate": rates[0]}
    return None
