"""設定の約束。どの罠も、どの誤りの名も、行番号つきで、一度に全部。"""

import csv
import json
import re
import shutil
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations, product
from pathlib import Path

import duckdb
import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from schemas import schema_texts
from societies import employer_of

from mynalib.disclosure.society import TOTAL
from mynalib.disclosure.wide import OTHERS
from mynalib.domain import params as params_module
from mynalib.domain.employers import (
    FOLD_FROM,
    FOLD_TO,
    NO_EMPLOYER,
    TRIMMED,
    Registry,
    SymbolEntry,
    fold_symbol,
)
from mynalib.domain.errors import BadParams
from mynalib.domain.months import Month
from mynalib.domain.params import RejectedParams, load_params
from mynalib.domain.strict_yaml import read_yaml
from mynalib.reminders.memory import LETTERS

SHIPPED = Path(__file__).parents[2] / "params"
FACTS = Path(__file__).parents[1] / "facts" / "employers.csv"
TODAY = date(2026, 11, 22)
OCTOBER = Month(2026, 10)
SYMBOL = 'symbol: "101", from: 2020-04-01'


def plain_id(value):
    """試験の名に、見えない文字や長い文字をそのまま出さない。"""
    return ascii(value)[1:31]


FEW = ("E01.yaml", "E02.yaml", "E15.yaml", "E19.yaml", "KENPO.yaml")


@pytest.fixture
def whole_folder(tmp_path):
    return Path(shutil.copytree(SHIPPED, tmp_path / "params"))


@pytest.fixture
def folder(whole_folder):
    """事業所を減らした写し（一つの検査ごとに 20 社は読まない）。"""
    for path in (whole_folder / "employers").iterdir():
        if path.name not in FEW:
            path.unlink()
    edit(whole_folder, "joint_use.yaml", "employers_stated: 20", "employers_stated: 4")
    return whole_folder


def edit(folder, file, old, new):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{file} に {old} がない"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def add_employer(folder, stem, **changes):
    employer = {
        "id": stem,
        "name": "甲商事",
        "symbols": '[{symbol: "201", from: 2020-04-01}]',
        "notified": "true",
        "scope": "[総務部]",
        "responsible": "{title: 総務部長}",
        **changes,
    }
    text = "".join(f"{key}: {value}\n" for key, value in employer.items() if value is not None)
    (folder / "employers" / f"{stem}.yaml").write_text(text, encoding="utf-8")


def rejected(folder):
    with pytest.raises(RejectedParams) as caught:
        load_params(folder)
    assert isinstance(caught.value, BadParams)
    for problem in caught.value.problems:
        assert not re.search(r"[A-Za-z]+ [a-z]+ [a-z]+", problem.what), "英語の文が人に見える"
        assert "pydantic" not in str(problem)
    return caught.value


def refused_places(folder):
    return [problem.where for problem in rejected(folder).problems]


def one_problem(folder):
    found = rejected(folder).problems
    assert len(found) == 1, [str(each) for each in found]
    return found[0]


# 出荷する設定


def facts():
    with FACTS.open(encoding="utf-8-sig", newline="") as file:
        return {row["employer_id"]: row for row in csv.DictReader(file)}


def test_shipped_employers_are_exactly_those_of_the_notice():
    shipped = load_params(SHIPPED)
    found = {
        one.id: {
            "employer_id": one.id,
            "name": one.name,
            "name_as_printed": one.name_as_printed,
            "scope_departments": ";".join(one.scope_on(TODAY)),
            "responsible_title": one.responsible.title,
            "tel": one.phone,
        }
        for one in shipped.employers
    }
    assert found == facts()


def test_shipped_employers_are_sorted_and_carry_the_demo_symbols():
    shipped = load_params(SHIPPED)
    ids = [one.id for one in shipped.employers]
    assert ids == sorted(ids)
    registry = shipped.registry(OCTOBER)
    demo = {f"E{index:02}": str(100 + index) for index in range(1, 20)} | {"KENPO": "120"}
    assert {
        entry.employer_id: entry.symbol for entry in registry.entries if entry.employer_id
    } == demo
    assert employer_of(registry, "901", "1") is None
    assert [entry.kind for entry in registry.entries if not entry.employer_id] == ["任意継続"]


def test_shipped_params_are_not_a_demo_and_share_the_eight_items():
    shipped = load_params(SHIPPED)
    assert not shipped.society.demo
    assert len(shipped.joint_use.items) == 8
    assert shipped.society.policy.wide.mask_up_to == 7
    assert shipped.society.policy.intake.max_drop == Decimal("0.05")
    assert shipped.society.policy.reminders.by.link == "employer"
    assert shipped.society.targets[0].month == Month(2027, 3)


# 全部の誤りを一度に、ファイルと行とともに


def test_every_problem_of_every_file_is_told_at_once_with_its_line(folder):
    edit(folder, "society.yaml", "demo: false", "demo: no")
    edit(folder, "society.yaml", "mask_up_to: 7", "mask_up_to: 3")
    edit(folder, "joint_use.yaml", "dependants: include", "dependents: include")
    edit(folder, "employers/E02.yaml", 'symbol: "102"', "symbol: 0012")
    edit(folder, "benefits.yaml", "rate: 0.01", "rate: 1%")
    edit(folder, "benchmarks.yaml", "value: 62.9", "value: 162.9")
    found = rejected(folder)
    files = {problem.where.split()[0] for problem in found.problems}
    assert files == {
        "society.yaml",
        "joint_use.yaml",
        "employers/E02.yaml",
        "benefits.yaml",
        "benchmarks.yaml",
    }
    assert len(found.problems) == 7  # joint_use は、知らない項目と、足りない項目
    assert found.code == "BAD_PARAMS"


LINES = [
    ("society.yaml", "max_drop: 0.05 ", "max_drop: 5% ", "policy.intake.max_drop"),
    ("society.yaml", "demo: false", "demo: yes", "demo"),
    ("society.yaml", "month: 2027-03", "month: 2027-3", "targets[0].month"),
    ("joint_use.yaml", "  - branch ", "  - name ", "items[2]"),
    ("joint_use.yaml", 'version: "1"', "version: 1", "notice.version"),
    ("employers/E01.yaml", "  - ツーリズム", '  - ""\n#', "scope[2].department"),
    ("employers/E01.yaml", "  title:", "  titel:", "responsible.titel"),
]


@pytest.mark.parametrize(("file", "old", "new", "place"), LINES)
def test_a_problem_names_its_file_line_and_item(folder, file, old, new, place):
    text = (folder / file).read_text(encoding="utf-8")
    line = text[: text.index(old)].count("\n") + 1
    edit(folder, file, old, new)
    assert f"{file} {line} 行目 {place}" in refused_places(folder)


def test_a_missing_item_names_the_line_of_what_should_hold_it(folder):
    edit(folder, "society.yaml", "    mask_up_to: 7", "    # mask_up_to: 7")
    text = (folder / "society.yaml").read_text(encoding="utf-8")
    line = text[: text.index("  wide:")].count("\n") + 1
    problem = one_problem(folder)
    assert problem.where == f"society.yaml {line} 行目 policy.wide.mask_up_to"
    assert "必要な項目がありません" in problem.what


def test_a_misspelt_item_is_refused_and_never_ignored(folder):
    edit(folder, "society.yaml", "    min_gap_months: 3", "    min_gap_month: 3")
    assert len(rejected(folder).problems) == 2


def test_the_message_says_where_what_and_what_to_do(folder):
    edit(folder, "society.yaml", "demo: false", "demo: no")
    text = str(rejected(folder))
    assert "society.yaml" in text and "行目 demo：true か false で" in text and "→" in text


@pytest.mark.parametrize(
    "file", ["society.yaml", "joint_use.yaml", "benefits.yaml", "benchmarks.yaml"]
)
def test_a_missing_file_is_a_problem(folder, file):
    (folder / file).unlink()
    problem = one_problem(folder)
    assert problem.where.startswith(file) and "ファイルがありません" in problem.what


def test_a_long_or_invisible_text_of_the_file_is_not_repeated_whole(folder):
    edit(folder, "society.yaml", "demo: false", f'demo: false\n"{"x" * 500}\\u202e": 1')
    problem = one_problem(folder)
    assert len(problem.where) < 90 and "\u202e" not in str(problem)


# YAML の罠

BARE = [
    "0012",
    "12:30",
    "1_000",
    "no",
    "on",
    "y",
    "101",
    "1e3",
    "0x1F",
    "0o17",
    "2026-05-01",
    "~",
    "null",
]
BARE += ["1.0", ".5", "+1", "TRUE", "=", "-1"]


@pytest.mark.parametrize("bare", BARE)
def test_a_symbol_that_yaml_may_read_as_something_else_must_be_quoted(folder, bare):
    edit(folder, "employers/E01.yaml", 'symbol: "101"', f"symbol: {bare}")
    found = rejected(folder)
    assert [problem.where for problem in found.problems] == [
        "employers/E01.yaml 7 行目 symbols[0].symbol"
    ]
    assert "引用符で囲んでください" in found.problems[0].what
    assert found.code == "BAD_PARAMS"


@pytest.mark.parametrize(
    "written", ['"0012"', "'12:30'", '"no"', "東①", "髙﨑", "関～西", "Ａ－１", "A-1", '"1_000"']
)
def test_a_symbol_is_kept_exactly_as_written(folder, written):
    edit(folder, "employers/E01.yaml", 'symbol: "101"', f"symbol: {written}")
    employer = load_params(folder).employers[0]
    assert employer.symbols[0].symbol == written.strip("\"'")


def test_a_text_that_no_reader_changes_needs_no_quotes(folder):
    edit(folder, "employers/E01.yaml", "phone: 03-6895-7800", "phone: 098-867-4689")
    assert load_params(folder).employers[0].phone == "098-867-4689"


@pytest.mark.parametrize(
    "written", ["yes", "no", "on", "off", "True", "FALSE", "1", "0", "y", "はい", "[true]"]
)
def test_only_true_and_false_are_accepted_for_yes_and_no(folder, written):
    edit(folder, "society.yaml", "demo: false", f"demo: {written}")
    assert "true か false" in one_problem(folder).what


@pytest.mark.parametrize(
    "written",
    [
        "20251001",
        "2025/10/01",
        "2025-10-1",
        "2025-02-30",
        "令和7年10月1日",
        "2025-10-01T00:00",
        "0000-00-00",
        "２０２５-10-01",
        "45931",
        "{a: b}",
    ],
)
def test_a_date_has_one_spelling_and_must_exist(folder, written):
    edit(folder, "joint_use.yaml", "effective: 2025-10-01", f"effective: {written}")
    problem = one_problem(folder)
    assert problem.where.endswith("notice.effective") and "2026-10-31 の形" in problem.what


@pytest.mark.parametrize(
    "written", ["2027-3", "202703", "2027-13", "2027-03-01", "1999-01", "2027年3月"]
)
def test_a_month_has_one_spelling(folder, written):
    edit(folder, "society.yaml", "month: 2027-03", f"month: {written}")
    assert "2026-10 の形" in one_problem(folder).what


@pytest.mark.parametrize(
    "written", ["05", "1_0", "10.0", "-10", "１０", "1e1", "0x0A", "ten", "[10]", "true"]
)
def test_a_number_has_one_spelling(folder, written):
    edit(folder, "society.yaml", "min_gap_months: 3", f"min_gap_months: {written}")
    assert "整数" in one_problem(folder).what


@pytest.mark.parametrize(
    "written", ["5%", ".05", "5e-2", "0,05", "-0.05", "nan", ".inf", "00.05", "0.0_5"]
)
def test_a_ratio_has_one_spelling(folder, written):
    edit(folder, "society.yaml", "max_drop: 0.05 ", f"max_drop: {written} ")
    assert "数で書いてください" in one_problem(folder).what


FEATURES = [
    ("demo: !!python/object/apply:os.system ['touch PWNED']", "タグは使えません"),
    ("demo: !!bool false", "タグは使えません"),
    ("demo: ! false", "タグは使えません"),
    ("demo: &x false", "別名"),
    ("demo: *x", "YAML として読めません|別名"),
    ("demo: false\ndemo: false", "同じ項目が"),
    ("demo: false\n---\ndemo: false", "二つ目の文書"),
    ("demo: {a: {a: false, a: true}}", "同じ項目が"),
    ("? [demo]\n: false", "項目の名"),
    ("demo: 'false", "YAML として読めません"),
    ("demo:\n\t- false", "タブです"),
    ("demo: " + "[" * 500, "入れ子が深すぎます"),
    ("demo: \x00", "制御文字"),
    ("demo:", "値がありません"),
    ("demo: false # ok\n<<: {name: 甲}", "知らない項目"),
]


@pytest.mark.parametrize(("written", "phrase"), FEATURES, ids=plain_id)
def test_yaml_features_that_hide_or_change_a_value_are_refused(
    folder, written, phrase, monkeypatch
):
    monkeypatch.chdir(folder)
    edit(folder, "society.yaml", "demo: false", written)
    found = rejected(folder)
    assert any(re.search(phrase, problem.what) for problem in found.problems), str(found)
    assert found.code == "BAD_PARAMS"
    assert not (folder / "PWNED").exists()


def test_an_alias_bomb_is_refused_at_once(folder):
    bomb = "".join(f"b{i}: &b{i} [{', '.join([f'*b{i - 1}'] * 9)}]\n" for i in range(1, 30))
    (folder / "society.yaml").write_text("b0: &b0 [x]\n" + bomb, encoding="utf-8")
    assert "別名" in str(rejected(folder))


def test_the_trap_file_of_the_intake_cases_is_refused_line_by_line(folder):
    (folder / "benchmarks.yaml").write_text(
        "figures:\n  - date: no\n    value: 0012\n    denominator: 12:30\n"
        "    source: 1_000\n    source: '103'\n    definition: 2026-05-01\n    measure: x\n",
        encoding="utf-8",
    )
    lines = [int(re.search(r"(\d+) 行目", where)[1]) for where in refused_places(folder)]
    assert lines == sorted(lines)
    assert set(lines) == {2, 3, 4, 5, 6, 7, 8}


@pytest.mark.parametrize(
    ("content", "phrase"),
    [
        ("name: 日本".encode("cp932"), "UTF-8 ではありません"),
        ("name: 日本".encode("utf-16"), "UTF-8 ではありません"),
        (b"# " + b"x" * 1_000_001, "1 MB を超えています"),
        (b"", "何も書かれていません"),
        ("# 注釈だけ\n".encode(), "何も書かれていません"),
        (b"- a\n- b\n", "「項目: 値」の組"),
        (b"text\n", "「項目: 値」の組"),
    ],
    ids=["cp932", "utf-16", "too-large", "empty", "only-comments", "a-list", "a-text"],
)
def test_a_file_that_is_not_a_settings_file_is_refused(folder, content, phrase):
    (folder / "society.yaml").write_bytes(content)
    assert phrase in one_problem(folder).what


def test_a_file_saved_by_windows_with_bom_and_crlf_reads_the_same(folder):
    before = load_params(folder).fingerprint
    for path in folder.rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        path.write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    assert load_params(folder).fingerprint == before


# 下限と上限は、設定ではゆるめられない

FLOORS = [
    ("wide:", "mask_up_to: 7", "mask_up_to: 6"),
    ("wide", "mask_up_to: 7 ", "mask_up_to: 0 "),
    ("employer", "minimum_members: 20", "minimum_members: 19"),
    ("wide", "minimum_members: 30", "minimum_members: 29"),
    ("wide", "min_changes: 5", "min_changes: 4"),
    ("reminders", "min_gap_months: 3", "min_gap_months: 0"),
    ("retention", "months: 60", "months: 12"),
    ("intake", "max_drop: 0.05 ", "max_drop: 0.21 "),
    ("intake", "min_rows: 20 ", "min_rows: 101 "),
    ("publish", "max_quarantine: 0.005", "max_quarantine: 0.06"),
    ("publish", "quarantine_floor: 2 ", "quarantine_floor: 6 "),
    ("publish", "stale_after_days: 45", "stale_after_days: 63"),
]


@pytest.mark.parametrize(("section", "old", "new"), FLOORS)
def test_a_threshold_cannot_be_made_looser_than_its_floor(folder, section, old, new):
    edit(folder, "society.yaml", old, new)
    assert f"policy.{section.strip(':')}." in one_problem(folder).where


def test_a_threshold_can_be_made_stricter(folder):
    edit(folder, "society.yaml", "mask_up_to: 7", "mask_up_to: 10")
    edit(folder, "society.yaml", "max_quarantine: 0.005", "max_quarantine: 0")
    policy = load_params(folder).society.policy
    assert (policy.wide.mask_up_to, policy.publish.max_quarantine) == (10, 0)


def test_reminders_can_have_a_sender_for_each_action(folder):
    edit(folder, "society.yaml", "by: employer", "by: {link: employer, renew: both}")
    by = load_params(folder).society.policy.reminders.by
    assert (by.link, by.renew) == ("employer", "both")


@pytest.mark.parametrize(
    "path",
    [
        "../x.csv",
        "/etc/x.csv",
        "data\\x.csv",
        "C:/x.csv",
        "data/../../x.csv",
        "data/x.txt",
        "data//x.csv",
    ],
)
def test_a_register_stays_inside_the_home(folder, path):
    edit(folder, "society.yaml", "optout: data/registers/optout.csv", f"optout: {path}")
    assert one_problem(folder).where.endswith("registers.optout")


@pytest.mark.parametrize("branches", ["[]", "[00]", '["0"]', '["0０"]', "00"])
def test_the_insured_branches_are_two_quoted_digits(folder, branches):
    edit(folder, "society.yaml", 'insured_branches: ["00"]', f"insured_branches: {branches}")
    assert "insured_branches" in one_problem(folder).where


# 事業所：それぞれの誤りに名がある

BAD_PATHS = ["../../evil", "/etc/evil", "a/b", "E01\n", ""]
BAD_IDS = ["E", "e20", "1E", "Ｅ０１", "E 1", "E-1", "E" * 13, "E٣"]
UNUSABLE_IDS = ["CON", "NUL", "COM1", "LPT9", "NAN", "INF", TOTAL, OTHERS, NO_EMPLOYER, LETTERS]


@pytest.mark.parametrize("bad", BAD_PATHS, ids=plain_id)
def test_an_id_that_would_leave_the_folder_is_refused(folder, bad):
    add_employer(folder, "E20", id=json.dumps(bad))
    assert rejected(folder).code == "BAD_EMPLOYER_ID"


@pytest.mark.parametrize("bad", BAD_IDS + UNUSABLE_IDS, ids=plain_id)
def test_an_id_that_cannot_be_a_file_name_everywhere_is_refused(folder, bad):
    add_employer(folder, bad)
    assert rejected(folder).code == "BAD_EMPLOYER_ID"


@pytest.mark.parametrize("good", ["E20", "A1", "ABCDEFGHIJKL", "KENPO2"])
def test_a_plain_id_is_accepted(folder, good):
    add_employer(folder, good)
    assert good in [one.id for one in load_params(folder).employers]


def test_the_id_is_the_name_of_the_file(folder):
    add_employer(folder, "E20", id="E21")
    found = rejected(folder)
    assert found.code == "BAD_EMPLOYER_ID" and "E21.yaml" in str(found)


def test_a_wrong_file_name_is_told_together_with_the_other_problems_of_the_file(folder):
    add_employer(folder, "E20", id="E21", notified="no")
    assert len(rejected(folder).problems) == 2


def test_a_file_with_another_ending_is_not_silently_left_out(folder):
    add_employer(folder, "E20")
    (folder / "employers/E20.yaml").rename(folder / "employers/E20.yml")
    assert rejected(folder).code == "BAD_EMPLOYER_ID"


@pytest.mark.parametrize(
    "stray",
    [
        "employers/E20.yaml.txt",
        "employers/E20.YML.txt",
        "employers/E20.yaml_",
        "calender.yaml",
        "calendar.yaml.txt",
        "benefits.yml",
        "society - コピー.yaml",
    ],
)
def test_a_file_that_nobody_reads_is_named_and_not_silently_left_out(folder, stray):
    add_employer(folder, "E20")
    (folder / "employers/E20.yaml").rename(folder / stray)
    if stray.startswith("calendar"):
        (folder / "calendar.yaml").unlink()
    found = rejected(folder)
    assert [problem.where.split(" ")[0] for problem in found.problems] == [stray.split(" ")[0]]


@pytest.mark.parametrize(
    "beside",
    [
        "society.yaml.bak",
        "employers/E01.yaml~",
        "benchmarks.yaml.before",
        ".#E01.yaml",
        "#E01.yaml#",
    ],
)
def test_a_copy_beside_its_original_is_left_alone(folder, beside):
    (folder / beside).write_text("", encoding="utf-8")
    assert load_params(folder)


@pytest.mark.parametrize("copy", ["E01 - コピー", "e01", "E20"])
def test_two_files_with_one_id_collide_whatever_the_case(folder, copy):
    written = "e01" if copy == "e01" else "E01"
    add_employer(folder, copy, id=written)
    found = rejected(folder)
    assert found.code == "ID_COLLISION" and len(found.problems) == 2


BAD_NAMES = [
    "",
    "   ",
    "\u3000",
    "甲\u200b商事",
    "甲\u202e商事",
    "甲\n商事",
    "甲\u0000",
    "甲\u00ad",
    "あ" * 101,
    "\u3164",
    "=甲",
    "+81商事",
    "-甲",
    "@甲",
    "＝甲",
    "＋甲",
    "－甲",
    "−甲",
    "＠甲",
    " =甲",
    "\u3000＝甲",
    "\t=甲",
    "\r甲",
]


@pytest.mark.parametrize("bad", BAD_NAMES, ids=plain_id)
def test_a_name_that_is_blank_or_hides_something_is_refused(folder, bad):
    add_employer(folder, "E20", name=json.dumps(bad))
    assert rejected(folder).code == "BAD_EMPLOYER_NAME"


@pytest.mark.parametrize(
    "good",
    [
        "</script><script>alert('x')</script>",
        "髙﨑㈱",
        "A & B",
        "日本旅行・ｸﾞﾛｰﾊﾞﾙ",
        "甲=-@+",
        "あ" * 100,
    ],
)
def test_a_visible_name_is_accepted_whatever_it_says(folder, good):
    add_employer(folder, "E20", name=json.dumps(good))
    assert good in [one.name for one in load_params(folder).employers]


FORMULAS = st.tuples(
    st.sampled_from(["", " ", "\u3000"]),
    st.sampled_from("=+-@＝＋－＠−"),
    st.text("甲A1(", max_size=3),
)
IN_CELLS = {  # 表のセルに入る文字のある、ほかの項目
    "お知らせの印字": lambda text: {"name_as_printed": text},
    "部署": lambda text: {"scope": f"[{text}]"},
    "期間のある部署": lambda text: {"scope": f"[{{department: {text}}}]"},
    "責任者の役職": lambda text: {"responsible": f"{{title: {text}}}"},
    "責任者の名": lambda text: {"responsible": f"{{title: 部長, name: {text}}}"},
    "電話": lambda text: {"phone": text},
}


@settings(max_examples=25, deadline=None)
@given(parts=FORMULAS, item=st.sampled_from(sorted(IN_CELLS)))
def test_no_text_that_a_sheet_would_run_is_accepted(tmp_path_factory, parts, item):
    text = "".join(parts)
    only = shutil.ignore_patterns("E*.yaml", "schema")
    folder = Path(
        shutil.copytree(SHIPPED, tmp_path_factory.mktemp("formula") / "params", ignore=only)
    )
    add_employer(folder, "E20", **IN_CELLS[item](json.dumps(text)))
    phone = item == "電話" and re.match(r"\+[0-9]", text)
    if phone:
        assert load_params(folder).employers
    else:
        assert any("式になります" in problem.what for problem in rejected(folder).problems)


@pytest.mark.parametrize(
    ("file", "old"), [("society.yaml", "日本旅行健康保険組合"), ("joint_use.yaml", '""')]
)
def test_a_formula_in_the_other_files_is_refused_too(folder, file, old):
    edit(folder, file, old, '"=1+1"')
    assert "式になります" in one_problem(folder).what


def test_a_phone_may_begin_with_its_country(folder):
    add_employer(folder, "E20", phone='"+81-3-6895-7800"')
    assert load_params(folder).employers


SLIPS = [  # 書いた行、言うこと
    ("name: “甲商事”", "日本語入力の引用符（“）"),
    ("name: ＂甲商事＂", "日本語入力の引用符（＂）"),
    ("name: ’甲商事’", "日本語入力の引用符（’）"),
    ("name: ‘甲商事’", "日本語入力の引用符（‘）"),
    ("name: 「甲商事」", "日本語入力の引用符（「）"),
    ("name: 『甲商事』", "日本語入力の引用符（『）"),
    ('name: "甲商事”', "日本語入力の引用符（”）"),
    ("“name”: 甲商事", "項目の名は半角の name"),
    ("name： 甲商事", "全角のコロン"),
    ("name：甲商事", "全角のコロン"),
    ("name: 甲\n  phone：03", "全角のコロン"),
    ("name:　甲商事", "全角の空白"),
    ("name: 　甲商事", "全角の空白"),
    ("　name: 甲商事", "全角の空白|項目の名は半角の name"),
    ("ｎａｍｅ: 甲商事", "項目の名は半角の name"),
    ("name:\t甲商事", "タブ"),
    ("\tname: 甲商事", "タブ"),
    ("name: 甲\t商事", "タブ"),
    ("name: 甲商事 #2号", "「 #」から後ろは注釈"),
    ("name: #1商会", "「 #」から後ろは注釈"),
    ("name: 甲\n  乙 #丙", "「 #」から後ろは注釈"),
    ("from: ２０２０-04-01\nname: 甲", "半角で 2020-04-01"),
    ("notified_from: 2020−04−01\nname: 甲", "日付は"),
    ("notified_from: ２０２０－０４－０１\nname: 甲", "半角で 2020-04-01"),
]


@pytest.mark.parametrize(("written", "phrase"), SLIPS, ids=plain_id)
def test_a_slip_of_typing_is_named_at_its_line_with_what_to_type_instead(folder, written, phrase):
    add_employer(folder, "E20", name=None)
    path = folder / "employers" / "E20.yaml"
    path.write_text(path.read_text(encoding="utf-8") + written + "\n", encoding="utf-8")
    lines = path.read_text(encoding="utf-8").splitlines()
    first = next(number for number, line in enumerate(lines, 1) if line == written.split("\n")[0])
    told = [problem for problem in rejected(folder).problems if re.search(phrase, problem.what)]
    assert told, [str(problem) for problem in rejected(folder).problems]
    assert int(re.search(r"(\d+) 行目", told[0].where)[1]) in range(first, first + 2)


RIGHT = [
    "name: 甲商事 # 注釈",
    "name: 甲商事   #",
    'name: "甲商事 #2号"',
    "name: 甲#2",
    'name: "“甲商事”"',
    "name: 「甲」と「乙」",
    "name: 甲：乙",
    'name: "「甲商事」"',
    "name: 甲　乙",
    "name: 甲\nfrom: 2020-04-01 #数の後ろは切れない",
]


@pytest.mark.parametrize("written", RIGHT, ids=plain_id)
def test_what_only_looks_like_a_slip_is_accepted(folder, written):
    add_employer(folder, "E20", name=None)
    path = folder / "employers" / "E20.yaml"
    path.write_text(path.read_text(encoding="utf-8") + written + "\n", encoding="utf-8")
    assert "E20" in [one.id for one in load_params(folder).employers]


@settings(max_examples=40, deadline=None)
@given(
    mark=st.sampled_from("“”„‟＂‘’＇"),
    text=st.text("甲乙1- ", min_size=1, max_size=5).filter(str.strip),
)
def test_no_quote_of_an_input_method_becomes_a_part_of_a_value(tmp_path_factory, mark, text):
    path = tmp_path_factory.mktemp("quote") / "a.yaml"
    path.write_text(f"name: {mark}{text}{mark}\n", encoding="utf-8")
    assert [problem.what for _, _, problem in read_yaml(path, "a.yaml").problems][:1] == [
        f'日本語入力の引用符（{mark}）です。半角の " で囲み直してください'
    ]


BAD_SYMBOLS = [
    "",
    " ",
    "\u3000",
    "=1+1",
    "+1",
    "-1",
    "@a",
    "\t1",
    "＝1",
    "＋1",
    "－1",
    "−1",
    "＠1",
    "1\n2",
    "1\u200b",
    " 1",
    "1 ",
    "1" * 41,
]


@pytest.mark.parametrize("bad", BAD_SYMBOLS, ids=plain_id)
def test_a_symbol_that_is_blank_or_like_a_formula_is_refused(folder, bad):
    add_employer(folder, "E20", symbols=json.dumps([{"symbol": bad, "from": "2020-04-01"}]))
    assert rejected(folder).code == "BAD_REGISTRY"


BAD_REGISTRIES = [
    {"symbols": '[{symbol: "201", from: 2020-04-01, to: 2020-03-31}]'},
    {"symbols": '[{symbol: "201", from: 2020-04-01, numbers: {from: "9", to: "1"}}]'},
    {"symbols": '[{symbol: "201", from: 2020-04-01, numbers: {from: "A", to: "B"}}]'},
    {"symbols": '[{symbol: "201", from: 2020-04-01}, {symbol: "２０１", from: 2021-04-01}]'},
    {"symbols": '[{symbol: "201", from: 2020-04-01}]', "to": "2019-03-31"},
    {"notified_from": "2025-10-01", "notified_to": "2025-09-30"},
    {"scope": "[{department: 総務部, from: 2025-10-01, to: 2025-09-30}]"},
    {"from": "2025-10-01", "to": "2025-09-30", "symbols": '[{symbol: "201", from: 2025-10-01}]'},
]


@pytest.mark.parametrize("changes", BAD_REGISTRIES)
def test_a_registry_that_contradicts_itself_is_refused(folder, changes):
    add_employer(folder, "E20", **changes)
    assert rejected(folder).code == "BAD_REGISTRY"


def test_a_society_without_employers_is_refused(folder):
    shutil.rmtree(folder / "employers")
    assert rejected(folder).code == "BAD_REGISTRY"


AMBIGUOUS = ["101", "１０１"]


@pytest.mark.parametrize("symbol", AMBIGUOUS)
def test_two_employers_cannot_claim_one_symbol(folder, symbol):
    add_employer(folder, "E20", symbols=f'[{{symbol: "{symbol}", from: 2020-04-01}}]')
    found = rejected(folder)
    assert found.code == "AMBIGUOUS_KIGO"
    assert found.problems[0].where == "employers/E20.yaml 3 行目 symbols[0]"
    assert "employers/E01.yaml 7 行目" in found.problems[0].what


def test_an_employer_and_the_members_without_employer_cannot_claim_one_symbol(folder):
    edit(folder, "society.yaml", 'symbol: "901"', 'symbol: "101"')
    assert rejected(folder).code == "AMBIGUOUS_KIGO"


def test_problems_of_different_kinds_have_the_general_name(folder):
    add_employer(folder, "E20", id="e/1", name='""')
    assert rejected(folder).code == "BAD_PARAMS"


def test_every_kind_of_error_has_an_example_above():
    source = Path(__file__).read_text(encoding="utf-8")
    assert all(f'== "{kind}"' in source for kind in params_module.KINDS)


@pytest.mark.parametrize("missing", ["id", "name", "symbols", "notified", "scope", "responsible"])
def test_nothing_of_an_employer_is_assumed(folder, missing):
    add_employer(folder, "E20", **{missing: None})
    assert "必要な項目がありません" in one_problem(folder).what


# 記号の折りたたみ

FOLDED = [
    (" 101　", "101"),
    ("\u00a0１０１", "101"),
    ("関〜西", "関～西"),
    ("Ａ−１", "Ａ－1"),
    ("①", "①"),
    ("㈱", "㈱"),
    ("Ａ", "Ａ"),
    ("0012", "0012"),
    ("1 2", "1 2"),
    ("ｱ", "ｱ"),
]


@pytest.mark.parametrize(("raw", "folded"), FOLDED, ids=plain_id)
def test_folding_changes_blanks_digits_and_two_dashes_and_nothing_else(raw, folded):
    assert fold_symbol(raw) == folded


SYMBOLS = st.text(st.sampled_from(FOLD_FROM + FOLD_TO + TRIMMED + "①Ａ東-ー"), max_size=8)


@given(SYMBOLS | st.text(max_size=8))
def test_folding_twice_is_folding_once(text):
    assert fold_symbol(fold_symbol(text)) == fold_symbol(text)


def test_sql_folds_as_python_does():
    assert len(FOLD_FROM) == len(FOLD_TO)
    texts = [
        "".join(letters) for letters in product(FOLD_FROM[:2] + "～〜−" + TRIMMED + "①A", repeat=3)
    ]
    query = (
        "SELECT list_transform($texts, lambda t: translate(trim(t, $trimmed), $source, $target))"
    )
    values = {"texts": texts, "trimmed": TRIMMED, "source": FOLD_FROM, "target": FOLD_TO}
    with duckdb.connect() as db:
        [(folded,)] = db.execute(query, values).fetchall()
    assert folded == [fold_symbol(text) for text in texts]


# 日付と番号の範囲のある登録簿

CLAIMS = [  # 事業所、記号、から、まで、番号から、番号まで
    ("E20", "201", "2020-04-01", "2026-05-31", None, None),
    ("E21", "201", "2026-06-01", None, "1", "4999"),
    ("任意継続", "201", "2026-06-01", None, "9000", "9999"),
    ("E21", "東①", "2026-01-01", "2026-06-30", None, None),
    ("E20", "東①", "2026-07-01", None, None, None),
    ("E20", "００１", "2020-04-01", None, "001", "010"),
]


def claim_as_yaml(symbol, first, last, low, high):
    row = {"symbol": symbol, "from": first}
    row |= {"to": last} if last else {}
    row |= {"numbers": {"from": low, "to": high}} if low else {}
    return row


@pytest.fixture
def dated(folder):
    rows = {
        owner: [claim_as_yaml(*rest) for who, *rest in CLAIMS if who == owner]
        for owner in ("E20", "E21", "任意継続")
    }
    add_employer(folder, "E20", symbols=json.dumps(rows["E20"]))
    add_employer(folder, "E21", symbols=json.dumps(rows["E21"]))
    extra = json.dumps(rows["任意継続"][0] | {"kind": "任意継続"}, ensure_ascii=False)
    edit(folder, "society.yaml", "no_employer:\n", f"no_employer:\n  - {extra}\n")
    return load_params(folder)


def slow_owner(symbol, number, day):
    """一行ずつ見るだけの、遅い答え。"""
    owners = set()
    for owner, claimed, first, last, low, high in CLAIMS:
        same = claimed.translate(str.maketrans("０１２", "012")) == symbol.translate(
            str.maketrans("０１２", "012")
        )
        current = first <= day.isoformat() <= (last or "9999-12-31")
        inside = low is None or (number.isdecimal() and int(low) <= int(number) <= int(high))
        if same and current and inside:
            owners.add(owner)
    assert len(owners) <= 1
    return owners.pop() if owners else "unknown"


def registry_owner(registry, symbol, number):
    try:
        return employer_of(registry, symbol, number) or "任意継続"
    except KeyError:
        return "unknown"


def test_the_registry_agrees_with_reading_the_claims_one_by_one(dated):
    numbers = [
        "1",
        "0001",
        "10",
        "11",
        "4999",
        "04999",
        "5000",
        "9000",
        "9999",
        "10000",
        "A1",
        "9" * 30,
    ]
    seen = set()
    for month, symbol, number in product(
        range(1, 13), ["201", "２０１", "東①", "東1", "001", "1"], numbers
    ):
        registry = dated.registry(Month(2026, month))
        owner = registry_owner(registry, symbol, number)
        assert owner == slow_owner(symbol, number, Month(2026, month).end), (month, symbol, number)
        seen.add(owner)
    assert seen == {"E20", "E21", "任意継続", "unknown"}


def test_continued_members_who_keep_the_symbol_never_reach_the_company(dated):
    registry = dated.registry(OCTOBER)
    assert employer_of(registry, "201", "9500") is None
    with pytest.raises(KeyError):
        employer_of(registry, "201", "7000")


def test_the_last_day_of_a_period_belongs_to_it(folder):
    edit(
        folder,
        "employers/E02.yaml",
        "  - 企画部",
        "  - {department: 企画部, from: 2026-10-31, to: 2026-10-31}",
    )
    employer = load_params(folder).employers[1]
    days = [date(2026, 10, 30), date(2026, 10, 31), date(2026, 11, 1)]
    assert [employer.scope_on(day) for day in days] == [(), ("企画部",), ()]


def test_an_employer_that_has_left_claims_nobody(folder):
    edit(folder, "employers/E01.yaml", "id: E01 ", "to: 2026-09-30\nid: E01 ")
    left = load_params(folder)
    assert employer_of(left.registry(Month(2026, 9)), "101", "1") == "E01"
    with pytest.raises(KeyError):
        employer_of(left.registry(OCTOBER), "101", "1")


def test_the_error_for_an_unknown_person_names_no_number():
    entry = SymbolEntry("101", "101", "E01", "", 1, 5)
    with pytest.raises(KeyError) as caught:
        employer_of(Registry((entry,)), "101", "8301074")
    assert "8301074" not in str(caught.value)


def periods_and_ranges():
    periods = [("2026-01-01", "2026-03-31"), ("2026-03-31", "2026-06-30"), ("2026-04-01", None)]
    numbers = [(None, None), ("1", "10"), ("10", "20"), ("011", "20")]
    return list(product(periods, numbers))


@pytest.mark.parametrize(("one", "other"), list(combinations(periods_and_ranges(), 2)))
def test_a_symbol_is_ambiguous_exactly_when_one_person_on_one_day_could_be_in_two(
    tmp_path, one, other
):
    for name in ("society", "joint_use", "benefits", "benchmarks"):
        shutil.copy(SHIPPED / f"{name}.yaml", tmp_path)
    (tmp_path / "employers").mkdir()
    for stem, ((first, last), (low, high)) in (("E20", one), ("E21", other)):
        add_employer(
            tmp_path, stem, symbols=json.dumps([claim_as_yaml("201", first, last, low, high)])
        )
    days = [date(2025, 12, 1) + timedelta(n) for n in range(260)]
    shared_day = any(
        all(f <= d.isoformat() <= (t or "9999") for (f, t), _ in (one, other)) for d in days
    )
    shared_number = any(
        all(low is None or int(low) <= number <= int(high) for _, (low, high) in (one, other))
        for number in range(25)
    )
    if shared_day and shared_number:
        assert rejected(tmp_path).code == "AMBIGUOUS_KIGO"
    else:
        assert len(load_params(tmp_path).employers) == 2


# だれに渡してよいか


def notified_ids(folder, when=OCTOBER):
    return [one.id for one in load_params(folder).notified(when)]


def test_nineteen_employers_are_notified_and_the_society_is_not_one_of_them():
    assert notified_ids(SHIPPED) == [f"E{index:02}" for index in range(1, 20)]


def test_nobody_is_notified_before_the_notice_takes_effect(folder):
    assert notified_ids(folder, date(2025, 9, 30)) == []
    assert len(notified_ids(folder, date(2025, 10, 1))) == 4
    assert notified_ids(folder, Month(2025, 9)) == []


UNNOTIFIED = [
    ("notified: true ", "notified: false "),
    ("notified: true ", "notified: true\nnotified_from: 2026-11-01 "),
    ("notified: true ", "notified: true\nnotified_to: 2026-10-30 "),
    ("id: E02 ", "to: 2026-10-30\nid: E02 "),
    ("  - 企画部", "  - {department: 企画部, from: 2026-11-01}"),
    ("  - 企画部", "  - {department: 企画部, to: 2026-10-30}"),
    ("from: 2020-04-01}", "from: 2020-04-01, to: 2026-10-30}"),  # 抜けた事業所：記号が、もうない
    ("from: 2020-04-01}", "from: 2026-11-01}"),
]


@pytest.mark.parametrize(("old", "new"), UNNOTIFIED)
def test_an_employer_without_a_notified_row_on_the_day_gets_nothing(folder, old, new):
    edit(folder, "employers/E02.yaml", old, new)
    assert "E02" not in notified_ids(folder)
    assert "E01" in notified_ids(folder)


# 共同利用

BAD_JOINT_USE = [
    ("dependants: include", "# dependants", "dependants"),
    ("dependants: include", "dependants: maybe", "dependants"),
    ("dependants_notified_on: 2025-10-01", "#", "dependants_notified_on"),
    ("  - cancelled_on", "  - name", "items[5]"),
    ("  - cancelled_on", "  - state", "items"),
    ("member_kind, action, attempt]", "member_kind, name]", "employer_columns[4]"),
    ("member_kind, action, attempt]", "action, action]", "employer_columns"),
    ("  - branch ", "#", "employer_columns"),
]


@pytest.mark.parametrize(("old", "new", "place"), BAD_JOINT_USE)
def test_a_joint_use_that_is_not_decided_or_goes_beyond_the_notice_is_refused(
    folder, old, new, place
):
    edit(folder, "joint_use.yaml", old, new)
    assert one_problem(folder).where.endswith(f" {place}")


def test_excluded_dependants_need_no_notice_of_their_own(folder):
    edit(folder, "joint_use.yaml", "dependants: include", "dependants: exclude")
    edit(folder, "joint_use.yaml", "dependants_notified_on: 2025-10-01", "#")
    assert load_params(folder).joint_use.dependants_notified_on is None


# 指紋


def test_the_fingerprint_depends_on_the_content_and_not_on_the_place_or_the_comments(whole_folder):
    folder = whole_folder
    edit(folder, "society.yaml", "# 健康保険組合のこと", "# 書き直した注釈")
    edit(folder, "employers/E01.yaml", "id: E01 ", "phone: 03-6895-7800\nid: E01 ")
    edit(folder, "employers/E01.yaml", "総務人事部長\nphone: 03-6895-7800", "総務人事部長")
    assert load_params(folder).fingerprint == load_params(SHIPPED).fingerprint


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("society.yaml", "mask_up_to: 7", "mask_up_to: 8"),
        ("joint_use.yaml", "  - {to: 事業所", "  - {to: 会社"),
        ("employers/E19.yaml", 'symbol: "119"', 'symbol: "219"'),
        ("benefits.yaml", "base: 252600", "base: 252601"),
        ("benchmarks.yaml", "value: 62.9", "value: 63.9"),
    ],
)
def test_the_fingerprint_changes_with_any_file(folder, file, old, new):
    before = load_params(folder).fingerprint
    edit(folder, file, old, new)
    after = load_params(folder).fingerprint
    assert before != after and re.fullmatch("[0-9a-f]{64}", after)


# 参考の数


@pytest.mark.parametrize(
    ("bracket", "cost", "amount"),
    [
        ("ア", 1_000_000, 254_180),
        ("イ", 1_000_000, 171_820),
        ("ウ", 1_000_000, 87_430),
        ("エ", 1_000_000, 57_600),
        ("オ", 1_000_000, 35_400),
        ("ウ", 267_050, 80_101),
        ("ウ", 267_049, 80_100),
        ("ウ", 0, 80_100),
    ],
)
def test_the_limit_of_high_cost_care_is_the_formula_in_force(bracket, cost, amount):
    assert load_params(SHIPPED).benefits.limit(bracket, date(2026, 7, 31)).amount(cost) == amount


@pytest.mark.parametrize(
    ("bracket", "amount"),
    [("ア", 271_290), ("イ", 183_130), ("ウ", 92_940), ("エ", 61_500), ("オ", 36_900)],
)
def test_the_limit_changed_with_the_care_of_august_2026(bracket, amount):
    assert (
        load_params(SHIPPED).benefits.limit(bracket, date(2026, 8, 1)).amount(1_000_000) == amount
    )


@pytest.mark.parametrize("bracket", "アイウエオ")
def test_no_limit_is_given_for_a_day_without_a_row_or_whose_row_nobody_has_verified(
    folder, bracket
):
    assert load_params(SHIPPED).benefits.limit(bracket, date(2014, 12, 31)) is None
    verified = (
        "    verified_by: 厚生労働省の資料を引く公開の計算と照合（設定の作成時。原本の PDF は未読）"
    )
    path = folder / "benefits.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace(verified, '    verified_by: ""'), encoding="utf-8"
    )
    benefits = load_params(folder).benefits
    assert benefits.limit(bracket, date(2026, 8, 1)) is None, "古い額で代わりにしない"
    assert benefits.limit(bracket, date(2026, 7, 31)) is not None


def test_a_verified_limit_needs_its_amount(folder):
    edit(folder, "benefits.yaml", "    base: 61500\n", "")
    assert "base" in one_problem(folder).what


def test_figures_are_compared_only_with_the_same_denominator():
    benchmarks = load_params(SHIPPED).benchmarks
    rows = benchmarks.with_denominator("registration_rate", "population")
    assert [str(row.value) for row in rows] == ["62", "69.5", "70.1", "72.7", "75.6"]
    assert [row.date for row in rows] == sorted(row.date for row in rows)
    assert all(row.source and row.definition for row in benchmarks.figures)


# エディター向けのスキーマ


def test_the_schemas_are_in_step_with_the_models():
    shipped = {
        path.name: path.read_text(encoding="utf-8") for path in (SHIPPED / "schema").iterdir()
    }
    assert shipped == schema_texts(), "make schemas で書き直す"


class Editor(yaml.SafeLoader):
    """エディターの読み方に近いもの：数と真偽は変え、日付は文字のまま。"""


Editor.yaml_implicit_resolvers = {
    first: [(tag, shape) for tag, shape in rules if tag.endswith(("int", "float", "null"))]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Editor.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), "tf")


def schema_errors(path, text=None):
    text = text if text is not None else path.read_text(encoding="utf-8")
    first = path.read_text(encoding="utf-8").split("\n")[0]
    schema_path = path.parent / re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)[1]
    schema = json.loads(schema_path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return list(jsonschema.Draft202012Validator(schema).iter_errors(yaml.load(text, Editor)))


@pytest.mark.parametrize("path", sorted(SHIPPED.rglob("*.yaml")), ids=lambda path: path.stem)
def test_the_first_line_of_each_file_names_a_schema_that_accepts_it(path):
    assert schema_errors(path) == []


SCHEMA_TRAPS = [
    ("employers/E01.yaml", 'symbol: "101"', "symbol: 101"),
    ("employers/E01.yaml", 'symbol: "101"', "symbol: 0012"),
    ("employers/E01.yaml", "id: E01", "id: ../x"),
    ("employers/E01.yaml", "phone:", "fone:"),
    ("employers/E01.yaml", "from: 2020-04-01", "from: 2020/04/01"),
    ("society.yaml", "demo: false", 'demo: "no"'),
    ("society.yaml", "mask_up_to: 7", "mask_up_to: 6"),
    ("society.yaml", "month: 2027-03", "month: 2027-3"),
    ("society.yaml", '["00"]', "[00]"),
    ("joint_use.yaml", "dependants: include", "dependants: maybe"),
    ("joint_use.yaml", "dependants: include", "# dependants"),
    ("benefits.yaml", "rate: 0.01", "rate: 2"),
    ("benchmarks.yaml", "denominator: members\n", "denominator: people\n"),
]


@pytest.mark.parametrize(("file", "old", "new"), SCHEMA_TRAPS)
def test_the_schema_shows_in_the_editor_what_the_loader_would_refuse(folder, file, old, new):
    edit(folder, file, old, new)
    assert schema_errors(folder / file) and rejected(folder)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (
            "employers/E01.yaml",
            "  - 総務人事部（駐在を含む）",
            "  - {department: 総務人事部, from: 2020-04-01}",
        ),
        (
            "employers/E01.yaml",
            SYMBOL,
            SYMBOL + ', to: 2030-03-31, numbers: {from: "1", to: "4999"}',
        ),
        ("society.yaml", "by: employer", "by: {link: employer, renew: society}"),
    ],
)
def test_the_schema_accepts_every_form_that_the_loader_accepts(folder, file, old, new):
    edit(folder, file, old, new)
    assert schema_errors(folder / file) == []
    load_params(folder)


def test_the_names_inside_the_schemas_are_ascii():
    for text in schema_texts().values():
        assert all(
            name.isascii() and name.isidentifier() for name in json.loads(text).get("$defs", {})
        )
