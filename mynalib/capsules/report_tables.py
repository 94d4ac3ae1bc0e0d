"""月次報告と組合の現況のカプセルの表。実数版（健保の内部）と、概数版（広く配る）。"""

from collections.abc import Mapping

import pandas as pd

from mynalib.capsules import society_tables
from mynalib.capsules.desk_matters import desk_matters
from mynalib.capsules.handed import handed_matters
from mynalib.capsules.kept_tables import LISTED_FIELDS
from mynalib.capsules.opened import OpenedMonth
from mynalib.capsules.outside import Outside
from mynalib.capsules.publication import Publication
from mynalib.capsules.society_lists import society_listed
from mynalib.disclosure.levels import step_of
from mynalib.disclosure.rounding import percent
from mynalib.disclosure.society import TOTAL, rounded
from mynalib.disclosure.wide import OTHERS
from mynalib.domain.comparable import comparable_benchmark
from mynalib.domain.months import Month
from mynalib.insight import movements
from mynalib.insight.display import BLANK, level_text
from mynalib.reminders.memory import NOBODY, SOCIETY, kinds

Tables = dict[str, pd.DataFrame | None]  # カプセルの表。None は、ない
KEPT_TABLES = ("shown", "lists", "listed", "society_listed")  # 次の公開のために残す表
WAVE_MONTHS = 13
MOVED_STEPS = 2  # 水準が、これだけの刻みを動けば、動いたと言う
SMALL_MOVE = "動きは小さい"
_EMPLOYER = ["employer_id", "employer", "members"]


def wide_report(publication: Publication) -> Tables:
    """概数版。"""
    outside = publication.outside
    return {
        "rates": outside.wide,
        "employers": _wide_employers(outside.wide, publication.opened.month, outside),
        "change": society_tables.change_table(outside, exact=False),
        "causes": society_tables.cause_table(outside),
        "parts": society_tables.part_table(outside, exact=False),
    }


def internal_report(publication: Publication) -> Tables:
    """実数版。KEPT_TABLES は、次の公開のために残す表。"""
    outside = publication.outside
    opened = publication.opened
    counts = opened.counts
    moves = movements.movements(opened.flows)
    return {
        "rates": counts,
        "employers": _exact_employers(counts, opened.month),
        "change": society_tables.change_table(outside, exact=True),
        "causes": _exact_causes(counts, moves, opened.month),
        "parts": society_tables.part_table(outside, exact=True),
        "wave": _wave(counts, moves, opened.month),
        "asked": due_and_resting(opened.due, opened.policy["reminders"]["max_attempts"]),
        "shown": outside.state,
        "lists": outside.lists,
        "listed": opened.candidates[LISTED_FIELDS],
        "society_listed": society_listed(opened),
    }


def _exact_employers(counts: pd.DataFrame, month: Month) -> pd.DataFrame:
    """この月の事業所。列 employer_id, employer, members, registered, rate と、前の月・一年前の率との差（ポイント）、対象の人数。"""
    rates = percent(counts.registered, counts.members, 1)
    table = counts.assign(rate=rates).set_index(["month", "employer_id"])
    now = table.loc[str(month)].reset_index()
    then = {}
    for name, step in (("month_before", -1), ("year_before", -12)):
        at = str(month.plus(step))
        # その月がなければ、空の表から引いて、差を欠けさせる。0 ポイントとは違う
        held = table.loc[at] if at in table.index else table.iloc[:0].droplevel("month")
        then[name] = (now.rate - now.employer_id.map(held.rate).astype("Float64")).round(1)
    numbers = ["registered", "rate", "link_targets", "renew_targets", "certificate_needed"]
    columns = [*_EMPLOYER, "registered", "rate", *then, *numbers[2:]]
    return now.assign(**then)[columns]


def _exact_causes(counts: pd.DataFrame, moves: pd.DataFrame, month: Month) -> pd.DataFrame | None:
    """率の変わったわけ（ポイント）：この月、12 か月、年度のはじめから。列 cause, points, twelve, fiscal と、三つの計の行。"""
    windows = {
        "points": [month],
        "twelve": movements.twelve_months(month),
        "fiscal": movements.fiscal_year(month),
    }
    found = {name: movements.causes_between(moves, counts, w) for name, w in windows.items()}
    # 前の月が欠けていれば、この月のわけがない。12 か月だけの表は作らない
    if found["points"] is None:
        return None
    causes = [*found["points"]]
    table = pd.DataFrame({"cause": [*causes, "total"]})
    for name, points in found.items():
        # 計は、丸める前の和を丸める。丸めた三つを足すと、0.01 ずれることがある
        sizes = None if points is None else [*(points[c] for c in causes), sum(points.values())]
        table[name] = [None] * len(table) if sizes is None else [rounded(s, 2) for s in sizes]
    return table.astype(dict.fromkeys(windows, "Float64"))


def _wave(counts: pd.DataFrame, moves: pd.DataFrame, month: Month) -> pd.DataFrame:
    """証明書の動き（人）。一行＝月（この月までの 13 か月のうち、前の月のある月と、この月）。列 month, movements.WAVE, waiting。"""
    waiting = counts[counts.employer_id == TOTAL].set_index("month").waiting
    months = [str(month.plus(step)) for step in range(1 - WAVE_MONTHS, 1)]
    known = {*moves.month} | {str(month)}
    # 前の月がなければ、この月の動きは欠ける。再登録を待つ人は、この月のファイルだけで分かる
    rows = moves.set_index("month").reindex([each for each in months if each in known])
    table = rows[[*movements.WAVE]].reset_index()
    return table.assign(waiting=table.month.map(waiting))


def due_and_resting(due: pd.DataFrame, most: int) -> pd.DataFrame:
    """知らせる番の人と、休みの人（人）。一行＝勧奨（link、renew）。

    列 kind、この月に知らせる人を何回目かで分けた first, second, later、そのうち健保が知らせる by_society、間をあけている resting、
    回数を終えた silent。くじで後の半分になった人がいる月だけ、その waits、だれも知らせない人のいる月だけ、その unsent も。
    """
    # attempt は「今度で何回目か」。上限が 3 なら、4 回目になる人が、黙る人
    silent = due.attempt > most
    # お知らせに載っていない事業所の人か、この月に、もう一方が知らせた人
    unsent = due.due & (due.sender == NOBODY)
    sent = due.due & ~unsent
    columns = {
        "first": sent & (due.attempt == 1),
        "second": sent & (due.attempt == 2),  # noqa: PLR2004 二回目
        "later": sent & (due.attempt > 2),  # noqa: PLR2004 三回目から
        "by_society": due.due & (due.sender == SOCIETY),
        "resting": ~due.due & ~silent & ~due.waits,
        "silent": silent,
    }
    columns |= {"waits": due.waits} if due.waits.any() else {}
    columns |= {"unsent": unsent} if unsent.any() else {}
    counted = pd.DataFrame(columns).astype("int64").groupby(kinds(due.action)).sum()
    return counted.reindex(["link", "renew"], fill_value=0).rename_axis("kind").reset_index()


def _wide_employers(wide: pd.DataFrame, month: Month, outside: Outside) -> pd.DataFrame:
    """この月の事業所。水準は言葉で、この月、前の月、一年前（どれも、その月に見せたもの）。動きは、刻み二つから。"""
    months = [str(month.plus(step)) for step in (0, -1, -12)]
    now, before, year = (
        wide[wide.month == at].set_index("employer_id").to_dict("index") for at in months
    )
    digits = society_tables.decimals_of_months(outside)
    table = [
        {
            "employer_id": code,
            **{name: row[name] for name in ("employer", "members")},
            "level": level_text(row, digits[months[0]]),
            "level_before": _text(before.get(code), digits.get(months[1], 0)),
            "level_year": _text(year.get(code), digits.get(months[2], 0)),
            "movement": BLANK if code in (TOTAL, OTHERS) else _movement(row, before.get(code)),
            "unregistered": row["unregistered"],
            "lapsed": row["lapsed"],
        }
        for code, row in now.items()
    ]
    numbers = dict.fromkeys(("members", "unregistered", "lapsed"), "Int64")
    return pd.DataFrame(table).astype(numbers)


def _text(row: Mapping | None, decimals: int) -> str:
    return BLANK if row is None else level_text(row, decimals)


def _movement(now: Mapping, before: Mapping | None) -> str:
    """水準の動き。刻み二つに満たなければ、小さいとだけ言う。どちらかが「以上」「以下」か、なければ、言わない。"""
    if before is None or any(pd.isna(row["rate"]) or row["bound"] for row in (now, before)):
        return BLANK
    size = int(now["rate"] - before["rate"])
    # 加入者が境をまたいだ月は、粗いほうの刻みで見る。広く配る版の人数は概数なので、20 より小さく丸まった行も 20 とする
    step = max(step_of(max(int(row["members"]), 20)) for row in (now, before))
    if abs(size) < MOVED_STEPS * step:
        return SMALL_MOVE
    return f"約 {abs(size)} ポイント{'上がった' if size > 0 else '下がった'}"


def report_facts(publication: Publication, *, exact: bool) -> dict:
    """表でないこと：目標、率の上限、決めることの元、移ったのかもしれない人。実数版だけのものは、概数版では空。"""
    opened = publication.opened
    facts = {
        "target": society_tables.target(publication.outside, exact=exact),
        "benchmark": _benchmark(opened),
    }
    facts |= {"ceiling": None, "matters": [], "transfers": None}
    if not exact:
        return facts
    counts = opened.counts[opened.counts.month == str(opened.month)]
    total = counts[counts.employer_id == TOTAL].iloc[0]
    if total.members:
        # 切り捨てる。89.96 % を 90.0 % と書けば、90 % の目標に届くことになる
        facts["ceiling"] = int(1000 * (total.registered + total.reachable) // total.members) / 10
    return facts | {"matters": _matters(opened, counts), "transfers": opened.possible_transfers}


def _benchmark(opened: OpenedMonth) -> dict | None:
    """並べてよい国の数：いつの末か、値（%）、出典。なければ None。"""
    row = comparable_benchmark(opened.params, opened.month)
    if row is None:
        return None
    return {"month": str(Month.of(row.date)), "value": str(row.value), "source": row.source}


def _matters(opened: OpenedMonth, counts: pd.DataFrame) -> list[dict]:
    """まだ決まっていないこと。kind は insight.findings の言葉の名、count は件数。"""
    held = counts.set_index("employer_id")
    notified = {employer.id for employer in opened.params.notified(opened.month.end)}
    others = set(opened.names) - notified
    done = handed_matters(opened) | desk_matters(opened)
    return [
        {"kind": "unanswered", "count": len(opened.overlays.blocking)},
        {"kind": "review", "count": int(held.review[TOTAL])},
        {"kind": "without_notice", "count": sum(bool(held.members[code]) for code in others)},
        {"kind": "quarantined", "count": opened.months[-1].intake["quarantined"]},
        *({"kind": kind, "count": count} for kind, count in done.items()),
    ]
