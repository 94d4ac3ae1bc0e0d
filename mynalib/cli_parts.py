"""命令に共通のもの：選べるもの（options）、置き場所、進み具合の帯、結果の知らせ方。"""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from mynalib import ending
from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month
from mynalib.domain.shipped import templates
from mynalib.history.home import Home, find_home
from mynalib.history.leftovers import clear_leftovers
from mynalib.jobs.running import AS_USUAL, Running

_HEAD = re.compile("[0-9a-f]{12,64}")
progress_console = Console(stderr=True)


@dataclass
class Asked:
    """頼まれた命令と、答えのかたち。失敗を知らせるときにも使うので、typer の文脈（Context.obj）に置く。"""

    verb: str = ""
    as_json: bool = False


def note_json(context: typer.Context, value: bool) -> bool:
    context.ensure_object(Asked).as_json = value
    return value


def read_month(text: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def read_written(text: str) -> str:
    """空の値を断る。書き忘れた変数（"$E"）を、付けなかったことにしない。"""
    if not text.strip():
        raise typer.BadParameter("空です。値を書くか、付けないでください")
    return text


def read_head(text: str) -> str:
    """台帳の印：十六進の字。空なら、付けなかったこと。"""
    head = text.strip().lower()
    if head and not _HEAD.fullmatch(head):
        raise typer.BadParameter("受領書の「台帳の印」の 12 字です（0〜9 と a〜f）")
    return head


def read_folder(text: str | Path) -> Path:
    return Path(read_written(str(text)))


HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        parser=read_folder,
        metavar="DIR",
        help="組合の置き場所。なければ MYNA_HOME、今のフォルダー",
    ),
]
MonthOption = Annotated[
    Month,
    typer.Option(
        "--month", parser=read_month, metavar="2026-10", help="断面の月（届いた月ではない）"
    ),
]
ReplaceOption = Annotated[
    bool, typer.Option("--replace", help="その月を、このファイルで置きかえる（前の版も残る）")
]
BecauseOption = Annotated[
    str, typer.Option("--because", parser=read_written, metavar="理由", help="理由（台帳に残る）")
]
JsonOption = Annotated[bool, typer.Option("--json", callback=note_json, help="結果を JSON で出す")]
JobsOption = Annotated[
    int | None, typer.Option("--jobs", min=1, help="同時に動かす数。なければ CPU とメモリから")
]
SchedulerOption = Annotated[
    str | None,
    typer.Option(
        parser=read_written, metavar="tcp://…", help="Dask のスケジューラーの番地。仕事を送る"
    ),
]


class ProgressBar(Progress):
    """進み具合の帯。標準エラーに出すので、--json の出力と混ざらない。"""

    def __init__(self):
        times = (
            TimeElapsedColumn(),
            TextColumn("残り"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[slowest]}"),
        )
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), *times)
        super().__init__(*columns, console=progress_console, transient=True)

    def watch(self, name: str, running: Running = AS_USUAL) -> Running:
        """進み具合を一本の帯に見せる動かし方。全体の数、済んだ数、いちばん長い仕事。"""
        task = self.add_task(name, total=None, slowest="")
        return replace(
            running,
            on_plan=lambda count: self.update(task, total=count),
            on_done=lambda _: self.advance(task),
            on_wait=lambda job, seconds: self.update(
                task, slowest=f"いちばん長い：{job} {seconds:.0f} 秒"
            ),
        )


@contextmanager
def at_home(given: Path | None) -> Iterator[Home]:
    """使う置き場所。止められた命令の残りを消してから使い、失敗には、どの置き場所でのことかを添える。"""
    home = find_home(given)
    clear_leftovers(home)
    try:
        yield home
    except MynaError as error:
        error.home = str(home.root)
        raise


def clear_any_home(given: Path | None = None) -> None:
    """置き場所を使わない命令でも、分かる置き場所に残りがあれば消す。"""
    with suppress(MynaError, OSError):
        clear_leftovers(find_home(given))


def pasted(home: Path | None) -> str:
    """知らせる命令に付ける --home。貼って、そのまま動くように囲む。付けずに動いた命令には、要らない。"""
    if home is None:
        return ""
    path = str(home.resolve())
    return f" --home {subprocess.list2cmdline([path]) if os.name == 'nt' else shlex.quote(path)}"


def say(as_json: bool, verb: str, result: dict, home: Home | None = None, **more: object) -> None:
    """結果を、使った置き場所とともに知らせる。人に知らせる文は said.txt.j2 にある。"""
    result |= {"home": str(home.root)} if home else {}
    if as_json:
        ending.say(json.dumps(result, ensure_ascii=False))
        return
    said = templates().get_template("said.txt.j2").render(verb=verb, **result, **more).rstrip()
    ending.say("\n".join([said, *([f"置き場所：{home.root}"] if home else [])]))
