"""たがいに関わりのない、たくさんの小さな仕事を、いくつかのプロセスに分ける。"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from typing import TypeVar

from mynalib.jobs.limits import usable_cores
from mynalib.jobs.processes import cut_off, end_with_parent, is_warm, start_method

Task = TypeVar("Task")
Made = TypeVar("Made")


def in_parallel(function: Callable[[Task], Made], tasks: Sequence[Task], enough: int) -> list[Made]:
    """tasks の順に、function の結果。少ないか、読みこみを済ませたサーバーがなければ、このプロセスだけで。

    Args:
        function: モジュールの関数。ファイルを読むだけで、何も書かない。
        enough: これより少なければ、プロセスを起こして渡すほうが長くかかる数。
    Raises:
        function の送出したもの。
    """
    cores = usable_cores()
    if len(tasks) < enough or cores == 1 or not is_warm():
        return [*map(function, tasks)]
    # 例：二つのプロセスで 0、1、2、3、4 なら、ここで 0、2、4 をし、もう一つが 1、3 をする
    own, *others = (tasks[at::cores] for at in range(cores))
    with ExitStack() as helpers:
        asked = [helpers.enter_context(_helper(function, part)) for part in others]
        made = [[*map(function, own)], *(answer() for answer in asked)]
    return [made[at % cores][at // cores] for at in range(len(tasks))]


@contextmanager
def _helper(
    function: Callable[[Task], Made], tasks: Sequence[Task]
) -> Iterator[Callable[[], list[Made]]]:
    """tasks をする子。その答えを待つ関数を渡す。途中で出るとき（Ctrl-C でも）は、止める。"""
    receiver, sender = start_method().Pipe(duplex=False)
    child = start_method().Process(target=_answer, args=(function, tasks, sender), daemon=True)
    with cut_off():
        child.start()
    sender.close()  # 書くのは子だけ。子が黙って終われば、待つ側に分かる

    def answer() -> list[Made]:
        try:
            return receiver.recv()
        except (EOFError, OSError):
            # 子の失敗は、わけを送れないことがある（送る途中で止められれば、OSError）。ここでもう一度して、同じ失敗を、頼んだ人に見せる
            return [*map(function, tasks)]

    try:
        yield answer
    finally:
        child.kill()
        child.join()
        receiver.close()


def _answer(function: Callable[[Task], Made], tasks: Sequence[Task], sender: Connection) -> None:
    end_with_parent()
    try:
        answers = [*map(function, tasks)]
    except Exception:  # noqa: BLE001 わけは、頼んだプロセスが、もう一度して知る
        return
    sender.send(answers)
