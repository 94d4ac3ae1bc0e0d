"""健保の名簿と手紙：健保が知らせる人だけが、一人に一枚。手紙に、だれのことかは書かれず、文には、なくてはならない言葉がある。"""

import csv
import re
from datetime import date

import pandas as pd
import pytest
import yaml
from chromium import CHROMIUM, QUIET, require_chromium
from openpyxl import load_workbook
from playwright.sync_api import sync_playwright
from societies import MONTHS, everybody

from mynalib.reminders.letters import benefit, check_benefits, with_serials
from mynalib.reminders.texts import FILE, TextsWrong, read_texts, shipped_letters, text_problems
from mynalib.verbs.check import check_home

NUMBER = re.compile("(?<![0-9])(120|901)5[0-9]{3}(?![0-9])")


@pytest.fixture(scope="module")
def lists(tmp_path_factory, _published):
    """小さな組合の、公開した internal/lists/。"""
    return _published / "reports" / str(MONTHS[1]) / "internal" / "lists"


def expected() -> set[tuple[str, str, str]]:
    """健保が知らせるはずの人：職員と、事業所のない人のうち、登録していない人（小さな組合では、本人の申請も要確認もない）。"""
    return {
        tuple(line.split(",")[:3])
        for line in everybody()
        if line.startswith(("120,", "901,")) and line.split(",")[3] == "0"
    }


def test_the_list_the_keys_and_the_letters_hold_exactly_whom_the_society_reminds(lists):
    with (lists / "letter_keys.csv").open(encoding="utf-8-sig", newline="") as file:
        keys = list(csv.reader(file))
    assert keys[0] == ["通し番号", "記号", "番号", "枝番", "勧奨の内容"]
    assert {tuple(row[1:4]) for row in keys[1:]} == expected()
    [sheet] = load_workbook(lists / "society_list.xlsx")
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
    assert {tuple(row[1:4]) for row in rows} == expected()
    page = (lists / "letters.html").read_text(encoding="utf-8")
    assert re.findall('<p class="serial">(.*?)</p>', page) == [row[0] for row in keys[1:]]


def test_a_letter_names_nobody_and_shows_no_status_outside(lists):
    page = (lists / "letters.html").read_text(encoding="utf-8")
    assert not NUMBER.search(page)
    assert not any(f">{number}<" in page for _, number, _ in expected())
    for outside in re.findall('<div class="window">(.*?)</div>', page, re.DOTALL):
        assert not re.search("登録|更新|証明書|失効|❶|❷", outside)


def test_every_letter_says_one_thing_three_steps_and_that_it_is_voluntary(lists):
    page = (lists / "letters.html").read_text(encoding="utf-8")
    letters = re.findall('<section class="letter".*?</section>', page, re.DOTALL)
    assert letters
    for letter in letters:
        assert letter.count("<h2>") == 1
        assert len(re.findall("<li>", letter.partition("letter-notes")[0])) == 3
        assert "任意" in letter and "資格確認書" in letter and "2026年12月末ごろ" in letter
        assert "更新" in letter or "renew" not in letter


def test_each_letter_fits_on_one_sheet_of_a4(lists, tmp_path):
    require_chromium()
    with (
        sync_playwright() as play,
        play.chromium.launch(executable_path=CHROMIUM, args=QUIET) as browser,
    ):
        page = browser.new_page()
        page.goto((lists / "letters.html").as_uri())
        count = page.locator(".letter").count()
        content = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == count


def test_an_objector_and_a_changed_row_of_his_change_no_byte_of_letters_and_lists(small):
    small.object_to("901,9015001,00", "120,1205001,00")
    small.publish()
    folder = small.release / "internal" / "lists"
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert not any(b"9015001" in content for content in files.values())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("登録は任意です。", "登録してください。", "任意"),
        ("資格確認書", "別の書類", "資格確認書"),
        ("{contact}", "お電話で", "{contact}"),
        ("{by}ごろまでを目安に、", "", "{by}"),
        ("登録をしてみませんか", "登録は義務です", "義務"),
        ("{amount} 円", "87,430 円", "87,430"),
        ("{as_of}", "{month}", "{month}"),
        (
            "    - 次の受診のときから、受付の機械にカードを置く。\n\nrenew:",
            "\nrenew:",
            "ちょうど 3 つ",
        ),
        ("outside: ", "outsides: ", "outside"),
        ("link:\n", "link: [\n", "YAML"),
    ],
)
def test_a_text_that_lost_a_needed_word_is_named(small, old, new, said):
    file = small.home.texts / FILE
    text = shipped_letters()
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(TextsWrong) as stop:
        read_texts(small.home)
    assert said in str(stop.value)
    assert any(said in str(problem) for problem in check_home(small.home).errors)


def test_the_texts_that_come_with_the_tool_are_right_and_a_home_without_its_own_uses_them(small):
    assert text_problems(yaml.safe_load(shipped_letters())) == []
    (small.home.texts / FILE).unlink()
    assert read_texts(small.home) == yaml.safe_load(shipped_letters())


@pytest.mark.parametrize(
    ("day", "amount"), [(date(2026, 7, 31), "87,430"), (date(2026, 8, 1), "92,940")]
)
def test_the_limit_is_that_of_the_day_with_its_three_conditions(small, day, amount):
    said = benefit(small.params, yaml.safe_load(shipped_letters()), day)
    assert amount in said
    assert all(word in said for word in ("同意", "区分オ", "付加給付"))


def test_a_limit_nobody_verified_is_left_out_and_check_says_so(small):
    file = small.home.params / "benefits.yaml"
    text = re.sub("verified_by: .*", 'verified_by: ""', file.read_text(encoding="utf-8"))
    file.write_text(text, encoding="utf-8")
    assert benefit(small.params, yaml.safe_load(shipped_letters()), date(2026, 11, 30)) == ""
    assert check_benefits(small.params, date(2026, 11, 30))
    assert any("benefits.yaml" in str(one) for one in check_home(small.home).warnings)


def test_serials_never_hold_five_digits_in_a_row():
    serials = with_serials(pd.DataFrame({"number": range(20_001)})).serial
    assert serials.is_unique and serials.iloc[[0, 9_999, -1]].tolist() == [
        "000-0001",
        "001-0000",
        "002-0001",
    ]


def test_the_address_becomes_a_code_drawn_offline(small):
    file = small.home.params / "society.yaml"
    text = file.read_text(encoding="utf-8")
    new = text.replace('  address: "" ', '  address: "https://example.jp/myna" ')
    assert new != text
    file.write_text(new, encoding="utf-8")
    small.publish()
    page = (small.release / "internal" / "lists" / "letters.html").read_text(encoding="utf-8")
    assert page.count("<svg") == len(expected()) and "https://example.jp/myna" in page
