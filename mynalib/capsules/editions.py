"""カプセルを作る：一人の読み手に見せてよい行と列だけを、一つの版のフォルダーに写す。"""

import json
from collections.abc import Callable
from pathlib import Path

from mynalib.capsules import comparison, intake_review, previous
from mynalib.capsules.catalogue import Edition
from mynalib.capsules.certificate_desk import desk_facts, desk_tables
from mynalib.capsules.dashboard import dashboard_tables
from mynalib.capsules.notice import notice_facts
from mynalib.capsules.opened import OpenedMonth, employer_rows
from mynalib.capsules.privacy import privacy_tables
from mynalib.capsules.publication import Publication
from mynalib.capsules.reminder_effect import effect_tables
from mynalib.capsules.report_tables import Tables, internal_report, report_facts, wide_report
from mynalib.capsules.society_lists import letter_facts, society_tables
from mynalib.capsules.society_tables import chosen_target, digits
from mynalib.domain.employers import Employer
from mynalib.domain.errors import Refused
from mynalib.domain.months import Month, day_label
from mynalib.history.files import fresh_folder
from mynalib.history.revisions import revision_of
from mynalib.history.stops import list_stops
from mynalib.history.tables import as_os_error, desk
from mynalib.insight import display
from mynalib.reminders.letters import said_channels

SOCIETY_NOTEBOOKS = ("02_society_dashboard", "03_management_report")  # 組合全体の率と目標のページ


def make_capsule(
    publication: Publication, edition: Edition, folder: Path, employer: Employer | None = None
) -> Path:
    """その版のカプセルを folder に作る。"""
    made = TABLES[edition.notebook, edition.audience](publication, employer)
    # ない表は、空の表とは違う：前の月がなければ、動きは 0 人ではなく、ない
    tables = {name: table for name, table in made.items() if table is not None}
    fresh_folder(folder)
    # ノートブックに渡るのは、このフォルダーだけ。組合の置き場も、ほかの事業所の行も、入らない
    with desk() as db, as_os_error(folder):
        for name, table in tables.items():
            db.from_df(table).write_parquet(str(folder / f"{name}.parquet"), compression="zstd")
    facts = _facts(publication, edition, employer) | {"tables": sorted(tables)}
    # sort_keys：同じ月からは、いつも同じバイト。下書きと公開を比べられる
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, indent=1, default=str)
    (folder / "capsule.json").write_text(text, encoding="utf-8")
    return folder


def _facts(publication: Publication, edition: Edition, employer: Employer | None) -> dict:
    society = publication.opened.params.society
    joint_use = publication.opened.params.joint_use
    before = (
        previous.last_release(publication.opened.home, publication.opened.month)
        if edition.level == "draft"
        else None
    )
    society_wide = edition.notebook in SOCIETY_NOTEBOOKS
    exact = edition.audience == "internal"
    named = edition.audience == "named"
    reader = employer.id if employer else edition.audience
    own = OWN_FACTS[edition.audience](publication) if edition.audience in OWN_FACTS else {}
    report = {"decimals": 1}
    if society_wide:
        report = report_facts(publication, exact=exact) | digits(publication.outside, exact=exact)
    return {
        "notebook": edition.notebook,
        "audience": edition.audience,
        "month": str(publication.opened.month),
        "society": society.name,
        "demo": society.demo,
        "employer_id": employer.id if employer else "",
        "employer": employer.name if employer else "",
        "departments": list(employer.scope_on(publication.opened.month.end)) if employer else [],
        "policy": publication.opened.policy,
        "compared_with": _named(before, publication.opened.month) if before else "",
        "revision": publication.revised.lines(reader) if publication.revised else [],
        "coarsened": publication.outside.coarsened if edition.audience == "wide" else [],
        "columns": list(joint_use.employer_columns) if named else [],
        "purposes": joint_use.purposes.model_dump(mode="json"),
        "society_figure": publication.outside.figure_for(employer.id)
        if edition.audience == "employer"
        else None,
        "notes": notes(publication, edition),
        **report,
        **own,
        **(_employer_facts(publication, employer) if employer else {}),
    }


def _notice(publication: Publication) -> dict:
    return notice_facts(publication.opened.params, publication.opened.month)


OWN_FACTS: dict[str, Callable[[Publication], dict]] = {
    "staff": letter_facts,
    "desk": desk_facts,
    "notice": _notice,
}
"""一つの読み手のカプセルだけに入れること。"""


def _employer_facts(publication: Publication, employer: Employer) -> dict:
    """事業所に渡すものに書くこと：問合せ先、リストの番号、使わないと約束したこと、申出先。"""
    joint_use = publication.opened.params.joint_use
    return {
        "contact": _contact(employer),
        "list_number": f"{employer.id}-{publication.version}",
        "certificate_until": certificate_until(publication),
        "not_used_for": list(joint_use.not_used_for),
        "channels": said_channels(joint_use.optout_channels),
        "society_target": chosen_target(publication.opened),
    }


def certificate_until(publication: Publication) -> str:
    """組合の資格確認書の期限。ページを読む翌月の末までに終わるか、だれも確かめていなければ ''（載せない）。"""
    opened = publication.opened
    # 断面は月末で、リストは翌月に渡る。読む人は、翌月の末までに受診するかもしれない
    last = opened.month.plus(1).end
    fact = opened.params.calendar.fresh("certificate", opened.month.end, last)
    return day_label(str(fact.until)) if fact else ""


def _contact(employer: Employer) -> dict:
    """お知らせに載せた、責任者（氏名は、書いてあれば）と電話。"""
    responsible = employer.responsible
    return {"title": f"{responsible.title} {responsible.name}".strip(), "phone": employer.phone}


def _named(release: Path, month: Month) -> str:
    """比べる公開の名。この月の前の版か、訂正した版なら、そのことも。"""
    own, version = revision_of(release.name)
    # 同じ月の前の版と比べると、違いは全て訂正によるもの。前の月との違いと取りちがえないように言う
    if own == month:
        return f"{release.name}（訂正前の版）"
    return f"{release.name}（第{version}版）" if version > 1 else release.name


def notes(publication: Publication, edition: Edition) -> list[str]:
    """末尾の注記。どの版に、どの文を、どの順に載せるかは insight/words.yaml の notes。"""
    notice = publication.opened.params.joint_use.notice
    facts = {
        "as_of": publication.opened.month.as_of,
        "version": notice.version,
        "effective": notice.effective,
        "channels": said_channels(publication.opened.params.joint_use.optout_channels),
    }
    return [
        note["text"].format(**facts)
        for note in display.words("notes")
        if edition.audience in note["editions"]
    ]


def _dashboard(publication: Publication, employer: Employer | None) -> Tables:
    return {
        "levels": publication.outside.levels_of(employer.id),
        "lists": publication.outside.lists_of(employer.id),
    }


def _require_newest(opened: OpenedMonth) -> None:
    """いちばん新しい月か。古い月の勧奨リストは、作らない。"""
    if opened.newer:
        what = f"{opened.newer.label}を取り込んであるので、古い月の勧奨リストは作れません"
        fix = f"勧奨リストは {opened.newer.label}のものを使ってください（myna publish --month {opened.newer}）。"
        raise Refused("STALE_MONTH", where=opened.month.label, what=what, fix=fix)


def _require_lists(opened: OpenedMonth) -> None:
    """名のあるものを作れる月か。"""
    _require_newest(opened)
    # 止まるわけがいくつあっても、はじめの一つで断る。どれも、解けるまでリストは作れない
    for stop in list_stops(opened.overlays, opened.months[-1]):
        raise stop


def _society_list(publication: Publication, _: Employer | None) -> Tables:
    _require_lists(publication.opened)
    return society_tables(publication)


def _desk(publication: Publication, _: Employer | None) -> Tables:
    _require_lists(publication.opened)
    return desk_tables(publication)


def _reminders(publication: Publication, employer: Employer | None) -> Tables:
    _require_lists(publication.opened)
    rows = employer_rows(publication.opened.reminders, employer.id)
    # お知らせで共同利用すると決めた列だけ。ほかの列は、カプセルにも入らない
    columns = [
        column for column in publication.opened.params.joint_use.employer_columns if column in rows
    ]
    return {"reminders": rows[columns]}


TABLES: dict[tuple[str, str], Callable[[Publication, Employer | None], Tables]] = {
    ("01_intake_review", "internal"): lambda publication, _: intake_review.review_tables(
        publication.opened
    ),
    ("02_society_dashboard", "internal"): lambda publication, _: dashboard_tables(publication),
    ("03_management_report", "internal"): lambda publication, _: internal_report(publication),
    ("03_management_report", "wide"): lambda publication, _: wide_report(publication),
    ("04_employer_dashboard", "employer"): _dashboard,
    ("06_reminder_effect", "internal"): lambda publication, _: effect_tables(publication),
    ("07_joint_use_notice", "notice"): lambda *_: {},
    ("08_society_lists", "staff"): _society_list,
    ("09_certificate_desk", "desk"): _desk,
    ("09_release_comparison", "internal"): lambda publication, _: comparison.comparing_tables(
        publication.outside
    ),
    ("10_privacy_review", "internal"): lambda publication, _: privacy_tables(publication),
    ("05_employer_reminders", "named"): _reminders,
}
