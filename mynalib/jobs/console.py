"""セルの標準出力とエラー：print も、ファイル記述子への直接の書きこみ（os.write、os.system）も、セルの出力にする。

普通のカーネルと同じにするために、公にされていないことに頼る。確かめた版は private_doors.py にある。
"""

import codecs
import os
import select
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from io import TextIOBase
from threading import RLock, Thread

INTERVAL = 0.2  # 秒。普通のカーネルが、たまった出力を送る間隔
CHUNK = 1 << 16


class Console:
    """with の間、標準出力とエラーは send(名, 文) に届く。順は普通のカーネルと同じ（たまった標準出力、次に標準エラー）。"""

    def __init__(self, send: Callable[[str, str], object]):
        self.send = send
        self.lock = RLock()
        self.owner = os.getpid()
        self._streams = [
            Stream(self, name, number) for number, name in enumerate(("stdout", "stderr"), 1)
        ]

    def __enter__(self) -> None:
        self._python = sys.stdout, sys.stderr
        # 前から溜まっていた文を、セルの出力にしない
        for stream in self._python:
            stream.flush()
        for stream in self._streams:
            stream.catch()
        sys.stdout, sys.stderr = self._streams

    def __exit__(self, *_: object) -> None:
        sys.stdout, sys.stderr = self._python
        for stream in self._streams:
            stream.release()
            stream.flush()

    def settle(self) -> None:
        """長くたまっているものを送る。"""
        if any(
            stream.text and time.monotonic() - stream.since > INTERVAL for stream in self._streams
        ):
            for stream in self._streams:
                stream.send()


class Stream(TextIOBase):
    """sys.stdout か sys.stderr の代わり。子プロセスが fork で受けついだものは、記述子に書く。"""

    encoding = "UTF-8"
    errors = "replace"

    def __init__(self, console: Console, name: str, number: int):
        self.name = name
        self.text = ""
        self.since = 0.0
        self._console = console
        self._number = number
        self._original = os.dup(number)
        self._pipe = None
        if os.name != "nt":
            self._pipe, self._into = os.pipe()
            os.set_blocking(self._pipe, False)
            # 漢字の三つのバイトが、管の区切りで分かれて届いても、一字に戻す
            self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
            Thread(target=self._watch, daemon=True).start()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        """もとの記述子。普通のカーネルと同じく、ここに書いたものはセルの出力にならない。"""
        return self._original

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        # セルが fork した子。管の読み手も送り先も、親にある。記述子に書けば、親が読む
        if os.getpid() != self._console.owner:
            return os.write(self._number, text.encode(errors="replace")) and len(text)
        with self._console.lock:
            # 記述子に先に書かれたもの（os.system など）を、先に。書いた順に並ぶ
            self._drain()
            self._add(text)
        return len(text)

    def flush(self) -> None:
        if os.getpid() == self._console.owner:
            with self._console.lock:
                self._drain()
                self.send()

    def send(self) -> None:
        if self.text:
            text = self.text
            self.text = ""
            self._console.send(self.name, text)

    def catch(self) -> None:
        if self._pipe is not None:
            os.dup2(self._into, self._number)

    def release(self) -> None:
        os.dup2(self._original, self._number)

    def _add(self, text: str) -> None:
        # 長く溜まったものは、普通のカーネルなら、もう送られている。先に送って、順をそろえる
        self._console.settle()
        self.since = self.since if self.text else time.monotonic()
        self.text += text

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            while self._pipe is not None and (data := os.read(self._pipe, CHUNK)):
                self._add(self._decode(data))

    def _watch(self) -> None:
        """管があふれて、書き手が止まることのないように。"""
        while True:
            select.select([self._pipe], [], [])
            with self._console.lock:
                self._drain()
