"""項目の名の並んだ行は、決して人の行ではない。どの間違いも、それとして名ざし、言われたとおりに直せば、正しく読める。"""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_files import HEADER, read, refusal

from mynalib.domain.items import ITEMS, NAMES
from mynalib.intake import source
from mynalib.intake.profile import profile_file

pytestmark = pytest.mark.large

LABELS = dict(zip(NAMES, HEADER.split(","), strict=True))
# 状態とフラグを取り違えれば、必ず分かる人たち
PEOPLE = [
    ("101", f"{8300001 + n}", "00", str(n % 2), "", "", "", "" if n % 3 else str(1 - n % 2))
    for n in range(9)
]
FACTS = {(p[1], int(p[3]), int(p[7]) if p[7] else None) for p in PEOPLE}
STANDARD = NAMES
SWAPPED = (*NAMES[:3], "certificate_flag", *NAMES[4:7], "state")
MISSPELT = HEADER.replace("被保険者証番号", "被保険者証蕃号")


def names(order: tuple[str, ...] = STANDARD) -> str:
    return ",".join(LABELS[name] for name in order)


def rows(order: tuple[str, ...] = STANDARD, people: list[tuple] = PEOPLE) -> list[str]:
    return [
        ",".join(dict(zip(NAMES, person, strict=True))[name] for name in order) for person in people
    ]


def joined(*lines: str, encoding: str = "utf-8", end: str = "\r\n") -> bytes:
    return "".join(line + end for line in lines).encode(encoding)


def without(*numbers: int) -> Callable[[bytes], bytes]:
    """言われた行（1 から）を消す。"""

    def mend(content: bytes) -> bytes:
        return b"".join(
            line for at, line in enumerate(content.splitlines(True), 1) if at not in numbers
        )

    return mend


def replaced(old: str, new: str) -> Callable[[bytes], bytes]:
    return lambda content: content.decode().replace(old, new).encode()


def as_it_is(content: bytes) -> bytes:
    return content


def anew(_: bytes) -> bytes:
    """送り主から、一つの正しいファイルとして受け取り直す。"""
    return joined(names(), *rows())


@dataclass(frozen=True)
class Wrong:
    """見出しの間違い。said は文にある言葉、mend は言われたとおりに直すこと、then は直したあとの society.yaml の file:。"""

    content: bytes
    said: tuple[str, ...]
    mend: Callable[[bytes], bytes]
    code: str = "HEADER"
    told: dict[str, str] = field(default_factory=dict)
    then: dict[str, str] = field(default_factory=dict)


HALVES = PEOPLE[:5], PEOPLE[5:]
UTF8, CP932 = joined(names(), *rows()), joined(names(), *rows(), encoding="cp932")
SCRAMBLED = joined(names(), *rows()).decode("cp932", "replace").encode()
WRONG: dict[str, Wrong] = {
    # 見出しが 1 行目にない
    "題の行の下に、並びの違う見出し（B19）": Wrong(
        joined("登録状況一覧,,,,,,,", names(SWAPPED), *rows(SWAPPED)), ("見出しは 2 行目", "1 行目を消し"), without(1)
    ),
    "コンマのない題": Wrong(joined("登録状況一覧", names(), *rows()), ("見出しは 2 行目",), without(1)),
    "題、作成日、空の行": Wrong(
        joined("登録状況一覧", "作成日,2026/11/05", "", names(), *rows()), ("見出しは 4 行目", "1〜3 行目を消し"), without(1, 2, 3)
    ),
    "題の行、header は absent": Wrong(
        joined("登録状況一覧,,,,,,,", names(SWAPPED), *rows(SWAPPED)), ("見出しは 2 行目", "file.header を auto"), without(1),
        told={"header": "absent"}, then={"header": "auto"},
    ),
    "題の行、header は present": Wrong(joined("一覧", names(), *rows()), ("見出しは 2 行目",), without(1), told={"header": "present"}),
    "題の行、タブ区切り、シフト JIS": Wrong(
        joined("一覧", names().replace(",", "\t"), *(row.replace(",", "\t") for row in rows()), encoding="cp932"),
        ("見出しは 2 行目",), without(1),
    ),
    "題の行、CR だけの改行も混ざる": Wrong(
        b"a\rb\n" + joined(names(), *rows()), ("見出しは 3 行目", "1〜2 行目を消し"), lambda content: content.split(b"\n", 1)[1]
    ),
    "項目の番号の行が上にある": Wrong(joined("①,②,③,④,⑤,⑥,⑦,⑧", names(), *rows()), ("見出しは 2 行目",), without(1)),
    "1 行目に見出し、header は absent": Wrong(
        joined(names(), *rows()), ("最初の行は見出し",), as_it_is, told={"header": "absent"}, then={"header": "auto"}
    ),
    # Excel の sep=
    "sep=": Wrong(joined("sep=,", names(SWAPPED), *rows(SWAPPED)), ("sep=", "1 行目を消し"), without(1)),
    "引用符の中の sep=": Wrong(joined('"sep=,"', names(), *rows()), ("sep=",), without(1)),
    "sep=、見出しなし": Wrong(joined("SEP=,", *rows()), ("sep=", "1 行目を消し"), without(1)),
    # 見出しの中の改行
    "はじめの見出しに改行": Wrong(
        joined('"被保険者証\n記号"' + names()[len("被保険者証記号") :], *rows()), ("見出しの 1 列目の中に改行", "1〜2 行目"), replaced("証\n記", "証記")
    ),
    "途中の見出しに改行": Wrong(
        joined(names().replace("初回登録状態", '"初回\n登録状態"'), *rows()), ("見出しの 4 列目の中に改行",), replaced("初回\n", "初回")
    ),
    "どの見出しにも改行": Wrong(
        joined(",".join(f'"{label[:2]}\n{label[2:]}"' for label in names().split(",")), *rows()),
        ("1、2、3、4、5、6、7、8 列目の中に改行",), anew,
    ),
    # 文字コード
    "UTF-8 なのに cp932": Wrong(UTF8, ("見出しの文字コードは utf-8", "cp932 です"), as_it_is, "ENCODING", {"encoding": "cp932"}, {"encoding": "utf-8"}),
    "UTF-8 なのに cp932、header は absent": Wrong(
        UTF8, ("見出しの文字コードは utf-8",), as_it_is, "ENCODING", {"encoding": "cp932", "header": "absent"}, {"encoding": "auto"}
    ),
    "cp932 なのに utf-8": Wrong(CP932, ("見出しの文字コードは cp932",), as_it_is, "ENCODING", {"encoding": "utf-8"}, {"encoding": "auto"}),
    "UTF-8 なのに utf-16": Wrong(UTF8, ("UTF-16 ではありません",), as_it_is, "ENCODING", {"encoding": "utf-16"}, {"encoding": "auto"}),
    "文字化けして保存し直された": Wrong(SCRAMBLED, ("文字化け", "受け取り直し"), anew),
    # 書き誤り
    "一つの書き誤り": Wrong(joined(MISSPELT, *rows()), ("見出し 2 列目：「被保険者証番号」の書き誤り",), replaced("蕃号", "番号")),
    "一字足りない": Wrong(
        joined(names().replace("有効期限状態フラグ", "有効期限フラグ"), *rows()),
        ("見出し 8 列目：「マイナンバーカード証明書有効期限状態フラグ」の書き誤り",), replaced("期限フラグ", "期限状態フラグ"),
    ),
    "二つの書き誤り": Wrong(
        joined(names(SWAPPED).replace("登録状態", "登録情態").replace("枝番", "技番"), *rows(SWAPPED)),
        ("見出し 3 列目：「被保険者証枝番」の書き誤り", "見出し 8 列目：「初回登録状態」の書き誤り"),
        lambda content: content.decode().replace("情態", "状態").replace("技番", "枝番").encode(),
    ),
    "どの名にも一字余る": Wrong(
        joined(",".join(f"{label}x" for label in names().split(",")), *rows()), ("「初回登録解除区分」の書き誤り",), replaced("x", "")
    ),
    # 二つ目の見出し
    "二つのファイル、並びが違う（B20）": Wrong(
        joined(names(), *rows(people=HALVES[0]), names(SWAPPED), *rows(SWAPPED, HALVES[1])), ("7 行目：1 行目と違う並び", "取り違え"), anew
    ),
    "二つのファイル、同じ並び": Wrong(
        joined(names(), *rows(people=HALVES[0]), names(), *rows(people=HALVES[1])), ("7 行目：1 行目と同じ並び",), without(7)
    ),
    "二つ目は八列でない": Wrong(
        joined(names(), *rows(people=HALVES[0]), names()[:30], *rows(people=HALVES[1])), ("7 行目：1 行目と違う並び",), anew
    ),
    "二つ目は引用符つき": Wrong(
        joined(names(), *rows(people=HALVES[0]), ",".join(f'"{label}"' for label in names().split(",")), *rows(people=HALVES[1])),
        ("7 行目：1 行目と同じ並び",), without(7),
    ),
    "二つ目に書き誤り": Wrong(
        joined(names(), *rows(people=HALVES[0]), MISSPELT, *rows(people=HALVES[1])), ("7 行目：1 行目と違う並び",), anew
    ),
    "見出しのないファイルに、見出しのあるファイル": Wrong(
        joined(*rows(people=HALVES[0]), names(SWAPPED), *rows(SWAPPED, HALVES[1])), ("6 行目に見出しがあります",), anew
    ),
    "二つ目は、CR だけの改行に飲みこまれている": Wrong(
        joined(names(), *rows(people=HALVES[0])) + joined(names(SWAPPED), *rows(SWAPPED, HALVES[1]), end="\r") + b"\n",
        ("7 行目：1 行目と違う並び",), anew,
    ),
    "二つ目は、引用符に飲みこまれている": Wrong(
        joined(names(), *rows(people=HALVES[0]), '101,"1,00,0,,,,', names(SWAPPED), '101,1",00,0,,,,'), ("8 行目：1 行目と違う並び",), anew
    ),
    "ずっと下の見出し": Wrong(
        joined(names(), *["101,9,00,0,,,,"] * 1500, names(SWAPPED), *rows(SWAPPED)), ("1502 行目：1 行目と違う並び",), anew
    ),
    "ずっと下の見出し、一つ目は見出しなし": Wrong(
        joined(*["101,9,00,0,,,,"] * 1500, names(SWAPPED), *rows(SWAPPED)), ("1501 行目に見出しがあります",), anew
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_every_line_with_the_names_of_the_items_is_named_and_its_advice_works(name, tmp_path):
    wrong = WRONG[name]
    error = refusal(wrong.content, **wrong.told)
    assert error.code == wrong.code
    for words in wrong.said:
        assert words in str(error)
    assert "absent に" not in str(error), (
        "見出しのあるファイルで、header: absent を勧めてはならない"
    )
    assert "83000" not in str(error)
    found = read(wrong.mend(wrong.content), **wrong.then)
    assert {
        (one["number"], one["state"], one["certificate_flag"]) for one in found.members
    } == FACTS
    assert found.intake.quarantined == 0
    if not wrong.told:  # 調べる命令も、同じことを言う
        (tmp_path / "届いた.csv").write_bytes(wrong.content)
        with pytest.raises(type(error)) as caught:
            profile_file(tmp_path / "届いた.csv")
        assert str(caught.value) == str(error)


def test_a_file_without_a_heading_is_told_so_only_when_its_first_line_is_a_person():
    error = refusal(joined(*rows()), header="present")
    assert (error.code, "absent に" in error.fix) == ("HEADER", True)
    assert {one["number"] for one in read(joined(*rows()), header="absent").members} == {
        p[1] for p in PEOPLE
    }
    for header in ("auto", "present"):
        error = refusal(joined("あ,い,う,え,お,か,き,く", *rows()), header=header)
        assert (error.code, "absent" in str(error)) == ("HEADER", False)
    assert len(read(without(1)(joined("あ,い,う,え,お,か,き,く", *rows()))).members) == len(PEOPLE)


@pytest.mark.parametrize(
    "cells", ["保険者番号,氏名", "番号,件数", "合計,,,,,,,9", "登録の番号です,,,,,,,"]
)
def test_a_line_that_only_mentions_a_name_is_quarantined_and_the_file_is_read(cells):
    found = read(joined(names(), *rows(), cells))
    assert (len(found.members), list(found.reasons)) == (len(PEOPLE), [len(PEOPLE) + 2])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    at=st.integers(0, len(PEOPLE)),
    order=st.permutations(NAMES),
    kept=st.integers(2, 8),
    quoted=st.booleans(),
    first=st.booleans(),
    header=st.sampled_from(["auto", "absent", "present"]),
    encoding=st.sampled_from(["utf-8", "cp932"]),
    block=st.sampled_from([64, 1 << 22]),
)
def test_no_line_of_names_is_ever_taken_for_a_person(
    at, order, kept, quoted, first, header, encoding, block
):
    """項目の名の並んだ行が、どこに、どの並びで、いくつの列であっても、ファイルごと断り、その文は absent を勧めない。"""
    labels = [LABELS[name] for name in order][:kept]
    line = ",".join(f'"{label}"' for label in labels) if quoted else ",".join(labels)
    lines = rows()
    whole = joined(*([names()] if first else []), *lines[:at], line, *lines[at:], encoding=encoding)
    with pytest.MonkeyPatch.context() as patch:
        if (
            header != "present"
        ):  # 見出しがあるはずのファイルは、はじめのブロックの全体を見てから言う
            patch.setattr(source, "BLOCK", block)
        if at == 0 and kept == 8 and not first and header != "absent":
            found = read(joined(line, *rows(tuple(order)), encoding=encoding), header=header)
            assert {
                (one["number"], one["state"], one["certificate_flag"]) for one in found.members
            } == FACTS
            return
        error = refusal(whole, header=header)
    assert error.code == "HEADER"
    assert "absent に" not in str(error)
    assert not any(item.label in error.fix for item in ITEMS)
