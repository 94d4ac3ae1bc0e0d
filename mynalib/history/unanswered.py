"""名簿の、どの人にも当てはまらない行：退職したか、記号・番号が変わったか、書き誤りか。人が答えるまで、疑わしい人を控える。"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from mynalib.domain.months import Month
from mynalib.domain.person import PERSON_KEY
from mynalib.history.holds import Hold
from mynalib.history.lens import Lens
from mynalib.history.months import KeptMonth
from mynalib.history.registers import ALLOWED, LEFT, Entry


@dataclass(frozen=True)
class Unanswered:
    """答えのない名簿の行。

    last_seen は、その人が最後にいた月（一度もいなければ None）。suspects は、そのあとに現れた、枝番と日付がその人の最後と
    同じ人を控えるもの。同じ人だとは言えないが、そうかもしれない（控えるだけで、月をまたいで結ぶことはしない）。
    """

    entry: Entry
    last_seen: Month | None
    suspects: tuple[Hold, ...]

    @property
    def state(self) -> str:
        if self.entry.new_key:
            return "新しい鍵に当てはまる人がいません"
        if self.entry.handled == LEFT:
            return "退職のあとに戻り、また見つからなくなりました。退職なら、退職と書いた行をもう一つ足してください"
        return (
            f"{self.last_seen.label}まではいた人です" if self.last_seen else "一度も見つかりません"
        )

    @property
    def excused(self) -> bool:
        """「未収録」は、一度も現れないあいだだけの答え。"""
        return self.entry.handled == "未収録" and self.last_seen is None


def unanswered(
    months: Sequence[KeptMonth], entries: Iterable[Entry], today: date
) -> tuple[Unanswered, ...]:
    """months の最後の月で、どの人にも当てはまらない、控える行。「処理」に退職とあるものを除く（戻ってからのことへの答えではない）。"""
    held = [e for e in entries if e.reason != ALLOWED and e.in_force(today)]
    asked = [e for e in held if e.handled != LEFT]
    asked += _gone_again(months, [e for e in held if e.handled == LEFT and not e.verdict])
    # 例：九月にいて十月にいない申出の人と、枝番も日付も同じ人が、十月にはじめて現れたら、その人を控える（unanswered.sql）
    absent = _queried("absent", months[-1:], asked).entry if asked else ()
    if not len(absent):  # たいていは、最後の月だけを読めば済む
        return ()
    asked = [asked[at] for at in absent]
    found = (
        _unanswered(asked[at], table)
        for at, table in _queried("unanswered", months, asked).groupby("entry")
    )
    return tuple(each for each in found if not each.excused)


def _gone_again(months: Sequence[KeptMonth], left: Sequence[Entry]) -> list[Entry]:
    """「退職」と書いたあとに戻り、またいなくなった人の行（一人に一行）。いなくなった回数だけ「退職」の行があれば、答えてある。"""
    absent = _queried("absent", months[-1:], left).entry if left else ()
    if not len(absent):
        return []
    gone = [left[at] for at in absent]
    answers = Counter((entry.register, entry.key) for entry in left)
    found = {
        (gone[at].register, gone[at].key): gone[at]
        for at, absences in _queried("absences", months, gone).itertuples(index=False)
        if absences > answers[gone[at].register, gone[at].key]
    }
    return [*found.values()]


def _queried(name: str, months: Sequence[KeptMonth], asked: Sequence[Entry]) -> pd.DataFrame:
    rows = [(at, *key) for at, entry in enumerate(asked) for key in entry.keys]
    with Lens(months) as lens:
        lens.put("asked", pd.DataFrame(rows, columns=["entry", *PERSON_KEY]))
        return lens.query(name)


def _unanswered(entry: Entry, table: pd.DataFrame) -> Unanswered:
    last_seen = table.last_seen.iloc[0]
    suspects = tuple(
        Hold(entry.reason, (row.symbol_key, row.number_key, row.branch), Month.parse(row.since).end)
        for row in table[table.since != ""].itertuples(index=False)
    )
    return Unanswered(entry, Month.parse(last_seen) if last_seen else None, suspects)
