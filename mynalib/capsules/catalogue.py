"""ノートブックの一覧：だれのためのもので、どのカプセルを使い、どこに載るか。"""

from dataclasses import dataclass
from pathlib import Path

from mynalib.domain.shipped import shipped_yaml
from mynalib.history.home import Home, shipped


@dataclass(frozen=True)
class Notebook:
    """ノートブック。`parameters` は parameters セルの名の全て。`per_employer` なら事業所ごとに一回。"""

    name: str
    title: str
    parameters: tuple[str, ...]
    per_employer: bool = False


@dataclass(frozen=True)
class Edition:
    """一つのノートブックの、一つの版。`audience` は読み手、`page` は公開先の場所（{employer} が入る）。"""

    notebook: str
    audience: str
    level: str
    page: str
    products: tuple[str, ...] = ()


def _frozen(facts: dict) -> dict:
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()
    }


_WRITTEN = shipped_yaml("capsules", "catalogue")

PARAMETERS: dict[str, list[str]] = _WRITTEN["parameters"]
LEVELS: dict[str, str] = _WRITTEN["levels"]
NOTEBOOKS = {
    name: Notebook(name, **_frozen(facts)) for name, facts in _WRITTEN["notebooks"].items()
}
EDITIONS = tuple(Edition(**_frozen(edition)) for edition in _WRITTEN["editions"])
SOCIETY_PAGES: list[dict] = _WRITTEN["society_pages"]
EMPLOYER_PAGES: list[dict] = _WRITTEN["employer_pages"]

BENCH_NOTEBOOK = "90_explore"  # 分析の作業台。公開しないので、上の一覧には入らない
COMPARISON = "comparison"  # 下書きの隣の、前の公開との比べ
REVIEW = "internal/intake_review.html"  # 取込の点検のページ


def notebook_path(name: str, home: Home | None = None) -> Path:
    """ノートブックの場所。組合の home に同じ名のものがあれば、それを使う。"""
    own = home.notebooks / f"{name}.ipynb" if home else None
    return own if own and own.is_file() else shipped("notebooks") / f"{name}.ipynb"
