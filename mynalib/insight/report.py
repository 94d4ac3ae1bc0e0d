"""月次報告の一枚：まとめ、五つの数、推移、わけ、事業所、証明書、決めること。数と文は outlook と findings から。"""

from collections.abc import Sequence

import pandas as pd

from mynalib.disclosure import released as door
from mynalib.disclosure.society import TOTAL
from mynalib.insight import charts, display, findings, tables
from mynalib.insight.outlook import Outlook

FIVE = {
    "internal": ["rate", "members", "registered", "link_targets", "renew_targets"],
    "wide": ["rate", "members", "registered", "unregistered", "lapsed"],
}
GOOD = {"rate": 1, "registered": 1, "usable": 1, "usable_rate": 1}
GOOD |= dict.fromkeys(("unregistered", "lapsed", "link_targets", "renew_targets"), -1)
"""増えるとよい数は 1、減るとよい数は −1。書いていない数に、よしあしはない。"""
SPARK_MONTHS = 13
OTHER_MONTHS = ("month_before", "year_before", "level_before", "level_year", "movement")
"""ほかの月と比べる列。はじめの一年などで、どの行の値もなければ、ページの表から除く（CSV には残す）。"""


def summary(outlook: Outlook) -> None:
    """三つの文。図がなくても、これだけで分かる。"""
    display.show("summary", lines=outlook.summary)


def five_numbers(outlook: Outlook) -> None:
    """五つの数：値、前の月との差、近ごろの動き。差は、見せた数どうしの差。"""
    columns = FIVE[outlook.capsule.audience]
    table = outlook.society.frame.set_index("month")
    items = [_tile(outlook, table[column], column) for column in columns]
    display.show("tiles", items=items, legend=display.legend(outlook.capsule.terms))


def _tile(outlook: Outlook, values: pd.Series, column: str) -> dict:
    months = [outlook.month.plus(step) for step in range(1 - SPARK_MONTHS, 1)]
    recent = [values.get(str(month), pd.NA) for month in months]
    now = recent[-1]
    then = recent[-2]
    # 前の月と率の桁が違えば、差を言わない（Outlook._comparable）
    if column in display.PERCENT_COLUMNS and outlook.now.before is None:
        then = pd.NA
    shown = display.text(column, now, outlook.decimals)
    note = tables.difference(column, now, then, outlook.decimals)
    label = display.label_and_unit(column)
    return display.tile(*label, shown, note, _way(column, now, then), spark(recent))


def _way(column: str, now: object, then: object) -> str:
    """よい向きなら better、悪い向きなら worse、どちらでもなければ ''。"""
    if pd.isna(now) or pd.isna(then) or now == then:
        return ""
    # 減るとよい数（未登録など）では、減ったほうが better
    good = GOOD.get(column, 0) * (1 if now > then else -1)
    return {1: "better", -1: "worse"}.get(good, "")


def spark(values: Sequence[object]) -> list[str]:
    """小さな線（SVG の points。幅 100、高さ 24）。欠けた月で切る。値の幅いっぱいに描くので、向きだけを読む。"""
    known = [float(value) for value in values if not pd.isna(value)]
    if len(known) < 2:  # noqa: PLR2004 一点では、線にならない
        return []
    low = min(known)
    high = max(known)
    lines = []
    line = []
    for at, value in enumerate([*values, pd.NA]):
        if pd.isna(value):
            lines = [*lines, " ".join(line)] if len(line) > 1 else lines
            line = []
            continue
        # 例：70、71、なし、72、73 なら「0,22 25,15」と「75,9 100,2」。上ほど縦の値が小さい（SVG）
        height = (float(value) - low) / (high - low) if high > low else 0.5
        line.append(f"{100 * at / (len(values) - 1):.0f},{22 - 20 * height:.0f}")
    return lines


def trend(outlook: Outlook) -> None:
    """推移と、月ごとの差。"""
    charts.trend(outlook, "trend")
    charts.differences(outlook, "monthly_change")


def causes(outlook: Outlook) -> None:
    """なぜ変わったか：わけの図と表、人の動きの表。"""
    if outlook.causes is None:
        tables.paragraph("前の月のファイルがないため、動きの内訳はありません。")
        return
    seen = known_columns(tables.few(outlook.causes, "points"), ("twelve", "fiscal"))
    # 図にできない月（隠した動きがある、どれも 0）でも、表は出す
    if not charts.waterfall(outlook, "causes", seen):
        tables.table(outlook.causes, "causes", "率が変わったわけ", seen=seen)
    tables.paragraph(display.words("causes_note")[outlook.capsule.audience])
    tables.changes(outlook)
    people = outlook.capsule.facts["transfers"]
    if people is not None:
        said = display.words("transfers")["some" if people else "none"]
        tables.paragraph(said.format(people=f"{people:,}"))


def parts(outlook: Outlook) -> None:
    """本人と家族。"""
    if outlook.parts is None:
        tables.paragraph(display.words("fixed")[1])
    elif None in outlook.part_rates.values():
        tables.table(outlook.parts, "parts", "本人と家族")  # どちらかが一人もいない
    else:
        charts.dumbbell(outlook, "parts")


def employers(outlook: Outlook) -> None:
    """事業所：じょうご図と、並べかえられる表。コードの順で、順位は付けない。"""
    released = door.employers(outlook.capsule.table("employers"), outlook.capsule.terms)
    frame = released.frame
    # 組合全体の行だけの版に、並べかえるものも、比べるものもない
    alone = {*frame.employer_id} == {TOTAL}
    if not alone:
        tables.paragraph(display.words("in_code_order"))
    charts.funnel(outlook, "funnel")
    few = ["unregistered", "lapsed"]  # まとめた行と組合全体だけにある数。表では、名に場所をゆずる
    seen = frame.drop(columns=few) if outlook.wide else _with_chance(outlook, frame)
    whose = "組合全体" if alone else "事業所ごと"
    caption = f"{whose}の登録率（{outlook.month.label}末）"
    seen = known_columns(seen, OTHER_MONTHS)
    tables.table(released, "employers", caption, seen=seen, sortable=not alone)
    for line in outlook.capsule.facts["coarsened"]:
        tables.paragraph(line)


def known_columns(seen: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """names の列のうち、どの行にも値のないものを除いた表。「—」だけの列は、名の場所をふさぐ。"""
    unknown = [
        name
        for name in names
        if name in seen and (seen[name].isna() | seen[name].eq(display.BLANK)).all()
    ]
    return seen.drop(columns=unknown)


def _with_chance(outlook: Outlook, frame: pd.DataFrame) -> pd.DataFrame:
    """全体の率から、偶然で散らばる幅（95 %）の、下・中・上を加える。"""
    places = []
    for row in frame.to_dict("records"):
        if pd.isna(row["rate"]) or outlook.now.rate is None or row["employer_id"] == TOTAL:
            places.append(display.BLANK)
            continue
        # limits の、はじめの二つが 95 %、あとの二つが 99.8 %
        low, high = outlook.spread.limits(int(row["members"]))[:2]
        places.append(place_in_spread(row["rate"], low, high))
    frame.insert(5, "chance", places)
    return frame


def place_in_spread(rate: float, low: float, high: float) -> str:
    """登録率（%）が、偶然の散らばりの幅（low から high まで、%）のどこにあるか。端は、幅の内。"""
    if rate < low:
        return "より下"
    return "より上" if rate > high else "の内"


def certificates(outlook: Outlook) -> None:
    """❷ の波（実数版）と、資格確認書の要る方。"""
    if "wave" in outlook.capsule.facts["tables"]:
        released = door.internal(outlook.capsule.table("wave"), outlook.capsule.terms)
        if released.frame.lapsed.notna().any():
            charts.wave(outlook, released, "wave")
        else:
            tables.paragraph("前の月のファイルがないため、証明書の動きは分かりません。")
        # おわりの行は、いつもこの月
        waiting = int(released.frame.waiting.iloc[-1])
        tables.paragraph(display.words("waiting").format(people=f"{waiting:,}"))
        total = outlook.capsule.table("employers").set_index("employer_id")
        needed = int(total.certificate_needed[TOTAL])
        tables.paragraph(display.words("certificate_needed").format(people=f"{needed:,}"))
        return
    row = outlook.row(outlook.month)
    texts = {name: f"{int(row[name]):,}" for name in ("unregistered", "lapsed")}
    tables.paragraph(display.words("certificates_wide").format(**texts))


def decisions(outlook: Outlook) -> None:
    """決めること：何を、だれが、いつまでに。"""
    rows = outlook.decisions
    if rows:
        display.show(
            "table",
            name="decisions",
            csv="",
            caption="決めること",
            **display.grid(pd.DataFrame(rows), 0),
        )
    else:
        tables.paragraph(display.words("nothing_to_decide"))
    display.show("section", title="次にすること", lines=display.words("next_steps"))


def reminded(outlook: Outlook) -> None:
    """何人に、何回目を知らせるか。休みの方と、回数を終えた方。広く配る版では、どこに載せているか。"""
    if outlook.capsule.audience == "internal":
        tables.internal(outlook.capsule, "asked", "この月に知らせる方と、休みの方")
        tables.paragraph(display.words("reminded")["internal"])
    else:
        tables.paragraph(display.words("reminded")["wide"])


def questions(outlook: Outlook) -> None:
    """ほかと比べてどうか。"""
    others = findings.beside_others(outlook.capsule.facts["benchmark"], outlook.now)
    display.show("section", title="ほかと比べて", lines=[others])
