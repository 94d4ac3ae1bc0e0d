"""手渡しから、返ってきた表まで：渡してよい相手にだけ、暗号化して。お申し出の欄だけを読む。"""

import errno
import io
import json
import re
import shutil
from pathlib import Path

import msoffcrypto
import pytest
from commands import myna, out
from handing import MASTER, answered, hand_over, opened, record, set_policy
from libreoffice import opened_with
from openpyxl import load_workbook
from societies import MONTHS, SmallSociety

from mynalib.capsules.handed import employers_with_somebody, handed_matters
from mynalib.capsules.publication import open_publication
from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month
from mynalib.domain.params import load_params
from mynalib.history.files import DiskFull
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.registers import read_registers
from mynalib.reminders import handover as handing_over
from mynalib.reminders.memory import handovers, remembered
from mynalib.reminders.passphrases import MasterRefused, Passphrases, new_passphrase
from mynalib.reminders.recipients import look_alikes, require_meant
from mynalib.verbs.handover import Request, hand_over_list
from mynalib.verbs.posted import record_posted
from mynalib.verbs.recall import recall_list
from mynalib.verbs.record import confirm_receipt

pytestmark = pytest.mark.large


def optout_lines(society: SmallSociety, name: str = "optout") -> int:
    return sum(entry.register == name for entry in read_registers(society.home, society.params))


def test_a_handed_over_list_opens_with_its_passphrase_and_equals_the_released_one(published):
    done = hand_over(published)
    [book] = (published.release / "employers" / "E02").glob("*.xlsx")
    content = (published.home.outbox / done["file"]).read_bytes()
    assert content != book.read_bytes()
    assert opened(published, done) == book.read_bytes()
    assert re.fullmatch("([a-z2-9]{4}-){4}[a-z2-9]{4}", done["passphrase"])
    sealed = msoffcrypto.OfficeFile(io.BytesIO(content))
    with pytest.raises(msoffcrypto.exceptions.InvalidKeyError):
        sealed.load_key(password=new_passphrase(), verify_password=True)
    assert re.fullmatch("[0-9a-f]{16}[.]xlsx", done["file"])


def test_libreoffice_opens_it_with_the_passphrase_and_not_with_another(published, tmp_path):
    done = hand_over(published)
    sealed = published.home.outbox / done["file"]
    wrong = [new_passphrase(), done["passphrase"].upper(), ""]
    right, *others = opened_with(sealed, [done["passphrase"], *wrong], tmp_path / "profile")
    assert others == [None] * len(wrong)
    [book] = (published.release / "employers" / "E02").glob("*.xlsx")
    for sheet in load_workbook(book):
        shown = [cell for row in right[sheet.title] for cell in row if cell]
        assert shown == [cell.value for row in sheet.iter_rows() for cell in row if cell.value]


def test_the_ledger_says_what_went_to_whom_without_a_person(published):
    done = hand_over(published)
    line = Ledger(published.home.ledger).lines()[-1]
    assert (line["did"], line["unit"], line["department"]) == ("handed_over", "E02", "企画部")
    assert line["rows"] == done["rows"] > 0
    assert line["notice"] == published.params.joint_use.notice.version
    text = published.home.ledger.read_text(encoding="utf-8")
    assert not re.search("1025[0-9]{3}", text)
    [handed] = handovers(published.home)
    assert len(remembered(published.home, handed)) == done["rows"]


def test_the_receipt_says_the_rows_and_the_hash_and_no_person(published):
    done = hand_over(published)
    page = Path(done["slip"]).read_text(encoding="utf-8")
    line = Ledger(published.home.ledger).lines()[-1]
    assert line["list_sha256"] in page and f"{done['rows']} 人" in page and "企画部" in page
    assert not re.search("1025[0-9]{3}", page)
    assert done.get("passphrase") not in page


def test_a_passphrase_is_shown_once_and_made_anew_only_when_asked(published):
    first = hand_over(published)
    again = hand_over(published, again=True)
    renewed = hand_over(published, again=True, new_passphrase=True)
    assert "passphrase" not in again
    assert renewed["passphrase"] != first["passphrase"]
    with pytest.raises(MasterRefused):
        Passphrases(published.home.passphrases).all("another passphrase")
    with pytest.raises(MasterRefused):
        Passphrases(published.home.outbox / "new.bin").of("E01", "short")
    assert first["passphrase"].encode() not in published.home.passphrases.read_bytes()


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (Request("E99", "企画部", "社内便"), "NOT_NOTIFIED"),
        (Request("KENPO", "総務部", "社内便"), "NOT_NOTIFIED"),
        (Request("E02", "総務部", "社内便"), "NOT_NOTIFIED"),
        (Request("E02", "企画部 ", "社内便"), "NOT_NOTIFIED"),
        (Request("E02", "企画部", "社内便", month=MONTHS[0]), "UNKNOWN_RELEASE"),
        (Request("E02", "企画部", "社内便", plain=True), "PLAIN_NOT_ALLOWED"),
    ],
)
def test_a_list_goes_to_nobody_who_is_not_named_in_the_notice(published, asked, code):
    with pytest.raises(MynaError) as stop:
        hand_over_list(published.home, published.params, asked, lambda _: MASTER)
    assert stop.value.code == code
    assert not handovers(published.home)
    assert not published.home.outbox.exists()


def test_a_list_is_handed_over_once_unless_asked_again(published):
    hand_over(published)
    with pytest.raises(MynaError) as stop:
        hand_over(published)
    assert stop.value.code == "HANDED_OVER"


LOOKS_LIKE_E02 = "株式会社日旅産業"


@pytest.fixture(scope="module")
def corrected(_published, tmp_path_factory) -> Path:
    """事業所の名が似たものになり、暗号化せずに渡してもよいと決めて、訂正した組合の置き場所。"""
    place = Path(shutil.copytree(_published, tmp_path_factory.mktemp("corrected") / "home"))
    society = SmallSociety(Home(place))
    file = society.home.params / "employers" / "E03.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("株式会社ジャッツ", "日旅産業関西(株)"), encoding="utf-8")
    set_policy(society, "plain_handover: false", "plain_handover: true")
    society.publish(because="名と決まりを改めた")
    return place


def copy_of(place: Path, to: Path) -> SmallSociety:
    return SmallSociety(Home(Path(shutil.copytree(place, to))))


def test_look_alike_names_are_retyped(published, corrected, tmp_path):
    employers = [*published.params.notified(MONTHS[1].end)]
    names = {one.name: {other.name for other in look_alikes(one, employers)} for one in employers}
    assert not any(names.values())  # 小さな組合には、似た名がない
    society = copy_of(corrected, tmp_path / "corrected")
    for name in ("", "日旅産業"):
        with pytest.raises(MynaError) as stop:
            hand_over(society, name=name)
        assert stop.value.code == "NAME_UNCONFIRMED"
    assert hand_over(society, name=LOOKS_LIKE_E02)["outcome"] == "handed_over"


def test_the_name_of_another_employer_is_refused_even_where_none_looks_alike(published):
    employers = [*published.params.notified(MONTHS[1].end)]
    [own] = [one for one in employers if one.id == "E02"]
    for name in ("株式会社日本旅行", "日旅産業", "E02"):
        with pytest.raises(MynaError) as stop:
            require_meant(own, employers, name)
        assert stop.value.code == "NAME_UNCONFIRMED" and own.name in stop.value.fix
    for name in ("", own.name, own.name_as_printed):
        require_meant(own, employers, name)


def test_a_plain_list_needs_a_policy(corrected, tmp_path):
    society = copy_of(corrected, tmp_path / "corrected")
    done = hand_over(society, plain=True, name=LOOKS_LIKE_E02)
    [book] = (society.home.reports / "2026-10-r2" / "employers" / "E02").glob("*.xlsx")
    assert (society.home.outbox / done["file"]).read_bytes() == book.read_bytes()
    assert "passphrase" not in done


def test_an_objection_after_making_the_lists_stops_every_list_not_yet_given(published):
    hand_over(published, "E02")
    published.object_to("101,1015001,00")
    with pytest.raises(MynaError) as stop:
        hand_over(published, "E03")
    assert stop.value.code == "LIST_OUTDATED"
    assert "withdraw --lists" in stop.value.fix


def test_an_objection_on_a_list_already_given_stops_no_other_list(published):
    hand_over(published, "E02")
    published.object_to("102,1025001,00")
    assert hand_over(published, "E03")["outcome"] == "handed_over"


def test_a_list_with_an_objector_is_not_given_a_second_time(published):
    hand_over(published, "E02")
    published.object_to("102,1025001,00")
    with pytest.raises(MynaError) as stop:
        hand_over(published, "E02", again=True)
    assert stop.value.code == "LIST_OUTDATED"
    assert "withdraw --lists" in stop.value.fix


def test_lists_are_not_made_anew_once_one_was_handed_over(published):
    hand_over(published)
    published.object_to("102,1025001,00")
    with pytest.raises(MynaError) as stop:
        published.publish(not_handed_over=True)
    assert stop.value.code == "HANDED_OVER"


def test_an_older_months_list_is_not_handed_over(published, monkeypatch):
    monkeypatch.setenv("MYNA_TODAY", "2026-12-05")
    later = MONTHS[1].plus(1)
    lines = (published.home.inbox / f"{MONTHS[1]}.csv").read_text(encoding="cp932").splitlines()
    published.ingest(later, lines[1:], confirm=("STALE_COPY",))
    with pytest.raises(MynaError) as stop:
        hand_over(published)
    assert stop.value.code == "STALE_MONTH"


def test_a_list_whose_time_to_be_deleted_has_come_is_not_given(published, monkeypatch):
    keeps = published.params.society.policy.reminders.employer_keeps_months
    monkeypatch.setenv("MYNA_TODAY", f"{MONTHS[1].plus(keeps + 1)}-01")
    with pytest.raises(MynaError) as stop:
        hand_over(published)
    assert stop.value.code == "STALE_MONTH"
    assert not handovers(published.home)


def test_columns_that_the_notice_allows_and_no_list_has_are_not_said_to_be_given(small):
    file = small.home.params / "joint_use.yaml"
    text = file.read_text(encoding="utf-8")
    more = "[symbol, registered_on, cancelled_on, state, cancel_kind, certificate_flag, number,"
    assert "[symbol, number," in text
    file.write_text(text.replace("[symbol, number,", more), encoding="utf-8")
    small.publish()
    hand_over(small)
    line = Ledger(small.home.ledger).lines()[-1]
    assert line["items"] == ["symbol", "number", "branch", "member_kind", "action", "attempt"]


def test_an_answer_is_copied_to_the_registers_and_nothing_else_is_read(published, tmp_path):
    done = hand_over(published)
    content = opened(published, done)
    file = answered(content, tmp_path / "back.xlsx", {0: "不同意の申出", 1: "在籍なし"})
    file = answered(file.read_bytes(), file, {2: "11月30日", 3: "電話した"}, "案内日")
    found = record(published, file)
    assert (found["objections"], found["not_here"], found["dropped"]) == (1, 1, 2)
    assert (optout_lines(published), optout_lines(published, "decisions")) == (1, 1)
    again = record(published, file)
    assert (again["objections"], again["not_here"], again["known"]) == (0, 0, 2)
    assert (optout_lines(published), optout_lines(published, "decisions")) == (1, 1)


def test_a_sheet_that_comes_back_encrypted_is_opened_with_its_passphrase(published):
    done = hand_over(published)
    assert record(published, published.home.outbox / done["file"])["objections"] == 0


@pytest.mark.parametrize(
    ("answers", "where"),
    [
        ({0: "拒否"}, "❶登録の勧奨 "),
        ({1: "登録済"}, "❶登録の勧奨 "),
        ({0: "不同意"}, "❶登録の勧奨 "),
    ],
)
def test_a_word_that_cannot_be_chosen_refuses_the_whole_sheet(published, tmp_path, answers, where):
    content = opened(published, hand_over(published))
    file = answered(content, tmp_path / "back.xlsx", {3: "不同意の申出"} | answers)
    with pytest.raises(MynaError) as stop:
        record(published, file)
    assert stop.value.code == "SHEET_REFUSED"
    assert [problem.where.startswith(where) for problem in stop.value.problems] == [True]
    assert not any(word in str(stop.value) for word in answers.values() if word != "不同意")
    assert not re.search("1025[0-9]{3}", str(stop.value))
    assert optout_lines(published) == 0


@pytest.mark.parametrize("which", ["never given", "recalled", "another employer's row", "no sheet"])
def test_a_sheet_that_was_not_given_is_refused(published, tmp_path, which):
    done = hand_over(published)
    content = opened(published, done)
    file = tmp_path / "back.xlsx"
    file.write_bytes(content)
    if which == "never given":
        [other] = (published.release / "employers" / "E01").glob("*.xlsx")
        shutil.copyfile(other, file)
    if which == "recalled":
        recall_list(published.home, published.params, done["handover"], "理由")
    if which == "another employer's row":
        answered(content, file, {0: "1015001"}, "番号")
    if which == "no sheet":
        file.write_bytes(b"not a workbook")
    with pytest.raises(MynaError) as stop:
        record(published, file)
    assert stop.value.code == "SHEET_REFUSED"


def test_a_recall_gives_no_reason_and_takes_the_reminder_back(published):
    done = hand_over(published)
    recalled = recall_list(published.home, published.params, done["handover"], "ひみつのわけ")
    page = Path(recalled["slip"]).read_text(encoding="utf-8")
    assert "ひみつのわけ" not in page and "使わないでください" in page
    [handed] = handovers(published.home)
    assert handed.recalled
    with pytest.raises(MynaError) as stop:
        recall_list(published.home, published.params, done["handover"], "もう一度")
    assert stop.value.code == "UNKNOWN_HANDOVER"
    assert stop.value.fix == "いまある手渡し：ありません"
    assert hand_over(published)["outcome"] == "handed_over"


def fails_once(monkeypatch, module) -> None:
    """次の一度だけ、ディスクがいっぱいで書けない。"""
    write = module.write_file

    def full(*_: object) -> None:
        monkeypatch.setattr(module, "write_file", write)
        raise OSError(errno.ENOSPC, "")

    monkeypatch.setattr(module, "write_file", full)


def test_a_passphrase_nobody_has_seen_is_shown_by_the_next_handover(published, monkeypatch):
    fails_once(monkeypatch, handing_over)
    with pytest.raises(DiskFull):
        hand_over(published)
    [known] = Passphrases(published.home.passphrases).all(MASTER).values()
    assert hand_over(published)["passphrase"] == known
    assert "passphrase" not in hand_over(published, again=True)


@pytest.mark.parametrize("length", [0, 10, 28, 43])
def test_a_store_of_passphrases_cut_short_is_named(published, length):
    hand_over(published)
    store = published.home.passphrases
    store.write_bytes(store.read_bytes()[:length])
    with pytest.raises(MasterRefused) as stop:
        hand_over(published, again=True)
    assert "途中で切れています" in stop.value.what


def test_a_list_is_recalled_from_an_employer_that_has_left_the_settings(published):
    done = hand_over(published)
    (published.home.params / "employers" / "E02.yaml").unlink()
    recalled = recall_list(
        published.home, load_params(published.home.params), done["handover"], "わけ"
    )
    assert "E02 御中" in Path(recalled["slip"]).read_text(encoding="utf-8")


def test_a_recall_whose_notice_could_not_be_written_is_done_when_asked_again(published):
    done = hand_over(published)
    in_the_way = published.home.outbox / f"{done['handover']}_回収のお願い.html"
    in_the_way.mkdir()
    with pytest.raises(MynaError):
        recall_list(published.home, published.params, done["handover"], "誤送付")
    in_the_way.rmdir()
    recalled = recall_list(published.home, published.params, done["handover"], "誤送付")
    assert "企画部" in Path(recalled["slip"]).read_text(encoding="utf-8")
    assert not handovers(published.home)[0].stands


@pytest.mark.parametrize(
    ("today", "by"), [("2026-11-20", "2026年11月末"), ("2026-12-10", "2026年12月末")]
)
def test_a_receipt_is_asked_back_by_a_day_still_to_come(published, monkeypatch, today, by):
    monkeypatch.setenv("MYNA_TODAY", today)
    page = Path(hand_over(published)["slip"]).read_text(encoding="utf-8")
    assert f"{by}までに、この紙を" in page


@pytest.mark.parametrize(
    ("words", "whom"),
    [
        (("handover", "--employer", "E02", "--to", "企画部", "--means", "社内便"), "E02"),
        (("posted", "--means", "郵送"), "自宅への手紙"),
    ],
)
def test_what_is_advised_when_given_twice_is_done_when_typed(published, monkeypatch, words, whom):
    monkeypatch.setenv("MYNA_MASTER", MASTER)
    at = ("--home", published.home.root)
    assert myna(*words, *at).returncode == 0
    twice = out(myna(*words, *at))
    if "--again" in twice:
        assert myna(*words, "--again", *at).returncode == 0
    advised = re.search("myna (recall --handover [0-9a-f]{16} --because 理由)", twice)[1].split()
    done = myna(*advised, *at)
    assert done.returncode == 0 and out(done).startswith(f"{whom} の 2026-10 のリスト")


def test_an_unknown_number_is_named_as_the_option_that_was_typed(published):
    with pytest.raises(MynaError) as stop:
        confirm_receipt(published.home, published.params, "zzz")
    assert stop.value.where == "--receipt zzz"


def test_a_receipt_is_confirmed_once(published):
    done = hand_over(published)
    assert confirm_receipt(published.home, published.params, done["handover"])["unit"] == "E02"
    assert [each.confirmed for each in handovers(published.home)] == [True]
    with pytest.raises(MynaError):
        confirm_receipt(published.home, published.params, done["handover"])


def test_whoever_was_reminded_rests_and_comes_back_with_a_second_time(published, monkeypatch):
    """手渡した月の次は休み、間があけば「2 回目」で載る。渡さなかった事業所の人は、また 1 回目。"""
    hand_over(published, "E02")
    record_posted(published.home, published.params, "郵送", None)
    monkeypatch.setenv("MYNA_TODAY", "2027-02-05")
    lines = (published.home.inbox / f"{MONTHS[1]}.csv").read_text(encoding="cp932").splitlines()
    seen = {}
    for step in (1, 2, 3):
        month = MONTHS[1].plus(step)
        published.ingest(month, lines[1:], confirm=("STALE_COPY",))
        rows = open_publication(published.home, published.params, month).opened.due
        for employer in ("E01", "E02", "NOEMPLOYER"):
            own = rows[rows.employer_id == employer]
            seen[step, employer] = (set(own.attempt), set(own.due))
    assert seen == {
        (1, "E01"): ({1}, {True}),
        (2, "E01"): ({1}, {True}),
        (3, "E01"): ({1}, {True}),
        (1, "E02"): ({2}, {False}),
        (2, "E02"): ({2}, {False}),
        (3, "E02"): ({2}, {True}),
        (1, "NOEMPLOYER"): ({2}, {False}),
        (2, "NOEMPLOYER"): ({2}, {False}),
        (3, "NOEMPLOYER"): ({2}, {True}),
    }


def test_the_commands_say_what_was_done(published, monkeypatch):
    monkeypatch.setenv("MYNA_MASTER", MASTER)
    words = ("--home", published.home.root)
    done = myna("handover", "--employer", "E02", "--to", "企画部", "--means", "社内便", *words)
    assert done.returncode == 0, out(done)
    number = re.search("番号 ([0-9a-f]{16})", out(done))[1]
    assert "合言葉" in out(done)
    said = json.loads(myna("record", "--receipt", number, "--json", *words).stdout)
    assert (said["outcome"], said["unit"]) == ("confirmed", "E02")
    said = json.loads(myna("posted", "--means", "郵送", "--json", *words).stdout)
    assert said["outcome"] == "posted" and said["rows"] > 0
    done = myna("recall", "--handover", number, "--because", "理由", *words)
    assert done.returncode == 0 and "わけは書いてありません" in out(done)
    assert Month.parse(said["month"]) == MONTHS[1]


def test_what_was_not_handed_over_and_whose_receipt_is_missing_is_to_do(published, monkeypatch):
    hand_over(published, "E02")
    monkeypatch.setenv("MYNA_TODAY", "2026-12-05")
    lines = (published.home.inbox / f"{MONTHS[1]}.csv").read_text(encoding="cp932").splitlines()
    later = MONTHS[1].plus(1)
    published.ingest(later, lines[1:], confirm=("STALE_COPY",))
    found = handed_matters(open_publication(published.home, published.params, later).opened)
    assert found == {"not_handed": 2, "no_receipt": 1}
    confirm_receipt(published.home, published.params, handovers(published.home)[0].id)
    again = handed_matters(open_publication(published.home, published.params, later).opened)
    assert again == {"not_handed": 2, "no_receipt": 0}
    now = handed_matters(open_publication(published.home, published.params, MONTHS[1]).opened)
    assert now == {"not_handed": 0, "no_receipt": 0}


def test_an_empty_list_need_not_be_handed_over(tmp_path):
    """去った事業所の 0 人のリストを、毎月「渡していない」と数えない。"""
    file = tmp_path / "internal" / "lists.csv"
    file.parent.mkdir()
    rows = ["E01,2026-09,3,1", "E02,2026-09,0,0", "E03,2026-09,0,2", "E02,2026-08,5,5"]
    file.write_text("\n".join(["employer_id,month,insured,family", *rows]), encoding="utf-8-sig")
    assert employers_with_somebody(tmp_path, Month.parse("2026-09")) == {"E01", "E03"}
