"""公開と台帳は、壊れても、失われても、古いものに戻っても、黙って使われない。知らせる文の命令で、元に戻る。"""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import commands
import pytest
from commands import texts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from societies import MONTHS, SmallSociety, everybody

from mynalib.capsules.previous import read_previous
from mynalib.domain.errors import MynaError
from mynalib.history.files import sha256
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.released import read_manifest
from mynalib.history.vouching import accept_ledger
from mynalib.verbs.check import check_home
from mynalib.verbs.handover import Request, hand_over_list
from mynalib.verbs.ingest_returners import ingest_returners
from mynalib.verbs.verify import verify
from mynalib.verbs.withdraw import withdraw_release

pytestmark = pytest.mark.large

LONG = bool(os.environ.get("MYNA_LONG"))
OBJECTOR = ",".join(everybody()[2].split(",")[:3])
RELEASE = str(MONTHS[1])


def error_of(run: Callable[[], object]) -> MynaError:
    with pytest.raises(MynaError) as caught:
        run()
    return caught.value


def errors_of(society: SmallSociety) -> str:
    """myna check の誤りの全て。"""
    return "\n".join(str(problem) for problem in check_home(society.home).errors)


def myna(society: SmallSociety, *words: object) -> subprocess.CompletedProcess:
    return texts(commands.myna(*words, "--home", society.home.root, cwd=society.home.root))


def advised(said: str, verb: str) -> list[str]:
    """知らせる文が勧める命令の、その動詞からあとの言葉。"""
    [command] = {*re.findall(rf"myna ({verb} (?:[\x21-\x7e]+ ?|理由)+)", said)}
    return shlex.split(command)


def verified(society: SmallSociety):
    return verify(society.home, society.params, MONTHS[1])


# 壊れた公開 ----------------------------------------------------------------------------------------


def emptied(path: Path) -> None:
    path.write_bytes(b"")


DAMAGES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "ページが空": (
        "employers/E01/index.html",
        lambda release: emptied(release / "employers/E01/index.html"),
    ),
    "リストが消えた": (
        "employers/E01/reminders_E01_2026-10.xlsx",
        lambda release: (release / "employers/E01/reminders_E01_2026-10.xlsx").unlink(),
    ),
    "半分が消えた": (
        "management/index.html",
        lambda release: shutil.rmtree(release / "management"),
    ),
    "ファイルが増えた": (
        "employers/E02/memo.txt",
        lambda release: (release / "employers/E02/memo.txt").write_text("x"),
    ),
    "受領の記録が消えた": ("receipt.json", lambda release: (release / "receipt.json").unlink()),
    "受領の記録が読めない": ("receipt.json", lambda release: emptied(release / "receipt.json")),
}


@pytest.mark.parametrize(("where", "damage"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_release_is_named_by_check_and_verify_and_is_not_left_as_it_is(
    published, where, damage
):
    damage(published.release)
    said = errors_of(published)
    assert f"reports/{RELEASE}/{where}：" in said
    assert f"myna publish --month {RELEASE}" in said
    assert error_of(lambda: verified(published)).code == "RELEASE_DAMAGED"
    assert not published.is_left_alone()


def test_a_damaged_release_is_made_again_as_the_next_revision(published):
    (published.release / "employers/E01/index.html").unlink()
    (published.release / "receipt.json").unlink()
    [_, said] = errors_of(published).splitlines()
    done = myna(published, *advised(said, "publish"), "--json")
    assert json.loads(done.stdout)["outcome"] == "released", done.stdout
    assert verified(published).folder.name == "2026-10-r2"
    assert published.publish().outcome == "unchanged"


@pytest.fixture(scope="module")
def shared(_published, tmp_path_factory) -> SmallSociety:
    """試すたびに元へ戻す、公開まで済んだ組合。"""
    return SmallSociety(
        Home(Path(shutil.copytree(_published, tmp_path_factory.mktemp("shared") / "home")))
    )


@pytest.mark.long
@given(data=st.data())
@settings(
    max_examples=100 if LONG else 8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_one_changed_byte_anywhere_in_a_release_is_noticed(shared, data):
    artefacts = sorted(one["path"] for one in read_manifest(shared.release)["artefacts"])
    path = shared.release / data.draw(st.sampled_from([*artefacts, "manifest.json"]))
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    path.unlink()  # 様式と図の道具は、同じ中身を指すほかの場所も変わってしまう
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    try:
        assert f"reports/{RELEASE}" in errors_of(shared)
        assert error_of(lambda: verified(shared)).code == "RELEASE_DAMAGED"
    finally:
        path.write_bytes(whole)
    assert errors_of(shared) == ""


# OS のごみ ------------------------------------------------------------------------------------------

JUNK = (
    ".DS_Store",
    "._index.html",
    "desktop.ini",
    "Desktop.ini",
    "Thumbs.db",
    "~$reminders.xlsx",
    ".~lock.reminders.xlsx#",
)
NOT_JUNK = ("DS_Store", "desktop.ini.html", "thumbs.db.csv", "reminders~$.xlsx", "_index.html")


def test_the_junk_of_operating_systems_is_ignored_and_named(published):
    for name in JUNK:
        (published.release / "employers" / "E01" / name).write_bytes(b"junk")
    assert errors_of(published) == ""
    assert published.publish().outcome == "unchanged"
    said = myna(published, "verify", "--month", RELEASE)
    assert said.returncode == 0
    assert all(f"employers/E01/{name}" in said.stdout for name in JUNK)


@pytest.mark.parametrize("name", NOT_JUNK)
def test_what_only_looks_like_junk_is_still_a_foreign_file(published, name):
    (published.release / "employers" / "E01" / name).write_bytes(b"junk")
    assert f"employers/E01/{name}：" in errors_of(published)
    assert error_of(lambda: verified(published)).code == "RELEASE_DAMAGED"


# 全ての月の入口 -------------------------------------------------------------------------------------

PORTALS: dict[str, Callable[[Path], object]] = {
    "空": emptied,
    "消えた": lambda path: path.unlink(),
    "置きかわった": lambda path: path.write_text("<html>別の入口</html>", encoding="utf-8"),
    "一字違う": lambda path: path.write_bytes(path.read_bytes().replace(b"2026-10", b"2026-19", 1)),
}


@pytest.mark.parametrize("damage", PORTALS.values(), ids=PORTALS)
def test_a_spoilt_portal_is_noticed_and_rebuilt_although_the_month_is_unchanged(published, damage):
    portal = published.home.reports / "index.html"
    whole = portal.read_bytes()
    damage(portal)
    assert "reports/index.html：" in errors_of(published)
    assert error_of(lambda: verified(published)).code == "RELEASE_DAMAGED"
    assert published.publish().outcome == "unchanged"
    assert portal.read_bytes() == whole
    assert errors_of(published) == ""
    verified(published)


# 失われた公開 ---------------------------------------------------------------------------------------

LOST: dict[str, Callable[[Path], object]] = {
    "フォルダーがない": shutil.rmtree,
    "名を変えた": lambda release: release.rename(release.with_name("2026-10 控え")),
    "manifest がない": lambda release: (release / "manifest.json").unlink(),
    "manifest が空": lambda release: emptied(release / "manifest.json"),
    "manifest が違う": lambda release: (release / "manifest.json").write_bytes(
        (release / "manifest.json").read_bytes().replace(b'"demo": false', b'"demo":  false')
    ),
}


@pytest.mark.parametrize("lose", LOST.values(), ids=LOST)
def test_a_release_that_is_lost_stops_the_next_until_it_is_restored_or_withdrawn(
    published, tmp_path, lose
):
    backup = shutil.copytree(published.release, tmp_path / "backup")
    lose(published.release)
    for said in (str(error_of(published.publish)), errors_of(published)):
        assert f"reports/{RELEASE}：" in said
        assert advised(said, "withdraw")[:3] == ["withdraw", "--release", RELEASE]
    shutil.rmtree(published.release, ignore_errors=True)
    shutil.copytree(backup, published.release)
    assert published.publish().outcome == "unchanged"


def test_a_lost_release_that_is_withdrawn_is_made_again_as_the_next_revision(published):
    shutil.rmtree(published.release)
    done = myna(published, *advised(str(error_of(published.publish)), "withdraw"))
    assert done.returncode == 0, done.stderr
    assert errors_of(published) == ""
    assert "公開している資料はありません" in (published.home.reports / "index.html").read_text(
        encoding="utf-8"
    )
    assert error_of(lambda: verified(published)).code == "UNKNOWN_MONTH"
    line = Ledger(published.home.ledger).standing("released", "manifest_sha256")
    assert line == {}
    again = myna(published, *advised(done.stdout, "publish"), "--json")
    assert json.loads(again.stdout)["folder"].endswith("2026-10-r2"), "前に使った名は、使わない"
    assert errors_of(published) == ""


@pytest.mark.parametrize("name", ["2026-10-r2", "2026-11", "", "../data"])
def test_only_a_release_of_the_ledger_can_be_withdrawn(published, name):
    error = error_of(lambda: withdraw_release(published.home, published.params, name, "間違い"))
    assert (error.code, RELEASE in error.fix) == ("UNKNOWN_RELEASE", True)


def test_a_withdrawal_needs_a_reason(published):
    for because in ([], ["--because", ""], ["--because", "　"]):
        assert myna(published, "withdraw", "--release", RELEASE, *because).returncode == 2
    assert published.publish().outcome == "unchanged"


STRANGERS: dict[str, Callable[[Path], object]] = {
    "写し": lambda release: shutil.copytree(release, release.with_name("2026-10-r2")),
    "空のフォルダー": lambda release: release.with_name("2026-11").mkdir(),
    "版を飛ばした写し": lambda release: shutil.copytree(release, release.with_name("2026-10-r7")),
}


@pytest.mark.parametrize("make", STRANGERS.values(), ids=STRANGERS)
def test_a_release_that_the_ledger_does_not_know_is_never_taken_for_one(published, make):
    make(published.release)
    assert "台帳にない公開です" in errors_of(published)
    assert error_of(published.publish).code == "RELEASE_DAMAGED"


@pytest.mark.parametrize(
    "name",
    ["internal/shown.csv", "internal/lists.csv", "internal/listed.csv", "management/rates.csv"],
)
def test_a_number_that_was_changed_in_an_earlier_release_is_not_used_for_the_next(published, name):
    """次の月の公開が引きつぐ、前の公開の表。"""
    path = published.release / name
    whole = path.read_bytes()
    path.write_bytes(
        re.sub(rb"[0-9](?=[^0-9]*$)", lambda found: b"8" if found[0] == b"9" else b"9", whole)
    )
    error = error_of(lambda: read_previous(published.home, MONTHS[1].plus(1), ()))
    assert (error.code, error.where) == ("RELEASE_DAMAGED", f"reports/{RELEASE}/{name}")
    assert advised(error.fix, "withdraw")[2] == RELEASE


# 古い台帳 -------------------------------------------------------------------------------------------


def cut(society: SmallSociety, lines: int) -> bytes:
    """台帳の終わりの行を、なかったことにする。"""
    whole = society.home.ledger.read_bytes()
    society.home.ledger.write_bytes(b"".join(whole.splitlines(keepends=True)[:-lines]))
    return whole


def ingest_again(society: SmallSociety) -> object:
    return society.ingest(MONTHS[1], everybody()[1:], replace=True)


def returned(society: SmallSociety) -> object:
    file = society.home.inbox / f"{MONTHS[1]}.csv"
    return ingest_returners(
        society.home, society.params, file, MONTHS[1], confirm=["SUSPICIOUS_CHANGE"]
    )


def all_but_the_inbox(society: SmallSociety) -> dict[Path, bytes]:
    files = (path for path in society.home.root.rglob("*") if path.is_file())
    return {path: path.read_bytes() for path in files if path.parent != society.home.inbox}


WRITERS: dict[str, Callable[[SmallSociety], object]] = {
    "publish": SmallSociety.publish,
    "draft": lambda society: society.publish(draft=True),
    "ingest": ingest_again,
    "returners": returned,
    "withdraw": lambda society: withdraw_release(society.home, society.params, RELEASE, "間違い"),
}


@pytest.mark.parametrize("lines", [2, 3, 4])
def test_a_ledger_older_than_a_release_is_noticed_by_check_and_every_command_that_writes(
    published, lines
):
    """行は、月、月、用意、公開。"""
    whole = cut(published, lines)
    before = all_but_the_inbox(published)
    assert "古いものに戻っています" in errors_of(published)
    for write in WRITERS.values():
        error = error_of(lambda write=write: write(published))
        assert (error.code, "data/ledger.jsonl" in error.fix) == ("LEDGER_BROKEN", True)
    assert all_but_the_inbox(published) == before
    published.home.ledger.write_bytes(whole)
    assert errors_of(published) == ""


def test_a_release_that_only_lacks_its_last_line_is_a_crash_and_is_recorded(published):
    whole = cut(published, 1)
    assert errors_of(published) == ""
    assert published.publish().outcome == "unchanged"
    assert len(Ledger(published.home.ledger).lines()) == len(whole.splitlines())
    assert errors_of(published) == ""


def test_data_from_an_older_backup_than_the_reports_is_noticed(published, _small):
    """公開する前のデータに戻す。"""
    shutil.rmtree(published.home.data)
    shutil.copytree(Home(_small).data, published.home.data)
    assert "古いものに戻っています" in errors_of(published)
    assert error_of(published.publish).code == "LEDGER_BROKEN"


def hand_over(society: SmallSociety) -> dict:
    request = Request("E02", "企画部", "社内便")
    return hand_over_list(society.home, society.params, request, lambda _: "a long master")


def test_a_ledger_older_than_a_handover_is_noticed_by_its_receipt(published):
    """公開のあとの手渡しは、公開の受領の記録からは分からない。"""
    handed = hand_over(published)
    whole = cut(published, 1)
    assert handed["handover"] in errors_of(published)
    assert error_of(published.publish).code == "LEDGER_BROKEN"
    accepted = accept_ledger(published.home, published.params, "戻せない")
    assert accepted["outcome"] == "continued" and errors_of(published) == ""
    published.home.ledger.write_bytes(whole)


def test_a_whole_home_from_an_older_backup_is_noticed_by_the_mark_on_a_paper_receipt(
    published, tmp_path
):
    older = SmallSociety(Home(Path(shutil.copytree(published.home.root, tmp_path / "older"))))
    slip = Path(hand_over(published)["slip"]).read_text(encoding="utf-8")
    mark = re.search(r"台帳の印</th><td>([0-9a-f]{12})</td>", slip)[1]
    assert myna(published, "check", "--head", mark).returncode == 0
    noticed = myna(older, "check", "--head", mark)
    assert noticed.returncode == 1 and mark in noticed.stdout
    assert "バックアップから、置き場所を丸ごと戻して" in noticed.stdout
    assert myna(older, "check", "--head", "印").returncode == 2


def test_months_without_their_lines_are_an_older_ledger_and_not_a_crash(small):
    cut(small, 2)
    for said in (str(error_of(small.publish)), errors_of(small)):
        assert "2 か月（2026-09、2026-10）" in said
    small.home.ledger.unlink()
    assert error_of(lambda: ingest_again(small)).code == "LEDGER_BROKEN"


@pytest.mark.long
@given(data=st.data())
@settings(
    max_examples=100 if LONG else 8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_one_changed_byte_anywhere_in_the_ledger_stops_and_says_how_to_go_on(shared, data):
    whole = shared.home.ledger.read_bytes()
    # 終わりの改行がなければ、書いている途中で落ちた行になる
    at = data.draw(st.integers(0, len(whole) - 2))
    shared.home.ledger.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    try:
        for said in (errors_of(shared), str(error_of(shared.publish))):
            assert "ledger.jsonl" in said
            assert advised(said, "check")[:2] == ["check", "--accept-ledger"]
    finally:
        shared.home.ledger.write_bytes(whole)
    assert errors_of(shared) == ""


# 台帳が知らない月は、原本と比べる ----------------------------------------------------------------------


def original(society: SmallSociety) -> Path:
    [found] = society.home.originals.glob(f"{MONTHS[1]}-*.csv")
    return found


def change_month(society: SmallSociety, name: str, change: Callable[[bytes], bytes]) -> None:
    """月のファイルを変え、そのハッシュも合わせる。台帳がなければ、原本だけが知っている。"""
    folder = society.home.months / str(MONTHS[1])
    path = folder / name
    path.chmod(0o600)
    path.write_bytes(change(path.read_bytes()))
    record = folder / "intake.json"
    record.chmod(0o600)
    facts = json.loads(record.read_text(encoding="utf-8"))
    facts["files"] = {table: sha256(folder / table) for table in facts["files"]}
    record.write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")


def other_members(society: SmallSociety) -> Callable[[bytes], bytes]:
    """前の月の人に、すりかえる。"""
    return lambda _: (society.home.months / str(MONTHS[0]) / "members.parquet").read_bytes()


def no_original(society: SmallSociety) -> None:
    original(society).unlink()


def other_original(society: SmallSociety) -> None:
    original(society).chmod(0o600)
    original(society).write_bytes(original(society).read_bytes() + b"\r\n")


UNVOUCHED: dict[str, Callable[[SmallSociety], object]] = {
    "人が違う": lambda society: change_month(society, "members.parquet", other_members(society)),
    "人数が違う": lambda society: change_month(
        society, "intake.json", lambda raw: raw.replace(b'"accepted": 115', b'"accepted": 116')
    ),
    "隔離の件数が違う": lambda society: change_month(
        society, "intake.json", lambda raw: raw.replace(b'"quarantined": 0', b'"quarantined": 1')
    ),
    "原本がない": no_original,
    "原本が違う": other_original,
}


@pytest.mark.parametrize("spoil", UNVOUCHED.values(), ids=UNVOUCHED)
def test_a_month_that_the_ledger_does_not_vouch_for_is_compared_with_its_original(
    small, spoil, tmp_path
):
    received = Path(shutil.copy(original(small), tmp_path / "受け取り直したファイル.csv"))
    spoil(small)
    cut(small, 1)
    assert f"{MONTHS[1]}" in errors_of(small)
    error = error_of(small.publish)
    assert error.code == "MONTH_DAMAGED"
    [file, *rest] = re.search(r"myna ingest (.+) で", error.fix)[1].split(" ")
    file = received if file == "ファイル" else small.home.root / file
    done = myna(small, "ingest", file, *rest, "--json")
    assert json.loads(done.stdout)["outcome"] == "loaded", done.stdout
    assert errors_of(small) == ""


def test_a_month_that_equals_its_original_is_recorded_without_a_word(small):
    whole = cut(small, 1)
    assert errors_of(small) == ""
    assert small.ingest(MONTHS[1], everybody())["outcome"] == "no_op"
    assert len(Ledger(small.home.ledger).lines()) == len(whole.splitlines())


def test_a_file_of_returners_without_its_line_does_not_quietly_let_its_people_back_on_the_lists(
    small,
):
    returned(small)
    cut(small, 1)
    for said in (str(error_of(small.publish)), errors_of(small)):
        assert "台帳に、取り込んだ行がありません" in said
    returned(small)
    assert errors_of(small) == ""


# 戻せない台帳を、確かめて続ける ------------------------------------------------------------------------

BROKEN: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "はじめの行": lambda lines: [lines[0].replace(b"ingested", b"Ingested"), *lines[1:]],
    "月の行": lambda lines: [lines[0], lines[1][:-9] + b"\n", *lines[2:]],
    "抜けた行": lambda lines: [*lines[:2], *lines[3:]],
    "終わりの行": lambda lines: [*lines[:-1], lines[-1].replace(b"released", b"Released")],
    "失われた公開の行": lambda lines: lines[:2],
    "空の台帳": lambda lines: [],
}


@pytest.mark.parametrize("spoil", BROKEN.values(), ids=BROKEN)
def test_a_ledger_that_cannot_be_restored_is_continued_on_record(published, spoil):
    lines = published.home.ledger.read_bytes().splitlines(keepends=True)
    broken = b"".join(spoil(lines))
    published.home.ledger.write_bytes(broken)
    said = errors_of(published)
    assert advised(said, "check")[:2] == ["check", "--accept-ledger"]
    assert advised(str(error_of(published.publish)), "check") == advised(said, "check")
    done = myna(published, *advised(said, "check"))
    assert done.returncode == 0, done.stderr
    assert errors_of(published) == ""
    assert published.publish().outcome == "unchanged"
    verified(published)
    aside = [path.read_bytes() for path in published.home.data.glob("ledger.broken-*.jsonl")]
    chained = (
        all(line in lines for line in broken.splitlines(keepends=True))
        and spoil is not BROKEN["抜けた行"]
    )
    assert aside == ([] if chained else [broken])
    assert "理由" in {line.get("because") for line in Ledger(published.home.ledger).lines()}


def test_what_cannot_be_vouched_for_is_not_vouched_for(published):
    """原本のない月は、壊れた月のまま。半分になった公開は、台帳にない公開のまま。"""
    received = Path(shutil.copy(original(published), published.home.inbox / "再.csv"))
    original(published).unlink()
    (published.release / "management" / "index.html").unlink()
    published.home.ledger.unlink()
    done = myna(published, "check", "--accept-ledger", "--because", "ディスクの故障", "--json")
    told = json.loads(done.stdout)
    assert (told["months"], told["releases"], told["unvouched"]) == (
        ["2026-09"],
        [],
        ["data/months/2026-10", "reports/2026-10"],
    )
    assert error_of(published.publish).code == "MONTH_DAMAGED"
    again = myna(published, "ingest", received, "--month", RELEASE, "--replace", "--json")
    assert json.loads(again.stdout)["outcome"] == "loaded", again.stdout
    assert "台帳にない公開です" in str(error_of(published.publish))
    published.release.rename(published.home.root / "壊れた公開")
    assert errors_of(published) == ""


def test_a_sound_ledger_is_not_accepted_again(published):
    before = published.home.ledger.read_bytes()
    done = myna(published, "check", "--accept-ledger", "--because", "念のため", "--json")
    assert (done.returncode, json.loads(done.stdout)["error"]) == (1, "LEDGER_SOUND")
    assert published.home.ledger.read_bytes() == before
    for words in (
        ["--accept-ledger"],
        ["--because", "念のため"],
        ["--accept-ledger", "--because", " "],
    ):
        assert myna(published, "check", *words).returncode == 2
