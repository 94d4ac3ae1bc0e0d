"""くじの統計の約束：分かっている効き目を、言ったとおりの確かさで当てる。効き目がなければ、めったに「差がある」と言わない。"""

import os
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
import pytest

from mynalib.insight.halves_compared import (
    HOMES_LEAST,
    chance_to_see,
    compare,
    design_effect,
    smallest_visible,
)

LONG = bool(os.environ.get("MYNA_LONG"))
TRIALS = 2000 if LONG else 100
EMPLOYERS = 19


@dataclass(frozen=True)
class World:
    """架空の組合：世帯の数、知らせないときの率、効き目（どちらも 0 から 1）、世帯の中の似かた（0 から 1）。"""

    homes: int
    rate: float
    effect: float
    alike: float

    def drawn(self, rng: np.random.Generator) -> pd.DataFrame:
        """大小の事業所に、率の違う世帯がいて、世帯ごとに硬貨を投げて分けた結果。"""
        stratum = rng.choice(EMPLOYERS, self.homes, p=rng.dirichlet(np.full(EMPLOYERS, 0.5)))
        first = rng.random(self.homes) < 0.5
        rate = self.rate * (1 + (rng.random(EMPLOYERS) - 0.5) / 2)[stratum] + self.effect * first
        spread = (1 - self.alike) / self.alike  # ベータ二項分布：世帯の中の相関が alike になる
        people = rng.choice([1, 1, 2, 3, 4], self.homes)
        acted = rng.binomial(people, rng.beta(rate * spread, (1 - rate) * spread))
        return pd.DataFrame({"stratum": stratum, "first": first, "people": people, "acted": acted})


WORLDS = [
    World(1000, 0.04, 0.0, 0.3),
    World(1000, 0.04, 0.02, 0.3),
    World(1000, 0.5, 0.05, 0.5),
    World(1500, 0.1, 0.0, 0.1),
]


@pytest.mark.long
@pytest.mark.parametrize("world", WORLDS)
def test_the_interval_holds_the_true_effect_as_often_as_it_says(world):
    """ふだんは 100 回なので、偶然の幅（0.95 の二項分布で、千に一つの外）まで許す。MYNA_LONG では 2,000 回で、93.5 から 96.5 %。"""
    rng = np.random.default_rng(11)
    found = [compare(world.drawn(rng)) for _ in range(TRIALS)]
    assert None not in found
    held = sum(each.low <= world.effect <= each.high for each in found) / TRIALS
    low, high = (0.935, 0.965) if LONG else (0.87, 1.0)
    assert low <= held <= high
    if world.effect == 0:
        assert sum(each.differs for each in found) / TRIALS <= (0.06 if LONG else 0.13)
    error = np.std([each.difference for each in found]) / sqrt(TRIALS)
    off = abs(np.mean([each.difference for each in found]) - world.effect)
    assert off < 4 * error, "かたよらない"


@pytest.mark.long
def test_the_smallest_visible_difference_is_seen_four_times_in_five():
    trials, world = (1000 if LONG else 100), World(1200, 0.1, 0.0, 0.2)
    rng = np.random.default_rng(5)
    visible = compare(world.drawn(rng)).visible
    there = World(1200, 0.1, visible, 0.2)
    seen = sum(compare(there.drawn(rng)).differs for _ in range(trials)) / trials
    assert abs(seen - 0.8) < (0.06 if LONG else 0.16)


def slow(homes: pd.DataFrame) -> tuple[float, float]:
    """差と、その標準誤差を、層ごと、世帯ごとに、式のとおりに。"""
    parts, weights = [], []
    for _, layer in homes.groupby("stratum"):
        rates, spreads, counts = [], [], []
        for side in (True, False):
            half = layer[layer["first"] == side]
            m, t, n = half.people.sum(), half.acted.sum(), len(half)
            squares = sum(
                (a - t / m * p) ** 2 for a, p in zip(half.acted, half.people, strict=True)
            )
            rates.append(t / m)
            spreads.append(n / (n - 1) * squares / m**2)
            counts.append(m)
        parts.append((rates[0] - rates[1], sum(spreads)))
        weights.append(counts[0] * counts[1] / sum(counts))
    share = [weight / sum(weights) for weight in weights]
    difference = sum(w * d for w, (d, _) in zip(share, parts, strict=True))
    return difference, sqrt(sum(w * w * v for w, (_, v) in zip(share, parts, strict=True)))


@pytest.mark.parametrize("seed", range(5))
def test_the_difference_and_its_interval_equal_a_slow_count(seed):
    rng = np.random.default_rng(seed)
    homes = World(900, 0.3, 0.1, 0.3).drawn(rng).assign(stratum=np.arange(900) % 4)
    difference, error = slow(homes)
    found = compare(homes.sample(frac=1, random_state=seed))
    assert found.difference == pytest.approx(difference)
    assert found.high - found.difference == pytest.approx(1.959964 * error)
    assert found.visible == pytest.approx(2.801585 * error)
    assert sum(found.people) == homes.people.sum()


def test_small_employers_are_compared_together_and_nobody_is_left_out():
    sizes = [3, 4, 5, 7, 200, 300]
    rng = np.random.default_rng(2)
    homes = pd.concat(
        [
            pd.DataFrame(
                {
                    "stratum": f"E{at}",
                    "first": np.arange(size) % 2 == 0,
                    "people": 2,
                    "acted": rng.binomial(2, 0.3, size),
                }
            )
            for at, size in enumerate(sizes)
        ]
    )
    found = compare(homes)
    assert sum(found.homes) == sum(sizes)
    merged = homes.assign(stratum=homes.stratum.replace({f"E{at}": "E3" for at in range(5)}))
    assert sum(size // 2 for size in sizes[:4]) < HOMES_LEAST, "四つでも足りないので、次も"
    difference, error = slow(merged)
    assert (found.difference, found.high) == pytest.approx(
        (difference, difference + 1.959964 * error)
    )


@pytest.mark.parametrize("acted", [0, 9, 991, 1000])
def test_too_few_who_acted_or_did_not_are_not_compared(acted):
    homes = pd.DataFrame({"stratum": "E01", "first": np.arange(1000) % 2 == 0, "people": 1})
    assert compare(homes.assign(acted=(np.arange(1000) < acted).astype(int))) is None


def test_one_half_alone_is_not_compared():
    homes = pd.DataFrame({"stratum": "E01", "first": True, "people": 1}, index=range(100))
    assert compare(homes.assign(acted=[0, 1] * 50)) is None


def test_families_who_act_together_count_as_one():
    """二人の世帯が、いつも同じことをするなら、まとまりの係数は二。ばらばらなら一。"""
    together = pd.DataFrame({"people": 2, "acted": [0, 2] * 5000})
    assert design_effect(together) == pytest.approx(2, rel=1e-3)
    apart = pd.DataFrame({"people": 2, "acted": np.random.default_rng(0).binomial(2, 0.3, 40000)})
    assert design_effect(apart) == pytest.approx(1, abs=0.02)


def test_the_power_is_what_a_textbook_says():
    """Fleiss ほか (2003) の式：30 % と 40 % を両側 5 %、80 % で見分けるには、一つの組に 353 人（連続の補正なし）。"""
    assert chance_to_see(2 * 353, 0.3, 0.1, 1) == pytest.approx(0.8, abs=0.003)
    assert smallest_visible(2 * 353, 0.3, 1) == pytest.approx(0.1, abs=0.001)
    assert smallest_visible(4 * 353, 0.3, 2) == pytest.approx(0.1, abs=0.001)
    assert smallest_visible(4, 0.9, 1) is None
