"""月の集計（cube）。計算の元のハッシュを名にして取っておき、元が変わらなければ人ごとには読み直さない。"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mynalib.domain.classification import decision_table
from mynalib.domain.errors import MynaError, Problem
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.files import sha256_of
from mynalib.history.home import Home
from mynalib.history.lens import UNKNOWN_SYMBOL, Hold, Lens, sql
from mynalib.history.months import KeptMonth, verify_month
from mynalib.history.tables import read_tables, write_tables

CUBE_COLUMNS = [
    "month",
    "employer_id",
    "insured",
    "status",
    "lapsed",
    "action",
    "withheld_by",
    "members",
]


class UnknownSymbol(MynaError):
    """取り込んだあとに登録簿が変わり、どの事業所の人か分からなくなった。"""

    code = "UNKNOWN_KIGO"
    what = "取り込んだあとに、記号か期間が変わったようです。登録簿にない記号の人がいます"
    fix = "記号の期間を直すか、その月の原本を --replace で取り込み直してください。"


def cube(
    home: Home,
    months: Sequence[KeptMonth],
    params: Params,
    holds: Sequence[Hold],
    *,
    keep: bool = True,
) -> pd.DataFrame:
    """全ての月の集計。一行＝月×事業所×本人か×区分×失効か×行うこと×控える理由。members は人数。

    Args:
        keep: 数えたものを取っておくか。錠をとらずに見るだけのとき（分析の作業台）は、動いている公開とぶつからないように、何も書かない。
    Raises:
        UnknownSymbol: 登録簿にない記号の人がいる（数えると、その人たちが事業所なしに見えてしまう）。
        MonthDamaged: 月が壊れている。
    """
    common = common_origin(params, holds, "cube")
    paths = {
        # ハッシュのはじめの 64 ビットを名にする。元が変われば名が変わるので、古い集計を読むことはない
        kept: home.cubes / f"{kept.month}-{origin(kept, params, common)[:16]}.parquet"
        for kept in months
    }
    found = dict(zip(paths, read_tables(paths.values()), strict=True))
    missing = [kept for kept in months if found[kept] is None or list(found[kept]) != CUBE_COLUMNS]
    if missing:
        table = count_people(missing, params, holds)
        found |= {kept: table[table.month == str(kept.month)] for kept in missing}
        if keep:
            with home.private():
                write_tables({paths[kept]: found[kept] for kept in missing})
            # 月の名の長さだけを見る。ここに来ない月の集計と、flow- ではじまる動きは、残る
            forget_others(home, set(paths.values()), len("2026-10"))
    return (
        pd.concat(found.values(), ignore_index=True)
        if found
        else pd.DataFrame(columns=CUBE_COLUMNS)
    )


def count_people(
    months: Sequence[KeptMonth], params: Params, holds: Sequence[Hold]
) -> pd.DataFrame:
    """人ごとに読んで数えた集計。粒度と、送出するものは cube と同じ。何も取っておかない。"""
    table = count_as_they_are(months, params, holds)
    unknown = table[table.employer_id == UNKNOWN_SYMBOL].groupby("month").members.sum()
    if len(unknown):
        problems = [
            Problem(Month.parse(month).label, f"{members} 人") for month, members in unknown.items()
        ]
        raise UnknownSymbol(where="params/employers/", problems=problems)
    return table


def count_as_they_are(
    months: Sequence[KeptMonth], params: Params, holds: Sequence[Hold]
) -> pd.DataFrame:
    """登録簿にない記号の人がいても断らない count_people。その人たちの employer_id は UNKNOWN。公開には使わない。"""
    for kept in months:
        verify_month(kept)
    with Lens(months, params, holds) as lens:
        return lens.query("cube")


def forget_others(home: Home, current: set[Path], length: int) -> None:
    """名のはじめの length 字が同じ、もう使わない集計を消す。申出の前の数を、残しておかない。"""
    names = {path.name[:length] for path in current}
    for other in home.cubes.iterdir():
        # 書きかけは「.」ではじまる
        if other not in current and other.name.lstrip(".")[:length] in names:
            other.unlink(missing_ok=True)


def origin(kept: KeptMonth, params: Params, common: str) -> str:
    """その月の人々を決めるものの要約。"""
    entries = [vars(entry) for entry in params.registry(kept.month).entries]
    # 月の置いた名や時刻は入れない。同じ行を置き直した月（2026-10-r2）では、数え直さない
    return sha256_of([common, kept.intake["files"], entries])


def common_origin(params: Params, holds: Sequence[Hold], query: str) -> str:
    """どの月の集計も決めるもの：規則、本人の枝番、控える人、SQL。"""
    held = sorted(str((h.reason, h.key, h.since, h.until)) for h in holds)
    queries = [sql(name) for name in ("member", "judged", "person", "withheld", query)]
    return sha256_of(
        [decision_table().to_csv(index=False), list(params.society.insured_branches), held, queries]
    )
