"""分析の作業台を開く JupyterLab：日本語、この機械の中だけ、合言葉つき、外へ何も尋ねない。

利用者の Jupyter と IPython の設定は使わない。設定、履歴、控えは、終わると消えるフォルダーに置く。
"""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mynalib.domain.errors import MynaError
from mynalib.history.home import Home
from mynalib.intake.scratch import scratch

LOCAL = "127.0.0.1"
STARTING = 120.0  # 秒。サーバーが起きるのを待つ
GRACE = 20.0  # 秒。終わるのを待つ
OWN_SETTINGS = ("JUPYTER", "IPYTHON", "PYTHONSTARTUP")
"""利用者の設定を指す環境変数の、名のはじめ。"""
LAB_SETTINGS = {  # JupyterLab の設定（プラグイン → 値）
    "@jupyterlab/translation-extension/plugin": {"locale": "ja_JP"},
    "@jupyterlab/apputils-extension/notification": {"checkForUpdates": False, "fetchNews": "false"},
    "@jupyterlab/extensionmanager-extension/plugin": {"enabled": False},
    "@jupyter-widgets/jupyterlab-manager/plugin": {"saveState": False},
}
KERNEL_SETTINGS = {  # 今のフォルダーは読みこまない。書いたものの履歴を残さない
    "InteractiveShellApp": {"ignore_cwd": True},
    "HistoryManager": {"enabled": False},
}


class LabFailed(MynaError):
    """JupyterLab が起きない。"""

    code = "LAB_FAILED"
    what = "JupyterLab が起きませんでした"
    fix = "上に出た文を見て直し、もう一度 myna lab を実行してください。"


@contextmanager
def lab(home: Home, notebook: str, browser: bool) -> Iterator[tuple[str, subprocess.Popen]]:
    """サーバーを起こし、開く番地（合言葉つき）とプロセスを渡す。出るときに終わらせ、使ったフォルダーを消す。

    Args:
        notebook: はじめに開くノートブック（home.notebooks の中の名）。
        browser: 利用者のブラウザーで開くか。
    Raises:
        LabFailed: 起きない。
    """
    with scratch() as folder:
        environment = _environment(home, folder)
        with home.private():
            server = subprocess.Popen(  # noqa: S603 自分の Python で、決まった引数だけ
                _command(home, folder, notebook, browser),
                # この口が閉じれば（kill -9 でも）、サーバーは終わる（lab_server）
                stdin=subprocess.PIPE,
                cwd=home.notebooks,
                env=environment,
                # 端末の Ctrl-C を、サーバーに届かせない。終わらせるのは、いつも _end
                start_new_session=True,
            )
        try:
            port = _port(server, folder / "runtime")
            token = environment["JUPYTER_TOKEN"]
            yield f"http://{LOCAL}:{port}/lab/tree/{notebook}?token={token}", server
        finally:
            _end(server)


def _command(home: Home, folder: Path, notebook: str, browser: bool) -> list[str]:
    options = {
        "ServerApp.ip": LOCAL,
        "ServerApp.root_dir": home.notebooks,
        "ServerApp.open_browser": browser,
        "ServerApp.allow_root": True,
        "LabApp.default_url": f"/lab/tree/{notebook}",
        "LabApp.news_url": None,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
        "LabApp.user_settings_dir": folder / "settings",
        "LabApp.workspaces_dir": folder / "workspaces",
        "ContentsManager.pre_save_hook": "mynalib.jobs.lab_saving.keep_only_code",
        # 同じ機械のほかの利用者も、カーネルの番号につなげる。暗号がなければ、起こさない
        "KernelManager.transport_encryption": "required",
        "FileCheckpoints.checkpoint_dir": folder / "checkpoints",
        "Application.log_level": "ERROR",
    }
    given = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "mynalib.jobs.lab_server", *given]


def _environment(home: Home, folder: Path) -> dict[str, str]:
    """合言葉は、ほかの利用者にも見える引数ではなく、環境で渡す。"""
    for name, value in LAB_SETTINGS.items():
        _write(folder / "settings" / f"{name}.jupyterlab-settings", value)
    _write(folder / "ipython" / "profile_default" / "ipython_config.json", KERNEL_SETTINGS)
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(OWN_SETTINGS)
    }
    rooms = {
        f"JUPYTER_{name.upper()}_DIR": str(folder / name) for name in ("config", "data", "runtime")
    }
    own = {"IPYTHONDIR": str(folder / "ipython"), "JUPYTER_TOKEN": secrets.token_urlsafe(24)}
    return inherited | rooms | own | {"MYNA_HOME": str(home.root)}


def _write(path: Path, value: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def _port(server: subprocess.Popen, runtime: Path) -> int:
    """サーバーの使う番号（空いていなければ、Jupyter が次を選ぶ）。"""
    until = time.monotonic() + STARTING
    while server.poll() is None and time.monotonic() < until:
        for path in runtime.glob("jpserver-*.json"):
            if found := path.read_text(encoding="utf-8"):
                return json.loads(found)["port"]
        time.sleep(0.1)
    raise LabFailed(where="myna lab")


def _end(server: subprocess.Popen) -> None:
    # 閉じるのが、終わりの知らせ。カーネルも片づけて終わるのを待ち、終わらなければ止める
    server.stdin.close()
    try:
        server.wait(GRACE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
