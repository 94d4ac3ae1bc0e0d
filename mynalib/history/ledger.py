"""台帳：何を用意し、公開し、受け取ったか。足すだけで、前の行のハッシュでつながる。人の値は入れない。"""

import getpass
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from mynalib.domain.errors import MynaError
from mynalib.history import clock
from mynalib.history.files import flush

START = "0" * 64


class LedgerBroken(MynaError):
    """台帳の行が、書いたときのものでない。"""

    code = "LEDGER_BROKEN"


@dataclass(frozen=True)
class Ledger:
    """data/ledger.jsonl。一行＝一つの出来事。"""

    path: Path

    def append(self, did: str, **facts: object) -> str:
        """一行を足し、その行のハッシュを返す。先に、これまでの行のつながりを確かめる。

        改行のない最後の行は、書いている途中で落ちた、だれも受け取っていない行なので、切り落とす。
        """
        line = {"at": clock.now(), "who": operator(), "did": did, **facts, "prev": self.verify()}
        line["hash"] = _hash(line)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        written = len(self._whole())
        with self.path.open("ab") as file:
            file.truncate(written)
            file.write(json.dumps(line, ensure_ascii=False, sort_keys=True).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if not written:
            flush(self.path.parent)
        return line["hash"]

    def lines(self) -> list[dict]:
        """古い順の行。書いたときと違う行、つながらない行があれば LedgerBroken。"""
        lines, head = [], START
        for number, raw in enumerate(self._whole().split(b"\n")[:-1], 1):
            line = self._parse(number, raw)
            if line.get("prev") != head or line.get("hash") != _hash(line):
                raise self._broken(number)
            head = line["hash"]
            lines.append(line)
        return lines

    def verify(self) -> str:
        """全ての行のつながりを確かめ、最後のハッシュを返す（空なら 0 の並び）。"""
        lines = self.lines()
        return lines[-1]["hash"] if lines else START

    def _whole(self) -> bytes:
        """改行で終わった行だけ。"""
        content = self.path.read_bytes() if self.path.exists() else b""
        return content[: content.rfind(b"\n") + 1]

    def _parse(self, number: int, line: bytes) -> dict:
        try:
            return dict(json.loads(line.decode("utf-8")))
        except (ValueError, TypeError):
            raise self._broken(number) from None

    def _broken(self, number: int) -> LedgerBroken:
        return LedgerBroken(where=f"{self.path.name} {number} 行目")


def operator() -> str:
    """この処理を動かした人（OS の利用者名）。分からなければ「不明」。"""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "不明"


def _hash(line: dict) -> str:
    """hash のほかの全ての項目のハッシュ。"""
    line = {name: value for name, value in line.items() if name != "hash"}
    return hashlib.sha256(json.dumps(line, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
