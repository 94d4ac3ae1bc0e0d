"""渡してよいか：リストのある公開、まだ渡していない相手、いまも知らせてよい人だけのリスト。"""

from pathlib import Path

import pandas as pd

from mynalib.capsules.kept_tables import listed_of
from mynalib.capsules.opened import OpenedMonth, open_month
from mynalib.capsules.previous import with_lists
from mynalib.domain.errors import Refused
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.domain.person import PERSON_KEY, with_person_key
from mynalib.history import clock
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.markers import is_list, versions
from mynalib.history.months import newer_month
from mynalib.history.released import (
    artefacts_of,
    read_manifest,
    reason_asked,
    released_file,
    releases,
)
from mynalib.history.stops import list_stops
from mynalib.reminders.memory import LETTERS, handovers

HANDED_COLUMNS = ["symbol", "number", "branch", "action", "attempt"]


def release_with_lists(home: Home, month: Month | None) -> Path:
    """勧奨リストのある、その月の版。"""
    found = releases(home)
    asked = month or max(found, default=None)
    if asked not in found:
        where = asked.label if asked else "公開"
        which = f"{asked}{reason_asked(home, asked)}" if asked else "月"
        what = "公開していません（公開したことがないか、取り下げています）"
        fix = f"先に myna publish --month {which} で公開してください。"
        raise Refused("UNKNOWN_RELEASE", where=where, what=what, fix=fix)
    # 古い断面のリストを渡すと、そのあとに登録した人や、解除を申請した人にも知らせてしまう
    if newer := newer_month(home, asked):
        what = f"{newer.label}を取り込んであるので、古い月のリストは渡せません"
        fix = f"myna publish --month {newer} で公開し、その月のリストを渡してください。"
        raise Refused("STALE_MONTH", where=asked.label, what=what, fix=fix)
    # 次の月が届いたあとに訂正した版には、リストがない。渡すのは、リストのある、前の版
    release = with_lists(home, found[asked])
    there = any(map(is_list, artefacts_of(home, release)))
    if not there or versions(Ledger(home.ledger).lines())[release.name].lists_withdrawn:
        what = "渡せる勧奨リストがありません（作っていないか、取り下げています）"
        fix = "次の月のリストを使ってください。"
        raise Refused("UNKNOWN_RELEASE", where=asked.label, what=what, fix=fix)
    return release


def _require_keepable(params: Params, month: Month) -> None:
    """渡した相手がリストを消す期限が、まだ来ていないか。"""
    last = month.plus(params.society.policy.reminders.employer_keeps_months)
    if Month.of(clock.today()) > last:
        what = f"事業所がリストを消す期限（{last.label}末）が、もう過ぎています"
        fix = "次の月のファイルを取り込んで公開し、その月のリストを渡してください。"
        raise Refused("STALE_MONTH", where=month.label, what=what, fix=fix)


def require_first(home: Home, unit: str, month: Month, *, again: bool = False) -> None:
    """その月のリストを、その相手に、まだ手渡していないか。"""
    done = [
        each for each in handovers(home) if each.stands and (each.unit, each.month) == (unit, month)
    ]
    if done and not again:
        last = done[-1]
        recall = f"myna recall --handover {last.id} --because 理由"
        if unit == LETTERS:
            what = f"{month.label}の手紙は、もう出したと記録しています（{last.on}、番号 {last.id}）"
            fix = f"間違えて記録したなら、{recall} で取り消して、もう一度記録してください。"
            raise Refused("HANDED_OVER", where="手紙", what=what, fix=fix)
        what = f"{month.label}のリストは、もう手渡しています（{last.on}、番号 {last.id}）"
        fix = (
            "もう一度渡すなら --again を付け（合言葉を控えていなければ --new-passphrase も）、"
            f"取り戻すなら {recall} です。"
        )
        raise Refused("HANDED_OVER", where=unit, what=what, fix=fix)


def require_current(home: Home, params: Params, month: Month, release: Path, unit: str) -> None:
    """unit に渡すリストと、まだ渡していないリストに、作ったあとに控えることになった人がいないか。いれば、どの事業所のものも、同じように渡さない。"""
    _require_keepable(params, month)
    opened = open_month(home, params, month)
    # 名簿が減ったか、答えのない行があれば、だれを控えるかが分からないので、渡さない
    for stop in list_stops(opened.overlays, opened.months[-1]):
        raise stop
    # もう渡したほかのリストは、渡さないものにできないので比べない。もう一度渡すリスト（unit のもの）は、いま渡すので比べる
    given = {each.unit for each in handovers(home) if each.stands and each.month == month}
    listed = listed_of(home, release)
    if not _still_due(opened, listed[listed.on_list & ~listed.employer_id.isin(given - {unit})]):
        what = "リストを作ったあとに、名簿（か、返納者）が変わり、リストに、知らせてはならない人がいます"
        # だれも受け取っていなければ、作り直せる。一つでも渡したあとに作り直すと、二つのリストの違いから、申し出た人が分かる
        if not given:
            without = "".join(f" --without {one}" for one in read_manifest(release)["without"])
            fix = f"myna publish --month {month}{without} --not-handed-over で、全ての事業所のリストを作り直してください。"
            raise Refused("LIST_OUTDATED", where=month.label, what=what, fix=fix)
        fix = (
            f"もう手渡した事業所があるので、作り直せません。myna withdraw --lists --month {month} --because 理由 で、"
            "全ての事業所のリストを取り下げ、次の月のリストを使ってください。"
        )
        raise Refused("LIST_OUTDATED", where=month.label, what=what, fix=fix)


def _still_due(opened: OpenedMonth, listed: pd.DataFrame) -> bool:
    """公開したリストの人が、いまも、みな知らせてよい人か。"""
    now = with_person_key(opened.due)[PERSON_KEY]
    # リストにいて、いまの知らせてよい人（due）にいない人は、left_only になる
    both = with_person_key(listed)[PERSON_KEY].merge(now, on=PERSON_KEY, how="left", indicator=True)
    return bool((both["_merge"] == "both").all())


def released_book(home: Home, release: Path, employer: str) -> Path:
    """公開した、その事業所の XLSX。公開したときのまま。"""
    artefacts = artefacts_of(home, release)
    found = [
        path
        for path in artefacts
        if path.startswith(f"employers/{employer}/") and path.endswith(".xlsx")
    ]
    if not found:
        what = "この公開には、この事業所のリストがありません"
        fix = "公開したときに除いた事業所です。次の月のリストを使ってください。"
        raise Refused("UNKNOWN_RELEASE", where=employer, what=what, fix=fix)
    return released_file(release, found[0], artefacts)
