"""壊れない置き方：隣に書き、確かめ、名前を変えて一度に置く。置きかえはしない。"""

import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mynalib.domain.errors import MynaError, is_full
from mynalib.domain.months import Month
from mynalib.history.access import open_to_all

_REVISION = re.compile(r"(20[0-9]{2}-(?:0[1-9]|1[0-2]))(?:-r([2-9]|[1-9][0-9]+))?")
_PLACING = ".placing-"  # ほかのファイルシステムへ写している途中のフォルダーの名のはじまり


class DiskFull(MynaError):
    """空きが足りない。"""

    code = "DISK_FULL"
    what = "空き容量が足りません。これまでの月と公開したものは、変わっていません"
    fix = "要らないものを消すか、広いディスクに移してから、もう一度実行してください。"


class NotWritable(MynaError):
    """書けない場所がある。"""

    code = "NOT_WRITABLE"
    what = "読み書きできません"
    fix = "フォルダーの権限と、ほかのソフト（Excel など）で開いていないかを確かめて、もう一度実行してください。"


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
        if is_full(error):
            raise DiskFull(where=str(root)) from None
        kind = errno.errorcode.get(error.errno or 0, type(error).__name__)
        raise NotWritable(
            where=str(error.filename or root), what=f"読み書きできません（{kind}）"
        ) from None


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
    return hashlib.sha256(
        json.dumps(facts, ensure_ascii=False, sort_keys=True).encode()
    ).hexdigest()


def revision_of(name: str) -> tuple[Month, int] | None:
    """フォルダーの名（2026-10、2026-10-r2 …）から、月と版。月のフォルダーの名でなければ None。"""
    found = _REVISION.fullmatch(name)
    return (Month.parse(found[1]), int(found[2] or 1)) if found else None


def revisions(folder: Path) -> dict[Month, list[Path]]:
    """月ごとの版のフォルダー（2026-10、2026-10-r2 …）。古い版が先。"""
    found: dict[Month, list[tuple[int, Path]]] = {}
    for path in folder.iterdir() if folder.is_dir() else ():
        named = revision_of(path.name)
        if named and path.is_dir():
            month, number = named
            found.setdefault(month, []).append((number, path))
    return {month: [path for _, path in sorted(found[month])] for month in sorted(found)}


def next_revision(folder: Path, month: Month, known: Collection[str] = ()) -> int:
    """その月の、次の版の番号。known は、前に使った版の名。いまディスクになくても、同じ名は使わない。"""
    used = [*(path.name for path in revisions(folder).get(month, [])), *known]
    return 1 + max(
        (number for at, number in filter(None, map(revision_of, used)) if at == month), default=0
    )


def place_folder(
    staged: Path,
    folder: Path,
    month: Month,
    *,
    read_only: bool = False,
    known: Collection[str] = (),
) -> Path:
    """書き終えたフォルダーを、その月の次の版として一度に置く。置いた場所を返す。

    Args:
        read_only: 中のファイルを書きかえられなくする。
        known: 前に使った版の名。いまディスクになくても、同じ名は使わない。
    """
    number = next_revision(folder, month, known)
    target = folder / (f"{month}-r{number}" if number > 1 else str(month))
    for path in [*staged.rglob("*"), staged]:
        flush(path, read_only=read_only and path.is_file())
    if target.exists():  # 同じ名のファイル。OS によっては、黙って置きかわる
        raise FileExistsError(errno.EEXIST, "", str(target))
    try:
        staged.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _place_across(staged, target)
    flush(folder)
    return target


def _place_across(staged: Path, target: Path) -> None:
    """ほかのファイルシステムへ：隣の隠れたフォルダーに写し、ディスクに届かせてから、名を変えて一度に置く。"""
    beside = target.with_name(f"{_PLACING}{target.name}")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        _copy_tree(staged, beside)
        for path in [*beside.rglob("*"), beside]:
            flush(path)
        beside.rename(target)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    shutil.rmtree(staged, ignore_errors=True)


def _copy_tree(origin: Path, target: Path) -> None:
    """権限ごと写す。同じ中身を指すファイルは、写した先でも一つ。写し終えるまで、ほかの人は入れない。"""
    target.mkdir(mode=0o700)
    first: dict[tuple[int, int], Path] = {}
    below = sorted(origin.rglob("*"))
    for path in below:
        to = target / path.relative_to(origin)
        facts = path.stat()
        if path.is_dir():
            to.mkdir()
        elif (same := first.setdefault((facts.st_dev, facts.st_ino), to)) != to:
            link_or_copy(same, to)
        else:
            shutil.copyfile(path, to)
    for path in [*below, origin]:
        shutil.copymode(path, target / path.relative_to(origin))


def clear_placing(folder: Path) -> None:
    """前の処理が、写している途中で落ちて残したフォルダーを消す。"""
    for left in folder.glob(f"{_PLACING}*"):
        shutil.rmtree(left, ignore_errors=True)


def write_file(path: Path, content: bytes, *, for_all: bool = False) -> None:
    """一つのファイルを、途中の形を見せずに置きかえる。for_all なら、だれでも読める。"""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(content)
    if for_all:
        open_to_all(beside)
    replace_file(beside, path)


def replace_file(written: Path, target: Path, *, read_only: bool = False) -> None:
    """書き終えたファイルを、ディスクに届かせてから、その名にする。"""
    flush(written, read_only=read_only)
    written.replace(target)
    flush(target.parent)


def link_or_copy(origin: Path, target: Path) -> None:
    """同じ中身のファイルを置く。できれば場所を取らずに。ほかの人のファイルは、権限を決められないので、写す。"""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if os.name != "nt" and origin.stat().st_uid != os.geteuid():
            raise PermissionError
        target.hardlink_to(origin)
    except OSError:
        shutil.copyfile(origin, target)


def fresh_folder(path: Path) -> Path:
    """空の、ほかの人には読めないフォルダー。前の処理の残りは消す。"""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True, mode=0o770)
    return path


def remove_tree(folder: Path) -> None:
    """フォルダーを中身ごと消す。Windows は、読み取り専用のファイルを、そのままでは消せない。"""
    for path in folder.rglob("*") if os.name == "nt" else ():
        path.chmod(0o600)
    shutil.rmtree(folder)


def remove_file(path: Path) -> None:
    """ファイルがあれば消す。Windows は、読み取り専用のままでは消せない。"""
    if os.name == "nt" and path.exists():
        path.chmod(0o600)
    path.unlink(missing_ok=True)


def flush(path: Path, *, read_only: bool = False) -> None:
    """ディスクに届かせる。read_only なら、そのあと（名を付ける前に）書きかえられなくする。"""
    if path.is_dir() and os.name == "nt":  # Windows のフォルダーは開けず、書きこみは OS に任せる
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() or os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    if read_only:
        path.chmod(path.stat().st_mode & 0o555)
