"""引いたくじ：だれがどちらの組かを、はじめてその勧奨の要ったときに一度だけ決め、公開の前に残す。組は、世帯ごと。

残すのは data/reminders/draws/ の Parquet で、台帳にはそのハッシュと世帯の数だけがある。組は、事業所には渡さない。
"""

import secrets
from collections.abc import Sequence

import pandas as pd

from mynalib.domain.errors import Refused
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.domain.person import PERSON_KEY
from mynalib.domain.policy import ReminderPolicy
from mynalib.history.files import sha256
from mynalib.history.home import Home
from mynalib.history.keys import trials_key
from mynalib.history.ledger import Ledger
from mynalib.history.purged import with_records_now
from mynalib.history.replaying import succession_table
from mynalib.history.tables import read_tables, write_table
from mynalib.reminders.halves import HOUSEHOLD_KEY, SECOND_HALF, halves
from mynalib.reminders.memory import EMPLOYER, SOCIETY, RemindersDamaged, handovers

TIMING = "timing"
"""時期のくじ：FIRST_HALF の世帯にはいま、SECOND_HALF の世帯には WAIT_MONTHS か月あとから、知らせる。"""
WAIT_MONTHS = 2
WORDING = "wording"
"""文のくじ：FIRST_HALF の世帯には手紙の文 A、SECOND_HALF の世帯には文 B。だれも、おくらせない。"""
TRIAL_KINDS = {TIMING: ("link",), WORDING: ("link", "renew")}
"""くじの名から、分ける勧奨へ。❷ は、ファイルに現れるとき、もう期限から三か月を過ぎているので、おくらせない。"""
# 1,000 世帯の半分は、硬貨でも 500 から 31 世帯より外れるのが二十に一つ（√1000 ÷ 2 × 1.96 ＝ 31）
HOUSEHOLDS_LEAST = 1000
"""これより少ない世帯を分けても、ありそうな差は見えない。"""
DRAWN_COLUMNS = ["month", "trial", "kind", "employer_id", *PERSON_KEY, "arm", "sender", "due"]
"""一行＝くじ×一人。sender と due は、引いたときに、だれの、知らせる番だったか（組は、見ない）。"""
_WHOSE = ["trial", "kind", *PERSON_KEY]
_HOME = ["trial", "kind", *HOUSEHOLD_KEY]


def trial_of(policy: ReminderPolicy) -> str | None:
    """いま引くくじ（一度に一つ）。引かないなら None。"""
    if policy.staggered:
        return TIMING
    return WORDING if policy.two_wordings else None


def by_sender(found: pd.DataFrame) -> pd.DataFrame:
    """くじの人のうち、くらべられる人：引いたときに、だれかが知らせる人。文のくじは、健保が手紙を出す人だけ。"""
    # 事業所のリストの文は分けない。同じ部署の人に二つの文を見せると、どちらの組かが分かる
    senders = found.trial.map({TIMING: (EMPLOYER, SOCIETY), WORDING: (SOCIETY,)})
    fits = [sender in each for sender, each in zip(found.sender, senders, strict=True)]
    return found[pd.Series(fits, found.index, dtype="bool")]


def with_their_household(found: pd.DataFrame) -> pd.DataFrame:
    """くじの人のうち、世帯のはじめの月に、いっしょに分けた人。あとから加わった家族は、世帯がもう知らせを受けたかもしれない。"""
    # 例：父を 4 月に分け、6 月に要るようになった子を 6 月に分けた。組は同じでも、子をくらべると、父への知らせの効き目が混ざる
    return found[found.month == found.groupby(_HOME).month.transform("min")]


def drawn(home: Home, until: Month) -> pd.DataFrame:
    """until までの月に引いて、残したくじ。古い順。列 DRAWN_COLUMNS。

    Raises:
        RemindersDamaged: 残したくじがないか、変わっている。
    """
    lines = [line for line in _lines(home) if Month.parse(line["month"]) <= until]
    for line in lines:
        path = home.reminders / line["record"]
        # 引き直すと、もう知らせた人が後の半分に移りうる。だから、失われたくじは作り直さず、止まる
        if not path.is_file() or sha256(path) != line["record_sha256"]:
            raise RemindersDamaged(where=f"data/reminders/{line['record']}")
    # 読めない表は None で返る
    tables = read_tables(home.reminders / line["record"] for line in lines)
    if any(table is None for table in tables):
        raise RemindersDamaged(where="data/reminders/draws/")
    return pd.concat([nobody(), *tables], ignore_index=True).astype({"due": "bool"})


def carried(found: pd.DataFrame, params: Params, month: Month) -> pd.DataFrame:
    """引いたくじの人を、その月の記号で。一行＝くじ×一人（二度引いていれば、はじめの組）。列 DRAWN_COLUMNS。"""
    # 例：記号 100 の 1〜999 番が 10 月から 200 に変わった。9 月に引いた 100-12 の人は、200-12 の行でも同じ組を引きつぐ
    moved = found.merge(succession_table(params), left_on="symbol_key", right_on="symbol_from")
    numbers = moved.number_key.map(lambda number: int(number or 0)).astype("int64")
    moved = moved[
        numbers.between(moved.number_from, moved.number_to)
        & (moved.month < moved["first"])
        & (moved["last"] <= str(month))
    ]
    # もとの行も残す。記号の変わらない人が、そこにいる
    now = pd.concat([found, moved.assign(symbol_key=moved.symbol_to)[DRAWN_COLUMNS]])
    return now.sort_values("month", kind="stable").drop_duplicates(_WHOSE, ignore_index=True)


def undrawn(home: Home, params: Params, month: Month, people: pd.DataFrame) -> pd.DataFrame:
    """その月に、新しく分ける人（組は、まだない）。前に分けた人は、入らない。

    一人ずつ見る：家族がいつ分けられたかで、この人の待つ月が変わると、家族の行の変わったことが、リストから見える。

    その月のリストを一つでも手渡したあとには、分けない（もう知らせた人を、後の半分にしない）。

    Args:
        people: 名簿などを重ねる前の、勧奨の要る全ての人。列 employer_id, kind, 鍵, sender, due。
    Raises:
        Refused: TOO_FEW_TO_COMPARE（世帯が足りない）。
        RemindersDamaged。
    """
    trial = trial_of(params.society.policy.reminders)
    # 取り戻したリストは、知らせなかったものとみなすので、分けるのを妨げない
    if trial is None or any(each.stands and each.month == month for each in handovers(home)):
        return nobody()
    # 記号の変わった人を、新しい人としてもう一度引かないように、この月の記号にしてから引く人を選ぶ
    known = carried(drawn(home, month), params, month)
    asked = people[people.kind.isin(TRIAL_KINDS[trial])]
    asked = asked.assign(trial=trial, month=str(month), arm="")[DRAWN_COLUMNS]
    fresh = asked.merge(known[_WHOSE], on=_WHOSE, how="left", indicator=True)
    fresh = fresh[fresh["_merge"] == "left_only"].reset_index(drop=True)
    _require_enough(pd.concat([known[known.trial == trial], fresh]))
    return fresh[DRAWN_COLUMNS]


def draw(home: Home, params: Params, month: Month, people: pd.DataFrame) -> pd.DataFrame:
    """その月に、新しく引くくじ（まだ残さない）。何度引いても同じ。引数は undrawn と同じ。

    Returns:
        列 DRAWN_COLUMNS。
    Raises:
        KeyMissing: 前に引いたときの鍵がない。ほかは undrawn と同じ。
    """
    trial = trial_of(params.society.policy.reminders)
    fresh = undrawn(home, params, month, people)
    if trial is None:
        return fresh
    # 前に引いたくじがあるのに鍵がなければ、新しい鍵を作らずに止まる。別の鍵では、同じ世帯が違う組になる
    key = trials_key(home, drawn=bool(_lines(home)))
    return fresh.assign(arm=halves(key, trial, fresh))


def in_second_half(people: pd.DataFrame, arms: pd.DataFrame, trial: str) -> pd.Series:
    """その人が、そのくじの後の半分か。引いていない人は、違う。

    Args:
        people: 列 kind と、鍵。
        arms: その月の記号にした、引いたくじ（carried）。
    """
    late = arms[(arms.trial == trial) & (arms.arm == SECOND_HALF)]
    place = ["kind", *PERSON_KEY]
    found = people[place].merge(late[place].assign(late=True), on=place, how="left")
    return pd.Series(found.late.notna().array, people.index, dtype="bool")


def freeze(home: Home, rows: pd.DataFrame) -> None:
    """引いたくじを残す。公開の前に、錠の中で呼ぶ。一つもなければ、何もしない。"""
    if rows.empty:
        return
    # 引くのは一か月分ずつ。名に偶然の字を足して、同じ月に引き足しても、前の記録を書きかえない
    [month] = rows.month.unique()
    record = f"draws/{month}-{secrets.token_hex(4)}.parquet"
    write_table(home.reminders / record, rows)
    facts = {"record": record, "record_sha256": sha256(home.reminders / record)}
    counted = len(rows.drop_duplicates(_HOME))
    # 記録が先、台帳が後。あいだで落ちても、台帳にない記録は、だれも読まない
    Ledger(home.ledger).append("drawn", month=month, households=counted, **facts)


def _require_enough(found: pd.DataFrame) -> None:
    """くらべられるだけの世帯があるか（前に引いたものも、いまは休みの世帯も合わせて）。"""
    homes = len(by_sender(found).drop_duplicates(_HOME))
    if homes < HOUSEHOLDS_LEAST:
        what = f"半分に分ける世帯が {homes:,} しかありません（{HOUSEHOLDS_LEAST:,} 世帯から）"
        fix = "少ないと、分けても、違いは見えません。staggered と two_wordings を false にしてください。"
        raise Refused(
            "TOO_FEW_TO_COMPARE", where="society.yaml policy.reminders", what=what, fix=fix
        )


def _lines(home: Home) -> Sequence[dict]:
    lines = with_records_now(Ledger(home.ledger).lines())
    return [line for line in lines if line["did"] == "drawn"]


def nobody() -> pd.DataFrame:
    """一つも引いていないくじ。"""
    return pd.DataFrame(columns=DRAWN_COLUMNS, dtype="str").astype({"due": "bool"})
