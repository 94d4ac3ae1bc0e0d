"""一人の区分：事実（状態・解除区分・証明書・日付の前後）から、区分と行うことを決める規則の表。

規則は上から最初に当てはまったものが勝つ。書かない事実は問わない。どの組合せにも必ず一つが当てはまる。
Source: 共同利用のお知らせ（コードの意味）。解除後の再登録と三か月の扱いは README「設計の記録」。
"""

from dataclasses import dataclass
from itertools import product

import pandas as pd

from mynalib.domain.shipped import shipped_yaml

BLANK = ""
FACTS = {
    "state": ("0", "1"),
    "cancel_kind": (BLANK, "1", "2", "3"),
    "certificate_flag": (BLANK, "0", "1"),
    "dates": (
        "none",
        "registered_only",
        "cancelled_only",
        "registered_before_cancelled",
        "same_day",
        "registered_after_cancelled",
    ),
}


@dataclass(frozen=True)
class Rule:
    """当てはまる人の区分（または注意）の名。`when` は（事実, 値たち）の組で、全ての事実がそのどれかなら当てはまる。"""

    status: str
    when: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def matches(self, facts: dict[str, str]) -> bool:
        return all(facts[name] in values for name, values in self.when)


def _rule(status: str, **when: str | tuple[str, ...]) -> Rule:
    return Rule(status, tuple((name, (value,) if isinstance(value, str) else value) for name, value in when.items()))


RULES = (
    _rule("cancelled_at_own_request", state="0", cancel_kind="1"),
    _rule("review_returned_flag_valid", state="0", cancel_kind="3", certificate_flag="1"),
    _rule("card_returned", state="0", cancel_kind="3"),
    _rule("review_inconsistent", state="0", cancel_kind="2", dates="registered_after_cancelled"),
    _rule("renewed_not_relinked", state="0", cancel_kind="2", certificate_flag="1"),
    _rule("cancelled_by_lapse", state="0", cancel_kind="2"),
    _rule("never_linked", state="0", certificate_flag="1", dates="none"),
    _rule("never_linked_certificate_lapsed", state="0", certificate_flag="0", dates="none"),
    _rule("never_linked_card_unclear", state="0", dates="none"),
    _rule("review_inconsistent", state="0"),
    _rule("review_cancelled_then_registered", cancel_kind="1", certificate_flag="0"),
    _rule("registered_usable", certificate_flag="1"),
    _rule("registered_certificate_lapsed", certificate_flag="0"),
    _rule("registered_certificate_unknown"),
)


@dataclass(frozen=True)
class Status:
    """区分。`action` は行うこと、`label` は人に見せる言葉。"""

    name: str
    action: str
    label: str


_WORDS = shipped_yaml("domain", "classification")
STATUSES = {name: Status(name, action, label) for name, (action, label) in _WORDS["statuses"].items()}
ACTIONS: dict[str, str] = _WORDS["actions"]
LINK_ACTIONS = ("link",)
RENEW_ACTIONS = ("renew", "renew_then_link")

WITHHELD: dict[str, str] = _WORDS["withheld"]
"""控える理由。先にあるものが勝つ。"""

_KINDS = ("1", "2", "3")
_UNDATED = ("none", "cancelled_only")
_NOT_CANCELLED = ("none", "registered_only")
_OVERTAKEN = ("cancelled_only", "registered_before_cancelled", "same_day")  # 最後の日付が、解除の日

WARNINGS = (  # 当てはまるもの全てが付く。区分は変えず、点検のために数える
    _rule("cancel_kind_missing", state="0", cancel_kind=BLANK, dates=FACTS["dates"][1:]),
    _rule("card_unclear", state="0", cancel_kind=BLANK, certificate_flag="0", dates="none"),
    _rule("cancel_date_missing", state="0", cancel_kind=_KINDS, dates=_NOT_CANCELLED),
    _rule("registered_without_date", state="1", dates=_UNDATED),
    _rule("registered_again", state="1", dates="registered_after_cancelled"),
    _rule("registered_with_cancellation", state="1", dates=_OVERTAKEN),
    _rule("registered_with_cancellation", state="1", cancel_kind=_KINDS, dates=_NOT_CANCELLED),
    _rule("certificate_flag_blank", state="1", certificate_flag=BLANK),
    _rule("certificate_flag_blank", state="0", cancel_kind="2", certificate_flag=BLANK),
    _rule("registered_after_cancelled", state="0", cancel_kind="2", dates="registered_after_cancelled"),
    _rule("returned_flag_valid", state="0", cancel_kind="3", certificate_flag="1"),
)


def decision_table() -> pd.DataFrame:
    """全ての事実の組合せと、その区分。144 行、四つの事実の組で一意。

    Returns:
        列 state, cancel_kind, certificate_flag, dates（空欄は ''）, status, action,
        counts_as_registered（'0' か '1'）, warnings（; 区切り。無ければ ''）, label_ja。
    """
    return pd.DataFrame([_decide(dict(zip(FACTS, values, strict=True))) for values in product(*FACTS.values())])


def _decide(facts: dict[str, str]) -> dict[str, str]:
    status = STATUSES[next(rule.status for rule in RULES if rule.matches(facts))]
    return facts | {
        "status": status.name,
        "action": status.action,
        "counts_as_registered": facts["state"],
        "warnings": ";".join(dict.fromkeys(rule.status for rule in WARNINGS if rule.matches(facts))),
        "label_ja": status.label,
    }


def classify(facts: pd.DataFrame) -> pd.DataFrame:
    """加入者ごとの四つの事実（文字列、空欄は ''）に区分を付ける。行数と行順は変えない。"""
    return facts.merge(decision_table(), on=list(FACTS), how="left", validate="many_to_one")
