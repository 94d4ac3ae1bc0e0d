"""届いたファイルの行から、公開した表の数を、数えなおす。人数も、動きも、率も、丸めも、ここで作る。"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from lives import half_up
from received import EVERYBODY, Row

Group = tuple[str, str]
"""事業所のコード（か TOTAL）と、本人か家族か全員。"""

CAUSES = ("behaviour", "joiners", "leavers")
CHANGES = (
    "newly_registered",
    "cancelled",
    "joined_registered",
    "joined_unregistered",
    "left_registered",
    "left_unregistered",
)
UNLINKED = ("never_linked", "never_linked_card_unclear", "renewed_not_relinked")
UNLINKED_LAPSED = ("never_linked_certificate_lapsed", "cancelled_by_lapse")


def standing_of(row: Row) -> list[str]:
    """その人を数える数の名：人数と、区分の五つの組と、区分。"""
    status = row.decided["status"]
    held = row.decided["counts_as_registered"] == "1"
    found = ["members", "registered" if held else "unregistered", status, group_of(status, held)]
    found += ["usable"] * (status == "registered_usable") + ["lapsed"] * row.lapsed
    found += ["certificate_needed"] * (not held or row.lapsed)
    return found + ["waiting"] * (status == "renewed_not_relinked")


def group_of(status: str, held: bool) -> str:
    """区分の、五つの組。"""
    if held:
        return "registered_lapsed" if status == "registered_certificate_lapsed" else "linked"
    if status in UNLINKED:
        return "unlinked"
    return "unlinked_lapsed" if status in UNLINKED_LAPSED else "others"


def moves_of(was: Row | None, now: Row | None) -> list[str]:
    """その人の動きの名。前の月か、この月にいなければ None。"""
    if was is None:
        return ["joined", "joined_registered" if now.registered else "joined_unregistered"]
    if now is None:
        return ["departed", "left_registered" if was.registered else "left_unregistered"]
    found = ["newly_registered"] * (not was.registered and now.registered)
    found += ["cancelled"] * (was.registered and not now.registered)
    waves = wave(was.decided["status"], now.decided["status"])
    return (
        found + waves + ["lost"] * sum(name.endswith("lapse") or name == "lapsed" for name in waves)
    )


def wave(before: str, after: str) -> list[str]:
    """証明書の動き。区分の名だけから、一つずつ。"""
    held = {"registered_usable", "registered_certificate_unknown"}
    dropped = {"cancelled_by_lapse", "renewed_not_relinked"}
    expired = {
        "registered_certificate_lapsed",
        "cancelled_by_lapse",
        "never_linked_certificate_lapsed",
    }
    back = {"registered_usable", "renewed_not_relinked", "never_linked"}
    found = ["lapsed"] * (before in held and after == "registered_certificate_lapsed")
    found += ["cancelled_by_lapse"] * (before.startswith("registered_") and after in dropped)
    found += ["renewed"] * (before in expired and after in back)
    return found + ["relinked"] * (before in dropped and after.startswith("registered_"))


@dataclass(frozen=True)
class Counted:
    """何か月かの、数えた人数。files は、月から、人の鍵から行へ（古い順）。"""

    files: Mapping[str, Mapping[tuple, Row]]

    @cached_property
    def months(self) -> list[str]:
        return list(self.files)

    @cached_property
    def standing(self) -> dict[str, Counter]:
        """月から、(事業所, 本人か家族か全員, 数の名) の人数へ。"""
        return {
            month: spread(Counter(people.values()), standing_of)
            for month, people in self.files.items()
        }

    @cached_property
    def moves(self) -> dict[str, Counter]:
        """前の月のある月から、(事業所, 本人か家族か全員, 動きの名) の人数へ。"""
        return {
            month: self._moved(self.files[before], self.files[month])
            for before, month in zip(self.months, self.months[1:], strict=False)
        }

    @staticmethod
    def _moved(was: Mapping[tuple, Row], now: Mapping[tuple, Row]) -> Counter:
        pairs = Counter((was.get(key), now.get(key)) for key in was.keys() | now.keys())
        return spread(pairs, lambda pair: moves_of(*pair), lambda pair: pair[1] or pair[0])

    def people(self, month: str, group: Group, name: str) -> int:
        return self.standing[month][*group, name]

    def rate(
        self, month: str, group: Group = EVERYBODY, name: str = "registered"
    ) -> Fraction | None:
        """加入者に占める割合（%、丸める前）。だれもいなければ None。"""
        members = self.people(month, group, "members")
        return Fraction(100 * self.people(month, group, name), members) if members else None

    def employers(self, month: str) -> list[str]:
        """その月に人のいる事業所。"""
        here = {code for (code, kind, name), people in self.standing[month].items() if people}
        return sorted(here - {"TOTAL"})

    def causes(self, month: str) -> dict[str, Fraction]:
        """率の変わったわけ（ポイント、丸める前）：去った人、続けた人、加わった人の順に、率を作りなおす。"""
        moved = {name: self.moves[month][*EVERYBODY, name] for name in CHANGES}
        before = self.months[self.months.index(month) - 1]
        held, members = (self.people(before, EVERYBODY, name) for name in ("registered", "members"))
        rates = [Fraction(100 * held, members)]
        steps = {
            "leavers": (-moved["left_registered"], -moved["left_unregistered"]),
            "behaviour": (
                moved["newly_registered"] - moved["cancelled"],
                moved["cancelled"] - moved["newly_registered"],
            ),
            "joiners": (moved["joined_registered"], moved["joined_unregistered"]),
        }
        points = {}
        for cause, (registered, unregistered) in steps.items():
            held += registered
            members += registered + unregistered
            rates.append(Fraction(100 * held, members))
            points[cause] = rates[-1] - rates[-2]
        return points

    def causes_of(self, months: list[str]) -> dict[str, Fraction] | None:
        """何か月かの、わけの和。前の月のない月があれば None。"""
        if any(month not in self.moves for month in months):
            return None
        each = [self.causes(month) for month in months]
        return {cause: sum(points[cause] for points in each) for cause in CAUSES}


def spread(rows: Counter, names_of, row_of=lambda row: row) -> Counter:
    """同じ行の数を、その人を数えるところの全てと、数の名の全てに。"""
    found: Counter = Counter()
    for one, people in rows.items():
        row = row_of(one)
        for code in (row.employer, "TOTAL"):
            for kind in (row.kind, "全員"):
                for name in names_of(one):
                    found[code, kind, name] += people
    return found


def shown(value: Fraction | None, decimals: int) -> Fraction | None:
    """見せる値。"""
    return None if value is None else half_up(value, decimals)
