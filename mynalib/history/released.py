"""公開したもの：台帳にある版が、公開したときのままディスクにあるか。そうでないものは、次の公開に使わない。"""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

from mynalib.domain.errors import MynaError, Problem
from mynalib.domain.months import Month
from mynalib.history.files import sha256, sha256_each
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.markers import marker_damage
from mynalib.history.purged import not_purged
from mynalib.history.revisions import revision_of, revisions

UNLISTED = {"manifest.json", "receipt.json"}  # 版の記録そのもの。manifest の表には、入らない
# OS と Excel が勝手に置くもの
SYSTEM_FILES = (".ds_store", "._*", "desktop.ini", "thumbs.db", "ehthumbs.db", "~$*", ".~lock.*#")
PORTAL = "index.html"


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
    for name in sorted(Ledger(home.ledger).ever("released"), key=_order):
        newest[_order(name)[0]] = name
    return {
        month: home.reports / name for month, name in sorted(newest.items()) if name in standing
    }


def all_releases(home: Home) -> list[Path]:
    """取り下げていない全ての版（訂正の前のものも）のフォルダー。月と版の順。"""
    return [home.reports / name for name in sorted(recorded_releases(home), key=_order)]


def _order(name: str) -> tuple[Month, int]:
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


def differences(release: Path, artefacts: list[dict]) -> Iterator[Problem]:
    """manifest にある全てが、書いたときのままあり、ほかには何もないか。OS の置くごみは数えない。"""
    expected = {artefact["path"]: artefact["sha256"] for artefact in artefacts}
    present = _present(release) - UNLISTED - {*junk(release)}
    yield from (Problem(path, "ありません") for path in sorted(set(expected) - present))
    yield from (
        Problem(path, "公開のときには、なかったものです")
        for path in sorted(present - set(expected))
    )
    both = sorted(present & set(expected))
    now = zip(both, sha256_each(release / path for path in both), strict=True)
    yield from (Problem(path, "内容が違います") for path, digest in now if digest != expected[path])


def junk(release: Path) -> list[str]:
    """OS や Excel が勝手に置いたもの。無害なので、名だけを知らせる。"""
    return sorted(path for path in _present(release) if is_junk(path.rpartition("/")[2]))


def is_junk(name: str) -> bool:
    return any(fnmatchcase(name.lower(), pattern) for pattern in SYSTEM_FILES)


def _present(release: Path) -> set[str]:
    return {path.relative_to(release).as_posix() for path in release.rglob("*") if path.is_file()}


def damage(home: Home, release: Path) -> list[Problem]:
    """台帳にある公開（取り下げたものも）の、公開したときと違うところの全て。"""
    if not _is_there(release, recorded_releases(home, withdrawn=True).get(release.name)):
        return [Problem("manifest.json", "ないか、台帳に書いたものと違います")]
    problems = [*differences(release, kept_artefacts(home, release))]
    if not _receipt_fits(home, release):
        problems.append(Problem("receipt.json", "ないか、台帳の行と合いません"))
    return problems


def _is_there(release: Path, digest: str | None) -> bool:
    manifest = release / "manifest.json"
    return manifest.is_file() and sha256(manifest) == digest


def _receipt_fits(home: Home, release: Path) -> bool:
    """受領の記録が、この manifest を用意した行を指すか。台帳を失ったあとに確かめた公開は、その行がなくてよい。"""
    head = read_receipt(release).get("ledger_head")
    lines = Ledger(home.ledger).lines()
    if head in continued_heads(lines):
        return True
    digests = {line["hash"]: line["manifest_sha256"] for line in lines if line["did"] == "prepared"}
    return digests.get(head) == sha256(release / "manifest.json")


def continued_heads(lines: Collection[Mapping]) -> set[str]:
    """台帳のその行は失われたが、そのことを人が確かめて続けた、受領の記録の行。"""
    return {head for line in lines if line["did"] == "continued" for head in line["heads"]}


def waiting_releases(home: Home) -> dict[Path, dict]:
    """用意して置いたが、公開したと台帳に書き終えていない版のフォルダーと、用意した行。次の publish が書き終える。"""
    waiting: dict[str, dict] = {}
    for line in Ledger(home.ledger).lines():
        if line["did"] == "prepared":
            waiting[line["hash"]] = line
        if line["did"] == "released":
            same = line["manifest_sha256"]
            waiting = {head: one for head, one in waiting.items() if one["manifest_sha256"] != same}
    folders = [folder for folders in revisions(home.reports).values() for folder in folders]
    lines = {folder: waiting.get(read_receipt(folder).get("ledger_head")) for folder in folders}
    return {
        folder: line
        for folder, line in lines.items()
        if line and _is_there(folder, line["manifest_sha256"])
    }


def require_all_there(home: Home) -> None:
    """台帳にある公開が全てディスクにあり、台帳にない公開がないか。違えば、戻すか取り下げるまで、次の公開をしない。

    Raises:
        ReleaseDamaged: ないもの、台帳にないもの（全て一度に）。
    """
    problems = [*_missing(home), *_strangers(home)]
    if problems:
        what = f"台帳と合わない公開が {len(problems)} 件あるので、公開できません"
        fix = "それぞれの行のとおりにしてから、もう一度実行してください。"
        raise ReleaseDamaged(where="reports/", what=what, fix=fix, problems=problems)


def _missing(home: Home) -> Iterator[Problem]:
    recorded = recorded_releases(home)
    for release in all_releases(home):
        if not _is_there(release, recorded[release.name]):
            yield Problem(
                f"reports/{release.name}",
                f"ないか、manifest.json が台帳と違います。{_restore(release.name)}",
            )


def _strangers(home: Home) -> Iterator[Problem]:
    known = Ledger(home.ledger).ever("released") | {
        release.name for release in waiting_releases(home)
    }
    for release in (release for folders in revisions(home.reports).values() for release in folders):
        if release.name not in known:
            yield Problem(
                f"reports/{release.name}", "台帳にない公開です。reports/ の外へ移してください"
            )


def _restore(name: str) -> str:
    return (
        f"バックアップから reports/{name} を戻してください。戻せなければ myna withdraw --release {name} --because 理由 "
        "で取り下げてください（取り下げた月は、publish --because 理由 で次の版を作れます）"
    )


def require_sound_releases(home: Home) -> None:
    """全ての公開と、全ての月の入口が、公開したときのままか。違えば ReleaseDamaged（全て一度に）。点検のため。"""
    problems = [*_missing(home), *_strangers(home), *portal_damage(home)]
    absent = {problem.where for problem in problems}
    for release in all_releases(home):
        if f"reports/{release.name}" not in absent:
            problems += [_damaged_here(home, release, problem) for problem in damage(home, release)]
    if problems:
        raise ReleaseDamaged(
            where="reports/",
            what=f"公開したときと違うところが {len(problems)} 件あります",
            problems=problems,
        )


def _damaged_here(home: Home, release: Path, problem: Problem) -> Problem:
    newest = release in releases(home).values()
    month = _order(release.name)[0]
    step = (
        f"myna publish --month {month} で、次の版を作ってください"
        if newest
        else _restore(release.name)
    )
    return Problem(f"reports/{release.name}/{problem.where}", f"{problem.what}。{step}")


def portal_damage(home: Home) -> list[Problem]:
    """全ての月の入口と、隣の札が、最後に書いたものと違えば、そのこと。"""
    digest = portal_digest(home)
    path = home.reports / PORTAL
    if digest is None or (path.is_file() and sha256(path) == digest):
        return [*marker_damage(home)]
    what = "ないか、作ったときと違います。次の myna publish が作り直します"
    return [Problem(f"reports/{PORTAL}", what), *marker_damage(home)]


def portal_digest(home: Home) -> str | None:
    """台帳にある、全ての月の入口のハッシュ。まだなければ None。"""
    lines = Ledger(home.ledger).lines()
    return next((line["index_sha256"] for line in reversed(lines) if "index_sha256" in line), None)


def artefacts_of(home: Home, release: Path) -> dict[str, str]:
    """その公開（取り下げたものも）の成果物（消したものを除く）の場所とハッシュ。

    Raises:
        ReleaseDamaged: manifest.json が、ないか、台帳に書いたものと違う。
    """
    if not _is_there(release, recorded_releases(home, withdrawn=True).get(release.name)):
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
        where=f"reports/{release.name}/{name}", what=what, fix=f"{_restore(release.name)}。"
    )
