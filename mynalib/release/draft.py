"""公開を作る：計画、実行、組み立て、点検、公開。"""

from collections.abc import Collection
from dataclasses import replace

from mynalib.capsules import intake_review
from mynalib.capsules.catalogue import REVIEW
from mynalib.capsules.opened import employers_of
from mynalib.capsules.publication import Publication, open_publication
from mynalib.domain.errors import Problem, Refused
from mynalib.history.files import DiskFull, write_file
from mynalib.history.markers import STATES, state_rule
from mynalib.history.stops import list_stops
from mynalib.jobs import batch, plan
from mynalib.jobs.job import Job, NotebookFailed
from mynalib.jobs.running import AS_USUAL, Running
from mynalib.release import gate
from mynalib.release.assembly import assemble, place
from mynalib.release.order import Order
from mynalib.release.published import Published, done, existing
from mynalib.release.releases import refresh_portal
from mynalib.release.revising import Decision
from mynalib.release.unchanged import Protecting, protecting


def make(order: Order, decision: Decision, running: Running = AS_USUAL) -> Published:
    """その月を、頼みのとおりに作る。送出するエラーは、verbs.publish に書いてある。"""
    # 名簿を読む前に。読むあいだに変われば、次の publish が気づく
    protected = protecting(order.home, order.params)
    publication = open_publication(order.home, order.params, order.month)
    opened = replace(publication.opened, lists_stand=decision.lists_stand)
    publication = replace(publication, opened=opened, revision=decision.revision)
    if not intake_review.reconciles(publication.opened):
        raise Refused(
            "NOT_RECONCILED",
            where=order.month.label,
            what="人数の照合が合いません",
            fix="myna check で確かめてください。",
        )
    published = _publish(order, publication, protected, running)
    # 古い月は、はじめからリストを作らないので、作れなかったとは言わない
    if opened.newer is not None:
        return published
    # 公開は済んでいる。リストだけが作れなかったことを、公開したものの場所とともに知らせる
    for stop in list_stops(opened.overlays, opened.months[-1], published.folder):
        stop.see = existing(published.folder / REVIEW)
        raise stop
    return published


def _publish(
    order: Order, publication: Publication, protected: Protecting, running: Running
) -> Published:
    room = order.room
    employers = employers_of(publication.opened, order.without, order.only)
    with batch.private_files(room / "jobs"):
        jobs = plan.plan_jobs(
            publication,
            employers,
            room / "jobs",
            order.only is None,
            publication.opened.makes_lists,
        )
        records = _run(publication, jobs, running)
    manifest = assemble(publication, jobs, records, sorted(order.without), room / "release")
    folder = room / "release"
    # 下書きでも点検する。人が見て決めるのは、公開できるものだけ
    gate.inspect(publication, folder, manifest["artefacts"])
    # 人が見た下書きと一つでも違えば、見たことにならない。成果物のハッシュも manifest にあるので、ページの違いも分かる
    if order.approval and manifest != order.approval.draft:
        raise Refused(
            "DRAFT_CHANGED",
            where=publication.opened.month.label,
            what="見た下書きのあとに、元が変わりました",
            fix="新しい下書きを作りました。もう一度見てから、myna release してください。",
        )
    if not order.final:
        _show_draft(order, publication)
        return done("draft", folder)
    return done(
        "released",
        place(publication, folder, protected, order.approval.by if order.approval else ""),
        room,
    )


def _show_draft(order: Order, publication: Publication) -> None:
    """下書きの入口のページに、下書きだと出し、全ての月の入口にも、下書きがあることを書く。"""
    style = state_rule(publication.version, "これは下書きです。まだ公開していません。")
    write_file(order.room / STATES, f"{style}.place {{ display: none }}\n".encode())
    # 一つの事業所だけの下書きは、公開できないので、全ての月の入口には出さない
    if not order.only:
        refresh_portal(order.home, order.params)


def _run(publication: Publication, jobs: Collection[Job], running: Running) -> dict[str, dict]:
    running.on_plan(len(jobs))
    records = batch.run_jobs(jobs, running)
    failed = [job for job in jobs if "error" in records[job.name]]
    if not failed:
        return records
    employers = sorted(
        {job.parameters["employer"] for job in failed if "employer" in job.parameters}
    )
    instead = (
        f"直せないときは --without {employers[0]} で、その事業所を除いて公開できます。"
        if employers
        else ""
    )
    where = f"{publication.opened.month.label}の公開"
    problems = [Problem(job.name, records[job.name]["what"]) for job in failed]
    # 満杯のディスクは、どの仕事もまきこむ。ノートブックの誤りに見えないように、先に言う
    if any(records[job.name]["error"] == DiskFull.code for job in failed):
        raise DiskFull(where=where, problems=problems)
    counts = f"{len(jobs)} 件のうち {len(failed)} 件"
    raise NotebookFailed(
        where=where,
        what=f"{counts}が出来ませんでした。何も公開していません（出来たものは下書きに残っています）",
        fix=f"原因を直して、もう一度 publish すると、出来ていないものだけを作ります。{instead}",
        problems=problems,
    )
