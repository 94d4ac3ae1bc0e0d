"""公開の流れ：関門、計画、実行、組み立て、点検、公開。どこで止まっても、公開したものは前のまま。"""

import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mynalib.domain.errors import Problem, Refused
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history import clock
from mynalib.history.home import Home
from mynalib.history.loading import settle
from mynalib.history.months import verify_month
from mynalib.publish import batch, earlier, gate, plan, review
from mynalib.publish.capsules import Source, employers_of, open_source, require_answered
from mynalib.publish.jobs import Job, NotebookFailed
from mynalib.publish.release import COMPARISON, Assembled, assemble, place, settle_releases, unchanged


@dataclass(frozen=True)
class Published:
    """公開の結果。outcome は released・unchanged・draft。comparison は、下書きと前の公開との比べ。"""

    outcome: str
    folder: Path
    artefacts: int
    without: list[str] = field(default_factory=list)
    comparison: Path | None = None


@dataclass(frozen=True)
class Approval:
    """下書きを見て公開を決めた人と、見た下書きの manifest。"""

    by: str
    draft: dict


def publish(
    home: Home,
    params: Params,
    month: Month,
    *,
    without: Collection[str] = (),
    only: str | None = None,
    draft: bool = False,
    approval: Approval | None = None,
    **running: object,
) -> Published:
    """その月を公開する。

    Args:
        without: この月は公開しない事業所（理由とともに台帳に残すのは人の仕事）。
        only: 一つの事業所だけの下書き。
        draft: 公開せず、下書きで止める。
        approval: もう一人の確認（release が渡す）。
        running: on_plan（仕事の数が決まったとき）と、run_jobs の workers、on_done、on_wait。
    Raises:
        Refused: 古い、隔離が多い、照合が合わない、もう一人の確認がない、見た下書きと違う。名簿に答えのない行があるときは、勧奨リストのほかを公開してから。
        NotebookFailed: 動かなかった仕事がある。ほかの仕事の結果は下書きに残り、次はそこから始まる。
        GateFailed: 点検で見つかった。
    """
    with home.locked():
        source = _settled(home, params, month, approved=bool(approval or draft or only))
        room = home.drafts / (f"{month}-{only}" if only else str(month))
        employers, lists = employers_of(source, without, only), not source.overlays.blocking
        with batch.private_files(room / "jobs"):
            jobs = plan.plan_jobs(source, employers, room / "jobs", only is None, lists)
            same = None if draft or only else unchanged(source, jobs, without)
            records = {} if same else _made(source, jobs, **running)
        if same:
            done = _done("unchanged", same, earlier.read_manifest(same), room)
        else:
            assembled = assemble(source, jobs, records, sorted(without), room / "release")
            done = _finish(source, assembled, room, bool(draft or only), approval)
        require_answered(source, done.folder)
        return done


def release(home: Home, params: Params, month: Month, approved_by: str, **options) -> Published:
    """見た下書きを、公開にする。

    Args:
        approved_by: 下書きを見て、公開してよいと決めた人（台帳に残る記録で、本人の確かめではない）。
        options: publish の running。
    Raises:
        Refused: 下書きがない、見たあとに元が変わった。ほかは publish と同じ。
    """
    draft = home.drafts / str(month) / "release"
    if not (draft / "manifest.json").is_file():
        raise Refused("NO_DRAFT", where=month.label, month=month)
    looked_at = earlier.read_manifest(draft)
    approval = Approval(approved_by, looked_at)
    return publish(home, params, month, without=looked_at["without"], approval=approval, **options)


def _finish(source: Source, assembled: Assembled, room: Path, draft: bool, approval: Approval | None) -> Published:
    gate.inspect(source, assembled.folder, assembled.manifest["artefacts"])
    if approval and assembled.manifest != approval.draft:
        raise Refused("DRAFT_CHANGED", where=source.month.label)
    if draft:
        return _done("draft", assembled.folder, assembled.manifest)
    target = place(source, assembled, approval.by if approval else "")
    return _done("released", target, assembled.manifest, room)


def _done(outcome: str, folder: Path, manifest: dict, room: Path | None = None) -> Published:
    """結果。room は、もう要らない下書きの部屋。"""
    if room:
        shutil.rmtree(room, ignore_errors=True)
    comparison = folder.parent / COMPARISON / "index.html"
    shown = comparison if comparison.exists() else None
    return Published(outcome, folder, len(manifest["artefacts"]), manifest["without"], shown)


def _made(
    source: Source, jobs: list[Job], on_plan: Callable[[int], None] = lambda _: None, **running: object
) -> dict[str, dict]:
    on_plan(len(jobs))
    records = batch.run_jobs(jobs, **running)
    failed = [job for job in jobs if "error" in records[job.name]]
    if not failed:
        return records
    employers = sorted({job.parameters["employer"] for job in failed if "employer" in job.parameters})
    instead = f"直せないときは --without {employers[0]} で、その事業所を除いて公開できます。" if employers else ""
    where, problems = f"{source.month.label}の公開", [Problem(job.name, records[job.name]["what"]) for job in failed]
    counts = f"{len(jobs)} 件のうち {len(failed)} 件"
    raise NotebookFailed(where=where, why="some_failed", problems=problems, counts=counts, instead=instead)


def _settled(home: Home, params: Params, month: Month, approved: bool) -> Source:
    """前の処理の残りを片づけて、開く。公開の関門は、取込を止めず、公開だけを止める。"""
    settle(home)
    source = open_source(home, params, month)
    settle_releases(source)
    verify_month(source.months[-1])
    for stop in _stops(source, approved):
        raise stop
    return source


def _stops(source: Source, approved: bool) -> Iterator[Refused]:
    """公開してはならない理由。"""
    policy, intake, where = source.params.society.policy.publish, source.months[-1].intake, source.month.label
    days, rows, held = (clock.today() - source.month.end).days, intake["data_rows"], intake["quarantined"]
    if days > policy.stale_after_days:
        yield Refused("STALE_MONTH", where=where, days=days, most=policy.stale_after_days)
    if rows >= policy.min_rows and held > policy.max_quarantine * rows:
        told = {"rows": rows, "held": held, "most": policy.max_quarantine}
        yield Refused("TOO_MANY_QUARANTINED", where=where, why="quarantined_in_month", **told)
    if policy.two_people and not approved:
        yield Refused("APPROVAL_REQUIRED", where=where, month=source.month)
    if not review.reconciles(source):
        yield Refused("NOT_RECONCILED", where=where)
