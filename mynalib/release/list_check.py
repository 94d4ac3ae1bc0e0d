"""勧奨リストを開き直して確かめる：どの行も、その日にその事業所の人か。載せるはずの人と、ちょうど同じか。列は約束のとおりか。"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from mynalib.capsules.kept_tables import LISTED_FILE, LISTS_FILE, read_listed, read_lists
from mynalib.domain.employers import Employer, fold_symbol
from mynalib.domain.errors import MynaError, Problem
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.jobs.parallel import in_parallel
from mynalib.reminders.memory import kinds
from mynalib.reminders.sheet import ANSWER, OWN_COLUMNS, WRITTEN_KEY, SheetRead, headings, read_file

MANY_BOOKS = 15  # これより少なければ、分けずに読むほうが速い
# 事業所のページの人数（lists.csv）の列。リストの行は、必ずこのどれか一つで数えられている
LISTED_ACTIONS = ["link", "renew", "renew_then_link"]


def list_problems(
    params: Params, month: Month, release: Path, paths: Iterable[str]
) -> Iterator[Problem]:
    """公開の中の、全ての勧奨リストの XLSX の誤り。なければ空。paths は成果物の場所（OS や Excel の置いたものは、見ない）。"""
    found = [release / path for path in paths if path.startswith("employers/")]
    books = {path.parent.name: path for path in found if path.suffix == ".xlsx" and path.is_file()}
    # 一つの事業所だけの下書きには、比べる表がない
    if not books or not (release / LISTED_FILE).is_file():
        return
    listed = read_listed(release / LISTED_FILE)
    sizes = read_lists(release / LISTS_FILE)
    employers = [employer for employer in params.employers if employer.id in books]
    for employer, read in zip(
        employers,
        in_parallel(read_book, [books[one.id] for one in employers], MANY_BOOKS),
        strict=True,
    ):
        expected = listed[listed.on_list & (listed.employer_id == employer.id)]
        where = books[employer.id].relative_to(release).as_posix()
        found = [*book_problems(read, employer, params, month, expected)]
        yield from (Problem(where, what) for what in found)
        own = sizes[(sizes.employer_id == employer.id) & (sizes.month == str(month))]
        if int(own[LISTED_ACTIONS].to_numpy().sum()) != len(expected):
            yield Problem(where, "人数が、事業所のページの人数と違う")


def read_book(book: Path) -> SheetRead | str:
    """一つの勧奨リストの XLSX を読んだもの。読めなければ、そのわけ。"""
    try:
        return read_file(book)
    except MynaError as error:
        return error.what


def book_problems(
    read: SheetRead | str, employer: Employer, params: Params, month: Month, expected: pd.DataFrame
) -> Iterator[str]:
    """一つの勧奨リスト（read_book）の誤り。expected は、載せるはずの人（capsules.previous.read_listed の行）。"""
    if isinstance(read, str):
        yield read
        return
    # 番号は E01-2026-10-r2 の形。何番目の版かは、ここでは分からないので、その前までを比べる
    if not read.number.startswith(f"{employer.id}-{month}"):
        yield "リストの番号が、その事業所の、その月のものでない"
    if not _belong(read.people, employer, params, month):
        yield "ほかの事業所の人の行がある"
    keys = (expected[name] for name in WRITTEN_KEY)
    if _rows(read) != sorted(zip(kinds(expected.action), *keys, strict=True)):
        yield "載せるはずの人と違う"
    # 約束した列か、事業所が自分で使う列か、返してもらう欄。ほかの列は、空でも、お知らせを超える
    allowed = {*headings(params.joint_use.employer_columns), *OWN_COLUMNS, ANSWER}
    if not read.heads <= allowed:
        yield "お知らせにない列がある"


def _rows(read: SheetRead) -> list[tuple]:
    # 枝番は、読むときに二桁にそろえてある。比べるのは、書いてあるままのほう
    written = read.people[["kind", *WRITTEN_KEY[:2], "branch_written"]]
    return sorted(written.itertuples(index=False, name=None))


def _belong(people: pd.DataFrame, employer: Employer, params: Params, month: Month) -> bool:
    """どの行の記号と番号も、月末に、その事業所のものか。登録簿から、表とは別に確かめる。"""
    entries = [one for one in params.registry(month).entries if one.employer_id == employer.id]
    # 一つの記号に、番号の範囲で分けた行がいくつもあってよい（任意継続が会社の記号のままの組合など）
    bounds = {}
    for entry in entries:
        bounds.setdefault(entry.folded, []).append(entry.bounds)
    return all(
        any(low <= int(number or 0) <= high for low, high in bounds.get(fold_symbol(symbol), []))
        for symbol, number in zip(people.symbol, people.number_key, strict=True)
    )
