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
    stops = list(_stops(new, existing, policy))
    only = [stop for stop in stops if stop[0] == "DUPLICATE_FILE"]
    return tuple(
        Refused(code, where=new.month.label, what=what, fix=fix, problems=problems)
        for code, what, fix, *problems in only or stops
    )


def _stops(new: MonthSummary, existing: Sequence[MonthSummary], policy: IntakePolicy) -> Iterator[tuple]:
    """加えてよくない理由の名、何が、どうすれば、あればその内訳。"""
    same_month = [one for one in existing if one.month == new.month]
    last = max((one for one in existing if one.month < new.month), key=lambda one: one.month, default=None)
    newest = max((one.month for one in existing), default=new.month)
    if any(one.sha256 == new.sha256 for one in same_month):
        yield "DUPLICATE_FILE", "同じファイルが、この月として取り込まれています", "何もしなくてかまいません。"
    if same_month:
        fix = "差し替えるなら --replace を付けてください。月の指定が違うなら --month を直してください。"
        yield "MONTH_EXISTS", "別のファイルが、この月として取り込まれています", fix
    for same in (one for one in existing if one.sha256 == new.sha256):
        fix = f"この月のファイルか、確かめてください。{_confirm('STALE_COPY')}"
        yield "STALE_COPY", f"{same.month.label}のファイルと、中身が一字も違いません", fix
    if not same_month and new.month < newest:
        fix = f"--month を確かめてください。{_confirm('MONTH_ORDER')}"
        yield "MONTH_ORDER", f"{newest.label}まで取り込んだ後に、それより前の月を加えようとしています", fix
    fallen = list(_fallen(new, last, policy)) if last else []
    if fallen:
        what = f"{last.month.label}より、人が大きく減っています。途中までのファイルかもしれません"
        yield "SUSPICIOUS_DROP", what, f"送り主に人数を確かめてください。{_confirm('SUSPICIOUS_DROP')}", *fallen
    if what := _change(new, last, policy):
        fix = f"返納者の日次ファイルではないか、列がずれていないかを確かめてください。{_confirm('SUSPICIOUS_CHANGE')}"
        yield "SUSPICIOUS_CHANGE", what, fix


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


def _confirm(code: str) -> str:
    return f"正しいと確かめたら --confirm {code} を付けて、もう一度実行してください。"
