"""変わっていない月：公開を決めるもの全てのハッシュが、公開したときと同じなら、何も動かさずに、そのままにする。"""

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history import clock
from mynalib.history.files import sha256_each, sha256_of
from mynalib.history.home import Home, shipped
from mynalib.history.months import newer_month
from mynalib.history.protection import lost_protection
from mynalib.history.registers import read_registers
from mynalib.history.released import all_releases, damage, read_manifest, read_receipt, releases
from mynalib.publish.versions import code_hash, library_versions


def digest_of_inputs(
    home: Home, params: Params, month: Month, without: Collection[str], besides: Path | None = None
) -> str:
    """公開を決めるもの全て（コード、道具の版、設定、名簿、取り込んだ月、前の公開、今日）のハッシュ。今日は、撤回日のため。

    Args:
        besides: 前の公開のうち、数えないもの。いまある公開が、自分をのぞいて、何から出来たかを見るとき。
    """
    paths = sorted(path for path in _deciding(home, params) if path.is_file() and path.parent != besides)
    names = (Path(os.path.relpath(path, home.root)).as_posix() for path in paths)
    shipped_ones = sha256_each(sorted(shipped("notebooks").glob("*.ipynb")))
    contents = [dict(zip(names, sha256_each(paths), strict=True)), *shipped_ones]
    # params のファイルは、読んだあとに変わることがある。読んだ中身も数えないと、変わる前の公開が、変わらないものに見える
    order = [str(clock.today()), str(month), sorted(without), params.fingerprint]
    return sha256_of([*order, code_hash(), library_versions(), contents])


def standing(home: Home, params: Params, month: Month, without: Collection[str]) -> Path | None:
    """同じ元から、もう公開されていて、そのままあれば、その場所。

    リストがあるはずなのにない公開（名簿に答えのない行がある）と、名簿が減っているときは、いつも None。公開する人に、
    そのたびに知らせるため。
    """
    released = releases(home).get(month)
    if not released or read_receipt(released).get("inputs") != digest_of_inputs(
        home, params, month, without, besides=released
    ):
        return None
    artefacts = read_manifest(released)["artefacts"]
    listed = any(one["level"] == "named" for one in artefacts)
    superseded = newer_month(home, month) is not None  # 古い月の公開に、リストはない
    if listed == superseded or (listed and lost_protection(home, params, read_registers(home, params))):
        return None
    return None if damage(home, released) else released


def _deciding(home: Home, params: Params) -> Iterator[Path]:
    for folder in (home.params, home.returners, home.notebooks):
        yield from folder.rglob("*")
    yield from (home.root / register for register in params.society.registers.model_dump().values() if register)
    yield home.kept_back
    yield from home.months.glob("*/intake.json")
    yield from (release / "manifest.json" for release in all_releases(home))
