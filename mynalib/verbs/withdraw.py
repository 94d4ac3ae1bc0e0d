"""取り下げ：公開の一つの版か、一つの月の勧奨リストの全てを、もう使わないと、台帳に書き、入口で知らせる。

間違えて取り込んだ月の取り消しも、ここでする。公開した月は、先に公開を取り下げる。
"""

from functools import partial

from mynalib.domain.errors import Refused
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.markers import is_list, versions
from mynalib.history.months import kept_month
from mynalib.history.recovery import settle
from mynalib.history.released import all_releases, artefacts_of, recorded_releases, releases
from mynalib.history.revisions import revisions
from mynalib.history.taking import take_away
from mynalib.history.vouching import recover
from mynalib.release.releases import refresh_portal


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
            fix = f"いま取り下げられるもの：{'、'.join(sorted(known)) or 'なし'}。"
            raise Refused("UNKNOWN_RELEASE", where=f"--release {name}", what=what, fix=fix)
        # 前の版があっても、それには戻らない（history.released.releases は、いちばん新しい版だけを見る）
        Ledger(home.ledger).append("withdrawn", release=name, because=because)
        refresh_portal(home, params)
    return {"outcome": "withdrawn", "release": name, "month": name[:7]}


def withdraw_lists(home: Home, params: Params, month: Month, because: str) -> dict:
    """その月の勧奨リストを、全ての事業所のものを同じに、取り下げる。フォルダーはそのまま残り、入口と隣の札が知らせる。

    Args:
        because: なぜ取り下げるか。台帳だけに残り、読む人には見せない。
    Returns:
        outcome（lists_withdrawn）, month, releases（リストのあった版の名）。
    Raises:
        Refused: 取り下げられるリストがない。
        ReleaseDamaged: 公開の manifest が、台帳と違う。
    """
    with home.locked():
        recover(home, params)
        known = versions(Ledger(home.ledger).lines())
        # 置きかえた版のリストも。相手が持っているのが、どの版かは分からない
        standing = [folder for folder in all_releases(home) if folder.name[:7] == str(month)]
        listed = [
            folder.name for folder in standing if any(map(is_list, artefacts_of(home, folder)))
        ]
        names = [name for name in listed if not known[name].lists_withdrawn]
        if not names:
            what = (
                "取り下げられる勧奨リストがありません（作ったことがないか、もう取り下げています）"
            )
            fix = f"公開した月かを確かめてください（myna verify --month {month}）。"
            raise Refused("UNKNOWN_RELEASE", where=f"--month {month}", what=what, fix=fix)
        Ledger(home.ledger).append(
            "lists_withdrawn", month=str(month), releases=names, because=because
        )
        refresh_portal(home, params)
    return {"outcome": "lists_withdrawn", "month": str(month), "releases": names}


def withdraw_month(home: Home, params: Params, month: Month, because: str) -> dict:
    """間違えて取り込んだ月を、原本とともに消し、食い違いの記憶を、残りの月から数え直す。台帳には、消したことと、わけが残る。

    途中で落ちれば、次の命令が、月をもとに戻すか（台帳に書く前）、消し終える（書いたあと）。

    Returns:
        outcome（taken_back）, month, folders（消した月のフォルダー）。
    Raises:
        UnknownMonth: 取り込まれていない。
        Refused: RELEASED_MONTH（その月か、あとの月を公開している）。
    """
    with home.locked():
        recover(home, params)
        # 取り込んでいない月なら、ここで断る
        kept_month(home, month)
        # あとの月の公開も、この月からの動きを載せている
        later = [made for made in releases(home) if made >= month]
        if later:
            what = f"{later[0].label}を公開しています。公開に使った月は、取り消せません"
            fix = (
                "届き直したファイルで直すなら myna ingest ファイル --month 月 --replace、"
                "公開ごとやめるなら、先に myna withdraw --release で取り下げてください。"
            )
            raise Refused("RELEASED_MONTH", where=month.label, what=what, fix=fix)
        folders = revisions(home.months)[month]
        names = [folder.name for folder in folders]
        line = partial(
            Ledger(home.ledger).append,
            "taken_back",
            month=str(month),
            folders=names,
            because=because,
        )
        # 原本も消す。残すと、消したはずの人の行が、そこにある
        gone = [*folders, *home.originals.glob(f"{month}-*")]
        take_away(home, gone, lambda token: line(taking=token))
        # この月から覚えた食い違いを、残さない
        settle(home, params=params)
    return {"outcome": "taken_back", "month": str(month), "folders": names}
