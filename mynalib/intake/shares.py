"""割合の関門：どのコードの人の割合にも、前の月の人の残りかたにも、ありえないところがないか。全体と、事業所ごとに見る。入出力はない。"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from mynalib.domain.errors import Problem
from mynalib.domain.policy import IntakePolicy

WHOLE = "全体"
ROWS = 30  # 前の月と比べるのに要る人数
FIRST_ROWS = 50  # 比べる月のないときに要る人数。登録は保険者の間で引き継がれるので、これだけいて全員が同じことはない
FAMILIAR = 4  # 登録実施日のある人は、ひと月でほとんど変わらない。四人に一人も残らなければ、ほかの人々である
CHANCE = 1e-6  # 偶然にこれより起こりにくければ、ありえない


class Codes(NamedTuple):
    """一人の行のうち、割合に数えるもの。日付は、あるかどうかだけを見る。

    crossed は登録実施日が解除日より後か、newly は登録実施日がその月か。
    """

    state: int
    cancel_kind: int | None
    certificate_flag: int | None
    registered: bool
    cancelled: bool
    crossed: bool
    newly: bool


Counts = Mapping[Codes, int]
"""コードの組から、その人数へ。"""


class Stayed(NamedTuple):
    """前の月に登録実施日のあった人から調べた had 人のうち、同じ番号・枝番・登録実施日で still 人が残っている。place は全体か事業所。"""

    place: str
    had: int
    still: int


@dataclass(frozen=True)
class Share:
    """一つの割合：among の人のうち、counted の人。

    floor, ceiling: 割合がこれ以下、これ以上の月はありえない（None なら問わない）。
    grows: その月に登録した人の分だけ増えてよいか（一つの事業所の勧奨が実れば、ひと月に十ポイントも増える）。
    compared: 前の月と比べるか。比べない割合は、いつも floor と ceiling で見る。
    """

    label: str
    counted: Callable[[Codes], bool]
    among: Callable[[Codes], bool] = lambda codes: True
    floor: float | None = None
    ceiling: float | None = None
    grows: bool = False
    compared: bool = True

    def of(self, counts: Counts) -> tuple[int, int]:
        """counted の人数と、among の人数。"""
        among = {codes: people for codes, people in counts.items() if self.among(codes)}
        has = sum(people for codes, people in among.items() if self.counted(codes))
        return has, sum(among.values())

    def grown(self, counts: Counts) -> int:
        """counted のうち、その月に登録したので、増えてよい人の数。"""
        newly = {codes: people for codes, people in counts.items() if self.grows and codes.newly}
        return self.of(newly)[0]

    def impossible(self, counts: Counts) -> bool:
        """ほかの月と比べるまでもなく、ありえない割合か。"""
        has, out_of = self.of(counts)
        few = self.floor is not None and has <= self.floor * out_of
        many = self.ceiling is not None and has >= self.ceiling * out_of
        return out_of >= FIRST_ROWS and (few or many)


def _of_kinds(label: str, among: Callable[[Codes], bool], **bounds: float) -> Iterator[Share]:
    for kind in (1, 2, 3):
        # kind=kind がないと、三つとも、ループの最後の 3 を数える
        yield Share(
            label.format(kind), lambda codes, kind=kind: codes.cancel_kind == kind, among, **bounds
        )


SHARES = (
    Share("登録済（状態 1）の人", lambda codes: codes.state == 1, floor=0, ceiling=1, grows=True),
    Share("登録実施日のある人", lambda codes: codes.registered, floor=0, ceiling=1, grows=True),
    # ひと月に登録するのは、未登録の人の 3 % ほど（2026 年 1 月から 4 月の国の数）
    Share("登録実施日がこの月の人", lambda codes: codes.newly, ceiling=0.5, compared=False),
    # 申請による解除は、一年でも登録した人の 0.2〜0.3 % ほど（2025 年、全ての保険者）。半分は、列のずれか日次ファイル
    Share("登録解除日のある人", lambda codes: codes.cancelled, ceiling=0.5),
    Share("登録実施日が登録解除日より後の人", lambda codes: codes.crossed, ceiling=0.5),
    Share(
        "登録済なのに登録実施日のない人",
        lambda codes: not codes.registered,
        lambda codes: codes.state == 1,
        ceiling=0.5,
    ),
    *_of_kinds("解除区分が {} の人", lambda codes: True, ceiling=0.5),
    *_of_kinds("解除された人のうち区分が {} の人", lambda codes: codes.cancel_kind is not None),
    Share("フラグが空欄の人", lambda codes: codes.certificate_flag is None, ceiling=1),
    Share("フラグが 0 の人", lambda codes: codes.certificate_flag == 0, ceiling=0.5),
    Share("フラグが 1 の人", lambda codes: codes.certificate_flag == 1),
)
"""見る割合の全て。"""
ALWAYS = tuple(share for share in SHARES if not share.compared)


def counted(rows: Iterable[tuple]) -> Counts:
    """Codes の値に人数の付いた行を、数えやすい形にする。"""
    return {Codes(*codes): people for *codes, people in rows}


def summed(by_employer: Mapping[str, Counts]) -> Counts:
    """全体の人数。"""
    return sum((Counter(counts) for counts in by_employer.values()), Counter())


def unlikely(
    new: Mapping[str, Counts], last: Mapping[str, Counts], policy: IntakePolicy
) -> Iterator[Problem]:
    """ありえない割合の全て。

    前の月にも 30 人いれば前の月と、いなければ、月次のファイルとしてありうる割合と比べる。

    Args:
        new, last: {事業所か NOEMPLOYER: 人数}。last は前の月のもので、なければ空。
        policy: max_change は、変わってよい割合の幅。min_rows は、割合を見る人数（30 人より厳しくはならない）。
    """
    # 例：100 人のうち 50 人だった割合は、74 人（24 ポイント増、偶然なら百万に 1.7）では止めず、75 人（百万に 0.6）で止める。
    # 10,000 人のうち 3,000 人なら、偶然では 3,500 人にもならないが、max_change が 5 ポイントなら、止めるのは 3,501 人から
    rows = max(ROWS, policy.min_rows)
    before_of = {WHOLE: summed(last)} | dict(last)
    for name, now in ({WHOLE: summed(new)} | dict(new)).items():
        before = before_of.get(name, {})
        people = sum(now.values())
        found: list[str] = []
        if min(sum(before.values()), people) >= rows:
            found = [*_moved(before, now, rows, policy.max_change), *_impossible(ALWAYS, now)]
        elif people >= FIRST_ROWS:
            found = [*_impossible(SHARES, now)]
        if name == WHOLE:
            found = found or [*_nobody_left(before, now)]
        yield from (Problem(name, what) for what in found)


def strangers(stayed: Iterable[Stayed]) -> Iterator[Problem]:
    """人数も割合も前の月と同じなのに、ほかの人々であるところ（ほかの組合のファイル、入れかわった記号）。"""
    for each in stayed:
        if each.had >= ROWS and each.still * FAMILIAR < each.had:
            what = f"前の月に登録実施日のあった人から調べた {each.had} 人のうち、同じ番号と日付でいるのは {each.still} 人です"
            yield Problem(each.place, what)


def _moved(before: Counts, now: Counts, rows: int, width: Decimal) -> Iterator[str]:
    for share in SHARES:
        had, of = share.of(before)
        has, out_of = share.of(now)
        if not share.compared or min(of, out_of) < rows:
            continue
        # 割合は、割らずに掛けて比べる：has / out_of > had / of と同じで、小数の誤差がない
        risen = has * of > had * out_of
        # その月に登録した人は、前の月の割合までは引いてよい。それより引くと、増えたものが、減ったことになる
        moved = max(has - share.grown(now), had * out_of // of) if risen else has
        if (
            abs(moved * of - had * out_of) > width * of * out_of
            and _chance(moved, out_of, had, of) < CHANCE
        ):
            yield f"{share.label}が、前の月の {_told(had, of)}から {_told(has, out_of)}になりました"


def _chance(has: int, out_of: int, had: int, of: int) -> float:
    """前の月の割合のまま、偶然に has 人かそれより離れた人数になる確率（正確な二項検定、両側）。

    二つの月の人は、ほとんどが同じ人なので、割合のふつうの揺れは、人を選び直したときの揺れより、ずっと小さい。
    だから前の月の割合を、揺れのない値とみなしてよい。ただし 0 % や 100 % の次に一人もいないとは言えないので、
    半人ずつを足した割合（ジェフリーズの事前分布の平均）を使う。
    """
    # 読みこみに時間がかかる。要るのは、幅をこえて変わったときだけ
    from scipy.special import bdtr, bdtrc

    usual = (had + 0.5) / (of + 1)
    return 2 * min(bdtr(has, out_of, usual), bdtrc(has - 1, out_of, usual))


def _impossible(shares: Iterable[Share], now: Counts) -> Iterator[str]:
    for share in shares:
        if share.impossible(now):
            has, out_of = share.of(now)
            yield f"{share.label}が、{_told(has, out_of)}です"


def _nobody_left(before: Counts, now: Counts) -> Iterator[str]:
    """少ない人数でも、登録済の人が一人もいなくなることはない（返納者の日次ファイルが、そう見える）。"""
    had, _ = SHARES[0].of(before)
    has, out_of = SHARES[0].of(now)
    if had and not has:
        yield f"{SHARES[0].label}が、{out_of:,} 人のうち一人もいません"


def _told(people: int, out_of: int) -> str:
    return f"{people / out_of:.1%}（{out_of:,} 人のうち {people:,} 人）"
