"""月を取り込むまでの命令：置き場所を作る、届いたファイルを調べる、取り込む。"""

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from mynalib.cli.answer import say
from mynalib.cli.frame import Commands
from mynalib.cli.options import (
    HomeOption,
    JobsOption,
    JsonOption,
    MonthOption,
    read_folder,
)
from mynalib.cli.place import at_home, clear_any_home, pasted
from mynalib.cli.progress import ProgressBar
from mynalib.domain.params import load_params
from mynalib.history.home import Home

month_commands = Commands()


@month_commands.command()
def demo(
    home: Annotated[
        Path,
        typer.Option(
            "--home", parser=read_folder, metavar="フォルダー", help="架空の組合を作る場所"
        ),
    ] = Path("demo"),
    jobs: JobsOption = None,
    as_json: JsonOption = False,
) -> None:
    """架空の組合を作り、24 か月を取り込み、新しい三か月を公開する（一つは訂正する）。"""
    from mynalib.demo_months import run_demo

    # 作る場所はまだないが、今のフォルダーか MYNA_HOME の置き場所の残りは消せる
    clear_any_home()
    with ProgressBar() as progress:
        published = run_demo(home, jobs, progress.watch)
    portal = published.folder.parent / "index.html"
    say(
        as_json, "demo", {"outcome": published.outcome, "portal": str(portal)}, Home(home.resolve())
    )


@month_commands.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="フォルダー", help="新しく作るフォルダー")],
    group: Annotated[
        bool, typer.Option("--group", help="同じ組（グループ）の人の、ほかの利用者名でも使う")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """組合の置き場所を新しく作る（見本の params と、空の名簿）。"""
    from mynalib.verbs.init import found

    clear_any_home()
    made = found(folder, shared=group)
    say(as_json, "init", {"outcome": "made"}, made, at=pasted(made.root))


@month_commands.command()
def ingest(
    # readable=False：読めないファイルは、click の英語の文ではなく、こちらの文で断る
    file: Annotated[
        Path, typer.Argument(metavar="ファイル", help="届いたファイル（CSV）", readable=False)
    ],
    month: MonthOption,
    home: HomeOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="その月を、このファイルで置きかえる（前の版も残る）")
    ] = False,
    confirm: Annotated[
        list[str],
        typer.Option(metavar="関門", help="人が確かめて通す関門の名（SUSPICIOUS_DROP など）"),
    ] = [],  # noqa: B006 typer の書き方
    kind: Annotated[
        Literal["month", "returners"],
        typer.Option(
            help="month 月次のファイル、returners 返納者の日次ファイル（リストから外すだけ）"
        ),
    ] = "month",
    as_json: JsonOption = False,
) -> None:
    """ファイルを確かめて、月の断面として取り込む。"""
    # 命令の名と同じ関数なので、別の名で読みこむ
    from mynalib.verbs.ingest import ingest as load_month
    from mynalib.verbs.ingest_returners import ingest_returners
    from mynalib.verbs.telling import told

    if kind == "returners" and replace:
        raise typer.BadParameter("--replace は、月次のファイルを取り込むときだけ使えます")
    _require_known_gates(kind, confirm)
    load = ingest_returners if kind == "returners" else partial(load_month, replace=replace)
    with at_home(home) as place:
        params = load_params(place.params)
        result = load(place, params, file, month, confirm=confirm)
        # 隔離した行と、公開を止めるものは、人に言うときだけ。人の行を読むので、時間がかかる
        loaded = kind == "month" and result["outcome"] == "loaded" and not as_json
        more = told(place, params, month) if loaded else {}
        say(as_json, "ingest", result, place, kind=kind, at=pasted(home), **more)


def _require_known_gates(kind: str, confirm: list[str]) -> None:
    from mynalib.intake.gates import CONFIRMABLE
    from mynalib.verbs.ingest_returners import CONFIRMABLE_RETURNERS

    gates = CONFIRMABLE_RETURNERS if kind == "returners" else CONFIRMABLE
    if not {*confirm} <= {*gates}:
        # 打ち誤った名を黙って捨てると、通したつもりの関門でまた断られ、わけが分からない
        raise typer.BadParameter(f"--confirm に書けるのは {'、'.join(gates)} です")


@month_commands.command()
def profile(
    file: Annotated[
        Path,
        typer.Argument(metavar="ファイル", help="見たことのないファイル（CSV）", readable=False),
    ],
    home: HomeOption = None,
    write: Annotated[
        bool, typer.Option("--write", help="society.yaml の file: に、調べた形を書く")
    ] = False,
    sheet: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False, help="確認シート（HTML）を置く場所。印刷して、システムの会社に"
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """ファイルの形を調べる（人の値は出さない）。システムの会社に確かめることも並べる。"""
    from mynalib.verbs.profile import profile as profile_file

    # 調べるだけなら、置き場所がなくても動く（置き場所を作る前に、届いたファイルの形を見られる）
    if not write:
        clear_any_home(home)
        _say_profile(as_json, profile_file(file, None, sheet))
        return
    with at_home(home) as place:
        _say_profile(as_json, profile_file(file, place, sheet), place)


def _say_profile(as_json: bool, shape, home: Home | None = None) -> None:
    result = {"outcome": "profiled", "file": shape.profile.model_dump()}
    say(as_json, "profile", result, home, text=shape.sheet("txt"))


@month_commands.command()
def benchmarks(
    file: Annotated[
        Path, typer.Argument(metavar="ファイル", help="国の月次の表（CSV）", readable=False)
    ],
    population: Annotated[
        int | None,
        typer.Option(
            "--population", metavar="人数", min=1, help="人口。組合の率と並べられる率を作るのに要る"
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """国の月次の表を、params/benchmarks.yaml に入れる（手で書いた行は書きかえない）。"""
    from mynalib.verbs.benchmarks import take_in_benchmarks

    with at_home(home) as place:
        say(as_json, "benchmarks", take_in_benchmarks(place, file, population), place)
