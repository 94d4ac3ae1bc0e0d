"""壊れない置き方：隣に書き、確かめ、名前を変えて一度に置く。置きかえはしない。"""

import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month

_REVISION = re.compile(r"(20[0-9]{2}-(?:0[1-9]|1[0-2]))(?:-r([2-9]|[1-9][0-9]+))?")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class DiskFull(MynaError):
    """空きが足りない。"""

    code = "DISK_FULL"


class NotWritable(MynaError):
    """書けない場所がある。"""

    code = "NOT_WRITABLE"


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """root の中に書く処理を囲む。ディスクの失敗を、利用者に分かるエラーにする。

    Raises:
        DiskFull: 空きが足りない。
        NotWritable: 権限がない、ほかのソフトが開いている、フォルダーのはずがファイル、など。
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(where=str(root)) from None
        kind = errno.errorcode.get(error.errno or 0, type(error).__name__)
        raise NotWritable(where=str(error.filename or root), kind=kind) from None


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_each(paths: Iterable[Path]) -> Iterator[str]:
    """一つずつのハッシュ。同じ中身を指すもの（ハードリンク）は、一度しか読まない。"""
    read: dict[object, str] = {}
    for path in paths:
        facts = path.stat()
        key = (facts.st_dev, facts.st_ino or path)
        if key not in read:
            read[key] = sha256(path)
        yield read[key]


def sha256_of(facts: object) -> str:
    """JSON にできるものの中身のハッシュ。項目の順には依らない。"""
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def revisions(folder: Path) -> dict[Month, list[Path]]:
    """月ごとの版のフォルダー（2026-10、2026-10-r2 …）。古い版が先。"""
    found: dict[Month, list[tuple[int, Path]]] = {}
    for path in folder.iterdir() if folder.is_dir() else ():
        name = _REVISION.fullmatch(path.name)
        if name and path.is_dir():
            found.setdefault(Month.parse(name[1]), []).append((int(name[2] or 1), path))
    return {month: [path for _, path in sorted(found[month])] for month in sorted(found)}


def place_folder(staged: Path, folder: Path, month: Month, mode: int | None = None) -> Path:
    """書き終えたフォルダーを、その月の次の版として一度に置く。置いた場所を返す。mode は、中のファイルの権限。"""
    existing = revisions(folder).get(month, [])
    last = int(_REVISION.fullmatch(existing[-1].name)[2] or 1) if existing else 0
    target = folder / (f"{month}-r{last + 1}" if last else str(month))
    for path in [*staged.rglob("*"), staged]:
        flush(path, mode if path.is_file() else None)
    if target.exists():  # 同じ名のファイル。OS によっては、黙って置きかわる
        raise FileExistsError(errno.EEXIST, "", str(target))
    staged.rename(target)
    flush(folder)
    return target


def write_file(path: Path, content: bytes) -> None:
    """一つのファイルを、途中の形を見せずに置きかえる。"""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(content)
    replace_file(beside, path)


def replace_file(written: Path, target: Path, mode: int | None = None) -> None:
    """書き終えたファイルを、ディスクに届かせてから、その名にする。"""
    flush(written, mode)
    written.replace(target)
    flush(target.parent)


def link_or_copy(origin: Path, target: Path) -> None:
    """同じ中身のファイルを置く。できれば場所を取らずに。"""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(origin)
    except OSError:
        shutil.copyfile(origin, target)


def fresh_folder(path: Path) -> Path:
    """空の、自分だけが読めるフォルダー。前の処理の残りは消す。"""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True, mode=0o700)
    return path


def remove_file(path: Path) -> None:
    """ファイルがあれば消す。Windows は、読み取り専用のままでは消せない。"""
    if path.exists():
        path.chmod(0o600)
        path.unlink()


def flush(path: Path, mode: int | None = None) -> None:
    """ディスクに届かせる。mode があれば、そのあと権限を決める（名を付ける前に、書きかえられなくする）。"""
    if path.is_dir() and os.name == "nt":  # Windows のフォルダーは開けず、書きこみは OS に任せる
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() or os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    if mode:
        path.chmod(mode)
