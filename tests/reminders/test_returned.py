"""返ってきた表：だれの答えも、黙って落とさない。読めないところがあれば、丸ごと断る。"""

import io
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from handing import answered, hand_over, opened, record
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from societies import SmallSociety

from mynalib.domain.errors import MynaError
from mynalib.domain.params import load_params
from mynalib.history.registers import RegisterUnreadable, read_registers
from mynalib.reminders.sheet import ANSWER, NOT_HERE, OBJECTION

pytestmark = pytest.mark.large

OPTOUT = "被保険者証記号,被保険者証番号,被保険者証枝番,申出日,撤回日"
DECISIONS = "被保険者証記号,被保険者証番号,被保険者証枝番,判断,判断者,判断日"


@pytest.fixture
def content(published) -> bytes:
    """手渡した表の中身。"""
    return opened(published, hand_over(published))


def link_sheet(content: bytes) -> tuple[Worksheet, list, int]:
    """❶ の枚と、見出しの升、見出しの行。"""
    book = load_workbook(io.BytesIO(content))
    [sheet] = [one for one in book if one.title.endswith("❶登録の勧奨")]
    [heads] = [row for row in sheet.iter_rows() if ANSWER in [cell.value for cell in row]]
    return sheet, [cell.value for cell in heads], heads[0].row


def first_key(content: bytes) -> str:
    """はじめの人の鍵（記号,番号,枝番）。"""
    sheet, heads, at = link_sheet(content)
    return ",".join(
        sheet.cell(at + 1, heads.index(name) + 1).value for name in ("記号", "番号", "枝番")
    )


def write_lines(society: SmallSociety, name: str, *lines: str) -> None:
    (society.home.registers / f"{name}.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")


def verdicts(society: SmallSociety) -> list[str]:
    return [entry.verdict for entry in read_registers(society.home, society.params)]


def test_a_row_of_each_length_is_read(published, content, tmp_path):
    """右の空の升を書かないソフトで保存し直した表。"""
    file = answered(content, tmp_path / "back.xlsx", {1: OBJECTION})
    out = Workbook(write_only=True)
    for sheet in load_workbook(file):
        new = out.create_sheet(sheet.title)
        for row in sheet.iter_rows(values_only=True):
            filled = [at for at, value in enumerate(row, 1) if value]
            new.append(row[: max(filled, default=0)])
    out.save(file)
    assert record(published, file)["objections"] == 1


def with_a_column_on_the_left(file: Path) -> None:
    book = load_workbook(file)
    for sheet in book:
        sheet.insert_cols(1)
        sheet["A7"] = "受付 3"
    book.save(file)


def saved_as_if_one_cell_large(file: Path) -> None:
    """表の大きさを、はじめの升だけと書くソフトで保存し直した表。"""
    before = zipfile.ZipFile(io.BytesIO(file.read_bytes()))
    with zipfile.ZipFile(file, "w") as after:
        for name in before.namelist():
            part = before.read(name)
            after.writestr(
                name, re.sub(rb'<dimension ref="[^"]*" */>', b'<dimension ref="A1"/>', part)
            )


@pytest.mark.parametrize("save", [with_a_column_on_the_left, saved_as_if_one_cell_large])
def test_an_answer_is_read_however_the_sheet_was_saved(published, content, tmp_path, save):
    file = answered(content, tmp_path / "back.xlsx", {0: OBJECTION})
    save(file)
    assert record(published, file)["objections"] == 1


def no_key(sheet: Worksheet, heads: list, at: int) -> None:
    for name in ("記号", "番号", "枝番"):
        sheet.cell(at + 1, heads.index(name) + 1).value = None


def second_column(sheet: Worksheet, heads: list, at: int) -> None:
    sheet.cell(at, len(heads) + 1).value = ANSWER


def copied_sheet(sheet: Worksheet, heads: list, at: int) -> None:
    copy = sheet.parent.copy_worksheet(sheet)
    copy.title = f"{sheet.title} (2)"
    sheet.cell(at + 1, heads.index(ANSWER) + 1).value = None


@pytest.mark.parametrize("change", [no_key, second_column, copied_sheet])
def test_an_answer_that_may_be_anybodys_refuses_the_sheet(published, content, tmp_path, change):
    file = answered(content, tmp_path / "back.xlsx", {0: OBJECTION})
    sheet, heads, at = link_sheet(file.read_bytes())
    change(sheet, heads, at)
    sheet.parent.save(file)
    with pytest.raises(MynaError) as stop:
        record(published, file)
    assert stop.value.code == "SHEET_REFUSED"
    assert verdicts(published) == []


def test_whatever_the_employer_wrote_elsewhere_is_counted(published, content, tmp_path):
    sheet, heads, at = link_sheet(content)
    sheet.cell(at, len(heads) + 1).value = "備考"
    sheet.cell(at + 1, len(heads) + 1).value = "電話した"
    sheet.cell(at + 2, len(heads) + 2).value = "見出しのない書きこみ"
    sheet.cell(at + 2, heads.index("済") + 1).value = "済"
    sheet.parent.save(tmp_path / "back.xlsx")
    assert record(published, tmp_path / "back.xlsx")["dropped"] == 3


@pytest.mark.parametrize(
    "before", ["可,甲,2026-10-01", "退職,甲,2026-11-22", "確認中,甲,2026-10-01"]
)
def test_not_here_is_recorded_over_a_decision_that_does_not_hold(
    published, content, tmp_path, before
):
    write_lines(published, "decisions", DECISIONS, f"{first_key(content)},{before}")
    file = answered(content, tmp_path / "back.xlsx", {0: NOT_HERE})
    assert record(published, file)["not_here"] == 1
    assert verdicts(published) == [before.split(",")[0], "確認中"]
    assert record(published, file)["known"] == 1


@pytest.mark.parametrize("until", ["2026-11-22", "2026-12-01", "2027-04-01"])
def test_an_objection_is_recorded_over_one_that_ends(published, content, tmp_path, until):
    write_lines(published, "optout", OPTOUT, f"{first_key(content)},2026-10-01,{until}")
    file = answered(content, tmp_path / "back.xlsx", {0: OBJECTION})
    assert record(published, file)["objections"] == 1
    ends = [entry.withdrawn_on for entry in read_registers(published.home, published.params)]
    assert [str(end) for end in ends] == [until, "None"]
    assert record(published, file)["known"] == 1


def test_nothing_is_copied_when_one_register_is_missing(published, content, tmp_path):
    settings = published.home.params / "society.yaml"
    text = settings.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if "decisions.csv" not in line]
    settings.write_text("\n".join(lines), encoding="utf-8")
    assert load_params(published.home.params).society.registers.decisions is None
    file = answered(content, tmp_path / "back.xlsx", {0: OBJECTION, 1: NOT_HERE})
    with pytest.raises(RegisterUnreadable):
        record(published, file)
    assert read_registers(published.home, published.params) == ()


def cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content))]


def flipped(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(3):
        changed[rng.randrange(len(changed))] ^= 1 + rng.randrange(255)
    return bytes(changed)


def cut_part(content: bytes, rng: random.Random) -> bytes:
    """どれか一つの枚の、途中で切れた表。"""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        sheets = [name for name in old.namelist() if "sheets/" in name]
        spoiled = rng.choice(sheets)
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, cut(part, rng) if name == spoiled else part)
    return out.getvalue()


@pytest.mark.parametrize("spoil", [cut, flipped, cut_part])
@pytest.mark.parametrize("sealed", [False, True])
def test_a_spoiled_file_is_refused_or_read_and_never_crashes(
    published, tmp_path, spoil: Callable, sealed: bool
):
    done = hand_over(published)
    whole = published.home.outbox / done["file"]
    content = whole.read_bytes() if sealed and spoil is not cut_part else opened(published, done)
    file: Path = tmp_path / "back.xlsx"
    codes = set()
    for seed in range(12):
        file.write_bytes(spoil(content, random.Random(seed)))
        try:
            codes.add(record(published, file)["outcome"])
        except MynaError as error:
            codes.add(error.code)
    assert "SHEET_REFUSED" in codes and codes <= {"SHEET_REFUSED", "recorded"}


def test_a_sheet_under_a_former_passphrase_says_what_to_do(published):
    done = hand_over(published)
    hand_over(published, again=True, new_passphrase=True)
    with pytest.raises(MynaError) as stop:
        record(published, published.home.outbox / done["file"])
    assert "合言葉を新しくしたあとなら" in stop.value.fix
