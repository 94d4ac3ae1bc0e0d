"""取り戻し：手渡した一つのリストを、丸ごと。"""

from mynalib.domain.errors import Refused
from mynalib.domain.params import Params
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.vouching import recover
from mynalib.release.slips import recall_slip
from mynalib.reminders.memory import LETTERS, Handover, handovers


def recall_list(home: Home, params: Params, number: str, because: str) -> dict:
    """手渡したリストを、丸ごと取り戻す。次の月からは、知らせなかったものとして数える。

    Args:
        because: 台帳にだけ残る。渡した相手に見せる紙には、わけを書かない。
    """
    with home.locked():
        recover(home, params)
        handed = standing_handover(home, number, "--handover")
        # 台帳より先に、紙を作る。紙が作れなければ、まだ取り戻していないので、同じ命令をもう一度打てば、紙も出来る。
        # 手紙は一人ずつの自宅にあるので、まとめて返してもらう相手がいない
        slip = recall_slip(home, params, handed) if handed.unit != LETTERS else None
        Ledger(home.ledger).append("recalled", handover=number, unit=handed.unit, because=because)
        same = [each for each in handovers(home) if each.unit == handed.unit and each.stands]
    return {
        "outcome": "recalled",
        "handover": number,
        "unit": handed.unit,
        "whom": handed.whom,
        "month": str(handed.month),
        "rows": handed.rows,
        "slip": str(slip) if slip else None,
        # 渡し直した（--again）リストが、まだ渡ったままなら、知らせたことに変わりはない
        "still": [each.id for each in same if each.month == handed.month],
    }


def standing_handover(home: Home, number: str, option: str) -> Handover:
    """取り戻していない、その番号の手渡し。option は、番号を打ったところ。"""
    found = [each for each in handovers(home) if each.id == number and each.stands]
    if not found:
        known = "、".join(each.id for each in handovers(home) if each.stands) or "ありません"
        what = "そのような手渡しは、台帳にないか、もう取り戻しています"
        raise Refused(
            "UNKNOWN_HANDOVER",
            where=f"{option} {number}",
            what=what,
            fix=f"いまある手渡し：{known}",
        )
    return found[0]
