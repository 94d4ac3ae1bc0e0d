"""半分ずつ知らせる月を公開する：くじは、公開の前に残る。健保の外に出るものは、リストの行のほか、くじによらない。"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from lives import home_of, load, release_tables, write_entries
from months import Person, lapsed, never_linked, params_of, registered
from staggered import stagger

from mynalib.capsules.catalogue import EDITIONS
from mynalib.capsules.editions import make_capsule
from mynalib.capsules.publication import Publication, open_publication
from mynalib.domain.months import Month
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.insight.capsule import Capsule
from mynalib.reminders.draws import drawn
from mynalib.reminders.halves import FIRST_HALF

pytestmark = pytest.mark.large

MONTH = Month.parse("2026-10")
SYMBOLS = {"E01": "101", "E02": "102", "E03": "103"}
OBJECTOR = "0007"
KEY = ["symbol", "number", "branch"]
COUNTED = ("lists.parquet", "reminders.parquet")
"""リストと、その行を数えた表。"""


def people() -> Iterator[Person]:
    for symbol in SYMBOLS.values():
        for at in range(360):
            yield never_linked(f"{at:04}", symbol=symbol)
            yield registered(f"{at:04}", symbol=symbol, branch="01")
        for at in range(400, 420):
            yield lapsed(f"{at:04}", symbol=symbol)


@pytest.fixture(scope="session")
def waiting(once) -> Path:
    """十月を取り込み、まだ公開していない、半分ずつ知らせる組合。試験は、写して使う。"""

    def make(folder: Path) -> None:
        home = home_of(folder, SYMBOLS)
        stagger(home)
        load(home, MONTH, [*people()])
        for name in (home.trials_key, home.levels_key):
            name.parent.mkdir(parents=True, exist_ok=True)
            name.write_bytes(b"k" * 32)

    return once("staggered_society", make)


@pytest.fixture
def home(waiting, tmp_path) -> Home:
    return Home(Path(shutil.copytree(waiting, tmp_path / "home")))


def opened(home: Home) -> Publication:
    return open_publication(home, params_of(home), MONTH)


def outside(publication: Publication, folder: Path) -> dict[str, bytes]:
    """事業所に渡すものと、広く配るもののカプセルの、全てのファイル。"""
    for edition in EDITIONS:
        if edition.audience in ("employer", "named", "wide"):
            employers = publication.opened.params.notified(MONTH.end)
            for one in [None] if edition.audience == "wide" else employers:
                name = f"{one.id if one else 'wide'}/{edition.notebook}"
                make_capsule(publication, edition, folder / name, one)
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_draw_is_kept_before_the_release_and_the_list_holds_the_first_half(home):
    publication = release_tables(home, MONTH)
    did = [line["did"] for line in Ledger(home.ledger).lines()]
    assert did.count("drawn") == 1
    assert did.index("drawn") < did.index("prepared")
    drew = drawn(home, MONTH)
    first = drew[drew.arm == FIRST_HALF].groupby("employer_id").size()
    assert all(140 < first[employer] < 220 for employer in SYMBOLS), "360 世帯の、およそ半分"
    listed = publication.opened.listed
    assert listed.groupby(["employer_id", "action"]).size().to_dict() == {
        (employer, action): people
        for employer in SYMBOLS
        for action, people in (("link", first[employer]), ("renew_then_link", 20))
    }
    again = open_publication(home, params_of(home), MONTH).opened
    pd.testing.assert_frame_equal(again.listed, listed)


def test_nothing_outside_but_the_lists_depends_on_the_draw(home, tmp_path):
    one = outside(opened(home), tmp_path / "one")
    home.trials_key.write_bytes(b"l" * 32)
    other = outside(opened(home), tmp_path / "other")
    assert one.keys() == other.keys()
    differ = {name for name in one if one[name] != other[name]}
    assert {f"{employer}/05_employer_reminders/reminders.parquet" for employer in SYMBOLS} <= differ
    assert {Path(name).name for name in differ} <= {*COUNTED}


def test_the_lists_are_in_the_usual_order_and_have_no_column_of_the_draw(home, tmp_path):
    publication = opened(home)
    outside(publication, tmp_path)
    for employer in SYMBOLS:
        rows = Capsule.read(tmp_path / employer / "05_employer_reminders").table("reminders")
        columns = publication.opened.params.joint_use.employer_columns
        assert {*rows} <= {*columns}
        assert rows[KEY].equals(rows[KEY].sort_values(KEY, ignore_index=True))


def test_an_objection_before_the_draw_is_invisible(home, tmp_path):
    """申し出た人の行と、それを数えた数のほか、どの事業所のものも、一字も変わらない。"""
    before = outside(opened(home), tmp_path / "before")
    lists = opened(home).opened.listed
    write_entries(home, "optout", [f"101,{number},00,2026-10-15," for number in (OBJECTOR, "0008")])
    after = outside(opened(home), tmp_path / "after")
    differ = {name for name in before if before[name] != after[name]}
    assert before.keys() == after.keys()
    assert {name.partition("/")[0] for name in differ} <= {"E01"}
    assert {Path(name).name for name in differ} <= {*COUNTED}
    objected = (lists.symbol == "101") & lists.number.isin([OBJECTOR, "0008"])
    kept = lists[~objected].reset_index(drop=True)
    pd.testing.assert_frame_equal(opened(home).opened.listed, kept)
