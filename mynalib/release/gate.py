"""点検：公開する前の木を開き直し、作り方で守ったはずのことを、出来たもので確かめる。"""

import html
import json
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import nbformat
import pandas as pd

from mynalib.capsules.catalogue import EDITIONS, notebook_path
from mynalib.capsules.editions import notes
from mynalib.capsules.kept_tables import (
    LISTED_FILE,
    RATES_FILE,
    read_listed,
    read_rates,
    read_society_listed,
)
from mynalib.capsules.notice import notice_facts
from mynalib.capsules.opened import employer_rows
from mynalib.capsules.publication import Publication
from mynalib.capsules.society_lists import society_listed
from mynalib.disclosure.released import Terms
from mynalib.domain.errors import MynaError, Problem
from mynalib.domain.person import fold_number
from mynalib.domain.revision import Revision
from mynalib.history.lens import Lens
from mynalib.history.released import read_manifest
from mynalib.history.soundness import differences
from mynalib.insight import display
from mynalib.insight.notice_page import NoticePage
from mynalib.release.desk_check import desk_numbers, desk_numbers_then, desk_problems
from mynalib.release.digits import LONG_DIGITS
from mynalib.release.list_check import list_problems
from mynalib.release.number_check import listed_numbers, unlisted_numbers
from mynalib.release.scan import scan_release
from mynalib.release.society_check import society_problems

WIDE = "management"
NOTICE = "notice"
SOCIETY_FOLDER = "lists"  # internal/lists/：健保が自宅に知らせる人
DESK_FOLDER = "desk"  # internal/desk/：資格確認書の係


class GateFailed(MynaError):
    """公開の前の点検で、あってはならないものが見つかった。"""

    code = "GATE_FAILED"
    what = "公開してはならないところがあります。何も公開していません"
    fix = "params とノートブックを確かめ、もう一度 publish してください。直らなければ、この文を開発元に知らせてください。"


def inspect(
    publication: Publication, release: Path, artefacts: list[dict], again: bool = False
) -> None:
    """点検。一つでも見つかれば GateFailed（見つけた値は言わない）。前の公開は、そのまま残る。

    Args:
        again: 公開したあとの確かめ。名簿はあとで変わるので、攻撃した表との突き合わせはせず、リストに載せた人は、公開に残した表で見る。
    """
    problems = [*differences(release, artefacts)]
    revision = Revision.of(read_manifest(release).get("revision"))
    listed = partial(_listed_then, release) if again else partial(_listed, publication)
    # 点検に渡すのは、尋ねる関数だけ。scan は、月も名簿も開かない
    numbers = (listed, partial(_somebodys, publication), partial(_told, revision))
    problems += scan_release(
        release, artefacts, *numbers, demo=publication.opened.params.society.demo
    )
    paths = [one["path"] for one in artefacts]
    problems += _unnotified(publication, paths)
    problems += list_problems(publication.opened.params, publication.opened.month, release, paths)
    problems += desk_problems(release, paths, None if again else publication)
    problems += society_problems(release, paths)
    # 以上は、どの読み手のフォルダーにも。ここからは、数まで確かめる広く配る版
    if (release / WIDE).is_dir():
        problems += [] if again else _unlike_attacked(publication, release)
        problems += _wide_problems(publication, release, artefacts, revision)
    if problems:
        raise GateFailed(
            where=f"{publication.opened.month.label}の点検",
            what=f"公開してはならないところが {len(problems)} 件あります。何も公開していません",
            problems=problems,
        )


def _unnotified(publication: Publication, paths: Iterable[str]) -> Iterator[Problem]:
    """断面の月の末日に、お知らせに載っていない事業所のもの。"""
    # 作る前の関門（history/stops.py）は、いまは載っていない事業所を見る。ここは、出来たフォルダーのほうから見る
    notified = {one.id for one in publication.opened.params.notified(publication.opened.month)}
    folders = {path.split("/")[1] for path in paths if path.startswith("employers/")}
    for code in sorted(folders - notified):
        yield Problem(f"employers/{code}", "お知らせに載っていない事業所のもの")


def _listed(publication: Publication, employer: str) -> set[str]:
    # level が named の場所の二つめの名。事業所のほかに、internal/ の二つのフォルダーがある
    if employer == DESK_FOLDER:
        return desk_numbers(publication.opened.certificates.number)
    if employer == SOCIETY_FOLDER:
        found = society_listed(publication.opened)
        return {fold_number(number) for number in found.number}
    return {
        fold_number(number)
        for number in employer_rows(publication.opened.reminders, employer).number
    }


def _listed_then(release: Path, employer: str) -> set[str]:
    """公開したときに、その事業所のリストに載せた人の番号。"""
    if employer == DESK_FOLDER:
        return desk_numbers_then(release)
    if employer == SOCIETY_FOLDER:
        return {fold_number(number) for number in read_society_listed(release).number}
    listed = read_listed(release / LISTED_FILE)
    theirs = listed.number[listed.on_list & (listed.employer_id == employer)]
    return {fold_number(number) for number in theirs}


def _told(revision: Revision | None, reader: str) -> set[str]:
    """訂正のわけに書いた、前の版の人数（五桁から）。だれかの番号と同じでも、人数である。"""
    lines = (revision.changes or {}).get(reader, []) if revision else []
    # 「加入者が 12,345 人から…」の 12345。文に書くときの区切りを取れば、LONG_DIGITS で読める
    return {digits for line in lines for digits in LONG_DIGITS.findall(line.replace(",", ""))}


def _somebodys(publication: Publication, numbers: set[str]) -> set[str]:
    with Lens(publication.opened.months) as lens:
        # この月の人だけでなく、開いた全ての月の人と比べる。どちらも、先頭の 0 を除いた番号
        lens.put("asked", pd.DataFrame({"number_key": sorted(numbers)}, dtype="str"))
        return set(lens.query("keys_asked").number_key)


def _unlike_attacked(publication: Publication, release: Path) -> Iterator[Problem]:
    """広く配る版が、攻撃に耐えると確かめた表とちょうど同じか。"""
    checked = publication.outside.wide
    written = read_rates(release / RATES_FILE)
    # 書いた CSV の型にそろえてから比べる。欠けた升どうしは、同じとみなされる
    if not written.equals(checked.astype(written.dtypes.to_dict())):
        yield Problem(f"{WIDE}/rates.csv", "攻撃に耐えると確かめた表と違う")


def _wide_problems(
    publication: Publication, release: Path, artefacts: list[dict], revision: Revision | None
) -> Iterator[Problem]:
    """広く配る版：cells.json にない数がないか。"""
    folder = release / WIDE
    shown = json.loads((folder / "cells.json").read_text(encoding="utf-8"))
    cells = shown["cells"]
    # 目標は人数から作った数ではないが、図とページに出る
    cells += [{"value": float(goal.value)} for goal in publication.opened.params.society.targets]
    numbers = listed_numbers(cells)
    told = revision.lines("wide") if revision else []
    notice = _notice_texts(publication)
    # 調べる文は、もう一度 HTML から戻される（number_check）。わけに「&lt;」と書いた人がいても、同じ文とみなす
    fixed = [*_fixed_texts(publication), *shown.get("texts", []), *told, *map(html.unescape, told)]
    for path in [release / one["path"] for one in artefacts if one["level"] == "publishable"]:
        # cells が説明するのは management/ のページだけ。入口とお知らせには、人数が一つもあってはならない
        listed, drawn = (numbers, shown.get("drawn", [])) if path.parent == folder else (set(), [])
        known = [*fixed, *notice] if path.parent.name == NOTICE else fixed
        if path.suffix in (".html", ".csv") and unlisted_numbers(path, listed, known, drawn):
            yield Problem(path.relative_to(release).as_posix(), "cells.json にない数がある")


def _notice_texts(publication: Publication) -> list[str]:
    """お知らせのページと用紙の、設定から作った文。人から数えたものは、一つもない。"""
    params = publication.opened.params
    facts = notice_facts(params, publication.opened.month)
    page = NoticePage(facts | {"society": params.society.name, "demo": params.society.demo})
    return [*page.texts()]


def _fixed_texts(publication: Publication) -> list[str]:
    """ページに現れてよい、数の入った決まった文と名。"""
    wide = next(edition for edition in EDITIONS if edition.audience == "wide")
    cells = nbformat.read(notebook_path(wide.notebook, publication.opened.home), as_version=4).cells
    # 見出しや文の Markdown の印は、ページでは消える
    lines = [
        line.lstrip("#*- ")
        for cell in cells
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
    ]
    names = [
        text
        for employer in publication.opened.params.employers
        for text in (employer.id, employer.name)
    ]
    names += [name for name in publication.outside.wide.employer.unique() if name]
    cards = f"{len(list(publication.opened.params.notified(publication.opened.month.end)))} 件"
    fixed = [
        display.legend(Terms("wide", publication.opened.policy)),
        *display.words("next_steps"),
        *notes(publication, wide),
    ]
    fixed += [*publication.outside.coarsened, *display.words("fixed"), *display.words("funnel")]
    return [*lines, *names, cards, publication.opened.params.society.name, *fixed]
