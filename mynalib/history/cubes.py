"""月の集計（cube）。計算の元のハッシュを名にして取っておき、元が変わらなければ人ごとには読み直さない。"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mynalib.domain.classification import decision_table
from mynalib.domain.errors import MynaError
from mynalib.domain.params import Params
from mynalib.history.home import Home
from mynalib.history.lens import UNKNOWN, Hold, Lens, sql
from mynalib.history.months import KeptMonth, verify_month
from mynalib.history.tables import read_table, write_table

COLUMNS = ["month", "employer_id", "insured", "status", "action", "withheld_by", "members"]


class UnknownSymbol(MynaError):
    """取り込んだあとに登録簿が変わり、どの事業所の人か分からなくなった。"""

    code = "UNKNOWN_KIGO"


def cube(home: Home, months: Sequence[KeptMonth], params: Params, holds: Sequence[Hold]) -> pd.DataFrame:
    """全ての月の集計。一行＝月×事業所×本人か×区分×行うこと×控える理由。members は人数。

    Raises:
        UnknownSymbol: 登録簿にない記号の人がいる（数えると、その人たちが事業所なしに見えてしまう）。
        MonthDamaged: 月が壊れている。
    """
    common = _common_origin(params, holds)
    parts = [_one(home, kept, params, holds, common) for kept in months]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _one(home: Home, kept: KeptMonth, params: Params, holds: Sequence[Hold], common: str) -> pd.DataFrame:
    path = home.cubes / f"{kept.month}-{_origin(kept, params, common)[:16]}.parquet"
    cached = read_table(path) if path.exists() else None
    if cached is not None and list(cached) == COLUMNS:
        return cached
    verify_month(kept)
    with Lens([kept], params, holds) as lens:
        table = lens.query("cube")
    _require_known(kept, table)
    write_table(path, table)
    _forget_others(path, kept)
    return table


def _require_known(kept: KeptMonth, table: pd.DataFrame) -> None:
    unknown = int(table.members[table.employer_id == UNKNOWN].sum())
    if unknown:
        raise UnknownSymbol(
            where=kept.month.label,
            what=f"登録簿にない記号の人が {unknown} 人います。取り込んだあとに、記号か期間が変わったようです",
            fix="params/employers/ の記号の期間を直すか、その月の原本を --replace で取り込み直してください。",
        )


def _forget_others(path: Path, kept: KeptMonth) -> None:
    """同じ月の、もう使わない集計を消す。申出の前の数を、残しておかない。"""
    for other in path.parent.glob(f"*{kept.month}-*.parquet*"):
        if other != path:
            other.unlink(missing_ok=True)


def _origin(kept: KeptMonth, params: Params, common: str) -> str:
    entries = [vars(entry) for entry in params.registry(kept.month).entries]
    return _digest([common, kept.intake["files"], entries])


def _common_origin(params: Params, holds: Sequence[Hold]) -> str:
    """どの月の集計も決めるもの：規則、本人の枝番、控える人、SQL。"""
    held = sorted(str((h.reason, h.key, h.since, h.until)) for h in holds)
    queries = [sql(name) for name in ("views", "withheld", "cube")]
    return _digest([decision_table().to_csv(index=False), list(params.society.insured_branches), held, queries])


def _digest(origin: list) -> str:
    return hashlib.sha256(json.dumps(origin, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
