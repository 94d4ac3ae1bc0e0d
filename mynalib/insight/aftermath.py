"""知らせたあとのページ：知らせた方のうち、登録（更新）した方の割合。くらべられる相手があるときだけ、並べる。"""

import pandas as pd

from mynalib.disclosure import released as door
from mynalib.insight import display, tables
from mynalib.insight.capsule import Capsule


class Aftermath:
    """知らせたあとの表と、文。"""

    def __init__(self, capsule: Capsule):
        self.capsule = capsule
        self.outcomes = door.internal(capsule.table("outcomes"), capsule.terms)
        self.by_month = door.internal(capsule.table("by_month"), capsule.terms)

    def summary(self) -> None:
        """いちばんはじめの文：何人に知らせ、一か月あとに何人が登録（更新）したか。記録がなければ、何が要るか。"""
        frame = self.outcomes.frame
        if frame.empty:
            tables.paragraph(display.words("aftermath")["nothing"])
            return
        display.show("summary", lines=[*self._sentences(frame), *self._comparisons(frame)])

    def tables(self) -> None:
        """勧奨、何回目、何か月あとごとの表と、月ごとの表。"""
        if len(self.outcomes.frame):
            tables.table(self.outcomes, "outcomes", "知らせたあとに、登録（更新）していた方")
            tables.table(self.by_month, "by_month", "リストの月ごとに、知らせた方と、そのあと")

    @staticmethod
    def _sentences(frame: pd.DataFrame) -> list[str]:
        said = display.words("aftermath")
        told = frame[(frame.group == "told") & (frame.ahead == 1)]
        sums = told.groupby("kind")[["people", "acted"]].sum()
        return [
            said["told"][kind].format(people=f"{row.people:,}", acted=f"{row.acted:,}")
            for kind, row in sums.iterrows()
        ]

    @staticmethod
    def _comparisons(frame: pd.DataFrame) -> list[str]:
        """同じ月の、渡していない事業所の方と並べた文。重なる幅なら、差があるとは言えない。"""
        said, lines = display.words("aftermath"), []
        one = frame[frame.ahead == 1]
        for kind in ("link", "renew"):
            told = one[(one.kind == kind) & (one.group == "beside")]
            rest = one[(one.kind == kind) & (one.group == "waiting")]
            if told.empty or rest.empty:
                continue
            mine, other = told.iloc[0], rest.iloc[0]
            apart = mine.low > other.high or mine.high < other.low
            values = {
                "told": f"{mine.share:.1f}",
                "waiting": f"{other.share:.1f}",
                "people": f"{other.people:,}",
            }
            lines.append(said["beside"][kind].format(**values))
            lines.append(said["apart" if apart else "alike"])
        return lines or [said["no_comparison"]]
