"""一つのファイルの判定。"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

NO_EMPLOYER = "NOEMPLOYER"


@dataclass(frozen=True)
class Head:
    """人数。members 加入者、registered そのうち登録済（状態 1）の人。"""

    members: int
    registered: int


@dataclass(frozen=True)
class Intake:
    """受け取ったファイルと、行の行き先。accepted + quarantined = data_rows。人の値は持たない。

    sha256・bytes は届いたままのファイルのもの。reasons は {理由: 行}、by_employer は {事業所か NOEMPLOYER: 人数}、
    unknown_symbols は登録簿にない記号ごとの（行の数、はじめの行番号たち）、
    notes は断るほどではないが知らせること {名: 数}：
        branch_zero_lost  0 が落ちて一桁になっていた枝番を、二桁に直した人
        no_final_newline  最後の行が改行で終わっていない（1）
    """

    sha256: str
    bytes: int
    encoding: str
    header: bool
    delimiter: str
    data_rows: int
    accepted: int
    quarantined: int
    reasons: Mapping[str, int]
    by_employer: Mapping[str, Head]
    unknown_symbols: Sequence[tuple[int, list[int]]] = ()
    notes: Mapping[str, int] = field(default_factory=dict)

    @property
    def registered(self) -> int:
        return sum(head.registered for head in self.by_employer.values())

    def as_dict(self) -> dict[str, Any]:
        """intake.json に書く形。"""
        return asdict(self)
