"""お知らせの点検：どの指摘も、何によるかと、どうすればよいかを言う。足りていれば、何も言わない。"""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from mynalib.domain.notice_check import check_joint_use
from mynalib.domain.params import RejectedParams, load_params
from mynalib.domain.shipped import shipped_yaml

SHIPPED = Path(__file__).parents[2] / "params"
TODAY = date(2026, 11, 22)
FEW = ("E01.yaml", "E02.yaml", "E15.yaml", "E19.yaml", "KENPO.yaml")


@pytest.fixture
def folder(tmp_path):
    """事業所を四つにし、足りないところのない写し。"""
    copy = Path(shutil.copytree(SHIPPED, tmp_path / "params"))
    for path in (copy / "employers").iterdir():
        if path.name not in FEW:
            path.unlink()
    written = copy / "joint_use.yaml"
    text = written.read_text(encoding="utf-8").replace(
        "employers_stated: 20", "employers_stated: 4"
    )
    for row in re.findall("(?m)^  - .*[(]株[)].*\n", text):
        if row.strip()[2:] not in KEPT_ROWS:
            text = text.replace(row, "", 1)
    written.write_text(text, encoding="utf-8")
    edit(copy, "joint_use.yaml", 'address: ""', "address: 東京都中央区一丁目")
    edit(copy, "joint_use.yaml", 'representative: ""', "representative: 理事長")
    edit(copy, "employers/E15.yaml", "総務監理部", "総務管理部")
    return copy


KEPT_ROWS = ("(株)日本旅行", "(株)日旅産業", "(株)エルオルト", "北海道オプショナルツアーズﾞ(株)")


def edit(folder, file, old, new):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{file} に {old} がない"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def hints(folder, today=TODAY):
    return [str(problem) for problem in check_joint_use(load_params(folder), today)]


def test_the_shipped_notice_lacks_an_address_a_representative_and_one_employer():
    found = hints(SHIPPED)
    assert [hint.split("：")[0] for hint in found] == [
        "joint_use.yaml controller.address",
        "joint_use.yaml controller.representative",
        "joint_use.yaml employers_stated",
        "employers/E15.yaml responsible.title",
    ]
    assert "20 社" in found[2] and "19 社" in found[2]
    assert "総務監理部" in found[3] and "総務管理部長" in found[3]


def test_a_complete_notice_has_nothing_to_tell(folder):
    assert hints(folder) == []


HINTS = [
    ("joint_use.yaml", "effective: 2025-10-01", "effective: 2026-12-01", "notice.effective"),
    ("calendar.yaml", "to: 2030-09-30", "to: 2026-11-21", "notice.effective"),
    ("calendar.yaml", 'version: "1"', 'version: "2"', "notice.version"),
    ("joint_use.yaml", "on: 2025-10-01", "on: 2025-10-02", "notice.published"),
    ("joint_use.yaml", "on: 2025-10-01", "on: 2026-12-01", "notice.published[0]"),
    (
        "joint_use.yaml",
        "- {channel: HP",
        "- {channel: 広報誌, on: 2026-08-01}\n    - {channel: HP",
        "notice.published",
    ),
    (
        "joint_use.yaml",
        "- {channel: HP",
        "- {channel: 広報誌, on: 2026-06-30}\n    - {channel: 広報誌, on: 2026-11-01}\n    - {channel: HP",
        "notice.published",
    ),
    (
        "joint_use.yaml",
        "[symbol, number, branch,",
        "[symbol, number, branch, cancel_kind,",
        "employer_columns",
    ),
    ("joint_use.yaml", "  - cancel_kind ", "#", "items"),
    ("joint_use.yaml", "  - state ", "#", "purpose_items"),
    (
        "joint_use.yaml",
        "dependants_notified_on: 2025-10-01",
        "dependants_notified_on: 2025-10-02",
        "dependants_notified_on",
    ),
    ("joint_use.yaml", "policy: undecided", "policy: guardian", "under_16.decided_on"),
    ("joint_use.yaml", "  - (株)日旅産業", "  - (株)日旅産業\n  - (株)甲商事", "employers_listed"),
    ("joint_use.yaml", "  - (株)日旅産業\n", "", "employers/E02.yaml name_as_printed"),
    ("joint_use.yaml", "door: society, ", "", "optout_channels"),
    ("joint_use.yaml", "contact: 各事業所の責任者, ", "", "optout_channels[0]"),
    ("joint_use.yaml", "not_used_for: [人事評価]", "not_used_for: []", "not_used_for"),
    ("employers/E02.yaml", "notified: true ", "notified: false ", "employers/E02.yaml notified"),
    ("employers/E02.yaml", "phone: 03-3769-8261", 'phone: ""', "employers/E02.yaml phone"),
    ("employers/KENPO.yaml", "phone: 03-6895-8391", 'phone: ""', "employers/KENPO.yaml phone"),
    (
        "employers/KENPO.yaml",
        "  - 健保職員",
        "  - {department: 健保職員, to: 2026-01-31}",
        "employers/KENPO.yaml scope",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "place"), HINTS)
def test_what_the_notice_still_lacks_is_told_with_what_it_rests_on(folder, file, old, new, place):
    edit(folder, file, old, new)
    found = hints(folder)
    assert any(place in hint for hint in found)
    assert all(re.search("〔根拠：[^〕]+〕。.+", hint) for hint in found)


def test_issues_at_most_three_months_apart_are_enough(folder):
    issues = "".join(
        f"- {{channel: 広報誌, on: {day}}}\n    "
        for day in ("2025-10-01", "2026-01-05", "2026-04-01", "2026-07-01", "2026-10-01")
    )
    edit(folder, "joint_use.yaml", "- {channel: HP", f"{issues}- {{channel: HP")
    assert hints(folder) == []


@pytest.mark.parametrize(
    ("today", "told"),
    [
        (date(2027, 7, 16), None),
        (date(2027, 7, 17), "決まっていません"),
        (date(2028, 7, 16), "決まっていません"),
        (date(2028, 7, 17), "過ぎました"),
    ],
)
def test_the_rules_for_those_under_16_are_asked_for_a_year_before_the_amended_act(
    folder, today, told
):
    edit(folder, "calendar.yaml", "to: 2030-09-30", "to: 2031-09-30")
    found = [hint for hint in hints(folder, today) if "under_16" in hint]
    assert len(found) == (told is not None)
    assert all(told in hint for hint in found)


def test_without_birth_dates_excluding_those_under_16_excludes_all_dependants(folder):
    edit(folder, "joint_use.yaml", "policy: undecided", "policy: exclude, decided_on: 2026-11-01")
    with pytest.raises(RejectedParams):
        load_params(folder)
    edit(folder, "joint_use.yaml", "dependants: include", "dependants: exclude")
    assert hints(folder) == []


def test_a_printed_name_in_half_width_kana_is_the_same_row(folder):
    edit(folder, "employers/E19.yaml", "北海道オプショナルツアーズﾞ(株)", "北海道ｵﾌﾟｼｮﾅﾙﾂｱｰｽﾞﾞ(株)")
    assert hints(folder) == []


def test_every_hint_says_what_it_rests_on_and_what_to_do():
    for name, written in shipped_yaml("domain", "notice_hints").items():
        assert list(written) == ["what", "rests_on", "fix"], name
        assert all(text.strip() and not text.endswith("。") for text in written.values()), name
