"""健保の名簿のファイルを開き直す：CSV の行と、本の枚。"""

import csv
from pathlib import Path

from openpyxl import load_workbook


def read_quoted(path: Path) -> list[dict[str, str]]:
    """CSV の行。見出しから値へ。"""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [*csv.DictReader(file)]


def read_book(path: Path) -> dict[str, list[list[str]]]:
    """枚の名（「架空データ」を除く）から、全ての行へ。空の升は ''。"""
    book = load_workbook(path, read_only=True)
    rows = {
        sheet.title: [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
        for sheet in book
    }
    book.close()
    # 架空データの枚の名は「架空データ 名」。枚の名に、ほかの空白はない
    return {title.rpartition(" ")[2]: found for title, found in rows.items()}
