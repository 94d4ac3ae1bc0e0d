"""架空の組合の人々の一生：入り、登録し、失効し、解除し、移り、去る。"""

from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd

from mynalib.domain.months import Month
from mynalib.domain.shipped import shipped_yaml

LIFE = SimpleNamespace(**shipped_yaml("", "demo")["life"])  # 割合と月数。意味は demo.yaml


@cache
def table(name: str) -> pd.DataFrame:
    """demo.yaml の表。書いていない欄は ''。"""
    return pd.DataFrame(shipped_yaml("", "demo")[name]).fillna("")


def _employers() -> pd.DataFrame:
    return table("employers").set_index("id")


def serial(month: Month) -> int:
    """1970 年 1 月からの月数。このファイルの中の月は、すべてこの数。"""
    return (month.year - 1970) * 12 + month.number - 1


FIRST_LINKS = serial(Month(2020, 9))
FIRST_FILE = serial(Month(2020, 11))
OWN_REQUESTS = serial(Month(2024, 11))  # 本人の申請による解除は 2024-10-28 に始まった。その翌月から
APRIL = 3  # 一月を 0 として
NEVER = serial(Month(3000, 1))


def live(
    last: Month, months: int, size: int, rng: np.random.Generator
) -> Iterator[tuple[Month, pd.DataFrame]]:
    """月と、その月の加入者の全て。古い月から。

    Returns:
        一人一行、ファイルの順。八項目（文字）と、person, employer_id, insured, status, vanished。
    Raises:
        ValueError: はじめの月が 2020-11 より前（まだ、だれも登録できない）。
    """
    newest = serial(last)
    window = np.arange(newest - months + 1, newest + 1)
    if window[0] < FIRST_FILE:
        raise ValueError("はじめの月は 2020-11 からです")
    people = _arrive(window, size)
    _leave(people, window, rng)
    _link(people, window, rng)
    people = _meet_events(people, window, rng)
    stays = _stays(people)
    for month in window:
        yield last.plus(int(month) - newest), _snapshot(people, stays, month)


def _arrive(window: np.ndarray, size: int) -> pd.DataFrame:
    """はじめの月からいる人と、あとから入る人。一人一行。同じ世帯は、続いて並ぶ。"""
    # 世帯の人数の並びを、枝番の並びに。例：1 人と 3 人の世帯なら 0、0、1、2。足りなくなれば、はじめから繰り返す（np.resize）
    branches = [branch for size in table("households")[0] for branch in range(size)]
    batches = []
    for employer, of_12_000 in _employers()["size"].items():
        persons = of_12_000 if employer in LIFE.fixed else max(3, round(of_12_000 * size / 12_000))
        moving = persons >= LIFE.still_below
        batches.append((employer, moving, window[0], persons))
        in_april = LIFE.join_in_april + LIFE.wave_in_april * (employer == LIFE.hiring_wave)
        if moving and employer != LIFE.continued:
            joining = (persons * _by_month(window, LIFE.join, in_april)).round().astype(int)
            batches += [
                (employer, moving, *batch) for batch in zip(window[1:], joining, strict=True)
            ]
    rows = [
        (*batch, branch) for *batch, persons in batches for branch in np.resize(branches, persons)
    ]
    people = pd.DataFrame(rows, columns=["employer_id", "moving", "since", "branch"])
    return people.assign(person=people.index, household=(people["branch"] == 0).cumsum())


def _by_month(window: np.ndarray, usual: float, in_april: float) -> np.ndarray:
    """はじめの月を除く月ごとの割合。"""
    return np.where(window[1:] % 12 == APRIL, in_april, usual)


def _leave(people: pd.DataFrame, window: np.ndarray, rng: np.random.Generator) -> None:
    """世帯ごとに、去る月（left）と、移る先（to。"" は組合を離れる）を決める。"""
    homes = people.drop_duplicates("household")
    continued = homes["employer_id"] == LIFE.continued
    # 去る割合を積みあげた線を、世帯の乱数がこえる月。例：1、1、3 % なら線は 1、2、5 % で、乱数 1.5 % の世帯は二つめの月、
    # 6 % の世帯は、おわりまで去らない
    months = np.searchsorted(
        _by_month(window, LIFE.leave, LIFE.leave_in_april).cumsum(), rng.random(len(homes))
    )
    left = (
        window[0]
        + 1
        + np.where(continued, rng.integers(0, LIFE.continued_months, len(homes)), months)
    )
    stays = ~homes["moving"] | (left <= homes["since"]) | (left > window[-1])
    sizes = _employers()["size"].drop(LIFE.continued)
    large = sizes[sizes >= LIFE.still_below]
    other = rng.choice(large.index, len(homes), p=large / large.sum())
    fate = rng.random(len(homes))
    to = np.select(
        [fate < LIFE.voluntary, fate < LIFE.voluntary + LIFE.transfer], [LIFE.continued, other], ""
    )
    to[continued | (to == homes["employer_id"])] = ""
    home = people["household"] - 1
    people["left"] = np.where(stays, NEVER, left)[home]
    people["to"] = to[home]


def _link(people: pd.DataFrame, window: np.ndarray, rng: np.random.Generator) -> None:
    """登録する月（linked）。人ごとに決まった腰の重さを、まわりの登録の割合がこえた月。登録は一生つづく。"""
    back = window[-1] - window
    along = np.clip(1 - back / LIFE.uptake_months, 0, 1)
    # S 字（smoothstep）：0、1/4、1/2、3/4、1 のところで 0、0.156、0.5、0.844、1
    uptake = LIFE.uptake[0] + (LIFE.uptake[1] - LIFE.uptake[0]) * along**2 * (3 - 2 * along)
    leans = (
        people["employer_id"].map(_employers()["lean"] / 100)
        + np.array(LIFE.branch_leans)[people["branch"]]
    )
    lifted = np.outer(people["employer_id"] == LIFE.campaign, back <= LIFE.campaign_months)
    around = uptake + leans.to_numpy()[:, None] + LIFE.campaign_lift * lifted
    # 例：まわりの割合が 0.45、0.50、0.55 で、腰の重さが 0.52 の人は、二か月こえられず、三か月めに登録する
    linked = window[0] + (around <= rng.random((len(people), 1))).sum(axis=1)
    earlier = rng.integers(FIRST_LINKS, people["since"])  # 入る前、別の保険者のときに登録した
    people["linked"] = np.where(linked <= people["since"], earlier, linked)


def _meet_events(
    people: pd.DataFrame, window: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """一人ずつに、筋書きと、その月日を与える。"""
    n = len(people)
    asked = max(window[-1] + LIFE.vanishing_asked, window[0])
    plots = [table("before_linking"), table("after_linking")]
    before, after = (rng.choice(len(plot), n, p=plot["share"]) for plot in plots)
    change = window[-1] + rng.integers(LIFE.event_from, LIFE.event_to + 1, n)
    to_renew = rng.integers(2, 10, n)
    to_relink = rng.integers(1, 8, n)
    day = rng.integers(1, 29, n)
    one = _one_to_vanish(people, asked)
    after[one] = len(plots[1]) - 1
    change[one] = asked
    to_renew[one] = 0
    to_relink[one] = LIFE.vanishing_shown

    people = people.assign(change=change, before=before, after=after)
    people = people.join(plots[0].drop(columns="share"), on="before").join(plots[1], on="after")
    # 登録する前の解除と、始まる前の申請は、起こらない
    too_early = (change <= people["linked"] + 1) | (
        (people["at_event"] == "own_request") & (change < OWN_REQUESTS)
    )
    event = np.where(too_early, NEVER, change)
    relinked = event + to_renew + to_relink
    people = people.assign(eve=event - 1, event=event, renewed=event + to_renew, relinked=relinked)
    people["linked_on"] = _date(people["linked"].to_numpy(), day)
    people["relinked_on"] = _date(relinked, day)
    people["month_end"] = _date(event + 1, 0)
    people["some_day"] = _date(event, day)
    return people


def _one_to_vanish(people: pd.DataFrame, asked: int) -> pd.Index:
    """本人の申請による解除が、あとで消える一人。ずっといる被保険者から選ぶ。"""
    stays = (people["branch"] == 0) & (people["since"] < asked) & (people["left"] == NEVER)
    return people.index[
        stays & (people["employer_id"] == LIFE.vanishing) & (people["linked"] + 1 < asked)
    ][:1]


def _date(month: np.ndarray, day: np.ndarray | int) -> list[str]:
    """「20260401」の形。0 日は、前の月の末日。"""
    days = month.astype("datetime64[M]").astype("datetime64[D]") + day - 1
    return [text.replace("-", "") for text in np.datetime_as_string(days).tolist()]


def _stays(people: pd.DataFrame) -> pd.DataFrame:
    """一人×一つの番号。事業所が変わると、番号も変わる。一部の番号は 0 で始まる。"""
    first = people[["person", "household", "employer_id", "since", "left"]]
    moved = people[(people["to"] != "") & (people["left"] < NEVER)]
    until = np.where(moved["to"] == LIFE.continued, moved["left"] + LIFE.continued_months, NEVER)
    second = moved[["person"]].assign(employer_id=moved["to"], since=moved["left"], left=until)
    second["household"] = moved["household"] + people["household"].max()
    stays = pd.concat([first, second], ignore_index=True)
    # 12345 か 8300000 に、世帯の番号を足す。七桁にそろえると、前のものは 0 で始まる
    numbers = stays["household"] + np.where(
        stays["household"] % LIFE.leading_zeros_every == 0, 12_345, 8_300_000
    )
    symbols = stays["employer_id"].map(_employers()["symbol"])
    return stays.assign(number=numbers.astype(str).str.zfill(7), symbol=symbols)


def _snapshot(people: pd.DataFrame, stays: pd.DataFrame, month: int) -> pd.DataFrame:
    """その月の加入者の、その月までに来た最後の段。"""
    here = stays[(stays["since"] <= month) & (month < stays["left"])]
    here = here.sort_values(["symbol", "number", "person"], ignore_index=True)
    rows = people.iloc[here["person"]].reset_index(drop=True)
    # 起こる順（LIFE.turns）に重ねるので、その月までに来た、いちばん後の段が残る
    phase = rows["at_first"]
    for turn in LIFE.turns:
        then = rows[f"at_{turn}"]
        phase = then.where((rows[turn] <= month) & (then != ""), phase)
    facts = table("phases").set_index("phase").loc[phase].reset_index()
    for column in ("registered_on", "cancelled_on"):
        kinds = [facts[column] == date for date in LIFE.dates]
        facts[column] = np.select(kinds, [rows[date] for date in LIFE.dates], "")
    facts = facts.assign(insured=rows["branch"] == 0, vanished=phase == "vanished")
    facts["branch"] = "0" + rows["branch"].astype(str)
    return pd.concat([here[["person", "employer_id", "symbol", "number"]], facts], axis=1)
