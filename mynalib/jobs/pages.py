"""ページ：実行したノートブックから、印のある出力だけを載せた、自己完結の HTML と CSV を作る。"""

import copy
import hashlib
import html
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter, TemplateExporter

from mynalib.history.placing import link_or_copy
from mynalib.insight.capsule import Capsule
from mynalib.insight.display import MARK, this_run, words
from mynalib.jobs.svg import draw

STYLE_FILE = "report.css"
SCRIPT_FILE = "report.js"
# 棒と線だけの図の道具。全部入りの四分の一。図のあるフォルダーにだけ置く
PLOTLY = "plotly-basic.min.js"
ASSETS = (STYLE_FILE, SCRIPT_FILE, PLOTLY)
MAIL = "mail.html"
"""一つのファイルで読み終えられる版：様式も図も中にあり、動くものも、ほかへのつながりもない。"""
PLOTLY_JSON = "application/vnd.plotly.v1+json"
BOM = "\ufeff"
_DATA = '<script type="application/json" class="figure-data">'
_INTERACTIVE = re.compile(
    rf'<div class="chart".*?</div>|{_DATA}.*?</script>|<p class="download">.*?</p>', re.DOTALL
)


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
    outputs = shown_outputs(notebook)
    page = {**_facts(capsule, title), "links": links, "draws": any(map(has_chart, outputs))}
    target.write_text(_filled(_with_drawings(notebook), page), encoding="utf-8", newline="\n")
    with_csv = [output for output in shown_outputs(notebook) if "csv" in output.metadata[MARK]]
    return [target, *(_write_csv(output, target.parent) for output in with_csv)]


def write_mail(notebook: nbformat.NotebookNode, capsule: Capsule, title: str, folder: Path) -> Path:
    """ページと同じものを、一つのファイルに。"""
    page = {**_facts(capsule, title), "style": _shipped(STYLE_FILE).decode()}
    target = folder / MAIL
    text = _filled(_with_drawings(notebook, alone=True), page)
    target.write_text(text, encoding="utf-8", newline="\n")
    return target


def has_chart(output: nbformat.NotebookNode) -> bool:
    return PLOTLY_JSON in output.data


def _with_drawings(notebook: nbformat.NotebookNode, alone: bool = False) -> nbformat.NotebookNode:
    """どの図にも、同じ値から描いた SVG を添えたノートブック。alone なら、動く図とダウンロードを取り除く。"""
    # 成果物（write_mail）も同じノートブックから作る。絵を添えるのは、写しに
    drawn = copy.deepcopy(notebook)
    for output in shown_outputs(drawn):
        text = output.data["text/html"]
        if has_chart(output):
            # 絵は、図の値のすぐ前。JavaScript が動けば、様式（.js .drawing）が絵を隠し、紙では、また出す
            text = text.replace(
                _DATA, _picture(output.data[PLOTLY_JSON], _caption(text)) + _DATA, 1
            )
        output.data["text/html"] = _INTERACTIVE.sub("", text) if alone else text
    return drawn


def _picture(figure: dict, caption: str) -> str:
    """図の SVG。狭い画面では縮めず、横に送れる。"""
    name = html.escape(f"{caption}（絵）")
    box = f'<div class="drawing" tabindex="0" role="region" aria-label="{name}">'
    return f"{box}{draw(figure, caption)}</div>"


def _caption(text: str) -> str:
    """図の題（読み上げるため）。"""
    found = re.search("<figcaption>(.*?)</figcaption>", text, re.DOTALL)
    return html.unescape(re.sub("<[^>]*>", " ", found[1])).strip() if found else ""


def shown_outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """見せてよい印のある出力。"""
    outputs = [
        output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs
    ]
    shown = [output for output in outputs if output.output_type == "display_data"]
    return [output for output in shown if output.metadata.get(MARK, {}).get("run") == this_run()]


def copy_assets(folder: Path, draws: bool, placed: dict[str, Path] | None = None) -> None:
    """読み手のフォルダーに、様式と、図があれば図の道具を置く。

    Args:
        placed: 同じ公開の中で、もう置いたもの。名から場所へ。あれば、それを指し、なければ、置いて書き加える。
    """
    placed = {} if placed is None else placed
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    needed = ASSETS if draws else (STYLE_FILE, SCRIPT_FILE)
    for name in needed:
        target = folder / "assets" / name
        if name in placed:
            link_or_copy(placed[name], target)
        else:
            target.write_bytes(_shipped(name))
            placed[name] = target


@cache
def is_ours(name: str, digest: str) -> bool:
    """様式と図の道具が、この道具に付いてくるものと同じか。"""
    return name in ASSETS and hashlib.sha256(_shipped(name)).hexdigest() == digest


def style_sheet() -> str:
    """どのページにも当てる様式。"""
    # 点検（release/digits.py）も、これを色の一覧として読む
    return _shipped(STYLE_FILE).decode()


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
    rest = {"links": (), "draws": False, "style": ""}
    return {**facts, **marks, **times, **rest, "title": f"【{edition}】{heading}"}


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
    """はじめの一枚にかかる時間（型紙の読みこみ、Markdown の読み方の組み立て）を、先に済ませる。"""
    texts = dict.fromkeys(
        ("title", "as_of", "run", "society", "audience", "edition", "caution"), ""
    )
    page = {**texts, "mark": MARK, "demo": False, "revision": [], "links": [], "draws": False}
    page |= {"style": ""}
    cell = nbformat.v4.new_markdown_cell("# 題\n\n本文")
    _filled(nbformat.v4.new_notebook(cells=[cell]), page)
