"""組み立て：成果物を下書きの一つの木に組み、点検（gate.py）を通った下書きを、一度の改名で reports/ に置く。"""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from mynalib import __version__
from mynalib.capsules.catalogue import COMPARISON
from mynalib.capsules.publication import Publication
from mynalib.domain.classification import decision_table
from mynalib.domain.errors import Refused
from mynalib.history import clock, released
from mynalib.history.access import open_to_all, tighten
from mynalib.history.files import fresh_folder, sha256, sha256_each, write_file
from mynalib.history.ledger import Ledger
from mynalib.history.placing import link_or_copy, place_folder
from mynalib.history.protection import protection, sealed
from mynalib.history.released import read_manifest
from mynalib.jobs import pages, versions
from mynalib.jobs.job import Job
from mynalib.release import portal, releases
from mynalib.release.unchanged import Protecting, notebooks_hash
from mynalib.reminders.draws import freeze

DRAFT = "draft"  # 公開には入れない成果物の水準
# だれでも読める権限を付けるフォルダー。足せば、そこの全てが広く配られる
# （tests/verbs/test_publish.py の、広く配るものだけが読める、という試験）
WIDE_FOLDERS = ("assets", "management", "notice")


def assemble(
    publication: Publication,
    jobs: Iterable[Job],
    records: dict[str, dict],
    without: list[str],
    folder: Path,
) -> dict:
    """出来た成果物を、folder に公開の木として組み、その manifest を返す。"""
    for room in (folder, folder.parent / COMPARISON):
        fresh_folder(room)
    artefacts = []
    outputs = [(job, output) for job in jobs for output in records[job.name]["outputs"]]
    _require_own_names(output["path"] for _, output in outputs)
    for job, output in outputs:
        # 下書きだけに見せるもの（前の公開との比べ）は、公開の木の隣に置き、manifest にも書かない
        place = folder if output["level"] != DRAFT else folder.parent
        link_or_copy(job.folder / "out" / output["path"], place / output["path"])
        if place == folder:
            artefacts.append(output)
    if any(output["level"] == DRAFT for _, output in outputs):
        drawn = any(output["charts"] for _, output in outputs if output["level"] == DRAFT)
        pages.copy_assets(folder.parent / COMPARISON, drawn)
    employers = list(publication.opened.params.notified(publication.opened.month.end))
    facts = portal.page_facts(
        publication.opened.params,
        publication.opened.month,
        f"{publication.opened.month.label}の資料",
    )
    facts |= {"revision": publication.revised.lines("wide") if publication.revised else []}
    facts |= {"version": publication.version}
    portal.write_portal(
        folder, facts, employers, without, artefacts, publication.opened.newer is not None
    )
    added = [folder / "index.html", *_placed_assets(folder, artefacts)]
    artefacts += [_artefact(folder, *one) for one in zip(added, sha256_each(added), strict=True)]
    # 場所の順に並べ、改行も（OS によらず）決めて、同じ元から同じバイトにする
    manifest = _manifest(publication, sorted(artefacts, key=lambda a: a["path"]), without)
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / "manifest.json").write_text(text, encoding="utf-8", newline="\n")
    return manifest


def _require_own_names(paths: Iterable[str]) -> None:
    """二つの成果物が、同じ場所に置かれないか（一つがもう一つを、黙って置きかえてしまう）。"""
    twice = sorted(path for path, count in Counter(paths).items() if count > 1)
    if twice:
        raise Refused(
            "SAME_NAME",
            where="ノートブックの成果物",
            what=f"同じ名のものが、二つあります（{'、'.join(twice)}）",
            fix="表か図の名を、読み手のフォルダーの中で、ほかと違うものにしてください。",
        )


def _placed_assets(folder: Path, artefacts: list[dict]) -> list[Path]:
    """読み手のフォルダーごとに、様式と図の道具を置く。どのフォルダーも、それだけで渡せる。"""
    # 同じ中身を指すファイルは、権限も同じ。広く配るものとは分ける
    placed: dict[bool, dict[str, Path]] = {True: {}, False: {}}
    pages.copy_assets(folder, False, placed[True])
    # 入口のフォルダー（folder）は、図がなく、もう置いたので除く
    owners = sorted({(folder / artefact["path"]).parent for artefact in artefacts} - {folder})
    for owner in owners:
        own = [one for one in artefacts if (folder / one["path"]).parent == owner]
        draws = any(one.get("charts") for one in own)
        pages.copy_assets(owner, draws, placed[owner.name in WIDE_FOLDERS])
    return [path for owner in (folder, *owners) for path in sorted((owner / "assets").iterdir())]


def _artefact(folder: Path, path: Path, digest: str) -> dict:
    return {
        "path": path.relative_to(folder).as_posix(),
        "level": "publishable",
        "sha256": digest,
        "rows": None,
    }


def _manifest(publication: Publication, artefacts: list[dict], without: Collection[str]) -> dict:
    """この公開が何から出来たか。同じ元からは、同じバイトになる（時刻は receipt.json にある）。"""
    names = ("sha256", "data_rows", "accepted", "quarantined")
    inputs = [
        {"month": str(kept.month), "members": kept.intake["files"]["members.parquet"]}
        | {name: kept.intake[name] for name in names}
        for kept in publication.opened.months
    ]
    return {
        "month": str(publication.opened.month),
        "society": publication.opened.params.society.name,
        "demo": publication.opened.params.society.demo,
        "inputs": inputs,
        "params": publication.opened.params.fingerprint,
        "notice": publication.opened.params.joint_use.notice.version,
        # 判定表は、規則を全ての組合せに広げたもの。規則の書き方だけを変えても、ハッシュは変わらない
        "rules": hashlib.sha256(decision_table().to_csv(index=False).encode()).hexdigest(),
        "code": versions.code_hash(),
        "version": __version__,
        "libraries": versions.library_versions(),
        "notebooks": notebooks_hash(publication.opened.home),
        "lists": publication.opened.makes_lists,
        "revision": publication.revised.facts() if publication.revised else None,
        "without": sorted(without),
        "artefacts": artefacts,
    }


def place(
    publication: Publication, draft: Path, protected: Protecting, approved_by: str = ""
) -> Path:
    """組んだ下書きを公開する。引いたくじを残し、台帳に書き、一度に置き、全ての月の入口を新しくする。

    Args:
        protected: 名簿を読む前の、控える人を決めるもの。
        approved_by: 下書きを見て、公開してよいと決めた人。一人で公開するなら ""。
    """
    home = publication.opened.home
    month = publication.opened.month
    # ここからの順は動かせない。どこで落ちても、次の publish が続きから直せるように：
    # くじを残す → 用意したと台帳に書く → 受領の記録を下書きに → 一度の改名 → 公開したと台帳に書く
    facts = _facts(publication, draft, approved_by)
    # くじは、リストより先に残す。渡したのに、どちらの組かの記録がない月を作らない。もう残してあれば、new_draw は空
    if publication.opened.makes_lists:
        freeze(home, publication.opened.new_draw)
    head = _prepare(publication, draft, protected, facts)
    # ledger_head は、用意した行のハッシュ。落ちたあとに、この行と置いたフォルダーを結ぶ
    # （history.released.waiting_releases）
    receipt = {"prepared_at": clock.now(), "ledger_head": head, **facts}
    receipt |= {"protection": protected.everything}
    write_file(draft / "receipt.json", json.dumps(receipt, ensure_ascii=False, indent=1).encode())
    # 権限は、置く前に決める。置いた瞬間から、だれでも開けるので
    _open_to_readers(draft, home.shared)
    home.open_reports()
    # 失われた版の名も、二度は使わない。同じ名の、中身の違う版を、人が手もとに持っているかもしれない
    target = place_folder(draft, home.reports, month, known=Ledger(home.ledger).ever("released"))
    releases.record(home, publication.opened.params, target, facts)
    return target


def _facts(publication: Publication, draft: Path, approved_by: str) -> dict:
    """台帳と受領の記録に書く、この公開のこと。"""
    former = released.releases(publication.opened.home).get(publication.opened.month)
    revised = publication.revised
    facts = {
        "month": str(publication.opened.month),
        "manifest_sha256": sha256(draft / "manifest.json"),
        "without": read_manifest(draft)["without"],
    }
    facts |= {"approved_by": approved_by} if approved_by else {}
    facts |= {"corrects": former.name} if former else {}
    return facts | ({"revision": revised.facts(with_changes=False)} if revised else {})


def _prepare(publication: Publication, draft: Path, protected: Protecting, facts: Mapping) -> str:
    """用意したと、台帳に書く。控える人を決めるものは、鍵つきのハッシュで残す。"""
    opened = publication.opened
    home = opened.home
    # 名簿の行のハッシュ。次の公開が、行が減っていないかを、これと比べる
    kept = protection(home, opened.params, opened.overlays.written)
    return Ledger(home.ledger).append(
        "prepared",
        artefacts=len(read_manifest(draft)["artefacts"]),
        **facts,
        protection=kept,
        entered=sealed(home, protected.entered),
    )


def _open_to_readers(folder: Path, shared: bool) -> None:
    """広く配れるものだけを、だれでも読めるようにする。内部用と事業所用は、権限を付けた人だけが読める。"""
    # まず全てを閉じてから、広く配るものだけを開ける。新しいフォルダーが増えても、閉じたままになる
    tighten(folder.rglob("*"), shared)
    made = [folder / name for name in ("index.html", *WIDE_FOLDERS)]
    wide = [path for path in made if path.exists()]  # お知らせの期間の外では、notice を作らない
    for path in (folder, *wide, *(below for place in wide for below in place.rglob("*"))):
        open_to_all(path)
