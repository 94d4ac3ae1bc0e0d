"""一人の区分：事実（状態・解除区分・証明書・日付の前後）から、区分と行うことを決める規則の表。

規則は上から最初に当てはまったものが勝つ。書かない事実は問わない。どの組合せにも必ず一つが当てはまる。
区分、行うこと、控える理由の言葉は classification.yaml にある。
Source: 共同利用のお知らせ（コードの意味）。解除後の再登録と三か月の扱いは docs/decisions.md。
"""

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import TYPE_CHECKING

from mynalib.domain.shipped import shipped_yaml

if TYPE_CHECKING:
    import pandas as pd

_WRITTEN = shipped_yaml("domain", "classification")

# 2 × 4 × 3 × 6 = 144 通り。日付は、あるかないかと前後だけを見るので、何年たっても組合せは増えない
FACTS: dict[str, list[str]] = {
    "state": ["0", "1"],
    "cancel_kind": ["", "1", "2", "3"],
    "certificate_flag": ["", "0", "1"],
    "dates": [
        "none",
        "registered_only",
        "cancelled_only",
        "registered_before_cancelled",
        "same_day",
        "registered_after_cancelled",
    ],
}
"""一人の事実と、その値（"" は空欄）。"""
DATED = tuple(FACTS["dates"][1:])
"""登録か解除の日付が、どれか一つはある。"""


@dataclass(frozen=True)
class Rule:
    """当てはまる人の区分（または注意）の名と、当てはまる事実。None の事実は問わず、組で書いた事実は、そのどれか。"""

    status: str
    state: str | None = None
    cancel_kind: str | tuple[str, ...] | None = None
    certificate_flag: str | None = None
    dates: str | tuple[str, ...] | None = None

    def matches(self, facts: dict[str, str]) -> bool:
        return all(self._allows(name, facts[name]) for name in FACTS)

    def _allows(self, name: str, value: str) -> bool:
        wanted = getattr(self, name)
        # 組でない値を in で調べると、文字の一部とも一致する（"" は、どの文字にも含まれる）
        return wanted is None or value == wanted or (isinstance(wanted, tuple) and value in wanted)


@dataclass(frozen=True)
class Status:
    """区分。`action` は行うこと、`label` は人に見せる言葉。"""

    name: str
    action: str
    label: str


# 例：未登録（0）、解除区分 2、フラグ 1、登録日が解除日より前の人。本人の申請（1）でも返納（3）でもなく、日付も食い違わないので、
# 五つ目の renewed_not_relinked（証明書は更新済み、登録がまだ）になる。フラグが 0 なら、次の cancelled_by_lapse
# 順が効くのは、同じ人に当てはまりうる規則の間だけで、狭いほうを上に置く。never_linked が解除区分を問わないのは、区分のある人が、
# もう上で決まっているから。どの組合せも決まり、隠れた規則のないことは tests/domain/test_classification.py が 144 通りで確かめる
RULES = (
    # フラグや日付がどうであっても、自分で解除した人には知らせない
    Rule("cancelled_at_own_request", state="0", cancel_kind="1"),
    # 新しいカードを作ったのか、フラグの更新が遅れているのかは、ファイルからは分からない
    Rule("review_returned_flag_valid", state="0", cancel_kind="3", certificate_flag="1"),
    Rule("card_returned", state="0", cancel_kind="3"),
    Rule("review_inconsistent", state="0", cancel_kind="2", dates="registered_after_cancelled"),
    Rule("renewed_not_relinked", state="0", cancel_kind="2", certificate_flag="1"),
    Rule("cancelled_by_lapse", state="0", cancel_kind="2"),
    # 日付が一つでもあれば「登録したことがない」とは言えないので、この三つは、日付のない人だけ
    Rule("never_linked", state="0", certificate_flag="1", dates="none"),
    Rule("never_linked_certificate_lapsed", state="0", certificate_flag="0", dates="none"),
    Rule("never_linked_card_unclear", state="0", dates="none"),
    # 解除の日付だけが残る人など。本人の申請だったかもしれないので、未登録とみなして知らせることはしない
    Rule("review_inconsistent", state="0"),
    Rule("review_cancelled_then_registered", cancel_kind="1", certificate_flag="0"),
    # 登録済の人に解除区分が残っていても、前の解除のものでありうる。いま登録されているかは、状態だけが言う
    Rule("registered_usable", certificate_flag="1"),
    Rule("registered_certificate_lapsed", certificate_flag="0"),
    Rule("registered_certificate_unknown"),
)
WARNINGS = (
    Rule("cancel_kind_missing", state="0", cancel_kind="", dates=DATED),
    Rule("card_unclear", state="0", cancel_kind="", certificate_flag="0", dates="none"),
    Rule(
        "cancel_date_missing",
        state="0",
        cancel_kind=("1", "2", "3"),
        dates=("none", "registered_only"),
    ),
    Rule("registered_without_date", state="1", dates=("none", "cancelled_only")),
    Rule("registered_again", state="1", dates="registered_after_cancelled"),
    Rule(
        "registered_with_cancellation",
        state="1",
        dates=("cancelled_only", "registered_before_cancelled", "same_day"),
    ),
    Rule(
        "registered_with_cancellation",
        state="1",
        cancel_kind=("1", "2", "3"),
        dates=("none", "registered_only"),
    ),
    Rule("certificate_flag_blank", state="1", certificate_flag=""),
    Rule("certificate_flag_blank", state="0", cancel_kind="2", certificate_flag=""),
    Rule(
        "registered_after_cancelled", state="0", cancel_kind="2", dates="registered_after_cancelled"
    ),
    Rule("returned_flag_valid", state="0", cancel_kind="3", certificate_flag="1"),
)
"""当てはまるもの全てが付く。区分は変えず、点検のために、ビュー person の warnings に出る。"""
STATUSES = {
    name: Status(name, action, label) for name, (action, label) in _WRITTEN["statuses"].items()
}
ACTIONS: dict[str, str] = _WRITTEN["actions"]
LINK_ACTIONS = ("link",)
RENEW_ACTIONS = ("renew", "renew_then_link")
WITHHELD: dict[str, str] = _WRITTEN["withheld"]
"""控える理由。先にあるものが勝つ。"""


@cache
def decisions() -> tuple[dict[str, str], ...]:
    """decision_table の行。変わらない月に知らせるだけの命令は、pandas を読みこまずに、これを使う。"""
    every = (dict(zip(FACTS, values, strict=True)) for values in product(*FACTS.values()))
    return tuple(map(_decide, every))


def decision_table() -> "pd.DataFrame":
    """全ての事実の組合せと、その区分。144 行、四つの事実の組で一意。

    Returns:
        列 state, cancel_kind, certificate_flag, dates（空欄は ''）, status, action,
        counts_as_registered（'0' か '1'）, warnings（; 区切り。無ければ ''）, label_ja。
    """
    import pandas as pd

    return pd.DataFrame(decisions())


def _decide(facts: dict[str, str]) -> dict[str, str]:
    status = STATUSES[next(rule.status for rule in RULES if rule.matches(facts))]
    warnings = dict.fromkeys(rule.status for rule in WARNINGS if rule.matches(facts))
    return facts | {
        "status": status.name,
        "action": status.action,
        "counts_as_registered": facts["state"],
        "warnings": ";".join(warnings),
        "label_ja": status.label,
    }
