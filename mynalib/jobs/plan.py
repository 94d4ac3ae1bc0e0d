"""計画：その月に、どの仕事があるか。全ての名と値は、ここで決まり、動かす前に確かめられる。"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cache, partial
from pathlib import Path, PurePosixPath

import papermill

from mynalib.capsules.catalogue import (
    EDITIONS,
    EMPLOYER_PAGES,
    NOTEBOOKS,
    REVIEW,
    Edition,
    notebook_path,
)
from mynalib.capsules.editions import make_capsule
from mynalib.capsules.in_notebook import BadParameter, check_parameters
from mynalib.capsules.publication import Publication
from mynalib.domain.employers import Employer
from mynalib.history.files import sha256, sha256_of
from mynalib.jobs.job import Job
from mynalib.jobs.versions import code_hash, library_versions
from mynalib.reminders.sheet import book_name


@dataclass(frozen=True)
class Plan:
    """公開の全ての仕事。名と値はもう確かめてあり、カプセルは、一つずつ、取り出すときに作る（作ったものは、作り直さない）。

    カプセルを作るのは頼んだプロセスで、仕事が動くのはほかのプロセスなので、二つ目からのカプセルは、一つ目の仕事が動く間に出来る。
    """

    wanted: tuple[Callable[[], Job], ...]
    _made: list[Job] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.wanted)

    def __iter__(self) -> Iterator[Job]:
        for at, make in enumerate(self.wanted):
            if at == len(self._made):
                self._made.append(make())
            yield self._made[at]


def plan_jobs(
    publication: Publication,
    employers: Collection[Employer],
    folder: Path,
    society: bool = True,
    lists: bool = True,
) -> Plan:
    """全ての仕事。parameters の名が一つでも違えば、何も作らずに止まる。

    Args:
        society, lists: 組合の資料、勧奨リストを作るか。
    Raises:
        BadParameter: ノートブックの parameters セルが、一覧と違う。
    """
    editions = [edition for edition in EDITIONS if lists or edition.level != "named"]
    wanted = []
    for edition in editions:
        per_employer = NOTEBOOKS[edition.notebook].per_employer
        # 組合の資料は、事業所なしで一度
        whole = [None] if society else []
        for employer in employers if per_employer else whole:
            _parameters(publication, edition, employer)
            wanted.append(partial(_job, publication, edition, folder, employer, editions))
    return Plan(tuple(wanted))


def plan_review(publication: Publication, folder: Path) -> Job:
    """取込の点検だけの仕事と、そのカプセル。公開の計画の中のものと、ほかのページへのつながりだけが違う。"""
    edition = next(edition for edition in EDITIONS if edition.page == REVIEW)
    return _job(publication, edition, folder, None)


def _job(
    publication: Publication,
    edition: Edition,
    folder: Path,
    employer: Employer | None,
    beside: Collection[Edition] = (),
) -> Job:
    """一つの仕事と、そのカプセル。beside は、いっしょに公開する版。"""
    parameters = _parameters(publication, edition, employer)
    path = notebook_path(edition.notebook, publication.opened.home)
    code = employer.id if employer else ""
    # 止まった月の点検は、ほかへのつながりがない。いっしょに公開するものとは、別に置く
    # 名は、仕事のフォルダーの名でもある。前に出来た仕事を見つける鍵なので、同じ仕事は、いつも同じ名
    owner = code or ("society" if beside else "alone")
    name = "-".join((owner, edition.notebook, edition.audience))
    own = folder / name
    capsule = make_capsule(publication, edition, own / "capsule", employer)
    links = _links(publication, edition, beside, code)
    return Job(
        name=name,
        title=NOTEBOOKS[edition.notebook].title,
        notebook=path,
        parameters=parameters,
        folder=own,
        page=edition.page.format(employer=code),
        level=edition.level,
        products=edition.products,
        links=links,
        fingerprint=_fingerprint(capsule, path, parameters, links),
    )


def _parameters(
    publication: Publication, edition: Edition, employer: Employer | None
) -> dict[str, str]:
    """ノートブックに渡す値。名は、一覧とも、ノートブックの parameters セルとも、ちょうど同じ。"""
    notebook = NOTEBOOKS[edition.notebook]
    values = {
        "month": str(publication.opened.month),
        "edition": edition.audience,
        "employer": employer.id if employer else "",
    }
    parameters = {name: values[name] for name in notebook.parameters}
    check_parameters(notebook, parameters)
    _check_cell(notebook_path(edition.notebook, publication.opened.home), notebook.parameters)
    return parameters


def _links(
    publication: Publication, edition: Edition, beside: Collection[Edition], code: str
) -> tuple[dict[str, str], ...]:
    """そのページから行けるところ：月の入口、同じフォルダーのページ（自分なら href は ""）。

    事業所のフォルダーは、それだけで渡せるように、外へはつながない。
    """
    if edition not in beside or edition.level == "draft":
        return ()
    folder = PurePosixPath(edition.page).parent
    pages = [one for one in beside if PurePosixPath(one.page).parent == folder]
    links = [] if NOTEBOOKS[edition.notebook].per_employer else [_portal(publication, edition.page)]
    for one in pages:
        href = "" if one == edition else PurePosixPath(one.page).name
        links.append({"href": href, "title": NOTEBOOKS[one.notebook].title})
        links += _workbooks(publication, one, code)
    return tuple(links)


def _workbooks(publication: Publication, edition: Edition, code: str) -> list[dict[str, str]]:
    """勧奨リストの表の本。"""
    if "reminders" not in edition.products:
        return []
    opened = publication.opened
    name = book_name(code, opened.month, opened.params.society.demo)
    return [
        {"href": name, "title": link["title"]}
        for link in EMPLOYER_PAGES
        if fnmatch(name, link["name"])
    ]


def _portal(publication: Publication, page: str) -> dict[str, str]:
    # management/index.html なら、一つ上
    up = "../" * (len(PurePosixPath(page).parts) - 1)
    return {"href": f"{up}index.html", "title": f"{publication.opened.month.label}の資料"}


@cache
def _check_cell(path: Path, names: tuple[str, ...]) -> None:
    """ノートブックの parameters セルが、一覧の名とちょうど同じか。"""
    declared = papermill.inspect_notebook(str(path))
    if set(declared) != set(names):
        what = f"parameters セルの名が {'、'.join(names)} と違います"
        raise BadParameter(
            where=path.name, what=what, fix="parameters セルを、もとに戻してください。"
        )


def _fingerprint(
    capsule: Path, notebook: Path, parameters: dict[str, str], links: tuple[dict[str, str], ...]
) -> str:
    """この仕事の結果を決めるもの全てのハッシュ。"""
    # カプセルは、中身のハッシュで。人が一人変われば、その人のいるカプセルの仕事だけが、やり直しになる
    contents = {path.name: sha256(path) for path in capsule.iterdir()}
    return sha256_of(
        [contents, sha256(notebook), parameters, links, code_hash(), library_versions()]
    )
