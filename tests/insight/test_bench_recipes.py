"""作業台の「よくある問い」：答えの数は、届いた CSV を一行ずつ数えたものと同じで、仕込んだわけを見つける。"""

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from math import comb

import pytest
from bench_societies import (
    CAMPAIGN,
    JOINERS,
    MONTHS,
    TRANSFERS,
    WAVE,
    Row,
    percent,
    points,
    rows_of,
    said,
)
from months import make_home, never_linked, put_month, registered
from scipy import stats

from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month
from mynalib.domain.shipped import shipped_yaml
from mynalib.insight.bench import Bench, open_bench
from mynalib.insight.bench_recipes import RECIPES

pytestmark = pytest.mark.large

LAST = MONTHS[-1]
CURRENT = ("registered_usable", "registered_certificate_unknown")
LAPSED = ("registered_certificate_lapsed", "cancelled_by_lapse", "renewed_not_relinked")


def on_and_all(rows: Iterable[Row]) -> tuple[int, int]:
    """登録済の人と、全ての人。"""
    here = list(rows)
    return sum(row.registered for row in here), len(here)


def fisher(a: int, n: int, b: int, m: int) -> float:
    """Fisher の正確な検定（両側）の、定義どおりの遅い計算。"""
    total, successes = n + m, a + b
    chances = {
        k: Fraction(comb(n, k) * comb(m, successes - k), comb(total, successes))
        for k in range(max(0, successes - m), min(n, successes) + 1)
    }
    return float(sum(chance for chance in chances.values() if chance <= chances[a]))


def named(codes: list[str]) -> str:
    return f"{len(codes)} 事業所" + (f"（{'、'.join(codes)}）" if codes else "")


def employers_of(rows: Iterable[Row]) -> list[str]:
    order = ["E01", "E02", "E03", "KENPO"]
    return sorted({row.employer for row in rows} - {"NOEMPLOYER"}, key=order.index)


def lapsed_in(society, month: Month) -> dict:
    """その月に証明書が失効した人の行。鍵から。"""
    was, now = rows_of(society, month.plus(-1)), rows_of(society, month)
    return {
        key: now[key]
        for key in was.keys() & now.keys()
        if was[key].status in CURRENT and now[key].status in LAPSED
    }


def test_behind_dependants(bench, society):
    rows = [*rows_of(society, LAST).values()]
    behind = []
    for employer in employers_of(rows):
        here = [row for row in rows if row.employer == employer]
        family, own = (
            on_and_all(row for row in here if row.insured == kind) for kind in (False, True)
        )
        if family[1] and own[1] and family[0] * own[1] < own[0] * family[1]:
            behind += [employer] if fisher(*family, *own) < 0.002 else []
    answer = bench.recipe("behind_dependants")
    family, own = (on_and_all(row for row in rows if row.insured == kind) for kind in (False, True))
    assert answer.headline == (
        f"2026年10月の登録率は、家族 {said(*family)}、本人 {said(*own)}。"
        f"家族が偶然をこえて遅れているのは {named(behind)}。"
    )
    assert answer.table.employer_id[answer.table.behind].tolist() == behind


def test_joiners_effect(bench, society):
    for before, month in pairwise(MONTHS):
        was, now = rows_of(society, before), rows_of(society, month)
        stayed = was.keys() & now.keys()
        steps = [
            on_and_all(was.values()),
            on_and_all(was[key] for key in stayed),
            on_and_all(now[key] for key in stayed),
            on_and_all(now.values()),
        ]
        leaving, behaving, joining = (Fraction(*b) - Fraction(*a) for a, b in pairwise(steps))
        came, left = (on_and_all(side[key] for key in side.keys() - stayed) for side in (now, was))
        shares = [said(*pair) if pair[1] else "—（0 人）" for pair in (came, left)]
        assert bench.recipe("joiners_effect", month=str(month)).headline == (
            f"{month.label}の率の動きは {points(leaving + behaving + joining)}。そのうち加入は {points(joining)}"
            f"（登録済 {shares[0]}）、脱退は {points(leaving)}（登録済 {shares[1]}）、登録と解除は {points(behaving)}。"
        )


def test_lapsed_after_wave(bench, society):
    counts = {month: len(lapsed_in(society, month)) for month in MONTHS[1:]}
    wave = max(counts, key=counts.get)
    now = rows_of(society, LAST)
    fates = [now[key].status if key in now else "" for key in lapsed_in(society, wave)]
    back, left = fates.count("registered_usable"), fates.count("")
    answer = bench.recipe("lapsed_after_wave")
    assert answer.headline == (
        f"証明書の失効が最も多かったのは{wave.label}の {counts[wave]:,} 人。2026年10月までに使える状態に戻ったのは"
        f" {said(back, len(fates))}、まだの人は {len(fates) - back - left:,} 人、脱退した人は {left:,} 人。"
    )
    assert (
        answer.table.numerator + answer.table.still + answer.table.left == answer.table.denominator
    ).all()


@pytest.mark.parametrize("employer", ["E01", "E02", "E03"])
def test_employers_year(bench, society, employer):
    files = [
        {key: row for key, row in rows_of(society, month).items() if row.employer == employer}
        for month in MONTHS
    ]
    sums = dict.fromkeys(("new", "cancelled", "joined", "left"), 0)
    for was, now in pairwise(files):
        stayed = was.keys() & now.keys()
        sums["new"] += sum(now[key].registered and not was[key].registered for key in stayed)
        sums["cancelled"] += sum(was[key].registered and not now[key].registered for key in stayed)
        sums["joined"] += len(now.keys() - stayed)
        sums["left"] += len(was.keys() - stayed)
    first, last = on_and_all(files[0].values()), on_and_all(files[-1].values())
    answer = bench.recipe("employers_year", employer=employer)
    assert answer.headline == (
        f"{employer} の登録率は、2026年1月の {said(*first)}から2026年10月の {said(*last)}へ、"
        f"{points(Fraction(*last) - Fraction(*first))}。登録した人 {sums['new']:,} 人、解除された人 {sums['cancelled']:,} 人、"
        f"加入 {sums['joined']:,} 人、脱退 {sums['left']:,} 人。"
    )
    moved = answer.table.iloc[1:].drop(columns=["month", "as_of"]).sum()
    net = moved.newly_registered - moved.cancelled + moved.joined_registered - moved.left_registered
    assert first[0] + net == last[0]


@pytest.mark.parametrize("employer", [None, "E01"])
def test_before_after_campaign(bench, society, employer):
    sums = {"before": [0, 0], "after": [0, 0]}
    for step in range(-3, 3):
        month = CAMPAIGN.plus(step)
        was, now = rows_of(society, month.plus(-1)), rows_of(society, month)
        asked = [
            now[key]
            for key in was.keys() & now.keys()
            if not was[key].registered and employer in (None, now[key].employer)
        ]
        pair = sums["after" if step >= 0 else "before"]
        pair[0] += sum(row.registered for row in asked)
        pair[1] += len(asked)
    then, now = sums["before"], sums["after"]
    word = "偶然でも起こる" if fisher(*now, *then) >= 0.002 else "偶然とは言いにくい"
    assert bench.recipe(
        "before_after_campaign", month=str(CAMPAIGN), employer=employer
    ).headline == (
        f"未登録の人のうち、ひと月に新しく登録したのは、2026年8月の前は {said(*then)}、2026年8月からは {said(*now)}（人数は月ごとの延べ）。"
        f"差は {points(Fraction(*now) - Fraction(*then))}で、{word}。"
    )


def test_beyond_chance(bench, society):
    rows = [*rows_of(society, LAST).values()]
    centre = Fraction(*on_and_all(rows))
    beyond: dict[str, list[str]] = {"low": [], "high": []}
    for employer in employers_of(rows):
        on, size = on_and_all(row for row in rows if row.employer == employer)
        chances = {
            "low": stats.binom.cdf(on, size, float(centre)),
            "high": stats.binom.sf(on - 1, size, float(centre)),
        }
        for side, chance in chances.items():
            beyond[side] += [employer] if chance < 0.001 else []
    assert bench.recipe("beyond_chance").headline == (
        f"2026年10月の組合全体は {said(*on_and_all(rows))}。"
        f"99.8 % の限界より低いのは {named(beyond['low'])}、高いのは {named(beyond['high'])}。"
    )


def test_certificate_needed(bench, society):
    rows = [*rows_of(society, LAST).values()]
    needed = [row for row in rows if not row.registered or row.person.certificate_flag == 0]
    own = sum(row.insured for row in needed)
    answer = bench.recipe("certificate_needed")
    assert answer.headline == (
        f"2026年10月に資格確認書が要る人は {said(len(needed), len(rows))}。本人 {own:,} 人、家族 {len(needed) - own:,} 人。"
    )
    assert answer.table.numerator.sum() == len(needed)


def test_transfers(bench, society):
    """組を、一つずつ、できるだけ多く作る。"""
    found, joined = 0, 0
    for before, month in pairwise(MONTHS):
        was, now = rows_of(society, before), rows_of(society, month)
        left = [was[key] for key in was.keys() - now.keys() if was[key].person.registered_on]
        came = [now[key] for key in now.keys() - was.keys()]
        joined += len(came)
        for one in came:
            facts = (one.key[2], one.person.registered_on, one.person.cancelled_on)
            match = [
                row
                for row in left
                if (row.key[2], row.person.registered_on, row.person.cancelled_on) == facts
                and row.employer != one.employer
            ]
            if match:
                left.remove(match[0])
                found += 1
    assert bench.recipe("transfers").headline == (
        f"2026年2月から2026年10月に事業所の間で移ったのかもしれない人は、多くて {found:,} 人（加わった {joined:,} 人のうち）。"
    )


def test_lapses_by_month(bench, society):
    counts = {month: len(lapsed_in(society, month)) for month in MONTHS[1:]}
    most = max(counts, key=counts.get)
    answer = bench.recipe("lapses_by_month")
    assert answer.headline == (
        f"2026年2月から2026年10月に証明書が失効した人は {sum(counts.values()):,} 人。"
        f"最も多かったのは{most.label}の {counts[most]:,} 人。"
    )
    assert answer.table.numerator.tolist() == [*counts.values()]


def test_newcomers_first_registration(bench, society):
    came, later = 0, 0
    for before, month in pairwise(MONTHS[:-3]):
        was, now = rows_of(society, before), rows_of(society, month)
        new = [key for key in now.keys() - was.keys() if not now[key].registered]
        after = [rows_of(society, month.plus(step)) for step in (1, 2, 3)]
        came += len(new)
        later += sum(any(key in rows and rows[key].registered for rows in after) for key in new)
    assert bench.recipe("newcomers_first_registration").headline == (
        f"2026年2月から2026年7月に未登録で加入した人のうち、3 か月のうちに登録したのは {said(later, came)}。"
    )


PLANTED = {  # 仕込んだわけと、それを言う言葉
    "behind_dependants": ({}, "遅れているのは 1 事業所（E02）"),
    "joiners_effect": ({"month": str(JOINERS)}, "登録済 0.0%（0／22 人）"),
    "lapsed_after_wave": ({}, f"{WAVE.label}の 9 人"),
    "employers_year": ({"employer": "E01"}, "加入 22 人、脱退 3 人"),
    "before_after_campaign": ({"month": str(CAMPAIGN)}, "偶然とは言いにくい"),
    "beyond_chance": ({}, "低いのは 1 事業所（E03）"),
    "certificate_needed": ({}, "家族 46 人"),  # E02 の 32 人、E03 の 6 人など
    "transfers": ({"months": str(TRANSFERS)}, "多くて 3 人（加わった 3 人のうち）"),
    "lapses_by_month": ({}, f"最も多かったのは{WAVE.label}の 9 人"),
    "newcomers_first_registration": ({}, f"{percent(7, 22)}（7／22 人）"),
}


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_finds_the_effect_that_was_planted_for_it(planted_bench, name):
    options, words = PLANTED[name]
    answer = planted_bench.recipe(name, **options)
    assert words in answer.headline
    assert answer.headline in answer._repr_html_()
    assert {"month", "as_of", "numerator", "denominator"} <= {*answer.table}


def test_every_recipe_has_a_question_and_every_question_a_recipe(planted_bench):
    listed = planted_bench.recipes()
    assert [*listed.name] == [*RECIPES] == [*shipped_yaml("insight", "bench")["recipes"]]
    assert len(listed) == 10


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("joiners_effect", {"month": "2026-01"}),
        ("lapsed_after_wave", {"month": "2026-02"}),
        ("before_after_campaign", {"month": "2026-01"}),
        ("transfers", {"months": "2026-01"}),
        ("lapses_by_month", {"months": "2026-01"}),
        ("newcomers_first_registration", {"span": 12}),
        ("employers_year", {"employer": "E99"}),
    ],
)
def test_a_question_that_the_months_cannot_answer_says_so(planted_bench, name, options):
    with pytest.raises(MynaError) as caught:
        planted_bench.recipe(name, **options)
    assert caught.value.code == "BAD_QUESTION"


def test_a_chosen_month_is_not_called_the_one_with_the_most_lapses(bench, society):
    counts = {month: len(lapsed_in(society, month)) for month in MONTHS[1:]}
    chosen = min((month for month in counts if counts[month]), key=counts.get)
    headline = bench.recipe("lapsed_after_wave", month=str(chosen)).headline
    assert headline.startswith(f"{chosen.label}に証明書が失効したのは {counts[chosen]:,} 人。")


@pytest.fixture(scope="module")
def broken_bench(tmp_path_factory) -> Bench:
    """八月のファイルがない組合。E01 は、八月か九月に 12 人、十月に 2 人増えた。"""
    home = make_home(tmp_path_factory.mktemp("broken") / "home")
    for month, people in (("2026-06", 10), ("2026-07", 10), ("2026-09", 22), ("2026-10", 24)):
        lapsed = [registered("999", symbol="101", certificate_flag=int(month < "2026-10"))]
        put_month(home, month, [*lapsed, *(never_linked(f"{at:03}") for at in range(people))])
    return open_bench(home.root)


@pytest.mark.parametrize("name", ["employers_year", "lapses_by_month", "transfers"])
def test_months_whose_movements_are_unknown_are_not_counted_as_none(
    broken_bench, planted_bench, name
):
    """動きを足した月が、言った期間の全てでなければ、いくつを数えたかを言う。"""
    options = {} if name == "employers_year" else {"months": ("2026-06", "2026-10")}
    assert "数えたのは 2 か月" in broken_bench.recipe(name, **options).headline
    assert "数えたのは" not in planted_bench.recipe(name).headline


@pytest.mark.parametrize("name", ["lapsed_after_wave", "lapses_by_month", "transfers"])
def test_what_is_unknown_after_a_gap_is_not_called_nobody(broken_bench, name):
    """前の月のない月に「失効した人はいない」と言うと、0 人と読まれる。"""
    options = {"month" if name == "lapsed_after_wave" else "months": "2026-09"}
    with pytest.raises(MynaError, match="前の月のある月がありません"):
        broken_bench.recipe(name, **options)
