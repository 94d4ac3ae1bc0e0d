"""古い月：もっと新しい月を取り込んであれば、勧奨リストは作らず、ほかの資料だけを（古くなっていても）公開する。"""

import json
import os
from pathlib import Path

import pytest
from commands import myna, out
from hypothesis import given, settings
from hypothesis import strategies as st
from months import load_month, make_home, never_linked, params_of
from societies import MONTHS, SmallSociety, everybody

from mynalib.capsules.catalogue import EDITIONS
from mynalib.capsules.editions import make_capsule
from mynalib.capsules.previous import with_lists
from mynalib.capsules.publication import open_publication
from mynalib.domain.errors import Refused
from mynalib.domain.months import Month
from mynalib.history.released import read_manifest
from mynalib.verbs.publish import publish

pytestmark = pytest.mark.large

OLDER, NEWEST = MONTHS
NAMED = next(edition for edition in EDITIONS if edition.level == "named")


def registered_in(day: str) -> list[str]:
    return [line.replace("20240401", day) for line in everybody()]


def lists_in(release: Path) -> list[str]:
    return [one["path"] for one in read_manifest(release)["artefacts"] if one["level"] == "named"]


def listed_rows(release: Path) -> int:
    return (
        len((release / "internal" / "listed.csv").read_text(encoding="utf-8-sig").splitlines()) - 1
    )


def test_a_month_that_is_no_longer_the_newest_is_corrected_without_its_lists(published):
    """九月はもう古い（五十三日）。直せるのは、リストのほか。言われた命令は、そのまま動く。"""
    home = published.home
    published.ingest(OLDER, registered_in("20240301")[1:], replace=True)
    where = ("--month", OLDER, "--home", home.root)
    done = myna("publish", *where)
    assert done.returncode == 0, out(done)
    assert f"勧奨リストは作っていません。{NEWEST} を取り込んである" in out(done)
    assert f"myna publish --month {NEWEST}" in out(done)
    release = home.reports / str(OLDER)
    assert (lists_in(release), listed_rows(release)) == ([], 0)
    assert (release / "management" / "index.html").is_file()
    assert (release / "employers" / "E01" / "index.html").is_file()
    assert not list(release.rglob("reminders*"))
    assert "勧奨リストは、新しい月のものを使います" in (release / "index.html").read_text(
        encoding="utf-8"
    )
    again = json.loads(myna("publish", *where, "--json").stdout)
    assert (again["outcome"], again["lists_from"]) == ("unchanged", str(NEWEST))
    assert myna("verify", *where).returncode == 0
    advised = myna(
        "publish", "--month", NEWEST, "--because", "九月を直した", "--home", home.root, "--json"
    )
    assert advised.returncode == 0, out(advised)
    assert lists_in(Path(json.loads(advised.stdout)["folder"]))


def test_what_was_released_with_its_lists_is_corrected_without_them(tmp_path, monkeypatch):
    """いちばん新しかったときにはリストがあり、次の月が届いたあとの訂正には、ない。答えのない名簿の行も、止めない。"""
    society = SmallSociety.found(tmp_path / "home")
    november = Month.parse("2026-11")
    first = society.publish(without=["E02", "E03"])
    assert lists_in(first.folder)
    monkeypatch.setenv("MYNA_TODAY", "2026-12-05")
    society.ingest(november, registered_in("20240501"))
    society.object_to("101,9999999,00")
    society.ingest(NEWEST, everybody()[1:], replace=True)
    corrected = society.publish(without=["E02", "E03"], because="一行を直した")
    assert (corrected.outcome, corrected.folder.name) == ("released", "2026-10-r2")
    assert lists_in(corrected.folder) == []
    assert society.publish(without=["E02", "E03"]).outcome == "unchanged"
    assert with_lists(society.home, corrected.folder) == first.folder, (
        "次の月の下書きは、渡したリストと比べる"
    )


def test_the_newest_month_is_refused_when_it_is_too_old_and_an_older_one_is_no_way_around_it(
    small, monkeypatch
):
    monkeypatch.setenv("MYNA_TODAY", "2027-02-01")
    with pytest.raises(Refused) as stopped:
        small.publish()
    assert stopped.value.code == "STALE_MONTH"
    done = publish(small.home, small.params, OLDER, only="E01")
    assert (done.outcome, done.lists_from, lists_in(done.folder)) == ("draft", NEWEST, [])


LONG = bool(os.environ.get("MYNA_LONG"))
KEPT = ("2026-05", "2026-06", "2026-08", "2026-09")


@pytest.mark.long
@given(newest=st.integers(0, len(KEPT) - 1), asked=st.integers(0, len(KEPT) - 1))
@settings(max_examples=24 if LONG else 6, deadline=None)
def test_only_the_newest_month_that_is_kept_can_make_lists(tmp_path_factory, newest, asked):
    home = make_home(tmp_path_factory.mktemp("months") / "home")
    asked = min(asked, newest)
    for month in KEPT[: newest + 1]:
        load_month(home, month, [never_linked()])
    publication = open_publication(home, params_of(home), Month.parse(KEPT[asked]))
    employer = publication.opened.params.notified(publication.opened.month.end)[0]
    assert publication.opened.makes_lists == (asked == newest)
    assert len(publication.opened.listed) == (asked == newest)
    if asked == newest:
        make_capsule(publication, NAMED, home.data / "capsule", employer)
        return
    with pytest.raises(Refused) as stopped:  # 一冊のノートブックだけを動かしても
        make_capsule(publication, NAMED, home.data / "capsule", employer)
    assert (stopped.value.code, KEPT[newest] in stopped.value.fix) == ("STALE_MONTH", True)
