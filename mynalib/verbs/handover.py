"""手渡し：公開した勧奨リストを開き直し、渡してよい相手かを確かめ、暗号化して outbox/ に置く。取り戻し。郵送の記録。"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mynalib.capsules.opened import OpenedMonth, open_month
from mynalib.capsules.previous import is_list, listed_of, with_lists
from mynalib.domain.employers import Employer
from mynalib.domain.errors import Problem, Refused
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.domain.person import PERSON_KEY, with_person_key
from mynalib.history import clock
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.markers import versions
from mynalib.history.months import newer_month
from mynalib.history.released import artefacts_of, released_file, releases
from mynalib.history.stops import list_stops
from mynalib.history.vouching import recover
from mynalib.release.list_check import book_problems
from mynalib.release.slips import recall_slip, receipt_slip
from mynalib.reminders.handover import Handing, hand_over, post_letters
from mynalib.reminders.memory import LETTERS, Handover, handovers
from mynalib.reminders.passphrases import Passphrases
from mynalib.reminders.recipients import require_meant, require_recipient

HANDED_COLUMNS = ["symbol", "number", "branch", "action", "attempt"]
Master = Callable[[bool], str]
"""親の合言葉を尋ねる。引数は、はじめて決めるのか。"""


@dataclass(frozen=True)
class Request:
    """手渡しの頼み。month が None なら、いちばん新しい公開の月。"""

    employer: str
    department: str
    means: str
    month: Month | None = None
    name: str = ""
    again: bool = False
    new_passphrase: bool = False
    plain: bool = False


def hand_over_list(home: Home, params: Params, request: Request, master: Master) -> dict:
    """一つの事業所のリストを、手渡せる形にする。

    Returns:
        outcome（handed_over）, handover（番号）, file（outbox/ の中の名）, slip（受領書の場所）, rows, passphrase（いま作ったときだけ）。
    Raises:
        Refused: NOT_NOTIFIED（相手）、NAME_UNCONFIRMED（似た名）、HANDED_OVER（もう手渡した）、LIST_OUTDATED（控える人が増えた）、
            STALE_MONTH、UNKNOWN_RELEASE、PLAIN_NOT_ALLOWED。
        MasterRefused, RemindersDamaged, ReleaseDamaged。
    """
    with home.locked():
        recover(home, params)
        employer = require_recipient(params, request.employer, request.department, clock.today())
        require_meant(employer, params.notified(clock.today()), request.name)
        release = _release_with_lists(home, request.month)
        month = Month.parse(release.name[:7])
        _require_first(home, request, month)
        _require_current(home, params, month, release)
        book = _book(home, release, employer.id)
        listed = listed_of(home, release)
        mine = listed[listed.on_list & (listed.employer_id == employer.id)]
        _require_sound(book, employer, params, month, mine)
        passphrase, made = _passphrase(home, params, request, master)
        digest = artefacts_of(home, release)[book.relative_to(release).as_posix()]
        parcel = Handing(
            employer=employer,
            department=request.department,
            means=request.means,
            month=month,
            release=release.name,
            content=book.read_bytes(),
            sha256=digest,
            rows=mine[HANDED_COLUMNS],
        )
        facts = hand_over(home, params, parcel, passphrase)
        slip = receipt_slip(home, params, employer, facts)
    told = {name: facts[name] for name in ("handover", "file", "rows", "month", "encrypted")}
    shown = {"passphrase": passphrase} if made else {}
    place = {"slip": str(slip), "outbox": str(home.outbox / facts["file"])}
    return {"outcome": "handed_over", "employer": employer.id, **told, **place, **shown}


def record_posted(home: Home, params: Params, means: str, month: Month | None) -> dict:
    """健保が自宅に知らせる人（いちばん新しい公開で、健保の番だった人）に、手紙を出したと記録する。"""
    with home.locked():
        recover(home, params)
        release = _release_with_lists(home, month)
        at = Month.parse(release.name[:7])
        _require_first(home, Request(LETTERS, "", means), at)
        rows = open_month(home, params, at).posted[HANDED_COLUMNS]
        facts = post_letters(home, params, at, release.name, means=means, rows=rows)
    told = {name: facts[name] for name in ("handover", "rows", "month")}
    return {"outcome": "posted", **told}


def recall_list(home: Home, params: Params, number: str, because: str) -> dict:
    """手渡したリストを、丸ごと取り戻す。次の月からは、知らせなかったものとして数える。

    Args:
        because: 台帳にだけ残る。渡した相手に見せる紙には、わけを書かない。
    """
    with home.locked():
        recover(home, params)
        handed = standing_handover(home, number)
        Ledger(home.ledger).append("recalled", handover=number, unit=handed.unit, because=because)
        slip = recall_slip(home, params, handed) if handed.unit != LETTERS else None
    return {
        "outcome": "recalled",
        "handover": number,
        "unit": handed.unit,
        "month": str(handed.month),
        "rows": handed.rows,
        "slip": str(slip) if slip else None,
    }


def standing_handover(home: Home, number: str) -> Handover:
    """取り戻していない、その番号の手渡し。"""
    found = [each for each in handovers(home) if each.id == number and each.stands]
    if not found:
        known = "、".join(each.id for each in handovers(home) if each.stands) or "ありません"
        what = "そのような手渡しは、台帳にないか、もう取り戻しています"
        raise Refused(
            "UNKNOWN_HANDOVER",
            where=f"--handover {number}",
            what=what,
            fix=f"いまあるのは {known} です。",
        )
    return found[0]


def _release_with_lists(home: Home, month: Month | None) -> Path:
    """勧奨リストのある、その月の版。"""
    found = releases(home)
    asked = month or max(found, default=None)
    if asked not in found:
        where = asked.label if asked else "公開"
        fix = "先に myna publish で公開してください。"
        raise Refused("UNKNOWN_RELEASE", where=where, what="公開していません", fix=fix)
    if newer := newer_month(home, asked):
        what = f"{newer.label}を取り込んであるので、古い月のリストは渡せません"
        fix = f"myna publish --month {newer} で公開し、その月のリストを渡してください。"
        raise Refused("STALE_MONTH", where=asked.label, what=what, fix=fix)
    release = with_lists(home, found[asked])
    there = any(map(is_list, artefacts_of(home, release)))
    if not there or versions(Ledger(home.ledger).lines())[release.name].lists_withdrawn:
        what = "渡せる勧奨リストがありません（作っていないか、取り下げています）"
        fix = "次の月のリストを使ってください。"
        raise Refused("UNKNOWN_RELEASE", where=asked.label, what=what, fix=fix)
    return release


def _require_first(home: Home, request: Request, month: Month) -> None:
    """その月のリストを、その相手に、まだ手渡していないか。"""
    done = [
        each
        for each in handovers(home)
        if each.stands and (each.unit, each.month) == (request.employer, month)
    ]
    if done and not request.again:
        what = f"{month.label}のリストは、もう手渡しています（{done[-1].on}、番号 {done[-1].id}）"
        fix = "もう一度渡すなら --again を付け、取り戻すなら myna recall --handover 番号 です。"
        raise Refused("HANDED_OVER", where=request.employer, what=what, fix=fix)


def _require_current(home: Home, params: Params, month: Month, release: Path) -> None:
    """まだ渡していないリストに、作ったあとに控えることになった人がいないか。いれば、どの事業所のものも、同じように渡さない。"""
    opened = open_month(home, params, month)
    for stop in list_stops(opened.overlays, opened.months[-1]):
        raise stop
    given = {each.unit for each in handovers(home) if each.stands and each.month == month}
    listed = listed_of(home, release)
    if not _still_due(opened, listed[listed.on_list & ~listed.employer_id.isin(given)]):
        what = "リストを作ったあとに、名簿（か、返納者）が変わり、リストに、知らせてはならない人がいます"
        if not given:
            fix = f"myna publish --month {month} --not-handed-over で、全ての事業所のリストを作り直してください。"
            raise Refused("LIST_OUTDATED", where=month.label, what=what, fix=fix)
        fix = (
            f"もう手渡した事業所があるので、作り直せません。myna withdraw --lists --month {month} --because 理由 で、"
            "全ての事業所のリストを取り下げ、次の月のリストを使ってください。"
        )
        raise Refused("LIST_OUTDATED", where=month.label, what=what, fix=fix)


def _still_due(opened: OpenedMonth, listed: pd.DataFrame) -> bool:
    """公開したリストの人が、いまも、みな知らせてよい人か。"""
    now = with_person_key(opened.due)[PERSON_KEY]
    both = with_person_key(listed)[PERSON_KEY].merge(now, on=PERSON_KEY, how="left", indicator=True)
    return bool((both["_merge"] == "both").all())


def _book(home: Home, release: Path, employer: str) -> Path:
    """公開した、その事業所の XLSX。公開したときのまま。"""
    artefacts = artefacts_of(home, release)
    found = [
        path
        for path in artefacts
        if path.startswith(f"employers/{employer}/") and path.endswith(".xlsx")
    ]
    if not found:
        what = "この公開には、この事業所のリストがありません"
        fix = "公開したときに除いた事業所です。次の月のリストを使ってください。"
        raise Refused("UNKNOWN_RELEASE", where=employer, what=what, fix=fix)
    return released_file(release, found[0], artefacts)


def _require_sound(
    book: Path, employer: Employer, params: Params, month: Month, mine: pd.DataFrame
) -> None:
    problems = [
        Problem(book.name, what) for what in book_problems(book, employer, params, month, mine)
    ]
    if problems:
        what = "開き直した勧奨リストが、載せるはずの人と合いません"
        fix = "渡さないで、この文を開発元に知らせてください。"
        where = f"{employer.id} の勧奨リスト"
        raise Refused("GATE_FAILED", where=where, what=what, fix=fix, problems=problems)


def _passphrase(home: Home, params: Params, request: Request, master: Master) -> tuple[str, bool]:
    """その事業所の合言葉と、いま作ったか。暗号化しないなら ""。"""
    if request.plain:
        if not params.society.policy.reminders.plain_handover:
            what = "暗号化しない手渡しは、許されていません"
            fix = "--plain を外してください（許すなら society.yaml の policy.reminders.plain_handover を true にします）。"
            raise Refused("PLAIN_NOT_ALLOWED", where="--plain", what=what, fix=fix)
        return "", False
    store = Passphrases(home.passphrases)
    return store.of(request.employer, master(store.is_new), renew=request.new_passphrase)
