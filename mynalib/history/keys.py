"""組合の秘密の鍵。無くなったら、黙って作り直さない（作り直すと、前に見せたものとのつながりが切れる）。"""

import secrets
from pathlib import Path

from mynalib.domain.errors import MynaError
from mynalib.history.files import write_file
from mynalib.history.home import Home

# 256 ビット。HMAC-SHA256 の鍵の長さ
BYTES = 32


class KeyMissing(MynaError):
    """秘密の鍵が無い。"""

    code = "KEY_MISSING"
    what = "水準の境目を決める鍵がありません"
    fix = "バックアップから data/keys/levels.key を戻してください。"


def levels_key(home: Home, *, released: bool) -> bytes:
    """水準の境目をずらす鍵。はじめての公開で作る。

    Args:
        released: この鍵で作った公開が、もうあるか。
    Raises:
        KeyMissing: 公開があるのに、鍵がない。
    """
    path = home.levels_key
    if not path.is_file() and released:
        what = "水準の境目を決める鍵がありません。作り直すと、前に見せた水準とのずれから、人数が分かってしまいます"
        raise KeyMissing(where=path.relative_to(home.root).as_posix(), what=what)
    return _read_or_made(home, path)


def trials_key(home: Home, *, drawn: bool) -> bytes:
    """世帯を半分に分けるくじの鍵。はじめてのくじで作る。

    Args:
        drawn: この鍵で引いたくじが、もうあるか。
    Raises:
        KeyMissing: くじを引いたことがあるのに、鍵がない。
    """
    path = home.trials_key
    if not path.is_file() and drawn:
        what = "世帯を半分に分けるくじの鍵がありません"
        fix = "バックアップから data/keys/trials.key を戻してください。"
        raise KeyMissing(where=path.relative_to(home.root).as_posix(), what=what, fix=fix)
    return _read_or_made(home, path)


def _read_or_made(home: Home, path: Path) -> bytes:
    if not path.is_file():
        with home.private():
            write_file(path, secrets.token_bytes(BYTES))
    return path.read_bytes()
