"""測り方：月の集計（cube）から、事業所ごとの人数を数える。割合は、公表のかたちに丸めるときに作る。"""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from mynalib.disclosure.society import TOTAL
from mynalib.domain.classification import LINK_ACTIONS, RENEW_ACTIONS
from mynalib.domain.employers import NO_EMPLOYER, SOCIETY_STAFF
from mynalib.domain.shipped import shipped_yaml

MEASURES = [
    "members",
    "registered",
    "usable",
    "unregistered",
    "lapsed",
    "link_targets",
    "renew_targets",
    "certificate_needed",
    "reachable",
    "waiting",
    "review",
]
OTHER_ROWS = {
    SOCIETY_STAFF: "健保組合（職員）",
    NO_EMPLOYER: "事業所なし（任意継続など）",
    TOTAL: "組合全体",
}
# 区分の名のはじめ。解除のあと登録と読める食い違い（要確認）も、登録者に数える
REGISTERED_STATES = ("registered_", "review_cancelled_then_registered")


def counts(
    cube: pd.DataFrame, employers: Mapping[str, str], months: Sequence[str] | None = None
) -> pd.DataFrame:
    """月×事業所の人数。

    Args:
        cube: 月の集計（history.cubes.cube）。数えてはいけない人は、渡す前に除いておく。
        employers: 事業所コードから名前へ。ここにある全ての行が、0 人でも出る。
        months: 出す月。None なら、集計にある月。
    Returns:
        一行＝月×事業所（最後に KENPO, NOEMPLOYER, TOTAL）。
        列 month, employer_id, employer, members 加入者, registered 登録者, usable うち証明書が期限内等,
        unregistered 未登録の人, lapsed 登録済か自動解除の人のうち証明書が失効した人（区分のまま。控える人も入る）,
        link_targets ❶の対象, renew_targets ❷の対象（控える人を除いたあと）, certificate_needed カードでは受診できず、資格確認書の要る人
        （未登録か、登録済でも証明書が失効して 3 か月以上）, reachable 案内すれば登録できる未登録の人（控える人を除いたあと）, waiting 証明書は更新したが、再登録がまだの人, review 要確認の人。全て人。
    """
    months = sorted(cube.month.unique()) if months is None else list(months)
    names = dict(employers) | OTHER_ROWS
    grid = pd.MultiIndex.from_product(
        [months, [e for e in names if e != TOTAL]], names=["month", "employer_id"]
    )
    each = tally(cube[cube.month.isin(months)], ["month", "employer_id"])
    lost = each.index.difference(grid)
    # 名のない事業所の人を落とすと、事業所の計が組合全体に足りなくなる。数えずに、止まる
    if len(lost):
        raise ValueError(
            f"名前のない事業所コードがあります：{sorted(set(lost.get_level_values(1).map(str)))}"
        )
    # 人のいない事業所も 0 人の行にする。月によって行が消えると、推移の線が切れる
    each = each.reindex(grid, fill_value=0).reset_index()
    total = each.groupby("month", as_index=False)[MEASURES].sum().assign(employer_id=TOTAL)
    table = in_order(pd.concat([each, total]), names)
    table.insert(2, "employer", table.employer_id.map(names))
    return table[["month", "employer_id", "employer", *MEASURES]].astype(
        dict.fromkeys(MEASURES, "Int64")
    )


def tally(cube: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """by の列（month, employer_id, insured, status）の組ごとの人数。索引が by、列が MEASURES（counts と同じ。人）。"""
    tallied = cube.assign(
        **{name: cube.members.where(holds, 0) for name, holds in _conditions(cube).items()}
    )
    # dropna=False：鍵の欠けた人も、落とさず数える
    return tallied.groupby(list(by), dropna=False)[MEASURES].sum()


def in_order(table: pd.DataFrame, employers: Iterable[str]) -> pd.DataFrame:
    """月の順、その中で employers の順にした表。"""
    placed = table.assign(
        place=table.employer_id.map({code: number for number, code in enumerate(employers)})
    )
    return placed.sort_values(["month", "place"], ignore_index=True).drop(columns="place")


def _conditions(cube: pd.DataFrame) -> dict[str, pd.Series]:
    registered = is_registered(cube.status)
    return {
        "registered": registered,
        "usable": cube.status.eq("registered_usable"),
        "unregistered": ~registered,
        # 集計の印（history/sql/cube.sql）。控えるかどうかによらない
        "lapsed": cube.lapsed,
        "link_targets": cube.action.isin(LINK_ACTIONS),
        "renew_targets": cube.action.isin(RENEW_ACTIONS),
        "certificate_needed": ~registered | cube.lapsed,
        "reachable": cube.action.isin(("link", "renew_then_link")),
        "waiting": cube.status.eq("renewed_not_relinked"),
        "review": cube.action.eq("review"),
    }


def is_registered(status: pd.Series) -> pd.Series:
    """登録済の区分か。"""
    return status.str.startswith(REGISTERED_STATES)


MEMBER_KINDS = {True: "本人", False: "家族"}


def by_kind(cube: pd.DataFrame) -> pd.DataFrame:
    """組合全体の、本人と家族の人数。一行＝月×本人か家族。列 month, member_kind と、MEASURES。"""
    months = sorted(cube.month.unique())
    grid = pd.MultiIndex.from_product([months, [*MEMBER_KINDS]], names=["month", "insured"])
    table = tally(cube, ["month", "insured"]).reindex(grid, fill_value=0).reset_index()
    table.insert(1, "member_kind", table.insured.map(MEMBER_KINDS))
    return table.drop(columns="insured").astype(dict.fromkeys(MEASURES, "Int64"))


STATUS_GROUPS: dict[str, list[str]] = shipped_yaml("insight", "words")["status_groups"]
"""区分を五つにまとめたもの：名から、[見出し, 区分の名…] へ。どの区分も、ちょうど一つに入る。"""
GROUP_OF_STATUS = {
    status: name for name, (_, *statuses) in STATUS_GROUPS.items() for status in statuses
}


def statuses(cube: pd.DataFrame, month: str) -> pd.DataFrame:
    """一つの月の、区分ごとの人数。列 status, members。"""
    return cube[cube.month == month].groupby("status", as_index=False).members.sum()
