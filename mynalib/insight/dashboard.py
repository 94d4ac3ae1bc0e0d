"""組合の現況：事業所、本人／家族、期間を選んで見る図と、全ての事業所の小さな図、動きの管理図。実数。

選べる図は、はじめ組合全体のもので、選ぶと、同じページの中の値（choices）で描きかえる。JavaScript のないところでは、組合全体の図と、
全ての事業所の小さな図と表で、読み終えられる。
"""

from functools import cached_property

import pandas as pd
import plotly.graph_objects as go

from mynalib.disclosure import released as door
from mynalib.disclosure.released import Released
from mynalib.disclosure.rounding import percent
from mynalib.disclosure.society import TOTAL
from mynalib.domain.months import Month
from mynalib.insight import chart_styles as styles
from mynalib.insight import charts, display, measures, titles
from mynalib.insight.capsule import Capsule
from mynalib.insight.display import words
from mynalib.insight.findings import SocietyNow
from mynalib.insight.statistics import XMR_LEAST, xmr

FLOWS = ("newly_registered", "lost", "renewed", "relinked")
COMERS = ("joined", "departed")
STEP = 10  # 小さな図の、縦の目盛りの端（%）の刻み


class Dashboard:
    """一枚の、選べる現況。"""

    def __init__(self, capsule: Capsule):
        self.capsule = capsule
        self._standing = door.internal(capsule.table("standing"), capsule.terms)
        self._moves = door.internal(_with_flows(capsule.table("moves")), capsule.terms)

    @cached_property
    def _names(self) -> dict[str, str]:
        """事業所コードから名へ。組合全体が、はじめ。"""
        frame = self.capsule.table("employers")
        names = dict(zip(frame.employer_id, frame.employer, strict=True))
        return {TOTAL: names.pop(TOTAL), **names}

    @cached_property
    def _months(self) -> list[str]:
        return charts.every_month(self._standing.frame.month)

    @cached_property
    def _kinds(self) -> list[str]:
        return [words("dashboard")["everyone"], *measures.MEMBER_KINDS.values()]

    def choose(self) -> None:
        """選ぶところ。JavaScript のあるところだけに出る。"""
        said = words("dashboard")
        options = {
            "employer": list(self._names.items()),
            "member_kind": [(kind, kind) for kind in self._kinds],
            "months": list(said["periods"].items()),
        }
        fields = [
            {"label": label, "options": options[name]} for name, label in said["chooser"].items()
        ]
        display.show("chooser", fields=fields)

    def rates(self) -> None:
        """選んだ事業所の登録率と、組合全体の登録率。"""
        held = self._standing.frame.assign(rate=_rate(self._standing.frame))
        each = _by_choice(held, "rate", self._months)
        society = each[TOTAL, self._kinds[0]]
        choices = {
            key: {"title": self._rate_title(key, held), "y": [series, society]}
            for key, series in each.items()
        }
        names = [words("columns")["numbers"][name] for name in ("rate", "society_rate")]
        style = ({**styles.RATE, "name": names[0]}, {**styles.SOCIETY_RATE, "name": names[1]})
        released = self._standing.only([*_KEY, "members", "registered"])
        self._chosen(released, "chosen_rate", choices, ("rate", "society_rate"), (style, 1))

    def statuses(self) -> None:
        """区分の内わけの移り変わり（%）。"""
        held = self._standing.frame
        shares = held.assign(
            **{name: percent(held[name], held.members, 1) for name in measures.STATUS_GROUPS}
        )
        choices = self._choices(shares, list(measures.STATUS_GROUPS), self._status_title)
        style = [
            {"name": label, "marker": {"color": colour}, "hovertemplate": "%{y}%"}
            for (label, *_), colour in zip(
                measures.STATUS_GROUPS.values(), styles.STATUS_COLOURS, strict=True
            )
        ]
        self._chosen(
            self._standing, "chosen_status", choices, tuple(measures.STATUS_GROUPS), (style, 1)
        )

    def moves(self) -> None:
        """月ごとの、登録・失効・更新・再登録と、加入・脱退（人）。続いた二か月がなければ、出さない。"""
        if self._moves.frame.empty:
            display.show("paragraph", text=words("dashboard")["no_moves"])
            return
        for name, columns, title in (
            ("chosen_moves", FLOWS, self._moves_title),
            ("chosen_members", COMERS, self._members_title),
        ):
            choices = self._choices(self._moves.frame, list(columns), title)
            labels = [display.label_and_unit(column)[0] for column in columns]
            style = [
                {**each, "name": label}
                for each, label in zip(styles.MOVE_LINES, labels, strict=False)
            ]
            released = self._moves.only([*_KEY, *columns])
            self._chosen(released, name, choices, columns, (style, 0))

    def multiples(self) -> None:
        """全ての事業所の、登録率の小さな図。縦の目盛りは同じ。コードの順。"""
        everyone = self._standing.frame.query("member_kind == @self._kinds[0]")
        held = everyone.assign(rate=_rate(everyone))
        rates = held.pivot_table(index="employer_id", columns="month", values="rate")
        rates = rates.reindex(columns=self._months)
        low = STEP * int(rates.min(axis=None) // STEP)
        high = min(100, STEP * -int(-rates.max(axis=None) // STEP))
        items = [
            {
                "name": name,
                "rate": display.text("rate", rates.loc[code].iloc[-1], 1),
                "change": _since(rates.loc[code]),
                "spark": _points(rates.loc[code].tolist(), low, max(high, low + STEP)),
            }
            for code, name in self._names.items()
            if code in rates.index
        ]
        display.show("multiples", items=items)
        display.show("paragraph", text=words("dashboard")["multiples"].format(low=low, high=high))

    def control_charts(self) -> None:
        """組合全体の動きの管理図（XmR）と、偶然では起こりにくい月。"""
        rows = self._moves.frame.query("employer_id == @TOTAL and member_kind == @self._kinds[0]")
        rows = rows.set_index("month").reindex(self._months).iloc[1:]
        rows = rows[rows.notna().all(axis="columns").iloc[::-1].cummin().iloc[::-1]]
        said = words("dashboard")
        if len(rows) < XMR_LEAST:
            text = said["few_months"].format(least=XMR_LEAST, months=len(rows))
            return display.show("paragraph", text=text)
        for column in FLOWS:
            self._control_chart(column, rows[column].astype("int64"))
        return None

    def _control_chart(self, column: str, series: pd.Series) -> None:
        found = xmr(series.tolist())
        name = display.label_and_unit(column)[0]
        x = [charts.month_label(month) for month in series.index]
        low = max(0.0, found.low)
        lines = [
            (found.mean, styles.XMR_MEAN),
            (found.high, styles.XMR_LIMIT),
            (low, styles.XMR_LIMIT),
        ]
        traces = [go.Scatter(x=x, y=[round(y, 1)] * len(x), **style) for y, style in lines]
        colours = [styles.ACCENT if why else styles.BLUE for why in found.signals]
        sizes = [10 if why else 6 for why in found.signals]
        marks = {"color": colours, "size": sizes}
        traces.append(go.Scatter(x=x, y=series.tolist(), **styles.XMR_POINTS, marker=marks))
        seen = pd.DataFrame({"month": series.index, column: series.to_numpy()})
        signals = [
            (month, why) for month, why in zip(series.index, found.signals, strict=True) if why
        ]
        title = _signal_title(name, signals, len(series))
        released = self._moves.where(employer_id=TOTAL, member_kind=self._kinds[0])
        subtitle = f"{name}・人（組合全体、月ごと）と、平均、偶然の限界（XmR）"
        layout = charts.with_months(styles.COUNTS_BY_MONTH, x)
        charts.show_chart(
            released.only(["month", column]),
            f"xmr_{column}",
            (title, subtitle),
            traces,
            layout,
            seen,
        )

    def _choices(self, frame: pd.DataFrame, columns: list[str], title) -> dict:
        """選べる全ての組から、図の題と値へ。"""
        series = {name: _by_choice(frame, name, self._months) for name in columns}
        return {
            key: {"title": title(key, frame), "y": [series[name][key] for name in columns]}
            for key in series[columns[0]]
        }

    def _chosen(
        self, released: Released, name: str, choices: dict, columns: tuple, look: tuple
    ) -> None:
        """選べる図。はじめは、組合全体の全員。"""
        style, digits = look
        first = choices[TOTAL, self._kinds[0]]
        x = [charts.month_label(month) for month in self._months]
        stacked = name == "chosen_status"
        traces, bases = [], [0.0] * len(x)
        for y, each in zip(first["y"], style, strict=True):
            if stacked:
                traces.append(go.Bar(x=x, y=y, base=bases, **each))
                bases = [base + (value or 0) for base, value in zip(bases, y, strict=True)]
            else:
                traces.append(go.Scatter(x=x, y=y, **each))
        seen = pd.DataFrame({"month": self._months, **dict(zip(columns, first["y"], strict=True))})
        seen[list(columns)] = seen[list(columns)].astype("Float64" if digits else "Int64")
        layout = {"chosen_rate": styles.TREND, "chosen_status": styles.STATUS_SHARES}.get(
            name, styles.COUNTS_BY_MONTH
        )
        said = (first["title"], words("dashboard")["subtitles"][name])
        keyed = {"|".join(key): value for key, value in choices.items()}
        chart = {"choices": {"digits": digits, "each": keyed}}
        charts.show_chart(
            released, name, said, traces, charts.with_months(layout, x), seen, chart=chart
        )

    def _whose(self, key: tuple[str, str]) -> str:
        employer, kind = key
        return self._names[employer] + ("" if kind == self._kinds[0] else f"（{kind}）")

    def _row(self, key: tuple[str, str], frame: pd.DataFrame, month: str) -> dict | None:
        at = (frame.month == month) & (frame.employer_id == key[0]) & (frame.member_kind == key[1])
        found = frame[at]
        return found.iloc[0].to_dict() if len(found) else None

    def _rate_title(self, key: tuple[str, str], frame: pd.DataFrame) -> str:
        row = self._row(key, frame, self._months[-1])
        then = self._row(key, frame, self._months[-2]) if len(self._months) > 1 else None
        rates = [
            None if one is None or pd.isna(one["rate"]) else float(one["rate"])
            for one in (row, then)
        ]
        counts = [int(row[name]) if row else 0 for name in ("members", "registered")]
        now = SocietyNow(
            month=Month.parse(self._months[-1]),
            rate=rates[0],
            members=counts[0],
            registered=counts[1],
            before=rates[1],
            year_ago=None,
            decimals=1,
            first=len(self._months) == 1,
        )
        return f"{self._whose(key)}：{titles.trend_title(now)}"

    def _status_title(self, key: tuple[str, str], frame: pd.DataFrame) -> str:
        row = self._row(key, frame, self._months[-1])
        if row is None or not row["members"]:
            return f"{self._whose(key)}：加入者はいない"
        people = int(row["members"]) - int(row["registered"])
        return f"{self._whose(key)}：登録していない方は {people:,} 人"

    def _moves_title(self, key: tuple[str, str], frame: pd.DataFrame) -> str:
        row = self._row(key, frame, self._months[-1])
        if row is None:
            return f"{self._whose(key)}：この月の動きはない"
        return f"{self._whose(key)}：新しく登録 {row['newly_registered']:,} 人、失効 {row['lost']:,} 人"

    def _members_title(self, key: tuple[str, str], frame: pd.DataFrame) -> str:
        row = self._row(key, frame, self._months[-1])
        if row is None:
            return f"{self._whose(key)}：この月の動きはない"
        return f"{self._whose(key)}：加入 {row['joined']:,} 人、脱退 {row['departed']:,} 人"


_KEY = ["month", "employer_id", "member_kind"]


def _with_flows(moves: pd.DataFrame) -> pd.DataFrame:
    """動きの表に、失効（登録済のまま失効＋自動解除）、加入、脱退の列を足す。"""
    return moves.assign(
        lost=moves.lapsed + moves.cancelled_by_lapse,
        joined=moves.joined_registered + moves.joined_unregistered,
        departed=moves.left_registered + moves.left_unregistered,
    )[[*_KEY, *FLOWS, *COMERS]]


def _rate(frame: pd.DataFrame) -> pd.Series:
    return percent(frame.registered, frame.members, 1)


def _by_choice(frame: pd.DataFrame, column: str, months: list[str]) -> dict[tuple, list]:
    """（事業所, 本人か家族）から、月の並びの値へ。ない月は None。"""
    table = frame.pivot_table(
        index=["employer_id", "member_kind"], columns="month", values=column, aggfunc="first"
    ).reindex(columns=months)
    return {
        key: [None if pd.isna(value) else float(value) for value in row]
        for key, row in zip(table.index, table.to_numpy(dtype=object, na_value=None), strict=True)
    }


def _since(rates: pd.Series) -> str:
    """一年前との差を、言葉で。"""
    now, then = rates.iloc[-1], rates.iloc[-13] if len(rates) > 12 else pd.NA  # noqa: PLR2004 一年前
    if pd.isna(now) or pd.isna(then):
        return "一年前の値はない"
    return f"一年前から {now - then:+.1f} ポイント"


def _points(values: list, low: float, high: float) -> list[str]:
    """小さな線（SVG の points。幅 100、高さ 24）。欠けた月で切る。"""
    lines, line = [], []
    for at, value in enumerate([*values, None]):
        if value is None or pd.isna(value):
            lines, line = [*lines, " ".join(line)] if line else lines, []
            continue
        height = (float(value) - low) / (high - low)
        line.append(f"{100 * at / max(1, len(values) - 1):.0f},{23 - 22 * height:.1f}")
    return lines


def _signal_title(name: str, signals: list[tuple[str, str]], months: int) -> str:
    """管理図の題：いちばん新しい、偶然では起こりにくい月。"""
    said = words("dashboard")
    if not signals:
        return said["quiet"].format(name=name, months=months)
    month, why = signals[-1]
    return said["signals"].format(name=name, months=charts.month_label(month), why=said["why"][why])
