"""前の公開との比べ：公開を決める人が、下書きで見る表。人の行は入らない。"""

from functools import partial
from pathlib import Path

import pandas as pd

from mynalib.capsules.kept_tables import STATE_FILE, listed_of, read_rates
from mynalib.capsules.outside import Outside
from mynalib.capsules.previous import last_release, with_lists
from mynalib.capsules.questions import ask
from mynalib.disclosure.society import TOTAL
from mynalib.disclosure.wide import OTHERS
from mynalib.domain.person import with_person_key
from mynalib.history.released import artefacts_of, released_file
from mynalib.history.replaying import in_symbols_of
from mynalib.insight import measures
from mynalib.insight.display import label

COMPARED = ["members", "registered", "usable", "link_targets", "renew_targets"]
LISTS = ("counts", "lists", "forms")


def comparing_tables(outside: Outside) -> dict[str, pd.DataFrame]:
    """09_release_comparison のカプセルの表。前の公開がなければ、どれも空。列と単位は sql/compared_*.sql にある。"""
    before = last_release(outside.opened.home, outside.opened.month)
    if before is None:
        return {name: pd.DataFrame({"employer_id": []}, dtype="str") for name in LISTS}
    names = outside.opened.names | measures.OTHER_ROWS
    # 前の公開は、残したファイルの数。いまの数で前の月を数え直すと、取り込み直した月の違いが消える
    counts = outside.opened.counts
    file = partial(released_file, before, artefacts=artefacts_of(outside.opened.home, before))
    tables = {
        "counts_then": read_rates(file("internal/rates.csv")),
        "counts_now": counts[counts.month == str(outside.opened.month)],
        "lists_then": _listed(outside, before),
        "lists_now": with_person_key(outside.opened.listed),
        "forms_then": _forms(read_rates(file(STATE_FILE))),
        "forms_now": _forms(outside.result.showing.state),
        "name": pd.DataFrame(
            {"employer_id": names.keys(), "employer": names.values(), "place": range(len(names))}
        ),
        "item": pd.DataFrame(
            {"item": COMPARED, "label": map(label, COMPARED), "place": range(len(COMPARED))}
        ),
    }
    return {name: ask(f"compared_{name}", tables) for name in LISTS}


def _forms(state: pd.DataFrame) -> pd.DataFrame:
    """月×事業所の、見せるかたち。"""
    rows = state[~state.employer_id.isin([TOTAL, OTHERS])]
    # bound のある行は「以上」「以下」、水準のない行の bound も '' なので、二度に分けて選ぶ
    shown = rows.bound.where(rows.bound != "", "水準").where(rows.level.notna(), "水準なし")
    form = shown + rows.merged.map({True: "（まとめた行）", False: "（自分の行）"})
    return rows[["month", "employer_id"]].assign(form=form.astype("str"))


def _listed(outside: Outside, before: Path) -> pd.DataFrame:
    """前に公開した勧奨リストに載った人。"""
    # 前の公開がリストのない訂正なら、読み手の持つリストは、その前の版のもの
    folder = with_lists(outside.opened.home, before)
    listed = listed_of(outside.opened.home, folder)
    rows = with_person_key(listed[listed.on_list]).assign(month=folder.name[:7])
    return in_symbols_of(rows, outside.opened.params, outside.opened.month)
