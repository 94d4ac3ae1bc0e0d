"""組合の現況の、選べる図：登録率と目標、区分の内わけ、月ごとの動き。組合全体の動きの管理図。"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from mynalib.disclosure.released import Released
from mynalib.insight import chart_styles as styles
from mynalib.insight import chart_values, charts, display, measures, tables, titles
from mynalib.insight.chart_frame import every_month, month_label
from mynalib.insight.choosing import Choice, Key, Look, Values, show_choices
from mynalib.insight.control_charts import control_charts
from mynalib.insight.display import words
from mynalib.insight.situation import COMERS, FLOWS, YEAR_AGO, Situation


def choose(page: Situation) -> None:
    """選ぶところ。JavaScript のあるところだけに出る。"""
    said = words("dashboard")
    options = {
        "employer": list(page.names.items()),
        "member_kind": [(kind, kind) for kind in page.kinds],
        "months": list(said["periods"].items()),
    }
    fields = [{"label": label, "options": options[name]} for name, label in said["chooser"].items()]
    display.show("chooser", fields=fields)


def rates(page: Situation) -> None:
    """選んだ方の登録率と、組合全体の登録率、組合全体の目標までの道。"""
    goal = page.outlook.goal
    past = len(page.months)
    months = every_month(page.standing.frame.month, goal.month if goal else None)
    ahead = [None] * (len(months) - past)
    # 目標は組合全体のもの。一つの事業所の線に添えても、その事業所の目標ではない
    path = charts.path_to_target(page.outlook, month_label(page.months[-1]))
    society = [*page.rates[page.society], *ahead]
    choices = {}
    for key, series in page.rates.items():
        y = [[*series, *ahead], society, *([*one.y] for one in path)]
        if key == page.society:
            y[1] = [None] * len(society)  # 同じ線を、重ねない
        else:
            # 線の数と順は、どの組でも同じでなければならない（assets/report.js が順で入れかえる）
            y[2:-1] = [[None, None] for _ in path[:-1]]  # 歩みの幅は、組合全体だけのもの
        choices[key] = Choice(_said(page, key, _rate_title(page, series)), y)
    lines = [
        {**style, "name": display.label_and_unit(name)[0]}
        for name, style in (("rate", styles.RATE), ("society_rate", styles.SOCIETY_RATE))
    ]
    lines += [{**one.to_plotly_json()} for one in path]
    newest = page.months[-1]
    look = Look(months, newest, ("rate", "society_rate"), lines, styles.TREND, digits=1)
    employer, kind = page.society
    kept = chart_values.with_path(
        page.standing.frame, page.outlook, employer_id=employer, member_kind=kind
    )
    _show(page.standing, "chosen_rate", choices, look, kept)


def statuses(page: Situation) -> None:
    """区分の内わけの移り変わり（%）。"""
    names = [name for name, *_ in measures.STATUS_GROUPS.values()]

    def title(series: Sequence[Values]) -> str:
        past = len(page.months) > YEAR_AGO
        now = {name: one[-1] for name, one in zip(names, series, strict=True)}
        # 一年前の月がなければ空。題は、いまいちばん多い区分を言う
        then = {name: one[-1 - YEAR_AGO] for name, one in zip(names, series, strict=True) if past}
        return titles.statuses_title(now, then)

    bars = [
        {"name": name, "hovertemplate": "%{y}%", **style}
        for name, style in zip(names, styles.STATUS_BARS, strict=True)
    ]
    columns = [*measures.STATUS_GROUPS]
    newest = page.months[-1]
    shares = styles.STATUS_SHARES
    look = Look(page.months, newest, columns, bars, shares, digits=1, stacked=True)
    _show(page.shares, "chosen_status", _choices(page, page.shares, look.columns, title), look)


def moves(page: Situation) -> None:
    """月ごとの、登録・失効・更新・再登録と、加入・脱退（人）。続いた二か月がなければ、出さない。"""
    if page.moves.frame.empty:
        return tables.paragraph(words("dashboard")["no_moves"])
    for name, columns, title in (
        ("chosen_moves", FLOWS, _moves_title),
        ("chosen_members", COMERS, _members_title),
    ):
        lines = [
            {**style, "name": display.label_and_unit(column)[0]}
            for style, column in zip(styles.MOVE_LINES, columns, strict=False)
        ]
        look = Look(page.months, page.months[-1], columns, lines, styles.COUNTS_BY_MONTH)
        released = page.moves.only(["month", "employer_id", "member_kind", *columns])
        _show(released, name, _choices(page, released, columns, title), look)
    return None


def control(page: Situation) -> None:
    """組合全体の動きの管理図。加入と脱退は、毎年四月に大きく動き、平均がその月に引かれるので、限界を引かない。"""
    employer, kind = page.society
    released = page.moves.where(employer_id=employer, member_kind=kind)
    control_charts(released, FLOWS, page.months[-1])


def _show(
    released: Released,
    name: str,
    choices: Mapping[Key, Choice],
    look: Look,
    kept: pd.DataFrame | None = None,
) -> None:
    show_choices(released, name, words("dashboard")["subtitles"][name], choices, look, kept)


def _choices(
    page: Situation,
    released: Released,
    columns: Sequence[str],
    title: Callable[[Sequence[Values]], str],
) -> dict[Key, Choice]:
    series = [page.series(released, name) for name in columns]
    found = {key: [one[key] for one in series] for key in page.keys}
    return {key: Choice(_said(page, key, title(y)), y) for key, y in found.items()}


def _said(page: Situation, key: Key, title: str) -> str:
    return f"{page.whose(key)}：{title}"


def _rate_title(page: Situation, series: Values) -> str:
    """組合全体のいまの、率だけを、選んだ方のものにして言う。"""
    before = series[-2] if len(series) > 1 else None
    return titles.trend_title(replace(page.outlook.now, rate=series[-1], before=before))


def _moves_title(series: Sequence[Values]) -> str:
    return titles.moves_title(_at(FLOWS, series, -1), _at(FLOWS, series, -2))


def _members_title(series: Sequence[Values]) -> str:
    return titles.members_title(_at(COMERS, series, -1))


def _at(columns: Sequence[str], series: Sequence[Values], place: int) -> dict[str, int] | None:
    """その月の動き。分からない月なら None。"""
    # 月が一つしかなければ、その前の月はない
    values = [one[place] if len(one) >= -place else None for one in series]
    return None if None in values else dict(zip(columns, values, strict=True))
