"""丸めの約束：割合は正確な整数の比からの四捨五入、人数は近い倍数。"""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_flows import trials

from mynalib.disclosure.rounding import percent, to_multiple

PEOPLE = st.integers(0, 10**7)


def one_percent(top, bottom, decimals):
    return percent(
        pd.Series([top], dtype="Int64"), pd.Series([bottom], dtype="Int64"), decimals
    ).iloc[0]


def one_multiple(count, base=5):
    return to_multiple(pd.Series([count], dtype="Int64"), base).iloc[0]


@pytest.mark.parametrize(
    ("top", "bottom", "decimals", "text"),
    [
        (1, 8, 1, "12.5"),
        (1, 16, 1, "6.3"),  # 6.25。偶数丸めなら 6.2
        (1, 2000, 1, "0.1"),  # 0.05。二進の誤差があれば 0.0
        (41, 60, 1, "68.3"),
        (5, 200, 0, "3"),  # 2.5。偶数丸めなら 2
        (1, 200, 0, "1"),
        (0, 40, 1, "0.0"),
        (40, 40, 1, "100.0"),
        (9999, 10000, 1, "100.0"),
    ],
)
def test_a_rate_is_rounded_half_up(top, bottom, decimals, text):
    assert f"{one_percent(top, bottom, decimals):.{decimals}f}" == text


@trials(80)
@given(PEOPLE, PEOPLE.filter(bool), st.sampled_from([0, 1]))
def test_a_rate_agrees_with_exact_fractions_and_decimal_rounding(one, other, decimals):
    top, bottom = min(one, other), max(one, other)
    exact = Fraction(top * 100 * 10**decimals, bottom)
    by_fraction = int(exact + Fraction(1, 2))
    by_decimal = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(
        Decimal(1), ROUND_HALF_UP
    )
    assert by_fraction == int(by_decimal)
    shown = f"{one_percent(top, bottom, decimals):.{decimals}f}"
    assert Decimal(shown) * 10**decimals == by_fraction


@pytest.mark.parametrize("decimals", [0, 1])
def test_no_digit_beyond_the_rounded_ones_reaches_a_text(decimals):
    """どの率も、そのまま CSV に書いて、決めた桁を超えない。"""
    tops = pd.Series(range(1001), dtype="Int64")
    texts = percent(tops, tops * 0 + 1000, decimals).to_csv(index=False, header=False).split()
    assert len(texts) == 1001
    assert max(len(text.partition(".")[2]) for text in texts) == decimals


def test_a_rate_without_people_or_without_a_count_is_missing():
    rates = percent(
        pd.Series([0, pd.NA, 3], dtype="Int64"), pd.Series([0, 10, pd.NA], dtype="Int64"), 1
    )
    assert rates.isna().all()


@pytest.mark.parametrize(
    ("count", "rounded"),
    [(0, 0), (2, 0), (3, 5), (6, 5), (7, 5), (8, 10), (10, 10), (12, 10), (13, 15), (102, 100)],
)
def test_counts_are_rounded_to_the_nearest_five(count, rounded):
    assert one_multiple(count) == rounded


@trials(60)
@given(PEOPLE, st.integers(1, 100))
def test_a_rounded_count_is_a_multiple_at_most_half_a_step_away(count, base):
    rounded = one_multiple(count, base)
    assert rounded % base == 0
    assert abs(rounded - count) * 2 <= base


def test_a_missing_count_stays_missing():
    assert one_multiple(pd.NA) is pd.NA
