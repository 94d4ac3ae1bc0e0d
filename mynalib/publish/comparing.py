"""前の公開との比べ：公開を決める人が、下書きで見る表。人の行は入らない。"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from mynalib.history.released import artefacts_of, released_file
from mynalib.insight import measures
from mynalib.insight.display import label
from mynalib.insight.masking import wide_counts
from mynalib.insight.thresholds import wide_rule
from mynalib.publish.earlier import LISTED, RATES, last_release, read_rates, with_lists

if TYPE_CHECKING:
    from mynalib.publish.capsules import Source


def comparing_tables(source: "Source") -> dict[str, pd.DataFrame]:
    """09_release_comparison のカプセルの表。前の公開がなければ、どれも空。列と単位は sql/compared_*.sql にある。"""
    before, rule = last_release(source.home, source.month), wide_rule(source.policy)
    if before is None:
        return {name: pd.DataFrame({"employer_id": []}, dtype="str") for name in ("counts", "lists", "masks")}
    file = partial(released_file, before, artefacts=artefacts_of(source.home, before))
    names, items = source.names | measures.OTHER_ROWS, measures.COUNTS
    tables = {
        "counts_then": read_rates(file("internal/rates.csv")),
        "counts_now": measures.counts(source.cube[source.cube.month == str(source.month)], source.names),
        "lists_then": _listed(source, before),
        "lists_now": source.listed,
        "masks_then": read_rates(file(RATES)),
        "masks_now": wide_counts(source.basis, rule.base, rule.limit, source.also),
        "name": pd.DataFrame({"employer_id": names.keys(), "employer": names.values()}),
        "item": pd.DataFrame({"item": items, "label": map(label, items), "place": range(len(items))}),
    }
    return {name: source.ask(f"compared_{name}", tables) for name in ("counts", "lists", "masks")}


def _listed(source: "Source", before: Path) -> pd.DataFrame:
    """前に公開した勧奨リストに載った人。"""
    folder = with_lists(source.home, before)
    return pd.read_csv(
        released_file(folder, LISTED, artefacts_of(source.home, folder)), encoding="utf-8-sig", dtype="str"
    )
