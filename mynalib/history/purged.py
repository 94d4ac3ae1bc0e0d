"""台帳にある、保存期間が過ぎて消した（purged）もの。公開した版の中の、名簿と手紙だけを消すことがある。"""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from mynalib.history.home import Home
from mynalib.history.ledger import Ledger

PURGED = "purged"


def counts_said(counts: Mapping[str, tuple[int, str, str]]) -> str:
    """消したか、消せるものの、言い方ごとの件数と月：「届いたファイルの写し 3 件（2025-01〜2025-03）」。"""
    spans = {
        label: first if first == last else f"{first}〜{last}"
        for label, (_, first, last) in counts.items()
    }
    return "、".join(f"{label} {counts[label][0]:,} 件（{span}）" for label, span in spans.items())


def purged_files(lines: Iterable[Mapping]) -> set[str]:
    """公開した版の中の、消したファイル。reports/ からの場所（2025-09/employers/E01/reminders.html）。"""
    return {file for line in lines if line["did"] == PURGED for file in line.get("files", ())}


def not_purged(home: Home, release: Path, artefacts: Iterable[dict]) -> list[dict]:
    """公開した版の成果物のうち、消していないもの。"""
    gone = purged_files(Ledger(home.ledger).lines())
    return [one for one in artefacts if f"{release.name}/{one['path']}" not in gone]


def with_records_now(lines: Collection[dict]) -> list[dict]:
    """data/reminders/ に記録（record）のある行。いなくなった人を除いて書き直していれば、いまの記録の名とハッシュにする。"""
    newer: dict[str, tuple[str, str]] = {}
    for line in lines:
        newer |= line.get("records", {}) if line["did"] == PURGED else {}
    return [line | _now(line, newer) for line in lines if "record" in line]


def _now(line: Mapping, newer: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """いまの記録の名とハッシュ。二度書き直していれば、二度目のもの。"""
    name = line["record"]
    digest = line["record_sha256"]
    while name in newer:
        name, digest = newer[name]
    return {"record": name, "record_sha256": digest}
