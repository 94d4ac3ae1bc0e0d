"""文：見せた数から作る、組合のいまと、率が変わったわけ。数と食いちがう文は作れない（数は、ここで丸めない）。

どの関数も、見せてよいかたちの数だけを受け取る。None は、ない値か、見せない値。
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mynalib.domain.months import Month

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
    return f"{CAUSE_WORDS[name]}（{points:+.{decimals}f} ポイント）"


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
