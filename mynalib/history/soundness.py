"""公開したものが、公開したときのままディスクにあるか：失われた版、変えられた版、台帳にない版、全ての月の入口。"""

from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from mynalib.domain.errors import Problem
from mynalib.history.files import sha256, sha256_each
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.markers import marker_damage
from mynalib.history.released import (
    ReleaseDamaged,
    all_releases,
    how_to_restore,
    is_there,
    kept_artefacts,
    read_receipt,
    recorded_releases,
    releases,
    version_order,
    waiting_releases,
)
from mynalib.history.revisions import revisions

UNLISTED = {"manifest.json", "receipt.json"}  # 版の記録そのもの。manifest の表には、入らない
# OS と Excel が勝手に置くもの
SYSTEM_FILES = (".ds_store", "._*", "desktop.ini", "thumbs.db", "ehthumbs.db", "~$*", ".~lock.*#")
PORTAL = "index.html"


def differences(release: Path, artefacts: list[dict]) -> Iterator[Problem]:
    """manifest にある全てが、書いたときのままあり、ほかには何もないか。OS の置くごみは数えない。"""
    # 足りないものだけでなく、余るものも言う。公開のフォルダーにあれば、読む人には、公開したものに見える
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
    if not is_there(release, recorded_releases(home, withdrawn=True).get(release.name)):
        return [Problem("manifest.json", "ないか、台帳に書いたものと違います")]
    problems = [*differences(release, kept_artefacts(home, release))]
    if not _receipt_fits(home, release):
        problems.append(Problem("receipt.json", "ないか、台帳の行と合いません"))
    return problems


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
        if not is_there(release, recorded[release.name]):
            yield Problem(
                f"reports/{release.name}",
                f"ないか、manifest.json が台帳と違います。{how_to_restore(release.name)}",
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
    # 前の版は、作り直しても置きかわらない。戻すか、取り下げるかだけ
    newest = release in releases(home).values()
    month = version_order(release.name)[0]
    step = (
        f"myna publish --month {month} で、次の版を作ってください"
        if newest
        else how_to_restore(release.name)
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
