"""渡してよいか：リストのある公開、まだ渡していない相手、いまも知らせてよい人だけのリスト。"""

from contextlib import suppress
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
    ReleaseDamaged,
    all_releases,
    artefacts_of,
    read_manifest,
    reason_asked,
    released_file,
    releases,
)
from mynalib.history.stops import list_stops
from mynalib.release.unchanged import changed_facts
from mynalib.reminders.memory import EMPLOYER, LETTERS, ever_given, handovers

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
    shared = listed[listed.on_list]
    if not _are_all(shared[~shared.employer_id.isin(given - {unit})], opened.due):
        what = "リストを作ったあとに、名簿（か、返納者）が変わり、リストに、知らせてはならない人がいます"
        # だれも受け取っていなければ、作り直せる。一つでも渡したあとに（取り戻していても）作り直すと、二つのリストの違いから、申し出た人が分かる
        if not ever_given(home, month):
            without = "".join(f" --without {one}" for one in read_manifest(release)["without"])
            fix = f"myna publish --month {month}{without} --not-handed-over で、全ての事業所のリストを作り直してください。"
            raise Refused("LIST_OUTDATED", where=month.label, what=what, fix=fix)
        fix = (
            f"もう手渡した事業所があるので、作り直せません。myna withdraw --lists --month {month} --because 理由 で、"
            "全ての事業所のリストを取り下げ、次の月のリストを使ってください。"
        )
        raise Refused("LIST_OUTDATED", where=month.label, what=what, fix=fix)
    _require_theirs(opened, shared[shared.employer_id == unit], unit)


def _require_theirs(opened: OpenedMonth, listed: pd.DataFrame, unit: str) -> None:
    """リストの人が、いまの設定でも、みな unit から知らせる人か（家族を渡さないことにした、健保が知らせることにした、記号が移った、など）。"""
    theirs = opened.due[(opened.due.sender == EMPLOYER) & (opened.due.employer_id == unit)]
    if _are_all(listed, theirs):
        return
    where = f"{opened.month.label} {unit}"
    what = "リストを作ったあとに設定（params）か月のファイルが変わり、リストに、この事業所からは知らせない人がいます"
    if words := correction(opened.home, opened.params, opened.month):
        fix = f"myna publish {words} で訂正し、新しい版のリストを渡してください。リストのない版になれば、次の月のリストを使います。"
        raise Refused("LIST_OUTDATED", where=where, what=what, fix=fix)
    fix = "次の月のリストを使ってください。"
    raise Refused("LIST_OUTDATED", where=where, what=what, fix=fix)


def correction(home: Home, params: Params, month: Month) -> str:
    """公開したときから設定かファイルが変わっていれば、訂正する publish の引数。変わっていない（か、もう訂正した）なら ""。"""
    manifest = read_manifest(releases(home)[month])
    if not changed_facts(home, params, month, manifest["without"], manifest):
        return ""
    without = "".join(f" --without {one}" for one in manifest["without"])
    return f"--month {month}{without} --because 理由"


def _are_all(listed: pd.DataFrame, people: pd.DataFrame) -> bool:
    """listed の人が、みな people にいるか。"""
    known = with_person_key(people)[PERSON_KEY]
    # リストにいて people にいない人は、left_only になる
    both = with_person_key(listed)[PERSON_KEY].merge(
        known, on=PERSON_KEY, how="left", indicator=True
    )
    return bool((both["_merge"] == "both").all())


def lists_so_far(home: Home, month: Month) -> dict[str, bool]:
    """その月のリストを、一度でも渡したと記録しているか（given）、全て取り下げているか（withdrawn）。断られる命令を、すすめないように。"""
    known = versions(Ledger(home.ledger).lines())
    made = [folder for folder in all_releases(home) if folder.name[:7] == str(month)]
    withdrawn = all(
        known[folder.name].lists_withdrawn for folder in made if _has_lists(home, folder)
    )
    return {"given": bool(ever_given(home, month)), "withdrawn": withdrawn}


def _has_lists(home: Home, release: Path) -> bool:
    """その版に、勧奨リストがあるか。壊れた版は、あったとみる。"""
    with suppress(ReleaseDamaged):
        return any(map(is_list, artefacts_of(home, release)))
    return True


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
