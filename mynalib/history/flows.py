"""月から月への動き（flow）。二つの月の元のハッシュを名にして取っておき、元が変わらなければ人ごとには読み直さない。"""

from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

from mynalib.domain.params import Params
from mynalib.history.cubes import common_origin, forget_others, origin
from mynalib.history.files import sha256_of
from mynalib.history.home import Home
from mynalib.history.lens import Lens
from mynalib.history.months import KeptMonth
from mynalib.history.tables import read_tables, write_tables

FLOW_COLUMNS = [
    "month",
    "status_before",
    "status_after",
    "employer_before",
    "employer_after",
    "insured",
    "members",
]


def flows(
    home: Home, months: Sequence[KeptMonth], params: Params, *, keep: bool = True
) -> pd.DataFrame:
    """続く二つの月の、全ての動き。前の月の欠けた月の動きは、ない。

    Args:
        keep: 数えたものを取っておくか（history.cubes に同じ）。
    Returns:
        一行＝後の月×前の区分×後の区分×前の事業所×後の事業所×本人か。列 FLOW_COLUMNS（month は後の月。いない側は ''）。
        members は人数。
    Raises:
        MonthDamaged: 月が読めない。
    """
    # だれを控えるかは、動きを変えない（区分は、人の事実だけから決まる）。申出のたびに数え直すことはない
    common = common_origin(params, (), "flow")
    paths = {
        pair: home.cubes / f"flow-{pair[1].month}-{_origin(pair, params, common)[:16]}.parquet"
        for pair in pairwise(months)
        if pair[1].month == pair[0].month.plus(1)
    }
    found = dict(zip(paths, read_tables(paths.values()), strict=True))
    missing = [pair for pair in paths if found[pair] is None or list(found[pair]) != FLOW_COLUMNS]
    if missing:
        found |= _count(missing, params)
        if keep:
            with home.private():
                write_tables({paths[pair]: found[pair] for pair in missing})
            forget_others(home, set(paths.values()), len("flow-2026-10"))
    if not found:
        return pd.DataFrame(columns=FLOW_COLUMNS).astype({"members": "int64"})
    return pd.concat(found.values(), ignore_index=True)


def _count(pairs: Sequence[tuple[KeptMonth, KeptMonth]], params: Params) -> dict:
    months = sorted({kept for pair in pairs for kept in pair}, key=lambda kept: kept.month)
    with Lens(months, params) as lens:
        return {
            (before, after): lens.query("flow", before=str(before.month), after=str(after.month))
            for before, after in pairs
        }


def _origin(pair: tuple[KeptMonth, KeptMonth], params: Params, common: str) -> str:
    return sha256_of([origin(kept, params, common) for kept in pair])
