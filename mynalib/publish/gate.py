"""点検：公開する前の木を開き直し、作り方で守ったはずのことを、出来たもので確かめる。"""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import nbformat
import pandas as pd

from mynalib.domain.errors import MynaError, Problem
from mynalib.history.lens import Lens
from mynalib.history.released import differences
from mynalib.insight import disclosure, display
from mynalib.insight.attack import TOTAL
from mynalib.insight.disclosure import RATE_COLUMNS, Terms
from mynalib.insight.measures import COUNTS
from mynalib.publish.capsules import Source, notes, rows_of
from mynalib.publish.catalogue import EDITIONS, notebook_path
from mynalib.publish.earlier import RATES, read_rates
from mynalib.publish.provenance import unlisted_numbers
from mynalib.publish.scan import scan_release

WIDE = "management"


class GateFailed(MynaError):
    """公開の前の点検で、あってはならないものが見つかった。"""

    code = "GATE_FAILED"


def inspect(source: Source, release: Path, artefacts: list[dict], again: bool = False) -> None:
    """点検。一つでも見つかれば GateFailed（見つけた値は言わない）。前の公開は、そのまま残る。

    Args:
        again: 公開したあとの確かめ。名簿はあとで変わるので、攻撃した表との突き合わせはしない。
    """
    problems = [*differences(release, artefacts)]
    numbers = partial(_listed, source), partial(_somebodys, source)
    problems += scan_release(release, artefacts, *numbers, source.params.society.demo)
    if (release / WIDE).is_dir():
        problems += [] if again else _unlike_attacked(source, release)
        problems += _wide_problems(source, release, artefacts)
    if problems:
        raise GateFailed(where=f"{source.month.label}の点検", count=len(problems), problems=problems)


def _listed(source: Source, employer: str) -> set[str]:
    return {number.lstrip("0") for number in rows_of(source.reminders, employer).number}


def _somebodys(source: Source, numbers: set[str]) -> set[str]:
    with Lens(source.months) as lens:
        lens.put("asked", pd.DataFrame({"number_key": sorted(numbers)}, dtype="str"))
        return set(lens.query("keys_asked").number_key)


def _unlike_attacked(source: Source, release: Path) -> Iterator[Problem]:
    """広く配る版が、攻撃に耐えると確かめた表とちょうど同じか。"""
    terms = Terms("wide", source.policy, also=tuple(source.also))
    pair = (disclosure.rates(source.basis, terms).frame, read_rates(release / RATES))
    checked, written = (one.set_index(["month", "employer_id"])[RATE_COLUMNS].astype("Float64") for one in pair)
    if not checked.equals(written):
        yield Problem(f"{WIDE}/rates.csv", "攻撃に耐えると確かめた表と違う")


def _wide_problems(source: Source, release: Path, artefacts: list[dict]) -> Iterator[Problem]:
    """広く配る版：計が合い、cells.json にない数がないか。"""
    folder, written = release / WIDE, read_rates(release / RATES)
    whole = written[(written.employer_id != TOTAL) & written[["members", "registered", "usable"]].notna().all(axis=1)]
    sums = whole.groupby("month")[COUNTS].sum(min_count=1)
    totals = written[written.employer_id == TOTAL].set_index("month")[COUNTS]
    if not sums.reindex(totals.index).equals(totals):
        yield Problem(f"{WIDE}/rates.csv", "全体の行が、見せた行の計と違う")
    cells = json.loads((folder / "cells.json").read_text(encoding="utf-8"))["cells"]
    cells += [{"value": goal.value} for goal in source.params.society.targets]
    fixed = _fixed_texts(source)
    for path in [release / one["path"] for one in artefacts if one["level"] == "publishable"]:
        listed = cells if path.parent == folder else []
        if path.suffix in (".html", ".csv") and unlisted_numbers(path, listed, fixed):
            yield Problem(path.relative_to(release).as_posix(), "cells.json にない数がある")


def _fixed_texts(source: Source) -> list[str]:
    """ページに現れてよい、数の入った決まった文と名。"""
    wide = next(edition for edition in EDITIONS if edition.audience == "wide")
    cells = nbformat.read(notebook_path(wide.notebook, source.home), as_version=4).cells
    lines = [line.lstrip("#*- ") for cell in cells if cell.cell_type == "markdown" for line in cell.source.splitlines()]
    names = [text for employer in source.params.employers for text in (employer.id, employer.name)]
    cards = f"{len(list(source.params.notified(source.month.end)))} 件"
    fixed = [display.legend(Terms("wide", source.policy)), *display.words("next_steps"), *notes(source, wide)]
    return [*lines, *names, cards, source.params.society.name, *fixed]
