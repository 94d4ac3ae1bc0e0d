"""公開：隔たり（ほかの人を変えても変わらない）、同じバイト、失敗と続き、点検、確かめ。"""

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from commands import myna, out
from notebooks_spoiled import sabotage
from societies import KEY_HEADER, MONTHS, SmallSociety, everybody, person, publish_command, same_key

from mynalib.capsules.catalogue import notebook_path
from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month
from mynalib.history.ledger import Ledger
from mynalib.release.digits import digits_in
from mynalib.release.order import Order
from mynalib.release.published import Published
from mynalib.release.revising import decide
from mynalib.reminders.sheet import SHEET_TITLES
from mynalib.verbs.publish import publish, release
from mynalib.verbs.verify import verify

pytestmark = pytest.mark.large

LONG = bool(os.environ.get("MYNA_LONG"))
RECEIVERS = ("E01", "E02", "E03") if LONG else ("E01",)
OBJECTOR = "101,1015001,00"  # 未登録（勧奨の対象になるはずだった人）
FACTS = (
    "1,20240401,,,1",
    "0,,,,1",
    "0,20220510,20250901,1,1",
    "0,20220510,20260310,3,",
    "1,20240401,,,0",
)


def code_of(run) -> str:
    with pytest.raises(MynaError) as caught:
        run()
    return caught.value.code


def with_fact_of_objector(facts: str | None) -> list[str]:
    rows = [line for line in everybody() if not line.startswith(f"{OBJECTOR},")]
    return [*rows, f"{OBJECTOR},{facts}"] if facts else rows


# 隔たり ------------------------------------------------------------------------------------------


@pytest.mark.long
def test_changing_or_deleting_an_objector_changes_no_byte_of_a_list(tmp_path):
    """人数と率には、だれもが入る（そこから抜くと、申し出たことが分かる）。リストには、何があっても載らない。ふだんは、その人の事業所のリストを見る。"""
    seen = []
    for number, facts in enumerate((*FACTS[:3], None)):
        society = SmallSociety.found(tmp_path / str(number), with_fact_of_objector(facts))
        if facts:
            society.object_to(OBJECTOR)
        drafts = [society.publish(only=code).folder for code in RECEIVERS]
        lists = [path for draft in drafts for path in draft.glob("employers/*/reminders*")]
        seen.append({(path.parent.name, path.name): path.read_bytes() for path in lists})
    assert all(one == seen[0] for one in seen[1:])
    assert len(seen[0]) == 2 * len(RECEIVERS)


def test_without_the_objection_the_same_change_does_show(tmp_path):
    """上の試験が、効いていることの証拠。"""
    seen = []
    for number, facts in enumerate(FACTS[:2]):
        society = SmallSociety.found(tmp_path / str(number), with_fact_of_objector(facts))
        society.publish(draft=True, only="E01")
        seen.append(
            (
                society.home.drafts / f"{MONTHS[1]}-E01/release/employers/E01/reminders.html"
            ).read_bytes()
        )
    assert seen[0] != seen[1]


def test_no_other_employers_data_changes_a_byte_of_an_employers_artefacts(tmp_path, published):
    others = [
        line if line.startswith("101,") else line.replace(",1,2024", ",0,2024")
        for line in everybody()
    ]
    others = [
        line.replace("1,20240401,,,1", "0,,,,1") if not line.startswith("101,") else line
        for line in others
    ]
    society = SmallSociety.found(tmp_path / "other", others)
    same_key(society, published)
    society.publish()
    assert society.bytes_of("employers/E01") == published.bytes_of("employers/E01")
    assert society.bytes_of("employers/E02") != published.bytes_of("employers/E02")


def test_an_employer_folder_holds_only_its_own_numbers(published):
    for code, symbol in (("E01", "101"), ("E02", "102"), ("E03", "103")):
        texts = "".join(
            _text(path)
            for path in (published.release / "employers" / code).rglob("*")
            if path.is_file()
        )
        found = set(re.findall(r"(?<![0-9])(?:101|102|103|120|901)5[0-9]{3}(?![0-9])", texts))
        assert found
        assert {number[:3] for number in found} == {symbol}


def test_the_wide_edition_and_the_portal_hold_no_number_of_anybody(published):
    for path in (*(published.release / "management").rglob("*"), published.release / "index.html"):
        if path.is_file() and path.parent.name != "assets":
            assert not re.search(
                r"(?<![0-9])(?:101|102|103|120|901)5[0-9]{3}(?![0-9])", _text(path)
            )


def _text(path: Path) -> str:
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return "".join(book.read(name).decode() for name in book.namelist())
    return "" if path.name.endswith(".min.js") else path.read_text(encoding="utf-8-sig")


def test_whoever_is_in_a_register_is_on_no_list(drafted):
    """名簿ごとに、リストに載るはずだった一人。ほかの人は、みな載る。"""
    wanted = _expected_on_list("101")
    entered = sorted(wanted)[:3]
    assert OBJECTOR in map(",".join, entered)
    registers = ("optout", "pending_cancellation", "never_contact")
    for register, key in zip(registers, entered, strict=True):
        drafted.object_to(",".join(key), register=register)
    drafted.publish()
    rows = _rows(next((drafted.release / "employers" / "E01").glob("*.xlsx")))
    assert len(rows) == len(wanted) - 3
    assert {tuple(row[:3]) for row in rows} == wanted - set(entered)


def test_the_list_holds_exactly_the_people_to_remind(published):
    for code, symbol in (("E01", "101"), ("E02", "102"), ("E03", "103")):
        rows = _rows(next((published.release / "employers" / code).glob("*.xlsx")))
        assert {tuple(row[:3]) for row in rows} == _expected_on_list(symbol)


def _expected_on_list(symbol: str) -> set[tuple[str, ...]]:
    return {
        tuple(line.split(",")[:3])
        for line in everybody()
        if line.startswith(f"{symbol},") and line.split(",")[3] == "0"
    }


def _rows(path: Path) -> list[list[str]]:
    """XLSX の、見出しより下の行。全ての升が文字であることも確かめる。"""
    rows = []
    for sheet in openpyxl.load_workbook(path):
        cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
        assert all(value is None or isinstance(value, str) for row in cells for value in row)
        if not sheet.title.endswith(tuple(SHEET_TITLES.values())):
            continue
        head = next(i for i, row in enumerate(cells) if row[0] == "記号")
        rows += cells[head + 1 :]
    return rows


def test_an_employer_without_a_notified_row_gets_nothing(drafted):
    path = drafted.home.params / "employers" / "E02.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("notified: true", "notified: false"),
        encoding="utf-8",
    )
    drafted.publish()
    assert sorted(p.name for p in (drafted.release / "employers").iterdir()) == ["E01", "E03"]


def test_an_employer_of_three_people_sees_its_list_but_no_rate(published):
    page = (published.release / "employers" / "E03" / "index.html").read_text(encoding="utf-8")
    assert "率は載せません" in page
    assert "＊" not in page
    assert '<span class="value">3</span>' in page, "加入者は、担当者も知っている数なので、そのまま"
    assert "figure" not in page, "一つの値の図は描かない"


# 同じ入力から同じバイト --------------------------------------------------------------------------


def test_two_runs_from_the_same_inputs_give_the_same_bytes(published, tmp_path):
    again = SmallSociety.found(tmp_path / "again")
    same_key(again, published)
    again.publish()
    assert again.bytes_of() == published.bytes_of()


def test_publishing_again_changes_nothing_and_makes_no_new_revision(published):
    before = published.bytes_of()
    assert published.publish().outcome == "unchanged"
    assert published.bytes_of() == before
    assert sorted(p.name for p in published.home.reports.iterdir()) == [
        "2026-10",
        "assets",
        "index.css",
        "index.html",
    ]


LIGHT = """
import sys
from mynalib import cli
sys.argv[1:] = {argv}
try:
    cli.main()
finally:
    print(sorted({{"pandas", "duckdb", "nbformat", "papermill"}} & set(sys.modules)))
"""


def test_an_unchanged_month_is_left_alone_before_any_tool_is_loaded(published):
    argv = ["publish", "--month", str(MONTHS[1]), "--home", str(published.home.root), "--json"]
    done = subprocess.run(
        [sys.executable, "-c", LIGHT.format(argv=argv)], capture_output=True, text=True, check=True
    )
    told, loaded = done.stdout.splitlines()
    assert json.loads(told)["outcome"] == "unchanged"
    assert loaded == "[]"


def touch(path: Path, text: str = "\n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        (path.read_text(encoding="utf-8") if path.exists() else "") + text, encoding="utf-8"
    )


def change_a_name(path: Path) -> None:
    path.write_text(
        path.read_text(encoding="utf-8").replace("name: ", "name: 新"), encoding="utf-8"
    )


DECIDING = {
    "設定": lambda society: change_a_name(society.home.params / "employers" / "E01.yaml"),
    "名簿": lambda society: society.object_to(OBJECTOR),
    "ノートブック": lambda society: sabotage(society.home, "04_employer_dashboard", "1"),
    "置きかえた月": lambda society: society.ingest(
        MONTHS[0], everybody()[1:], replace=True, confirm=["STALE_COPY"]
    ),
    "食い違いの記憶": lambda society: society.home.kept_back.write_bytes(b""),
    "公開したもの": lambda society: touch(society.release / "management" / "index.html"),
    "公開したものの過不足": lambda society: touch(
        society.release / "employers" / "E01" / "memo.txt"
    ),
    "受領の記録の中身": lambda society: (society.release / "receipt.json").write_text(
        "[1]", encoding="utf-8"
    ),
    "受領の記録": lambda society: (society.release / "receipt.json").unlink(),
}


@pytest.mark.parametrize("change", DECIDING.values(), ids=DECIDING)
def test_a_month_is_left_alone_only_while_everything_that_decides_it_is_the_same(published, change):
    assert published.is_left_alone()
    change(published)
    assert not published.is_left_alone()


def test_a_month_is_left_alone_on_any_day_for_the_same_order(published, monkeypatch):
    assert not published.is_left_alone("E01")
    monkeypatch.setenv("MYNA_TODAY", "2026-11-23")
    assert published.is_left_alone()
    touch(published.home.params / "society.yaml", "# 控え\n")
    assert published.is_left_alone(), "注釈は、何も変えない"
    read = replace(published.params, fingerprint="変わる前に読んだもの")
    order = Order(published.home, read, MONTHS[1], because="理由")
    assert not decide(order).stands, "読んだあとに変わった設定を、公開したものと取り違えない"


def test_the_grammar_of_iris_is_not_loaded_by_a_command():
    code = "from mynalib.startup import isolate\nisolate()\nimport mynalib.release.draft, sys\n"
    code += "print('nbformat' in sys.modules, 'lark' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"], "読みこむだけで二秒かかる"


def test_the_grammar_of_iris_is_not_loaded_by_the_server_of_the_jobs(loaded_for_jobs):
    assert "nbformat" in loaded_for_jobs
    assert "lark" not in loaded_for_jobs


def test_the_kernel_of_an_analyst_keeps_the_grammar_of_iris():
    code = "import papermill, mynalib.capsules.in_notebook, mynalib.insight.charts, mynalib.insight.tables\n"
    code += "from rfc3987_syntax import is_valid_syntax\nprint(is_valid_syntax('iri', 'https://例.jp/'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"]


# 失敗と続き --------------------------------------------------------------------------------------

LEAKY_FAILURE = (
    'if employer == "E02":\n    raise ValueError(str(capsule.table("reminders").number.iloc[0]))'
)


def test_one_failure_leaves_the_others_done_nothing_released_and_no_value_anywhere(drafted):
    sabotage(drafted.home, "05_employer_reminders", LEAKY_FAILURE)
    with pytest.raises(MynaError) as caught:
        drafted.publish()
    assert caught.value.code == "NOTEBOOK_FAILED"
    assert "1 件" in str(caught.value)
    assert "E02" in str(caught.value)
    assert not re.search("1025[0-9]{3}", str(caught.value))
    assert not drafted.release.exists()
    left = [
        p
        for p in drafted.home.drafts.rglob("*")
        if p.is_file() and "E02-05_employer_reminders" in p.as_posix()
    ]
    assert not any(
        re.search("1025[0-9]{3}", p.read_text(encoding="utf-8", errors="ignore")) for p in left
    )


def test_publishing_again_after_a_failure_runs_only_what_is_missing(drafted):
    flag = drafted.home.root / "repaired"
    check = f'from pathlib import Path\nassert employer != "E02" or Path({str(flag)!r}).exists()'
    sabotage(drafted.home, "05_employer_reminders", check)
    assert code_of(drafted.publish) == "NOTEBOOK_FAILED"
    jobs = drafted.home.drafts / str(MONTHS[1]) / "jobs"
    made = {path.parent.name: path.stat().st_mtime_ns for path in jobs.glob("*/record.json")}
    flag.touch()
    assert drafted.publish(draft=True).outcome == "draft"
    again = {path.parent.name: path.stat().st_mtime_ns for path in jobs.glob("*/record.json")}
    assert {name for name in made if made[name] != again[name]} == {
        "E02-05_employer_reminders-named"
    }


def test_an_employer_can_be_left_out_and_the_manifest_the_ledger_and_the_portal_say_so(drafted):
    sabotage(drafted.home, "05_employer_reminders", LEAKY_FAILURE)
    assert code_of(drafted.publish) == "NOTEBOOK_FAILED"
    assert drafted.publish(without=["E02"]).without == ["E02"]
    assert not (drafted.release / "employers" / "E02").exists()
    assert json.loads((drafted.release / "manifest.json").read_text(encoding="utf-8"))[
        "without"
    ] == ["E02"]
    assert Ledger(drafted.home.ledger).lines()[-1]["without"] == ["E02"]
    assert "この月は公開していません" in (drafted.release / "index.html").read_text(
        encoding="utf-8"
    )


def test_a_kernel_that_dies_is_a_failure_of_that_job_only(drafted):
    sabotage(
        drafted.home,
        "04_employer_dashboard",
        'import os\nif employer == "E03":\n    os.kill(os.getpid(), 9)',
    )
    with pytest.raises(MynaError) as caught:
        drafted.publish()
    assert [p.where for p in caught.value.problems] == ["E03-04_employer_dashboard-employer"]


def test_a_notebook_that_stops_before_its_last_cell_is_not_published(drafted):
    sabotage(drafted.home, "04_employer_dashboard", "raise SystemExit")
    assert code_of(drafted.publish) == "NOTEBOOK_FAILED"


def test_a_misspelt_parameter_stops_before_any_notebook_runs(small):
    path = notebook_path("04_employer_dashboard")
    target = small.home.notebooks / path.name
    target.write_text(
        path.read_text(encoding="utf-8").replace("employer: str", "emploer: str"), encoding="utf-8"
    )
    assert code_of(small.publish) == "BAD_PARAMETER"
    assert not list((small.home.drafts / str(MONTHS[1]) / "jobs").glob("*/record.json"))


# 印のないものは載らない、載ってはならないものは止まる ----------------------------------------------


LEAKS = (
    'capsule.table("reminders").assign(leak="LEAKED")',
    'print(capsule.table("reminders").assign(leak="LEAKED").to_string())',
    'from IPython.display import HTML, display\ndisplay(HTML(capsule.table("reminders").assign(leak="LEAKED").to_html()))',
    'import sys; sys.stderr.write(capsule.table("reminders").assign(leak="LEAKED").to_string())',
    'import os; os.write(1, b"LEAKED")',
    'import plotly.graph_objects as go\nfrom IPython.display import display\ndisplay(go.Figure(go.Bar(x=["LEAKED"], y=[1])))',
    'from IPython.display import publish_display_data\npublish_display_data({"text/html": "LEAKED"}, metadata={"myna": {}})',
    "from IPython.display import publish_display_data\n"
    'publish_display_data({"text/html": "LEAKED"}, metadata={"myna": {"run": "0" * 32}})',
)


def test_an_output_without_the_mark_never_reaches_the_page(small):
    """どの出し方のセルも、一冊に入れる。"""
    cells = [code.replace("LEAKED", f"LEAKED{at}") for at, code in enumerate(LEAKS)]
    sabotage(small.home, "05_employer_reminders", *cells)
    draft = small.publish(only="E01").folder
    page = (draft / "employers" / "E01" / "reminders.html").read_text(encoding="utf-8")
    assert re.findall("LEAKED[0-9]", page) == []
    assert OBJECTOR.split(",")[1] in page, "リストは、いつものとおりにある"


@pytest.mark.parametrize(
    ("notebook", "code"),
    [
        ("04_employer_dashboard", 'tables.paragraph("1015001")'),  # 人数のページに、人の番号
        ("04_employer_dashboard", 'tables.paragraph("１０１５００１")'),
        ("05_employer_reminders", 'tables.paragraph("1025001")'),  # ほかの事業所の人の番号
        ("05_employer_reminders", 'tables.paragraph("1015000")'),  # 自分の事業所だが、登録済の人
        ("03_management_report", 'tables.paragraph("9015001")'),
    ],
)
def test_the_gate_stops_what_must_not_be_published(drafted, notebook, code):
    sabotage(drafted.home, notebook, code)
    with pytest.raises(MynaError) as caught:
        # 一つの事業所の下書きも、同じ点検を通る
        drafted.publish(only=None if notebook.startswith("03") else "E01")
    assert caught.value.code == "GATE_FAILED"
    assert not re.search("[0-9]{5,}", str(caught.value))
    assert not drafted.release.exists()


MARKUP = {
    "<img src=//x/y>": "外を指す URL",
    "<script>1</script>": "決めたもの以外のスクリプト",
    "<b onclick=1>x</b>": "動く属性 onclick",
}


def test_the_gate_stops_markup_that_moves_or_reaches_outside(small):
    shown = (f'display._publish({{"text/html": "{markup}"}}, {{}})' for markup in MARKUP)
    cells = ("from mynalib.insight import display", *shown)
    sabotage(small.home, "04_employer_dashboard", *cells)
    with pytest.raises(MynaError) as caught:
        small.publish(only="E01")
    assert caught.value.code == "GATE_FAILED"
    assert {problem.what for problem in caught.value.problems} == {*MARKUP.values()}
    assert not small.release.exists()


def test_what_the_gate_stops_in_the_page_of_one_employer_stops_the_release_of_all(drafted):
    sabotage(drafted.home, "05_employer_reminders", 'tables.paragraph("1025001")')
    assert code_of(drafted.publish) == "GATE_FAILED"
    assert not drafted.release.exists()


def test_an_employers_name_is_always_escaped(drafted):
    path = drafted.home.params / "employers" / "E01.yaml"
    evil = '"</script><script>alert(1)</script>\'x"'
    path.write_text(
        re.sub(r"(?m)^name: .*$", f"name: {evil}", path.read_text(encoding="utf-8")),
        encoding="utf-8",
    )
    drafted.publish()
    for page in drafted.release.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in (drafted.release / "employers/E01/index.html").read_text(
        encoding="utf-8"
    )


# 関門 --------------------------------------------------------------------------------------------


def test_a_register_entry_that_matches_nobody_stops_the_lists_until_someone_answers(drafted):
    drafted.object_to("101,9999999,00")
    assert code_of(drafted.publish) == "OPTOUT_UNRESOLVED"
    register = drafted.home.registers / "optout.csv"
    header = "被保険者証記号,被保険者証番号,被保険者証枝番,申出日,処理"
    register.write_bytes(f"{header}\r\n101,9999999,00,2026-10-15,退職\r\n".encode("cp932"))
    assert drafted.publish().outcome == "released"


def test_a_missing_register_stops_publishing(small):
    (small.home.registers / "optout.csv").unlink()
    assert code_of(small.publish) == "OPTOUT_UNREADABLE"


def test_a_stale_month_is_not_published(small, monkeypatch):
    monkeypatch.setenv("MYNA_TODAY", "2026-12-20")
    assert code_of(small.publish) == "STALE_MONTH"


def test_too_many_quarantined_rows_stop_publishing_but_not_the_intake(small):
    bad = [person("101", 200 + n, "9,,,,1") for n in range(5)]
    result = small.ingest(MONTHS[1], [*everybody(), *bad], replace=True)
    assert (result["outcome"], result["quarantined"]) == ("loaded", 5)
    assert code_of(small.publish) == "TOO_MANY_QUARANTINED"


def test_a_month_that_was_not_taken_in_is_unknown(small):
    assert (
        code_of(lambda: publish(small.home, small.params, Month.parse("2027-01")))
        == "UNKNOWN_MONTH"
    )


def test_a_month_whose_folder_was_deleted_is_damaged(small):
    shutil.rmtree(small.home.months / str(MONTHS[1]))
    assert code_of(small.publish) == "MONTH_DAMAGED"


def test_a_draft_of_one_employer_releases_nothing(small):
    done = small.publish(only="E01")
    assert done.outcome == "draft"
    assert (done.folder / "employers" / "E01" / "reminders.html").is_file()
    assert not (done.folder / "management").exists()
    assert not small.release.exists()


def test_a_release_placed_just_before_a_crash_is_recorded(published, monkeypatch):
    """r2 で変えたリストを r3 で戻す。札と入口も、次の命令が書き終える。"""
    from mynalib.release import releases

    key = ",".join(everybody()[2].split(",")[:3])
    published.object_to(key)
    assert published.publish(not_handed_over=True).folder.name == "2026-10-r2"
    withdrawn = f"{KEY_HEADER},撤回日\r\n{key},2026-10-15,2026-11-01\r\n"
    (published.home.registers / "optout.csv").write_text(withdrawn, encoding="utf-8")
    with monkeypatch.context() as crash, pytest.raises(KeyboardInterrupt):
        crash.setattr(releases, "record", interrupted)
        published.publish(not_handed_over=True)
    assert published.publish().outcome == "unchanged"
    lines = Ledger(published.home.ledger).lines()
    assert [line["folder"] for line in lines if line["did"] == "released"] == [
        "2026-10",
        "2026-10-r2",
        "2026-10-r3",
    ]
    assert 'href="2026-10-r3/' in (published.home.reports / "index.html").read_text(
        encoding="utf-8"
    )
    assert (published.home.reports / "2026-10-r2.replaced.txt").is_file()
    verify(published.home, published.params, MONTHS[1])


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


# 下書きを見て、公開する -----------------------------------------------------------------------------


def approve(society: SmallSociety, name: str = "確認者") -> Published:
    return release(society.home, society.params, MONTHS[1], name)


def test_a_draft_that_was_looked_at_becomes_the_release(drafted):
    draft = drafted.publish(draft=True)
    looked_at = {path.name: path.read_bytes() for path in draft.folder.rglob("*.html")}
    done = approve(drafted)
    assert (done.outcome, done.folder) == ("released", drafted.release)
    assert {path.name: path.read_bytes() for path in drafted.release.rglob("*.html")} == looked_at
    (line,) = [line for line in Ledger(drafted.home.ledger).lines() if line["did"] == "released"]
    assert line["approved_by"] == "確認者"


def test_a_draft_keeps_out_whom_it_kept_out(drafted):
    drafted.publish(draft=True, without=["E02"])
    assert approve(drafted).without == ["E02"]
    assert not (drafted.release / "employers" / "E02").exists()


def test_nothing_is_released_unseen(small):
    assert code_of(lambda: approve(small)) == "NO_DRAFT"
    small.publish(draft=True)
    small.object_to(",".join(everybody()[2].split(",")[:3]))
    assert code_of(lambda: approve(small)) == "DRAFT_CHANGED"
    assert not small.release.exists()
    assert approve(small).outcome == "released", "新しい下書きを見たあとなら、公開できる"


def test_where_two_people_are_asked_for_one_cannot_release_alone(drafted):
    settings = drafted.home.params / "society.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("two_people: false", "two_people: true"), encoding="utf-8")
    assert code_of(drafted.publish) == "APPROVAL_REQUIRED"
    assert drafted.publish(draft=True).outcome == "draft"
    assert approve(drafted).outcome == "released"


def test_the_release_verb(drafted):
    where = ["--month", MONTHS[1], "--home", drafted.home.root]
    assert myna("publish", "--draft", *where).returncode == 0
    done = myna("release", *where, "--approved-by", "確認者")
    assert (done.returncode, "公開しました" in done.stdout.decode()) == (0, True), out(done)
    assert drafted.release.is_dir()


# 点検の読み方 --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hidden",
    [
        "８３０３００２",
        "830 3002",
        "8,303,002",
        "830\u200b3002",
        "<b>830</b>3002",
        "830&#51;002",
        "\\u0038303002",
        "%38303002",
        base64.b64encode("番号 8303002 の人".encode()).decode(),
        "8303002".encode("utf-16-le").decode("latin-1"),
    ],
)
def test_a_number_is_found_however_it_is_written(tmp_path, hidden):
    page = tmp_path / "page.html"
    page.write_text(f"<p>前{hidden}後</p>", encoding="utf-8")
    assert "8303002" in digits_in(page)
    page.write_text("<p>加入者 12,345 人、2026-10-31、03-6895-7800</p>", encoding="utf-8")
    assert "8303002" not in digits_in(page)


def test_a_page_that_is_not_utf8_is_read_too(tmp_path):
    page = tmp_path / "page.html"
    page.write_bytes("<p>8303002</p>".encode("utf-16"))
    assert "8303002" in digits_in(page)


# 公開の木、確かめ --------------------------------------------------------------------------------


def test_the_capsules_and_the_executed_lists_die_with_the_run(published):
    assert not list(published.home.drafts.rglob("*"))
    assert not list(published.home.root.rglob("capsule*"))
    assert not list(published.release.rglob("*.ipynb"))


def test_a_release_verifies(published):
    artefacts = verify(published.home, published.params, MONTHS[1]).artefacts
    assert artefacts == len(published.bytes_of()) - 1  # manifest は自分を数えない


def test_a_release_still_verifies_after_somebody_on_its_lists_objected(published):
    listed = (published.release / "employers/E01/reminders.html").read_text(encoding="utf-8")
    assert OBJECTOR.split(",")[1] in listed
    published.object_to(OBJECTOR)
    assert verify(published.home, published.params, MONTHS[1])


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "employers/E01/index.html").unlink(),
        lambda folder: (folder / "employers/E02/extra.html").write_text("x"),
        lambda folder: (folder / "management/rates.csv").write_text("x"),
        lambda folder: (folder / "manifest.json").write_text(
            (folder / "manifest.json")
            .read_text(encoding="utf-8")
            .replace('"demo": false', '"demo": true'),
            encoding="utf-8",
        ),
    ],
    ids=["消えた", "増えた", "変わった", "manifest が変わった"],
)
def test_verify_sees_every_change(published, damage):
    damage(published.release)
    assert code_of(lambda: verify(published.home, published.params, MONTHS[1])) == "RELEASE_DAMAGED"


ALONE = ("mail.html", "letters.html", "objection.html", "withdrawal.html")
"""一枚だけで渡せる、つながりのないページ。"""
OUTSIDE_ITSELF = {
    "index.html": {"../index.html", "../index.css"},
    "management": {"../index.html"},
    "notice": {"../index.html"},
    "internal": {"../index.html"},
    "internal/lists": {"../../index.html"},
    "internal/desk": {"../../index.html"},
}
"""フォルダーの外へのつながり：入口へ戻るものだけ。事業所のフォルダーには、一つもない。"""


def test_each_audience_is_one_folder_that_reaches_nothing_outside_itself(published):
    for page in published.release.rglob("*.html"):
        place = page.relative_to(published.release).as_posix()
        links = re.findall(r'(?:href|src)="([^"#]+)"', page.read_text(encoding="utf-8"))
        outside = {link for link in links if link.startswith(("/", ".."))}
        alone = page.name in ALONE
        folder = (
            place.rpartition("/")[0]
            if place.startswith(("internal/lists", "internal/desk"))
            else place.partition("/")[0]
        )
        expected = set() if alone else OUTSIDE_ITSELF.get(folder, set())
        assert outside == expected, place
        for link in links:
            assert (page.parent / link).is_file(), f"{place}: {link}"


@pytest.mark.skipif(os.name == "nt", reason="Windows の権限は、フォルダーに付けたものを受け継ぐ")
def test_only_what_may_circulate_widely_is_readable_by_everybody(published):
    open_to_all = {path.name for path in published.release.iterdir() if path.stat().st_mode & 0o007}
    assert open_to_all == {"assets", "index.html", "management", "notice"}
    assert not [p for p in (published.release / "employers").iterdir() if p.stat().st_mode & 0o077]


@pytest.mark.long
def test_killing_publish_at_any_moment_leaves_the_release_whole_or_absent(small, record_property):
    command = publish_command(small)
    killed = 0
    for delay in (2.0, 4.0) if not LONG else [0.5 + n / 4 for n in range(40)]:
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        if small.release.exists():
            break
    assert small.publish().outcome in ("released", "unchanged")
    assert verify(small.home, small.params, MONTHS[1])
    record_property("kill -9", killed)
