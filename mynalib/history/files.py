"""ファイルの壊れない書き方：隣に書き、ディスクに届かせ、名前を変えて一度に置く。書いたままかを確かめるハッシュ。"""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mynalib.domain.errors import MynaError, is_full
from mynalib.history.access import open_to_all


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
        # ファイルの番号のないところ（0）では、道ごとに読む
        key = (facts.st_dev, facts.st_ino or path)
        if key not in read:
            read[key] = sha256(path)
        yield read[key]


def sha256_of(facts: object) -> str:
    """JSON にできるものの中身のハッシュ。項目の順には依らない。"""
    return hashlib.sha256(
        json.dumps(facts, ensure_ascii=False, sort_keys=True).encode()
    ).hexdigest()


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
    # 中身が先。名だけが先にディスクに届くと、停電のあとに、空のファイルがその名で残る
    flush(written, read_only=read_only)
    written.replace(target)
    flush(target.parent)


def fresh_folder(path: Path) -> Path:
    """空の、ほかの人には読めないフォルダー。前の処理の残りは消す。"""
    shutil.rmtree(path, ignore_errors=True)
    # umask（home.private）が、組かほかの人の分を落とす
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
    # Windows の fsync は、書ける形で開いたファイルにしかできない
    handle = os.open(path, os.O_RDONLY if path.is_dir() or os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    if read_only:
        # 書く権限だけを落とす。読む人は変えない
        path.chmod(path.stat().st_mode & 0o555)
