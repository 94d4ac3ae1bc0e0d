"""コマンド。一つの動詞が、一つの関数を呼ぶ。ここには、判断を書かない。

道具（DuckDB、pandas、ノートブックの実行など）は読みこみに数秒かかるので、使う命令の中で読みこむ。
"""

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from mynalib import cli_lists, ending
from mynalib.cli_parts import (
    Asked,
    BecauseOption,
    HomeOption,
    JobsOption,
    JsonOption,
    MonthOption,
    ProgressBar,
    ReplaceOption,
    SchedulerOption,
    at_home,
    clear_any_home,
    pasted,
    read_folder,
    read_head,
    read_month,
    read_written,
    say,
)
from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month
from mynalib.domain.params import load_params
from mynalib.history.home import Home
from mynalib.intake.scratch import clear_scratch
from mynalib.jobs.running import Running

app = typer.Typer(
    help="マイナ保険証の共同利用：毎月のファイルの取込から、勧奨リストと月次報告の公開まで。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cli_lists.list_commands)  # 名のない群れなので、命令は、ここに並ぶ


@app.callback()
def start(context: typer.Context) -> None:
    """マイナ保険証の共同利用：毎月のファイルの取込から、勧奨リストと月次報告の公開まで。"""
    context.ensure_object(Asked).verb = context.invoked_subcommand
    clear_scratch()


@app.command()
def demo(
    home: Annotated[
        Path, typer.Option("--home", parser=read_folder, metavar="DIR", help="架空の組合を作る場所")
    ] = Path("demo"),
    jobs: JobsOption = None,
    as_json: JsonOption = False,
) -> None:
    """架空の組合を作り、24 か月を取り込み、新しい三か月を公開する（一つは訂正する）。"""
    from mynalib.demo_months import run_demo

    clear_any_home()
    with ProgressBar() as progress:
        published = run_demo(home, jobs, progress.watch)
    portal = published.folder.parent / "index.html"
    say(
        as_json, "demo", {"outcome": published.outcome, "portal": str(portal)}, Home(home.resolve())
    )


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="新しく作るフォルダー")],
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


@app.command()
def ingest(
    file: Annotated[Path, typer.Argument(help="届いたファイル（CSV）", readable=False)],
    month: MonthOption,
    home: HomeOption = None,
    replace: ReplaceOption = False,
    confirm: Annotated[
        list[str], typer.Option(help="人が確かめて通す関門の名（SUSPICIOUS_DROP など）")
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
    from mynalib.verbs.ingest import ingest as load_month
    from mynalib.verbs.ingest_returners import ingest_returners
    from mynalib.verbs.telling import told

    if kind == "returners" and replace:
        raise typer.BadParameter("--replace は、月次のファイルを取り込むときだけ使えます")
    load = ingest_returners if kind == "returners" else partial(load_month, replace=replace)
    with at_home(home) as place:
        params = load_params(place.params)
        result = load(place, params, file, month, confirm=confirm)
        loaded = kind == "month" and result["outcome"] == "loaded" and not as_json
        more = told(place, params, month) if loaded else {}
        say(as_json, "ingest", result, place, kind=kind, at=pasted(home), **more)


@app.command()
def profile(
    file: Annotated[Path, typer.Argument(help="見たことのないファイル（CSV）", readable=False)],
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

    if not write:
        clear_any_home(home)
        _say_profile(as_json, profile_file(file, None, sheet))
        return
    with at_home(home) as place:
        _say_profile(as_json, profile_file(file, place, sheet), place)


def _say_profile(as_json: bool, shape, home: Home | None = None) -> None:
    result = {"outcome": "profiled", "file": shape.profile.model_dump()}
    say(as_json, "profile", result, home, text=shape.sheet("txt"))


@app.command()
def benchmarks(
    file: Annotated[Path, typer.Argument(help="国の月次の表（CSV）", readable=False)],
    population: Annotated[
        int | None,
        typer.Option("--population", min=1, help="人口。組合の率と並べられる率を作るのに要る"),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """国の月次の表を、params/benchmarks.yaml に入れる（手で書いた行は書きかえない）。"""
    from mynalib.verbs.benchmarks import take_in_benchmarks

    with at_home(home) as place:
        say(as_json, "benchmarks", take_in_benchmarks(place, file, population), place)


@app.command()
def check(
    home: HomeOption = None,
    accept_ledger: Annotated[
        bool,
        typer.Option(
            "--accept-ledger",
            help="台帳を戻せないとき、原本と公開を確かめて続ける（--because が要る）",
        ),
    ] = False,
    because: Annotated[
        str | None,
        typer.Option(
            parser=read_written, metavar="理由", help="なぜ台帳を戻せないか（台帳に残る）"
        ),
    ] = None,
    head: Annotated[
        str,
        typer.Option(
            "--head",
            parser=read_head,
            metavar="印",
            help="受領書にある台帳の印。置き場所が古いバックアップに戻っていないかも確かめる",
        ),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """設定・お知らせ・名簿・月・台帳・公開を確かめる（全ての誤りを一度に）。"""
    from mynalib.verbs.check import check_home

    if accept_ledger != (because is not None):
        raise typer.BadParameter("--accept-ledger と --because は、いっしょに使います")
    with at_home(home) as place:
        if accept_ledger:
            from mynalib.history.vouching import accept_ledger as accept

            say(as_json, "accept", accept(place, load_params(place.params), because), place)
            return
        checked = check_home(place, head)
        say(as_json, "check", checked.as_dict(), place)
    raise typer.Exit(1 if checked.errors else 0)


@app.command()
def publish(
    month: MonthOption,
    home: HomeOption = None,
    draft: Annotated[bool, typer.Option("--draft", help="公開せず、下書きで止める")] = False,
    without: Annotated[list[str], typer.Option(help="この月は公開しない事業所（例 E07）")] = [],  # noqa: B006 typer の書き方
    employer: Annotated[
        str | None,
        typer.Option(
            parser=read_written, metavar="TEXT", help="一つの事業所だけの下書き（例 E01）"
        ),
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


@app.command()
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
        with ProgressBar() as progress:
            done = work(
                place, load_params(place.params), month, running=progress.watch("公開", running)
            )
        counts = {"artefacts": done.artefacts, "without": done.without}
        lists_from = str(done.lists_from) if done.lists_from else None
        result = {
            "outcome": done.outcome,
            "folder": str(done.folder),
            **counts,
            "lists_from": lists_from,
        }
        result |= {"waits": done.waits}
        pages = {
            "index": done.folder / "index.html",
            "comparison": done.comparison,
            "review": done.review,
        }
        say(as_json, "publish", result, place, month=month, at=pasted(home), only=only, **pages)


@app.command()
def pdf(
    month: MonthOption,
    page: Annotated[
        str, typer.Option("--page", parser=read_written, metavar="TEXT", help="公開の中のページ")
    ] = "management/index.html",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """公開したページを、手もとのブラウザーで PDF にして、outbox/ に置く。"""
    from mynalib.verbs.pdf import make_pdf

    with at_home(home) as place:
        made = make_pdf(place, month, page)
        say(as_json, "pdf", {"outcome": "made", "file": str(made)}, place)


@app.command()
def verify(month: MonthOption, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """公開したものを開き直して、公開したときのままかを確かめる。"""
    from mynalib.history.months import kept_months
    from mynalib.history.outdated import outdated_releases
    from mynalib.verbs.verify import verify

    with at_home(home) as place:
        found = verify(place, load_params(place.params), month)
        result = {"outcome": "verified", "folder": str(found.folder), "artefacts": found.artefacts}
        outdated = [str(each.released) for each in outdated_releases(place, kept_months(place))]
        say(as_json, "verify", result | {"ignored": found.ignored, "outdated": outdated}, place)


@app.command()
def withdraw(
    because: BecauseOption,
    release: Annotated[
        str | None,
        typer.Option("--release", metavar="2026-10-r2", help="reports/ の中の、取り下げる版"),
    ] = None,
    lists: Annotated[
        bool,
        typer.Option(
            "--lists", help="--month の月の勧奨リストを、全ての事業所のものを同じに取り下げる"
        ),
    ] = False,
    month: Annotated[
        Month | None,
        typer.Option(
            "--month",
            parser=read_month,
            metavar="2026-10",
            help="--lists で取り下げる月。--lists がなければ、取り消す月",
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """公開の一つの版か、一つの月の勧奨リストの全てを取り下げる。--month だけなら、間違えて取り込んだ月を取り消す。"""
    from mynalib.verbs.withdraw import withdraw_lists, withdraw_month, withdraw_release

    if (release is None) == (month is None) or (lists and month is None):
        raise typer.BadParameter("--release、--lists と --month、--month の、どれか一つを使います")
    with at_home(home) as place:
        work = withdraw_lists if lists else withdraw_month if month else withdraw_release
        target = month or release
        say(as_json, "withdraw", work(place, load_params(place.params), target, because), place)


@app.command()
def purge(
    before: Annotated[
        Month | None,
        typer.Option(
            "--before",
            parser=read_month,
            metavar="2025-04",
            help="この月より前を消す。なければ、policy.retention の月数が過ぎたもの",
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="見るだけでなく、消す（--because が要る）")
    ] = False,
    because: Annotated[
        str | None,
        typer.Option(parser=read_written, metavar="理由", help="なぜ消すか（台帳に残る）"),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """保存期間の過ぎたものを見せる。--yes で消す（もとには戻らない）。人を守る名簿と記憶は、消えない。"""
    from mynalib.verbs.purge import purge as purge_home

    if yes != (because is not None):
        raise typer.BadParameter("--yes と --because は、いっしょに使います")
    with at_home(home) as place:
        result = purge_home(place, load_params(place.params), before, because or "", really=yes)
        asked = f" --before {before}" if before else ""
        say(as_json, "purge", result, place, at=asked + pasted(home))


@app.command()
def lab(
    home: HomeOption = None,
    browser: Annotated[
        bool,
        typer.Option("--browser/--no-browser", help="ブラウザーで開くか（番地は、いつも言う）"),
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """分析の作業台（notebooks/90_explore.ipynb）を、この機械の中だけの JupyterLab で開く。終えるには Ctrl-C。"""
    from mynalib.verbs.lab import open_lab

    with at_home(home) as place:
        open_lab(
            place,
            browser,
            lambda address: say(as_json, "lab", {"outcome": "opened", "address": address}, place),
        )


def main() -> None:
    """入口。どの失敗も、日本語で「どこで・何が・どうすれば」と知らせて、終了コード 1 で終わる。"""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # Windows の cp932 の画面でも、知らせる文で止まらない
    asked = Asked()
    ending.finish(ending.end(partial(app, obj=asked), partial(_refuse, asked)))


def _refuse(asked: Asked, error: MynaError) -> None:
    if asked.as_json:
        with suppress(MynaError):
            ending.say(json.dumps(_as_json(asked.verb, error), ensure_ascii=False))
        return
    ending.say(str(error), error=True)
    if error.home:
        ending.say(f"置き場所：{error.home}", error=True)


NOTHING_TAKEN_IN = {
    "data_rows": None,
    "accepted": 0,
    "quarantined": 0,
    "reasons": {},
    "sha256": None,
}


def _as_json(verb: str, error: MynaError) -> dict:
    outcome = "refused" if verb == "ingest" else "failed"
    counts = NOTHING_TAKEN_IN if verb == "ingest" else {}
    texts = {"where": error.where, "what": error.what, "fix": error.fix}
    texts |= {"see": str(error.see)} if error.see else {}
    problems = [*map(str, error.problems)]
    return {
        "outcome": outcome,
        "error": error.code,
        **counts,
        **texts,
        "problems": problems,
        "home": error.home,
    }
