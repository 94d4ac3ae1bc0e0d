"""公開の流れ：関門、計画、実行、組み立て、点検、公開。どこで止まっても、公開したものは前のまま。"""

import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from mynalib.domain.errors import MynaError, Problem
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history import clock
from mynalib.history.home import Home
from mynalib.history.loading import settle
from mynalib.history.months import verify_month
from mynalib.history.registers import read_registers
from mynalib.publish.batch import run_jobs
from mynalib.publish.capsules import Source, open_source
from mynalib.publish.jobs import Job, NotebookFailed
from mynalib.publish.plan import employers_of, plan_jobs
from mynalib.publish.release import assemble, inspect, place, settle_releases, unchanged
from mynalib.publish.review import reconciles, unresolved_lines


class NotReady(MynaError):
    """その月は、公開してよい状態でない。`code` は理由の名。"""

    def __init__(self, code: str, *, where: str, what: str, fix: str, problems: Collection[Problem] = ()):
        super().__init__(where=where, what=what, fix=fix, problems=tuple(problems))
        self.code = code


@dataclass(frozen=True)
class Published:
    """公開の結果。outcome は released・unchanged・draft。"""

    outcome: str
    folder: Path
    artefacts: int
    without: list[str] = field(default_factory=list)


def publish(
    home: Home,
    params: Params,
    month: Month,
    *,
    without: Collection[str] = (),
    only: str | None = None,
    draft: bool = False,
    workers: int | None = None,
    on_plan: Callable[[int], None] = lambda _: None,
    on_done: Callable[[Job], None] = lambda _: None,
) -> Published:
    """その月を公開する。

    Args:
        without: この月は公開しない事業所（理由とともに台帳に残すのは人の仕事）。
        only: 一つの事業所だけの下書き。
        draft: 公開せず、下書きで止める。
    Raises:
        NotReady: 古い、隔離が多い、照合が合わない、名簿に答えのない行がある。
        NotebookFailed: 動かなかった仕事がある。ほかの仕事の結果は下書きに残り、次はそこから始まる。
        GateFailed: 点検で見つかった。
    """
    with home.locked():
        settle(home)
        source = open_source(home, params, month)
        settle_releases(source)
        _require_ready(source)
        employers = employers_of(source, without, only)
        room = home.drafts / (f"{month}-{only}" if only else str(month))
        jobs = plan_jobs(source, employers, room / "jobs", society=only is None)
        on_plan(len(jobs))
        records = run_jobs(jobs, workers, on_done)
        _require_all(source, jobs, records)
        assembled = assemble(source, jobs, records, sorted(without), room / "release")
        inspect(source, assembled.folder, assembled.manifest["artefacts"])
        return _finish(source, assembled, room, draft or only is not None)


def _finish(source: Source, assembled, room: Path, draft: bool) -> Published:
    counts = {"artefacts": len(assembled.manifest["artefacts"]), "without": assembled.manifest["without"]}
    if draft:
        return Published("draft", assembled.folder, **counts)
    existing = unchanged(source, assembled)
    target = existing or place(source, assembled)
    shutil.rmtree(room, ignore_errors=True)
    return Published("unchanged" if existing else "released", target, **counts)


def _require_all(source: Source, jobs: list[Job], records: dict[str, dict]) -> None:
    failed = [job for job in jobs if "error" in records[job.name]]
    if not failed:
        return
    employers = sorted({job.parameters["employer"] for job in failed if "employer" in job.parameters})
    instead = f"直せないときは --without {employers[0]} で、その事業所を除いて公開できます。" if employers else ""
    raise NotebookFailed(
        where=f"{source.month.label}の公開",
        what=f"{len(jobs)} 件のうち {len(failed)} 件が出来ませんでした。何も公開していません（出来たものは下書きに残っています）",
        fix=f"原因を直して、もう一度 publish すると、出来ていないものだけを作ります。{instead}",
        problems=[Problem(job.name, records[job.name]["what"]) for job in failed],
    )


def _require_ready(source: Source) -> None:
    """公開の関門。取込は止めず、公開だけを止める。"""
    kept = source.months[-1]
    verify_month(kept)
    _require_fresh(source)
    _require_few_quarantined(source)
    if not reconciles(source):
        raise NotReady(
            "NOT_RECONCILED",
            where=source.month.label,
            what="人数の照合が合いません",
            fix="myna check で確かめてください。",
        )
    unresolved = unresolved_lines(source, read_registers(source.home, source.params))
    if unresolved:
        raise NotReady(
            "OPTOUT_UNRESOLVED",
            where="名簿",
            what=f"{source.month.label}のだれにも当てはまらない行が {len(unresolved)} 件あります",
            fix="記号・番号・枝番を確かめ、退職などで当てはまらないときは「処理」に 退職・転籍・未収録 のどれかを書いてください。",
            problems=[Problem(f"{register} {line} 行目", "当てはまる人がいません") for register, line in unresolved],
        )


def _require_fresh(source: Source) -> None:
    limit = source.params.society.policy.publish.stale_after_days
    days = (clock.today() - source.month.end).days
    if days > limit:
        raise NotReady(
            "STALE_MONTH",
            where=source.month.label,
            what=f"月末から {days} 日たっています（公開できるのは {limit} 日まで）。古い状態で勧奨すると、行き違いになります",
            fix="新しい月のファイルを取り込んで、その月を公開してください。",
        )


def _require_few_quarantined(source: Source) -> None:
    policy, intake = source.params.society.policy.publish, source.months[-1].intake
    rows, held = intake["data_rows"], intake["quarantined"]
    if rows >= policy.min_rows and held > float(policy.max_quarantine) * rows:
        raise NotReady(
            "TOO_MANY_QUARANTINED",
            where=source.month.label,
            what=f"{rows:,} 行のうち {held:,} 行を隔離しています（公開できるのは {float(policy.max_quarantine):.1%} まで）",
            fix="元のファイルを確かめ、送り直してもらうか、直したファイルを --replace で取り込んでください。",
        )
