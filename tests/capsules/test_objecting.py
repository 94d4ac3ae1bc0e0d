"""申出は見えない：申し出ても、やめても、健保の外で変わるのは、その人のリストの行と、リストの行を数えた数だけ。

何か月かを公開して、そのまま凍らせる。一つの試しは、いちばん新しい月を、同じところから二度作って比べる。一度に知らせる組合でも、半分ずつ
（staggered）でも。MYNA_LONG では、約束ごとに 600 ずつ（種はいつも同じ）。そのうちいくつかは、CSV と XLSX も、ノートブックを動かして
出来たページの全ても比べる。ほかは、カプセルと、リスト。
"""

import functools
import os
import random
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from unittest.mock import patch

import duckdb
import pandas as pd
import pytest
from lives import (
    LONG,
    SYMBOL,
    YEAR,
    People,
    Society,
    home_of,
    load,
    on,
    plain_products,
    release_tables,
)
from months import DAY, Person, never_linked, params_of, slow_status
from staggered import stagger

from mynalib.capsules.catalogue import EDITIONS, Edition
from mynalib.capsules.editions import make_capsule
from mynalib.capsules.publication import open_publication
from mynalib.domain.months import Month
from mynalib.history.home import Home
from mynalib.insight.capsule import Capsule
from mynalib.jobs.exports import write_products
from mynalib.reminders.sheet import book_name
from mynalib.verbs.publish import publish

pytestmark = [pytest.mark.large, pytest.mark.long]

MONTHS = YEAR[-4:]
NEWEST = MONTHS[-1]
PAGES = 30 if LONG else 1
PARTS = 6 if LONG else 1
TRIALS = 100 if LONG else 2
"""一つの部分の試し。MYNA_LONG では、合わせて 600。"""
CROWD = 1000
"""半分ずつ知らせる組合の、はじめの月だけにいる、事業所のない世帯（くじには 1,000 世帯が要る）。"""
SIZES = {"E01": 50, "E02": 44, "E03": 38, "E04": 34}
HEADER = "被保険者証記号,被保険者証番号,被保険者証枝番,申出日,撤回日,処理"
DECIDED = "被保険者証記号,被保険者証番号,被保険者証枝番,判断,判断日,判断者"
TO_REMIND = ("link", "renew", "renew_then_link")

Artefacts = dict[str, bytes]
Key = tuple[str, str, str]


def review(number: str, symbol: str) -> Person:
    """本人の申請で解除したはずなのに、登録済の人（要確認）。いなくなっても、番号の変わったこの人かもしれない、日付の同じ人はいない。"""
    facts = {"registered_on": DAY, "cancelled_on": date(2025, 12, 22), "cancel_kind": 1}
    return Person(number, symbol, state=1, certificate_flag=0, **facts)


def keyed(one: Person) -> str:
    return ",".join(one.on_file)


@functools.cache
def year() -> tuple[People, ...]:
    """月ごとの、いる人。いつも同じ。"""
    society, months = Society(random.Random(12)), []
    for at, (employer, size) in enumerate(SIZES.items()):
        society.join(employer, size)
        kept_back = review(f"{SYMBOL[employer]}00490{at}", SYMBOL[employer])
        society.people[kept_back.key] = kept_back
    society.staying = {one.key for one in society.people.values()}
    for month in MONTHS:
        if month in MONTHS[-2:]:
            society.people |= {one.key: one for each in SIZES for one in newcomers(each, month)}
        months.append(dict(society.people))
        society.live(SIZES, 0.03)
    return tuple(months)


def newcomers(employer: str, month: Month) -> list[Person]:
    """その月に加わり、はじめて ❶ の要る六世帯。初めの三つは二人。"""
    symbol, first = SYMBOL[employer], 7000 + 100 * MONTHS.index(month)
    return [
        never_linked(f"{symbol}{first + at:06}", symbol=symbol, branch=branch)
        for at in range(6)
        for branch in (("00", "01") if at < 3 else ("00",))
    ]


def objectors() -> list[Person]:
    """申し出ている人：どの事業所からも、リストに載るはずだった四人。二人は前からいて、二人は、いちばん新しい月に加わった（家族のいる人と、一人の世帯）。偶数番目の人は、退職と書いてある。"""
    always = [one for key, one in year()[0].items() if key in year()[-1]]
    both = [one for one in always if slow_status(one)[1] in TO_REMIND]
    return [
        one
        for employer in SIZES
        for one in [
            *[one for one in both if one.symbol == SYMBOL[employer]][:2],
            *[one for one in newcomers(employer, NEWEST) if one.branch == "00"][2:4],
        ]
    ]


@dataclass(frozen=True)
class Change:
    """一つの試し。名簿に足す行（名簿の名から）と、申出をやめる人、いちばん新しい月のファイルの変え方。"""

    enter: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    withdraw: frozenset[str] = frozenset()
    people: People | None = None
    touched: frozenset[Key] = frozenset()


def write_registers(home: Home, change: Change, month: Month = NEWEST) -> None:
    """その月までの名簿。まだいない人の行は、書かない（当てはまらない行は、リストを止める）。"""
    rows, here = [], year()[MONTHS.index(month)]
    for at, one in enumerate(objectors()):
        if month != NEWEST and one.key not in here:
            continue
        ended = f"{NEWEST.end}" if keyed(one) in change.withdraw else ""
        rows.append(f"{keyed(one)},2026-05-01,{ended},{'退職' if at % 2 else ''}")
    for name in ("optout", "pending_cancellation", "never_contact", "decisions"):
        lines = [*(rows if name == "optout" else []), *change.enter.get(name, ())]
        text = [DECIDED if name == "decisions" else HEADER, *lines, ""]
        (home.registers / f"{name}.csv").write_bytes("\r\n".join(text).encode("utf-8-sig"))


@pytest.fixture(scope="session", params=[False, True], ids=["一度に", "半分ずつ"])
def frozen(once, request) -> Path:
    """公開した月々。いちばん新しい月は、まだ取り込んでいない。"""
    staggered = request.param

    def make(folder: Path) -> None:
        home = home_of(folder, SIZES)
        for key in (home.trials_key, home.levels_key):
            key.parent.mkdir(parents=True, exist_ok=True)
            key.write_bytes(b"k" * 32)
        if staggered:
            stagger(home)
        write_registers(home, Change(), MONTHS[0])
        for month, people in zip(MONTHS[:-1], year()[:-1], strict=True):
            crowd = CROWD if staggered and month == MONTHS[0] else 0
            outside = [never_linked(f"{at:05}", symbol="901") for at in range(crowd)]
            load(home, month, [*people.values(), *outside])
            release_tables(home, month)

    return once(f"frozen_year_{staggered}", make)


def trial_home(frozen: Path, folder: Path, change: Change) -> Home:
    """凍らせた一年の写しに、名簿と、いちばん新しい月。公開したものは、書きかえないので、写さずに同じファイルを指す。"""
    shutil.copytree(frozen / "reports", folder / "reports", copy_function=os.link)
    shutil.copytree(frozen, folder, ignore=shutil.ignore_patterns("reports"), dirs_exist_ok=True)
    home = Home(folder)
    write_registers(home, change)
    load(home, NEWEST, change.people or year()[-1])
    return home


FOR_ALL = ("wide", "notice")
INSIDE = ("internal", "staff", "desk")
"""健保の職員だけの版。申し出た人は、リストから消え、係には残る。"""


def artefacts(home: Home, only: str, what: str) -> Artefacts:
    """健保の外に出るものの元：カプセルと、攻撃の結果。only は、その事業所のものだけ。

    what が products なら、CSV と XLSX も。lists なら、リストのカプセルだけ（攻撃を待たない）。
    """
    found: Artefacts = {}
    with patch.dict(os.environ, {"MYNA_TODAY": on(NEWEST)}), tempfile.TemporaryDirectory() as room:
        publication = open_publication(home, params_of(home), NEWEST)
        employers = [
            one for one in publication.opened.params.notified(NEWEST.end) if only in ("", one.id)
        ]
        if not only and what != "lists":
            result = publication.outside.result
            found["wide/attack"] = repr(
                (sorted(result.open), result.coarser, result.asked, result.undecided)
            ).encode()
        for edition in (one for one in EDITIONS if wanted(one, what)):
            for employer in [None] if edition.audience in FOR_ALL else employers:
                if only and employer is None:
                    continue
                name = f"{employer.id if employer else 'wide'}/{edition.notebook}"
                folder = make_capsule(publication, edition, Path(room) / name / "capsule", employer)
                if what == "products":
                    out = Path(room) / name / "out"
                    out.mkdir()
                    write_products(plain_products(edition), Capsule.read(folder), out)
                files = (path for path in (Path(room) / name).rglob("*") if path.is_file())
                found |= {f"{name}/{path.name}": path.read_bytes() for path in files}
    return found


def wanted(edition: Edition, what: str) -> bool:
    if what == "lists":
        return edition.audience == "named"
    return edition.audience not in INSIDE


def pages(home: Home) -> Artefacts:
    """本当に公開した木。健保の内部と、manifest と receipt のほか。"""
    with patch.dict(os.environ, {"MYNA_TODAY": on(NEWEST)}):
        folder = publish(home, params_of(home), NEWEST).folder
    files = {
        path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()
    }
    hidden = ("internal/", "manifest.json", "receipt.json")
    return {name: path.read_bytes() for name, path in files.items() if not name.startswith(hidden)}


@pytest.fixture(scope="module")
def made(frozen, tmp_path_factory) -> Callable[..., Artefacts]:
    """(変え方, 作るもの, 事業所) → 作ったもの。何も変えないものは、全ての事業所のものを一度だけ作り、そこから取る。"""
    unchanged: dict[str, Artefacts] = {}

    def make(change: Change | None = None, what: str = "capsules", only: str = "") -> Artefacts:
        if change is None and what in unchanged:
            return of(only, unchanged[what])
        if change is None and only:
            return of(only, make(None, what))
        room = tmp_path_factory.mktemp("trial")
        home = trial_home(frozen, room / "home", change or Change())
        found = pages(home) if what == "pages" else artefacts(home, only, what)
        shutil.rmtree(room)
        if change is None:
            unchanged[what] = found
        return found

    return make


def of(only: str, found: Artefacts) -> Artefacts:
    """その事業所のもの（"" なら、全て）。"""
    return {name: content for name, content in found.items() if name.startswith(only)}


# 試し


def register_change(rng: random.Random) -> Change:
    """申出、解除の申請、連絡しない人、要確認の判断のどれかを、一人から三人が入れるか、申出をやめる。"""
    if rng.random() < 0.25:
        gone = rng.sample(objectors(), rng.randint(1, 3))
        return Change(
            withdraw=frozenset(map(keyed, gone)), touched=frozenset(one.key for one in gone)
        )
    if rng.random() < 0.25:
        suspects = [one for one in year()[-1].values() if slow_status(one)[1] == "review"]
        chosen = rng.sample(suspects, rng.randint(1, 2))
        rows = tuple(
            f"{keyed(one)},{rng.choice(['可', '否', '確認中'])},2026-11-10,係" for one in chosen
        )
        return Change({"decisions": rows}, touched=frozenset(one.key for one in chosen))
    chosen = rng.sample(sorted(year()[-1].values(), key=keyed), rng.randint(1, 3))
    name = rng.choice(["optout", "pending_cancellation", "never_contact"])
    rows = tuple(f"{keyed(one)},2026-11-10,," for one in chosen)
    return Change({name: rows}, touched=frozenset(one.key for one in chosen))


def changed_rows(rng: random.Random, people: People, keys: Iterable[Key], gone: float) -> People:
    """その人たちの行を、消すか、ほかの事実にする。"""
    found = dict(people)
    for key in keys:
        one = found[key]
        if rng.random() < gone:
            del found[key]
        else:
            flag = rng.choice([0, 1, None])
            day = DAY if rng.random() < 0.5 else None
            found[key] = replace(
                one, state=1 if day else 0, registered_on=day, cancelled_on=None, cancel_kind=None
            )
            found[key] = replace(found[key], certificate_flag=flag)
    return found


def objectors_rows(rng: random.Random) -> Change:
    """申し出た人の行が、変わるか、消える（消えるのは、退職と答えてある人）。"""
    chosen = rng.sample(list(enumerate(objectors())), rng.randint(1, 4))
    leavers = [one.key for at, one in chosen if at % 2]
    people = changed_rows(rng, year()[-1], leavers, 0.6)
    people = changed_rows(rng, people, [one.key for at, one in chosen if not at % 2], 0)
    return Change(people=people, touched=frozenset(one.key for _, one in chosen))


def others_rows(rng: random.Random, employer: str) -> Change:
    """ほかの事業所の人の行が、変わるか、消えるか、増える。申し出た人は、残る。"""
    staying = {one.key for at, one in enumerate(objectors()) if not at % 2}
    others = [key for key in year()[-1] if key[0] != SYMBOL[employer] and key not in staying]
    people = changed_rows(
        rng, year()[-1], rng.sample(others, rng.randint(1, len(others))), rng.random()
    )
    more = Society(rng, people, next_number=8000)
    more.join(rng.choice([one for one in SIZES if one != employer]), rng.randint(0, 60))
    return Change(people=more.people)


def lists_of(found: Artefacts) -> Artefacts:
    return {name: content for name, content in found.items() if "05_employer_reminders" in name}


def table(content: bytes) -> pd.DataFrame:
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file, duckdb.connect() as db:
        Path(file.name).write_bytes(content)
        return db.read_parquet(file.name).df()


def seen(without: Artefacts, found: Artefacts, touched: Iterable[Key]) -> Iterator[str]:
    """申出で、変わってよいもののほかに、変わったもの。"""
    numbers = {(symbol, number) for symbol, number, _ in touched}
    theirs = {
        next(employer for employer in SIZES if SYMBOL[employer] == symbol) for symbol, _ in numbers
    }
    if without.keys() != found.keys():
        yield "ファイルの並び"
    for name in without.keys() & found.keys():
        employer = name.partition("/")[0]
        if without[name] == found[name]:
            continue
        if employer not in theirs:
            yield f"{name}：ほかの読み手のもの"
        elif name.endswith("lists.parquet"):
            yield from _other_lengths(table(without[name]), table(found[name]))
        elif name.endswith("reminders.parquet"):
            yield from _other_lines(table(without[name]), table(found[name]), set(touched))
        elif not name.endswith(".xlsx"):
            yield f"{name}：リストではないもの"


def _other_lengths(before: pd.DataFrame, after: pd.DataFrame) -> Iterator[str]:
    if not before[:-1].equals(after[:-1]) or before.month.iloc[-1] != after.month.iloc[-1]:
        yield "前の月のリストの人数"


def _other_lines(before: pd.DataFrame, after: pd.DataFrame, touched: set[Key]) -> Iterator[str]:
    kept = [
        [
            row
            for row in rows.itertuples(index=False, name=None)
            if (row[0], row[1].lstrip("0"), row[2]) not in touched
        ]
        for rows in (before, after)
    ]
    if kept[0] != kept[1]:
        yield "ほかの人の行"


def turned_out(page: bytes) -> str:
    """リストの行を数えた数のほかの、ページの中身。"""
    text = page.decode()
    text = re.sub(r"<dt>[❶❷].*?</div>", "", text, flags=re.DOTALL)
    text = re.sub(
        r"<p class=.(?:paragraph|request).>この月にご案内をお願いする方は.*?</p>", "", text
    )
    return re.sub(
        rf'<tr><th scope="row" class="whole">{Month.parse(str(NEWEST)).label}</th>(<td class="number">\d+</td>){{12}}</tr>',
        "",
        text,
    )


def depth(trial: int) -> str:
    """カプセルだけか、CSV と XLSX も。"""
    return "capsules" if trial % 10 else "products"


def trials(law: str, part: int) -> Iterator[tuple[int, random.Random]]:
    """その約束の、その部分の、番号と種。"""
    for trial in range(part * TRIALS, (part + 1) * TRIALS):
        yield trial, random.Random(f"{law} {trial}")


@pytest.mark.parametrize("part", range(PARTS))
def test_entering_or_withdrawing_changes_only_that_persons_lines_and_what_counts_them(
    made, part, record_property
):
    effects = 0
    for trial, rng in trials("register", part):
        change, what = register_change(rng), depth(trial)
        without, found = made(None, what), made(change, what)
        assert list(seen(without, found, change.touched)) == [], f"試し {trial}"
        effects += without != found
    assert effects > TRIALS / 4, "申出は、リストを変えるはず"
    record_property("試し", TRIALS)


@pytest.mark.parametrize("part", range(PARTS))
def test_changing_or_deleting_an_objectors_row_changes_no_byte_of_a_list(
    made, part, record_property
):
    """率が変わりうることを一度見たあとは、リストだけを作る。"""
    effects = 0
    for trial, rng in trials("objector", part):
        change, what = objectors_rows(rng), depth(trial)
        what = "lists" if effects and what == "capsules" else what
        without, found = made(None, what), made(change, what)
        assert lists_of(found) == lists_of(without) != {}, f"試し {trial}"
        effects += found != without
    assert effects, "行が変われば、率は変わりうる"
    record_property("試し", TRIALS)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_other_employers_data_changes_a_byte_of_an_employers_artefacts(
    made, part, record_property
):
    for trial, rng in trials("others", part):
        employer = list(SIZES)[trial % len(SIZES)]
        change, what = others_rows(rng, employer), depth(trial)
        assert made(change, what, employer) == made(None, what, employer), f"試し {trial}"
    record_property("試し", TRIALS)


@pytest.mark.parametrize("frozen", [False, True][: 1 + LONG], indirect=True)
@pytest.mark.parametrize("trial", range(PAGES))
def test_the_rendered_pages_say_no_more(made, trial):
    rng, before, listed = random.Random(9000 + trial), made(what="pages"), made(what="lists")
    change = register_change(rng)
    # 知らせる人の申出でも、おくらせる半分の人なら、この月のリストは変わらない
    while made(change, what="lists") == listed:
        change = register_change(rng)
    if trial % 2:
        change = replace(others_rows(rng, "E01"), touched=frozenset())
    found = made(change, what="pages")
    differ = {name for name in before.keys() | found.keys() if before.get(name) != found.get(name)}
    if trial % 2:
        assert not [name for name in differ if name.startswith("employers/E01/")]
        return
    symbols = {symbol for symbol, _, _ in change.touched}
    theirs = {employer for employer in SIZES if SYMBOL[employer] in symbols}
    own = [(f"employers/{employer}/", employer) for employer in theirs]
    allowed = {
        f"{folder}{file}"
        for folder, employer in own
        for file in (
            "index.html",
            "reminders.html",
            book_name(employer, NEWEST, False),
            "lists.csv",
        )
    }
    assert differ and differ <= allowed
    for folder, _ in own:
        assert turned_out(before[f"{folder}index.html"]) == turned_out(found[f"{folder}index.html"])
