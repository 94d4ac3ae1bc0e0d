"""個人データの点検のカプセルの表：リストから外している人、公開の前の攻撃、その月にしたこと、済んでいないこと。人の値は入らない。"""

import pandas as pd

from mynalib.capsules.handed import handed_matters
from mynalib.capsules.opened import OpenedMonth
from mynalib.capsules.publication import Publication
from mynalib.capsules.waiting import UNSETTLED
from mynalib.disclosure.coarsening import Result
from mynalib.disclosure.society import TOTAL
from mynalib.disclosure.thresholds import POSSIBLE_VALUES
from mynalib.domain.classification import STATUSES, WITHHELD
from mynalib.domain.months import Month
from mynalib.history.deeds import DEEDS, within
from mynalib.history.ledger import Ledger
from mynalib.insight.display import words

NEVER_LISTED = ("never", "card_info", "review")
"""行うことのうち、控えなくても、リストに載らないもの。"""
UNDECIDED_LIMIT = 1
"""攻撃で決められなかったことの割合（%）の限り。"""


def privacy_tables(publication: Publication) -> dict[str, pd.DataFrame]:
    """kept_off（リストから外している人）、attack（公開の前の攻撃）、deeds（その月にしたこと）、unfinished（済んでいないこと）。"""
    opened = publication.opened
    return {
        "kept_off": kept_off(opened),
        "attack": attack_facts(publication.outside.result),
        "deeds": _deeds(opened),
        "unfinished": _unfinished(opened),
    }


def kept_off(opened: OpenedMonth) -> pd.DataFrame:
    """リストから外している人。一行＝わけ。列 why, insured, family, people（この月。人）, before（前の月。人。なければ欠ける）。

    わけは、控える理由（先にあるものが勝つ）か、控えていなければ区分。どの人も、一度だけ数える。
    """
    now, before = (_by_reason(opened, month) for month in (opened.month, opened.month.plus(-1)))
    before_known = bool((opened.cube.month == str(opened.month.plus(-1))).any())
    rows = [
        {
            "why": label,
            "insured": now.get((label, True), 0),
            "family": now.get((label, False), 0),
            "people": now.get((label, True), 0) + now.get((label, False), 0),
            "before": before.get((label, True), 0) + before.get((label, False), 0)
            if before_known
            else None,
        }
        for label in _REASONS
    ]
    types = dict.fromkeys(("insured", "family", "people", "before"), "Int64")
    return pd.DataFrame(rows).astype({"why": "str"} | types)


def attack_facts(result: Result) -> pd.DataFrame:
    """公開の前の攻撃。列 item, found, limit（どれも、単位のついた文字。限りのないものは ''）。"""
    # 調べるものが一つもなければ、決められなかったものもない
    share = f"{100 * result.undecided / result.asked:.2f} %" if result.asked else "0.00 %"
    margin = f"{result.margin:,} 通り" if result.margin is not None else words("privacy")["no_rows"]
    coarser = result.coarser
    rows = [
        ("攻めて調べたこと", f"{result.asked:,} 件", ""),
        ("時間のうちに決められなかったことの割合", share, f"{UNDECIDED_LIMIT} % より少なく"),
        ("登録者の数として残る値の、いちばん少ない行", margin, f"{POSSIBLE_VALUES} 通りから"),
        ("粗くしても、絞られるままの行", f"{len(result.open)} 行", "0 行"),
        ("水準の刻みを広げた事業所", f"{len(coarser.widened)}", ""),
        ("水準をやめた事業所", f"{len(coarser.unlevelled)}", ""),
        ("ふだんより多く、一行にまとめた事業所", f"{coarser.merge_more}", ""),
        ("組合全体の数だけにしたか", _total_only(result), ""),
    ]
    return pd.DataFrame(rows, columns=["item", "found", "limit"])


def _total_only(result: Result) -> str:
    """広く配る版に、組合全体のほかの行がないか。攻撃の前から、まとめる事業所が足りずにそうなることもある。"""
    if result.coarser.total_only:
        return "はい"
    showing = result.showing
    alone = showing is not None and {*showing.wide.employer_id} == {TOTAL}
    return "はい（まとめられる事業所が足りないため）" if alone else "いいえ"


def _by_reason(opened: OpenedMonth, month: Month) -> dict[tuple[str, bool], int]:
    cube = opened.cube[opened.cube.month == str(month)]
    # 控えていなくても、区分だけでリストに載らない人がいる。どちらも数えないと、組合全体と合わない
    off = cube[(cube.withheld_by != "") | cube.action.isin(NEVER_LISTED)]
    # 控える理由が先。二つに当てはまる人も一度だけ数える
    whys = off.withheld_by.map(WITHHELD).fillna(off.status.map(_STATUS_LABELS))
    # 区分は登録済か未登録でも、日付か記号のために要確認の人。わけが欠けたままでは、groupby が落としてしまう
    whys = whys.fillna(UNSETTLED)
    return off.assign(why=whys).groupby(["why", "insured"]).members.sum().to_dict()


def _deeds(opened: OpenedMonth) -> pd.DataFrame:
    """断面の月の初日から末日までに、台帳に残ったこと。一行＝出来事（0 件のものは出さない）。"""
    month = opened.month
    lines = within(Ledger(opened.home.ledger).lines(), month.end.replace(day=1), month.end)
    counts = {label: sum(line["did"] == did for line in lines) for did, label in DEEDS.items()}
    found = [(label, count) for label, count in counts.items() if count]
    return pd.DataFrame(found, columns=["deed", "count"]).astype({"deed": "str", "count": "int64"})


def _unfinished(opened: OpenedMonth) -> pd.DataFrame:
    """済んでいないこと。言葉は insight/words.yaml の todo。"""
    counts = handed_matters(opened) | {"unanswered": len(opened.overlays.unanswered)}
    found = [(*words("todo")[name], count) for name, count in counts.items() if count]
    types = {"todo": "str", "how": "str", "count": "int64"}
    return pd.DataFrame(found, columns=[*types]).astype(types)


_STATUS_LABELS = {
    status.name: status.label for status in STATUSES.values() if status.action in NEVER_LISTED
}
_REASONS = [*WITHHELD.values(), *_STATUS_LABELS.values(), UNSETTLED]
