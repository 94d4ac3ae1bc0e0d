"""資格確認書の係の、遅い検算：届いた行と名簿の行を、素の Python で一人ずつ見る。"""

from collections import Counter
from dataclasses import dataclass, field

Key = tuple[str, str, str]
WRITTEN = {"カードなし": "no_card", "番号未提出": "number_missing", "申請": "on_request"}


@dataclass
class SlowDesk:
    """facts は鍵（先頭の 0 を除く番号）から、状態・解除区分・フラグ（文字、空欄は ""）へ。issued は（鍵、期限、返してもらったか）。

    wanted は（鍵、理由）、asked と returned は、解除を申請中の人と、返納者のファイルにある人。日付は「2026-10-31」の形。
    """

    facts: dict[Key, tuple[str, str, str]]
    month_end: str
    soon: str
    issued: list[tuple[Key, str, bool]] = field(default_factory=list)
    wanted: list[tuple[Key, str]] = field(default_factory=list)
    asked: set[Key] = field(default_factory=set)
    returned: set[Key] = field(default_factory=set)

    def decided(self) -> dict[Key, tuple[str, str, str]]:
        """鍵から、要るわけ（要らなければ ""）、すること、持っている一枚の期限へ。"""
        everybody = {
            *self.facts,
            *(key for key, *_ in self.issued),
            *(key for key, _ in self.wanted),
        }
        held: dict[Key, str] = {}
        for key, until, back in self.issued:
            if not back:
                held[key] = max(until, held.get(key, ""))
        reasons = {key: WRITTEN[reason] for key, reason in self.wanted}
        found = {}
        for key in everybody:
            why = self._reason(key, reasons.get(key, ""))
            task = self._task(key, why, held.get(key, ""))
            if task:
                found[key] = (why, task, held.get(key, ""))
        return found

    def _reason(self, key: Key, written: str) -> str:
        if key not in self.facts:
            return written
        state, kind, flag = self.facts[key]
        if state == "1" and flag != "0":
            if key in self.asked:
                return "cancellation_asked"
            request = written if written == "on_request" else ""
            return "card_returned" if key in self.returned else request
        if written in ("no_card", "number_missing"):
            return written
        return self._reason_on_file(key, state, kind)

    def _reason_on_file(self, key: Key, state: str, kind: str) -> str:
        if state == "0" and kind == "1":
            return "own_request"
        if key in self.returned or (state == "0" and kind == "3"):
            return "card_returned"
        return "certificate_lapsed" if state == "1" or kind == "2" else "not_registered"

    def _task(self, key: Key, why: str, until: str) -> str:
        if why:
            if not until:
                return "issue"
            return "renewal" if until <= self.soon else "keep"
        if until <= self.month_end:
            return ""
        return "take_back" if key in self.facts else "find"


def counted(decided: dict, employer_of, kind_of) -> Counter:
    """要る人を、事業所（と TOTAL）× 本人か家族（と全員）× 要るわけ（と計）で数えたもの。"""
    found: Counter = Counter()
    for key, (why, *_) in decided.items():
        for employer in (employer_of(key), "TOTAL") if why else ():
            for kind in (kind_of(key), "全員"):
                found.update([(employer, kind, why), (employer, kind, "people")])
    return found
