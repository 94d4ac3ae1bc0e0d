"""表と数字。受け取るのは Released だけ。"""

from collections.abc import Sequence

import pandas as pd

from mynalib.disclosure import released as door
from mynalib.disclosure.released import Released, require_released
from mynalib.disclosure.society import decimals_of
from mynalib.disclosure.thresholds import Thresholds
from mynalib.domain.classification import ACTIONS, LINK_ACTIONS, RENEW_ACTIONS
from mynalib.domain.months import Month
from mynalib.insight import display
from mynalib.insight.capsule import Capsule

_ASKED = [name for name in ACTIONS if name in (*LINK_ACTIONS, *RENEW_ACTIONS)]
FIVE = {
    "internal": ["members", "registered", "rate", "link_targets", "renew_targets"],
    "wide": ["members", "registered", "rate", "unregistered", "lapsed"],
}


def heading(capsule: Capsule) -> None:
    """だれの、いつのものか。どの版かは、ページの帯と見出しが言う（jobs.pages）。"""
    subject = (
        f"{capsule.facts['employer']} 御中"
        if capsule.facts["employer"]
        else capsule.facts["society"]
    )
    display.show("heading", lines=[subject, capsule.month.as_of])


def numbers(released: Released, month: Month, columns: Sequence[str] = ()) -> None:
    """組合全体のその月の数字を、前の月との差とともに大きく並べる。差は、見せた数どうしの差。前の月の値が無ければ、出さない。

    Args:
        released: TOTAL の、月ごとの表。
        columns: 並べる列。なければ、その版の五つ。
    """
    columns = columns or FIVE[require_released(released).terms.audience]
    table, decimals, tiles = (
        require_released(released).frame.set_index("month"),
        released.decimals,
        [],
    )
    for column in columns:
        now, then = (table[column].get(str(one), pd.NA) for one in (month, month.plus(-1)))
        if column in display.PERCENT_COLUMNS and not _same_decimals(table, month):
            then = pd.NA  # 整数の率と小数の率の差は、本当と逆の向きになりうる
        shown, note = display.text(column, now, decimals), _difference(column, now, then, decimals)
        tiles.append((*display.label_and_unit(column), shown, note))
    display.show("tiles", items=tiles, legend=display.legend(released.terms))


def _same_decimals(table: pd.DataFrame, month: Month) -> bool:
    """前の月の率が、同じ桁で見せてあるか（広く配る版の桁は、加入者の数で決まる）。"""
    sizes = [table.members.get(str(one), pd.NA) for one in (month, month.plus(-1))]
    return (
        any(pd.isna(size) for size in sizes) or len({decimals_of(int(size)) for size in sizes}) == 1
    )


def _difference(column: str, now: object, then: object, decimals: int) -> str:
    if pd.isna(now) or pd.isna(then):
        return ""
    if now == then:
        return "前の月と同じ"
    size = (
        f"{now - then:+.{decimals}f} ポイント"
        if column in display.PERCENT_COLUMNS
        else f"{now - then:+,} 人"
    )
    return f"前の月から {size}"


def table(released: Released, name: str, caption: str, seen: pd.DataFrame | None = None) -> None:
    """表と、その CSV。seen は、ページに出す形（なければ、表そのもの）。"""
    display.show_released("table", require_released(released), name, seen=seen, caption=caption)


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


def notes(capsule: Capsule, *lines: str) -> None:
    """末尾の注記：時点、分母、出典、目的外に使わないこと。"""
    display.show("notes", lines=[*lines, *capsule.facts["notes"]])


def changes(capsule: Capsule) -> None:
    """前の月からの動きと、率の変わったわけ。前の月が無ければ、そう書く。"""
    if "change" not in capsule.facts["tables"]:
        return paragraph("前の月のファイルがないため、動きの内訳はありません。")
    causes = door.causes(capsule.table("causes"), capsule.terms, capsule.facts["decimals"])
    table(
        causes,
        "causes",
        "率が変わったわけ（前の月から。三つの計が、丸める前の率の変化です。上の「前の月から」は、載せた率どうしの差です）",
        seen=_few(causes, "points"),
    )
    people = door.changes(capsule.table("change"), capsule.terms)
    return table(people, "change", "人の動き（前の月から、組合全体）", seen=_few(people, "people"))


def _few(released: Released, column: str) -> pd.DataFrame:
    """見せない動きを、言葉にした表。"""
    frame = released.frame
    shown = [display.text(column, value, released.decimals) for value in frame[column]]
    few = display.words("few") if released.terms.audience == "wide" else display.BLANK
    return frame.assign(**{column: [few if one == display.BLANK else one for one in shown]})


def parts(capsule: Capsule) -> None:
    """本人と家族。どちらかが少ない組合では、そう書く。"""
    released = door.parts(capsule.table("parts"), capsule.terms, capsule.facts["decimals"])
    if released.frame.empty:
        return paragraph(display.words("fixed")[1])
    return table(released, "parts", "本人と家族")


def employers(released: Released, name: str, caption: str) -> None:
    """事業所ごとの表。コードの順で、順位は付けない。"""
    frame = require_released(released).frame
    if released.terms.audience != "wide":
        return table(released, name, caption)
    levels = [display.level_text(row, released.decimals) for row in frame.to_dict("records")]
    seen = frame[["employer_id", "employer", "members"]].assign(level=levels)
    seen["settled"] = [_label(since) for since in frame.since]
    return table(
        released,
        name,
        caption,
        seen=seen.assign(unregistered=frame.unregistered, lapsed=frame.lapsed),
    )


def coarsened(capsule: Capsule) -> None:
    """公開の前の攻撃に耐えるために、粗くしたもの。"""
    for line in capsule.facts["coarsened"]:
        paragraph(line)


def next_steps(capsule: Capsule) -> None:
    """次にすること。人数によらない、決まった文。"""
    display.show("section", title="次にすること", lines=display.words("next_steps"))


def society_figure(capsule: Capsule) -> None:
    """組合全体の率（前に公開した月の値で、その月を書く）と、比べた言葉。"""
    figure = capsule.facts["society_figure"]
    if figure is None:
        return paragraph("組合全体の率は、前の月の公表があるときに、その値を載せます。")
    month = Month.parse(figure["month"])
    display.show(
        "tiles", items=[(f"組合全体の登録率（{month.label}の公表値）", "%", figure["rate"], "")]
    )
    return paragraph(display.words("compared")[figure["compared"]]) if figure["compared"] else None


def level(released: Released, lengths: Released) -> None:
    """一つの事業所の、いまの加入者、水準、リストの人数。"""
    now = require_released(released).frame.iloc[-1]
    tiles = [(*display.label_and_unit("members"), display.text("members", now.members, 0), "")]
    if pd.notna(now.level):
        row = {"rate": now.level, "tolerance": now.tolerance, "bound": now.bound}
        set_in = (
            ""
            if now.since == now.month
            else f"{Month.parse(now.since).label}に定めた値（変わった方が少ないため）"
        )
        tiles.append(("登録率", "", display.level_text(row, 0), set_in))
    lists = require_released(lengths).frame
    if len(lists) and lists.month.iloc[-1] == now.month:
        tiles += [(ACTIONS[name], "人", f"{lists[name].iloc[-1]:,}", "") for name in _ASKED]
    display.show(
        "tiles", items=tiles, legend=display.legend(released.terms) if pd.notna(now.level) else ""
    )
    if pd.isna(now.level):
        small = now.members < Thresholds.of(released.terms.policy).employer_minimum
        paragraph(display.words("no_level")["small" if small else "held"])


def _label(month: str) -> str:
    return Month.parse(month).label if month else display.BLANK


def asked(released: Released, month: Month) -> None:
    """この月に、何人へのご案内をお願いするか。"""
    lists, said = require_released(released).frame, display.words("asked")
    now = lists[lists.month == str(month)]
    people = int(now[_ASKED].sum().sum())
    if now.empty:
        return paragraph(said["no_list"])
    return paragraph(said["somebody"].format(people=f"{people:,}") if people else said["nobody"])


def lists_by_month(released: Released) -> None:
    """リストの人数の、月ごとの移り変わり。"""
    if require_released(released).frame.empty:
        return paragraph("この事業所にお渡しした勧奨リストは、まだありません。")
    return table(released, "lists", "勧奨リストの人数（前に公開したときのまま）")


def list_lengths(released: Released) -> None:
    """リストの人数（行うことごと）。"""
    sizes = require_released(released).frame.action.value_counts()
    display.show(
        "tiles", items=[(ACTIONS[name], "人", f"{sizes.get(name, 0):,}", "") for name in _ASKED]
    )


def people(released: Released, caption: str) -> None:
    """人の表。いなければ「いません」と書く。CSV は付けない（XLSX を使う）。"""
    frame = require_released(released).frame
    if released.terms.audience != "named":
        raise TypeError("人の表は、勧奨リストのほかでは見せません")
    if frame.empty:
        return paragraph(f"{caption}は、いません（0 人）。")
    return display.show(
        "people", **display.grid(frame, 0), caption=f"{caption}（{len(frame):,} 人）"
    )


def handling(capsule: Capsule) -> list[str]:
    """勧奨リストの取扱い。"""
    return [
        f"お渡しする部署：{'、'.join(capsule.facts['departments'])}",
        *display.words("handling"),
    ]
