"""作ったリストと手渡しの日に、お知らせが効いていて、その事業所が表に載っていたかを、あとから確かめる。"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from mynalib.domain.errors import Problem
from mynalib.domain.notice_check import hint
from mynalib.domain.params import Params
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.released import read_manifest, releases
from mynalib.reminders.memory import LETTERS, LETTERS_LABEL


@dataclass(frozen=True)
class _Given:
    """渡すために作ったもの：where は人に言う名、unit は事業所コード（全ての事業所のリストなら ''）。"""

    where: str
    day: date
    version: str
    unit: str = ""


def lists_outside_notice(home: Home, params: Params) -> list[Problem]:
    """お知らせの効いていない日の、公開したリストと手渡し。暦にお知らせの行が一つもなければ、分からないので空。"""
    if not params.calendar.of("notice"):
        return []
    given = [*_released(home), *_handed(home)]
    return [Problem(one.where, what) for one in given for what in _wrong(params, one)]


def _released(home: Home) -> Iterator[_Given]:
    """リストのある、いちばん新しい版の公開。リストの日は、断面の月の末日。"""
    for month, folder in releases(home).items():
        try:
            manifest = read_manifest(folder)
        except (OSError, ValueError):  # 壊れた公開のことは、点検が別に言う
            continue
        if manifest.get("lists"):
            yield _Given(f"{folder.name} のリスト", month.end, manifest["notice"])


def _handed(home: Home) -> Iterator[_Given]:
    """取り戻していない手渡し。"""
    lines = Ledger(home.ledger).lines()
    recalled = {line["handover"] for line in lines if line["did"] == "recalled"}
    for line in lines:
        if line["did"] == "handed_over" and line["handover"] not in recalled:
            whom = LETTERS_LABEL if line["unit"] == LETTERS else line["unit"]
            where = f"手渡し {line['handover']}（{whom}）"
            yield _Given(where, date.fromisoformat(line["at"][:10]), line["notice"], line["unit"])


def _wrong(params: Params, given: _Given) -> Iterator[str]:
    rows = [fact for fact in params.calendar.of("notice") if fact.version == given.version]
    notice = params.joint_use.notice
    # 設定のお知らせは、effective の日から効く。暦の行が早すぎても、その前に作ったリストは、お知らせの外
    early = given.version == notice.version and not notice.in_force(given.day)
    if not rows:
        yield hint("list_of_unknown_version", version=given.version)
    elif early or not any(fact.on(given.day) for fact in rows):
        yield hint("list_outside_notice", version=given.version, day=given.day)
    for employer in params.employers:
        if employer.id == given.unit and not employer.notified_on(given.day):
            yield hint("list_without_row", day=given.day)
