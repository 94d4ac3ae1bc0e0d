"""知らせたあと：知らせた人と、同じ月に渡していない事業所の人が、あとの月に登録（更新）していたかを、一人ずつ数えたとおりに。"""

import random
from collections import Counter

import pandas as pd
import pytest
from months import lapsed, make_home, never_linked, params_of, put_month, registered

from mynalib.capsules.reminder_effect import OF_THE_SAME_MONTH, TOLD, WAITING, pooled
from mynalib.domain.months import Month
from mynalib.domain.person import PERSON_KEY, with_person_key
from mynalib.history.ledger import Ledger
from mynalib.history.months import kept_months
from mynalib.insight.aftermath import Aftermath
from mynalib.insight.statistics import wilson
from mynalib.reminders.due import due_people
from mynalib.reminders.handover import Handing, hand_over, post_letters
from mynalib.reminders.outcomes import MONTHS_AFTER, outcomes

pytestmark = pytest.mark.large

FIRST = Month.parse("2026-03")
SYMBOLS = {"E01": "101", "E02": "102"}
STATES = (never_linked, lapsed, registered)


def random_months(rng: random.Random, months: int) -> list[dict]:
    """月ごとの、人の鍵から様子へ。だんだん登録し、ときどきいなくなる。"""
    people = {
        (symbol, f"{n:03}"): rng.choice(STATES[:2])
        for symbol in SYMBOLS.values()
        for n in range(30)
    }
    found = []
    for _ in range(months):
        for key in people:
            if rng.random() < 0.2:
                people[key] = rng.choice(STATES)
        found.append({key: state for key, state in people.items() if rng.random() < 0.95})
    return found


def acted(state, kind: str) -> bool:
    return state is registered or (kind == "renew" and state is never_linked)


def slow_count(
    lives: list[dict], listed: list[pd.DataFrame], given: list[tuple], recalled: set[tuple]
) -> Counter:
    """知らせた人と、渡していない事業所の 1 回目の番の人を、一人ずつ、あとの月まで追う。取り戻した事業所の人は、どちらでもない。"""
    counted: Counter = Counter()
    months = {at for at, _, _ in given if at < len(lives) - 1}
    for at in months:
        for code, symbol in SYMBOLS.items():
            rows = next((own for g, c, own in given if (g, c) == (at, code)), None)
            told = rows is not None
            if not told and (at, code) in recalled:
                continue
            rows = rows if told else listed[at][listed[at].employer_id == code]
            for row in rows.itertuples():
                if not told and row.attempt > 1:
                    continue
                kind = "link" if row.action == "link" else "renew"
                for ahead in MONTHS_AFTER:
                    later = lives[at + ahead] if at + ahead < len(lives) else {}
                    if (then := later.get((symbol, row.number))) is not None:
                        turn = row.attempt if told else 0
                        key = (str(FIRST.plus(at)), kind, turn, told, ahead)
                        counted[*key, "people"] += 1
                        counted[*key, "acted"] += acted(then, kind)
    return counted


@pytest.mark.parametrize("seed", range(4))
def test_outcomes_equal_a_slow_count(tmp_path, seed):
    rng = random.Random(seed)
    lives, home, given, listed = random_months(rng, 5), make_home(tmp_path / "home"), [], []
    recalled = set()
    for at, here in enumerate(lives):
        month = FIRST.plus(at)
        put_month(home, str(month), [state(n, symbol=s) for (s, n), state in here.items()])
        params, months = params_of(home), kept_months(home)
        rows = due_people(home, params, months, ())
        rows = rows[rows.due]
        listed.append(rows.assign(month=str(month), on_list=True))
        for code in SYMBOLS:
            own = rows[rows.employer_id == code]
            if rng.random() < 0.6 and len(own):
                [employer] = [one for one in params.employers if one.id == code]
                parcel = Handing(
                    employer=employer,
                    department="部署",
                    means="試験",
                    month=month,
                    release=str(month),
                    content=b"",
                    sha256="",
                    rows=own[["symbol", "number", "branch", "action", "attempt"]],
                )
                facts = hand_over(home, params, parcel, "")
                if rng.random() < 0.2:
                    Ledger(home.ledger).append(
                        "recalled", handover=facts["handover"], unit=code, because=""
                    )
                    recalled.add((at, code))
                else:
                    given.append((at, code, own))
    table = with_person_key(pd.concat(listed))[
        ["month", "employer_id", *PERSON_KEY, "action", "attempt", "on_list"]
    ]
    found = outcomes(home, kept_months(home), table)
    counted = slow_count(lives, listed, given, recalled)
    shown = {
        (r["month"], r["kind"], r["attempt"], r["told"], r["ahead"], name): r[name]
        for r in found.to_dict("records")
        for name in ("people", "acted")
    }
    assert {k: v for k, v in shown.items() if v} == {k: v for k, v in counted.items() if v}


def outcome(month: str, told: bool, people: int, done: int, attempt: int = 1) -> dict:
    row = {"month": month, "kind": "link", "attempt": attempt if told else 0, "told": told}
    row |= {"beside": attempt == 1}
    return row | {"ahead": 1, "people": people, "acted": done}


def test_only_months_in_which_both_sides_are_there_are_compared():
    found = pd.DataFrame(
        [
            outcome("2026-03", True, 100, 10),
            outcome("2026-03", False, 200, 8),
            outcome("2026-04", True, 50, 25),
            outcome("2026-05", True, 40, 4, attempt=2),
            outcome("2026-05", False, 60, 30),
            outcome("2026-03", True, 7, 7) | {"beside": False},
        ]
    )
    table = pooled(found).set_index(["group", "turn"])
    assert table.loc[(TOLD, 1), ["people", "acted"]].tolist() == [157, 42], "手紙を出した人も"
    assert table.loc[(TOLD, 2), ["people", "acted"]].tolist() == [40, 4]
    assert table.loc[(OF_THE_SAME_MONTH, 1), ["people", "acted"]].tolist() == [100, 10]
    assert table.loc[(WAITING, 0), ["people", "acted"]].tolist() == [200, 8]
    low, high = wilson(10, 100)
    assert table.loc[(OF_THE_SAME_MONTH, 1), ["low", "high"]].tolist() == [
        round(100 * low, 1),
        round(100 * high, 1),
    ]


def test_the_sentence_counts_every_telling_and_whoever_was_there_a_month_later():
    """二か月続けて知らせた人は二度数えられ、一か月あとにいた人が、いまもいるとは限らない。"""
    told = pd.DataFrame([outcome("2026-03", True, 100, 10), outcome("2026-04", True, 50, 25, 2)])
    [said] = Aftermath.sentences(pooled(told))
    assert "延べ 150 人" in said and "延べ 35 人" in said
    assert "いまも" not in said


def test_letters_are_not_compared_with_the_lists_of_employers(tmp_path):
    """手紙だけを出した月に、手紙を出した人を「リストを渡した事業所の方」として並べない。"""
    home = make_home(tmp_path / "home")
    people = [never_linked(f"{n:03}", symbol=symbol) for symbol in ("101", "901") for n in range(9)]
    for at in range(2):
        put_month(home, str(FIRST.plus(at)), people)
    params, months = params_of(home), kept_months(home)
    rows = due_people(home, params, months[:1], ())
    ours = rows[rows.sender == "society"]
    post_letters(home, params, FIRST, str(FIRST), means="郵送", rows=ours)
    listed = with_person_key(rows).assign(month=str(FIRST), on_list=rows.sender == "employer")
    found = pooled(outcomes(home, months, listed))
    assert found.group.tolist() == [TOLD] and found.people.tolist() == [9]
