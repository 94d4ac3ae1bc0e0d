"""画面で尋ねる：打った字を見せず、引数にも、シェルの履歴にも残さない。止められたときと、打つ人がいないときを、取りちがえない。"""

import os

import typer

from mynalib.domain.errors import MynaError, Refused

MASTER = "MYNA_MASTER"
"""親の合言葉を渡す、環境変数の名。"""


def ask_master(new: bool) -> str:
    """親の合言葉。環境変数か、画面で尋ねる。

    Args:
        new: はじめて決めるのか。
    Raises:
        MasterRefused: 打つ人がいないか、二度打ったものが違う。
    """
    given = os.environ.get(MASTER)
    # 空でも尋ねない。自動で動かした命令が、だれもいない画面で待ち続けないように
    if given is not None:
        return given
    # 暗号の道具の読みこみは、要るときだけ
    from mynalib.reminders.passphrases import MasterRefused

    where = "親の合言葉"
    fix = f"画面で打てるところで実行するか、環境変数 {MASTER} で渡してください。"
    alone = MasterRefused(where=where, what="画面で尋ねられません", fix=fix)
    word = _typed(where, alone)
    # はじめて決めるときは、二度打ってもらう。打ち誤ると、二度と開けない
    if new and _typed("もう一度、同じ親の合言葉", alone) != word:
        fix = "もう一度、実行してください。何も作っていません。"
        raise MasterRefused(where=where, what="二度打ったものが、違います", fix=fix)
    return word


def ask_person() -> str:
    """だれのことかの鍵。

    Raises:
        Refused: BAD_KEY_TYPED（打つ人がいない）。
    """
    fix = "画面で打てるところで実行してください（引数では受け取りません）。"
    alone = Refused("BAD_KEY_TYPED", where="尋ねる人", what="画面で尋ねられません", fix=fix)
    return _typed("記号,番号,枝番（画面には出ません）", alone)


def _typed(text: str, alone: MynaError) -> str:
    try:
        # err=True：--json の標準出力に、尋ねる文をまぜない
        return typer.prompt(text, hide_input=True, err=True)
    except typer.Abort as ended:
        # typer は、Ctrl-C も、入力の終わりも、同じ Abort にする。Ctrl-C は、ほかのところと同じ終わり方（130）に戻す
        if isinstance(ended.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise alone from None
