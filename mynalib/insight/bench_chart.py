"""作業台の図：選びと表から、いつも同じ八つの trace の中身、題、layout（plotly に渡す前の、ただの値）。"""

import pandas as pd

from mynalib.insight.bench_ends import compared
from mynalib.insight.bench_layout import NOTHING, TRACES, Drawing, layout_of, subtitle_of
from mynalib.insight.bench_trend import over_time
from mynalib.insight.bench_views import View


def chart(view: View, table: pd.DataFrame, scope: str) -> Drawing:
    """図の中身。

    Args:
        table: view.table の表。
        scope: 事業所の名か「組合全体」。
    """
    if table.empty:
        nobody = "この選び方では、人がいません"
        subtitle = subtitle_of(view, scope)
        return Drawing(nobody, subtitle, [NOTHING] * len(TRACES), layout_of(view))
    return over_time(view, table, scope) if view.over_time else compared(view, table, scope)
