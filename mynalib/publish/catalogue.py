"""ノートブックの一覧：だれのためのもので、どのカプセルを使い、どこに載るか。"""

from dataclasses import dataclass
from pathlib import Path

from mynalib.history.home import shipped

LEVELS = {  # 成果物の水準
    "named": "個人データ",
    "employer": "一事業所の概数",
    "internal": "健保内部の実数",
    "publishable": "広く配れる概数",
}


@dataclass(frozen=True)
class Notebook:
    """ノートブック。`parameters` は parameters セルの名の全て。`per_employer` なら事業所ごとに一回。"""

    name: str
    title: str
    parameters: tuple[str, ...]
    per_employer: bool = False


@dataclass(frozen=True)
class Edition:
    """一つのノートブックの、一つの版。`audience` は読み手、`page` は公開先の場所（{employer} が入る）。"""

    notebook: str
    audience: str
    level: str
    page: str
    products: tuple[str, ...] = ()


NOTEBOOKS = {
    notebook.name: notebook
    for notebook in (
        Notebook("01_intake_review", "取込の点検", ("month",)),
        Notebook("03_management_report", "月次報告", ("month", "edition")),
        Notebook("04_employer_dashboard", "事業所の登録状況", ("employer", "month"), per_employer=True),
        Notebook("05_employer_reminders", "勧奨リスト", ("employer", "month"), per_employer=True),
    )
}
EDITIONS = (
    Edition("01_intake_review", "internal", "internal", "internal/intake_review.html"),
    Edition("03_management_report", "internal", "internal", "internal/index.html", ("rates",)),
    Edition("03_management_report", "wide", "publishable", "management/index.html", ("rates", "cells")),
    Edition("04_employer_dashboard", "employer", "employer", "employers/{employer}/index.html"),
    Edition("05_employer_reminders", "named", "named", "employers/{employer}/reminders.html", ("reminders",)),
)


def notebook_path(name: str, home: Path | None = None) -> Path:
    """ノートブックの場所。組合の home に同じ名のものがあれば、それを使う。"""
    own = home / "notebooks" / f"{name}.ipynb" if home else None
    return own if own and own.is_file() else shipped("notebooks") / f"{name}.ipynb"
