"""いくつもの命令に付けられるもの（options）と、その読み方。"""

import re
from pathlib import Path
from typing import Annotated

import typer

from mynalib.cli.answer import note_json
from mynalib.domain.months import Month


# BadParameter は、どのオプションの誤りかを添えて、終了コード 2 になる
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
    # 受領書に刷るのは、台帳のハッシュの、はじめの 12 字。全部の 64 字を打ってもよい
    if head and not re.fullmatch("[0-9a-f]{12,64}", head):
        raise typer.BadParameter("受領書の「台帳の印」の 12 字です（0〜9 と a〜f）")
    return head


def read_folder(text: str | Path) -> Path:
    return Path(read_written(str(text)))


HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        parser=read_folder,
        metavar="フォルダー",
        help="組合の置き場所。なければ MYNA_HOME、今のフォルダー",
    ),
]
MonthOption = Annotated[
    Month,
    typer.Option(
        "--month", parser=read_month, metavar="2026-10", help="断面の月（届いた月ではない）"
    ),
]
BecauseOption = Annotated[
    str, typer.Option("--because", parser=read_written, metavar="理由", help="理由（台帳に残る）")
]
JsonOption = Annotated[bool, typer.Option("--json", callback=note_json, help="結果を JSON で出す")]
JobsOption = Annotated[
    int | None,
    typer.Option("--jobs", metavar="4", min=1, help="同時に動かす数。なければ CPU とメモリから"),
]
SchedulerOption = Annotated[
    str | None,
    typer.Option(
        parser=read_written, metavar="tcp://…", help="Dask のスケジューラーの番地。仕事を送る"
    ),
]
