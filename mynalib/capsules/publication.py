"""一つの月の公開：読んだ月と、健保の外に見せるもの、訂正なら、その知らせ。"""

from dataclasses import dataclass, replace
from functools import cached_property

from mynalib.capsules.changes import changes
from mynalib.capsules.opened import OpenedMonth, open_month
from mynalib.capsules.outside import Outside
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.domain.revision import CORRECTED, Revision
from mynalib.history.home import Home


@dataclass(frozen=True)
class Publication:
    """公開する一つの月。revision は、第二版からの、知らせること。"""

    opened: OpenedMonth
    revision: Revision | None = None

    @cached_property
    def outside(self) -> Outside:
        """健保の外に見せるもの。"""
        return Outside(self.opened)

    @property
    def version(self) -> str:
        """この版の名（2026-10、2026-10-r2）。"""
        number = self.revision.version if self.revision else 1
        return str(self.opened.month) if number == 1 else f"{self.opened.month}-r{number}"

    @cached_property
    def revised(self) -> Revision | None:
        """ページに書く、この版のこと。訂正なら、前の版から変わった数も。"""
        revision = self.revision
        if revision is None or revision.kind != CORRECTED or revision.changes is not None:
            return revision
        return replace(revision, changes=changes(self.outside, revision))


def open_publication(home: Home, params: Params, month: Month) -> Publication:
    """その月と、それより前の月を、公開のために開く。送出するエラーは open_month と同じ。"""
    return Publication(open_month(home, params, month))
