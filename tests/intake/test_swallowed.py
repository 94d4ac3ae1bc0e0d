"""引用符や CR だけの改行に飲みこまれた行は、一行一行数える。人の目で数えた行の数と、いつも合う。"""

import os
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_files import HEADER, read, row, text

from mynalib.domain.errors import Refused
from mynalib.intake import source

pytestmark = pytest.mark.large

LONG = bool(os.environ.get("MYNA_LONG"))
MANY = [row(number=str(n), state=str(n % 2)) for n in range(1, 701)]
CLOSING = '101"' + MANY[1][3:]


def seen_by_eye(content: str) -> set[int]:
    """人の目で数えたデータの行の番号：どの改行（CRLF、LF、CR）で切っても、空でない行。見出しは一行目。"""
    lines = re.split("\r\n|\r|\n", content)
    return {at for at, line in enumerate(lines, 1) if line.strip(" ,\t") and at > 1}


def between(first: int, last: int) -> set[int]:
    return set(range(first, last + 1))


# 名 → ファイルと、隔離になる行
SWALLOWED: dict[str, tuple[str, set[int]]] = {
    "離れた二つの引用符が、九行を飲みこむ（B07）": (
        text(*MANY[:10], row(number='"11'), *MANY[11:18], row(number='19"'), *MANY[19:]), between(12, 20),
    ),
    "最後の値で開き、次の行のはじめの値で閉じる": (text(MANY[0][:-1] + '"1', CLOSING, *MANY[2:]), between(2, 3)),
    "空の最後の値で開く": (text(row(certificate_flag='"'), CLOSING, *MANY[2:]), between(2, 3)),
    "日付の中で開き、日付の中で閉じる": (
        text(row(registered_on='"20240401'), *MANY[1:4], row(number="5", registered_on='20240401"'), *MANY[5:]), between(2, 6),
    ),
    "飲みこまれた行の間に、空の行": (text(row(number='"1'), "", MANY[1], ",,,,,,,", row(number='3"'), *MANY[3:]), {2, 4, 6}),
    "二組の引用符": (
        text(row(number='"1'), row(number='2"'), *MANY[2:9], row(number='"10'), MANY[10], row(number='12"'), *MANY[12:]),
        {2, 3, 11, 12, 13},
    ),
    "CR だけの改行が、六百行を一行にする": (text(*MANY[:50]) + "\r".join(MANY[50:650]) + "\r\n" + text(*MANY[650:], header=None), between(52, 651)),
    "番号の中の CR": (text(row(number="1\r2"), *MANY[1:]), {2, 3}),
    "行のはじめと終わりの CR": (text("\r" + MANY[0], MANY[1] + "\r", *MANY[2:]), {3, 4}),
    "引用符の中の CR": (text(row(number='"1\r2"'), *MANY[1:]), {2, 3}),
    "引用符と CR": (text(row(number='"1'), MANY[1] + "\r" + MANY[2], row(number='4"'), *MANY[4:]), between(2, 5)),
    "値の中の改行は、一人の行": (text('"10\n1",8300001,00,1,,,,1', *MANY), {2}),
}  # fmt: skip


@pytest.mark.parametrize("block", [1024, 1 << 22])
@pytest.mark.parametrize("delimiter", [",", "\t"])
@pytest.mark.parametrize("name", SWALLOWED)
def test_every_line_that_was_swallowed_is_counted(name, delimiter, block, monkeypatch):
    content, quarantined = SWALLOWED[name]
    monkeypatch.setattr(source, "BLOCK", block)
    found = read(content.replace(",", delimiter))
    assert set(found.reasons) == quarantined
    assert set(found.reasons.values()) <= {"COLUMN_COUNT", "CONTROL_CHAR", "BAD_KEY"}
    eye = seen_by_eye(content) - ({3} if name == "値の中の改行は、一人の行" else set())
    assert {one["line"] for one in found.members} == eye - quarantined
    assert found.intake.data_rows == len(eye)


def inserted(lines: list[str], marks: list[tuple[int, str]], heading: int | None, end: str) -> str:
    content = end.join(
        [HEADER, *lines[:heading], *([] if heading is None else [HEADER, *lines[heading:]]), ""]
    )
    for at, mark in marks:
        at %= len(content) + 1
        content = content[:at] + mark + content[at:]
    return content


@pytest.mark.long
@settings(
    max_examples=300 if LONG else 15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
@given(
    size=st.integers(12, 40),
    marks=st.lists(st.tuples(st.integers(90, 2000), st.sampled_from(['"', '"', "\r"])), max_size=6),
    edges=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 8), st.booleans()), max_size=6),
    heading=st.one_of(st.none(), st.none(), st.none(), st.none(), st.integers(0, 12)),
    end=st.sampled_from(["\r\n", "\n"]),
    block=st.sampled_from([600, 1 << 22]),
)
def test_no_stray_mark_loses_a_line_or_makes_a_person(size, marks, edges, heading, end, block):
    """引用符、CR、見出しの行をどこに入れても、どの行も受け取られるか隔離され、受け取られた人は、もとの人のまま。"""
    lines = [row(number=str(n), state=str(n % 2)) for n in range(size)]
    for at, cell, closing in edges:  # でたらめな場所ではまず閉じないので、値の端にも引用符を入れる
        cells = lines[at % size].split(",")
        cells[cell % 8] = cells[cell % 8] + '"' if closing else '"' + cells[cell % 8]
        lines[at % size] = ",".join(cells)
    content = inserted(lines, marks, heading, end)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "BLOCK", block)
        try:
            found = read(content)
        except Refused as error:
            assert error.code in (
                "HEADER",
                "MALFORMED",
                "ALL_BAD",
                "EMPTY",
                "TRUNCATED",
                "COLUMN_COUNT",
                "UNNOTIFIED_ITEM",
            )
            return
    assert heading is None
    assert {one["line"] for one in found.members} | set(found.reasons) == seen_by_eye(content)
    people = {(str(n), n % 2) for n in range(size)}
    assert {(one["number"], one["state"]) for one in found.members} <= people
