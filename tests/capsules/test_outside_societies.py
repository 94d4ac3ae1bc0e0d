"""健保の外に見せる数は、どれも本当：四つの大きさの組合を何か月も公開し、見せた数の全てを、一人ずつ数えた人数と突き合わせる。

人は加わり、去り、登録し、失効する。三か月目に加わる事業所、いなくなる事業所、取り込み直した月、申出と撤回がある。
MYNA_LONG では十か月。ふだんは、同じことの起きる、短い月数。
"""

import os
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pandas as pd
import pytest
from judging_pages import Pages
from judging_society import Judge, Truth
from lives import (
    LONG,
    SYMBOL,
    YEAR,
    Society,
    by_employer,
    home_of,
    load,
    on,
    release_tables,
    write_entries,
)
from months import lapsed, params_of

from mynalib.capsules.kept_tables import RATES_FILE
from mynalib.capsules.publication import Publication, open_publication
from mynalib.domain.months import Month
from mynalib.history.home import Home
from mynalib.verbs.publish import publish

pytestmark = [pytest.mark.large, pytest.mark.long]


@dataclass(frozen=True)
class Plan:
    """はじめの人数、三か月目に加わる事業所、いなくなる事業所、一か月に動く割合、ふだんの月数、ノートブックも動かす月数。"""

    sizes: Mapping[str, int]
    comes: tuple[str, int]
    goes: str
    churn: float
    months: int
    rendered: int = 0


SIZES = (5000, 2400, 1300, 900, 600, 450, 300, 220, 180, 150, 120, 90, 70, 55, 40, 28, 20, 12, 0)
PLANS = {
    "4 employers, 138 to 174 people": Plan(
        {"E01": 52, "E02": 46, "E03": 40, "E04": 0}, ("E04", 36), "E03", 0.03, 6, 1
    ),
    "9 employers of 0 to 400": Plan(
        dict(
            zip(
                [f"E{at:02}" for at in range(1, 10)],
                (400, 180, 95, 60, 28, 22, 12, 5, 0),
                strict=True,
            )
        )
        | {"KENPO": 10, "NOEMPLOYER": 8},
        ("E09", 31),
        "E04",
        0.02,
        4,
    ),
    "19 employers, 12,000 people": Plan(
        {f"E{at:02}": size for at, size in enumerate(SIZES, 1)} | {"KENPO": 30, "NOEMPLOYER": 60},
        ("E19", 25),
        "E14",
        0.01,
        2,
    ),
    "2 employers, 60,000 people": Plan({"E01": 59_990, "E02": 0}, ("E02", 10), "E02", 0.005, 2),
}


@dataclass
class Life:
    """公開していく組合。"""

    plan: Plan
    home: Home
    society: Society
    truth: Truth
    judge: Judge
    entries: list[list[str]]

    @classmethod
    def begin(cls, plan: Plan, folder: Path, seed: int) -> "Life":
        employers = tuple(
            employer for employer in plan.sizes if employer in SYMBOL and employer.startswith("E")
        )
        society, truth = Society(random.Random(seed), ending=plan.goes), Truth()
        for employer, size in plan.sizes.items():
            society.join(employer, size)
        return cls(plan, home_of(folder, employers), society, truth, Judge(truth, employers), [])

    def months(self) -> list[Month]:
        return YEAR[-10 if LONG else -self.plan.months :]

    def wrong(self) -> Iterator[str]:
        """全ての月を公開し、合わないところを挙げる。"""
        months, plan = self.months(), self.plan
        for at, month in enumerate(months):
            self._happen(at, len(months))
            load(self.home, month, self.society.people)
            self.truth.files[str(month)] = dict(self.society.people)
            corrected = self._correct(months[at - 2]) if at == len(months) - 2 and at >= 2 else ""
            self._object(month)
            # はじめの月は、前の月と比べるページを持たない
            rendered = len(months) - 1 if LONG else plan.rendered
            real = plan.rendered and at >= len(months) - rendered
            publication = published(self.home, month) if real else release_tables(self.home, month)
            yield from self.judge.wrong(publication, rates_of(self.home, month), corrected)
            if real:
                yield from Pages(self.home.reports / str(month), self.judge, str(month)).wrong()

    def _happen(self, at: int, months: int) -> None:
        """月ごとのできごと。"""
        society, plan = self.society, self.plan
        if at:
            society.live([employer for employer, size in plan.sizes.items() if size], plan.churn)
        if at == 2:
            society.join(*plan.comes)
        if at >= months // 2 + (2 if plan.goes == plan.comes[0] else 0):
            left = len(by_employer(society.people).get(plan.goes, []))
            last = at >= months // 2 + 2
            for key in [
                key for key, one in society.people.items() if one.symbol == SYMBOL[plan.goes]
            ][: left if last else left // 2]:
                del society.people[key]

    def _correct(self, month: Month) -> str:
        """前の月のファイルを、取り込み直す：登録済とあった十二人は、そのとき、失効で解除されていた。"""
        people = dict(self.truth.files[str(month)])
        usable = [
            one
            for one in people.values()
            if one.symbol == SYMBOL["E01"] and one.state and one.certificate_flag
        ]
        for one in self.society.rng.sample(usable, 12):
            people[one.key] = lapsed(one.number, symbol=one.symbol, branch=one.branch)
        load(self.home, month, people)
        self.truth.files[str(month)] = people
        return str(month)

    def _object(self, month: Month) -> None:
        """二人が申し出る。二か月前の一人は、撤回する。申し出た人は、去らない。"""
        staying = [one for one in self.society.people.values() if one.symbol == SYMBOL["E01"]]
        chosen = self.society.rng.sample(
            sorted(one.on_file for one in staying if one.key not in self.society.staying), 2
        )
        if len(self.entries) >= 4:
            self.entries[-4][4] = f"{month.end}"
        self.entries += [[*key, f"{month.end}", ""] for key in chosen]
        write_entries(self.home, "optout", (",".join(row) for row in self.entries))
        in_force = {(row[0], row[1].lstrip("0"), row[2]) for row in self.entries if not row[4]}
        self.society.staying |= {(row[0], row[1].lstrip("0"), row[2]) for row in self.entries}
        self.truth.withheld[str(month)] = in_force


def published(home: Home, month: Month) -> Publication:
    """ノートブックも動かす、本当の公開。"""
    with patch.dict(os.environ, {"MYNA_TODAY": on(month)}):
        publication = open_publication(home, params_of(home), month)
        publication.outside.wide  # noqa: B018 公開の前の、外に見せるもの（公開のあとでは、前の公開が増えている）
        publish(home, params_of(home), month)
    return publication


def rates_of(home: Home, month: Month) -> pd.DataFrame:
    path = home.reports / str(month) / RATES_FILE
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")


@pytest.mark.parametrize("name", PLANS)
def test_every_number_shown_agrees_with_counting_people(name, tmp_path, record_property):
    life = Life.begin(PLANS[name], tmp_path, 20 + len(name))
    assert list(life.wrong()) == []
    assert life.judge.numbers > 50
    record_property("確かめた数", life.judge.numbers)
