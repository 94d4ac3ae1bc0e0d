"""図の体裁（plotly の layout と trace に渡すもの）。図に出る言葉は words.yaml にある。"""

from mynalib.insight.display import words

INK = "#1a1a1c"
GRID = "#e6e6e6"
AXIS_LINE = "#949494"
BLUE = "#0017c1"
MIDDLE_BLUE = "#3460fb"
PALE_BLUE = "#c5d7fb"
ACCENT = "#fe3939"
BETTER = "#0031d8"  # 上がった、下がったの色
WORSE = "#fa0000"
COLOURS = (*(INK, GRID, AXIS_LINE, BLUE, MIDDLE_BLUE, PALE_BLUE), *(ACCENT, BETTER, WORSE))
"""図に使う色の全て。公開の前の点検（release/digits.py）は、これだけを、だれかの番号と見まちがえない。"""

FONTS = '"Noto Sans JP","Noto Sans CJK JP","BIZ UDPGothic","Yu Gothic UI",Meiryo,"Hiragino Sans",sans-serif'

# layout
_AXIS = {"gridcolor": GRID, "linecolor": AXIS_LINE, "zeroline": False, "automargin": True}
_PERCENTS = {**_AXIS, "range": [0, 100], "ticksuffix": "%", "dtick": 20}
_FIGURE = {
    "font": {"family": FONTS, "size": 14, "color": INK},
    "margin": {"l": 56, "r": 24, "t": 16, "b": 48},
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "hovermode": "x unified",
    "legend": {"traceorder": "normal", "orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
}
TREND = {
    **_FIGURE,
    "height": 340,
    "yaxis": _PERCENTS,
    "xaxis": {**_AXIS, "type": "category", "showgrid": False, "tickangle": 0},
}
_COUNTED = {**_AXIS, "rangemode": "tozero", "tickformat": ",d"}
_MONTHS = TREND["xaxis"]
_POINTS = {**_AXIS, "zeroline": True, "zerolinecolor": AXIS_LINE, "ticksuffix": "pt"}
COUNTS_BY_MONTH = {**_FIGURE, "height": 280, "yaxis": _COUNTED, "xaxis": _MONTHS}
DIFFERENCES = {**_FIGURE, "height": 220, "bargap": 0.4, "yaxis": _POINTS, "xaxis": _MONTHS}
WATERFALL = {
    **_FIGURE,
    "hovermode": "closest",
    "height": 280,
    "bargap": 0.5,
    "yaxis": _POINTS,
    "xaxis": {**_AXIS, "type": "category", "showgrid": False},
}
DUMBBELL_LAYOUT = {
    **_FIGURE,
    "margin": _FIGURE["margin"] | {"r": 40},  # 端の「100%」が入る
    "hovermode": "closest",
    "height": 190,
    "xaxis": _PERCENTS,
    "yaxis": {**_AXIS, "type": "category", "showgrid": False},
}
FUNNEL_TICKS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 100_000)
FINE_TICKS = tuple(n * 10**power for power in range(4) for n in (1, 2, 3, 4, 5, 6, 8))
"""じょうご図の横の目盛りと、大きさのそろった事業所のための、細かい目盛り。五桁の目盛りは、人の番号と見分けるために、足さない（scan.py）。"""
FUNNEL_LAYOUT = {
    **_FIGURE,
    "hovermode": "closest",
    "height": 420,
    "yaxis": _PERCENTS,
    "xaxis": {
        **_AXIS,
        "type": "log",
        "showgrid": False,
        "title": {"text": "加入者（人）", "standoff": 8, "font": {"size": 13}},
    },
}

# 推移の線、目標の印、全体の線（Scatter）
_LINE = {
    "mode": "lines+markers",
    "marker": {"size": 6},
    "connectgaps": False,
    "hovertemplate": "%{y}%",
}
RATE = {**_LINE, "name": "登録率", "line": {"color": BLUE, "width": 2}}
NEWEST = {
    "mode": "markers+text",
    "marker": {"size": 9, "color": BLUE},
    "textposition": "top left",
    "textfont": {"size": 16, "color": BLUE},
    "cliponaxis": False,
    "showlegend": False,
    "hoverinfo": "skip",
}
TARGET = {
    "mode": "lines+markers",
    "line": {"color": ACCENT, "width": 2, "dash": "dash"},
    "marker": {"size": [0, 10], "symbol": "diamond", "color": ACCENT},
    "hovertemplate": "%{y}%",
}
SOCIETY_RATE = {**_LINE, "line": {"color": INK, "width": 1.5, "dash": "dot"}, "marker": {"size": 4}}
TOTAL_LINE = {"mode": "lines", "line": {"color": INK, "width": 2}, "hoverinfo": "skip"}


def differences(sizes: list[float | None]) -> dict:
    """差の棒（Bar）。上がったか下がったかは、色のほか、0 の線のどちらの側かと、符号で分かる。"""
    colours = [WORSE if (size or 0) < 0 else BETTER for size in sizes]
    return {
        "marker": {"color": colours},
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{x}：%{y:+}<extra></extra>",
        "showlegend": False,
    }


# 水準の推移（Scatter）：下の端、上の端（その間を塗る）、水準
LOW_END = {
    "mode": "lines",
    "line": {"width": 0, "shape": "hv"},
    "showlegend": False,
    "hoverinfo": "skip",
    "connectgaps": False,
}
HIGH_END = {
    "mode": "lines",
    "line": {"width": 0, "shape": "hv"},
    "fill": "tonexty",
    "fillcolor": "rgba(0,49,216,0.18)",
    "name": "ありうる幅",
    "hoverinfo": "skip",
    "connectgaps": False,
}
LEVEL = {**_LINE, "name": "水準", "line": {"color": BLUE, "width": 2.5}}

# 目標までの歩みの幅（Scatter。下の端は LOW_END）
PACE = {
    **HIGH_END,
    "name": "いまの歩みが続いたときの幅",
    "line": {"width": 0},
    "fillcolor": "rgba(112,150,248,0.35)",
}

# じょうご図：限界（95 % の下と上、99.8 % の下と上）、水準の幅、事業所の点（Scatter）
_LIMIT = {"mode": "lines", "hoverinfo": "skip"}
_INNER = {**_LIMIT, "line": {"color": MIDDLE_BLUE, "width": 1.5, "dash": "dash"}}
_OUTER = {**_LIMIT, "line": {"color": AXIS_LINE, "width": 1.5, "dash": "dot"}}
FUNNEL_LIMITS = (
    {**_INNER, "showlegend": False},
    {**_INNER, "name": words("funnel")[0]},
    {**_OUTER, "showlegend": False},
    {**_OUTER, "name": words("funnel")[1]},
)
FUNNEL_BANDS = {
    "mode": "lines",
    "line": {"color": MIDDLE_BLUE, "width": 4},
    "name": "水準のありうる幅",
    "hoverinfo": "skip",
    "connectgaps": False,
}
FUNNEL_DOTS = {
    "mode": "markers",
    "name": "事業所",
    "marker": {"size": 9, "color": BLUE, "line": {"color": "white", "width": 1}},
    "hovertemplate": "%{text}：%{y}%（%{x:,} 人）<extra></extra>",
}

# 本人と家族（Scatter）
DUMBBELL_LINE = {
    "mode": "lines",
    "line": {"color": AXIS_LINE, "width": 4},
    "showlegend": False,
    "hoverinfo": "skip",
}
_DOT = {"mode": "markers", "hovertemplate": "%{x}%"}
DUMBBELL = (
    {**_DOT, "marker": {"size": 13, "color": BLUE, "symbol": "circle"}},
    {**_DOT, "marker": {"size": 13, "color": BLUE, "symbol": "diamond-open", "line": {"width": 2}}},
)

# 一行に一つの値と幅（Scatter）。軸に、いつも 0 を含める
HEIGHT_BESIDE_ROWS = 80
HEIGHT_OF_A_ROW = 44
"""一つの図の、行のほかの高さと、一行の高さ（画素）。"""
_ROWS = {
    **_FIGURE,
    "margin": _FIGURE["margin"] | {"r": 40},
    "hovermode": "closest",
    "yaxis": {**_AXIS, "type": "category", "showgrid": False},
}
SHARE_ROWS = {**_ROWS, "xaxis": {**_AXIS, "rangemode": "tozero", "ticksuffix": "%"}}
GAP_ROWS = {**_ROWS, "xaxis": {**_POINTS, "rangemode": "tozero"}}
ROW_SPAN = {
    "mode": "lines",
    "line": {"color": MIDDLE_BLUE, "width": 4},
    "name": "95 % の幅",
    "hoverinfo": "skip",
    "connectgaps": False,
}
ROW_DOT = {
    "mode": "markers+text",
    "marker": {"size": 11, "color": BLUE},
    "textposition": "top center",
    "textfont": {"size": 14, "color": BLUE},
    "cliponaxis": False,
    "hovertemplate": "%{y}：%{x}<extra></extra>",
}

# 証明書の動き（Scatter）：失効、更新、再登録
_FLOW = {"mode": "lines+markers", "connectgaps": False, "hovertemplate": "%{y:,} 人"}
WAVE_LINES = (
    {**_FLOW, "line": {"color": ACCENT, "width": 2, "dash": "dash"}, "marker": {"size": 7}},
    {**_FLOW, "line": {"color": BLUE, "width": 2}, "marker": {"size": 7, "symbol": "square"}},
    {
        **_FLOW,
        "line": {"color": MIDDLE_BLUE, "width": 2, "dash": "dot"},
        "marker": {"size": 7, "symbol": "diamond"},
    },
)

# 組合の現況：区分の内わけ（積み重ねた棒）、月ごとの動き、管理図（Scatter）
STATUS_SHARES = {**TREND, "barmode": "overlay", "bargap": 0.15, "height": 340}
_STRIPES = {"shape": "|", "fgcolor": "white", "fillmode": "overlay", "size": 5, "solidity": 0.3}
_LAPSED = {"pattern": _STRIPES}  # 証明書が失効している方。色を見分けなくても、縞で分かる
STATUS_BARS = (
    {"marker": {"color": BLUE}},
    {"marker": {"color": BLUE, **_LAPSED}},
    {"marker": {"color": AXIS_LINE}},
    {"marker": {"color": AXIS_LINE, **_LAPSED}},
    {"marker": {"color": INK}},
)
MOVE_LINES = (
    {**_FLOW, "line": {"color": BLUE, "width": 2}, "marker": {"size": 7}},
    {**_FLOW, "line": {"color": ACCENT, "width": 2, "dash": "dash"}, "marker": {"size": 7}},
    {
        **_FLOW,
        "line": {"color": MIDDLE_BLUE, "width": 2},
        "marker": {"size": 7, "symbol": "square"},
    },
    {
        **_FLOW,
        "line": {"color": AXIS_LINE, "width": 2, "dash": "dot"},
        "marker": {"size": 7, "symbol": "diamond"},
    },
)
CONTROL = {**COUNTS_BY_MONTH, "height": 240}
XMR_MEAN = {"mode": "lines", "name": "平均", "line": {"color": INK, "width": 1.5}}
XMR_LIMIT = {
    "mode": "lines",
    "name": "偶然の限界",
    "line": {"color": AXIS_LINE, "width": 1.5, "dash": "dash"},
}
XMR_POINTS = {"mode": "lines+markers", "line": {"color": BLUE, "width": 1.5}, "showlegend": False}
