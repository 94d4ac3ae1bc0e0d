"""間違えて取り込んだ月の取り消し：なかったときと同じに戻り、公開した月は取り消せず、途中で落ちても、半分は残らない。"""

import pytest
from commands import myna, out
from societies import MONTHS, SmallSociety, everybody

from mynalib.domain.errors import MynaError
from mynalib.history import taking
from mynalib.history.ledger import Ledger
from mynalib.history.months import kept_months
from mynalib.history.tables import read_table
from mynalib.verbs.check import check_home
from mynalib.verbs.withdraw import withdraw_month, withdraw_release

pytestmark = pytest.mark.large


def take_back(society: SmallSociety) -> dict:
    return withdraw_month(society.home, society.params, MONTHS[1], "別の月のファイルだった")


def lists(society: SmallSociety) -> dict[str, bytes]:
    return {
        name: content
        for name, content in society.bytes_of("employers").items()
        if name.endswith((".html", ".csv"))
    }


def test_a_month_taken_back_leaves_the_home_as_if_it_had_never_come(small, tmp_path):
    lines = everybody()
    wrong = [line.replace(",0,,,,1", ",0,20240401,20260801,1,1") for line in lines]
    before = read_table(small.home.kept_back)
    small.ingest(MONTHS[1], wrong, replace=True, confirm=("SUSPICIOUS_CHANGE",))
    done = take_back(small)
    assert done["folders"] == ["2026-10", "2026-10-r2"]
    assert [str(kept.month) for kept in kept_months(small.home)] == ["2026-09"]
    assert [path.name[:7] for path in small.home.originals.iterdir()] == ["2026-09"]
    assert check_home(small.home).errors == ()
    small.ingest(MONTHS[1], lines)
    after = read_table(small.home.kept_back)
    order = list(before.columns)
    assert after.sort_values(order, ignore_index=True).equals(
        before.sort_values(order, ignore_index=True)
    )
    assert small.publish().outcome == "released"


def test_the_ledger_keeps_the_reason(small):
    take_back(small)
    [line] = [line for line in Ledger(small.home.ledger).lines() if line["did"] == "taken_back"]
    assert (line["month"], line["because"]) == ("2026-10", "別の月のファイルだった")


def test_a_released_month_is_taken_back_only_after_its_release(published):
    with pytest.raises(MynaError) as stop:
        take_back(published)
    assert stop.value.code == "RELEASED_MONTH"
    withdraw_release(published.home, published.params, "2026-10", "やり直す")
    assert take_back(published)["outcome"] == "taken_back"


def test_a_month_that_never_came_cannot_be_taken_back(small):
    with pytest.raises(MynaError) as stop:
        withdraw_month(small.home, small.params, MONTHS[1].plus(1), "理由")
    assert stop.value.code == "UNKNOWN_MONTH"


CRASHES = {
    "台帳に書く前": (Ledger, "append", ["2026-09", "2026-10"]),
    "台帳に書いたあと": (taking, "remove_tree", ["2026-09"]),
}


@pytest.mark.parametrize(("place", "name", "left"), CRASHES.values(), ids=CRASHES)
def test_a_crash_leaves_the_month_whole_or_gone(small, monkeypatch, place, name, left):
    def crash(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(place, name, crash)
    with pytest.raises(KeyboardInterrupt):
        take_back(small)
    monkeypatch.undo()
    assert (
        myna("check", "--home", small.home.root).returncode == 0
    )  # どの命令も、戻すか、消し終えてから始まる
    assert [str(kept.month) for kept in kept_months(small.home)] == left
    assert sorted({path.name[:7] for path in small.home.originals.iterdir()}) == left
    assert [*small.home.root.glob("*/.taking-*")] == []
    assert check_home(small.home).errors == ()


def test_the_command_takes_one_of_three_shapes(small):
    words = ("--because", "理由", "--home", small.home.root)
    for wrong in ((), ("--lists",), ("--release", "2026-10", "--month", "2026-10")):
        assert myna("withdraw", *wrong, *words).returncode == 2
    done = myna("withdraw", "--month", "2026-10", *words)
    assert done.returncode == 0 and "2026-10 を取り消しました" in out(done)
