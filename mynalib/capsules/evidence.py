"""公開の前の攻撃で、攻める側の手もと：近ごろの月の頭数と水準、受け取ったリスト（訂正の前のものも）、この月に受け取るリスト。

例：三か月を見せ、二か月めを訂正していれば、見せたものは四つある。先月まで ❶ のリストにいて、今月いない人の様子は「uuuo」になる。
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from mynalib.capsules.opened import OpenedMonth
from mynalib.capsules.previous import WINDOW, Previous
from mynalib.capsules.superseded import Sighting, superseded
from mynalib.disclosure.coarsening import Evidence
from mynalib.disclosure.intruder import ABSENT, OFF, REGISTERED, UNREGISTERED
from mynalib.domain.person import PERSON_KEY
from mynalib.history.lens import Lens
from mynalib.history.replaying import put_successions

# 4 の 31 乗は 2 の 62 乗。符号つき 64 ビットの整数（2 の 63 乗より小さい数）に、四進数で 31 桁まで入る
MOST_SIGHTINGS = 31
"""攻撃で並べる、見せたもの（訂正の前の版も一つ）の、いちばん多い数。様子の並びを表す整数（seen.sql）に入る数。"""


def gather(opened: OpenedMonth, previous: Previous, states: pd.DataFrame) -> Evidence:
    """担当者の手もと。

    Args:
        states: 前の月に見せた水準（showing.STATE）。
    Raises:
        ReleaseDamaged: 前の版が、公開したときのままでない。
    """
    sightings = _sightings(opened, previous, states)
    receivers = [employer.id for employer in opened.params.notified(opened.month.end)]
    seen = _seen(opened, sightings)
    paths = {}
    all_registered = {}
    believed_from = {}
    # リストを受け取らない事業所には、並べるリストがない
    for employer, rows in seen[seen.employer_id.isin(receivers)].groupby("employer_id"):
        own = {
            _path(row.code, len(sightings)): int(row.people) for row in rows.itertuples(index=False)
        }
        # 本当の申出ではなく、ありうる申出を入れる。粗くしたかどうかから、だれかが申し出たかは分からない
        paths[employer] = with_one_objector_each(own)
        *past, _ = _none_set(rows.unregistered, len(sightings))
        # 申出を一つも足せなかった（未登録としてリストにいる人がいない）事業所では、全員が登録済と分かってもよい
        all_registered[employer] = (*past, paths[employer] == own)
        unseen = [at for at, none in enumerate(_none_set(rows.unseen, len(sightings))) if not none]
        # 見えない解除があった最後の月。それより前から考える読み手は、間違ったことしか分からない
        believed_from[employer] = max(unseen, default=0)
    past_states = [one.state for one in sightings[:-1]]
    linked = _hands_over_dependants(opened)
    return Evidence(past_states, paths, all_registered, believed_from, linked=linked)


def with_one_objector_each(paths: Mapping[str, int]) -> dict[str, int]:
    """いまの月に未登録としてリストにいる、どの様子の人からも、一人が申し出てリストから消えた姿。"""
    found = dict(paths)
    for path, people in paths.items():
        # 例：{"uu": 3} は {"uu": 2, "uo": 1} になる。{"uu": 1} なら、{"uo": 1} だけになる
        if path[-1] == UNREGISTERED:
            found[path] = people - 1
            found[path[:-1] + OFF] = found.get(path[:-1] + OFF, 0) + 1
    return {path: people for path, people in found.items() if people}


def _sightings(opened: OpenedMonth, previous: Previous, states: pd.DataFrame) -> list[Sighting]:
    """見せたもの：月ごとに、訂正の前の版、いま引きつぐ版の順。終わりが、いま決めるもの（水準も、リストも、まだない）。"""
    window = opened.months[-WINDOW:]
    listed = previous.listed
    found = superseded(opened.home, opened.month, window)
    found += [
        Sighting(month, states[states.month == month], listed[listed.month == month])
        for month in (str(kept.month) for kept in window)
    ]
    # 同じ月の中の順は変えない（前の版、いまの版）。多すぎれば、古いものから外す
    return sorted(found, key=lambda one: one.month)[-MOST_SIGHTINGS:]


def _seen(opened: OpenedMonth, sightings: Sequence[Sighting]) -> pd.DataFrame:
    """一人ひとりの、見せたものごとの様子を、事業所と様子の並びで数えたもの（seen.sql）。"""
    steps = pd.DataFrame({"step": range(len(sightings)), "month": [one.month for one in sightings]})
    listed = pd.concat([one.listed.assign(step=step) for step, one in enumerate(sightings)])
    with Lens(opened.months[-WINDOW:], opened.params) as lens:
        lens.put("sighting", steps)
        lens.put("listed", listed[["step", *PERSON_KEY, "action"]])
        put_successions(lens, opened.params)
        asked = {"month": str(opened.month), "dependants": _hands_over_dependants(opened)}
        return lens.query("seen", **asked)


def _hands_over_dependants(opened: OpenedMonth) -> bool:
    return opened.params.joint_use.dependants == "include"


def _path(code: int, sightings: int) -> str:
    """四進数の様子の並びを、文字にする（disclosure.intruder）。"""
    letters = ABSENT + OFF + UNREGISTERED + REGISTERED
    return "".join(letters[digit] for digit in _digits(code, sightings))


def _none_set(codes: pd.Series, sightings: int) -> list[bool]:
    """見せたものごとに、その桁が 1 の行が、一つもないか。"""
    return [not digit for digit in _digits(int(np.bitwise_or.reduce(codes)), sightings)]


def _digits(code: int, sightings: int) -> Iterator[int]:
    """四進数の桁。はじめに見せたものから。"""
    # 四進数の一桁は二ビット。例：39 は 二進の 10 01 11 で、下の桁から 3、1、2（登録済で、リストに無く、未登録で）
    return (int(code) >> 2 * at & 3 for at in range(sightings))
