"""知らせたあとの図：一行に一つの値と、その 95 % の幅。"""

from collections.abc import Iterable, Iterator

import plotly.graph_objects as go

from mynalib.disclosure.released import Released
from mynalib.insight import chart_styles as styles
from mynalib.insight import display, titles
from mynalib.insight.chart_frame import show_chart

Row = tuple[str, float, float, float, str]
"""図の一行：名、値、幅の下と上、値の言葉。"""


def shares(released: Released, name: str) -> None:
    """知らせた方のうち、あとで登録（更新）していた方の割合と、その幅（Wilson）。表には、くらべる相手もいる。

    Args:
        released: 一行＝勧奨×何回目×だれ×何か月あと。列 kind, turn, group, ahead, share, low, high。知らせた方の行があること。
    """
    label = display.words("aftermath_rows")["told"]
    told = released.frame[released.frame.group == "told"]
    rows = [
        (label.format(sign=_sign(kind), turn=turn, ahead=ahead), share, low, high, f"{share:.1f}%")
        for kind, turn, ahead, share, low, high in told[
            ["kind", "turn", "ahead", "share", "low", "high"]
        ].itertuples(index=False)
    ]
    first = told.iloc[0]
    title = titles.aftermath_title(first.kind, first.turn, first.ahead, first.share)
    said = (title, "知らせた方のうち、登録（更新）していた割合と、95 % の幅（Wilson）")
    layout = _with_rows(styles.SHARE_ROWS, len(rows))
    show_chart(released, name, said, [*_traces(rows, "割合")], layout, opened=True)


def gaps(released: Released, name: str) -> None:
    """くじで分けた二つの半分の差と、その幅（世帯のまとまりを勘定に入れたもの）。0 をまたげば、差があるとは言えない。

    Args:
        released: 一行＝くじ×勧奨×何か月あと。列 trial, kind, ahead, gap, gap_low, gap_high（ポイント）。
    """
    labels = display.words("aftermath_rows")
    columns = ["trial", "kind", "ahead", "gap", "gap_low", "gap_high"]
    rows = [
        (labels[trial].format(sign=_sign(kind), ahead=ahead), gap, low, high, f"{gap:+.1f}")
        for trial, kind, ahead, gap, low, high in released.frame[columns].itertuples(index=False)
    ]
    last = released.frame.iloc[-1]
    title = titles.gap_title(last.ahead, last.gap, last.gap_low, last.gap_high)
    said = (title, "先の半分（文 A）から後の半分（文 B）を引いた差と、95 % の幅")
    layout = _with_rows(styles.GAP_ROWS, len(rows))
    show_chart(released, name, said, [*_traces(rows, "差")], layout, opened=True)


def _traces(rows: Iterable[Row], name: str) -> Iterator[go.Scatter]:
    """幅の線と、値の点。縦の軸は下から並ぶので、逆の順に渡す。"""
    upward = [*rows][::-1]
    # 一行は、下の端、上の端、None の三点。None で線が切れ、次の行へつながらない
    spans = [(label, end) for label, _, *ends, _ in upward for end in (*ends, None)]
    yield go.Scatter(
        x=[end for _, end in spans], y=[label for label, _ in spans], **styles.ROW_SPAN
    )
    yield go.Scatter(
        x=[middle for _, middle, *_ in upward],
        y=[label for label, *_ in upward],
        text=[text for *_, text in upward],
        name=name,
        **styles.ROW_DOT,
    )


def _sign(kind: str) -> str:
    """❶ か ❷。"""
    return display.words("kinds")[kind][0]


def _with_rows(layout: dict, count: int) -> dict:
    """行の数だけ高い図。いちばん上の値の言葉が、凡例に重ならない。"""
    # 行は 0、1、2 … の高さにある。下に 0.6、上に 0.7 行分をあける
    axis = layout["yaxis"] | {"range": [-0.6, count - 0.3]}
    return layout | {
        "height": styles.HEIGHT_BESIDE_ROWS + styles.HEIGHT_OF_A_ROW * count,
        "yaxis": axis,
    }
