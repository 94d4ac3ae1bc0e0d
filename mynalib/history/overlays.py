"""月に重ねるもの：名簿、判断、食い違いの記憶、返納者、答えのない名簿の行から、だれを控えるか。"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mynalib.domain.errors import Problem
from mynalib.domain.params import Params
from mynalib.domain.succession import same_person, successions
from mynalib.history import clock
from mynalib.history.certificates import CertificateBook, read_certificates
from mynalib.history.contradictions import memory_holds
from mynalib.history.decisions import decision_holds
from mynalib.history.holds import Hold, register_holds
from mynalib.history.home import Home
from mynalib.history.months import KeptMonth
from mynalib.history.protection import lost_protection
from mynalib.history.registers import Entry, read_registers
from mynalib.history.returners import returner_holds
from mynalib.history.unanswered import Unanswered, unanswered


@dataclass(frozen=True)
class Overlays:
    """holds は人数にもリストにも効く。returners は、リストから外すだけで、人数や率には効かない。

    entries は控える人の名簿の全ての行、book は資格確認書の名簿、lost は、前に公開したときから名簿が減ったところ（あれば、リストは作らない）。
    """

    holds: tuple[Hold, ...]
    returners: tuple[Hold, ...]
    unanswered: tuple[Unanswered, ...]
    entries: tuple[Entry, ...]
    book: CertificateBook
    lost: tuple[Problem, ...]

    @property
    def written(self) -> tuple[Entry, ...]:
        """全ての名簿の、全ての行。一つも減ってはならない。"""
        return (*self.entries, *self.book.entries)

    @property
    def of_lists(self) -> tuple[Hold, ...]:
        return (*self.holds, *self.returners)

    @property
    def blocking(self) -> list[Unanswered]:
        """答えるまで、勧奨リストを作れない行。判断の行は、要らなくなれば消すだけなので、止めない。"""
        return [each for each in self.unanswered if not each.entry.verdict]


def read_overlays(home: Home, params: Params, months: Sequence[KeptMonth]) -> Overlays:
    """今日までに分かっている、控える人の全て。

    Raises:
        RegisterUnreadable, MemoryDamaged, ReturnersDamaged: 控える人が分からない。
    """
    entries = read_registers(home, params)
    waiting = unanswered(months, entries, clock.today())
    holds = [
        *register_holds(entries, clock.today()),
        *decision_holds(home, months, entries),
        *memory_holds(home, params, entries),
    ]
    # 記号や番号が変わっただけの、申し出た人かもしれない。人が答えるまでは、知らせない
    holds += [hold for each in waiting for hold in each.suspects]
    book = read_certificates(home, params)
    lost = tuple(lost_protection(home, params, [*entries, *book.entries]))
    returners = tuple(_returners(home, params))
    # 二つの名簿に同じ人がいてもよい。同じわけの二つ目だけを落とす
    return Overlays(tuple(dict.fromkeys(holds)), returners, waiting, entries, book, lost)


def _returners(home: Home, params: Params) -> Iterator[Hold]:
    """返納者。リストの月の記号が、返納者のファイルの記号と違うことがある。"""
    chains = successions(params)
    for hold in returner_holds(home):
        yield hold
        yield from (replace(hold, key=key) for key in same_person(hold.key, chains))
