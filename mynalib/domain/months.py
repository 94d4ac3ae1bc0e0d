"""データの月。ファイルは月末の断面なので、一つの月は、その末日で表す。"""

import calendar
import re
from dataclasses import dataclass
from datetime import date

_FORMAT = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


def day_label(written: str) -> str:
    """「2026-11-22」を「2026年11月22日」に。"""
    day = date.fromisoformat(written)
    return f"{day.year}年{day.month}月{day.day}日"


@dataclass(frozen=True, order=True)
class Month:
    """断面の月。受け取った月ではない（10 月末の断面は、11 月 5 日ごろに届く）。"""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Month":
        """「2026-10」から作る。ほかの書き方は ValueError。"""
        found = _FORMAT.fullmatch(text)
        if not found:
            raise ValueError("月は 2026-10 の形で書きます")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> "Month":
        return cls(day.year, day.month)

    @property
    def end(self) -> date:
        return date(self.year, self.number, calendar.monthrange(self.year, self.number)[1])

    @property
    def label(self) -> str:
        return f"{self.year}年{self.number}月"

    @property
    def as_of(self) -> str:
        """「2026年10月31日時点」。どのページにも、この形で書く。"""
        return f"{self.year}年{self.number}月{self.end.day}日時点"

    def plus(self, months: int) -> "Month":
        # 例：2026-01 の 1 月前は divmod(0 - 1, 12) = (-1, 11) なので、2025 年の 12 月
        years, index = divmod(self.number - 1 + months, 12)
        return Month(self.year + years, index + 1)

    def minus(self, earlier: "Month") -> int:
        """earlier からの月数。"""
        return (self.year - earlier.year) * 12 + self.number - earlier.number

    def has_ended(self, today: date) -> bool:
        # 末日のうちは、まだ動く。末日の断面は、その日が終わってはじめてできる
        return self.end < today

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"
