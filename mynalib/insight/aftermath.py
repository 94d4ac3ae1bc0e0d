"""知らせたあとのページ：知らせた方のうち、登録（更新）した方の割合。くらべられる相手があるときだけ、並べる。

知らせた効果を言うのは、くじで分けた二つの半分をくらべたときだけ。
"""

from collections.abc import Iterator

import pandas as pd

from mynalib.disclosure import released as door
from mynalib.insight import aftermath_charts, display, tables
from mynalib.insight.capsule import Capsule


class Aftermath:
    """知らせたあとの表と、文。"""

    def __init__(self, capsule: Capsule):
        self.capsule = capsule
        self.outcomes = door.internal(capsule.table("outcomes"), capsule.terms)
        self.by_month = door.internal(capsule.table("by_month"), capsule.terms)
        self.halves = door.internal(capsule.table("halves"), capsule.terms)
        self.gaps = door.internal(capsule.table("gaps"), capsule.terms)

    def summary(self) -> None:
        """いちばんはじめの文：何人に知らせ、一か月あと（その月のファイルがなければ、その次）に何人が登録（更新）したか。記録がなければ、何が要るか。"""
        frame = self.outcomes.frame
        # 手渡しを記録していなければ、だれに知らせたか分からない
        if frame.empty:
            tables.paragraph(display.words("aftermath")["nothing"])
            return
        lines = [*self.sentences(frame), *self.of_halves(), *self.comparisons(frame)]
        display.show("summary", lines=lines)

    def tables(self) -> None:
        """くじで分けた二つの半分の表と差の図、勧奨、何回目、何か月あとごとの図、月ごとの表。"""
        if len(self.halves.frame):
            tables.table(self.halves, "halves", "くじで分けた二つの半分の、そのあと")
            aftermath_charts.gaps(self.gaps, "gaps")
            tables.paragraph(display.words("aftermath")["how_halves"])
        if (self.outcomes.frame.group == "told").any():
            aftermath_charts.shares(self.outcomes, "outcomes")
            tables.table(self.by_month, "by_month", "リストの月ごとに、知らせた方と、そのあと")

    def of_halves(self) -> Iterator[str]:
        """くじで分けた二つの半分の差。効果という言葉は、ここでだけ使う。"""
        said = display.words("aftermath")["halves"]
        kinds = display.words("kinds")
        halves = self.halves.frame.set_index(["kind", "ahead", "half"])
        for row in self.gaps.frame.itertuples(index=False):
            first, second = (
                halves.loc[row.kind, row.ahead, f"{row.trial}_{arm}"] for arm in ("first", "second")
            )
            # 見せる幅（小数一桁）で決める。文と、横に並ぶ数とが食いちがわない
            differs = row.gap_low > 0 or row.gap_high < 0
            yield said[row.trial]["differs" if differs else "alike"].format(
                kind=kinds[row.kind],
                ahead=row.ahead,
                first=f"{first.share:.1f}",
                first_people=f"{int(first.people):,}",
                second=f"{second.share:.1f}",
                second_people=f"{int(second.people):,}",
                gap=f"{row.gap:+.1f}",
                low=f"{row.gap_low:+.1f}",
                high=f"{row.gap_high:+.1f}",
                visible=f"{row.visible:.1f}",
            )

    @staticmethod
    def sentences(frame: pd.DataFrame) -> list[str]:
        """何人に知らせ、そのうち何人がしたかの文。一つの勧奨に、一つ。"""
        said = display.words("aftermath")
        told = _soonest(frame[frame.group == "told"])
        sums = told.groupby(["kind", "ahead"])[["people", "acted"]].sum()
        return [
            said["told"][kind].format(ahead=ahead, people=f"{row.people:,}", acted=f"{row.acted:,}")
            for (kind, ahead), row in sums.iterrows()
        ]

    def comparisons(self, frame: pd.DataFrame) -> list[str]:
        """同じ月の、渡していない事業所の方と並べた文。重なる幅なら、差があるとは言えない。くじで分けてくらべた勧奨は、並べない。"""
        said = display.words("aftermath")
        lines = []
        one = _soonest(frame[frame.group.isin(["beside", "waiting"])])
        drawn = {*self.gaps.frame.kind[self.gaps.frame.trial == "timing"]}
        for kind in [kind for kind in ("link", "renew") if kind not in drawn]:
            told = one[(one.kind == kind) & (one.group == "beside")]
            rest = one[(one.kind == kind) & (one.group == "waiting")]
            if told.empty or rest.empty:
                continue
            mine = told.iloc[0]
            other = rest.iloc[0]
            # 二つの幅が離れているときだけ。重なっていても差があることはあるが、言いすぎない側に
            apart = mine.low > other.high or mine.high < other.low
            values = {
                "ahead": mine.ahead,
                "told": f"{mine.share:.1f}",
                "told_people": f"{mine.people:,}",
                "waiting": f"{other.share:.1f}",
                "people": f"{other.people:,}",
            }
            lines.append(said["beside"][kind].format(**values))
            lines.append(said["apart" if apart else "alike"])
        return lines or ([] if drawn else [said["no_comparison"]])


def _soonest(frame: pd.DataFrame) -> pd.DataFrame:
    """勧奨ごとに、分かるうちで、いちばん早い月あとの行。知らせた次の月のファイルがなければ、一か月あとは分からない。"""
    return frame[frame.ahead == frame.groupby("kind").ahead.transform("min")]
