"""一つの組合の置き場所（home）と、その中の決まった場所。"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from filelock import FileLock, Timeout

from mynalib.domain.errors import MynaError
from mynalib.history.access import is_shared, open_folder, private, tighten
from mynalib.history.files import writing
from mynalib.intake.source import require_plain_name


class NoHome(MynaError):
    """組合の置き場所が決まらない。"""

    code = "NO_HOME"
    what = "どこか分かりません"
    fix = (
        "--home フォルダー を付けるか、params/society.yaml のあるフォルダーで実行してください。"
        "新しく作るときは myna init フォルダー です。"
    )


class Locked(MynaError):
    """同じ置き場所で、別の処理が動いている。"""

    code = "LOCKED"
    what = "別の処理が動いています"
    fix = "その処理が終わるのを待って、もう一度実行してください。"


class Home:
    """組合の置き場所。中の場所は、全てここで決まる。"""

    def __init__(self, root: Path):
        self.root = root
        self.params = root / "params"
        self.notebooks = root / "notebooks"
        self.reports = root / "reports"
        self.data = root / "data"
        self.originals = self.data / "originals"
        self.months = self.data / "months"
        self.returners = self.data / "returners"
        self.inbox = self.data / "inbox"
        self.registers = self.data / "registers"
        self.cubes = self.data / "cubes"
        self.drafts = self.data / "drafts"
        self.kept_back = self.data / "kept_back.parquet"
        self.reminders = self.data / "reminders"
        self.outbox = root / "outbox"
        self.texts = root / "texts"
        self.ledger = self.data / "ledger.jsonl"
        self.ledger_key = self.data / "keys" / "ledger.key"
        self.levels_key = self.data / "keys" / "levels.key"
        self.trials_key = self.data / "keys" / "trials.key"
        self.passphrases = self.data / "keys" / "passphrases.bin"
        self.protection = self.data / "protection"

    @property
    def shared(self) -> bool:
        """同じ組の人と使う置き場所か（`myna init --group`）。"""
        return is_shared(self.data)

    @contextmanager
    def private(self) -> Iterator[None]:
        """この中で作るものは、持ち主（か、その組）だけのものになる。"""
        with private(self.shared):
            yield

    def tighten(self) -> None:
        """人や Excel の置いたものも、持ち主（か、その組）だけのものにする。公開したものは、置いたときに決めてある。"""
        names = ("data", "params", "notebooks", "texts", "outbox")
        # data や outbox は、ほかのディスクへのリンクのことがある。リンクそのものではなく、先を閉じる
        rooms = [(self.root / name).resolve() for name in names if (self.root / name).is_dir()]
        inside = [path for room in rooms for path in (room, *room.rglob("*"))]
        loose = [path for path in self.root.iterdir() if path.is_file()]
        tighten([*inside, *loose], self.shared)

    def open_reports(self) -> None:
        """公開の置き場所。だれでもたどれるように作る。もうあれば、そのままにする。"""
        open_folder(self.reports, self.shared)

    @contextmanager
    def locked(self):
        """書きかえる処理は、一度に一つ。処理が落ちても、錠は OS が外す。

        Raises:
            Locked: 別の処理が動いている。
            DiskFull, NotWritable: 錠の中の処理が、書けなかった。
        """
        with writing(self.root), self.private():
            self.data.mkdir(parents=True, exist_ok=True)
            try:
                # 錠は待たない。人が打った命令なので、ほかが動いていることを、すぐに言う
                with FileLock(self.data / ".lock", timeout=0, mode=0o660 if self.shared else 0o600):
                    yield
            except Timeout:
                raise Locked(where=str(self.root)) from None


def find_home(given: str | Path | None = None) -> Home:
    """--home、環境変数 MYNA_HOME、params/society.yaml のある今のフォルダー、の順に決める。"""
    here = "." if Path("params/society.yaml").is_file() else ""
    chosen = given or os.environ.get("MYNA_HOME") or here
    if not chosen:
        raise NoHome(where="組合の置き場所（home）", what="どこか分かりません")
    root = Path(chosen).resolve()
    require_plain_name(root, "置き場所")
    if not (root / "params" / "society.yaml").is_file():
        raise NoHome(where=str(root), what="params/society.yaml がありません")
    home = Home(root)
    home.tighten()
    return home


def shipped(folder: str) -> Path:
    """この道具に付いてくるフォルダー（notebooks か params）。入れた形（wheel か開発中か）によらない。"""
    package = Path(str(files("mynalib")))
    packed = package / "_data" / folder
    return packed if packed.is_dir() else package.parent / folder
