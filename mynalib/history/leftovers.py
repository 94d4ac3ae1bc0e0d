"""止められた処理（kill -9 や停電）が、置き場所に残したもの。書きかけと仕事のカプセルには、人の鍵がある。"""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from mynalib.domain.errors import MynaError
from mynalib.history.home import Home
from mynalib.history.taking import is_half_taken, settle_taking

INCOMING = ".incoming"  # 書きかけの月
SPILL = ".spill-"  # 大きな月を数えるときの、DuckDB の途中の置き場の名のはじまり。そのあとに、使うプロセスの番号
RECORD = "record.json"  # 済んだ仕事の結果。これがあれば、出来たものは次に使える
OF_A_RUN = ("capsule", "private")  # 仕事が動いている間だけのもの


def spill_folder(months: Path) -> Path:
    """このプロセスだけの、途中の置き場。"""
    return months / f"{SPILL}{os.getpid()}-{uuid4().hex}"


def clear_leftovers(home: Home) -> None:
    """残りがあり、ほかの命令が動いていなければ、消す。消せないときは、次の命令に任せる。"""
    with suppress(OSError, MynaError):
        if any(_left(home)) or is_half_taken(home):
            with home.locked():
                settle_taking(home)
                remove_leftovers(home)


def remove_leftovers(home: Home) -> None:
    """残りを消す。錠の中で呼ぶ。"""
    for left in list(_left(home)):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def _left(home: Home) -> Iterator[Path]:
    yield from home.months.glob(INCOMING)
    yield from (spill for spill in home.months.glob(f"{SPILL}*") if not _is_used(spill))
    for folder in (
        home.data,
        home.originals,
        home.returners,
        home.registers,
        home.cubes,
        home.params,
        home.reports,
    ):
        yield from folder.glob(".*.part")
    # 原本の書きかけだけは、名が「.」ではじまらない（months.keep_original）
    yield from home.originals.glob("*.part")
    for job in home.drafts.glob("*/jobs/*"):
        if (job / RECORD).is_file():
            yield from (job / name for name in OF_A_RUN if (job / name).exists())
        else:
            yield job


def _is_used(spill: Path) -> bool:
    """その番号のプロセスが、まだ動いているか。check や verify は、錠をとらずに数える。"""
    number = spill.name.removeprefix(SPILL).split("-")[0]
    if os.name == "nt" or not number.isascii() or not number.isdecimal():
        return False  # Windows では、使われているファイルは消えない
    try:
        # 信号 0 は、何も送らず、そのプロセスがあるかだけを見る
        os.kill(int(number), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
