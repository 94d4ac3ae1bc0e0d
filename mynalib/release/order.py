"""公開の頼み：どの置き場所の、どの月を、どこまで、なぜ作るか。"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.home import Home


@dataclass(frozen=True)
class Approval:
    """下書きを見て公開を決めた人と、見た下書きの manifest。"""

    by: str
    draft: dict


@dataclass(frozen=True)
class Order:
    """公開の頼み。

    without は公開しない事業所、only は一つだけの下書き、draft は下書きで止める、approval はもう一人の確認、because は公開した月を
    訂正するわけ（読む人に見える）、not_handed_over は、健保の外のだれもまだリストを受け取っていないので、全てのリストを作り直すか。
    """

    home: Home
    params: Params
    month: Month
    without: Collection[str] = ()
    only: str | None = None
    draft: bool = False
    approval: Approval | None = None
    because: str = ""
    not_handed_over: bool = False

    @property
    def room(self) -> Path:
        """下書きの部屋。"""
        return self.home.drafts / (f"{self.month}-{self.only}" if self.only else str(self.month))

    @property
    def final(self) -> bool:
        """公開まで進むか。"""
        return not (self.draft or self.only)
