"""図に添える CSV：Released の行に、図に描く値（線の端、幅、限界、棒の端）を添える。どの値も、同じ表から作ったもの。"""

import pandas as pd

from mynalib.domain.months import Month
from mynalib.insight.outlook import Outlook

LIMITS = (
    "inner_low",
    "inner_high",
    "outer_low",
    "outer_high",
)  # じょうご図の、95 % と 99.8 % の限界（%）


def with_path(frame: pd.DataFrame, outlook: Outlook, **whose: str) -> pd.DataFrame:
    """月ごとの行に、いまの率から引く線（charts.path_to_target）の先を添えたもの。書くのは、いまの行だけ。

    Args:
        whose: いまの行を見分ける、月のほかの鍵（employer_id など）。
    Returns:
        線を引くなら、列 target_month（目標の月）, target（目標。%）が、歩みの幅も引くなら pace_low, pace_high（その月の率。%）も増える。
    """
    goal = outlook.goal
    if goal is None or goal.month <= outlook.month:
        return frame
    ends = {"target_month": str(goal.month), "target": goal.value}
    ends |= {f"pace_{end}": rate for end, rate in (outlook.fan or {}).items()}
    row = pd.DataFrame([{"month": str(outlook.month), **whose, **ends}])
    # 線の先は、いまの行だけに書く。ほかの行では欠ける
    return frame.merge(row, on=["month", *whose], how="left")


def with_differences(frame: pd.DataFrame, seen: pd.DataFrame) -> pd.DataFrame:
    """月ごとの率（%）に、前の月の率 rate_before と、図に描く差 change（ポイント）を添えたもの。差を描かない月は除く。"""
    rates = dict(zip(frame.month, frame.rate, strict=True))
    # 一つ上の行ではなく、暦の前の月
    before = [rates.get(str(Month.parse(month).plus(-1))) for month in frame.month]
    return frame.assign(rate_before=before).merge(seen, on="month")


def with_bars(frame: pd.DataFrame, starts: list[float], sizes: list[float]) -> pd.DataFrame:
    """わけごとの行に、棒の始まり start と終わり end（ポイント）を添えたもの。"""
    ends = [round(start + size, 4) for start, size in zip(starts, sizes, strict=True)]
    return frame.assign(start=starts, end=ends)


def with_limits(frame: pd.DataFrame, outlook: Outlook) -> pd.DataFrame:
    """事業所ごとの行に、図に点のあるものの、水準の幅の両端 low と high（概数版）と、その人数での限界（%）を添えたもの。"""
    each = outlook.spread.employers
    there = outlook.spread.limits_there
    limits = pd.DataFrame([there[int(n)] for n in each.members], columns=LIMITS)
    ends = each[["employer_id", *(["low", "high"] if outlook.wide else [])]]
    return frame.merge(pd.concat([ends, limits], axis="columns"), on="employer_id", how="left")
