"""ポータル：月ごとの入口と、全ての月の入口。人も人数も載せない。"""

from functools import cache
from importlib.resources import files
from pathlib import Path

import jinja2

from mynalib.domain.employers import Employer
from mynalib.domain.months import Month
from mynalib.history.files import write_file
from mynalib.publish.catalogue import LEVELS, SOCIETY_PAGES

TEMPLATES = files("mynalib.publish") / "template" / "page"


def write_portal(
    release: Path, page: dict, employers: list[Employer], without: list[str], artefacts: list[dict]
) -> Path:
    """その月の入口 index.html。あるものだけにつなぎ、ないものは、ないと書く。"""
    present = {artefact["path"] for artefact in artefacts}
    cards = [_card(employer, present, without) for employer in employers]
    society = [page for page in SOCIETY_PAGES if page["href"] in present]
    target = release / "index.html"
    html = _environment().get_template("portal.html.j2").render(page=page, society=society, cards=cards, levels=LEVELS)
    target.write_text(html, encoding="utf-8", newline="\n")
    return target


def _card(employer: Employer, present: set[str], without: list[str]) -> dict:
    folder = f"employers/{employer.id}/"
    links = [(f"{folder}index.html", "登録状況", "employer"), (f"{folder}reminders.html", "勧奨リスト", "named")]
    links += [
        (path, "勧奨リスト（XLSX）", "named")
        for path in sorted(present)
        if path.startswith(folder) and path.endswith(".xlsx")
    ]
    missing = (
        "勧奨リストは、名簿の確かめが済んでからです（前の版のものも渡さない）"
        if f"{folder}reminders.html" not in present
        else ""
    )
    status = "この月は公開していません" if employer.id in without else missing
    found = [{"href": path, "title": title, "level": level} for path, title, level in links if path in present]
    return {"id": employer.id, "name": employer.name, "links": found, "status": status}


def write_months(reports: Path, page: dict, releases: dict[Month, Path]) -> None:
    """全ての月の入口 reports/index.html。これだけは、公開のたびに置きかわる。"""
    months = [
        {"label": month.label + _revision(folder), "href": f"{folder.name}/index.html"}
        for month, folder in sorted(releases.items(), reverse=True)
    ]
    newest = months[0]["href"].removesuffix("index.html") if months else ""
    html = _environment().get_template("months.html.j2").render(page=page, months=months, newest=newest)
    write_file(reports / "index.html", html.encode())


def _revision(folder: Path) -> str:
    """訂正した版なら、その番号。前の版は、そのまま残っている。"""
    _, corrected, revision = folder.name.partition("-r")
    return f"（訂正 第{revision}版）" if corrected else ""


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(str(TEMPLATES)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
