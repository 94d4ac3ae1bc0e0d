"""保存期間（policy.retention）が過ぎたもの。消すのは verbs.purge、知らせるのは verbs.check。

人を守るもの（名簿、食い違いの記憶、いまもいる人に知らせた記録）と、人のことのない公開した数は、過ぎることがない。
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mynalib.capsules.kept_tables import KEYED_TABLES
from mynalib.capsules.previous import WINDOW
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history import clock
from mynalib.history.files import sha256
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.released import read_manifest, releases
from mynalib.history.revisions import revision_of, revisions
from mynalib.reminders.memory import handovers

RETAINED = {
    "months": "取り込んだ月",
    "originals": "届いたファイルの写し",
    "returners": "返納者のファイル",
    "lists": "公開した勧奨リスト・名簿・手紙",
    "listed": "リストに載せた人の控え",
    "replaced": "置きかえた版",
    "drafts": "下書き",
    "outbox": "渡すために作ったもの",
}
"""消すものの種類から、言い方へ。この順に並べる。"""


@dataclass(frozen=True)
class Expired:
    """保存期間の過ぎた一つ。kind は RETAINED の名、month は断面の月、path はフォルダーかファイル。"""

    kind: str
    month: Month
    path: Path


def edges(params: Params, newest: Month, before: Month | None = None) -> dict[str, Month]:
    """種類から、残す、いちばん古い月へ。

    いちばん新しい月のものは、いつも残る。公開の点検（攻撃）は、この月と前の 12 か月のリストを並べるので、月と、載せた人の控えと、
    置きかえた版は、その分を、時計によらず残す。

    Args:
        newest: 取り込んだ、いちばん新しい月。
        before: 方針の月数によらず、この月より前を消すとき（newest の 12 か月前まで）。
    """
    keeps = params.society.policy.retention
    # 例：いちばん新しい月が 2026-10 なら、攻撃に要るのは 2025-10 から（13 か月）
    needed = newest.plus(1 - WINDOW)
    kept_for = {
        "months": keeps.months,
        "originals": keeps.originals,
        "returners": keeps.originals,
        "lists": keeps.lists,
        "listed": keeps.lists,
        "replaced": keeps.lists,
        "drafts": keeps.outbox,
        "outbox": keeps.outbox,
    }
    # 方針や before が何と言っても、この月からは残す
    latest = dict.fromkeys(kept_for, newest) | dict.fromkeys(
        ("months", "listed", "replaced"), needed
    )
    today = Month.of(clock.today())
    # 方針の月数は、時計から数える。取込が止まった組合でも、古いものは過ぎる
    asked = {kind: today.plus(-months) for kind, months in kept_for.items()}
    if before:
        asked = {kind: max(edge, before) for kind, edge in asked.items()}
    # 例：今日が 2026-11、lists が 12 か月なら、lists は 2025-11 から残す。載せた人の控え（listed）も同じ 12 か月だが、
    # 攻撃に要るので 2025-10 から残す
    return {kind: min(edge, latest[kind]) for kind, edge in asked.items()}


def expired(home: Home, kept_from: Mapping[str, Month]) -> list[Expired]:
    """kept_from（edges）より古いものの全て。種類の順、月の順。"""
    whole = [
        Expired(kind, month, path)
        for kind, listed in _LISTED.items()
        for month, path in listed(home)
        if month < kept_from[kind]
    ]
    # 置きかえた版は、フォルダーごと消す。中のリストを別に数えると、もう移したものを、また移そうとする
    gone = {each.path for each in whole if each.kind == "replaced"}
    return [each for each in whole if each.kind == "replaced" or not gone & {*each.path.parents}]


def _months(home: Home) -> Iterator[tuple[Month, Path]]:
    for month, folders in revisions(home.months).items():
        yield from ((month, folder) for folder in folders)


def _named(folder: Path, pattern: str = "*") -> Iterator[tuple[Month, Path]]:
    """名が月ではじまるもの（2026-10-0a1b….csv、2026-10-E01 など）。"""
    for path in sorted(folder.glob(pattern)):
        named = revision_of(path.name[: len("2026-10")])
        if named:
            yield named[0], path


def _originals(home: Home) -> Iterator[tuple[Month, Path]]:
    """取り込んだときの写しと、data/inbox/ に残る、取り込んだものと同じファイル。"""
    yield from _named(home.originals)
    months = {
        line["sha256"]: Month.parse(line["month"])
        for line in Ledger(home.ledger).lines()
        if line["did"] in ("ingested", "returners")
    }
    if not home.inbox.is_dir():
        return
    # inbox に残る、取り込んだものと同じファイルにも、全員の行がある。取り込んだことのないものは、人のものなので残す
    # （tests/verbs/test_purge.py）
    for path in sorted(home.inbox.glob("*")):
        month = months.get(sha256(path)) if path.is_file() else None
        if month:
            yield month, path


def _released(home: Home) -> Iterator[tuple[Month, Path, str, str]]:
    """公開した版の成果物（一度消して、また現れたものも）。月、場所、名、水準。"""
    for month, folders in revisions(home.reports).items():
        for folder in (each for each in folders if (each / "manifest.json").is_file()):
            for one in read_manifest(folder)["artefacts"]:
                yield month, folder / one["path"], one["path"], one["level"]


def _lists(home: Home) -> Iterator[tuple[Month, Path]]:
    for month, path, _, level in _released(home):
        if level == "named" and path.is_file():
            yield month, path


def _listed_tables(home: Home) -> Iterator[tuple[Month, Path]]:
    for month, path, name, _ in _released(home):
        if name in KEYED_TABLES and path.is_file():
            yield month, path


def _replaced(home: Home) -> Iterator[tuple[Month, Path]]:
    # 置いただけで台帳にない版が後ろにあっても、いま公開している版は、置きかえた版ではない
    newest = {folder.name for folder in releases(home).values()}
    for month, folders in revisions(home.reports).items():
        yield from ((month, folder) for folder in folders[:-1] if folder.name not in newest)


def _outbox(home: Home) -> Iterator[tuple[Month, Path]]:
    """手渡したファイルと、その紙。版の名のフォルダー（PDF）。この道具の置いたものだけ。"""
    for each in handovers(home):
        yield from ((each.month, path) for path in sorted(home.outbox.glob(f"{each.id}*")))
    yield from ((month, path) for month, path in _named(home.outbox) if path.is_dir())


_LISTED = {
    "months": _months,
    "originals": _originals,
    "returners": lambda home: _named(home.returners, "*.parquet"),
    "lists": _lists,
    "listed": _listed_tables,
    "replaced": _replaced,
    "drafts": lambda home: _named(home.drafts),
    "outbox": _outbox,
}
