"""カプセルを作る：履歴を開くのはここだけで、一人の読み手に見せてよい行と列だけを写す。"""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import duckdb
import pandas as pd

from mynalib.domain.classification import LINK_ACTIONS, RENEW_ACTIONS
from mynalib.domain.employers import SOCIETY_STAFF, Employer
from mynalib.domain.errors import MynaError, Refused
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.domain.revision import CORRECTED, Revision
from mynalib.domain.shipped import shipped_text
from mynalib.history.cubes import count_as_they_are, cube
from mynalib.history.files import fresh_folder, revision_of
from mynalib.history.home import Home
from mynalib.history.lens import UNKNOWN, Lens
from mynalib.history.months import kept_month, kept_months, newer_month
from mynalib.history.overlays import Overlays, read_overlays
from mynalib.history.stops import list_stops
from mynalib.history.tables import as_os_error
from mynalib.insight import display, measures
from mynalib.publish import comparing, earlier, review
from mynalib.publish.catalogue import Edition
from mynalib.publish.changes import changes
from mynalib.publish.outside import Outside

Tables = dict[str, pd.DataFrame | None]  # カプセルの表。None は、ない


@dataclass(frozen=True)
class Source:
    """一つの月の公開に使う元：設定、月、控える人、集計。開くのは一度だけ。

    revision は、第二版からの、知らせること。newer は、それより新しい月のうち、いちばん新しい月（なければ None）。あれば、この月の勧奨リストは作らない。古い断面では、
    そのあとに登録した人や、本人の申請で解除した人に、行き違いになる。
    """

    home: Home
    params: Params
    month: Month
    months: tuple = field(repr=False)
    overlays: Overlays = field(repr=False)
    cube: pd.DataFrame = field(repr=False)
    newer: Month | None = None
    revision: Revision | None = None

    @cached_property
    def revised(self) -> Revision | None:
        """ページに書く、この版のこと。訂正なら、前の版から変わった数も。"""
        revision = self.revision
        if revision is None or revision.kind != CORRECTED or revision.changes is not None:
            return revision
        return replace(revision, changes=changes(self))

    @cached_property
    def outside(self) -> Outside:
        """健保の外に見せるもの。"""
        return Outside(self)

    @cached_property
    def flow(self) -> pd.DataFrame | None:
        """前の月からの動き。前の月が欠けていれば None。"""
        before = self.month.plus(-1)
        pair = [kept for kept in self.months if kept.month in (before, self.month)]
        if len(pair) < 2:
            return None
        with Lens(pair, self.params) as lens:
            return lens.query("flow", before=str(before), after=str(self.month))

    @cached_property
    def policy(self) -> dict:
        return self.params.society.policy.model_dump(mode="json")

    @cached_property
    def desk(self) -> duckdb.DuckDBPyConnection:
        """カプセルを書く接続。開くのがいちばん遅いので、一度だけ。"""
        return duckdb.connect()

    def ask(self, name: str, tables: dict[str, pd.DataFrame], **values: str) -> pd.DataFrame:
        """sql/{name}.sql を、手元の表に尋ねる。列と単位は、その .sql の冒頭の注釈に書いてある。"""
        for table, rows in tables.items():
            self.desk.register(table, rows)
        return self.desk.execute(shipped_text(f"publish/sql/{name}.sql"), values or None).df()

    @cached_property
    def reminders(self) -> pd.DataFrame:
        """全ての事業所の勧奨リストを、月を一度だけ読んで。事業所の順。"""
        senders = self.params.society.policy.reminders.by
        kinds = ((senders.link, LINK_ACTIONS), (senders.renew, RENEW_ACTIONS))
        with Lens(self.months[-1:], self.params, self.overlays.of_lists) as lens:
            rows = reminders(lens, self)
        ours = [action for sender, actions in kinds if sender != "society" for action in actions]
        return rows[rows.action.isin(ours)].reset_index(drop=True)

    @property
    def makes_lists(self) -> bool:
        """この月の勧奨リストを作るか。"""
        return self.newer is None and not self.overlays.lost and not self.overlays.blocking

    @property
    def listed(self) -> pd.DataFrame:
        """勧奨リストに載る人。列は事業所・記号・番号・枝番・行うこと。リストを作らなければ、いない。"""
        notified = {employer.id for employer in self.params.notified(self.month.end)}
        rows = self.reminders[self.reminders.employer_id.isin(notified) & self.makes_lists]
        return rows[["employer_id", "symbol", "number", "branch", "action"]].reset_index(drop=True)

    @property
    def names(self) -> dict[str, str]:
        names = {e.id: e.name for e in self.params.employers if e.id != SOCIETY_STAFF}
        # 登録簿にない記号の人がいるのは、known_only でない元だけ（公開しない）
        return names | ({UNKNOWN: "登録簿にない記号"} if (self.cube.employer_id == UNKNOWN).any() else {})


def open_source(home: Home, params: Params, month: Month, *, known_only: bool = True) -> Source:
    """その月と、それより前の月を開く。

    Args:
        known_only: 登録簿にない記号の人がいれば断るか。断らないのは、取込の点検のページを作るときだけ。
    Raises:
        UnknownSymbol: 登録簿にない記号の人がいる。
        UnknownMonth: まだ取り込まれていない。
        RegisterUnreadable, MemoryDamaged, ReturnersDamaged: 控える人が分からない。
    """
    kept_month(home, month)
    months = tuple(kept for kept in kept_months(home) if kept.month <= month)
    overlays = read_overlays(home, params, months)
    if known_only:
        counted = cube(home, months, params, overlays.holds)
    else:
        counted = count_as_they_are(months, params, overlays.holds)
    return Source(home, params, month, months, overlays, counted, newer_month(home, month))


class UnknownEmployer(MynaError):
    """指定された事業所が、その月の公開先にない。"""

    code = "UNKNOWN_EMPLOYER"


def employers_of(source: Source, without: Collection[str] = (), only: str | None = None) -> list[Employer]:
    """その月に渡してよい事業所。お知らせに載り、取り除くと指定されていないもの。"""
    notified = {employer.id: employer for employer in source.params.notified(source.month.end)}
    for code in {*without, *([] if only is None else [only])} - set(notified):
        raise UnknownEmployer(where=f"事業所 {code}", label=source.month.label, usable="、".join(notified))
    return [e for e in notified.values() if e.id not in without and only in (None, e.id)]


def make_capsule(source: Source, edition: Edition, folder: Path, employer: Employer | None = None) -> Path:
    """その版のカプセルを folder に作る。"""
    made = TABLES[edition.notebook, edition.audience](source, employer)
    tables = {name: table for name, table in made.items() if table is not None}
    fresh_folder(folder)
    for name, table in tables.items():
        with as_os_error(folder):
            source.desk.from_df(table).write_parquet(str(folder / f"{name}.parquet"), compression="zstd")
    facts = _facts(source, edition, employer) | {"tables": sorted(tables)}
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, indent=1, default=str)
    (folder / "capsule.json").write_text(text, encoding="utf-8")
    return folder


def _facts(source: Source, edition: Edition, employer: Employer | None) -> dict:
    society, joint_use = source.params.society, source.params.joint_use
    before = earlier.last_release(source.home, source.month) if edition.level == "draft" else None
    society_wide = edition.notebook == "03_management_report"
    return {
        "notebook": edition.notebook,
        "audience": edition.audience,
        "month": str(source.month),
        "society": society.name,
        "demo": society.demo,
        "employer_id": employer.id if employer else "",
        "employer": employer.name if employer else "",
        "departments": list(employer.scope_on(source.month.end)) if employer else [],
        "policy": source.policy,
        "compared_with": _named(before, source.month) if before else "",
        "revision": source.revised.lines(employer.id if employer else edition.audience) if source.revised else [],
        "coarsened": source.outside.coarsened if edition.audience == "wide" else [],
        "decimals": source.outside.decimals(exact=edition.audience == "internal") if society_wide else 1,
        "columns": list(joint_use.employer_columns) if edition.audience == "named" else [],
        "purposes": joint_use.purposes.model_dump(mode="json"),
        "society_figure": source.outside.figure_for(employer.id) if edition.audience == "employer" else None,
        "target": _target(source) if society_wide else None,
        "notes": notes(source, edition),
    }


def _named(release: Path, month: Month) -> str:
    """比べる公開の名。この月の前の版か、訂正した版なら、そのことも。"""
    own, version = revision_of(release.name)
    if own == month:
        return f"{release.name}（訂正前の版）"
    return f"{release.name}（第{version}版）" if version > 1 else release.name


def _target(source: Source) -> dict | None:
    ahead = [t for t in source.params.society.targets if t.measure == "registration_rate" and t.month >= source.month]
    return {"month": str(ahead[0].month), "value": str(ahead[0].value)} if ahead else None


def notes(source: Source, edition: Edition) -> list[str]:
    """末尾の注記。どの版に、どの文を、どの順に載せるかは insight/words.yaml の notes。"""
    notice = source.params.joint_use.notice
    facts = {"as_of": source.month.as_of, "version": notice.version, "effective": notice.effective}
    return [note["text"].format(**facts) for note in display.words("notes") if edition.audience in note["editions"]]


def _internal_report(source: Source) -> Tables:
    outside = source.outside
    return {
        "rates": measures.counts(source.cube, source.names),
        "change": outside.change_table(exact=True),
        "causes": outside.cause_table(exact=True),
        "parts": outside.part_table(exact=True),
        "shown": outside.state,
        "lists": outside.lists,
        "listed": source.listed,
    }


def _wide_report(source: Source) -> Tables:
    outside = source.outside
    return {
        "rates": outside.wide,
        "change": outside.change_table(exact=False),
        "causes": outside.cause_table(exact=False),
        "parts": outside.part_table(exact=False),
    }


def _dashboard(source: Source, employer: Employer | None) -> Tables:
    return {"levels": source.outside.levels_of(employer.id), "lists": source.outside.lists_of(employer.id)}


def rows_of(table: pd.DataFrame, employer_id: str) -> pd.DataFrame:
    """事業所の順に並んだ表の、一つの事業所の行だけ。"""
    first, last = (table.employer_id.searchsorted(employer_id, side) for side in ("left", "right"))
    return table[first:last].reset_index(drop=True)


def reminders(lens: Lens, source: Source) -> pd.DataFrame:
    """その月の、全ての事業所の勧奨リスト。列は sql/reminders.sql にある。"""
    include = source.params.joint_use.dependants == "include"
    return lens.query("reminders", month=str(source.month), dependants=include)


def _require_newest(source: Source) -> None:
    """いちばん新しい月か。古い月の勧奨リストは、作らない。"""
    if source.newer:
        what = f"{source.newer.label}を取り込んであるので、古い月の勧奨リストは作れません"
        fix = f"勧奨リストは {source.newer.label}のものを使ってください（myna publish --month {source.newer}）。"
        raise Refused("STALE_MONTH", where=source.month.label, what=what, fix=fix)


def _reminders(source: Source, employer: Employer | None) -> Tables:
    _require_newest(source)
    for stop in list_stops(source.overlays, source.months[-1]):
        raise stop
    rows = rows_of(source.reminders, employer.id)
    columns = [column for column in source.params.joint_use.employer_columns if column in rows]
    return {"reminders": rows[columns]}


TABLES: dict[tuple[str, str], Callable[[Source, Employer | None], Tables]] = {
    ("01_intake_review", "internal"): lambda source, _: review.review_tables(source),
    ("03_management_report", "internal"): lambda source, _: _internal_report(source),
    ("03_management_report", "wide"): lambda source, _: _wide_report(source),
    ("04_employer_dashboard", "employer"): _dashboard,
    ("09_release_comparison", "internal"): lambda source, _: comparing.comparing_tables(source),
    ("05_employer_reminders", "named"): _reminders,
}
