"""消すものを、全部消すか、一つも消さないか：隣へ移し、台帳に書き、消す。どこで落ちても、次の命令が、戻すか、消し終える。

移す先は、同じ部屋（data、reports、outbox）の隠れたフォルダーなので、部屋が別のディスクにあっても、名を変えるだけで済む。
"""

import secrets
from collections.abc import Callable, Iterable
from pathlib import Path

from mynalib.history.files import remove_tree
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger

TAKING = ".taking-"
"""隣のフォルダーの名のはじまり。そのあとに、台帳の行の taking と同じ字。"""


def take_away(home: Home, paths: Iterable[Path], record: Callable[[str], object]) -> None:
    """paths（置き場所の中のフォルダーかファイル）を消す。錠の中で呼ぶ。

    Args:
        record: 台帳に一行を足す。渡した字を、行の taking に入れる。足したあとは、落ちても、もとには戻らない。
    """
    token = secrets.token_hex(8)
    for path in paths:
        beside = _beside(home, path, token)
        beside.parent.mkdir(parents=True, exist_ok=True)
        path.rename(beside)
    # ここが境目。前で落ちれば戻し、後で落ちれば消し終える
    record(token)
    for left in _left(home):
        remove_tree(left)


def is_half_taken(home: Home) -> bool:
    """消す途中で落ちた命令の残りがあるか。"""
    return bool(_left(home))


def settle_taking(home: Home) -> None:
    """消す途中で落ちていれば、台帳に行があれば消し終え、なければもとに戻す。錠の中で呼ぶ。

    Raises:
        LedgerBroken: 台帳の行が、書いたときのものでない（どちらか分からないので、何もしない）。
    """
    left = _left(home)
    taken = {line.get("taking") for line in Ledger(home.ledger).lines()} if left else set()
    for folder in left:
        if folder.name.removeprefix(TAKING) not in taken:
            # 台帳に行がない：消すと決まる前に落ちた
            _put_back(folder, folder.parent)
        remove_tree(folder)


def _left(home: Home) -> list[Path]:
    return sorted(home.root.glob(f"*/{TAKING}*"))


def _beside(home: Home, path: Path, token: str) -> Path:
    """data/months/2025-01 なら、data/.taking-…/months/2025-01。"""
    room, *rest = path.relative_to(home.root).parts
    return home.root.joinpath(room, f"{TAKING}{token}", *rest)


def _put_back(origin: Path, target: Path) -> None:
    """移したものを、もとの名に戻す。もう同じ名のフォルダーがあれば、その中へ。"""
    for path in sorted(origin.iterdir()):
        place = target / path.name
        if path.is_dir() and place.is_dir():
            _put_back(path, place)
        else:
            path.rename(place)
