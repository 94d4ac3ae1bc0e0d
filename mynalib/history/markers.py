"""公開の隣に置く札：置きかえた版と、リストを取り下げた版を知らせる。公開した版そのものには、触れない。"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from mynalib.domain.errors import Problem
from mynalib.domain.revision import Revision
from mynalib.history.files import revision_of
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger

REPLACED, WITHDRAWN = ".replaced.txt", ".withdrawn.txt"
LISTS_WITHDRAWN = (
    "勧奨リストは、全ての事業所の分を取り下げました。お手もとのリストは、使わないでください。"
)


@dataclass(frozen=True)
class Version:
    """公開したことのある一つの版。revision は、第二版からの、知らせること。replaced_by は、置きかえた次の版の名。"""

    name: str
    revision: Revision | None
    replaced_by: str
    lists_withdrawn: bool


def versions(lines: Iterable[Mapping]) -> dict[str, Version]:
    """台帳の行から、公開したことのある版。月と版の順。"""
    known: dict[str, Revision | None] = {}
    withdrawn: set[str] = set()
    for line in lines:
        if line["did"] == "released":
            known[line["folder"]] = Revision.of(line.get("revision"))
        elif line["did"] == "continued":
            known |= {name: known.get(name) for name in line.get("released", {})}
        elif line["did"] == "lists_withdrawn":
            withdrawn |= {*line["releases"]}
    names = sorted((name for name in known if revision_of(name)), key=revision_of)
    next_one = {name: after for name, after in pairwise(names) if name[:7] == after[:7]}
    return {
        name: Version(name, known[name], next_one.get(name, ""), name in withdrawn)
        for name in names
    }


def markers(lines: Iterable[Mapping]) -> dict[str, bytes]:
    """札の名から、その中身（メモ帳で読める形）。人のことは書かない。"""
    known = versions(lines)
    texts: dict[str, list[str]] = {}
    for name, version in known.items():
        if version.replaced_by:
            texts[name + REPLACED] = _replaced(name, known[version.replaced_by])
        if version.lists_withdrawn:
            texts[name + WITHDRAWN] = [f"{name} の{LISTS_WITHDRAWN}"]
    return {
        name: "".join(f"{line}\r\n" for line in text).encode("utf-8-sig")
        for name, text in texts.items()
    }


def marker_damage(home: Home) -> Iterator[Problem]:
    """札のうち、ないか、書いたものと違うもの。"""
    for name, content in markers(Ledger(home.ledger).lines()).items():
        path = home.reports / name
        if not path.is_file() or path.read_bytes() != content:
            yield Problem(
                f"reports/{name}", "ないか、作ったときと違います。次の myna publish が作り直します"
            )


def _replaced(name: str, new: Version) -> list[str]:
    """置きかえた版の札。"""
    lines = [
        f"{name} は、{new.name} に置きかえました。{name} の資料とリストは、使わないでください。"
    ]
    return [*lines, *(new.revision.told if new.revision else [])]
