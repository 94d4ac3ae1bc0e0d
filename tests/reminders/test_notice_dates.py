"""お知らせの日付：効いていない日、表に載っていない日には、作らず、渡さない。渡したあとに分かれば、check が言う。"""

from datetime import date

import pytest
from societies import MONTHS, SmallSociety

from mynalib.capsules.editions import certificate_until
from mynalib.capsules.publication import open_publication
from mynalib.domain.errors import MynaError
from mynalib.history.ledger import Ledger
from mynalib.reminders.notice_dates import lists_outside_notice
from mynalib.verbs.check import check_home
from mynalib.verbs.handover import Request, hand_over_list

pytestmark = pytest.mark.large


def edit(society: SmallSociety, file: str, old: str, new: str) -> None:
    path = society.home.params / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def hand_over(society: SmallSociety) -> dict:
    request = Request("E02", "企画部", "社内便")
    return hand_over_list(society.home, society.params, request, lambda _: "a master passphrase")


def outside(society: SmallSociety) -> list[str]:
    return [str(problem) for problem in lists_outside_notice(society.home, society.params)]


def refused(call) -> MynaError:
    with pytest.raises(MynaError) as caught:
        call()
    return caught.value


ENDED = ("notified: true ", "notified: true\nnotified_to: 2026-11-10 ")


def test_an_employer_that_left_the_notice_since_stops_publish_until_it_is_left_out(small):
    edit(small, "employers/E02.yaml", *ENDED)
    stop = refused(small.publish)
    assert stop.code == "NOT_NOTIFIED" and "E02" in stop.what and "--without E02" in stop.fix
    assert not small.home.reports.joinpath(str(MONTHS[1])).exists()
    assert any("E02" in str(problem) for problem in check_home(small.home).errors)
    small.publish(without=["E02"])
    assert {path.name for path in (small.release / "employers").iterdir()} == {"E01", "E03"}


def test_a_notice_that_has_ended_stops_publish_and_handover(published):
    edit(published, "calendar.yaml", "to: 2030-09-30", "to: 2026-11-21")
    assert refused(lambda: hand_over(published)).code == "NOT_NOTIFIED"
    assert refused(lambda: published.publish(because="お知らせ")).code == "NOT_NOTIFIED"


def test_lists_made_under_a_notice_in_force_have_nothing_to_tell(published):
    hand_over(published)
    assert outside(published) == []


OUTSIDE = [
    (
        "calendar.yaml",
        "from: 2025-10-01",
        "from: 2026-12-01",
        ["2026-10 ", "手渡し"],
        "効いていない日",
    ),
    (
        "joint_use.yaml",
        "effective: 2025-10-01",
        "effective: 2026-11-01",
        ["2026-10 "],
        "効いていない日",
    ),
    (
        "calendar.yaml",
        'version: "1"',
        'version: "2"',
        ["2026-10 ", "手渡し"],
        "その版の行がありません",
    ),
    ("employers/E02.yaml", *ENDED, ["手渡し"], "この事業所は、お知らせの表に載っていません"),
]


@pytest.mark.parametrize(("file", "old", "new", "places", "what"), OUTSIDE)
def test_a_list_of_a_day_without_a_notice_is_told_afterwards(
    published, file, old, new, places, what
):
    hand_over(published)
    edit(published, file, old, new)
    found = outside(published)
    assert [any(hint.startswith(place) for hint in found) for place in places] == [True] * len(
        places
    )
    assert len(found) == len(places) and all(what in hint for hint in found)
    assert set(found) <= {str(problem) for problem in check_home(published.home).warnings}


def test_a_list_that_was_taken_back_is_not_told(published):
    handed = hand_over(published)
    edit(published, "employers/E02.yaml", *ENDED)
    assert len(outside(published)) == 1
    Ledger(published.home.ledger).append("recalled", handover=handed["handover"], because="誤り")
    assert outside(published) == []


def test_a_letter_shows_no_limit_that_ends_before_the_day_it_speaks_of(published):
    """手紙は 12 月末ごろまでと言う。11 月末に終わる額は、載せない。"""
    letters = published.release / "internal" / "lists" / "letters.html"
    assert "92,940" in letters.read_text(encoding="utf-8")
    edit(published, "calendar.yaml", "to: 2027-07-31", "to: 2026-11-30")
    done = published.publish(because="暦を直した")
    again = done.folder / "internal" / "lists" / "letters.html"
    assert "92,940" not in again.read_text(encoding="utf-8")
    told = [str(one) for one in check_home(published.home).warnings]
    assert any("calendar.yaml" in one and "2026-11-30" in one for one in told)
    assert date(2026, 11, 30) > date(2026, 11, 22), "まだ終わっていない"


CHECKED = ('checked_by: ""', "checked_by: 甲\n    checked_on: 2026-11-20")


@pytest.mark.parametrize(
    ("until", "shown"), [("2027-11-30", True), ("2026-11-30", True), ("2026-11-29", False)]
)
def test_an_employer_reads_the_end_of_the_certificates_only_while_it_is_checked_and_ahead(
    small, until, shown
):
    """ページは 11 月のあいだ読まれる。そのあいだに終わる期限は、載せない。"""
    edit(small, "calendar.yaml", "to: 2027-11-30", f"to: {until}")
    before = open_publication(small.home, small.params, MONTHS[1])
    assert certificate_until(before) == "", "だれも確かめていない"
    edit(small, "calendar.yaml", *CHECKED)
    after = open_publication(small.home, small.params, MONTHS[1])
    assert bool(certificate_until(after)) == shown
