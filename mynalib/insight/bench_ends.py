"""作業台の比べ：事業所か区分ごとに、期間のはじめの月（白い丸）と終わりの月（青い丸）。登録簿か判定表の順で、順位は付けない。"""

from fractions import Fraction
from html import escape

import pandas as pd

from mynalib.domain.classification import STATUSES
from mynalib.domain.months import Month
from mynalib.insight.bench_layout import (
    NOTHING,
    TRACES,
    Drawing,
    drawn_numbers,
    layout_of,
    people,
    rounded_points,
    subtitle_of,
    text_width,
)
from mynalib.insight.bench_measures import shown_percents
from mynalib.insight.bench_views import View, bench_words

ROW_HEIGHT = 26  # px
# TRACES の中の場所
BETWEEN_TRACE = 4
FIRST_TRACE = 5
LAST_TRACE = 6
WHOLE_TRACE = 7


def compared(view: View, table: pd.DataFrame, scope: str) -> Drawing:
    """図の中身（bench_chart.chart に同じ）。"""
    rows = _ends(view, table).iloc[::-1]  # 図では、下から上へ並ぶ
    rows["place"] = range(len(rows))
    traces = [NOTHING] * len(TRACES)
    traces[BETWEEN_TRACE] = _between(rows)
    traces[FIRST_TRACE] = _marks(rows, "first", view.months[0], view.months[0] != view.months[1])
    traces[LAST_TRACE] = _marks(rows, "last", view.months[1], True)
    numerator, denominator = _whole(view, table)
    more = ""
    if denominator:
        ratio = Fraction(numerator, denominator)
        ends = {"x": [100 * float(ratio)] * 2, "y": [-0.5, len(rows) - 0.5]}
        traces[WHOLE_TRACE] = ends | {"visible": True}
        more = f"点線は全体 {rounded_points(ratio):.1f}%（{people(numerator, denominator)}）"
    words = zip(rows.name_shown, rows.last_text, strict=True)
    # 軸の文字の幅は、plotly に測らせず、いちばん長い行から決める（automargin は、前の余白を残す）
    left = 20 + max(text_width(f"{name}　{text}") for name, text in words)
    layout = layout_of(view, 90 + ROW_HEIGHT * len(rows), left)
    heads = [
        f"{escape(name)}　<b>{text}</b>"
        for name, text in zip(rows.name_shown, rows.last_text, strict=True)
    ]
    ends = [-0.5, len(rows) - 0.5]
    layout["yaxis3"] |= {"tickvals": list(rows.place), "ticktext": heads, "range": ends}
    return Drawing(ends_title(view, table), subtitle_of(view, scope, more), traces, layout)


def ends_title(view: View, table: pd.DataFrame) -> str:
    """図の題：事業所なら率の幅、区分なら最も多いもの。"""
    known = table[table.month == view.months[1]].reset_index(drop=True)
    if known.empty:
        return "終わりの月に、人がいません"
    if view.split == "status":
        most = known.loc[known.numerator.idxmax()]
        return f"最も多いのは「{bench_words('statuses')[most.status]}」"
    percents = shown_percents(known)
    low = percents[known.rate.idxmin()]
    high = percents[known.rate.idxmax()]
    return f"{bench_words('measures')[view.measure]}は、事業所により {low} から {high}"


def _ends(view: View, table: pd.DataFrame) -> pd.DataFrame:
    """一行＝事業所か区分（索引）。列 name_shown, first_rate, first_text（率と人数）, last_rate, last_text。"""
    key = "employer_id" if view.split == "employer" else "status"
    names = _names(view, table)
    known = {*table[key].unique()}
    here = [name for name in names if name in known]
    found = pd.DataFrame(index=pd.Index(here, name=key))
    found["name_shown"] = [names[name] for name in here]
    for side, month in zip(("first", "last"), view.months, strict=True):
        rows = table[table.month == month].set_index(key)
        counts = zip(shown_percents(rows), rows.numerator, rows.denominator, strict=True)
        texts = [f"{percent}（{people(n, d)}）" for percent, n, d in counts]
        # はじめの月にまだなかった事業所は、丸を描かない
        found[f"{side}_rate"] = rows.rate.reindex(here)
        found[f"{side}_text"] = pd.Series(texts, rows.index).reindex(here).fillna("0 人")
    return found


def _names(view: View, table: pd.DataFrame) -> dict[str, str]:
    """事業所のコードか区分から、行の名へ。登録簿か判定表の順。"""
    if view.split == "status":
        return {name: bench_words("statuses")[name] for name in STATUSES}
    each = table.drop_duplicates("employer_id")
    pairs = zip(each.employer_id, each.employer, strict=True)
    return {code: f"{code} {full.replace('株式会社', '')}" for code, full in pairs}


def _between(rows: pd.DataFrame) -> dict:
    """はじめと終わりを結ぶ線。行と行の間は切る。"""
    ends = zip(rows.place, rows.first_rate, rows.last_rate, strict=True)
    joined = [(place, at) for place, first, last in ends for at in (first, last, None)]
    return {
        "x": drawn_numbers([at for _, at in joined]),
        "y": [place for place, _ in joined],
        "visible": True,
    }


def _marks(rows: pd.DataFrame, side: str, month: str, visible: bool) -> dict:
    label = Month.parse(month).label
    return {
        "x": drawn_numbers(rows[f"{side}_rate"]),
        "y": list(rows.place),
        "customdata": [f"{label}　{text}" for text in rows[f"{side}_text"]],
        "visible": visible,
    }


def _whole(view: View, table: pd.DataFrame) -> tuple[int, int]:
    """終わりの月の、組合全体の登録者などと加入者（事業所を比べるときだけ。ほかは 0）。"""
    rows = table[table.month == view.months[1]]
    if view.split != "employer" or len(rows) < 2:  # noqa: PLR2004 比べるもの
        return 0, 0
    return int(rows.numerator.sum()), int(rows.denominator.sum())
