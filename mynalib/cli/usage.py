"""使い方の誤り（終了コード 2）を、日本語で言う。typer の文は英語なので、種類から言い直す。打たれた値は言わない。"""

import typer

# typer の版で、置かれるところが違う（click のものか、typer の中のものか）。公に名があるのは、その子だけ
UsageError = typer.BadParameter.__base__


def told(error: Exception, verb: str) -> str:
    """UsageError を、何が・どうすればにする。verb は、頼まれた命令（なければ ""）。"""
    # 引数が一つもなければ、その文は、はじめから使い方
    if type(error).__name__ == "NoArgsIsHelpError":
        return error.format_message()
    return (
        f"{_what(error)}\n  → 使い方は {' '.join(filter(None, ('myna', verb)))} --help にあります。"
    )


def _what(error: Exception) -> str:
    # 種類にも公の名がないので、クラスの名で見分ける
    kind = type(error).__name__
    if kind == "MissingParameter":
        return f"{_hint(error)} がありません"
    if kind == "NoSuchOption":
        near = "、".join(sorted(error.possibilities or ()))
        return f"{error.option_name} は、ありません" + (f"（{near} のことですか）" if near else "")
    if kind == "BadOptionUsage":
        takes = "には、値が要ります" if "requires" in error.message else "に、値は付けられません"
        return f"{error.option_name} {takes}"
    if kind == "BadParameter":
        return _bad_value(error)
    if error.ctx and hasattr(error.ctx.command, "commands"):
        return f"その名の命令はありません。命令は {'、'.join(error.ctx.command.commands)} です"
    return "余分な語があります（空白のある値は、引用符で囲みます）"


def _bad_value(error: typer.BadParameter) -> str:
    param = error.param
    if param is None:
        return error.message
    # この道具の文は日本語、typer の文は英語（打った値が入る）で始まる。英語なら、代わりに、その項目の説明を見せる
    if not error.message[:1].isascii():
        return f"{_hint(error)}：{error.message}"
    example = f"（例 {param.metavar}）" if param.metavar else ""
    return f"{_hint(error)}：使えない値です{example}。{param.help or ''}"


def _hint(error: typer.BadParameter) -> str:
    """打つ人の見る名：--month、ファイル。"""
    param = error.param
    option = param.param_type_name == "option"
    return param.opts[0] if option else (param.metavar or param.name.upper())
