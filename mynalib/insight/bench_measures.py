"""作業台の測り方：月の集計と動きから、どの行にも分子・分母・時点の付いた、縦長の表を作る。"""

from collections.abc import Mapping, Sequence
from functools import cache

import pandas as pd

from mynalib.disclosure.rounding import percent
from mynalib.domain.classification import STATUSES
from mynalib.domain.employers import NO_EMPLOYER
from mynalib.domain.months import Month
from mynalib.history.asking import BadQuestion
from mynalib.insight.measures import MEASURES, tally
from mynalib.insight.statistics import FUNNEL, funnel_limits

SPLITS = {"employer": ["employer_id", "employer"], "insured": ["insured"], "status": ["status"]}
"""分け方（by）と、それで増える列。"""
FLOW_SPLITS = {"employer": ["employer_before", "employer_after"], "insured": ["insured"]}
ASKED_MEASURES = tuple(name for name in MEASURES if name != "members")
RATIO = ["numerator", "denominator", "rate"]


def counted(cube: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """作業台の元の表：月×事業所×本人か×区分ごとの人数。

    Args:
        cube: 月の集計（history.cubes）。
        names: 事業所コードから名前へ。並びの順にもなる。
    Returns:
        列 month, employer_id, employer, insured, status（順のある区分の型）と MEASURES（人）。
    """
    table = tally(cube, ["month", "employer_id", "insured", "status"]).reset_index()
    orders = {"employer_id": [*names], "status": [*STATUSES], "month": sorted(set(table.month))}
    for column, order in orders.items():
        # 順のある型にしておけば、どう分けても、登録簿と判定表の順で並ぶ
        table[column] = pd.Categorical(table[column], order, ordered=True)
    # 名の同じ事業所が、二つあってよい（見分けるのはコード）。だから、コードの型の名を付けかえるのではない
    employers = pd.Categorical(
        table.employer_id.map(names), [*dict.fromkeys(names.values())], ordered=True
    )
    table.insert(2, "employer", employers)
    return table


def rates(table: pd.DataFrame, by: Sequence[str], measures: Sequence[str]) -> pd.DataFrame:
    """率。

    Args:
        table: counted の表（月や事業所を絞ったものでもよい）。
        by: SPLITS の名のいくつか。
        measures: ASKED_MEASURES の名のいくつか。
    Returns:
        一行＝月×by の組×指標。人のいない組の行はない。列 month, as_of（月末の日）, by の列, measure, numerator（人）,
        denominator（人）, rate（%、丸めない）。
        区分（status）で分けたときの分母は、全ての区分の加入者。区分の率を足すと、全体の率になる。
    """
    groups = ["month", *_columns(by, SPLITS)]
    found = _sums(table, groups, [*measures, "members"])
    found = found[found.members > 0]
    whole = [name for name in groups if name != "status"]
    # 例：100 人のうち登録 70、失効 5、未登録 25 なら、区分の登録率は 70/100。70/70 の 100 % ではない
    everybody = found.groupby(whole, observed=True).members.transform("sum")
    parts = [
        found[groups].assign(measure=name, numerator=found[name], denominator=everybody)
        for name in measures
    ]
    return with_ratio(pd.concat(parts, ignore_index=True))


def status(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """区分の内わけ。一行＝月×by の組×区分。列 month, as_of, by の列, status, label（人の読む言葉）と RATIO（分母は、全ての区分）。"""
    groups = ["month", *_columns([name for name in by if name != "status"], SPLITS)]
    found = _sums(table, [*groups, "status"], ["members"])
    found = found[found.members > 0].rename(columns={"members": "numerator"})
    found["denominator"] = found.groupby(groups, observed=True).numerator.transform("sum")
    found.insert(len(groups) + 1, "label", [STATUSES[name].label for name in found.status])
    return with_ratio(found.reset_index(drop=True))


def moves(flow: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """月から月への動き。

    Args:
        flow: 動きの表（history.flows）。
        by: FLOW_SPLITS の名のいくつか。
    Returns:
        一行＝後の月×by の組×前の区分×後の区分。列 month（後の月）, as_of, by の列（事業所は前と後）, status_before, status_after
        （いない側は ''。つまり加入と脱退）と RATIO。分母は、同じ月・同じ組・同じ前の区分の人なので、rate は、その区分にいた人のうち、
        この区分になった人の割合（前の区分が '' なら、加入した人のうち）。
    """
    groups = ["month", *_columns(by, FLOW_SPLITS)]
    pairs = [*groups, "status_before", "status_after"]
    found = flow.groupby(pairs, as_index=False, observed=True).members.sum()
    found = found.rename(columns={"members": "numerator"})
    # 分母は動く前の人なので、動いた先では分けない
    start = [name for name in pairs if name not in ("status_after", "employer_after")]
    found["denominator"] = found.groupby(start, observed=True).numerator.transform("sum")
    return with_ratio(found)


def funnel(table: pd.DataFrame) -> pd.DataFrame:
    """一つの月の、事業所の比べ。事業所のない人は、率の基準（centre）には入り、行にはならない。

    Args:
        table: counted の表の、一つの月。
    Returns:
        一行＝事業所。列 month, as_of, employer_id, employer, RATIO, centre（組合全体の率、%）, low_95, high_95, low_998, high_998
        （どの事業所も同じ率なら、偶然に入る限界、%）, beyond（'low' か 'high' なら 99.8 % の限界の外、'' なら偶然でも起こる）。
    """
    whole = table[["registered", "members"]].sum()
    centre = whole.registered / whole.members
    found = rates(table, ["employer"], ["registered"]).drop(columns="measure")
    # 任意継続の人に事業所はない。全体の率には入れるが、点にはしない
    found = found[found.employer_id != NO_EMPLOYER].reset_index(drop=True)
    # 同じ人数の事業所は、限界も同じ。一度だけ計る
    limits = cache(lambda n, level: funnel_limits(n, centre, level))
    found["centre"] = 100 * centre
    for level, name in zip(FUNNEL, ("95", "998"), strict=True):
        ends = [limits(int(n), level) for n in found.denominator]
        found[f"low_{name}"] = [100 * low for low, _ in ends]
        found[f"high_{name}"] = [100 * high for _, high in ends]
    found["beyond"] = ""
    # 率どうしは、二進の小数の誤差で比べられない（20 人中 11 人は 55.0、限界は 55.00000000000001 になる）。人数どうしで比べる
    ends = [limits(int(n), FUNNEL[1]) for n in found.denominator]
    counts = [
        (round(low * n), round(high * n))
        for (low, high), n in zip(ends, found.denominator, strict=True)
    ]
    found.loc[found.numerator < [least for least, _ in counts], "beyond"] = "low"
    found.loc[found.numerator > [most for _, most in counts], "beyond"] = "high"
    return found


def with_ratio(found: pd.DataFrame) -> pd.DataFrame:
    """numerator と denominator のある表に、as_of（month の次）と rate（終わり、%）を加える。month は文字にする。"""
    named = found.select_dtypes("category").columns.union(["month"])
    found = found.assign(**{name: found[name].astype("str") for name in named})
    found.insert(1, "as_of", [_month_end(month) for month in found.month])
    people = found[["numerator", "denominator"]].astype("int64")
    found[["numerator", "denominator"]] = people
    found["rate"] = (
        100 * people.numerator / people.denominator.where(people.denominator > 0)
    ).astype(float)
    rest = [name for name in found.columns if name not in RATIO]
    return found[[*rest, *RATIO]]


def shown_percents(found: pd.DataFrame) -> list[str]:
    """見せるときの率：正確な整数の比から、四捨五入で小数一桁。例「73.4%」。"""
    values = percent(found.numerator, found.denominator, 1)
    return ["—" if pd.isna(value) else f"{value:.1f}%" for value in values]


@cache
def _month_end(month: str) -> pd.Timestamp:
    return pd.Timestamp(Month.parse(month).end)


def _columns(by: Sequence[str], known: Mapping[str, list[str]]) -> list[str]:
    if unknown := [name for name in by if name not in known]:
        fix = f"使えるのは {'、'.join(known)} です。"
        raise BadQuestion(
            where="by", what=f"知らない分け方です（{'、'.join(map(str, unknown))}）", fix=fix
        )
    return [column for name in dict.fromkeys(by) for column in known[name]]


def _sums(table: pd.DataFrame, groups: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    return table.groupby(list(groups), as_index=False, observed=True)[
        list(dict.fromkeys(columns))
    ].sum()
