"""手渡し：公開した勧奨リストを開き直し、渡してよい相手かを確かめ、暗号化して outbox/ に置く。"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mynalib.capsules.kept_tables import listed_of
from mynalib.domain.employers import Employer
from mynalib.domain.errors import Problem, Refused
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history import clock
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.released import artefacts_of
from mynalib.history.vouching import recover
from mynalib.release.list_check import book_problems, read_book
from mynalib.release.slips import receipt_slip
from mynalib.reminders.handover import Handing, hand_over
from mynalib.reminders.passphrases import Passphrases
from mynalib.reminders.recipients import require_meant, require_recipient
from mynalib.reminders.sheet import headings, read_file
from mynalib.verbs.giving import (
    HANDED_COLUMNS,
    correction,
    release_with_lists,
    released_book,
    require_current,
    require_first,
)

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
        outcome（handed_over）, handover（番号）, file（outbox/ の中の名）, slip（受領書の場所）, rows, passphrase（はじめて使うときだけ）。
    Raises:
        Refused: NOT_NOTIFIED（相手）、NAME_UNCONFIRMED（似た名）、HANDED_OVER（もう手渡した）、LIST_OUTDATED（控える人が増えた）、
            STALE_MONTH、UNKNOWN_RELEASE、PLAIN_NOT_ALLOWED。
        MasterRefused, RemindersDamaged, ReleaseDamaged。
    """
    with home.locked():
        recover(home, params)
        employer = require_recipient(params, request.employer, request.department, clock.today())
        require_meant(employer, params.notified(clock.today()), request.name)
        release = release_with_lists(home, request.month)
        month = Month.parse(release.name[:7])
        require_first(home, request.employer, month, again=request.again)
        require_current(home, params, month, release, employer.id)
        book = released_book(home, release, employer.id)
        listed = listed_of(home, release)
        mine = listed[listed.on_list & (listed.employer_id == employer.id)]
        _require_sound(home, book, employer, params, month, mine)
        passphrase, unseen = _passphrase(home, params, request, master)
        parcel = Handing(
            employer=employer,
            department=request.department,
            means=request.means,
            month=month,
            release=release.name,
            content=book.read_bytes(),
            sha256=artefacts_of(home, release)[book.relative_to(release).as_posix()],
            rows=mine[HANDED_COLUMNS],
            columns=_columns(book, params),
        )
        facts = hand_over(home, params, parcel, passphrase)
        slip = receipt_slip(home, params, employer, facts)
    told = {name: facts[name] for name in ("handover", "file", "rows", "month", "encrypted")}
    shown = {"passphrase": passphrase} if unseen else {}
    place = {"slip": str(slip), "outbox": str(home.outbox / facts["file"])}
    return {"outcome": "handed_over", "employer": employer.id, **told, **place, **shown}


def _require_sound(
    home: Home, book: Path, employer: Employer, params: Params, month: Month, mine: pd.DataFrame
) -> None:
    problems = [
        Problem(book.name, what)
        for what in book_problems(read_book(book), employer, params, month, mine)
    ]
    if problems:
        what = "開き直した勧奨リストが、載せるはずの人と合いません"
        where = f"{employer.id} の勧奨リスト"
        # 列を減らした設定や、直した登録簿は、公開したときのリストと合わない
        if words := correction(home, params, month):
            fix = f"myna publish {words} で訂正し、新しい版のリストを渡してください。"
            raise Refused("GATE_FAILED", where=where, what=what, fix=fix, problems=problems)
        fix = "渡さないで、この文を開発元に知らせてください。"
        raise Refused("GATE_FAILED", where=where, what=what, fix=fix, problems=problems)


def _columns(book: Path, params: Params) -> tuple[str, ...]:
    """お知らせで共同利用すると決めた列のうち、この表に本当にあるもの。"""
    heads = read_file(book).heads
    known = headings(params.joint_use.employer_columns)
    return tuple(column for head, column in known.items() if head in heads)


def _passphrase(home: Home, params: Params, request: Request, master: Master) -> tuple[str, bool]:
    """その事業所の合言葉と、見せるか（まだ一度も、この合言葉で渡していないか）。暗号化しないなら ""。"""
    if request.plain:
        if not params.society.policy.reminders.plain_handover:
            what = "暗号化しない手渡しは、許されていません"
            fix = "--plain を外してください（許すなら society.yaml の policy.reminders.plain_handover を true にします）。"
            raise Refused("PLAIN_NOT_ALLOWED", where="--plain", what=what, fix=fix)
        return "", False
    store = Passphrases(home.passphrases)
    passphrase, made = store.of(
        request.employer, master(store.is_new), renew=request.new_passphrase
    )
    # 前の手渡しが、合言葉を作ったあと、台帳に書く前に落ちていれば、その合言葉は、まだだれも見ていない
    return passphrase, made or not _handed_sealed(home, request.employer)


def _handed_sealed(home: Home, unit: str) -> bool:
    """その事業所に、暗号化したリストを渡したことがあるか。"""
    given = (line for line in Ledger(home.ledger).lines() if line["did"] == "handed_over")
    return any(line["unit"] == unit and line.get("encrypted") for line in given)
