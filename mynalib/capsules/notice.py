"""共同利用のお知らせ（07）のカプセルに入れること：設定に書いた ①〜⑤ と申出先。人のことも、人数もない。"""

from datetime import date

from mynalib.domain.calendar import DatedFact
from mynalib.domain.employers import Employer
from mynalib.domain.items import ITEMS, LABELS
from mynalib.domain.joint_use import JointUse
from mynalib.domain.months import Month
from mynalib.domain.notice_check import NEEDED
from mynalib.domain.params import Params
from mynalib.insight import display


def notice_facts(params: Params, month: Month) -> dict:
    """お知らせの全て。日は断面の月の末日で、まだ効いていないお知らせなら、効く日。

    Returns:
        stale（見直しの日を過ぎたか）、purposes、items（一行＝一項目）、parties（一行＝一事業所：name, departments, title, phone）、society_row（なければ None）、
        controller、doors（一行＝一つの申出先）、ほかは joint_use.yaml のまま。
    """
    joint_use = params.joint_use
    notice = joint_use.notice
    day = max(month.end, notice.effective)
    own = params.society_row(day)
    return {
        "stale": not params.notice_in_force(day),
        "version": notice.version,
        "effective": str(notice.effective),
        "published": [{"channel": one.channel, "on": str(one.on)} for one in notice.published],
        "former": [_former(fact) for fact in _earlier(params, notice.version)],
        "purposes": _purposes(joint_use),
        "items": _items(joint_use),
        "given": [_given(column) for column in joint_use.employer_columns],
        "dependants": joint_use.dependants,
        "dependants_notified_on": str(joint_use.dependants_notified_on or ""),
        "under_16": joint_use.under_16.policy,
        "under_16_now": params.calendar.fresh("under_16", day) is not None,
        "not_used_for": list(joint_use.not_used_for),
        "parties": [_party(one, day) for one in params.notified(day)],
        "society_row": _party(own, day) if own else None,
        "controller": joint_use.controller.model_dump(),
        "doors": [
            one.model_dump(include={"to", "contact", "how"}) for one in joint_use.optout_channels
        ],
    }


def _purposes(joint_use: JointUse) -> dict[str, dict]:
    """勧奨から、目的の文と、対象の人を決めるのに使う項目の見出しへ。"""
    items = joint_use.purpose_items.model_dump()
    return {
        kind: {"purpose": purpose, "items": [LABELS[name] for name in items[kind]]}
        for kind, purpose in joint_use.purposes.model_dump().items()
    }


def _given(column: str) -> str:
    """事業所に渡してよい列の名。勧奨に要らない項目（登録年月日など）は、リストに見出しがないので、項目の名。"""
    return display.label(column) if column in NEEDED else LABELS[column]


def _items(joint_use: JointUse) -> list[dict]:
    """お知らせに載せた項目の、見出し、何のことか、コードの値と意味。お知らせの順。"""
    known = {item.name: item for item in ITEMS}
    return [
        {
            "label": known[name].label,
            "meaning": known[name].meaning,
            "codes": [*known[name].codes.items()],
        }
        for name in joint_use.items
    ]


def _party(employer: Employer, day: date) -> dict:
    """お知らせの表の一行。"""
    who = employer.responsible
    return {
        "name": employer.name,
        "departments": list(employer.scope_on(day)),
        "title": f"{who.title}　{who.name}".strip(),
        "phone": employer.phone,
    }


def _earlier(params: Params, version: str) -> list[DatedFact]:
    """前の版の、暦の行。古い順。"""
    found = [fact for fact in params.calendar.of("notice") if fact.version != version]
    return sorted(
        # いまの版より前に終わったものだけ。暦には、次の版の行が先に書いてあることもある
        (fact for fact in found if fact.until < params.joint_use.notice.effective),
        key=lambda fact: fact.until,
    )


def _former(fact: DatedFact) -> dict[str, str]:
    return {"version": fact.version, "since": str(fact.since or ""), "until": str(fact.until)}
