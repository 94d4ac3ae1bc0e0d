"""前に公開したもの：前の月の数は、ここからそのまま引きつぐ。

公開したときのままのファイルだけを読む。変えられていれば、その数を次の公開の元にせず、止まる（ReleaseDamaged）。
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from mynalib.capsules.kept_tables import (
    LISTED_COLUMNS,
    LISTS_FILE,
    RATES_FILE,
    STATE_FILE,
    joined,
    listed_of,
    read_lists,
    read_rates,
)
from mynalib.disclosure.levels import from_row
from mynalib.disclosure.released import LIST_COLUMNS
from mynalib.disclosure.showing import STATE
from mynalib.disclosure.society import TOTAL, decimals_of
from mynalib.disclosure.wide import WIDE_COLUMNS
from mynalib.domain.months import Month
from mynalib.domain.person import with_person_key
from mynalib.history.home import Home
from mynalib.history.markers import is_list
from mynalib.history.months import KeptMonth
from mynalib.history.released import (
    all_releases,
    artefacts_of,
    read_manifest,
    released_file,
    releases,
)

WINDOW = 13
"""攻撃で並べる、公開した月の数（この月と、前の 12 か月）。"""


@dataclass(frozen=True)
class Previous:
    """その月より前に公開したもの。

    state（showing.STATE）と wide（wide.WIDE_COLUMNS）は、前に見せた月の行。取り込み直した月の行は、入らない。
    lists は、事業所と月ごとのリストの人数、listed は、勧奨のいた人と、リストに載せたか（LISTED_COLUMNS）。
    society_figure は、組合全体の率（month, rate）。unsent は、公開しなかった（月, 事業所）。stale は、state の（月, 水準を定めた月）のうち、
    そのあとで、定めた月を取り込み直したもの。
    """

    state: pd.DataFrame
    wide: pd.DataFrame
    lists: pd.DataFrame
    listed: pd.DataFrame
    society_figure: dict | None
    unsent: Collection[tuple[str, str]] = ()
    stale: Collection[tuple[str, str]] = ()

    @property
    def last_listed(self) -> pd.DataFrame:
        """事業所ごとに、受け取った、いちばん新しいリストに載せた人。"""
        months = sorted(self.listed.month.unique(), reverse=True)
        newest = {
            employer: next((month for month in months if (month, employer) not in self.unsent), "")
            for employer in self.listed.employer_id.unique()
        }
        last = self.listed.month == self.listed.employer_id.map(newest)
        return self.listed[self.listed.on_list & last]

    def fresh(self, rows: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
        """state の行のうち、水準を引きついでよいもの。定めた月を取り込み直して、その月の人数に合わなくなった水準は、引きつがない。

        合う水準は、引きつぐ。訂正のたびに全ての事業所の水準を定め直すと、五人が変わらないうちに動き、前の水準と比べられる。

        Args:
            own: 今の、月と事業所ごとの人数（employer_id, month, members, registered）。
        """
        now = own.set_index(["month", "employer_id"])
        return rows[[self._stands(row, now) for row in rows.to_dict("records")]]

    def _stands(self, row: Mapping, now: pd.DataFrame) -> bool:
        level = from_row(row)
        if level is None or (row["month"], level.since) not in self.stale:
            return True
        at = (level.since, row["employer_id"])
        return at in now.index and level.holds_for(now.members[at], now.registered[at])


def read_previous(home: Home, month: Month, kept: Collection[KeptMonth]) -> Previous:
    """month より前に公開したもの。

    Args:
        kept: 取り込んである月。
    """
    # 一つの公開を読むのは一度。どの月をどの公開から引きつぐかは、あとで決める
    tables = {
        made: _Tables.read(home, folder)
        for made, folder in releases(home).items()
        if made < month and _is_ours(home, folder)
    }
    owned = _owned(tables, kept)
    states = [_of_months(tables[made].state, months) for made, months in owned.items()]
    rows = [_of_months(tables[made].wide, months) for made, months in owned.items()]
    # 一つの公開は前の 12 か月の人数も持つ。それぞれの月は、その月の公開から取る
    lists = [_sent(table, str(made)) for made, table in tables.items()]
    listed = [table.listed.assign(month=str(made)) for made, table in tables.items()]
    return Previous(
        state=joined(states, STATE),
        wide=joined(rows, WIDE_COLUMNS),
        lists=joined(lists, ["employer_id", *LIST_COLUMNS]),
        listed=joined(listed, LISTED_COLUMNS),
        society_figure=_society_figure(tables),
        unsent={(str(made), one) for made, table in tables.items() for one in table.without},
        stale={*_stale(tables, owned, kept)},
    )


def last_release(home: Home, month: Month) -> Path | None:
    """month までの、いちばん新しい公開。"""
    found = [
        folder
        for made, folder in releases(home).items()
        if made <= month and _is_ours(home, folder)
    ]
    return found[-1] if found else None


def with_lists(home: Home, release: Path) -> Path:
    """その月の版のうち、勧奨リストのある、いちばん新しいもの（次の月が届いたあとの訂正に、リストはない）。なければ release。"""
    same_month = [folder for folder in all_releases(home) if folder.name[:7] == release.name[:7]]
    found = [
        folder for folder in same_month if any(is_list(path) for path in artefacts_of(home, folder))
    ]
    return found[-1] if found else release


def _is_ours(home: Home, release: Path) -> bool:
    """次の公開のための表を残した公開か。"""
    return STATE_FILE in artefacts_of(home, release)


@dataclass(frozen=True)
class _Tables:
    """一つの公開に残した表。without は、公開しなかった事業所。"""

    inputs: Mapping[str, dict]
    without: Collection[str]
    state: pd.DataFrame
    wide: pd.DataFrame
    lists: pd.DataFrame
    listed: pd.DataFrame

    @classmethod
    def read(cls, home: Home, release: Path) -> "_Tables":
        # 表を開く前に、公開したときのハッシュと合うかを確かめる（released_file）
        file = partial(released_file, release, artefacts=artefacts_of(home, release))
        told = with_lists(home, release)  # 読み手が受け取ったリスト
        received = partial(released_file, told, artefacts=artefacts_of(home, told))
        lists = read_lists(received(LISTS_FILE))
        keyed = with_person_key(listed_of(home, told))
        inputs = {one["month"]: one for one in read_manifest(release)["inputs"]}
        without = read_manifest(told)["without"]
        state = read_rates(file(STATE_FILE))
        return cls(inputs, without, state, read_rates(file(RATES_FILE)), lists, keyed)


def _owned(tables: Mapping[Month, _Tables], kept: Collection[KeptMonth]) -> dict[Month, list[str]]:
    """公開の月から、その行を引きつぐ、見せた月へ。見せた月の公開があれば、それ。なければ、いちばん新しい公開。"""
    owner: dict[str, Month] = {}
    for made, table in tables.items():
        for each in kept:
            shown = str(each.month)
            # その公開が使ったファイルと、いま取り込んであるファイルが同じ月だけ。取り込み直した月は、数え直す
            if each.is_as_used(table.inputs.get(shown)) and (
                each.month not in tables or made == each.month
            ):
                owner[shown] = made
    return {made: [shown for shown in owner if owner[shown] == made] for made in tables}


def _stale(
    tables: Mapping[Month, _Tables],
    owned: Mapping[Month, Collection[str]],
    kept: Collection[KeptMonth],
) -> Iterator[tuple[str, str]]:
    """引きつぐ行の（月, 水準を定めた月）のうち、その公開が使ったあとで、定めた月を取り込み直したもの。"""
    held = {str(each.month): each for each in kept}
    for made, months in owned.items():
        used = tables[made].inputs
        replaced = [since for since in held if not held[since].is_as_used(used.get(since))]
        rows = _of_months(tables[made].state, months)
        rows = rows[rows.since.isin(replaced)]
        yield from zip(rows.month, rows.since, strict=True)


def _sent(table: _Tables, month: str) -> pd.DataFrame:
    """その月に、リストを渡してよいとした事業所の、リストの人数。"""
    rows = _of_months(table.lists, [month])
    return rows[~rows.employer_id.isin([*table.without])]


def _society_figure(tables: Mapping[Month, _Tables]) -> dict | None:
    """いちばん新しい公開の、その月の組合全体の率。"""
    # 新しいほうから、率のある公開を一つ。事業所のページに載せるのは、もう公開した数だけ
    for made, table in sorted(tables.items(), reverse=True):
        row = table.wide[(table.wide.month == str(made)) & (table.wide.employer_id == TOTAL)]
        if len(row) and pd.notna(row.rate.iloc[0]):
            # 桁は、丸める前の人数（state）から。概数の 5,000 人は、4,998 人かもしれない
            state = table.state[table.state.month == str(made)].set_index("employer_id")
            decimals = decimals_of(int(state.members[TOTAL]))
            return {"month": str(made), "rate": f"{row.rate.iloc[0]:.{decimals}f}"}
    return None


def _of_months(table: pd.DataFrame, months: Collection[str]) -> pd.DataFrame:
    return table[table.month.isin(months)]
