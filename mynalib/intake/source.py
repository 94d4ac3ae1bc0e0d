"""ファイルのバイト列を、行の切れ目で分けたブロックにして渡す。ハッシュは元のバイト列のもの。"""

import codecs
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from mynalib.domain.errors import MynaError, Refused

# 4 MiB。記憶は、ファイルの大きさではなく、この数倍で済む
BLOCK = 4 << 20
MAX_FILE_BYTES = 8 << 30  # 4 千万人で 1.6 GB。それより一桁大きければ、人のファイルではない
# 1 MiB。八項目の一行は、百字ほど
MAX_LINE = 1 << 20
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DOS_EOF = b"\x1a"  # Ctrl-Z。古い道具が、ファイルの終わりに置く
_NUL = b"\0"
# 順に：ZIP（xlsx も）、古い Excel、PDF、gzip、7z
_BINARY = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"7z\xbc\xaf")


class BadPath(MynaError):
    """ファイルかフォルダーの名を、文字として扱えない。"""

    code = "BAD_PATH"
    what = "名に、UTF-8 の文字でないところがあります"
    fix = "名を付けなおして、もう一度実行してください。"


def require_plain_name(path: str | os.PathLike, what_it_is: str) -> None:
    """道のどこかに、UTF-8 でないバイトがあれば断る（DuckDB にも、台帳にも書けない）。"""
    # Python は、UTF-8 でないバイトを、片割れのサロゲートとして持つ。「replace」で「?」に変われば、それがあった
    shown = os.fspath(path).encode("utf-8", "replace").decode("utf-8")
    if shown != os.fspath(path):
        what = f"{what_it_is}の名に、UTF-8 の文字でないところ（? のところ）があります"
        raise BadPath(where=shown, what=what)


def require_file(path: Path) -> None:
    """ファイルがなければ、断る。"""
    require_plain_name(path, "ファイル")
    if not path.is_file():
        raise Refused(
            "EMPTY",
            where=path.name,
            what="ファイルがありません",
            fix="ファイルの名と場所を確かめてください。",
        )


class Source:
    """一度だけ読むファイル。読み終えると、大きさ・ハッシュ・最後の行が改行で終わったかが分かる。"""

    def __init__(self, file: BinaryIO, name: str, encoding: str):
        """`encoding` は約束された文字コード（auto なら BOM で決まるときだけ決める）。"""
        self._file = file
        self._name = name
        self.hash = hashlib.sha256()
        self.bytes = 0
        self.unfinished = False
        self.encoding = None if encoding == "auto" else encoding

    def blocks(self) -> Iterator[bytes]:
        """どれも改行（LF）で終わるブロック。UTF-16 は UTF-8 に直してある。ほかの文字コードは元のまま。

        Raises: Refused EMPTY, NOT_TEXT, ENCODING, TOO_LARGE, TRUNCATED, NOT_CSV。
        """
        carry = b""
        for chunk in self._chunks():
            carry += chunk
            end = carry.rfind(b"\n") + 1
            if end:
                yield carry[:end]
                carry = carry[end:]
            elif len(carry) > MAX_LINE and carry.endswith(_NUL):
                raise Refused(
                    "TRUNCATED",
                    where=self._name,
                    what="0 のバイトが続いています",
                    fix="送り主から受け取り直してください。",
                )
            elif len(carry) > MAX_LINE:
                raise Refused(
                    "NOT_CSV",
                    where=self._name,
                    what="一行が長すぎます",
                    fix="CSV で受け取り直してください。",
                )
        yield from self._last(carry)

    def _chunks(self) -> Iterator[bytes]:
        chunk = self._read()
        if not chunk:
            raise Refused(
                "EMPTY",
                where=self._name,
                what="ファイルが 0 バイトです",
                fix="送り主から受け取り直してください。",
            )
        # 順が要る：BOM で UTF-16 と分かれば、0 のバイトは正しい。分からないまま見れば、文字のファイルではない
        chunk = self._without_bom(chunk)
        if not (self.encoding or "").startswith("utf-16"):
            _refuse_other_formats(chunk, self._name)
        elif (
            self.encoding == "utf-16" and b"\0" not in chunk
        ):  # BOM がなく、英数字もコンマも一つもない
            fix = "file.encoding を auto にしてください。"
            raise Refused("ENCODING", where=self._name, what="UTF-16 ではありません", fix=fix)
        to_bytes = _widener(self.encoding)
        chunk = to_bytes(chunk, False)
        to_lf = _newline_folder(chunk)
        while chunk:
            yield to_lf(chunk)
            chunk = self._read()
            # 終わりには空を渡す。二バイトの途中で切れた UTF-16 を、ここで読めない字にする
            chunk = to_bytes(chunk, not chunk)

    def _read(self) -> bytes:
        chunk = self._file.read(BLOCK)
        self.hash.update(chunk)
        self.bytes += len(chunk)
        # 写しを書きながら数えるので、ディスクを埋めてからではなく、こえたところで断る
        if self.bytes > MAX_FILE_BYTES:
            raise Refused(
                "TOO_LARGE",
                where=self._name,
                what="大きすぎます",
                fix="加入者のファイルかどうかを確かめてください。",
            )
        return chunk

    def _without_bom(self, chunk: bytes) -> bytes:
        for mark, encoding in BOMS:
            if chunk.startswith(mark):
                if self.encoding and not encoding.startswith(self.encoding):
                    raise Refused(
                        "ENCODING",
                        where=self._name,
                        what=f"先頭の印（BOM）は {encoding} ですが、society.yaml の file.encoding は {self.encoding} です",
                        fix="file.encoding を auto にするか、正しい文字コードにしてください。",
                    )
                self.encoding = encoding
                return chunk[len(mark) :]
        return chunk

    def _last(self, carry: bytes) -> Iterator[bytes]:
        if carry.endswith(_NUL):
            raise Refused(
                "TRUNCATED",
                where=self._name,
                what="終わりが 0 のバイトで埋まっています（書き込みの途中で電源が切れたファイルに見られます）",
                fix="送り主から受け取り直してください。",
            )
        line = carry.rstrip(_DOS_EOF)
        if line:
            # Ctrl-Z のある最後の行は、改行がなくても、送り主が書き終えた行
            self.unfinished = line == carry
            yield line + b"\n"


def _widener(encoding: str | None) -> Callable[[bytes, bool], bytes]:
    """UTF-16 を UTF-8 に直す関数。読めない所は U+FFFD になり、その行が隔離になる。"""
    if not encoding or not encoding.startswith("utf-16"):
        return lambda chunk, _: chunk
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    return lambda chunk, final: decoder.decode(chunk, final).encode("utf-8", "replace")


def _newline_folder(head: bytes) -> Callable[[bytes], bytes]:
    """改行が CR だけのファイル（古い Mac）なら、LF に直す関数。"""
    if b"\n" in head or b"\r" not in head:
        return lambda chunk: chunk
    return lambda chunk: chunk.replace(b"\r", b"\n")


def _refuse_other_formats(head: bytes, name: str) -> None:
    """CSV ではないファイルを断る。UTF-16 でないファイルの、BOM を除いた先頭を見る。

    Raises: Refused NOT_TEXT（Excel、PDF、圧縮ファイル、印のない UTF-16 など）、NOT_CSV（HTML、JSON など）。
    """
    if head.startswith(_BINARY):
        raise Refused(
            "NOT_TEXT",
            where=name,
            what="中身が CSV ではありません（Excel、PDF、圧縮ファイルなど）",
            fix="Excel で開いて「CSV UTF-8」で保存し直すか、CSV で受け取り直してください。",
        )
    body = head.rstrip(b"\0")  # 終わりの 0 は、切れたファイルの印（_last が断る）
    # 英数字の UTF-16 は半分が 0。0 の混じった行が少しあるだけのファイルは断らず、その行を隔離する
    if 10 * body.count(b"\0") > len(body):
        raise Refused(
            "NOT_TEXT",
            where=name,
            what="文字のファイルではないか、印（BOM）のない UTF-16 です",
            fix="CSV（UTF-8 か シフト JIS）で受け取り直してください。",
        )
    if head.lstrip().startswith((b"<", b"{", b"[")):
        raise Refused(
            "NOT_CSV",
            where=name,
            what="ウェブページかデータ（HTML、JSON など）です",
            fix="CSV で受け取り直してください。",
        )
