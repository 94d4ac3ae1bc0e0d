"""分析の作業台（bench）：組合の全ての月を開き、率、動き、事業所の比べ、区分、SQL に、一行で答える。

健保の職員が、手元の JupyterLab（`myna lab`）で使う。実数なので、結果をそのまま人に渡さない。錠をとらず、置き場所に何も
書かない（unmask の台帳の一行のほかは）ので、開いたままでも、取込と公開は止まらない。開いたときの月を見せる（あとで取り込んだ月は、開き直すと見える）。
"""

import os
from pathlib import Path

import pandas as pd

from mynalib.domain.params import load_params
from mynalib.history.home import find_home
from mynalib.insight.bench_answers import Answer
from mynalib.insight.bench_desk import Desk
from mynalib.insight.bench_recipes import answer, questions

OF_A_HOME = Path("params/society.yaml")


def open_bench(home: str | Path | None = None) -> "Bench":
    """作業台を開く。

    Args:
        home: 組合の置き場所。なければ MYNA_HOME、今のフォルダーから上へ、params/society.yaml のあるフォルダー。
    Raises:
        NoHome: 置き場所が決まらない。
        UnknownMonth: 取り込んだ月がない。
        BadParams, UnknownSymbol, MonthDamaged, RegisterUnreadable: 設定か、月か、名簿が読めない。
    """
    # MYNA_HOME があれば、それ。なければ、ノートブックのあるフォルダーから上へ探す
    place = find_home(home or (None if os.environ.get("MYNA_HOME") else _upward(Path.cwd())))
    return Bench(place, load_params(place.params))


def _upward(folder: Path) -> Path | None:
    """folder から上へ、はじめの置き場所。"""
    return next((one for one in (folder, *folder.parents) if (one / OF_A_HOME).is_file()), None)


class Bench(Desk):
    """作業台：机（bench_desk）に、選びながら見る画面と、よくある問いを足したもの。"""

    def explore(self) -> object:
        """選びながら見る画面：事業所・期間・区分・指標、図、表、同じ表を作る呼び出し。セルの最後に書くと、そこに出る。"""
        # 画面の道具（plotly、ipywidgets）を読むのは遅い。画面を使わない問いには、待たせない
        from mynalib.insight.bench_controls import Explorer

        return Explorer(self).screen()

    def recipes(self) -> pd.DataFrame:
        """よくある問いの一覧。列 name, question。"""
        return questions()

    def recipe(self, name: str, **options: object) -> Answer:
        """よくある問いの一つに答える：一文（headline）と縦長の表（table）。選び（月、事業所など）は、その関数の引数。"""
        return answer(self, name, **options)
