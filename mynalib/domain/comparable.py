"""国の数：組合の率と並べてよいものを選び、月次の表から、出典のある数（benchmarks.yaml の行）を作る。"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.domain.reference import Benchmark, Benchmarks

# この文ではじまる source の行だけを、次の表で書きかえる（merged）。文を変えると、前に入れた行が、手で書いた行に見える
SOURCE = "デジタル庁 政策データダッシュボード（マイナンバーカードの普及）の月次の CSV"
CENSUS = "と、住民基本台帳の人口"
OLDEST = 6
"""並べてよい、いちばん古い月数。登録率は毎月上がるので、古い国の率は、組合をよく見せる。"""


def comparable_benchmark(params: Params, month: Month) -> Benchmark | None:
    """その月の組合の登録率（分母は加入者）と並べてよい、国の数。

    人口を分母にした登録率のうち、その月の末日までで、いちばん新しいもの。カードを持つ人を分母にした率は、いつも高いので、並べない。
    どの時点のものかは date にあるので、必ず添える。

    Returns:
        date, value（%）, source, definition を持つ行。なければ（または OLDEST か月より古ければ）None。
    """
    first = month.plus(-OLDEST)
    rows = params.benchmarks.with_denominator("registration_rate", "population")
    # 断面の日より後の率も並べない。登録率は毎月上がるので、新しい国の率は、組合を悪く見せる
    near = [row for row in rows if first <= Month.of(row.date) and row.date <= month.end]
    # with_denominator は時点の順に返す
    return near[-1] if near else None


@dataclass(frozen=True)
class NationalMonth:
    """一つの月末の、国の数。cards は保有枚数、registered は保険証の登録件数、card_rate は人口に対する保有率（%）。ないものは None。"""

    month: Month
    cards: int | None = None
    registered: int | None = None
    card_rate: Decimal | None = None


@dataclass(frozen=True)
class FiguresAfter:
    """国の数を加えたあとの全て（date、measure、denominator の順）と、変わったこと。

    added は加えた行、changed は正された行（前、いま）、kept は、同じ時点の数が手で書いてあるので、そのままにした行（手、表）。
    """

    figures: tuple[Benchmark, ...]
    added: tuple[Benchmark, ...] = ()
    changed: tuple[tuple[Benchmark, Benchmark], ...] = ()
    kept: tuple[tuple[Benchmark, Benchmark], ...] = ()


def merged(benchmarks: Benchmarks, new: Iterable[Benchmark]) -> FiguresAfter:
    """前に同じ表から入れた行だけを、新しい値にする。手で書いた行は、書きかえない。"""
    known = {_key(row): row for row in benchmarks.figures}
    result = [*benchmarks.figures]
    added = []
    changed = []
    kept = []
    for row in new:
        old = known.get(_key(row))
        if old is None:
            added.append(row)
        elif not old.source.startswith(SOURCE):
            # 手で書いた数には、組合の確かめた出典がある。表と違うときも、どちらが正しいかは人が決める
            kept += [(old, row)] if old.value != row.value else []
        elif old != row:
            changed.append((old, row))
            result[result.index(old)] = row
    return FiguresAfter(
        tuple(sorted([*result, *added], key=_key)), tuple(added), tuple(changed), tuple(kept)
    )


def _key(row: Benchmark) -> tuple:
    return row.date, row.measure, row.denominator


def figures_of(national: NationalMonth, population: int | None) -> list[Benchmark]:
    """その月の数の全て。率は、正確な整数の比から、四捨五入して小数一桁。

    Args:
        population: 人口。あれば、人口を分母にした率は、これから作る。なければ、表の保有率があるときだけ。
    """
    cards = national.cards
    registered = national.registered
    rate = national.card_rate
    made = []
    if cards and registered:
        parts = f"登録件数 {registered:,} ÷ マイナンバーカードの保有枚数 {cards:,}"
        made.append(
            _figure(national, "registration_rate", "card_holders", registered, cards, parts)
        )
    if population and registered:
        parts = f"登録件数 {registered:,} ÷ 人口 {population:,}"
        made.append(
            _figure(national, "registration_rate", "population", registered, population, parts)
        )
    if population and cards:
        parts = f"マイナンバーカードの保有枚数 {cards:,} ÷ 人口 {population:,}"
        made.append(_figure(national, "card_rate", "population", cards, population, parts))
    # 人口があれば、上の二つのほうが正確。表の保有率は、すでに小数一桁に丸めてある
    if rate and not population:
        made += _from_card_rate(national)
    return made


def _from_card_rate(national: NationalMonth) -> list[Benchmark]:
    """人口に対する保有率のある表から：保有率と、それに登録の割合を掛けた、人口に対する登録率。"""
    cards = national.cards
    registered = national.registered
    rate = national.card_rate
    parts = f"マイナンバーカードの保有枚数 ÷ 人口（表の値 {rate}%）"
    made = [_figure(national, "card_rate", "population", rate, 100, parts)]
    if cards and registered:
        parts = f"登録件数 {registered:,} ÷ マイナンバーカードの保有枚数 {cards:,} × 保有率 {rate}%"
        # 例：8,500 万 ÷ 9,800 万 × 78.4 % = 68.0 %。先に割って丸めると、丸めが二度になる
        top = registered * rate
        bottom = cards * 100
        made.append(_figure(national, "registration_rate", "population", top, bottom, parts))
    return made


def _figure(
    national: NationalMonth,
    measure: str,
    denominator: str,
    top: int | Decimal,
    bottom: int,
    definition: str,
) -> Benchmark:
    # 国の公表に合わせた四捨五入。Python の round は偶数への丸めで、二進の小数では 0.05 が正確でない
    value = (Decimal(top) * 100 / Decimal(bottom)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    # 「人口（表の値 78.4%）」で割ったものには人口の統計を使っていないので、後ろの空白までを見て分ける
    source = SOURCE + (CENSUS if "÷ 人口 " in definition else "")
    return Benchmark(
        date=national.month.end,
        measure=measure,
        value=value,
        denominator=denominator,
        definition=definition,
        source=source,
    )
