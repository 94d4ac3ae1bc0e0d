"""終わり方：止められたとき、知らせる先がないとき、思わぬ失敗。どう終わっても、後始末をし、traceback は見せない。"""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from traceback import extract_tb

from mynalib.domain.errors import MynaError, is_full

# Windows には SIGHUP がなく、ほかには SIGBREAK がない。ないものは、聞かない（_heard）
STOPS = ("SIGTERM", "SIGHUP", "SIGBREAK")  # 終わらせる合図。Ctrl-C（SIGINT）は、Python のまま
SIGNALLED = 128  # これに合図の番号を足したものが、終了コード


class Unexpected(MynaError):
    """この道具の誤り。"""

    code = "UNEXPECTED"
    what = "思わぬ失敗です"
    fix = "もう一度実行し、続くようなら、この文を開発元に知らせてください。"


def end(work: Callable[[], None], refuse: Callable[[MynaError], None]) -> int:
    """work を動かし、終了コードを返す。失敗は、refuse で知らせる。"""
    stopped = _stop_on_signals()
    try:
        status = _status(work)
    except MynaError as error:
        refuse(error)
        status = error.exit_code
    except KeyboardInterrupt:
        status = SIGNALLED + signal.SIGINT
    except Exception as error:  # noqa: BLE001 知らせて終わる。文面には人の値が入りうるので、種類だけ
        # 合図で止めたあとの失敗は、止めたための失敗。思わぬ失敗として知らせない
        if not stopped:
            refuse(_told(error))
        status = 1
    return SIGNALLED + stopped[0] if stopped else status


def say(text: str, *, error: bool = False) -> None:
    """一度に書き出す。読み手がもういなければ（`| head`）、黙って先へ進む。

    Raises:
        MynaError: 標準出力に書けない（ディスクが一杯、など）。命令は、もう済んでいる。
    """
    stream = sys.stderr if error else sys.stdout
    try:
        print(text, file=stream, flush=True)
    except BrokenPipeError:
        _discard(stream)
    except OSError as failure:
        _discard(stream)
        if not error:
            raise _unsaid(failure) from None


def finish(status: int) -> None:
    """まだ書き出していないものを書き出して、終わる。"""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            _discard(stream)
    sys.exit(status)


def _status(work: Callable[[], None]) -> int:
    try:
        work()
    except SystemExit as ended:
        # typer は数で終わる。ほかのもの（文など）で終わったのなら、失敗の 1。None は 0
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def _stop_on_signals() -> list[int]:
    """終わらせる合図で、Ctrl-C と同じように後始末をして終わる。二度目からは、後始末をじゃましない。返すのは、届いた合図。"""
    stopped: list[int] = []

    def stop(number: int, _frame: object) -> None:
        for each in _heard():
            signal.signal(each, lambda *_: None)
        stopped.append(number)
        sys.exit(SIGNALLED + number)

    for each in _heard():
        if signal.getsignal(each) is not signal.SIG_IGN:  # nohup の下では、聞かない
            signal.signal(each, stop)
    return stopped


def _heard() -> list[signal.Signals]:
    return [getattr(signal, name) for name in STOPS if hasattr(signal, name)]


def _told(error: Exception) -> MynaError:
    """思わぬ失敗を、どこで・何が・どうすればにする。"""
    from mynalib.history.files import DiskFull, NotWritable, writing

    if isinstance(error, OSError):
        try:
            with writing(Path(error.filename or os.curdir)):
                raise error
        except (DiskFull, NotWritable) as told:
            return told
    # 文面は言わない（人の値が入りうる）。開発元に要るのは、種類と、どの行か
    last = extract_tb(error.__traceback__)[-1]
    what = (
        f"思わぬ失敗です（{type(error).__name__}、{Path(last.filename).name} {last.lineno} 行目）"
    )
    return Unexpected(where="この道具の中", what=what)


def _unsaid(failure: OSError) -> MynaError:
    from mynalib.history.files import DiskFull, NotWritable

    what = "命令は済みましたが、結果を書き出せませんでした"
    fix = "書き出し先の空きと権限を確かめてください。"
    if is_full(failure):
        return DiskFull(where="標準出力", what=what, fix=fix)
    return NotWritable(where="標準出力", what=what, fix=fix)


def _discard(stream: object) -> None:
    """書けない先を捨て、終わりぎわの失敗にしない。"""
    with suppress(OSError, ValueError):
        # 番号ごと /dev/null に差しかえる。Python が終わりぎわに、もう一度書き出そうとするので
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
