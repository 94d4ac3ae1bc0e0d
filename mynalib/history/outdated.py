"""もとにした月が、あとで取り込みなおされた公開：公開したものはそのまま残るので、作り直すかを人が決める。"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mynalib.domain.errors import Problem
from mynalib.domain.months import Month
from mynalib.history.home import Home
from mynalib.history.markers import WITHDRAWN_TAG
from mynalib.history.months import KeptMonth
from mynalib.history.revisions import revisions

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Outdated:
    """公開した月と、そのあとに取り込みなおしたか加えた月（その月か、それより前。古い順）。"""

    released: Month
    changed: tuple[Month, ...]

    @property
    def problem(self) -> Problem:
        changed = "、".join(month.label for month in self.changed)
        step = f"myna publish --month {self.released} --because 理由"
        what = f"そのあとに取り込みなおした {changed}と合いません。{step} で新しい版を作れます"
        return Problem(f"{self.released.label}の公開", what)


def outdated_releases(home: Home, months: Sequence[KeptMonth]) -> list[Outdated]:
    """いちばん新しい版が、いまの月と合わない公開。古い順。

    manifest の inputs にある、月ごとの中身のハッシュと比べる。消した月、読めない manifest（verify が言う）、取り下げた公開は見ない。
    """
    found = []
    for released, folders in revisions(home.reports).items():
        # いちばん新しい版を取り下げた月は、公開していない。前の版に戻るのではない
        if (home.reports / f"{folders[-1].name}{WITHDRAWN_TAG}").exists():
            continue
        # いちばん新しい版の manifest が読めなければ、その前の版と比べる
        newest_first = map(_inputs, reversed(folders))
        used = next(filter(None, newest_first), None)
        earlier = [kept for kept in months if kept.month <= released] if used else []
        changed = [kept.month for kept in earlier if not kept.is_as_used(used.get(kept.month))]
        if changed:
            found.append(Outdated(released, tuple(changed)))
    return found


def _inputs(release: Path) -> dict[Month, dict]:
    """公開のもとにした月と、その中身のハッシュ。読めなければ、なし。"""
    try:
        manifest = json.loads((release / MANIFEST).read_text(encoding="utf-8"))
        return {Month.parse(used["month"]): dict(used) for used in manifest["inputs"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
