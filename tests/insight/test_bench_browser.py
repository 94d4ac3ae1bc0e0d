"""本物の Chromium で myna lab を開く：作業台の全てのセルを動かし、選び直すと図が変わる。外へ何も取りに行かず、人を保存しない。"""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import CHROMIUM, QUIET, require_chromium
from playwright.sync_api import Page, sync_playwright

from mynalib.history.home import shipped

HANGS = 600_000  # ミリ秒。これだけ待っても、そうならなければ、止まっている
NOTEBOOK = "90_explore.ipynb"
OURS = ".jp-OutputArea-output:has(.myna-bench)"
"""作業台の画面。まわりの JupyterLab の画面と、pandas の出す表は、そちらのもの。"""

pytestmark = [pytest.mark.large, pytest.mark.browser]
require_chromium()


@pytest.fixture
def lab(planted, tmp_path) -> Iterator[tuple[Path, str, subprocess.Popen]]:
    """組合の写しで動く myna lab：置き場所、番地、プロセス。"""
    home = Path(shutil.copytree(planted, tmp_path / "home"))
    (tmp_path / "temporary").mkdir()
    (home / "notebooks" / "json.py").write_text(
        "raise SystemExit('読みこまれた')", encoding="utf-8"
    )
    command = [
        sys.executable,
        "-m",
        "mynalib",
        "lab",
        "--no-browser",
        "--json",
        "--home",
        str(home),
    ]
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, cwd=home / "notebooks", env=environment, text=True
    ) as process:
        yield home, json.loads(process.stdout.readline())["address"], process
        process.send_signal(signal.SIGINT)


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET, timeout=HANGS)
        page = browser.new_context(
            locale="en-US", viewport={"width": 1280, "height": 1000}
        ).new_page()
        page.set_default_timeout(HANGS)
        yield page
        browser.close()


def test_the_bench_runs_in_a_japanese_offline_lab_and_saves_no_result(lab, page):
    home, address, process = lab
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address)
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.locator(".jp-StatusBar-TextItem", has_text="| アイドル").wait_for()  # カーネルが起きるまで
    assert page.locator(".lm-MenuBar-itemLabel").first.inner_text() == "ファイル"
    page.locator(".lm-MenuBar-itemLabel", has_text="実行").click()
    page.get_by_text("すべてのセルを実行", exact=True).first.click()
    heading = page.locator(".myna-bench h3")
    heading.wait_for()
    page.locator(
        ".jp-OutputArea-output", has_text="registered_usable"
    ).first.wait_for()  # 最後のセル
    assert page.locator(".jp-RenderedText[data-mime-type*=error]").count() == 0
    _moves_with_its_controls(page)
    found = Axe().run(page, context=OURS).response["violations"]
    told = [f"{one['id']}：{node['html'][:120]}" for one in found for node in one["nodes"]]
    assert not told, "\n".join(told)
    page.keyboard.press("Control+s")
    page.wait_for_function("!document.querySelector('.jp-mod-dirty')")
    _is_closed_to_others(address)
    assert [
        url for url in requests if not url.startswith(("http://127.0.0.1:", "data:", "blob:"))
    ] == []
    assert (home / "notebooks" / NOTEBOOK).read_bytes() == (
        shipped("notebooks") / NOTEBOOK
    ).read_bytes()
    assert sorted(path.name for path in (home / "notebooks").iterdir()) == [NOTEBOOK, "json.py"]
    process.send_signal(signal.SIGINT)
    assert process.wait(HANGS / 1000) == 0
    assert list((home.parent / "temporary").glob("mynalib-*")) == []


def _moves_with_its_controls(page: Page) -> None:
    """はじめの図は、置かれた幅いっぱい。選び直すと、題も図も変わる。"""
    drawn = page.locator(".js-plotly-plot .main-svg").first
    page.wait_for_function("document.querySelector('.js-plotly-plot .main-svg').clientWidth > 800")
    before = page.locator(".myna-bench h3").inner_text(), drawn.inner_html()
    page.locator(".widget-dropdown select").nth(2).select_option(label="事業所")
    page.locator(".myna-bench h3", has_text="事業所により").wait_for()
    page.locator(".js-plotly-plot .y3tick", has_text="E03").wait_for()
    assert (page.locator(".myna-bench h3").inner_text(), drawn.inner_html()) != before
    page.locator(".widget-dropdown select").nth(2).select_option(label="分けない")
    page.locator(".widget-dropdown select").nth(1).select_option(label="2025 年度")
    page.locator(".myna-bench p", has_text="2026年1月から2026年3月").wait_for()
    page.locator(".js-plotly-plot .x2tick", has_text="3月").wait_for()
    page.locator(".js-plotly-plot .textpoint", has_text="155／294 人").wait_for()
    page.wait_for_function(
        "document.querySelectorAll('.js-plotly-plot .scatterlayer path.point').length === 3"
    )
    ranges = "(({ xaxis, xaxis2 }) => [xaxis.range, xaxis2.range])(document.querySelector('.js-plotly-plot')._fullLayout)"
    assert page.evaluate(ranges) == [[-0.5, 2.5]] * 2, "続けて選び直しても、前の範囲は残らない"
    assert page.locator(".modebar").count() == 0, "外へ送るボタンがない"


def _is_closed_to_others(address: str) -> None:
    """合言葉がなければ、何も読めない。"""
    root = address.split("/lab/")[0]
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{root}/api/contents", timeout=60)
    assert refused.value.code == 403
    refused.value.close()
