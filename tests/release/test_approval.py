"""見た人の名：空白では公開できず、もう一人の確認が要るときは、命令を打つ人の名でも公開できない。"""

import getpass

import pytest
from commands import myna
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from months import make_home, params_of
from societies import MONTHS

from mynalib.domain.errors import Refused
from mynalib.verbs.publish import release

ME = getpass.getuser()
BLANK = {
    "空": "",
    "空白": "   ",
    "全角の空白": "　　",
    "幅のない空白": "\u200b\u2060",
    "改行しない空白": "\u00a0\u202f",
    "点字の空白": "\u2800",
    "ハングルの埋め草": "\u3164\uffa0",
    "タブと改行": "\t\r\n",
    "異体字の選択だけ": "\ufe0f",
    "記号だけ": "－・－",
}
SAME = {
    "そのまま": ME,
    "大文字": ME.upper(),
    "全角": "".join(chr(ord(letter) + 0xFEE0) for letter in ME),
    "前後の空白": f"　{ME} ",
    "間の空白": " ".join(ME),
    "見えない字": "\u200b".join(ME),
    "異体字の選択": f"{ME}\ufe0f",
}
OTHERS = ("確認者", "山田　花子", f"{ME}2", "Tarō")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return make_home(tmp_path_factory.mktemp("approval") / "home")


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    home = make_home(tmp_path_factory.mktemp("approval") / "home")
    path = home.params / "society.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("two_people: false", "two_people: true"),
        encoding="utf-8",
    )
    return home


def answer(home, name: str) -> str:
    """名が通れば、下書きがないことを言われる。"""
    with pytest.raises(Refused) as stopped:
        release(home, params_of(home), MONTHS[1], name)
    assert name not in stopped.value.what or not name.strip(), "名は、文に入らない"
    return stopped.value.code


@pytest.mark.parametrize("name", BLANK.values(), ids=BLANK)
def test_a_name_that_nobody_can_see_is_refused(home, name):
    assert answer(home, name) == "APPROVAL_REQUIRED"


@given(name=st.text(st.characters(categories=["Zs", "Zl", "Zp", "Cc", "Cf"]), max_size=8))
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_row_of_spaces_and_invisible_letters_is_a_name(home, name):
    assert answer(home, name) == "APPROVAL_REQUIRED"


@pytest.mark.parametrize("name", SAME.values(), ids=SAME)
def test_where_two_people_are_asked_for_ones_own_account_is_not_the_other_one(home, strict, name):
    assert answer(strict, name) == "APPROVAL_REQUIRED"
    assert answer(home, name) == "NO_DRAFT", "一人でよい組合では、自分の名でよい"


@pytest.mark.parametrize("name", OTHERS)
def test_another_persons_name_is_accepted(strict, name):
    assert answer(strict, name) == "NO_DRAFT"


def test_the_command_says_what_to_write(home):
    done = myna("release", "--month", MONTHS[1], "--approved-by", "　", "--home", home.root)
    assert done.returncode == 1
    assert "--approved-by に" in done.stderr.decode("utf-8")
