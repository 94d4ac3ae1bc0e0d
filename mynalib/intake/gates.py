"""月の関門：このファイルを、この月として履歴に加えてよいか。前の月までの要約だけを見る。入出力はない。

人が確かめたうえで通すときは、断った理由の名を `--confirm` に渡す。
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mynalib.domain.errors import Problem, Refused
from mynalib.domain.months import Month
from mynalib.domain.policy import IntakePolicy
from mynalib.intake.heads import Heads, fallen, risen
from mynalib.intake.intake import Head
from mynalib.intake.shares import Codes, Counts, Stayed, strangers, summed, unlikely

CONFIRMABLE = (
    *("MONTH_ORDER", "SUSPICIOUS_DROP", "SUSPICIOUS_RISE", "STALE_COPY"),
    *("LATER_DATES", "SUSPICIOUS_CHANGE", "OTHER_PEOPLE"),
)
"""人が確かめれば通せる関門の名。MONTH_EXISTS だけは、--replace で通る。"""
COPY_ROWS = 2000  # 写しでなければ、これだけの人のうち一人は、ひと月に加わるか変わる（架空の組合では 10 人より多い）


@dataclass(frozen=True)
class MonthSummary:
    """一つの月の要約。by_employer と codes は {事業所か NOEMPLOYER: 人数}、later_dates は月末より後の日付のある人。

    members は加入者。codes は、前の版の道具が置いた月では空のことがある。
    """

    month: Month
    sha256: str
    members: int
    by_employer: Mapping[str, Head] = field(default_factory=dict)
    codes: Mapping[str, Counts] = field(default_factory=dict)
    later_dates: int = 0

    @property
    def heads(self) -> Heads:
        return Heads(self.members, self.by_employer)


def examine(
    new: MonthSummary,
    existing: Sequence[MonthSummary],
    policy: IntakePolicy,
    copied: Collection[Month] = (),
    stayed: Sequence[Stayed] = (),
) -> tuple[Refused, ...]:
    """加えてよくない理由の全て。なければ空。

    Args:
        existing: 履歴にある月。順は問わない。人数と割合は、new より前の一番新しい月と比べる。
        policy: 関門の幅。max_drop と max_rise は全体の人数、employer_ のつくものは一事業所の人数の、減って（増えて）
            よい幅、max_change はどのコードの割合も変わってよい幅。
        copied: new の人が、その月の人の写しである月（is_copy）。
        stayed: 前の月の人が new にも残っているか。全体と、二つの月のどちらにもある記号ごと。
    Returns:
        MONTH_EXISTS、MONTH_ORDER、SUSPICIOUS_DROP、SUSPICIOUS_RISE、STALE_COPY、LATER_DATES、SUSPICIOUS_CHANGE、
            OTHER_PEOPLE。
    """
    return tuple(_stops(new, existing, policy, copied, stayed))


def may_be_copy(new: MonthSummary, old: MonthSummary, policy: IntakePolicy) -> bool:
    """new の人が old の人の写しでありうるか。写しなら、どのコードの組の人も、old よりほとんど増えていない。

    人ごとに比べる前に、数だけで、写しでないと分かる月を除くためのもの（ふつうの月は、全てここで除かれる）。
    人が min_rows に満たないファイルは、ひと月に何も変わらないことがあるので、写しとは言わない。
    """
    if new.month == old.month or new.members < policy.min_rows:
        return False
    # 増えた組だけを足すと、加わったか変わった人の、少なく見た数になる。例：（登録済 60、未登録 40）から（62、39）なら 2 人
    more = _lasting(new)
    more.subtract(_lasting(old))
    risen = sum(people for people in more.values() if people > 0)
    return not old.codes or is_copy(risen, new.members)


def _lasting(month: MonthSummary) -> Counter[Codes]:
    """コードの組の人数。ただし、登録がその月かは、同じ人々でも月によって違うので、見ない。"""
    people: Counter[Codes] = Counter()
    for codes, count in summed(month.codes).items():
        people[codes._replace(newly=False)] += count
    return people


def is_copy(fresh: int, rows: int) -> bool:
    """rows 人のうち、ほかの月にない人（加わった人と、どれかの項目の変わった人）が fresh 人のファイルは、写しか。"""
    # 例：4,000 人のファイルで、新しい人が 1 人なら写し、2 人なら写しではない
    return fresh * COPY_ROWS < rows


def _stops(
    new: MonthSummary,
    existing: Sequence[MonthSummary],
    policy: IntakePolicy,
    copied: Collection[Month],
    stayed: Sequence[Stayed],
) -> Iterator[Refused]:
    same_month = [one for one in existing if one.month == new.month]
    last = max(
        (one for one in existing if one.month < new.month), key=lambda one: one.month, default=None
    )
    newest = max((one.month for one in existing), default=new.month)
    if same_month:
        yield _exists(new, same_month)
    if not same_month and new.month < newest:
        yield _before(new, newest)
    fewer = list(fallen(last.heads, new.heads, policy)) if last else []
    if fewer:
        yield _dropped(new, last, fewer)
    more = list(risen(last.heads, new.heads, policy)) if last else []
    if more:
        yield _grown(new, last, more)
    for other in sorted(existing, key=lambda one: one.month):
        if other.month != new.month and (other.sha256 == new.sha256 or other.month in copied):
            yield _copy(new, other)
    # 一人でも止める。次の月のファイルを、前の月として渡したときに現れる
    if new.later_dates and new.members >= policy.min_rows:
        yield _later(new)
    before = last.codes if last else {}
    changed = list(unlikely(new.codes, before, policy))
    if changed:
        yield _changed(new, changed)
    strange = list(strangers(stayed))
    if strange:
        yield _others(new, strange)


def _exists(new: MonthSummary, same_month: Sequence[MonthSummary]) -> Refused:
    """同じ月がある。同じファイルなら、取り込んだときと読んだ結果が違う（同じなら、関門には来ない）。"""
    if all(one.sha256 != new.sha256 for one in same_month):
        what = "別のファイルが、この月として取り込まれています"
    else:
        what = "同じファイルが取り込まれていますが、いまの設定で読むと、そのときと結果が違います"
    fix = "差し替えるなら --replace を付けてください。月の指定が違うなら --month を直してください。"
    return Refused("MONTH_EXISTS", where=new.month.label, what=what, fix=fix)


def _before(new: MonthSummary, newest: Month) -> Refused:
    return Refused(
        "MONTH_ORDER",
        where=new.month.label,
        what=f"{newest.label}まで取り込んだ後に、それより前の月を加えようとしています",
        fix="--month を確かめてください。正しいと確かめたら --confirm MONTH_ORDER を付けて、もう一度実行してください。",
    )


def _dropped(new: MonthSummary, last: MonthSummary, fewer: Sequence[Problem]) -> Refused:
    return Refused(
        "SUSPICIOUS_DROP",
        where=new.month.label,
        what=f"{last.month.label}より、人が大きく減っています。途中までのファイルかもしれません",
        fix="送り主に人数を確かめてください。"
        "正しいと確かめたら --confirm SUSPICIOUS_DROP を付けて、もう一度実行してください。",
        problems=fewer,
    )


def _grown(new: MonthSummary, last: MonthSummary, more: Sequence[Problem]) -> Refused:
    return Refused(
        "SUSPICIOUS_RISE",
        where=new.month.label,
        what=f"{last.month.label}より、人が大きく増えています。ほかの組合や、ほかの事業所の人の混ざったファイルかもしれません",
        fix="送り主に人数を確かめてください（合併や異動があったなら、その人数と比べます）。"
        "正しいと確かめたら --confirm SUSPICIOUS_RISE を付けて、もう一度実行してください。",
        problems=more,
    )


def _others(new: MonthSummary, strange: Sequence[Problem]) -> Refused:
    return Refused(
        "OTHER_PEOPLE",
        where=new.month.label,
        what="前の月の人が、ほとんどいません。ほかの組合のファイルか、記号や番号や日付の列がずれたファイルかもしれません",
        fix="送り主と、列の並びを確かめてください。"
        "番号を付けなおしたなど、正しいと確かめたら --confirm OTHER_PEOPLE を付けて、もう一度実行してください。",
        problems=strange,
    )


def _copy(new: MonthSummary, other: MonthSummary) -> Refused:
    return Refused(
        "STALE_COPY",
        where=new.month.label,
        what=f"{other.month.label}のファイルの写しです（ひと月たてば現れるはずの、加わった人も変わった人もいません）",
        fix="この月のファイルか、確かめてください。"
        "正しいと確かめたら --confirm STALE_COPY を付けて、もう一度実行してください。",
    )


def _changed(new: MonthSummary, changed: Sequence[Problem]) -> Refused:
    return Refused(
        "SUSPICIOUS_CHANGE",
        where=new.month.label,
        what="月次のファイルとして、ありえない割合のところがあります",
        fix="返納者の日次ファイルではないか、列がずれていないかを確かめてください。"
        "正しいと確かめたら --confirm SUSPICIOUS_CHANGE を付けて、もう一度実行してください。",
        problems=changed,
    )


def _later(new: MonthSummary) -> Refused:
    return Refused(
        "LATER_DATES",
        where=new.month.label,
        what=f"月末より後の日付のある人が {new.later_dates:,} 人います。もっと後の断面のファイルのようです",
        fix="--month を確かめてください。正しいと確かめたら --confirm LATER_DATES を付けて、もう一度実行してください"
        "（その人たちは、要確認になります）。",
    )
