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


def lines_of(capsys, verb: str, result: dict, **more: object) -> list[str]:
    say(False, verb, result, Home(Path("place")), **more)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("asked", PUBLISHED, ids=str)
def test_each_sentence_about_a_publication_has_its_own_line(capsys, asked):
    more = {"month": "2026-09", "at": "", "only": None, "index": "index.html", "artefacts": 3}
    lines = lines_of(capsys, "publish", asked, **more)
    assert all(line and "  " not in line.strip() for line in lines)
    assert sum(line.startswith("  myna ") for line in lines) == (
        2 * asked["waits"] + (asked["outcome"] == "draft")
    )


def test_that_nothing_is_held_about_a_person_stands_on_a_line_of_its_own(capsys):
    none = {name: [] for name in ("months", "lists", "handovers", "draws", "registers")}
    lines = lines_of(capsys, "explain", {"outcome": "unknown", **none})
    assert lines[0] == "この人のことは、どの月にも、リストにも、名簿にもありません。"
    assert lines.count("  ありません。") == len(none)
