"""README の図を作り直す（`make screenshot`）。架空データの月次報告を、本物の Chromium で撮る。"""

import os
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from mynalib.demo_months import run_demo
from mynalib.jobs.running import Running

os.environ.setdefault("MYNA_TODAY", "2026-11-22")
TARGET = Path(__file__).parents[2] / "docs" / "management.png"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        released = run_demo(Path(folder) / "demo", None, lambda _: Running()).folder
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(
            viewport={"width": 1100, "height": 1180}, device_scale_factor=1, locale="ja-JP"
        )
        page.goto((released / "management" / "index.html").as_uri())
        page.wait_for_selector(".main-svg")
        TARGET.parent.mkdir(exist_ok=True)
        page.screenshot(path=TARGET)
        browser.close()


if __name__ == "__main__":
    main()
