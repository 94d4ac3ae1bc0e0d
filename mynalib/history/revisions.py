"""版の名：フォルダーの名（2026-10、2026-10-r2 …）から、月と、何番目の版かへ。"""

import re
from collections.abc import Collection
from pathlib import Path

from mynalib.domain.months import Month

# はじめの版に番号はない。-r1 は、この道具の付けた名ではない
_REVISION = re.compile(r"(20[0-9]{2}-(?:0[1-9]|1[0-2]))(?:-r([2-9]|[1-9][0-9]+))?")


def revision_of(name: str) -> tuple[Month, int] | None:
    """フォルダーの名（2026-10、2026-10-r2 …）から、月と版。月のフォルダーの名でなければ None。"""
    found = _REVISION.fullmatch(name)
    return (Month.parse(found[1]), int(found[2] or 1)) if found else None


def revisions(folder: Path) -> dict[Month, list[Path]]:
    """月ごとの版のフォルダー（2026-10、2026-10-r2 …）。古い版が先。"""
    found: dict[Month, list[tuple[int, Path]]] = {}
    for path in folder.iterdir() if folder.is_dir() else ():
        named = revision_of(path.name)
        if named and path.is_dir():
            month, number = named
            found.setdefault(month, []).append((number, path))
    return {month: [path for _, path in sorted(found[month])] for month in sorted(found)}


def next_revision(folder: Path, month: Month, known: Collection[str] = ()) -> int:
    """その月の、次の版の番号。known は、前に使った版の名。いまディスクになくても、同じ名は使わない。"""
    # 例：2026-10 と 2026-10-r2 があれば 3。台帳に 2026-10-r3（消した版）があれば 4
    used = [*(path.name for path in revisions(folder).get(month, [])), *known]
    versions = filter(None, map(revision_of, used))
    numbers = [number for at, number in versions if at == month]
    return 1 + max(numbers, default=0)
