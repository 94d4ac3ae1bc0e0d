"""CSV ではないファイルを、先頭のバイト列で見分けて断る。"""

from mynalib.domain.errors import Refused

_BINARY = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"7z\xbc\xaf")


def refuse_other_formats(head: bytes, name: str) -> None:
    """UTF-16 でないファイルの、BOM を除いた先頭を見る。

    Raises: Refused NOT_TEXT（Excel、PDF、圧縮ファイル、印のない UTF-16 など）、NOT_CSV（HTML、JSON など）。
    """
    if head.startswith(_BINARY):
        raise Refused("NOT_TEXT", where=name, why="other_format")
    body = head.rstrip(b"\0")  # 終わりの 0 は、切れたファイルの印（source.py が断る）
    if 10 * body.count(b"\0") > len(body):
        raise Refused("NOT_TEXT", where=name, why="not_text")
    if head.lstrip().startswith((b"<", b"{", b"[")):
        raise Refused("NOT_CSV", where=name, why="markup")
