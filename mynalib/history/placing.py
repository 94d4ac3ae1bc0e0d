"""月と公開の置き方：書き終えたフォルダーを、次の版として一度に置く。置きかえはしない。"""

import errno
import os
import shutil
from collections.abc import Collection
from pathlib import Path

from mynalib.domain.months import Month
from mynalib.history.files import flush
from mynalib.history.revisions import next_revision

_PLACING = ".placing-"  # ほかのファイルシステムへ写している途中のフォルダーの名のはじまり


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
    # 中身が全てディスクに届いてから、名を変える
    for path in [*staged.rglob("*"), staged]:
        flush(path, read_only=read_only and path.is_file())
    if target.exists():  # 同じ名のファイル。OS によっては、黙って置きかわる
        raise FileExistsError(errno.EEXIST, "", str(target))
    try:
        staged.rename(target)
    except OSError as error:
        # reports/ を、共有フォルダーなど、ほかのディスクに置いている。そこへは、名を変えるだけでは移せない
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
            continue
        # はじめての中身なら、自分（to）が返る。二度目からは、先に写したものを指す
        same = first.setdefault((facts.st_dev, facts.st_ino), to)
        if same != to:
            link_or_copy(same, to)
        else:
            shutil.copyfile(path, to)
    # 権限は最後。書けないフォルダーを先に作ると、その中に写せない
    for path in [*below, origin]:
        shutil.copymode(path, target / path.relative_to(origin))


def clear_placing(folder: Path) -> None:
    """前の処理が、写している途中で落ちて残したフォルダーを消す。"""
    for left in folder.glob(f"{_PLACING}*"):
        shutil.rmtree(left, ignore_errors=True)


def link_or_copy(origin: Path, target: Path) -> None:
    """同じ中身のファイルを置く。できれば場所を取らずに。ほかの人のファイルは、権限を決められないので、写す。"""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if os.name != "nt" and origin.stat().st_uid != os.geteuid():
            raise PermissionError
        target.hardlink_to(origin)
    except OSError:
        shutil.copyfile(origin, target)
