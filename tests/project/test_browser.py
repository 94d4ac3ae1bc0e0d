"""本物の Chromium で、公開したページを file:// から開く：図が出る、外へ何も取りに行かない、読み上げと紙でも読める。"""

import itertools
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import CHROMIUM, QUIET, require_chromium
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from mynalib.capsules.catalogue import EDITIONS, SOCIETY_PAGES
from mynalib.history.home import Home
from mynalib.verbs.profile import profile

HANGS = 600_000  # ミリ秒。これだけ待っても、そうならなければ、止まっている
DRAWN = "[...document.querySelectorAll('.chart')].every(chart => chart.querySelector('.main-svg'))"
DESK = {"width": 1280, "height": 720}

pytestmark = pytest.mark.browser
require_chromium()


@dataclass
class Windows:
    """開いたブラウザーの窓。窓を開くのがいちばん遅い（図の道具も、窓ごとに読みなおす）ので、スクリプトの有無ごとに一つ。"""

    browser: Browser
    opened: dict[bool, Page] = field(default_factory=dict)

    def page(self, scripts: bool) -> Page:
        if scripts not in self.opened:
            context = self.browser.new_context(locale="ja-JP", java_script_enabled=scripts)
            self.opened[scripts] = context.new_page()
            self.opened[scripts].set_default_timeout(HANGS)
        return self.opened[scripts]


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET, timeout=HANGS)
        yield Windows(opened)
        opened.close()


class Visit:
    """一枚のページと、そこで起きたこと。窓は、終わるときに白紙へ戻す。"""

    def __init__(
        self,
        browser: Windows,
        path: Path,
        viewport: Mapping[str, int] = DESK,
        java_script_enabled: bool = True,
    ):
        self.page = browser.page(java_script_enabled)
        self.page.set_viewport_size(viewport)
        self.page.emulate_media(media="null")
        self.requests: list[str] = []
        self.errors: list[str] = []
        self._listening = {
            "request": lambda request: self.requests.append(request.url),
            "console": self._hear,
            "pageerror": lambda error: self.errors.append(str(error)),
        }
        for event, listener in self._listening.items():
            self.page.on(event, listener)
        self.page.goto(path.as_uri(), wait_until="load")
        if self.page.locator("figure .chart").count() and java_script_enabled:
            self.page.wait_for_function(DRAWN)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def close(self) -> None:
        for event, listener in self._listening.items():
            self.page.remove_listener(event, listener)
        self.page.goto("about:blank")


def all_pages(release: Path) -> list[Path]:
    return sorted(release.rglob("*.html"))


def kind_of(page: Path, release: Path) -> str:
    """ページの型：catalogue.yaml の page の形。事業所ごとのものは、どの事業所でも一つの型。"""
    place = page.relative_to(release).as_posix()
    return re.sub("^employers/[^/]+", "employers/{employer}", place)


@pytest.fixture(scope="module")
def kinds(demo_release, _drafted) -> dict[str, Path]:
    """型の違うページを一つずつ：公開にあるどの型も。ほかに、全ての月の一覧、前の公開との比べ（下書き）、小さな事業所のもの。"""
    found = {kind_of(page, demo_release): page for page in all_pages(demo_release)[::-1]}
    found["employers/{employer}/reminders.html"] = demo_release / "employers/E02/reminders.html"
    draft = Home(_drafted).drafts / "2026-10"
    return found | {
        "../index.html": demo_release.parent / "index.html",
        "comparison/index.html": draft / "comparison" / "index.html",
        "employers/{small}/index.html": demo_release / "employers/E19/index.html",
    }


@dataclass(frozen=True)
class Looked:
    """一度開いて見たこと。読み上げの誤りと左の端は、型ごとに一枚だけ（ほかは None）。"""

    title: str
    language: str
    figures: int
    drawn: int
    requests: list[str]
    errors: list[str]
    edges: list[int] | None
    violations: list | None


# 手紙は便箋の形で、管理図は二つずつ並ぶ
EDGES = "[...document.querySelectorAll('main > *:not(figure[id^=xmr_])')].filter((part) => part.offsetWidth).map((part) => Math.round(part.getBoundingClientRect().left))"


def _looked(browser: Windows, path: Path, closely: bool) -> Looked:
    visit = Visit(browser, path)
    page = visit.page
    found = Looked(
        page.title(),
        page.evaluate("document.documentElement.lang"),
        page.locator("figure .chart").count(),
        page.locator("figure .main-svg").count(),
        [url for url in visit.requests if not url.startswith("file://")],
        [*visit.errors],  # axe は、このページの方針（CSP）が断るものも取りに行くので、その前に
        sorted({*page.evaluate(EDGES)}) if closely else None,
        Axe().run(page).response["violations"] if closely else None,
    )
    visit.close()
    return found


@pytest.fixture(scope="module")
def looked(browser, kinds, demo_release, once) -> dict[Path, Looked]:
    """公開の全てのページと、型ごとの一枚を、一度ずつ開いて見たもの。並ぶプロセスの一つが見て、ほかは、それを読む。"""
    corrected = demo_release.parent / "2026-09-r2" / "index.html"
    closely = {*kinds.values()}
    pages = sorted({*all_pages(demo_release), *closely, corrected})

    def look(folder: Path) -> None:
        seen = [asdict(_looked(browser, path, path in closely)) for path in pages]
        folder.mkdir()
        (folder / "seen.json").write_text(json.dumps(seen), encoding="utf-8")

    seen = json.loads((once("looked", look) / "seen.json").read_text(encoding="utf-8"))
    return {path: Looked(**one) for path, one in zip(pages, seen, strict=True)}


def test_every_page_of_the_catalogue_is_visited(kinds):
    assert {edition.page for edition in EDITIONS} <= kinds.keys()
    assert {page["href"] for page in SOCIETY_PAGES} <= kinds.keys()


def test_every_page_is_drawn_without_a_remote_request_or_an_error(looked, kinds, demo_release):
    assert len(all_pages(demo_release)) == 1 + 13 + 19 * 2
    assert {path for path, page in looked.items() if page.drawn < page.figures} == set()
    assert {path for path, page in looked.items() if page.requests or page.errors} == set()
    assert {page.language for page in looked.values()} == {"ja"}
    unmarked = {path for path, page in looked.items() if "架空データ" not in page.title}
    assert unmarked == {kinds["comparison/index.html"]}, (
        "小さな組合の下書きだけが、架空の印のない置き場所"
    )


def test_the_parts_of_a_page_begin_at_one_edge(looked, kinds):
    """見出し、文、数字、図、表の左の端は、一つ。"""
    aligned = [path for path in kinds.values() if not path.name.startswith("letters")]
    assert {path: looked[path].edges for path in aligned if len(looked[path].edges) != 1} == {}


def test_no_page_has_an_accessibility_violation(looked, kinds):
    found = {
        name: [(rule["id"], [node["html"][:120] for node in rule["nodes"]][:3]) for rule in rules]
        for name, path in kinds.items()
        if (rules := looked[path].violations)
    }
    assert found == {}


@pytest.mark.parametrize("width", [375, 768, 1280])
def test_no_page_is_wider_than_the_screen(browser, kinds, width):
    for path in kinds.values():
        visit = Visit(browser, path, viewport={"width": width, "height": 900})
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width, path
        visit.close()


def test_the_charts_show_what_the_tables_say(browser, demo_release):
    visit = Visit(browser, demo_release / "management" / "index.html")
    drawn = visit.page.evaluate(
        "document.querySelector('#trend .chart').data[0].y.filter(v => v !== null)"
    )
    shown = visit.page.locator("#trend tbody tr td:nth-child(4)").all_inner_texts()
    visit.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    shown = visit.page.locator("#trend tbody tr td:nth-child(4)").all_inner_texts()
    assert [float(text) for text in shown if text != "—"] == drawn
    assert len(drawn) == 24
    visit.close()


def test_a_page_is_complete_without_javascript(browser, kinds):
    for path in kinds.values():
        visit = Visit(browser, path, java_script_enabled=False)
        assert visit.page.locator("main").inner_text().strip(), path
        assert (
            not visit.page.locator(".chart").first.is_visible()
            if visit.page.locator("figure .chart").count()
            else True
        )
        drawn = visit.page.locator("figure svg.drawn").all()
        assert len(drawn) == visit.page.locator("figure").count()
        assert all(picture.is_visible() for picture in drawn)
        visit.close()


def test_the_months_under_a_chart_do_not_overlap_on_a_phone(browser, demo_release):
    visit = Visit(
        browser,
        demo_release / "employers" / "E01" / "index.html",
        viewport={"width": 375, "height": 900},
    )
    boxes = [label.bounding_box() for label in visit.page.locator("#trend .xtick text").all()]
    assert len(boxes) > 2
    assert all(left["x"] + left["width"] <= right["x"] for left, right in itertools.pairwise(boxes))
    visit.close()


def test_a_heading_of_the_employers_sorts_them_and_the_total_stays_below(browser, demo_release):
    visit = Visit(browser, demo_release / "internal" / "index.html")
    table = visit.page.locator("#employers table")
    codes = "rows => rows.map(row => row.cells[0].textContent.trim())"
    sizes = "rows => rows.map(row => Number(row.cells[2].textContent.replaceAll(',', '')))"
    rows = "#employers tbody tr:not(.total)"
    before = visit.page.eval_on_selector_all(rows, codes)
    table.locator("thead button").nth(2).click()
    found = visit.page.eval_on_selector_all(rows, sizes)
    assert found == sorted(found)
    table.locator("thead button").nth(2).click()
    assert visit.page.eval_on_selector_all(rows, sizes) == found[::-1]
    table.locator("thead button").first.click()
    assert sorted(before) == visit.page.eval_on_selector_all(rows, codes)
    assert table.locator("tbody tr").last.get_attribute("class") == "total"
    visit.close()


def test_choosing_an_employer_changes_the_charts_their_titles_and_their_tables(
    browser, demo_release
):
    path = demo_release / "internal" / "dashboard.html"
    visit = Visit(browser, path)
    figure = visit.page.locator("#chosen_rate")
    choices = json.loads(figure.locator(".choices").text_content())["each"]
    for at, value in enumerate(("E03", "家族", "12")):
        visit.page.locator(".chooser select").nth(at).select_option(value)
    chosen = choices["E03|家族"]
    assert figure.locator("figcaption").text_content().startswith(chosen["title"])
    label = figure.locator(".chart").get_attribute("aria-label")
    assert label.startswith(chosen["title"] + "。")
    drawn = visit.page.evaluate("document.querySelector('#chosen_rate .chart').data[0].y")
    assert drawn == chosen["y"][0]
    rows = figure.locator("tbody tr:not([hidden])")
    assert rows.count() == 12
    last = figure.locator("tbody tr").last.locator("td").first.text_content()
    assert last == f"{chosen['y'][0][23]:.1f}"
    stacked = visit.page.evaluate(
        "document.querySelector('#chosen_status .chart').data.map((t) => t.base[23] + t.y[23])"
    )
    assert stacked == sorted(stacked)
    picked = visit.page.locator("[data-employer].picked, tr.picked")
    assert picked.count() == 3
    assert all("株式会社ジャッツ" in text for text in picked.all_inner_texts())
    assert visit.errors == []
    visit.close()


def test_the_society_has_one_line_and_a_chosen_employer_the_society_beside_it(
    browser, demo_release
):
    visit = Visit(browser, demo_release / "internal" / "dashboard.html")
    names = (
        "() => [...document.querySelectorAll('#chosen_rate .legendtext')].map((t) => t.textContent)"
    )
    drawn = "() => document.querySelector('#chosen_rate .chart').data.filter((t) => t.y.some((v) => v !== null)).length"
    society = visit.page.evaluate(names)
    assert "組合全体" not in "".join(society)
    lines = visit.page.evaluate(drawn)
    visit.page.locator(".chooser select").first.select_option("E03")
    assert [name for name in visit.page.evaluate(names) if "組合全体" in name]
    visit.page.locator(".chooser select").first.select_option("TOTAL")
    assert (sorted(visit.page.evaluate(names)), visit.page.evaluate(drawn)) == (
        sorted(society),
        lines,
    )
    visit.close()


def test_what_was_chosen_is_what_is_printed(browser, demo_release):
    visit = Visit(browser, demo_release / "internal" / "dashboard.html")
    visit.page.locator(".chooser select").first.select_option("E03")
    visit.page.emulate_media(media="print")
    assert visit.page.locator("figure.chosen").count() == 4
    assert visit.page.locator("figure.chosen .chart").first.is_visible()
    assert not visit.page.locator("figure.chosen svg.drawn").first.is_visible()
    assert visit.page.locator("figure:not(.chosen) svg.drawn").first.is_visible()
    visit.close()


def test_every_employer_is_on_the_dashboard_without_javascript(browser, demo_release):
    path = demo_release / "internal" / "dashboard.html"
    visit = Visit(browser, path, java_script_enabled=False)
    assert not visit.page.locator(".chooser").is_visible()
    panels = visit.page.locator("[data-employer]").all()
    assert len(panels) == 22
    assert all(panel.is_visible() for panel in panels)
    for name in ("by_status", "by_moves"):
        assert visit.page.locator(f"#{name} tbody tr:visible").count() == 22
    visit.close()


@pytest.mark.parametrize("place", ["index.html", "../index.html"])
def test_the_portals_filter_employers_by_any_spelling(browser, demo_release, place):
    visit = Visit(browser, demo_release / place)
    visit.page.fill("#search", "ｼﾞｬｯﾂ")
    assert visit.page.locator("tr[data-search]:visible").count() == 2
    assert visit.page.inner_text("#search-count") == "2 件"
    visit.page.fill("#search", "e19")
    assert visit.page.locator("tr[data-search]:visible").count() == 1
    visit.page.click("tr[data-search]:visible a >> text=登録状況")
    assert visit.page.url == (demo_release / "employers" / "E19" / "index.html").as_uri()
    visit.close()


def test_every_page_leads_to_its_list_its_month_and_all_months_and_back(browser, demo_release):
    visit, shelf = Visit(browser, demo_release.parent / "index.html"), demo_release.parent.as_uri()
    month = f"{shelf}/2026-10"
    way = {
        "2026年10月の資料": f"{month}/index.html",
        "月次報告（概数）": f"{month}/management/index.html",
        "2026年10月の資料 ": f"{month}/index.html",
        "資料の一覧": f"{shelf}/index.html",
    }
    for title, expected in way.items():
        visit.page.get_by_role("link", name=title.strip(), exact=True).first.click()
        assert visit.page.url == expected
    visit.page.goto(f"{month}/employers/E01/index.html")
    for title, name in {"勧奨リスト": "reminders.html", "事業所の登録状況": "index.html"}.items():
        visit.page.get_by_role("link", name=title, exact=True).click()
        assert visit.page.url == f"{month}/employers/E01/{name}"
    assert visit.page.locator("nav.place a[href^='../']").count() == 0
    visit.close()


def test_a_replaced_version_says_so_and_the_new_one_says_what_when_and_why(browser, demo_release):
    shelf, said = demo_release.parent, {}
    for name in ("2026-08", "2026-09", "2026-09-r2"):
        visit = Visit(browser, shelf / name / "index.html")
        said[name] = visit.page.evaluate(
            "getComputedStyle(document.querySelector('.state'), '::before').content"
        )
        visit.close()
    assert "2026-09-r2 に置きかえました" in said.pop("2026-09")
    assert set(said.values()) == {"none"}
    pages = (shelf / "2026-09-r2").rglob("*.html")
    for page in pages:
        if page.name.startswith(("letters", "objection", "withdrawal")):
            continue  # 手紙と、申出の用紙は、本人が読む
        text = page.read_text(encoding="utf-8")
        assert "第2版（2026年10月20日に作成）" in text, page
        assert "届き直したファイルで作り直しました" in text, page
        assert "変わったもの：2026年9月のファイル" in text, page
    months = (shelf / "index.html").read_text(encoding="utf-8")
    states = re.findall('<span class="badge state-[a-z]+">([^<]+)</span>', months)
    assert states == ["公開済", "公開済", "訂正 第2版", "公開済"], "はじめは、いちばん新しい月の札"


def test_every_page_prints_on_a4_with_its_charts_inside_the_paper(browser, demo_release, tmp_path):
    visit = Visit(
        browser, demo_release / "management" / "index.html", viewport={"width": 1280, "height": 900}
    )
    visit.page.emulate_media(media="print")
    assert not visit.page.locator("figure .chart").first.is_visible()
    assert visit.page.locator("figure svg.drawn").first.is_visible()
    printed = visit.page.pdf(format="A4", path=str(tmp_path / "page.pdf"))
    assert printed.startswith(b"%PDF")
    visit.close()


SQUEEZED = """() => {
  const lines = (cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size;
  };
  const cells = [...document.querySelectorAll("tbody td")].filter((cell) => cell.offsetParent);
  const short = cells.filter((cell) => cell.textContent.trim().length <= 12);
  return short.filter((cell) => lines(cell) > 2).map((cell) => cell.textContent.trim());
}"""
"""十二字までの升のうち、三行からになったもの。"""
PAPER = {"width": 703, "height": 1009}  # A4 から余白を除いたもの（96 dpi）


@pytest.mark.parametrize(
    "name",
    [
        "management/index.html",
        "internal/index.html",
        "internal/dashboard.html",
        "internal/intake_review.html",
        "employers/E01/index.html",
        "notice/index.html",
    ],
)
def test_no_column_is_squeezed_on_paper_and_no_title_is_parted_from_its_subtitle(
    browser, demo_release, name
):
    visit = Visit(browser, demo_release / name, viewport=PAPER)
    visit.page.emulate_media(media="print")
    assert visit.page.evaluate(SQUEEZED) == []
    broken = (
        "[...document.querySelectorAll('figcaption')].map(one => getComputedStyle(one).breakInside)"
    )
    assert {*visit.page.evaluate(broken)} <= {"avoid"}
    visit.close()


def test_an_employer_folder_works_wherever_it_is_copied(browser, demo_release, tmp_path):
    folder = shutil.copytree(demo_release / "employers" / "E01", tmp_path / "渡したもの")
    visit = Visit(browser, folder / "index.html")
    assert visit.page.locator("figure .main-svg").count() >= 1
    assert visit.errors == []
    visit.close()


@pytest.mark.parametrize("width", [375, 1280])
def test_the_sheet_for_the_system_vendor_stands_alone(browser, tmp_path, width):
    file, sheet = tmp_path / "届いたもの.csv", tmp_path / "確認シート.html"
    file.write_text("101,8399001,00,1,20240401,,,1\n101,8399002,00,0,,,,\n", encoding="utf-8")
    profile(file, sheet=sheet)
    visit = Visit(browser, sheet, viewport={"width": width, "height": 800})
    assert (visit.requests, visit.errors) == ([sheet.as_uri()], [])
    assert visit.page.locator("table.answer tbody tr").count() == 15
    assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert "83990" not in visit.page.content()
    assert Axe().run(visit.page).violations_count == 0
    visit.close()
