"""返納者の日次ファイル：カードを返した人を、勧奨リストから外すためだけに使う。人数や率には、決して入れない。"""

from collections.abc import Collection, Iterator
from pathlib import Path

from mynalib.domain.employers import fold_symbol
from mynalib.domain.errors import MynaError, Problem, Refused
from mynalib.domain.items import KEY
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history import clock
from mynalib.history.aside import read_aside
from mynalib.history.files import remove_file, sha256
from mynalib.history.holds import Hold
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.loading import pass_gates, report
from mynalib.history.months import keep_original
from mynalib.history.tables import read_table, read_tables, write_table
from mynalib.history.vouching import recover
from mynalib.intake.intake import Intake
from mynalib.intake.source import require_file


class ReturnersDamaged(MynaError):
    """取り込んだ返納者のファイルが、無いか、取り込んだときのものでない。"""

    code = "RETURNERS_UNREADABLE"


def ingest_returners(home: Home, params: Params, file: Path, month: Month, *, confirm: Collection[str] = ()) -> dict:
    """返納者のファイルを取り込む。その人たちは、month までの月の勧奨リストに載らない。

    Args:
        month: 返納のあった月。終わっていなくてもよい。
        confirm: 人が確かめて通すと決めた関門の名（SUSPICIOUS_CHANGE 登録済の人がいる、TOO_MANY_QUARANTINED 読めない行がある）。
    Returns:
        loading.ingest と同じ形。
    Raises:
        Refused: 断る。これまでのものは、何も変わらない。
        Locked, DiskFull, NotWritable: 書けない。
    """
    if month > Month.of(clock.today()):
        raise Refused("MONTH_NOT_ENDED", where=f"--month {month}", why="not_begun")
    with home.locked():
        require_file(file)
        recover(home, params)
        with read_aside(home, params, file, month) as (staged, read):
            return _keep(home, month, staged, file, read, confirm)


def _keep(home: Home, month: Month, staged: Path, file: Path, read: Intake, confirm: Collection[str]) -> dict:
    facts, ledger = read.as_dict(), Ledger(home.ledger)
    target = home.returners / f"{month}-{read.sha256[:12]}.parquet"
    people = read_table(staged / "members.parquet")[list(KEY)]
    whole = target.is_file() and _recorded(home).get(target.name) == sha256(target)
    if whole and people.equals(read_table(target)):
        return report("no_op", month, facts)
    confirmed = pass_gates(_stops(read, staged, file.name), confirm)
    keep_original(home, month, file, read.sha256)
    remove_file(target)
    write_table(target, people)
    names = ("sha256", "data_rows", "accepted", "quarantined")
    counts = {name: facts[name] for name in names} | confirmed
    ledger.append("returners", month=str(month), folder=target.name, members_sha256=sha256(target), **counts)
    return report("loaded", month, facts)


def _stops(read: Intake, staged: Path, where: str) -> Iterator[Refused]:
    """取り込んでよくない理由。"""
    if read.registered:
        yield Refused("SUSPICIOUS_CHANGE", where=where, why="returners_registered", people=read.registered)
    if read.quarantined:
        rows = read_table(staged / "quarantine.parquet").itertuples(index=False)
        problems = [Problem(f"{row.line} 行目", row.reason) for row in rows]
        yield Refused("TOO_MANY_QUARANTINED", where=where, rows=read.quarantined, problems=problems)


def returner_holds(home: Home) -> list[Hold]:
    """リストから外す人。返納のあった月の末日までの断面に効く（そのあとは、月次のファイルに現れる）。

    Raises:
        ReturnersDamaged: 台帳にあるファイルが、無いか変わっている、または台帳にないファイルがある（「返納者はいない」とはみなさない）。
    """
    recorded = _recorded(home)
    for stranger in sorted({path.name for path in home.returners.glob("*.parquet")} - {*recorded}):
        what = "台帳に、取り込んだ行がありません（途中で落ちたか、台帳が古い）"  # 消さない。その人たちが、リストに戻ってしまう
        raise ReturnersDamaged(where=stranger, what=what)
    paths = [home.returners / name for name in recorded]
    for path in paths:
        if not path.is_file() or sha256(path) != recorded[path.name]:
            raise ReturnersDamaged(where=path.name)
    holds = []
    for path, table in zip(paths, read_tables(paths), strict=True):
        until = Month.parse(path.name[:7]).plus(1).end
        keys = ((fold_symbol(row.symbol), row.number.lstrip("0"), row.branch) for row in table.itertuples(index=False))
        holds += [Hold("pending", key, until=until) for key in keys]
    return holds


def _recorded(home: Home) -> dict[str, str]:
    """台帳にある、消していない返納者のファイルと、そのハッシュ。"""
    return Ledger(home.ledger).standing("returners", "members_sha256")
