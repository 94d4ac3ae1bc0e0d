"""公開したものについての命令：PDF にする、確かめる、取り下げる、保存期間が過ぎたら消す。"""

from typing import Annotated

import typer

from mynalib.cli.answer import say
from mynalib.cli.frame import Commands
from mynalib.cli.options import (
    BecauseOption,
    HomeOption,
    JsonOption,
    MonthOption,
    read_month,
    read_written,
)
from mynalib.cli.place import at_home, pasted
from mynalib.domain.months import Month
from mynalib.domain.params import load_params

release_commands = Commands()

ReleaseOption = Annotated[
    str | None,
    typer.Option(
        "--release", parser=read_written, metavar="2026-10-r2", help="reports/ の中の、取り下げる版"
    ),
]


@release_commands.command()
def pdf(
    month: MonthOption,
    page: Annotated[
        str, typer.Option("--page", parser=read_written, metavar="ページ", help="公開の中のページ")
    ] = "management/index.html",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """公開したページを、手もとのブラウザーで PDF にして、outbox/ に置く。"""
    from mynalib.verbs.pdf import make_pdf

    with at_home(home) as place:
        made = make_pdf(place, month, page)
        say(as_json, "pdf", {"outcome": "made", "file": str(made)}, place)


@release_commands.command()
def verify(month: MonthOption, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """公開したものを開き直して、公開したときのままかを確かめる。"""
    from mynalib.history.months import kept_months
    from mynalib.history.outdated import outdated_releases
    from mynalib.verbs.verify import verify

    with at_home(home) as place:
        found = verify(place, load_params(place.params), month)
        result = {"outcome": "verified", "folder": str(found.folder), "artefacts": found.artefacts}
        # 公開は、公開したときのまま。もとの月が取り込みなおされたことは、誤りではないので、添えるだけ
        outdated = [str(each.released) for each in outdated_releases(place, kept_months(place))]
        result |= {"ignored": found.ignored, "outdated": outdated}
        say(as_json, "verify", result, place, at=pasted(home))


@release_commands.command()
def withdraw(
    because: BecauseOption,
    release: ReleaseOption = None,
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

    # 許すのは三つ：--release、--month、--lists と --month
    if (release is None) == (month is None) or (lists and month is None):
        raise typer.BadParameter("--release、--lists と --month、--month の、どれか一つを使います")
    with at_home(home) as place:
        params = load_params(place.params)
        if lists:
            result = withdraw_lists(place, params, month, because)
        elif month:
            result = withdraw_month(place, params, month, because)
        else:
            result = withdraw_release(place, params, release, because)
        say(as_json, "withdraw", result, place, at=pasted(home))


@release_commands.command()
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

    # 見るだけのときに理由を書いた人は、消したつもりかもしれない
    if yes != (because is not None):
        raise typer.BadParameter("--yes と --because は、いっしょに使います")
    with at_home(home) as place:
        result = purge_home(place, load_params(place.params), before, because or "", really=yes)
        asked = f" --before {before}" if before else ""
        say(as_json, "purge", result, place, at=asked + pasted(home))
