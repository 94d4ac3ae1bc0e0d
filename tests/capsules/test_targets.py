"""目標に届いたかは、どの版でも本当のことを言う。概数版の丸めた人数から決めると、91 % の組合が、90 % に届いていないと言う。"""

import pytest
from lives import REPORTS, home_of, load
from months import never_linked, own_request, params_of, registered

from mynalib.capsules.editions import make_capsule
from mynalib.capsules.publication import open_publication
from mynalib.domain.months import Month
from mynalib.insight.capsule import Capsule
from mynalib.insight.outlook import Outlook

pytestmark = pytest.mark.large

MONTH = Month.parse("2026-10")
REACHED = "目標（2027年3月に 90 %）に届いています。"
SOCIETIES = [  # 加入者、登録者、概数版の文、実数版の文
    (170, 155, REACHED, REACHED),  # 91.2 %。丸めた人数を悪いほうに見ると、172 人中 153 人で 89.0 %
    (170, 153, REACHED, REACHED),  # ちょうど 90 %
    (172, 154, "あと 約 5 人。", "あと 1 人。"),  # 89.5 % は「90 %」と見せるが、まだ届いていない
    (168, 151, "あと 約 5 人。", "あと 1 人。"),  # 89.9 %。丸めた人数では 170 人中 150 人
    (120, 60, "あと 約 50 人。", "あと 48 人。"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return home_of(tmp_path_factory.mktemp("targets") / "home", ("E01",))


@pytest.mark.parametrize(("members", "on", "wide", "exact"), SOCIETIES)
def test_both_editions_say_truly_whether_the_target_is_reached(
    home, tmp_path, members, on, wide, exact
):
    month = MONTH.plus(-SOCIETIES.index((members, on, wide, exact)))
    makers = [registered] * on + [never_linked] * (members - on)
    load(home, month, [make(f"101{at:06}", symbol="101") for at, make in enumerate(makers)])
    publication = open_publication(home, params_of(home), month)
    for edition in REPORTS:
        capsule = make_capsule(publication, edition, tmp_path / edition.audience)
        outlook = Outlook(Capsule.read(capsule))
        said = wide if edition.audience == "wide" else exact
        assert said in outlook.summary[2]
        assert (outlook.goal.pace.verdict == "reached") == (said == REACHED)


def test_a_ceiling_just_below_the_target_is_not_rounded_up_to_it(tmp_path):
    """10,000 人のうち 8,996 人までしか登録できない。89.96 % を 90.0 % と丸めれば、届く見こみがあることになる。"""
    home = home_of(tmp_path / "home", ("E01",))
    makers = [registered] * 8_000 + [never_linked] * 996 + [own_request] * 1_004
    load(home, MONTH, [make(f"101{at:06}", symbol="101") for at, make in enumerate(makers)])
    publication = open_publication(home, params_of(home), MONTH)
    [exact] = [one for one in REPORTS if one.audience == "internal"]
    outlook = Outlook(Capsule.read(make_capsule(publication, exact, tmp_path / "capsule")))
    assert "みな登録しても 89.9 % で、目標には届きません" in outlook.summary[2]
