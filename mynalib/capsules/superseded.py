"""前の版で見せたもの：訂正の前の版も、取り下げた版も、読み手の手もとに残っているものとして、攻撃に入れる。

例：2026-09 を訂正して 2026-09-r2 を出したあとの 10 月には、読み手は 9 月を二度見ている。はじめの版のリストにいて、次の版のリストに
いない人は、はじめの版の水準とも、次の版の水準とも、合わなければならない。
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mynalib.capsules.kept_tables import STATE_FILE, listed_of, read_rates
from mynalib.domain.months import Month
from mynalib.domain.person import with_person_key
from mynalib.domain.revision import NOT_HANDED_OVER
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.markers import Version, is_list, versions
from mynalib.history.months import KeptMonth
from mynalib.history.released import (
    all_releases,
    artefacts_of,
    read_manifest,
    recorded_releases,
    released_file,
    releases,
)
from mynalib.history.revisions import revision_of
from mynalib.history.soundness import damage


@dataclass(frozen=True)
class Sighting:
    """一つの版で見せた、その月の水準（showing.STATE）と、勧奨のいた人（previous.read_listed に、人の鍵を足したもの）。"""

    month: str
    state: pd.DataFrame
    listed: pd.DataFrame


def superseded(home: Home, month: Month, kept: Collection[KeptMonth]) -> list[Sighting]:
    """month までの月の、いま引きつぐ版のほかに、読み手の見た版。月と版の順。

    だれにも渡していないと記録して作り直した版（--not-handed-over）は、だれも見ていない。month そのものは、取り込み直す前の版だけを
    数える（同じファイルから作り直す版は、その版と同じ数を見せる）。

    Args:
        kept: 攻撃で並べる月。
    Raises:
        ReleaseDamaged: 取り下げていない版が、公開したときのままでない。
    """
    held = {each.month: each for each in kept}
    known = versions(Ledger(home.ledger).lines())
    seen = [
        version
        for version in known.values()
        if _month_of(version) in held and _month_of(version) <= month
        # だれも受け取っていない版は、読み手の手もとにない
        if not _was_not_handed_over(known.get(version.replaced_by))
    ]
    folders = {home.reports / version.name: held[_month_of(version)] for version in seen}
    carried = {*releases(home).values()}
    return [
        _seen_in(home, folder, each)
        for folder, each in folders.items()
        if _is_readable(home, folder)
        # いま引きつぐ版と、同じファイルから作り直すこの月の版は、_sightings が別に並べる。二度は数えない
        if not (_is_as_used(folder, each) and (folder in carried or each.month == month))
    ]


def _month_of(version: Version) -> Month:
    return revision_of(version.name)[0]


def _was_not_handed_over(following: Version | None) -> bool:
    """次の版が、だれにも渡していないと記録して作り直したものか。"""
    return bool(following and following.revision) and following.revision.kind == NOT_HANDED_OVER


def _is_readable(home: Home, folder: Path) -> bool:
    """次の公開のための表を残した版か。取り下げた版は、失われていても、消していてもよい。"""
    # 公開のままの版が壊れていれば、ReleaseDamaged で止まる。取り下げた版は、読めるものだけを使う
    if folder.name in recorded_releases(home):
        return STATE_FILE in artefacts_of(home, folder)
    return folder.is_dir() and not damage(home, folder) and STATE_FILE in artefacts_of(home, folder)


def _is_as_used(folder: Path, kept: KeptMonth) -> bool:
    """その版が使った、その月のファイルが、いまのものか。"""
    inputs = {one["month"]: one for one in read_manifest(folder)["inputs"]}
    return kept.is_as_used(inputs.get(str(kept.month)))


def _seen_in(home: Home, folder: Path, kept: KeptMonth) -> Sighting:
    state = read_rates(released_file(folder, STATE_FILE, artefacts_of(home, folder)))
    told = listed_of(home, _lists_by_then(home, folder))
    return Sighting(str(kept.month), state[state.month == str(kept.month)], with_person_key(told))


def _lists_by_then(home: Home, folder: Path) -> Path:
    """その版までに、読み手が受け取ったリストのある版。まだなければ、あとの版。"""
    if _has_lists(home, folder):
        return folder
    made, version = revision_of(folder.name)
    told = {
        revision_of(one.name)[1]: one
        for one in all_releases(home)
        if revision_of(one.name)[0] == made and _has_lists(home, one)
    }
    if not told:
        return folder
    # リストのない訂正（-r2）なら、その前の版のリストを、読み手はまだ持っている
    by_then = [number for number in told if number < version]
    return told[max(by_then) if by_then else min(told)]


def _has_lists(home: Home, folder: Path) -> bool:
    return any(is_list(path) for path in artefacts_of(home, folder))
