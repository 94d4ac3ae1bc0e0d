"""全ての事業所を、一度に見る：登録率の小さな図と、この月の区分と動きの表。どれもコードの順で、順位は付けない。"""

import pandas as pd

from mynalib.disclosure.society import TOTAL
from mynalib.insight import display, measures, tables, titles
from mynalib.insight.choosing import Values
from mynalib.insight.display import words
from mynalib.insight.situation import COMERS, FLOWS, YEAR_AGO, Situation

GONE = "この月の加入者はいない"


def multiples(page: Situation) -> None:
    """登録率の小さな図。目盛りは、どれも 0 から 100 %。組合全体の線を、どの図にも灰色で添える。"""
    released = page.everyone(page.standing)
    each = {code: page.rates[code, page.kinds[0]] for code in page.names}
    since = {code: _since_a_year(series) for code, series in each.items()}
    items = [
        {
            "code": code,
            "name": name,
            "rate": display.text("rate", pd.NA if each[code][-1] is None else each[code][-1], 1),
            "change": GONE if each[code][-1] is None else _in_words(since[code]),
            "spark": _points(each[code]),
        }
        for code, name in page.names.items()
    ]
    seen = page.now(released, ["members", "registered", "rate"])
    seen["year_before"] = pd.array([since[code] for code in seen.employer_id], dtype="Float64")
    display.show_released(
        "multiples",
        released.only(["month", "employer_id", "members", "registered", "rate"]),
        "multiples",
        seen=seen,
        items=items,
        # names は組合全体がはじめ
        society=items[0]["spark"],
        caption=titles.multiples_title([since[code] for code in since if code != TOTAL]),
        subtitle=words("dashboard")["multiples"],
    )


def _since_a_year(series: Values) -> float | None:
    """一年前との差（ポイント）。どちらかがなければ None。"""
    now = series[-1]
    then = series[-1 - YEAR_AGO] if len(series) > YEAR_AGO else None
    return None if None in (now, then) else round(now - then, 1)


def _in_words(size: float | None) -> str:
    if size is None:
        return "一年前の値はない"
    return f"一年前より {size:+.1f}" if size else "一年前と同じ"


def _points(values: Values) -> list[str]:
    """小さな線（SVG の points。幅 100、高さ 24、縦は 0 から 100 %）。欠けた月で切る。例：二か月とも 0 % なら「0,23.0 100,23.0」。"""
    lines = []
    line = []
    for at, value in enumerate([*values, None]):
        # 欠けた月で線を切る。例：50、100、なし、0 なら「0,12.0 33,1.0」と「100,23.0」
        if value is None:
            lines = [*lines, " ".join(line)] if line else lines
            line = []
            continue
        line.append(f"{100 * at / max(1, len(values) - 1):.0f},{23 - 22 * value / 100:.1f}")
    return lines


def statuses_and_moves(page: Situation) -> None:
    """この月の、区分の内わけと、動きの表。"""
    said = words("dashboard")
    label = page.outlook.month.label
    seen = page.now(page.shares, ["members", *measures.STATUS_GROUPS])
    caption = said["by_status"].format(month=label)
    shares = page.everyone(page.shares)
    tables.table(shares, "by_status", caption, seen=seen, sortable=True)
    if page.months[-1] not in {*page.moves.frame.month}:
        return tables.paragraph(said["no_moves_now"])
    seen = page.now(page.moves, [*FLOWS, *COMERS])
    # この月の動きは分かっている。行のない事業所は、だれも動かなかった
    seen[[*FLOWS, *COMERS]] = seen[[*FLOWS, *COMERS]].fillna(0)
    caption = said["by_moves"].format(month=label)
    moves = page.everyone(page.moves)
    return tables.table(moves, "by_moves", caption, seen=seen, sortable=True)
