"""架空の組合の置き場所に残す控え：demo が作ったファイルの名とハッシュ。作り直すとき、消してよいのは、これと同じものだけ。"""

import json
from pathlib import Path

from mynalib.history.files import sha256_each, write_file
from mynalib.history.home import Home

MARK = "demo-files.json"
ALWAYS_OURS = ("data/.lock", f"data/.{MARK}.part")


def mark_demo(home: Home) -> None:
    """いまあるもの全てを、demo が作ったものとして控える。"""
    paths = sorted(_files(home))
    names = (path.relative_to(home.root).as_posix() for path in paths)
    made = dict(zip(names, sha256_each(paths), strict=True))
    write_file(_mark(home), json.dumps(made, ensure_ascii=False, indent=0).encode())


def is_marked(home: Home) -> bool:
    return _mark(home).is_file()


def not_made_by_demo(home: Home) -> list[str]:
    """控えにないものと、控えと中身の違うもの。名の順。集計（いつ消してもよい）と錠は数えない。"""
    try:
        made = json.loads(_mark(home).read_text(encoding="utf-8"))
        known = {str(name): digest for name, digest in made.items()}
    except (OSError, ValueError, AttributeError):
        known = {}  # 読めない控えは、ないのと同じ
    foreign = []
    paths = sorted(_files(home))
    for path, digest in zip(paths, sha256_each(paths), strict=True):
        name = path.relative_to(home.root).as_posix()
        cached = path.parent == home.cubes or name in ALWAYS_OURS
        if not cached and known.get(name) != digest:
            foreign.append(name)
    return foreign


def _mark(home: Home) -> Path:
    return home.data / MARK


def _files(home: Home) -> list[Path]:
    """フォルダーのほかの全て（控えを除く）。"""
    found = (path for path in home.root.rglob("*") if not path.is_dir() or path.is_symlink())
    return [path for path in found if path != _mark(home)]
