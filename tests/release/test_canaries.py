"""番号の見張り：どの段で落ちても、入力の番号は、健保の置き場とその人の事業所のリストのほかの、どこにもない。

落ちるときの例外は、全ての人の番号を、いくつもの書き方で言う（いちばん悪いとき）。画面、記録、一時フォルダー、ノートブックの
どれにも、それが写ってはならない。
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import case_scan
import pytest
from commands import cold_myna, out
from handing import DEPARTMENT, MASTER, answered, hand_over, opened
from societies import HEADER, MONTHS, SmallSociety, everybody

from mynalib.capsules.publication import open_publication
from mynalib.history.home import Home

pytestmark = pytest.mark.large

LONG = bool(os.environ.get("MYNA_LONG"))
PLANTED = Path(__file__).parents[1] / "support" / "planted"
SYMBOLS = {"E01": "101", "E02": "102", "E03": "103", "KENPO": "120"}
PUBLISH = ("publish", "--month", str(MONTHS[1]))
STAGES = {
    "入口": ("mynalib.history.months:keep", "ingest", ""),
    "月を開く": ("mynalib.capsules.publication:open_publication", "publish", ""),
    "ノートブック": ("mynalib.insight.tables:people", "publish", "society_lists"),
    "手紙": ("mynalib.jobs.letters:write_letters", "publish", "society_lists"),
    "勧奨リスト": ("mynalib.jobs.workbook:write_reminders", "publish", "employer_reminders"),
    "組み立て": ("mynalib.release.portal:write_portal", "publish", ""),
    "点検": ("mynalib.release.scan:scan_release", "publish", ""),
    "手渡し": ("mynalib.reminders.handover:encrypted", "handover", ""),
    "返ってきた表": ("mynalib.reminders.returned:take_in", "record", ""),
}
"""段から、（落ちるところ、命令、落ちるように、出来たものを消しておく仕事）へ。"""
SHORT = ("入口", "手紙", "勧奨リスト", "点検", "手渡し")


def secrets() -> set[str]:
    """入力の全ての番号。"""
    return {line.split(",")[1] for line in everybody()}


WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
SPELLINGS = {
    "続けて": lambda n: n,
    "空白で区切って": lambda n: f"{n[:3]} {n[3:]}",
    "点で区切って": lambda n: f"{n[0]},{n[1:4]},{n[4:]}",
    "全角で": lambda n: n.translate(WIDE),
    "先頭に 0 を付けて": lambda n: f"00{n}",
    "文字の番号で": lambda n: "".join(f"&#{ord(digit)};" for digit in n),
}


def said() -> str:
    """全ての人の番号を、全ての書き方で。"""
    return "。".join(spell(number) for spell in SPELLINGS.values() for number in sorted(secrets()))


def allowed(path: str) -> set[str]:
    """途中のファイルに、あってよい番号。名に事業所があれば、その事業所の人だけ。"""
    for employer, symbol in SYMBOLS.items():
        if f"/{employer}-" in path or f"/{employer}/" in path:
            return {number for number in secrets() if number.startswith(symbol)}
    return (
        secrets() if path.startswith(("data/inbox/", "data/drafts/", "data/reminders/")) else set()
    )


def listed(society: SmallSociety) -> dict[str, set[str]]:
    """リストごとの、載ってよい人の番号。"""
    month = open_publication(society.home, society.params, MONTHS[1]).opened
    lists = {code: {*rows.number} for code, rows in month.reminders.groupby("employer_id")}
    ours = {code: {*rows.number} for code, rows in month.posted.groupby("employer_id")}
    return lists | ours | {case_scan.EVERYBODY: secrets()}


def wrong_places(home: Home, lists: dict[str, set[str]]) -> Iterator[str]:
    """番号のある、あってはならないファイル。途中のもの（下書き、受け取り口、知らせた人の記録）は、allowed まで。"""
    for found in case_scan.misplaced(home, secrets(), lists):
        place = found.partition("：")[2]
        path = home.root / place
        if not path.is_file() or case_scan.numbers(
            case_scan.content_of(path)
        ) & secrets() - allowed(place):
            yield found


def command(society: SmallSociety, verb: str, room: Path) -> list[object]:
    """その段を通る命令。"""
    at = ("--home", society.home.root)
    if verb == "ingest":
        file = room / f"{MONTHS[1]}.csv"
        file.write_bytes("\r\n".join([HEADER, *everybody()[1:], ""]).encode("cp932"))
        return ["ingest", file, "--month", MONTHS[1], "--replace", *at]
    if verb == "handover":
        return [
            "handover",
            "--employer",
            "E02",
            "--to",
            DEPARTMENT["E02"],
            "--means",
            "社内便",
            *at,
        ]
    if verb == "record":
        content = opened(society, hand_over(society))
        return ["record", answered(content, room / "返.xlsx", {0: "不同意の申出"}), *at]
    return [*PUBLISH, *at]


def forget(society: SmallSociety, job: str) -> None:
    """その仕事の出来たものを消す（下書きから続けると、出来ている仕事は動かない）。"""
    made = [*society.home.drafts.glob(f"*/jobs/*{job}*")] if job else []
    assert made or not job
    for folder in made:
        shutil.rmtree(folder)


@pytest.mark.long
def test_no_number_is_anywhere_else_whichever_stage_fails(drafted, tmp_path, tmp_path_factory):
    society, temporary = drafted, tmp_path_factory.mktemp("t")
    for stage, (fault, verb, job) in STAGES.items():
        if not (LONG or stage in SHORT):
            continue
        if verb == "handover":
            society.publish()
        forget(society, job)
        seen = tmp_path / f"{stage}.seen"
        words = command(society, verb, tmp_path)
        planted = {"MYNA_FAULT": fault, "MYNA_FAULT_SAYS": said(), "MYNA_FAULT_SEEN": str(seen)}
        places = {"PYTHONPATH": str(PLANTED), "TMPDIR": str(temporary), "MYNA_MASTER": MASTER}
        done = cold_myna(*words, **planted, **places)
        assert seen.exists(), f"{stage}：落ちるはずのところを通らなかった\n{out(done)}"
        assert done.returncode != 0, stage
        assert not case_scan.numbers(out(done).encode()) & secrets(), stage
        assert [*wrong_places(society.home, listed(society))] == [], stage
        left = [path for path in temporary.rglob("*") if path.is_file()]
        assert not [p for p in left if case_scan.numbers(case_scan.content_of(p)) & secrets()], (
            stage
        )


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_watch_sees_a_number_in_every_spelling(spelling):
    text = "。".join(map(SPELLINGS[spelling], secrets()))
    assert secrets() <= case_scan.numbers(text.encode())
