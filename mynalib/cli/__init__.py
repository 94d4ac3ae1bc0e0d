"""命令。一つの動詞が、一つの関数を呼ぶ。ここには、判断を書かない。

命令と、それに付けられるものは、仕事ごとのモジュールにある。
道具（DuckDB、pandas、ノートブックの実行など）は読みこみに数秒かかるので、使う命令の中で読みこむ。
"""

import sys
from functools import partial

import typer

from mynalib import ending
from mynalib.cli.answer import Asked, refuse
from mynalib.cli.check import check_commands
from mynalib.cli.frame import Group
from mynalib.cli.lab import lab_commands
from mynalib.cli.lists import list_commands
from mynalib.cli.months import month_commands
from mynalib.cli.publishing import publishing_commands
from mynalib.cli.releases import release_commands
from mynalib.cli.usage import UsageError, told
from mynalib.intake.scratch import clear_scratch

app = typer.Typer(
    cls=Group,
    help="マイナ保険証の共同利用：毎月のファイルの取込から、勧奨リストと月次報告の公開まで。",
    no_args_is_help=True,
    # --help に、英語の --install-completion が並ばないように
    add_completion=False,
    # typer には、失敗を見せさせない。traceback には、変数の値（人の値）が出る。見せるのは ending だけ
    pretty_exceptions_enable=False,
    # 枠の中に組ませない。空白のない日本語の文は、枠に入らないところが「…」に切られる
    rich_markup_mode=None,
)
# 名のない群れなので、命令は、この順に --help に並ぶ
for commands in (
    month_commands,
    check_commands,
    publishing_commands,
    release_commands,
    lab_commands,
    list_commands,
):
    app.add_typer(commands)


@app.callback()
def start(context: typer.Context) -> None:
    """マイナ保険証の共同利用：毎月のファイルの取込から、勧奨リストと月次報告の公開まで。"""
    context.ensure_object(Asked).verb = context.invoked_subcommand
    # どの命令も、はじめに：kill -9 や停電で落ちた命令の、人の値の一時フォルダーを消す
    clear_scratch()


def main() -> None:
    """入口。どの失敗も、日本語で「どこで・何が・どうすれば」と知らせて、終了コード 1 で終わる。"""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # Windows の cp932 の画面でも、知らせる文で止まらない
    # 失敗を知らせるのは、typer が終わったあと。文脈（Context）はもうないので、こちらで持っておく
    asked = Asked()
    ending.finish(ending.end(partial(_run, asked), partial(refuse, asked)))


def _run(asked: Asked) -> None:
    try:
        # standalone_mode を切ると、typer は、誤りを英語で言わずに上げ、終了コードを返す
        status = app(obj=asked, standalone_mode=False)
    except UsageError as error:
        ending.say(told(error, asked.verb), error=True)
        status = error.exit_code
    sys.exit(status)
