"""計画：その月に、どの仕事があるか。全ての名と値は、ここで決まり、動かす前に確かめられる。"""

from collections.abc import Collection
from functools import cache
from pathlib import Path

import papermill

from mynalib.capsules.catalogue import EDITIONS, NOTEBOOKS, REVIEW, Edition, notebook_path
from mynalib.capsules.editions import make_capsule
from mynalib.capsules.in_notebook import BadParameter, check_parameters
from mynalib.capsules.publication import Publication
from mynalib.domain.employers import Employer
from mynalib.history.files import sha256, sha256_of
from mynalib.jobs.job import Job
from mynalib.jobs.versions import code_hash, library_versions


def plan_jobs(
    publication: Publication,
    employers: Collection[Employer],
    folder: Path,
    society: bool = True,
    lists: bool = True,
) -> list[Job]:
    """全ての仕事と、そのカプセルを作る。parameters の名が一つでも違えば、何も動かさずに止まる。

    Args:
        society, lists: 組合の資料、勧奨リストを作るか。
    """
    jobs = []
    for edition in [edition for edition in EDITIONS if lists or edition.level != "named"]:
        per_employer = NOTEBOOKS[edition.notebook].per_employer
        for employer in employers if per_employer else [None] * society:
            jobs.append(_job(publication, edition, folder, employer))
    return jobs


def plan_review(publication: Publication, folder: Path) -> Job:
    """取込の点検だけの仕事と、そのカプセル。公開の計画の中のものと同じ。"""
    edition = next(edition for edition in EDITIONS if edition.page == REVIEW)
    return _job(publication, edition, folder, None)


def _job(
    publication: Publication, edition: Edition, folder: Path, employer: Employer | None
) -> Job:
    notebook, path = (
        NOTEBOOKS[edition.notebook],
        notebook_path(edition.notebook, publication.opened.home),
    )
    code = employer.id if employer else ""
    values = {"month": str(publication.opened.month), "edition": edition.audience, "employer": code}
    parameters = {name: values[name] for name in notebook.parameters}
    check_parameters(notebook, parameters)
    _check_cell(path, notebook.parameters)
    name = "-".join((code or "society", edition.notebook, edition.audience))
    own = folder / name
    capsule = make_capsule(publication, edition, own / "capsule", employer)
    return Job(
        name=name,
        title=notebook.title,
        notebook=path,
        parameters=parameters,
        folder=own,
        page=edition.page.format(employer=code),
        level=edition.level,
        products=edition.products,
        fingerprint=_fingerprint(capsule, path, parameters),
    )


@cache
def _check_cell(path: Path, names: tuple[str, ...]) -> None:
    """ノートブックの parameters セルが、一覧の名とちょうど同じか。"""
    declared = papermill.inspect_notebook(str(path))
    if set(declared) != set(names):
        what = f"parameters セルの名が {'、'.join(names)} と違います"
        raise BadParameter(
            where=path.name, what=what, fix="parameters セルを、もとに戻してください。"
        )


def _fingerprint(capsule: Path, notebook: Path, parameters: dict[str, str]) -> str:
    """この仕事の結果を決めるもの全てのハッシュ。"""
    contents = {path.name: sha256(path) for path in capsule.iterdir()}
    return sha256_of([contents, sha256(notebook), parameters, code_hash(), library_versions()])
