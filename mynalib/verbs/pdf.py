"""公開したページを、手もとのブラウザー（Chromium、Chrome、Edge）で PDF にする。ブラウザーは、この道具に付いてこない。"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mynalib.domain.errors import MynaError, Refused
from mynalib.domain.months import Month
from mynalib.history.files import write_file
from mynalib.history.home import Home
from mynalib.history.months import UnknownMonth
from mynalib.history.released import artefacts_of, reason_asked, released_file, releases

REPORT = "management/index.html"
BROWSER = "MYNA_BROWSER"
BROWSER_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
BROWSER_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    r"C:\Program Files\Microsoft\Edge\Application\msedge.exe",
)
PRINTING_SECONDS = 300  # 秒


class NoBrowser(MynaError):
    """PDF を作るブラウザーがないか、作れなかった。"""

    code = "NO_BROWSER"
    what = "PDF を作れるブラウザー（Chromium、Chrome、Edge）が見つかりません"
    fix = "入れるか、環境変数 MYNA_BROWSER に場所を書いてください。ページをブラウザーで開いて、印刷から PDF に保存しても、同じものが出来ます。"


def make_pdf(home: Home, month: Month, page: str = REPORT) -> Path:
    """その月の、いちばん新しい版のページを PDF にして、outbox/ の中の、その版のフォルダーに置く。

    Args:
        page: 公開の中の場所（management/index.html、employers/E01/reminders.html など）。
    Raises:
        UnknownMonth: 公開していない。
        Refused: そのページがない。
        ReleaseDamaged: 公開したときと違う。
        NoBrowser: ブラウザーがないか、動かない。
    """
    release = releases(home).get(month)
    if release is None:
        what = "公開していません（公開したことがないか、取り下げています）"
        fix = f"myna publish --month {month}{reason_asked(home, month)} で公開します。"
        raise UnknownMonth(where=str(month), what=what, fix=fix)
    artefacts = artefacts_of(home, release)
    pages = sorted(name for name in artefacts if name.endswith(".html"))
    if page not in pages:
        fix = f"あるのは {'、'.join(pages[:10])} などです。"
        raise Refused("UNKNOWN_PAGE", where=page, what="公開にないページです", fix=fix)
    # 変えられたページを印刷しない
    source = released_file(release, page, artefacts)
    content = _printed(_browser(), source)
    name = page.removesuffix(".html").replace("/", "-")
    target = home.root / "outbox" / release.name / f"{name}.pdf"
    with home.private():
        write_file(target, content)
    return target


def _browser() -> str:
    """ブラウザーの場所。MYNA_BROWSER に書いてあれば、それだけを使う。"""
    if named := os.environ.get(BROWSER):
        if found := shutil.which(named):
            return found
        raise NoBrowser(where=f"環境変数 {BROWSER}", what="そこに、動かせるブラウザーがありません")
    found = next(_found(), None)
    if found is None:
        raise NoBrowser(where="この機械")
    return found


def _found() -> Iterator[str]:
    yield from filter(None, map(shutil.which, (*BROWSER_NAMES, *BROWSER_PLACES)))


def _printed(browser: str, page: Path) -> bytes:
    """画面を出さずに印刷する。利用者の設定は使わず、外へは何も取りに行かない。"""
    # 利用者のブラウザーが開いていても動くように、設定も別の、使い捨てのもの
    with tempfile.TemporaryDirectory(prefix="mynalib-pdf-") as folder:
        target = Path(folder) / "page.pdf"
        command = [browser, "--headless", "--disable-gpu", "--no-pdf-header-footer"]
        command += ["--no-first-run", "--disable-background-networking", "--disable-extensions"]
        command += [f"--user-data-dir={folder}/profile", f"--print-to-pdf={target}"]
        # 管理者の利用者名では、Chromium は、囲いなしでしか動かない
        command += ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        try:
            subprocess.run(  # noqa: S603 決まった名の、手もとのブラウザー
                [*command, page.as_uri()], capture_output=True, timeout=PRINTING_SECONDS, check=True
            )
            return target.read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            what = f"ブラウザーが PDF を作れませんでした（{type(error).__name__}）"
            raise NoBrowser(where=browser, what=what) from None
