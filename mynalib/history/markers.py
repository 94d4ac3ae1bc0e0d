"""公開の隣に置く札：置きかえた版、取り下げた版、リストを取り下げた版を知らせる。公開した版そのものには、触れない。

人が読む札（.txt）と、古い版の入口のページが読む様式（index.css。その版が、いまどうなったかを、ページの上に出す）がある。
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from mynalib.domain.errors import Problem
from mynalib.domain.months import day_label
from mynalib.domain.revision import Revision
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.purged import purged_files
from mynalib.history.revisions import revision_of

# 人が読む札の、名のおわり
REPLACED_TAG = ".replaced.txt"
WITHDRAWN_TAG = ".withdrawn.txt"
STATES = "index.css"
LIST_PAGE = "/reminders.html"
"""勧奨リストのページの場所のおわり。"""
LISTS_PURGED = "勧奨リストは、保存期間が過ぎたので消しました。"
VERSION_WITHDRAWN = "取り下げました。お手もとの資料は、使わないでください。"
LISTS_WITHDRAWN = (
    "勧奨リストは、全ての事業所の分を取り下げました。お手もとのリストは、使わないでください。"
)


@dataclass(frozen=True)
class Version:
    """公開したことのある一つの版。

    revision は、第二版からの、知らせること。replaced_by は、置きかえた次の版の名。made_on は、作った日（台帳を失っていれば ""）。
    """

    name: str
    revision: Revision | None
    replaced_by: str
    lists_withdrawn: bool
    made_on: str = ""
    lists_purged: bool = False
    withdrawn: bool = False

    @property
    def made_label(self) -> str:
        """作った日（2026年11月22日）。"""
        return day_label(self.made_on)


def is_list(path: str) -> bool:
    """公開の中の場所 path が、勧奨リストのページか。"""
    return path.startswith("employers/") and path.endswith(LIST_PAGE)


def versions(lines: Collection[Mapping]) -> dict[str, Version]:
    """台帳の行から、公開したことのある版。月と版の順。"""
    known: dict[str, Revision | None] = {}
    withdrawn: set[str] = set()
    gone: set[str] = set()
    prepared: dict[str, str] = {}
    made: dict[str, str] = {}
    for line in lines:
        if line["did"] == "prepared":
            prepared[line["manifest_sha256"]] = line["at"][:10]
        elif line["did"] == "released":
            known[line["folder"]] = Revision.of(line.get("revision"))
            made[line["folder"]] = prepared.get(line.get("manifest_sha256", ""), "")
        elif line["did"] == "continued":
            # 台帳を失ったあとに確かめた版。前の行が残っていれば、それを使う
            known |= {name: known.get(name) for name in line.get("released", {})}
        elif line["did"] == "lists_withdrawn":
            withdrawn |= {*line["releases"]}
        elif line["did"] == "withdrawn":
            gone.add(line["release"])
    lost = {file.partition("/")[0] for file in purged_files(lines) if file.endswith(LIST_PAGE)}
    names = sorted((name for name in known if revision_of(name)), key=revision_of)
    # 同じ月の、隣りあう二つの版。例：2026-10、2026-10-r2、2026-11 なら、2026-10 だけが置きかえられている
    next_one = {name: after for name, after in pairwise(names) if name[:7] == after[:7]}
    return {
        name: Version(
            name,
            known[name],
            next_one.get(name, ""),
            name in withdrawn,
            made.get(name, ""),
            name in lost,
            name in gone,
        )
        for name in names
    }


def markers(lines: Collection[Mapping]) -> dict[str, bytes]:
    """札の名から、その中身。人のことは書かない。.txt は、メモ帳で読める形にする。"""
    known = versions(lines)
    texts: dict[str, list[str]] = {}
    for name, version in known.items():
        if version.replaced_by:
            texts[name + REPLACED_TAG] = _replaced(version, known)
        withdrawn = [f"{name} は、{VERSION_WITHDRAWN}"] if version.withdrawn else []
        withdrawn += [f"{name} の{LISTS_WITHDRAWN}"] if version.lists_withdrawn else []
        if withdrawn:
            texts[name + WITHDRAWN_TAG] = withdrawn
    made = {
        name: "".join(f"{line}\r\n" for line in text).encode("utf-8-sig")
        for name, text in texts.items()
    }
    return made | ({STATES: _states(known)} if known else {})


def _states(known: Mapping[str, Version]) -> bytes:
    """版の入口のページ（body の data-version）の上に、その版がいまどうなったかを出す様式。"""
    said = {name: _state(version, known) for name, version in known.items()}
    rules = "".join(state_rule(name, text) for name, text in said.items() if text)
    return f"/* 置きかえた版、取り下げた版、リストを取り下げた版 */\n{rules}".encode()


def _state(version: Version, known: Mapping[str, Version]) -> str:
    newest = _newest(version, known)
    # いちばん新しい版を取り下げた月は、前の版に戻るのではなく、月そのものが、一覧から開けない
    now = (
        f"いちばん新しい版（{newest.name}）は、取り下げました。"
        if newest.withdrawn
        else "新しい版は「資料の一覧」から開けます。"
    )
    replaced = f"この版は、{version.replaced_by} に置きかえました。使わないでください。{now}"
    lines = [f"この版は、{VERSION_WITHDRAWN}"] if version.withdrawn else []
    lines += [replaced] if version.replaced_by else []
    lines += [LISTS_PURGED] if version.lists_purged else []
    return "".join([*lines, *([LISTS_WITHDRAWN] if version.lists_withdrawn else [])])


def state_rule(version: str, text: str) -> str:
    """版 version の入口のページに、text を出す様式。text に入るのは、この道具の決まった文だけ。"""
    rule = f'content: "{text}"; display: block'
    return f'[data-version="{version}"] .state::before {{ {rule} }}\n'


def marker_damage(home: Home) -> Iterator[Problem]:
    """札のうち、ないか、書いたものと違うもの。"""
    for name, content in markers(Ledger(home.ledger).lines()).items():
        path = home.reports / name
        if not path.is_file() or path.read_bytes() != content:
            yield Problem(
                f"reports/{name}", "ないか、作ったときと違います。次の myna publish が作り直します"
            )


def _newest(version: Version, known: Mapping[str, Version]) -> Version:
    """同じ月の、いちばん新しい版。"""
    while version.replaced_by:
        version = known[version.replaced_by]
    return version


def _replaced(version: Version, known: Mapping[str, Version]) -> list[str]:
    """置きかえた版の札。"""
    name = version.name
    new = known[version.replaced_by]
    newest = _newest(version, known)
    lines = [
        f"{name} は、{new.name} に置きかえました。{name} の資料とリストは、使わないでください。"
    ]
    lines += [*new.revision.told] if new.revision else []
    return [*lines, *([f"{newest.name} は、{VERSION_WITHDRAWN}"] if newest.withdrawn else [])]
