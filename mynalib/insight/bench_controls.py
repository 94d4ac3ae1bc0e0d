"""作業台の画面：四つの選ぶところ、一枚の図、五十行までの表、同じ表を作る呼び出し。

図と表は、月の集計から作る（人の行は読まない）。選び直すと、同じ図の中身だけを入れかえる。
"""

import asyncio
import gc
from contextlib import suppress
from html import escape

import anywidget
import ipywidgets as widgets
import pandas as pd
import plotly.graph_objects as go

from mynalib.domain.classification import STATUSES
from mynalib.domain.months import Month
from mynalib.domain.shipped import shipped_text
from mynalib.insight import bench_measures
from mynalib.insight.bench_chart import chart
from mynalib.insight.bench_desk import Desk
from mynalib.insight.bench_layout import BASE_LAYOUT, TRACES
from mynalib.insight.bench_views import View, bench_words, periods
from mynalib.startup import spare_the_collector

MOST_ROWS = 50
QUIET_SECONDS = 0.4  # これだけ選び直さなければ、止んだとみる
CHART_CONFIG = {
    "displaylogo": False,
    "displayModeBar": False,
    "responsive": True,
    "showSendToCloud": False,  # plotly 7 の図には、押すと外へ送る「Share chart…」がある
}
STYLE = (
    "<style>.myna-bench h3{font-size:17px;line-height:1.5;margin:12px 0 0;color:#1a1a1a}"
    ".myna-bench table{border-collapse:collapse;font-size:14px;line-height:1.5}"
    ".myna-bench th,.myna-bench td{padding:4px 12px;border-bottom:1px solid #d8d8db;text-align:left;white-space:nowrap}"
    ".myna-bench td.n,.myna-bench th.n{text-align:right;font-variant-numeric:tabular-nums}"
    ".myna-bench .box{max-height:320px;overflow:auto}.myna-bench p{color:#626264;margin:4px 0}</style>"
)
_shown: list[widgets.Widget] = []
"""いま見せている画面。一枚の図が約 5 MB を運ぶので、次を見せる前に閉じる。"""


class Fitting(anywidget.AnyWidget):
    """図を、置かれたところの幅に合わせる、見えない部品。"""

    _esm = shipped_text("insight/bench_fit.js")


class Explorer:
    """一つの画面。"""

    def __init__(self, bench: Desk):
        self._bench = bench
        self._settling: asyncio.TimerHandle | None = None
        employers = {f"{code} {name}": code for code, name in bench.employers.items()}
        self.employer = _choice("事業所", {"組合全体": ""} | employers)
        self.period = _choice("期間", periods(bench.months))
        self.split = _choice("区分", {label: name for name, label in bench_words("splits").items()})
        self.measure = _choice(
            "指標", {label: name for name, label in bench_words("measures").items()}
        )
        self.figure = go.FigureWidget(
            [{**trace, "x": [], "y": []} for trace in TRACES], BASE_LAYOUT
        )
        self.figure._config = self.figure._config | CHART_CONFIG
        self.heading = widgets.HTML()
        self.table = widgets.HTML()
        wide = {"description_width": "initial"}
        self.call = widgets.Text(description="この表", layout={"width": "99%"}, style=wide)
        for choice in self.choices:
            choice.observe(self._choose, "value")
        self.redraw()
        _spare_the_bench()

    @property
    def choices(self) -> tuple[widgets.Dropdown, ...]:
        return self.employer, self.period, self.split, self.measure

    @property
    def view(self) -> View:
        """いまの選び。"""
        return View(*(choice.value for choice in self.choices))

    def _choose(self, *_: object) -> None:
        self.redraw()
        self._settle_later()

    def redraw(self) -> None:
        """いまの選びで、図、表、呼び出しを入れかえる。"""
        view = self.view
        table = view.table(self._bench)
        drawing = chart(view, table, self._scope(view))
        # 区分の内わけでは、どの区分も並ぶので、指標を選ばない
        self.measure.disabled = view.split == "status"
        # 八つの trace の入れかえを、一度に送る。一つずつ送ると、途中の混ざった図が見える
        with self.figure.batch_update():
            for drawn, trace in zip(self.figure.data, drawing.traces, strict=True):
                drawn.update(trace)
            self.figure.update_layout(drawing.layout)
        title = escape(drawing.title)
        subtitle = escape(drawing.subtitle)
        self.heading.value = (
            f'{STYLE}<div class="myna-bench"><h3>{title}</h3><p>{subtitle}</p></div>'
        )
        self.table.value = shown_rows(table)
        self.call.value = view.call

    def _settle_later(self) -> None:
        """選び直しが止んだら、もう一度だけ描かせる。続けて届いた描き直しを、plotly は途中で混ぜることがある。"""
        if self._settling:
            self._settling.cancel()
        # 画面のないところ（試験、papermill）では、動いているループがない
        with suppress(RuntimeError):
            self._settling = asyncio.get_running_loop().call_later(QUIET_SECONDS, self._settle)

    def _settle(self) -> None:
        """高さを 1 px 変えると、plotly は全てを描き直す。"""
        self.figure.update_layout(height=self.figure.layout.height + 1)

    def screen(self) -> widgets.VBox:
        """並べたもの。前に見せた画面は閉じる。"""
        row = widgets.HBox(self.choices, layout=widgets.Layout(width="100%"))
        screen = widgets.VBox([row, self.heading, Fitting(), self.figure, self.call, self.table])
        # 閉じるまで、Python とブラウザーの両方が、前の図を持ちつづける
        while _shown:
            _shown.pop().close()
        _shown.extend((self.figure, screen))
        return screen

    def _scope(self, view: View) -> str:
        return self._bench.employers[view.employer] if view.employer else "組合全体"


def _spare_the_bench() -> None:
    """読みこんだ道具（数十万の物）を、ごみ集めが見て回らないように。見て回ると、選び直しの一回が 100 ms より遅くなる。"""
    # 前の画面の物も、もう一度見てから凍らせる。凍らせたままの物は、閉じても戻らない
    gc.unfreeze()
    gc.collect()
    spare_the_collector()


def _choice(name: str, options: dict[str, object]) -> widgets.Dropdown:
    layout = widgets.Layout(flex="1 1 0", width="auto", min_width="0")
    style = {"description_width": "initial"}
    return widgets.Dropdown(description=name, options=options, layout=layout, style=style)


def shown_rows(table: pd.DataFrame) -> str:
    """画面に出す表（HTML）：新しい月から MOST_ROWS 行まで。"""
    # stable：同じ月の中は、登録簿の順のまま
    rows = table.sort_values("month", ascending=False, kind="stable").head(MOST_ROWS)
    heads, texts = _columns(rows)
    head = "".join(f'<th class="{kind}">{name}</th>' for name, kind in heads)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="{kind}">{escape(text)}</td>'
            for text, (_, kind) in zip(row, heads, strict=True)
        )
        + "</tr>"
        for row in texts
    )
    more = len(table) - len(rows)
    note = f"<p>ほか {more:,} 行。全ては、上の呼び出しで。</p>" if more else ""
    return f'<div class="myna-bench"><div class="box" tabindex="0" role="region" aria-label="表"><table><tr>{head}</tr>{body}</table></div>{note}</div>'


def _columns(rows: pd.DataFrame) -> tuple[list[tuple[str, str]], list[tuple[str, ...]]]:
    """見出し（と、数の列か）と、文字にした行。"""
    columns: dict[str, list[str]] = {"月": [Month.parse(month).label for month in rows.month]}
    if "employer" in rows:
        columns |= {"コード": list(rows.employer_id), "事業所": list(rows.employer)}
    if "insured" in rows:
        kinds = bench_words("kinds")
        columns["本人／家族"] = [kinds["insured" if one else "dependant"] for one in rows.insured]
    if "status" in rows:
        columns["区分"] = [STATUSES[name].label for name in rows.status]
    numbers = {"分子（人）": rows.numerator, "分母（人）": rows.denominator}
    counts = {name: [f"{value:,}" for value in values] for name, values in numbers.items()}
    counts |= {"率": bench_measures.shown_percents(rows)}
    dates = {"時点": [f"{day:%Y-%m-%d}" for day in rows.as_of]}
    heads = [(name, "n" if name in counts else "") for name in columns | counts | dates]
    return heads, list(zip(*(columns | counts | dates).values(), strict=True))
