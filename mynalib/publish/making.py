"""公開を作る：計画、実行、組み立て、点検、公開。"""

from collections.abc import Callable
from dataclasses import replace

from mynalib.domain.errors import Problem, Refused
from mynalib.history.files import DiskFull
from mynalib.history.stops import list_stops
from mynalib.publish import batch, gate, plan, review
from mynalib.publish.capsules import Source, employers_of, open_source
from mynalib.publish.jobs import Job, NotebookFailed
from mynalib.publish.order import Order
from mynalib.publish.publishing import Published, done, existing
from mynalib.publish.release import assemble, place
from mynalib.publish.revising import Decision
from mynalib.publish.shelf import REVIEW
from mynalib.publish.unchanged import protection_hash


def make(order: Order, decision: Decision, **running: object) -> Published:
    """その月を、頼みのとおりに作る。送出するエラーは、publishing.publish に書いてある。"""
    protected = protection_hash(order.home, order.params)  # 名簿を読む前に。読むあいだに変われば、次の publish が気づく
    source = replace(open_source(order.home, order.params, order.month), revision=decision.revision)
    if not review.reconciles(source):
        raise Refused("NOT_RECONCILED", where=order.month.label)
    published = _publish(order, source, protected, **running)
    for stop in list_stops(source.overlays, source.months[-1], published.folder) if source.newer is None else ():
        stop.see = existing(published.folder / REVIEW)
        raise stop
    return published


def _publish(order: Order, source: Source, protected: str, **running: object) -> Published:
    room = order.room
    employers = employers_of(source, order.without, order.only)
    with batch.private_files(room / "jobs"):
        jobs = plan.plan_jobs(source, employers, room / "jobs", order.only is None, source.makes_lists)
        records = _run(source, jobs, **running)
    manifest, folder = assemble(source, jobs, records, sorted(order.without), room / "release"), room / "release"
    gate.inspect(source, folder, manifest["artefacts"])
    if order.approval and manifest != order.approval.draft:
        raise Refused("DRAFT_CHANGED", where=source.month.label)
    if not order.final:
        return done("draft", folder)
    return done("released", place(source, folder, protected, order.approval.by if order.approval else ""), room)


def _run(
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
    if any(records[job.name]["error"] == DiskFull.code for job in failed):
        raise DiskFull(where=where, problems=problems)
    counts = f"{len(jobs)} 件のうち {len(failed)} 件"
    raise NotebookFailed(where=where, why="some_failed", problems=problems, counts=counts, instead=instead)
