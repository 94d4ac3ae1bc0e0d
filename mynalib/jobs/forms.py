"""申出の用紙を書く：同意しない申出と、その取り消し。A4 一枚、手で書ける。わけを書くところはない。"""

from functools import partial
from pathlib import Path

from mynalib.domain.shipped import templates
from mynalib.domain.society import demo_suffix
from mynalib.insight.capsule import Capsule
from mynalib.insight.notice_page import FORMS, NoticePage, said
from mynalib.jobs.pages import style_sheet


def _write(name: str, capsule: Capsule, folder: Path) -> Path:
    """一枚の用紙。名は FORMS のどれか。"""
    facts = capsule.facts
    words = said("sheets")
    notice = NoticePage(facts)
    page = {
        "words": words,
        "sheet": words[name],
        "doors": notice.door_rows(),
        "heads": said("doors")["columns"],
        "society": facts["society"],
        "version": notice.sheet_version(),
        "demo": facts["demo"],
        "style": style_sheet(),
    }
    target = folder / f"{name}{demo_suffix(facts['demo'])}.html"
    text = templates().get_template("jobs/template/form.html.j2").render(**page)
    target.write_text(text, encoding="utf-8", newline="\n")
    return target


FORM_WRITERS = {name: partial(_write, name) for name in FORMS}
"""成果物の名から、書く関数へ。"""
