"""でたらめに壊したファイルでも、落ちない、行を失わない、文に値を出さない。

正しいファイル（文字コード、見出し、引用符、区切り、改行はいろいろ）のバイトを、種の決まったでたらめで壊して読む。
失敗は種だけを知らせる。`MYNA_FUZZ_SEED=種` で、その一つだけをもう一度試せる。`MYNA_LONG=1` なら十分間つづける。
"""

import codecs
import os
import random
import re
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from intake_files import HEADER, MAY, REGISTRY, oracle, rows_of

from mynalib.domain.errors import Refused
from mynalib.intake import source
from mynalib.intake.faults import REASONS
from mynalib.intake.intake import Intake
from mynalib.intake.profile import FileProfile
from mynalib.intake.reading import read_file

pytestmark = pytest.mark.large

LONG = bool(os.environ.get("MYNA_LONG"))
ONE = os.environ.get("MYNA_FUZZ_SEED")
SECONDS, FILES = 600, 150
REFUSALS = {"EMPTY", "ENCODING", "NOT_TEXT", "NOT_CSV", "HEADER", "UNNOTIFIED_ITEM", "COLUMN_COUNT", "DIALECT", "MALFORMED",
            "TRUNCATED", "TOO_LARGE", "ALL_BAD"}  # fmt: skip
SYMBOLS = ("101", "102", "東①", "関～西", "901")
FACTS = (
    "1,20240401,,,1",
    "0,,,,1",
    "0,20220510,20250310,2,0",
    "0,20220510,20250310,1,1",
    "1,20230510,,,",
    "0,,,,",
)
CANARY = "金糸雀鴉鵲"  # ファイルに紛れこませる、文に出てはならない字
BLOCKS = (512, 4096, 1 << 22)
HUGE = (10_000, 300_000, 1_100_000, 2_500_000)


@dataclass(frozen=True)
class Shape:
    """壊す前のファイルの形。"""

    encoding: str
    mark: bytes
    header: bool
    quoted: bool
    delimiter: str
    end: str


@dataclass(frozen=True)
class Broken:
    """壊したファイル。canaries は、元のファイルにあった番号。"""

    content: bytes
    block: int
    canaries: frozenset[str]


# ---- ファイルを作り、壊す


def broken(seed: int) -> Broken:
    rng = random.Random(seed)
    shape = _shape(rng)
    numbers = [str(rng.randrange(8_000_000, 89_999_999)) for _ in range(rng.randrange(3, 60))]
    content = _written(shape, numbers, rng)
    other = _written(_shape(rng), numbers[::-1], rng)
    for _ in range(rng.choice((0, 1, 1, 2, 3, 6))):
        content = rng.choice(MUTATIONS)(content, other, shape, rng)
    return Broken(content, rng.choice(BLOCKS), frozenset(numbers))


def _shape(rng: random.Random) -> Shape:
    encoding, mark = rng.choice(
        [
            ("utf-8", b""),
            ("utf-8", codecs.BOM_UTF8),
            ("cp932", b""),
            ("cp932", b""),
            ("utf-16-le", codecs.BOM_UTF16_LE),
            ("utf-16-be", codecs.BOM_UTF16_BE),
        ]
    )
    return Shape(
        encoding, mark, rng.random() < 0.7, rng.random() < 0.3, rng.choice(",,,\t"), rng.choice(("\r\n", "\r\n", "\n", "\r"))
    )  # fmt: skip


def _written(shape: Shape, numbers: list[str], rng: random.Random) -> bytes:
    lines = [
        f"{rng.choice(SYMBOLS)},{number},{rng.randrange(3):02},{rng.choice(FACTS)}"
        for number in numbers
    ]
    lines = ([HEADER] if shape.header else []) + lines
    cells = [line.split(",") for line in lines]
    if shape.quoted:
        cells = [[f'"{cell}"' for cell in line] for line in cells]
    text = shape.end.join(shape.delimiter.join(line) for line in cells) + (
        shape.end if rng.random() < 0.9 else ""
    )
    return shape.mark + text.encode(shape.encoding)


Mutation = Callable[[bytes, bytes, Shape, random.Random], bytes]


def _place(content: bytes, rng: random.Random) -> tuple[int, int]:
    """壊すところ。はじめと終わりを、多めに。"""
    size = len(content)
    at = rng.choice(
        (
            rng.randrange(size + 1),
            rng.randrange(size + 1),
            min(size, 8),
            max(0, size - rng.randrange(1, 12)),
        )
    )
    return at, min(size, at + rng.choice((1, 1, 2, 5, 40, 300)))


def _flip(content: bytes, _: bytes, __: Shape, rng: random.Random) -> bytes:
    if not content:
        return content
    at = min(_place(content, rng)[0], len(content) - 1)
    return content[:at] + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1 :]


def _delete(content: bytes, _: bytes, __: Shape, rng: random.Random) -> bytes:
    at, end = _place(content, rng)
    return content[:at] + content[end:]


def _duplicate(content: bytes, _: bytes, __: Shape, rng: random.Random) -> bytes:
    at, end = _place(content, rng)
    return content[:end] + content[at:end] + content[end:]


def _splice(content: bytes, other: bytes, _: Shape, rng: random.Random) -> bytes:
    at, (begin, end) = _place(content, rng)[0], _place(other, rng)
    return content[:at] + other[begin:end] + content[at:]


def _join(content: bytes, other: bytes, _: Shape, rng: random.Random) -> bytes:
    return content + other if rng.random() < 0.5 else other + content


def _truncate(content: bytes, _: bytes, __: Shape, rng: random.Random) -> bytes:
    return content[: _place(content, rng)[0]]


def _zero_tail(content: bytes, _: bytes, __: Shape, rng: random.Random) -> bytes:
    at = _place(content, rng)[0]
    return content[:at] + bytes(rng.choice((1, 7, 4096)))


BYTES = (b"\0", b"\r", b"\n", b"\r\n", b'"', b'""', b",", b"\t", b"\x1a", b"\x7f", b"\x01", b"\x1f", b"\x02", b"\x81", b"\xe0", b"\xfc",
         b"\xff", b"\x80", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xed\xa0\x80", b"\x00\xd8", b"\xd8\x00", b"\xf0\x9f\x91")  # fmt: skip
TEXTS = ("１", "２０２４", CANARY, "①", "\u301c", "\u2212", "\u200b", "\u202e", "\u00a0", "\u3000", "\u2028", "\u0085", "\ufeff", "\ufffd", "=\"1\"",
         '"a\nb"', "1.23E+12", "00000000", "２０２４０４０１", "١٠١", "²", "😀", "=1+1", ",,,,", ",\n", ' "', "'", "|", ";", "<", "NULL")  # fmt: skip


def _insert_bytes(content: bytes, _: bytes, __: Shape, rng: random.Random) -> bytes:
    at = _place(content, rng)[0]
    return content[:at] + rng.choice(BYTES) * rng.choice((1, 1, 1, 2, 9)) + content[at:]


def _insert_text(content: bytes, _: bytes, shape: Shape, rng: random.Random) -> bytes:
    at = _place(content, rng)[0]
    return content[:at] + rng.choice(TEXTS).encode(shape.encoding, "replace") + content[at:]


def _repeat_header(content: bytes, _: bytes, shape: Shape, rng: random.Random) -> bytes:
    lines = content.split(shape.end.encode(shape.encoding))
    at = rng.randrange(len(lines) + 1)
    header = HEADER.replace(",", shape.delimiter).encode(shape.encoding)
    return shape.end.encode(shape.encoding).join([*lines[:at], header, *lines[at:]])


def _shuffle_lines(content: bytes, _: bytes, shape: Shape, rng: random.Random) -> bytes:
    lines = content.split(shape.end.encode(shape.encoding))
    rng.shuffle(lines)
    return shape.end.encode(shape.encoding).join(lines)


def _huge(content: bytes, _: bytes, shape: Shape, rng: random.Random) -> bytes:
    at = _place(content, rng)[0]
    return (
        content[:at] + (rng.choice("1a東") * rng.choice(HUGE)).encode(shape.encoding) + content[at:]
    )


def _spoil_cell(content: bytes, _: bytes, shape: Shape, rng: random.Random) -> bytes:
    """一つの値を、空か、制御文字か、でたらめな字にする。"""
    return _with_cell(
        content,
        shape,
        [rng.randrange(content.count(b"\n") + 2)],
        rng.randrange(8),
        _value(shape, rng),
    )


def _spoil_column(content: bytes, _: bytes, shape: Shape, rng: random.Random) -> bytes:
    """ある列の全ての値を悪くする。受け取れる行がなくなり、文に行番号が並ぶ。"""
    return _with_cell(
        content,
        shape,
        None,
        rng.randrange(1, 5),
        b"x" if len("x".encode(shape.encoding)) == 1 else b"x\0x\0",
    )


def _value(shape: Shape, rng: random.Random) -> bytes:
    return rng.choice(
        [b"", b"", rng.choice(BYTES), rng.choice(TEXTS).encode(shape.encoding, "replace")]
    )


def _with_cell(
    content: bytes, shape: Shape, lines: list[int] | None, at: int, value: bytes
) -> bytes:
    end, delimiter = shape.end.encode(shape.encoding), shape.delimiter.encode(shape.encoding)
    found = content.split(end)
    for line in (
        [line % len(found) for line in lines] if lines else range(int(shape.header), len(found))
    ):
        cells = found[line].split(delimiter)
        if at < len(cells):
            found[line] = delimiter.join(
                [*cells[:at], cells[at] + value if lines is None else value, *cells[at + 1 :]]
            )
    return end.join(found)


def _blank(content: bytes, _: bytes, shape: Shape, rng: random.Random) -> bytes:
    """値のない行だけのファイル。"""
    return shape.mark + (rng.choice(("", " ", "\u3000", ",,,,,,,")) + shape.end).encode(
        shape.encoding
    ) * rng.randrange(1, 5)


MUTATIONS: list[Mutation] = [
    *[_flip] * 4, *[_delete] * 3, *[_duplicate] * 3, *[_splice] * 3, *[_insert_bytes] * 6, *[_insert_text] * 5, _join, *[_truncate] * 2,
    _zero_tail, *[_repeat_header] * 2, _shuffle_lines, _huge, *[_spoil_cell] * 12, _spoil_column, _blank,
]  # fmt: skip


# ---- 遅い読み方：どの行がデータで、どの行が受け取れるか


@dataclass(frozen=True)
class Slow:
    """members と quarantine は行番号。reasons は、理由まで決まる行だけ。"""

    accepted: set[int]
    quarantined: set[int]
    reasons: dict[int, str]


def slowly(content: bytes, intake: Intake) -> Slow | None:
    """決まりで答えが一つに決まるファイルなら、その答え。"""
    lines = _lines(content, intake.encoding)
    if lines is None or (
        intake.delimiter != "," and any('"' in line or "," in line for line in lines)
    ):
        return None
    if intake.delimiter != ",":
        lines = [line.replace("\t", ",") for line in lines]
    opening = next(at for at, line in enumerate(lines) if line.strip(" \u3000\u00a0\t"))
    if intake.header:
        if lines[opening].replace('"', "") != HEADER:
            return None
        lines[opening] = ""
    good, bad = oracle("".join(line + "\n" for line in lines), REGISTRY, MAY)
    plain = {line: reason for line, reason in bad.items() if _is_plain(lines[line - 1])}
    return Slow({one[0] for one in good}, set(bad), plain)


def _lines(content: bytes, encoding: str) -> list[str] | None:
    for mark in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if content.startswith(mark):
            content = content[len(mark) :]
            break
    raw = content
    if encoding.startswith("utf-16"):
        raw = content.decode(encoding, "replace").encode()
        encoding = "utf-8"
    raw = raw.rstrip(b"\x1a")
    if (
        b"\n" not in raw[:200] and b"\r" in raw
    ):  # 古い Mac の改行かどうかは、はじめのブロックで決まる
        if b"\n" in raw:
            return None
        raw = raw.replace(b"\r", b"\n")
    lines = [line.decode(encoding, "replace").removesuffix("\r") for line in raw.split(b"\n")]
    lines = [piece for line in lines for piece in _pieces(line)]
    if any('"' in line for line in lines) and any(_CUT in line or "\0" in line for line in lines):
        return None  # 引用符の中の CR と NUL は、読む道具によって違う
    return lines[:-1] if lines[-1] == "" else lines


_CUT = "\x1f"


def _pieces(line: str) -> list[str]:
    """CR だけの改行で切った行。空でないどれも、制御文字のある行として隔離になる。"""
    pieces = line.split("\r")
    return [
        piece + _CUT if len(pieces) > 1 and piece.strip(" \u3000\u00a0\t,") else piece
        for piece in pieces
    ]


_PLAIN = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f -~\u3000\u00a0０-９一-龥～－①]*")


def _is_plain(line: str) -> bool:
    return bool(_PLAIN.fullmatch(line)) and '"' not in line and line.count(",") < 8


# ---- 確かめる


class Wrong(Exception):
    """約束に合わない。文に値は入れない。"""


def must(holds: object, what: str) -> None:
    if not holds:
        raise Wrong(what)


def read_broken(given: Broken) -> str:
    """壊したファイルを読み、約束を確かめる。どう終わったか。"""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "BLOCK", given.block)
        path, into = Path(folder) / "in.csv", Path(folder) / "into"
        into.mkdir()
        path.write_bytes(given.content)
        try:
            intake = read_file(path, month=MAY, registry=REGISTRY, profile=FileProfile(), into=into)
        except Refused as error:
            _must_be_silent(error, given)
            must(error.code in REFUSALS, f"知らない断り方 {error.code}")
            must(not list(into.iterdir()), "断ったあとに、残りがある")
            return error.code
        members, quarantine = (
            rows_of(into / "members.parquet"),
            rows_of(into / "quarantine.parquet"),
        )
        must(path.read_bytes() == given.content, "届いたファイルが変わった")
        must(len(list(into.iterdir())) == 2, "読んだあとに、残りがある")
    _must_count(intake, members, quarantine, given)
    _must_agree(intake, members, quarantine, given)
    return "loaded"


def _must_be_silent(error: BaseException, given: Broken) -> None:
    """文にも、見せる跡（traceback）にも、番号の一部も、紛れこませた字もない。"""
    said = "".join(traceback.format_exception(error))
    said += str(error)
    digits = set(
        re.findall("[0-9]{6,}", said.translate(str.maketrans("０１２３４５６７８９", "0123456789")))
    )
    parts = {number[at : at + 6] for number in given.canaries for at in range(len(number) - 5)}
    must(not any(part in run for run in digits for part in parts), "文に番号がある")
    must(not set(CANARY) & set(said), "文に値がある")
    must(re.search("[0-9]{5,}", str(error)) is None, "文に長い数がある")


def _must_count(intake: Intake, members: list[dict], quarantine: list[dict], given: Broken) -> None:
    lines = [one["line"] for one in (*members, *quarantine)]
    most = given.content.count(b"\n") + given.content.count(b"\r") + 1
    must(intake.accepted + intake.quarantined == intake.data_rows, "行の数が合わない")
    must(
        (len(members), len(quarantine)) == (intake.accepted, intake.quarantined),
        "Parquet の行の数が合わない",
    )
    must(len(set(lines)) == len(lines), "同じ行が二度ある")
    must(all(1 <= line <= most for line in lines), "ファイルにない行番号がある")
    must(sum(intake.reasons.values()) == intake.quarantined, "理由の数が合わない")
    must(
        set(intake.reasons) == {one["reason"] for one in quarantine} <= set(REASONS),
        "理由が合わない",
    )
    must(
        sum(head.members for head in intake.by_employer.values()) == intake.accepted,
        "事業所の人数が合わない",
    )
    for one in members:
        must(one["symbol"] in SYMBOLS, "登録簿にない記号がある")
        must(
            re.fullmatch("[0-9]{1,20}", one["number"]) and re.fullmatch("[0-9]{2}", one["branch"]),
            "鍵の形が違う",
        )
        must(one["state"] in (0, 1) and one["cancel_kind"] in (None, 1, 2, 3), "コードが違う")
        must(one["certificate_flag"] in (None, 0, 1), "コードが違う")


def _must_agree(intake: Intake, members: list[dict], quarantine: list[dict], given: Broken) -> None:
    slow = slowly(given.content, intake)
    if slow is None:
        return
    accepted, reasons = (
        {one["line"] for one in members},
        {one["line"]: one["reason"] for one in quarantine},
    )
    must(
        accepted | set(reasons) == slow.accepted | slow.quarantined,
        "データの行が、遅い読み方と違う",
    )
    must(accepted == slow.accepted, "受け取った行が、遅い読み方と違う")
    must(
        all(reasons[line] == reason for line, reason in slow.reasons.items()),
        "理由が、遅い読み方と違う",
    )
    COMPARED.append(len(slow.reasons))


COMPARED: list[int] = []


def seeds() -> Iterator[int]:
    if ONE:
        yield int(ONE)
        return
    until = time.monotonic() + SECONDS
    at = 0
    while (time.monotonic() < until) if LONG else (at < FILES):
        yield at
        at += 1


@pytest.mark.long
def test_no_broken_file_crashes_loses_a_row_or_shows_a_value(record_property):
    ended: dict[str, int] = {}
    wrong: list[str] = []
    COMPARED.clear()
    for seed in seeds():
        try:
            how = read_broken(broken(seed))
        except Wrong as error:
            how = f"種 {seed}：{error}"
        except Exception as error:
            at = traceback.extract_tb(error.__traceback__)[-1]
            how = f"種 {seed}：{type(error).__name__}（{Path(at.filename).name} {at.lineno} 行目）"
        if how.startswith("種"):
            wrong.append(how)
            how = "約束に合わない"
        ended[how] = ended.get(how, 0) + 1
    record_property("壊したファイル", sum(ended.values()))
    record_property("遅い読み方と比べたファイル", len(COMPARED))
    if wrong:
        pytest.fail("\n".join([f"{len(wrong)} 個", *wrong[:20]]), pytrace=False)
    if not ONE:
        must(ended.get("loaded", 0) > 20 and len(ended) > 4, "壊し方が、偏っている")
        must(len(COMPARED) > 15, "遅い読み方と、ほとんど比べていない")


@pytest.mark.parametrize("how", ["値を言う", "行を失う", "行番号がずれる"])
def test_the_fuzzer_notices(monkeypatch, how):
    """わざと誤らせて、この試験が見つけることを確かめる。"""
    given = next(
        one
        for one in map(broken, range(1000))
        if read_broken(one) == "loaded" and len(one.canaries) > 9
    )
    if how == "値を言う":
        number = min(given.canaries)

        def refuse(*_: object, **__: object) -> None:
            raise Refused("ALL_BAD", where="in.csv", what=f"{number} が読めません", fix="")

        monkeypatch.setitem(globals(), "read_file", refuse)
    else:
        real = rows_of

        def wrong(path: Path) -> list[dict]:
            rows = real(path)
            if path.name == "members.parquet":
                return (
                    rows[1:]
                    if how == "行を失う"
                    else [one | {"line": one["line"] + 500} for one in rows]
                )
            return rows

        monkeypatch.setitem(globals(), "rows_of", wrong)
    with pytest.raises(Wrong):
        read_broken(given)
