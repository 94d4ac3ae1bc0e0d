"""手渡しのうち、済んでいないこと：前の月のリストを渡していない事業所、受領書の返っていない手渡し。"""

from pathlib import Path

from mynalib.capsules.kept_tables import LISTS_FILE, read_lists
from mynalib.capsules.opened import OpenedMonth
from mynalib.domain.months import Month
from mynalib.history.ledger import Ledger
from mynalib.history.released import releases
from mynalib.reminders.memory import LETTERS, SOCIETY, handovers


def handed_matters(opened: OpenedMonth) -> dict[str, int]:
    """not_handed は、前の月のリストを手渡したと記録していない事業所の数、no_receipt は、受領書の返っていない手渡しの数。

    数えるのは、その月より前のリストだけなので、同じ月を何度作っても同じになる。
    """
    before = opened.month.plus(-1)
    given = [each for each in handovers(opened.home) if each.stands and each.month < opened.month]
    # 前の前の月より古いリストは、もう渡さない。渡していないと言うのは、前の月のものだけ
    units = {each.unit for each in given if each.month == before}
    notified = {employer.id for employer in opened.params.notified(before.end)}
    # その月に公開しなかった事業所には、渡すリストがない
    released = [line for line in Ledger(opened.home.ledger).lines() if line["did"] == "released"]
    without = [line.get("without", ()) for line in released if line["month"] == str(before)]
    notified -= {*without[-1]} if without else set()
    by = opened.params.society.policy.reminders.by
    if by.link == by.renew == SOCIETY:
        # どの勧奨も健保が知らせるなら、事業所のリストは、いつも空
        notified = set()
    # 同じ部署に渡し直した（--again）リストは、いちばん新しい手渡しの受領書だけを待つ。手紙（LETTERS）に、受領書はない
    ours = [each for each in given if each.unit != LETTERS]
    last = {(each.unit, each.department, each.month): each for each in ours}
    waiting = [each for each in last.values() if not each.confirmed]
    release = releases(opened.home).get(before)
    due = employers_with_somebody(release, before) if release else set()
    return {
        "not_handed": len((notified - units) & due),
        "no_receipt": len(waiting),
    }


def employers_with_somebody(release: Path, month: Month) -> set[str]:
    """その月のリストに、だれかが載った事業所。0 人のリストは、渡さなくてよい。"""
    lists = read_lists(release / LISTS_FILE)
    somebody = (lists.month == str(month)) & (lists.insured + lists.family > 0)
    return {*lists.employer_id[somebody]}
