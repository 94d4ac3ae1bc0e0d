"""台帳にある、保存期間が過ぎて消した（purged）もの。公開した版の中の、名簿と手紙だけを消すことがある。"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from mynalib.history.home import Home
from mynalib.history.ledger import Ledger

PURGED = "purged"


def purged_files(lines: Iterable[Mapping]) -> set[str]:
    """公開した版の中の、消したファイル。reports/ からの場所（2025-09/employers/E01/reminders.html）。"""
    return {file for line in lines if line["did"] == PURGED for file in line.get("files", ())}


def not_purged(home: Home, release: Path, artefacts: Iterable[dict]) -> list[dict]:
    """公開した版の成果物のうち、消していないもの。"""
    gone = purged_files(Ledger(home.ledger).lines())
    return [one for one in artefacts if f"{release.name}/{one['path']}" not in gone]


def shrunk_records(lines: Iterable[Mapping]) -> dict[str, tuple[str, str]]:
    """手渡しの番号から、いなくなった人を除いた、知らせた人の記録の名とハッシュ。"""
    return {
        handover: (name, digest)
        for line in lines
        if line["did"] == PURGED
        for handover, (name, digest) in line.get("reminders", {}).items()
    }
