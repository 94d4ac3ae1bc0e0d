"""作業台の「よくある問い」の答えの形と、答えの文に使う言葉。"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from html import escape

import pandas as pd

from mynalib.domain.months import Month
from mynalib.history.asking import BadQuestion
from mynalib.insight.bench_layout import people, rounded_points

MOST_SHOWN = 50  # 行
BEYOND = 0.002
"""これより起こりにくければ、偶然とは言わない（99.8 % の限界と同じ）。"""


@dataclass(frozen=True)
class Answer:
    """一つの答え。headline は表から作った一文、table は縦長の表（どの行にも numerator, denominator, as_of）。"""

    question: str
    headline: str
    table: pd.DataFrame = field(repr=False)

    def _repr_html_(self) -> str:
        said = f"<p>{escape(self.question)}</p><p><b>{escape(self.headline)}</b></p>"
        look = "<style>.myna-answer td,.myna-answer th{white-space:nowrap}</style>"
        shown = {
            "max_rows": MOST_SHOWN,
            "border": 0,
            "na_rep": "—",
            "float_format": "{:.4g}".format,
        }
        return look + said + self.table.to_html(index=False, classes="myna-answer", **shown)


def share(numerator: int, denominator: int) -> str:
    """「73.4%（8,809／12,001 人）」。分母がいなければ、そう言う。"""
    if not denominator:
        return "—（0 人）"
    percent = rounded_points(Fraction(int(numerator), int(denominator)))
    return f"{percent:.1f}%（{people(numerator, denominator)}）"


def points(size: Fraction) -> str:
    """比の差を「+1.2 ポイント」の形に。丸めて 0 なら、符号を付けない。"""
    # 丸めてから符号を付ける。−0.04 を「-0.0」と書かない
    shown = rounded_points(size)
    return f"{shown:+.1f} ポイント" if shown else "0.0 ポイント"


def named(codes: Iterable[str]) -> str:
    """「2 事業所（E02、E07）」。なければ「0 事業所」。"""
    found = list(codes)
    return f"{len(found)} 事業所" + (f"（{'、'.join(found)}）" if found else "")


def label(month: str) -> str:
    return Month.parse(month).label


def counted_only(first: str, last: str, known: int) -> str:
    """first から last までの月のうち、動きの分かる月が known しかなければ、そのこと。全ての月が分かれば ''。"""
    # 欠けた月とその次の月の動きは、0 人ではなく、分からない
    whole = Month.parse(last).minus(Month.parse(first)) + 1
    return f"（数えたのは {known} か月）" if known < whole else ""


def recent(months: Sequence[str], count: int) -> list[str]:
    """終わりの count か月。"""
    return list(months)[-count:]


def before(month: str) -> str:
    """前の月。"""
    return str(Month.parse(month).plus(-1))


def require(holds: bool, recipe: str, what: str) -> None:
    """答えるのに要るものが、あるか。

    Raises:
        BadQuestion: ない。
    """
    if not holds:
        fix = "取り込んだ月（bench.months）を確かめて、別の月か事業所を選んでください。"
        raise BadQuestion(where=f'bench.recipe("{recipe}")', what=what, fix=fix)
