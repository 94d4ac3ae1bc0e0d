"""The life of the demo's invented people: joining, registering, lapsing, cancelling, leaving."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mynalib.domain.months import Month

# id, symbol, people in a society of 12,000, how far its uptake lies from the society's
EMPLOYERS = (
    ("E01", "101", 4_700, 0.01),
    ("E02", "102", 260, -0.04),
    ("E03", "103", 640, 0.03),
    ("E04", "104", 130, -0.09),
    ("E05", "105", 28, 0.05),
    ("E06", "106", 520, 0.02),
    ("E07", "107", 430, -0.22),
    ("E08", "108", 560, 0.04),
    ("E09", "109", 95, -0.02),
    ("E10", "110", 12, 0.08),
    ("E11", "111", 900, 0.06),
    ("E12", "112", 620, -0.03),
    ("E13", "113", 1_050, 0.00),
    ("E14", "114", 170, -0.06),
    ("E15", "115", 680, -0.05),
    ("E16", "116", 480, 0.02),
    ("E17", "117", 310, -0.01),
    ("E18", "118", 46, 0.07),
    ("E19", "119", 3, -0.10),
    ("KENPO", "120", 25, 0.15),
    ("NOEMPLOYER", "901", 180, -0.07),
)
IDS = tuple(row[0] for row in EMPLOYERS)
SIZES = np.array([row[2] for row in EMPLOYERS])
LEANS = np.array([row[3] for row in EMPLOYERS])
FIXED = ("E19", "KENPO")  # as small as they are in a society of any size
HIRING_WAVE, CAMPAIGN, VANISHING = (IDS.index(i) for i in ("E12", "E15", "E03"))
NOEMPLOYER = IDS.index("NOEMPLOYER")
NEVER_MOVES = IDS.index("E19")
SMALL = 100  # below this only people living alone leave, so that no month looks like a broken file

HOUSEHOLD_MIX = (0.46, 0.22, 0.17, 0.11, 0.04)  # of 1, 2, 3 … people
GRADUATE_MIX = (0.94, 0.06)
UPTAKE = (0.51, 0.757)  # registered or once registered, 24 months ago and now
UPTAKE_MONTHS = 23
ROLE_LEANS = np.array([0.05, -0.03, -0.10])  # insured, first dependant, further dependants
CERTIFICATE_YEARS = 5
WARM_UP = 18  # months lived before the first file, so that it already holds lapsed and cancelled people
FIRST_LINKS = Month(2020, 9)
OWN_REQUESTS_SINCE = 20241028
APRIL = 4
LEADING_ZERO_EVERY = 33

# chances per month, unless said otherwise
LEAVE, LEAVE_IN_APRIL, LEAVE_901, LEAVE_ALONE = 0.006, 0.013, 0.045, 0.002
JOIN, JOIN_IN_APRIL, WAVE = 0.0075, 0.014, 0.17
TRANSFER = 0.0012
CONTINUE = 0.11  # of a household that leaves its employer: stays as a voluntarily continued one
UNRENEWED = 0.12  # of the certificates that fall due
RENEW_LATE, GET_CARD, LINK_AGAIN = 0.05, 0.012, 0.15
OWN_REQUEST, COME_BACK, RETURN_CARD, MUDDLE = 0.00033, 0.03, 0.0002, 0.0004

# certificate as the flag shows it; index of the status tables
UNCLEAR, EXPIRED, VALID = range(3)
FLAGS = ("", "0", "1")
NEVER, REGISTERED, AGAIN, LAPSED, HALF_LINKED, OWN, CAME_BACK, RETURNED, MUDDLED = range(9)
STATES = ("0", "1", "1", "0", "0", "0", "1", "0", "0")
KINDS = ("", "", "2", "2", "2", "1", "1", "3", "")
_REGISTERED = ("registered_certificate_unknown", "registered_certificate_lapsed", "registered_usable")
STATUSES = (
    ("never_linked_card_unclear", "never_linked_certificate_lapsed", "never_linked"),
    _REGISTERED,
    _REGISTERED,
    ("cancelled_by_lapse", "cancelled_by_lapse", "renewed_not_relinked"),
    ("review_inconsistent",) * 3,
    ("cancelled_at_own_request",) * 3,
    ("registered_certificate_unknown", "review_cancelled_then_registered", "registered_usable"),
    ("card_returned", "card_returned", "review_returned_flag_valid"),
    ("review_inconsistent",) * 3,
)

PERSON = np.dtype(
    [
        ("person", "i4"),
        ("household", "i4"),  # serial; the number in the file follows from it
        ("branch", "i1"),
        ("employer", "i1"),
        ("present", "?"),
        ("staying", "?"),  # neither leaves nor transfers
        ("reluctance", "f8"),  # registers once the uptake around them has passed it
        ("life", "i1"),
        ("certificate", "i1"),
        ("expires", "i4"),  # month, counted as year * 12 + number
        ("registered_on", "i4"),  # 20260401; 0 = none
        ("cancelled_on", "i4"),
        ("vanished", "?"),  # was cancelled at own request, and the file no longer says so
    ]
)


@dataclass
class World:
    """Everybody who ever was in the file, at the end of `month`."""

    rng: np.random.Generator
    last: Month
    month: Month
    people: np.ndarray
    households: int = 0

    def chance(self, who: np.ndarray, probability: float) -> np.ndarray:
        return who & self.people["present"] & (self.rng.random(len(who)) < probability)

    def lives(self, *lives: int) -> np.ndarray:
        return np.isin(self.people["life"], lives)

    def put(self, who: np.ndarray, **values: object) -> None:
        for name, value in values.items():
            self.people[name][who] = value


def simulate(last: Month, months: int, people: int, seed: np.random.SeedSequence) -> Iterator[tuple[Month, np.ndarray]]:
    """One snapshot of PERSON rows per month, oldest first, in the order of the file."""
    first = last.plus(1 - months)
    start = max(first.plus(-WARM_UP), FIRST_LINKS.plus(1))
    if start >= first:
        raise ValueError("the first month must not be before 2020-11")
    world = _founded(last, start, people, seed)
    while world.month < last:
        world.month = world.month.plus(1)
        if world.month >= first:
            _move(world)
        _live(world)
        _act_the_vanishing(world, first)
        if world.month >= first:
            yield world.month, _snapshot(world.people)


def numbers(household: np.ndarray) -> np.ndarray:
    """The 7-digit number of a household, unique in the whole society; some begin with zeros."""
    zeros = household % LEADING_ZERO_EVERY == 7
    return household + np.where(zeros, 12_345, 8_300_001)


def _snapshot(people: np.ndarray) -> np.ndarray:
    here = people[people["present"]]
    by_key = np.lexsort((here["branch"], numbers(here["household"]), here["employer"]))
    return here[by_key]


def _founded(last: Month, start: Month, people: int, seed: np.random.SeedSequence) -> World:
    rng = np.random.Generator(np.random.PCG64(seed))
    world = World(rng, last, start, np.zeros(0, PERSON))
    scaled = np.maximum(3, np.round(SIZES * people / 12_000).astype(int))
    for employer, size in enumerate(scaled):
        exact = SIZES[employer] if IDS[employer] in FIXED else size
        _arrive(world, int(exact), HOUSEHOLD_MIX, np.array([employer]))
    world.people["staying"] = world.people["employer"] == NEVER_MOVES
    return world


def _move(world: World) -> None:
    _leave(world)
    _transfer(world)
    _join(world)


def _live(world: World) -> None:
    _let_certificates_expire(world)
    _cancel_the_expired(world)
    _link_again(world)
    _renew_late(world)
    _register(world)
    _come_back(world)
    _cancel_at_own_request(world)
    _return_cards(world)
    _muddle(world)


def _arrive(world: World, persons: int, mix: tuple[float, ...], employers: np.ndarray) -> None:
    """Whole households come in, `employers[i % len]` taking the i-th; some are registered already."""
    household, branch = _households(world.rng, persons, mix)
    new = np.zeros(persons, PERSON)
    new["person"] = len(world.people) + np.arange(persons)
    new["household"] = world.households + household
    new["branch"] = branch
    new["employer"] = employers[household % len(employers)]
    new["present"] = True
    new["reluctance"] = world.rng.random(persons)
    new["certificate"] = np.searchsorted((0.18, 0.30), world.rng.random(persons), side="right")
    new["expires"] = _count(world.month) + world.rng.integers(-2, 12 * CERTIFICATE_YEARS - 2, persons)
    _bring_registration(world, new, new["reluctance"] < _uptake(world, new))
    world.people = np.concatenate([world.people, new])
    world.households += int(household[-1]) + 1 if persons else 0


def _households(rng: np.random.Generator, persons: int, mix: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    sizes = 1 + np.searchsorted(np.cumsum(mix)[:-1], rng.random(persons), side="right")
    first = np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.repeat(np.arange(persons), sizes)[:persons], (np.arange(sizes.sum()) - first)[:persons]


def _bring_registration(world: World, new: np.ndarray, linked: np.ndarray) -> None:
    """Registration is for life, so people arrive with the date of an earlier insurer's days."""
    new["life"][linked] = REGISTERED
    new["certificate"][linked] = VALID
    months = world.rng.integers(_count(FIRST_LINKS), _count(world.month), len(new))
    dates = (months - 1) // 12 * 10_000 + ((months - 1) % 12 + 1) * 100 + world.rng.integers(1, 29, len(new))
    new["registered_on"][linked] = dates[linked]


def _leave(world: World) -> None:
    people = world.people
    rate = np.full(len(IDS), LEAVE_IN_APRIL if world.month.number == APRIL else LEAVE)
    rate[NOEMPLOYER] = LEAVE_901
    alone = np.bincount(people["household"][people["present"]], minlength=world.households) == 1
    large = _large(world)[people["employer"]]
    free = people["present"] & ~_with_staying(world) & (large | alone[people["household"]])
    fate = world.rng.random(world.households)[people["household"]]
    goes = free & (fate < rate[people["employer"]])
    continues = goes & (fate < CONTINUE * rate[people["employer"]]) & (people["employer"] != NOEMPLOYER)
    grows_up = world.chance(free & large & (people["branch"] > 0), LEAVE_ALONE)
    world.put((goes & ~continues) | grows_up, present=False)
    _rekey(world, continues & people["present"], NOEMPLOYER)


def _transfer(world: World) -> None:
    people = world.people
    moves = (world.rng.random(world.households) < TRANSFER)[people["household"]]
    to = _pick_employers(world, world.households)[people["household"]]
    large = _large(world)[people["employer"]] & (people["employer"] != NOEMPLOYER)
    moves &= people["present"] & large & ~_with_staying(world) & (to != people["employer"])
    _rekey(world, moves, to[moves])


def _rekey(world: World, who: np.ndarray, employer: object) -> None:
    """A new employer means a new number: the person disappears under the old key."""
    old, order = np.unique(world.people["household"][who], return_inverse=True)
    world.put(who, household=world.households + order, employer=employer)
    world.households += len(old)


def _join(world: World) -> None:
    present = world.people[world.people["present"]]
    ordinary = round(JOIN * len(present))
    _arrive(world, ordinary, HOUSEHOLD_MIX, _pick_employers(world, max(1, ordinary)))
    if world.month.number == APRIL:
        graduates = round(JOIN_IN_APRIL * len(present))
        _arrive(world, graduates, GRADUATE_MIX, _pick_employers(world, max(1, graduates)))
        wave = round(WAVE * np.count_nonzero(present["employer"] == HIRING_WAVE))
        _arrive(world, wave, GRADUATE_MIX, np.array([HIRING_WAVE]))


def _pick_employers(world: World, count: int) -> np.ndarray:
    weights = np.where(_large(world), SIZES, 0)
    weights[NOEMPLOYER] = 0
    steps = np.cumsum(weights)
    return np.searchsorted(steps, world.rng.integers(0, max(1, steps[-1]), count), side="right") % len(IDS)


def _large(world: World) -> np.ndarray:
    employers = world.people["employer"][world.people["present"]]
    return np.bincount(employers, minlength=len(IDS)) >= SMALL


def _with_staying(world: World) -> np.ndarray:
    people = world.people
    return np.isin(people["household"], people["household"][people["staying"]])


def _uptake(world: World, people: np.ndarray) -> np.ndarray:
    """The share of such people who have registered by now: an S over the last 24 months."""
    back = _count(world.last) - _count(world.month)
    along = min(1.0, max(0.0, 1 - back / UPTAKE_MONTHS))
    share = UPTAKE[0] + (UPTAKE[1] - UPTAKE[0]) * along * along * (3 - 2 * along)
    campaign = np.where((people["employer"] == CAMPAIGN) & (back <= 7), 0.08, 0.0)
    return share + LEANS[people["employer"]] + ROLE_LEANS[np.minimum(people["branch"], 2)] + campaign


def _register(world: World) -> None:
    people = world.people
    who = people["present"] & world.lives(NEVER) & (people["reluctance"] < _uptake(world, people))
    world.put(who, life=REGISTERED, registered_on=_some_day(world)[who])
    world.put(world.chance(who, 0.01), registered_on=0)
    _issue(world, who & (people["certificate"] != VALID))
    world.put(world.chance(who, 0.006), certificate=UNCLEAR)


def _let_certificates_expire(world: World) -> None:
    """Usable to the end of the third month after expiry; who renews in time leaves no trace."""
    people = world.people
    due = (people["certificate"] == VALID) & (people["expires"] + 3 <= _count(world.month))
    due &= ~world.lives(RETURNED)
    people["expires"][due] += 12 * CERTIFICATE_YEARS
    world.put(world.chance(due, UNRENEWED), certificate=EXPIRED)


def _cancel_the_expired(world: World) -> None:
    people = world.people
    at_risk = world.lives(REGISTERED, AGAIN) & (people["certificate"] == EXPIRED)
    expired_before = people["expires"] + 3 - 12 * CERTIFICATE_YEARS < _count(world.month)
    who = world.chance(at_risk, 0.5) | (at_risk & expired_before)
    world.put(who, life=LAPSED, cancelled_on=_day(world.month, world.month.end.day))
    world.put(world.chance(who, 0.05), certificate=UNCLEAR)


def _link_again(world: World) -> None:
    """Some keep the first date, some lose the cancellation, some are caught half way for a month."""
    half_way = world.lives(HALF_LINKED)
    renewed = world.lives(LAPSED) & (world.people["certificate"] == VALID)
    who = world.chance(renewed, LINK_AGAIN)
    keeps_first_date = world.chance(who, 0.25)
    world.put(who & ~keeps_first_date, registered_on=_some_day(world)[who & ~keeps_first_date])
    world.put(who | half_way, life=AGAIN)
    world.put(world.chance(who & ~keeps_first_date, 0.2), life=HALF_LINKED)
    world.put(world.chance(who & world.lives(AGAIN), 0.25), life=REGISTERED, cancelled_on=0)


def _renew_late(world: World) -> None:
    certificate = world.people["certificate"]
    expired = (world.lives(NEVER) & (certificate == EXPIRED)) | (world.lives(LAPSED) & (certificate != VALID))
    without_card = world.lives(NEVER) & (certificate == UNCLEAR)
    _issue(world, world.chance(expired, RENEW_LATE) | world.chance(without_card, GET_CARD))


def _issue(world: World, who: np.ndarray) -> None:
    world.put(who, certificate=VALID, expires=_count(world.month) + 12 * CERTIFICATE_YEARS)


def _cancel_at_own_request(world: World) -> None:
    if _own_requests_exist(world.month):
        who = world.chance(world.lives(REGISTERED), OWN_REQUEST)
        days = np.maximum(_some_day(world)[who], OWN_REQUESTS_SINCE)
        world.put(who, life=OWN, cancelled_on=np.maximum(days, world.people["registered_on"][who]))


def _own_requests_exist(month: Month) -> bool:
    return _day(month, month.end.day) >= OWN_REQUESTS_SINCE


def _come_back(world: World) -> None:
    who = world.chance(world.lives(OWN) & ~world.people["staying"], COME_BACK)
    world.put(who, life=CAME_BACK, registered_on=_some_day(world)[who])
    world.put(world.chance(who, 0.6), certificate=EXPIRED)


def _return_cards(world: World) -> None:
    who = world.chance(world.lives(REGISTERED), RETURN_CARD)
    days = np.maximum(_some_day(world)[who], world.people["registered_on"][who])
    flags = np.searchsorted((0.4, 0.85), world.rng.random(np.count_nonzero(who)), side="right")
    world.put(who, life=RETURNED, cancelled_on=days, certificate=flags)


def _muddle(world: World) -> None:
    """Rows that contradict themselves, and mostly come right within months."""
    right = world.chance(world.lives(MUDDLED), 0.4)
    wrong = world.chance(world.lives(REGISTERED) & (world.people["registered_on"] > 0), MUDDLE)
    world.put(right, life=REGISTERED, cancelled_on=0)
    world.put(wrong, life=MUDDLED)
    dated = world.chance(wrong, 0.5)
    world.put(dated, cancelled_on=_day(world.month, world.month.end.day))


def _act_the_vanishing(world: World, first: Month) -> None:
    """One person's own request shows for some months; then kind and dates are gone, as if never linked."""
    asks = max(first, world.last.plus(-6))
    if world.month == asks and _own_requests_exist(asks):
        people = world.people
        found = people["present"] & world.lives(REGISTERED) & (people["employer"] == VANISHING)
        who = np.flatnonzero(found & (people["branch"] == 0) & (people["certificate"] == VALID))[:1]
        world.put(who, life=OWN, staying=True, vanished=True, reluctance=2.0)
        world.put(who, cancelled_on=_day(world.month, world.month.end.day))
    if world.month == max(asks.plus(1), world.last.plus(-3)):
        gone = world.people["vanished"]
        world.put(gone, life=NEVER, registered_on=0, cancelled_on=0)


def _count(month: Month) -> int:
    return month.year * 12 + month.number


def _day(month: Month, day: int) -> int:
    return (month.year * 100 + month.number) * 100 + day


def _some_day(world: World) -> np.ndarray:
    return _day(world.month, 0) + world.rng.integers(1, world.month.end.day + 1, len(world.people))
