"""前の月を直したあと、合わなくなった公開を、ingest・check・verify が言い、言われた命令で合うようになる。"""

import json
from pathlib import Path

import pytest
from commands import myna, out
from hypothesis import given, settings
from hypothesis import strategies as st
from societies import HEADER, MONTHS, everybody

from mynalib.domain.months import Month
from mynalib.history.home import Home
from mynalib.history.months import KeptMonth, kept_months
from mynalib.history.outdated import outdated_releases

pytestmark = pytest.mark.large

OLDER, NEWEST = map(str, MONTHS)
ADVICE = f"{NEWEST} の公開は、そのあとに取り込みなおした月と合いません。myna publish --month {NEWEST} --because 理由"


def rows(day: str) -> list[str]:
    return [line.replace("20240401", day) for line in everybody()]


def test_after_an_earlier_month_is_corrected_every_command_says_which_release_to_make_again(
    published,
):
    home, file = published.home, published.home.inbox / "直した.csv"
    where = ("--home", home.root)
    assert json.loads(myna("verify", "--month", NEWEST, *where, "--json").stdout)["outdated"] == []
    file.write_bytes("\r\n".join([HEADER, *rows("20240301")[1:], ""]).encode("cp932"))
    loaded = myna("ingest", file, "--month", OLDER, "--replace", *where)
    assert loaded.returncode == 0, out(loaded)
    assert ADVICE in out(loaded)
    checked = json.loads(myna("check", *where, "--json").stdout)
    assert (checked["errors"], checked["outcome"]) == ([], "ok")
    assert checked["warnings"][0].startswith("2026年10月の公開：")
    assert "2026年9月" in checked["warnings"][0]
    verified = myna("verify", "--month", NEWEST, *where)
    assert (verified.returncode, ADVICE in out(verified)) == (0, True)
    advised = myna(*ADVICE.partition("myna ")[2].split(), *where)
    assert advised.returncode == 0, out(advised)
    assert json.loads(myna("verify", "--month", NEWEST, *where, "--json").stdout)["outdated"] == []
    assert outdated_releases(home, kept_months(home)) == []


def home_with(folder, releases: dict[str, object]) -> Home:
    home = Home(folder)
    for name, content in releases.items():
        place = home.reports / name
        place.mkdir(parents=True)
        text = content if isinstance(content, str) else json.dumps({"inputs": content})
        (place / "manifest.json").write_text(text, encoding="utf-8")
    return home


def used(**months: str) -> list[dict]:
    """manifest の inputs。届いたバイトは、いつも前と違う（中身の members で決まる）。"""
    names = {name.removeprefix("m").replace("_", "-"): digest for name, digest in months.items()}
    return [
        {"month": name, "sha256": f"送り直し {digest}", "members": digest}
        for name, digest in names.items()
    ]


def used_without_members(**months: str) -> list[dict]:
    """前の版の道具の manifest。"""
    return [{"month": one["month"], "sha256": one["members"]} for one in used(**months)]


def months(**digests: str) -> list[KeptMonth]:
    facts = {one["month"]: one["members"] for one in used(**digests)}
    return [
        KeptMonth(
            Month.parse(name), Path(), {"sha256": digest, "files": {"members.parquet": digest}}
        )
        for name, digest in facts.items()
    ]


NOW = {"m2026_08": "a", "m2026_09": "b", "m2026_10": "c"}
RELEASES = {
    "そのまま": ({"2026-10": used(**NOW)}, {}),
    "前の月を直した": ({"2026-10": used(**NOW | {"m2026_09": "x"})}, {"2026-10": ["2026-09"]}),
    "その月を直した": ({"2026-10": used(**NOW | {"m2026_10": "x"})}, {"2026-10": ["2026-10"]}),
    "あとの月を直した": ({"2026-08": used(m2026_08="a")}, {}),
    "前の月を加えた": ({"2026-10": used(m2026_09="b", m2026_10="c")}, {"2026-10": ["2026-08"]}),
    "消した月": ({"2026-10": used(m2026_07="z", **NOW)}, {}),
    "二つの公開": (
        {"2026-09": used(m2026_08="x", m2026_09="b"), "2026-10": used(**NOW | {"m2026_08": "x"})},
        {"2026-09": ["2026-08"], "2026-10": ["2026-08"]},
    ),
    "訂正した版だけを見る": (
        {"2026-10": used(**NOW | {"m2026_09": "x"}), "2026-10-r2": used(**NOW)},
        {},
    ),
    "前の版の道具": ({"2026-10": used_without_members(**NOW)}, {}),
    "前の版の道具で、直した": (
        {"2026-10": used_without_members(**NOW | {"m2026_09": "x"})},
        {"2026-10": ["2026-09"]},
    ),
    "読めない manifest": ({"2026-10": "壊れた"}, {}),
    "形の違う manifest": ({"2026-10": "[1]"}, {}),
}


@pytest.mark.parametrize(("released", "expected"), RELEASES.values(), ids=RELEASES)
def test_a_release_is_compared_with_the_months_as_they_are_now(tmp_path, released, expected):
    found = outdated_releases(home_with(tmp_path, released), months(**NOW))
    assert {
        str(each.released): [str(month) for month in each.changed] for each in found
    } == expected


@pytest.mark.parametrize(
    ("withdrawn", "outdated"),
    [("2026-10-r2", False), ("2026-10", True), ("2026-09", True)],
    ids=["いちばん新しい版", "前の版", "ほかの月"],
)
def test_a_month_whose_newest_version_was_withdrawn_has_no_release_to_make_again(
    tmp_path, withdrawn, outdated
):
    wrong = used(**NOW | {"m2026_09": "x"})
    home = home_with(tmp_path, {"2026-10": wrong, "2026-10-r2": wrong})
    (home.reports / f"{withdrawn}.withdrawn.txt").touch()
    assert bool(outdated_releases(home, months(**NOW))) == outdated


def test_withdrawing_the_outdated_release_ends_the_advice_to_make_it_again(published):
    home, where = published.home, ("--home", published.home.root)
    file = home.inbox / "直した.csv"
    file.write_bytes("\r\n".join([HEADER, *rows("20240301")[1:], ""]).encode("cp932"))
    assert myna("ingest", file, "--month", OLDER, "--replace", *where).returncode == 0
    assert len(outdated_releases(home, kept_months(home))) == 1
    said = myna("withdraw", "--release", NEWEST, "--because", "誤り", *where)
    assert said.returncode == 0, out(said)
    assert outdated_releases(home, kept_months(home)) == []


@given(before=st.lists(st.sampled_from("ab"), min_size=3, max_size=3))
@settings(max_examples=8, deadline=None)
def test_exactly_the_months_that_changed_are_named(tmp_path_factory, before):
    used_then = dict(zip(NOW, before, strict=True))
    home = home_with(tmp_path_factory.mktemp("home"), {"2026-10": used(**used_then)})
    changed = [
        name.removeprefix("m").replace("_", "-") for name in NOW if used_then[name] != NOW[name]
    ]
    found = [
        str(month) for each in outdated_releases(home, months(**NOW)) for month in each.changed
    ]
    assert found == changed
