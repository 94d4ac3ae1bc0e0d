"""健保の名簿（08）のカプセルの表：手紙を出す方、要確認の方、カードを返した方。どれも、健保の職員だけが見る。"""

from functools import partial

import pandas as pd

from mynalib.capsules.kept_tables import SOCIETY_FIELDS
from mynalib.capsules.opened import OpenedMonth
from mynalib.capsules.publication import Publication
from mynalib.capsules.waiting import review_list
from mynalib.disclosure.released import SOCIETY_LISTS
from mynalib.domain.classification import LINK_ACTIONS
from mynalib.domain.employers import NO_EMPLOYER, SOCIETY_STAFF, Registry, fold_symbol
from mynalib.reminders import letters
from mynalib.reminders.texts import read_other_texts, read_texts

KINDS_OF_NO_EMPLOYER = {"任意継続": "continued", "特例退職": "retired"}


def society_tables(publication: Publication) -> dict[str, pd.DataFrame | None]:
    """健保の名簿の表。

    Returns:
        wordings: people の順の、手紙の文（A か B）。文をくらべていなければ None。
        people: 手紙を出す人（serial は手紙の通し番号、household は世帯の番号、whose はなぜ健保からか）。
        counts: 手紙を出すわけごとの人数（人）と世帯。
        review: 要確認の人。
        returned: カードを返納した人。方針が載せないなら None。
        列はどれも disclosure.released.SOCIETY_LISTS。
    """
    opened = publication.opened
    people = letters.with_serials(opened.posted.assign(whose=whose(opened)))[
        SOCIETY_LISTS["people"]
    ]
    return {
        "people": people,
        "wordings": opened.wordings,
        "counts": _counts(people),
        "review": review_list(opened),
        "returned": opened.returned,
    }


def society_listed(opened: OpenedMonth) -> pd.DataFrame:
    """健保の名簿に載せる人の全て。一行＝一人×名簿。列 previous.SOCIETY_FIELDS（list は people、review、returned）。リストを作らなければ、いない。

    公開に残し、公開したファイルを開き直すときに、これと突き合わせる。
    """
    lists = {"people": opened.posted, "review": opened.waiting, "returned": opened.returned}
    found = [rows.assign(list=name) for name, rows in lists.items() if rows is not None]
    # 要確認と返納の人には、行うこと（action）がない
    rows = pd.concat(found).reindex(columns=SOCIETY_FIELDS).fillna({"action": ""})
    return (rows if opened.makes_lists else rows[:0]).astype("str").reset_index(drop=True)


def whose(opened: OpenedMonth) -> pd.Series:
    """手紙を出す人（opened.posted）の、なぜ健保からか。あとに書くものが勝つ。"""
    rows = opened.posted
    params = opened.params
    by = params.society.policy.reminders.by
    # ほかのわけのない人は、1 回目を事業所が渡し、2 回目から健保が知らせる人（by: both）
    found = pd.Series("second", rows.index, dtype="str")
    for kind, sender in (("link", by.link), ("renew", by.renew)):
        own = rows.action.isin(LINK_ACTIONS) == (kind == "link")
        found = found.mask(own & (sender == "society"), f"by_{kind}")
    if params.joint_use.dependants == "exclude":
        found = found.mask(rows.member_kind == "家族", "dependants")
    # 事業所のない人と健保の職員は、設定の by によらず、いつも健保から
    found = found.mask(rows.employer_id == SOCIETY_STAFF, "staff")
    alone = rows[rows.employer_id == NO_EMPLOYER]
    kind_of = partial(_kind_of, params.registry(opened.month))
    kinds = [kind_of(*key) for key in zip(alone.symbol, alone.number, strict=True)]
    found[alone.index] = kinds
    return found


def _kind_of(registry: Registry, symbol: str, number: str) -> str:
    """事業所のない人の、わけ（任意継続か特例退職か）。"""
    folded = fold_symbol(symbol)
    digits = int(number) if number.isdecimal() else 0
    for entry in registry.entries:
        low, high = entry.bounds
        if entry.employer_id is None and entry.folded == folded and low <= digits <= high:
            # 記号だけでは決まらない。同じ記号を、番号の幅で分けることができる
            return KINDS_OF_NO_EMPLOYER[entry.kind]
    return "no_employer"


def _counts(people: pd.DataFrame) -> pd.DataFrame:
    """手紙を出すわけごとの人数。"""
    kinds = ["link", "renew", "renew_then_link"]
    sizes = pd.crosstab(people.whose, people.action).reindex(columns=kinds, fill_value=0)
    # 一つの世帯に二つのわけの人がいれば、どちらにも数える。だから、世帯の計は封筒の数より多いことがある
    homes = people.drop_duplicates(["whose", "household"]).groupby("whose").size()
    table = sizes.assign(people=sizes.sum(axis=1), households=homes)
    return table.astype("int64").rename_axis("whose").reset_index().astype({"whose": "str"})


def letter_facts(publication: Publication) -> dict:
    """手紙に書くこと（reminders.letters.letter_facts）。文をくらべるなら、other_letters に文 B も。"""
    opened = publication.opened
    written = partial(letters.letter_facts, opened.params, opened.month)
    facts = written(read_texts(opened.home))
    if opened.params.society.policy.reminders.two_wordings:
        facts["other_letters"] = written(read_other_texts(opened.home))["letters"]
    return facts
