"""ページ：実行したノートブックから、印のある出力だけを載せた、自己完結の HTML と CSV を作る。"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter, TemplateExporter

from mynalib.history.files import link_or_copy
from mynalib.insight.capsule import Capsule
from mynalib.insight.display import MARK, this_run, words

# 棒と線だけの図の道具。全部入りの四分の一
ASSETS = ("report.css", "report.js", "plotly-basic.min.js")
PLOTLY_JSON = "application/vnd.plotly.v1+json"
BOM = "\ufeff"


def write_page(
    notebook: nbformat.NotebookNode,
    capsule: Capsule,
    title: str,
    target: Path,
    links: Sequence[Mapping[str, str]] = (),
) -> list[Path]:
    """ページと、その表の CSV を書く。書いたファイルを返す。

    Args:
        links: となりのページと、月の入口（title と href。href が "" なら、このページ）。
    Returns:
        はじめがページ、あとは CSV（UTF-8、BOM 付き。Excel でそのまま開ける）。
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    page = {**_facts(capsule, title), "links": links}
    target.write_text(_filled(notebook, page), encoding="utf-8", newline="\n")
    with_csv = [output for output in shown_outputs(notebook) if "csv" in output.metadata[MARK]]
    return [target, *(_write_csv(output, target.parent) for output in with_csv)]


def shown_outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """見せてよい印のある出力。"""
    outputs = [
        output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs
    ]
    shown = [output for output in outputs if output.output_type == "display_data"]
    return [output for output in shown if output.metadata.get(MARK, {}).get("run") == this_run()]


def copy_assets(folder: Path, placed: Path | None = None) -> None:
    """読み手のフォルダーに、様式と図の道具を置く。同じ公開の中では、もう置いたもの（placed）を指す。"""
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    for name in ASSETS:
        if placed:
            link_or_copy(placed / name, folder / "assets" / name)
        else:
            (folder / "assets" / name).write_bytes(_shipped(name))


@cache
def is_ours(name: str, digest: str) -> bool:
    """様式と図の道具が、この道具に付いてくるものと同じか。"""
    return name in ASSETS and hashlib.sha256(_shipped(name)).hexdigest() == digest


@cache
def _shipped(name: str) -> bytes:
    return (files("mynalib.jobs") / "assets" / name).read_bytes()


def _facts(capsule: Capsule, title: str) -> dict:
    """型紙に入れる、ページのこと。"""
    facts = capsule.facts
    edition = words("editions")[capsule.audience]
    heading = " – ".join(
        part for part in (title, facts["employer"], str(capsule.month.label)) if part
    )
    marks = {"edition": edition, "caution": words("cautions").get(capsule.audience, "")}
    times = {"as_of": capsule.month.as_of, "mark": MARK, "run": this_run()}
    return {**facts, **marks, **times, "title": f"【{edition}】{heading}"}


def _filled(notebook: nbformat.NotebookNode, page: dict) -> str:
    """型紙に入れる。nbconvert が画像と升に手を加えるための読み直しは、どちらもないページでは要らない（時間の三分の二）。private_doors.py にもある。"""
    return TemplateExporter.from_notebook_node(_exporter(), notebook, {"page": page})[0]


@cache
def _exporter() -> HTMLExporter:
    with as_file(files("mynalib.jobs") / "template") as folder:
        return HTMLExporter(
            template_name="page",
            extra_template_basedirs=[str(folder)],
            language_code="ja",
            exclude_anchor_links=True,
            embed_images=False,
        )


def _write_csv(output: nbformat.NotebookNode, folder: Path) -> Path:
    target = folder / output.metadata[MARK]["csv"]
    target.write_text(BOM + output.data["text/csv"], encoding="utf-8", newline="")
    return target


def warm_up() -> None:
    """はじめの一枚にかかる時間（型紙の読みこみ）を、先に済ませる。"""
    texts = dict.fromkeys(
        ("title", "as_of", "run", "society", "audience", "edition", "caution"), ""
    )
    page = {**texts, "mark": MARK, "demo": False, "revision": [], "links": []}
    _filled(nbformat.v4.new_notebook(), page)
