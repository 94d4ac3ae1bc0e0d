"""国の月次の表を、benchmarks.yaml に入れる。手で書いた行は書きかえず、前のファイルは隣に残す。"""

import re
import textwrap
from collections.abc import Iterable
from pathlib import Path

import yaml

from mynalib.domain.comparable import FiguresAfter, figures_of, merged
from mynalib.domain.params import load_params
from mynalib.domain.reference import Benchmark
from mynalib.history.files import write_file, writing
from mynalib.history.home import Home
from mynalib.intake.national import read_national
from mynalib.intake.source import require_file

BEFORE = "benchmarks.yaml.before"


def take_in_benchmarks(home: Home, file: Path, population: int | None = None) -> dict:
    """表を読み、新しい月を加え、正された月を直す。

    Args:
        population: 人口。2026 年からの表には人口がないので、組合の率と並べられる率を作るには、渡す。
    Returns:
        outcome（updated か no_op）, months（読んだ月の数）, added（加えた行の数）, changed と kept（何がどう違うかの文）,
        comparable（組合の率と並べられる行が、表から作れたか）。
    Raises:
        Refused: ファイルがない、知らない形の表。
        RejectedParams: いまの設定に誤りがある。
    """
    require_file(file)
    # 表を読み終えるまで、錠をとらない。読めない表で、ほかの処理を待たせない
    with writing(file.parent):
        national = read_national(file.read_bytes(), file.name)
    new = [figure for month in national for figure in figures_of(month, population)]
    with home.locked():
        # 設定は、錠の中で読み直す。読んでから書くまでに、ほかの処理が書きかえない
        found = merged(load_params(home.params).benchmarks, new)
        if found.added or found.changed:
            _write(home, found)
    return {
        "outcome": "updated" if found.added or found.changed else "no_op",
        "months": len(national),
        "added": len(found.added),
        "changed": [_difference(*pair) for pair in found.changed],
        "kept": [_difference(*pair) for pair in found.kept],
        # 保有率の分母も人口だが、組合の登録率とは並べられない
        "comparable": any(
            (one.measure, one.denominator) == ("registration_rate", "population") for one in new
        ),
    }


def _difference(old: Benchmark, new: Benchmark) -> str:
    label = f"{old.date} {old.measure}（分母 {old.denominator}）"
    return f"{label}：{old.value} %（{old.definition}） → {new.value} %（{new.definition}）"


def _write(home: Home, found: FiguresAfter) -> None:
    """はじめの注釈を残して書き直す。前のファイルは、隣に残す。"""
    path = home.params / "benchmarks.yaml"
    before = path.read_bytes()
    text = before.decode("utf-8-sig")
    # 行のはじめの figures: だけ。はじめの注釈に「figures:」と書いてあっても、そこでは切らない
    preface = re.split("^figures:", text, maxsplit=1, flags=re.MULTILINE)[0]
    with home.private():
        # 先に、前のものを残す。あとから見比べて、手で戻せるように
        write_file(home.params / BEFORE, before)
        write_file(path, f"{preface}figures:\n{_written(found.figures)}".encode())


def _written(figures: Iterable[Benchmark]) -> str:
    rows = [figure.model_dump() for figure in figures]
    # 値は Decimal。float を通さないので、91.0 が 91 に、75.6 が 75.59999 にならない
    dumped = [{**row, "value": _Number(str(row["value"]))} for row in rows]
    # 幅を広くして、長い出典を折りかえさない。一行のまま、前のファイルと見比べられる
    text = yaml.dump(dumped, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10**6)
    return textwrap.indent(text, "  ")


class _Number(str):
    """YAML に、引用符なしで、書いてあるとおりの桁で書く数。"""


class _Dumper(yaml.SafeDumper):
    """_Number も書ける。"""


def _plain(dumper: yaml.SafeDumper, value: _Number) -> yaml.Node:
    kind = "float" if "." in value else "int"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", str(value))


_Dumper.add_representer(_Number, _plain)
