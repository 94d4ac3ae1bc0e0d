"""小さな組合：三つの事業所、二か月。入口（ingest）から入れるので、本物と同じ道を通る。"""

import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from months import params_of

from mynalib.domain.employers import Registry, SymbolEntry, fold_symbol
from mynalib.domain.items import ITEMS
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.home import Home
from mynalib.release.order import Order
from mynalib.release.published import Published
from mynalib.release.revising import decide
from mynalib.verbs.ingest import ingest
from mynalib.verbs.init import found
from mynalib.verbs.publish import publish

MONTHS = (Month.parse("2026-09"), Month.parse("2026-10"))
HEADER = ",".join(item.label for item in ITEMS)
KEY_HEADER = "被保険者証記号,被保険者証番号,被保険者証枝番,申出日"
KEPT_EMPLOYERS = ("E01", "E02", "E03", "KENPO")
SIZES = {"101": 60, "102": 30, "103": 3, "120": 10, "901": 12}
KINDS = (
    "1,20240401,,,1",
    "1,20240401,,,1",
    "0,,,,1",
    "1,20230510,,,1",
    "0,20220510,20260310,2,0",
    "0,,,,",
)


def person(symbol: str, index: int, facts: str | None = None) -> str:
    """一人の行。番号は記号ごとに違う帯にあり、ほかの数と紛れない。"""
    number, branch = f"{symbol}{5000 + index // 2:04}", f"{index % 2:02}"
    return f"{symbol},{number},{branch},{facts or KINDS[index % len(KINDS)]}"


def everybody() -> list[str]:
    return [person(symbol, index) for symbol, size in SIZES.items() for index in range(size)]


def covers(entry: SymbolEntry, number: str) -> bool:
    """番号（半角の数字）が登録簿の行に入るか。先頭の 0 は数えない。数字でない番号は、範囲のある行に入らない。"""
    low, high = entry.bounds
    digits = number.isascii() and number.isdecimal()
    return entry.number_from is None or (digits and low <= int(number) <= high)


def employer_of(registry: Registry, symbol: str, number: str) -> str | None:
    """一人の事業所を、一行ずつ探す遅い検算。事業所のない人は None、登録のない記号と番号は KeyError。"""
    folded = fold_symbol(symbol)
    found = [
        entry for entry in registry.entries if entry.folded == folded and covers(entry, number)
    ]
    if len(found) != 1:
        raise KeyError("登録のない記号と番号です")
    return found[0].employer_id


@dataclass(frozen=True)
class SmallSociety:
    """置き場所と、よく使う操作。"""

    home: Home

    @classmethod
    def found(
        cls, folder: Path, rows: Iterable[str] | None = None, demo: bool = False
    ) -> "SmallSociety":
        society = cls(found(folder, demo=demo))
        for path in (society.home.params / "employers").glob("*.yaml"):
            if path.stem not in KEPT_EMPLOYERS:
                path.unlink()
        lines = list(rows or everybody())
        society.ingest(MONTHS[0], [line.replace("20240401", "20240301") for line in lines])
        society.ingest(MONTHS[1], lines)
        return society

    @property
    def params(self) -> Params:
        return params_of(self.home)

    @property
    def release(self) -> Path:
        return self.home.reports / str(MONTHS[1])

    def ingest(self, month: Month, lines: Iterable[str], **options: object) -> dict:
        file = self.home.inbox / f"{month}.csv"
        file.write_bytes("\r\n".join([HEADER, *lines, ""]).encode("cp932"))
        return ingest(self.home, self.params, file, month, **options)

    def object_to(self, *keys: str, register: str = "optout") -> None:
        """申出を名簿に書く。鍵は「記号,番号,枝番」。"""
        lines = [KEY_HEADER, *(f"{key},2026-10-15" for key in keys), ""]
        (self.home.registers / f"{register}.csv").write_bytes("\r\n".join(lines).encode("cp932"))

    def publish(self, **options: object) -> Published:
        return publish(self.home, self.params, MONTHS[1], **options)

    def is_left_alone(self, *without: str) -> bool:
        """いま公開すると、何も動かさず、何も知らせずに、いまの公開をそのままにするか。"""
        decision = decide(Order(self.home, self.params, MONTHS[1], without, because="理由"))
        return decision.stands and not decision.asks_for_lists

    def bytes_of(self, folder: str = "") -> dict[str, bytes]:
        """公開したファイルの中身。"""
        root = self.release / folder
        files = (path for path in root.rglob("*") if path.is_file() and path.name != "receipt.json")
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def publish_command(society: SmallSociety) -> list[str]:
    """新しい月の公開を、自分のプロセスでする命令。"""
    home = str(society.home.root)
    return [sys.executable, "-m", "mynalib", "publish", "--month", str(MONTHS[1]), "--home", home]


def same_key(society: SmallSociety, other: SmallSociety) -> None:
    """水準の境目をずらす鍵も、入力の一つ。"""
    society.home.levels_key.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(other.home.levels_key, society.home.levels_key)
