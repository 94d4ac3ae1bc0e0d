"""文：見せた数から作る、まとめ、図の題、決めること。数と食いちがう文は作れない（数は、ここで丸めない）。

どの関数も、見せてよいかたちの数だけを受け取る。None は、ない値か、見せない値。
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from mynalib.domain.months import Month
from mynalib.insight.statistics import Pace

CAUSE_WORDS = {
    "behaviour": "加入を続けた方の登録と解除",
    "joiners": "新しい方の加入",
    "leavers": "脱退",
}


@dataclass(frozen=True)
class SocietyNow:
    """組合全体の、見せた数。

    rate いまの率（%）、before 前の月の率、year_ago 一年前の率（比べられなければ None）。decimals は率の小数の桁。
    about は、人数が概数か。first は、前の月のファイルが一度もないか。unlike は、前の月の率はあるが、小数の桁が違うか。
    """

    month: Month
    rate: float | None
    members: int
    registered: int
    before: float | None
    year_ago: float | None
    decimals: int
    about: bool = False
    first: bool = False
    unlike: bool = False

    def percent(self, value: float) -> str:
        return f"{value:.{self.decimals}f}"

    def people(self, value: int) -> str:
        return f"{'約 ' if self.about else ''}{value:,} 人"

    def difference(self, then: float | None) -> float | None:
        """いまの率との差（ポイント）。見せた率どうしの差。"""
        if self.rate is None or then is None:
            return None
        # 73.4 − 73.1 は、二進の小数では 0.30000000000001137 になる
        return round(self.rate - then, self.decimals)


def moved(points: float | None, decimals: int, *, polite: bool = True) -> str:
    """「0.3 ポイント上がりました」「同じです」。分からなければ ''。"""
    if points is None:
        return ""
    if points == 0:
        return "同じです" if polite else "同じ"
    if points > 0:
        way = "上がりました" if polite else "上がった"
    else:
        way = "下がりました" if polite else "下がった"
    return f"{abs(points):.{decimals}f} ポイント{way}"


def where_we_stand(seen: SocietyNow) -> str:
    """まとめの一：いまの率と、前の月、一年前との差。"""
    if seen.rate is None:
        return f"{seen.month.label}末は、加入者がいないので、登録率はありません。"
    counts = f"加入者 {seen.people(seen.members)}のうち {seen.people(seen.registered)}"
    now = f"{seen.month.label}末の登録率は {seen.percent(seen.rate)} %（{counts}）です。"
    last = seen.difference(seen.before)
    year = seen.difference(seen.year_ago)
    if last is None:
        compared = f"{_why_alone(seen)}、前の月とは比べていません。"
    else:
        compared = f"前の月{_than(last)}{moved(last, seen.decimals)}。"
    if year is not None:
        compared += f"一年前{_than(year)}{moved(year, seen.decimals)}。"
    return now + compared


def _why_alone(seen: SocietyNow) -> str:
    """なぜ、前の月と比べないか。"""
    if seen.first:
        return "はじめての月なので"
    # 前の月の率は、推移の図と表にある。ないとは言わない
    return "率の小数の桁が前の月と違うので" if seen.unlike else "前の月の値がないので"


def _than(points: float) -> str:
    return "より " if points else "と"


def why_it_moved(causes: Mapping[str, float | None] | None, decimals: int) -> str:
    """まとめの二：率が変わったわけ。causes は、見せたポイント（五人に満たない動きは None）、decimals はその小数の桁。"""
    if causes is None:
        return "変わったわけは、前の月の値がないので、分かりません。"
    shown = {name: points for name, points in causes.items() if points}
    up = [_cause(name, points, decimals) for name, points in shown.items() if points > 0]
    down = [_cause(name, points, decimals) for name, points in shown.items() if points < 0]
    parts = [f"率を上げたのは{'と'.join(up)}"] if up else []
    parts += [f"率を下げたのは{'と'.join(down)}"] if down else []
    # 「影響はありません」とは言えない。隠した動きが、あるかもしれない
    if not parts and None in causes.values():
        return "率を目に見えて動かしたわけは、ありません（5人未満の動きは、示していません）。"
    if not parts:
        return f"登録と解除、加入、脱退が率に与えた影響は、どれも、丸めると {0:.{decimals}f} ポイントです。"
    return "、".join(parts) + "です。"


def _cause(name: str, points: float, decimals: int) -> str:
    return f"{CAUSE_WORDS[name]}（{points:+.{decimals}f}）"


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


def beside_others(benchmark: Mapping[str, str] | None, seen: SocietyNow) -> str:
    """国の数と並べた文。人口が分母の登録率とだけ並べる。なければ、なぜ並べないか。"""
    if benchmark is None or seen.rate is None:
        return (
            "並べてよい国の数は、ありません（国の公表する登録率は、多くがカードを持つ人を分母にしていて、"
            "加入者を分母にしたこの率より高く出ます）。"
        )
    label = Month.parse(benchmark["month"]).label
    national = f"国の登録率（人口が分母、{label}末）は {float(benchmark['value']):.1f} % です。"
    here = f"この組合は {seen.percent(seen.rate)} %（加入者が分母、{seen.month.label}末）です。"
    return f"{national}{here}出典：{benchmark['source']}"


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
