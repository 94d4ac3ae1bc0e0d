"""公開されない月も、見られる：取込は行とわけを言い、点検は publish の断る理由を言い、publish は取込の点検のページを作る。"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from notebooks_spoiled import sabotage
from societies import HEADER, MONTHS, SmallSociety, everybody, person
from typer.testing import CliRunner

from mynalib.cli import app
from mynalib.domain.errors import MynaError
from mynalib.domain.params import load_params
from mynalib.history.stops import stops
from mynalib.jobs.running import Running
from mynalib.verbs.check import check_home

pytestmark = pytest.mark.large

BAD = [person("101", 200 + n, "9,,,,1") for n in range(25)]
UNKNOWN = ["777,7770001,00,0,,,,1", "778,7780001,00,0,,,,1", "777,7770002,00,0,,,,1"]
SWALLOWED = [
    person("102", 100).replace(",102", ',"102', 1),
    *(person("102", 101 + n) for n in range(4)),
    person("102", 105) + '"',
]


@pytest.fixture
def society(small) -> SmallSociety:
    return small


def ingest(society: SmallSociety, *more: str) -> str:
    """命令で取り込み直し、画面に出た文を返す。"""
    file = society.home.inbox / "届いた.csv"
    file.write_bytes("\r\n".join([HEADER, *everybody(), *more, ""]).encode("cp932"))
    words = [
        "ingest",
        str(file),
        "--month",
        str(MONTHS[1]),
        "--replace",
        "--home",
        str(society.home.root),
    ]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return done.output


def lose_an_employer(society: SmallSociety, _: pytest.MonkeyPatch) -> None:
    (society.home.params / "employers" / "E03.yaml").unlink()


def two_files_swallow(society: SmallSociety, _: pytest.MonkeyPatch) -> None:
    ingest(society, *SWALLOWED)


@dataclass(frozen=True)
class Stop:
    """公開を止めるもの。says は点検の文、page は取込の点検のページにある言葉。"""

    happens: Callable[[SmallSociety, pytest.MonkeyPatch], object]
    code: str
    says: str
    page: str
    warns: bool = False


STOPS = {
    "読めない行が多い": Stop(lambda s, _: ingest(s, *BAD), "TOO_MANY_QUARANTINED", "25 行を隔離", "コードが決まった値でない"),
    "飲みこまれた行が多い": Stop(two_files_swallow, "TOO_MANY_QUARANTINED", "6 行を隔離", "列の数が違う"),
    "登録のない記号が多い": Stop(lambda s, _: ingest(s, *UNKNOWN), "TOO_MANY_QUARANTINED", "3 行を隔離", "その 2"),
    "事業所のファイルが消えた": Stop(lose_an_employer, "UNKNOWN_KIGO", "登録簿にない記号の人がいます", "登録簿にない記号"),
    "名簿に答えがない": Stop(lambda s, _: s.object_to("101,9999999,00"), "OPTOUT_UNRESOLVED", "一度も見つかりません", "名簿の、だれにも"),
    "古い月": Stop(lambda _, m: m.setenv("MYNA_TODAY", "2026-12-20"), "STALE_MONTH", "50 日たっています", "照合", warns=True),
}  # fmt: skip


@pytest.mark.parametrize("name", STOPS)
def test_check_finds_what_publish_refuses_and_the_month_can_be_looked_into(
    name, society, monkeypatch
):
    stop = STOPS[name]
    assert check_home(society.home).errors == ()
    stop.happens(society, monkeypatch)
    checked = CliRunner().invoke(app, ["check", "--home", str(society.home.root)])
    assert stop.says in checked.output
    assert checked.exit_code == (0 if stop.warns else 1)
    with pytest.raises(MynaError) as caught:
        society.publish(running=Running(workers=2))
    assert caught.value.code == stop.code
    page = caught.value.see
    assert f"取込の点検：{page}" in str(caught.value)
    text = page.read_text(encoding="utf-8")
    assert stop.page in text
    assert (page.parent / "assets" / "report.css").is_file()
    assert not any(key in text for key in ("9999999", "7770001", "1025050", "1015100")), (
        "ページに、人の値はない"
    )
    assert not list(society.home.drafts.rglob("capsule")), "人の行は残らない"


def test_a_month_whose_notebook_fails_can_be_looked_into(drafted):
    sabotage(drafted.home, "04_employer_dashboard", "raise ValueError")
    with pytest.raises(MynaError) as caught:
        drafted.publish(running=Running(workers=2))
    assert caught.value.code == "NOTEBOOK_FAILED"
    assert "取込の点検" in caught.value.see.read_text(encoding="utf-8")


def test_what_only_the_order_got_wrong_makes_no_page(society):
    with pytest.raises(MynaError) as caught:
        society.publish(only="E77")
    assert (caught.value.code, caught.value.see) == ("UNKNOWN_EMPLOYER", None)
    assert not society.home.drafts.exists()


def test_ingest_says_which_lines_it_held_and_why_and_what_to_do(society):
    said = ingest(society, *BAD, *UNKNOWN, *SWALLOWED)
    first = len(everybody()) + 2
    shown = "、".join(str(first + n) for n in range(20))
    assert f"「初回登録状態」：コードが決まった値でない：{shown} 行目（ほか 5 行）" in said
    assert f"登録のない記号（その 1）：{first + 25}、{first + 27} 行目" in said
    assert f"登録のない記号（その 2）：{first + 26} 行目" in said
    assert f"列の数が違う：{'、'.join(str(first + 28 + n) for n in range(6))} 行目" in said
    assert "このままでは公開できません" in said
    assert "--replace で取り込んでください" in said
    assert "次は myna publish" not in said
    assert not any(key in said for key in ("777", "778", "1025050", "1015100"))
    assert "次は myna publish" in ingest(society), (
        "言われたとおり、直したファイルを --replace で取り込めば、進める"
    )


@pytest.mark.parametrize("name", ["事業所のファイルが消えた", "名簿に答えがない", "古い月"])
def test_ingest_does_not_say_publish_when_publish_will_refuse(name, society, monkeypatch):
    if name == "事業所のファイルが消えた":  # 前の月にだけいた人の事業所
        lines = [line for line in everybody() if not line.startswith("103")]
        (society.home.params / "employers" / "E03.yaml").unlink()
        society.ingest(MONTHS[1], lines, replace=True, confirm=["SUSPICIOUS_DROP"])
    else:
        STOPS[name].happens(society, monkeypatch)
    said = ingest(society, person("101", 300)).replace("もう一度 publish", "")
    assert "このままでは公開できません" in said
    assert STOPS[name].says in said
    assert "次は myna publish" not in said


def test_ingest_says_publish_when_nothing_stops_it(society):
    said = ingest(society, person("101", 300))
    assert f"次は myna publish --month 2026-10 --home {society.home.root} です" in said
    assert "公開できません" not in said


@pytest.mark.parametrize(
    ("held", "rows", "floor", "refused"),
    [
        (0, 150, 2, False),
        (1, 150, 2, False),  # 一人の同じ行が二度
        (2, 150, 2, False),  # 一人の行が食い違えば、二行
        (3, 150, 2, True),
        (1, 150, 0, True),
        (9, 300, 2, True),
        (9, 300, 5, True),
        (60, 12_000, 2, False),
        (61, 12_000, 2, True),
    ],
)
def test_a_few_rows_do_not_stop_a_small_society(held, rows, floor, refused, society):
    settings = society.home.params / "society.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace("quarantine_floor: 2 ", f"quarantine_floor: {floor} "), encoding="utf-8"
    )

    class Kept:
        month, intake = MONTHS[1], {"data_rows": rows, "quarantined": held}

    found = [stop.code for stop in stops(society.home, load_params(society.home.params), Kept)]
    assert found == (["TOO_MANY_QUARANTINED"] if refused else [])


def test_one_duplicate_in_a_hundred_people_does_not_stop_the_release(society):
    said = ingest(society, everybody()[0])
    assert "DUPLICATE_KEY 1 行" in said
    assert "次は myna publish" in said
    assert check_home(society.home).errors == ()
