"""資格確認書の係のファイルを開き直して確かめる：CSV は、載せるはずの人とちょうど同じか。XLSX は、CSV とちょうど同じか。"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from mynalib.capsules.certificate_desk import desk_people
from mynalib.capsules.dashboard import EVERYONE
from mynalib.capsules.publication import Publication
from mynalib.disclosure.released import DESK_TABLES
from mynalib.disclosure.society import TOTAL
from mynalib.domain.certificates import CERTIFICATE_REASONS, DESK_TASKS
from mynalib.domain.errors import Problem
from mynalib.domain.person import fold_number
from mynalib.domain.society import demo_suffix
from mynalib.insight import display
from mynalib.insight.desk_page import LIST_KEY, LISTED_TASKS
from mynalib.jobs.desk_files import DESK_BOOK_NAME, DESK_ROWS_NAME
from mynalib.release.reopening import read_book, read_quoted

DESK_PLACE = "internal/desk/"
# digits.LONG_DIGITS の読む、いちばん小さい数。これより少ない人数は、番号の点検にかからない
FIVE_DIGITS = 10_000
HEADS_AT = 2  # 見出しの行（society_files.write_titled）
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
    rows_file, book = _files(release)
    if rows_file is None or book is None:
        yield Problem(DESK_PLACE, "名簿の XLSX か CSV がない")
        return
    written = read_quoted(rows_file)
    if publication and written != _expected(publication):
        yield Problem(f"{DESK_PLACE}{rows_file.name}", "載せるはずの人と違う")
    found = _book_problems(read_book(book), written)
    yield from (Problem(f"{DESK_PLACE}{book.name}", what) for what in found)


def desk_numbers(numbers: Iterable[str]) -> set[str]:
    """係のファイルに現れてよい数（先頭の 0 を除く）：載せた人の番号と、五桁からの人数。"""
    listed = [*numbers]
    # 件数表の、どの人数も、載せた人の数をこえない。だから許すのは、そこまで
    return {fold_number(number) for number in listed} | {
        str(people) for people in range(FIVE_DIGITS, len(listed) + 1)
    }


def desk_numbers_then(release: Path) -> set[str]:
    """公開したときに、係のファイルに載せた人の desk_numbers。"""
    rows_file, _ = _files(release)
    rows = read_quoted(rows_file) if rows_file else []
    return desk_numbers(row[display.label("number")] for row in rows)


def _files(release: Path) -> tuple[Path | None, Path | None]:
    """CSV と XLSX。名は、ちょうどこの道具の付けたもの（OS や Excel の置いたものは、見ない）。"""
    names = ((DESK_ROWS_NAME, ".csv"), (DESK_BOOK_NAME, ".xlsx"))
    # 公開のあとの確かめでは、いまの設定（demo）を信じず、ディスクにある名で決める
    places = [
        [release / DESK_PLACE / f"{name}{demo_suffix(demo)}{suffix}" for demo in (False, True)]
        for name, suffix in names
    ]
    rows_file, book = (next(filter(Path.is_file, place), None) for place in places)
    return rows_file, book


def _expected(publication: Publication) -> WrittenRows:
    people = desk_people(publication.opened).to_dict("records")
    return [
        {display.label(column): display.text(column, value, 0) for column, value in row.items()}
        for row in people
    ]


def _book_problems(sheets: dict[str, list[list[str]]], written: WrittenRows) -> Iterator[str]:
    for task, columns in LISTED_TASKS.items():
        heads = [display.label(column) for column in (*LIST_KEY, *columns)]
        own = [row for row in written if row[display.label("task")] == DESK_TASKS[task]]
        expected = [heads, *([row[head] for head in heads] for row in own)]
        # 順も比べる。名簿と CSV は、同じ表から同じ順に出来ている
        if sheets.get(DESK_TASKS[task], [])[HEADS_AT:] != expected:
            yield f"「{DESK_TASKS[task]}」の枚が、CSV と違う"
    title = display.words("desk")["sheets"]["sheet"]
    if _sheet_counts(sheets.get(title, [])[HEADS_AT:]) != _counts(written):
        yield f"「{title}」の枚が、CSV を数えたものと違う"


def _sheet_counts(sheet: list[list[str]]) -> Counter:
    """件数表の、0 でない人数。鍵は、事業所のコード、本人か家族か全員、要るわけ（計は people）。"""
    names = DESK_TABLES["sheet"]
    rows = [dict(zip(names, row, strict=False)) for row in sheet[1:]]
    # + は 0 の升を除く。CSV を数えたほう（_counts）には、いない組の升がない
    return +Counter(
        {
            (row["employer_id"], row["member_kind"], name): int(row[name].replace(",", ""))
            for row in rows
            for name in (*CERTIFICATE_REASONS, "people")
        }
    )


def _counts(written: WrittenRows) -> Counter:
    """CSV を数えた、件数表。"""
    # 要るわけのある一人は、三つの行に、わけの列と計の列で一つずつ入る（六つの升）。例：E01 の本人なら
    # (E01, 本人)、(TOTAL, 本人)、(TOTAL, 全員) の、それぞれわけと people。わけのない人（もう要らない人）は数えない
    reasons = {text: name for name, text in CERTIFICATE_REASONS.items()}
    found = Counter()
    for row in written:
        employer, kind, text = (
            row[display.label(name)]
            for name in ("employer_id", "member_kind", "certificate_reason")
        )
        if not text:
            continue
        for name in (reasons[text], "people"):
            found.update([(employer, kind, name), (TOTAL, kind, name), (TOTAL, EVERYONE, name)])
    return found
