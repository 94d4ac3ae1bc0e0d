"""勧奨リストの命令：手渡す、取り戻す、返ってきた表を読む。"""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from mynalib.cli.answer import say
from mynalib.cli.frame import Commands
from mynalib.cli.options import BecauseOption, HomeOption, JsonOption, read_month, read_written
from mynalib.cli.place import at_home, pasted
from mynalib.cli.typed import ask_master, ask_person
from mynalib.domain.months import Month
from mynalib.domain.params import load_params

list_commands = Commands()

EmployerOption = Annotated[
    str, typer.Option("--employer", parser=read_written, metavar="E01", help="事業所コード")
]
WhichMonthOption = Annotated[
    Month | None,
    typer.Option(
        "--month", parser=read_month, metavar="2026-10", help="なければ、いちばん新しい公開の月"
    ),
]
MeansOption = Annotated[
    str,
    typer.Option("--means", parser=read_written, metavar="手段", help="どうやって（台帳に残る）"),
]


@list_commands.command()
def handover(
    employer: EmployerOption,
    to: Annotated[
        str,
        typer.Option("--to", parser=read_written, metavar="部署", help="お知らせのままの部署の名"),
    ],
    means: MeansOption,
    month: WhichMonthOption = None,
    name: Annotated[
        str,
        typer.Option(
            "--name", metavar="名", help="似た名の事業所があるとき、渡す相手の名を打ち直す"
        ),
    ] = "",
    again: Annotated[
        bool, typer.Option("--again", help="もう手渡したリストを、もう一度渡す")
    ] = False,
    new_passphrase: Annotated[
        bool, typer.Option("--new-passphrase", help="その事業所の合言葉を、新しくする")
    ] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="暗号化しない（society.yaml が許すときだけ）")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """一つの事業所の勧奨リストを、暗号化して outbox/ に置き、受領書を添え、手渡したと記録する。"""
    from mynalib.verbs.handover import Request, hand_over_list

    if plain and new_passphrase:
        raise typer.BadParameter(
            "--plain（暗号化しない）と --new-passphrase は、いっしょに使えません"
        )
    request = Request(employer, to, means, month, name, again, new_passphrase, plain)
    with at_home(home) as place:
        result = hand_over_list(place, load_params(place.params), request, ask_master)
        say(as_json, "handover", result, place, at=pasted(home))


@list_commands.command()
def posted(
    means: MeansOption,
    month: WhichMonthOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """健保が自宅に知らせる人に、手紙を出したと記録する（次の月から、回数と間を数える）。"""
    from mynalib.verbs.posted import record_posted

    with at_home(home) as place:
        say(as_json, "posted", record_posted(place, load_params(place.params), means, month), place)


@list_commands.command()
def recall(
    handed: Annotated[
        str, typer.Option("--handover", parser=read_written, metavar="番号", help="手渡しの番号")
    ],
    because: BecauseOption,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """手渡した一つのリストを、丸ごと取り戻す。わけを書かないお願いの紙を作る。"""
    from mynalib.verbs.recall import recall_list

    with at_home(home) as place:
        say(
            as_json, "recall", recall_list(place, load_params(place.params), handed, because), place
        )


@list_commands.command()
def record(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="ファイル", help="事業所から返ってきた勧奨リスト（XLSX）", readable=False
        ),
    ] = None,
    receipt: Annotated[
        str | None,
        typer.Option(
            "--receipt",
            parser=read_written,
            metavar="番号",
            help="受領書が返ってきた、手渡しの番号",
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """返ってきた表の「お申し出」を名簿に写す。または、受領書が返ったことを記録する。"""
    from mynalib.verbs.record import confirm_receipt, record_sheet

    if (file is None) == (receipt is None):
        raise typer.BadParameter("返ってきたファイルか、--receipt の、どちらか一方を使います")
    with at_home(home) as place:
        params = load_params(place.params)
        if receipt is not None:
            result = confirm_receipt(place, params, receipt)
        else:
            result = record_sheet(place, params, file, ask_master)
        say(as_json, "record", result, place)


@list_commands.command()
def explain(because: BecauseOption, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """一人について、持っている事実、載せたリスト、渡した先、名簿の行を示す。だれのことかは、画面で尋ねる。"""
    from mynalib.verbs.explain import explain as explain_person
    from mynalib.verbs.explain import read_key

    with at_home(home) as place:
        # 引数では受け取らない（シェルの履歴と、プロセスの一覧に残る）。錠をとる前に尋ねるので、待つあいだ、ほかの命令は止まらない
        key = read_key(ask_person())
        params = load_params(place.params)
        say(as_json, "explain", explain_person(place, params, key, because), place)


@list_commands.command()
def audit(
    first: Annotated[
        datetime,
        typer.Option("--from", formats=["%Y-%m-%d"], metavar="2026-04-01", help="この日から"),
    ],
    last: Annotated[
        datetime,
        typer.Option("--to", formats=["%Y-%m-%d"], metavar="2026-09-30", help="この日まで"),
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """ある期間に、だれに、何を渡し、何が返り、何を取り戻し、だれが見たかを、台帳から並べる（人のことは出ない）。"""
    from mynalib.verbs.audit import audit as audit_ledger

    if last < first:
        raise typer.BadParameter("--to が --from より前です")
    with at_home(home) as place:
        params = load_params(place.params)
        say(as_json, "audit", audit_ledger(place, params, first.date(), last.date()), place)
