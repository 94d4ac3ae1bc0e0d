"""点検：設定、お知らせ、名簿、月、台帳、いちばん新しい月を公開できるかを、全て一度に確かめる。"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mynalib.domain.calendar_check import check_calendar
from mynalib.domain.errors import MynaError, Problem
from mynalib.domain.notice_check import check_joint_use
from mynalib.domain.params import Params, load_params
from mynalib.history import clock
from mynalib.history.certificates import read_certificates
from mynalib.history.contradictions import read_memory
from mynalib.history.departures import departures
from mynalib.history.files import NotWritable, writing
from mynalib.history.heads import require_head
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.months import KeptMonth, kept_months, require_originals, verify_month
from mynalib.history.outdated import outdated_releases
from mynalib.history.protection import lost_protection
from mynalib.history.recovery import is_damaged, require_recorded
from mynalib.history.registers import Entry, read_registers
from mynalib.history.returners import returner_holds
from mynalib.history.soundness import require_sound_releases
from mynalib.history.stops import STALE, all_stops
from mynalib.history.vouching import check_vouched
from mynalib.reminders.letters import check_letters
from mynalib.reminders.notice_dates import lists_outside_notice
from mynalib.reminders.texts import read_other_texts, read_texts
from mynalib.reminders.trials import expected
from mynalib.verbs.purge import overdue


@dataclass(frozen=True)
class Checked:
    """errors は直すまで進めないもの、warnings は人が決めること（月と合わなくなった公開、法とお知らせの点）。"""

    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    months: int

    def as_dict(self) -> dict:
        texts = {
            name: [str(problem) for problem in getattr(self, name)]
            for name in ("errors", "warnings")
        }
        return {"outcome": "failed" if self.errors else "ok", "months": self.months, **texts}


def check_home(home: Home, head: str = "") -> Checked:
    """置き場所の全てを確かめる。一つの誤りで、ほかの点検をやめない。

    Args:
        head: 紙の受領書にある台帳の印。あれば、その行が台帳にあるかも確かめる。
    """
    errors: list[Problem] = []
    params = _try(errors, load_params, home.params)
    months = _try(errors, kept_months, home) or []
    for kept in months:
        _try(errors, verify_month, kept)
    entries = _try(errors, read_registers, home, params) if params else None
    book = _try(errors, read_certificates, home, params) if params else None
    lost: list[Problem] = []
    outside: list[Problem] = []
    # verify は、空の台帳でも 0 の並びを返す。None なのは、壊れているとき。そのときは、台帳と比べる点検が、どれも同じ誤りになる
    if _try(errors, Ledger(home.ledger).verify):
        _check_with_ledger(errors, home, params, head)
        if entries is not None and book is not None:
            lost = _try(errors, lost_protection, home, params, [*entries, *book.entries]) or []
        if params:
            outside = _try(errors, lists_outside_notice, home, params) or []
    errors = [*lost, *errors]  # 控える人が減るのが、いちばん危ない
    outdated = _try(errors, outdated_releases, home, months) or []
    warnings = [*(each.problem for each in outdated), *outside]
    _try(errors, _read_letters, home, params)
    if params:
        warnings += check_joint_use(params, clock.today())
        warnings += check_calendar(params, clock.today())
        warnings += check_letters(params, clock.today())
    # 壊れた月や、読めない名簿から、いなくなった人を数えない
    if params and entries is not None and not errors:
        warnings += _of_sound_home(errors, home, params, months, entries)
    if params and months and not _is_known_damaged(home, months[-1]):
        _try(errors, _add_stops, errors, warnings, home, params, months[-1])
    # 開けない一つのファイルには、いくつもの点検がつまずく
    return Checked(tuple(dict.fromkeys(errors)), tuple(warnings), len(months))


def _check_with_ledger(errors: list[Problem], home: Home, params: Params | None, head: str) -> None:
    """壊れていない台帳と、置いてあるものを比べる。"""
    for sound in (require_recorded, returner_holds, require_originals, require_sound_releases):
        _try(errors, sound, home)
    if params:
        _try(errors, read_memory, home, params)
    _try(errors, check_vouched, home, params)
    if head:
        _try(errors, require_head, home, head)


def _of_sound_home(
    errors: list[Problem],
    home: Home,
    params: Params,
    months: Sequence[KeptMonth],
    entries: Sequence[Entry],
) -> list[Problem]:
    """誤りのない置き場所について、確かめること：保存期間、いなくなった人、くじの見込み。"""
    left = departures(home, params, months, entries)
    said = (_try(errors, expected, home, params, months) or []) if months else []
    return [
        *overdue(home, params),
        *(Problem(each.where, each.what) for each in left),
        *(Problem("policy.reminders", one) for one in said),
    ]


def _add_stops(
    errors: list[Problem], warnings: list[Problem], home: Home, params: Params, newest: KeptMonth
) -> None:
    """publish がいちばん新しい月を断る理由のうち、まだ言っていないもの。

    月が古いことは、新しいファイルを待つほかに直しようがないので、誤りではなく、確かめること。もう公開した月なら、何も言わない。
    """
    for stop in all_stops(home, params, newest):
        head = Problem(stop.where, f"{stop.what}。{stop.fix}")
        if stop.code == STALE:
            warnings += [] if _is_released(home, newest) else [head]
            continue
        # 名簿のことなどは、上の点検がもう言っている。同じことを、二度並べない
        details_said = bool(stop.problems) and set(stop.problems) <= set(errors)
        if head not in errors and not details_said:
            errors += [head, *stop.problems]


def _read_letters(home: Home, params: Params | None) -> None:
    """手紙の文。くらべるなら、文 B も。"""
    read_texts(home)
    if params and params.society.policy.reminders.two_wordings:
        read_other_texts(home)


def _is_known_damaged(home: Home, kept: KeptMonth) -> bool:
    """置いたときのものでないと、もう言った月か。変えられたかもしれない件数から、公開を断るわけは言わない。"""
    try:
        with writing(Path()):
            return is_damaged(home, kept.month)
    except NotWritable:  # 開けない月のことは、もう言ってある
        return True
    except MynaError:  # 壊れた台帳のことは、もう言ってある
        return False


def _is_released(home: Home, kept: KeptMonth) -> bool:
    try:
        lines = Ledger(home.ledger).lines()
    except MynaError:  # 壊れた台帳のことは、もう言ってある
        return False
    return any(line["did"] == "released" and line["month"] == str(kept.month) for line in lines)


def _try(errors: list[Problem], step: Callable, *given):
    try:
        # 開けないファイルが一つあっても（権限、ほかのソフト）、ほかの点検をやめない
        with writing(Path()):
            return step(*given)
    except MynaError as error:
        errors += error.problems or [Problem(error.where, f"{error.what}。{error.fix}")]
        return None
