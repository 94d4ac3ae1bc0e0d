"""返納者の日次ファイルを取り込む：カードを返した人を、勧奨リストから外すためだけに。"""

from collections.abc import Collection, Iterator
from pathlib import Path

from mynalib.domain.errors import Problem, Refused
from mynalib.domain.items import PERSON_ITEMS
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history import clock
from mynalib.history.aside import read_aside
from mynalib.history.files import remove_file, sha256
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.months import keep_original
from mynalib.history.returners import recorded_files
from mynalib.history.tables import read_table, write_table
from mynalib.history.vouching import recover
from mynalib.intake.intake import Intake
from mynalib.intake.source import require_file
from mynalib.verbs.ingest import pass_gates, report

CONFIRMABLE_RETURNERS = ("SUSPICIOUS_CHANGE", "TOO_MANY_QUARANTINED")
"""人が確かめれば通せる関門の名。"""


def ingest_returners(
    home: Home, params: Params, file: Path, month: Month, *, confirm: Collection[str] = ()
) -> dict:
    """返納者のファイルを取り込む。その人たちは、month までの月の勧奨リストに載らない。

    Args:
        month: 返納のあった月。終わっていなくてもよい。
        confirm: 人が確かめて通すと決めた関門の名（SUSPICIOUS_CHANGE 登録済の人がいる、TOO_MANY_QUARANTINED 読めない行がある）。
    Returns:
        verbs.ingest と同じ形。
    Raises:
        Refused: 断る。これまでのものは、何も変わらない。
        Locked, DiskFull, NotWritable: 書けない。
    """
    if month > Month.of(clock.today()):
        raise Refused(
            "MONTH_NOT_ENDED",
            where=f"--month {month}",
            what="まだ始まっていない月です",
            fix="返納のあった月を指定してください。",
        )
    with home.locked():
        require_file(file)
        recover(home, params)
        with read_aside(home, params, file, month) as (staged, read):
            return _keep(home, month, staged, file, read, confirm)


def _keep(
    home: Home, month: Month, staged: Path, file: Path, read: Intake, confirm: Collection[str]
) -> dict:
    facts = read.as_dict()
    ledger = Ledger(home.ledger)
    # 名はファイルの中身から。同じファイルは、同じ名になる
    target = home.returners / f"{month}-{read.sha256[:12]}.parquet"
    # 残すのは鍵だけ。状態などは、月次のファイルのものを使う
    people = read_table(staged / "members.parquet")[list(PERSON_ITEMS)]
    whole = target.is_file() and recorded_files(home).get(target.name) == sha256(target)
    # 同じファイルでも、設定を直せば、違って読めることがある
    if whole and people.equals(read_table(target)):
        return report("no_op", month, facts)
    confirmed = pass_gates(_stops(read, staged, file.name), confirm)
    keep_original(home, month, file, read.sha256)
    # 表を書いてから、台帳に。あいだで落ちると、台帳にない表として止まる（黙って消すと、その人たちがリストに戻る）
    remove_file(target)
    write_table(target, people)
    names = ("sha256", "data_rows", "accepted", "quarantined")
    counts = {name: facts[name] for name in names} | confirmed
    ledger.append(
        "returners", month=str(month), folder=target.name, members_sha256=sha256(target), **counts
    )
    return report("loaded", month, facts)


def _stops(read: Intake, staged: Path, where: str) -> Iterator[Refused]:
    """取り込んでよくない理由。"""
    # 返納した人は、状態 0 で届く。登録済の人がいれば、月次のファイルを取り違えている
    if read.registered:
        yield Refused(
            "SUSPICIOUS_CHANGE",
            where=where,
            what=f"登録済（状態 1）の人が {read.registered} 人います。返納者のファイルではないようです",
            fix="月次のファイルなら --kind month で取り込みます。正しいと確かめたら --confirm SUSPICIOUS_CHANGE を付けてください。",
        )
    # 一行でも止める。月次なら、読めない行はリストに載らないだけだが、ここでは、外すはずの人が外れない
    if read.quarantined:
        rows = read_table(staged / "quarantine.parquet").itertuples(index=False)
        problems = [Problem(f"{row.line} 行目", row.reason) for row in rows]
        yield Refused(
            "TOO_MANY_QUARANTINED",
            where=where,
            what=f"読めない行が {read.quarantined} 行あり、その人たちがリストに残ってしまいます",
            fix=(
                "直したファイルを受け取るか、その人たちを never_contact.csv に書いてください。"
                "正しいと確かめたら --confirm TOO_MANY_QUARANTINED を付けてください。"
            ),
            problems=problems,
        )
