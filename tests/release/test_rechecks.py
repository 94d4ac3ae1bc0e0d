"""点検そのものの約束：調べないところを作らず、比べる二つの数は、別に数えたもの。"""

import pytest
from months import make_home, never_linked, params_of, put_month

from mynalib.capsules.intake_review import reconciles
from mynalib.capsules.opened import open_month
from mynalib.domain.months import Month
from mynalib.release.number_check import unlisted_numbers

MONTH = Month.parse("2026-10")


@pytest.mark.parametrize(
    ("page", "unlisted"),
    [
        ('<svg class="drawn"><text>71</text></svg><p>加入者</p>', False),
        ('<svg class="drawn"><text>71</text></svg><p>71 人</p>', True),
        ('<div class="drawn"><p>71 人</p></div>', True),
        ('<p class="drawn">加入者</p><p>71 人</p>', True),
    ],
)
def test_only_the_picture_of_a_figure_is_left_out_of_the_check_of_numbers(tmp_path, page, unlisted):
    path = tmp_path / "index.html"
    path.write_text(page, encoding="utf-8")
    assert unlisted_numbers(path, set(), []) is unlisted


def test_an_employer_lost_from_the_counts_does_not_reconcile(tmp_path):
    """組合全体の行は事業所の行の計なので、落ちた事業所は、その二つを比べても分からない。"""
    home = make_home(tmp_path / "home")
    people = [
        never_linked(f"{at:04}", symbol=symbol) for symbol in ("101", "102") for at in range(5)
    ]
    put_month(home, str(MONTH), people)
    opened = open_month(home, params_of(home), MONTH)
    assert reconciles(opened)
    lost = opened.counts.set_index("employer_id")
    lost.loc["TOTAL", "members"] -= lost.loc["E02", "members"]
    lost.loc["E02", "members"] = 0
    opened.__dict__["counts"] = lost.reset_index()
    assert not reconciles(opened)
