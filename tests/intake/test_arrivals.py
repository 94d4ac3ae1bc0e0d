"""届いたファイルを、取込の入口から入れる：中身が新しさを決め、どのコードの割合も見て、エラーの勧める命令は、本当に先へ進む。"""

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from months import Person, load_month, params_of
from societies import HEADER, person

from mynalib.cli import main
from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month
from mynalib.domain.params import load_params
from mynalib.history.cubes import cube
from mynalib.history.home import Home
from mynalib.history.months import kept_month, kept_months
from mynalib.history.returners import returner_holds
from mynalib.intake import reading
from mynalib.verbs.ingest import ingest
from mynalib.verbs.ingest_returners import ingest_returners
from mynalib.verbs.init import found
from mynalib.verbs.publish import publish

pytestmark = pytest.mark.large

AUGUST, SEPTEMBER, OCTOBER = (Month(2026, number) for number in (8, 9, 10))
SIZES = {"101": 60, "102": 40, "103": 20}
NAMES = (
    "symbol",
    "number",
    "branch",
    "state",
    "registered_on",
    "cancelled_on",
    "cancel_kind",
    "certificate_flag",
)


def rows_of(month: Month) -> list[str]:
    """その月の 120 人。八月から、毎月二人ずつが登録する。"""
    rows = [person(symbol, index) for symbol, size in SIZES.items() for index in range(size)]
    never = [at for at, row in enumerate(rows) if row.endswith(",0,,,,1")]
    for later in range(month.minus(AUGUST)):
        for at in never[2 * later : 2 * later + 2]:
            rows[at] = rows[at].replace(",0,,,,1", f",1,{AUGUST.plus(later + 1).end:%Y%m}05,,,1")
    return rows


def content(
    rows: list[str], *, header: str = HEADER, end: str = "\r\n", encoding: str = "cp932"
) -> bytes:
    return "".join(f"{line}{end}" for line in [*([header] if header else []), *rows]).encode(
        encoding
    )


def take(home: Home, month: Month, sent: bytes, name: str = "", **options: object) -> dict:
    file = home.inbox / (name or f"{month}.csv")
    file.write_bytes(sent)
    return ingest(home, params_of(home), file, month, **options)


def refusal(home: Home, month: Month, sent: bytes, **options: object) -> MynaError:
    with pytest.raises(MynaError) as stopped:
        take(home, month, sent, **options)
    return stopped.value


@pytest.fixture(scope="module")
def two_months(tmp_path_factory) -> Home:
    """八月と九月を取り込んだ置き場所。断られる取込は何も変えないので、皆で使う。"""
    home = found(tmp_path_factory.mktemp("arrivals") / "home")
    for month in (AUGUST, SEPTEMBER):
        take(home, month, content(rows_of(month)))
    return home


@pytest.fixture(scope="module")
def no_months(tmp_path_factory) -> Home:
    return found(tmp_path_factory.mktemp("arrivals") / "home")


@pytest.fixture
def own_home(two_months, tmp_path) -> Home:
    """九月までの置き場所の写し。変えてよい。"""
    return Home(Path(shutil.copytree(two_months.root, tmp_path / "home")))


# ---- 同じ人々は、どう書いてあっても、新しい月ではない

SEEN = rows_of(SEPTEMBER)
SAME = {
    "同じバイト列": content(SEEN),
    "LF": content(SEEN, end="\n"),
    "UTF-8 で BOM つき": content(SEEN, encoding="utf-8-sig"),
    "UTF-16": content(SEEN, encoding="utf-16"),
    "見出しなし": content(SEEN, header=""),
    "どの値も引用符つき": content(
        [",".join(f'"{cell}"' for cell in row.split(",")) for row in SEEN]
    ),
    "逆の順": content(SEEN[::-1]),
    "列の順が違う": content(
        [",".join(row.split(",")[::-1]) for row in SEEN], header=",".join(HEADER.split(",")[::-1])
    ),
    "全角の数字": content(
        [row.translate(str.maketrans("0123456789", "０１２３４５６７８９")) for row in SEEN]
    ),
    "枝番の 0 が落ちた": content([re.sub(r"^(\d+,\d+),0", r"\1,", row) for row in SEEN]),
    "番号に 0 が付いた": content([row.replace(",", ",000", 1) for row in SEEN]),
    "一行少ない": content(SEEN[1:]),
    "五行少ない": content(SEEN[:50] + SEEN[55:]),
    "一行が二度ある": content([*SEEN, SEEN[7]]),
    "一行が壊れた": content([*SEEN[:-1], SEEN[-1].replace(",103", ",1.03E+", 1)]),
    "八月のもの": content(rows_of(AUGUST), end="\n"),
    "八月のもの、三行少ない": content(rows_of(AUGUST)[3:][::-1]),
}


@pytest.mark.parametrize("sent", SAME.values(), ids=SAME)
def test_people_of_an_earlier_month_written_otherwise_are_a_stale_copy(two_months, sent):
    error = refusal(two_months, OCTOBER, sent)
    assert (error.code, "--confirm STALE_COPY" in error.fix) == ("STALE_COPY", True)


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.randoms(use_true_random=False),
    st.integers(0, 6),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["cp932", "utf-8-sig"]),
)
def test_any_order_of_most_of_the_people_is_a_stale_copy(
    two_months, chance, missing, end, encoding
):
    rows = rows_of(chance.choice([AUGUST, SEPTEMBER]))
    sent = content(chance.sample(rows, len(rows) - missing), end=end, encoding=encoding)
    assert refusal(two_months, OCTOBER, sent).code == "STALE_COPY"


def test_an_old_month_that_is_a_copy_of_a_newer_one_is_named(two_months):
    error = refusal(two_months, Month(2026, 7), content(SEEN, end="\n"), confirm=["MONTH_ORDER"])
    assert (error.code, "2026年9月" in error.what) == ("STALE_COPY", True)


def test_a_month_in_which_one_person_changed_is_a_new_month(own_home):
    sent = content([*SEEN[:-1], person("103", 19, "1,20261005,,,1")])
    assert take(own_home, OCTOBER, sent)["outcome"] == "loaded"


def test_a_month_in_which_one_person_joined_and_one_left_is_a_new_month(own_home):
    assert take(own_home, OCTOBER, content([*SEEN[1:], person("101", 60)]))["outcome"] == "loaded"


def test_a_handful_of_people_may_be_the_same_for_a_month(no_months, tmp_path):
    home = Home(Path(shutil.copytree(no_months.root, tmp_path / "home")))
    take(home, SEPTEMBER, content(SEEN[:19]))
    assert take(home, OCTOBER, content(SEEN[:19], end="\n"))["outcome"] == "loaded"


def test_only_part_of_a_large_month_is_compared_person_by_person(two_months, monkeypatch):
    monkeypatch.setattr("mynalib.history.likeness.ENOUGH", 20)
    assert refusal(two_months, OCTOBER, content(SEEN, end="\n")).code == "STALE_COPY"


def test_months_kept_before_shares_were_counted_are_compared_as_well(tmp_path):
    """前の版の道具が置いた月の intake.json には、コードの組の人数がない。"""
    home = found(tmp_path / "home")
    people = [
        Person(f"{1000 + at}", state=at % 2, certificate_flag=1 if at % 3 else None)
        for at in range(60)
    ]
    old = load_month(home, "2026-09", people)
    assert "codes" not in old.intake
    rows = [f"101,{one.number},00,{one.state},,,,{one.certificate_flag or ''}" for one in people]
    assert refusal(home, OCTOBER, content(rows)).code == "STALE_COPY"
    held = refusal(home, OCTOBER, content([f"{row.rstrip('1').rstrip(',')},,,,0" for row in rows]))
    assert held.code == "SUSPICIOUS_CHANGE"
    told = [str(problem) for problem in held.problems]
    assert (
        "E01：フラグが 0 の人が、前の月の 0.0%（60 人のうち 0 人）から 100.0%（60 人のうち 60 人）になりました"
        in told
    )


def test_a_damaged_month_is_not_compared_but_named(own_home):
    members = kept_month(own_home, SEPTEMBER).members
    members.chmod(0o600)
    members.write_bytes(members.read_bytes()[:-1])
    assert refusal(own_home, OCTOBER, content(SEEN, end="\n")).code == "MONTH_DAMAGED"


# ---- どのコードの割合も、前の月と比べる


def changed(rows: list[str], only: str = "", **cells: str | Callable[[dict], str]) -> list[str]:
    """項目を書きかえた行。only はその記号の行だけ。値は、文字か、行から作る関数。"""
    written = []
    for row in rows:
        person = dict(zip(NAMES, row.split(","), strict=True))
        if not only or person["symbol"] == only:
            new = {name: cell(person) if callable(cell) else cell for name, cell in cells.items()}
            row = ",".join((person | new).values())
        written.append(row)
    return written


SWAPPED = {
    "registered_on": lambda one: one["cancelled_on"],
    "cancelled_on": lambda one: one["registered_on"],
}
NEXT = rows_of(OCTOBER)
STRANGE = {
    "フラグが全員 0": changed(NEXT, certificate_flag="0"),
    "フラグが全員 1": changed(NEXT, certificate_flag="1"),
    "フラグの列が空欄": changed(NEXT, certificate_flag=""),
    "フラグの 0 と 1 が逆": changed(
        NEXT, certificate_flag=lambda one: {"0": "1", "1": "0"}.get(one["certificate_flag"], "")
    ),
    "全員が登録済": changed(NEXT, state="1"),
    "だれも登録していない": changed(NEXT, state="0"),
    "状態の 0 と 1 が逆で、登録の多い事業所": changed(
        NEXT, "102", state=lambda one: str(1 - int(one["state"]))
    ),
    "登録実施日の列が空欄": changed(NEXT, registered_on=""),
    "登録実施日が全員にある": changed(NEXT, registered_on="20240401"),
    "登録実施日が全員この月": changed(NEXT, state="1", registered_on="20261001"),
    "登録解除日が全員にある": changed(NEXT, cancelled_on="20260401"),
    "二つの日付の列が逆": changed(NEXT, **SWAPPED),
    "解除区分が全員 2": changed(NEXT, cancel_kind="2"),
    "解除区分が全員 1": changed(NEXT, cancel_kind="1"),
    "解除区分の列が空欄": changed(NEXT, cancel_kind="", cancelled_on=""),
    "一つの事業所のフラグが全員 0": changed(NEXT, "101", certificate_flag="0"),
    "一つの事業所のフラグの列が空欄": changed(NEXT, "102", certificate_flag=""),
    "一つの事業所の全員が登録済": changed(NEXT, "102", state="1", registered_on="20240401"),
    "一つの事業所の日付の列が逆": changed(NEXT, "101", **SWAPPED),
    "一つの事業所の解除区分が全員 2": changed(NEXT, "102", cancel_kind="2"),
}


@pytest.mark.parametrize("rows", STRANGE.values(), ids=STRANGE)
def test_a_share_that_moved_beyond_chance_is_held(two_months, rows):
    error = refusal(two_months, OCTOBER, content(rows))
    assert (error.code, "--confirm SUSPICIOUS_CHANGE" in error.fix) == ("SUSPICIOUS_CHANGE", True)
    assert all(
        re.search(r"\d+\.\d%（\d+ 人のうち \d+ 人）", problem.what) for problem in error.problems
    )


@pytest.mark.parametrize("name", [name for name in STRANGE if name.startswith("一つの事業所")])
def test_the_employer_whose_share_moved_is_named(two_months, name):
    employers = {
        problem.where for problem in refusal(two_months, OCTOBER, content(STRANGE[name])).problems
    }
    assert employers - {"全体"} in ({"E01"}, {"E02"})


FIRST = {
    name: rows
    for name, rows in STRANGE.items()
    if "一つ" not in name
    and "逆で" not in name
    and name not in ("フラグが全員 1", "フラグの 0 と 1 が逆", "解除区分の列が空欄")
}


@pytest.mark.parametrize("rows", FIRST.values(), ids=FIRST)
def test_a_first_month_with_a_share_that_cannot_be_is_held(no_months, rows):
    assert refusal(no_months, OCTOBER, content(rows)).code == "SUSPICIOUS_CHANGE"


def test_an_ordinary_month_and_a_campaign_pass(own_home):
    registers = {
        "state": "1",
        "registered_on": lambda one: one["registered_on"] if one["state"] == "1" else "20261010",
    }
    assert (
        take(
            own_home,
            OCTOBER,
            content(changed(NEXT, "102", cancelled_on="", cancel_kind="", **registers)),
        )["accepted"]
        == 120
    )


# ---- 人数も割合も同じで、人々だけが違う


def _moved(only: str = "", more: int = 40_000) -> list[str]:
    return changed(NEXT, only, number=lambda one: str(int(one["number"]) + more))


OTHERS = {
    "ほかの組合の人々": (_moved(), {"全体", "E01"}),
    "番号の同じ、ほかの組合の人々": (
        changed(
            NEXT,
            registered_on=lambda one: (
                one["registered_on"] and str(int(one["registered_on"]) - 10_000)
            ),
        ),
        {"全体", "E01"},
    ),
    "一つの記号だけ、ほかの人々": (_moved("101"), {"E01"}),
    "一つの記号の番号だけ逆の順": (
        [
            ",".join(["101", other.split(",")[1], *row.split(",")[2:]])
            for row, other in zip(NEXT[:60], NEXT[59::-1], strict=True)
        ]
        + NEXT[60:],
        {"E01"},
    ),
    "番号の頭に 1": (changed(NEXT, number=lambda one: "1" + one["number"]), {"全体", "E01"}),
}


@pytest.mark.parametrize(("rows", "places"), OTHERS.values(), ids=OTHERS)
def test_other_people_in_the_place_of_ours_are_held(two_months, rows, places):
    error = refusal(two_months, OCTOBER, content(rows))
    assert (error.code, "--confirm OTHER_PEOPLE" in error.fix) == ("OTHER_PEOPLE", True)
    assert {problem.where for problem in error.problems} == places


def test_other_people_are_seen_in_a_part_of_a_large_month(two_months, monkeypatch):
    monkeypatch.setattr("mynalib.history.likeness.ENOUGH", 60)
    assert refusal(two_months, OCTOBER, content(_moved())).code == "OTHER_PEOPLE"


def test_a_third_of_the_people_may_be_new(own_home):
    joined = [*NEXT[40:], *_moved()[:40]]
    assert take(own_home, OCTOBER, content(joined))["accepted"] == 120


# ---- 月末より後の日付と、終わっていない月


@pytest.mark.parametrize(
    "row",
    [
        person("101", 3, "1,20261101,,,1"),
        person("102", 2, "0,20240401,20261102,2,0"),
        person("103", 1, "1,20270401,,,1"),
        person("103", 1, "1,２０２６１２０１,,,1"),
    ],
    ids=["翌月の登録", "翌月の解除", "半年先の登録", "全角"],
)
def test_one_date_after_the_end_of_the_month_is_held(two_months, row):
    rows = [row if line.split(",")[:3] == row.split(",")[:3] else line for line in NEXT]
    error = refusal(two_months, OCTOBER, content(rows))
    assert (error.code, "--confirm LATER_DATES" in error.fix, "1 人" in error.what) == (
        "LATER_DATES",
        True,
        True,
    )


def test_a_file_of_this_month_given_as_the_month_before_is_held(tmp_path):
    home = found(tmp_path / "home")
    take(home, AUGUST, content(rows_of(AUGUST)))
    assert refusal(home, SEPTEMBER, content(rows_of(OCTOBER))).code == "LATER_DATES"


@pytest.mark.parametrize("today", ["2026-09-30", "2026-09-01", "2026-08-15"])
@pytest.mark.parametrize("draft", [False, True])
def test_a_month_that_the_clock_says_has_not_ended_is_not_published(two_months, today, draft):
    with patch.dict(os.environ, {"MYNA_TODAY": today}), pytest.raises(MynaError) as stopped:
        publish(two_months, load_params(two_months.params), SEPTEMBER, draft=draft)
    assert stopped.value.code == "MONTH_NOT_ENDED"


# ---- 同じファイルでも、読んだ結果が変わるなら、読み直す

MIXED = content(
    [
        *(person("101", at) for at in range(40)),
        *(person("101", at, "1,2024/4/1,,,1") for at in range(40, 50)),
        *(person("102", at) for at in range(20)),
        *(person("130", at) for at in range(10)),
    ]
)


def edit(home: Home, name: str, old: str, new: str) -> None:
    path = home.params / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def add_employer(home: Home) -> None:
    text = (home.params / "employers" / "E19.yaml").read_text(encoding="utf-8")
    new = (
        text.replace("id: E19", "id: E30")
        .replace('"119"', '"130"')
        .replace("2020-04-01", "2026-10-01")
    )
    (home.params / "employers" / "E30.yaml").write_text(new, encoding="utf-8")


REREAD = {
    "日付の書き方を直した": (
        lambda home: edit(home, "society.yaml", "date: YYYYMMDD", "date: YYYY/MM/DD"),
        70,
    ),
    "事業所をあとから登録した": (add_employer, 70),
    "ある事業所が抜けていた": (
        lambda home: edit(home, "employers/E02.yaml", '"102"', '"102", to: 2026-09-30'),
        40,
    ),
    "記号を任意継続の人にも分けた": (
        lambda home: edit(
            home,
            "society.yaml",
            "no_employer:\n",
            'no_employer:\n  - {symbol: "130", kind: 任意継続}\n',
        ),
        70,
    ),
    "記号を番号の範囲で限った": (
        lambda home: edit(
            home, "employers/E02.yaml", '"102"', '"102", numbers: {from: "1", to: "1025004"}'
        ),
        50,
    ),
    "読み方が変わった": (lambda home: setattr(reading, "EARLIEST", reading.date(2024, 4, 1)), 41),
}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory) -> Home:
    home = found(tmp_path_factory.mktemp("mixed") / "home")
    assert take(home, OCTOBER, MIXED)["reasons"] == {"BAD_DATE": 10, "UNKNOWN_KIGO": 10}
    return home


@pytest.mark.parametrize(("change", "accepted"), REREAD.values(), ids=REREAD)
def test_the_same_bytes_are_read_again_when_they_would_give_another_result(
    mixed, tmp_path, monkeypatch, change, accepted
):
    home = Home(Path(shutil.copytree(mixed.root, tmp_path / "home")))
    monkeypatch.setattr(reading, "EARLIEST", reading.EARLIEST)
    assert take(home, OCTOBER, MIXED, replace=True)["outcome"] == "no_op"
    change(home)
    error = refusal(home, OCTOBER, MIXED)
    assert (error.code, "同じファイル" in error.what, "--replace" in error.fix) == (
        "MONTH_EXISTS",
        True,
        True,
    )
    read = take(home, OCTOBER, MIXED, replace=True)
    assert (read["outcome"], kept_month(home, OCTOBER).folder.name) == ("loaded", "2026-10-r2")
    assert read["accepted"] == accepted
    assert take(home, OCTOBER, MIXED, replace=True)["outcome"] == "no_op"
    assert take(home, OCTOBER, MIXED)["outcome"] == "no_op"
    assert len([*home.months.glob("2026-10*")]) == 2


def test_what_does_not_change_the_reading_is_no_reason_to_read_again(mixed):
    edit(mixed, "society.yaml", 'insured_branches: ["00"]', 'insured_branches: ["01"]')
    try:
        assert take(mixed, OCTOBER, MIXED, replace=True)["outcome"] == "no_op"
    finally:
        edit(mixed, "society.yaml", 'insured_branches: ["01"]', 'insured_branches: ["00"]')


def test_returners_are_read_again_when_more_of_them_can_be_read(mixed, tmp_path):
    home = Home(Path(shutil.copytree(mixed.root, tmp_path / "home")))
    file = home.inbox / "返納者.csv"
    file.write_bytes(content(["101,1015001,00,0,,,,1", "130,1305000,00,0,,,,1"]))

    def give(**options) -> dict:
        return ingest_returners(home, load_params(home.params), file, OCTOBER, **options)

    assert give(confirm=["TOO_MANY_QUARANTINED"])["accepted"] == 1
    assert give()["outcome"] == "no_op"
    add_employer(home)
    assert (give()["outcome"], len(returner_holds(home))) == ("loaded", 2)
    assert give()["outcome"] == "no_op"
    # 読める人が減るときは、人が確かめる
    (home.params / "employers" / "E30.yaml").unlink()
    with pytest.raises(MynaError) as stopped:
        give()
    assert (stopped.value.code, len(returner_holds(home))) == ("TOO_MANY_QUARANTINED", 2)


# ---- エラーの勧める命令は、その場から動かすと、本当に先へ進む


@dataclass(frozen=True)
class Said:
    """命令の終了コードと、JSON の答え。"""

    code: int
    answer: dict


@pytest.fixture
def myna(own_home, monkeypatch, capsys) -> Callable[..., Said]:
    """本物の入口から、命令を動かす。"""

    def run(*words: object) -> Said:
        monkeypatch.setattr(
            sys, "argv", ["myna", *map(str, words), "--home", str(own_home.root), "--json"]
        )
        with pytest.raises(SystemExit) as ended:
            main()
        return Said(ended.value.code or 0, json.loads(capsys.readouterr().out))

    return run


def advised(fix: str) -> Iterator[list[str]]:
    """文の勧める、付け足す言葉。"""
    for words in re.findall(r"--confirm [A-Z_]+|--replace|--kind month", fix):
        yield words.split()


def put(home: Home, rows: list[str]) -> Path:
    file = home.inbox / "届いたもの.csv"
    file.write_bytes(content(rows))
    return file


CONFIRMED = {
    "MONTH_EXISTS": ("2026-09", changed(SEEN, "103", certificate_flag="1")),
    "STALE_COPY": ("2026-10", SEEN[::-1]),
    "MONTH_ORDER": ("2026-07", [*rows_of(AUGUST)[2:], person("101", 60), person("101", 61)]),
    "SUSPICIOUS_DROP": ("2026-10", NEXT[:100]),
    # よその組合の人の行を、事業所の記号で足した
    "SUSPICIOUS_RISE": ("2026-10", [*NEXT, *(person("101", at) for at in range(500, 700))]),
    "SUSPICIOUS_CHANGE": ("2026-10", STRANGE["フラグが全員 0"]),
    "LATER_DATES": ("2026-10", [*NEXT[:-1], person("103", 19, "1,20261101,,,1")]),
    "OTHER_PEOPLE": ("2026-10", _moved()),
}


@pytest.mark.parametrize("gate", CONFIRMED)
def test_what_the_refusal_of_a_month_advises_takes_the_month_in(own_home, myna, gate):
    month, rows = CONFIRMED[gate]
    words = ["ingest", put(own_home, rows), "--month", month]
    refused = myna(*words)
    assert (refused.code, refused.answer["error"]) == (1, gate)
    [more] = advised(refused.answer["fix"])
    assert myna(*words, *more).answer["outcome"] == "loaded"


def test_a_month_with_several_reasons_is_taken_in_by_following_each_advice(own_home, myna):
    words = [
        "ingest",
        put(own_home, changed([*SEEN[:30]], state="0", registered_on="20261101")),
        "--month",
        "2026-09",
    ]
    met = []
    while (said := myna(*words)).code:
        met.append(said.answer["error"])
        words += next(advised(said.answer["fix"]))
    assert met == [
        "MONTH_EXISTS",
        "SUSPICIOUS_DROP",
        "LATER_DATES",
        "SUSPICIOUS_CHANGE",
        "OTHER_PEOPLE",
    ]


@pytest.mark.parametrize("which", [0, 1])
def test_what_the_refusal_of_returners_advises_takes_them_in(own_home, myna, which):
    words = ["ingest", put(own_home, NEXT), "--month", "2026-10", "--kind", "returners"]
    refused = myna(*words)
    assert refused.answer["error"] == "SUSPICIOUS_CHANGE"
    choices = [*advised(refused.answer["fix"])]
    assert choices == [["--kind", "month"], ["--confirm", "SUSPICIOUS_CHANGE"]]
    assert myna(*words, *choices[which]).answer["outcome"] == "loaded"


def test_returners_that_cannot_be_read_are_taken_in_once_confirmed_and_again_from_the_original(
    own_home, myna
):
    words = [
        "ingest",
        put(own_home, ["101,1015001,00,0,,,,1", "130,1305000,00,0,,,,1"]),
        "--month",
        "2026-10",
    ]
    words += ["--kind", "returners"]
    refused = myna(*words)
    assert refused.answer["error"] == "TOO_MANY_QUARANTINED"
    [more] = advised(refused.answer["fix"])
    assert myna(*words, *more).answer["outcome"] == "loaded"
    [kept] = own_home.returners.iterdir()
    kept.unlink()
    failed = myna("check")
    assert "もう一度 --kind returners" in " ".join(failed.answer["errors"])
    [original] = own_home.originals.glob("2026-10-*.csv")
    assert myna("ingest", original, *words[2:], *more).answer["outcome"] == "loaded"
    assert myna("check").answer["errors"] == []


def _cut(path: Path) -> None:
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1])


SPOILT = {
    "members.parquet が短い": lambda folder: _cut(folder / "members.parquet"),
    "quarantine.parquet がない": lambda folder: (folder / "quarantine.parquet").unlink(),
    "intake.json がない": lambda folder: (folder / "intake.json").unlink(),
    "フォルダーがない": shutil.rmtree,
}


@pytest.mark.parametrize("month", [AUGUST, SEPTEMBER], ids=str)
@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_damaged_month_is_taken_in_again_from_its_original(own_home, myna, spoil, month):
    spoil(kept_month(own_home, month).folder)
    failed = myna("check")
    assert "myna ingest 原本 --month 月 --replace" in " ".join(failed.answer["errors"])
    [original] = own_home.originals.glob(f"{month}-*.csv")
    assert myna("ingest", original, "--month", month, "--replace").answer["outcome"] == "loaded"
    assert myna("check").answer["errors"] == []


def test_a_month_whose_symbols_changed_is_taken_in_again_from_its_original(own_home, myna):
    edit(own_home, "employers/E02.yaml", '"102"', '"102", to: 2026-08-31')
    with pytest.raises(MynaError) as stopped:
        cube(own_home, kept_months(own_home), load_params(own_home.params), [])
    assert (stopped.value.code, "原本を --replace で" in stopped.value.fix) == (
        "UNKNOWN_KIGO",
        True,
    )
    [original] = own_home.originals.glob("2026-09-*.csv")
    words = ["ingest", original, "--month", "2026-09", "--replace"]
    refused = myna(*words)  # 前の月より 40 人減るので、人が確かめる
    [more] = advised(refused.answer["fix"])
    assert (refused.answer["error"], myna(*words, *more).answer["outcome"]) == (
        "SUSPICIOUS_DROP",
        "loaded",
    )
    table = cube(own_home, kept_months(own_home), load_params(own_home.params), [])
    assert table.groupby("month").members.sum().to_dict() == {"2026-08": 120, "2026-09": 80}


def test_an_unknown_month_and_a_month_too_early_are_answered_with_the_month_to_name(own_home, myna):
    unknown = myna("publish", "--month", "2026-10")
    assert (
        unknown.answer["error"],
        "myna ingest ファイル --month 2026-10" in unknown.answer["fix"],
    ) == ("UNKNOWN_MONTH", True)
    file = put(own_home, NEXT)
    early = myna("ingest", file, "--month", "2026-11")
    assert (early.answer["error"], "いまなら 2026-10 です" in early.answer["fix"]) == (
        "MONTH_NOT_ENDED",
        True,
    )
    assert myna("ingest", file, "--month", "2026-10").answer["outcome"] == "loaded"


def test_a_month_with_too_many_bad_rows_is_mended_by_a_better_file(own_home, myna):
    bad = changed(NEXT, "102", state="9")
    words = ["ingest", put(own_home, bad), "--month", "2026-10"]
    assert myna(*words, "--confirm", "SUSPICIOUS_DROP").answer["quarantined"] == 40
    stopped = myna("publish", "--month", "2026-10")
    assert (stopped.answer["error"], "--replace で" in stopped.answer["fix"]) == (
        "TOO_MANY_QUARANTINED",
        True,
    )
    put(own_home, NEXT)
    mended = myna(*words, "--replace").answer
    assert (mended["outcome"], mended["quarantined"]) == ("loaded", 0)


def test_an_original_that_was_edited_is_replaced_by_the_file_that_came(own_home, myna):
    [original] = own_home.originals.glob("2026-09-*.csv")
    came = original.read_bytes()
    original.chmod(0o600)
    original.write_bytes(content(changed(SEEN, "103", certificate_flag="1")))
    words = ["ingest", original, "--month", "2026-09", "--replace"]
    assert "送り主から受け取り直したファイル" in myna(*words).answer["fix"]
    original.write_bytes(came)
    assert myna(*words).answer["outcome"] == "no_op"
    assert myna("check").answer["errors"] == []
