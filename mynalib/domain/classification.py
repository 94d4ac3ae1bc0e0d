"""一人の区分：事実（状態・解除区分・証明書・日付の前後）から、区分と行うことを決める規則の表。

規則は上から最初に当てはまったものが勝つ。書かない事実は問わない。どの組合せにも必ず一つが当てはまる。
Source: 共同利用のお知らせ（コードの意味）。解除後の再登録と三か月の扱いは README「設計の記録」。
"""

from dataclasses import dataclass
from itertools import product

import pandas as pd

from mynalib.domain.shipped import shipped_yaml

_WRITTEN = shipped_yaml("domain", "classification")
FACTS: dict[str, list[str]] = _WRITTEN["facts"]


@dataclass(frozen=True)
class Rule:
    """当てはまる人の区分（または注意）の名。`when` は事実から値たちへで、全ての事実がそのどれかなら当てはまる。"""

    status: str
    when: dict[str, list[str]]

    def matches(self, facts: dict[str, str]) -> bool:
        return all(facts[name] in values for name, values in self.when.items())


@dataclass(frozen=True)
class Status:
    """区分。`action` は行うこと、`label` は人に見せる言葉。"""

    name: str
    action: str
    label: str


RULES = tuple(Rule(*written) for written in _WRITTEN["rules"])
WARNINGS = tuple(Rule(*written) for written in _WRITTEN["warnings"])
"""当てはまるもの全てが付く。区分は変えず、点検のために数える。"""
STATUSES = {name: Status(name, action, label) for name, (action, label) in _WRITTEN["statuses"].items()}
ACTIONS: dict[str, str] = _WRITTEN["actions"]
LINK_ACTIONS = ("link",)
RENEW_ACTIONS = ("renew", "renew_then_link")
WITHHELD: dict[str, str] = _WRITTEN["withheld"]
"""控える理由。先にあるものが勝つ。"""


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
