"""はじまり：ほかの何を読みこむよりも先に、今のフォルダーを読みこみの場所から外し、閉じた標準入出力を塞ぐ。"""

import os
import sys

PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120 pathlib も、まだ読みこまない


def isolate() -> None:
    """この命令と、その子プロセスを、今のフォルダーから切りはなす。"""
    os.environ["PYTHONSAFEPATH"] = (
        "1"  # `-c` や `-m` で始まる子（forkserver、普通のカーネル）も、今のフォルダーを見ない
    )
    if "PYTHONPATH" in os.environ:
        os.environ["PYTHONPATH"] = os.pathsep.join(
            _elsewhere(os.environ["PYTHONPATH"].split(os.pathsep))
        )
    leave_out_current_folder()
    leave_out_iri_grammar()
    _fill_standard_streams()


def leave_out_current_folder() -> None:
    """今のフォルダー（組合の置き場所であることが多い）にある json.py や calendar.py を、道具の代わりに読みこまない。

    mynalib がそこにあるとき（開発中）は、いちばん後ろで探す。
    """
    sys.path[:] = _elsewhere(sys.path)
    # いちばん後ろなので、標準のものと、入れた道具が先に見つかる
    if PACKAGE not in {os.path.realpath(entry) for entry in sys.path}:
        sys.path.append(PACKAGE)


def leave_out_iri_grammar() -> None:
    """jsonschema は、あれば IRI の文法（rfc3987_syntax）も読みこみ、それだけで二秒かかる。ノートブックの形に IRI はない。

    この道具のプロセス（命令と、forkserver）だけで呼ぶ。ノートブックを書く人のカーネルでは、使うかもしれない。
    """
    # sys.modules に None があると、読みこみは ImportError になる。jsonschema は、入っていないとみて先へ進む
    sys.modules.setdefault("rfc3987_syntax", None)


def spare_the_collector() -> None:
    """ここまでに読みこんだもの（数十万の物）を、ごみ集めに見て回らせない。

    終わるときには、また捨ててよいものにする。そうしないと、DuckDB が、捨て忘れがあると画面に書く。
    """
    import atexit
    import gc

    gc.freeze()
    atexit.register(gc.unfreeze)


def _elsewhere(entries: list[str]) -> list[str]:
    """今のフォルダーを指さないもの。空の項目は、今のフォルダーを指す。"""
    try:
        here = os.path.realpath(os.getcwd())  # noqa: PTH109
    except OSError:  # 消されたフォルダーの中で動いている
        here = None
    return [entry for entry in entries if entry and os.path.realpath(entry) != here]


def _fill_standard_streams() -> None:
    """`>&-` で閉じられた番号を塞ぐ。塞がないと、次に開いた台帳などがその番号になり、知らせる文がそこに書かれる。"""
    # open は、空いている、いちばん小さい番号を返す。1 が閉じていれば、1 を塞ぎ、次の 3 で終わる（3 は返す）
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:  # noqa: PLR2004 標準エラーまで
        pass
    os.close(number)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        # Python は、閉じられた番号の sys.stdout などを None にしている
        if getattr(sys, name) is None:
            mode = "w" if number else "r"
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
