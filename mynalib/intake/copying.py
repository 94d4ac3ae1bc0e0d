"""届いたファイルを一度だけ読み、直した写しを作る。"""

from dataclasses import dataclass
from pathlib import Path

from mynalib.domain.society import FileProfile
from mynalib.intake.cleaning import Cleaner
from mynalib.intake.encoding import Decoder
from mynalib.intake.layout import Layout, find_layout
from mynalib.intake.source import Source


@dataclass(frozen=True)
class Copied:
    """届いたファイルについて、写しを作る間に分かったこと。lines は物理行の数。"""

    sha256: str
    bytes: int
    encoding: str
    layout: Layout
    lines: int
    unfinished: bool


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
        layout = find_layout(text, profile.header, path.name)
        cleaner = Cleaner(layout, path.name)
        for block in blocks:
            clean.write(cleaner.clean(text))
            text = decoder.to_utf8(block)
        clean.write(cleaner.clean(text, last=True, unfinished=source.unfinished))
    return Copied(source.sha256, source.bytes, decoder.encoding or "utf-8", layout, cleaner.lines, source.unfinished)
