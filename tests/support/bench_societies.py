"""作業台の試験のための、二つの小さな組合の十か月：わけを仕込んだものと、でたらめなもの。入口（ingest）から、CSV で入れる。

検算は、CSV を一行ずつ読んで数える。mynalib の数え方は、区分の判定表（別の試験が確かめる）のほかは使わない。
"""

import csv
import os
import random
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from unittest.mock import patch

from months import Person, put_month, slow_status
from societies import HEADER, SmallSociety

from mynalib.domain.months import Month
from mynalib.verbs.init import found

MONTHS = [Month.parse("2026-01").plus(later) for later in range(10)]
JOINERS, TRANSFERS, WAVE, CAMPAIGN = (MONTHS[at] for at in (2, 6, 5, 7))
"""仕込んだことのあった月：未登録の 22 人の加入、移り、失効の波、運動。"""
OWNER = {"101": "E01", "102": "E02", "103": "E03", "120": "KENPO", "901": "NOEMPLOYER"}
PASSED = ("SUSPICIOUS_CHANGE", "SUSPICIOUS_DROP", "STALE_COPY")  # 仕込んだ動きは、関門に見える
NEW, UNCLEAR = "0,,,,1", "0,,,,"

Key = tuple[str, str, str]
"""記号、番号、枝番。"""


def on(day: str = "20240401") -> str:
    """登録済で、証明書が期限内等の人の事実。"""
    return f"1,{day},,,1"


def gone(day: str) -> str:
    """証明書の失効で自動解除された人の事実。"""
    return f"0,20240401,{day},2,0"


@dataclass
class Life:
    """組合の人々。people は、いまいる人の鍵から事実（CSV の終わりの五列）へ。"""

    people: dict[Key, str] = field(default_factory=dict)
    newcomers: list[Key] = field(default_factory=list)
    serial: int = 5000

    def join(self, symbol: str, branch: str, facts: str) -> Key:
        self.serial += 1
        key = (symbol, f"{symbol}{self.serial}", branch)
        self.people[key] = facts
        return key

    def of(self, symbol: str, facts: str, count: int) -> list[Key]:
        """その記号で、その事実の人を、番号の順に count 人。"""
        found = [
            key for key, own in sorted(self.people.items()) if (key[0], own) == (symbol, facts)
        ]
        assert len(found) >= count, "仕込む人が足りない"
        return found[:count]

    def register(self, symbol: str, count: int, month: Month) -> list[Key]:
        keys = self.of(symbol, NEW, count)
        for key in keys:
            self.people[key] = on(f"{month.end:%Y%m}10")
        return keys


def planted() -> list[dict[Key, str]]:
    """わけを仕込んだ組合。月ごとの人々。"""
    life = Life()
    for symbol, insured, dependants in (
        ("101", (40, 60), (35, 55)),
        ("102", (36, 40), (8, 40)),  # 家族だけが、遅れている
        ("103", (12, 40), (4, 10)),  # 全体に、低い
        ("120", (8, 10), (3, 5)),
        ("901", (5, 8), (2, 4)),
    ):
        for branch, (registered, size) in (("00", insured), ("01", dependants)):
            for place in range(size):
                life.join(symbol, branch, on() if place < registered else NEW)
    months = []
    for month in MONTHS:
        _happen(life, month)
        months.append(dict(life.people))
    return months


def _happen(life: Life, month: Month) -> None:
    """その月に起きたこと。"""
    registering = [
        (JOINERS.plus(1), 4),
        (JOINERS.plus(2), 2),
        (JOINERS.plus(3), 1),
        (JOINERS.plus(4), 1),
    ]
    happened = [(JOINERS, _join), (TRANSFERS, _move), (WAVE, _lapse), (WAVE.plus(2), _renew)]
    if month != MONTHS[0]:
        life.register("101", 1, month)
    for when, effect in happened:
        if month == when:
            effect(life, month)
    _first_registration(life, month, dict(registering).get(month, 0))
    if month >= CAMPAIGN:
        life.register("101", 9, month)


def _join(life: Life, _: Month) -> None:
    life.newcomers = [life.join("101", "00", NEW) for _ in range(22)]


def _first_registration(life: Life, month: Month, count: int) -> None:
    """加入した人が、はじめて登録する（番号の終わりのほうから。ほかの登録は、はじめのほうから）。"""
    for _ in range(count):
        life.people[life.newcomers.pop()] = on(f"{month.end:%Y%m}10")


def _move(life: Life, _: Month) -> None:
    for key in life.of("101", on(), 3):
        life.join("103", key[2], life.people.pop(key))


def _lapse(life: Life, month: Month) -> None:
    for key in life.of("102", on(), 9):
        life.people[key] = gone(f"{month.end:%Y%m}05")


def _renew(life: Life, month: Month) -> None:
    """四人が更新して登録し直し、一人が去る。"""
    day = f"{WAVE.end:%Y%m}05"
    *renewed, left = life.of("102", gone(day), 5)
    for key in renewed:
        life.people[key] = f"1,{month.end:%Y%m}08,{day},2,1"
    del life.people[left]


def random_life(seed: int) -> list[dict[Key, str]]:
    """でたらめな組合。月ごとの人々。"""
    rng, life = random.Random(seed), Life()
    kinds = [on(), on(), on(), NEW, UNCLEAR, gone("20251105"), "1,20230510,,,0", "1,20240401,,,"]
    for symbol, size in (("101", 70), ("102", 45), ("103", 24), ("120", 12), ("901", 14)):
        for _ in range(size):
            life.join(symbol, rng.choice(("00", "00", "01")), rng.choice(kinds))
    months = []
    for month in MONTHS:
        for key in rng.sample(sorted(life.people), 8):
            now = life.people[key]
            after = {NEW: on(f"{month.end:%Y%m}10"), on(): gone(f"{month.end:%Y%m}05")}
            life.people[key] = after.get(now, now)
        for key in rng.sample(sorted(life.people), rng.randint(1, 4)):
            facts = life.people.pop(key)
            if rng.random() < 0.5:
                life.join(rng.choice(["101", "102", "103"]), key[2], facts)
        for _ in range(rng.randint(1, 5)):
            life.join(rng.choice(["101", "102", "103"]), "00", rng.choice((NEW, on())))
        months.append(dict(life.people))
    return months


def load(folder: Path, months: list[dict[Key, str]], through_intake: bool = True) -> Path:
    """置き場所を作り、全ての月を取り込む（through_intake でなければ、CSV を置き、同じ月を取込を通さずに置く）。"""
    society = SmallSociety(found(folder))
    for path in (society.home.params / "employers").glob("*.yaml"):
        if path.stem not in OWNER.values():
            path.unlink()
    for month, people in zip(MONTHS, months, strict=True):
        lines = [",".join((*key, facts)) for key, facts in sorted(people.items())]
        with patch.dict(os.environ, {"MYNA_TODAY": f"{month.plus(1)}-20"}):
            if through_intake:
                society.ingest(month, lines, confirm=list(PASSED))
                continue
        file = society.home.inbox / f"{month}.csv"
        file.write_bytes("\r\n".join([HEADER, *lines, ""]).encode("cp932"))
        put_month(society.home, str(month), [row.person for row in rows_of(folder, month).values()])
        file.write_bytes("\r\n".join([HEADER, *lines, ""]).encode("cp932"))
    return folder


# 検算：CSV を、一行ずつ


@dataclass(frozen=True)
class Row:
    """CSV の一行。"""

    key: Key
    person: Person

    @property
    def employer(self) -> str:
        return OWNER[self.key[0]]

    @property
    def insured(self) -> bool:
        return self.key[2] == "00"

    @property
    def registered(self) -> bool:
        return self.person.state == 1

    @property
    def status(self) -> str:
        return slow_status(self.person)[0]


def rows_of(folder: Path, month: Month | str) -> dict[Key, Row]:
    """届いたファイルの、その月の行。鍵から。"""
    text = (folder / "data" / "inbox" / f"{month}.csv").read_bytes().decode("cp932")
    assert text.startswith(HEADER)
    found = {}
    for symbol, number, branch, state, registered, cancelled, kind, flag in list(
        csv.reader(text.splitlines())
    )[1:]:
        person = Person(
            number,
            symbol,
            branch,
            int(state),
            _day(registered),
            _day(cancelled),
            _code(kind),
            _code(flag),
        )
        found[symbol, number, branch] = Row((symbol, number, branch), person)
    return found


def _day(text: str) -> date | None:
    return date(int(text[:4]), int(text[4:6]), int(text[6:])) if text else None


def _code(text: str) -> int | None:
    return int(text) if text else None


def percent(numerator: int, denominator: int) -> str:
    """四捨五入して小数一桁。"""
    tenths = (2000 * numerator + denominator) // (2 * denominator)
    return f"{tenths // 10}.{tenths % 10}%"


def said(numerator: int, denominator: int) -> str:
    """「73.4%（8,809／12,001 人）」。"""
    return f"{percent(numerator, denominator)}（{numerator:,}／{denominator:,} 人）"


def points(size: Fraction) -> str:
    """比の差を、四捨五入（0 から遠いほうへ）で、小数一桁のポイントに。"""
    tenths = (abs(size) * 2000 + 1) // 2
    sign = "+" if size > 0 else "-"
    return f"{sign if tenths else ''}{tenths // 10}.{tenths % 10} ポイント"


def registered_of(folder: Path, month: Month) -> tuple[int, int]:
    """組合全体の、登録済の人と全ての人。"""
    rows = rows_of(folder, month).values()
    return sum(row.registered for row in rows), len(rows)
