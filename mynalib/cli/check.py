"""確かめる命令：check。台帳を続けることも。"""

from pathlib import Path
from typing import Annotated

import typer

from mynalib.cli.answer import say
from mynalib.cli.frame import Commands
from mynalib.cli.options import HomeOption, JsonOption, read_head, read_written
from mynalib.cli.place import at_home, pasted
from mynalib.domain.params import load_params
from mynalib.history.home import Home

check_commands = Commands()


@check_commands.command()
def check(
    home: HomeOption = None,
    accept_ledger: Annotated[
        bool,
        typer.Option(
            "--accept-ledger",
            help="台帳を戻せないとき、原本と公開を確かめて続ける（--because が要る）",
        ),
    ] = False,
    because: Annotated[
        str | None,
        typer.Option(
            parser=read_written, metavar="理由", help="なぜ台帳を戻せないか（台帳に残る）"
        ),
    ] = None,
    head: Annotated[
        str,
        typer.Option(
            "--head",
            parser=read_head,
            metavar="印",
            help="受領書にある台帳の印。置き場所が古いバックアップに戻っていないかも確かめる",
        ),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """設定・お知らせ・名簿・月・台帳・公開を確かめる（全ての誤りを一度に）。"""
    from mynalib.verbs.check import check_home

    if accept_ledger != (because is not None):
        raise typer.BadParameter("--accept-ledger と --because は、いっしょに使います")
    with at_home(home) as place:
        if accept_ledger:
            _accept(as_json, place, because, home)
            return
        checked = check_home(place, head)
        say(as_json, "check", checked.as_dict(), place, at=pasted(home))
    raise typer.Exit(1 if checked.errors else 0)


def _accept(as_json: bool, place: Home, because: str, home: Path | None) -> None:
    """壊れた台帳を隣に残して、台帳を続ける。"""
    from mynalib.history.vouching import accept_ledger

    done = accept_ledger(place, load_params(place.params), because)
    say(as_json, "accept", done, place, at=pasted(home))
