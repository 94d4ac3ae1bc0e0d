"""測り方：月の集計（cube）から、事業所ごとの人数を数える。割合は、公表のかたちに丸めるときに作る。"""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from mynalib.domain.classification import LINK_ACTIONS, RENEW_ACTIONS
from mynalib.domain.employers import SOCIETY_STAFF

COUNTS = ["members", "registered", "usable", "link_targets", "renew_targets"]
OTHER_ROWS = {SOCIETY_STAFF: "健保組合（職員）", "NOEMPLOYER": "事業所なし（任意継続など）", "TOTAL": "組合全体"}
REGISTERED_STATES = ("registered_", "review_cancelled_then_registered")
CHANGES = {"新たに登録した人": 1, "登録が解除された人": -1, "登録済で加入した人": 1, "登録済で脱退した人": -1}


def counts(cube: pd.DataFrame, employers: Mapping[str, str], months: Sequence[str] | None = None) -> pd.DataFrame:
    """月×事業所の人数。

    Args:
        cube: 月の集計（history.cubes.cube）。数えてはいけない人は、渡す前に除いておく。
        employers: 事業所コードから名前へ。ここにある全ての行が、0 人でも出る。
        months: 出す月。None なら、集計にある月。
    Returns:
        一行＝月×事業所（最後に KENPO, NOEMPLOYER, TOTAL）。
        列 month, employer_id, employer, members 加入者, registered 登録者, usable うち証明書が期限内等,
        link_targets ❶の対象, renew_targets ❷の対象（全て人）。
    """
    tallied = cube.assign(**{name: cube.members.where(holds, 0) for name, holds in _conditions(cube).items()})
    names = dict(employers) | OTHER_ROWS
    months = sorted(cube.month.unique()) if months is None else list(months)
    grid = pd.MultiIndex.from_product([months, [e for e in names if e != "TOTAL"]], names=["month", "employer_id"])
    each = tallied.groupby(["month", "employer_id"], dropna=False)[COUNTS].sum()
    lost = each.index.difference(grid)
    if len(lost):
        raise ValueError(f"名前のない事業所コードがあります：{sorted(set(lost.get_level_values(1).map(str)))}")
    each = each.reindex(grid, fill_value=0).reset_index()
    total = each.groupby("month", as_index=False)[COUNTS].sum().assign(employer_id="TOTAL")
    table = in_order(pd.concat([each, total]), names)
    table.insert(2, "employer", table.employer_id.map(names))
    return table[["month", "employer_id", "employer", *COUNTS]].astype(dict.fromkeys(COUNTS, "Int64"))


def in_order(table: pd.DataFrame, employers: Iterable[str]) -> pd.DataFrame:
    """月の順、その中で employers の順にした表。"""
    placed = table.assign(place=table.employer_id.map({code: number for number, code in enumerate(employers)}))
    return placed.sort_values(["month", "place"], ignore_index=True).drop(columns="place")


def _conditions(cube: pd.DataFrame) -> dict[str, pd.Series]:
    return {
        "registered": cube.status.str.startswith(REGISTERED_STATES),
        "usable": cube.status.eq("registered_usable"),
        "link_targets": cube.action.isin(LINK_ACTIONS),
        "renew_targets": cube.action.isin(RENEW_ACTIONS),
    }


def statuses(cube: pd.DataFrame, month: str) -> pd.DataFrame:
    """一つの月の、区分ごとの人数。列 status, members。"""
    return cube[cube.month == month].groupby("status", as_index=False).members.sum()


def change(flow: pd.DataFrame) -> pd.DataFrame:
    """登録者の増減の内訳。一行＝わけ。人数の合計は、登録者の増減にちょうど等しい。

    Args:
        flow: 二つの月の動き（history の flow.sql）。
    Returns:
        列 reason, change（人。減るものは負）。
    """
    before = flow.status_before.str.startswith(REGISTERED_STATES)
    after = flow.status_after.str.startswith(REGISTERED_STATES)
    stayed = flow.status_before.ne("") & flow.status_after.ne("")
    sizes = [stayed & ~before & after, stayed & before & ~after]
    sizes += [flow.status_before.eq("") & after, flow.status_after.eq("") & before]
    parts = [sign * int(flow.members[rows].sum()) for sign, rows in zip(CHANGES.values(), sizes, strict=True)]
    return pd.DataFrame({"reason": list(CHANGES), "change": pd.array(parts, dtype="Int64")})
