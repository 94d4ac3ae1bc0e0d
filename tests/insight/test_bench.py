"""作業台（bench）：率、動き、事業所の比べ、区分は、届いた CSV を一行ずつ数えたものと同じ。置き場所と月の選び方。錠。"""

import re
import shutil
from collections import Counter
from itertools import pairwise

import bench_societies
import pandas as pd
import pytest
from bench_societies import MONTHS, rows_of
from filelock import FileLock
from months import make_home, never_linked, put_month, registered
from scipy import stats

from mynalib.domain.errors import MynaError
from mynalib.history.asking import BadQuestion
from mynalib.insight.bench import open_bench

LAST = str(MONTHS[-1])
MEASURED = {
    "registered": lambda row: row.registered,
    "usable": lambda row: row.status == "registered_usable",
    "unregistered": lambda row: not row.registered,
    "lapsed": lambda row: (
        row.person.certificate_flag == 0 and (row.registered or row.person.cancel_kind == 2)
    ),
    "waiting": lambda row: row.status == "renewed_not_relinked",
}


def code_of(call, *given, **options) -> str:
    with pytest.raises(MynaError) as caught:
        call(*given, **options)
    return caught.value.code


def counted(table: pd.DataFrame, *keys: str) -> dict[tuple, tuple[int, int]]:
    """鍵の列の組から、分子と分母。"""
    pairs = zip(table.numerator, table.denominator, strict=True)
    return dict(zip(table[[*keys]].itertuples(index=False, name=None), pairs, strict=True))


@pytest.mark.parametrize("measure", MEASURED)
def test_rates_equal_a_count_of_the_files_row_by_row(bench, society, measure):
    expected: dict[tuple, list[int]] = {}
    for month in MONTHS:
        for row in rows_of(society, month).values():
            pair = expected.setdefault((str(month), row.employer, row.insured), [0, 0])
            pair[0] += MEASURED[measure](row)
            pair[1] += 1
    found = bench.rates(by=["employer", "insured"], measure=measure)
    assert counted(found, "month", "employer_id", "insured") == {
        key: tuple(pair) for key, pair in expected.items()
    }
    assert (found.rate == 100 * found.numerator / found.denominator).all()
    assert dict(zip(found.employer_id, found.employer, strict=True)) == bench.employers


def test_every_row_says_when_and_of_how_many(bench):
    tables = (bench.rates(), bench.status(), bench.flows(["insured"]), bench.funnel())
    for table in tables:
        assert {"month", "as_of", "numerator", "denominator", "rate"} <= {*table}
        assert [f"{day:%Y-%m-%d}" for day in table.as_of] == [
            str(bench_societies.Month.parse(month).end) for month in table.month
        ]
        assert (table.numerator <= table.denominator).all()


def test_rates_split_by_status_add_up_to_the_rate_of_all(bench):
    parts = bench.rates(by=["status"], measure="lapsed").groupby("month").numerator.sum()
    whole = bench.rates(measure="lapsed").set_index("month")
    assert parts.to_dict() == whole.numerator.to_dict()
    denominators = bench.rates(by=["status"]).groupby("month").denominator.unique()
    assert {month: [*found] for month, found in denominators.items()} == {
        month: [size] for month, size in whole.denominator.items()
    }


def test_the_parts_by_status_equal_a_count_of_the_files(bench, society):
    rows = rows_of(society, LAST).values()
    expected = Counter((row.insured, row.status) for row in rows)
    sizes = Counter(row.insured for row in rows)
    found = bench.status(by=["insured"], months=LAST)
    assert counted(found, "insured", "status") == {
        (insured, status): (n, sizes[insured]) for (insured, status), n in expected.items()
    }
    assert found.label.str.len().min() > 0


def test_flows_equal_a_comparison_of_the_files_person_by_person(bench, society):
    expected: Counter = Counter()
    for before, after in pairwise(MONTHS):
        was, now = rows_of(society, before), rows_of(society, after)
        for key in {*was, *now}:
            sides = [
                (rows[key].employer, rows[key].status) if key in rows else ("", "")
                for rows in (was, now)
            ]
            expected[str(after), sides[0][0], sides[1][0], sides[0][1], sides[1][1]] += 1
    found = bench.flows(by=["employer"])
    keys = ["month", "employer_before", "employer_after", "status_before", "status_after"]
    assert {key: pair[0] for key, pair in counted(found, *keys).items()} == expected
    starts = found.groupby(["month", "employer_before", "status_before"])
    assert (starts.numerator.transform("sum") == found.denominator).all()
    of_one = bench.flows(employer="E02", by=["employer"])
    assert set(of_one.employer_before) | set(of_one.employer_after) >= {"E02"}
    assert ((of_one.employer_before == "E02") | (of_one.employer_after == "E02")).all()


def test_movements_that_are_unknown_are_not_an_empty_table(planted_bench):
    with pytest.raises(BadQuestion, match=f"{MONTHS[0]} の動きは分かりません"):
        planted_bench.flows(months=str(MONTHS[0]))
    known = planted_bench.flows(months=[str(MONTHS[0]), str(MONTHS[1])])
    assert set(known.month) == {str(MONTHS[1])}


def test_the_funnel_equals_the_exact_binomial_limits_around_the_societys_rate(bench, society):
    rows = [*rows_of(society, LAST).values()]
    centre = sum(row.registered for row in rows) / len(rows)
    found = bench.funnel(LAST)
    sizes = Counter(row.employer for row in rows if row.employer != "NOEMPLOYER")
    assert dict(zip(found.employer_id, found.denominator, strict=True)) == sizes
    assert found.centre.round(9).unique().tolist() == [round(100 * centre, 9)]
    for row in found.itertuples():
        for level, low, high in (
            (0.95, row.low_95, row.high_95),
            (0.998, row.low_998, row.high_998),
        ):
            ends = stats.binom.interval(level, row.denominator, centre)
            assert abs(low * row.denominator / 100 - ends[0]) <= 1
            assert abs(high * row.denominator / 100 - ends[1]) <= 1
        least, most = (round(end * row.denominator / 100) for end in (row.low_998, row.high_998))
        beyond = "low" if row.numerator < least else "high" if row.numerator > most else ""
        assert row.beyond == beyond


@pytest.mark.parametrize(
    ("months", "chosen"),
    [
        (None, [str(month) for month in MONTHS]),
        ("2026-05", ["2026-05"]),
        (MONTHS[4], ["2026-05"]),
        (["2026-02", "2026-09"], ["2026-02", "2026-09"]),
        (("2026-08", "2027-03"), ["2026-08", "2026-09", "2026-10"]),
    ],
)
def test_months_are_one_a_list_or_both_ends(planted_bench, months, chosen):
    assert sorted(set(planted_bench.rates(months=months).month)) == chosen


@pytest.mark.parametrize(
    ("call", "options"),
    [
        ("rates", {"by": ["department"]}),
        ("rates", {"measure": "members"}),
        ("rates", {"months": "2020-01"}),
        ("rates", {"months": ("2020-01", "2020-02")}),
        ("rates", {"months": ("2026-01", "2026-02", "2026-03")}),
        ("rates", {"employer": "E99"}),
        ("flows", {"by": ["status"]}),
        ("flows", {"employer": "E99"}),
        ("funnel", {"month": "2020-01"}),
        ("recipe", {"name": "no_such_question"}),
        ("recipe", {"name": "beyond_chance", "colour": "red"}),
    ],
)
def test_a_word_the_bench_does_not_know_is_refused_with_the_words_it_knows(
    planted_bench, call, options
):
    assert code_of(getattr(planted_bench, call), **options) == "BAD_QUESTION"


def test_the_bench_finds_the_home_as_the_commands_do_or_upward(planted, tmp_path, monkeypatch):
    (planted / "notebooks").mkdir(exist_ok=True)
    monkeypatch.chdir(planted / "notebooks")
    assert "10 か月" in repr(open_bench())
    monkeypatch.chdir(tmp_path)
    assert code_of(open_bench) == "NO_HOME"
    monkeypatch.setenv("MYNA_HOME", str(planted))
    assert open_bench().months[-1] == LAST


def test_a_home_without_a_month_says_so(tmp_path):
    shutil.copytree(bench_societies.Path(__file__).parents[2] / "params", tmp_path / "params")
    assert code_of(open_bench, tmp_path) == "UNKNOWN_MONTH"


def test_an_open_bench_takes_no_lock_asks_for_none_and_writes_nothing(planted):
    def written() -> dict:
        files = (path for path in planted.rglob("*") if path.name != ".lock")
        return {path: path.stat().st_mtime_ns for path in files if path.is_file()}

    before = written()
    with FileLock(planted / "data" / ".lock", timeout=0):
        bench = open_bench(planted)
        bench.rates()
        bench.sql("select count(*) from person, flow")
        for name in bench.recipes().name:
            bench.recipe(name)
    with FileLock(planted / "data" / ".lock", timeout=0):
        assert written() == before


def test_two_employers_of_one_name_are_told_apart_by_their_codes(tmp_path):
    home = make_home(tmp_path / "home")
    names = {code: home.params / "employers" / f"{code}.yaml" for code in ("E01", "E02")}
    name = re.search("^name: .*$", names["E01"].read_text(encoding="utf-8"), re.MULTILINE)[0]
    other = names["E02"].read_text(encoding="utf-8")
    names["E02"].write_text(re.sub("(?m)^name: .*$", name, other), encoding="utf-8")
    people = [never_linked(f"{at:03}") for at in range(30)]
    people += [registered(f"{at:03}", symbol="102") for at in range(20)]
    put_month(home, "2026-10", people)
    found = open_bench(home.root)
    rows = found.rates(by=["employer"])
    assert list(zip(rows.employer_id, rows.numerator, rows.denominator, strict=True)) == [
        ("E01", 0, 30),
        ("E02", 20, 20),
    ]
    assert len({*rows.employer}) == 1
    assert list(found.funnel().employer_id) == ["E01", "E02"]


MISTAKES = {
    "two employers": (lambda bench: bench.rates(employer=["E01", "E02"]), "選べる事業所は、一つ"),
    "a number for a month": (lambda bench: bench.rates(months=202610), "取り込んでいない月"),
    "no measure": (lambda bench: bench.rates(measure=[]), "measure"),
    "the ends upside down": (
        lambda bench: bench.rates(months=("2026-10", "2026-05")),
        'months=("2026-05", "2026-10") のように',
    ),
    "no SQL": (lambda bench: bench.sql(None), "文字で書かれていません"),
    "a write": (lambda bench: bench.sql("delete from member"), "select ではありません"),
    "a typo": (lambda bench: bench.sql("selct 1"), "「selct」の近く"),
    "no such column": (lambda bench: bench.sql("select rate from person"), "「rate」という列は"),
    "no such function": (lambda bench: bench.sql("select getenv('A')"), "「getenv」という関数は"),
    "a missing group by": (
        lambda bench: bench.sql("select status, count(*) from person"),
        "「status」は、group by にも",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_slip_is_answered_in_japanese_with_what_to_write(bench, mistake):
    call, said = MISTAKES[mistake]
    with pytest.raises(MynaError) as caught:
        call(bench)
    assert caught.value.code == "BAD_QUESTION"
    assert said in str(caught.value)
    assert not re.search(r"[a-z]+ [a-z]+ [a-z]+ [a-z]+ [a-z]+", caught.value.what), "英語の文"


def test_nothing_chosen_means_everything(bench):
    assert bench.rates(by=None).equals(bench.rates())


def test_a_month_inside_a_gap_is_not_said_to_be_usable(tmp_path):
    home = make_home(tmp_path / "home")
    for month in ("2026-05", "2026-07", "2026-10"):
        put_month(home, month, [never_linked()])
    bench = open_bench(home.root)
    for asked in ("2026-08", ("2026-08", "2026-09")):
        with pytest.raises(MynaError) as caught:
            bench.rates(months=asked)
        assert "2026-06、2026-08、2026-09 のほか" in caught.value.fix
