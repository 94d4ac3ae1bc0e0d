"""共同利用のお知らせに、まだ足りないものを挙げる。設定の写し誤りと、公表の抜けに気づくためのもので、法律の助言ではない。

どの指摘にも、何によるか（条文か、お知らせのどの文）と、どうすればよいかが付く（notice_hints.yaml）。
Source: 個人情報の保護に関する法律 第27条第5項第3号（①共同利用する旨 ②項目 ③者の範囲 ④目的 ⑤責任者の名称・住所・代表者）。
"""

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby, pairwise

from mynalib.domain.calendar import Calendar
from mynalib.domain.employers import SOCIETY_STAFF, Employer
from mynalib.domain.errors import Problem
from mynalib.domain.items import LABELS, PERSON_ITEMS
from mynalib.domain.joint_use import DERIVED, JointUse, NoticePublication
from mynalib.domain.params import Params
from mynalib.domain.shipped import shipped_yaml

SHORT_NAME = 3  # 字
NEEDED = (*PERSON_ITEMS, *DERIVED)  # 勧奨に要る列
# どの勧奨かは、この三項目から決まる
SOURCES_OF_ACTION = ("state", "cancel_kind", "certificate_flag")
PERIODICALS = ("広報", "機関誌", "会報", "健保だより", "パンフ")
# 継続して配る媒体は「3 か月に一度程度以上」（個人情報保護委員会 健保組合 Q&A 問342）。一号の遅れまでは待つ
PERIODICAL_DAYS = 100
# 保護者への知らせかたを決め、お知らせを改めて公表するのに、一年はみておく
UNDER_16_DAYS = 365
DOORS = {"employer": "事業所", "society": "健保組合"}
_CONTROLLER = {"name": "氏名又は名称", "address": "住所", "representative": "代表者の氏名"}

_Hints = Iterator[tuple[str, str]]  # 項目と、確かめるべきこと


def hint(name: str, /, **values: object) -> str:
    """notice_hints.yaml の一つを、一つの文に：何が〔根拠：何による〕。どうすれば。"""
    written = shipped_yaml("domain", "notice_hints")[name]
    return f"{written['what'].format(**values)}〔根拠：{written['rests_on']}〕。{written['fix']}"


def check_joint_use(params: Params, today: date) -> tuple[Problem, ...]:
    """お知らせについて、`today` の時点で人が確かめるべきこと。誤りではないので、処理は止めない。"""
    joint_use = params.joint_use
    employers = [employer for employer in params.employers if employer.id != SOCIETY_STAFF]
    found = {"joint_use.yaml": [*_joint_use(joint_use), *_published(params, today)]}
    found["joint_use.yaml"] += [
        *_dependants(joint_use, params.calendar, today),
        *_doors(joint_use),
        *_rows(joint_use, employers, today),
    ]
    found["employers/KENPO.yaml"] = [*_society_row(params, today)]
    for employer in employers:
        found[f"employers/{employer.id}.yaml"] = [
            *_employer(employer, joint_use.employers_listed, today)
        ]
    return tuple(
        Problem(f"{file} {item}", what) for file, hints in found.items() for item, what in hints
    )


def _joint_use(joint_use: JointUse) -> _Hints:
    for field, label in _CONTROLLER.items():
        if not getattr(joint_use.controller, field).strip():
            yield f"controller.{field}", hint("no_controller", label=label)
    for name in [column for column in joint_use.employer_columns if column not in NEEDED]:
        yield "employer_columns", hint("unneeded_column", label=LABELS[name])
    missing = _labels([*PERSON_ITEMS, *SOURCES_OF_ACTION], joint_use)
    if missing:
        yield "items", hint("missing_items", labels=missing)
    of_purposes = joint_use.purpose_items
    unlisted = _labels(dict.fromkeys((*of_purposes.link, *of_purposes.renew)), joint_use)
    if unlisted:
        yield "purpose_items", hint("unlisted_purpose_item", labels=unlisted)
    if not joint_use.not_used_for:
        yield "not_used_for", hint("no_promise")


def _labels(names: Iterator[str] | Sequence[str], joint_use: JointUse) -> str:
    """お知らせにない項目の見出し。"""
    return "、".join(LABELS[name] for name in names if name not in joint_use.items)


def _published(params: Params, today: date) -> _Hints:
    notice = params.joint_use.notice
    if not params.notice_in_force(today):
        yield "notice.effective", hint("not_in_force")
    elif not any(
        fact.version == notice.version and fact.on(today) for fact in params.calendar.of("notice")
    ):
        yield "notice.version", hint("unknown_version", version=notice.version)
    if not any(each.on <= notice.effective for each in notice.published):
        yield "notice.published", hint("published_late")
    for index, each in enumerate(notice.published):
        if each.on > today:
            yield f"notice.published[{index}]", hint("published_in_future")
    for day in _long_gaps(notice.published, today):
        yield "notice.published", hint("not_repeated", gap_from=day)


def _long_gaps(published: Sequence[NoticePublication], today: date) -> Iterator[date]:
    """くり返し載せる媒体が、続けて載せていない間のはじめの日。媒体ごとに、載せた日の間と、最後の日から今日まで。"""
    periodicals = [one for one in published if one.channel.startswith(PERIODICALS)]
    in_order = sorted(periodicals, key=lambda one: (one.channel, one.on))
    for _, issues in groupby(in_order, key=lambda one: one.channel):
        for earlier, later in pairwise([*(one.on for one in issues), today]):
            if later - earlier > timedelta(PERIODICAL_DAYS):
                yield earlier


def _dependants(joint_use: JointUse, calendar: Calendar, today: date) -> _Hints:
    if joint_use.dependants != "include":
        return
    told = joint_use.dependants_notified_on
    # 公表も通知も「あらかじめ」でなければならない。家族は別の本人である（健保組合 Q&A 問345）
    if told and told > min(today, joint_use.notice.effective):
        yield "dependants_notified_on", hint("dependants_told_late")
    policy = joint_use.under_16
    if policy.policy != "undecided":
        if policy.decided_on is None:
            yield "under_16.decided_on", hint("under_16_undated")
        return
    ends = [fact.until for fact in calendar.of("under_16")]
    if ends and max(ends) < today:
        yield "under_16", hint("under_16_now", until=max(ends))
    elif ends and max(ends) - today <= timedelta(UNDER_16_DAYS):
        yield "under_16", hint("under_16_soon", until=max(ends))


def _doors(joint_use: JointUse) -> _Hints:
    for door, label in DOORS.items():
        if door not in [channel.door for channel in joint_use.optout_channels]:
            yield "optout_channels", hint("no_door", door=label)
    for index, channel in enumerate(joint_use.optout_channels):
        if not channel.contact.strip():
            yield f"optout_channels[{index}]", hint("no_contact")


def _rows(joint_use: JointUse, employers: Sequence[Employer], today: date) -> _Hints:
    """本文の社数と表、表と事業所のファイル。"""
    printed = {_folded(employer.name_as_printed or employer.name) for employer in employers}
    rows = joint_use.employers_listed
    alone = [row for row in rows if _folded(row) not in printed]
    if alone:
        yield "employers_listed", hint("row_without_employer", names="、".join(alone))
    # 表を写していなければ、渡す相手の数を、表の行の数とみなす
    listed = len(rows) or sum(employer.notified_on(today) for employer in employers)
    if joint_use.employers_stated not in (None, listed):
        yield (
            "employers_stated",
            hint("other_count", stated=joint_use.employers_stated, listed=listed),
        )


def _society_row(params: Params, today: date) -> _Hints:
    own = params.society_row(today)
    if own is None:
        yield "scope", hint("no_society_row")
    elif not own.phone.strip():
        yield "phone", hint("no_phone")


def _employer(employer: Employer, rows: Sequence[str], today: date) -> _Hints:
    # 抜けた事業所のファイルは、前の月のために残す。いまのお知らせに載っていなくてよい
    if not employer.on(today):
        return
    if not employer.notified_on(today):
        yield "notified", hint("not_given")
    elif rows and _folded(employer.name_as_printed or employer.name) not in map(_folded, rows):
        yield "name_as_printed", hint("employer_without_row")
    if employer.notified and not employer.phone.strip():
        yield "phone", hint("no_phone")
    for department in employer.scope_on(today):
        title = employer.responsible.title
        # 「総務人事部」の責任者は「総務人事部長」。一字だけ違うのは、どちらかの写しまちがいのことが多い
        if _one_letter_apart(department, title.removesuffix("長")):
            yield "responsible.title", hint("one_letter", department=department, title=title)


def _folded(name: str) -> str:
    """印字の名を比べる形に：半角のかなと全角のかな、空白の違いは、見ない。"""
    return "".join(unicodedata.normalize("NFKC", name).split())


def _one_letter_apart(one: str, other: str) -> bool:
    """長さが同じで一字だけ違うか。SHORT_NAME 字以下は別の部署のことが多いので見ない（業務部と総務部）。"""
    return (
        len(one) == len(other) > SHORT_NAME
        and sum(a != b for a, b in zip(one, other, strict=True)) == 1
    )
