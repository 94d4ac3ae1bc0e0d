"""公開を止めるもの：その月を、いま公開してはならない理由。publish も、点検（check）も、取込のあとの知らせも、ここに尋ねる。"""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mynalib.domain.errors import MynaError, Problem, Refused
from mynalib.domain.params import Params
from mynalib.history import clock
from mynalib.history.home import Home
from mynalib.history.months import KeptMonth, kept_months, newer_month

if TYPE_CHECKING:
    from mynalib.history.overlays import Overlays

STALE = "STALE_MONTH"


def stops(
    home: Home, params: Params, kept: KeptMonth, without: Collection[str] = ()
) -> Iterator[Refused]:
    """その月を公開してはならない理由のうち、月の記録と時計だけで分かるもの。取込は止めない。

    Args:
        without: この月は公開しない事業所。
    """
    yield from _not_ended(kept)
    yield from _no_longer_notified(params, kept, without)
    yield from _stale(home, params, kept)
    yield from _quarantined(params, kept)


def all_stops(home: Home, params: Params, kept: KeptMonth) -> Iterator[MynaError]:
    """publish が断る理由の全て（作ってみなければ分からないものを除く）。人の行も読む。"""
    yield from stops(home, params, kept)
    from mynalib.history.cubes import count_people  # pandas の読みこみは、要るときだけ
    from mynalib.history.overlays import read_overlays

    months = [each for each in kept_months(home) if each.month <= kept.month]
    try:
        overlays = read_overlays(home, params, months)
        yield from list_stops(overlays, kept)
        count_people(months, params, overlays.holds)
    except MynaError as stop:
        yield stop


def list_stops(
    overlays: "Overlays", kept: KeptMonth, folder: Path | None = None
) -> Iterator[Refused]:
    """名簿が減っているか、答えのない行があれば、その月の勧奨リストは作らない。folder は、それでも出来たもの。"""
    done = f"（ほかは出来ています：{folder}）" if folder else ""
    if overlays.lost:
        label = kept.month.label
        what = f"名簿が前に公開したときより減ったか、読まれない名簿があるので、{label}の勧奨リストは作れません{done}"
        fix = "上のところを直して、もう一度 publish してください。それまで、前に作った勧奨リストも渡さないでください。"
        yield Refused("REGISTER_SHRUNK", where="名簿", what=what, fix=fix, problems=overlays.lost)
    waiting = overlays.blocking
    if waiting:
        problems = [
            Problem(f"{each.entry.register} {each.entry.line} 行目", each.state) for each in waiting
        ]
        yield Refused(
            "OPTOUT_UNRESOLVED",
            where="名簿",
            what=f"{kept.month.label}のだれにも当てはまらない行が {len(waiting)} 件あるので、勧奨リストは作れません{done}",
            fix=(
                "記号・番号・枝番を確かめ、書き誤りなら、その行に撤回日を書いて正しい行を足し、退職などで当てはまらないときは「処理」に 退職・転籍・未収録 のどれかを書いて、"
                "もう一度 publish してください。それまで、前に作った勧奨リストも渡さないでください。"
            ),
            problems=problems,
        )


def _not_ended(kept: KeptMonth) -> Iterator[Refused]:
    if not kept.month.has_ended(clock.today()):
        what = f"まだ終わっていない月です（今日は {clock.today()}）"
        fix = "パソコンの時計と、取り込んだ月が合っているかを確かめてください。月が終われば公開できます。"
        yield Refused("MONTH_NOT_ENDED", where=kept.month.label, what=what, fix=fix)


def _no_longer_notified(
    params: Params, kept: KeptMonth, without: Collection[str]
) -> Iterator[Refused]:
    """断面の月の末日には載っていたが、今日はお知らせに載っていない事業所。何も渡せないので、作らない。"""
    today = {employer.id for employer in params.notified(clock.today())}
    gone = [
        employer.id
        for employer in params.notified(kept.month)
        if employer.id not in {*today, *without}
    ]
    if gone:
        what = f"今日は、お知らせが効いていないか、「共同利用する者の範囲」に載っていない事業所です：{'、'.join(gone)}。何も渡せません"
        fix = f"載せるなら、お知らせと params を改めてください。載せないなら、{' '.join(f'--without {code}' for code in gone)} で除いて公開してください。"
        yield Refused("NOT_NOTIFIED", where=kept.month.label, what=what, fix=fix)


def _stale(home: Home, params: Params, kept: KeptMonth) -> Iterator[Refused]:
    most = params.society.policy.publish.stale_after_days
    days = (clock.today() - kept.month.end).days
    # もっと新しい月があるなら、過去の月を埋めているだけで、リストは作らない
    if days > most and not newer_month(home, kept.month):
        what = f"月末から {days} 日たっています（公開できるのは {most} 日まで）。古い状態で勧奨すると、行き違いになります"
        fix = "新しい月のファイルを取り込んで、その月を公開してください。"
        yield Refused(STALE, where=kept.month.label, what=what, fix=fix)


def _quarantined(params: Params, kept: KeptMonth) -> Iterator[Refused]:
    policy = params.society.policy.publish
    rows = kept.intake["data_rows"]
    held = kept.intake["quarantined"]
    # 例：0.5 % と 2 行なら、1,000 行では 5 行まで、100 行では 2 行まで
    if rows < policy.min_rows or held <= max(policy.quarantine_floor, policy.max_quarantine * rows):
        return
    what = (
        f"{rows:,} 行のうち {held:,} 行を隔離しています"
        f"（公開できるのは {policy.max_quarantine:.1%} か {policy.quarantine_floor} 行まで）"
    )
    fix = "元のファイルを確かめ、送り直してもらうか、直したファイルを --replace で取り込んでください。"
    yield Refused("TOO_MANY_QUARANTINED", where=kept.month.label, what=what, fix=fix)
