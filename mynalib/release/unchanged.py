"""変わっていない月：公開を決めるものを、読む人に見えるもの（ファイル、設定、道具）と、控える人（名簿など）に分けて比べる。

読む人に見えるものが変わったときだけ、月を訂正できる。控える人の出入りは、公開した月を書きかえず、次の月のリストから効く。
"""

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from mynalib.capsules.catalogue import EDITIONS, notebook_path
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.files import sha256, sha256_each, sha256_of
from mynalib.history.home import Home
from mynalib.history.months import kept_months
from mynalib.jobs.versions import code_hash, library_versions

TOOL = "この道具の版"


def changed_facts(
    home: Home, params: Params, month: Month, without: Collection[str], manifest: Mapping
) -> tuple[str, ...]:
    """公開したときから変わった、読む人に見えるもの。消した月と、あとの月は見ない。

    Args:
        without: この月は公開しない事業所。
        manifest: いまある公開の manifest。
    """
    used = {one["month"]: one for one in manifest["inputs"]}
    kept = [kept for kept in kept_months(home) if kept.month <= month]
    files = [
        f"{each.month.label}のファイル"
        for each in kept
        if not each.is_as_used(used.get(str(each.month)))
    ]
    now = {
        "設定（params）": (params.fingerprint, manifest["params"]),
        "ノートブック": (notebooks_hash(home), manifest.get("notebooks")),
        "公開しない事業所": (sorted(without), manifest["without"]),
    }
    tool = (code_hash(), library_versions()) != (manifest["code"], manifest["libraries"])
    return (
        *files,
        *(name for name, (one, other) in now.items() if one != other),
        *([TOOL] if tool else []),
    )


def notebooks_hash(home: Home) -> str:
    """公開に載るノートブックの全ての中身のハッシュ。"""
    # 下書きにだけ載るもの（前の公開との比べ）を直しても、公開した月は変わらない
    names = sorted({edition.notebook for edition in EDITIONS if edition.level != "draft"})
    return sha256_of({name: sha256(notebook_path(name, home)) for name in names})


class Protecting(NamedTuple):
    """控える人を決めるものの中身のハッシュ。

    entered は、人か日次ファイルが入れたもの（名簿、判断、返納者）、everything は、それと、覚えている食い違い（月のファイルから決まる）。
    """

    everything: str
    entered: str


def protecting(home: Home, params: Params) -> Protecting:
    """いまの、控える人を決めるもの。"""
    entered = [*home.returners.rglob("*"), *_registers(home, params)]
    return Protecting(
        _contents_hash(home, [*entered, home.kept_back]), _contents_hash(home, entered)
    )


def _registers(home: Home, params: Params) -> list[Path]:
    return [home.root / path for path in params.society.registers.of_holds().values()]


def _contents_hash(home: Home, files: Iterable[Path]) -> str:
    # 名簿は、置き場所の外を指してもよい。relpath なら、外にあっても名が決まる
    paths = sorted({path for path in files if path.is_file()})
    names = (Path(os.path.relpath(path, home.root)).as_posix() for path in paths)
    return sha256_of(dict(zip(names, sha256_each(paths), strict=True)))
