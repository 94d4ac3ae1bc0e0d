"""作業台の問いのうち、人の行を月をまたいで結ぶもの。答えに、人の行も鍵も出ない。"""

import pandas as pd

from mynalib.domain.months import Month
from mynalib.insight.bench_answers import before, counted_only, label, recent, require, share
from mynalib.insight.bench_desk import Desk
from mynalib.insight.bench_measures import with_ratio
from mynalib.insight.bench_moving import YEAR, lapses
from mynalib.insight.bench_standing import Found


def lapsed_after_wave(bench: Desk, month: str = "") -> Found:
    """証明書の失効が最も多かった月（か、month）に失効した人の、いま。

    Returns:
        一行＝失効した月の事業所×本人か。列 month（失効した月）, as_of（いまの月末）, employer_id, employer, insured,
        numerator いまは期限内等で登録済に戻った人, still まだの人, left いない人, denominator 失効した人, rate。
    """
    found = lapses(bench, [month] if month else recent(bench.months, YEAR))
    # 前の月がなければ、失効した人は「いない」のではなく、分からない
    require(len(found) > 0, "lapsed_after_wave", "前の月のある月がありません")
    require(found.numerator.sum() > 0, "lapsed_after_wave", "証明書の失効した人がいません")
    wave = found.month[found.numerator.idxmax()]
    now = bench.months[-1]
    rows = bench.of_people(
        "lapsed_then", [before(wave), wave, now], before=before(wave), wave=wave, now=now
    )
    back = rows.status_now == "registered_usable"
    gone = rows.status_now == ""
    # 戻った、まだ、いない、の三つで、失効した人の全て
    sides = {"numerator": back, "still": ~back & ~gone, "left": gone, "denominator": back | ~back}
    rows = rows.assign(**{name: rows.members.where(holds, 0) for name, holds in sides.items()})
    table = rows.groupby(["employer_id", "insured"], as_index=False)[[*sides]].sum()
    table.insert(1, "employer", table.employer_id.map(bench.employers))
    # 時点（as_of）はいま、行の月は失効した月
    table = with_ratio(table.assign(month=now)).assign(month=wave)
    table = table[["month", "as_of", *(n for n in table if n not in ("month", "as_of"))]]
    sums = {name: int(table[name].sum()) for name in sides}
    # 選んだ月が、いちばん多かったとは限らない
    said = (
        f"{label(wave)}に証明書が失効したのは"
        if month
        else f"証明書の失効が最も多かったのは{label(wave)}の"
    )
    headline = (
        f"{said} {sums['denominator']:,} 人。"
        f"{label(now)}までに使える状態に戻ったのは {share(sums['numerator'], sums['denominator'])}、"
        f"まだの人は {sums['still']:,} 人、脱退した人は {sums['left']:,} 人。"
    )
    return headline, table


def transfers(bench: Desk, months: object = None) -> Found:
    """事業所の間で移ったのかもしれない人（だれとだれかは決めない。同じ日に登録した別の人も入りうるので、多くてこれだけ）。

    Returns:
        一行＝月。列 month, as_of, numerator 移ったのかもしれない人, denominator その月に加わった人, rate。
    """
    chosen = recent(bench.months, YEAR) if months is None else bench.chosen(months)
    pairs = [month for month in chosen if before(month) in bench.months]
    require(len(pairs) > 0, "transfers", "前の月のある月がありません")
    joined = bench.flow[bench.flow.status_before == ""].groupby("month").members.sum()
    found = {
        month: bench.of_people(
            "transfers", [before(month), month], before=before(month), after=month
        )
        for month in pairs
    }
    rows = [
        {
            "month": month,
            "numerator": int(table.people.iloc[0]),
            "denominator": int(joined.get(month, 0)),
        }
        for month, table in found.items()
    ]
    table = with_ratio(pd.DataFrame(rows))
    known = counted_only(pairs[0], pairs[-1], len(pairs))
    headline = (
        f"{label(pairs[0])}から{label(pairs[-1])}{known}に事業所の間で移ったのかもしれない人は、多くて"
        f" {int(table.numerator.sum()):,} 人（加わった {int(table.denominator.sum()):,} 人のうち）。"
    )
    return headline, table


def newcomers_first_registration(bench: Desk, span: int = 3) -> Found:
    """未登録で加入した人の、その後 span か月のうちの登録。

    Returns:
        一行＝加入した月（span か月あとまでの全ての月のあるものを、新しいほうから 12）。列 month, as_of, people 加入した人,
        numerator span か月のうちに登録済になった人, denominator 未登録で加入した人, rate。
    """
    # 途中のファイルが欠けた月では、「登録しなかった」のか「見えなかった」のか分からない
    cohorts = [month for month in bench.months if _is_followed(bench, month, span)]
    require(
        len(cohorts) > 0,
        "newcomers_first_registration",
        f"加入から {span} か月を見届けられる月がありません",
    )
    rows = []
    for month in recent(cohorts, YEAR):
        last = str(Month.parse(month).plus(span))
        asked = {"before": before(month), "month": month, "last": last}
        followed = bench.of_people("newcomers_followed", _span(month, span), **asked).iloc[0]
        counts = {"numerator": followed.registered_later, "denominator": followed.unregistered}
        rows.append({"month": month, "people": int(followed.people)} | counts)
    table = with_ratio(pd.DataFrame(rows))
    headline = (
        f"{label(table.month.iloc[0])}から{label(table.month.iloc[-1])}に未登録で加入した人のうち、"
        f"{span} か月のうちに登録したのは {share(table.numerator.sum(), table.denominator.sum())}。"
    )
    return headline, table


def _span(month: str, span: int) -> list[str]:
    """前の月から、span か月あとまで。"""
    return [str(Month.parse(month).plus(step)) for step in range(-1, span + 1)]


def _is_followed(bench: Desk, month: str, span: int) -> bool:
    return set(_span(month, span)) <= set(bench.months)
