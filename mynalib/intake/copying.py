"""届いたファイルを一度だけ読み、直した写しを作る。"""

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mynalib.domain.items import NAMES
from mynalib.domain.society import FileProfile
from mynalib.intake.cleaning import Cleaner
from mynalib.intake.encoding import Decoder, refuse_other_encoding
from mynalib.intake.faults import FAULTS
from mynalib.intake.layout import SPARE, Layout, find_layout
from mynalib.intake.source import Source
from mynalib.intake.workbench import Workbench


@dataclass(frozen=True)
class Copied:
    """届いたファイルについて、写しを作る間に分かったこと。path は写し、lines は物理行の数、headings は cleaning.Cleaner のもの。"""

    path: Path
    sha256: str
    bytes: int
    encoding: str
    layout: Layout
    lines: int
    unfinished: bool
    headings: Sequence[int] = ()

    def load(self, bench: Workbench, query: str, **values: Any) -> None:
        """写しを作業台に読む。query は、それをする SQL の名。"""
        # 九列目をいつも読むのは、余分な値のある行を、列の数の誤りとして見つけるため
        columns = (*self.layout.columns, SPARE)[: len(NAMES) + 1]
        # read_csv は、道の * や [ ] を型紙とみる
        where = {"path": glob.escape(str(self.path)), "delimiter": self.layout.delimiter}
        bench.run("faults", faults=list(FAULTS))
        bench.run("macros")
        bench.run(query, columns=dict.fromkeys(columns, "VARCHAR"), **where, **values)


def copy_clean(path: Path, profile: FileProfile, target: Path) -> Copied:
    """物理行が一対一に対応する、引用符のない UTF-8 の写しを target に書く。

    Raises: Refused（ファイルとして受け取れない）、OSError（開けない、書けない）。
    """
    with path.open("rb") as file, target.open("wb") as clean:
        source = Source(file, path.name, profile.encoding)
        blocks = source.blocks()
        head = next(blocks, b"")
        decoder = Decoder(source.encoding, path.name)
        text = decoder.to_utf8(head)
        refuse_other_encoding(head, profile.encoding, path.name)
        layout = find_layout(text, profile.header, path.name)
        cleaner = Cleaner(layout, path.name)
        # 一つ遅れて書く。最後のブロックだけを last として渡し、大きさとハッシュは、読み終えてから決まる
        for block in blocks:
            clean.write(cleaner.clean(text))
            text = decoder.to_utf8(block)
        clean.write(cleaner.clean(text, last=True, unfinished=source.unfinished))
    encoding = decoder.encoding or "utf-8"
    return Copied(
        target,
        source.hash.hexdigest(),
        source.bytes,
        encoding,
        layout,
        cleaner.lines,
        source.unfinished,
        cleaner.headings,
    )
