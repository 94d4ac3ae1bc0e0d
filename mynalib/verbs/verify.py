"""公開したものを開き直して確かめる：ハッシュ、過不足、点検。"""

from dataclasses import dataclass
from pathlib import Path

from mynalib.capsules.kept_tables import LISTED_FILE
from mynalib.capsules.publication import open_publication
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.home import Home
from mynalib.history.months import UnknownMonth
from mynalib.history.released import ReleaseDamaged, kept_artefacts, reason_asked, releases
from mynalib.history.revisions import revisions
from mynalib.history.soundness import damage, junk, portal_damage
from mynalib.release.gate import inspect


@dataclass(frozen=True)
class Verified:
    """確かめた公開の場所と、成果物の数。ignored は、数えなかった OS のごみ。"""

    folder: Path
    artefacts: int
    ignored: list[str]


def verify(home: Home, params: Params, month: Month) -> Verified:
    """その月の公開と、全ての月の入口を確かめる。月かリストが消してあれば、残ったものだけを、公開したときと比べる。

    Raises:
        UnknownMonth: 公開していない。
        ReleaseDamaged: 違うところ（全て一度に）。
        GateFailed: 点検で見つかった。
    """
    folder = releases(home).get(month)
    if folder is None:
        what = "公開していません（公開したことがないか、取り下げています）"
        fix = f"myna publish --month {month}{reason_asked(home, month)} で公開します。"
        raise UnknownMonth(where=str(month), what=what, fix=fix)
    problems = [*damage(home, folder), *portal_damage(home)]
    if problems:
        raise ReleaseDamaged(
            where=folder.name,
            what=f"公開したときと違うところが {len(problems)} 件あります",
            problems=problems,
        )
    artefacts = kept_artefacts(home, folder)
    # 月を消したあとは、どの数がだれの番号かを、尋ねるところがない。載せた人の控えを消したあとは、比べる相手がない
    if month in revisions(home.months) and any(one["path"] == LISTED_FILE for one in artefacts):
        inspect(open_publication(home, params, month), folder, artefacts, again=True)
    return Verified(folder, len(artefacts), junk(folder))
