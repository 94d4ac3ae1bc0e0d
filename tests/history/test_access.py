"""だれが読めるか：どの umask でも、置き場所の中は持ち主（か、その組）だけのもので、広く配るものだけが、だれでも読める。"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import commands
import pytest
from commands import cold_myna
from societies import HEADER, everybody

pytestmark = [
    pytest.mark.large,
    pytest.mark.skipif(
        os.name == "nt", reason="Windows の権限は、フォルダーに付けたものを受け継ぐ"
    ),
]

MONTH = "2026-10"
LONG = bool(os.environ.get("MYNA_LONG"))
UMASKS = (0o000, 0o022, 0o077) if LONG else (0o000, 0o077)  # ふだんは、両端
WIDE = (
    "assets",
    "index.css",
    "index.html",
    f"{MONTH}/index.html",
    f"{MONTH}/assets",
    f"{MONTH}/management",
    f"{MONTH}/notice",
)
PATHS = (".", "reports", f"reports/{MONTH}")  # 広く配るものへの道


def myna(umask: int, verb: str, *words: object) -> None:
    """命令を、その umask で。公開は、仕事を分けるサーバーもその umask で起こすように、はじめから起こす。"""
    before = os.umask(umask)
    try:
        done = (cold_myna if verb == "publish" else commands.myna)(verb, *words)
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr.decode()


def lived_in(home: Path, umask: int, *options: str) -> Path:
    """作って、名簿を書き、取り込み、公開した置き場所。人の書くものも、その umask で。"""
    myna(umask, "init", home, *options)
    for employer in (home / "params" / "employers").glob("*.yaml"):
        if employer.stem != "E01":
            employer.unlink()
    file = home / "data" / "inbox" / "届いた.csv"
    before = os.umask(umask)
    file.write_bytes(
        "\r\n".join([HEADER, *(row for row in everybody() if row.startswith("101,")), ""]).encode(
            "cp932"
        )
    )
    (home / "data" / "registers" / "optout.csv").unlink()
    (home / "data" / "registers" / "optout.csv").write_text(
        "被保険者証記号,被保険者証番号,被保険者証枝番,申出日\r\n"
    )
    (home / "メモ.txt").write_text("")
    os.umask(before)
    myna(umask, "ingest", file, "--month", MONTH, "--home", home)
    myna(umask, "publish", "--month", MONTH, "--home", home)
    return home


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def is_wide(home: Path, path: Path) -> bool:
    below = path.relative_to(home).as_posix()
    return any(f"{below}/".startswith(f"reports/{wide}/") for wide in WIDE)


def closed(home: Path) -> Iterator[Path]:
    """広く配るものと、そこへの道のほかの全て。"""
    ways = {home / way for way in PATHS}
    yield from (path for path in home.rglob("*") if path not in ways and not is_wide(home, path))


@pytest.mark.long
@pytest.mark.parametrize("umask", UMASKS, ids=oct)
def test_whatever_the_umask_only_the_wide_edition_and_its_entrances_are_readable_by_others(
    tmp_path, umask
):
    home = lived_in(tmp_path / "home", umask)
    open_to_others = [str(path.relative_to(home)) for path in closed(home) if mode(path) & 0o077]
    assert open_to_others == []
    for way in PATHS:
        assert mode(home / way) & 0o055 == 0o055, way
        assert mode(home / way) & 0o022 == 0, way
    wide = [path for path in home.rglob("*") if is_wide(home, path)]
    assert {path.suffix for path in wide} >= {".html", ".csv", ".json", ".js", ".css"}
    assert [path for path in wide if mode(path) != (0o755 if path.is_dir() else 0o644)] == []


def test_a_home_for_a_group_is_the_groups_and_nobody_elses(tmp_path):
    home = lived_in(tmp_path / "home", 0o077, "--group")
    for path in closed(home):
        bits = mode(path)
        assert bits & 0o007 == 0, path
        assert (bits & 0o070) >> 3 == (bits & 0o700) >> 6, path
        assert path.is_file() or bits & stat.S_ISGID, path
    for way in PATHS:
        assert mode(home / way) == 0o2775, way


@pytest.mark.parametrize("verb", ["check", "verify", "ingest", "publish"])
def test_a_command_closes_what_a_person_left_open(published, verb):
    home = published.home
    register, cubes = home.registers / "optout.csv", home.cubes
    register.chmod(0o666)
    cubes.chmod(0o777)
    file = home.inbox / f"{MONTH}.csv"
    words = {"check": (), "ingest": (file, "--month", MONTH)}.get(verb, ("--month", MONTH))
    myna(0o022, verb, *words, "--home", home.root)
    assert (mode(register), mode(cubes)) == (0o600, 0o700)


def test_permissions_given_to_a_department_on_its_folder_are_left_alone(published):
    """事業所のフォルダーには、読む人へ権限を付ける。道具が取り上げない。"""
    folder = published.release / "employers" / "E01"
    folder.chmod(0o750)
    myna(0o077, "check", "--home", published.home.root)
    assert mode(folder) == 0o750
