"""資格確認書の係のファイルを開き直して確かめる：CSV は、載せるはずの人とちょうど同じか。XLSX は、CSV とちょうど同じか。"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from openpyxl import load_workbook

from mynalib.capsules.certificate_desk import desk_people
from mynalib.capsules.dashboard import EVERYONE
from mynalib.capsules.publication import Publication
from mynalib.disclosure.released import DESK_TABLES
from mynalib.disclosure.society import TOTAL
from mynalib.domain.certificates import CERTIFICATE_REASONS, DESK_TASKS
from mynalib.domain.errors import Problem
from mynalib.domain.person import fold_number
from mynalib.insight import display
from mynalib.insight.desk_page import LIST_KEY, LISTED_TASKS
from mynalib.jobs.desk_files import DESK_BOOK, DESK_ROWS

DESK_PLACE = "internal/desk/"
FIVE_DIGITS = 10_000
WrittenRows = list[dict[str, str]]


def desk_problems(
    release: Path, paths: Iterable[str], publication: Publication | None
) -> Iterator[Problem]:
    """係のファイルの誤り。なければ空。

    Args:
        paths: 成果物の場所。係のページがなければ（作らないか、保存期間が過ぎて消したので）、何も見ない。
        publication: 公開する月。None なら（公開したあとの確かめ）、二つのファイルを、たがいに突き合わせる。
    """
    if f"{DESK_PLACE}index.html" not in {*paths}:
        return
    rows_file, book = _only(release, f"{DESK_ROWS}*.csv"), _only(release, f"{DESK_BOOK}*.xlsx")
    if rows_file is None or book is None:
        yield Problem(DESK_PLACE, "名簿の XLSX か CSV がない")
        return
    written = _read_rows(rows_file)
    if publication and written != _expected(publication):
        yield Problem(f"{DESK_PLACE}{rows_file.name}", "載せるはずの人と違う")
    found = _book_problems(_read_book(book), written)
    yield from (Problem(f"{DESK_PLACE}{book.name}", what) for what in found)


def desk_numbers(numbers: Iterable[str]) -> set[str]:
    """係のファイルに現れてよい数（先頭の 0 を除く）：載せた人の番号と、五桁からの人数。"""
    listed = [*numbers]
    return {fold_number(number) for number in listed} | {
        str(people) for people in range(FIVE_DIGITS, len(listed) + 1)
    }


def desk_numbers_then(release: Path) -> set[str]:
    """公開したときに、係のファイルに載せた人の desk_numbers。"""
    rows_file = _only(release, f"{DESK_ROWS}*.csv")
    rows = _read_rows(rows_file) if rows_file else []
    return desk_numbers(row[display.label("number")] for row in rows)


def _only(release: Path, pattern: str) -> Path | None:
    """その形の名の、ただ一つのファイル。"""
    found = [*(release / DESK_PLACE).glob(pattern)]
    return found[0] if len(found) == 1 else None


def _read_rows(path: Path) -> WrittenRows:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [*csv.DictReader(file)]


def _expected(publication: Publication) -> WrittenRows:
    people = desk_people(publication.opened).to_dict("records")
    return [
        {display.label(column): display.text(column, value, 0) for column, value in row.items()}
        for row in people
    ]


def _read_book(path: Path) -> dict[str, list[list[str]]]:
    """枚の名（「架空データ」を除く）から、三行目からの、見出しと行へ。"""
    book = load_workbook(path, read_only=True)
    sheets = {
        sheet.title.rpartition(" ")[2]: [
            [cell or "" for cell in row] for row in sheet.iter_rows(min_row=3, values_only=True)
        ]
        for sheet in book
    }
    book.close()
    return sheets


def _book_problems(sheets: dict[str, list[list[str]]], written: WrittenRows) -> Iterator[str]:
    for task, columns in LISTED_TASKS.items():
        heads = [display.label(column) for column in (*LIST_KEY, *columns)]
        own = [row for row in written if row[display.label("task")] == DESK_TASKS[task]]
        if sheets.get(DESK_TASKS[task]) != [heads, *([row[head] for head in heads] for row in own)]:
            yield f"「{DESK_TASKS[task]}」の枚が、CSV と違う"
    title = display.words("desk")["sheets"]["sheet"]
    if _sheet_counts(sheets.get(title, [])) != _counts(written):
        yield f"「{title}」の枚が、CSV を数えたものと違う"


def _sheet_counts(sheet: list[list[str]]) -> Counter:
    """件数表の、0 でない人数。鍵は、事業所のコード、本人か家族か全員、要るわけ（計は people）。"""
    names = DESK_TABLES["sheet"]
    rows = [dict(zip(names, row, strict=False)) for row in sheet[1:]]
    return +Counter(
        {
            (row["employer_id"], row["member_kind"], name): int(row[name].replace(",", ""))
            for row in rows
            for name in (*CERTIFICATE_REASONS, "people")
        }
    )


def _counts(written: WrittenRows) -> Counter:
    """CSV を数えた、件数表。"""
    reasons = {text: name for name, text in CERTIFICATE_REASONS.items()}
    found = Counter()
    for row in written:
        employer, kind, text = (
            row[display.label(name)]
            for name in ("employer_id", "member_kind", "certificate_reason")
        )
        for name in (reasons[text], "people") if text else ():
            found.update([(employer, kind, name), (TOTAL, kind, name), (TOTAL, EVERYONE, name)])
    return found
