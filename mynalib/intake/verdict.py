"""読み終えた作業台から、ファイルの判定を作る。役に立たないファイルは、ここで断る。"""

from collections import defaultdict
from collections.abc import Sequence

from mynalib.domain.employers import Registry
from mynalib.domain.errors import SHOWN, Problem, Refused
from mynalib.intake.copying import Copied
from mynalib.intake.faults import described
from mynalib.intake.intake import NO_EMPLOYER, Head, Intake
from mynalib.intake.workbench import Workbench


def judge(bench: Workbench, copied: Copied, registry: Registry, where: str) -> Intake:
    """隔離を除いた後の作業台を数える。

    Raises: Refused ENCODING（半分を超える行が読めない）、ALL_BAD（受け取れる行がない）。
    """
    intake = _summed(bench, copied, registry)
    _refuse_unreadable(intake, where)
    if not intake.accepted:
        raise _all_bad(bench, intake, where)
    return intake


def _summed(bench: Workbench, copied: Copied, registry: Registry) -> Intake:
    rows = bench.run("summary")
    reasons = dict(bench.run("reasons"))
    accepted, quarantined = sum(row[1] for row in rows), sum(reasons.values())
    notes = {"branch_zero_lost": sum(row[3] for row in rows), "no_final_newline": int(copied.unfinished)}
    return Intake(
        sha256=copied.sha256,
        bytes=copied.bytes,
        encoding=copied.encoding,
        header=copied.layout.header,
        delimiter=copied.layout.delimiter,
        data_rows=accepted + quarantined,
        accepted=accepted,
        quarantined=quarantined,
        reasons=reasons,
        by_employer=_by_employer(rows, registry),
        unknown_symbols=bench.run("unknown", shown=SHOWN) if "UNKNOWN_KIGO" in reasons else (),
        notes={name: count for name, count in notes.items() if count},
    )


def _by_employer(rows: Sequence[tuple], registry: Registry) -> dict[str, Head]:
    heads: dict[str, Head] = defaultdict(lambda: Head(0, 0))
    for entry, members, registered, _ in rows:
        employer = registry.entries[entry].employer_id or NO_EMPLOYER
        heads[employer] = Head(heads[employer].members + members, heads[employer].registered + registered)
    return dict(sorted(heads.items()))


def _refuse_unreadable(intake: Intake, where: str) -> None:
    unread = intake.reasons.get("ENCODING", 0)
    if 2 * unread > intake.data_rows:
        raise Refused("ENCODING", where=where, why="unreadable_rows", rows=unread)


def _all_bad(bench: Workbench, intake: Intake, where: str) -> Refused:
    shown = bench.run("first_quarantined", shown=SHOWN)
    problems = [Problem(f"{line} 行目", described(reason, column)) for line, reason, column in shown]
    return Refused("ALL_BAD", where=where, rows=intake.quarantined, problems=problems)
