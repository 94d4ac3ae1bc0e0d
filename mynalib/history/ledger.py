"""台帳：何を用意し、公開し、受け取ったか。足すだけで、前の行のハッシュでつながる。人の値は入れない。"""

import getpass
import json
import os
from dataclasses import dataclass
from pathlib import Path

from mynalib.domain.errors import MynaError
from mynalib.history import clock
from mynalib.history.files import flush, sha256_of

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
            line = _parsed(raw)
            if line.get("prev") != head or line.get("hash") != _hash(line):
                raise LedgerBroken(where=f"{self.path.name} {number} 行目")
            head = line["hash"]
            lines.append(line)
        return lines

    def verify(self) -> str:
        """全ての行のつながりを確かめ、最後のハッシュを返す（空なら 0 の並び）。"""
        lines = self.lines()
        return lines[-1]["hash"] if lines else START

    def standing(self, did: str, digest: str) -> dict[str, str]:
        """`did` で置いて、まだ消していないもの（folder）から、その `digest` の項目のハッシュへ。"""
        standing = {}
        for line in self.lines():
            if line["did"] == did:
                standing[line["folder"]] = line[digest]
            for folder in line.get("folders", ()) if line["did"] == "purged" else ():
                standing.pop(folder, None)
        return standing

    def _whole(self) -> bytes:
        """改行で終わった行だけ。"""
        content = self.path.read_bytes() if self.path.exists() else b""
        return content[: content.rfind(b"\n") + 1]


def operator() -> str:
    """この処理を動かした人（OS の利用者名）。分からなければ「不明」。"""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "不明"


def _parsed(line: bytes) -> dict:
    """一行の中身。書いたときの形でなければ空（つながらない行になる）。"""
    try:
        return dict(json.loads(line.decode("utf-8")))
    except (ValueError, TypeError):
        return {}


def _hash(line: dict) -> str:
    """hash のほかの全ての項目のハッシュ。"""
    return sha256_of({name: value for name, value in line.items() if name != "hash"})
