"""理事の十五の問い：文書の表のとおりの場所に、二つの版の答えがある。数は、公開した表の数と同じ。"""

import csv
import html
import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil, exp, fsum, lgamma, log, log1p, sqrt
from pathlib import Path
from statistics import mean, stdev

import pytest
from received import EVERYBODY, count, received

from mynalib.history.home import Home

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.splitlines()
    if re.match(r"\| [0-9]", line)
]
EDITIONS = {"internal": 2, "management": 3}
NOW, BEFORE = "2026-10", "2026-09"
T_FIVE = 2.5706  # t 分布（自由度 5）の 97.5 %


def pages(release: Path) -> dict[str, str]:
    """版ごとのページ。行の折れ目を止める空白は、ただの空白に。"""
    files = {name: release / name / "index.html" for name in EDITIONS}
    return {
        name: file.read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ")
        for name, file in files.items()
    }


def test_the_table_asks_the_fifteen_questions_in_their_order():
    assert [row[0] for row in ROWS] == [str(number) for number in range(1, 16)]


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_each_question_is_answered_where_the_table_says(demo_release, edition, row):
    page, cell = pages(demo_release)[edition], row[EDITIONS[edition]]
    places, texts = re.findall("`([#.])([a-z_]+)`", cell), re.findall("「(.*?)」", cell)
    assert places or texts
    for mark, name in places:
        assert f'id="{name}"' in page if mark == "#" else f'class="{name}"' in page
    main = page.partition('<main id="main">')[2]
    assert all(text in main or text in page for text in texts)


def people_of(home: Home, month: str) -> dict:
    return received(home.months, home.originals, month)


def rate_of(home: Home, month: str, group: tuple[str, str] = EVERYBODY) -> float:
    """届いたファイルから数えた登録率（%、小数一桁、四捨五入）。"""
    people = people_of(home, month)
    held, members = count(people, lambda row: row.registered)[group], count(people)[group]
    return float((Decimal(100 * held) / members).quantize(Decimal("0.1"), ROUND_HALF_UP))


def text_of(page: str) -> str:
    """ページの、人の読む言葉。図の値と絵は除く。"""
    for hidden in ("<script.*?</script>", "<svg.*?</svg>", "<[^>]*>"):
        page = re.sub(hidden, " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(page).split())


def table_of(page: str, name: str) -> list[list[str]]:
    """名のある表か図の、表の行。"""
    found = re.search(rf'id="{name}">.*?<tbody>(.*?)</tbody>', page, re.DOTALL)[1]
    rows = [re.findall("<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in found.split("</tr>")]
    return [[html.unescape(cell) for cell in row] for row in rows if row]


def number(text: str) -> int:
    return int(text.replace(",", ""))


def near(shown: int, true: int, edition: str) -> bool:
    """実数版なら同じ。概数版なら、5 の倍数に丸めたもの。"""
    return shown == true if edition == "internal" else shown % 5 == 0 and abs(shown - true) <= 2


@pytest.mark.parametrize("edition", EDITIONS)
def test_1_to_3_the_rate_and_its_changes_are_those_of_the_received_files(
    demo_home, demo_release, edition
):
    page = pages(demo_release)[edition]
    summary = re.search('<ul class="summary">(.*?)</ul>', page, re.DOTALL)[1]
    now, before, year = (rate_of(demo_home, month) for month in (NOW, BEFORE, "2025-10"))
    assert f"登録率は {now:.1f} %" in summary
    for label, then in (("前の月", before), ("一年前", year)):
        points = round(now - then, 1)
        way = "上がりました" if points > 0 else "下がりました"
        said = f"{label}より {abs(points):.1f} ポイント{way}" if points else f"{label}と同じです"
        assert said in summary
    assert table_of(page, "monthly_change")[-1][1] == f"{now - before:+.1f}"


@pytest.mark.parametrize("edition", EDITIONS)
def test_4_how_many_are_short_of_the_target_is_never_told_too_few(demo_home, demo_release, edition):
    people = people_of(demo_home, NOW)
    members, held = count(people)[EVERYBODY], count(people, lambda row: row.registered)[EVERYBODY]
    short = ceil(Fraction(9 * members, 10)) - held
    summary = re.search('<ul class="summary">(.*?)</ul>', pages(demo_release)[edition], re.DOTALL)[
        1
    ]
    shown = number(re.search("あと (?:約 )?([0-9,]+) 人", summary)[1])
    assert short <= shown <= short + (0 if edition == "internal" else 10)
    gains = [gain for *_, gain in six_gains(demo_home)]
    half = T_FIVE * stdev(gains) / sqrt(6)
    assert (mean(gains) + half < short / 5) == ("この歩みでは届きません" in summary)


def six_gains(home: Home) -> list[tuple[str, int]]:
    """近ごろの六か月の、登録者の増え方。"""
    months = [f"2026-{at:02}" for at in range(4, 11)]
    held = [
        count(people_of(home, month), lambda row: row.registered)[EVERYBODY] for month in months
    ]
    return [(month, b - a) for month, (a, b) in zip(months[1:], pairwise(held), strict=True)]


@pytest.mark.parametrize("edition", EDITIONS)
def test_5_and_6_the_causes_are_made_of_the_people_who_moved(demo_home, demo_release, edition):
    page, was, now = pages(demo_release)[edition], *(people_of(demo_home, m) for m in (BEFORE, NOW))
    stayed = was.keys() & now.keys()
    moved = [
        sum(now[key].registered and not was[key].registered for key in stayed),
        sum(was[key].registered and not now[key].registered for key in stayed),
        sum(now[key].registered for key in now.keys() - stayed),
        sum(not now[key].registered for key in now.keys() - stayed),
        sum(was[key].registered for key in was.keys() - stayed),
        sum(not was[key].registered for key in was.keys() - stayed),
    ]
    shown = [number(row[1]) for row in table_of(page, "change")]
    assert all(near(*pair, edition) for pair in zip(shown, moved, strict=True)), (shown, moved)
    rest = [
        Fraction(100 * sum(at[key].registered for key in stayed), len(stayed)) for at in (was, now)
    ]
    ends = [
        Fraction(100 * sum(row.registered for row in at.values()), len(at)) for at in (was, now)
    ]
    causes = [rest[1] - rest[0], ends[1] - rest[1], rest[0] - ends[0]]
    points = [float(row[1]) for row in table_of(page, "causes")][:3]
    half = 0.005 if edition == "internal" else 0.05
    assert all(abs(p - c) <= half + 1e-9 for p, c in zip(points, causes, strict=True))


def test_7_the_employers_beyond_chance_are_those_of_the_binomial_tails(demo_home, demo_release):
    """同じ率なら、それより離れた人数になることが千に一つもない事業所の数。確率は、項を足して。"""
    people = people_of(demo_home, NOW)
    held, members = count(people, lambda row: row.registered), count(people)
    rate = held[EVERYBODY] / members[EVERYBODY]
    each = [(held[g], n) for g, n in members.items() if g[1] == "全員" and g != EVERYBODY]
    beyond = sum(min(tails(k, n, rate)) < (1 - 0.998) / 2 for k, n in each)
    shown = pages(demo_release)
    assert f"{len(each)}のうち{beyond}事業所は、偶然の幅（99.8%）の外" in shown["internal"]
    wide = re.search("([0-9]+)のうち([0-9]+)事業所は、偶然の幅（99.8%）の外", shown["management"])
    assert int(wide[2]) <= beyond


def tails(k: int, n: int, rate: float) -> tuple[float, float]:
    """k 人以下の確率と、k 人以上の確率。"""
    terms = [
        exp(
            lgamma(n + 1)
            - lgamma(i + 1)
            - lgamma(n - i + 1)
            + i * log(rate)
            + (n - i) * log1p(-rate)
        )
        for i in range(n + 1)
    ]
    return fsum(terms[: k + 1]), fsum(terms[k:])


def test_8_what_rose_or_fell_is_the_difference_of_the_rates_and_never_the_other_way(
    demo_home, demo_release
):
    shown = pages(demo_release)
    for row in table_of(shown["internal"], "employers"):
        group = row[0], "全員"
        now, before, year = (rate_of(demo_home, m, group) for m in (NOW, BEFORE, "2025-10"))
        said = [
            f"{size:+.1f}" if size else "0.0"
            for size in (round(now - before, 1), round(now - year, 1))
        ]
        assert row[6:8] == said, row[0]
    for row in table_of(shown["management"], "employers"):
        if row[6] not in ("", "—", "動きは小さい"):
            rose = rate_of(demo_home, NOW, (row[0], "全員")) > rate_of(
                demo_home, BEFORE, (row[0], "全員")
            )
            assert ("上がった" in row[6]) == rose, row[0]


@pytest.mark.parametrize("edition", EDITIONS)
def test_9_insured_and_dependants_have_their_own_rates(demo_home, demo_release, edition):
    rows = {row[0]: row for row in table_of(pages(demo_release)[edition], "parts")}
    members = count(people_of(demo_home, NOW))
    for kind in ("本人", "家族"):
        group = "TOTAL", kind
        assert near(number(rows[kind][1]), members[group], edition)
        assert float(rows[kind][2]) == rate_of(demo_home, NOW, group)


def test_10_who_is_still_to_be_asked_is_either_asked_now_or_resting_or_done(
    demo_home, demo_release
):
    shown = pages(demo_release)
    rows = table_of(shown["internal"], "asked")
    sums = [sum(map(number, (*row[1:4], *row[5:]))) for row in rows]
    tiles = re.findall(
        "❶登録の勧奨 ([0-9,]+) 人|❷更新の勧奨 ([0-9,]+) 人", text_of(shown["internal"])
    )
    assert sums == [number(one or other) for one, other in tiles]
    left = count(people_of(demo_home, NOW), lambda row: not row.registered)[EVERYBODY]
    wide = number(re.search("未登録 ([0-9,]+) 人", text_of(shown["management"]))[1])
    assert near(wide, left, "management")


def test_11_how_many_are_asked_and_for_the_how_manieth_time_equals_the_lists(demo_release):
    page = pages(demo_release)["internal"]
    table = re.search('id="asked">(.*?)</table>', page, re.DOTALL)[1]
    cells = [re.findall("<t[dh][^>]*>(.*?)</t[dh]>", row) for row in table.split("<tr>")[2:]]
    shown = [sum(int(cell.replace(",", "")) for cell in row[1:4]) for row in cells]
    with (demo_release / "internal" / "listed.csv").open(encoding="utf-8-sig", newline="") as file:
        due = [row for row in csv.DictReader(file) if row["due"] == "True"]
    link = sum(row["action"] == "link" for row in due)
    assert shown == [link, len(due) - link]


@pytest.mark.parametrize("edition", EDITIONS)
def test_13_who_needs_another_certificate_is_everybody_the_card_does_not_serve(
    demo_home, demo_release, edition
):
    people, page = people_of(demo_home, NOW), pages(demo_release)[edition]
    left = count(people, lambda row: not row.registered)[EVERYBODY]
    lapsed = count(people, lambda row: row.lapsed)[EVERYBODY]
    if edition == "management":
        said = re.search("未登録の方 ([0-9,]+) 人.*失効している方は ([0-9,]+) 人", text_of(page))
        shown = [number(one) for one in said.groups()]
        assert all(near(*pair, edition) for pair in zip(shown, (left, lapsed), strict=True))
        return
    needed = count(people, lambda row: not row.registered or row.lapsed)
    assert f"資格確認書が要る方は {needed[EVERYBODY]:,} 人" in page
    for row in table_of(page, "employers"):
        assert number(row[-1]) == needed[row[0], "全員"], row[0]


@pytest.mark.parametrize("edition", EDITIONS)
def test_14_only_a_national_rate_of_the_same_kind_of_denominator_stands_beside(
    demo_home, demo_release, edition
):
    page = text_of(pages(demo_release)[edition])
    said = re.search("国の登録率（人口が分母、[^）]*）は [0-9.]+ %", page)
    here = f"この組合は {rate_of(demo_home, NOW):.1f} %（加入者が分母"
    assert (here in page) if said else ("並べてよい国の数は、ありません" in page)


@pytest.mark.parametrize("edition", EDITIONS)
def test_15_each_decision_says_what_who_and_by_when(demo_release, edition):
    rows = table_of(pages(demo_release)[edition], "decisions")
    assert all(len(row) == 3 and all(row) for row in rows)
    asked = [row for row in rows if row[1] == "理事会"]
    assert len(asked) == 1
    assert "目標（2027年3月に 90 %）" in asked[0][0]
    assert {row[2] for row in rows} == {"2026年11月末ごろ"}
    assert (len(rows) > 1) == (edition == "internal")
