"""読み終えた月を、置いてある月と比べる：同じ月と同じ結果か、ほかの月の写しか、ほかの人々の月か。ファイルではなく、中身で決める。"""

import glob
import json
import shutil
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from mynalib.domain.employers import FOLD_FROM, FOLD_TO, NO_EMPLOYER, Registry
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.files import sha256
from mynalib.history.months import MONTH_TABLES, KeptMonth, verify_month
from mynalib.intake.gates import is_copy
from mynalib.intake.shares import WHOLE, Codes, Counts, Stayed
from mynalib.intake.workbench import Workbench

ENOUGH = 200_000  # 写しか、ほかの人々かは、これだけの人を見れば分かる


def same_as_kept(kept: KeptMonth, staged: Path, facts: dict) -> bool:
    """staged の月が、置いてある月と同じか：同じファイルから、同じ人と同じ隔離が、同じ人数で読めたか。

    Args:
        facts: 読んだ結果（Intake.as_dict）。置いた月にない項目（前の版の道具が置いた月）は、比べない。
    Raises:
        MonthDamaged: 置いてある月が、置いたときのままでない。
    """
    # 置いた月の記録は、JSON を通っている。組を一覧にそろえてから比べる
    known = json.loads(
        json.dumps({name: fact for name, fact in facts.items() if name in kept.intake})
    )
    if known != {name: kept.intake[name] for name in known}:
        return False
    # 数が違えば、ファイルは読まずに済む。同じときだけ、置いた月が本物かを確かめて、行を比べる
    verify_month(kept)
    return all(
        _same_table(kept.folder / name, staged / name, kept.intake["files"][name])
        for name in MONTH_TABLES
    )


def _same_table(kept: Path, staged: Path, digest: str) -> bool:
    """同じバイト列か、（書いた DuckDB の版が違っても）同じ行か。"""
    if sha256(staged) == digest:
        return True
    with _bench(staged) as bench:
        [(rows,)] = bench.run("different_rows", one=_pattern(kept), other=_pattern(staged))
        return rows == 0


def copied_months(staged: Path, members: int, candidates: Collection[KeptMonth]) -> list[Month]:
    """staged の人（members 人）がその写しである月。candidates は、数だけでは写しでないと言えない月。

    Raises:
        MonthDamaged: 比べる月が、置いたときのままでない。
    """
    return [
        kept.month for kept in candidates if _is_copy_of(kept, staged / MONTH_TABLES[0], members)
    ]


def _is_copy_of(kept: KeptMonth, new: Path, members: int) -> bool:
    verify_month(kept)
    paths = {"new": _pattern(new), "old": _pattern(kept.members)}
    # 例：1,000 万人なら 50 に一つの番号、およそ 20 万人。40 万人に満たなければ、全員
    every = max(1, members // ENOUGH)
    with _bench(new) as bench:
        [(fresh, seen)] = bench.run(
            "fresh_rows", **paths, every=every, fold_from=FOLD_FROM, fold_to=FOLD_TO
        )
    return is_copy(fresh, seen)


def stayed_people(staged: Path, members: int, last: KeptMonth, registry: Registry) -> list[Stayed]:
    """last の月の人が、staged（members 人）にどれだけ残っているか。全体（記号は問わない）と、二つの月のどちらにもある記号ごと。

    Args:
        registry: staged の月の登録簿。記号を、事業所の名で言うため。
    Raises:
        MonthDamaged: 比べる月が、置いたときのままでない。
    """
    verify_month(last)
    new = staged / MONTH_TABLES[0]
    paths = {"new": _pattern(new), "old": _pattern(last.members)}
    with _bench(new) as bench:
        rows = bench.run(
            "stayed_rows",
            **paths,
            every=max(1, members // ENOUGH),
            fold_from=FOLD_FROM,
            fold_to=FOLD_TO,
        )
    # 一つの記号を、番号で分け合う事業所もある
    owners: dict[str, list[str]] = {"": [WHOLE]}
    for entry in registry.entries:
        owners.setdefault(entry.folded, []).append(entry.employer_id or NO_EMPLOYER)
    return [
        Stayed("・".join(dict.fromkeys(owners[symbol])), had, still) for symbol, had, still in rows
    ]


def codes_of(kept: KeptMonth, params: Params) -> dict[str, Counts]:
    """置いてある月の、事業所ごとのコードの組の人数。前の版の道具は、これを intake.json に書かなかった。"""
    from mynalib.history.lens import Lens  # pandas の読みこみは、要るときだけ

    verify_month(kept)
    with Lens([kept], params) as lens:
        rows = lens.query("codes").itertuples(index=False)
    codes: dict[str, dict[Codes, int]] = {}
    for employer, state, kind, flag, *dates, people in rows:
        each = Codes(state, _given(kind), _given(flag), *dates)
        codes.setdefault(employer, {})[each] = people
    return codes


def _given(code: int) -> int | None:
    return None if code < 0 else code


@contextmanager
def _bench(beside: Path) -> Iterator[Workbench]:
    """途中のものを、書きかけの月のフォルダーの中だけに置く作業台。"""
    spill = beside.with_name("spill")
    with closing(Workbench(spill, beside.name)) as bench:
        yield bench
    shutil.rmtree(spill, ignore_errors=True)


def _pattern(path: Path) -> str:
    return glob.escape(str(path))
