"""手紙を書く：A4 の HTML（一人に一枚、三つ折り）と、差し込み印刷のための鍵の CSV、健保の名簿の XLSX。"""

from functools import cache
from pathlib import Path

import pandas as pd
import segno
import xlsxwriter

from mynalib.domain.shipped import templates
from mynalib.domain.society import demo_suffix
from mynalib.insight import display
from mynalib.insight.capsule import Capsule
from mynalib.insight.society_page import listed, lists_returned
from mynalib.jobs.pages import style_sheet
from mynalib.jobs.society_files import write_quoted, write_titled
from mynalib.jobs.workbook import EPOCH, PLAIN, marked, write_lines
from mynalib.reminders.letters import EACH_UP_TO

# 健保の名簿の、ファイルの名のはじめ
LETTERS_NAME = "letters"
LETTER_KEYS_NAME = "letter_keys"
SOCIETY_LIST_NAME = "society_list"
KEY_COLUMNS = ["serial", "household", "sheet", "sheets", "symbol", "number", "branch", "action"]


def write_letters(capsule: Capsule, folder: Path) -> Path:
    """手紙。人が多ければ、勧奨ごとに一枚の見本。"""
    people = _with_wordings(capsule)
    each = len(people) <= EACH_UP_TO
    sheets = people[["serial", "action", "wording"]] if each else _samples(people)
    facts = capsule.facts
    named = ("letters", "benefit", "address", "sender", "dated", "society", "demo")
    page = {
        **{name: facts[name] for name in named},
        "other_letters": facts.get("other_letters", {}),
        "sheets": sheets.to_dict("records"),
        "qr": qr_code(facts["address"]),
        "style": style_sheet(),
        "sample": not each,
    }
    target = folder / f"{LETTERS_NAME}{demo_suffix(facts['demo'])}.html"
    text = templates().get_template("jobs/template/letters.html.j2").render(**page)
    target.write_text(text, encoding="utf-8", newline="\n")
    return target


def _samples(people: pd.DataFrame) -> pd.DataFrame:
    kinds = people[["action", "wording"]].drop_duplicates().sort_values(["action", "wording"])
    return kinds.assign(serial="")


def _with_wordings(capsule: Capsule) -> pd.DataFrame:
    """手紙を出す人と、手紙の文（列 wording）。文をくらべていなければ、みな A。"""
    people = listed(capsule, "people").frame
    if not _compares_wordings(capsule):
        return people.assign(wording="A")
    return people.assign(wording=listed(capsule, "wordings").frame.wording)


def _compares_wordings(capsule: Capsule) -> bool:
    return "wordings" in capsule.facts["tables"]


def write_keys(capsule: Capsule, folder: Path) -> Path:
    """差し込み印刷の鍵：通し番号と世帯の番号から、記号・番号・枝番と、どの手紙か。UTF-8（BOM 付き）、どの升も引用符の中の文字。

    文をくらべるときは、どちらの文（A か B）かも。sheet は世帯の何枚目か、sheets は世帯の枚数。sheet が 1 の行だけを使えば、世帯に一通の宛名になる。
    """
    people = _with_wordings(capsule)
    columns = [*KEY_COLUMNS, *(["wording"] if _compares_wordings(capsule) else [])]
    homes = people.groupby("household").serial
    people = people.assign(sheet=homes.cumcount() + 1, sheets=homes.transform("size"))[columns]
    return write_quoted(
        people, folder / f"{LETTER_KEYS_NAME}{demo_suffix(capsule.facts['demo'])}.csv"
    )


def write_society_list(capsule: Capsule, folder: Path) -> Path:
    """健保の名簿の XLSX：手紙を出す方、要確認の方、（方針が載せれば）カードを返納した方、お取り扱い。"""
    said = display.words("society_list")
    names = ["people", "review", *(["returned"] if lists_returned(capsule) else [])]
    target = folder / f"{SOCIETY_LIST_NAME}{demo_suffix(capsule.facts['demo'])}.xlsx"
    with xlsxwriter.Workbook(target, PLAIN) as book:
        book.set_properties({"title": marked(capsule, "健保の名簿"), "created": EPOCH})
        formats = {name: book.add_format(form) for name, form in display.words("formats").items()}
        for name in names:
            rows = listed(capsule, name).frame
            write_titled(book, formats, capsule, said["titles"][name], rows)
        title = marked(capsule, said["titles"]["handling"])
        lines = [*said["handling"], said["review"], *capsule.facts["notes"]]
        write_lines(book.add_worksheet(title), formats, title, lines)
    return target


@cache
def qr_code(address: str) -> str:
    """案内の番地の QR コード（SVG）。番地がなければ ''。"""
    return segno.make(address, error="m").svg_inline(border=4, omitsize=True) if address else ""
