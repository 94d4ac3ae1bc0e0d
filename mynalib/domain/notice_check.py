"""共同利用のお知らせに、まだ足りないものを挙げる。設定の写し誤りと、公表の抜けに気づくためのもので、法律の助言ではない。

Source: 個人情報の保護に関する法律 第27条第5項第3号（①共同利用する旨 ②項目 ③者の範囲 ④目的 ⑤責任者の名称・住所・代表者）。
"""

from collections.abc import Iterator
from datetime import date, timedelta

from mynalib.domain.employers import SOCIETY_STAFF, Employer
from mynalib.domain.errors import Problem
from mynalib.domain.items import ITEMS, KEY
from mynalib.domain.joint_use import DERIVED, JointUse
from mynalib.domain.params import Params

NEEDED = (*KEY, *DERIVED)  # 勧奨に要る列
SOURCES_OF_ACTION = ("state", "cancel_kind", "certificate_flag")  # どの勧奨かは、この三項目から決まる
PERIODICALS = ("広報", "機関誌", "会報", "健保だより", "パンフ")
# 継続して配る媒体は「3 か月に一度程度以上」（個人情報保護委員会 健保組合 Q&A 問342）。一号の遅れまでは待つ
PERIODICAL_DAYS = 100
_LABELS = {item.name: item.label for item in ITEMS}


def check_joint_use(params: Params, today: date) -> tuple[Problem, ...]:
    """お知らせについて、人が確かめるべきこと。誤りではないので、処理は止めない。

    Args:
        today: この日の時点で見る。
    """
    joint_use, employers = params.joint_use, _listed(params)
    return (
        *_controller(joint_use),
        *_publication(joint_use, today),
        *_columns(joint_use),
        *_dependants(joint_use, today),
        *_counts(joint_use, employers, today),
        *(hint for employer in employers for hint in _employer(employer, today)),
    )


def _listed(params: Params) -> tuple[Employer, ...]:
    return tuple(employer for employer in params.employers if employer.id != SOCIETY_STAFF)


def _note(place: str, what: str) -> Problem:
    return Problem(f"joint_use.yaml {place}", what)


def _controller(joint_use: JointUse) -> Iterator[Problem]:
    labels = {"name": "氏名又は名称", "address": "住所", "representative": "代表者の氏名"}
    for field, label in labels.items():
        if not getattr(joint_use.controller, field).strip():
            what = f"管理責任者の{label}がありません。法は公表を求めています。お知らせに加え、ここにも書いてください"
            yield _note(f"controller.{field}", what)


def _publication(joint_use: JointUse, today: date) -> Iterator[Problem]:
    notice = joint_use.notice
    if not notice.in_force(today):
        yield _note("notice.effective", "まだ効力の日になっていません。それまで、名簿は一つも作られません")
    if not any(each.on <= notice.effective for each in notice.published):
        what = "共同利用をはじめる日までの公表がありません（あらかじめの公表が要ります）。日付を確かめてください"
        yield _note("notice.published", what)
    for index, each in enumerate(notice.published):
        if each.on > today:
            yield _note(f"notice.published[{index}]", "公表の日が、これから先の日付です。確かめてください")
        elif each.channel.startswith(PERIODICALS) and today - each.on > timedelta(PERIODICAL_DAYS):
            what = "最後に載せてから 3 か月を過ぎています。次の号に載せて、日付を直してください"
            yield _note(f"notice.published[{index}]", what)


def _columns(joint_use: JointUse) -> Iterator[Problem]:
    columns, items = joint_use.employer_columns, joint_use.items
    for name in columns:
        if name not in (*items, *DERIVED):
            yield _note("employer_columns", f"{name} は、お知らせの項目にありません。外してください")
        elif name not in NEEDED:
            what = f"「{_LABELS[name]}」は勧奨に要りません。要るわけがなければ、外してください"
            yield _note("employer_columns", what)
    missing = [_LABELS[name] for name in (*KEY, *SOURCES_OF_ACTION) if name not in items]
    if missing:
        what = f"勧奨に使う項目が、お知らせにありません：{'、'.join(missing)}。お知らせと見比べてください"
        yield _note("items", what)


def _dependants(joint_use: JointUse, today: date) -> Iterator[Problem]:
    told = joint_use.dependants_notified_on
    if joint_use.dependants == "include" and told and told > min(today, joint_use.notice.effective):
        what = "被扶養者にお知らせが届いた日が、共同利用をはじめる日か今日より後です。届くまでは exclude にしてください"
        yield _note("dependants_notified_on", what)


def _counts(joint_use: JointUse, employers: tuple[Employer, ...], today: date) -> Iterator[Problem]:
    listed = sum(employer.notified_on(today) for employer in employers)
    if joint_use.employers_stated is not None and joint_use.employers_stated != listed:
        stated = joint_use.employers_stated
        what = f"お知らせの本文は {stated} 社ですが、表に載る事業所は {listed} 社です（健保組合を除く）。どちらが正しいか確かめてください"
        yield _note("employers_stated", what)


def _employer(employer: Employer, today: date) -> Iterator[Problem]:
    file = f"employers/{employer.id}.yaml"
    if not employer.on(today):
        return
    if not employer.notified_on(today):
        yield Problem(
            f"{file} notified",
            "お知らせに載っていないか、受け取る部署がないので、何も渡しません。載せるなら、お知らせを改めてください",
        )
    for department in employer.scope_on(today):
        if _one_letter_apart(department, employer.responsible.title.removesuffix("長")):
            what = f"部署「{department}」と責任者「{employer.responsible.title}」の字が一つ違います。どちらが正しいか確かめてください"
            yield Problem(f"{file} responsible.title", what)


def _one_letter_apart(one: str, other: str) -> bool:
    """長さが同じで一字だけ違うか。三字以下は別の部署のことが多いので見ない（業務部と総務部）。"""
    return len(one) == len(other) > 3 and sum(a != b for a, b in zip(one, other, strict=True)) == 1
