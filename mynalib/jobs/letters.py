"""手紙を書く：A4 の HTML（一人に一枚、三つ折り）と、差し込み印刷のための鍵の CSV、名簿の XLSX。"""

from functools import cache
from pathlib import Path

import pandas as pd
import segno
import xlsxwriter

from mynalib.disclosure import released as door
from mynalib.domain.shipped import templates
from mynalib.domain.society import demo_suffix
from mynalib.insight import display
from mynalib.insight.capsule import Capsule
from mynalib.jobs.pages import style_sheet
from mynalib.jobs.workbook import EPOCH, PLAIN, marked, print_on_a4, write_rows
from mynalib.reminders.letters import EACH_UP_TO


def write_letters(capsule: Capsule, folder: Path) -> Path:
    """手紙。人が多ければ、勧奨ごとに一枚の見本。"""
    people = door.society_list(capsule.table("people"), capsule.terms).frame
    each = len(people) <= EACH_UP_TO
    sheets = people[["serial", "action"]] if each else _samples(people)
    facts = capsule.facts
    page = {
        "sheets": sheets.to_dict("records"),
        "letters": facts["letters"],
        "benefit": facts["benefit"],
        "qr": _qr(facts["address"]),
        "address": facts["address"],
        "society": facts["society"],
        "demo": facts["demo"],
        "style": style_sheet(),
        "sample": not each,
    }
    target = folder / f"letters{demo_suffix(facts['demo'])}.html"
    text = templates().get_template("jobs/template/letters.html.j2").render(**page)
    target.write_text(text, encoding="utf-8", newline="\n")
    return target


def _samples(people: pd.DataFrame) -> pd.DataFrame:
    kinds = sorted(people.action.unique())
    return pd.DataFrame({"serial": "", "action": kinds})


def write_keys(capsule: Capsule, folder: Path) -> Path:
    """差し込み印刷の鍵：通し番号から、記号・番号・枝番と、どの手紙か。UTF-8（BOM 付き）。"""
    people = door.society_list(capsule.table("people"), capsule.terms).frame
    names = ["serial", "symbol", "number", "branch", "action"]
    table = people[names].rename(columns={name: display.label(name) for name in names})
    target = folder / f"letter_keys{demo_suffix(capsule.facts['demo'])}.csv"
    table.to_csv(target, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    return target


def write_society_list(capsule: Capsule, folder: Path) -> Path:
    """健保の名簿の XLSX。"""
    people = door.society_list(capsule.table("people"), capsule.terms).frame
    target = folder / f"society_list{demo_suffix(capsule.facts['demo'])}.xlsx"
    with xlsxwriter.Workbook(target, PLAIN) as book:
        title = marked(capsule, "健保から知らせる方")
        book.set_properties({"title": title, "created": EPOCH})
        formats = {name: book.add_format(form) for name, form in display.words("formats").items()}
        sheet = book.add_worksheet(title)
        line = f"{title}　{len(people):,} 人　{capsule.month.as_of}　{capsule.facts['society']}"
        sheet.write_string(0, 0, line, formats["title"])
        write_rows(sheet, formats, people, 2)
        print_on_a4(sheet)
    return target


@cache
def _qr(address: str) -> str:
    """案内の番地の QR コード（SVG）。番地がなければ ''。"""
    return segno.make(address, error="m").svg_inline(scale=3, border=2) if address else ""
