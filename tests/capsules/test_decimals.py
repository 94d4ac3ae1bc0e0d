"""率の小数の桁：加入者が 5,000 人の境をまたぐ組合でも、丸めた人数からではなく、本当の人数から、月ごとに決まる。

例：4,998 人（概数では 5,000 人）の 73.45 % は「73 %」。次の月の 5,010 人の 73.41 % は「73.4 %」で、「0.4 ポイント上がった」と言えば、逆になる。
"""

from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from lives import REPORTS, home_of, load, release_tables
from months import never_linked, registered
from traitlets.config import Config

from mynalib.capsules.editions import make_capsule
from mynalib.domain.months import Month
from mynalib.insight import charts
from mynalib.insight.capsule import Capsule
from mynalib.insight.outlook import Outlook

pytestmark = pytest.mark.large

FIRST = Month.parse("2026-08")
SIZES = [(5100, 3748), (4998, 3671), (5010, 3678)]  # 73.49 %、73.45 %、73.41 %
SAID = [
    "登録率は 73.5 %（加入者 約 5,100 人のうち 約 3,750 人）です。はじめての月なので",
    "登録率は 73 %（加入者 約 5,000 人のうち 約 3,670 人）です。率の小数の桁が前の月と違うので",
    "登録率は 73.4 %（加入者 約 5,010 人のうち 約 3,680 人）です。率の小数の桁が前の月と違うので",
]
SHOWN = ["73.5", "73", "73.4"]


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> list[tuple[Outlook, dict]]:
    """月ごとの、広く配る版の報告と、その月に事業所のページが見せる組合全体の率。"""
    folder = tmp_path_factory.mktemp("decimals")
    home = home_of(folder / "home", ("E01",))
    return [_page(folder, home, FIRST.plus(at), *size) for at, size in enumerate(SIZES)]


def _page(folder: Path, home, month: Month, members: int, on: int) -> tuple[Outlook, dict]:
    makers = [registered] * on + [never_linked] * (members - on)
    load(home, month, [make(f"101{at:06}", symbol="101") for at, make in enumerate(makers)])
    publication = release_tables(home, month)
    [wide] = [edition for edition in REPORTS if edition.audience == "wide"]
    capsule = Capsule.read(make_capsule(publication, wide, folder / str(month)))
    return Outlook(capsule), publication.outside.previous.society_figure


def test_a_rate_has_the_decimals_of_the_true_number_of_its_month(pages):
    for (outlook, _), said in zip(pages, SAID, strict=True):
        assert said in outlook.summary[0]


def test_rates_of_different_decimals_are_never_compared(pages):
    for outlook, _ in pages[1:]:
        assert "ポイント" not in outlook.summary[0]
        assert all(size is None for _, size in outlook.differences)


def test_every_month_of_the_trend_and_of_the_table_of_employers_keeps_its_decimals(pages):
    outlook, _ = pages[-1]
    InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    with capture_output() as caught:
        charts.trend(outlook, "trend")
    [page] = [one.data["text/html"] for one in caught.outputs]
    cells = [page.index(f">{shown}</td>") for shown in SHOWN]
    assert cells == sorted(cells)
    rows = outlook.capsule.table("employers").set_index("employer_id")
    assert list(rows.loc["TOTAL", ["level", "level_before"]]) == ["73.4 %", "73 %"]


def test_the_employers_page_shows_the_rate_as_it_was_published(pages):
    assert [figure and figure["rate"] for _, figure in pages] == [None, "73.5", "73"]
