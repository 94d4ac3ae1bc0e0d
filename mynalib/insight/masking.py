"""伏せ方：広く配る版で、どの数を伏せるか。伏せたどの数にも、読み手から見て三通り以上の可能性が残る。"""

from collections.abc import Collection

import pandas as pd

from mynalib.insight.measures import CHANGES, COUNTS, in_order
from mynalib.insight.rounding import to_multiple
from mynalib.insight.thresholds import POSSIBLE_VALUES


def wide_counts(counts: pd.DataFrame, base: int, limit: int, also: Collection[tuple[str, str]] = ()) -> pd.DataFrame:
    """見せる人数：base の倍数に丸め、limit 以下の数とその補集合を伏せる。0 人の行も、少ない行と区別がつかない。

    Args:
        counts: 一行＝月×事業所（measures.counts）。
        also: 続けて伏せる行（月, 事業所）。insight.attack が決める。
    Returns:
        同じ列。TOTAL は見せた数の計に替わる。伏せたところは欠ける。
    """
    each = counts[counts.employer_id != "TOTAL"]
    rounded = {column: to_multiple(each[column], base).mask(_too_few(each, column, limit)) for column in COUNTS}
    hidden = pd.MultiIndex.from_frame(each[["month", "employer_id"]]).isin(list(also))
    shown = _without_overlaps(each.assign(**rounded))
    shown = shown.assign(**{column: shown[column].mask(hidden) for column in COUNTS})
    total = _total_of_shown(shown).assign(employer_id="TOTAL", employer="表示した事業所の計")
    return in_order(pd.concat([shown, total]), [*shown.employer_id.unique(), "TOTAL"])


def _too_few(counts: pd.DataFrame, column: str, limit: int) -> pd.Series:
    """人数か、その補集合（加入者 − 人数）が少なすぎるか。加入者が少ない行は、全て伏せる。"""
    few = counts.members <= limit
    if column == "members":
        return few
    return few | (counts[column] <= limit) | (counts.members - counts[column] <= limit)


def _without_overlaps(shown: pd.DataFrame) -> pd.DataFrame:
    """互いに重ならない人の数の和が、丸めのために加入者を超えたら、一つを伏せる。

    超えると、残りの人（伏せた数もここに入る）は多くて 1 人と分かる：53・48・102 人なら 55 ＋ 50 ＞ 100 で、
    残りは 102 − 53 − 48 ＝ 1 人以下。見せた数だけで決めるので、伏せたこと自体は何も教えない。
    """
    known = shown[COUNTS].fillna(0)
    link = shown.link_targets.mask(known.registered + known.link_targets > known.members)
    together = known.usable + link.fillna(0) + known.renew_targets
    return shown.assign(link_targets=link, renew_targets=shown.renew_targets.mask(together > known.members))


def _total_of_shown(shown: pd.DataFrame) -> pd.DataFrame:
    """見せた数の月ごとの計。率の分母と分子がそろうよう、加入者・登録者・期限内等の全てを見せた事業所だけを足す。

    見せた数だけから決まるので、伏せた数について何も教えない。足すものがない月も、欠けた一行になる。
    """
    whole = shown[["members", "registered", "usable"]].notna().all(axis=1)
    added = shown[whole].groupby("month")[COUNTS].sum(min_count=1)
    return added.reindex(sorted(shown.month.unique())).rename_axis("month").reset_index()


def shown_changes(change: pd.DataFrame, base: int, limit: int) -> pd.Series:
    """見せる増減：大きさで丸め、limit 以下を伏せる。差引きから伏せた数が決まりかねない月は、全て伏せる。

    Args:
        change: measures.change。
    Returns:
        change と同じ行。減るものは負。伏せたところは欠ける。
    """
    size = change.change.abs()
    sign = change.reason.map(CHANGES)
    few = size <= limit
    shown = to_multiple(size, base).mask(few)
    low, high = (shown - base // 2).fillna(0), (shown + (base - 1) // 2).fillna(limit)
    more, less = high - size, size - low
    room = _has_room(more.where(sign > 0, less), less.where(sign > 0, more), few)
    return shown * sign if room else shown.mask(size >= 0)


def _has_room(up: pd.Series, down: pd.Series, few: pd.Series) -> bool:
    """増減の差引きと、事業所の表の登録者の差とを突き合わせても、伏せた数に三通り以上が残るか。

    Args:
        up, down: それぞれの数が、見せた形を変えずに、差引きを増やせる幅と減らせる幅（人）。
        few: 伏せた数か。

    差引き（二つの月の登録者の差）を最悪のとき、つまり正確に知られたときで考える。一つが動けば、ほかが打ち消す。
    """
    spare = POSSIBLE_VALUES - 1
    rest_up, rest_down = up.sum() - up, down.sum() - down
    moves = up.clip(upper=rest_down) + down.clip(upper=rest_up)
    return bool((moves[few] >= spare).all() and up.sum() >= spare and down.sum() >= spare)
