"""手渡しに添える紙：受領書（控えの数とハッシュ）と、取り戻しのお願い。人の行は載らない。"""

from pathlib import Path

from mynalib.domain.employers import Employer
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.domain.shipped import templates
from mynalib.history import clock
from mynalib.history.files import write_file
from mynalib.history.home import Home
from mynalib.jobs.pages import style_sheet
from mynalib.reminders.memory import Handover

TITLES = {"receipt": "受領書", "recall": "回収のお願い"}


def receipt_slip(home: Home, params: Params, employer: Employer, facts: dict) -> Path:
    """受領書。facts は台帳に書いたこと（reminders.handover）。"""
    month = Month.parse(facts["month"])
    keeps = params.society.policy.reminders.employer_keeps_months
    values = facts | {
        "as_of": month.as_of,
        "department": facts["department"],
        "notice_effective": params.joint_use.notice.effective,
        # 次の月の末を過ぎて渡すこともある。過ぎた月までに返すようには、言わない
        "return_by": max(month.plus(1), Month.of(clock.today())).label,
        "delete_by": month.plus(keeps).label,
    }
    return _write(home, params, employer.name, values | {"kind": "receipt"})


def recall_slip(home: Home, params: Params, handed: Handover) -> Path:
    """取り戻しのお願い。わけは書かない。"""
    # 渡したあとで設定から除かれた事業所からも、取り戻す。名が分からなければ、コードで呼ぶ
    names = {one.id: one.name for one in params.employers}
    values = {"kind": "recall", "handover": handed.id, "handed": handed}
    values |= {"as_of": handed.month.as_of}
    return _write(home, params, names.get(handed.unit, handed.unit), values)


def _write(home: Home, params: Params, employer: str, values: dict) -> Path:
    title = TITLES[values["kind"]]
    common = {
        "title": title,
        "employer": employer,
        "society": params.society.name,
        "insurer_number": params.society.insurer_number,
        "demo": params.society.demo,
        "today": clock.today(),
        "style": style_sheet(),
    }
    page = templates().get_template("release/template/slip.html.j2").render(**values, **common)
    target = home.outbox / f"{values['handover']}_{title}.html"
    write_file(target, page.encode())
    return target
