"""公開した全ての率と動きは、届いた CSV から数えなおしたもの。架空の組合と、三か月目に 22 人の事業所が加わる小さな組合で。

人数は、実数版では同じ、概数版では 5 の倍数。率は、四捨五入した桁まで同じ。上がり下がりは、どの版でも、本当と逆でない。
"""

import os
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest
from counted import Counted
from judging_release import ELSEWHERE, NO_RATES, ReleaseJudge, stem
from judging_shown import ShownJudge
from lives import Society, on
from months import Person
from received import received
from societies import SmallSociety

from mynalib.domain.months import Month
from mynalib.history.home import Home
from mynalib.verbs.init import found
from mynalib.verbs.publish import publish

ROOT = Path(__file__).parents[2]
FIRST = Month.parse("2026-01")
SIZES = {"E01": 60, "E02": 50, "E03": 38}
JOINING, AT = ("E04", 22), 2  # 三か月目に加わる
PASSED = ("SUSPICIOUS_CHANGE", "SUSPICIOUS_DROP", "STALE_COPY")


def counted(home: Home) -> Counted:
    months = sorted({path.name[:7] for path in home.months.iterdir()})
    return Counted({month: received(home.months, home.originals, month) for month in months})


def wrong(home: Home, folder: Path, month: str, truth: Counted) -> tuple[list[str], int]:
    judge = ReleaseJudge(folder, truth, month, home.registers)
    found = [*judge.wrong(), *ShownJudge(judge).wrong()]
    return found, judge.numbers


def test_every_number_of_the_demo_equals_a_count_of_the_received_files(demo_home, demo_release):
    found, numbers = wrong(demo_home, demo_release, "2026-10", counted(demo_home))
    assert found == []
    assert numbers > 40_000


def test_one_wrong_number_in_any_file_is_found(demo_home, demo_release, tmp_path):
    """どの CSV の、おわりの行の数を一つ変えても、ページの言葉の向きを変えても、見つかる。"""
    folder = tmp_path / "2026-10"
    for part in ("internal", "management", "employers/E01"):
        shutil.copytree(demo_release / part, folder / part, ignore=shutil.ignore_patterns("assets"))
    spoiled = {stem(path): path for path in folder.glob("[im]*/*.csv")}
    spoiled = {name: path for name, path in spoiled.items() if name not in {*NO_RATES, *ELSEWHERE}}
    for path in spoiled.values():
        spoil(path, r"(\d)(?=\D*$)", lambda digit: str((int(digit[1]) + 3) % 10))
    spoil(folder / "management" / "mail.html", "下がった", lambda _: "上がった")
    spoil(folder / "internal" / "index.html", "▼", lambda _: "▲")
    found = wrong(demo_home, folder, "2026-10", counted(demo_home))[0]
    for name in [*spoiled, "mail.html の題", "internal/index.html の登録率 の差"]:
        assert any(name in one for one in found), name


def spoil(path: Path, pattern: str, to: Callable[[re.Match], str]) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.search(pattern, text)
    path.write_text(re.sub(pattern, to, text, count=1), encoding="utf-8")


@pytest.mark.long(only=True)
def test_every_number_of_the_earlier_releases_of_the_demo_too(demo_home, record_property):
    truth = counted(demo_home)
    for month, folder in (("2026-08", "2026-08"), ("2026-09", "2026-09-r2")):
        found, numbers = wrong(demo_home, demo_home.reports / folder, month, truth)
        assert found == []
        record_property(f"{folder} の確かめた数", numbers)


def line(person: Person) -> str:
    """ファイルの一行。"""
    days = (f"{day:%Y%m%d}" if day else "" for day in (person.registered_on, person.cancelled_on))
    codes = ("" if code is None else code for code in (person.cancel_kind, person.certificate_flag))
    return ",".join(map(str, (*person.on_file, person.state, *days, *codes)))


def four_employers(folder: Path) -> SmallSociety:
    society = SmallSociety(found(folder))
    for path in (society.home.params / "employers").glob("*.yaml"):
        if path.stem not in {*SIZES, JOINING[0], "KENPO"}:
            path.unlink()
    return society


def live(folder: Path, months: int, published: range, seed: int) -> list[str]:
    """何か月か取り込み、決めた月を公開し、合わないところを挙げる。"""
    society, people, found = four_employers(folder), Society(random.Random(seed)), []
    for employer, size in SIZES.items():
        people.join(employer, size)
    for at in range(months):
        if at:
            people.live(SIZES, 0.03)
        if at == AT:
            people.join(*JOINING)
        month = FIRST.plus(at)
        with patch.dict(os.environ, {"MYNA_TODAY": on(month)}):
            society.ingest(
                month, [line(one) for one in people.people.values()], confirm=list(PASSED)
            )
            if at in published:
                publish(society.home, society.params, month)
                folder = society.home.reports / str(month)
                found += wrong(society.home, folder, str(month), counted(society.home))[0]
    return found


@pytest.mark.large
def test_every_number_of_a_small_society_in_the_month_22_people_join(tmp_path):
    assert live(tmp_path / "home", AT + 1, range(AT, AT + 1), seed=1) == []


@pytest.mark.long(only=True)
@pytest.mark.parametrize("seed", range(2, 5))
def test_every_number_of_a_small_society_month_by_month(seed, tmp_path):
    assert live(tmp_path / "home", 6, range(6), seed) == []


@pytest.mark.parametrize("node", sorted(set(ELSEWHERE.values())))
def test_what_is_not_counted_here_is_counted_by_a_test_that_exists(node):
    path, name = node.split("::")
    assert re.search(rf"^def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
