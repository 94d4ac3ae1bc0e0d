"""取込：一つのファイルを読み、月の関門を通し、月として置く。どこで落ちても、次の実行が続きを直す。"""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from mynalib.domain.errors import Refused
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history import clock
from mynalib.history.aside import read_aside
from mynalib.history.home import Home
from mynalib.history.ledger import operator
from mynalib.history.likeness import codes_of, copied_months, same_as_kept, stayed_people
from mynalib.history.months import KeptMonth, keep, kept_months, require_original
from mynalib.history.outdated import outdated_releases
from mynalib.history.recovery import recorded_months, settle
from mynalib.history.registers import read_registers
from mynalib.history.vouching import must_be_replaced, recover
from mynalib.intake.gates import MonthSummary, examine, may_be_copy
from mynalib.intake.intake import Head
from mynalib.intake.shares import Counts, counted
from mynalib.intake.source import require_file

REPLACEABLE = ("MONTH_EXISTS",)
# 壊れた月は、無いものとして数える。新しい月があっても、置きかえてよい
REPAIRABLE = ("MONTH_EXISTS", "MONTH_ORDER")


def ingest(
    home: Home,
    params: Params,
    file: Path,
    month: Month,
    *,
    replace: bool = False,
    confirm: Collection[str] = (),
) -> dict:
    """ファイルを、その月の断面として取り込む。

    Args:
        confirm: 人が確かめて通すと決めた関門の名（SUSPICIOUS_DROP など）。
    Returns:
        outcome（loaded か no_op）, error（None）, month, data_rows, accepted, quarantined, reasons, sha256。
        月と合わなくなった公開があれば、outdated（その月）も。
    Raises:
        Refused: 断る。これまでの月は、何も変わらない。
        Locked, DiskFull, NotWritable: 書けない。これまでの月は、何も変わらない。
    """
    _require_ended(month)
    with home.locked():
        require_file(file)
        read_registers(home, params)
        broken = month if replace and must_be_replaced(home, params, month) else None
        recover(home, params, leaving_out=broken)
        passed = _passed(confirm, replace=replace, broken=broken is not None)
        with read_aside(home, params, file, month) as (staged, read):
            facts = read.as_dict()
            require_original(home, file, read.sha256)
            months = kept_months(home, leaving_out=broken)
            # --replace でも、同じ人が同じに読めるなら、何もしない。設定やコードが変わって違って読めれば、置きかえる
            if any(same_as_kept(kept, staged, facts) for kept in months if kept.month == month):
                return report("no_op", month, facts)
            stops = _stops(params, month, facts, staged, months)
            facts_kept = facts | pass_gates(stops, passed)
            keep(home, month, staged, file, facts_kept, taken=recorded_months(home))
            settle(home, params=params)
            outdated = [str(each.released) for each in outdated_releases(home, kept_months(home))]
            return report("loaded", month, facts) | ({"outdated": outdated} if outdated else {})


def _passed(confirm: Collection[str], *, replace: bool, broken: bool) -> set[str]:
    """断らずに通す関門の名：人が確かめたものと、--replace なら、置きかえること。"""
    if not replace:
        return {*confirm}
    return {*confirm, *(REPAIRABLE if broken else REPLACEABLE)}


def _stops(
    params: Params, month: Month, facts: dict, staged: Path, months: Sequence[KeptMonth]
) -> tuple[Refused, ...]:
    """月の関門。置いてある月の人を開くのは、数だけでは決まらないときだけ。"""
    policy = params.society.policy.intake
    new = _summary(month, facts, _codes(facts))
    last = max((kept.month for kept in months if kept.month < month), default=None)
    existing = {}
    for kept in months:
        # コードの割合を比べる相手は、すぐ前の月だけ。その月に数がなければ（前の版の道具）、いま数える
        uncounted = kept.month == last and "codes" not in kept.intake
        codes = codes_of(kept, params) if uncounted else _codes(kept.intake)
        existing[kept] = _summary(kept.month, kept.intake, codes)
    # 人まで読んで比べるのは、人数などから、写しかもしれない月だけ
    suspects = [kept for kept, old in existing.items() if may_be_copy(new, old, policy)]
    copied = copied_months(staged, new.members, suspects)
    stayed = [
        each
        for kept in months
        if kept.month == last
        for each in stayed_people(staged, new.members, kept, params.registry(month))
    ]
    return examine(new, [*existing.values()], policy, copied, stayed)


def pass_gates(stops: Iterable[Refused], passed: Collection[str]) -> dict:
    """断る理由のどれもが、通してよいもの（passed）なら、台帳に書くこと。そうでなければ断る。"""
    codes = []
    for stop in stops:
        if stop.code not in passed:
            raise stop
        codes.append(stop.code)
    return {"confirmed": sorted({*codes}), "confirmed_by": operator() if codes else ""}


def report(outcome: str, month: Month, facts: dict) -> dict:
    """取込の結果の形。"""
    counts = {
        name: facts[name] for name in ("data_rows", "accepted", "quarantined", "reasons", "sha256")
    }
    return {"outcome": outcome, "error": None, "month": str(month), **counts}


def _summary(month: Month, facts: dict, codes: dict[str, Counts]) -> MonthSummary:
    heads = {name: Head(**head) for name, head in facts["by_employer"].items()}
    return MonthSummary(
        month, facts["sha256"], facts["accepted"], heads, codes, facts.get("later_dates", 0)
    )


def _codes(facts: dict) -> dict[str, Counts]:
    """コードの組の人数。前の版の道具が置いた月では空。"""
    return {name: counted(rows) for name, rows in facts.get("codes", {}).items()}


def _require_ended(month: Month) -> None:
    if not month.has_ended(clock.today()):
        newest = Month.of(clock.today()).plus(-1)
        raise Refused(
            "MONTH_NOT_ENDED",
            where=f"--month {month}",
            what="まだ終わっていない月です。ファイルは月末の断面なので、届いた月の前の月を指定します",
            fix=f"10 月末の断面が 11 月に届いたなら、--month は 10 月です。いまなら {newest} です。",
        )
