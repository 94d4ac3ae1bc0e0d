"""作業台の問いのうち、一つの月の集計だけで答えるもの。"""

import pandas as pd

from mynalib.domain.employers import NO_EMPLOYER
from mynalib.insight.bench_answers import BEYOND, label, named, share
from mynalib.insight.bench_desk import Desk
from mynalib.insight.statistics import by_chance

Found = tuple[str, pd.DataFrame]
"""答えの文と、表。"""


def behind_dependants(bench: Desk, month: str = "") -> Found:
    """家族と本人の登録率。

    Returns:
        一行＝事業所。列 month, as_of, employer_id, employer, insured_numerator, insured_denominator, insured_rate（本人）,
        numerator, denominator, rate（家族）, points（家族 − 本人、ポイント）, p（同じ率でも、これより離れて見える確率）,
        behind（偶然をこえて家族が低いか）。家族か本人のいない事業所の行はない。
    """
    month = month or bench.months[-1]
    rows = bench.rates(["employer", "insured"], month)
    rows = rows[rows.employer_id != NO_EMPLOYER]
    keys = ["month", "as_of", "employer_id", "employer"]
    sides = [
        rows[rows.insured == kind][[*keys, "numerator", "denominator", "rate"]]
        for kind in (True, False)
    ]
    names = {name: f"insured_{name}" for name in ("numerator", "denominator", "rate")}
    table = sides[0].rename(columns=names).merge(sides[1], on=keys)
    table["points"] = table.rate - table.insured_rate
    counts = table[["numerator", "denominator", "insured_numerator", "insured_denominator"]]
    table["p"] = [by_chance(*map(int, row)) for row in counts.itertuples(index=False)]
    # 何十もの事業所を比べるので、20 に一つ（5 %）では、偶然の外れが必ず出る
    table["behind"] = (table.points < 0) & (table.p < BEYOND)
    whole = bench.rates(["insured"], month).set_index("insured")
    said = {kind: share(row.numerator, row.denominator) for kind, row in whole.iterrows()}
    headline = (
        f"{label(month)}の登録率は、家族 {said.get(False, '—')}、本人 {said.get(True, '—')}。"
        f"家族が偶然をこえて遅れているのは {named(table.employer_id[table.behind])}。"
    )
    return headline, table


def beyond_chance(bench: Desk, month: str = "") -> Found:
    """偶然をこえて高い、低い事業所。表は bench.funnel に同じ。"""
    month = month or bench.months[-1]
    table = bench.funnel(month)
    whole = bench.rates(months=month).iloc[0]
    low, high = (named(table.employer_id[table.beyond == side]) for side in ("low", "high"))
    headline = (
        f"{label(month)}の組合全体は {share(whole.numerator, whole.denominator)}。"
        f"99.8 % の限界より低いのは {low}、高いのは {high}。"
    )
    return headline, table


def certificate_needed(bench: Desk, month: str = "") -> Found:
    """資格確認書が要る人（未登録か、登録済でも証明書が失効して 3 か月以上）。一行＝事業所×本人か。列は bench.rates に同じ。"""
    month = month or bench.months[-1]
    asked = {"months": month, "measure": "certificate_needed"}
    whole = bench.rates(**asked).iloc[0]
    kinds = bench.rates(["insured"], **asked).set_index("insured").numerator
    headline = (
        f"{label(month)}に資格確認書が要る人は {share(whole.numerator, whole.denominator)}。"
        f"本人 {kinds.get(True, 0):,} 人、家族 {kinds.get(False, 0):,} 人。"
    )
    return headline, bench.rates(["employer", "insured"], **asked)
