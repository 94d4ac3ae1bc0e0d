"""表と数字。受け取るのは Released だけ。"""

from collections.abc import Sequence

import pandas as pd

from mynalib.domain.classification import ACTIONS, LINK_ACTIONS, RENEW_ACTIONS
from mynalib.domain.months import Month
from mynalib.insight import disclosure, display
from mynalib.insight.capsule import Capsule
from mynalib.insight.disclosure import Released, require_released

FIVE = ["members", "registered", "rate", "link_targets", "renew_targets"]


def heading(capsule: Capsule) -> None:
    """だれの、いつの、どの版か。"""
    subject = f"{capsule.facts['employer']} 御中" if capsule.facts["employer"] else capsule.facts["society"]
    display.show("heading", lines=[subject, f"{capsule.month.as_of}　{display.words('editions')[capsule.audience]}"])


def numbers(released: Released, month: Month, columns: Sequence[str]) -> None:
    """その月の数字を、前の月との差とともに大きく並べる。前の月の値が無ければ、差は出さない。

    Args:
        released: 一つの事業所（または TOTAL）の、月ごとの表。
    """
    table, decimals, tiles = require_released(released).frame.set_index("month"), released.decimals, []
    for column in columns:
        now, then = (table[column].get(str(one), pd.NA) for one in (month, month.plus(-1)))
        shown, note = display.text(column, now, decimals), _difference(column, now, then, decimals)
        tiles.append((*display.label_and_unit(column), shown, note))
    display.show("tiles", items=tiles)


def _difference(column: str, now: object, then: object, decimals: int) -> str:
    if pd.isna(now) or pd.isna(then):
        return ""
    if now == then:
        return "前の月と同じ"
    size = f"{now - then:+.{decimals}f} ポイント" if column in display.RATE_COLUMNS else f"{now - then:+,} 人"
    return f"前の月から {size}"


def table(released: Released, name: str, caption: str, legend: str = "") -> None:
    """表と、その CSV。"""
    require_released(released)
    legend = legend or display.legend(released.terms)
    display.show_released("table", released, name, caption=caption, legend=legend)


def internal(capsule: Capsule, name: str, caption: str) -> None:
    """健保の職員だけが見る表。行がなければ、そう書く。"""
    released = disclosure.internal(capsule.table(name), capsule.terms)
    return table(released, name, caption) if len(released.frame) else paragraph(f"{caption}：ありません。")


def compared_with(capsule: Capsule) -> None:
    """どの公開と比べているか。"""
    before = capsule.facts["compared_with"]
    paragraph(f"前の公開（{before}）と比べています。" if before else "はじめての公開なので、比べるものがありません。")


def paragraph(text: str) -> None:
    """決まった文。人数や率を入れない。"""
    display.show("paragraph", text=text)


def notes(capsule: Capsule, *lines: str) -> None:
    """末尾の注記：時点、分母、出典、目的外に使わないこと。"""
    display.show("notes", lines=[*lines, *capsule.facts["notes"]])


def changes(capsule: Capsule) -> None:
    """登録者の増減の内訳。前の月が無ければ、そう書く。"""
    if "change" not in capsule.facts["tables"]:
        return paragraph("前の月のファイルがないため、増減の内訳はありません。")
    released = disclosure.changes(capsule.table("change"), capsule.terms)
    return table(released, "change", "登録者の増減の内訳（前の月から）")


def next_steps(capsule: Capsule) -> None:
    """次にすること。人数によらない、決まった文。"""
    display.show("section", title="次にすること", lines=display.words("next_steps"))


def society_figure(capsule: Capsule) -> None:
    """組合全体の率。前に公開した月の値で、その月を書く。"""
    figure = capsule.facts["society_figure"]
    if figure is None:
        return paragraph("組合全体の率は、前の月の公表があるときに、その値を載せます。")
    month = Month.parse(figure["month"])
    return display.show("tiles", items=[(f"組合全体の登録率（{month.label}の公表値）", "%", figure["rate"], "")])


def list_lengths(released: Released) -> None:
    """リストの人数（行うことごと）。"""
    sizes = require_released(released).frame.action.value_counts()
    actions = [name for name in ACTIONS if name in (*LINK_ACTIONS, *RENEW_ACTIONS)]
    display.show("tiles", items=[(ACTIONS[name], "人", f"{sizes.get(name, 0):,}", "") for name in actions])


def people(released: Released, caption: str) -> None:
    """人の表。いなければ「いません」と書く。CSV は付けない（XLSX を使う）。"""
    frame = require_released(released).frame
    if released.terms.audience != "named":
        raise TypeError("人の表は、勧奨リストのほかでは見せません")
    if frame.empty:
        return paragraph(f"{caption}は、いません（0 人）。")
    return display.show("people", **display.grid(frame, 0), caption=f"{caption}（{len(frame):,} 人）")


def handling(capsule: Capsule) -> list[str]:
    """勧奨リストの取扱い。"""
    return [f"お渡しする部署：{'、'.join(capsule.facts['departments'])}", *display.words("handling")]
