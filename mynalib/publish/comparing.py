"""前の公開との比べ：公開を決める人が、下書きで見る表。人の行は入らない。"""

from typing import TYPE_CHECKING

import pandas as pd

from mynalib.insight import measures
from mynalib.insight.attack import TOTAL
from mynalib.insight.display import label
from mynalib.insight.masking import wide_counts
from mynalib.insight.measures import COUNTS
from mynalib.insight.thresholds import wide_rule
from mynalib.publish.earlier import last_release, read_rates

if TYPE_CHECKING:
    from mynalib.publish.capsules import Source

KEY = ["employer_id", "symbol", "number", "branch"]
LISTED = "listed.csv"


def comparing_tables(source: "Source") -> dict[str, pd.DataFrame]:
    """09_release_comparison のカプセルの表。前の公開がなければ、どれも空。"""
    before = last_release(source.home, source.month)
    if before is None:
        return {name: pd.DataFrame({"employer_id": []}, dtype="str") for name in ("counts", "lists", "masks")}
    return {
        "counts": _counts(source, read_rates(before / "internal")),
        "lists": _lists(source, pd.read_csv(before / "internal" / LISTED, encoding="utf-8-sig", dtype="str")),
        "masks": _masks(source, read_rates(before / "management")),
    }


def _counts(source: "Source", before: pd.DataFrame) -> pd.DataFrame:
    """人数の差。一行＝事業所×数（変わらないものは出さない）。前の公開のいちばん新しい月と、この月。"""
    now = measures.counts(source.cube[source.cube.month == str(source.month)], source.names)
    then = before[before.month == before.month.max()]
    names = now.set_index("employer_id").employer
    pair = [one.melt(["employer_id"], COUNTS, "item", "size") for one in (then, now)]
    table = pair[0].merge(pair[1], on=["employer_id", "item"], how="outer", suffixes=("_then", "_now"))
    table = table.assign(employer=table.employer_id.map(names).fillna(table.employer_id), item=table.item.map(label))
    table = table.rename(columns={"size_then": "before", "size_now": "after"})
    table = table.assign(difference=table.after - table.before)
    return table.loc[table.difference.ne(0), ["employer_id", "employer", "item", "before", "after", "difference"]]


def _lists(source: "Source", before: pd.DataFrame) -> pd.DataFrame:
    """勧奨リストに新しく載る人と、消える人。一行＝事業所。"""
    both = before.merge(source.listed, on=KEY, how="outer", indicator="side")
    table = both.groupby("employer_id").side.value_counts().unstack(fill_value=0).reset_index()
    table = table.rename(columns={"left_only": "gone", "right_only": "came", "both": "stayed"})
    table = table.assign(employer=table.employer_id.map(source.names).fillna(table.employer_id))
    return table[["employer_id", "employer", "came", "gone", "stayed"]].astype(
        {"employer_id": "str", "employer": "str"}
    )


def _masks(source: "Source", before: pd.DataFrame) -> pd.DataFrame:
    """広く配る版で、前は見せていて、今度は伏せる升。一行＝月×事業所×数。"""
    rule = wide_rule(source.policy)
    now = wide_counts(source.basis, rule.base, rule.limit, source.also)
    place = ["month", "employer_id"]
    pair = [one[one.employer_id != TOTAL].melt(place, COUNTS, "item", "size") for one in (before, now)]
    table = pair[0].merge(pair[1], on=[*place, "item"], suffixes=("_then", "_now"))
    table = table[table.size_then.notna() & table.size_now.isna()]
    table = table.assign(employer=table.employer_id.map(source.names).fillna(table.employer_id))
    return table.assign(item=table.item.map(label))[["month", "employer_id", "employer", "item"]].astype("str")
