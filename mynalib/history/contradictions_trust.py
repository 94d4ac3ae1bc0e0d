"""食い違いの記憶のファイルを信じてよいか：台帳に最後に書いたものと同じで、今ある月から作ったものか。"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mynalib.domain.classification import decisions
from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.domain.shipped import shipped_text
from mynalib.domain.succession import successions
from mynalib.history.files import replace_file, sha256, sha256_of
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.months import KeptMonth
from mynalib.history.steps import STEPS


class MemoryDamaged(MynaError):
    """食い違いの記憶が、無いか、台帳に書いたものでない。"""

    code = "KEPT_BACK_UNREADABLE"
    what = "無いか、台帳に最後に書いたものではありません（古い写しか、書きかえたもの）"
    fix = (
        "月を消したことがなければ、次の ingest か publish が、月から作り直します。"
        "消したことがあれば、最後に月を消したあとのバックアップから戻してください。そのあとの月の分は、作り直します。"
    )


@dataclass(frozen=True)
class Standing:
    """記憶のファイルの今。

    Attributes:
        usable: 中の行を信じてよい（消した月の分は、ここにしかない）。
        since: この月から後を、月から数え直す。None なら、数え直すことはない。
        rebuildable: 信じられなくても、月が全て残っているので、はじめから作り直せる。
        recorded: 台帳に最後に書いた記憶（memory_sha256 と memory_from）。なければ空。
    """

    usable: bool
    since: Month | None
    rebuildable: bool
    recorded: dict


def origins(months: Sequence[KeptMonth], params: Params) -> dict[str, str]:
    """月のフォルダーから、その月の記憶を決めるもの（中身、規則、登録簿、記号の引きつぎ）のハッシュへ。"""
    chains = successions(params)
    return {kept.folder.name: _origin(kept, params, chains) for kept in months}


def _origin(kept: KeptMonth, params: Params, chains: Sequence) -> str:
    entries = [vars(entry) for entry in params.registry(kept.month).entries]
    followed = [str(chain) for chain in chains if chain.last <= kept.month]
    # はじめの 32 桁（128 ビット）で、台帳の行を短くする
    return sha256_of([sha256(kept.folder / "intake.json"), _rules(), entries, followed])[:32]


@cache
def _rules() -> str:
    """判定表と、記憶を決める SQL のハッシュ。どれかが変われば、月から数え直す。"""
    # SQL は文字のまま要約する。注釈だけを直しても数え直すが、同じ記憶になる
    queries = [
        shipped_text(f"history/sql/{name}.sql") for name in ("member", "judged", "lineage", *STEPS)
    ]
    return sha256_of([decisions(), *queries])


def standing(home: Home, months: Sequence[KeptMonth], params: Params) -> Standing:
    """記憶のファイルを信じてよいか、どこから数え直すか。

    台帳に最後に書いた記憶だけが、そのまま使える。前に書いた記憶（古い写し）は、消した月を全て見たあとのものなら、
    残っている月から全て数え直して使う。
    """
    lines = Ledger(home.ledger).lines()
    file = memory_file(home)
    records = [at for at, line in enumerate(lines) if "memory_sha256" in line]
    recorded = _record(lines[records[-1]]) if records else {}
    first = months[0].month if months else None
    gone = _purged(lines)
    digest = sha256(file) if file.is_file() else ""
    written = [at for at in records if lines[at]["memory_sha256"] == digest]
    if not written:
        return Standing(False, first, not gone, recorded)
    record = _record(lines[written[-1]])
    # いちばん新しい記憶。消した月の分も、信じてよい
    if record == recorded:
        return Standing(
            True,
            _first_changed(record["memory_from"], origins(months, params), gone),
            not gone,
            recorded,
        )
    return Standing(_saw(record, gone, _purged(lines[: written[-1]])), first, not gone, recorded)


def _record(line: dict) -> dict:
    return {name: line[name] for name in ("memory_sha256", "memory_from")}


def staged(home: Home) -> Path:
    """書き終えて、まだその場所に置いていない記憶。"""
    return home.kept_back.with_name(f".{home.kept_back.name}.part")


def memory_file(home: Home) -> Path:
    """記憶のファイル。台帳に書いたところで落ちていれば、隣にある。"""
    if not staged(home).is_file():
        return home.kept_back
    records = [
        line["memory_sha256"] for line in Ledger(home.ledger).lines() if "memory_sha256" in line
    ]
    return staged(home) if records[-1:] == [sha256(staged(home))] else home.kept_back


def place_memory(home: Home) -> None:
    """台帳に書いた記憶が隣にあれば、その場所に置く。書きかけなら消す。"""
    if memory_file(home) == staged(home):
        replace_file(staged(home), home.kept_back)
    staged(home).unlink(missing_ok=True)


def _purged(lines: Sequence[dict]) -> dict[str, str]:
    """消した月から、その最も新しい版のフォルダーへ。"""
    # 同じ月の 2026-10-r10 は、2026-10-r2 より新しいが、文字の順では前になる。長さを先に比べる
    folders = [
        folder for line in lines if line["did"] == "purged" for folder in line.get("ingested", ())
    ]
    return {folder[:7]: folder for folder in sorted(folders, key=lambda name: (len(name), name))}


def _saw(record: dict, gone: dict[str, str], gone_before: dict[str, str]) -> bool:
    """その記憶を書いたときに、消した月の全てを、最後の版で見ていたか。"""
    # その版が、元にした月の中にあるか、書いたときには、もう消してあった（それまでの記憶が、引きついでいる）
    return all(
        folder in (*record["memory_from"], gone_before.get(month)) for month, folder in gone.items()
    )


def _first_changed(
    before: dict[str, str], now: dict[str, str], gone: dict[str, str]
) -> Month | None:
    """記憶を書いたあとに、加わったか、中身か決まりの変わった、いちばん古い月。消しただけの月は数えない。"""
    changed = {folder[:7] for folder in {*before, *now} if before.get(folder) != now.get(folder)}
    kept = {folder[:7] for folder in now}
    changed -= {month for month in gone if month not in kept}
    # 月の名は、文字の順が月の順
    return Month.parse(min(changed)) if changed else None
