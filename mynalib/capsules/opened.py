"""一つの月を、公開のために開く：設定、月、控える人、集計、勧奨リスト。開くのは一度だけ。"""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from mynalib.domain.employers import SOCIETY_STAFF, Employer
from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.certificate_standing import certificate_standing
from mynalib.history.cubes import count_as_they_are, cube
from mynalib.history.flows import flows
from mynalib.history.home import Home
from mynalib.history.lens import UNKNOWN_SYMBOL, Lens
from mynalib.history.months import kept_month, kept_months, newer_month
from mynalib.history.overlays import Overlays, read_overlays
from mynalib.insight import measures
from mynalib.reminders.due import EMPLOYER, SOCIETY, due_people, new_draw, wordings


@dataclass(frozen=True)
class OpenedMonth:
    """読んだ月。見せてよい数は、ここでは決めない。

    months は、その月までの全ての月（古い順）、cube はその集計。newer は、それより新しい月のうち、いちばん新しい月（なければ None）。
    あれば、この月の勧奨リストは作らない。古い断面では、そのあとに登録した人や、本人の申請で解除した人に、行き違いになる。
    lists_stand なら、渡したリストのあとに控える人が変わった月の訂正なので、やはり作らない。比べれば、その人が分かってしまう。
    """

    home: Home
    params: Params
    month: Month
    months: tuple = field(repr=False)
    overlays: Overlays = field(repr=False)
    cube: pd.DataFrame = field(repr=False)
    newer: Month | None = None
    lists_stand: bool = False

    @cached_property
    def counts(self) -> pd.DataFrame:
        """だれも除かない、月×事業所の人数（insight.measures.counts）。"""
        return measures.counts(self.cube, self.names)

    @cached_property
    def flows(self) -> pd.DataFrame:
        """続く二つの月の、全ての動き（history.flows）。"""
        return flows(self.home, self.months, self.params)

    @property
    def flow(self) -> pd.DataFrame | None:
        """前の月からの動き。前の月が欠けていれば None。"""
        if self._pair is None:
            return None
        return self.flows[self.flows.month == str(self.month)]

    @cached_property
    def possible_transfers(self) -> int | None:
        """前の月から、事業所の間で移ったのかもしれない人（人）。前の月が欠けていれば None。"""
        if self._pair is None:
            return None
        with Lens(self._pair, self.params) as lens:
            months = {"before": str(self._pair[0].month), "after": str(self.month)}
            return int(lens.query("transfers", **months).people.iloc[0])

    @property
    def _pair(self) -> tuple | None:
        """前の月と、この月。"""
        # 二つ前の月と比べない。間の月に入って出た人の動きが、見えなくなる
        found = tuple(k for k in self.months if k.month in (self.month.plus(-1), self.month))
        return found if len(found) > 1 else None

    @cached_property
    def policy(self) -> dict:
        return self.params.society.policy.model_dump(mode="json")

    @cached_property
    def due(self) -> pd.DataFrame:
        """この月に勧奨のいる全ての人（reminders.due.due_people）。休みの人も、健保が知らせる人も。"""
        # of_lists は、リストに載せないわけの全て（返納した人も）
        return due_people(self.home, self.params, self.months, self.overlays.of_lists)

    @property
    def new_draw(self) -> pd.DataFrame:
        """この月に新しく引くくじ（reminders.draws.DRAWN_COLUMNS）。公開の前に残す。"""
        return new_draw(self.home, self.params, self.months)

    @cached_property
    def reminders(self) -> pd.DataFrame:
        """全ての事業所の勧奨リスト：この月に、事業所が知らせる番の人。事業所の順。"""
        # くじで待つ人と休みの人は due が偽。健保が知らせる人は sender が society
        ours = self.due[(self.due.sender == EMPLOYER) & self.due.due]
        return ours.drop(columns=["sender", "due", "waits"]).reset_index(drop=True)

    @cached_property
    def certificates(self) -> pd.DataFrame:
        """資格確認書の要る人と、持っている人（history.certificate_standing）。"""
        return certificate_standing(self.months[-1], self.params, self.overlays)

    @cached_property
    def posted(self) -> pd.DataFrame:
        """この月に、健保が自宅に手紙で知らせる番の人。列は due と同じ。"""
        return self.due[(self.due.sender == SOCIETY) & self.due.due].reset_index(drop=True)

    @property
    def wordings(self) -> pd.DataFrame | None:
        """posted の順の、手紙の文（列 wording：A か B）。文をくらべていなければ None。"""
        if not self.params.society.policy.reminders.two_wordings:
            return None
        found = wordings(self.home, self.params, self.months, self.posted)
        return found.to_frame("wording")

    @cached_property
    def waiting(self) -> pd.DataFrame:
        """この月の、要確認の人。列は history/sql/review.sql。名簿の人は、いない。"""
        with Lens(self.months[-1:], self.params, self.overlays.holds) as lens:
            return lens.query("review")

    @cached_property
    def returned(self) -> pd.DataFrame | None:
        """この月の、カードを返納した人。列は history/sql/returned.sql。方針が載せないなら None。"""
        if not self.params.society.policy.reminders.list_card_returned:
            return None
        with Lens(self.months[-1:], self.params, self.overlays.of_lists) as lens:
            return lens.query("returned", month=str(self.month))

    @property
    def makes_lists(self) -> bool:
        """この月の勧奨リストを作るか。"""
        # lost は、名簿か記憶が前より減っている。blocking は、答えるまでだれを控えるか決まらない行
        held = self.newer is not None or self.overlays.lost or self.overlays.blocking
        return not held and not self.lists_stand

    @property
    def listed(self) -> pd.DataFrame:
        """勧奨リストに載る人。列は reminders と同じ。リストを作らなければ、いない。"""
        return self.reminders if self.makes_lists else self.reminders[:0]

    @property
    def candidates(self) -> pd.DataFrame:
        """勧奨のいる全ての人（この月は休みの人も）。列は due と同じ。攻撃は、これを全て見えたものとする。リストを作らなければ、いない。"""
        # リストを作らない月の読み手は、新しいリストを何も受け取らない
        return self.due if self.makes_lists else self.due[:0]

    @property
    def names(self) -> dict[str, str]:
        names = {e.id: e.name for e in self.params.employers if e.id != SOCIETY_STAFF}
        # 登録簿にない記号の人がいるのは、known_only でない元だけ（公開しない）
        return names | (
            {UNKNOWN_SYMBOL: "登録簿にない記号"}
            if (self.cube.employer_id == UNKNOWN_SYMBOL).any()
            else {}
        )


def open_month(home: Home, params: Params, month: Month, *, known_only: bool = True) -> OpenedMonth:
    """その月と、それより前の月を開く。

    Args:
        known_only: 登録簿にない記号の人がいれば断るか。断らないのは、取込の点検のページを作るときだけ。
    Raises:
        UnknownSymbol: 登録簿にない記号の人がいる。
        UnknownMonth: まだ取り込まれていない。
        RegisterUnreadable, MemoryDamaged, ReturnersDamaged: 控える人が分からない。
    """
    # まだ取り込んでいない月なら、ここで止まる
    kept_month(home, month)
    months = tuple(kept for kept in kept_months(home) if kept.month <= month)
    overlays = read_overlays(home, params, months)
    if known_only:
        counted = cube(home, months, params, overlays.holds)
    else:
        counted = count_as_they_are(months, params, overlays.holds)
    return OpenedMonth(home, params, month, months, overlays, counted, newer_month(home, month))


class UnknownEmployer(MynaError):
    """指定された事業所が、その月の公開先にない。"""

    code = "UNKNOWN_EMPLOYER"
    what = "公開できる事業所ではありません"
    fix = "お知らせに載っている事業所を指定してください。"


def employers_of(
    opened: OpenedMonth, without: Collection[str] = (), only: str | None = None
) -> list[Employer]:
    """その月に渡してよい事業所。お知らせに載り、取り除くと指定されていないもの。"""
    notified = {employer.id: employer for employer in opened.params.notified(opened.month.end)}
    # 打ちまちがえたコードを黙って飛ばすと、取り除くはずの事業所に渡してしまう
    for code in {*without, *([] if only is None else [only])} - set(notified):
        what = f"{opened.month.label}に公開できる事業所ではありません"
        fix = f"使えるのは {'、'.join(notified)} です（お知らせに載っている事業所）。"
        raise UnknownEmployer(where=f"事業所 {code}", what=what, fix=fix)
    return [e for e in notified.values() if e.id not in without and only in (None, e.id)]


def employer_rows(table: pd.DataFrame, employer_id: str) -> pd.DataFrame:
    """事業所の順に並んだ表の、一つの事業所の行だけ。"""
    # 行は事業所の順（history/sql/reminders.sql）。二百の事業所の一つずつに、表の全体を見比べない
    first, last = (table.employer_id.searchsorted(employer_id, side) for side in ("left", "right"))
    return table[first:last].reset_index(drop=True)
