"""郵送：健保が自宅に知らせる人に、手紙を出したと記録する。"""

from pathlib import Path

import pandas as pd

from mynalib.capsules.kept_tables import listed_of
from mynalib.capsules.opened import OpenedMonth, open_month
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.domain.person import PERSON_KEY, with_person_key
from mynalib.history.home import Home
from mynalib.history.vouching import recover
from mynalib.reminders.handover import post_letters
from mynalib.reminders.memory import LETTERS, SOCIETY
from mynalib.verbs.giving import HANDED_COLUMNS, release_with_lists, require_first


def record_posted(home: Home, params: Params, means: str, month: Month | None) -> dict:
    """健保が自宅に知らせる人（いちばん新しい公開で、健保の番だった人）に、手紙を出したと記録する。"""
    with home.locked():
        recover(home, params)
        release = release_with_lists(home, month)
        at = Month.parse(release.name[:7])
        require_first(home, LETTERS, at)
        rows = _sent(open_month(home, params, at), release)
        facts = post_letters(home, params, at, release.name, means=means, rows=rows)
    told = {name: facts[name] for name in ("handover", "rows", "month")}
    return {"outcome": "posted", **told}


def _sent(opened: OpenedMonth, release: Path) -> pd.DataFrame:
    """公開した手紙のうち、出した人。列 HANDED_COLUMNS。公開のあとに申し出た人の手紙は、出すまえに抜くことになっている。"""
    # 設定を変えても、まだ公開していなければ、出した手紙は変わらない。いまの設定の番の人（opened.posted）を数えると、手紙のない人まで数える
    listed = listed_of(opened.home, release)
    letters = with_person_key(listed[(listed.sender == SOCIETY) & (listed.due == "True")])
    now = with_person_key(opened.due)[PERSON_KEY].drop_duplicates()
    return letters.merge(now, on=PERSON_KEY)[HANDED_COLUMNS]
