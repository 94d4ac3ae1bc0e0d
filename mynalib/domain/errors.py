"""意図して送出するエラー。どこで・何が・どうすれば。人の値は決して入れない。"""

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FULL_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# 空きが足りない印。DuckDB や子プロセスを通った失敗には errno がなく、文だけが残る。max_temp_directory_size は DuckDB の
# 一時ファイルの上限で、空きから決まる
FULL = (
    "No space left",
    "File too large",
    "Disk quota exceeded",
    "max_temp_directory_size",
    *(f"[Errno {number}]" for number in FULL_NUMBERS),
)
SHOWN = 20  # 一度に見せる誤りの数。残りは件数だけ


def is_full(error: Exception | str) -> bool:
    """OS か DuckDB の失敗が、空きが足りないためのものか。"""
    return getattr(error, "errno", None) in FULL_NUMBERS or any(sign in str(error) for sign in FULL)


@dataclass(frozen=True)
class Problem:
    """一つの誤り。where は「society.yaml 12 行目 policy.intake」のような場所。"""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}：{self.what}"


Problems = Sequence[Problem]


class MynaError(Exception):
    """このパッケージのエラーの親。コマンドはこれだけを捕まえて表示し、終了コード 1 で終わる。

    `code` は機械が読む名（英大文字）。`where` `what` `fix` は人が読む日本語。`what` と `fix` は、渡さなければ、クラスの決まった文。
    エラーの一覧（docs/errors.md）は、クラスと、送出するところの文から作る（`make errors`）。
    """

    code = "ERROR"
    what = "失敗しました"
    fix = "もう一度実行し、続くようなら開発者に知らせてください。"
    exit_code = 1
    see: Path | None = None  # 公開が止まったとき、なぜかを見られるページ（取込の点検）
    home = ""  # どの置き場所での失敗か。命令（cli）が入れる
    at = ""  # --home を付けた命令の失敗なら、直し方の命令に付けるもの。命令（cli）が入れる

    def __init__(self, *, where: str, what: str = "", fix: str = "", problems: Problems = ()):
        self.where = where
        self.what = what or self.what
        self.fix = fix or self.fix
        self.problems = tuple(problems)
        super().__init__(where, self.what, self.fix)

    def __str__(self) -> str:
        lines = [f"{self.where}：{self.what}", *(f"  {p}" for p in self.problems[:SHOWN])]
        if len(self.problems) > SHOWN:
            lines.append(f"  ほか {len(self.problems) - SHOWN} 件")
        lines.append(f"  → {self.fix}")
        return "\n".join([*lines, f"  取込の点検：{self.see}"] if self.see else lines)


class BadParams(MynaError):
    """params/ の設定が読めない、または決まりに合わない。"""

    code = "BAD_PARAMS"
    what = "誤りがあります。"
    fix = "上の行を直して、もう一度実行してください。取り込んだ月は変わっていません。"


class Refused(MynaError):
    """受け取ったファイル、月、公開を断る。理由の名（`code`）と文は、断るところが書く（docs/errors.md の一覧）。"""

    what = fix = ""

    def __init__(self, code: str, /, *, where: str, what: str, fix: str, problems: Problems = ()):
        self.code = code
        super().__init__(where=where, what=what, fix=fix, problems=problems)
