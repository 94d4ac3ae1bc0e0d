"""前に見せたものを引きつぐとき：訂正した月に定めた水準、ファイルのない月、この月は公開しなかった事業所。"""

from dataclasses import replace
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from lives import home_of, load, release_tables
from months import Person, never_linked, params_of, registered
from traitlets.config import Config

from mynalib.capsules.catalogue import EDITIONS
from mynalib.capsules.comparison import comparing_tables
from mynalib.capsules.editions import make_capsule
from mynalib.capsules.handed import handed_matters
from mynalib.capsules.publication import open_publication
from mynalib.domain.months import Month
from mynalib.history.home import Home
from mynalib.insight.capsule import Capsule
from mynalib.insight.employer_page import EmployerPage

pytestmark = pytest.mark.large

MONTH = Month.parse("2026-10")


def people(symbol: str, on: int, off: int) -> list[Person]:
    makers = [registered] * on + [never_linked] * off
    return [make(f"{symbol}{at:06}", symbol=symbol) for at, make in enumerate(makers)]


def society(folder: Path) -> Home:
    return home_of(folder / "home", ("E01", "E02"))


def test_a_level_is_set_anew_when_a_correction_made_it_untrue_and_only_then(tmp_path):
    """8 月に 50 % と定めて 9 月も保ったあとで、8 月のファイルが、10 月と同じ 80 % のものに訂正された。となりの事業所は、変わらない。"""
    home = society(tmp_path)
    others = people("102", 900, 300)
    for step in (-2, -1):
        load(home, MONTH.plus(step), [*people("101", 100, 100), *others])
        release_tables(home, MONTH.plus(step))
    for step in (-2, 0):
        load(home, MONTH.plus(step), [*people("101", 160, 40), *others])
    shown = open_publication(home, params_of(home), MONTH).outside.result.showing.levels
    assert (shown["E01"].low <= 160 <= shown["E01"].high, shown["E01"].since) == (True, str(MONTH))
    assert shown["E02"].since == str(MONTH.plus(-2))


@pytest.mark.parametrize(("first", "word"), [(-2, "lower"), (-3, "")])
def test_three_months_are_three_months_of_the_calendar(tmp_path, first, word):
    """ファイルのない月をはさんだ三つの月を「三か月続けて」とは言わない。"""
    home = society(tmp_path)
    for step in (first, -1, 0):
        load(home, MONTH.plus(step), [*people("101", 100, 300), *people("102", 900, 300)])
    release_tables(home, MONTH.plus(-1))
    outside = open_publication(home, params_of(home), MONTH).outside
    assert outside.figure_for("E01")["compared"] == word


def test_an_employer_that_got_no_list_is_not_told_of_it_nor_asked_for_it(tmp_path):
    """9 月は、E01 には公開しなかった。8 月に受け取ったリストと、10 月のものをくらべる。"""
    home = society(tmp_path)
    for step, without in ((-2, ()), (-1, ("E01",))):
        load(home, MONTH.plus(step), [*people("101", 30, 10), *people("102", 30, 10)])
        release_tables(home, MONTH.plus(step), without)
    load(home, MONTH, [*people("101", 30, 12), *people("102", 30, 10)])
    publication = open_publication(home, params_of(home), MONTH)
    lists = publication.outside.lists.set_index(["employer_id", "month"])
    assert [month for code, month in lists.index if code == "E01"] == ["2026-08", "2026-10"]
    assert [month for code, month in lists.index if code == "E02"][1] == "2026-09"
    turns = lists[["came", "stayed", "gone"]]
    assert list(turns.loc["E01", "2026-10"]) == [2, 10, 0]
    assert handed_matters(publication.opened)["not_handed"] == 1


def test_a_number_that_lost_its_zeros_neither_comes_to_a_list_nor_goes(tmp_path):
    home = society(tmp_path)
    numbers = [f"{at:07}" for at in range(1, 31)]
    for month, written in ((MONTH.plus(-1), numbers), (MONTH, [n.lstrip("0") for n in numbers])):
        load(home, month, [never_linked(number, symbol="101") for number in written])
        if month != MONTH:
            release_tables(home, month)
    outside = open_publication(home, params_of(home), MONTH).outside
    turns = comparing_tables(outside)["lists"].set_index("employer_id")[["came", "stayed", "gone"]]
    assert list(turns.loc["E01"]) == [0, 30, 0]


@pytest.mark.parametrize(
    ("published", "said"),
    [
        ([], "組合の目標は、2027年3月に 90 % です。"),
        # 9 月は 400 人中 300 人の 75 %。15 ポイントを六か月で
        (
            [-1],
            "組合の目標は、2027年3月に 90 % です。2026年9月の公表値からは、月におよそ 2.5 ポイントずつ",
        ),
    ],
    ids=["none published", "September published"],
)
def test_the_employers_page_tells_the_target_from_the_rate_published_before(
    tmp_path, published, said
):
    home = society(tmp_path)
    for step in [*published, 0]:
        on = 300 if step else 100
        load(home, MONTH.plus(step), [*people("101", on, 400 - on)])
        if step:
            release_tables(home, MONTH.plus(step))
    publication = open_publication(home, params_of(home), MONTH)
    [edition] = [one for one in EDITIONS if one.notebook == "04_employer_dashboard"]
    [employer] = [one for one in publication.opened.params.employers if one.id == "E01"]
    capsule = make_capsule(publication, edition, tmp_path / "capsule", employer)
    InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    with capture_output() as caught:
        EmployerPage(Capsule.read(capsule)).where_you_stand()
    shown = "".join(one.data["text/html"] for one in caught.outputs)
    assert said in shown.replace("\u00a0", " "), "数と単位のあいだは、改行しない空白"


def renumber(home: Home) -> None:
    """E01 の記号が、10 月から 151 になった。"""
    path = home.params / "employers" / "E01.yaml"
    old = '- {symbol: "101", from: 2020-04-01}'
    new = (
        '- {symbol: "101", from: 2020-04-01, to: 2026-09-30}\n  - {symbol: "151", from: 2026-10-01}'
    )
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_level_does_not_move_because_a_symbol_was_renumbered(tmp_path):
    """だれも加わらず、去らず、登録もしていない。"""
    home = society(tmp_path)
    renumber(home)
    others = people("102", 90, 30)
    load(home, MONTH.plus(-1), [*people("101", 50, 50), *others])
    release_tables(home, MONTH.plus(-1))
    renumbered = [replace(one, symbol="151") for one in people("101", 50, 50)]
    load(home, MONTH, [*renumbered, *others])
    levels = open_publication(home, params_of(home), MONTH).outside.result.showing.levels
    assert {levels[code].since for code in ("E01", "E02")} == {str(MONTH.plus(-1))}


def test_whoever_got_another_symbol_is_the_same_person_to_a_reader_and_on_a_list(tmp_path):
    """E01 の記号が、10 月から 151 になった。11 人は番号のまま残り、一人は 9 月に去った。"""
    home = society(tmp_path)
    renumber(home)
    load(home, MONTH.plus(-1), [never_linked(f"{at:03}", symbol="101") for at in range(1, 13)])
    release_tables(home, MONTH.plus(-1))
    load(home, MONTH, [never_linked(f"{at:03}", symbol="151") for at in range(1, 12)])
    outside = open_publication(home, params_of(home), MONTH).outside
    turns = outside.lists.set_index(["employer_id", "month"])[["came", "stayed", "gone"]]
    assert list(turns.loc["E01", str(MONTH)]) == [0, 11, 1]
    compared = comparing_tables(outside)["lists"].set_index("employer_id")
    assert list(compared.loc["E01", ["came", "stayed", "gone"]]) == [0, 11, 1]
    # 十一人は、二か月ともリストにいる（一人は、申し出たとしたもの）
    assert outside.evidence.paths["E01"] == {"uu": 10, "uo": 1, "u-": 1}
