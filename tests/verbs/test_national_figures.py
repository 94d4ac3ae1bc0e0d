"""国の数：公の表の二つの形を読み、手で書いた行を書きかえず、同じ分母のものだけを、組合の率と並べる。"""

import csv
import json
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from commands import myna
from hypothesis import given
from hypothesis import strategies as st

from mynalib.domain.comparable import NationalMonth, comparable_benchmark, figures_of, merged
from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month
from mynalib.domain.params import load_params
from mynalib.history.home import Home
from mynalib.intake.national import read_national
from mynalib.verbs.benchmarks import take_in_benchmarks
from mynalib.verbs.init import found

SERIES = Path(__file__).parents[1] / "facts" / "national_series.csv"
POPULATION = 124_260_452
WIDE_HEADER = (
    "年月,マイナンバーカード_有効申請数_月次,マイナンバーカード_有効申請数_累計,マイナンバーカード_保有枚数_累計,"
    "マイナンバーカード_人口に対する保有率,マイナンバーカード_有効申請数_1日あたり,健康保険証利用登録_登録数_月次,"
    "健康保険証利用登録_登録数_1日あたり,健康保険証利用登録_有効登録数_累計,健康保険証利用登録_有効登録数_率"
)
ENGLISH = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def series() -> list[dict[str, str]]:
    with SERIES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def half_up(top: int, bottom: int) -> str:
    tenths = (Fraction(top, bottom) * 1000 + Fraction(1, 2)).__floor__()
    return f"{tenths // 10}.{tenths % 10}"


def long_table() -> bytes:
    """縦の形。数は三桁区切りで、率は 0.91 の形に丸めてあり、ほかの数の行も混ざる。"""
    lines = ["年月,指標名,値"]
    for row in series():
        year, month = row["month_end"].split("-")
        at = f"{year}/{int(month)}/1"
        lines.append(f'{at},マイナンバーカード_保有枚数,"{int(row["cards"]):,}"')
        lines.append(f"{at},運転免許証_一体化件数,12345")
        if row["registered"]:
            lines.append(f"{at},マイナ保険証_利用登録件数,{row['registered']}")
            lines.append(f"{at},マイナ保険証_利用登録率,0.91")
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")


def wide_table(encoding: str = "cp932") -> bytes:
    lines = [WIDE_HEADER]
    for row in series():
        year, month = row["month_end"].split("-")
        rate = f"{100 * int(row['cards']) / POPULATION:.2f}%"
        at = f"{ENGLISH[int(month) - 1]}-{year[2:]}"
        registered = f'"{int(row["registered"]):,}"' if row["registered"] else ""
        lines.append(f'{at},1,2,"{int(row["cards"]):,}",{rate},3,4,5,{registered},91.0%')
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


@pytest.fixture
def home(tmp_path) -> Home:
    return found(tmp_path / "home")


def rates(home: Home, denominator: str) -> dict[str, str]:
    rows = load_params(home.params).benchmarks.with_denominator("registration_rate", denominator)
    return {f"{row.date:%Y-%m}": str(row.value) for row in rows}


@pytest.mark.parametrize("table", [long_table, wide_table], ids=["縦", "横"])
def test_both_shapes_give_the_rates_of_the_series(home, tmp_path, table):
    file = tmp_path / "表.csv"
    file.write_bytes(table())
    told = take_in_benchmarks(home, file, None if table is wide_table else POPULATION)
    assert (told["outcome"], told["comparable"]) == ("updated", True)
    cards, people = rates(home, "card_holders"), rates(home, "population")
    for row in series():
        if row["registered"]:
            registered, month = int(row["registered"]), row["month_end"]
            assert cards[month] == half_up(registered, int(row["cards"])), month
            if month != "2026-01":
                assert abs(float(people[month]) - 100 * registered / POPULATION) < 0.2, month
    again = take_in_benchmarks(home, file, None if table is wide_table else POPULATION)
    assert (again["outcome"], again["added"], again["changed"]) == ("no_op", 0, [])


def test_without_the_population_nothing_is_comparable_from_the_long_table(home, tmp_path):
    before = rates(home, "population")
    file = tmp_path / "表.csv"
    file.write_bytes(long_table())
    assert not take_in_benchmarks(home, file)["comparable"]
    assert rates(home, "population") == before


def test_the_share_of_card_holders_alone_is_not_comparable(home, tmp_path):
    """登録件数のない表。保有率の分母も人口だが、登録率ではない。"""
    file = tmp_path / "表.csv"
    lines = long_table().decode("utf-8-sig").splitlines()
    cards_only = [line for line in lines if "登録" not in line]
    assert 1 < len(cards_only) < len(lines)
    file.write_text("\r\n".join([*cards_only, ""]), encoding="utf-8")
    told = take_in_benchmarks(home, file, POPULATION)
    assert (told["added"] > 0, told["comparable"]) == (True, False)


def test_a_row_written_by_hand_is_kept_and_said_and_a_corrected_one_is_changed_and_said(
    home, tmp_path
):
    settings = home.params / "benchmarks.yaml"
    before = settings.read_text(encoding="utf-8")
    file = tmp_path / "表.csv"
    file.write_bytes(long_table().replace(b"92945440", b"92000000"))
    told = take_in_benchmarks(home, file, POPULATION)
    [changed] = [one for one in told["changed"] if one.startswith("2026-03-31")]
    assert "90.9 %" in changed
    assert "→ 90.0 %（登録件数 92,000,000 ÷" in changed
    assert {one[:10] for one in told["kept"]} == {"2025-06-30", "2025-09-30", "2025-10-31"}
    now = settings.read_text(encoding="utf-8")
    for line in before.splitlines():
        assert not line.startswith("#") or line in now.splitlines()
    assert "登録率 87.4% × カードの保有率 79.6% から計算" in now
    assert (home.params / "benchmarks.yaml.before").read_text(encoding="utf-8") == before


def test_a_comment_that_names_the_key_is_no_key(home, tmp_path):
    settings = home.params / "benchmarks.yaml"
    text = settings.read_text(encoding="utf-8")
    comment = "# 組合の数は、figures: のおわりに足す"
    settings.write_text(f"{comment}\n{text}", encoding="utf-8")
    file = tmp_path / "表.csv"
    file.write_bytes(long_table())
    assert take_in_benchmarks(home, file, POPULATION)["outcome"] == "updated"
    assert settings.read_text(encoding="utf-8").startswith(f"{comment}\n{text.splitlines()[0]}")
    assert "2026-04" in rates(home, "population")


SPOILT = {
    "空": b"",
    "ほかの表": "年月,件数\n2026/1/1,3\n".encode(),
    "八項目のファイル": "被保険者証記号,被保険者証番号\n101,1\n".encode("cp932"),
    "列が足りない": wide_table().replace("_有効登録数_累計".encode("cp932"), b"_x"),
    "同じ見出しが二つ": wide_table().replace(
        "マイナンバーカード_有効申請数_1日あたり".encode("cp932"),
        "マイナンバーカード_保有枚数_累計".encode("cp932"),
    ),
    "数でない": long_table().replace(b"93915443", "不明".encode()),
    "月でない": long_table().replace(b"2026/4/1", b"2026/13/1"),
    "同じ月が二つ": long_table() + "2026/4/1,マイナ保険証_利用登録件数,1\r\n".encode(),
    "登録が枚数より多い": long_table().replace(b"93915443", b"193915443"),
    "文字でない": b"\xff\x81\xff\xfe",
}


@pytest.mark.parametrize("content", SPOILT.values(), ids=SPOILT)
def test_an_unknown_shape_is_refused_and_nothing_is_changed(home, tmp_path, content):
    before = (home.params / "benchmarks.yaml").read_bytes()
    file = tmp_path / "表.csv"
    file.write_bytes(content)
    with pytest.raises(MynaError) as stopped:
        take_in_benchmarks(home, file, POPULATION)
    assert stopped.value.code == "UNKNOWN_SHAPE"
    assert (home.params / "benchmarks.yaml").read_bytes() == before


def test_a_bad_cell_below_a_blank_line_is_named_by_its_line_in_the_file():
    content = "年月,指標名,値\n\n2026-01,マイナンバーカード_保有枚数,x\n".encode()
    with pytest.raises(MynaError) as caught:
        read_national(content, "国.csv")
    assert [problem.where for problem in caught.value.problems] == ["3 行目"]


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig"])
def test_the_wide_table_is_read_in_every_encoding(encoding):
    [first, *_] = read_national(wide_table(encoding), "表.csv")
    assert (first.month, first.cards, first.registered) == (Month(2025, 3), 97722937, 83011764)
    assert str(first.card_rate) == "78.64"


@given(
    registered=st.integers(1, 10**8),
    more=st.integers(0, 10**8),
    population=st.none() | st.integers(2 * 10**8, 10**9),
)
def test_every_figure_names_its_parts_and_is_their_exact_ratio(registered, more, population):
    cards = registered + more
    month = NationalMonth(Month(2026, 4), cards, registered)
    for figure in figures_of(month, population):
        bottom = cards if figure.denominator == "card_holders" else population
        top = registered if figure.measure == "registration_rate" else cards
        assert str(figure.value) == half_up(top, bottom)
        assert f"{top:,} ÷" in figure.definition
        assert figure.definition.endswith(f"{bottom:,}")
    assert not [one for one in figures_of(month, None) if one.denominator == "population"]


def test_taking_in_the_same_figures_twice_changes_nothing():
    benchmarks = load_params(Path("params")).benchmarks
    new = figures_of(NationalMonth(Month(2026, 7), 104_000_000, 96_000_000), POPULATION)
    once = merged(benchmarks, new)
    again = merged(benchmarks.model_copy(update={"figures": once.figures}), new)
    assert len(once.added) == 3
    assert (again.figures, again.added, again.changed, again.kept) == (once.figures, (), (), ())


@pytest.mark.parametrize(
    ("month", "expected"),
    [
        ("2024-09", None),
        ("2024-10", date(2024, 10, 31)),
        ("2025-04", date(2024, 10, 31)),
        ("2025-05", None),
        ("2025-09", date(2025, 9, 30)),
        ("2026-03", date(2026, 1, 30)),
        ("2026-04", date(2026, 4, 30)),
        ("2026-10", date(2026, 4, 30)),
        ("2026-11", None),
    ],
)
def test_only_a_recent_rate_of_the_population_stands_beside_a_members_rate(month, expected):
    figure = comparable_benchmark(load_params(Path("params")), Month.parse(month))
    assert (figure.date if figure else None) == expected
    assert figure is None or (figure.denominator, figure.measure) == (
        "population",
        "registration_rate",
    )


def test_the_command_says_what_it_did(home, tmp_path):
    file = tmp_path / "表.csv"
    file.write_bytes(long_table())
    where = ("--home", home.root)
    said = json.loads(myna("benchmarks", file, "--population", POPULATION, *where, "--json").stdout)
    assert (said["outcome"], said["months"], said["comparable"]) == ("updated", 16, True)
    refused = myna("benchmarks", SERIES, *where)
    assert refused.returncode == 1
    assert "知らない形" in refused.stderr.decode()
