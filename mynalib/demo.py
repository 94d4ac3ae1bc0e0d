"""架空の組合：届いたはずのファイル、名簿、そして作り手だけが知る真実。"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from mynalib.demo_life import LIFE, live, table
from mynalib.domain.employers import NO_EMPLOYER
from mynalib.domain.items import ITEMS, NAMES, PERSON_ITEMS
from mynalib.domain.months import Month
from mynalib.domain.params import load_params
from mynalib.domain.society import demo_suffix
from mynalib.history import clock, registers
from mynalib.history.demo_marks import mark_demo
from mynalib.history.home import Home
from mynalib.jobs.running import Running
from mynalib.release.published import Published
from mynalib.verbs.ingest import ingest
from mynalib.verbs.init import REGISTERS, found
from mynalib.verbs.publish import publish

REGISTER_COLUMNS = REGISTERS | {"optout": (*registers.HEADER, *registers.OPTIONAL)}
MARKS = {"optout": "opted_out", "pending_cancellation": "pending", "never_contact": "never_contact"}
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True)
class DemoSociety:
    """組合に届き、組合が書きとめたはずのものと、作り手だけが知ること。

    files: 月 → 届いたままのファイル。cp932、CRLF、通知どおりの八つの列名。
    registers: ファイル名 → CSV（cp932、CRLF）。optout、pending_cancellation、never_contact、decisions。
    truth: よい行のある人×月に一行。month、person（番号が変わっても一生同じ）、symbol、number、branch、
        employer_id、insured、status（行だけから分かる区分）、vanished（本人の申請が消えたあとの月）と、名簿が
        その人についていうこと（どの月にも同じ）：opted_out、pending、never_contact、decision（なければ ""）。
    bad_rows: 悪い行に一行。month、reason、line（1 は見出し）。
    """

    files: dict[Month, bytes]
    registers: dict[str, bytes]
    truth: pd.DataFrame
    bad_rows: pd.DataFrame


def make_society(
    last: Month, months: int = 24, people: int = 12_000, seed: int = 20260401
) -> DemoSociety:
    """同じ引数からは、同じバイト列（判断日だけは今日）。人や月が少なければ、起こらないこともある。

    Raises:
        ValueError: はじめの月が 2020-11 より前（まだ、だれも登録できない）。
    """
    rng = np.random.default_rng(seed)
    files, snapshots, bad_rows = {}, [], []
    for month, snapshot in live(last, months, people, rng):
        bad = _bad_rows(month, last, people)
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
    bad_table = pd.concat(bad_rows, ignore_index=True)[["month", "reason", "line"]]
    return DemoSociety(files, sheets, _marked(truth, entries), bad_table)


def _bad_rows(month: Month, last: Month, people: int) -> pd.DataFrame:
    bad = table("bad_rows")[: people // LIFE.people_per_bad_kind].explode("rows", ignore_index=True)
    unknown_comes = (last.number - month.number) % LIFE.unknown_every == 0
    return bad[(bad["reason"] != "UNKNOWN_KIGO") | unknown_comes].copy()


def _file(snapshot: pd.DataFrame, bad: pd.DataFrame) -> bytes:
    rows = [",".join(row) for row in snapshot[[*NAMES]].itertuples(index=False)]
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
    turn = {"turn": lambda people: people.groupby("who").cumcount()}
    chosen = wanted.assign(**turn).merge(free.assign(**turn), on=["who", "turn"])
    filed = [f"{last.plus(-min(back, months - 1)).end:%Y%m10}" for back in chosen["backs"]]
    chosen = chosen.drop(columns=["backs", "turn"]).assign(申出日=filed)
    entries = pd.concat([chosen, *_gone(truth, last)], ignore_index=True).fillna("")
    for label, name in zip(registers.KEY, PERSON_ITEMS, strict=True):
        entries[label] = [
            _written(key, name, how) for key, how in zip(entries[name], entries["how"], strict=True)
        ]
    entries["受付"] = np.where(entries.index % 3 == 0, "事業所", "健保")
    entries["撤回日"] = np.where(entries["how"] == "withdrawn", f"{last.end:%Y%m25}", "")
    return entries.assign(判断=entries["how"], 判断者="担当者A", 判断日=f"{clock.today():%Y%m%d}")


def _choices(truth: pd.DataFrame, last: Month, months: int) -> pd.DataFrame:
    """名簿に書ける人：どの月にも同じ番号でいて、申請の消えた人でもない。who は、demo.yaml の entries が呼ぶ名。"""
    newest, before = (truth[truth["month"] == str(month)] for month in (last, last.plus(-1)))
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
    noted = entries[entries["撤回日"] == ""].set_index("person")
    marks = {
        mark: truth["person"].isin(noted.index[noted["名簿"] == name])
        for name, mark in MARKS.items()
    }
    decided = noted.loc[noted["名簿"] == "decisions", "判断"]
    return truth.assign(**marks, decision=truth["person"].map(decided).fillna(""))


def run_demo(folder: Path, workers: int | None, watch: Callable[[str], Running]) -> Published:
    """架空の置き場所を作り、24 か月を表の口から取り込み、いちばん新しい月を公開する。

    watch: 名（取込、公開）から、進み具合を見せる動かし方へ。
    Raises:
        NotEmpty: 前の demo が作ったもののほかに、何かがある。ほかは ingest と publish に同じ。
    """
    home = found(folder, demo=True)
    try:
        return _filled(home, workers, watch)
    finally:
        mark_demo(home)  # 途中で止めても、次の demo が作り直せるように


def _filled(home: Home, workers: int | None, watch: Callable[[str], Running]) -> Published:
    society = make_society(Month.of(clock.today()).plus(-1))  # 終わった月のうち、いちばん新しい月
    _confirm_leavers(home, society)
    params = load_params(home.params)
    with home.private():
        for name, content in society.registers.items():
            (home.registers / name).write_bytes(content)
    loading = watch("取込")
    loading.on_plan(len(society.files))
    for month, content in society.files.items():
        file = home.inbox / f"{month}{demo_suffix(True)}.csv"
        with home.private():
            file.write_bytes(content)
        ingest(home, params, file, month)
        loading.on_done(month)
    return publish(
        home, params, max(society.files), running=replace(watch("公開"), workers=workers)
    )


def _confirm_leavers(home: Home, society: DemoSociety) -> None:
    """架空の組合では、いなくなった人はみな資格を失った人だと、毎月、担当者が確かめている。"""
    settings = home.params / "society.yaml"
    months = ", ".join(str(month) for month in society.files)
    text = settings.read_text(encoding="utf-8").replace(
        "leavers_confirmed: []", f"leavers_confirmed: [{months}]"
    )
    settings.write_text(text, encoding="utf-8")
