"""一年を月ごとに暮らし、したことを台帳とは別の日記に付け、監査と個人データの点検の全ての行と、突き合わせる。台帳を変えれば、見つかる。"""

import json
import os
import pickle
import random
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from handing import DEPARTMENT, answered, hand_over, opened, record, set_policy
from hypothesis import given, settings
from hypothesis import strategies as st
from societies import HEADER, KEPT_EMPLOYERS, MONTHS, SmallSociety, everybody

from mynalib.capsules.kept_tables import LISTED_FILE, read_listed
from mynalib.demo import make_society
from mynalib.domain.months import Month
from mynalib.history import clock
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger, LedgerBroken
from mynalib.history.released import releases
from mynalib.history.vouching import require_vouched
from mynalib.insight.bench import open_bench
from mynalib.verbs.audit import audit
from mynalib.verbs.explain import explain, read_key
from mynalib.verbs.ingest import ingest
from mynalib.verbs.init import found
from mynalib.verbs.posted import record_posted
from mynalib.verbs.publish import publish
from mynalib.verbs.purge import purge
from mynalib.verbs.recall import recall_list
from mynalib.verbs.record import confirm_receipt
from mynalib.verbs.withdraw import withdraw_lists, withdraw_month, withdraw_release

LONG = bool(os.environ.get("MYNA_LONG"))
YEAR = [MONTHS[1].plus(at - 11) for at in range(12)]
WHOLE = date(2025, 1, 1), date(2027, 12, 31)
WHO = "試験の係"
NAMES = {"E01": "株式会社日本旅行", "E02": "株式会社日旅産業", "E03": "株式会社ジャッツ"}
ITEMS = "被保険者証記号、被保険者証番号、被保険者証枝番、本人／家族、どの勧奨か、何回目か"
NOT_HANDED = "前の月のリストを、手渡したと記録していない事業所がある"
NO_RECEIPT = "受領書の返っていない手渡しがある"
KEY = "102,1025001,00"


@dataclass(frozen=True)
class Deed:
    """日記の一行：した日、種類の言い方、そのあとに言うはずのこと。"""

    on: date
    label: str
    told: tuple[str, ...]

    @property
    def line(self) -> str:
        return "　".join((str(self.on), f"操作 {WHO}", *self.told))


@dataclass
class Given:
    """一つの手渡し：相手、月、その日、監査が相手とリストを言う文、返ったもの、取り戻した日。"""

    number: str
    unit: str
    month: Month
    on: date
    rows: int
    told: tuple[str, ...]
    receipt: bool = False
    recalled: date | None = None


@dataclass
class Year:
    """一つの組合の一年。diary は、台帳を見ずに付ける。

    names は事業所の名、files は月ごとに届くファイル、registers はその日までの名簿、special は月ごとの、20 日にすること、
    pages は、公開した月から、点検のページの数と、日記の数へ。
    """

    society: SmallSociety
    room: Path
    names: dict[str, str]
    files: dict[Month, bytes]
    registers: Callable[[date], dict[str, bytes]]
    special: list[list[Callable[["Year"], None]]]
    month: Month = YEAR[0]
    diary: list[Deed] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
    pages: dict[Month, tuple[dict, dict]] = field(default_factory=dict)

    @property
    def place(self) -> tuple:
        return self.society.home, self.society.params

    def note(self, label: str, *told: str) -> None:
        self.diary.append(Deed(clock.today(), label, told))

    def last_given(self) -> Given:
        """E02 に手渡した、いちばん新しいリスト。"""
        return [one for one in self.given if one.unit == "E02"][-1]

    def lines(self, first: date, last: date) -> dict[str, list[str]]:
        """その期間の日記。種類ごと。"""
        told: dict[str, list[str]] = {}
        for deed in self.diary:
            if first <= deed.on <= last:
                told.setdefault(deed.label, []).append(deed.line)
        return told

    def unfinished(self) -> dict[str, int]:
        """いま公開するページが、手渡しについて、済んでいないと言うはずのこと。"""
        before = self.month.plus(-1)
        standing = [one for one in self.given if not one.recalled and one.month < self.month]
        units = {one.unit for one in standing if one.month == before}
        waiting = [one for one in standing if one.unit in self.names and not one.receipt]
        missing = len(({*self.names} - units) & self.listed_in(before))
        counts = {NOT_HANDED: missing, NO_RECEIPT: len(waiting)}
        return {todo: count for todo, count in counts.items() if count}

    def listed_in(self, month: Month) -> set[str]:
        """公開したその月のリストに、だれかが載った事業所。0 人のリストは、渡さなくてよい。"""
        if month not in self.pages:
            return set()
        listed = read_listed(releases(self.society.home)[month] / LISTED_FILE)
        return {*listed[listed.on_list].employer_id}


def page_of(release: Path) -> dict:
    """点検のページの CSV の数：その月にしたことと、済んでいないこと。一つもない表には、CSV がない。"""
    names = ("deeds_*.csv", "unfinished_*.csv")
    files = [file for name in names for file in (release / "internal").glob(name)]
    rows = [row for file in files for row in pd.read_csv(file).itertuples(index=False)]
    return {row[0]: row[-1] for row in rows}


def small_year(folder: Path) -> Year:
    """三つの事業所の組合。五人に一人は、その月に登録している。"""
    society = SmallSociety(found(folder / "home"))
    for path in (society.home.params / "employers").glob("*.yaml"):
        if path.stem not in KEPT_EMPLOYERS:
            path.unlink()
    set_policy(society, "min_gap_months: 3 ", "min_gap_months: 2 ")
    lived = YEAR if LONG else YEAR[-3:]
    special = [SPECIAL[at :: len(lived)] for at in range(len(lived))]
    files = {month: small_file(month) for month in [*lived, lived[-1].plus(1)]}
    return Year(society, folder, NAMES, files, lambda _: {}, special, lived[0])


def small_file(month: Month) -> bytes:
    rng = random.Random(str(month))
    registered = f"1,{month.end:%Y%m}01,,,1"
    lines = [line.replace("20260310", "20250310") for line in everybody()]  # どの月よりも前の日
    lines = [line.replace("0,,,,1", registered) if rng.random() < 0.2 else line for line in lines]
    return "\r\n".join([HEADER, *lines, ""]).encode("cp932")


def demo_year(folder: Path) -> Year:
    """架空の組合の、あとの十二か月。はじめの十二か月は、取り込んである。"""
    made = make_society(YEAR[-1])
    society = SmallSociety(found(folder / "home", demo=True))
    confirmed = ", ".join(str(month) for month in made.files)
    set_policy(society, "leavers_confirmed: []", f"leavers_confirmed: [{confirmed}]")
    set_policy(society, "min_gap_months: 3 ", "min_gap_months: 2 ")
    names = {one.id: one.name for one in society.params.employers if one.id != "KENPO"}
    files = {**made.files}
    files[YEAR[-1].plus(1)] = files[YEAR[-1]]
    # 返ってきた表は、名簿に行を足す。あとから名簿を置きかえないように、終わりの月に
    special = [
        *([each] for each in SPECIAL[1:]),
        *([] for _ in SPECIAL[6:]),
        [],
        [],
        [],
        [objection],
    ]
    year = Year(society, folder, names, files, made.registers_on, special)
    for month in [month for month in files if month < YEAR[0]]:
        with clock.on(month.plus(1).end.replace(day=5)):
            arrived(year, month)
    return year


def arrived(year: Year, month: Month) -> None:
    """その日までの申出を名簿に書き、その月のファイルを取り込む。"""
    for name, content in year.registers(clock.today()).items():
        (year.society.home.registers / name).write_bytes(content)
    file = year.society.home.inbox / f"{month}.csv"
    file.write_bytes(year.files[month])
    ingest(*year.place, file, month, confirm=("SUSPICIOUS_CHANGE", "STALE_COPY"))


def released(year: Year, because: str = "") -> None:
    made = publish(*year.place, year.month, because=because)
    assert made.outcome == "released"
    year.note("公開", made.folder.name)
    first = year.month.end.replace(day=1)
    deeds = {label: len(told) for label, told in year.lines(first, year.month.end).items()}
    year.pages[year.month] = page_of(made.folder), deeds | year.unfinished()


def give(year: Year, unit: str, done: dict, *more: str) -> None:
    """手渡しか郵送を、日記に。"""
    to = (year.names[unit], DEPARTMENT[unit]) if unit in year.names else ("自宅への手紙",)
    told = (*to, f"{year.month} のリスト {done['rows']:,} 人")
    month, today = year.month, clock.today()
    year.given.append(Given(done["handover"], unit, month, today, done["rows"], told))
    year.note("手渡し・郵送", *told, *more, "お知らせ 第1版")


def handed_over(year: Year) -> None:
    """E02 には毎月、E01 には一月おきに手渡す。手紙は、四月ごとに出す。"""
    at = YEAR.index(year.month)
    for unit in ["E02", *["E01"][at % 2 :]]:
        done = hand_over(year.society, unit, name=year.names[unit])
        give(year, unit, done, "手段 社内便", "暗号化", f"項目 {ITEMS}")
    if at % 4 == 1:
        done = record_posted(*year.place, "郵送", None)
        give(year, "LETTERS", done, "手段 郵送", "暗号化なし")


def receipt(year: Year) -> None:
    last = year.last_given()
    confirm_receipt(*year.place, last.number)
    last.receipt = True
    year.note("受領書", *last.told)


def objection(year: Year) -> None:
    last = year.last_given()
    content = opened(year.society, {"file": f"{last.number}.xlsx"})
    sheet = answered(content, year.room / "返ってきた表.xlsx", {0: "不同意の申出"})
    assert record(year.society, sheet)["objections"] == 1
    year.note("返ってきた表", *last.told, "不同意 1、在籍なし 0")


def recall(year: Year) -> None:
    last = year.last_given()
    recall_list(*year.place, last.number, "誤って送った")
    last.recalled = clock.today()
    year.note("取り戻し", *last.told, "理由：誤って送った")


def look(year: Year) -> None:
    """一人について尋ねられ、作業台で鍵を見る。"""
    explain(*year.place, read_key(KEY), "本人からの尋ね")
    year.note("本人についての尋ね", "理由：本人からの尋ね")
    open_bench(year.society.home.root).unmask("隔離の確かめ")
    year.note("作業台で鍵を見せた", "理由：隔離の確かめ")


def clear(year: Year) -> None:
    """保存期間の過ぎたものを、見てから消す。見せた件数が、そのまま残る。"""
    planned = purge(*year.place)["kinds"]
    assert planned == purge(*year.place, because="期限", really=True)["kinds"] != {}
    said = [
        f"{label} {count:,} 件（{first if first == last else f'{first}〜{last}'}）"
        for label, (count, first, last) in planned.items()
    ]
    year.note("消去", "、".join(said), "理由：期限")


def redo(year: Year) -> None:
    """公開を取り下げ、もう一度公開する。"""
    name = [deed for deed in year.diary if deed.label == "公開"][-1].told[0]
    withdraw_release(*year.place, name, "版を誤った")
    year.note("公開の取り下げ", name, "理由：版を誤った")
    released(year, "版を誤ったため")


def drop_lists(year: Year) -> None:
    withdraw_lists(*year.place, year.month, "名簿が変わった")
    year.note("勧奨リストの取り下げ", str(year.month), "理由：名簿が変わった")


def wrong_month(year: Year) -> None:
    """別の月のファイルを、次の月のものとして取り込み、取り消す。"""
    mistaken = year.month.plus(1)
    with clock.on(mistaken.plus(1).end.replace(day=1)):
        arrived(year, mistaken)
        withdraw_month(*year.place, mistaken, "別の月だった")
        year.note("取り込みの取り消し", str(mistaken), "理由：別の月だった")


SPECIAL: list[Callable[[Year], None]] = [
    objection,
    look,
    clear,
    drop_lists,
    recall,
    redo,
    wrong_month,
]
"""20 日にすること。月に配る。"""


def live(year: Year, at: int) -> None:
    """一か月：翌月の 5 日に届いて公開し、8 日に渡し、15 日に受領書が返り（三月に一度は、返らない）、20 日に、ほかのことがある。"""
    acting = year.month.plus(1).end
    with clock.on(acting.replace(day=5)):
        arrived(year, year.month)
        released(year)
    with clock.on(acting.replace(day=8)):
        handed_over(year)
    if at % 3 != 1:
        with clock.on(acting.replace(day=15)):
            receipt(year)
    with clock.on(acting.replace(day=20)):
        for special in year.special[at]:
            special(year)


def live_all(begin: Callable[[Path], Year], folder: Path) -> None:
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOGNAME", WHO)
        year = begin(folder)
        first = year.month
        for at in range(len(year.special)):
            year.month = first.plus(at)
            live(year, at)
    year.registers = None  # 置いておけないもの
    (folder / "year.pickle").write_bytes(pickle.dumps(year))


@pytest.fixture(
    scope="module",
    params=[small_year, pytest.param(demo_year, marks=pytest.mark.long(only=True))],
    ids=["小さな組合", "架空の組合"],
)
def year(once, request) -> Year:
    """試験は、読むだけ。"""
    begin = request.param
    place = once(f"audited_{begin.__name__}", partial(live_all, begin))
    return pickle.loads((place / "year.pickle").read_bytes())


pytestmark = [pytest.mark.large, pytest.mark.long]


def test_every_kind_of_deed_was_done(year):
    assert len({deed.label for deed in year.diary}) == len(audit(*year.place, *WHOLE)["counts"])


def test_the_audit_tells_every_deed_of_the_diary_and_no_other(year):
    found = audit(*year.place, *WHOLE)
    assert found["lines"] == year.lines(*WHOLE)
    received = b"".join(year.files.values()).decode("cp932", errors="replace")
    numbers = {*re.findall("^[^,]+,0*([0-9]+),", received, re.MULTILINE)}
    assert len(numbers) > 50
    assert not numbers & {*re.findall("[0-9]{5,}", json.dumps(found, ensure_ascii=False))}


@given(
    first=st.dates(date(2026, 7, 20), date(2027, 1, 10)), days=st.integers(0, 70 if LONG else 40)
)
@settings(max_examples=200 if LONG else 30)
def test_a_period_tells_the_deeds_of_its_days(year, first, days):
    last = first + timedelta(days)
    found, told = audit(*year.place, first, last), year.lines(first, last)
    assert found["lines"] == told
    assert +Counter(found["counts"]) == {label: len(lines) for label, lines in told.items()}


def test_each_recalled_list_has_the_sheet_of_its_incident(year):
    recalled = [one for one in year.given if one.recalled]
    sheets = audit(*year.place, *WHOLE)["incidents"]
    for one, sheet in zip(recalled, sheets, strict=True):
        known = one.recalled
        due = [known + timedelta(days) for days in (3, 5, 30)]
        assert sheet == [
            f"渡した先：{year.names[one.unit]}　{DEPARTMENT[one.unit]}",
            f"人数：{one.rows:,} 人",
            f"項目：{ITEMS}",
            "暗号化していた（合言葉は、ファイルとは別に伝えたもの）",
            f"渡した日：{one.on}　取り戻した日：{known}",
            f"報告が要るとき：速報は {due[0]}〜{due[1]}、確報は {due[2]} まで",
        ]


def test_the_privacy_page_of_each_month_tells_what_the_diary_tells(year):
    assert len(year.pages) == len(year.special)
    for month, (shown, expected) in year.pages.items():
        of_registers = {*shown} - {*expected, NOT_HANDED, NO_RECEIPT}
        assert all("名簿" in todo for todo in of_registers), month
        assert {name: shown.get(name) for name in expected} == expected, month
        assert {NOT_HANDED, NO_RECEIPT} & {*shown} <= {*expected}, month


def edited(lines: list[bytes], rng: random.Random) -> list[bytes]:
    """どれかの行の、どれかの数字を、別の数字に。"""
    at = rng.randrange(len(lines))
    places = [place for place, byte in enumerate(lines[at]) if chr(byte) in "0123456789"]
    place = rng.choice(places)
    other = rng.choice([digit for digit in b"0123456789" if digit != lines[at][place]])
    changed = bytearray(lines[at])
    changed[place] = other
    return [*lines[:at], bytes(changed), *lines[at + 1 :]]


def deleted(lines: list[bytes], rng: random.Random) -> list[bytes]:
    """終わりでない、どれかの行を除く（終わりの行は、cut）。"""
    at = rng.randrange(len(lines) - 1)
    return [*lines[:at], *lines[at + 1 :]]


def swapped(lines: list[bytes], rng: random.Random) -> list[bytes]:
    one, other = rng.sample(range(len(lines)), 2)
    mixed = [*lines]
    mixed[one], mixed[other] = lines[other], lines[one]
    return mixed


def cut(lines: list[bytes], rng: random.Random) -> list[bytes]:
    """受領の記録か受領書の指す行までのどこかで、終わりを切る。"""
    return lines[: rng.randrange(rng.tail)]


class Drawn(random.Random):
    """tail は、受領の記録か受領書の指す、終わりの行の次。"""

    tail = 0


@pytest.fixture(scope="module")
def copy(year, tmp_path_factory) -> Home:
    """台帳を変えてよい写し。"""
    place = tmp_path_factory.mktemp("changed") / "home"
    return Home(Path(shutil.copytree(year.society.home.root, place)))


def last_told(home: Home, lines: list[bytes]) -> int:
    """公開の受領の記録か、手渡しの紙にある印のうち、いちばん後の行。"""
    papers = [*home.reports.glob("*/receipt.json"), *home.outbox.glob("*.html")]
    said = "".join(paper.read_text(encoding="utf-8") for paper in papers)
    return max(at for at, line in enumerate(lines) if json.loads(line)["hash"] in said)


@pytest.mark.parametrize("change", [edited, deleted, swapped, cut])
@given(seed=st.integers(0, 10**9))
@settings(max_examples=250 if LONG else 15)
def test_a_ledger_changed_anywhere_is_found(year, copy, change, seed):
    lines = year.society.home.ledger.read_bytes().splitlines(keepends=True)
    rng = Drawn(seed)
    rng.tail = last_told(copy, lines) + 1
    copy.ledger.write_bytes(b"".join(change(lines, rng)))
    with pytest.raises(LedgerBroken):
        require_vouched(copy, None)


def test_the_ledger_as_it_was_is_sound(year, copy):
    copy.ledger.write_bytes(year.society.home.ledger.read_bytes())
    require_vouched(copy, None)
    assert len(Ledger(copy.ledger).lines()) > len(year.diary)
