"""月に重ねるもの：判断、返納者、答えのない名簿の行。控えることはできても、控えた人を勝手に戻すことはない。"""

from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from months import (
    DAY,
    LATER,
    Person,
    actions,
    lapsed,
    load_month,
    make_home,
    never_linked,
    own_request,
    params_of,
    persons,
    registered,
    select,
    write_register,
)
from random_flows import trials
from societies import MONTHS, everybody, person

from mynalib.capsules.catalogue import EDITIONS
from mynalib.capsules.editions import make_capsule
from mynalib.capsules.in_notebook import open_capsule
from mynalib.capsules.opened import open_month
from mynalib.capsules.publication import open_publication
from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month
from mynalib.history.home import Home
from mynalib.history.lens import Lens
from mynalib.history.months import kept_months
from mynalib.history.overlays import read_overlays
from mynalib.history.registers import DECISIONS
from mynalib.history.returners import returner_holds
from mynalib.verbs.ingest_returners import ingest_returners

pytestmark = pytest.mark.large

LINE = "101,0012345,00"
# 要確認：返納だが証明書は期限内
RETURNED = Person(registered_on=DAY, cancelled_on=LATER, cancel_kind=3, certificate_flag=1)
REMIND = ("link", "renew", "renew_then_link")


def decide(home: Home, verdict: str, on: str = "2026-07-10", key: str = LINE) -> None:
    write_register(home, "decisions", [f"{key},{verdict},担当,{on}"], ",".join(DECISIONS))


def arrive(home: Home, month: str, people: list[Person]) -> None:
    """次の月の五日に届いて、取り込む。"""
    load_month(home, month, people, on=f"{Month.parse(month).plus(1)}-05")


def overlaid(home: Home, month: str, lists: bool = False) -> dict[tuple, str]:
    """その月の、鍵から行うことへ。全ての重ねものを重ねる。"""
    months = [kept for kept in kept_months(home) if str(kept.month) <= month]
    overlays = read_overlays(home, params_of(home), months)
    with Lens(months[-1:], params_of(home), overlays.of_lists if lists else overlays.holds) as lens:
        table = select(lens, "from person")
    return {
        row[:3]: row[3]
        for row in zip(table.symbol, table.number, table.branch, table.action, strict=True)
    }


def action(home: Home, month: str, **more) -> str:
    return overlaid(home, month, **more)["101", "0012345", "00"]


@pytest.fixture
def home(tmp_path) -> Home:
    return make_home(tmp_path / "home")


# 判断 --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "expected"), [("可", "link"), ("確認中", "review"), ("否", "never")]
)
def test_a_decision_answers_a_contradiction(home, verdict, expected):
    arrive(home, "2026-06", [RETURNED])
    assert action(home, "2026-06") == "review"
    decide(home, verdict)
    assert action(home, "2026-06") == expected


@pytest.mark.parametrize(
    ("verdict", "expected"), [("可", "link"), ("確認中", "review"), ("否", "never")]
)
def test_a_decision_answers_a_remembered_contradiction_and_lasts_while_nothing_changes(
    home, verdict, expected
):
    arrive(home, "2026-05", [own_request()])
    arrive(home, "2026-06", [never_linked()])
    assert action(home, "2026-06") == "review"
    decide(home, verdict)
    arrive(home, "2026-08", [never_linked()])
    assert [action(home, month) for month in ("2026-06", "2026-08")] == [expected, expected]


@pytest.mark.parametrize(
    "changed",
    [
        Person(certificate_flag=0),
        Person(certificate_flag=None),
        Person(registered_on=DAY),
        own_request(),
    ],
)
@pytest.mark.parametrize("verdict", ["可", "否"])
def test_a_decision_lapses_when_the_facts_change_and_does_not_come_back(home, verdict, changed):
    arrive(home, "2026-05", [own_request()])
    arrive(home, "2026-06", [never_linked()])
    decide(home, verdict)
    arrive(home, "2026-07", [changed])
    arrive(home, "2026-08", [never_linked()])
    assert action(home, "2026-07") == ("never" if changed.cancel_kind == 1 else "review")
    assert action(home, "2026-08") == "review"


def test_a_decision_made_before_the_contradiction_frees_nobody(home):
    arrive(home, "2026-05", [own_request()])
    decide(home, "可", on="2026-06-30")
    arrive(home, "2026-06", [never_linked()])
    assert [action(home, month) for month in ("2026-05", "2026-06")] == ["never", "review"]


def test_a_decision_made_before_the_month_was_replaced_frees_nobody(home):
    arrive(home, "2026-05", [own_request()])
    arrive(home, "2026-06", [RETURNED])
    decide(home, "可")
    assert action(home, "2026-06") == "link"
    load_month(home, "2026-06", [never_linked()], on="2026-07-20")
    assert action(home, "2026-06") == "review"
    decide(home, "可", on="2026-07-20")
    assert action(home, "2026-06") == "link"


@pytest.mark.parametrize(
    "asked",
    [
        Person(
            state=1,
            registered_on=DAY,
            cancelled_on=date(2026, 7, 31),
            cancel_kind=1,
            certificate_flag=0,
        ),
        Person(state=1, registered_on=DAY, cancelled_on=LATER, cancel_kind=1, certificate_flag=0),
        Person(
            state=1,
            registered_on=date(2026, 8, 1),
            cancelled_on=date(2026, 7, 31),
            cancel_kind=1,
            certificate_flag=0,
        ),
    ],
    ids=["これから", "もう", "どちらもこれから"],
)
def test_no_decision_frees_an_own_request_on_the_record(home, asked):
    arrive(home, "2026-06", [asked])
    decide(home, "可")
    assert action(home, "2026-06") == "review"


def test_a_decision_about_a_month_that_is_gone_can_only_hold_back(home):
    arrive(home, "2026-05", [own_request()])
    arrive(home, "2026-07", [never_linked()])
    for verdict, expected in (("可", "review"), ("否", "never")):
        decide(home, verdict, on="2026-05-31")
        assert action(home, "2026-07") == expected


def test_the_newest_decision_counts_and_of_two_on_one_day_the_stricter(home):
    arrive(home, "2026-06", [RETURNED])
    for rows, expected in (
        (["可,担当,2026-07-10", "否,担当,2026-07-11"], "never"),
        (["否,担当,2026-07-10", "可,担当,2026-07-11"], "link"),
        (["可,担当,2026-07-10", "確認中,担当,2026-07-10"], "review"),
        (["否,担当,2026-07-10", "確認中,担当,2026-07-10"], "never"),
        # 退職は、代わりに控えていた人への答えで、この人には何も効かない
        (["否,担当,2026-07-10", "退職,担当,2026-07-11"], "never"),
        (["確認中,担当,2026-07-10", "退職,担当,2026-07-11"], "review"),
    ):
        write_register(home, "decisions", [f"{LINE},{row}" for row in rows], ",".join(DECISIONS))
        assert action(home, "2026-06") == expected


@pytest.fixture(scope="module")
def everyone(tmp_path_factory) -> Home:
    """全ての事実の組合せの人が、一人ずつ。"""
    home = make_home(tmp_path_factory.mktemp("decided") / "home")
    facts = product(
        (0, 1), (None, 1, 2, 3), (None, 0, 1), (None, DAY, date(2026, 1, 10)), (None, LATER)
    )
    arrive(
        home,
        "2026-06",
        [
            Person(f"{at:07}", "101", "00", state, start, end, kind, flag)
            for at, (state, kind, flag, start, end) in enumerate(facts, 1)
        ],
    )
    return home


def cancel_kinds(home: Home) -> dict[tuple, int]:
    table = persons(home, "2026-06")
    keys = zip(table.symbol, table.number, table.branch, strict=True)
    return dict(zip(keys, table.cancel_kind.fillna(0).astype(int), strict=True))


@pytest.mark.parametrize("register", ["optout", "pending_cancellation", "never_contact"])
def test_no_decision_frees_anybody_who_is_in_a_register(everyone, register):
    keys = [f"101,{number},00" for _, number, _ in overlaid(everyone, "2026-06")]
    write_register(everyone, register, [f"{key},20260601" for key in keys])
    write_register(
        everyone, "decisions", [f"{key},可,担当,2026-07-10" for key in keys], ",".join(DECISIONS)
    )
    assert set(overlaid(everyone, "2026-06").values()) == {"never"}
    write_register(everyone, register, [])


@pytest.mark.parametrize("verdict", ["可", "確認中", "否"])
def test_a_decision_frees_only_whoever_is_in_review(everyone, verdict):
    write_register(everyone, "decisions", [], ",".join(DECISIONS))
    before = overlaid(everyone, "2026-06")
    rows = [f"101,{number},00,{verdict},担当,2026-07-10" for _, number, _ in before]
    write_register(everyone, "decisions", rows, ",".join(DECISIONS))
    after = overlaid(everyone, "2026-06")
    if verdict == "可":
        freed = {key for key in before if before[key] == "review" and after[key] != "review"}
        assert {after[key] for key in freed} == {"link", "renew", "renew_then_link"}
        held = [key for key in before if before[key] == "review" and key not in freed]
        assert {cancel_kinds(everyone)[key] for key in held} == {1}
        assert all(after[key] == before[key] for key in before if before[key] != "review")
    else:
        held = "review" if verdict == "確認中" else "never"
        assert {after[key] for key in before} <= {held, "never"}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (f"{LINE},,担当,2026-07-10", "判断"),
        (f"{LINE},可,,2026-07-10", "判断者"),
        (f"{LINE},可,担当,", "判断日"),
        (f"{LINE},よい,担当,2026-07-10", "判断"),
        (f"{LINE},可,担当,2026-11-23", "先の日付"),
        (f"{LINE},可,担当,きのう", "日付ではありません"),
        ("101,,00,可,担当,2026-07-10", "番号"),
    ],
)
def test_a_decision_that_is_not_whole_stops_everything(home, row, words):
    arrive(home, "2026-06", [RETURNED])
    write_register(home, "decisions", [row], ",".join(DECISIONS))
    with pytest.raises(MynaError) as stopped:
        action(home, "2026-06")
    assert stopped.value.code == "OPTOUT_UNREADABLE"
    assert "decisions.csv 2 行目" in str(stopped.value)
    assert words in str(stopped.value)
    assert "12345" not in str(stopped.value)


def test_a_contradiction_outlives_twelve_silent_months_and_the_months_themselves(home):
    """理由が消え、その人が十二か月いなくても、元の月を消しても、戻れば要確認のまま。"""
    arrive(home, "2025-05", [own_request(), registered("0000002")])
    arrive(home, "2025-06", [never_linked(), registered("0000002")])
    for step in range(12):
        arrive(home, str(Month(2025, 7).plus(step)), [registered("0000002")])
    arrive(home, "2026-07", [never_linked(), registered("0000002")])
    assert action(home, "2026-07") == "review"
    purge(home, "2026-06")
    arrive(home, "2026-08", [never_linked(), registered("0000002")])
    assert action(home, "2026-08") == "review"
    arrive(home, "2026-09", [registered(), registered("0000002")])
    arrive(home, "2026-10", [lapsed(), registered("0000002")])
    assert action(home, "2026-10") == "renew_then_link"


def purge(home: Home, last: str) -> None:
    """last までの月を、台帳に書いて消す（myna purge がすること）。"""
    import shutil

    from mynalib.history.ledger import Ledger

    gone = [kept.folder for kept in kept_months(home) if str(kept.month) <= last]
    Ledger(home.ledger).append("purged", ingested=[folder.name for folder in gone])
    for folder in gone:
        shutil.rmtree(folder)


# 返納者 ------------------------------------------------------------------------------------------


def take_returners(society, lines: list[str], month: str = "2026-11", **more) -> dict:
    file = society.home.inbox / "returners.csv"
    file.write_bytes("\r\n".join([*lines, ""]).encode("cp932"))
    return ingest_returners(society.home, society.params, file, Month.parse(month), **more)


def capsules(society, folder) -> dict[str, bytes]:
    """全ての版のカプセルの、一つひとつのファイルの中身（E01）。"""
    publication = open_publication(society.home, society.params, MONTHS[1])
    employer = next(e for e in society.params.employers if e.id == "E01")
    return {
        f"{edition.notebook} {edition.audience} {path.stem}": path.read_bytes()
        for edition in EDITIONS
        for path in sorted(make_capsule(publication, edition, folder / "c", employer).iterdir())
    }


def linked_one() -> str:
    """E01 の、❶の対象の一人の「記号,番号,枝番」。"""
    return ",".join(person("101", 2).split(",")[:3])


def test_a_returner_leaves_the_list_and_no_measure_changes(small, tmp_path):
    before = capsules(small, tmp_path)
    result = take_returners(small, [f"{linked_one()},0,20240401,20261105,3,0"])
    assert (result["outcome"], result["accepted"]) == ("loaded", 1)
    after = capsules(small, tmp_path)
    lists = {
        "05_employer_reminders named reminders",
        "03_management_report internal listed",
        "03_management_report internal lists",
        "03_management_report internal asked",
        "04_employer_dashboard employer lists",
    }
    desk = {f"09_certificate_desk desk {name}" for name in ("people", "reasons", "sheet")}
    assert {name for name in before if before[name] != after[name]} == lists | desk


def test_a_returner_is_off_the_lists_until_the_month_of_the_return(home):
    for month in ("2026-09", "2026-10", "2026-11", "2026-12"):
        load_month(home, month, [never_linked()])
    take_returners_of(home, [f"{LINE},0,,,,"], "2026-10")
    assert [action(home, month, lists=True) for month in ("2026-09", "2026-10", "2026-11")] == [
        "never",
        "never",
        "link",
    ]
    assert action(home, "2026-10") == "link"


def take_returners_of(home: Home, lines: list[str], month: str, **more) -> dict:
    file = home.root / "returners.csv"
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return ingest_returners(home, params_of(home), file, Month.parse(month), **more)


def test_the_same_returners_twice_change_nothing(home):
    load_month(home, "2026-10", [never_linked()])
    assert take_returners_of(home, [f"{LINE},0,,,,"], "2026-11")["outcome"] == "loaded"
    lines = home.ledger.read_text(encoding="utf-8")
    assert take_returners_of(home, [f"{LINE},0,,,,"], "2026-11")["outcome"] == "no_op"
    assert home.ledger.read_text(encoding="utf-8") == lines


def test_a_monthly_file_is_not_taken_for_returners_unless_a_person_confirms(home):
    load_month(home, "2026-10", [never_linked()])
    with pytest.raises(MynaError) as stopped:
        take_returners_of(home, [f"{LINE},1,20260401,,,1"], "2026-11")
    assert stopped.value.code == "SUSPICIOUS_CHANGE"
    assert not list(home.returners.glob("*")) if home.returners.exists() else True
    done = take_returners_of(
        home, [f"{LINE},1,20260401,,,1"], "2026-11", confirm=["SUSPICIOUS_CHANGE"]
    )
    assert done["outcome"] == "loaded"
    assert '"confirmed": ["SUSPICIOUS_CHANGE"]' in home.ledger.read_text(encoding="utf-8")


def test_returners_of_a_month_that_has_not_begun_are_refused(home):
    with pytest.raises(MynaError) as stopped:
        take_returners_of(home, [f"{LINE},0,,,,"], "2026-12")
    assert stopped.value.code == "MONTH_NOT_ENDED"


@pytest.mark.parametrize("bad", ["101,0000002,00,0,20250401,20261131,3,1", "999,0000002,00,0,,,,"])
def test_returners_that_cannot_all_be_read_are_refused_unless_a_person_confirms(home, bad):
    """読めない行の人はリストに残ってしまうので、黙って隔離しない。"""
    load_month(home, "2026-10", [never_linked(), never_linked("0000002")])
    with pytest.raises(MynaError) as stopped:
        take_returners_of(home, [f"{LINE},0,,,,", bad], "2026-11")
    assert stopped.value.code == "TOO_MANY_QUARANTINED"
    assert [problem.where for problem in stopped.value.problems] == ["2 行目"]
    assert "0000002" not in str(stopped.value)
    assert action(home, "2026-10", lists=True) == "link"
    done = take_returners_of(
        home, [f"{LINE},0,,,,", bad], "2026-11", confirm=["TOO_MANY_QUARANTINED"]
    )
    assert (done["accepted"], done["quarantined"]) == (1, 1)
    assert action(home, "2026-10", lists=True) == "never"


@pytest.mark.parametrize("damage", ["消えた", "変わった"])
def test_lost_returners_stop_the_lists_until_they_are_taken_again(home, damage):
    load_month(home, "2026-10", [never_linked()])
    take_returners_of(home, [f"{LINE},0,,,,"], "2026-11")
    (kept,) = home.returners.iterdir()
    kept.chmod(0o600)
    kept.unlink() if damage == "消えた" else kept.write_bytes(kept.read_bytes()[:-9])
    with pytest.raises(MynaError) as stopped:
        action(home, "2026-10", lists=True)
    assert stopped.value.code == "RETURNERS_UNREADABLE"
    assert take_returners_of(home, [f"{LINE},0,,,,"], "2026-11")["outcome"] == "loaded"
    assert action(home, "2026-10", lists=True) == "never"


def test_only_the_keys_of_returners_are_kept(home):
    load_month(home, "2026-10", [never_linked()])
    take_returners_of(home, [f"{LINE},0,20240401,20261105,3,0"], "2026-11")
    from mynalib.history.tables import read_table

    (kept,) = home.returners.iterdir()
    assert list(read_table(kept)) == ["symbol", "number", "branch"]
    (hold,) = returner_holds(home)
    assert hold.key == ("101", "12345", "00")


# 答えのない名簿の行 ------------------------------------------------------------------------------

OTHER = "0099999"


def register_objector(home: Home, more: str = "") -> None:
    header = "被保険者証記号,被保険者証番号,被保険者証枝番,申出日,処理,新記号,新番号,新枝番"
    write_register(home, "optout", [f"{LINE},20260501{more}"], header)


@pytest.mark.parametrize(
    ("newcomer", "suspected"),
    [
        (registered(OTHER), True),  # 同じ枝番、同じ日付
        (registered(OTHER, symbol="102"), True),  # 転籍して、記号も変わった
        (registered(OTHER, branch="01"), False),
        (Person(OTHER, state=1, registered_on=LATER), False),
        (Person(OTHER, state=0, registered_on=DAY), True),  # 日付だけを見る
        (lapsed(OTHER), False),
    ],
)
def test_whoever_may_be_a_vanished_objector_is_held_back(home, newcomer, suspected):
    load_month(home, "2026-05", [registered(), registered("0000002")])
    register_objector(home)
    load_month(home, "2026-06", [newcomer, registered("0000002")])
    months = kept_months(home)
    overlays = read_overlays(home, params_of(home), months)
    (waiting,) = overlays.unanswered
    assert (waiting.last_seen, len(waiting.suspects)) == (Month(2026, 5), int(suspected))
    held = {hold.key[1] for hold in overlays.holds if hold.reason == "optout"}
    assert (OTHER.lstrip("0") in held) == suspected
    assert "2" not in held, "前からいた人は、疑わない"


def test_a_suspect_stays_held_in_later_months_until_someone_answers(home):
    load_month(home, "2026-05", [never_linked()])
    register_objector(home)
    load_month(home, "2026-06", [never_linked(OTHER)])
    load_month(home, "2026-07", [registered(OTHER)])
    load_month(home, "2026-08", [lapsed(OTHER)])
    assert [overlaid(home, m)["101", OTHER, "00"] for m in ("2026-06", "2026-07", "2026-08")] == [
        "never"
    ] * 3
    register_objector(home, ",退職,,,")
    assert overlaid(home, "2026-08")["101", OTHER, "00"] == "renew_then_link"
    assert read_overlays(home, params_of(home), kept_months(home)).unanswered == ()
    register_objector(home, f",転籍,101,{OTHER},00")
    assert overlaid(home, "2026-08")["101", OTHER, "00"] == "never"


def test_having_left_once_does_not_answer_for_leaving_again(home):
    """申し出た人が、やめ（退職と書いた）、戻り、番号が変わった。変わった番号の人は、控える。"""
    register_objector(home, ",退職,,,")
    for month, people in (
        ("2026-04", [never_linked()]),
        ("2026-05", [registered("0000002")]),
        ("2026-06", [never_linked()]),
        ("2026-07", [never_linked(OTHER)]),
    ):
        load_month(home, month, [*people, registered("0000003")])
        waits = read_overlays(home, params_of(home), kept_months(home)).unanswered
        assert bool(waits) == (month == "2026-07")
    assert action(home, "2026-06") == "never"
    assert overlaid(home, "2026-07")["101", OTHER, "00"] == "never"
    assert "もう一つ足してください" in waits[0].state
    header = "被保険者証記号,被保険者証番号,被保険者証枝番,申出日,処理"
    write_register(home, "optout", [f"{LINE},20260501,退職"] * 2, header)
    assert read_overlays(home, params_of(home), kept_months(home)).unanswered == ()
    assert overlaid(home, "2026-07")["101", OTHER, "00"] == "link"


def test_an_entry_that_matches_again_is_answered_by_the_file(home):
    load_month(home, "2026-05", [never_linked()])
    register_objector(home)
    load_month(home, "2026-06", [never_linked(OTHER)])
    load_month(home, "2026-07", [never_linked(), never_linked(OTHER)])
    assert overlaid(home, "2026-07")["101", OTHER, "00"] == "link"
    assert action(home, "2026-07") == "never"


def test_an_entry_that_never_matched_suspects_nobody_and_says_so(home):
    load_month(home, "2026-05", [never_linked(OTHER)])
    register_objector(home)
    (waiting,) = read_overlays(home, params_of(home), kept_months(home)).unanswered
    assert (waiting.last_seen, waiting.suspects, waiting.state) == (
        None,
        (),
        "一度も見つかりません",
    )


@pytest.mark.parametrize(
    ("answer", "waiting"),
    [
        ("退職,,,", None),
        ("未収録,,,", "2026年5月まではいた人です"),  # いたことがあるのに、未収録ではない
        (f"転籍,101,{OTHER},00", None),
        ("転籍,101,0088888,00", "新しい鍵に当てはまる人がいません"),
    ],
)
def test_only_a_true_answer_answers(home, answer, waiting):
    load_month(home, "2026-05", [never_linked(), registered("0000002")])
    load_month(home, "2026-06", [never_linked(OTHER), registered("0000002")])
    register_objector(home, f",{answer}")
    overlays = read_overlays(home, params_of(home), kept_months(home))
    assert [each.state for each in overlays.unanswered] == ([waiting] if waiting else [])
    assert overlaid(home, "2026-06")["101", OTHER, "00"] == (
        "link" if answer.startswith("退職") else "never"
    )


def test_an_answer_lapses_when_the_new_key_vanishes_too(home):
    load_month(home, "2026-05", [never_linked(), registered("0000002")])
    load_month(home, "2026-06", [never_linked(OTHER), registered("0000002")])
    register_objector(home, f",転籍,101,{OTHER},00")
    load_month(home, "2026-07", [never_linked("0077777"), registered("0000002")])
    (waiting,) = read_overlays(home, params_of(home), kept_months(home)).unanswered
    assert (waiting.last_seen, len(waiting.suspects)) == (Month(2026, 6), 1)
    assert overlaid(home, "2026-07")["101", "0077777", "00"] == "never"


def test_not_yet_in_the_file_is_an_answer_until_the_first_month_with_the_person(home):
    register_objector(home, ",未収録,,,")
    for month, people, waits in (
        ("2026-05", [registered("0000002")], 0),
        ("2026-06", [never_linked(), registered("0000002")], 0),
        ("2026-07", [never_linked("0077777"), registered("0000002")], 1),
    ):
        load_month(home, month, people)
        assert len(read_overlays(home, params_of(home), kept_months(home)).unanswered) == waits
    assert overlaid(home, "2026-07")["101", "0077777", "00"] == "never"


def test_whoever_appeared_beside_the_objector_in_the_last_month_is_suspected_too(home):
    """番号の切りかえの月には、古い鍵と新しい鍵が、どちらも載ることがある。"""
    load_month(home, "2026-05", [never_linked(), never_linked("0000002")])
    load_month(home, "2026-06", [never_linked(), never_linked(OTHER), never_linked("0000002")])
    load_month(home, "2026-07", [never_linked(OTHER), never_linked("0000002")])
    register_objector(home)
    assert overlaid(home, "2026-07") == {
        ("101", OTHER, "00"): "never",
        ("101", "0000002", "00"): "link",
    }


@pytest.mark.parametrize(
    ("verdict", "expected"), [("否", "never"), ("確認中", "review"), ("可", "link")]
)
def test_a_decision_to_hold_back_follows_nobody_but_holds_whoever_it_may_be(
    home, verdict, expected
):
    arrive(home, "2026-05", [never_linked(), never_linked("0000002")])
    decide(home, verdict, on="2026-06-10")
    arrive(home, "2026-06", [never_linked(OTHER), never_linked("0000002")])
    assert overlaid(home, "2026-06")["101", OTHER, "00"] == expected
    overlays = read_overlays(home, params_of(home), kept_months(home))
    assert len(overlays.unanswered) == int(verdict != "可")
    assert overlays.blocking == [], "判断の行は、リストを止めない"


def slow_suspects(months: list[list[Person]], objector: tuple) -> set:
    """SQL を使わない検算：最後にいた月より後に、同じ枝番と日付で現れた人。前からともにいた人を除く。"""
    seen = [at for at, people in enumerate(months) if any(p.key == objector for p in people)]
    if not seen or seen[-1] == len(months) - 1:
        return set()
    last = seen[-1]
    was = next(p for p in months[last] if p.key == objector)
    there = {p.key for p in months[last]}
    before = {p.key for people in months[:last] for p in people}
    there &= before if last else there
    alike = (
        p
        for people in months[last + 1 :]
        for p in people
        if (p.branch, p.registered_on, p.cancelled_on)
        == (was.branch, was.registered_on, was.cancelled_on)
    )
    return {p.key for p in alike} - there


@trials(8)
@given(st.data())
def test_suspects_are_exactly_those_a_slow_reading_finds(tmp_path_factory, data):
    someone = st.builds(
        Person,
        number=st.sampled_from(["0012345", "0000002", "0000003"]),
        branch=st.sampled_from(["00", "01"]),
        state=st.just(0),
        registered_on=st.sampled_from([None, DAY]),
        cancelled_on=st.sampled_from([None, LATER]),
    )
    months = [
        data.draw(st.lists(someone, min_size=1, max_size=4, unique_by=lambda p: p.key))
        for _ in range(3)
    ]
    home = make_home(tmp_path_factory.mktemp("suspects") / "home")
    for at, people in enumerate(months):
        load_month(home, f"2026-0{5 + at}", people)
    register_objector(home)
    overlays = read_overlays(home, params_of(home), kept_months(home))
    found = {hold.key for waiting in overlays.unanswered for hold in waiting.suspects}
    assert found == slow_suspects(months, ("101", "12345", "00"))


def test_a_suspect_is_in_no_employer_artefact_and_the_lists_wait(small, monkeypatch):
    """不同意の人の番号が変わると、リストは作られず、ほかの資料からは疑わしい人が消えている。"""
    rows = everybody()
    objector = rows[2]
    small.object_to(",".join(objector.split(",")[:3]))
    rekeyed = [
        line.replace(",1015001,00,", ",1019999,00,") if line == objector else line for line in rows
    ]
    small.ingest(MONTHS[1], rekeyed, replace=True)
    with pytest.raises(MynaError) as stopped:
        small.publish()
    assert stopped.value.code == "OPTOUT_UNRESOLVED"
    assert "2026年9月まではいた人です" in str(stopped.value)
    assert "ほかは出来ています" in stopped.value.what
    with pytest.raises(MynaError) as drafted:
        small.publish(draft=True)
    assert "ほかは出来ています" in drafted.value.what
    release = sorted(small.home.reports.glob("2026-10*"))[-1]
    assert (release / "employers" / "E01" / "index.html").is_file()
    assert not list(release.rglob("reminders*"))
    monkeypatch.setenv("MYNA_HOME", str(small.home.root))
    with pytest.raises(MynaError) as alone:
        open_capsule("05_employer_reminders", {"month": "2026-10", "employer": "E01"})
    assert alone.value.code == "OPTOUT_UNRESOLVED", "ノートブックを手で動かしても、リストは作れない"
    assert "名簿の確かめ" in (release / "index.html").read_text(encoding="utf-8")
    publication = open_publication(small.home, small.params, MONTHS[1])
    assert (
        publication.opened.cube[
            (publication.opened.cube.month == "2026-10")
            & (publication.opened.cube.withheld_by == "optout")
        ].members.sum()
        == 1
    )


def test_the_review_lists_what_a_person_should_do_next(small):
    small.object_to("101,9999999,00")
    lines = [
        *everybody()[:-1],
        "777,7770001,00,0,,,,1",
        "777,7770002,00,0,,,,1",
        "778,7780001,00,0,,,,1",
    ]
    society = small.home.params / "society.yaml"
    society.write_text(
        society.read_text(encoding="utf-8").replace(
            "max_quarantine: 0.005", "max_quarantine: 0.05"
        ),
        encoding="utf-8",
    )
    small.ingest(MONTHS[1], lines, replace=True)
    publication = open_publication(small.home, small.params, MONTHS[1])
    from mynalib.capsules.intake_review import review_tables

    tables = review_tables(publication.opened)
    issued = (publication.opened.certificates.task == "issue").sum()
    assert list(tables["todo"]["count"]) == [3, 2, 1, issued]
    assert list(tables["unknown_symbols"].rows) == [2, 1]
    assert tables["unanswered"].to_dict("records") == [
        {"register": "optout.csv", "line": 2, "state": "一度も見つかりません", "suspects": 0}
    ]
    assert not any(
        "777" in str(table.to_dict()).replace("7770001", "") for name, table in tables.items()
    )


def test_the_review_says_on_which_lines_the_contradictions_are(home):
    from mynalib.capsules.intake_review import review_tables

    arrive(home, "2026-05", [registered("0000001"), own_request("0000003"), own_request("0000004")])
    people = [registered("0000001"), RETURNED, never_linked("0000003"), never_linked("0000004")]
    arrive(home, "2026-06", people)
    decide(home, "可", key="101,0000004,00")
    tables = review_tables(open_month(home, params_of(home), Month(2026, 6)))
    lines = {row.why: (row.members, row.lines) for row in tables["review"].itertuples()}
    assert lines == {
        "要確認：返納だが証明書は期限内": (1, "3"),
        "食い違いの確認が済んでいない": (1, "4"),
    }
    (remembered,) = tables["kept_back"].to_dict("records")
    assert (remembered["age"], remembered["members"], remembered["undecided"]) == (0, 2, 1)


def test_a_future_date_can_be_decided_but_an_unknown_symbol_cannot(home):
    future = registered(certificate_flag=0, cancelled_on=date(2026, 7, 15))
    arrive(home, "2026-06", [future])
    assert action(home, "2026-06") == "review"
    decide(home, "可")
    assert action(home, "2026-06") == "renew"
    assert set(actions(home, "2026-06").values()) == {"review"}, "判断は、重ねものの中にしかない"
    assert persons(home, "2026-06").action.isin(REMIND).sum() == 0
