"""月の関門：このファイルを、この月として履歴に加えてよいか。前の月までの要約だけを見る。入出力はない。

人が確かめたうえで通すときは、断った理由の名を `--confirm` に渡す。
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mynalib.domain.errors import Problem, Refused
from mynalib.domain.months import Month
from mynalib.domain.society import IntakePolicy
from mynalib.intake.intake import Head

ALL_ZERO_ROWS = 50  # 登録は保険者の間で引き継がれる。これだけいて一人も登録がない月はない


@dataclass(frozen=True)
class MonthSummary:
    """一つの月の要約。members 加入者、registered 登録済の人、by_employer は {事業所か NOEMPLOYER: 人数}。"""

    month: Month
    sha256: str
    members: int
    registered: int
    by_employer: Mapping[str, Head] = field(default_factory=dict)


def examine(new: MonthSummary, existing: Sequence[MonthSummary], policy: IntakePolicy) -> tuple[Refused, ...]:
    """加えてよくない理由の全て。なければ空。

    Args:
        existing: 履歴にある月。順は問わない。人数は、new より前の一番新しい月と比べる。
        policy: 関門の幅。max_drop は全体の人数、employer_max_drop は一事業所の人数、max_change は登録済の割合の、減ってよい幅。
    Returns:
        DUPLICATE_FILE（同じ月に同じファイル：何もしなくてよい。ほかの関門は見ない）、MONTH_EXISTS、STALE_COPY、
        MONTH_ORDER、SUSPICIOUS_DROP、SUSPICIOUS_CHANGE。
    """
    stops = tuple(_stops(new, existing, policy))
    return tuple(stop for stop in stops if stop.code == "DUPLICATE_FILE") or stops


def _stops(new: MonthSummary, existing: Sequence[MonthSummary], policy: IntakePolicy) -> Iterator[Refused]:
    where = new.month.label
    same_month = [one for one in existing if one.month == new.month]
    last = max((one for one in existing if one.month < new.month), key=lambda one: one.month, default=None)
    newest = max((one.month for one in existing), default=new.month)
    if any(one.sha256 == new.sha256 for one in same_month):
        yield Refused("DUPLICATE_FILE", where=where)
    if same_month:
        yield Refused("MONTH_EXISTS", where=where)
    for same in (one for one in existing if one.sha256 == new.sha256):
        yield Refused("STALE_COPY", where=where, month=same.month.label)
    if not same_month and new.month < newest:
        yield Refused("MONTH_ORDER", where=where, month=newest.label)
    if last and (fallen := list(_fallen(new, last, policy))):
        yield Refused("SUSPICIOUS_DROP", where=where, month=last.month.label, problems=fallen)
    if change := _change(new, last, policy):
        yield Refused("SUSPICIOUS_CHANGE", where=where, what=change)


def _fallen(new: MonthSummary, last: MonthSummary, policy: IntakePolicy) -> Iterator[Problem]:
    """大きく減ったところと、前と今の人数。"""
    heads = {"全体": (last.members, new.members, policy.max_drop)}
    for employer, head in sorted(last.by_employer.items()):
        now = new.by_employer.get(employer, Head(0, 0)).members
        heads[employer] = (head.members, now, policy.employer_max_drop)
    for name, (before, now, most) in heads.items():
        if before >= policy.min_rows and before - now > most * before:
            yield Problem(name, f"{before} 人が {now} 人になりました")


def _change(new: MonthSummary, last: MonthSummary | None, policy: IntakePolicy) -> str:
    if not new.registered and ((last and last.registered) or new.members >= ALL_ZERO_ROWS):
        return f"登録済（状態 1）の人が、{new.members} 人のうち一人もいません"
    if not last or min(last.members, new.members) < policy.min_rows:
        return ""
    lost = last.registered * new.members - new.registered * last.members  # 割合の差を、整数のまま比べる
    if lost <= policy.max_change * last.members * new.members:
        return ""
    before, now = last.registered / last.members, new.registered / new.members
    return f"登録済の割合が、{last.month.label}の {before:.1%} から {now:.1%} に下がりました"
