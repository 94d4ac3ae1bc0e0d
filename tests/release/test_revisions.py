"""黙って書きかえない：申出は版を作らず、訂正には版とわけがあり、前の版は置きかえ済みになり、リストは全て同じに取り下げる。"""

import json
import re
import stat
from pathlib import Path

import pytest
from commands import myna, out
from hypothesis import given, settings
from hypothesis import strategies as st
from societies import KEY_HEADER, MONTHS, SmallSociety, everybody, person
from typer.testing import CliRunner

from mynalib.capsules.comparison import comparing_tables
from mynalib.capsules.kept_tables import LISTED_FILE, read_listed
from mynalib.capsules.previous import read_previous
from mynalib.capsules.publication import open_publication
from mynalib.capsules.superseded import superseded
from mynalib.cli import app
from mynalib.domain.errors import Refused
from mynalib.domain.months import Month
from mynalib.domain.revision import CORRECTED, LISTS_ADDED, NOT_HANDED_OVER, RESTORED, Revision
from mynalib.history.ledger import Ledger
from mynalib.history.markers import VERSION_WITHDRAWN, markers, versions
from mynalib.history.months import kept_months
from mynalib.history.outdated import outdated_releases
from mynalib.history.released import read_manifest
from mynalib.release.unchanged import changed_facts
from mynalib.verbs.publish import publish
from mynalib.verbs.verify import verify
from mynalib.verbs.withdraw import withdraw_lists, withdraw_release

pytestmark = pytest.mark.large

OLDER, NEWEST = MONTHS
REMADE = "リストを作り直しました。"
BECAUSE = "<b>送り主</b>が 3 行を送り直したため"
LISTED_PERSON = "101,1015001,00"  # KINDS の三つ目（0,,,,1）。❶に載る


def tree(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def run(society: SmallSociety, *words: object) -> dict:
    """命令を打ち、--json の一つの物を読む。"""
    done = myna(*words, "--month", NEWEST, "--home", society.home.root, "--json")
    return json.loads(done.stdout) | {"code": done.returncode}


def without_note(page: bytes) -> bytes:
    """版のことを書いたところを除いたページ。"""
    unnamed = re.sub(rb'data-version="[^"]*"', b"", page)
    return re.sub(rb'<aside class="revision".*?</aside>', b"", unnamed, flags=re.DOTALL)


def note(page: Path) -> str:
    found = re.search(
        '<aside class="revision".*?</aside>', page.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    return found[0] if found else ""


def months_page(society: SmallSociety) -> str:
    return (society.home.reports / "index.html").read_text(encoding="utf-8")


def everyone_may_read(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IROTH)


def test_a_register_entry_makes_no_revision_and_the_lists_are_made_anew_or_withdrawn_for_all_alike(
    published,
):
    before = tree(published.release)
    published.object_to(LISTED_PERSON)
    said = myna("publish", "--month", NEWEST, "--home", published.home.root)
    assert said.returncode == 0
    assert "次の月のリストから効きます" in out(said)
    told = run(published, "publish")
    assert (told["outcome"], told["waits"], told["code"]) == ("unchanged", True, 0)
    assert tree(published.release) == before
    advised = re.search(r"myna (publish .*--not-handed-over)", out(said))[1].split()
    remade = json.loads(myna(*advised, "--json").stdout)
    assert (remade["outcome"], Path(remade["folder"]).name) == ("released", f"{NEWEST}-r2")
    after = tree(Path(remade["folder"]))
    inside = ("internal/", "manifest.json", "receipt.json")
    changed = {
        name
        for name in before
        if not name.startswith(inside) and without_note(before[name]) != without_note(after[name])
    }
    own = {f"employers/E01/{name}" for name in ("index.html", "lists.csv", "reminders.html")}
    assert changed == own | {
        f"employers/{code}/reminders_{code}_2026-10.xlsx" for code in ("E01", "E02", "E03")
    }
    pages = [*Path(remade["folder"]).rglob("*.html")]
    read_at_home = ("letters", "objection", "withdrawal")  # 手紙と、申出の用紙
    pages = [page for page in pages if not page.name.startswith(read_at_home)]
    assert {
        re.sub("<[^>]*>", "", note(page)).partition("使わないでください。")[2] for page in pages
    } == {REMADE}
    assert Ledger(published.home.ledger).lines()[-1]["revision"]["kind"] == NOT_HANDED_OVER
    again = run(published, "publish", "--not-handed-over")
    assert (again["outcome"], again["waits"]) == ("unchanged", False)
    gone = myna(
        "withdraw",
        "--lists",
        "--month",
        NEWEST,
        "--because",
        "誤って送ったため",
        "--home",
        published.home.root,
    )
    assert gone.returncode == 0, out(gone)
    assert tree(Path(remade["folder"])) == after
    marked = published.home.reports / f"{NEWEST}-r2.withdrawn.txt"
    for text in (marked.read_text(encoding="utf-8-sig"), months_page(published)):
        assert "全ての事業所の分を取り下げました" in text
        assert "誤って" not in text
    assert everyone_may_read(marked)
    assert (
        run(published, "withdraw", "--lists", "--because", "もう一度")["error"] == "UNKNOWN_RELEASE"
    )
    assert verify(published.home, published.params, NEWEST).folder.name == f"{NEWEST}-r2"


def test_a_corrected_file_makes_a_revision_that_says_what_changed_and_why(published, monkeypatch):
    first = tree(published.release)
    published.ingest(
        NEWEST, everybody()[:-2] + [person("101", 60 + more) for more in range(8)], replace=True
    )
    refused = run(published, "publish")
    assert (refused["outcome"], refused["error"]) == ("failed", "REASON_REQUIRED")
    assert "2026年10月のファイル" in refused["what"]
    assert f"myna publish --month {NEWEST} --because" in refused["fix"]
    assert run(published, "publish", "--draft")["error"] == "REASON_REQUIRED"
    done = run(published, "publish", "--because", BECAUSE)
    assert done["outcome"] == "released", done
    release = Path(done["folder"])
    pages = [
        release / "index.html",
        release / "management/index.html",
        release / "internal/index.html",
    ]
    pages += [release / "employers/E01/index.html", release / "employers/E01/reminders.html"]
    for page in pages:
        assert "第2版（2026年11月22日に作成）" in note(page), page
        assert "わけ：&lt;b&gt;送り主&lt;/b&gt;が 3 行を送り直したため" in note(page), page
        assert "変わったもの：2026年10月のファイル" in note(page), page
    assert "加入者（人）：115 → 121" in note(release / "internal/index.html")
    assert "加入者（人）：115 → 120" in note(release / "management/index.html")
    assert "加入者（人）：60 → 68" in note(release / "employers/E01/index.html")
    assert "→" not in note(release / "employers/E02/index.html")
    assert tree(published.release) == first
    replaced = published.home.reports / f"{NEWEST}.replaced.txt"
    assert f"{NEWEST} は、{NEWEST}-r2 に置きかえました" in replaced.read_text(encoding="utf-8-sig")
    assert BECAUSE in replaced.read_text(encoding="utf-8-sig")
    assert everyone_may_read(replaced)
    assert "置きかえ済み" in months_page(published)
    assert "&lt;b&gt;送り主" in months_page(published)
    monkeypatch.setenv("MYNA_TODAY", "2026-11-25")
    assert (published.publish().outcome, published.publish(because="もう一度").outcome) == (
        "unchanged",
        "unchanged",
    )
    drafted = published.publish(draft=True)
    assert read_manifest(drafted.folder)["artefacts"] == read_manifest(release)["artefacts"], (
        "同じ元なら、別の日も同じ"
    )
    assert f"{NEWEST}-r2（訂正前の版）" in drafted.comparison.read_text(encoding="utf-8")
    replaced.unlink()
    checked = json.loads(myna("check", "--home", published.home.root, "--json").stdout)
    assert any("2026-10.replaced.txt" in error for error in checked["errors"])
    assert run(published, "publish")["outcome"] == "unchanged"
    assert replaced.is_file()


def seen_before(society: SmallSociety) -> list[tuple[str, list[str], int]]:
    """いまの版のほかに、読み手の見た版：月、水準のある事業所、リストにいた人（人）。"""
    found = superseded(society.home, NEWEST, kept_months(society.home))
    return [
        (one.month, sorted(one.state.employer_id), int(one.listed.on_list.sum())) for one in found
    ]


def test_what_a_version_showed_stays_in_the_readers_hands_although_it_was_replaced_or_withdrawn(
    published,
):
    first = read_listed(published.release / LISTED_FILE)
    assert seen_before(published) == [], "いまの版は、いまの月として数える"
    published.object_to(LISTED_PERSON)
    remade = run(published, "publish", "--not-handed-over")
    assert (Path(remade["folder"]).name, seen_before(published)) == (f"{NEWEST}-r2", [])
    published.ingest(NEWEST, everybody()[:-1], replace=True)
    second = read_listed(published.home.reports / f"{NEWEST}-r2" / LISTED_FILE)
    employers = ["E01", "E02", "E03", "KENPO", "NOEMPLOYER", "OTHERS", "TOTAL"]
    hands = [(str(NEWEST), employers, int(second.on_list.sum()))]
    assert int(second.on_list.sum()) == int(first.on_list.sum()) - 1
    assert seen_before(published) == hands, "訂正する前の版は、もう見せてある"
    evidence = open_publication(published.home, published.params, NEWEST).outside.evidence
    assert {len(path) for paths in evidence.paths.values() for path in paths} == {3}, (
        "9 月、10 月の前の版、いま決める版"
    )
    assert len(evidence.past) == 2
    withdraw_release(published.home, published.params, f"{NEWEST}-r2", "やめる")
    assert seen_before(published) == hands, "取り下げても、手もとに残る"


def test_a_correction_after_an_objection_makes_no_list_to_compare_with_the_former(published):
    published.object_to(LISTED_PERSON)
    published.ingest(NEWEST, everybody()[:-1], replace=True)
    said = myna("publish", "--month", NEWEST, "--because", "訂正", "--home", published.home.root)
    assert said.returncode == 0
    assert "勧奨リストは、この版に入れていません" in out(said)
    release = published.home.reports / f"{NEWEST}-r2"
    assert [*release.rglob("reminders*")] == []
    assert "この版に、勧奨リストはありません" in (release / "employers/E01/index.html").read_text(
        encoding="utf-8"
    )
    again = run(published, "publish")
    assert again["outcome"] == "unchanged", "足りないリストとして、足されない"
    advised = re.search(r"myna (publish .*--not-handed-over)", out(said))[1].split()
    remade = Path(json.loads(myna(*advised, "--json").stdout)["folder"])
    assert (remade.name, len([*remade.rglob("reminders.html")])) == (f"{NEWEST}-r3", 3)


def approve(society: SmallSociety) -> dict:
    return run(society, "release", "--approved-by", "確認者")


def test_an_objection_between_the_draft_and_its_release_makes_no_list_to_compare(published):
    published.ingest(NEWEST, everybody()[:-1], replace=True)
    published.publish(draft=True, because="訂正")
    published.object_to(LISTED_PERSON)
    assert approve(published)["error"] == "DRAFT_CHANGED"
    done = approve(published)
    assert (done["outcome"], done["waits"]) == ("released", True)
    assert [*Path(done["folder"]).rglob("reminders*")] == []


def test_a_draft_of_lists_that_nobody_has_had_is_released_with_them(published):
    published.ingest(NEWEST, everybody()[:-1], replace=True)
    published.object_to(LISTED_PERSON)
    published.publish(draft=True, because="訂正", not_handed_over=True)
    done = approve(published)
    assert (done["outcome"], done["waits"]) == ("released", False)
    assert len([*Path(done["folder"]).rglob("reminders.html")]) == 3
    assert Ledger(published.home.ledger).lines()[-1]["revision"]["not_handed_over"], "台帳に残る"


def test_a_ledger_that_was_continued_cannot_say_that_nobody_objected(published):
    content = published.home.ledger.read_bytes().splitlines(keepends=True)
    at = next(at for at, line in enumerate(content) if b'"did": "prepared"' in line)
    published.home.ledger.write_bytes(b"".join([*content[:at], b"{}\n", *content[at + 1 :]]))
    done = myna(*("check", "--accept-ledger", "--because", "壊れた", "--home", published.home.root))
    assert "prepared" not in {line["did"] for line in Ledger(published.home.ledger).lines()}, out(
        done
    )
    published.ingest(NEWEST, everybody()[:-1], replace=True)
    corrected = run(published, "publish", "--because", "訂正")
    assert (corrected["outcome"], corrected["waits"]) == ("released", True)


def test_a_month_that_was_withdrawn_is_published_again_only_with_a_reason(published):
    withdraw_release(published.home, published.params, f"{NEWEST}", "やり直す")
    published.object_to(LISTED_PERSON)
    refused = run(published, "publish")
    assert (refused["error"], refused["code"]) == ("REASON_REQUIRED", 1)
    assert "前の版を取り下げています" in refused["what"]
    done = run(published, "publish", "--because", "表の見出しを直したため")
    release = Path(done["folder"])
    assert (release.name, done["waits"]) == (f"{NEWEST}-r2", True)
    assert "表の見出しを直したため" in note(release / "management/index.html")
    assert [*release.rglob("reminders*")] == []


def revised(home, month: Month = NEWEST) -> list[str]:
    """その月の、版ごとの作り直したわけ。"""
    lines = [
        line
        for line in Ledger(home.ledger).lines()
        if line["did"] == "released" and line["month"] == str(month)
    ]
    return [(line.get("revision") or {"kind": "first"})["kind"] for line in lines]


def test_a_draft_carries_its_reason_and_day_to_the_release(published, monkeypatch):
    published.ingest(NEWEST, everybody()[:-1], replace=True)
    assert published.publish(only="E01").outcome == "draft", (
        "一つの事業所だけの下書きは、公開しない"
    )
    drafted = published.publish(draft=True, because="  一行を\n取り除いた ")
    monkeypatch.setenv("MYNA_TODAY", "2026-11-24")
    where = ("--month", NEWEST, "--home", published.home.root, "--json")
    done = json.loads(myna("release", *where, "--approved-by", "確認者").stdout)
    assert done["outcome"] == "released", done
    assert read_manifest(Path(done["folder"]))["revision"]["because"] == "一行を 取り除いた"
    assert "2026年11月22日に作成" in note(Path(done["folder"]) / "index.html"), "見たとおりに"
    assert not drafted.folder.exists()
    (published.home.reports / f"{NEWEST}-r2" / "employers/E01/index.html").unlink()
    assert published.publish().outcome == "released", "壊れた公開は、わけがなくても作り直せる"
    assert revised(published.home) == ["first", CORRECTED, RESTORED]
    kept = {path.name for path in published.home.reports.glob("*.replaced.txt")}
    assert kept == {f"{NEWEST}.replaced.txt", f"{NEWEST}-r2.replaced.txt"}
    assert months_page(published).count("置きかえ済み") == 2


def states(society: SmallSociety) -> list[str]:
    """一覧に出る札。はじめの一つは、いちばん新しい公開のもの。"""
    return re.findall('<span class="badge state-[a-z]+">([^<]+)</span>', months_page(society))


def test_the_list_of_months_tells_a_draft_a_correction_and_a_withdrawal(published):
    assert states(published) == ["公開済", "公開済"]
    drafted = publish(published.home, published.params, OLDER, draft=True)
    assert states(published) == ["公開済", "公開済", "下書き"]
    assert f'"{OLDER}/' not in months_page(published), "下書きへは、つながない"
    said = (drafted.folder / "../index.css").read_text(encoding="utf-8")
    assert f'[data-version="{OLDER}"]' in said
    assert "まだ公開していません" in said
    assert verify(published.home, published.params, NEWEST)
    published.ingest(NEWEST, everybody()[:-1], replace=True)
    published.publish(because="一行を直した")
    assert states(published) == ["訂正 第2版", "訂正 第2版", "下書き"]
    withdraw_release(published.home, published.params, f"{NEWEST}-r2", "秘密のわけ")
    assert states(published) == ["取り下げ", "下書き"]
    assert f'"{NEWEST}-r2/' not in months_page(published)
    assert "秘密のわけ" not in months_page(published)


def test_lists_that_could_not_be_made_are_added_and_nothing_is_made_while_they_cannot_be(small):
    small.object_to("101,9999999,00")
    for expected in ("OPTOUT_UNRESOLVED", "OPTOUT_UNRESOLVED"):
        with pytest.raises(Refused) as stopped:
            small.publish(without=["E02", "E03"])
        assert stopped.value.code == expected
        assert revised(small.home) == ["first"]
    small.object_to()
    with pytest.raises(Refused) as stopped:
        small.publish(without=["E02", "E03"])
    assert (stopped.value.code, revised(small.home)) == ("REGISTER_SHRUNK", ["first"])
    answered = f"{KEY_HEADER},処理\r\n101,9999999,00,2026-10-15,退職\r\n"
    (small.home.registers / "optout.csv").write_text(answered, encoding="utf-8")
    added = small.publish(without=["E02", "E03"])
    assert (added.outcome, revised(small.home)) == ("released", ["first", LISTS_ADDED])
    assert REMADE in note(added.folder / "index.html")
    assert (added.folder / "employers/E01/reminders.html").is_file()


def refusal(run) -> str:
    with pytest.raises(Refused) as stopped:
        run()
    return stopped.value.code


def test_lists_are_made_anew_only_for_the_newest_released_month(small):
    def remake(month):
        return publish(small.home, small.params, month, not_handed_over=True)

    assert refusal(lambda: remake(OLDER)) == "STALE_MONTH"
    assert refusal(lambda: remake(NEWEST)) == "UNKNOWN_RELEASE"
    assert (
        refusal(lambda: withdraw_lists(small.home, small.params, NEWEST, "わけ"))
        == "UNKNOWN_RELEASE"
    )


@pytest.mark.parametrize(
    "words",
    [
        "--release 2026-10 --lists --month 2026-10",
        "--lists",
        "--release 2026-10 --month 2026-10",
        "",
    ],
)
def test_either_one_release_or_the_lists_of_one_month_are_withdrawn(words):
    assert CliRunner().invoke(app, ["withdraw", *words.split(), "--because", "わけ"]).exit_code == 2


# もとにした月の中身 --------------------------------------------------------------------------------------


def test_a_month_read_again_with_other_params_is_another_month_although_its_bytes_are_the_same(
    published,
):
    """九月の 103 を、登録簿にない記号にして読み直す。バイトは同じで、受け入れた行が違う。"""
    home = published.home
    before = [kept.intake["sha256"] for kept in kept_months(home)]
    assert outdated_releases(home, kept_months(home)) == []
    assert set(read_previous(home, NEWEST.plus(1), kept_months(home)).state.month) == {
        str(OLDER),
        str(NEWEST),
    }
    (home.params / "employers" / "E03.yaml").unlink()
    rows = [line.replace("20240401", "20240301") for line in everybody()]
    assert published.ingest(OLDER, rows, replace=True)["outcome"] == "loaded"
    months = kept_months(home)
    assert [kept.intake["sha256"] for kept in months] == before
    [outdated] = outdated_releases(home, months)
    assert outdated.changed == (OLDER,)
    assert f"myna publish --month {NEWEST} --because 理由" in outdated.problem.what
    assert set(read_previous(home, NEWEST.plus(1), months).state.month) == {str(NEWEST)}, (
        "前に見せた数を引きつがない"
    )
    changed = changed_facts(home, published.params, NEWEST, [], read_manifest(published.release))
    assert changed == ("2026年9月のファイル", "設定（params）")


# 札 --------------------------------------------------------------------------------------------------


def line_of(name: str, revision: Revision | None = None) -> dict:
    facts = revision.facts(with_changes=False) if revision else None
    return {"did": "released", "folder": name, "month": name[:7], "revision": facts}


@given(
    counts=st.dictionaries(st.integers(1, 9), st.integers(1, 4), max_size=4),
    withdrawn=st.booleans(),
    because=st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20),
)
@settings(max_examples=25, deadline=None)
def test_every_version_but_the_newest_of_its_month_has_its_marker(counts, withdrawn, because):
    names = [
        f"2026-{month:02}" + (f"-r{at}" if at > 1 else "")
        for month, many in counts.items()
        for at in range(1, many + 1)
    ]
    revision = Revision(2, "2026-11-22", "x", CORRECTED, because)
    lines = [line_of(name, revision if "-r" in name else None) for name in names]
    lines += (
        [{"did": "lists_withdrawn", "releases": names, "because": "秘密のわけ"}]
        if withdrawn
        else []
    )
    newest = {
        f"2026-{month:02}" + (f"-r{many}" if many > 1 else "") for month, many in counts.items()
    }
    expected = {f"{name}.replaced.txt" for name in names if name not in newest}
    expected |= {f"{name}.withdrawn.txt" for name in names if withdrawn}
    made = markers(lines)
    states = made.pop("index.css", b"").decode()
    assert set(made) == expected
    assert {name for name in names if f'[data-version="{name}"]' in states} == {
        name.partition(".")[0] for name in expected
    }
    assert all(because in made[name].decode("utf-8-sig") for name in expected if "replaced" in name)
    assert not any("秘密のわけ".encode() in content for content in made.values())
    assert [name for name, one in versions(lines).items() if not one.replaced_by] == sorted(newest)


@pytest.mark.parametrize("gone", ["2026-10", "2026-10-r2", "2026-10-r3"])
def test_a_withdrawn_version_says_so_beside_it_and_on_its_own_page(gone):
    names = ["2026-09", "2026-10", "2026-10-r2", "2026-10-r3"]
    lines = [line_of(name, Revision(2, "2026-11-22", "x", CORRECTED, "わけ")) for name in names]
    lines += [{"did": "withdrawn", "release": gone, "because": "秘密のわけ"}]
    made = {name: content.decode("utf-8-sig") for name, content in markers(lines).items()}
    assert {name for name in made if "withdrawn" in name} == {f"{gone}.withdrawn.txt"}
    assert made[f"{gone}.withdrawn.txt"] == f"{gone} は、{VERSION_WITHDRAWN}\r\n"
    said = dict(re.findall(r'version="([^"]+)"[^"]*"([^"]+)"', made["index.css"]))
    assert [name for name, text in said.items() if f"この版は、{VERSION_WITHDRAWN}" in text] == [
        gone
    ]
    # 取り下げた版を、開ける新しい版とは言わない
    older = {"2026-10", "2026-10-r2"}
    to_newest = {name for name, text in said.items() if "「資料の一覧」から開けます" in text}
    assert to_newest == (set() if gone == names[-1] else older)
    told = {name for name in older if f"{names[-1]} は、" in made[f"{name}.replaced.txt"]}
    assert told == (older if gone == names[-1] else set())
    assert "秘密のわけ" not in "".join(made.values())


def test_a_withdrawn_month_is_said_to_be_withdrawn_and_the_advice_publishes_it(published):
    withdraw_release(published.home, published.params, f"{NEWEST}", "やり直す")
    asked = ("--employer", "E02", "--to", "企画部", "--means", "社内便")
    for words in (("verify",), ("pdf",), ("handover", *asked)):
        refused = run(published, *words)
        assert "取り下げて" in refused["what"]
        [reason] = re.findall(f"myna publish --month {NEWEST} (--because 理由) で", refused["fix"])
    assert run(published, "publish", *reason.split())["outcome"] == "released"


@pytest.mark.parametrize("kind", [NOT_HANDED_OVER, LISTS_ADDED])
def test_lists_made_anew_say_the_same_words_whatever_the_reason(kind):
    made = Revision(2, "2026-11-22", "2026-10", kind)
    assert made.lines("E01") == [made.told[0], REMADE]


# 前の公開との比べ ------------------------------------------------------------------------------------------


def test_a_new_employer_and_one_that_vanished_explain_the_total_in_register_order(
    published, monkeypatch
):
    """二十二人の新しい事業所（A99。登録簿では E01 より前）が加わり、E03 の三人がいなくなる。"""
    monkeypatch.setenv("MYNA_TODAY", "2026-12-05")
    employer = (published.home.params / "employers" / "E02.yaml").read_text(encoding="utf-8")
    new = employer.replace("id: E02", "id: A99").replace('"102"', '"199"')
    (published.home.params / "employers" / "A99.yaml").write_text(new, encoding="utf-8")
    rows = [row for row in everybody() if not row.startswith("103,")]
    november = Month.parse("2026-11")
    published.ingest(
        november, [*rows, *(person("199", index) for index in range(22))], confirm=CONFIRMED
    )
    tables = comparing_tables(open_publication(published.home, published.params, november).outside)
    counts = tables["counts"]
    members = counts[counts["item"] == "加入者（人）"]
    found = {
        row.employer_id: (row.before, row.after, row.difference) for row in members.itertuples()
    }
    assert found == {"A99": (0, 22, 22), "E03": (3, 0, -3), "TOTAL": (115, 134, 19)}
    for _, rows in counts.groupby("item"):
        parts = rows[rows.employer_id != "TOTAL"].difference.sum()
        assert parts == rows[rows.employer_id == "TOTAL"].difference.sum()
    assert list(dict.fromkeys(counts.employer_id)) == ["A99", "E03", "TOTAL"]
    forms = tables["forms"].set_index("employer_id")
    assert forms.loc["A99", "was"] == "ない"
    lists = tables["lists"].set_index("employer_id")
    assert (lists.loc["A99", "came"] > 0, lists.loc["A99", "gone"], lists.loc["E03", "came"]) == (
        True,
        0,
        0,
    )


CONFIRMED = ("SUSPICIOUS_DROP", "SUSPICIOUS_CHANGE", "STALE_COPY")
