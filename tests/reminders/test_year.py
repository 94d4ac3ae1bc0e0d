"""一年を、月ごとに：公開、手渡し、受領書、返ってきた表、取り戻し、申出。だれに何回知らせたかを、遅い数え方と突き合わせる。"""

import os
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from handing import answered, hand_over, opened, record, set_policy
from societies import KEPT_EMPLOYERS, MONTHS, SIZES, SmallSociety, person

from mynalib.capsules.publication import open_publication
from mynalib.domain.months import Month
from mynalib.verbs.init import found
from mynalib.verbs.posted import record_posted
from mynalib.verbs.publish import publish
from mynalib.verbs.recall import recall_list
from mynalib.verbs.record import confirm_receipt

pytestmark = pytest.mark.large

LONG = bool(os.environ.get("MYNA_LONG"))
YEAR = [MONTHS[1].plus(at - 11) for at in range(12)]
GAP, MOST = 2, 3
NEVER, REGISTERED, LAPSED = "0,,,,1", "1,20240401,,,1", "0,20220510,20240310,2,0"
KIND = {NEVER: "link", LAPSED: "renew"}
ACTED = {"link": {REGISTERED}, "renew": {NEVER, REGISTERED}}
UNIT = {"101": "E01", "102": "E02", "103": "E03", "120": "LETTERS", "901": "LETTERS"}
Key = tuple[str, str, str]


@dataclass
class Told:
    """一つの手渡し：いつ、どこに、だれに、どの勧奨を。"""

    at: int
    unit: str
    people: dict[Key, str]
    stands: bool = True


@dataclass
class Year:
    """一年の暮らしと、知らせたこと（組合とは別に付けた控え）。"""

    society: SmallSociety
    rng: random.Random
    lives: list[dict[Key, str]] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    objectors: set[Key] = field(default_factory=set)

    def next_life(self) -> dict[Key, str]:
        """次の月の全ての人。登録する人、証明書の切れる人、消える登録が、少しずついる。"""
        if not self.lives:
            return {
                tuple(person(symbol, at).split(",")[:3]): [NEVER, REGISTERED, LAPSED, NEVER][at % 4]
                for symbol, size in SIZES.items()
                for at in range(size)
            }
        return {
            key: REGISTERED if facts != REGISTERED and self.rng.random() < 0.12 else facts
            for key, facts in self.lives[-1].items()
        }

    def slow(self) -> dict[Key, tuple[int, bool]]:
        """今の月の、勧奨のいる人から、（何回目か、番か）へ。一人ずつ、月を順にたどる。"""
        now, found = len(self.lives) - 1, {}
        for key, facts in self.lives[-1].items():
            kind = KIND.get(facts)
            if kind is None or key in self.objectors:
                continue
            counted: list[int] = []
            for at in range(now + 1):
                if self.lives[at][key] in ACTED[kind]:
                    counted = []
                if at < now and any(
                    one.at == at and one.stands and one.people.get(key) == kind for one in self.told
                ):
                    counted.append(at)
            rested = not counted or counted[-1] + GAP <= now
            found[key] = (len(counted) + 1, rested and len(counted) < MOST)
        return found


def begin(folder: Path, seed: int) -> Year:
    society = SmallSociety(found(folder))
    for path in (society.home.params / "employers").glob("*.yaml"):
        if path.stem not in KEPT_EMPLOYERS:
            path.unlink()
    set_policy(society, "min_gap_months: 3 ", f"min_gap_months: {GAP} ")
    return Year(society, random.Random(seed))


def live(year: Year, month: Month) -> dict[Key, tuple[int, bool]]:
    """一か月：届き、公開し、リストを開いて、控えと突き合わせる。"""
    society = year.society
    year.lives.append(year.next_life())
    society.ingest(month, [",".join([*key, facts]) for key, facts in year.lives[-1].items()])
    publish(society.home, society.params, month)
    due = open_publication(society.home, society.params, month).opened.due
    shown = {
        (row.symbol, row.number, row.branch): (row.attempt, row.due) for row in due.itertuples()
    }
    expected = year.slow()
    assert shown == expected, month
    return expected


def tell(year: Year, turns: dict[Key, tuple[int, bool]]) -> dict[str, dict]:
    """どれかの事業所に手渡し、受領書の返ることも、手紙を出すこともある。unit から、手渡したものへ。"""
    society, done = year.society, {}
    for unit in ("E01", "E02", "E03", "LETTERS"):
        if unit != "E02" and year.rng.random() < 0.3:
            continue
        if unit == "LETTERS":
            done[unit] = record_posted(society.home, society.params, "郵送", None)
        else:
            done[unit] = hand_over(society, unit)
            if year.rng.random() < 0.5:
                confirm_receipt(society.home, society.params, done[unit]["handover"])
        people = {
            key: KIND[year.lives[-1][key]]
            for key, (_, turn) in turns.items()
            if turn and UNIT[key[0]] == unit
        }
        assert done[unit]["rows"] == len(people), unit
        year.told.append(Told(len(year.lives) - 1, unit, people))
    return done


def recall(year: Year, unit: str, done: dict) -> None:
    recall_list(year.society.home, year.society.params, done["handover"], "誤送付")
    [mine] = [one for one in year.told if one.unit == unit and one.at == len(year.lives) - 1]
    mine.stands = False


def objected_on_the_sheet(year: Year, done: dict, room: Path) -> Key:
    """返ってきた表で、❶ のはじめの人が申し出た。"""
    sheet = answered(opened(year.society, done), room / "返ってきた表.xlsx", {0: "不同意の申出"})
    assert record(year.society, sheet)["objections"] == 1
    people = year.told[[one.unit for one in year.told].index("E02")].people
    return min(key for key, kind in people.items() if kind == "link")


@pytest.mark.long
def test_the_attempts_of_every_person_equal_a_slow_count_over_a_year(tmp_path, monkeypatch):
    """短い版は三か月：一度休んで、二回目まで。"""
    year = begin(tmp_path / "home", seed=15)
    turned: set[int] = set()
    for at, month in enumerate(YEAR if LONG else YEAR[-3:]):
        monkeypatch.setenv("MYNA_TODAY", str(month.plus(1).end))
        turns = live(year, month)
        done = tell(year, turns)
        if at == 0:
            year.objectors.add(objected_on_the_sheet(year, done["E02"], tmp_path))
        if at % 5 == 1:
            recall(year, "E02", done["E02"])
        turned |= {attempt for attempt, turn in turns.values() if turn}
    assert turned == ({1, 2, 3} if LONG else {1, 2})
