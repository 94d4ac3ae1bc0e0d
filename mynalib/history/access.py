"""だれが読めるか：置き場所の中は、持ち主（か、その組）だけのもの。だれでも読めるのは、公開の広く配る版とその入口だけ。"""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OWNERS = 0o077  # umask：持ち主だけ
SHARED = 0o007  # umask：持ち主とその組


@contextmanager
def private(shared: bool) -> Iterator[None]:
    """この中で作るものは、持ち主だけの（shared なら組の人も使える）ものになる。利用者の umask には依らない。"""
    before = os.umask(SHARED if shared else OWNERS)
    try:
        yield
    finally:
        os.umask(before)


def is_shared(folder: Path) -> bool:
    """組の人と使うフォルダーか。印は、組が書けて、中に作るものが組を受けつぐこと（setgid。`myna init --group` が付ける）。"""
    marks = stat.S_ISGID | stat.S_IWGRP
    return os.name != "nt" and folder.is_dir() and folder.stat().st_mode & marks == marks


def tighten(paths: Iterable[Path], shared: bool) -> None:
    """持ち主（shared なら組の人も）のほかには読めなくする。Excel や人が置いたものも、次の命令が閉じる。

    リンクの先と、ほかの人のものは変えない。Windows では、置き場所の権限を受けつぐので、何もしない。
    """
    for path in paths if os.name != "nt" else ():
        with suppress(OSError):  # ほかの人のもの、いま消えたもの、書けないディスク
            found = path.lstat().st_mode
            wanted = _closed(found, shared)
            if wanted != stat.S_IMODE(found) and not stat.S_ISLNK(found):
                path.chmod(wanted)


def _closed(found: int, shared: bool) -> int:
    """持ち主の権限はそのままに、組には同じもの（shared のとき）か何もなし、ほかの人には何もなし。"""
    owners = found & stat.S_IRWXU
    # rwx の三ビットずつ。例：組と使わないファイルの 644 は 600 に、使うファイルの 644 は 660 になる
    groups = owners >> 3 if shared else 0
    # setgid のあるフォルダーの中では、だれが作っても組が同じになる。落とすと、もう一人に読めないものができる
    inherit = stat.S_ISGID if shared and stat.S_ISDIR(found) else found & stat.S_ISGID
    return owners | groups | inherit


def open_to_all(path: Path) -> None:
    """だれでも読める（フォルダーなら、中をたどれる）ようにする。"""
    if os.name != "nt":
        # 読む（4）に加え、フォルダーは、たどる（1）も要る
        path.chmod(stat.S_IMODE(path.stat().st_mode) | (0o055 if path.is_dir() else 0o044))


def open_folder(path: Path, shared: bool) -> None:
    """だれでもたどれるフォルダーを作る。書けるのは、持ち主（shared なら組の人も）だけ。もうあれば、広げない。"""
    if not path.is_dir():
        path.mkdir(parents=True, mode=0o700)
        tighten([path], shared)
        open_to_all(path)
