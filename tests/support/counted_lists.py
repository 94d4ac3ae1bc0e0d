"""だれに何を案内するかを、届いたファイルの行と、名簿の CSV の行だけから決めなおす。"""

import csv
import unicodedata
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from counted import Counted
from received import Key, decision_table

REGISTERS = ("optout", "pending_cancellation", "never_contact")
WITHDRAWN = "撤回日"
OTHER_KEY = ("新記号", "新番号", "新枝番")
OWN_REQUEST = "1"


def targets(counted: Counted, month: str, registers: Path, off: Collection[Key]) -> Counter:
    """その月の、(事業所, link_targets か renew_targets) の人数。事業所は、TOTAL も。

    Args:
        off: 控える人（withheld）。
    """
    freed = allowed(registers) if month == counted.months[-1] else set()
    found: Counter = Counter()
    for key, row in counted.files[month].items():
        action = row.decided["action"]
        if key in freed and action == "review":
            plain = (
                row.state,
                "",
                row.certificate,
                "registered_only" if row.registered else "none",
            )
            action = decision_table()[plain]["action"]
        name = {
            "link": "link_targets",
            "renew": "renew_targets",
            "renew_then_link": "renew_targets",
        }.get(action)
        if name and key not in off:
            found[row.employer, name] += 1
            found["TOTAL", name] += 1
    return found


def withheld(counted: Counted, registers: Path) -> set[Key]:
    """控える人：名簿の人（撤回のない行。移った先の番号も）と、本人の申請による解除が消えた人。"""
    keys = set()
    for name in REGISTERS:
        for row in _rows(registers / f"{name}.csv"):
            if not row.get(WITHDRAWN):
                keys.add(_key(*list(row.values())[:3]))
                moved = [row.get(column, "") for column in OTHER_KEY]
                keys |= {_key(*moved)} if all(moved) else set()
    return keys | _vanished(counted)


def _vanished(counted: Counted) -> set[Key]:
    asked, found = set(), set()
    for people in counted.files.values():
        found |= {
            key
            for key in asked & people.keys()
            if people[key].decided["action"] not in ("never", "review")
        }
        asked |= {key for key, row in people.items() if row.cancel_kind == OWN_REQUEST}
    return found


def allowed(registers: Path) -> set[Key]:
    """人が確かめて「可」とした人。"""
    rows = _rows(registers / "decisions.csv")
    return {_key(*list(row.values())[:3]) for row in rows if row["判断"] == "可"}


def _rows(path: Path) -> list[dict[str, str]]:
    data = path.read_bytes()
    encoding = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "cp932"
    return list(csv.DictReader(data.decode(encoding).splitlines()))


def _key(symbol: str, number: str, branch: str) -> Key:
    symbol, number, branch = (
        unicodedata.normalize("NFKC", one) for one in (symbol, number, branch)
    )
    return symbol, number.lstrip("0"), branch.zfill(2)
