"""公開の結果：何が、どこに出来たか。"""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from mynalib.capsules.catalogue import COMPARISON, REVIEW
from mynalib.domain.months import Month
from mynalib.history.released import read_manifest


@dataclass(frozen=True)
class Published:
    """公開の結果。outcome は released・unchanged・draft。comparison は、下書きと前の公開との比べ。

    lists_from は、この月の勧奨リストを作らずに、そのリストを使う、もっと新しい月（なければ None）。
    waits は、リストを作ったときから控える人が変わったが、渡したリストは書きかえないので、次の月のリストから効くか。そのとき、given は、この月の
    リストを（手紙も）一度でも渡したと記録しているか、withdrawn は、全ての事業所のリストを、もう取り下げているか。
    """

    outcome: str
    folder: Path
    artefacts: int
    without: list[str] = field(default_factory=list)
    comparison: Path | None = None
    lists_from: Month | None = None
    waits: bool = False
    given: bool = False
    withdrawn: bool = False

    @property
    def review(self) -> Path | None:
        """取込の点検のページ。一つの事業所だけの下書きには、ない。"""
        return existing(self.folder / REVIEW)


def done(outcome: str, folder: Path, room: Path | None = None) -> Published:
    """結果。room は、もう要らない下書きの部屋。"""
    if room:
        shutil.rmtree(room, ignore_errors=True)
    manifest = read_manifest(folder)
    comparison = existing(folder.parent / COMPARISON / "index.html")
    return Published(outcome, folder, len(manifest["artefacts"]), manifest["without"], comparison)


def existing(path: Path) -> Path | None:
    """そのファイルがあれば、その場所。"""
    return path if path.exists() else None
