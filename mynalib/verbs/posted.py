"""郵送：健保が自宅に知らせる人に、手紙を出したと記録する。"""

from mynalib.capsules.opened import open_month
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.home import Home
from mynalib.history.vouching import recover
from mynalib.reminders.handover import post_letters
from mynalib.reminders.memory import LETTERS
from mynalib.verbs.giving import HANDED_COLUMNS, release_with_lists, require_first


def record_posted(home: Home, params: Params, means: str, month: Month | None) -> dict:
    """健保が自宅に知らせる人（いちばん新しい公開で、健保の番だった人）に、手紙を出したと記録する。"""
    with home.locked():
        recover(home, params)
        release = release_with_lists(home, month)
        at = Month.parse(release.name[:7])
        require_first(home, LETTERS, at)
        # いまの名簿で数えなおす。公開のあとに申し出た人の手紙は、出すまえに抜くことになっている
        rows = open_month(home, params, at).posted[HANDED_COLUMNS]
        facts = post_letters(home, params, at, release.name, means=means, rows=rows)
    told = {name: facts[name] for name in ("handover", "rows", "month")}
    return {"outcome": "posted", **told}
