"""返納者の日次ファイル：カードを返した人を、勧奨リストから外すためだけに使う。人数や率には、決して入れない。"""

from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month
from mynalib.domain.person import person_key
from mynalib.history.files import sha256
from mynalib.history.holds import Hold
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.tables import read_tables


class ReturnersDamaged(MynaError):
    """取り込んだ返納者のファイルが、無いか、取り込んだときのものでない。"""

    code = "RETURNERS_UNREADABLE"
    what = "無いか、取り込んだときのものではありません"
    fix = "原本（data/originals/）を、もう一度 --kind returners で取り込んでください。"


def returner_holds(home: Home) -> list[Hold]:
    """リストから外す人。返納のあった月の末日までの断面に効く（そのあとは、月次のファイルに現れる）。

    Raises:
        ReturnersDamaged: 台帳にあるファイルが、無いか変わっている、または台帳にないファイルがある（「返納者はいない」とはみなさない）。
    """
    recorded = recorded_files(home)
    for stranger in sorted({path.name for path in home.returners.glob("*.parquet")} - {*recorded}):
        what = "台帳に、取り込んだ行がありません（途中で落ちたか、台帳が古い）"  # 消さない。その人たちが、リストに戻ってしまう
        raise ReturnersDamaged(where=stranger, what=what)
    paths = [home.returners / name for name in recorded]
    for path in paths:
        if not path.is_file() or sha256(path) != recorded[path.name]:
            raise ReturnersDamaged(where=path.name)
    holds = []
    for path, table in zip(paths, read_tables(paths), strict=True):
        # Hold は until の月末の前までなので、返納の月の断面まで。例：10 月の返納は、10 月末のリストから外し、11 月末では外さない
        until = Month.parse(path.name[:7]).plus(1).end
        keys = (
            person_key(row.symbol, row.number, row.branch) for row in table.itertuples(index=False)
        )
        holds += [Hold("pending", key, until=until) for key in keys]
    return holds


def recorded_files(home: Home) -> dict[str, str]:
    """台帳にある、消していない返納者のファイルと、そのハッシュ。"""
    return Ledger(home.ledger).standing("returners", "members_sha256")
