"""健保の名簿（08）のカプセルの表と、手紙に書くこと。健保が自宅に知らせる人：事業所のない人、健保の職員、ほか。"""

import pandas as pd

from mynalib.capsules.publication import Publication
from mynalib.domain.classification import LINK_ACTIONS
from mynalib.domain.employers import NO_EMPLOYER, SOCIETY_STAFF
from mynalib.domain.joint_use import JointUse
from mynalib.reminders import letters
from mynalib.reminders.due import SOCIETY
from mynalib.reminders.texts import LETTER_KINDS, read_texts

LIST_COLUMNS_OF_SOCIETY = [
    "serial",
    "symbol",
    "number",
    "branch",
    "member_kind",
    "action",
    "attempt",
    "whose",
]


def society_tables(publication: Publication) -> dict[str, pd.DataFrame]:
    """people：この月に、健保が自宅に知らせる人。一行＝一人。列 LIST_COLUMNS_OF_SOCIETY（serial は手紙の通し番号、whose はなぜ健保からか）。"""
    due = publication.opened.due
    rows = due[(due.sender == SOCIETY) & due.due]
    by = publication.opened.params.society.policy.reminders.by
    whose = pd.Series("second", rows.index, dtype="str")
    for kind, sender in (("link", by.link), ("renew", by.renew)):
        own = rows.action.isin(LINK_ACTIONS) == (kind == "link")
        whose = whose.mask(own & (sender == SOCIETY), f"by_{kind}")
    if publication.opened.params.joint_use.dependants == "exclude":
        whose = whose.mask(rows.member_kind == "家族", "dependants")
    whose = whose.mask(rows.employer_id == SOCIETY_STAFF, "staff")
    whose = whose.mask(rows.employer_id == NO_EMPLOYER, "no_employer")
    return {"people": letters.with_serials(rows.assign(whose=whose))[LIST_COLUMNS_OF_SOCIETY]}


def letter_facts(publication: Publication) -> dict:
    """手紙に書くこと：勧奨ごとの文、限度額の文（確かめた額がなければ ""）、案内の番地。"""
    opened = publication.opened
    texts = read_texts(opened.home)
    filled = letters.blanks(opened.params, opened.month, channels(opened.params.joint_use))
    day = opened.month.plus(1).end
    return {
        "letters": {kind: letters.letter(texts, kind, filled) for kind in LETTER_KINDS},
        "benefit": letters.benefit(opened.params, texts, day),
        "address": opened.params.society.letters.address,
    }


def channels(joint_use: JointUse) -> str:
    """同意しない人の申出先。"""
    return "、".join(
        f"{one.to}（{one.contact}）" if one.contact else one.to for one in joint_use.optout_channels
    )
