"""文：目標に届くかと、決めること。数と食いちがう文は作れない（findings と同じ決まり）。"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from mynalib.domain.months import Month
from mynalib.insight.findings import SocietyNow
from mynalib.insight.statistics import Pace


@dataclass(frozen=True)
class Goal:
    """目標：その月に、率 value（%）。ceiling は、いま案内できる方がみな登録したときの率（%。分からないか、見せなければ None）。"""

    month: Month
    value: float
    pace: Pace
    ceiling: float | None = None

    @property
    def name(self) -> str:
        return f"目標（{self.month.label}に {self.value:g} %）"

    @property
    def path(self) -> str:
        """図の凡例。"""
        return f"目標 {self.value:g}% への道"

    @property
    def whole(self) -> dict[str, int]:
        """文に書く、整数にした歩み（人）。要る歩みは、足りなく言わないように切り上げる。"""
        sizes = {name: getattr(self.pace, name) for name in ("now", "low", "high")}
        found = {name: round(size) for name, size in sizes.items() if size is not None}
        # 月 3.2 人の歩みが要るのに「月 3 人」と言うと、届かない
        return found if self.pace.needed is None else found | {"needed": ceil(self.pace.needed)}

    @property
    def verdict(self) -> str:
        """pace.verdict に同じ。ただし、文に書く整数と食いちがう 'ahead' と 'behind' は、'unsure'。"""
        found = self.pace.verdict
        size = self.whole
        # 例：月 3.2 人（4 人と書く）が要り、歩みの幅の下が +3.3 人（+3 と書く）なら、「届きます」は、隣の数と合わない
        against = {
            "ahead": lambda: size["low"] < size["needed"],
            "behind": lambda: size["high"] >= size["needed"],
        }
        return "unsure" if found in against and against[found]() else found

    @property
    def beyond_ceiling(self) -> bool:
        """いま案内できる方がみな登録しても、届かないか。"""
        # 届いた目標は、上限が低くても、見直さなくてよい
        return self.ceiling is not None and self.ceiling < self.value and self.pace.short > 0


def will_we_reach(goal: Goal | None, seen: SocietyNow, unregistered: int) -> str:
    """まとめの三：目標に届くか。目標がなければ、登録していない方の数。"""
    if seen.rate is None:
        return "目標と比べる数はありません。"
    if goal is None:
        return f"登録していない方は {seen.people(unregistered)}です（目標は定めていません）。"
    if goal.verdict == "reached":
        return f"{goal.name}に届いています。"
    short = f"あと {seen.people(goal.pace.short)}"
    if goal.verdict == "missed":
        # 前に過ぎた目標は、その月には届いていて、あとで下がったのかもしれない
        missed = "に届かず、" if goal.month == seen.month else "の月は過ぎました。いまは、"
        return f"{goal.name}{missed}{short}です。"
    if goal.beyond_ceiling:
        limit = f"いま案内できる方がみな登録しても {goal.ceiling:.1f} % で、目標には届きません。"
        return f"{goal.name}まで、{short}です。{limit}"
    return f"{goal.name}まで、{short}。{_pace(goal)}"


def _pace(goal: Goal) -> str:
    """要る歩みと、いまの歩み。"""
    size = goal.whole
    needed = f"月 {size['needed']:,} 人の増加が要ります。"
    if goal.verdict == "unknown":
        return needed + "近ごろの六か月の値がそろわないので、いまの歩みは言えません。"
    now = (
        f"近ごろの六か月は、平均で月 {size['now']:+,} 人（{size['low']:+,}〜{size['high']:+,}）で、"
    )
    return needed + now + _VERDICTS[goal.verdict]


_VERDICTS = {
    "ahead": "この歩みなら届きます。",
    "behind": "この歩みでは届きません。",
    "unsure": "届くかどうかは、まだ言えません。",
}


def decisions(
    goal: Goal | None, open_matters: Sequence[Mapping], month: Month
) -> list[dict[str, str]]:
    """決めること：何を、だれが、いつまでに。

    Args:
        open_matters: まだ決まっていないこと。名 kind（_MATTERS の名）と、件数 count。
    Returns:
        一行＝決めること。列 todo, who, by。なければ空。
    """
    # 報告は翌月に読まれる
    by = f"{month.plus(1).label}末ごろ"
    rows = [
        {
            "todo": _MATTERS[one["kind"]].format(count=f"{one['count']:,}"),
            "who": "健保組合",
            "by": by,
        }
        for one in open_matters
        if one["count"]
    ]
    ask = _goal_decision(goal) if goal else ""
    if ask:
        rows.append({"todo": ask, "who": "理事会", "by": by})
    return rows


def _goal_decision(goal: Goal) -> str:
    if goal.beyond_ceiling:
        return f"{goal.name}を見直す。いま案内できる方がみな登録しても {goal.ceiling:.1f} % です。"
    if goal.verdict == "missed":
        return f"{goal.name}の月を過ぎました。新しい目標を定める。"
    if goal.verdict == "behind":
        return (
            f"{goal.name}に届く手だて（案内の回数、事業所での働きかけ）を決めるか、目標を見直す。"
        )
    return ""


_MATTERS = {
    "unanswered": "名簿の、だれにも当てはまらない {count} 行に答える（答えるまで、勧奨リストは作れません）。",
    "review": "コードや日付の食い違う {count} 人を確かめる（確かめるまで、案内しません）。",
    "without_notice": "お知らせに載っていない事業所が {count} あります。何も渡せないので、お知らせに載せるかを決める。",
    "not_handed": "前の月のリストを、手渡したと記録していない事業所が {count} あります。今月のリストを渡し、記録する。",
    "certificates_issue": "資格確認書が要り、まだ持っていない方が {count} 人います。月末までに交付する。",
    "certificates_renewal": "資格確認書の期限が近い（か、過ぎた）方が {count} 人います。新しい期限で作る。",
    "certificates_take_back": "登録して、資格確認書も持っている方が {count} 人います。返してもらう。",
    "certificates_find": "資格確認書を持ち、今月のファイルにいない方が {count} 人います。退職か、番号が変わったかを確かめる。",
    "no_receipt": "受領書の返っていない手渡しが {count} 件あります。返してもらう。",
    "quarantined": "読めずに隔離した {count} 行を、送り主に直してもらう。",
}
