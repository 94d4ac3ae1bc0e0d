"""半分ずつ知らせる、架空の組合。"""

import random
from pathlib import Path

import pandas as pd
from months import Person, lapsed, make_home, never_linked, params_of

from mynalib.domain.months import Month
from mynalib.history.holds import Hold
from mynalib.history.home import Home
from mynalib.history.months import kept_months
from mynalib.reminders.due import due_people, new_draw
from mynalib.reminders.handover import Handing, hand_over, post_letters
from mynalib.reminders.memory import LETTERS

MONTH = Month.parse("2026-03")
SYMBOLS = {"101": 600, "102": 415, "901": 60}
"""記号から、❶ の要る世帯の数へ（901 は、事業所のない人）。"""
KEY = ["symbol", "number", "branch"]
TOLD = [*KEY, "action", "attempt"]


def society(rng: random.Random, first: int = 0) -> list[Person]:
    """❶ の要る世帯（一人から三人）と、❷ の要る人。"""
    people = [
        never_linked(f"{number:04}", symbol=symbol, branch=f"{branch:02}")
        for symbol, homes in SYMBOLS.items()
        for number in range(first, homes)
        for branch in range(rng.choice((1, 1, 2, 3)))
    ]
    return people + [lapsed(f"{number:04}", symbol="101") for number in range(5000, 5040)]


def staggered_home(folder: Path) -> Home:
    home = make_home(folder)
    stagger(home)
    return home


def stagger(home: Home) -> None:
    """半分ずつ知らせることにする。"""
    file = home.params / "society.yaml"
    text = file.read_text(encoding="utf-8")
    assert "staggered: false" in text
    file.write_text(text.replace("staggered: false", "staggered: true"), encoding="utf-8")


def due(home: Home, holds: tuple[Hold, ...] = ()) -> pd.DataFrame:
    return due_people(home, params_of(home), kept_months(home), holds)


def drawn_now(home: Home) -> pd.DataFrame:
    return new_draw(home, params_of(home), kept_months(home))


def give(home: Home, month: Month, unit: str, rows: pd.DataFrame) -> str:
    """その月の番の人に、事業所から（LETTERS なら、健保から）知らせた、と記録する。"""
    told, params = rows[rows.due][TOLD], params_of(home)
    if unit == LETTERS:
        return post_letters(home, params, month, str(month), means="試験", rows=told)["handover"]
    [employer] = [one for one in params.employers if one.id == unit]
    parcel = Handing(employer, "部署", "試験", month, str(month), b"", "", told)
    return hand_over(home, params, parcel, "")["handover"]
