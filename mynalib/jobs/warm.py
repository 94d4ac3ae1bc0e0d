"""温める：一冊の実行に要るものを、先に全て読みこんでおく。forkserver がこれを読み、報告ごとに分かれる。

スレッドは起こさない（分かれたあとに止まってしまう）。先に読みこむもののいくつかは、公にされていない。確かめた版は private_doors.py にある。
"""

# ruff: noqa: E402 読みこむ場所を、読みこみの前に決める
import gc
import os

from mynalib.startup import leave_out_current_folder, leave_out_iri_grammar, spare_the_collector

leave_out_current_folder()
leave_out_iri_grammar()
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
gc.disable()  # ここで読みこむものは、どれも捨てない

import bdb  # noqa: F401 はじめのセルが読みこむ

import nbformat
import papermill
import plotly.graph_objects as go
from IPython.core import completerlib, logger, oinspect  # noqa: F401 はじめのセルが読みこむ
from scipy import stats
from tornado.platform import asyncio  # noqa: F401 はじめのセルが読みこむ

from mynalib.capsules import in_notebook
from mynalib.disclosure import released
from mynalib.domain.shipped import templates
from mynalib.insight import (
    aftermath,
    capsule,
    chart_styles,
    charts,
    dashboard,
    display,
    employer_page,
    report,
    society_page,
    tables,
)
from mynalib.jobs import engine, exports, job, pages, workbook

templates().get_template("insight/markup.html.j2").module  # noqa: B018 型紙を、先に読みこむ
# 図の部品は、はじめて使うときに作られる（plotly は、型ごとの検査を、使うまで読みこまない）
for style in (chart_styles.NEWEST, chart_styles.LEVEL, chart_styles.FUNNEL_DOTS):
    line = go.Scatter(x=["2026年1月"], y=[50.0], **style)
    go.Figure(line, {"template": "none", **chart_styles.FUNNEL_LAYOUT}).to_plotly_json()
pages.warm_up()
display.words("columns")
capsule.open_ahead()

# 読みこんだことを、linter に「使っていない」と消されないように
READY = (
    nbformat,
    papermill,
    stats,
    charts,
    aftermath,
    dashboard,
    employer_page,
    report,
    society_page,
    released,
    tables,
    engine,
    job,
    workbook,
    in_notebook,
    exports,
)
spare_the_collector()
gc.enable()
