"""架空の組合：届いたはずのファイル、名簿、そして作り手だけが知る真実。"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from mynalib.demo_certificates import certificate_registers
from mynalib.demo_life import LIFE, live, table
from mynalib.domain.employers import NO_EMPLOYER
from mynalib.domain.items import ITEMS, NAMES, PERSON_ITEMS
from mynalib.domain.months import Month
from mynalib.history import clock, registers

REGISTER_COLUMNS = {
    "optout": (*registers.HEADER, *registers.OPTIONAL),
    "pending_cancellation": registers.HEADER,
    "never_contact": registers.HEADER,
    "decisions": registers.DECISIONS,
}
FILED_ON = ("申出日", "判断日", "交付日")
MARKS = {"optout": "opted_out", "pending_cancellation": "pending", "never_contact": "never_contact"}
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True)
class DemoSociety:
    """組合に届き、組合が書きとめたはずのものと、作り手だけが知ること。

    files: 月 → 届いたままのファイル。cp932、CRLF、通知どおりの八つの列名。
    registers: ファイル名 → CSV（cp932、CRLF）。REGISTER_COLUMNS の四つと、資格確認書の二つ。
    truth: よい行のある人×月に一行。month、person（番号が変わっても一生同じ）、symbol、number、branch、
        employer_id、insured、status（行だけから分かる区分）、vanished（本人の申請が消えたあとの月）と、名簿が
        その人についていうこと（どの月にも同じ）：opted_out、pending、never_contact、decision（なければ ""）。
    bad_rows: 悪い行に一行。month、reason、line（1 は見出し）。
    """

    files: dict[Month, bytes]
    registers: dict[str, bytes]
    truth: pd.DataFrame
    bad_rows: pd.DataFrame

    def registers_on(self, day: date) -> dict[str, bytes]:
        """day までに書いた行だけの registers。"""
        return {name: _until(content, day) for name, content in self.registers.items()}


def _until(content: bytes, day: date) -> bytes:
    """名簿のうち、その日付（FILED_ON）が day までの行。"""
    header, *rows = content.decode("cp932").splitlines(keepends=True)
    columns = header.strip().split(",")
    # どの名簿にも、このうちのちょうど一つがある。8 桁の日付なので、文字のまま比べられる
    at = next(columns.index(name) for name in FILED_ON if name in columns)
    kept = [row for row in rows if row.rstrip().split(",")[at] <= f"{day:%Y%m%d}"]
    return "".join([header, *kept]).encode("cp932")


def make_society(
    last: Month, months: int = 24, people: int = 12_000, seed: int = 20260401
) -> DemoSociety:
    """同じ引数からは、同じバイト列（判断日だけは今日）。人や月が少なければ、起こらないこともある。

    Raises:
        ValueError: はじめの月が 2020-11 より前（まだ、だれも登録できない）。
    """
    rng = np.random.default_rng(seed)
    files = {}
    snapshots = []
    bad_rows = []
    for month, snapshot in live(last, months, people, rng):
        bad = _bad_rows(month, last, people)
        # 2 から：1 行目は見出し。よい行と悪い行を合わせた中の、悪い行の行番号
        bad["line"] = np.sort(2 + rng.choice(len(snapshot) + len(bad), len(bad), replace=False))
        files[month] = _file(snapshot, bad)
        bad_rows.append(bad.assign(month=str(month)))
        snapshots.append(snapshot.assign(month=str(month)))
    truth = pd.concat(snapshots, ignore_index=True)
    truth = truth[
        ["month", "person", *PERSON_ITEMS, "employer_id", "insured", "status", "vanished"]
    ]
    entries = _entries(truth, last, months, rng)
    sheets = {f"{name}.csv": _csv(entries, name) for name in REGISTER_COLUMNS}
    sheets |= certificate_registers(truth)
    bad_table = pd.concat(bad_rows, ignore_index=True)[["month", "reason", "line"]]
    return DemoSociety(files, sheets, _marked(truth, entries), bad_table)


def _bad_rows(month: Month, last: Month, people: int) -> pd.DataFrame:
    bad = table("bad_rows")[: people // LIFE.people_per_bad_kind].explode("rows", ignore_index=True)
    unknown_comes = (last.number - month.number) % LIFE.unknown_every == 0
    return bad[(bad["reason"] != "UNKNOWN_KIGO") | unknown_comes].copy()


def _file(snapshot: pd.DataFrame, bad: pd.DataFrame) -> bytes:
    # 列ごとに取り出す。一行ずつ（itertuples）では、七倍かかる
    rows = [*map(",".join, zip(*(snapshot[name].tolist() for name in NAMES), strict=True))]
    for row, line in zip(bad["rows"], bad["line"], strict=True):
        rows.insert(line - 2, row)
    header = ",".join(item.label for item in ITEMS) + "\r\n"
    body = "".join(f"{row}\r\n" for row in rows)
    # latin-1 は、cp932 の文字でないバイトもそのまま通す
    return header.encode("cp932") + body.encode("latin-1")


def _csv(entries: pd.DataFrame, name: str) -> bytes:
    rows = entries.loc[entries["名簿"] == name, [*REGISTER_COLUMNS[name]]]
    return rows.to_csv(index=False, lineterminator="\r\n").encode("cp932")


def _entries(
    truth: pd.DataFrame, last: Month, months: int, rng: np.random.Generator
) -> pd.DataFrame:
    """全ての名簿の行。一人は一度だけ。列は、名簿、person、how と、REGISTER_COLUMNS にあるもの。"""
    free = _choices(truth, last, months).sample(frac=1, random_state=rng)
    wanted = table("entries").explode("backs", ignore_index=True)
    # 同じ who の、k 番目に書く行に、k 番目の人をあてる。例：x が二行、空いている x が 8、9、10 なら、8 と 9
    turn = {"turn": lambda people: people.groupby("who").cumcount()}
    chosen = wanted.assign(**turn).merge(free.assign(**turn), on=["who", "turn"])
    # strftime の「10」は、そのまま 10 日：2026-10-31 は 20261010
    filed = [f"{last.plus(-min(back, months - 1)).end:%Y%m10}" for back in chosen["backs"]]
    chosen = chosen.drop(columns=["backs", "turn"]).assign(申出日=filed)
    entries = pd.concat([chosen, *_gone(truth, last)], ignore_index=True).fillna("")
    for label, name in zip(registers.KEY, PERSON_ITEMS, strict=True):
        entries[label] = [
            _written(key, name, how) for key, how in zip(entries[name], entries["how"], strict=True)
        ]
    # 三行に一行は、事業所が受け付けた
    entries["受付"] = np.where(entries.index % 3 == 0, "事業所", "健保")
    entries["撤回日"] = np.where(entries["how"] == "withdrawn", f"{last.end:%Y%m25}", "")
    return entries.assign(判断=entries["how"], 判断者="担当者A", 判断日=f"{clock.today():%Y%m%d}")


def _choices(truth: pd.DataFrame, last: Month, months: int) -> pd.DataFrame:
    """名簿に書ける人：どの月にも同じ番号でいて、申請の消えた人でもない。who は、demo.yaml の entries が呼ぶ名。"""
    newest, before = (truth[truth["month"] == str(month)] for month in (last, last.plus(-1)))
    # はじめから終わりまで、同じ番号でいた人。月の数と同じだけ現れる
    settled = truth.groupby([*PERSON_ITEMS])["month"].transform("size") == months
    choices = newest[settled[newest.index] & ~newest["vanished"]]
    own = "cancelled_at_own_request"
    newly = (choices["status"] == own) & ~choices["person"].isin(
        before.loc[before["status"] == own, "person"]
    )
    kinds = [
        newly,
        choices["status"].str.startswith("review_"),
        choices["number"].str.startswith("0"),
    ]
    return choices.assign(
        who=np.select(kinds, ["newly_cancelled", "review", "leading_zeros"], choices["status"])
    )


def _gone(truth: pd.DataFrame, last: Month) -> tuple[pd.DataFrame, pd.DataFrame]:
    """申し出たあとで、退職した一人と、転籍した一人。"""
    newest = truth[truth["month"] == str(last)]
    employed = truth[truth["employer_id"] != NO_EMPLOYER]
    seen = employed.drop_duplicates(["person", "number"], keep="last")
    seen = seen.assign(名簿="optout", 申出日=seen["month"].str.replace("-", "") + "05", how="")
    today = employed[employed["month"] == str(last)][["person", *PERSON_ITEMS]].set_axis(
        ["person", *registers.NEW_KEY], axis=1
    )
    moved = seen.merge(today, on="person").query("number != 新番号")
    retired = seen[~seen["person"].isin(newest["person"])]
    return retired.tail(1).assign(処理="退職"), moved.tail(1).assign(処理="転籍")


def _written(key: str, name: str, how: str) -> str:
    """鍵の一つを、人が名簿に書くとおりに。"""
    if how == "full_width" and name != "symbol":
        return key.translate(FULL_WIDTH)
    return str(int(key)) if how == "no_zeros" else key


def _marked(truth: pd.DataFrame, entries: pd.DataFrame) -> pd.DataFrame:
    """真実に、名簿に書いた人の印を付ける。"""
    # 撤回した人は、もう控えない
    noted = entries[entries["撤回日"] == ""].set_index("person")
    marks = {
        mark: truth["person"].isin(noted.index[noted["名簿"] == name])
        for name, mark in MARKS.items()
    }
    decided = noted.loc[noted["名簿"] == "decisions", "判断"]
    return truth.assign(**marks, decision=truth["person"].map(decided).fillna(""))
