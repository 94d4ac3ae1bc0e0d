"""手紙の二つの文：世帯の半分ずつで変え、だれもおくらせない。どちらの文かは、封の外からは分からない。"""

import csv
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml
from months import lapsed, load_month, make_home, params_of, put_month, registered
from staggered import MONTH, drawn_now, due, give, society

from mynalib.capsules.catalogue import EDITIONS
from mynalib.capsules.editions import make_capsule
from mynalib.capsules.publication import open_publication
from mynalib.domain.errors import BadParams, MynaError
from mynalib.domain.params import load_params
from mynalib.history.home import Home
from mynalib.history.months import kept_months
from mynalib.insight.capsule import Capsule
from mynalib.jobs.exports import write_products
from mynalib.reminders.draws import drawn, freeze
from mynalib.reminders.due import wordings
from mynalib.reminders.halves import FIRST_HALF, SECOND_HALF
from mynalib.reminders.memory import LETTERS
from mynalib.reminders.texts import OTHER_FILE, TextsWrong, read_other_texts, shipped_letters
from mynalib.reminders.trials import expected, trial_outcomes
from mynalib.verbs.check import check_home

pytestmark = pytest.mark.large

[STAFF] = [one for one in EDITIONS if one.audience == "staff"]
ACTION = "カードをお持ちなら、二分で登録できます。"


def other() -> dict:
    """文 B：❶ の呼びかけだけが違う。"""
    texts = yaml.safe_load(shipped_letters())
    texts["link"]["action"] = ACTION
    return texts


def write_other(home: Home, texts: dict) -> None:
    home.texts.mkdir(exist_ok=True)
    text = yaml.safe_dump(texts, allow_unicode=True, sort_keys=False)
    (home.texts / OTHER_FILE).write_text(text, encoding="utf-8")


def set_policy(home: Home, *swaps: tuple[str, str]) -> None:
    file = home.params / "society.yaml"
    text = file.read_text(encoding="utf-8")
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def mailing(once) -> Path:
    """健保が、手紙で知らせる組合。三月を取り込み、まだ公開していない。"""

    def make(folder: Path) -> None:
        home = make_home(folder)
        set_policy(
            home, ("by: employer ", "by: society "), ("two_wordings: false", "two_wordings: true")
        )
        write_other(home, other())
        load_month(home, str(MONTH), society(random.Random(6)))
        home.trials_key.parent.mkdir(parents=True, exist_ok=True)
        home.trials_key.write_bytes(b"w" * 32)

    return once("two_wordings", make)


@pytest.fixture
def home(mailing, tmp_path) -> Home:
    return Home(Path(shutil.copytree(mailing, tmp_path / "home")))


def worded(home: Home) -> pd.DataFrame:
    rows = due(home)
    return rows.assign(wording=wordings(home, params_of(home), kept_months(home), rows))


def test_nobody_waits_and_each_household_has_one_wording_for_good(home):
    rows = worded(home)
    assert rows.due.all() and not rows.waits.any()
    kind = rows.action.mask(rows.action != "link", "renew")
    homes = rows.groupby([rows.employer_id, kind, rows.symbol, rows.number]).wording.nunique()
    assert (homes == 1).all()
    counted = (
        rows.drop_duplicates(["symbol", "number"]).groupby("employer_id").wording.value_counts()
    )
    for employer in ("E01", "E02", "NOEMPLOYER"):
        first, second = counted[employer, "A"], counted[employer, "B"]
        assert abs(first - second) < 4 * (first + second) ** 0.5, "硬貨の、四つの標準偏差"
    freeze(home, drawn_now(home))
    put_month(home, str(MONTH.plus(1)), society(random.Random(6)))
    home.trials_key.write_bytes(b"x" * 32)
    pd.testing.assert_series_equal(worded(home).wording, rows.wording)


def test_each_letter_and_its_key_have_the_households_own_wording(home, tmp_path):
    publication = open_publication(home, params_of(home), MONTH)
    folder = make_capsule(publication, STAFF, tmp_path / "capsule")
    write_products(STAFF.products, Capsule.read(folder), tmp_path)
    rows = worded(home).reset_index(drop=True)
    page = (tmp_path / "letters.html").read_text(encoding="utf-8")
    letters = re.findall('<section class="letter".*?</section>', page, re.DOTALL)
    with next(tmp_path.glob("letter_keys*.csv")).open(encoding="utf-8-sig", newline="") as file:
        keys = [*csv.DictReader(file)]
    assert len(letters) == len(keys) == len(rows)
    assert [row["手紙の文"] for row in keys] == rows.wording.tolist()
    other_link = (rows.wording == "B") & (rows.action == "link")
    assert [ACTION in letter for letter in letters] == other_link.tolist()
    outside = {
        re.sub("[0-9]{3}-[0-9]{4}", "", letter.partition('<div class="inside">')[0])
        for letter in letters
    }
    assert len(outside) == 1, "封の外は、どちらの文も同じ"


def test_what_came_of_the_letters_is_counted_for_those_who_got_one(home):
    drew = drawn_now(home)
    freeze(home, drew)
    assert {*drew.kind} == {"link", "renew"}
    people = society(random.Random(6))
    put_month(home, str(MONTH.plus(1)), people)
    assert trial_outcomes(home, kept_months(home)).empty, "まだ、手紙を出していない"
    give(home, MONTH, LETTERS, due(home))
    later = [registered(one.number, symbol=one.symbol, branch=one.branch) for one in people]
    put_month(home, str(MONTH.plus(1)), later)
    found = trial_outcomes(home, kept_months(home))
    assert {*found.trial} == {"wording"} and {*found.arm} == {FIRST_HALF, SECOND_HALF}
    assert int(found.people.sum()) == int(found.acted.sum()) == len(drawn(home, MONTH))


def test_check_speaks_of_both_reminders_and_refuses_too_few_letters(home):
    said = expected(home, params_of(home), kept_months(home))
    assert [one[0] for one in said] == ["❶", "❷"]
    set_policy(home, ("by: society ", "by: employer "))
    with pytest.raises(MynaError, match="1,000 世帯から"):
        expected(home, params_of(home), kept_months(home))


def test_check_speaks_of_a_reminder_for_which_there_is_no_letter(home):
    """健保が手紙を出すのは ❶ だけで、❷ の要る人は、みな事業所が知らせる。前の二か月には、更新した人もしなかった人もいる。"""
    set_policy(home, ("by: society ", "by: {link: society, renew: employer} "))
    wanting = [lapsed(f"{number:04}", symbol="101") for number in range(6000, 6010)]
    for back, people in ((2, wanting), (1, wanting)):
        load_month(home, str(MONTH.plus(-back)), people)
    now = [*society(random.Random(6)), *wanting[5:]]
    now += [registered(f"{number:04}", symbol="101") for number in range(6000, 6005)]
    load_month(home, str(MONTH), now)
    said = expected(home, params_of(home), kept_months(home))
    assert said[1].startswith("❷ の 0 世帯") and "まだ分かりません" in said[1]


def test_both_trials_at_once_are_refused(home):
    set_policy(home, ("staggered: false", "staggered: true"))
    with pytest.raises(BadParams) as refused:
        load_params(home.params)
    assert "どちらか一つ" in str(refused.value)


def as_it_was(texts: dict) -> None:
    texts["link"]["action"] = yaml.safe_load(shipped_letters())["link"]["action"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (as_it_was, "文 A と同じです"),
        (lambda texts: texts["renew"].update(title="べつの題"), "題は、文 A と同じに"),
        (lambda texts: texts.update(outside="親展（B）"), "outside：文 A と同じに"),
        (lambda texts: texts.pop("notes"), "letters_b.yaml notes"),
    ],
)
def test_a_second_wording_that_cannot_be_compared_is_refused(home, spoil: Callable, said):
    texts = other()
    spoil(texts)
    write_other(home, texts)
    with pytest.raises(TextsWrong) as refused:
        read_other_texts(home)
    assert said in str(refused.value)
    assert any(
        said.partition("：")[2] in one.what or said in str(one) for one in check_home(home).errors
    )


def test_a_missing_second_wording_says_how_to_make_one(home):
    (home.texts / OTHER_FILE).unlink()
    with pytest.raises(TextsWrong, match="文 B がありません") as refused:
        read_other_texts(home)
    assert "写して" in refused.value.fix
