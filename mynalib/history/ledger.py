"""台帳：何を用意し、公開し、受け取ったか。足すだけで、前の行のハッシュでつながる。人の値は入れない。"""

import getpass
import json
import os
import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mynalib.domain.errors import MynaError
from mynalib.history import clock
from mynalib.history.files import flush, sha256, sha256_of, write_file

# はじめの行の prev。SHA-256 は 16 進で 64 桁
START = "0" * 64


class LedgerBroken(MynaError):
    """台帳の行が、書いたときのものでない。"""

    code = "LEDGER_BROKEN"
    what = "書いたときの内容と違います"
    fix = (
        "バックアップから、いちばん新しい data/ledger.jsonl を戻し、myna check で確かめてください。"
        "戻せるものがなければ、myna check --accept-ledger --because 理由 で、壊れた台帳を隣に残し、原本と公開したものを確かめて続けられます。"
        "直るまで、取込と公開はできません。"
    )


@dataclass(frozen=True)
class Ledger:
    """data/ledger.jsonl。一行＝一つの出来事。"""

    path: Path

    def append(self, did: str, **facts: object) -> str:
        """一行を足し、その行のハッシュを返す。先に、これまでの行のつながりを確かめる。

        改行のない最後の行は、書いている途中で落ちた、だれも受け取っていない行なので、切り落とす。
        """
        line = _line(did, facts, self.verify())
        self.path.parent.mkdir(parents=True, exist_ok=True)
        written = len(self._whole())
        with self.path.open("ab") as file:
            # 途中で切れた行を残して足すと、二つが一行になり、壊れた台帳になる
            file.truncate(written)
            file.write(_written(line))
            file.flush()
            os.fsync(file.fileno())
        # はじめての行では、ファイルの名も、まだディスクにない
        if not written:
            flush(self.path.parent)
        return line["hash"]

    def lines(self) -> list[dict]:
        """古い順の行。書いたときと違う行、つながらない行があれば LedgerBroken。行は、読むだけにする（覚えている行と同じもの）。"""
        content = self._whole()
        lines = _sound(content)
        if len(lines) < content.count(b"\n"):
            raise LedgerBroken(where=f"{self.path.name} {len(lines) + 1} 行目")
        return [*lines]

    def verify(self) -> str:
        """全ての行のつながりを確かめ、最後のハッシュを返す（空なら 0 の並び）。"""
        lines = self.lines()
        return lines[-1]["hash"] if lines else START

    def standing(self, did: str, digest: str, *, withdrawn: bool = False) -> dict[str, str]:
        """`did` で置いて、まだ消しても、取り下げても、取り消してもいないもの（folder）から、その `digest` の項目のハッシュへ。

        withdrawn なら、取り下げた公開も入れる。continued の行（台帳を失ったあとの確かめ）は、そのとき確かめたものを、did の項目に持つ。
        """
        standing: dict[str, str] = {}
        for line in self.lines():
            if line["did"] == did:
                # 上から順に読むので、消した行より後に置いたものは、残る
                standing[line["folder"]] = line[digest]
            if line["did"] == "continued":
                standing |= line.get(did, {})
            # purged の行は、消したものを、置いたときの did の項目に並べる
            gone = line.get(did, ()) if line["did"] == "purged" else ()
            if did == "released" and line["did"] == "withdrawn" and not withdrawn:
                gone = (line["release"],)
            if did == "ingested" and line["did"] == "taken_back":
                gone = line["folders"]
            for folder in gone:
                standing.pop(folder, None)
        return standing

    def ever(self, did: str) -> set[str]:
        """`did` で置いたことのあるもの（folder）の名。消したものも、取り下げたものも入る。"""
        lines = self.lines()
        continued = (
            name for line in lines if line["did"] == "continued" for name in line.get(did, {})
        )
        return {line["folder"] for line in lines if line["did"] == did} | {*continued}

    def set_aside(self, **facts: object) -> None:
        """壊れた行があれば、壊れた台帳を隣に残し、その前の行までに set_aside の一行を足したものに、一度に置きかえる。"""
        content = self._whole()
        sound = _sound(content)
        if len(sound) == content.count(b"\n"):
            return
        aside = self._aside()
        shutil.copyfile(self.path, aside)
        flush(aside)
        facts |= {"broken": aside.name, "broken_sha256": sha256(aside), "line": len(sound) + 1}
        line = _line("set_aside", facts, sound[-1]["hash"] if sound else START)
        write_file(self.path, b"".join(map(_written, [*sound, line])))

    def _aside(self) -> Path:
        """壊れた台帳を残す、まだ使っていない名。"""
        name = f"{self.path.stem}.broken-{clock.today()}"
        number = 1
        while self.path.with_name(f"{name}-{number}.jsonl").exists():
            number += 1
        return self.path.with_name(f"{name}-{number}.jsonl")

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


# 一つの命令は、台帳を何十回も読む。つながりを確かめるのは、中身が変わったときだけでよい：覚えるのは、ファイルの時刻や大きさではなく
# 中身に対してなので、だれかが一文字でも変えれば、また初めから確かめる
@lru_cache(maxsize=1)
def _sound(content: bytes) -> tuple[dict, ...]:
    """はじめから、書いたときのままつながっている行。"""
    lines = []
    head = START
    for raw in content.split(b"\n")[:-1]:
        line = _parsed(raw)
        # 一行の中を変えれば hash が、行を抜くか並べかえれば prev が合わない。そこから後ろは、どれも信じない
        if line.get("prev") != head or line.get("hash") != _hash(line):
            break
        head = line["hash"]
        lines.append(line)
    return tuple(lines)


def _line(did: str, facts: dict, prev: str) -> dict:
    line = {"at": clock.now(), "who": operator(), "did": did, **facts, "prev": prev}
    return line | {"hash": _hash(line)}


def _written(line: dict) -> bytes:
    """台帳に書く形。改行まで。"""
    return json.dumps(line, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def _parsed(line: bytes) -> dict:
    """一行の中身。書いたときの形でなければ空（つながらない行になる）。"""
    try:
        return dict(json.loads(line.decode("utf-8")))
    except (ValueError, TypeError):
        return {}


def _hash(line: dict) -> str:
    """hash のほかの全ての項目のハッシュ。"""
    # 項目の順にも、空白にもよらない。書いた文字ではなく、中身を確かめる
    return sha256_of({name: value for name, value in line.items() if name != "hash"})
