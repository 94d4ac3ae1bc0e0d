"""表と数字。受け取るのは Released だけ。"""

from collections.abc import Sequence

import pandas as pd

from mynalib.disclosure import released as door
from mynalib.disclosure.released import Released, require_released
from mynalib.disclosure.thresholds import Thresholds
from mynalib.domain.classification import ACTIONS, LINK_ACTIONS, RENEW_ACTIONS
from mynalib.domain.months import Month
from mynalib.insight import display
from mynalib.insight.capsule import Capsule
from mynalib.insight.outlook import Outlook

REMINDERS = {
    "link": (LINK_ACTIONS, "❶ 利用登録をご案内する方"),
    "renew": (RENEW_ACTIONS, "❷ 更新をご案内する方"),
}
ASKED = [name for name in ACTIONS if name in (*LINK_ACTIONS, *RENEW_ACTIONS)]


def heading(capsule: Capsule) -> None:
    """だれの、いつのものか。どの版かは、ページの帯と見出しが言う（jobs.pages）。"""
    subject = (
        f"{capsule.facts['employer']} 御中"
        if capsule.facts["employer"]
        else capsule.facts["society"]
    )
    display.show("heading", lines=[subject, capsule.month.as_of])


def difference(column: str, now: object, then: object, decimals: int) -> str:
    """前の月との差を、言葉で。どちらかの値がなければ ''。"""
    if pd.isna(now) or pd.isna(then):
        return ""
    # 丸めた数どうしが同じなら、「同じ」。本当の差は言わない
    if now == then:
        return "前の月と同じ"
    way = "▲" if now > then else "▼"
    size = f"{abs(now - then):,} 人"
    if column in display.PERCENT_COLUMNS:
        size = f"{abs(now - then):.{decimals}f} ポイント"
    return f"{way} 前の月より {size}{'増' if now > then else '減'}"


def table(
    released: Released,
    name: str,
    caption: str,
    seen: pd.DataFrame | None = None,
    *,
    sortable: bool = False,
) -> None:
    """表と、その CSV。

    Args:
        seen: ページに出す形。なければ、表そのもの。
        sortable: 見出しを押すと、並べかわるか。
    """
    require_released(released)
    display.show_released("table", released, name, seen=seen, caption=caption, sortable=sortable)


def internal(capsule: Capsule, name: str, caption: str) -> None:
    """健保の職員だけが見る表。行がなければ、そう書く。"""
    released = door.internal(capsule.table(name), capsule.terms)
    return (
        table(released, name, caption)
        if len(released.frame)
        else paragraph(f"{caption}：ありません。")
    )


def compared_with(capsule: Capsule) -> None:
    """どの公開と比べているか。"""
    before = capsule.facts["compared_with"]
    paragraph(
        f"前の公開（{before}）と比べています。"
        if before
        else "はじめての公開なので、比べるものがありません。"
    )


def paragraph(text: str) -> None:
    """決まった文。人数や率を入れない。"""
    display.show("paragraph", text=text)


def lines(texts: Sequence[str]) -> None:
    """決まった文を、並べて。"""
    display.show("lines", lines=[*texts])


def notes(capsule: Capsule, *lines: str) -> None:
    """末尾の注記：時点、分母、出典、目的外に使わないこと。"""
    display.show("notes", lines=[*lines, *capsule.facts["notes"]])


def changes(outlook: Outlook) -> None:
    """人の動き。前の月が無ければ、出さない。"""
    if outlook.causes is not None:
        people = door.changes(outlook.capsule.table("change"), outlook.capsule.terms)
        table(people, "change", "人の動き（前の月から、組合全体）", seen=few(people, "people"))


def few(released: Released, column: str) -> pd.DataFrame:
    """見せない動きを、言葉にした表。"""
    frame = released.frame
    shown = [display.text(column, value, released.decimals) for value in frame[column]]
    # 実数版の欠けた値は「五人に満たない」ではない
    few = display.words("few") if released.terms.audience == "wide" else display.BLANK
    return frame.assign(**{column: [few if one == display.BLANK else one for one in shown]})


def society_figure(capsule: Capsule) -> None:
    """組合全体の率（前に公開した月の値で、その月を書く）と、比べた言葉。"""
    figure = capsule.facts["society_figure"]
    if figure is None:
        return paragraph("組合全体の率は、前の月の公表があるときに、その値を載せます。")
    month = Month.parse(figure["month"])
    label = f"組合全体の登録率（{month.label}の公表値）"
    display.show("tiles", items=[display.tile(label, "%", figure["rate"])])
    return paragraph(display.words("compared")[figure["compared"]]) if figure["compared"] else None


def level(released: Released) -> None:
    """一つの事業所の、いまの加入者と水準。"""
    now = require_released(released).frame.iloc[-1]
    members = display.text("members", now.members, 0)
    tiles = [display.tile(*display.label_and_unit("members"), members)]
    if pd.notna(now.level):
        row = {"rate": now.level, "tolerance": now.tolerance, "bound": now.bound}
        set_in = (
            ""
            if now.since == now.month
            else f"{Month.parse(now.since).label}に定めた値（変わった方が少ないため）"
        )
        tiles.append(display.tile("登録率", "", display.level_text(row, 0), set_in))
    display.show(
        "tiles", items=tiles, legend=display.legend(released.terms) if pd.notna(now.level) else ""
    )
    if pd.isna(now.level):
        # 水準のないわけは三つ：だれもいないか、人が少ないか、攻撃に耐えないのでやめたか
        small = now.members < Thresholds.of(released.terms.policy).employer_minimum
        why = ("small" if now.members else "nobody") if small else "held"
        paragraph(display.words("no_level")[why])


def list_lengths(released: Released) -> None:
    """リストの人数（行うことごと）。二度目からの方の数も。"""
    frame = require_released(released).frame
    sizes = frame.action.value_counts()
    again = pd.Series(dtype="int64")
    # 回数は、お知らせの項目にあるときだけ、リストに載る
    if "attempt" in frame:
        again = frame[frame.attempt > 1].action.value_counts()
    items = []
    for name in ASKED:
        note = f"うち 2 回目からの方 {again[name]:,} 人" if name in again else ""
        items.append(display.tile(ACTIONS[name], "人", f"{sizes.get(name, 0):,}", note))
    display.show("tiles", items=items)


def reminder(released: Released, kind: str) -> None:
    """一つの勧奨（link か renew）の、ご案内の文と、人の表。"""
    actions, caption = REMINDERS[kind]
    paragraph(display.words("reminders")[kind])
    people(released.where(action=actions), caption)


def people(released: Released, caption: str) -> None:
    """人の表。世帯ごとにまとまり、見出しで並べかえられる。いなければ「いません」と書く。CSV は付けない（XLSX を使う）。"""
    frame = require_released(released).frame
    # 扉を通った表でも、広く配る版や事業所のページに、人の行は並べない
    if released.terms.audience not in ("named", "staff", "desk"):
        raise TypeError("人の表は、勧奨リストのほかでは見せません")
    if frame.empty:
        return paragraph(f"{caption}は、いません（0 人）。")
    grid = display.grid(frame, 0)
    # 行は世帯の順。同じ世帯の二行めからは、上に線を引かない
    homes = frame[["symbol", "number"]].duplicated()
    for row, same in zip(grid["rows"], homes, strict=True):
        row["home"] = not same
    sizes = f"{len(frame):,} 人、{households(frame):,} 世帯"
    return display.show("people", **grid, caption=f"{caption}（{sizes}）")


def households(rows: pd.DataFrame) -> int:
    """世帯の数。記号と番号が同じ人が、一つの世帯。"""
    return len(rows[["symbol", "number"]].drop_duplicates())


def finder() -> None:
    """リストの中を、番号で探す欄（JavaScript のあるところだけ）。"""
    display.show("finder", label="番号や、本人／家族などの言葉で絞りこむ")


def handling_rules(capsule: Capsule) -> None:
    """お取り扱いを、リストの前に。"""
    lines(handling(capsule))


def handling(capsule: Capsule) -> list[str]:
    """勧奨リストの取扱い：だれが、何のために、いつまでに。"""
    facts = capsule.facts
    contact = capsule.facts["contact"]
    phone = f"（電話 {contact['phone']}）" if contact["phone"] else ""
    keeps = facts["policy"]["reminders"]["employer_keeps_months"]
    values = facts["purposes"] | {
        "departments": "、".join(facts["departments"]),
        "responsible": f"{contact['title']}{phone}",
        "hand_out": f"{capsule.month.plus(1).label}末",
        "delete": f"{capsule.month.plus(keeps).label}末",
        "not_used_for": "、".join(facts["not_used_for"]) or "ほかの目的",
        "channels": facts["channels"],
    }
    return [line.format(**values) for line in display.words("handling")]
