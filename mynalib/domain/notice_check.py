"""共同利用のお知らせに、まだ足りないものを挙げる。設定の写し誤りと、公表の抜けに気づくためのもので、法律の助言ではない。

Source: 個人情報の保護に関する法律 第27条第5項第3号（①共同利用する旨 ②項目 ③者の範囲 ④目的 ⑤責任者の名称・住所・代表者）。
"""

from collections.abc import Iterator
from datetime import date, timedelta

from mynalib.domain.employers import SOCIETY_STAFF, Employer
from mynalib.domain.errors import Problem
from mynalib.domain.items import LABELS, PERSON_ITEMS
from mynalib.domain.joint_use import DERIVED, JointUse, Notice
from mynalib.domain.params import Params
from mynalib.domain.shipped import phrase

SHORT_NAME = 3  # 字
NEEDED = (*PERSON_ITEMS, *DERIVED)  # 勧奨に要る列
# どの勧奨かは、この三項目から決まる
SOURCES_OF_ACTION = ("state", "cancel_kind", "certificate_flag")
PERIODICALS = ("広報", "機関誌", "会報", "健保だより", "パンフ")
# 継続して配る媒体は「3 か月に一度程度以上」（個人情報保護委員会 健保組合 Q&A 問342）。一号の遅れまでは待つ
PERIODICAL_DAYS = 100
_CONTROLLER = {"name": "氏名又は名称", "address": "住所", "representative": "代表者の氏名"}

_Hints = Iterator[tuple[str, str]]  # 項目と、確かめるべきこと


def check_joint_use(params: Params, today: date) -> tuple[Problem, ...]:
    """お知らせについて、`today` の時点で人が確かめるべきこと。誤りではないので、処理は止めない。"""
    employers = [employer for employer in params.employers if employer.id != SOCIETY_STAFF]
    listed = sum(employer.notified_on(today) for employer in employers)
    files = {"joint_use.yaml": _joint_use(params.joint_use, listed, today)}
    files |= {f"employers/{employer.id}.yaml": _employer(employer, today) for employer in employers}
    return tuple(
        Problem(f"{file} {item}", what) for file, hints in files.items() for item, what in hints
    )


def _joint_use(joint_use: JointUse, listed: int, today: date) -> _Hints:
    for field, label in _CONTROLLER.items():
        if not getattr(joint_use.controller, field).strip():
            yield f"controller.{field}", phrase("no_controller", label=label)
    yield from _published(joint_use.notice, today)
    for name in [column for column in joint_use.employer_columns if column not in NEEDED]:
        yield "employer_columns", phrase("unneeded_column", label=LABELS[name])
    missing = [
        LABELS[name] for name in (*PERSON_ITEMS, *SOURCES_OF_ACTION) if name not in joint_use.items
    ]
    if missing:
        yield "items", phrase("missing_items", labels="、".join(missing))
    told = joint_use.dependants_notified_on
    if joint_use.dependants == "include" and told and told > min(today, joint_use.notice.effective):
        yield "dependants_notified_on", phrase("dependants_told_late")
    if joint_use.employers_stated not in (None, listed):
        yield (
            "employers_stated",
            phrase("other_count", stated=joint_use.employers_stated, listed=listed),
        )


def _published(notice: Notice, today: date) -> _Hints:
    if not notice.in_force(today):
        yield "notice.effective", phrase("not_in_force")
    if not any(each.on <= notice.effective for each in notice.published):
        yield "notice.published", phrase("published_late")
    for index, each in enumerate(notice.published):
        if each.on > today:
            yield f"notice.published[{index}]", phrase("published_in_future")
        elif each.channel.startswith(PERIODICALS) and today - each.on > timedelta(PERIODICAL_DAYS):
            yield f"notice.published[{index}]", phrase("not_repeated")


def _employer(employer: Employer, today: date) -> _Hints:
    if employer.on(today) and not employer.notified_on(today):
        yield "notified", phrase("not_given")
    for department in employer.scope_on(today) if employer.on(today) else ():
        title = employer.responsible.title
        if _one_letter_apart(department, title.removesuffix("長")):
            yield "responsible.title", phrase("one_letter", department=department, title=title)


def _one_letter_apart(one: str, other: str) -> bool:
    """長さが同じで一字だけ違うか。SHORT_NAME 字以下は別の部署のことが多いので見ない（業務部と総務部）。"""
    return (
        len(one) == len(other) > SHORT_NAME
        and sum(a != b for a, b in zip(one, other, strict=True)) == 1
    )
