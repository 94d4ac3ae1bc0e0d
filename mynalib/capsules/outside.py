"""健保の外に見せるもの：前に公開したものを引きつぎ、この月の分を、攻撃に耐えるかたちで決める。

前に見せた月は、そのときのまま繰り返す（控える人の出入りも、あとの動きも、前の月を書きかえない）。その月のファイルを取り込み直した
ときだけ、数え直す。はじめて見せる月は、古い月から順に、水準を定めていく。
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pandas as pd

from mynalib.capsules.evidence import gather
from mynalib.capsules.list_sizes import list_sizes
from mynalib.capsules.opened import OpenedMonth
from mynalib.capsules.previous import Previous, read_previous
from mynalib.disclosure.coarsening import Evidence, Result, hold
from mynalib.disclosure.levels import COMPARED_MONTHS, Level, compared, from_row
from mynalib.disclosure.released import LEVEL_COLUMNS, LIST_COLUMNS
from mynalib.disclosure.showing import Before, Coarser, Showing, show_month
from mynalib.disclosure.society import TOTAL
from mynalib.disclosure.thresholds import Thresholds
from mynalib.disclosure.wide import OTHERS, WIDE_COLUMNS
from mynalib.history.keys import levels_key
from mynalib.history.lens import Lens
from mynalib.history.replaying import put_successions
from mynalib.insight import measures, movements
from mynalib.reminders.due import NOT_AT_WORK

SHOWN_LISTS = 12


@dataclass(frozen=True)
class Outside:
    """一つの月の公開で、健保の外に見せるもの。"""

    opened: OpenedMonth

    @cached_property
    def limits(self) -> Thresholds:
        return Thresholds.of(self.opened.policy)

    @cached_property
    def previous(self) -> Previous:
        """前に公開したもの。"""
        return read_previous(self.opened.home, self.opened.month, self.opened.months)

    @cached_property
    def state(self) -> pd.DataFrame:
        """全ての月の、見せた水準（showing.STATE）。健保の内部に残す。"""
        return pd.concat([self._past[0], self.result.showing.state], ignore_index=True)

    @cached_property
    def wide(self) -> pd.DataFrame:
        """広く配る版の、全ての月の行（wide.WIDE_COLUMNS）。"""
        table = pd.concat([self._past[1], self.result.showing.wide], ignore_index=True)[
            WIDE_COLUMNS
        ]
        names = [*self.opened.names, *NOT_AT_WORK, OTHERS, TOTAL]
        return measures.in_order(table, names)

    @cached_property
    def result(self) -> Result:
        """この月に見せるもの。攻撃に耐えるまで、粗くしてある。"""
        month = str(self.opened.month)
        states = self._past[0]
        with Lens(self.opened.months, self.opened.params) as lens:
            put_successions(lens, self.opened.params)
            # 変わった人を数えるのは、ここで一度だけ。粗くするたびに月を開き直さない
            show = partial(self._show, month, self._before(month, states, lens))
        return hold(show, self.evidence, self.limits)

    @cached_property
    def evidence(self) -> Evidence:
        """公開の前の攻撃で、攻める側の手もと。"""
        return gather(self.opened, self.previous, self._past[0])

    @property
    def coarsened(self) -> list[str]:
        """広く配る版に書く、粗くしたこと。どの事業所かは書かない。"""
        coarser = self.result.coarser
        # 事業所が少なく、まとめられない月も。TOTAL の行は、いつもある
        if len({*self.result.showing.wide.employer_id}) == 1 or coarser.total_only:
            return ["人数を守るため、この月は、組合全体の数だけを載せています。"]
        lines = []
        if changed := len(coarser.widened | coarser.unlevelled):
            told = f"人数を守るため、この月は、{changed} 事業所の水準を、ふだんより粗くしています。"
            lines.append(told)
        if coarser.merge_more:
            lines.append(
                f"人数を守るため、この月は、ふだんより {coarser.merge_more} 多い事業所を、一行にまとめています。"
            )
        return lines

    def levels_of(self, employer: str) -> pd.DataFrame:
        """一つの事業所の、月ごとの加入者と水準（released.LEVEL_COLUMNS）。"""
        return _own_rows(self.state, self._state_of, employer)[LEVEL_COLUMNS].reset_index(drop=True)

    @cached_property
    def lists(self) -> pd.DataFrame:
        """事業所ごとの、リストの人数（employer_id と released.LIST_COLUMNS）。前の月は、公開したときのまま。"""
        past = self.previous.lists
        now = past[:0]
        if self.opened.makes_lists:
            now = list_sizes(self.opened, self.previous.last_listed)
        table = pd.concat([past, now], ignore_index=True)
        months = sorted(table.month.unique())[-SHOWN_LISTS:]
        return table[table.month.isin(months)].reset_index(drop=True)

    def lists_of(self, employer: str) -> pd.DataFrame:
        """一つの事業所の、リストの人数。"""
        return _own_rows(self.lists, self._lists_of, employer)[LIST_COLUMNS].reset_index(drop=True)

    @cached_property
    def _state_of(self) -> dict[str, np.ndarray]:
        return self.state.groupby("employer_id").indices

    @cached_property
    def _lists_of(self) -> dict[str, np.ndarray]:
        return self.lists.groupby("employer_id").indices

    def figure_for(self, employer: str) -> dict | None:
        """事業所のページに載せる、組合全体の率（前に公開した、いちばん新しい月）と、続いた三か月を比べた言葉の名。"""
        figure = self.previous.society_figure
        if figure is None:
            return None
        own = _own_rows(self.state, self._state_of, employer)
        months = [str(self.opened.month.plus(-step)) for step in range(COMPARED_MONTHS)]
        rows = own[own.month.isin(months)].to_dict("records")
        members = int(rows[-1]["members"])
        levels = map(from_row, rows)
        said = compared([*levels], members, float(figure["rate"])) if members else ""
        return figure | {"compared": said}

    @cached_property
    def changes(self) -> dict[str, int] | None:
        """組合全体の動き（実数、人）。前の月がなければ None。"""
        return None if self.opened.flow is None else movements.changes(self.opened.flow)

    @cached_property
    def _own(self) -> pd.DataFrame:
        """事業所のページの人数。家族を除く約束なら、本人だけ。"""
        cube = self.opened.cube
        # 家族を渡さない約束の事業所は、家族の人数も知らない。水準も、本人だけの率から
        kept = cube if self._dependants else cube[cube.insured]
        table = measures.counts(kept, self.opened.names, sorted(cube.month.unique()))
        return table[table.employer_id != TOTAL]

    @property
    def _dependants(self) -> bool:
        return self.opened.params.joint_use.dependants == "include"

    @cached_property
    def _past(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """前の月の、水準と、広く配る版の行。公開したものは、そのまま。"""
        states = self.previous.state
        rows = self.previous.wide
        shown = set(states.month)
        first_shown = [
            str(kept.month) for kept in self.opened.months[:-1] if str(kept.month) not in shown
        ]
        if first_shown:
            with Lens(self.opened.months, self.opened.params) as lens:
                put_successions(lens, self.opened.params)
                for month in first_shown:
                    # だれもまだ見ていない過去の月は、粗くしない。いまの月の攻撃が、その月の水準も並べて、いまの月を粗くする
                    showing = self._show(month, self._before(month, states, lens), Coarser())
                    states = pd.concat([states, showing.state], ignore_index=True)
                    rows = pd.concat([rows, showing.wide], ignore_index=True)
        # 取り込み直して数え直した月は、おわりに付く
        return states.sort_values("month", kind="stable", ignore_index=True), rows

    def _show(self, month: str, before: Before, coarser: Coarser) -> Showing:
        own = self._own[self._own.month == month]
        counts = self.opened.counts[self.opened.counts.month == month]
        return show_month(own, counts, before, self._key, self.limits, coarser)

    @cached_property
    def _key(self) -> bytes:
        return levels_key(self.opened.home, released=not self.previous.state.empty)

    def _before(self, month: str, states: pd.DataFrame, lens: Lens) -> Before:
        """その月の前に見せたもの。"""
        earlier = states[states.month < month]
        if earlier.empty:
            return Before()
        last = earlier[earlier.month == earlier.month.max()]
        rows = self.previous.fresh(last, self._own).to_dict("records")
        levels = {row["employer_id"]: from_row(row) for row in rows}
        # 組合全体だけを見せた月は、まとめた行がなかったので、何も引きつがない
        had_row = OTHERS in set(last.employer_id)
        merged = frozenset(last.employer_id[last.merged]) if had_row else frozenset()
        return Before(levels, self._changed(month, levels, lens), merged)

    def _changed(
        self, month: str, levels: Mapping[str, Level | None], lens: Lens
    ) -> dict[str, int]:
        """水準を定めた月から、変わった人。定めた月がもうなければ、変わったとみなす（辞書に入れない）。"""
        held = {str(kept.month) for kept in self.opened.months}
        settled = {
            employer: level.since
            for employer, level in levels.items()
            if level and level.since in held
        }
        if not settled:
            return {}
        # 水準を定めた月は事業所ごとに違うが、尋ねるのは一度。定めた月の全てを並べて数え、あとで自分の月だけを取る
        table = lens.query(
            "changed", befores=sorted({*settled.values()}), after=month, dependants=self._dependants
        )
        people = {
            (row.before, row.employer_id): int(row.people) for row in table.itertuples(index=False)
        }
        return {employer: people.get((since, employer), 0) for employer, since in settled.items()}


def _own_rows(table: pd.DataFrame, places: Mapping[str, np.ndarray], employer: str) -> pd.DataFrame:
    """places（事業所から、行の番号へ）にある、一つの事業所の行。"""
    return table.iloc[places.get(employer, [])]
