"""公開した CSV に、あるはずの値：届いたファイルの行から数えなおしたもの。鍵の列と、鍵から、列の名と値へ。"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from counted import CAUSES, CHANGES, Counted, Group, shown
from counted_lists import targets, withheld
from lives import to_five
from received import EVERYBODY, decision_table

from mynalib.domain.months import Month

Value = Fraction | int | range | None
"""CSV の升の値。range なら、そのどれか。None は、空。"""
Rows = dict[tuple[str, ...], dict[str, Value]]
Table = tuple[tuple[str, ...], Rows]

TOTAL, EVERYONE = EVERYBODY
KINDS = ("本人", "家族")
STATUS_GROUPS = ("linked", "registered_lapsed", "unlinked", "unlinked_lapsed", "others")
FLOWS = ("newly_registered", "lost", "renewed", "relinked")
WAVE = ("lapsed", "cancelled_by_lapse", "renewed", "relinked")
CAUSE_OF = {
    "behaviour": ("newly_registered", "cancelled"),
    "joiners": ("joined_registered", "joined_unregistered"),
    "leavers": ("left_registered", "left_unregistered"),
}
ASKED = ("link_targets", "renew_targets")
SHOWN_CHANGES = 13  # 差を見せる月の数
FEW = 5  # これに満たない人の動きは、概数版では見せない
SMALLEST_PART = 30  # 本人と家族のどちらかがこれより少なければ、概数版では分けない
ONE_DECIMAL = 5000  # 概数版の率は、この人数から小数一桁


def with_bars(rows: Rows) -> Rows:
    """わけの行に、積んだ棒の始まりと終わりを。図を描くとき（どの動きも見せ、どれかが 0 でない）だけ。"""
    points = [row["points"] for row in rows.values()]
    if None in points or not any(points):
        return rows
    found, at = {}, Fraction(0)
    for (cause,), row in rows.items():
        start = Fraction(0) if cause == "total" else at
        at = start + row["points"]
        found[cause,] = row | {"start": start, "end": at}
    return found


@dataclass(frozen=True)
class Expected:
    """この月までの公開に、あるはずの数。codes は、実数版に行のある事業所（人のいない事業所と、TOTAL も）。"""

    counted: Counted
    month: str
    codes: tuple[str, ...]
    registers: Path

    @property
    def months(self) -> list[str]:
        return self.counted.months[: self.counted.months.index(self.month) + 1]

    @property
    def moved(self) -> list[str]:
        """前の月のある月。"""
        return [month for month in self.months if month in self.counted.moves]

    def then(self, step: int) -> str | None:
        """何か月か前の月。届いていなければ None。"""
        month = str(Month.parse(self.month).plus(-step))
        return month if month in self.months else None

    def rate(
        self, month: str | None, group: Group = EVERYBODY, name: str = "registered"
    ) -> Fraction | None:
        """実数版に見せる率。"""
        return None if month is None else shown(self.counted.rate(month, group, name), 1)

    @cached_property
    def internal(self) -> dict[str, Table]:
        """実数版と、組合の現況、取込の点検の CSV。"""
        each, month = ("month", "employer_id"), ("month",)
        by_kind = (*each, "member_kind")
        both = (EVERYONE, *KINDS)
        now = self._keys([self.month])
        moves, all_moves = ("joined", "departed"), (*FLOWS, "joined", "departed")
        tables = {
            "rates": (each, {k[:2]: self._rates(*k) for k in self._keys(self.months)}),
            "funnel": (each, {k[:2]: self._rates(*k) for k in now}),
            "society_funnel": (each, {k[:2]: self._rates(*k) for k in now}),
            "multiples": (each, {k[:2]: self._held(*k) for k in self._keys(self.months)}),
            "employers": (("employer_id",), {(c,): self._employer(c) for c in self.codes}),
            "trend": (month, {(m,): self._held(m, *EVERYBODY) for m in self.months}),
            "monthly_change": (month, self._changes(self.rate)),
            "chosen_rate": (by_kind, {k: self._held(*k) for k in self._keys(self.months, both)}),
            "chosen_status": (
                by_kind,
                {k: self._shares(*k) for k in self._keys(self.months, both)},
            ),
            "by_status": (by_kind, {k: self._shares(*k) for k in self._keys(self.months)}),
            "chosen_moves": (by_kind, self._moves(FLOWS, both)),
            "chosen_members": (by_kind, self._moves(moves, both)),
            "by_moves": (by_kind, self._moves(all_moves)),
            "change": (
                ("reason",),
                {(name,): {"people": people} for name, people in self.change.items()},
            ),
            "causes": (("cause",), self._causes()),
            "parts": (("member_kind",), {(kind,): self._part(kind) for kind in KINDS}),
            "wave": (month, {(m,): self._wave(m) for m in self._waves}),
            "statuses": (("status",), self._statuses()),
            "differences": (("employer_id",), {(c,): self._difference(c) for c in self.codes}),
        }
        flows = {
            f"xmr_{name}": (month, {(m,): self._flow((m, *EVERYBODY), (name,)) for m in self.moved})
            for name in FLOWS
        }
        return tables | flows

    def _keys(self, months: Iterable[str], kinds: Iterable[str] = (EVERYONE,)) -> list[tuple]:
        return [(month, code, kind) for month in months for code in self.codes for kind in kinds]

    def _held(self, month: str, *group: str) -> dict[str, Value]:
        counts = {
            name: self.counted.people(month, group, name) for name in ("members", "registered")
        }
        return counts | {"rate": self.rate(month, group)}

    def _rates(self, month: str, *group: str) -> dict[str, Value]:
        asked = {name: self._target(month, group[0], name) for name in ASKED}
        usable = {
            "usable": self.counted.people(month, group, "usable"),
            "usable_rate": self.rate(month, group, "usable"),
        }
        return self._held(month, *group) | usable | asked

    @cached_property
    def _targets(self) -> dict[str, Mapping]:
        return {month: self._asked(month) for month in self.months}

    def _asked(self, month: str) -> Mapping:
        off = withheld(self.counted, self.registers) if month == self.counted.months[-1] else ()
        return targets(self.counted, month, self.registers, off)

    def _target(self, month: str, code: str, name: str) -> Value:
        """いちばん新しい月は、ちょうど。過ぎた月は、あとで知ったことで控えるので、控えないときの人数まで。"""
        people = self._targets[month][code, name]
        return people if month == self.counted.months[-1] else range(people + 1)

    def _employer(self, code: str) -> dict[str, Value]:
        group = (code, EVERYONE)
        now = self.rate(self.month, group)
        gaps = {}
        for name, step in (("month_before", 1), ("year_before", 12)):
            then = self.rate(self.then(step), group)
            gaps[name] = None if None in (now, then) else now - then
        row = self._rates(self.month, *group)
        kept = {
            name: row[name]
            for name in ("members", "registered", "rate", "link_targets", "renew_targets")
        }
        needed = self.counted.people(self.month, group, "certificate_needed")
        return kept | gaps | {"certificate_needed": needed}

    def _shares(self, month: str, *group: str) -> dict[str, Value]:
        shares = {name: self.rate(month, group, name) for name in STATUS_GROUPS}
        return {"members": self.counted.people(month, group, "members")} | shares

    def _moves(self, names: tuple[str, ...], kinds: Iterable[str] = (EVERYONE,)) -> Rows:
        return {key: self._flow(key, names) for key in self._keys(self.moved, kinds)}

    def _flow(self, key: tuple, names: Iterable[str]) -> dict[str, Value]:
        return {name: self.counted.moves[key[0]][*key[1:], name] for name in names}

    @property
    def _waves(self) -> list[str]:
        """動きの分かる月と、分からなくてもこの月。"""
        return sorted({*self.moved[-13:], self.month})

    def _wave(self, month: str) -> dict[str, Value]:
        waiting = {"waiting": self.counted.people(month, EVERYBODY, "waiting")}
        if month not in self.moved:
            return dict.fromkeys((*WAVE, "lost")) | waiting
        flow = self._flow((month, *EVERYBODY), WAVE)
        return flow | waiting | {"lost": flow["lapsed"] + flow["cancelled_by_lapse"]}

    def _changes(self, rate: Callable[[str | None], Fraction | None]) -> Rows:
        """近ごろの月の率、前の月の率、その差。見せる桁の違う二つの率は、くらべない。"""
        rows, pairs = {}, [(month, self._before(month)) for month in self.months[1:]]
        for month, before in pairs[-SHOWN_CHANGES:]:
            now, then = rate(month), rate(before)
            told = None not in (now, then) and self._alike(month, before, rate)
            change = now - then if told else None
            rows[month,] = {"rate": now, "rate_before": then, "change": change}
        return rows

    def _before(self, month: str) -> str | None:
        before = str(Month.parse(month).plus(-1))
        return before if before in self.months else None

    def _alike(self, month: str, before: str, rate: Callable) -> bool:
        same = {self.decimals(one) for one in (month, before, self.month)}
        return rate == self.rate or len(same) == 1

    @property
    def change(self) -> dict[str, Value]:
        """この月の動き（人）。前の月がなければ、空。"""
        return self._flow((self.month, *EVERYBODY), CHANGES) if self.month in self.moved else {}

    def _causes(self) -> Rows:
        if self.month not in self.moved:
            return {}
        at = Month.parse(self.month)
        fiscal = (at.number - 4) % 12 + 1
        sums = {
            name: self._points(count)
            for name, count in (("points", 1), ("twelve", 12), ("fiscal", fiscal))
        }
        rows = {
            (cause,): {name: shown(points and points[cause], 2) for name, points in sums.items()}
            for cause in (*CAUSES, "total")
        }
        return with_bars(rows)

    def _points(self, count: int) -> dict[str, Fraction] | None:
        months = [str(Month.parse(self.month).plus(-step)) for step in range(count)]
        points = self.counted.causes_of(months)
        return points and points | {"total": sum(points.values())}

    def _part(self, kind: str) -> dict[str, Value]:
        row = self._rates(self.month, TOTAL, kind)
        return {name: row[name] for name in ("members", "rate", "usable_rate")}

    def _statuses(self) -> Rows:
        """区分ごと。区分の名は、決定表の名。"""
        names = {
            name for *group, name in self.counted.standing[self.month] if (*group,) == EVERYBODY
        }
        known = {row["status"] for row in decision_table().values()}
        return {
            (name,): {"members": self.counted.people(self.month, EVERYBODY, name)}
            for name in names & known
        }

    def _difference(self, code: str) -> dict[str, Value]:
        now, before = self.counted.people(self.month, (code, EVERYONE), "members"), self.then(1)
        was = self.counted.people(before, (code, EVERYONE), "members") if before else None
        return {"before": was, "after": now, "difference": None if was is None else now - was}

    # 概数版

    def decimals(self, month: str) -> int:
        return int(self.counted.people(month, EVERYBODY, "members") >= ONE_DECIMAL)

    def wide_rate(
        self, month: str, group: Group = EVERYBODY, name: str = "registered"
    ) -> Fraction | None:
        return shown(self.counted.rate(month, group, name), self.decimals(month))

    def wide(self) -> dict[str, Table]:
        """概数版の CSV のうち、事業所の水準のほか。"""
        month = ("month",)
        return {
            "trend": (
                month,
                {(m,): self._about(m, ("members", "registered")) for m in self.months},
            ),
            "monthly_change": (month, self._changes(self.wide_rate)),
            "change": (
                ("reason",),
                {(name,): {"people": self._enough(people)} for name, people in self.change.items()},
            ),
            "causes": (("cause",), self._wide_causes()),
            "parts": (("member_kind",), self._wide_parts()),
        }

    def _about(self, month: str, names: Iterable[str]) -> dict[str, Value]:
        counts = {name: to_five(self.counted.people(month, EVERYBODY, name)) for name in names}
        return counts | {"rate": self.wide_rate(month)}

    def total(self, month: str) -> dict[str, Value]:
        """rates.csv の、組合全体の行。"""
        names = ("members", "registered", "usable", "unregistered", "lapsed")
        return self._about(month, names) | {
            "usable_rate": self.wide_rate(month, EVERYBODY, "usable")
        }

    @staticmethod
    def _enough(people: int) -> int | None:
        return to_five(people) if people >= FEW else None

    def _wide_causes(self) -> Rows:
        if self.month not in self.moved:
            return {}
        points, decimals = self.counted.causes(self.month), self.decimals(self.month)
        enough = {c: sum(self.change[name] for name in CAUSE_OF[c]) >= FEW for c in CAUSES}
        return with_bars(
            {(c,): {"points": shown(points[c], decimals) if enough[c] else None} for c in CAUSES}
        )

    def _wide_parts(self) -> Rows:
        groups = [(TOTAL, kind) for kind in KINDS]
        sizes = [self.counted.people(self.month, group, "members") for group in groups]
        if min(sizes) < SMALLEST_PART:
            return {}
        return {
            (group[1],): {
                "members": to_five(size),
                "rate": self._part_rate(group, "registered"),
                "usable_rate": self._part_rate(group, "usable"),
            }
            for group, size in zip(groups, sizes, strict=True)
        }

    def _part_rate(self, group: Group, name: str) -> Fraction:
        return self.wide_rate(self.month, group, name)
