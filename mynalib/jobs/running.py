"""仕事の動かし方：どこで、いくつずつ動かし、進み具合をだれに知らせるか。"""

from collections.abc import Callable
from dataclasses import dataclass, replace


def _untold(*_: object) -> None:
    """進み具合を知らせない。"""


@dataclass(frozen=True)
class Running:
    """動かし方。

    workers は同時に動かす数（None なら、この機械の CPU とメモリから）、scheduler は Dask のスケジューラーの番地（あれば、仕事を送る）。
    on_plan は仕事の数が決まったとき、on_done は一つ終わるごとに（終わったもので）、on_wait は待つ間、いちばん長く動いている仕事の名と
    その秒数で呼ばれる。
    """

    workers: int | None = None
    scheduler: str | None = None
    on_plan: Callable[[int], None] = _untold
    on_done: Callable[[object], None] = _untold
    on_wait: Callable[[str, float], None] = _untold


AS_USUAL = Running()


@dataclass
class InTurn:
    """同じような公開を times 回つづける動かし方。進み具合を、一つの全体として知らせる。

    まだ始めていない公開の仕事の数は、始めたものと同じとみなす。例：四回のはじめが 41 件なら、全体は 164 件。
    二回目が 42 件と分かれば、41 + 42 × 3 = 167 件。
    """

    shown: Running
    times: int
    planned: int = 0

    @property
    def running(self) -> Running:
        """どの公開にも渡す動かし方。"""
        return replace(self.shown, on_plan=self._plan)

    def _plan(self, count: int) -> None:
        self.shown.on_plan(self.planned + count * self.times)
        self.planned += count
        self.times -= 1
