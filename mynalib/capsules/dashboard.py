"""組合の現況（02）のカプセルの表：月次報告の実数版の表に、事業所・本人か家族ごとの、区分の内わけと、月ごとの動きを足す。"""

import pandas as pd

from mynalib.capsules.publication import Publication
from mynalib.capsules.report_tables import KEPT_TABLES, Tables, internal_report
from mynalib.disclosure.society import TOTAL
from mynalib.insight import measures, movements

EVERYONE = "全員"
NOT_SHOWN = ("wave", "asked")  # 月次報告だけに出す表
STANDING_KEY = ["month", "employer_id", "member_kind"]


def dashboard_tables(publication: Publication) -> Tables:
    """internal_report の表（次の公開のために残す表を除く）と、standing、moves。"""
    report = internal_report(publication)
    opened = publication.opened
    return {
        name: table for name, table in report.items() if name not in (*KEPT_TABLES, *NOT_SHOWN)
    } | {"standing": _standing(opened.cube), "moves": _moves(opened.flows)}


def _standing(cube: pd.DataFrame) -> pd.DataFrame:
    """月×事業所（と TOTAL）×全員か本人か家族の人数。列 members, registered と、measures.STATUS_GROUPS。"""
    group = cube.status.map(measures.GROUP_OF_STATUS)
    counted = {name: cube.members.where(group == name, 0) for name in measures.STATUS_GROUPS}
    held = cube.members.where(measures.is_registered(cube.status), 0)
    rows = cube[["month", "employer_id", "insured", "members"]].assign(registered=held, **counted)
    return _with_sums(rows, ["members", "registered", *measures.STATUS_GROUPS])


def _moves(flows: pd.DataFrame) -> pd.DataFrame:
    """月×事業所（と TOTAL）×全員か本人か家族の動き（人）。列 movements.MOVES。事業所の間で移った人は、それぞれの脱退と加入。"""
    by = ("month", "employer_id", "insured")
    each = movements.movements(movements.of_each_employer(flows), by)
    # 事業所の間の移動は、組合全体の動きではない。事業所ごとの動きを足すと、加入と脱退に数えてしまう
    total = movements.movements(flows.assign(employer_id=TOTAL), by)
    return _with_sums(pd.concat([each, total], ignore_index=True), [*movements.MOVES], total=False)


def _with_sums(rows: pd.DataFrame, columns: list[str], *, total: bool = True) -> pd.DataFrame:
    """本人と家族に、全員の行を足す。total なら、組合全体の行も。"""
    if total:
        # TOTAL は、全ての行を写して足す。事業所のない人も、組合全体には入る
        rows = pd.concat([rows, rows.assign(employer_id=TOTAL)], ignore_index=True)
    kinds = rows.insured.map(measures.MEMBER_KINDS)
    both = pd.concat([rows.assign(member_kind=kinds), rows.assign(member_kind=EVERYONE)])
    table = both.groupby(STANDING_KEY, as_index=False)[columns].sum()
    text = dict.fromkeys(STANDING_KEY, "str")
    return table.astype(text | dict.fromkeys(columns, "int64"))
