"""CSV ではないファイルを、先頭のバイト列で見分けて断る。"""

from mynalib.domain.errors import Refused

_BINARY = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"7z\xbc\xaf")
_MARKUP = (b"<", b"{", b"[")


def refuse_other_formats(head: bytes, name: str) -> None:
    """UTF-16 でないファイルの、BOM を除いた先頭を見る。

    Raises: Refused NOT_TEXT（Excel、PDF、圧縮ファイル、印のない UTF-16 など）、NOT_CSV（HTML、JSON など）。
    """
    if head.startswith(_BINARY):
        what = "中身が CSV ではありません（Excel、PDF、圧縮ファイルなど）"
        raise _refused(
            "NOT_TEXT", name, what, "Excel で開いて「CSV UTF-8」で保存し直すか、CSV で受け取り直してください。"
        )
    body = head.rstrip(b"\0")  # 終わりの 0 は、切れたファイルの印（source.py が断る）
    if 10 * body.count(b"\0") > len(body):
        what = "文字のファイルではないか、印（BOM）のない UTF-16 です"
        raise _refused("NOT_TEXT", name, what, "CSV（UTF-8 か シフト JIS）で受け取り直してください。")
    if head.lstrip()[:1] in _MARKUP:
        raise _refused("NOT_CSV", name, "ウェブページかデータ（HTML、JSON など）です", "CSV で受け取り直してください。")


def _refused(code: str, name: str, what: str, fix: str) -> Refused:
    return Refused(code, where=name, what=what, fix=fix)
