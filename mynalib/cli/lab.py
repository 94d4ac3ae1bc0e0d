"""分析の作業台を開く命令。"""

from typing import Annotated

import typer

from mynalib.cli.answer import say
from mynalib.cli.frame import Commands
from mynalib.cli.options import HomeOption, JsonOption
from mynalib.cli.place import at_home

lab_commands = Commands()


@lab_commands.command()
def lab(
    home: HomeOption = None,
    browser: Annotated[
        bool,
        typer.Option("--browser/--no-browser", help="ブラウザーで開くか（番地は、いつも言う）"),
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """分析の作業台（90_explore）を、この機械の中だけの JupyterLab で開く。終えるには Ctrl-C。"""
    from mynalib.verbs.lab import open_lab

    with at_home(home) as place:
        open_lab(
            place,
            browser,
            lambda address: say(as_json, "lab", {"outcome": "opened", "address": address}, place),
        )
