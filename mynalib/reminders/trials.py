"""くらべる：くじで分けた二つの半分の、そのあと。何をくらべるかは、結果を見る前に決めてあり、知らせが届いたかは問わない。

数えるのは、引いたときに知らせる番だった人の全て（あとで申し出た人も、どちらの半分にもいる）。事業所ごと、月ごとに、その月のリストを渡した
（か、手紙を出した）ときだけ。渡していなければ、二つの半分は、まだ同じである。
"""

from collections.abc import Sequence

import pandas as pd

from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.home import Home
from mynalib.history.lens import Lens
from mynalib.history.months import KeptMonth
from mynalib.insight.halves_compared import chance_to_see, design_effect, smallest_visible
from mynalib.reminders.draws import (
    TRIAL_KINDS,
    WAIT_MONTHS,
    by_sender,
    drawn,
    trial_of,
    undrawn,
    with_their_household,
)
from mynalib.reminders.due import everybody
from mynalib.reminders.memory import EMPLOYER, LETTERS, handovers

MONTHS_COMPARED = (1, WAIT_MONTHS)
"""何か月あとをくらべるか。後の半分には、まだ知らせていない。"""
TRIAL_COLUMNS = ["month", "trial", "kind", "employer_id", "arm", "ahead", "people", "acted"]
SAID = {"link": ("❶", "登録"), "renew": ("❷", "更新")}
TYPICAL = 0.014
"""役所などの、偶然に分けた 126 の試みで見られた、平均の上がり方。

Source: DellaVigna & Linos (2022) Econometrica 90, 81–116。
"""


def trial_outcomes(home: Home, months: Sequence[KeptMonth]) -> pd.DataFrame:
    """months のおわりの月までに分かった、二つの半分のそのあと。一行＝くじ×勧奨×月×事業所×世帯×何か月あと。

    Returns:
        列 TRIAL_COLUMNS。people は、世帯のうち、あとの月にもいる人、acted は、そのうち、した人。
    Raises:
        RemindersDamaged: 引いたくじか、だれに知らせたかの記録がない。
    """
    found = with_their_household(drawn(home, months[-1].month))
    given = {(str(each.month), each.unit) for each in handovers(home) if each.stands}
    # 健保が知らせる人は、手紙（LETTERS）の手渡しがあった月に、知らせた
    unit = found.employer_id.where(found.sender == EMPLOYER, LETTERS)
    told = [pair in given for pair in zip(found.month, unit, strict=True)]
    # 休みの人は、引いたときにもう知らせを受けていた。前の半分と後の半分の違いが、はじめからない
    given_ones = found[found.due & pd.Series(told, found.index, dtype="bool")]
    return _after(months, by_sender(given_ones))


def _after(months: Sequence[KeptMonth], asked: pd.DataFrame) -> pd.DataFrame:
    """asked の人の、そのあと。世帯ごと。"""
    held = {str(kept.month): kept for kept in months}
    pairs = [
        (month, ahead, str(Month.parse(month).plus(ahead)))
        for month in sorted(asked.month.unique())
        for ahead in MONTHS_COMPARED
    ]
    later = [pair for pair in pairs if pair[-1] in held]
    if not later:
        return pd.DataFrame(columns=TRIAL_COLUMNS)
    needed = sorted({after for *_, after in later})
    with Lens([held[month] for month in needed]) as lens:
        lens.put("drawn", asked)
        table = pd.DataFrame(later, columns=["month", "ahead", "month_after"])
        lens.put("later", table.astype({"month": "str", "month_after": "str"}))
        return lens.query("drawn_outcome")[TRIAL_COLUMNS]


def expected(home: Home, params: Params, months: Sequence[KeptMonth]) -> list[str]:
    """いまの人数で、どれだけの差が見えるか。勧奨ごとに一文。くじを引いていなければ空。

    Raises:
        Refused: TOO_FEW_TO_COMPARE。
        RemindersDamaged。
    """
    trial = trial_of(params.society.policy.reminders)
    if trial is None:
        return []
    month = months[-1].month
    fresh = undrawn(home, params, month, everybody(home, params, months))
    found = with_their_household(pd.concat([drawn(home, month), fresh], ignore_index=True))
    found = by_sender(found[(found.trial == trial) & found.due])
    before = _before(home, params, months)
    return [_said(found[found.kind == kind], before, kind) for kind in TRIAL_KINDS[trial]]


def _before(home: Home, params: Params, months: Sequence[KeptMonth]) -> pd.DataFrame:
    """前の二か月のあいだの、勧奨の要った人のそのあと。世帯ごと。二か月前の月がなければ空。"""
    start = months[-1].month.plus(-WAIT_MONTHS)
    earlier = [kept for kept in months if kept.month <= start]
    # あいだの月が抜けていれば、ちょうど二か月の変化が分からないので、見こみを立てない
    if not earlier or earlier[-1].month != start:
        return pd.DataFrame(columns=TRIAL_COLUMNS)
    asked = everybody(home, params, earlier)
    asked = asked[asked.due].assign(month=str(start), trial="", arm="")
    found = _after(months, asked)
    return found[found.ahead == WAIT_MONTHS]


def _said(found: pd.DataFrame, before: pd.DataFrame, kind: str) -> str:
    homes = len(found.drop_duplicates(["symbol_key", "number_key"]))
    sign, did = SAID[kind]
    head = f"{sign} の {homes:,} 世帯（{len(found):,} 人）を、くじで、およそ半分ずつに分けます"
    past = before[before.kind == kind]
    rate = past.acted.sum() / max(1, past.people.sum())
    # 0 % や 100 % では、ばらつきが 0 になり、どんな小さな差も見えることになってしまう。分ける人がいないか、前の世帯が一つでは、割れない
    if not (0 < rate < 1 and len(found) and len(past) > 1):
        return (
            f"{head}。分ける方がいないか、二か月前のファイルがないか、{did}した方としなかった方がそろわないので、"
            "どれだけの差が見えるかは、まだ分かりません"
        )
    design = design_effect(past)
    least = smallest_visible(len(found), rate, design)
    visible = f"{100 * least:.1f} ポイントから" if least else "ありません"
    seen = chance_to_see(len(found), rate, TYPICAL, design)
    return (
        f"{head}。前の二か月に{did}した方は {100 * rate:.1f} %、世帯のまとまりの係数は {design:.2f} なので、"
        f"80 % の確かさで見える差は、{visible}です（両側 5 %）。"
        f"ほかの 126 の試みの平均（{100 * TYPICAL:.1f} ポイント）なら、見える確かさは {100 * seen:.0f} % です"
    )
