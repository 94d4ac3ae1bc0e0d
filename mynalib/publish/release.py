"""公開：下書きを一つの木に組み、点検し、一度の名前変えで reports/ に置く。"""

import hashlib
import json
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mynalib import __version__
from mynalib.domain.classification import decision_table
from mynalib.history import clock
from mynalib.history.files import fresh_folder, link_or_copy, place_folder, sha256, sha256_of, write_file
from mynalib.history.ledger import Ledger
from mynalib.publish import earlier, pages, plan, portal
from mynalib.publish.capsules import Source
from mynalib.publish.gate import differences
from mynalib.publish.jobs import Job

DRAFT = "draft"  # 公開には入れない成果物の水準
COMPARISON = "comparison"
WIDE_FOLDERS = ("assets", "management")
PORTAL_TITLE = "マイナ保険証の取得促進　資料の一覧"


@dataclass(frozen=True)
class Assembled:
    """組み上がった下書き。"""

    folder: Path
    manifest: dict = field(repr=False)


def assemble(
    source: Source, jobs: Iterable[Job], records: dict[str, dict], without: list[str], folder: Path
) -> Assembled:
    """出来た成果物を、公開の木に組む。"""
    for room in (folder, folder.parent / COMPARISON):
        fresh_folder(room)
    artefacts, outputs = [], [(job, output) for job in jobs for output in records[job.name]["outputs"]]
    for job, output in outputs:
        place = folder if output["level"] != DRAFT else folder.parent
        link_or_copy(job.folder / "out" / output["path"], place / output["path"])
        artefacts += [output] if place == folder else []
    if any(output["level"] == DRAFT for _, output in outputs):
        pages.copy_assets(folder.parent / COMPARISON)
    employers = list(source.params.notified(source.month.end))
    portal.write_portal(folder, page_facts(source, f"{source.month.label}の資料"), employers, without, artefacts)
    artefacts.append(_artefact(folder, folder / "index.html"))
    artefacts += [_artefact(folder, path) for path in _placed_assets(folder, artefacts)]
    manifest = _manifest(source, jobs, sorted(artefacts, key=lambda a: a["path"]), without)
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / "manifest.json").write_text(text, encoding="utf-8", newline="\n")
    return Assembled(folder, manifest)


def page_facts(source: Source, title: str) -> dict:
    society = source.params.society
    return {"title": title, "society": society.name, "demo": society.demo, "as_of": source.month.as_of}


def _placed_assets(folder: Path, artefacts: list[dict]) -> list[Path]:
    """読み手のフォルダーごとに、様式と図の道具を置く。どのフォルダーも、それだけで渡せる。"""
    pages.copy_assets(folder)
    owners = sorted({(folder / artefact["path"]).parent for artefact in artefacts} - {folder})
    for owner in owners:
        pages.copy_assets(owner, folder / "assets")
    return [path for owner in (folder, *owners) for path in sorted((owner / "assets").iterdir())]


def _artefact(folder: Path, path: Path) -> dict:
    place = path.relative_to(folder).as_posix()
    return {"path": place, "level": "publishable", "sha256": sha256(path), "rows": None}


def _manifest(source: Source, jobs: Iterable[Job], artefacts: list[dict], without: Collection[str]) -> dict:
    """この公開が何から出来たか。同じ元からは、同じバイトになる（時刻は receipt.json にある）。"""
    names = ("sha256", "data_rows", "accepted", "quarantined")
    return {
        "month": str(source.month),
        "society": source.params.society.name,
        "demo": source.params.society.demo,
        "inputs": [{"month": str(kept.month), **{n: kept.intake[n] for n in names}} for kept in source.months],
        "params": source.params.fingerprint,
        "notice": source.params.joint_use.notice.version,
        "rules": hashlib.sha256(decision_table().to_csv(index=False).encode()).hexdigest(),
        "code": plan.code_hash(),
        "version": __version__,
        "libraries": plan.library_versions(),
        "jobs": sha256_of(sorted(job.fingerprint for job in jobs if job.level != DRAFT)),
        "without": sorted(without),
        "artefacts": artefacts,
    }


def unchanged(source: Source, jobs: Iterable[Job], without: Collection[str]) -> Path | None:
    """同じ元から、もう公開されていて、そのままあれば、その場所。仕事をしなくても、同じバイトになる。"""
    released = earlier.releases(source.home).get(source.month)
    before = earlier.read_manifest(released) if released else {"artefacts": []}
    same = before == _manifest(source, jobs, before["artefacts"], without)
    return released if same and not list(differences(released, before["artefacts"])) else None


def place(source: Source, assembled: Assembled, approved_by: str = "") -> Path:
    """公開する。台帳に書き、一度に置き、全ての月の入口を新しくする。"""
    ledger, digest = Ledger(source.home.ledger), sha256(assembled.folder / "manifest.json")
    facts = {"month": str(source.month), "manifest_sha256": digest, "without": assembled.manifest["without"]}
    facts |= {"approved_by": approved_by} if approved_by else {}
    former = earlier.releases(source.home).get(source.month)
    facts |= {"corrects": former.name} if former else {}
    head = ledger.append("prepared", artefacts=len(assembled.manifest["artefacts"]), **facts)
    receipt = {"prepared_at": clock.now(), "ledger_head": head, **facts}
    write_file(assembled.folder / "receipt.json", json.dumps(receipt, indent=1).encode())
    _open_to_readers(assembled.folder)
    source.home.reports.mkdir(parents=True, exist_ok=True)
    target = place_folder(assembled.folder, source.home.reports, source.month)
    _record(source, target, facts)
    return target


def _record(source: Source, folder: Path, facts: dict) -> None:
    Ledger(source.home.ledger).append("released", folder=folder.name, **facts)
    portal.write_months(source.home.reports, page_facts(source, PORTAL_TITLE), earlier.releases(source.home))


def settle_releases(source: Source) -> None:
    """置いたが台帳に書き終えていない公開を、書き終える。"""
    lines = Ledger(source.home.ledger).lines()
    recorded = {line["folder"] for line in lines if line["did"] == "released"}
    prepared = {line["manifest_sha256"]: line for line in lines if line["did"] == "prepared"}
    for folder in earlier.releases(source.home).values():
        digest = sha256(folder / "manifest.json")
        if digest in prepared and folder.name not in recorded:
            names = ("month", "manifest_sha256", "without", "approved_by", "corrects")
            facts = {name: prepared[digest][name] for name in names if name in prepared[digest]}
            _record(source, folder, facts)


def _open_to_readers(folder: Path) -> None:
    """広く配れるものだけを、だれでも読めるようにする。内部用と事業所用は、権限を付けた人だけが読める。"""
    if os.name == "nt":
        return  # Windows の権限は、フォルダーに付けたものを受け継ぐ
    wide = [folder / "index.html", *(folder / name for name in WIDE_FOLDERS)]
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    for path in (folder, *wide, *(below for place in wide for below in place.rglob("*"))):
        path.chmod(0o755 if path.is_dir() else 0o644)
