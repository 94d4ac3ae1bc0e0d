"""公開したもの：台帳にある版と、その記録（manifest.json、receipt.json）。公開したときのままでないものは、次の公開に使わない。"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month
from mynalib.history.files import sha256
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.purged import not_purged
from mynalib.history.revisions import revision_of, revisions


class ReleaseDamaged(MynaError):
    """公開したものが、公開したときのままでない。"""

    code = "RELEASE_DAMAGED"
    what = "公開したときと違います"
    fix = "だれが変えたかを確かめ、myna publish でもう一度公開してください（新しい版になります）。"


def recorded_releases(home: Home, *, withdrawn: bool = False) -> dict[str, str]:
    """台帳にある公開（消したものと、withdrawn でなければ取り下げたものを除く）のフォルダーの名と、manifest.json のハッシュ。"""
    return Ledger(home.ledger).standing("released", "manifest_sha256", withdrawn=withdrawn)


def releases(home: Home) -> dict[Month, Path]:
    """公開した月と、その最も新しい版のフォルダー。古い月が先。最も新しい版を取り下げた月は、入らない。"""
    standing = recorded_releases(home)
    newest = {}
    # 取り下げた版も並べる。最も新しい版が取り下げてあれば、その前の版に戻るのではなく、月そのものがない
    for name in sorted(Ledger(home.ledger).ever("released"), key=version_order):
        newest[version_order(name)[0]] = name
    return {
        month: home.reports / name for month, name in sorted(newest.items()) if name in standing
    }


def reason_asked(home: Home, month: Month) -> str:
    """公開していない月を公開する命令に、添えるもの。取り下げた月の次の版には、わけが要る。"""
    made = recorded_releases(home, withdrawn=True)
    return " --because 理由" if any(name[:7] == str(month) for name in made) else ""


def all_releases(home: Home) -> list[Path]:
    """取り下げていない全ての版（訂正の前のものも）のフォルダー。月と版の順。"""
    return [home.reports / name for name in sorted(recorded_releases(home), key=version_order)]


def version_order(name: str) -> tuple[Month, int]:
    """公開の名から、月と版。"""
    found = revision_of(name)
    if found is None:
        raise ReleaseDamaged(
            where=name, what="公開の名ではありません", fix="開発者に知らせてください。"
        )
    return found


def read_manifest(release: Path) -> dict:
    return json.loads((release / "manifest.json").read_text(encoding="utf-8"))


def kept_artefacts(home: Home, release: Path) -> list[dict]:
    """manifest にある成果物のうち、保存期間が過ぎて消したものを除いた全て。"""
    return not_purged(home, release, read_manifest(release)["artefacts"])


def read_receipt(release: Path) -> dict:
    """受領の記録。読めなければ空。"""
    with suppress(OSError, ValueError, TypeError):
        return dict(json.loads((release / "receipt.json").read_text(encoding="utf-8")))
    return {}


def is_there(release: Path, digest: str | None) -> bool:
    """manifest.json が、台帳にあるハッシュのものか。"""
    manifest = release / "manifest.json"
    return manifest.is_file() and sha256(manifest) == digest


def waiting_releases(home: Home) -> dict[Path, dict]:
    """用意して置いたが、公開したと台帳に書き終えていない版のフォルダーと、用意した行。次の publish が書き終える。"""
    waiting: dict[str, dict] = {}
    for line in Ledger(home.ledger).lines():
        if line["did"] == "prepared":
            waiting[line["hash"]] = line
        if line["did"] == "released":
            # 落ちてやり直すと、同じ manifest を二度用意することがある。一度公開すれば、どちらも済んでいる
            same = line["manifest_sha256"]
            waiting = {head: one for head, one in waiting.items() if one["manifest_sha256"] != same}
    # どの用意の行で置いたものかは、置いたものの側（receipt.json）が知っている
    folders = [folder for folders in revisions(home.reports).values() for folder in folders]
    lines = {folder: waiting.get(read_receipt(folder).get("ledger_head")) for folder in folders}
    return {
        folder: line
        for folder, line in lines.items()
        if line and is_there(folder, line["manifest_sha256"])
    }


def how_to_restore(name: str) -> str:
    """失われたか変えられた版を、どうするか。"""
    return (
        f"バックアップから reports/{name} を戻してください。戻せなければ myna withdraw --release {name} --because 理由 "
        "で取り下げてください（取り下げた月は、publish --because 理由 で次の版を作れます）"
    )


def artefacts_of(home: Home, release: Path) -> dict[str, str]:
    """その公開（取り下げたものも）の成果物（消したものを除く）の場所とハッシュ。

    Raises:
        ReleaseDamaged: manifest.json が、ないか、台帳に書いたものと違う。
    """
    if not is_there(release, recorded_releases(home, withdrawn=True).get(release.name)):
        raise _not_usable(release, "manifest.json")
    return {one["path"]: one["sha256"] for one in kept_artefacts(home, release)}


def released_file(release: Path, name: str, artefacts: Mapping[str, str]) -> Path:
    """前の公開から読むファイル。公開したときのままでなければ ReleaseDamaged（その数を、次の公開の元にしない）。

    Args:
        artefacts: artefacts_of の表。
    """
    path = release / name
    if not path.is_file() or sha256(path) != artefacts.get(name):
        raise _not_usable(release, name)
    return path


def _not_usable(release: Path, name: str) -> ReleaseDamaged:
    what = "公開したときと違うので、次の公開に使えません"
    return ReleaseDamaged(
        where=f"reports/{release.name}/{name}", what=what, fix=f"{how_to_restore(release.name)}。"
    )
