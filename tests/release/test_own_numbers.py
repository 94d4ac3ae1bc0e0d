"""広く配る版を、それ自身の数のために断らない：図の線、棒の端、事業所ごとの限界は、どれも、載せた数から作ったもの。

点検（number_check）は、cells.json にない数のある公開を断る。図に添える CSV に書く数が、一つでも cells.json から漏れると、その組合は、
その月を公開できない。
"""

import pytest
from lives import home_of, load, on
from months import ROOT, Person, lapsed, make_home, never_linked, params_of, registered

from mynalib.domain.months import Month
from mynalib.history.home import Home
from mynalib.verbs.publish import publish

pytestmark = pytest.mark.large

MONTHS = (Month.parse("2026-09"), Month.parse("2026-10"))
MANY = 64


def fallen(folder) -> Home:
    """率が 66.7 % から 55.3 % に、続けた方 −4.3、加入 −11.8、脱退 ＋4.8。丸めたわけの和 −11 は、率の差 −12 とも、どの数とも違う。"""
    home = home_of(folder, ("E01",))
    before = {f"{at:06}": registered if at < 100 else never_linked for at in range(150)}
    now = {number: make for number, make in before.items() if number < "000140"}
    now |= {f"{at:06}": lapsed for at in range(6)}
    now |= {f"{at:06}": never_linked for at in range(200, 230)}
    for month, makers in zip(MONTHS, (before, now), strict=True):
        people = [make(f"101{number}", symbol="101") for number, make in makers.items()]
        load(home, month, people)
    return home


def crowded(folder) -> Home:
    """人数がみな違う 64 の事業所。限界の線は、その全ての人数では引かない。お知らせに載っているのは、一つだけ。"""
    sample = (ROOT / "params" / "employers" / "E01.yaml").read_text(encoding="utf-8")
    texts = {}
    for at in range(1, MANY + 1):
        text = sample.replace("E01", f"M{at:02}").replace('"101"', f'"3{at:02}"')
        text = text.replace("(株)日本旅行", f"見本 {at:02}").replace(
            "株式会社日本旅行", f"見本 {at:02}"
        )
        texts[f"M{at:02}"] = text if at == 1 else text.replace("notified: true", "notified: false")
    home = make_home(folder, texts)
    for path in (home.params / "employers").glob("E*.yaml"):
        path.unlink()
    people = [one for at in range(1, MANY + 1) for one in staff(f"3{at:02}", 25 + 5 * at)]
    load(home, MONTHS[-1], people)
    return home


def staff(symbol: str, size: int) -> list[Person]:
    on_count = size * 7 // 10
    makers = [registered] * on_count + [never_linked] * (size - on_count)
    return [make(f"{symbol}{at:05}", symbol=symbol) for at, make in enumerate(makers)]


@pytest.mark.parametrize("society", [fallen, crowded])
def test_a_society_is_not_refused_for_the_numbers_its_own_charts_are_made_of(
    tmp_path, monkeypatch, society
):
    home = society(tmp_path / "home")
    monkeypatch.setenv("MYNA_TODAY", on(MONTHS[-1]))
    published = publish(home, params_of(home), MONTHS[-1])
    assert published.outcome == "released"
