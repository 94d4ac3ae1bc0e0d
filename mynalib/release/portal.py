"""ポータル：月ごとの入口と、全ての月の入口。人も人数も載せない。"""

from pathlib import Path

from mynalib.capsules.catalogue import EMPLOYER_PAGES, LEVELS, SOCIETY_PAGES
from mynalib.domain.employers import Employer
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.domain.shipped import templates
from mynalib.history.markers import LISTS_WITHDRAWN


def write_portal(
    release: Path,
    page: dict,
    employers: list[Employer],
    without: list[str],
    artefacts: list[dict],
    superseded: bool,
) -> None:
    """その月の入口 index.html。あるものだけにつなぎ、ないものは、ないと書く。

    Args:
        superseded: もっと新しい月があるので、リストを作らなかったか。
    """
    pages = {
        "society": SOCIETY_PAGES,
        "each": EMPLOYER_PAGES,
        "present": {one["path"] for one in artefacts},
    }
    html = _html(
        "portal",
        page=page,
        employers=employers,
        without=without,
        superseded=superseded,
        levels=LEVELS,
        **pages,
    )
    (release / "index.html").write_text(html, encoding="utf-8", newline="\n")


def months_page(page: dict, entries: list[dict]) -> bytes:
    """全ての月の入口 reports/index.html の中身。これだけは、公開のたびに置きかわる。

    Args:
        entries: 新しい月から。month, version（markers.Version）, replaced（置きかえた版。新しいものから）。
    """
    return _html("months", page=page, entries=entries, lists_withdrawn=LISTS_WITHDRAWN).encode()


def page_facts(params: Params, month: Month, title: str) -> dict:
    """どの入口の枠にも要ること。"""
    return {
        "title": title,
        "society": params.society.name,
        "demo": params.society.demo,
        "as_of": month.as_of,
    }


def _html(name: str, **values: object) -> str:
    return templates().get_template(f"release/template/{name}.html.j2").render(**values)
