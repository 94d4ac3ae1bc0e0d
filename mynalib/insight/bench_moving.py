"""作業台の問いのうち、月から月への動きで答えるもの。"""

from fractions import Fraction

import pandas as pd

from mynalib.disclosure.society import exact_causes
from mynalib.domain.months import Month
from mynalib.insight.bench_answers import (
    BEYOND,
    before,
    counted_only,
    label,
    points,
    recent,
    require,
    share,
)
from mynalib.insight.bench_desk import Desk
from mynalib.insight.bench_measures import with_ratio
from mynalib.insight.bench_standing import Found
from mynalib.insight.display import VALUES
from mynalib.insight.measures import is_registered
from mynalib.insight.movements import movements
from mynalib.insight.statistics import by_chance

YEAR = 12  # か月
CURRENT = ("registered_usable", "registered_certificate_unknown")
LAPSED = ("registered_certificate_lapsed", "cancelled_by_lapse", "renewed_not_relinked")
"""証明書が失効した：前の月に CURRENT の人が、こうなった（sql/lapsed_then.sql に同じ）。"""


def joiners_effect(bench: Desk, month: str = "") -> Found:
    """率の変わったわけ。

    Returns:
        一行＝わけ（behaviour 登録と解除、joiners 加入、leavers 脱退）。列 month, as_of, cause, label, points（ポイント。三つの計が、
        率の変化）, numerator, denominator, rate（加入・脱退なら、その人たちのうち登録済の人。behaviour なら、残った人のうち登録済になった人
        から、登録済でなくなった人を引いたもの）。
    """
    month = month or bench.months[-1]
    flow = bench.flow[bench.flow.month == month]
    require(len(flow) > 0, "joiners_effect", f"{label(month)}の前の月がありません")
    moved = {name: int(n) for name, n in movements(flow).drop(columns="month").iloc[0].items()}
    held = bench.rates(months=before(month)).iloc[0]
    causes = exact_causes(
        moved, {"members": int(held.denominator), "registered": int(held.numerator)}
    )
    stayed = int(held.denominator) - moved["left_registered"] - moved["left_unregistered"]
    people = {
        "behaviour": (moved["newly_registered"] - moved["cancelled"], stayed),
        "joiners": _both(moved, "joined"),
        "leavers": _both(moved, "left"),
    }
    rows = [
        {"month": month, "cause": cause, "label": VALUES["cause"][cause], "points": _percents(size)}
        | dict(zip(("numerator", "denominator"), people[cause], strict=True))
        for cause, size in causes.items()
    ]
    sizes = {cause: (size or Fraction(0)) / 100 for cause, size in causes.items()}
    headline = (
        f"{label(month)}の率の動きは {points(sum(sizes.values()))}。そのうち加入は {points(sizes['joiners'])}"
        f"（登録済 {share(*people['joiners'])}）、脱退は {points(sizes['leavers'])}"
        f"（登録済 {share(*people['leavers'])}）、登録と解除は {points(sizes['behaviour'])}。"
    )
    return headline, with_ratio(pd.DataFrame(rows))


def _both(moved: dict[str, int], name: str) -> tuple[int, int]:
    registered = moved[f"{name}_registered"]
    return registered, registered + moved[f"{name}_unregistered"]


def _percents(size: Fraction | None) -> float | None:
    return None if size is None else float(size)


def employers_year(bench: Desk, employer: str = "E01") -> Found:
    """一つの事業所の、終わりの 12 か月。

    Returns:
        一行＝月（はじめの一行は、12 か月の前の月）。列 month, as_of, newly_registered, cancelled, joined_registered, joined_unregistered,
        left_registered, left_unregistered（その月の動き、人。ほかの事業所との間の移りも、加入と脱退。前の月がなければ欠ける）と、
        numerator 登録者, denominator 加入者, rate。
    """
    months = recent(bench.months, YEAR + 1)
    held = bench.rates(months=months, employer=employer).drop(columns="measure")
    require(len(held) > 1, "employers_year", f"{employer} の人のいる月が、二つありません")
    moved = movements(_of_employer(bench.flow[bench.flow.month.isin(months[1:])], employer))
    # CHANGES の六つ（month の次から）。WAVE は、足すと二重になる
    names = list(moved.columns[1:7])
    table = held.merge(moved[["month", *names]], on="month", how="left")
    table = table[["month", "as_of", *names, "numerator", "denominator", "rate"]]
    # はじめの一行は、差をとるための前の月。その月の動きは、12 か月の外
    table.loc[table.month == months[0], names] = pd.NA
    first = table.iloc[0]
    last = table.iloc[-1]
    size = Fraction(int(last.numerator), int(last.denominator)) - Fraction(
        int(first.numerator), int(first.denominator)
    )
    sums = {name: int(table[name].sum()) for name in names}
    after = str(Month.parse(first.month).plus(1))
    known = counted_only(after, last.month, int(table[names[0]].iloc[1:].notna().sum()))
    headline = (
        f"{employer} の登録率は、{label(first.month)}の {share(first.numerator, first.denominator)}から"
        f"{label(last.month)}の {share(last.numerator, last.denominator)}へ、{points(size)}。"
        f"登録した人 {sums['newly_registered']:,} 人、解除された人 {sums['cancelled']:,} 人、"
        f"加入 {sum(_both(sums, 'joined')) - sums['joined_registered']:,} 人、"
        f"脱退 {sum(_both(sums, 'left')) - sums['left_registered']:,} 人{known}。"
    )
    return headline, table


def _of_employer(flow: pd.DataFrame, employer: str) -> pd.DataFrame:
    """その事業所から見た動き。ほかの事業所にいた側は、いない（''）とみる。"""
    sides = {
        f"status_{side}": flow[f"status_{side}"].where(flow[f"employer_{side}"] == employer, "")
        for side in ("before", "after")
    }
    # E01 から E02 へ移った人は、E01 では脱退（後が ''）、E02 では加入（前が ''）に見える
    seen = flow.assign(**sides)
    return seen[(seen.status_before != "") | (seen.status_after != "")]


def before_after_campaign(
    bench: Desk, month: str = "", span: int = 3, employer: str | None = None
) -> Found:
    """運動のあった月から span か月と、その前の span か月の、新しい登録。

    Returns:
        一行＝月。列 month, as_of, period（before か after）, numerator 新しく登録した人, denominator 前の月から続けていて、前の月に未登録だった人, rate。
    """
    month = month or recent(bench.months, span)[0]
    start = Month.parse(month)
    periods = {
        str(start.plus(step)): "after" if step >= 0 else "before" for step in range(-span, span)
    }
    flow = bench.flow[bench.flow.month.isin([*periods])]
    flow = flow if employer is None else _of_employer(flow, employer)
    # 加入した人の登録は、運動のためとは言えない
    stayed = flow[(flow.status_before != "") & (flow.status_after != "")]
    asked = stayed[~is_registered(stayed.status_before)]
    new = asked.members.where(is_registered(asked.status_after), 0)
    table = asked.assign(numerator=new, denominator=asked.members)
    table = table.groupby("month", as_index=False)[["numerator", "denominator"]].sum()
    table.insert(1, "period", [periods[one] for one in table.month])
    sums = table.groupby("period")[["numerator", "denominator"]].sum()
    require(len(sums) == 2, "before_after_campaign", f"{start.label}の前と後の動きがありません")  # noqa: PLR2004 前と後
    then, now = ([int(n) for n in sums.loc[name]] for name in ("before", "after"))
    chance = by_chance(*now, *then) >= BEYOND
    headline = (
        f"未登録の人のうち、ひと月に新しく登録したのは、{start.label}の前は {share(*then)}、{start.label}からは {share(*now)}（人数は月ごとの延べ）。"
        f"差は {points(Fraction(*now) - Fraction(*then))}で、{'偶然でも起こる' if chance else '偶然とは言いにくい'}。"
    )
    return headline, with_ratio(table)


def lapses_by_month(bench: Desk, months: object = None) -> Found:
    """証明書の失効。一行＝月。列 month, as_of, numerator 失効した人, denominator 前の月に登録済で証明書が期限内等（か不明）だった人, rate。"""
    chosen = recent(bench.months, YEAR) if months is None else bench.chosen(months)
    table = lapses(bench, chosen)
    require(len(table) > 0, "lapses_by_month", "前の月のある月がありません")
    most = table.loc[table.numerator.idxmax()]
    first = table.month.iloc[0]
    last = table.month.iloc[-1]
    headline = (
        f"{label(first)}から{label(last)}{counted_only(first, last, len(table))}に証明書が失効した人は"
        f" {int(table.numerator.sum()):,} 人。最も多かったのは{label(most.month)}の {int(most.numerator):,} 人。"
    )
    return headline, table


def lapses(bench: Desk, months: list[str]) -> pd.DataFrame:
    """lapses_by_month の表。"""
    flow = bench.flow[bench.flow.month.isin(months)]
    current = flow[flow.status_before.isin(CURRENT)]
    gone = current.members.where(current.status_after.isin(LAPSED), 0)
    table = current.assign(numerator=gone, denominator=current.members)
    return with_ratio(table.groupby("month", as_index=False)[["numerator", "denominator"]].sum())
