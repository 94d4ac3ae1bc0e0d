"""A synthetic society: the monthly files as received, its registers, and the truth behind them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mynalib import demo_life as life
from mynalib.domain.items import ITEMS
from mynalib.domain.months import Month
from mynalib.domain.params import load_params
from mynalib.history import clock
from mynalib.history.founding import found
from mynalib.history.loading import ingest
from mynalib.publish.publishing import Published, publish

LINE_END = "\r\n"
KEY = ["symbol", "number", "branch"]
KEY_LABELS = ["被保険者証記号", "被保険者証番号", "被保険者証枝番"]
OPTOUT_LABELS = [*KEY_LABELS, "申出日", "受付", "撤回日", "処理", "新記号", "新番号", "新枝番"]
DECISION_LABELS = [*KEY_LABELS, "判断", "判断者", "判断日"]

# Rows added to the good ones, whose numbers never reach 9900000. The pair of a DUPLICATE_KEY contradicts
# itself, so that no reading of it can keep either row. \x81\xff is no character in cp932.
BAD_ROWS = (
    ("COLUMN_COUNT", ("101,{n},00,1,20240401,,1",)),
    ("MISSING_KEY", ("106,{n},,0,,,,1", "113,,00,0,,,,1")),
    ("BAD_KEY", ("102,9.90E+06,00,0,,,,1",)),
    ("BAD_CODE", ("103,{n},00,2,,,,1",)),
    ("BAD_DATE", ("101,{n},00,1,20240230,,,1", "111,{n},01,1,20241301,,,1")),
    ("DUPLICATE_KEY", ("101,{n},00,1,20240401,,,1", "101,{n},00,0,,,,1")),
    ("ENCODING", ("\x81\xff,{n},00,0,,,,1",)),
    ("CONTROL_CHAR", ("108,99\x07{n},00,0,,,,1",)),
    ("UNKNOWN_KIGO", ("777,{n},00,1,20230605,,,1", "777,{n},01,0,,,,1", "777,{n},02,0,,,,")),
)
UNKNOWN_EVERY = 2  # months, counted back from the newest
PEOPLE_PER_BAD_KIND = 1_200  # keeps the bad rows of a small society far below 0.5 %, too

TARGETS = (
    "never_linked",
    "never_linked_card_unclear",
    "cancelled_by_lapse",
    "renewed_not_relinked",
)
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True)
class DemoSociety:
    """What a society would have received and noted, and what only its inventor can know.

    files: month → the file as received: cp932, CRLF, official item names, eight columns.
    registers: file name → CSV (cp932, CRLF): optout, pending_cancellation, never_contact, decisions.
    truth: one row per person × month with a good row: month, person (the same for life, whatever the key),
        symbol, number, branch, employer_id, insured, status as the row alone says it, vanished (in the
        months after the own request has vanished), and what the registers as handed out say of the
        person, the same in all months: opted_out, pending, never_contact, decision ("" = none).
    bad_rows: one row per bad row: month, reason, line (1 = header).
    """

    files: dict[Month, bytes]
    registers: dict[str, bytes]
    truth: pd.DataFrame
    bad_rows: pd.DataFrame


def make_society(last: Month, months: int = 24, people: int = 12_000, seed: int = 20260401) -> DemoSociety:
    """The same arguments give the same bytes. Of few people, or in few months, not everything happens.

    Raises:
        ValueError: the first month would be before 2020-11, when nobody could have registered yet.
    """
    life_seed, file_seed, register_seed = np.random.SeedSequence(seed).spawn(3)
    rng = np.random.Generator(np.random.PCG64(file_seed))
    files, truth, bad = {}, [], []
    for month, snapshot in life.simulate(last, months, people, life_seed):
        columns = _columns(snapshot)
        bad_rows = _bad_rows(month, last, people)
        lines = _line_numbers(rng, len(snapshot), len(bad_rows))
        files[month] = _file(columns, [row for _, row in bad_rows], lines)
        truth.append(_truth(month, snapshot, columns))
        bad += [(str(month), reason, line) for (reason, _), line in zip(bad_rows, lines, strict=True)]
    registers, marked = _registers(pd.concat(truth, ignore_index=True), last, register_seed)
    return DemoSociety(files, registers, marked, pd.DataFrame(bad, columns=["month", "reason", "line"]))


def _columns(snapshot: np.ndarray) -> dict[str, list[str]]:
    """The eight items as text, in the order of the file."""
    lives = snapshot["life"].tolist()
    return {
        "symbol": [life.EMPLOYERS[e][1] for e in snapshot["employer"].tolist()],
        "number": [f"{n:07}" for n in life.numbers(snapshot["household"]).tolist()],
        "branch": [f"{b:02}" for b in snapshot["branch"].tolist()],
        "state": [life.STATES[x] for x in lives],
        "registered_on": [str(d) if d else "" for d in snapshot["registered_on"].tolist()],
        "cancelled_on": [str(d) if d else "" for d in snapshot["cancelled_on"].tolist()],
        "cancel_kind": [life.KINDS[x] for x in lives],
        "certificate_flag": [life.FLAGS[c] for c in snapshot["certificate"].tolist()],
    }


def _file(columns: dict[str, list[str]], bad: list[str], lines: list[int]) -> bytes:
    header = ",".join(item.label for item in ITEMS)
    rows = [",".join(row) for row in zip(*(columns[item.name] for item in ITEMS), strict=True)]
    for row, line in zip(bad, lines, strict=True):
        rows.insert(line - 2, row)
    body = LINE_END.join([*rows, ""])
    # latin-1 passes the undecodable bytes through; everything else in the body is ASCII
    return (header + LINE_END).encode("cp932") + body.encode("latin-1")


def _bad_rows(month: Month, last: Month, people: int) -> list[tuple[str, str]]:
    back = (last.year - month.year) * 12 + last.number - month.number
    wanted = max(1, people // PEOPLE_PER_BAD_KIND)
    turn = back % len(BAD_ROWS)
    kinds = (BAD_ROWS[turn:] + BAD_ROWS[:turn])[:wanted]
    return [
        (reason, row.format(n=9_900_001 + back * 16 + place))
        for place, (reason, rows) in enumerate(kinds)
        for row in rows
        if reason != "UNKNOWN_KIGO" or back % UNKNOWN_EVERY == 0
    ]


def _line_numbers(rng: np.random.Generator, good: int, bad: int) -> list[int]:
    return sorted((2 + rng.choice(good + bad, bad, replace=False)).tolist())


def _truth(month: Month, snapshot: np.ndarray, columns: dict[str, list[str]]) -> pd.DataFrame:
    facts = zip(snapshot["life"].tolist(), snapshot["certificate"].tolist(), strict=True)
    return pd.DataFrame(
        {
            "month": str(month),
            "person": snapshot["person"],
            **{name: columns[name] for name in KEY},
            "employer_id": [life.IDS[e] for e in snapshot["employer"].tolist()],
            "insured": snapshot["branch"] == 0,
            "status": [life.STATUSES[x][certificate] for x, certificate in facts],
            "vanished": snapshot["vanished"] & (snapshot["life"] == life.NEVER),
        }
    )


def _registers(truth: pd.DataFrame, last: Month, seed: np.random.SeedSequence) -> tuple[dict[str, bytes], pd.DataFrame]:
    """Entries for people chosen from the truth, and the truth with these people marked."""
    choose = _Choice(truth, last, np.random.Generator(np.random.PCG64(seed)))
    optout = _optouts(choose)
    pending = choose.rows(choose.status("registered_usable"), 4, choose.day(0))
    pending = pd.concat([pending, choose.rows(choose.newly_cancelled(), 2, choose.day(1))])
    never = choose.rows(choose.now["insured"], 3, choose.day(2))
    decided = _decisions(choose)
    marked = truth.assign(
        opted_out=truth["person"].isin(optout.loc[optout["撤回日"] == "", "person"]),
        pending=truth["person"].isin(pending["person"]),
        never_contact=truth["person"].isin(never["person"]),
        decision=truth["person"].map(decided.set_index("person")["判断"]).fillna(""),
    )
    return {
        "optout.csv": _csv(optout, OPTOUT_LABELS),
        "pending_cancellation.csv": _csv(pending, OPTOUT_LABELS[:4]),
        "never_contact.csv": _csv(never, OPTOUT_LABELS[:4]),
        "decisions.csv": _csv(decided, DECISION_LABELS),
    }, marked


class _Choice:
    """Picks people of the newest month, nobody twice, and writes their keys as a register has them."""

    def __init__(self, truth: pd.DataFrame, last: Month, rng: np.random.Generator):
        self.truth, self.last, self.rng = truth, last, rng
        self.now = truth[truth["month"] == str(last)]
        self.before = truth[truth["month"] == str(last.plus(-1))]
        self.months = truth["month"].nunique()
        first_key = truth.drop_duplicates("person").set_index("person")["symbol"]
        kept_key = self.now["person"].map(first_key) == self.now["symbol"]
        in_first = self.now["person"].isin(truth.loc[truth["month"] == truth["month"].min(), "person"])
        self.settled = kept_key & in_first & ~self.now["vanished"] & (self.now["employer_id"] != "E19")
        self.taken: set[int] = set()

    def rows(self, who: pd.Series, count: int, on: str) -> pd.DataFrame:
        free = self.now[who & self.settled & ~self.now["person"].isin(self.taken)]
        return self.written(free.iloc[self.rng.permutation(len(free))[:count]], on)

    def written(self, people: pd.DataFrame, on: str) -> pd.DataFrame:
        self.taken.update(people["person"])
        entry = people[["person", *KEY]].rename(columns=dict(zip(KEY, KEY_LABELS, strict=True)))
        return entry.assign(**{**dict.fromkeys(OPTOUT_LABELS[3:], ""), "申出日": on, "受付": "健保"})

    def status(self, *names: str) -> pd.Series:
        return self.now["status"].isin(names)

    def newly_cancelled(self) -> pd.Series:
        own = self.before.loc[self.before["status"] == "cancelled_at_own_request", "person"]
        return self.status("cancelled_at_own_request") & ~self.now["person"].isin(own)

    def day(self, back: int) -> str:
        """Some day `back` months before the newest month, but not before the first."""
        month = self.last.plus(-min(back, self.months - 1))
        return f"{month.year}{month.number:02}{self.rng.integers(1, 29):02}"


def _optouts(choose: _Choice) -> pd.DataFrame:
    targets = [choose.rows(choose.status(*TARGETS), 1, choose.day(2 * i)) for i in range(8)]
    others = [choose.rows(choose.status("registered_usable"), 1, choose.day(3 * i)) for i in range(5)]
    wide = choose.rows(choose.status(*TARGETS), 2, choose.day(4))
    wide = wide.assign(**{name: wide[name].str.translate(FULL_WIDTH) for name in KEY_LABELS[1:]})
    zeros = choose.rows(choose.now["number"].str.startswith("0"), 2, choose.day(7))
    zeros = zeros.assign(**{name: zeros[name].astype(int).astype(str) for name in KEY_LABELS[1:]})
    withdrawn = choose.rows(choose.status("registered_usable"), 1, choose.day(9))
    withdrawn = withdrawn.assign(撤回日=choose.day(0) if choose.months > 1 else withdrawn["申出日"])
    ordinary = pd.concat([*targets, *others])
    ordinary["受付"] = np.where(np.arange(len(ordinary)) % 3 == 0, "事業所", "健保")
    return pd.concat([ordinary, wide, zeros, withdrawn, _retired(choose), _transferred(choose)])


def _retired(choose: _Choice) -> pd.DataFrame:
    """Somebody who objected in the month in which they were last seen."""
    employed = choose.truth[choose.truth["employer_id"] != "NOEMPLOYER"]
    gone = employed[~employed["person"].isin(choose.now["person"])]
    person = gone.drop_duplicates("person", keep="last").tail(1)
    on = person["month"].str.replace("-", "") + "15"
    return choose.written(person, "").assign(申出日=on, 処理="退職")


def _transferred(choose: _Choice) -> pd.DataFrame:
    """Somebody who objected under a key that a transfer has changed since."""
    employed = choose.now[choose.now["employer_id"] != "NOEMPLOYER"].set_index("person")
    old = choose.truth[choose.truth["person"].isin(employed.index.difference(list(choose.taken)))]
    moved = old[old["number"] != old["person"].map(employed["number"])]
    person = moved.drop_duplicates("person", keep="last").tail(1)
    on = person["month"].str.replace("-", "") + "10"
    new = {label: person["person"].map(employed[name]) for label, name in zip(OPTOUT_LABELS[-3:], KEY, strict=True)}
    return choose.written(person, "").assign(申出日=on, 処理="転籍", **new)


def _decisions(choose: _Choice) -> pd.DataFrame:
    review = choose.now["status"].str.startswith("review_")
    entry = choose.rows(review, 3, "")
    return entry.assign(判断=["可", "否", "確認中"][: len(entry)], 判断者="担当者A", 判断日=choose.day(0))


def _csv(entries: pd.DataFrame, labels: list[str]) -> bytes:
    return entries[labels].to_csv(index=False, lineterminator=LINE_END).encode("cp932")


DEMO_FOLDER = "demo"
NEWEST_LAG = -1  # the newest month that has ended


def run_demo(folder: Path, workers: int | None, watch: Callable) -> Published:
    """Found a home of invented data, take in 24 months through the front door, publish the newest.

    watch: name → something with total(count) and step(), to show progress.
    """
    home = found(folder, demo=True)
    params = load_params(home.params)
    society = make_society(Month.of(clock.today()).plus(NEWEST_LAG))
    for name, content in society.registers.items():
        (home.registers / name).write_bytes(content)
    loading = watch("取込")
    loading.total(len(society.files))
    for month, content in society.files.items():
        file = home.inbox / f"{month}_架空データ.csv"
        file.write_bytes(content)
        ingest(home, params, file, month)
        loading.step()
    publishing = watch("公開")
    newest = max(society.files)
    return publish(home, params, newest, workers=workers, on_plan=publishing.total, on_done=publishing.step)
