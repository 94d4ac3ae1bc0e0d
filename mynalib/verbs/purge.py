"""消去：保存期間の過ぎたものを、見せ、頼まれれば、台帳に一行を残して消す。

Source: 個人情報の保護に関する法律 第22条（要らなくなった個人データは、遅滞なく消すよう努める）。
"""

from collections.abc import Iterable, Sequence
from functools import partial

import pandas as pd

from mynalib.capsules.previous import WINDOW
from mynalib.domain.errors import Problem, Refused
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.files import sha256
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.lens import Lens
from mynalib.history.months import KeptMonth, UnknownMonth, kept_months
from mynalib.history.purged import PURGED, counts_said
from mynalib.history.revisions import revisions
from mynalib.history.tables import write_table
from mynalib.history.taking import take_away
from mynalib.history.vouching import recover
from mynalib.release.releases import refresh_portal, settle_releases
from mynalib.reminders.memory import records_before
from mynalib.verbs.expired import RETAINED, Expired, edges, expired


def purge(
    home: Home,
    params: Params,
    before: Month | None = None,
    because: str = "",
    *,
    really: bool = False,
) -> dict:
    """保存期間の過ぎたものを数え、really なら消す。

    Args:
        before: この月より前の全てを消す。なければ、policy.retention の月数が過ぎたもの。
        because: なぜ消すか。台帳に残る。
    Returns:
        outcome（nothing、planned、purged）, kinds（言い方から、件数と、いちばん古い月と新しい月）。
    Raises:
        Refused: TOO_RECENT（before が新しすぎる）。
        UnknownMonth: まだ何も取り込んでいない。
        ReleaseDamaged: 台帳にある公開がないか、台帳にない公開がある。
    """
    with home.locked():
        recover(home, params)
        settle_releases(home, params)
        newest = _newest(home)
        _require_old(before, newest)
        kept_from = edges(params, newest, before)
        found = expired(home, kept_from)
        # 見るだけのときは、記録も書き直さない。一バイトも変えない（tests/verbs/test_purge.py）
        if not (found and really):
            return {"outcome": "planned" if found else "nothing", "kinds": counted(found)}
        # 先に新しい記録を隣に書き、台帳の行に、その名とハッシュを入れ、前のものを消す。どこで落ちても、どちらかが読める
        records = _shrunk(home, kept_from["months"])
        facts = {"because": because, "before": str(before or ""), **_facts(home, found, records)}
        paths = [*(each.path for each in found), *(home.reminders / name for name in records)]
        take_away(home, paths, partial(_record, home, facts))
        _forget_counts(home, found)
        refresh_portal(home, params)
    return {"outcome": PURGED, "kinds": counted(found)}


def overdue(home: Home, params: Params) -> list[Problem]:
    """保存期間の過ぎたものがあれば、そのこと。点検のため。"""
    if not revisions(home.months):
        return []
    found = expired(home, edges(params, _newest(home)))
    said = counts_said(counted(found))
    fix = "myna purge で見て、myna purge --yes --because 理由 で消せます"
    return [Problem("保存期間", f"残す月数が過ぎました：{said}。{fix}")] if found else []


def counted(found: Iterable[Expired]) -> dict[str, tuple[int, str, str]]:
    """言い方から、件数と、いちばん古い月と、新しい月。"""
    months: dict[str, list[Month]] = {}
    for each in found:
        months.setdefault(each.kind, []).append(each.month)
    return {
        label: (len(months[kind]), str(min(months[kind])), str(max(months[kind])))
        for kind, label in RETAINED.items()
        if kind in months
    }


def _newest(home: Home) -> Month:
    """取り込んだ、いちばん新しい月。"""
    months = revisions(home.months)
    if not months:
        raise UnknownMonth(where=str(home.root), what="まだ何も取り込んでいません")
    return max(months)


def _require_old(before: Month | None, newest: Month) -> None:
    """消してよい、いちばん新しい月までか。"""
    # 例：いちばん新しい月が 2026-10 なら 2025-10 まで
    latest = newest.plus(1 - WINDOW)
    if before and before > latest:
        what = f"{latest.label}より後の月は、これからの公開の点検に要るので、消せません"
        fix = f"--before {latest} までにしてください。方針の月数が過ぎた名簿や写しは、--before なしで消せます。"
        raise Refused("TOO_RECENT", where=f"--before {before}", what=what, fix=fix)


def _shrunk(home: Home, kept_from: Month) -> dict[str, list[str]]:
    """kept_from より前の、知らせた人と引いたくじの記録から、もういない人を除いたものを、隣に書く。

    Returns:
        置きかえる前の記録の名（data/reminders/ からの場所）から、新しい記録の名とハッシュ。
    """
    remaining = [kept for kept in kept_months(home) if kept.month >= kept_from]
    records = {}
    for name, before in records_before(home, kept_from).items():
        after = _still_here(before, remaining)
        # だれも抜けない記録は、書き直さない
        if len(after) < len(before):
            path = home.reminders / name
            shrunk = path.with_name(f"{path.stem}-{kept_from}.parquet")
            write_table(shrunk, after)
            records[name] = [shrunk.relative_to(home.reminders).as_posix(), sha256(shrunk)]
    return records


def _still_here(table: pd.DataFrame, months: Sequence[KeptMonth]) -> pd.DataFrame:
    """記録の人のうち、残る月のどれかに、番号と枝番の同じ人がいるもの。"""
    with Lens(months) as lens:
        lens.put("asked", table)
        found = lens.query("still_here")
    # DuckDB から戻ると、列の型も行の順も変わりうる。もとの型と、決まった順にして、同じ人なら同じバイトに
    return found.astype(table.dtypes.to_dict()).sort_values([*found], ignore_index=True)


def _facts(home: Home, found: Sequence[Expired], records: dict) -> dict:
    """台帳に残すこと：種類ごとの名。人のことは入らない。"""
    # ingested、returners、released は、台帳の行の種類。ここに名があるものは、台帳で「いまはない」ことになる（Ledger.standing）
    names = {
        "ingested": ("months",),
        "originals": ("originals",),
        "returners": ("returners",),
        "released": ("replaced",),
        "drafts": ("drafts",),
        "outbox": ("outbox",),
    }
    written = {
        name: sorted(each.path.name for each in found if each.kind in kinds)
        for name, kinds in names.items()
    }
    inside = [each.path for each in found if each.kind in ("lists", "listed")]
    written["files"] = sorted(path.relative_to(home.reports).as_posix() for path in inside)
    return {**written, "records": records, "counts": counted(found)}


def _record(home: Home, facts: dict, token: str) -> None:
    Ledger(home.ledger).append(PURGED, taking=token, **facts)


def _forget_counts(home: Home, found: Iterable[Expired]) -> None:
    """消した月の集計（人のことはない）。もう、だれも読まない。"""
    for month in {str(each.month) for each in found if each.kind == "months"}:
        for path in (*home.cubes.glob(f"{month}-*"), *home.cubes.glob(f"flow-{month}-*")):
            path.unlink(missing_ok=True)
