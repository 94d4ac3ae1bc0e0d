"""健保の名簿：だれが載るかを、届いたファイルを一行ずつ数えて突き合わせる。載ってはならない人は、何をしても載らない。"""

import csv
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import duckdb
import pytest
from months import Person, slow_status
from openpyxl import load_workbook
from societies import MONTHS, SIZES, SmallSociety, everybody

from mynalib.capsules.catalogue import EDITIONS
from mynalib.capsules.editions import make_capsule
from mynalib.capsules.publication import open_publication
from mynalib.disclosure import released as door
from mynalib.disclosure.released import SOCIETY_LISTS, Terms
from mynalib.domain.classification import ACTIONS
from mynalib.domain.errors import Refused
from mynalib.domain.months import Month
from mynalib.domain.params import load_params
from mynalib.domain.person import person_key
from mynalib.history.contradictions import read_memory
from mynalib.history.home import Home
from mynalib.history.months import kept_months
from mynalib.history.overlays import read_overlays
from mynalib.insight.capsule import Capsule
from mynalib.insight.display import words
from mynalib.jobs.exports import write_products
from mynalib.release.society_check import society_problems
from mynalib.reminders.handover import post_letters

pytestmark = pytest.mark.large

LONG = bool(os.environ.get("MYNA_LONG"))
TO_REMIND = ("link", "renew", "renew_then_link")
HOMES = ("120", "901")  # 事業所のリストに載らない記号
[EDITION] = [one for one in EDITIONS if one.audience == "staff"]
Key = tuple[str, str, str]


def cut(society: SmallSociety, room: Path) -> tuple[Capsule, Path]:
    """健保の名簿のカプセルと、手紙・鍵・名簿のファイルのフォルダー（ノートブックは動かさない）。"""
    publication = open_publication(society.home, society.params, MONTHS[1])
    folder = make_capsule(publication, EDITION, room / "capsule")
    out = room / "out"
    out.mkdir()
    write_products(EDITION.products, Capsule.read(folder), out)
    return Capsule.read(folder), out


def keys_of(capsule: Capsule, name: str) -> list[Key]:
    rows = capsule.table(name)
    return [tuple(row) for row in rows[["symbol", "number", "branch"]].itertuples(index=False)]


def change(society: SmallSociety, name: str, *swaps: tuple[str, str]) -> None:
    file = society.home.params / name
    text = file.read_text(encoding="utf-8")
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


def read_csv(path: Path, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return [*csv.DictReader(file)]


# だれが載るか：遅い数え方


def on_file(line: list[str]) -> Person:
    """届いたファイルの一行。"""
    day = [f"{text[:4]}-{text[4:6]}-{text[6:]}" if text else None for text in line[4:6]]
    codes = [int(text) if text else None for text in line[6:8]]
    return Person(line[1], line[0], line[2], int(line[3]), *map(_date, day), *codes)


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def kept_off(home: Home, month: Month) -> set[Key]:
    """名簿（撤回していない行）、食い違いの記憶、返納者の人。記憶だけは、別に試してあるので、読むだけ。"""
    found: set[Key] = set()
    for name in ("optout", "pending_cancellation", "never_contact"):
        for row in read_csv(home.registers / f"{name}.csv", "cp932"):
            found |= set() if row.get("撤回日") else {person_key(*list(row.values())[:3])}
    params = load_params(home.params)
    entries = read_overlays(home, params, kept_months(home)).entries
    memory = read_memory(home, params, entries).to_dict("records")
    found |= {
        (row["symbol_key"], row["number_key"], row["branch"])
        for row in memory
        if row["since"] <= str(month) and (not row["until"] or row["until"] > str(month))
    }
    with duckdb.connect() as db:
        for path in home.returners.glob("*.parquet"):
            rows = db.read_parquet(str(path)).df().itertuples()
            found |= {person_key(row.symbol, row.number, row.branch) for row in rows}
    return found


def test_the_demos_lists_equal_a_count_of_the_received_file(demo_home, demo_release):
    month = Month.parse(demo_release.name[:7])
    [original] = demo_home.originals.glob(f"{month}*.csv")
    lines = original.read_bytes().decode("cp932", "replace").splitlines()
    with duckdb.connect() as db:
        [kept] = demo_home.months.glob(f"{month}*")
        bad = {*db.read_parquet(str(kept / "quarantine.parquet")).df().line}
    good = (line for at, line in enumerate(lines, 1) if at > 1 and at not in bad)
    people = [on_file(line.split(",")) for line in good if line.startswith(HOMES)]
    off = kept_off(demo_home, month)
    expected = [
        (*one.on_file, slow_status(one)[1])
        for one in people
        if slow_status(one)[1] in TO_REMIND and person_key(*one.on_file) not in off
    ]
    keys = read_csv(demo_release / "internal" / "lists" / "letter_keys_架空データ.csv")
    listed = [tuple([*row.values()][4:]) for row in keys]
    assert sorted(listed) == sorted((*key, ACTIONS[action]) for *key, action in expected)
    assert len(expected) > 20


def test_the_three_files_hold_exactly_whom_the_society_reminds(_published):
    folder = _published / "reports" / str(MONTHS[1]) / "internal" / "lists"
    expected = {
        tuple(line.split(",")[:3])
        for line in everybody()
        if line.startswith(("120,", "901,")) and line.split(",")[3] == "0"
    }
    keys = read_csv(folder / "letter_keys.csv")
    assert [*keys[0]] == [
        "手紙の通し番号",
        "世帯",
        "世帯の何枚目",
        "世帯の枚数",
        "記号",
        "番号",
        "枝番",
        "勧奨の内容",
    ]
    assert {(row["記号"], row["番号"], row["枝番"]) for row in keys} == expected
    book = load_workbook(folder / "society_list.xlsx")
    assert book.sheetnames == ["手紙を出す方", "要確認の方", "お取り扱い"]
    sheet = book["手紙を出す方"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
    assert {tuple(row[2:5]) for row in rows} == expected
    assert {cell.data_type for row in sheet.iter_rows(min_row=3) for cell in row} == {"s"}


def test_one_row_of_each_household_says_how_many_sheets_its_envelope_holds(_published):
    folder = _published / "reports" / str(MONTHS[1]) / "internal" / "lists"
    keys = read_csv(folder / "letter_keys.csv")
    homes = Counter((row["記号"], row["番号"]) for row in keys)
    first = [row for row in keys if row["世帯の何枚目"] == "1"]
    assert {(row["記号"], row["番号"]): int(row["世帯の枚数"]) for row in first} == homes
    assert len(first) == len(homes) < len(keys)
    for row in keys:
        own = [one["世帯の何枚目"] for one in keys if one["世帯"] == row["世帯"]]
        assert own == [str(at) for at in range(1, int(row["世帯の枚数"]) + 1)]


def test_the_key_file_is_text_in_every_cell_with_a_mark_for_excel(_published):
    file = _published / "reports" / str(MONTHS[1]) / "internal" / "lists" / "letter_keys.csv"
    content = file.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf") and content.count(b"\r\n") == content.count(b"\n")
    for line in content.decode("utf-8-sig").splitlines():
        assert all(cell[0] == cell[-1] == '"' for cell in line.split(","))


def test_why_the_society_reminds_is_said_for_each(small, tmp_path):
    change(
        small,
        "society.yaml",
        ("    by: employer ", "    by: {link: employer, renew: society} "),
        ('{symbol: "901", kind: 任意継続}', '{symbol: "901", kind: 特例退職}'),
    )
    change(small, "joint_use.yaml", ("dependants: include", "dependants: exclude"))
    capsule, _ = cut(small, tmp_path)
    rows = capsule.table("people")
    for row in rows.itertuples():
        family = row.branch != "00"
        expected = "dependants" if family else "by_renew"
        expected = {"120": "staff", "901": "retired"}.get(row.symbol, expected)
        assert row.whose == expected
    assert {*rows.whose} == {"dependants", "by_renew", "staff", "retired"}
    counts = capsule.table("counts")
    assert counts.people.sum() == len(rows)
    assert counts.set_index("whose").households.staff == rows[rows.symbol == "120"].number.nunique()


def test_whoever_was_written_to_rests(small, tmp_path):
    publication = open_publication(small.home, small.params, MONTHS[1])
    told = publication.opened.posted[["symbol", "number", "branch", "action", "attempt"]]
    post_letters(small.home, small.params, MONTHS[0], "2026-09", means="郵送", rows=told)
    capsule, out = cut(small, tmp_path)
    assert keys_of(capsule, "people") == []
    page = (out / "letters.html").read_text(encoding="utf-8")
    assert "いません（0 人）" in page and "<h2>" not in page


# 要確認の方、カードを返納した方

CONTRADICTED = "1,20240401,20250301,1,0"
RETURNED = "0,20240401,20250301,3,0"


def with_rows(folder: Path, facts: dict[str, str]) -> SmallSociety:
    """はじめの鍵の人の事実を変えた、小さな組合。"""
    lines = [
        ",".join([*line.split(",")[:3], facts.get(",".join(line.split(",")[:3]), "")]).rstrip(",")
        if ",".join(line.split(",")[:3]) in facts
        else line
        for line in everybody()
    ]
    return SmallSociety.found(folder, lines)


@pytest.fixture(scope="module")
def troubled(tmp_path_factory) -> SmallSociety:
    """事業所の人と、事業所のない人に、要確認の人と、カードを返納した人がいる組合。"""
    facts = {
        "101,1015001,00": CONTRADICTED,
        "901,9015001,00": CONTRADICTED,
        "102,1025002,00": RETURNED,
        "901,9015002,01": RETURNED,
    }
    return with_rows(tmp_path_factory.mktemp("troubled") / "home", facts)


def copy_of(society: SmallSociety, folder: Path) -> SmallSociety:
    return SmallSociety(Home(Path(shutil.copytree(society.home.root, folder))))


def test_people_in_review_are_listed_with_the_reason_and_how_long(troubled, tmp_path):
    capsule, _ = cut(troubled, tmp_path)
    rows = capsule.table("review")
    assert keys_of(capsule, "review") == [("101", "1015001", "00"), ("901", "9015001", "00")]
    assert [*rows.columns] == SOCIETY_LISTS["review"]
    assert {*rows.why} == {"要確認：本人解除の後に登録済・証明書失効"}
    assert {*rows.since} == {"2026年9月"} and {*rows.age} == {1}
    assert not {*keys_of(capsule, "review")} & {*keys_of(capsule, "people")}


def test_a_contradiction_between_months_is_listed_since_it_was_found(tmp_path):
    society = with_rows(tmp_path / "home", {"101,1015001,00": "0,20240401,20250301,1,1"})
    lines = [
        line.replace("101,1015001,00,0,20240401,20250301,1,1", "101,1015001,00,0,,,,1")
        for line in everybody()
    ]
    society.ingest(MONTHS[1], [*lines], replace=True)
    (tmp_path / "room").mkdir()
    capsule, _ = cut(society, tmp_path / "room")
    [row] = capsule.table("review").itertuples()
    assert (row.number, row.why, row.since, row.age) == (
        "1015001",
        "本人の申請による解除が、消えた",
        "2026年10月",
        0,
    )


def test_the_review_list_and_the_intake_page_count_the_same_people(troubled, tmp_path):
    publication = open_publication(troubled.home, troubled.params, MONTHS[1])
    review = next(one for one in EDITIONS if one.notebook == "01_intake_review")
    counted = Capsule.read(make_capsule(publication, review, tmp_path / "01")).table("review")
    capsule, _ = cut(troubled, tmp_path)
    assert counted.members.sum() == len(capsule.table("review"))


def test_a_returned_card_is_listed_only_when_the_policy_says_so(troubled, tmp_path):
    society = copy_of(troubled, tmp_path / "home")
    (tmp_path / "off").mkdir()
    capsule, out = cut(society, tmp_path / "off")
    assert "returned" not in capsule.facts["tables"]
    assert "カードを返納した方" not in load_workbook(out / "society_list.xlsx").sheetnames
    change(society, "society.yaml", ("list_card_returned: false", "list_card_returned: true"))
    society.object_to("102,1025002,00")
    (tmp_path / "on").mkdir()
    capsule, out = cut(society, tmp_path / "on")
    assert keys_of(capsule, "returned") == [("901", "9015002", "01")]
    assert "カードを返納した方" in load_workbook(out / "society_list.xlsx").sheetnames
    assert ("901", "9015002", "01") not in keys_of(capsule, "people")
    society.publish()
    listed = read_csv(society.release / "internal" / "society_listed.csv")
    assert [row["number"] for row in listed if row["list"] == "returned"] == ["9015002"]


def test_lists_are_not_made_for_an_older_month(small, tmp_path):
    publication = open_publication(small.home, small.params, MONTHS[0])
    with pytest.raises(Refused) as stop:
        make_capsule(publication, EDITION, tmp_path / "capsule")
    assert stop.value.code == "STALE_MONTH"


# 申し出た人のことで、何も変わらない

FACTS = ["0,,,,1", "0,,,,0", "1,20240401,,,1", "1,20240401,,,0", "0,20240401,20250301,1,1"]
FACTS += ["0,20240401,20250301,2,0", RETURNED, CONTRADICTED]
OBJECTORS = [("901", "9015001", "00"), ("120", "1205001", "00"), ("101", "1015001", "00")]


def written(folder: Path, lines: Iterable[str], room: Path) -> dict[str, bytes]:
    """申し出た三人（退職とも書いてある）のいる組合の、健保の名簿の全てのファイル。"""
    society = SmallSociety.found(folder, lines)
    rows = [",".join([*key, "2026-05-01", "", "退職"]) for key in OBJECTORS]
    text = ["被保険者証記号,被保険者証番号,被保険者証枝番,申出日,撤回日,処理", *rows, ""]
    (society.home.registers / "optout.csv").write_bytes("\r\n".join(text).encode("utf-8-sig"))
    change(society, "society.yaml", ("list_card_returned: false", "list_card_returned: true"))
    room.mkdir()
    capsule, out = cut(society, room)
    files = [*out.iterdir(), *capsule.folder.glob("*.parquet")]
    return {path.name: path.read_bytes() for path in files}


def changed(rng: random.Random) -> list[str]:
    """申し出た人の行の、鍵のほかのどれかを変えるか、行を消す。"""
    lines = []
    for line in everybody():
        cells = line.split(",")
        if tuple(cells[:3]) not in OBJECTORS:
            lines.append(line)
        elif rng.random() < 0.6:
            facts = rng.choice(FACTS)
            lines.append(",".join([*cells[:3], facts]))
    return lines


@pytest.mark.long
def test_changing_or_deleting_an_objectors_row_changes_no_byte_of_letters_or_lists(tmp_path):
    before = written(tmp_path / "home", everybody(), tmp_path / "room")
    assert {name.split(".")[0] for name in before} >= {"letters", "letter_keys", "society_list"}
    for trial in range(100 if LONG else 5):
        lines = changed(random.Random(trial))
        found = written(tmp_path / f"home{trial}", lines, tmp_path / f"room{trial}")
        assert found == before, f"試し {trial}"
        shutil.rmtree(tmp_path / f"home{trial}")


def test_an_objector_takes_only_his_own_letter_with_him(small, tmp_path):
    (tmp_path / "before").mkdir()
    before, _ = cut(small, tmp_path / "before")
    gone = keys_of(before, "people")[0]
    small.object_to(",".join(gone))
    (tmp_path / "after").mkdir()
    after, _ = cut(small, tmp_path / "after")
    assert keys_of(after, "people") == keys_of(before, "people")[1:]


# 出来たものを開き直す


def test_nobodys_number_stands_where_it_may_not(_published):
    """健保の名簿の人の番号は、健保の名簿と資格確認書の係、健保の内部に残す表にだけ。手紙にもない。"""
    release = _published / "reports" / str(MONTHS[1])
    numbers = [
        f"{symbol}{5000 + at // 2}".encode() for symbol in HOMES for at in range(SIZES[symbol])
    ]
    allowed = (
        "internal/lists/",
        "internal/desk/",
        "internal/listed.csv",
        "internal/society_listed.csv",
    )
    found = set()
    for path in (path for path in release.rglob("*") if path.suffix in (".html", ".csv", ".json")):
        place = path.relative_to(release).as_posix()
        if any(number in path.read_bytes() for number in numbers):
            found.add(place)
            assert place.startswith(allowed) and "letters" not in place, place
    assert {"internal/lists/index.html", "internal/lists/letter_keys.csv"} <= found


def swap_rows(release: Path) -> None:
    file = release / "internal" / "lists" / "letter_keys.csv"
    head, first, second, *rest = file.read_bytes().split(b"\r\n")
    mixed = [
        first.split(b",")[:4] + second.split(b",")[4:],
        second.split(b",")[:4] + first.split(b",")[4:],
    ]
    file.write_bytes(b"\r\n".join([head, *(b",".join(row) for row in mixed), *rest]))


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    def apply(release: Path) -> None:
        file = release / "internal" / name
        text = file.read_bytes().decode()
        assert old in text
        file.write_bytes(text.replace(old, new, 1).encode())

    return apply


def remove(name: str) -> Callable[[Path], None]:
    return lambda release: (release / "internal" / "lists" / name).unlink()


def drop_last_row(sheet: str) -> Callable[[Path], None]:
    def apply(release: Path) -> None:
        file = release / "internal" / "lists" / "society_list.xlsx"
        book = load_workbook(file)
        book[sheet].delete_rows(book[sheet].max_row)
        book.save(file)

    return apply


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (swap_rows, "手紙を出すはずの人と違う"),
        (edit("lists/letter_keys.csv", "利用登録", "更新"), "手紙を出すはずの人と違う"),
        (edit("lists/letter_keys.csv", '"000-0001"', '"000-0009"'), "鍵の通し番号と違う"),
        (edit("lists/letters.html", '<p class="serial">000-0002</p>', ""), "鍵の通し番号と違う"),
        (edit("lists/letters.html", "<h2>マイナ保険証の", "<h2>ほかの"), "違う題がある"),
        (edit("society_listed.csv", "901,9015001,00", "901,9015009,00"), "手紙を出すはずの人と違う"),
        (drop_last_row("手紙を出す方"), "「手紙を出す方」の枚が"),
        (remove("letter_keys.csv"), "手紙がない"),
        (remove("letters.html"), "手紙がない"),
        (remove("society_list.xlsx"), "手紙がない"),
    ],
)  # fmt: skip
def test_whatever_is_wrong_in_the_three_files_is_found(published, damage, said):
    paths = [p.relative_to(published.release).as_posix() for p in published.release.rglob("*.*")]
    assert [*society_problems(published.release, paths)] == []
    damage(published.release)
    assert any(said in one.what for one in society_problems(published.release, paths))


def test_letters_of_another_kind_under_the_same_title_are_found(published):
    file = published.release / "internal" / "lists" / "letters.html"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("電子証明書の更新と、利用登録のご案内", "マイナ保険証の利用登録のご案内"),
        encoding="utf-8",
    )
    paths = [p.relative_to(published.release).as_posix() for p in published.release.rglob("*.*")]
    [problem] = society_problems(published.release, paths)
    assert "同じ題" in problem.what


def test_a_number_in_a_letter_stops_the_release(small):
    text = (small.home.texts / "letters.yaml").read_text(encoding="utf-8")
    new = text.replace("次の受診から", "9015001 次の受診から")
    (small.home.texts / "letters.yaml").write_text(new, encoding="utf-8")
    with pytest.raises(Exception, match="ここに載ってはならない番号"):
        small.publish()


def test_only_the_society_and_only_the_agreed_columns_pass_the_door(small, tmp_path):
    capsule, _ = cut(small, tmp_path)
    people = capsule.table("people")
    staff, others = (
        capsule.terms,
        [Terms(one, {}) for one in ("named", "internal", "wide", "employer")],
    )
    assert len(door.society_list("people", people, staff).frame) == len(people)
    for terms in others:
        with pytest.raises(ValueError):
            door.society_list("people", people, terms)
    with pytest.raises(ValueError):
        door.society_list("people", people.assign(cancel_kind=1), staff)


def test_the_page_says_how_to_handle_and_how_many(_published):
    page = (
        _published / "reports" / str(MONTHS[1]) / "internal" / "lists" / "index.html"
    ).read_text(encoding="utf-8")
    for line in words("society_list")["handling"]:
        assert line in page
    assert (
        "2026年10月31日時点" in page and "任意継続の方" in page and "健保の職員とその家族" in page
    )
