"""架空の組合の置き場所に残す控え：demo が作ったファイルの名とハッシュ。作り直すとき、消してよいのは、これと同じものだけ。"""

import json
from pathlib import Path

from mynalib.history.files import sha256_each, write_file
from mynalib.history.home import Home

DEMO_FILE = "demo-files.json"
# 控えを書いている間にもあるもの：錠と、控えの書きかけ
ALWAYS_OURS = ("data/.lock", f"data/.{DEMO_FILE}.part")


def mark_demo(home: Home) -> None:
    """いまあるもの全てを、demo が作ったものとして控える。"""
    paths = sorted(_files(home))
    made = dict(zip((_name(home, path) for path in paths), sha256_each(paths), strict=True))
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
    found = _files(home)
    foreign = [path for path in found if path.is_symlink()]  # demo は、リンクを作らない
    counted = [path for path in found if not path.is_symlink() and not _is_cache(home, path)]
    for path, digest in zip(counted, sha256_each(counted), strict=True):
        if known.get(_name(home, path)) != digest:
            foreign.append(path)
    return sorted(_name(home, path) for path in foreign)


def _name(home: Home, path: Path) -> str:
    return path.relative_to(home.root).as_posix()


def _is_cache(home: Home, path: Path) -> bool:
    return path.parent == home.cubes or _name(home, path) in ALWAYS_OURS


def _mark(home: Home) -> Path:
    return home.data / DEMO_FILE


def _files(home: Home) -> list[Path]:
    """フォルダーのほかの全て（控えを除く）。"""
    found = (path for path in home.root.rglob("*") if not path.is_dir() or path.is_symlink())
    return [path for path in found if path != _mark(home)]
