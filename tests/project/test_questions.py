"""理事の十五の問い：文書の表のとおりの場所に、二つの版の答えがある。数は、公開した表の数と同じ。"""

import csv
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.splitlines()
    if re.match(r"\| [0-9]", line)
]
EDITIONS = {"internal": 2, "management": 3}


def pages(release: Path) -> dict[str, str]:
    return {name: (release / name / "index.html").read_text(encoding="utf-8") for name in EDITIONS}


def test_the_table_asks_the_fifteen_questions_in_their_order():
    assert [row[0] for row in ROWS] == [str(number) for number in range(1, 16)]


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_each_question_is_answered_where_the_table_says(demo_release, edition, row):
    page, cell = pages(demo_release)[edition], row[EDITIONS[edition]]
    places, texts = re.findall("`([#.])([a-z_]+)`", cell), re.findall("「(.*?)」", cell)
    assert places or texts
    for mark, name in places:
        assert f'id="{name}"' in page if mark == "#" else f'class="{name}"' in page
    main = page.partition('<main id="main">')[2]
    assert all(text in main or text in page for text in texts)


def total(release: Path, edition: str, month: str) -> dict[str, str]:
    with (release / edition / "rates.csv").open(encoding="utf-8-sig", newline="") as file:
        [row] = [
            row
            for row in csv.DictReader(file)
            if row["month"] == month and row["employer_id"] == "TOTAL"
        ]
    return row


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_first_three_answers_are_the_numbers_of_the_released_table(demo_release, edition):
    page = pages(demo_release)[edition]
    summary = re.search('<ul class="summary">(.*?)</ul>', page, re.DOTALL)[1]
    now, before, year = (
        float(total(demo_release, edition, month)["rate"])
        for month in ("2026-10", "2026-09", "2025-10")
    )
    assert f"登録率は {now:.1f} %" in summary
    for label, then in (("前の月", before), ("一年前", year)):
        points = round(now - then, 1)
        way = "上がりました" if points > 0 else "下がりました"
        said = f"{label}より {abs(points):.1f} ポイント{way}" if points else f"{label}と同じです"
        assert said in summary


def test_how_many_are_asked_and_for_the_how_manieth_time_equals_the_lists(demo_release):
    page = pages(demo_release)["internal"]
    table = re.search('id="asked">(.*?)</table>', page, re.DOTALL)[1]
    cells = [re.findall("<t[dh][^>]*>(.*?)</t[dh]>", row) for row in table.split("<tr>")[2:]]
    shown = [sum(int(cell.replace(",", "")) for cell in row[1:4]) for row in cells]
    with (demo_release / "internal" / "listed.csv").open(encoding="utf-8-sig", newline="") as file:
        due = [row for row in csv.DictReader(file) if row["due"] == "True"]
    link = sum(row["action"] == "link" for row in due)
    assert shown == [link, len(due) - link]
