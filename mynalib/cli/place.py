"""命令の使う置き場所：探し、止められた命令の残りを消し、知らせる命令に書く。"""

import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mynalib.domain.errors import MynaError
from mynalib.history.home import Home, find_home
from mynalib.history.leftovers import clear_leftovers


@contextmanager
def at_home(given: Path | None) -> Iterator[Home]:
    """使う置き場所。止められた命令の残りを消してから使い、失敗には、どの置き場所でのことかを添える。"""
    # 見つからなければ、ここで止まる。どの置き場所でのことか、まだ言えない
    home = find_home(given)
    clear_leftovers(home)
    try:
        yield home
    except MynaError as error:
        error.home = str(home.root)
        error.at = pasted(given)
        raise


def clear_any_home(given: Path | None = None) -> None:
    """置き場所を使わない命令でも、分かる置き場所に残りがあれば消す。"""
    with suppress(MynaError, OSError):
        clear_leftovers(find_home(given))


def pasted(home: Path | None) -> str:
    """知らせる命令に付ける --home。貼って、そのまま動くように囲む。付けずに動いた命令には、要らない。"""
    if home is None:
        return ""
    # Windows の画面（cmd）と、ほかの OS のシェルでは、囲み方が違う
    path = str(home.resolve())
    return f" --home {subprocess.list2cmdline([path]) if os.name == 'nt' else shlex.quote(path)}"
