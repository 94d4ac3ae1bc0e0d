"""図の体裁（plotly の layout と trace に渡すもの）。図に出る言葉は words.yaml にある。"""

INK = "#1a1a1c"
GRID = "#e6e6e6"
AXIS_LINE = "#949494"
BLUE = "#0031d8"
TEAL = "#0e6f72"
RED = "#c5341a"
PALE_BLUE = "#c5d7fb"
COLOURS = (INK, GRID, AXIS_LINE, BLUE, TEAL, RED, PALE_BLUE)
"""図に使う色の全て。公開の前の点検（release/scan.py）は、これだけを、だれかの番号と見まちがえない。"""

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
    "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
}
TREND = {
    **_FIGURE,
    "height": 340,
    "yaxis": _PERCENTS,
    "xaxis": {**_AXIS, "type": "category", "showgrid": False, "tickangle": 0, "nticks": 9},
}
EMPLOYERS = {
    **_FIGURE,
    "hovermode": "closest",
    "bargap": 0.35,
    "xaxis": _PERCENTS,
    "yaxis": {**_AXIS, "showgrid": False},
}

EMPLOYERS_WIDE = {**EMPLOYERS, "margin": {**_FIGURE["margin"], "r": 112}}
"""右の余白に、水準の文字が並ぶ。"""

# 推移の線、目標の印、全体の線（Scatter）
_LINE = {
    "mode": "lines+markers",
    "marker": {"size": 6},
    "connectgaps": False,
    "hovertemplate": "%{y}%",
}
LINES = {
    "rate": {**_LINE, "name": "登録率", "line": {"color": BLUE, "width": 2.5, "dash": "solid"}},
    "usable_rate": {
        **_LINE,
        "name": "うち証明書が期限内等",
        "line": {"color": TEAL, "width": 2.5, "dash": "dot"},
    },
}
TARGET = {
    "mode": "markers",
    "marker": {"size": 12, "symbol": "diamond-open", "color": RED, "line": {"width": 2}},
}
TOTAL_LINE = {
    "mode": "lines",
    "line": {"color": RED, "width": 2, "dash": "dash"},
    "hoverinfo": "skip",
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

# 概数版の事業所：水準の幅（Bar）と、水準の印（Scatter）
SPANS = {
    "marker": {"color": PALE_BLUE},
    "orientation": "h",
    "name": "ありうる幅",
    "hovertemplate": "%{y}：%{customdata}<extra></extra>",
}
LEVEL_TEXTS = {
    "mode": "text",
    "textposition": "middle right",
    "cliponaxis": False,
    "hoverinfo": "skip",
    "showlegend": False,
}
MARKERS = {
    "mode": "markers",
    "name": "水準",
    "marker": {"color": BLUE, "size": 9},
    "hoverinfo": "skip",
}

# 実数版の事業所の棒（Bar）
BARS = {
    "marker": {"color": BLUE},
    "orientation": "h",
    "name": "登録率",
    "insidetextanchor": "start",
    "constraintext": "none",
    "textangle": 0,
    "cliponaxis": False,
    "hovertemplate": "%{y}：%{text}<extra></extra>",
}
