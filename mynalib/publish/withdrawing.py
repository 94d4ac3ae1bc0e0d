"""取り下げ：公開の一つの版を、もう使わず、入口からも外すと、台帳に書く。"""

from mynalib.domain.errors import Refused
from mynalib.domain.params import Params
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.released import recorded_releases
from mynalib.history.vouching import recover
from mynalib.publish.shelf import refresh_portal


def withdraw_release(home: Home, params: Params, name: str, because: str) -> dict:
    """公開の版 name を取り下げる。その月は、次に公開するまで、公開していない月になる。フォルダーは消さない。

    Args:
        name: reports/ の中のフォルダーの名（2026-10-r2 など）。ディスクになくてもよい。
        because: なぜ取り下げるか。台帳に残る。
    Returns:
        outcome（withdrawn）, release, month。
    Raises:
        Refused: そのような公開は、台帳にない。
    """
    with home.locked():
        recover(home, params)
        known = recorded_releases(home)
        if name not in known:
            what = "取り下げられる公開ではありません（公開したことがないか、もう取り下げています）"
            fix = f"取り下げられるのは {'、'.join(sorted(known)) or 'いまはありません'} です。"
            raise Refused("UNKNOWN_RELEASE", where=f"--release {name}", what=what, fix=fix)
        Ledger(home.ledger).append("withdrawn", release=name, because=because)
        refresh_portal(home, params)
    return {"outcome": "withdrawn", "release": name, "month": name[:7]}
