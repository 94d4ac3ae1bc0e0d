"""だれに知らせる番か：これまでに手渡した回数、あいだの月数、回数の上限、だれが知らせるか。

数えるのは、前の月までに手渡したリストだけなので、同じ月を何度公開しても、同じリストになる。知らせたあとに登録（更新）した人は、
次に要るときは、また 1 回目から。黙るのは、上限の回数のあと。

例：間を 3 か月、上限を 2 回とする。4 月のリストを手渡した人は、5 月と 6 月は休み、7 月に 2 回目、そのあとは載らない。
"""

from collections.abc import Iterable, Sequence

import pandas as pd

from mynalib.domain.classification import LINK_ACTIONS
from mynalib.domain.employers import NO_EMPLOYER, SOCIETY_STAFF
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.domain.person import PERSON_KEY, with_person_key
from mynalib.domain.policy import ReminderPolicy
from mynalib.history.holds import Hold
from mynalib.history.home import Home
from mynalib.history.lens import Lens
from mynalib.history.months import KeptMonth
from mynalib.history.replaying import succession_table
from mynalib.reminders import draws
from mynalib.reminders.draws import TIMING, WAIT_MONTHS, WORDING, trial_of
from mynalib.reminders.memory import EMPLOYER, NOBODY, SOCIETY, given_now, kinds, reminded

NOT_AT_WORK = (SOCIETY_STAFF, NO_EMPLOYER)  # 事業所のリストには載らず、健保が知らせる人


def due_people(
    home: Home, params: Params, months: Sequence[KeptMonth], holds: Iterable[Hold]
) -> pd.DataFrame:
    """months のおわりの月に、勧奨のいる全ての人。事業所、世帯、枝番の順。

    Args:
        months: その月までの、取り込んだ月（古い順）。
        holds: 控える人。
    Returns:
        一行＝一人。reminders.sql の列（insured のほか）と、attempt は今度で何回目か（休みの人は、次の回）、sender は知らせる人（employer、society、nobody）、
        due はこの月に知らせるか（間があいていて、上限をこえず、待たない）、waits は、くじで後の半分になり、待っているか。
    Raises:
        RemindersDamaged: だれに知らせたかの記録か、引いたくじがない。
        Refused: TOO_FEW_TO_COMPARE（半分に分けるには、世帯が足りない）。
        MonthDamaged: 月が読めない。
    """
    rows = _turns(home, params, months, holds)
    late = _late(home, params, months, rows)
    # 休みの人は待っているとは言わない。待つのは、くじがなければこの月に知らせた人だけ
    rows = rows.assign(due=rows.due & ~late, waits=rows.due & late)
    return rows.drop(columns="insured")


def new_draw(home: Home, params: Params, months: Sequence[KeptMonth]) -> pd.DataFrame:
    """months のおわりの月に、新しく引くくじ（draws.DRAWN_COLUMNS）。名簿などを重ねる前の、勧奨のいる全ての人から。"""
    if trial_of(params.society.policy.reminders) is None:
        return draws.nobody()
    # 控える人を除かずに引く。除くと、一人の申出で、引く世帯が変わる（tests/reminders/test_draws.py）
    return draws.draw(home, params, months[-1].month, everybody(home, params, months))


def everybody(home: Home, params: Params, months: Sequence[KeptMonth]) -> pd.DataFrame:
    """名簿などを重ねる前の、おわりの月に勧奨のいる全ての人。列は due_people のもの（waits のほか）と insured、鍵、kind（link か renew）。"""
    rows = with_person_key(_turns(home, params, months, ()))
    return rows.assign(kind=kinds(rows.action))


def wordings(
    home: Home, params: Params, months: Sequence[KeptMonth], rows: pd.DataFrame
) -> pd.Series:
    """手紙を出す人（rows）の、手紙の文（A か B）。くじで分けていなければ、みな A。"""
    if trial_of(params.society.policy.reminders) != WORDING:
        return pd.Series("A", rows.index, dtype="str")
    keyed = with_person_key(rows).assign(kind=kinds(rows.action))
    second = draws.in_second_half(keyed, _arms(home, params, months), WORDING)
    return second.map({False: "A", True: "B"}).astype("str")


def _late(home: Home, params: Params, months: Sequence[KeptMonth], rows: pd.DataFrame) -> pd.Series:
    """rows の人が、くじで後の半分になり、まだ待つ月か。"""
    if trial_of(params.society.policy.reminders) != TIMING:
        return pd.Series(False, rows.index)
    arms = _arms(home, params, months)
    # WAIT_MONTHS が 2 なら、4 月に引いた後の半分は、4 月と 5 月に待ち、6 月のリストから載る
    recent = arms[arms.month >= str(months[-1].month.plus(1 - WAIT_MONTHS))]
    keyed = with_person_key(rows).assign(kind=kinds(rows.action))
    return draws.in_second_half(keyed, recent, TIMING)


def _arms(home: Home, params: Params, months: Sequence[KeptMonth]) -> pd.DataFrame:
    """前に引いたくじと、おわりの月に新しく引くくじ。その月の記号で（draws.carried）。"""
    month = months[-1].month
    found = [draws.drawn(home, month), new_draw(home, params, months)]
    return draws.carried(pd.concat(found, ignore_index=True), params, month)


def _turns(
    home: Home, params: Params, months: Sequence[KeptMonth], holds: Iterable[Hold]
) -> pd.DataFrame:
    """くじを見ないときの、勧奨のいる人の番。列は due_people のもの（waits のほか）と insured。"""
    month = months[-1].month
    with Lens(months[-1:], params, holds) as lens:
        rows = lens.query("reminders", month=str(month))
    told, last = _told(home, params, months, rows)
    policy = params.society.policy.reminders
    # 人ではなく月ごとに確かめる。知らせた月は多くて数十しかない
    resting = [each for each in last.unique() if each and _rests(each, month, policy)]
    return rows.assign(
        attempt=told + 1,
        sender=_not_both(home, month, rows.assign(sender=_senders(rows, told, params, month))),
        # told は、あとで登録か更新をした人では 0 に戻っている（told.sql）。だから、上限は続けて知らせた回数に効く
        due=(told < policy.max_attempts) & ~last.isin(resting),
    )


def _told(
    home: Home, params: Params, months: Sequence[KeptMonth], rows: pd.DataFrame
) -> tuple[pd.Series, pd.Series]:
    """rows の人に、これまで知らせた回数と、いちばん新しい、知らせた月（まだなら ''）。"""
    found = reminded(home, months[-1].month)
    if found.empty:
        return pd.Series(0, rows.index), pd.Series("", rows.index, dtype="str")
    since = [kept for kept in months if str(kept.month) >= found.month.min()]
    # 「そのあと、した」のは、知らせたあとの月だけ。はじめて知らせた月より前は、開かない
    with Lens(since, params) as lens:
        lens.put("reminded", found)
        lens.put("succession", succession_table(params))
        told = lens.query("told", month=str(months[-1].month))
    keyed = with_person_key(rows).assign(kind=kinds(rows.action))
    known = keyed.merge(told, on=[*PERSON_KEY, "kind"], how="left")
    return known.told.fillna(0).astype("int64"), known["last"].fillna("").astype("str")


def _rests(last: str, month: Month, policy: ReminderPolicy) -> bool:
    """その月に知らせた人は、この月は休みか。"""
    return month < Month.parse(last).plus(policy.min_gap_months)


def _not_both(home: Home, month: Month, rows: pd.DataFrame) -> pd.Series:
    """rows の sender。ただし、この月のリストで、もう一方がもう知らせた人には、だれも知らせない。"""
    # 例：by: employer で渡したあとに by: society に変えて、同じ月を公開し直しても、渡した人に手紙は出さない
    given = given_now(home, month)
    if given.empty:
        return rows.sender
    place = [*PERSON_KEY, "kind"]
    keyed = with_person_key(rows).assign(kind=kinds(rows.action))
    by = keyed[place].merge(given, on=place, how="left").given_by.set_axis(rows.index)
    return rows.sender.where(by.isna() | (by == rows.sender), NOBODY)


def _senders(rows: pd.DataFrame, told: pd.Series, params: Params, month: Month) -> pd.Series:
    """だれが知らせるか。both は、1 回目が事業所、2 回目からが健保（同じ月に、両方からは知らせない）。

    お知らせに載っていない事業所の人には、事業所が知らせる番なら、だれも知らせない。
    """
    by = params.society.policy.reminders.by
    policy = rows.action.isin(LINK_ACTIONS).map({True: by.link, False: by.renew})
    ours = (policy == SOCIETY) | ((policy == "both") & (told > 0))
    # 事業所のない人と健保の職員には、事業所の担当部署がない
    ours |= rows.employer_id.isin(NOT_AT_WORK)
    if params.joint_use.dependants == "exclude":
        # 家族を事業所に渡さないお知らせなら、家族には健保が知らせる
        ours |= ~rows.insured
    notified = [employer.id for employer in params.notified(month.end)]
    sender = ours.map({True: SOCIETY, False: EMPLOYER}).astype("str")
    return sender.where(ours | rows.employer_id.isin(notified), NOBODY)
