"""本物の Chromium：どこにあるか、どう静かに起こすか。ないときに、見逃してよいか。"""

import os
import shutil

import pytest

CHROMIUM = shutil.which("chromium")
REQUIRED = bool(os.environ.get("MYNA_REQUIRE_BROWSER"))  # CI では、ブラウザーがないことを失敗にする
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
]


def require_chromium() -> None:
    """Chromium がなければ、その試験（か、そのファイル）を飛ばす。MYNA_REQUIRE_BROWSER があれば、飛ばさずに失敗させる。"""
    if not CHROMIUM and not REQUIRED:
        pytest.skip(
            "Chromium がないので、ブラウザーの試験は動かしていません", allow_module_level=True
        )
