"""試験の道具：並んで動くプロセスの間で、一度だけ作るもの。架空の組合は、試験のはじめに、別のプロセスで作っておく。"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from mynalib.demo_months import run_demo
from mynalib.jobs.running import Running


def made_once(base: Path, name: str, make: Callable[[Path], object]) -> Path:
    """base の中の、その名のフォルダー。はじめに頼んだプロセスが make で作り、ほかは、できるのを待つ。"""
    folder, finished = base / name, base / f"{name}.finished"
    with FileLock(base / f"{name}.lock"):
        if not finished.exists():
            shutil.rmtree(folder, ignore_errors=True)  # 作りかけ
            make(folder)
            finished.touch()
    return folder


def make_demo(folder: Path) -> None:
    """`myna demo` と同じもの。進み具合は見せない。"""
    run_demo(folder, None, lambda _: Running())


if __name__ == "__main__":
    # ここで作れなくても、使う試験が、自分で作ろうとして、誤りを見せる
    made_once(Path(sys.argv[1]), "demo", make_demo)
