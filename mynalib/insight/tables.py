"""表と数字。受け取るのは Released だけ。"""

from collections.abc import Sequence

import pandas as pd

from mynalib.domain.classification import ACTIONS, LINK_ACTIONS, RENEW_ACTIONS
from mynalib.domain.months import Month
from mynalib.insight import disclosure, display
from mynalib.insight.capsule import Capsule
from mynalib.insight.disclosure import Released, require_released

EDITIONS = {
    "internal": "健保内部用（実数）",
    "wide": "理事会・組合会用（概数）",
    "employer": "事業所の担当部署用（概数）",
    "named": "事業所の担当部署用（取扱注意：個人データ）",
}
FIVE = ["members", "registered", "rate", "link_targets", "renew_targets"]
NEXT_STEPS = (
    "❶ 利用登録の案内：事業所の担当部署に勧奨リストを渡し、朝礼や社内報でも知らせる。登録は任意であることを添える。",
    "❷ 証明書の更新の案内：更新だけでは使えない方（自動解除された方）には、更新のあとの再登録まで一度に案内する。",
    "期限切れから3か月以内の方は、このファイルでは見えない。更新の時期の全員への案内は、組合の広報で行う。",
    "登録していない方には資格確認書が要る。発行の対象を、内部用の区分の表で確かめる。",
)
HANDLING = (
    "ここにある方のデータは、上の部署の中だけで使い、転送・複写をしないでください。",
    "ご案内が済んだら、組合が定めた期間のうちに消してください。",
    "この資料に載らない理由を、本人にも、ほかの人にも、推測して伝えないでください。",
)
LEGENDS = {"wide": display.LEGEND, "employer": display.LEGEND}


def heading(capsule: Capsule) -> None:
    """だれの、いつの、どの版か。"""
    facts = capsule.facts
    subject = f"{facts['employer']} 御中" if facts["employer"] else facts["society"]
    display.show("heading", lines=[subject, f"{capsule.month.as_of}　{EDITIONS[capsule.audience]}"])


def numbers(released: Released, month: Month, columns: Sequence[str]) -> None:
    """その月の数字を、前の月との差とともに大きく並べる。前の月の値が無ければ、差は出さない。

    Args:
        released: 一つの事業所（または TOTAL）の、月ごとの表。
    """
    table = require_released(released).frame.set_index("month")
    months = (str(month), str(month.plus(-1)))
    tiles = [_tile(column, *(table[column].get(m, pd.NA) for m in months), released.decimals) for column in columns]
    display.show("tiles", items=tiles)


def _tile(column: str, now: object, then: object, decimals: int) -> dict:
    label, unit = display.label_and_unit(column)
    shown = display.text(column, now, decimals)
    return {"label": label, "value": shown, "unit": unit, "note": _difference(column, now, then, decimals)}


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
    legend = legend or LEGENDS.get(released.terms.audience, "")
    display.show_released("table", released, name, caption=caption, legend=legend)


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
    display.show("section", title="次にすること", lines=NEXT_STEPS)


def society_figure(capsule: Capsule) -> None:
    """組合全体の率。前に公開した月の値で、その月を書く。"""
    figure = capsule.facts["society_figure"]
    if figure is None:
        return paragraph("組合全体の率は、前の月の公表があるときに、その値を載せます。")
    month = Month.parse(figure["month"])
    tile = {"label": f"組合全体の登録率（{month.label}の公表値）", "value": figure["rate"], "unit": "%", "note": ""}
    return display.show("tiles", items=[tile])


def list_lengths(released: Released) -> None:
    """リストの人数（行うことごと）。"""
    actions = require_released(released).frame.action
    tiles = [
        {"label": label, "value": f"{int(actions.eq(name).sum()):,}", "unit": "人", "note": ""}
        for name, label in ACTIONS.items()
        if name in (*LINK_ACTIONS, *RENEW_ACTIONS)
    ]
    display.show("tiles", items=tiles)


def people(released: Released, caption: str) -> None:
    """人の表。いなければ「いません」と書く。CSV は付けない（XLSX を使う）。"""
    frame = require_released(released).frame
    if released.terms.audience != "named":
        raise TypeError("人の表は、勧奨リストのほかでは見せません")
    if frame.empty:
        return paragraph(f"{caption}は、いません（0 人）。")
    return display.show(
        "people",
        columns=display.columns_of(frame),
        rows=display.rows_of(frame, 0),
        caption=f"{caption}（{len(frame):,} 人）",
    )


def handling(capsule: Capsule) -> list[str]:
    """勧奨リストの取扱い。"""
    return [f"お渡しする部署：{'、'.join(capsule.facts['departments'])}", *HANDLING]
