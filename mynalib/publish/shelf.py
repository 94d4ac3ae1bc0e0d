"""公開の棚（reports/）：月ごとの公開の場所と中身、台帳への記録、全ての月の入口。"""

import json
from collections.abc import Iterator
from pathlib import Path

from mynalib.domain.errors import Problem
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.files import revisions, sha256, sha256_each
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.publish import portal

COMPARISON = "comparison"  # 下書きの隣の、前の公開との比べ
BESIDE = {"manifest.json", "receipt.json"}
TITLE = "マイナ保険証の取得促進　資料の一覧"


def releases(home: Home) -> dict[Month, Path]:
    """公開した月と、その最も新しい版のフォルダー。"""
    return {
        month: complete[-1]
        for month, folders in revisions(home.reports).items()
        if (complete := [folder for folder in folders if (folder / "manifest.json").is_file()])
    }


def read_manifest(release: Path) -> dict:
    return json.loads((release / "manifest.json").read_text(encoding="utf-8"))


def differences(release: Path, artefacts: list[dict]) -> Iterator[Problem]:
    """manifest にある全てが、書いたときのままあり、ほかには何もないか。"""
    expected = {artefact["path"]: artefact["sha256"] for artefact in artefacts}
    present = {path.relative_to(release).as_posix() for path in release.rglob("*") if path.is_file()} - BESIDE
    yield from (Problem(path, "ありません") for path in sorted(set(expected) - present))
    yield from (Problem(path, "公開のときには、なかったものです") for path in sorted(present - set(expected)))
    both = sorted(present & set(expected))
    now = zip(both, sha256_each(release / path for path in both), strict=True)
    yield from (Problem(path, "内容が違います") for path, digest in now if digest != expected[path])


def record(home: Home, params: Params, folder: Path, facts: dict) -> None:
    """公開したことを台帳に書き、全ての月の入口を新しくする。"""
    Ledger(home.ledger).append("released", folder=folder.name, **facts)
    portal.write_months(home.reports, portal.page_facts(params, Month.parse(facts["month"]), TITLE), releases(home))


def settle_releases(home: Home, params: Params) -> None:
    """置いたが台帳に書き終えていない公開を、書き終える。"""
    lines = Ledger(home.ledger).lines()
    recorded = {line["folder"] for line in lines if line["did"] == "released"}
    prepared = {line["manifest_sha256"]: line for line in lines if line["did"] == "prepared"}
    for folder in releases(home).values():
        digest = sha256(folder / "manifest.json")
        if digest in prepared and folder.name not in recorded:
            names = ("month", "manifest_sha256", "without", "approved_by", "corrects")
            facts = {name: prepared[digest][name] for name in names if name in prepared[digest]}
            record(home, params, folder, facts)
