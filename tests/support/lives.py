"""組合の何か月か：一人ひとりを Python の表に持ち、月ごとに動かす。公開した数の検算は、この表だけを数えて作る。"""

import os
import random
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from math import floor
from pathlib import Path
from unittest.mock import patch

from months import (
    Person,
    lapsed,
    make_home,
    never_linked,
    own_request,
    params_of,
    put_month,
    registered,
    slow_status,
)

from mynalib.capsules.catalogue import EDITIONS, Edition
from mynalib.capsules.editions import make_capsule
from mynalib.capsules.publication import Publication, open_publication
from mynalib.domain.months import Month
from mynalib.history.files import sha256
from mynalib.history.home import Home
from mynalib.history.recovery import settle
from mynalib.insight.capsule import Capsule
from mynalib.jobs.exports import write_products
from mynalib.jobs.job import Job
from mynalib.release.assembly import assemble, place
from mynalib.release.unchanged import Protecting

LONG = bool(os.environ.get("MYNA_LONG"))
YEAR = [Month.parse("2026-01").plus(later) for later in range(10)]
OWNER = {"120": "KENPO", "901": "NOEMPLOYER"} | {str(100 + at): f"E{at:02}" for at in range(1, 20)}
SYMBOL = {employer: symbol for symbol, employer in OWNER.items()}
REPORTS = [edition for edition in EDITIONS if edition.notebook == "03_management_report"]
KEY_HEADER = "被保険者証記号,被保険者証番号,被保険者証枝番,申出日,撤回日"
KINDS = ((registered, 68), (never_linked, 20), (lapsed, 4), (own_request, 3))

People = dict[tuple[str, str, str], Person]


@dataclass
class Society:
    """動いていく組合。people は、いまいる人。行は、記号と番号の鍵から。"""

    rng: random.Random
    people: People = field(default_factory=dict)
    next_number: int = 5000
    staying: set[tuple[str, str, str]] = field(default_factory=set)
    ending: str = ""  # いなくなる事業所。本人の申請で解除した人が去ると、その人かもしれない人が控えられるので、はじめからいない

    def join(self, employer: str, count: int) -> None:
        """加入。三人に一人は家族。"""
        makers, weights = zip(*KINDS[: 3 if employer == self.ending else None], strict=True)
        for make in self.rng.choices(makers, weights, k=count):
            flag = (
                {"certificate_flag": 0} if make is registered and self.rng.random() < 0.08 else {}
            )
            branch = "01" if self.rng.random() < 1 / 3 else "00"
            one = make(
                f"{SYMBOL[employer]}{self.next_number:06}",
                symbol=SYMBOL[employer],
                branch=branch,
                **flag,
            )
            if (
                make is own_request
            ):  # 加わる人の中に、番号の変わったこの人かもしれない人が、いないように
                one = replace(one, cancelled_on=date(2025, 12, 21))
            self.people[one.key] = one
            self.next_number += 1

    def leave(self, employer: str, count: int) -> None:
        """脱退。本人の申請で解除した人は、去らない（別の番号で戻ったかもしれない人を控える決まりを、ここでは試さない）。"""
        here = [one.key for one in self._of(employer) if one.key not in self.staying]
        for key in self.rng.sample(here, min(count, len(here))):
            del self.people[key]

    def change(self, employer: str, count: int) -> None:
        """登録と、失効による解除。"""
        here = self._of(employer)
        for one in self.rng.sample(here, min(count, len(here))):
            if one.state == 0:
                self.people[one.key] = registered(one.number, symbol=one.symbol, branch=one.branch)
            elif self.rng.random() < 0.25:
                self.people[one.key] = lapsed(one.number, symbol=one.symbol, branch=one.branch)
            else:
                self.people[one.key] = replace(one, certificate_flag=1 - one.certificate_flag)

    def _of(self, employer: str) -> list[Person]:
        symbol = SYMBOL[employer]
        return [
            one for one in self.people.values() if one.symbol == symbol and one.cancel_kind != 1
        ]

    def live(self, employers: Iterable[str], churn: float) -> None:
        """一か月。churn は、加わる人、去る人、変わる人の割合。"""
        sizes = Counter(OWNER[one.symbol] for one in self.people.values())
        for employer in employers:
            for move in (self.join, self.leave, self.change):
                move(employer, self.rng.randint(0, max(1, round(2 * churn * sizes[employer]))))


def home_of(folder: Path, employers: Iterable[str]) -> Home:
    """その事業所だけの置き場所。"""
    home = make_home(folder)
    for path in (home.params / "employers").glob("*.yaml"):
        if path.stem not in {*employers, "KENPO"}:
            path.unlink()
    return home


def on(month: Month) -> str:
    """その月を取り込んで公開する日。"""
    return f"{month.plus(1)}-20"


def load(home: Home, month: Month, people: Mapping | Sequence[Person]) -> None:
    """月を置いて、記録する。"""
    rows = list(people.values()) if isinstance(people, Mapping) else list(people)
    with patch.dict(os.environ, {"MYNA_TODAY": on(month)}):
        put_month(home, str(month), rows)
        settle(home, params=params_of(home))


def write_entries(home: Home, name: str, rows: Iterable[str]) -> None:
    """名簿を書く。rows は「記号,番号,枝番,申出日,撤回日」。"""
    path = home.registers / f"{name}.csv"
    path.write_bytes("\r\n".join([KEY_HEADER, *rows, ""]).encode("utf-8-sig"))


def release_tables(home: Home, month: Month, without: Sequence[str] = ()) -> Publication:
    """公開：次の公開が読む表（広く配る版と、内部の表）を、本物の道具で作って置く。ノートブックは動かさない。"""
    with patch.dict(os.environ, {"MYNA_TODAY": on(month)}):
        publication = open_publication(home, params_of(home), month)
        room = home.drafts / str(month)
        jobs, records = [], {}
        for edition in REPORTS:
            job = Job(
                edition.audience,
                "",
                Path(),
                {},
                room / edition.audience,
                edition.page,
                edition.level,
            )
            jobs.append(job)
            records[job.name] = {"outputs": _outputs(publication, edition, job)}
        assemble(publication, jobs, records, [*without], room / "release")
        place(publication, room / "release", Protecting("", ""))
        shutil.rmtree(room)
    return publication


def plain_products(edition: Edition) -> tuple[str, ...]:
    """カプセルだけから書ける成果物。メールは、動かしたノートブックから作る。"""
    return tuple(name for name in edition.products if name != "mail")


def _outputs(publication: Publication, edition: Edition, job: Job) -> list[dict]:
    capsule = Capsule.read(make_capsule(publication, edition, job.folder / "capsule"))
    folder = (job.folder / "out" / job.page).parent
    folder.mkdir(parents=True)
    written = write_products(plain_products(edition), capsule, folder)
    facts = {"level": edition.level, "rows": None, "charts": None}
    out = job.folder / "out"
    return [
        {"path": path.relative_to(out).as_posix(), "sha256": sha256(path), **facts}
        for path in written
    ]


# 検算：一人ひとりを数える。mynalib の数え方も丸め方も使わない


def to_five(count: int) -> int:
    """五の倍数へ、近いほうに。"""
    return floor(Fraction(count, 5) + Fraction(1, 2)) * 5


def half_up(value: Fraction, decimals: int) -> Fraction:
    """四捨五入（0 から遠いほうへ）。"""
    scale = 10**decimals
    size = Fraction(floor(abs(value) * scale + Fraction(1, 2)), scale)
    return size if value >= 0 else -size


def is_lapsed(one: Person) -> bool:
    return one.certificate_flag == 0 and (one.state == 1 or one.cancel_kind == 2)


@dataclass(frozen=True)
class Count:
    """数えた人数。"""

    members: int
    registered: int
    usable: int
    unregistered: int
    lapsed: int

    @classmethod
    def of(cls, people: Iterable[Person]) -> "Count":
        here = list(people)
        on = sum(one.state == 1 for one in here)
        usable = sum(one.state == 1 and one.certificate_flag == 1 for one in here)
        return cls(len(here), on, usable, len(here) - on, sum(map(is_lapsed, here)))

    @property
    def rate(self) -> Fraction:
        return Fraction(100 * self.registered, self.members)


def by_employer(people: People) -> dict[str, list[Person]]:
    found: dict[str, list[Person]] = {}
    for one in people.values():
        found.setdefault(OWNER[one.symbol], []).append(one)
    return found


def changed(before: People, after: People, employer: str) -> int:
    """その事業所に加わったか、去ったか、登録の状態を変えた人。"""
    symbol = SYMBOL[employer]
    then = {key: one.state for key, one in before.items() if one.symbol == symbol}
    now = {key: one.state for key, one in after.items() if one.symbol == symbol}
    return sum(then.get(key) != now.get(key) for key in {*then, *now})


def movements(before: People, after: People) -> dict[str, int]:
    """組合全体の動き。"""
    stayed = [(before[key].state, after[key].state) for key in before.keys() & after.keys()]
    came = [after[key].state for key in after.keys() - before.keys()]
    left = [before[key].state for key in before.keys() - after.keys()]
    return {
        "newly_registered": stayed.count((0, 1)),
        "cancelled": stayed.count((1, 0)),
        "joined_registered": came.count(1),
        "joined_unregistered": came.count(0),
        "left_registered": left.count(1),
        "left_unregistered": left.count(0),
    }


def listed(people: Iterable[Person], withheld: Iterable[tuple] = ()) -> dict[tuple, str]:
    """リストに載る人と、行うこと。"""
    wanted = {one.key: slow_status(one)[1] for one in people}
    off = set(withheld)
    return {
        key: did
        for key, did in wanted.items()
        if did in ("link", "renew", "renew_then_link") and key not in off
    }
