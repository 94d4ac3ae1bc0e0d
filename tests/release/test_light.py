"""軽さ：図の道具は図のあるところにだけ、メール用は一つのファイルで、PDF は手もとのブラウザーで。"""

import json
import re

import pytest
from chromium import require_chromium
from commands import myna

LIMIT = 300_000  # バイト。メールに付けられる大きさ
BUNDLE = "plotly-basic.min.js"


def test_the_bundle_lies_once_in_each_folder_that_draws_and_only_its_pages_load_it(published):
    for folder in {page.parent for page in published.release.rglob("*.html")}:
        pages = {page: page.read_text(encoding="utf-8") for page in folder.glob("*.html")}
        draws = {page for page, text in pages.items() if 'class="figure-data"' in text}
        assert {page for page, text in pages.items() if BUNDLE in text} == draws
        assert (folder / "assets" / BUNDLE).exists() == bool(draws), folder
    assert not (published.release / "assets" / BUNDLE).exists()
    assert not (published.release / "employers" / "E03" / "assets" / BUNDLE).exists()


def test_the_edition_for_mail_is_one_light_file_with_every_word_and_picture_of_the_page(published):
    folder = published.release / "management"
    page, mail = (
        (folder / name).read_text(encoding="utf-8") for name in ("index.html", "mail.html")
    )
    assert len(mail.encode()) <= LIMIT
    assert not re.search('<script|<link|(?:src|href)="(?!#)', mail)
    pictures = [re.findall('<svg class="drawn".*?</svg>', text, re.DOTALL) for text in (page, mail)]
    assert pictures[0] == pictures[1]
    assert len(pictures[0]) == page.count('class="figure-data"') > 0
    told = [
        re.sub(
            "<[^>]*>|\\s",
            "",
            re.sub(
                '<(script|style|nav)[ >].*?</\\1>|<p class="download">.*?</p>',
                "",
                text,
                flags=re.DOTALL,
            ),
        )
        for text in (page, mail)
    ]
    assert told[0] == told[1]
    assert not (published.release / "internal" / "mail.html").exists()


def test_without_a_browser_the_command_says_so_and_what_to_do(published):
    where = ("--month", "2026-10", "--home", published.home.root, "--json")
    said = json.loads(myna("pdf", *where, MYNA_BROWSER="ないブラウザー").stdout)
    assert (said["error"], "印刷から PDF に保存" in said["fix"]) == ("NO_BROWSER", True)
    missing = json.loads(myna("pdf", *where, "--page", "employers/E99/index.html").stdout)
    assert missing["error"] == "UNKNOWN_PAGE"
    assert not (published.home.root / "outbox").exists()


@pytest.mark.browser
def test_a_released_page_becomes_a_pdf_outside_the_release(published):
    require_chromium()
    before = published.bytes_of()
    done = myna("pdf", "--month", "2026-10", "--home", published.home.root)
    assert done.returncode == 0, done.stderr
    target = published.home.root / "outbox" / "2026-10" / "management-index.pdf"
    assert target.read_bytes().startswith(b"%PDF")
    assert target.stat().st_mode & 0o077 == 0
    assert published.bytes_of() == before
