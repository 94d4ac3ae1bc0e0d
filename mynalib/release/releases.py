"""公開の棚（reports/）：公開したことの、台帳への記録と、全ての月の入口。"""

import hashlib
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.access import open_to_all
from mynalib.history.files import write_file
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.markers import markers, versions
from mynalib.history.released import all_releases, read_manifest, releases, waiting_releases
from mynalib.history.revisions import revision_of
from mynalib.history.soundness import PORTAL, portal_damage, portal_digest, require_all_there
from mynalib.release import portal

TITLE = "マイナ保険証の取得促進　資料の一覧"


def _place_assets(home: Home) -> None:
    """全ての月の入口の、様式と絞りこみの道具を、入口の隣に置く。だれでも読める。"""
    folder = home.reports / "assets"
    for name in ("report.css", "report.js"):
        content = (files("mynalib.jobs") / "assets" / name).read_bytes()
        path = folder / name
        if not path.is_file() or path.read_bytes() != content:
            write_file(path, content, for_all=True)
    open_to_all(folder)


def record(home: Home, params: Params, folder: Path, facts: dict) -> None:
    """公開したことを台帳に書き、全ての月の入口を新しくする。"""
    ledger = Ledger(home.ledger)
    month = Month.parse(facts["month"])
    # 入口のハッシュを、公開した行そのものに入れる。だから、行を書いたあとの入口を、書く前に作る
    lines = [*ledger.lines(), {"did": "released", "folder": folder.name, **facts}]
    page = _months_page(home, params, month, releases(home) | {month: folder}, lines)
    # 台帳が先、入口はあと。あいだで落ちても、次の命令が台帳から作り直す（refresh_portal）
    ledger.append("released", folder=folder.name, index_sha256=_digest(page), **facts)
    _place_assets(home)
    write_file(home.reports / PORTAL, page, for_all=True)
    _write_markers(home)


def refresh_portal(home: Home, params: Params) -> None:
    """全ての月の入口と、隣の札が、消えたか、変えられたか、いまの公開と違えば、作り直す。"""
    lines = Ledger(home.ledger).lines()
    months = [line["month"] for line in lines if line["did"] == "released"]
    if not months:
        return
    page = _months_page(home, params, Month.parse(months[-1]), releases(home), lines)
    # 下書きが出来たか、消えたときも、入口は変わる。台帳に書いてから、置きかえる
    if portal_digest(home) != _digest(page):
        Ledger(home.ledger).append("portal", index_sha256=_digest(page))
    _place_assets(home)
    if portal_damage(home):
        write_file(home.reports / PORTAL, page, for_all=True)
        _write_markers(home)


def _write_markers(home: Home) -> None:
    """ないか、書いたものと違う札を書く。公開の入口と同じく、だれでも読める。"""
    for name, content in markers(Ledger(home.ledger).lines()).items():
        path = home.reports / name
        if not path.is_file() or path.read_bytes() != content:
            write_file(path, content, for_all=True)


def _months_page(
    home: Home, params: Params, month: Month, shown: dict[Month, Path], lines: list[dict]
) -> bytes:
    """全ての月の入口。shown は、いま公開している月。"""
    known = versions(lines)
    there = {release.name for release in all_releases(home)}
    drafted = _drafted(home)
    entries = []
    for at in sorted({*shown, *drafted, *(Month.parse(name[:7]) for name in known)}, reverse=True):
        own = [one for one in known.values() if one.name[:7] == str(at)]
        # own は版の順で、おわりがいちばん新しい版。取り下げた古い版には、つながない
        replaced = [one for one in own[:-1] if one.name in there]
        newest = own[-1] if own else None
        entries.append(
            portal.ShelfRow(at, newest, at in shown, at in drafted, tuple(reversed(replaced)))
        )
    newest_month = max(shown, default=month)
    employers = params.notified(newest_month.end)
    newest = _manifest(shown[newest_month]) if shown else {}
    return portal.months_page(
        portal.page_facts(params, newest_month, TITLE), entries, employers, newest
    )


def _drafted(home: Home) -> set[Month]:
    """公開を決める前の下書きのある月。"""
    # drafts/2026-10/release/manifest.json の 2026-10。一つの事業所だけの下書き（2026-10-E01）は、月の名でないので入らない
    found = (
        revision_of(manifest.parts[-3]) for manifest in home.drafts.glob("*/release/manifest.json")
    )
    return {named[0] for named in found if named}


def _manifest(release: Path) -> dict:
    """公開の manifest。失われていれば空（次の publish が、戻すまで止まる）。"""
    with suppress(OSError, ValueError):
        return read_manifest(release)
    return {}


def _digest(page: bytes) -> str:
    return hashlib.sha256(page).hexdigest()


def settle_releases(home: Home, params: Params) -> None:
    """置いたが台帳に書き終えていない公開を、書き終え、公開の棚が台帳と合うようにする。

    Raises:
        ReleaseDamaged: 台帳にある公開がないか、台帳にない公開がある。
    """
    names = ("month", "manifest_sha256", "without", "approved_by", "corrects", "revision")
    # 用意した行から、公開した行に写すもの。名簿のハッシュ（protection、entered）は、用意した行にだけ残す
    for folder, line in waiting_releases(home).items():
        record(home, params, folder, {name: line[name] for name in names if name in line})
    require_all_there(home)
    refresh_portal(home, params)
