"""人の値を一時に書くフォルダー：自分だけが読め、終われば消え、強制終了で残れば、次の命令が消す。

消すのは、この道具が作ったと分かるものだけ（自分のもので、中の印にフォルダー自身の名が書いてあり、作り手が錠を放した）。
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from mynalib.intake.source import require_plain_name

PREFIX = "mynalib-"
MARKER = ".made-by-mynalib"
LOCK = ".in-use"  # 作り手が生きている間だけ、錠がかかっている。落ちれば、OS が外す


@contextmanager
def scratch() -> Iterator[Path]:
    """自分だけのフォルダー。

    Raises:
        BadPath: 一時フォルダーの道が、UTF-8 でない。
        OSError: 一時フォルダーに書けない。
    """
    clear_scratch()
    require_plain_name(tempfile.gettempdir(), "一時フォルダー（TMPDIR）")
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as made:
        folder = Path(made)
        with FileLock(folder / LOCK):
            # 印は錠のあとに付ける。印があって錠のないものは、作り手がもういない
            (folder / MARKER).write_text(folder.name, encoding="utf-8")
            # 使う側には、印と錠の見えない、空のフォルダーを渡す
            inside = folder / "inside"
            inside.mkdir(mode=0o700)
            yield inside


def clear_scratch() -> None:
    """落ちた命令の残りを消す。動いている命令のもの、ほかの人や利用者のものには、触らない。"""
    with suppress(OSError):
        for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
            with suppress(OSError, UnicodeError, Timeout):
                if _is_ours(left):
                    # とれなければ（Timeout）、作り手は生きている。とれたら放してから消す（Windows は、開いているファイルを消せない）
                    with FileLock(left / LOCK, timeout=0):
                        pass
                    shutil.rmtree(left)


def _is_ours(folder: Path) -> bool:
    # リンクの先は見ない。だれでも書ける一時フォルダーに置かれたリンクから、ほかのフォルダーを消さない
    facts = folder.lstat()
    mine = not hasattr(os, "getuid") or facts.st_uid == os.getuid()
    marker = folder / MARKER
    return (
        mine
        and stat.S_ISDIR(facts.st_mode)
        and not marker.is_symlink()
        and marker.is_file()
        and marker.read_text(encoding="utf-8") == folder.name
    )
