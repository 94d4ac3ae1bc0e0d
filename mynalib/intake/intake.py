"""一つのファイルの判定：読み終えた作業台を数えて作る。役に立たないファイルは、ここで断る。"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from mynalib.domain.employers import NO_EMPLOYER, Registry
from mynalib.domain.errors import SHOWN, Problem, Refused
from mynalib.domain.months import Month
from mynalib.intake.copying import Copied
from mynalib.intake.faults import described
from mynalib.intake.shares import Codes
from mynalib.intake.workbench import Workbench


@dataclass(frozen=True)
class Head:
    """人数。members 加入者、registered そのうち登録済（状態 1）の人。"""

    members: int
    registered: int


@dataclass(frozen=True)
class Intake:
    """受け取ったファイルと、行の行き先。accepted + quarantined = data_rows。人の値は持たない。

    sha256・bytes は届いたままのファイルのもの。reasons は {理由: 行}、by_employer は {事業所か NOEMPLOYER: 人数}、
    codes は {事業所か NOEMPLOYER: コードの組（shares.Codes）と人数}、later_dates は月末より後の日付のある人の数、
    unknown_symbols は登録簿にない記号ごとの（行の数、はじめの行番号たち）、
    notes は断るほどではないが知らせること {名: 数}：
        branch_zero_lost  0 が落ちて一桁になっていた枝番を、二桁に直した人
        no_final_newline  最後の行が改行で終わっていない（1）
    """

    sha256: str
    bytes: int
    encoding: str
    header: bool
    delimiter: str
    data_rows: int
    accepted: int
    quarantined: int
    reasons: Mapping[str, int]
    by_employer: Mapping[str, Head]
    codes: Mapping[str, Sequence[tuple]]
    later_dates: int
    unknown_symbols: Sequence[tuple[int, list[int]]] = ()
    notes: Mapping[str, int] = field(default_factory=dict)

    @property
    def registered(self) -> int:
        return sum(head.registered for head in self.by_employer.values())

    def as_dict(self) -> dict[str, Any]:
        """intake.json に書く形。"""
        return asdict(self)


def judge(bench: Workbench, copied: Copied, registry: Registry, month: Month, where: str) -> Intake:
    """隔離を除いた後の作業台を数える。

    Raises: Refused ENCODING（半分を超える行が読めない）、ALL_BAD（受け取れる行がない）。
    """
    intake = _summed(bench, copied, registry, month)
    unread = intake.reasons.get("ENCODING", 0)
    # 読めない行が半分を超えれば、壊れた行ではなく、文字コードが違う
    if 2 * unread > intake.data_rows:
        raise Refused(
            "ENCODING",
            where=where,
            what=f"{unread} 行に読めない文字があります",
            fix="society.yaml の file.encoding を auto にするか、UTF-8 か シフト JIS で受け取り直してください。",
        )
    if not intake.accepted:
        shown = bench.run("first_quarantined", shown=SHOWN)
        problems = [
            Problem(f"{line} 行目", described(reason, column)) for line, reason, column in shown
        ]
        raise Refused(
            "ALL_BAD",
            where=where,
            what=f"{intake.quarantined} 行のうち、受け取れる行が一つもありません",
            fix="登録簿と、ファイルの列の並びを確かめてください。",
            problems=problems,
        )
    return intake


@dataclass(frozen=True)
class _Row:
    """summary.sql の一行。"""

    employer: str
    codes: Codes
    people: int
    short_branches: int
    later: int


def _summed(bench: Workbench, copied: Copied, registry: Registry, month: Month) -> Intake:
    rows = list(_rows(bench, registry, month))
    reasons = dict(bench.run("reasons"))
    accepted = sum(row.people for row in rows)
    quarantined = sum(reasons.values())
    notes = {
        "branch_zero_lost": sum(row.short_branches for row in rows),
        "no_final_newline": int(copied.unfinished),
    }
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
        by_employer=_by_employer(rows),
        codes=_codes(rows),
        later_dates=sum(row.later for row in rows),
        unknown_symbols=bench.run("unknown", shown=SHOWN) if "UNKNOWN_KIGO" in reasons else (),
        notes={name: count for name, count in notes.items() if count},
    )


def _rows(bench: Workbench, registry: Registry, month: Month) -> Iterator[_Row]:
    first = month.end.replace(day=1)
    for entry, *codes, people, short_branches, later in bench.run(
        "summary", first=first, last=month.end
    ):
        employer = registry.entries[entry].employer_id or NO_EMPLOYER
        yield _Row(employer, Codes(*codes), people, short_branches, later)


def _by_employer(rows: Sequence[_Row]) -> dict[str, Head]:
    heads: dict[str, Head] = defaultdict(lambda: Head(0, 0))
    for row in rows:
        head = heads[row.employer]
        # 状態は 0 か 1 なので、掛ければ登録済の人数になる
        heads[row.employer] = Head(
            head.members + row.people, head.registered + row.people * row.codes.state
        )
    return dict(sorted(heads.items()))


def _codes(rows: Sequence[_Row]) -> dict[str, list[tuple]]:
    counts: dict[tuple[str, Codes], int] = defaultdict(int)
    for row in rows:
        counts[row.employer, row.codes] += row.people
    codes: dict[str, list[tuple]] = {}
    # 区分とフラグには None（空欄）と数があり、そのままでは大小を比べられない
    for employer, each in sorted(counts, key=repr):
        codes.setdefault(employer, []).append((*each, counts[employer, each]))
    return codes
