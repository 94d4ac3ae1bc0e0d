"""ポータル：月ごとの入口と、全ての月の入口。人も人数も載せない。"""

import fnmatch
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from mynalib.capsules.catalogue import EMPLOYER_PAGES, LEVELS, SOCIETY_PAGES
from mynalib.domain.employers import Employer
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.domain.revision import CORRECTED
from mynalib.domain.shipped import templates
from mynalib.history.markers import LISTS_WITHDRAWN, Version

# 入口に書く、版の今
RELEASED = "公開済"
REVISED = "訂正"
REMADE = "作り直し"
WITHDRAWN = "取り下げ"
DRAFTED = "下書き"


@dataclass(frozen=True)
class ShelfRow:
    """一覧の一行：一つの月の、いちばん新しい版。

    version は、公開したことのない月（下書きだけ）なら None。stands は、取り下げていないか。drafted は、公開を決める前の下書きがあるか。
    replaced は、置きかえて、まだ取り下げていない版（新しいものから）。
    """

    month: Month
    version: Version | None
    stands: bool
    drafted: bool
    replaced: tuple[Version, ...] = ()

    @property
    def state(self) -> str:
        if self.version is None:
            return DRAFTED
        if not self.stands:
            return WITHDRAWN
        if self.version.revision is None:
            return RELEASED
        return REVISED if self.version.revision.kind == CORRECTED else REMADE


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
    present = {one["path"] for one in artefacts}
    rows = _employer_rows(employers, present, without, _no_list(superseded))
    html = _html("portal", page=page, society=_society(present), employers=rows, levels=LEVELS)
    (release / "index.html").write_text(html, encoding="utf-8", newline="\n")


def months_page(
    page: dict, entries: list[ShelfRow], employers: Iterable[Employer], newest: dict
) -> bytes:
    """全ての月の入口 reports/index.html の中身。これだけは、公開のたびに置きかわる。

    Args:
        entries: 新しい月から。
        employers: いちばん新しい公開の月に、渡してよい事業所。
        newest: いちばん新しい公開の manifest。なければ空。
    """
    present = {one["path"] for one in newest.get("artefacts", ())}
    rows = _employer_rows(employers, present, newest.get("without", ()), "勧奨リストはありません")
    # 取り下げた月と、下書きだけの月は、「いちばん新しい月」として大きく出さない
    standing = [entry for entry in entries if entry.stands]
    values = {"society": _society(present), "employers": rows, "levels": LEVELS}
    values |= {"newest": standing[0] if standing else None, "lists_withdrawn": LISTS_WITHDRAWN}
    return _html("months", page=page, entries=entries, **values).encode()


def page_facts(params: Params, month: Month, title: str) -> dict:
    """どの入口の枠にも要ること。"""
    return {
        "title": title,
        "society": params.society.name,
        "demo": params.society.demo,
        "as_of": month.as_of,
    }


def _no_list(superseded: bool) -> str:
    if superseded:
        return "勧奨リストは、新しい月のものを使います"
    return "勧奨リストは、名簿の確かめが済んでからです（前の版のものも渡さない）"


def _society(present: Collection[str]) -> list[dict]:
    """組合の資料のうち、あるもの。"""
    return [link for link in SOCIETY_PAGES if link["href"] in present]


def _employer_rows(
    employers: Iterable[Employer], present: Collection[str], without: Collection[str], no_list: str
) -> list[dict]:
    """事業所ごとに、あるものへのつながりと、ないわけ。"""
    rows = []
    for employer in employers:
        folder = f"employers/{employer.id}/"
        own = [path.removeprefix(folder) for path in present if path.startswith(folder)]
        links = [
            {"name": name, "title": link["title"]}
            for link in EMPLOYER_PAGES
            for name in fnmatch.filter(own, link["name"])
        ]
        # リストのページがなければ、なぜかを言う。何も書かないと、つながりの落ちたページに見える
        missing = "" if f"{folder}reminders.html" in present else no_list
        said = "この月は公開していません" if employer.id in without else missing
        rows.append(
            {
                "id": employer.id,
                "name": employer.name,
                "folder": folder,
                "links": links,
                "said": said,
            }
        )
    return rows


def _html(name: str, **values: object) -> str:
    return templates().get_template(f"release/template/{name}.html.j2").render(**values)
