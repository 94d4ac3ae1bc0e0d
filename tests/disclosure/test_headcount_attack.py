"""頭数の攻撃：前の作りのページでは申し出た人が分かり、いまのページでは分からない。版の見分けと、ページの言葉も、同じ公開で確かめる。"""

import ast
import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
import pytest
from societies import KEPT_EMPLOYERS, SmallSociety, person

from mynalib.disclosure import released
from mynalib.domain.months import Month
from mynalib.domain.params import load_params
from mynalib.history.home import Home
from mynalib.history.tables import write_table
from mynalib.insight import display, level_chart, tables
from mynalib.insight.capsule import Capsule
from mynalib.insight.employer_page import EmployerPage
from mynalib.verbs.init import found
from mynalib.verbs.publish import publish

pytestmark = pytest.mark.large

SCRIPT = Path(__file__).parents[1] / "scripts" / "headcount_attack.py"
# 前の作り（21ad6ee）が公開した、事業所のページの加入者と、本当の頭数
OLD = Path(__file__).parents[1] / "headcount" / "old_pages.csv"
FIRST, LAST = Month.parse("2024-11"), Month.parse("2026-10")
MONTHS = [LAST.plus(-back) for back in range(3, -1, -1)]
HEADS = {"101": [60, 61, 63, 62], "102": [30, 31, 33, 32], "103": [3] * 4, "120": [10] * 4}
OBJECTORS = (
    "101,1015007,00",
    "101,1015008,01",
    "102,1025007,00",
    "102,1025008,01",
    "103,1035001,00",
)


def attacked(reports: Path, heads: Path) -> list[dict[str, str]]:
    """別の人の道具として、別のプロセスで動かした結果。"""
    command = [sys.executable, "-I", str(SCRIPT), str(reports), str(heads)]
    done = subprocess.run(
        command, capture_output=True, check=True, encoding="utf-8", env={"PYTHONUTF8": "1"}
    )
    return list(csv.DictReader(done.stdout.splitlines()))


def written(path: Path, header: list[str], rows: list[tuple]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def table_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def series(members: str) -> list[tuple[str, str]]:
    """月と人数。月は 2024-11 から。"""
    return [(str(FIRST.plus(at)), people) for at, people in enumerate(members.split())]


def old_tree(folder: Path, objectors: str) -> tuple[Path, Path]:
    """前の作りが公開した二つの月（2026-09 には、だれも申し出ていない）と、頭数の CSV。"""
    rows = table_of(OLD)
    heads = [
        (month, row["employer_id"], n)
        for row in rows
        if row["table"] == "heads"
        for month, n in series(row["members"])
    ]
    for row in rows:
        if (row["table"], row["objectors"]) in (("2026-09", "0"), ("2026-10", objectors)):
            page = (
                folder / "reports" / row["table"] / "employers" / row["employer_id"] / "trend.csv"
            )
            written(page, ["month", "members"], series(row["members"]))
    return folder / "reports", written(
        folder / "heads.csv", ["month", "employer_id", "members"], heads
    )


def test_the_attack_imports_nothing_but_the_standard_library():
    names = set()
    for node in ast.walk(ast.parse(SCRIPT.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add(node.module.split(".")[0])
    assert names
    assert names <= sys.stdlib_module_names
    assert not {"importlib", "runpy", "subprocess"} & names


@pytest.mark.parametrize(
    ("objectors", "least", "most"), [("0", 0, 0), ("1", 11, 12), ("2", 11, 12)]
)
def test_on_pages_made_before_the_attack_sees_nine_of_ten_objections_and_nothing_else(
    tmp_path, objectors, least, most
):
    found = attacked(*old_tree(tmp_path, objectors))
    newest = [row for row in found if row["release"] == "2026-10"]
    assert len(newest) == 12
    assert least <= sum(row["verdict"] == "seen" for row in newest) <= most
    assert {row["verdict"] for row in found if row["release"] == "2026-09"} == {"none"}


# ---- いまの作り


class Society(SmallSociety):
    """四か月のあいだ、人が出入りする小さな組合。"""

    @classmethod
    def made(cls, folder: Path) -> "Society":
        society = cls(found(folder))
        for path in (society.home.params / "employers").glob("*.yaml"):
            if path.stem not in KEPT_EMPLOYERS:
                path.unlink()
        society.home.levels_key.parent.mkdir(exist_ok=True)
        society.home.levels_key.write_bytes(b"headcount" * 4)  # いつも同じ水準になるように
        for month in MONTHS[:-1]:
            society.take(month)
        return society

    def take(self, month: Month) -> None:
        place = MONTHS.index(month)
        starts = {
            symbol: 2 * place if sizes[0] > 20 else 0 for symbol, sizes in HEADS.items()
        }  # 毎月、二人が去る
        people = [
            (symbol, starts[symbol] + one)
            for symbol, sizes in HEADS.items()
            for one in range(sizes[place])
        ]
        self.ingest(month, [person(*each) for each in people])

    def publish_newest(self, *objectors: str) -> None:
        """いちばん新しい月を取り込み、申出を書き、公開する。"""
        self.take(MONTHS[-1])
        self.object_to(*objectors)
        self.publish()

    def copy(self, folder: Path) -> "Society":
        return Society(Home(Path(shutil.copytree(self.home.root, folder))))

    @property
    def heads(self) -> Path:
        """人事の担当者の手もとの頭数（write_heads が書いたもの）。"""
        return self.home.root.parent / "heads.csv"


def write_heads(folder: Path) -> None:
    ids = {"101": "E01", "102": "E02", "103": "E03"}
    rows = [
        (str(month), ids[symbol], HEADS[symbol][at])
        for symbol in ids
        for at, month in enumerate(MONTHS)
    ]
    written(folder / "heads.csv", ["month", "employer_id", "members"], rows)


@pytest.fixture(scope="module")
def trees(once) -> dict[str, Society]:
    """前の月まで公開し、だれも申し出ないで、また五人が申し出て、いまの月を公開した組合。試験は、読むだけ。"""
    folder = once("headcount", make_trees)
    return {name: Society(Home(folder / name)) for name in ("without", "objected")}


def make_trees(folder: Path) -> None:
    write_heads(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MYNA_TODAY", "2026-10-22")
        without = Society.made(folder / "without")
        publish(without.home, without.params, MONTHS[-2])
        objected = without.copy(folder / "objected")
        patch.setenv("MYNA_TODAY", "2026-11-22")
        without.publish_newest()
        objected.publish_newest(*OBJECTORS)


@pytest.mark.parametrize("name", ["without", "objected"])
def test_on_pages_made_now_the_attack_sees_nothing(trees, name):
    society = trees[name]
    found = attacked(society.home.reports, society.heads)
    assert {(row["employer_id"], row["release"]) for row in found} >= {
        ("E01", "2026-10"),
        ("E02", "2026-09"),
    }
    assert {row["verdict"] for row in found} == {"none"}
    assert {row["unlisted_at_least"] for row in found} == {"0"}


def test_objecting_changes_lists_and_nothing_the_attack_reads_otherwise(trees):
    """申し出た人の行は、リストから消えている（何も変わらなければ、この試験は何も見ていない）。"""
    lengths = {}
    for name, society in trees.items():
        page = next((society.home.reports / "2026-10" / "employers" / "E01").glob("lists*.csv"))
        newest = table_of(page)[-1]
        lengths[name] = int(newest["link"]) + int(newest["renew"]) + int(newest["renew_then_link"])
    assert lengths["without"] > lengths["objected"]


TAMPERED = {
    "加入者から一人を抜く": ("trend", "members", lambda value: str(int(value) - 1)),
    "加入者を 5 に丸める前に二人を抜く": (
        "trend",
        "members",
        lambda value: str((int(value) - 2) // 5 * 5),
    ),
    "前の月の水準が動く": ("trend", "level", lambda value: str(int(value or 0) + 5)),
    "前の月のリストの人数が動く": ("lists", "link", lambda value: str(int(value) - 1)),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_the_attack_would_see_a_page_that_gave_an_objection_away(trees, tmp_path, name):
    table, column, change = TAMPERED[name]
    reports = Path(shutil.copytree(trees["objected"].home.reports, tmp_path / "reports"))
    path = next((reports / "2026-10" / "employers" / "E01").glob(f"{table}*.csv"))
    rows = table_of(path)
    changed = [tuple((row | {column: change(row[column])}).values()) for row in rows]
    written(path, list(rows[0]), changed)
    seen = [
        row["employer_id"]
        for row in attacked(reports, trees["objected"].heads)
        if row["verdict"] == "seen"
    ]
    assert seen == ["E01"]


# ---- 版の見分け

EDITIONS = {
    "internal/index.html": ("internal", "健保内部用・実数", "外に出さない"),
    "internal/intake_review.html": ("internal", "健保内部用・実数", "外に出さない"),
    "management/index.html": ("wide", "理事会・組合会用・概数", ""),
    "employers/E01/index.html": ("employer", "事業所の担当部署用", ""),
    "employers/E01/reminders.html": (
        "named",
        "事業所の担当部署用・個人データ",
        "転送・複写をしない",
    ),
}


@pytest.mark.parametrize("page", EDITIONS)
def test_every_page_says_its_edition_in_title_heading_and_band(trees, page):
    audience, edition, caution = EDITIONS[page]
    text = (trees["objected"].home.reports / "2026-10" / page).read_text(encoding="utf-8")
    assert re.search(r"<title>(?:【架空データ】)?【(.+?)】", text)[1] == edition
    assert (
        re.search(r'<h1[^>]*>[^<]+ <span class="edition">([^<]+)</span></h1>', text)[1] == edition
    )
    band = re.search(r'<p class="edition"><strong>([^<]+)</strong>(?:（([^）]+)）)?</p>', text)
    assert (band[1], band[2] or "") == (edition, caution)
    assert f'<body class="{audience}">' in text
    assert ('class="watermark"' in text) == (audience == "internal"), (
        "実数の版だけに、紙のどの一枚にも出る透かしがある"
    )
    others = {one for _, one, _ in EDITIONS.values()} - {edition, "事業所の担当部署用"}
    assert [one for one in others if one in text] == []


def test_a_file_of_numbers_says_its_edition_in_its_name(trees):
    release = trees["objected"].home.reports / "2026-10"
    fixed = {
        "rates.csv",
        "shown.csv",
        "lists.csv",
        "listed.csv",
        "society_listed.csv",
    }  # 名の決まったもの。フォルダーが版を表す
    for folder, mark in (("internal", "_実数_健保内部"), ("management", "_概数")):
        tables = {path.name for path in (release / folder).glob("*.csv")} - fixed
        assert len(tables) > 3
        assert [name for name in tables if mark not in name] == []


# ---- データより強いことを言わない

TOO_STRONG = {
    "カードのない人にも、期限が切れたという": r"期限が(切れて|切れた).{0,12}(たった|経った|の)方",
    "証明書の期限を、その人の事実としていう": r"証明書(の期限)?が切れ(た|ている)方",
    "カードがあるという": r"カードをお持ちの方",
    "フラグ 1 を有効という": r"証明書が有効|有効な証明書",
    "抜いた人数をほのめかす": r"組合の実数とは少し違います",
    "人数を伏せたという": r"＊は|＊印",
    "登録したという": r"登録した(ので|ため).{0,10}(載|外)",
}
ROOT = Path(__file__).parents[2]


def texts_of(path: Path) -> str:
    """人の読む言葉。XLSX なら、中の文字の全て。"""
    if path.suffix == ".xlsx":
        with ZipFile(path) as book:
            return "".join(
                book.read(name).decode() for name in book.namelist() if name.endswith(".xml")
            )
    return path.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("claim", TOO_STRONG)
def test_no_released_page_or_sheet_says_more_than_the_data(trees, claim):
    files = [
        path
        for path in trees["objected"].home.reports.rglob("*")
        if path.suffix in (".html", ".csv", ".xlsx")
    ]
    assert {path.suffix for path in files} == {".html", ".csv", ".xlsx"}
    assert [str(path) for path in files if re.search(TOO_STRONG[claim], texts_of(path))] == []


@pytest.mark.parametrize("claim", TOO_STRONG)
def test_no_shipped_text_says_more_than_the_data(claim):
    kinds = ("*.yaml", "*.ipynb", "*.j2")
    shipped = [
        path
        for place in ("mynalib", "notebooks", "params")
        for kind in kinds
        for path in (ROOT / place).rglob(kind)
    ]
    shipped += [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    assert len(shipped) > 20
    assert [str(path) for path in shipped if re.search(TOO_STRONG[claim], texts_of(path))] == []


@pytest.mark.parametrize("action", ["❶", "❷"])
def test_each_kind_of_reminder_says_that_a_person_may_hold_no_card(trees, action):
    folder = trees["objected"].home.reports / "2026-10" / "employers" / "E01"
    page = texts_of(folder / "reminders.html")
    section = page[page.index(f"<h2>{action}") :].split("</h2>", 1)[1].split("<h2")[0]
    assert "カードをお持ちでない方もいます" in section
    assert (
        texts_of(next(folder.glob("reminders*.xlsx"))).count("カードをお持ちでない方もいます") == 2
    )


@pytest.mark.parametrize(
    ("members", "kind"), [(0, "nobody"), (3, "small"), (19, "small"), (20, "held"), (62, "held")]
)
def test_a_page_without_a_level_says_why_it_has_none(monkeypatch, members, kind):
    """攻撃に耐えないので水準をやめた 62 人の事業所に、「加入者が少ない」とは書かない。"""
    shown = []
    monkeypatch.setattr(display, "show", lambda part, **values: shown.append((part, values)))
    policy = load_params(ROOT / "params").society.policy.model_dump(mode="json")
    terms = released.Terms("employer", policy)
    row = ("2026-10", members, None, None, "", "")
    now = released.levels(pd.DataFrame([row], columns=released.LEVEL_COLUMNS), terms)
    tables.level(now)
    level_chart.levels(now, "trend", ("水準", "水準の推移"))
    said = [values["text"] for part, values in shown if part == "paragraph"]
    assert said == [display.words("no_level")[kind], display.words("no_level")["never"]]
    assert [values["legend"] for part, values in shown if part == "tiles"] == [""]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [("2026-10", 3, 2, 1)],
            "この月にご案内をお願いする方は、あわせて 6 人です。2026年11月末ごろまでに、",
        ),
        ([("2026-10", 1200, 0, 0)], "1,200 人です。2026年11月末ごろまでに、"),
        ([("2026-10", 0, 0, 0)], "いません（勧奨リストに載る方が 0 人です）。"),
        ([("2026-09", 3, 2, 1)], "この版に、勧奨リストはありません。"),
        ([], "この版に、勧奨リストはありません。"),
    ],
    ids=["somebody", "thousands", "nobody", "an older list only", "no list yet"],
)
def test_what_is_asked_this_month_is_said_by_its_number(monkeypatch, tmp_path, rows, said):
    shown = []
    monkeypatch.setattr(display, "show", lambda part, **values: shown.append((part, values)))
    policy = load_params(ROOT / "params").society.policy.model_dump(mode="json")
    facts = {"audience": "employer", "month": "2026-10", "policy": policy, "columns": []}
    facts |= {"demo": False, "tables": ["levels", "lists"]}
    kinds = {"month": "str"} | dict.fromkeys(released.LIST_COLUMNS[1:], "int64")
    counts = pd.DataFrame(rows, columns=released.LIST_COLUMNS[:4])
    lists = counts.reindex(columns=released.LIST_COLUMNS, fill_value=0).astype(kinds)
    levels = pd.DataFrame([("2026-10", 3, 0, 0, "", "")], columns=released.LEVEL_COLUMNS)
    write_table(tmp_path / "lists.parquet", lists)
    write_table(tmp_path / "levels.parquet", levels)
    EmployerPage(Capsule(tmp_path, facts)).requests()
    part, values = shown[-1]
    assert part in ("paragraph", "link")
    assert said in values["text"]
