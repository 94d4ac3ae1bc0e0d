"""大きな組合（ふだんは十二万人、MYNA_LONG では五十万人）：番号が 0000001 から詰まっているので、五桁と六桁の、どの数も、だれかの番号と同じになる。

人数は人数として公開でき、番号は、どう書いても見つかる。
"""

import csv
import json
import os
import shutil
import zipfile
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from societies import HEADER, KEPT_EMPLOYERS, MONTHS

from mynalib.domain.params import load_params
from mynalib.history.home import Home
from mynalib.history.released import read_manifest
from mynalib.release.digits import digits_in
from mynalib.release.number_check import known_numbers
from mynalib.release.scan import scan_release
from mynalib.verbs.ingest import ingest
from mynalib.verbs.init import found
from mynalib.verbs.publish import publish

pytestmark = pytest.mark.large

LONG = bool(os.environ.get("MYNA_LONG"))
PEOPLE = dict(zip(MONTHS, (500_000, 551_806) if LONG else (115_000, 126_361), strict=True))
REGISTERED = {MONTHS[0]: 63, MONTHS[1]: 66}  # 百人のうち
LISTED = (
    92 if LONG else 86
)  # 番号の下二桁がこれ以上の人が、勧奨リストに載る。E01 は一万行を超え、行の番号も、だれかの番号になる
ROWS = f"""
copy (
    select case when n % 10 < 7 then '101' when n % 10 < 9 then '102' else '103' end as "0",
        lpad(n::varchar, 7, '0') as "1", '00' as "2", case when registered then '1' else '0' end as "3",
        case when registered then '20240401' when returned then '20220510' else '' end as "4",
        case when returned then '20260310' else '' end as "5", case when returned then '3' else '' end as "6",
        case when returned then '' else '1' end as "7"
    from (
        select n, n % 100 < $rate as registered, n % 100 between $rate and {LISTED - 1} as returned
        from range(1, $people + 1) t(n)
    )
) to '{{}}' (format csv, header false)
"""


@pytest.fixture(scope="module")
def release(once) -> Path:
    """大きな組合の、公開した月。"""
    return Home(once("large", make_release)).reports / str(MONTHS[1])


def make_release(folder: Path) -> None:
    home = found(folder)
    for path in (home.params / "employers").glob("*.yaml"):
        if path.stem not in KEPT_EMPLOYERS:
            path.unlink()
    params = load_params(home.params)
    for month, people in PEOPLE.items():
        file = home.inbox / f"{month}.csv"
        duckdb.execute(ROWS.format(file), {"rate": REGISTERED[month], "people": people})
        file.write_bytes(f"{HEADER}\n".encode() + file.read_bytes())
        ingest(home, params, file, month, confirm=["SUSPICIOUS_CHANGE"])
    publish(home, params, MONTHS[1])


def artefacts_of(release: Path) -> list[dict]:
    return read_manifest(release)["artefacts"]


def everybodys(numbers: set[str]) -> set[str]:
    """この組合では、1 から人数までの、どの数も、だれかの番号。"""
    return {number for number in numbers if number and int(number) <= PEOPLE[MONTHS[1]]}


def listed(employer: str) -> set[str]:
    last = {"E01": range(7), "E02": (7, 8), "E03": (9,)}[employer]
    return {str(n) for n in range(1, PEOPLE[MONTHS[1]] + 1) if n % 100 >= LISTED and n % 10 in last}


def found_in(release: Path, path: str) -> set[str]:
    """点検が、そのファイルについて言うこと。"""
    [artefact] = [one for one in artefacts_of(release) if one["path"] == path]
    return {
        problem.what
        for problem in scan_release(release, [artefact], listed, everybodys, demo=False)
    }


@pytest.mark.long
def test_real_counts_of_hundreds_of_thousands_of_people_are_released(release):
    """公開できたこと。リストは一万行を超え、人数も増減も、だれかの番号と同じである。"""
    artefacts = {one["path"]: one["rows"] for one in artefacts_of(release)}
    assert artefacts["employers/E01/reminders_E01_2026-10.xlsx"] == len(listed("E01")) > 10_000
    with (release / "management" / "change_概数.csv").open(
        encoding="utf-8-sig", newline=""
    ) as file:
        changes = {row["people"] for row in csv.DictReader(file)}
    counts = {number for number in known_numbers(release / "management") if len(number) in (5, 6)}
    assert len(counts) > 15
    assert {people for people in changes if len(people) == 5} <= everybodys(counts)
    assert everybodys(digits_in(release / "management" / "rates.csv")), "調べる数があった"


PLANTED: dict[str, tuple[str, str]] = {
    "事業所のページに、0 の付いた番号": ("employers/E01/index.html", "0019781"),
    "事業所のページに、0 の落ちた番号": ("employers/E02/index.html", "19781"),
    "広く配る版に、0 の付いた番号": ("management/index.html", "0103457"),
    "広く配る版に、0 の落ちた番号": ("management/index.html", "103457"),
    "ポータルに": ("index.html", "0000123"),
    "全角で": ("employers/E03/index.html", "００１９７８１"),
    "区切って": ("employers/E03/index.html", "001 9781"),
    "色のふりをして": ("management/index.html", "#103457"),
    "ほかの事業所のリストに": ("employers/E02/reminders.html", "0000194"),
    "リストに載らない人が、自分の事業所のリストに": ("employers/E02/reminders.html", "0000107"),
    "広く配る表に": ("management/trend_概数.csv", "0000123"),
}


@pytest.mark.parametrize(("path", "number"), PLANTED.values(), ids=PLANTED)
def test_a_planted_number_is_found_in_any_page(release, tmp_path, path, number):
    copy = planted(release, tmp_path, path, number)
    assert found_in(copy, path) == {"ここに載ってはならない番号"}


def planted(release: Path, tmp_path: Path, path: str, number: str) -> Path:
    """そのファイルに番号を書きこんだ、公開の写し。"""
    copy = tmp_path / "release"
    shutil.copytree(
        (release / path).parent,
        (copy / path).parent,
        ignore=shutil.ignore_patterns("assets", "employers"),
    )
    shutil.copy(release / "manifest.json", copy / "manifest.json")
    text = (copy / path).read_text(encoding="utf-8")
    end = text.rindex("</main>") if path.endswith(".html") else len(text)
    said = f"<p>{number}</p>" if path.endswith(".html") else f"{number},,\r\n"
    (copy / path).write_text(f"{text[:end]}{said}{text[end:]}", encoding="utf-8", newline="")
    return copy


def test_a_count_written_like_a_number_is_a_number(release, tmp_path):
    """同じページに載せた人数でも、先頭に 0 があれば、番号である。"""
    count = max(
        number for number in known_numbers(release / "employers" / "E02") if len(number) == 5
    )
    path = "employers/E02/index.html"
    assert found_in(planted(release, tmp_path / "count", path, count), path) == set(), (
        "人数としては載せてよい"
    )
    assert found_in(planted(release, tmp_path / "number", path, f"00{count}"), path) == {
        "ここに載ってはならない番号"
    }
    path = "employers/E02/reminders.html"
    assert found_in(planted(release, tmp_path / "list", path, count), path) == {
        "ここに載ってはならない番号"
    }


def test_a_number_hidden_in_the_workbook_is_found(release, tmp_path):
    """升の値、見えない列の幅ではない属性、白紙の本にない色の決まり。"""
    path = "employers/E02/reminders_E02_2026-10.xlsx"
    parts = {
        "xl/worksheets/sheet1.xml": lambda text: text.replace(
            't="s"><v>', '><v>0000123</v></c><c t="s"><v>', 1
        ),
        "xl/sharedStrings.xml": lambda text: text.replace(
            "</si>", "</si><si><t>0000123</t></si>", 1
        ),
        "xl/worksheets/sheet2.xml": lambda text: text.replace(
            'width="12.7109375"', 'width="0000123"', 1
        ),
        "xl/workbook.xml": lambda text: text.replace('calcId="124519"', 'calcId="124518"', 1),
        "xl/theme/theme1.xml": lambda text: text.replace(
            "</a:theme>", "<!-- 0000123 --></a:theme>"
        ),
        "docProps/core.xml": lambda text: text.replace("</dc:title>", "0000123</dc:title>"),
    }
    for name, change in parts.items():
        copy = tmp_path / name.replace("/", "-") / "employers" / "E02"
        copy.mkdir(parents=True)
        shutil.copy(release / "manifest.json", copy.parents[1] / "manifest.json")
        with (
            zipfile.ZipFile(release / path) as book,
            zipfile.ZipFile(copy / Path(path).name, "w") as changed,
        ):
            for part in book.namelist():
                text = book.read(part).decode("utf-8")
                changed.writestr(part, change(text) if part == name else text)
                assert part != name or change(text) != text
        assert "ここに載ってはならない番号" in found_in(copy.parents[1], path), name


@given(
    counts=st.lists(st.integers(10_000, 551_806), min_size=27, max_size=27),
    stranger=st.integers(10_000, 551_806),
)
@settings(max_examples=30, deadline=None)
def test_any_counts_of_twenty_seven_months_and_their_changes_pass_and_a_stranger_does_not(
    tmp_path_factory, counts, stranger
):
    folder = tmp_path_factory.mktemp("pages") / "employers" / "E01"
    folder.mkdir(parents=True)
    months = [str(MONTHS[0].plus(at - 26)) for at in range(27)]
    rows = [f"{month},{count},{count}" for month, count in zip(months, counts, strict=True)]
    (folder / "trend.csv").write_text(
        "\r\n".join(["month,members,registered", *rows, ""]), encoding="utf-8-sig"
    )
    changes = [abs(after - before) for before, after in pairwise(counts)]
    page = folder / "index.html"
    page.write_text(json.dumps([*counts, *changes]), encoding="utf-8")
    assert digits_in(page) <= known_numbers(folder)
    assert digits_in(folder / "trend.csv") <= known_numbers(folder)
    page.write_text(f"<p>{stranger}</p><p>{stranger:07}</p>", encoding="utf-8")
    left = {f"{stranger:07}"} | ({str(stranger)} - {str(number) for number in (*counts, *changes)})
    assert digits_in(page) - known_numbers(folder) == left
