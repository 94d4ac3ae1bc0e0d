"""長い命令の、進み具合の帯。"""

from dataclasses import replace

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from mynalib.jobs.running import AS_USUAL, Running

progress_console = Console(stderr=True)


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
        # transient：終われば消える。画面に残るのは、結果の文だけ
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
