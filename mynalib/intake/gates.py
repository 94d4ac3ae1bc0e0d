"""月の関門：このファイルを、この月として履歴に加えてよいか。前の月までの要約だけを見る。入出力はない。

人が確かめたうえで通すときは、断った理由の名を `--confirm` に渡す。
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

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
    same_month = [one for one in existing if one.month == new.month]
    if any(one.sha256 == new.sha256 for one in same_month):
        return (_duplicate_file(new),)
    earlier = [one for one in existing if one.month < new.month]
    last = max(earlier, key=lambda one: one.month) if earlier else None
    found = [_month_exists(new)] if same_month else []
    found += [_stale_copy(new, one) for one in existing if one.sha256 == new.sha256]
    found += _out_of_order(new, existing) if not same_month else []
    found += _drops(new, last, policy) if last else []
    found += _changes(new, last, policy)
    return tuple(found)


def _duplicate_file(new: MonthSummary) -> Refused:
    what = "同じファイルが、この月として取り込まれています"
    return Refused("DUPLICATE_FILE", where=new.month.label, what=what, fix="何もしなくてかまいません。")


def _month_exists(new: MonthSummary) -> Refused:
    what = "別のファイルが、この月として取り込まれています"
    fix = "差し替えるなら --replace を付けてください。月の指定が違うなら --month を直してください。"
    return Refused("MONTH_EXISTS", where=new.month.label, what=what, fix=fix)


def _stale_copy(new: MonthSummary, same: MonthSummary) -> Refused:
    what = f"{same.month.label}のファイルと、中身が一字も違いません"
    fix = f"この月のファイルか、確かめてください。{_confirm('STALE_COPY')}"
    return Refused("STALE_COPY", where=new.month.label, what=what, fix=fix)


def _out_of_order(new: MonthSummary, existing: Sequence[MonthSummary]) -> Iterator[Refused]:
    newest = max((one.month for one in existing), default=new.month)
    if new.month < newest:
        what = f"{newest.label}まで取り込んだ後に、それより前の月を加えようとしています"
        fix = f"--month を確かめてください。{_confirm('MONTH_ORDER')}"
        yield Refused("MONTH_ORDER", where=new.month.label, what=what, fix=fix)


def _drops(new: MonthSummary, last: MonthSummary, policy: IntakePolicy) -> Iterator[Refused]:
    problems = [Problem(name, _fell(before, now)) for name, before, now in _fallen(new, last, policy)]
    if problems:
        what = f"{last.month.label}より、人が大きく減っています。途中までのファイルかもしれません"
        fix = f"送り主に人数を確かめてください。{_confirm('SUSPICIOUS_DROP')}"
        yield Refused("SUSPICIOUS_DROP", where=new.month.label, what=what, fix=fix, problems=problems)


def _fallen(new: MonthSummary, last: MonthSummary, policy: IntakePolicy) -> Iterator[tuple[str, int, int]]:
    """大きく減ったところの、名・前の人数・今の人数。"""
    if _dropped(last.members, new.members, policy.max_drop, policy):
        yield "全体", last.members, new.members
    for employer, head in sorted(last.by_employer.items()):
        now = new.by_employer.get(employer, Head(0, 0)).members
        if _dropped(head.members, now, policy.employer_max_drop, policy):
            yield employer, head.members, now


def _dropped(before: int, now: int, most: Decimal, policy: IntakePolicy) -> bool:
    return before >= policy.min_rows and before - now > most * before


def _changes(new: MonthSummary, last: MonthSummary | None, policy: IntakePolicy) -> Iterator[Refused]:
    what = _change(new, last, policy)
    if what:
        fix = f"返納者の日次ファイルではないか、列がずれていないかを確かめてください。{_confirm('SUSPICIOUS_CHANGE')}"
        yield Refused("SUSPICIOUS_CHANGE", where=new.month.label, what=what, fix=fix)


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


def _fell(before: int, now: int) -> str:
    return f"{before} 人が {now} 人になりました"


def _confirm(code: str) -> str:
    return f"正しいと確かめたら --confirm {code} を付けて、もう一度実行してください。"
