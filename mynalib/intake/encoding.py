"""文字コードを決めて、ブロックを UTF-8 にする。"""

from mynalib.domain.errors import Refused
from mynalib.intake.heading_row import SAMPLE_LINES
from mynalib.intake.headings import heading_line
from mynalib.intake.layout import SAMPLE_BYTES

CANDIDATES = ("utf-8", "cp932")  # この順。短い UTF-8 は cp932 としても読めてしまう


class Decoder:
    """文字コードは、ASCII でない行が初めて現れたブロックで決め、あとは変えない。

    それまでの行は、どの文字コードで読んでも同じなので、戻って読み直すことはない。
    """

    def __init__(self, encoding: str | None, name: str):
        self.encoding = encoding
        self._name = name

    def to_utf8(self, block: bytes) -> bytes:
        """UTF-8 にする。読めない文字は U+FFFD になり、行と列の切れ目は変わらない。

        Raises: Refused ENCODING（どの文字コードでも大半の行が読めない）。
        """
        if block.isascii():
            return block
        self.encoding = self.encoding or self._detected(block)
        # UTF-16 は、source がもう UTF-8 に直している
        return block.decode("cp932" if self.encoding == "cp932" else "utf-8", "replace").encode()

    def _detected(self, block: bytes) -> str:
        # 読めない行が少しあっても、その行だけを隔離すればよい。だから、ASCII でない行の半分が読めるかで決める
        lines = [line for line in block.split(b"\n") if not line.isascii()]
        for encoding in CANDIDATES:
            if 2 * sum(_can_read(line, encoding) for line in lines) >= len(lines):
                return encoding
        raise Refused(
            "ENCODING",
            where=self._name,
            what="UTF-8 でも cp932（シフト JIS）でもない文字が大半です",
            fix="CSV（UTF-8 か シフト JIS）で書き出し直してもらってください。",
        )


def refuse_other_encoding(head: bytes, told: str, name: str) -> None:
    """約束した文字コードでは見出しが文字化けし、別の文字コードなら読めるとき、そう言って断る。

    head は先頭のブロック、told は FileProfile.encoding。

    Raises: Refused ENCODING。
    """
    if told not in CANDIDATES or _has_heading(head, told):
        return
    for other in CANDIDATES:
        if other != told and _has_heading(head, other):
            what = (
                f"見出しの文字コードは {other} ですが、society.yaml の file.encoding は {told} です"
            )
            raise Refused(
                "ENCODING",
                where=name,
                what=what,
                fix=f"file.encoding を auto か {other} にしてください。",
            )


def _has_heading(head: bytes, encoding: str) -> bool:
    lines = head[:SAMPLE_BYTES].split(b"\n")[:SAMPLE_LINES]
    return heading_line([line.decode(encoding, "replace") for line in lines]) is not None


def _can_read(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
