"""手紙：一人に一枚、だれのことかは書かれない。文には、なくてはならない言葉が、どの手紙にもある。一枚の A4 に収まる。"""

import html
import re
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from chromium import CHROMIUM, QUIET, require_chromium
from playwright.sync_api import Page, sync_playwright
from societies import MONTHS, SmallSociety, everybody

from mynalib.domain.months import Month
from mynalib.domain.params import load_params
from mynalib.domain.shipped import templates
from mynalib.jobs.letters import qr_code
from mynalib.jobs.pages import style_sheet
from mynalib.reminders.letters import benefit, check_letters, letter_facts, with_serials
from mynalib.reminders.text_rules import FILE, LETTER_KINDS, LONGEST, said_by, text_problems
from mynalib.reminders.texts import TextsWrong, read_texts, shipped_letters
from mynalib.verbs.check import check_home

PARAMS = Path(__file__).parents[2] / "params"
ADDRESS = "https://www.example-kenpo.or.jp/member/mynumber/card/registration/index.html"


@pytest.fixture(scope="module")
def page(_published) -> str:
    folder = _published / "reports" / str(MONTHS[1]) / "internal" / "lists"
    return (folder / "letters.html").read_text(encoding="utf-8")


def letters_of(page: str) -> list[str]:
    return re.findall('<section class="letter".*?</section>', page, re.DOTALL)


def shipped() -> dict:
    return yaml.safe_load(shipped_letters())


# 一枚の手紙


def test_a_letter_names_nobody(page):
    people = [line.split(",") for line in everybody()]
    for _, number, _, *_ in people:
        assert number not in page
    assert not re.search("(?<![0-9])(120|901)5[0-9]{3}(?![0-9])", page)


def test_the_outside_shows_only_a_serial_number_and_a_word_that_tells_nothing(page):
    windows = re.findall('<div class="window">.*?</p></div>', page, re.DOTALL)
    assert len(windows) == len(letters_of(page)) > 0
    for window in windows:
        words = " ".join(re.sub("<[^>]*>", " ", window).split())
        assert re.fullmatch("親展 [0-9]{3}-[0-9]{4}", words)


def test_a_letter_does_not_tell_that_anybody_else_has_one(page):
    """世帯の番号も、何枚目かも、書かれない。通し番号と読み上げの名のほかは、同じ勧奨の手紙と、一字も違わない。"""
    bodies = {}
    for letter in letters_of(page):
        plain = re.sub("[0-9]{3}-[0-9]{4}(?![0-9])", "", letter.replace("03-6895-8391", "電話"))
        bodies.setdefault(re.search("<h2>(.*?)</h2>", letter)[1], set()).add(plain)
    assert bodies and all(len(texts) == 1 for texts in bodies.values())
    assert "家族" not in page and "世帯" not in re.sub(
        "<style>.*?</style>", "", page, flags=re.DOTALL
    )


def test_every_letter_says_one_thing_in_three_steps_with_a_friendly_date(page):
    letters = letters_of(page)
    assert letters
    for letter in letters:
        assert letter.count("<h2>") == letter.count('class="action"') == 1
        steps = re.search('<ol class="three">(.*?)</ol>', letter, re.DOTALL)[1]
        assert steps.count("<li>") == 3
        for word in (
            "任意",
            "資格確認書",
            "行き違い",
            "12月末ごろまでに",
            "2026年10月31日時点",
            "03-6895-8391",
        ):
            assert word in letter
        assert "各事業所の責任者" not in letter


def test_whoever_has_to_renew_reads_of_two_ways_and_the_others_of_none():
    for kind in LETTER_KINDS:
        facts = letter_facts_of(shipped())["letters"][kind]
        assert len(facts["paths"]) == (0 if kind == "link" else 2)


def test_the_letter_to_renew_first_is_true_of_whoever_never_had_a_card():
    said = said_by(shipped(), "renew_then_link")
    assert "お持ちでしたら" in said and "もう一度" not in said
    assert said.index("更新") < said.index("登録")


def letter_facts_of(texts: dict) -> dict:
    return letter_facts(load_params(PARAMS), MONTHS[1], texts)


# 通し番号


def test_serials_never_hold_five_digits_in_a_row():
    serials = with_serials(pd.DataFrame({"symbol": "901", "number": range(20_001)}))
    assert serials.serial.is_unique and serials.serial.iloc[[0, 9_999, -1]].tolist() == [
        "000-0001",
        "001-0000",
        "002-0001",
    ]
    assert not serials.household.str.contains("[0-9]{5}").any()


def test_a_household_is_whoever_shares_symbol_and_number():
    rows = pd.DataFrame({"symbol": ["120", "901", "901", "901"], "number": ["1", "1", "1", "2"]})
    assert with_serials(rows).household.tolist() == [
        "H000-0001",
        "H000-0002",
        "H000-0002",
        "H000-0003",
    ]


# 文の点検


@pytest.mark.parametrize(
    ("old", "new", "where", "said"),
    [
        ("登録は任意です。", "登録してください。", "voluntary", "任意"),
        ("健保組合が資格確認書を", "健保組合が書類を", "voluntary", "資格確認書"),
        ("お問い合わせ：{contact}", "お電話でどうぞ", "link", "{contact}"),
        ("お申出先：{channels}", "お申出先：健保", "renew", "{channels}"),
        ("{by}ごろまでに、", "", "by", "{by}"),
        ("{as_of}のデータで", "先月のデータで", "renew_then_link", "{as_of}"),
        ("行き違いで、", "", "link", "行き違い"),
        ("同意すれば同じ", "いえば同じ", "benefit", "同意"),
        ("（区分オ）", "", "benefit", "区分オ"),
        ("付加給付により、", "", "benefit", "付加給付"),
        ("{amount} 円", "87,430 円", "benefit", "{amount}"),
        ("市区町村の窓口か、取り扱う郵便局で", "お近くの郵便局で", "renew_then_link.paths", "市区町村の窓口"),
        ("写真を添えて申し込みます", "申し込みます", "renew.paths", "写真"),
        ("利用登録をしてみませんか", "利用登録は義務です", "link", "義務"),
        ("どれか一つで登録します", "どれか一つで必ず登録してください", "link", "必ず登録"),
        ("どれか一つで登録します", "登録しなければなりません", "link", "しなければなりません"),
        ("次の受診から", "証明書は有効です。次の受診から", "link", "有効"),
        ("次の受診から", "しないと受診できなくなります。次の受診から", "link", "受診できなくなります"),
        ("次の受診から", "全額自己負担。次の受診から", "link", "全額自己負担"),
        ("次の受診から", "限度額は87430円。次の受診から", "link", "87430"),
        ("次の受診から", "これまでの保険証でなく、次の受診から", "link", "これまでの保険証"),
        ("outside: 親展", "outside: 電子証明書のお知らせ", "outside", "証明書"),
        ("outside: 親展", "outside: '{by}'", "outside", "{"),
        ("{as_of}のデータで", "{month}{as_of}のデータで", "", "{month}"),
        ("{as_of}のデータで", "{as_of}{by:>9}のデータで", "", "{by:>9}"),
        ("{as_of}のデータで", "{as_of}{by.__class__}のデータで", "", "{by.__class__}"),
        ("次の受診から", "あ" * LONGEST, "link", f"{LONGEST} 字まで"),
        ("    - 次の受診から、受付のカードリーダーにカードを置いてください。\n\nrenew:", "\nrenew:", "link.steps", "3 つ"),
        ("カードそのものの更新（18歳未満、十年目の方）\n      how:", "カードの更新\n      hou:", "renew.paths", "2 つ"),
        ("電子証明書の更新と、利用登録のご案内", "マイナ保険証の利用登録のご案内", "", "同じ題"),
        ("outside: ", "outsides: ", "outside", "文を書いて"),
        ("link:\n", "link: [\n", "", "YAML"),
    ],
)  # fmt: skip
def test_a_text_that_lost_or_gained_a_word_is_named(small, old, new, where, said):
    file = small.home.texts / FILE
    text = shipped_letters()
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(TextsWrong) as stop:
        read_texts(small.home)
    assert said in str(stop.value) and f"texts/{FILE}" in str(stop.value)
    found = check_home(small.home).errors
    assert any(said in str(one) and where in str(one) for one in found)


@pytest.mark.parametrize("stray", ["letters.yaml.txt", "letter.yaml", "letters_B.yml"])
def test_a_file_of_texts_that_nobody_reads_is_named(small, stray):
    (small.home.texts / FILE).rename(small.home.texts / stray)
    with pytest.raises(TextsWrong) as stop:
        read_texts(small.home)
    assert f"texts/{stray}" in str(stop.value)


@pytest.mark.parametrize("kind", LETTER_KINDS)
def test_a_word_in_another_letter_does_not_stand_for_the_word_in_this_one(kind):
    texts = shipped()
    texts["voluntary"] = "資格確認書があります。"
    other = next(one for one in LETTER_KINDS if one != kind)
    texts[other]["title"] += "（任意）"
    assert any(kind in str(one) and "任意" in str(one) for one in text_problems(texts))


@pytest.mark.parametrize("texts", [None, [], "文", {"link": 1}, {"notes": [1]}, {1: 2}])
def test_a_file_of_another_shape_is_refused_without_a_traceback(texts):
    assert text_problems(texts)


def test_a_file_that_is_not_utf8_is_refused(small):
    (small.home.texts / FILE).write_bytes("outside: 親展".encode("cp932"))
    with pytest.raises(TextsWrong):
        read_texts(small.home)


def places(texts: object, path: tuple = ()) -> list[tuple]:
    """文のある全ての場所。"""
    if isinstance(texts, str):
        return [path]
    items = texts.items() if isinstance(texts, dict) else enumerate(texts)
    return [place for name, part in items for place in places(part, (*path, name))]


def test_a_text_that_passes_can_be_printed_whatever_it_puts_in_wherever(small):
    """どの場所に、どの名を入れても、断られるか、手紙になるか（作る途中で落ちない）。"""
    names = ["as_of", "by", "contact", "channels", "society", "applies_to", "amount", "other"]
    printed = set()
    for place, name in product(places(shipped()), names):
        texts = part = shipped()
        for step in place[:-1]:
            part = part[step]
        part[place[-1]] += f"{{{name}}}"
        if not text_problems(texts):
            letter_facts(small.params, MONTHS[1], texts)
            printed.add((place[0] == "benefit", name))
    assert printed == {(False, name) for name in names[:5]} | {(True, name) for name in names[5:7]}


def test_the_texts_that_come_with_the_tool_are_right_and_init_copies_them(small):
    assert text_problems(shipped()) == []
    assert (small.home.texts / FILE).read_text(encoding="utf-8") == shipped_letters()
    (small.home.texts / FILE).unlink()
    assert read_texts(small.home) == shipped()


# 限度額と問合せ先


@pytest.mark.parametrize(
    ("day", "amount"), [(date(2026, 7, 31), "87,430"), (date(2026, 8, 1), "92,940")]
)
def test_the_limit_is_that_of_the_day_with_its_three_conditions(small, day, amount):
    said = benefit(small.params, shipped(), day)
    assert amount in said
    assert all(word in said for word in ("資格確認書", "同意", "区分オ", "付加給付"))


@pytest.mark.parametrize(
    ("today", "said"), [("2026-07-05", True), ("2026-08-05", False), ("2026-06-30", False)]
)
def test_check_says_in_which_month_the_limit_changes_while_letters_are_read(small, today, said):
    """7 月末に出す手紙（6 月の断面）は、8 月末まで読まれる。額は 8 月に変わる。"""
    day = date.fromisoformat(today)
    found = [one for one in check_letters(small.params, day) if "額が変わる" in one.what]
    assert bool(found) == said
    facts = letter_facts(small.params, Month.of(day).plus(-1), shipped())
    assert (facts["benefit"] == "") == said


def test_a_limit_nobody_verified_is_left_out_and_check_says_so(small):
    file = small.home.params / "benefits.yaml"
    text = re.sub("verified_by: .*", 'verified_by: ""', file.read_text(encoding="utf-8"))
    file.write_text(text, encoding="utf-8")
    assert benefit(small.params, shipped(), date(2026, 11, 30)) == ""
    assert check_letters(small.params, date(2026, 11, 30))
    assert any("benefits.yaml" in str(one) for one in check_home(small.home).warnings)


def test_a_society_without_a_phone_is_told_that_its_letters_say_nobody_to_ask(small):
    change(small, "joint_use.yaml", ", contact: 03-6895-8391", "")
    assert any("letters.contact" in str(one) for one in check_home(small.home).warnings)
    change(small, "society.yaml", '  contact: "" ', "  contact: 03-0000-0000 ")
    assert not any("letters.contact" in str(one) for one in check_home(small.home).warnings)


@pytest.mark.parametrize("address", ["http://example.jp/", "https://a b.jp/", 'https://x"y.jp/'])
def test_an_address_that_is_not_a_plain_https_one_is_refused(small, address):
    change(small, "society.yaml", '  address: "" ', f"  address: '{address}' ")
    assert any("https://" in str(one) for one in check_home(small.home).errors)


def change(society: SmallSociety, name: str, old: str, new: str) -> None:
    file = society.home.params / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


# 紙と画面


def written(texts: dict, folder: Path) -> Path:
    """どの勧奨も一枚ずつの手紙。QR コード、住所、電話も、長いもので。"""
    facts = letter_facts_of(texts)
    sender = {
        "name": "日本旅行健康保険組合",
        "address": "東京都中央区日本橋一丁目十九番一号　日本橋ダイヤビルディング十二階",
        "contact": "03-0000-0000（平日 9 時から 17 時）",
    }
    sheets = [
        {"serial": f"000-000{at}", "action": kind, "wording": "A"}
        for at, kind in enumerate(LETTER_KINDS, 1)
    ]
    page = {**facts, "sender": sender, "address": ADDRESS, "qr": qr_code(ADDRESS), "sheets": sheets}
    page |= {"society": sender["name"], "demo": True, "style": style_sheet(), "sample": False}
    page |= {"other_letters": {}}
    target = folder / "letters.html"
    text = templates().get_template("jobs/template/letters.html.j2").render(**page)
    target.write_text(text, encoding="utf-8")
    return target


@pytest.fixture(scope="module")
def window():
    require_chromium()
    with (
        sync_playwright() as play,
        play.chromium.launch(executable_path=CHROMIUM, args=QUIET) as browser,
    ):
        yield browser.new_context(locale="ja-JP").new_page()


def longest() -> dict:
    texts = shipped()
    for kind in LETTER_KINDS:
        room = LONGEST - len(said_by(texts, kind))
        texts[kind]["steps"][0] += "あ" * room
    assert text_problems(texts) == []
    return texts


@pytest.mark.browser
@pytest.mark.parametrize("texts", [shipped, longest])
def test_each_letter_fits_on_one_sheet_of_a4_with_everything_on_it(window: Page, tmp_path, texts):
    window.goto(written(texts(), tmp_path).as_uri())
    content = window.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == len(LETTER_KINDS)


@pytest.mark.browser
@pytest.mark.parametrize("width", [375, 1280])
def test_letters_can_be_read_by_everybody_and_on_a_small_screen(window: Page, tmp_path, width):
    window.set_viewport_size({"width": width, "height": 800})
    window.goto(written(shipped(), tmp_path).as_uri())
    assert window.evaluate("document.documentElement.scrollWidth") == width
    assert Axe().run(window).response["violations"] == []


@pytest.mark.browser
def test_the_code_of_the_address_is_drawn_whole(window: Page, tmp_path):
    window.goto(written(shipped(), tmp_path).as_uri())
    box, drawn = window.evaluate(
        "(() => { const s = document.querySelector('.qr svg'), b = s.getBoundingClientRect();"
        "return [[b.width, s.viewBox.baseVal.width], s.querySelector('path').getBoundingClientRect().right - b.left] })()"
    )
    assert box[1] > 0 and drawn <= box[0]


@pytest.mark.browser
def test_the_pages_of_the_published_lists_can_be_read_by_everybody(window: Page, _published):
    folder = Path(_published) / "reports" / str(MONTHS[1]) / "internal" / "lists"
    for name in ("index.html", "letters.html"):
        window.set_viewport_size({"width": 375, "height": 800})
        window.goto((folder / name).as_uri())
        assert Axe().run(window).response["violations"] == []
        assert window.evaluate("document.documentElement.scrollWidth") == 375


def test_the_address_becomes_a_code_drawn_offline(small):
    change(small, "society.yaml", '  address: "" ', f'  address: "{ADDRESS}" ')
    small.publish()
    page = (small.release / "internal" / "lists" / "letters.html").read_text(encoding="utf-8")
    assert page.count("<svg") == len(letters_of(page)) > 0 and html.escape(ADDRESS) in page


@pytest.mark.parametrize(
    ("base", "multiple", "annual_cap", "odd"),
    [
        (85_800, 44_400, 530_000, False),
        (85_800, 44_400, None, False),
        (85_800, None, 1_029_600, False),
        (44_400, 85_800, None, True),
        (85_800, 44_400, 5_300_000, True),
        (85_800, None, 1_029_601, True),
    ],
)
def test_a_limit_that_cannot_be_right_is_named_with_its_source(
    small, base, multiple, annual_cap, odd
):
    [row, *_] = [one for one in small.params.benefits.limits if one.bracket == "ウ"]
    amounts = {"base": base, "multiple": multiple, "annual_cap": annual_cap}
    benefits = small.params.benefits.model_copy(
        update={"limits": (row.model_copy(update=amounts),)}
    )
    found = check_letters(replace(small.params, benefits=benefits), date(2026, 7, 1))
    named = [one for one in found if "多数回の額" in one.what]
    assert bool(named) == odd and all(row.source in one.what for one in named)
