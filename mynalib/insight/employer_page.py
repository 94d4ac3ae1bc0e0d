"""事業所のページ：今月お願いしたいこと、いまの水準、リストの移り変わり、しかた、よくある質問、社内への案内文。

読むのは、事業所の担当部署。加入者の少ない事業所にも、開くかいのある一枚にする：一つの値の図や、空の節は出さない。
"""

from fractions import Fraction
from functools import cached_property

import pandas as pd

from mynalib.disclosure import released as door
from mynalib.disclosure.released import Released
from mynalib.disclosure.society import rounded
from mynalib.domain.classification import ACTIONS
from mynalib.domain.months import Month
from mynalib.insight import display, level_chart, tables
from mynalib.insight.capsule import Capsule

LEAST_MONTHS = 2  # 推移を図にするのに要る、水準のある月


class EmployerPage:
    """一つの事業所の、見せた表と、ページの節。"""

    def __init__(self, capsule: Capsule):
        self.capsule = capsule
        self.levels: Released = door.levels(capsule.table("levels"), capsule.terms)
        self.lists: Released = door.list_lengths(capsule.table("lists"), capsule.terms)

    @cached_property
    def _now(self) -> pd.Series | None:
        """この月のリストの人数。リストがなければ None。"""
        frame = self.lists.frame
        # リストを作らなかった月には、行がない。0 人とは違う
        found = frame[frame.month == str(self.capsule.month)]
        return found.iloc[0] if len(found) else None

    def requests(self) -> None:
        """今月お願いしたいこと：何人に、何を、いつまでに。だれに尋ねるか。"""
        said = display.words("asked")
        if self._now is None:
            tables.paragraph(said["no_list"])
            return
        people = int(self._now[tables.ASKED].sum())
        items = [display.tile(ACTIONS[name], "人", f"{self._now[name]:,}") for name in tables.ASKED]
        display.show("tiles", items=items)
        # 頼むことのない月に、期限や手順を並べない
        if not people:
            tables.paragraph(said["nobody"])
            return
        by = f"{self.capsule.month.plus(1).label}末ごろ"
        display.show(
            "link", text=said["somebody"].format(people=f"{people:,}", by=by), **said["link"]
        )

    def contact(self) -> None:
        """お知らせに載せた責任者と、問合せ先。"""
        facts = self.capsule.facts["contact"]
        said = display.words("contact")
        lines = [said["responsible"].format(title=facts["title"])]
        lines += [said["phone"].format(phone=facts["phone"])] if facts["phone"] else []
        lines += [said["society"].format(society=self.capsule.facts["society"])]
        lines += [said["channels"].format(channels=self.capsule.facts["channels"])]
        display.show("lines", lines=lines)

    def where_you_stand(self) -> None:
        """いまの水準を幅のある言葉で、組合全体の率と目標とともに。"""
        tables.level(self.levels)
        tables.society_figure(self.capsule)
        self._target()
        frame = self.levels.frame
        if frame.level.notna().sum() >= LEAST_MONTHS:
            level_chart.levels(self.levels, "trend", self._trend_title())

    def _target(self) -> None:
        """組合の目標と、前に公表した率からそこまでの道のりを、言葉で。これからの目標がなければ、何も書かない。"""
        target = self.capsule.facts["society_target"]
        if not target or Month.parse(target["month"]) <= self.capsule.month:
            return
        said = display.words("society_target")
        until = Month.parse(target["month"])
        values = {"month": until.label, "value": f"{float(target['value']):g}"}
        figure = self.capsule.facts["society_figure"]
        since = Month.parse(figure["month"]) if figure else until
        gap = Fraction(target["value"]) - Fraction(figure["rate"]) if figure else Fraction(0)
        # 前に公表した率が、もう目標の高さにあれば、道のりは書かない
        if gap > 0:
            step = rounded(gap / until.minus(since), 1)
            values |= {"since": since.label, "step": f"{step:.1f}"}
        tables.paragraph(said["path" if gap > 0 else "alone"].format(**values))

    def _trend_title(self) -> tuple[str, str]:
        shown = self.levels.frame.dropna(subset="level")
        first = shown.iloc[0]
        last = shown.iloc[-1]
        texts = [
            display.level_text(
                {"rate": row.level, "tolerance": row.tolerance, "bound": row.bound}, 0
            )
            for row in (first, last)
        ]
        since = Month.parse(first.month).label
        title = f"水準は{texts[1]}" + ("" if texts[0] == texts[1] else f"、{since}は{texts[0]}")
        return title, "登録率の水準とその幅・月次推移（月末の加入者に占める割合）"

    def past_lists(self) -> None:
        """リストの人数の、12 か月の移り変わり。"""
        if len(self.lists.frame):
            tables.table(self.lists, "lists", "勧奨リストの人数（前に公開したときのまま）")
            tables.paragraph(display.words("gone"))

    def _answers(self) -> list[list[str]]:
        """よくある質問。資格確認書の期限は、確かめてあるときだけ。"""
        until = self.capsule.facts["certificate_until"]
        dated = [text.format(until=until) for text in display.words("certificate_answer")]
        return [*display.words("answers"), *([dated] if until else [])]

    def how_to(self) -> None:
        """しかたを五つで、よくある質問、社内への案内文。"""
        display.show("section", title="ご案内のしかた", lines=display.words("how_to"))
        display.show("answers", title="よくある質問", pairs=self._answers())
        display.show(
            "quote", title="社内への案内文（そのまま貼れます）", lines=self.intranet_lines()
        )

    def intranet_lines(self) -> list[str]:
        """社内への案内文。声をかける方のいない月に、声をかけるとは書かない。"""
        first, second, *rest = display.words("intranet")
        if self._now is None or not self._now[tables.ASKED].sum():
            return [first, second, *rest]
        by = f"{self.capsule.month.plus(1).label}末ごろ"
        return [first, second, display.words("intranet_asked").format(by=by), *rest]
