"""どの物理行（CRLF、LF、CR で区切る）も一行のまま、引用符のない UTF-8 にする。ふつうの行はブロックごと素通しする。

印の行（記号が ODD_MARK）は、番号に元の行番号、枝番に誤りの名を持つ。行番号がずれていないことを、後で確かめられる。
"""

import numpy as np

from mynalib.domain.errors import Refused
from mynalib.domain.items import NAMES
from mynalib.intake.cells import RECORD_LINES
from mynalib.intake.faults import SKIP
from mynalib.intake.layout import Layout
from mynalib.intake.records import Record, read_record
from mynalib.intake.source import MAX_LINE

ODD_MARK = "\x01"  # 素通しする行に制御文字はないので、ほかの行と取り違えない
# バイトの値
_LF = 10
_QUOTE = 34
_FIRST_PRINTABLE = 32
_DELETE = 127


class Cleaner:
    """ブロックを順に受け取り、書き出してよい行にする。次へ持ち越す行を覚えている。

    lines は書き出した行の数。headings は、見出しより下で項目の名のあった行（八列のものは、写しを読んでから分かる）。
    """

    def __init__(self, layout: Layout, name: str):
        self.layout = layout
        self._name = name
        self.lines = 0
        self.headings = []
        self._rest = b""

    def clean(self, block: bytes, *, last: bool = False, unfinished: bool = False) -> bytes:
        """改行で終わるブロックを、行数を変えずに直す。last は最後のブロック、unfinished は最後の行に改行がなかったか。

        Raises: Refused TRUNCATED（改行なしで終わる最後の行が、途中で切れている）、NOT_CSV（一行が長すぎる）。
        """
        delimiter = ord(self.layout.delimiter)
        # どのブロックも LF で終わるので、CR と LF が二つのブロックに分かれることはない
        block = _unquoted((self._rest + block).replace(b"\r\n", b"\n"), delimiter)
        self._rest = b""
        bytes_ = np.frombuffer(block, np.uint8)
        low = np.flatnonzero(bytes_ < _FIRST_PRINTABLE)
        ends = low[bytes_[low] == _LF]
        if len(ends) and np.diff(ends, prepend=-1).max() > MAX_LINE:
            raise Refused(
                "NOT_CSV",
                where=self._name,
                what="一行が長すぎます",
                fix="CSV で受け取り直してください。",
            )
        odd = _odd_lines(bytes_, low, ends, delimiter, len(self.layout.columns) - 1)
        # 見出しまでの行も、印の行にして残す。消すと、あとの行番号がずれる
        if not self.lines:
            odd = np.union1d(np.arange(self.layout.opening), odd)
        if not len(odd):
            self.lines += len(ends)
            return block
        return self._mended(_Window(block, ends), odd.tolist(), last, unfinished)

    def _mended(self, window: "_Window", odd: list[int], last: bool, unfinished: bool) -> bytes:
        done = 0
        count = window.count
        clean = []
        for at in odd:
            # 前のレコードが飲みこんだ行
            if at < done:
                continue
            record = self._record(window, at, last)
            if record is None:
                # レコードの続きは次のブロックにある。読み終えていない行は、そのまま次の先頭に付ける
                self._rest = window.between(at, count)
                count = at
                break
            if (
                unfinished
                and last
                and at + record.used == window.count
                and "COLUMN_COUNT" in record.faults
            ):
                raise Refused(
                    "TRUNCATED",
                    where=f"{self._name} の最後の行",
                    what="行の途中で終わっています。後ろの行も欠けているおそれがあります",
                    fix="送り主から受け取り直してください。合計などの行で、欠けていないと分かるときは、行末に改行を足してください。",
                )
            line = self.lines + at + 1
            clean += [window.between(done, at), self._written(record, line)]
            self.headings += [line + more for more in record.headings]
            self.lines += len(record.faults) - record.used  # CR だけの改行が作った行
            done = at + record.used
        clean.append(window.between(done, count))
        self.lines += count
        return b"".join(clean)

    def _record(self, window: "_Window", at: int, last: bool) -> Record | None:
        if self.lines + at < self.layout.opening:
            return Record((SKIP,))
        return read_record(
            window.lines(at), self.layout, complete=last or at + RECORD_LINES <= window.count
        )

    def _written(self, record: Record, line: int) -> bytes:
        """レコードの行の数だけの行。誤りのある行と、読み飛ばす行は、印の行になる。"""
        row = self.layout.delimiter.join(record.cells)
        lines = [
            self._marked(fault, line + more) if fault else row
            for more, fault in enumerate(record.faults)
        ]
        return "".join(line + "\n" for line in lines).encode()

    def _marked(self, fault: str, line: int) -> str:
        by_name = dict.fromkeys(NAMES, "") | {
            "symbol": ODD_MARK,
            "number": str(line),
            "branch": fault,
        }
        return self.layout.delimiter.join(
            by_name[name] for name in self.layout.columns[: len(NAMES)]
        )


class _Window:
    """ブロックの行を、番号（0 から）で切り出す。ends は改行の位置。"""

    def __init__(self, block: bytes, ends: np.ndarray):
        self._block = block
        self._starts = np.append(0, ends + 1)
        self.count = len(ends)

    def between(self, first: int, end: int) -> bytes:
        return self._block[self._starts[first] : self._starts[end]]

    def lines(self, at: int) -> list[str]:
        """at 行目。引用符があれば、レコードが続きうるところまで。"""
        line = self.between(at, at + 1)
        # 引用符のない行は続かない。ほとんどの行で、後ろの九行を文字に直さずに済む
        if b'"' in line:
            line = self.between(at, min(at + RECORD_LINES, self.count))
        return line.decode().split("\n")[:-1]


def _unquoted(block: bytes, delimiter: int) -> bytes:
    """どの引用符も一つの値を丸ごと囲み、中に区切りも引用符もないなら、引用符を消す。そうでなければ元のまま。"""
    # 例："101","0000001",00 なら、どの引用符も区切りか改行の隣で開き、次の印で閉じるので、ただ消してよい（全ての値を囲む道具は多い）。
    # "00""1"（中に引用符）や "10,1"（中に区切り）が一つでもあれば、消すと列がずれる。元のまま返し、その行を一つずつ読む（records.py）
    if b'"' not in block:
        return block
    bytes_ = np.frombuffer(block, np.uint8)
    marks = np.flatnonzero((bytes_ == _QUOTE) | (bytes_ == _LF) | (bytes_ == delimiter))
    quotes = np.flatnonzero(bytes_[marks] == _QUOTE)
    if len(quotes) % 2 or (quotes[1::2] != quotes[::2] + 1).any():
        return block
    # 先頭の前は末尾の改行
    before = bytes_[marks[quotes[::2]] - 1]
    after = bytes_[marks[quotes[1::2]] + 1]
    edges = ((before == _LF) | (before == delimiter)) & ((after == _LF) | (after == delimiter))
    return block.replace(b'"', b"") if edges.all() else block


def _odd_lines(
    bytes_: np.ndarray, low: np.ndarray, ends: np.ndarray, delimiter: int, delimiters: int
) -> np.ndarray:
    """素通しできない行（0 から数える）：区切りの数が違う、引用符か制御文字がある。空の行は区切りの数で分かる。

    low は制御文字、ends は改行の位置。
    """
    strange = low[(bytes_[low] != _LF) & (bytes_[low] != delimiter)]
    strange = np.concatenate(
        [strange, np.flatnonzero(bytes_ == _QUOTE), np.flatnonzero(bytes_ == _DELETE)]
    )
    return np.union1d(
        _miscounted(bytes_, ends, delimiter, delimiters), np.searchsorted(ends, strange)
    )


def _miscounted(
    bytes_: np.ndarray, ends: np.ndarray, delimiter: int, delimiters: int
) -> np.ndarray:
    # 例：三列（区切り 2）の四行 a,b,c／d,e／（空）／f,g,h では、区切りの位置が 1,3,7,12,14、改行が 5,9,10,16。
    # 改行までに見た区切りは 2,3,3,5、その差は 2,1,0,2 なので、一行目と二行目（0 から）が違う
    marks = np.flatnonzero(bytes_ == delimiter)
    # ふつうは全ての行がそろっている。そのときは、探さずに、区切りを行ごとに並べるだけで分かる。総数だけでは、
    # 一つ足りない行と一つ余る行が打ち消しあうので、どの行の区切りも、その行の中にあるかを見る
    if len(marks) == len(ends) * delimiters:
        rows = marks.reshape(len(ends), delimiters)
        if (rows[:, -1] < ends).all() and (rows[1:, 0] > ends[:-1]).all():
            return np.empty(0, int)
    return np.flatnonzero(np.diff(np.searchsorted(marks, ends), prepend=0) != delimiters)
