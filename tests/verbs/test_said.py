"""命令が済んだことを知らせる文：一つの文が、一行に。"""

from itertools import product
from pathlib import Path

import pytest

from mynalib.cli.answer import say
from mynalib.history.home import Home

PUBLISHED = [
    {
        "outcome": outcome,
        "waits": waits,
        "lists_from": later,
        "review": review,
        "comparison": review,
    }
    for outcome, waits, later, review in product(
        ("released", "unchanged", "draft"), (True, False), (None, "2026-10"), (None, "x.html")
    )
]
MORE = {"month": "2026-09", "at": "", "only": None, "index": "index.html", "artefacts": 3}
MORE |= {"given": False, "withdrawn": False}


def lines_of(capsys, verb: str, result: dict, **more: object) -> list[str]:
    say(False, verb, result, Home(Path("place")), **more)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("asked", PUBLISHED, ids=str)
def test_each_sentence_about_a_publication_has_its_own_line(capsys, asked):
    asked = asked | {"without": ["E07"]}
    lines = lines_of(capsys, "publish", asked, **MORE)
    assert all(line and "  " not in line.strip() for line in lines)
    assert sum(line.startswith("  myna ") for line in lines) == (
        2 * asked["waits"] + (asked["outcome"] == "draft")
    )


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("withdrawn", [False, True])
def test_only_what_will_not_be_refused_is_advised_when_the_registers_changed(
    capsys, given, withdrawn
):
    more = MORE | {"given": given, "withdrawn": withdrawn}
    for asked in PUBLISHED:
        lines = lines_of(capsys, "publish", asked | {"without": []}, **more)
        assert all(line and "  " not in line.strip() for line in lines)
        said = "\n".join(lines)
        assert ("--not-handed-over" in said) == (asked["waits"] and not given)
        assert ("withdraw --lists" in said) == (asked["waits"] and not withdrawn)
        assert ("もう取り下げています" in said) == (asked["waits"] and withdrawn)


@pytest.mark.parametrize("without", [[], ["E07"], ["E03", "E07"]])
def test_lists_are_advised_to_be_made_anew_without_whom_the_release_leaves_out(capsys, without):
    asked = PUBLISHED[0] | {"without": without}
    words = "".join(f" --without {one}" for one in without)
    assert f"  myna publish --month 2026-09{words} --not-handed-over" in lines_of(
        capsys, "publish", asked, **MORE
    )


@pytest.mark.parametrize("outdated", [[], ["2026-09"], ["2026-08"]])
def test_what_comes_next_after_a_month_was_replaced_needs_a_reason(capsys, outdated):
    result = {"outcome": "loaded", "month": "2026-09", "data_rows": 3, "accepted": 3}
    result |= {"quarantined": 0, "reasons": {}, "outdated": outdated}
    lines = lines_of(capsys, "ingest", result, kind="month", at="", held=[], stops=[])
    assert not any("  " in line.strip() for line in lines)
    publishing = [line for line in lines if "myna publish --month 2026-09" in line]
    assert [("--because" in line) for line in publishing] == ["2026-09" in outdated]


def test_that_nothing_is_held_about_a_person_stands_on_a_line_of_its_own(capsys):
    none = {name: [] for name in ("months", "lists", "handovers", "draws", "registers")}
    lines = lines_of(capsys, "explain", {"outcome": "unknown", **none})
    assert lines[0] == "この人のことは、どの月にも、リストにも、名簿にもありません。"
    assert lines.count("  ありません。") == len(none)
