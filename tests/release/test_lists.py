"""公開の前に、全ての勧奨リストの XLSX を開き直す：ほかの事業所の人、欠けた人、余った人、約束にない列、違うリストの番号を見つける。"""

from collections.abc import Callable
from unicodedata import east_asian_width

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from societies import MONTHS, SmallSociety

from mynalib.release.list_check import list_problems
from mynalib.reminders.sheet import LIST_NUMBER, SHEET_TITLES

BOOK = "employers/E01/reminders_E01_2026-10.xlsx"


def problems(society: SmallSociety) -> list[str]:
    paths = [
        path.relative_to(society.release).as_posix() for path in society.release.rglob("*.xlsx")
    ]
    found = [*list_problems(society.params, MONTHS[1], society.release, paths)]
    assert {one.where for one in found} <= {BOOK}
    return [one.what for one in found]


def change(society: SmallSociety, edit: Callable[[Worksheet, int], None]) -> None:
    """E01 の ❶ の枚を書きかえる。edit には、枚と、見出しの行の番号を渡す。"""
    path = society.release / BOOK
    book = load_workbook(path)
    [sheet] = [sheet for sheet in book if sheet.title.endswith(SHEET_TITLES["link"])]
    [head] = [row[0].row for row in sheet.iter_rows() if row[0].value == "記号"]
    edit(sheet, head)
    book.save(path)


def number_line(sheet: Worksheet) -> int:
    return next(
        row[0].row for row in sheet.iter_rows() if str(row[0].value).startswith(LIST_NUMBER)
    )


def put(column: int, value: str) -> Callable[[Worksheet, int], None]:
    return lambda sheet, head: sheet.cell(head + 1, column, value) and None


CHANGES = {
    "another employer's row": (
        lambda sheet, head: (sheet.cell(head + 1, 1, "102"), sheet.cell(head + 1, 2, "1025001")),
        "ほかの事業所の人の行がある",
    ),
    "an unknown symbol": (put(1, "777"), "ほかの事業所の人の行がある"),
    "a colleague who is not to be reminded": (put(2, "1015000"), "載せるはずの人と違う"),
    "a person is gone": (lambda sheet, head: sheet.delete_rows(head + 1), "載せるはずの人と違う"),
    "a person twice": (
        lambda sheet, head: sheet.append([cell.value for cell in sheet[head + 1]]),
        "載せるはずの人と違う",
    ),
    "a lost zero": (put(3, "0"), "載せるはずの人と違う"),
    "a column beyond the notice": (
        lambda sheet, head: sheet.cell(head, sheet.max_column + 1, "初回登録解除区分"),
        "お知らせにない列がある",
    ),
    "another month's number": (
        lambda sheet, _: sheet.cell(number_line(sheet), 1, f"{LIST_NUMBER}E01-2026-09"),
        "リストの番号が無いか、枚によって違います",
    ),
    "no head": (
        lambda sheet, head: sheet.delete_rows(head),
        "「❶登録の勧奨」の見出しが、作ったときと違います",
    ),
}


@pytest.mark.parametrize(("edit", "said"), CHANGES.values(), ids=CHANGES)
def test_a_changed_list_is_found(published, edit, said):
    assert problems(published) == []
    change(published, edit)
    assert said in problems(published)


def test_what_an_employer_writes_into_its_own_columns_is_no_fault(published):
    heads = {}

    def write(sheet: Worksheet, head: int) -> None:
        heads.update({cell.value: cell.column for cell in sheet[head]})
        sheet.cell(head + 1, heads["案内日"], "11/20")
        sheet.cell(head + 1, heads["お申し出"], "不同意の申出")

    change(published, write)
    assert problems(published) == []
    assert {"案内日", "済", "お申し出"} <= heads.keys()


def test_every_rule_of_handling_is_tall_enough_and_printed_whole(published):
    """升は、いくつもの列を合わせ（紙に合わせて縮む）、高さは、文の行の数だけある。"""
    [sheet] = [
        sheet
        for sheet in load_workbook(published.release / BOOK)
        if sheet.title.endswith("お取り扱い")
    ]
    merged = {area.min_row: area.size["columns"] for area in sheet.merged_cells.ranges}
    texts = {row[0].row: row[0].value for row in sheet.iter_rows(min_row=2) if row[0].value}
    assert len(texts) > 10
    for line, text in texts.items():
        halves = sum(2 if east_asian_width(letter) in "FWA" else 1 for letter in text)
        assert merged[line] > 1
        assert sheet.row_dimensions[line].height >= 15 * halves / 80, text


def test_a_list_is_printed_almost_at_its_own_size(published):
    """紙に入れるために縮むと、手で書きこむ欄が読めない。Excel の幅 1 は 7 画素（96 dpi）、列ごとに余白が 5 画素。"""
    across = {"landscape": 297, "portrait": 210}
    for sheet in load_workbook(published.release / BOOK):
        inches = sum(width.width * 7 + 5 for width in sheet.column_dimensions.values()) / 96
        margins = sheet.page_margins.left + sheet.page_margins.right
        paper = across[sheet.page_setup.orientation or "portrait"] / 25.4 - margins
        assert paper / inches > 0.9, sheet.title
