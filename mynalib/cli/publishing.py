"""公開する命令：作って点検する、見た下書きを公開にする。"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from mynalib.cli.answer import say
from mynalib.cli.frame import Commands
from mynalib.cli.options import (
    HomeOption,
    JobsOption,
    JsonOption,
    MonthOption,
    SchedulerOption,
    read_written,
)
from mynalib.cli.place import at_home, pasted
from mynalib.cli.progress import ProgressBar
from mynalib.domain.months import Month
from mynalib.domain.params import load_params
from mynalib.jobs.running import Running

publishing_commands = Commands()


@publishing_commands.command()
def publish(
    month: MonthOption,
    home: HomeOption = None,
    draft: Annotated[bool, typer.Option("--draft", help="公開せず、下書きで止める")] = False,
    without: Annotated[
        list[str], typer.Option(metavar="E07", help="この月は公開しない事業所（例 E07）")
    ] = [],  # noqa: B006 typer の書き方
    employer: Annotated[
        str | None,
        typer.Option(parser=read_written, metavar="E01", help="一つの事業所だけの下書き（例 E01）"),
    ] = None,
    because: Annotated[
        str | None,
        typer.Option(
            parser=read_written,
            metavar="理由",
            help="公開した月を訂正するわけ（読む人に見える。人のことは書かない）",
        ),
    ] = None,
    not_handed_over: Annotated[
        bool,
        typer.Option(
            "--not-handed-over",
            help="健保の外のだれもまだ受け取っていないリストを、全て作り直す（台帳に残る）",
        ),
    ] = False,
    jobs: JobsOption = None,
    scheduler: SchedulerOption = None,
    as_json: JsonOption = False,
) -> None:
    """その月の報告とリストを作り、点検して、公開する。"""
    from mynalib.verbs.publish import publish

    asked = {"without": without, "only": employer, "draft": draft, "because": because or ""}
    work = partial(publish, **asked, not_handed_over=not_handed_over)
    _publish(as_json, work, home, month, Running(jobs, scheduler), only=employer)


@publishing_commands.command()
def release(
    month: MonthOption,
    approved_by: Annotated[
        str, typer.Option("--approved-by", help="下書きを見て、公開してよいと決めた人の名")
    ],
    home: HomeOption = None,
    jobs: JobsOption = None,
    scheduler: SchedulerOption = None,
    as_json: JsonOption = False,
) -> None:
    """見た下書きを、公開にする。見たあとに元が変わっていれば、断る。"""
    from mynalib.verbs.publish import release

    _publish(
        as_json, partial(release, approved_by=approved_by), home, month, Running(jobs, scheduler)
    )


def _publish(
    as_json: bool,
    work: Callable,
    home: Path | None,
    month: Month,
    running: Running,
    only: str | None = None,
) -> None:
    with at_home(home) as place:
        # 帯を消してから、結果の文を出す
        with ProgressBar() as progress:
            done = work(
                place, load_params(place.params), month, running=progress.watch("公開", running)
            )
        # 下の result は --json の約束、pages は人の文（said.txt.j2）だけに使う
        lists_from = str(done.lists_from) if done.lists_from else None
        result = {
            "outcome": done.outcome,
            "folder": str(done.folder),
            "artefacts": done.artefacts,
            "without": done.without,
            "lists_from": lists_from,
            "waits": done.waits,
        }
        pages = {
            "index": done.folder / "index.html",
            "comparison": done.comparison,
            "review": done.review,
        }
        pages |= {"given": done.given, "withdrawn": done.withdrawn}
        say(as_json, "publish", result, place, month=month, at=pasted(home), only=only, **pages)
