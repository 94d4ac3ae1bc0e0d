"""お知らせのページ：法の求める ①〜⑤ と申出先が、印刷されたお知らせのとおりに全てあり、文は一つも写していない。"""

import csv
import hashlib
import html
import re
import shutil
import unicodedata
import zipfile
from datetime import date
from pathlib import Path

import nbformat
import pytest
import yaml

from mynalib.capsules.notice import notice_facts
from mynalib.domain.months import Month
from mynalib.domain.params import Params, load_params
from mynalib.insight.notice_page import FORMS, NoticePage, said

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "params"
FACTS = ROOT / "tests" / "facts"
NOTICE = yaml.safe_load((FACTS / "notice.yaml").read_text(encoding="utf-8"))
OCTOBER = Month(2026, 10)
CHUNK = 14  # 字


def page_of(params: Params, month: Month = OCTOBER) -> NoticePage:
    return NoticePage(notice_facts(params, month) | {"society": params.society.name, "demo": False})


@pytest.fixture(scope="module")
def page() -> NoticePage:
    return page_of(load_params(SHIPPED))


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(SHIPPED, tmp_path / "params"))


def edit(folder, file, old, new):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def employers() -> dict[str, dict[str, str]]:
    with (FACTS / "employers.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["employer_id"]: row for row in csv.DictReader(file)}


def row_of(fact: dict[str, str]) -> list[str]:
    departments = fact["scope_departments"].replace(";", "\n")
    return [fact["name"], departments, fact["responsible_title"], fact["tel"]]


# 印刷されたお知らせと、一つずつ


def test_it_says_that_and_for_what_the_data_are_used_together(page):
    lines = page.what_and_why()
    assert "日本旅行健康保険組合" in lines[0] and "共同利用" in lines[0]
    for kind, mark in (("link", "❶"), ("renew", "❷")):
        [line] = [line for line in lines if line.startswith(mark)]
        assert all(fact in line for fact in NOTICE["purposes"][kind])
    whole = "".join(lines)
    for fact in ("source", "not_used_for", "penalty"):
        assert NOTICE[fact] in whole
    assert "任意" in whole and "資格確認書" in whole


def test_it_lists_the_eight_items_with_their_codes(page):
    found = [
        (row[0].split("\N{NO-BREAK SPACE}", 1)[1], "".join(re.findall("(?m)^([0-9])：", row[2])))
        for row in page.item_rows()
    ]
    assert found == [tuple(item) for item in NOTICE["items"]]
    assert "「0」" in said("returned"), "返納者は、毎日 0 として届く"


def test_it_lists_every_employer_with_departments_responsible_person_and_phone(page):
    facts = employers()
    own = facts.pop("KENPO")
    assert page.party_rows() == [row_of(fact) for fact in facts.values()]
    assert page.society_rows() == [row_of(own)]
    assert "19 社" in page.caption("parties")


def test_it_names_who_is_responsible_and_says_what_is_not_written(page):
    assert page.controller_rows() == [
        ["名称", "日本旅行健康保険組合"],
        ["住所", "（未記載）"],
        ["代表者の氏名", "（未記載）"],
        ["電話", "03-6895-8391"],
    ]


def test_it_says_how_to_object_at_either_door_without_a_reason(page):
    doors = [row[0] for row in page.door_rows()]
    assert doors == ["事業所", "日本旅行健康保険組合"]
    assert all(all(cell for cell in row) for row in page.door_rows())
    assert "わけはお尋ねしません" in page.how_to_object()[0]
    assert NOTICE["article"] in "".join(page.texts())


def chunks(text: str) -> set[str]:
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    windows = (plain[at : at + CHUNK] for at in range(len(plain) - CHUNK + 1))
    return {hashlib.sha256(window.encode()).hexdigest()[:12] for window in windows}


def test_no_sentence_is_copied_from_the_printed_notice(page):
    cells = nbformat.read(ROOT / "notebooks" / "07_joint_use_notice.ipynb", as_version=4).cells
    written = (ROOT / "mynalib" / "insight" / "notice.yaml").read_text(encoding="utf-8")
    whole = "\n".join([*page.texts(), written, *(cell.source for cell in cells)])
    assert len(NOTICE["sentences"]) > 80
    assert not chunks(whole) & {*NOTICE["sentences"]}
    assert chunks("健保組合及び事業所から") == set(), "短い言葉は、文ではない"


# 設定のとおりに


def test_an_employer_that_is_not_notified_is_not_in_the_table(folder):
    edit(folder, "employers/E02.yaml", "notified: true ", "notified: false ")
    rows = page_of(load_params(folder)).party_rows()
    assert len(rows) == 18 and not any("日旅産業" in row[0] for row in rows)


def test_a_notice_that_is_not_yet_in_force_is_shown_as_of_its_first_day(folder):
    edit(folder, "joint_use.yaml", "effective: 2025-10-01", "effective: 2026-12-01")
    assert len(page_of(load_params(folder)).party_rows()) == 19


def test_a_notice_past_its_review_shows_nothing_of_itself(folder):
    edit(folder, "calendar.yaml", "to: 2030-09-30", "to: 2026-10-30")
    page = page_of(load_params(folder))
    assert page.what_and_why() == [said("stale")]
    assert page.party_rows() == []


def test_what_the_page_says_of_children_follows_the_calendar_and_the_policy(folder):
    now, guardian = said("children")["now"], said("children")["guardian"]
    assert now in page_of(load_params(folder)).how_to_object()
    edit(folder, "calendar.yaml", "to: 2028-07-16", "to: 2026-09-30")
    assert not {now, guardian} & {*page_of(load_params(folder)).how_to_object()}
    edit(folder, "joint_use.yaml", "policy: undecided", "policy: guardian, decided_on: 2026-09-01")
    assert guardian in page_of(load_params(folder)).how_to_object()


def test_an_earlier_version_is_named_with_its_days(folder):
    edit(folder, "joint_use.yaml", 'version: "1"', 'version: "2"')
    edit(folder, "joint_use.yaml", "effective: 2025-10-01", "effective: 2026-04-01")
    edit(folder, "calendar.yaml", "to: 2030-09-30", "to: 2026-03-31")
    with (folder / "calendar.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "  - {what: お知らせ 第2版, use: notice, version: '2', from: 2026-04-01, to: 2027-03-31,"
            " follows: 見直す, source: 組合, checked_by: ''}\n"
        )
    lines = page_of(load_params(folder)).version_lines()
    assert any("第2版" in line and "2026年4月1日" in line for line in lines)
    assert any("第1版" in line and "2026年3月31日まで" in line for line in lines)


# 公開したもの


def read(path: Path) -> str:
    """ページの言葉。数と単位のあいだの、改行しない空白も、ただの空白として。"""
    text = html.unescape(re.sub("<[^>]*>", "\n", path.read_text(encoding="utf-8")))
    return text.replace("\u00a0", " ")


def test_the_released_page_holds_all_of_it_and_leads_to_the_forms(published):
    folder = published.release / "notice"
    text = read(folder / "index.html")
    page = page_of(published.params)
    lines = [line.replace("\u00a0", " ") for line in page.texts() if line]
    missing = [line for line in lines if line not in text]
    assert missing == [page.sheet_version()], "用紙の足もとだけは、用紙にある"
    for name in FORMS:
        assert f'href="{name}.html"' in (folder / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FORMS)
def test_a_form_asks_for_no_reason_and_names_both_doors(published, name):
    text = read(published.release / "notice" / f"{name}.html")
    heads = [head for head, _ in said("sheets")["fields"]]
    assert all(head in text for head in heads)
    assert not [head for head in heads if re.search("わけ|理由|事由", head)]
    assert all(channel.to in text for channel in published.params.joint_use.optout_channels)
    assert all(channel.contact in text for channel in published.params.joint_use.optout_channels)


def book_text(path: Path) -> str:
    with zipfile.ZipFile(path) as book:
        return html.unescape(book.read("xl/sharedStrings.xml").decode("utf-8"))


def test_the_channels_stand_on_everything_that_speaks_of_objecting(published):
    """ページにも、リストの表にも、両方の窓口。自宅に送る手紙には、事業所のない方もいるので、健保の窓口。"""
    speaking = 0
    both = published.params.joint_use.optout_channels
    for path in published.release.rglob("*"):
        if path.suffix == ".html" or (path.suffix == ".xlsx" and "employers" in path.parts):
            text = read(path) if path.suffix == ".html" else book_text(path)
            if re.search("同意|お?申し?出", text):
                speaking += 1
                channels = both[1:] if path.name == "letters.html" else both
                told = all(one.to in text and one.contact in text for one in channels)
                assert told, path.relative_to(published.release)
    assert speaking > 8


def test_the_gate_refuses_a_number_on_the_notice_that_the_params_do_not_say(published):
    from mynalib.release.number_check import unlisted_numbers

    path = published.release / "notice" / "index.html"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("任意です", "任意です。登録は 71 人です"), encoding="utf-8")
    assert unlisted_numbers(path, set(), [*page_of(published.params).texts()])


def test_the_day_of_the_page_is_the_end_of_the_month():
    assert OCTOBER.end == date(2026, 10, 31)
