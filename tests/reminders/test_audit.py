"""監査：した手渡し、受領、取り戻し、尋ねの全てが、した日の期間に、ちょうど一度ずつ出る。人のことは、出ない。"""

import json
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from commands import myna, out
from societies import SmallSociety

from mynalib.history import clock
from mynalib.history.home import Home
from mynalib.verbs.audit import audit
from mynalib.verbs.explain import explain, read_key
from mynalib.verbs.handover import Request, hand_over_list
from mynalib.verbs.posted import record_posted
from mynalib.verbs.recall import recall_list
from mynalib.verbs.record import confirm_receipt

pytestmark = pytest.mark.large

DAYS = {
    "given": date(2026, 11, 10),
    "confirmed": date(2026, 11, 12),
    "recalled": date(2026, 11, 20),
}


@pytest.fixture(scope="module")
def audited(_published, tmp_path_factory) -> SmallSociety:
    """公開のあと、二つ渡し、一つの受領書が返り、一つを取り戻し、一人について尋ねた組合。試験は、読むだけ。"""
    place = tmp_path_factory.mktemp("audited") / "home"
    society = SmallSociety(Home(Path(shutil.copytree(_published, place))))
    home, params = society.home, society.params
    given = {}
    with clock.on(DAYS["given"]):
        for code, to in (("E01", "総務人事部（駐在を含む）"), ("E02", "企画部")):
            request = Request(code, to, "社内便")
            given[code] = hand_over_list(home, params, request, lambda _: "a long master")
        record_posted(home, params, "郵送", None)
    with clock.on(DAYS["confirmed"]):
        confirm_receipt(home, params, given["E02"]["handover"])
    with clock.on(DAYS["recalled"]):
        recall_list(home, params, given["E01"]["handover"], "誤って送った")
        explain(home, params, read_key("102,1025001,00"), "本人からの尋ね")
    return society


@pytest.mark.parametrize(
    ("first", "last", "counts"),
    [
        (
            "2026-11-01",
            "2026-11-30",
            {"手渡し・郵送": 3, "受領書": 1, "取り戻し": 1, "本人についての尋ね": 1},
        ),
        ("2026-11-10", "2026-11-10", {"手渡し・郵送": 3}),
        ("2026-11-11", "2026-11-19", {"受領書": 1}),
        ("2026-12-01", "2026-12-31", {}),
    ],
)
def test_each_deed_is_told_once_in_its_period(audited, first, last, counts):
    found = audit(audited.home, audited.params, date.fromisoformat(first), date.fromisoformat(last))
    shown = {label: count for label, count in found["counts"].items() if count and label != "公開"}
    assert shown == counts
    assert {
        label: len(lines) for label, lines in found["lines"].items() if label != "公開"
    } == counts


def test_a_recalled_list_comes_with_what_a_report_needs_and_no_person(audited):
    found = audit(audited.home, audited.params, date(2026, 11, 1), date(2026, 11, 30))
    [incident] = found["incidents"]
    said = "\n".join(incident)
    rows = re.search("人数：([0-9]+) 人", said)[1]
    assert any(f"リスト {rows} 人" in line for line in found["lines"]["手渡し・郵送"])
    assert "2026-11-23〜2026-11-25" in said and "2026-12-20" in said
    assert "暗号化していた" in said and "総務人事部" in said
    assert not re.search("10[1-3]5[0-9]{3}|9015[0-9]{3}", json.dumps(found, ensure_ascii=False))


def test_the_command_prints_it(audited):
    done = myna("audit", "--from", "2026-11-01", "--to", "2026-11-30", "--home", audited.home.root)
    assert done.returncode == 0, out(done)
    assert "手渡し・郵送（3 件）" in out(done) and "取り戻したリストの控え 1" in out(done)
    done = myna("audit", "--from", "2026-11-30", "--to", "2026-11-01", "--home", audited.home.root)
    assert done.returncode == 2
