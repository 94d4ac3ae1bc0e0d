"""意図して送出するエラー。どこで・何が・どうすれば。人の値は決して入れない。"""

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mynalib.domain.shipped import shipped_yaml

FULL_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FULL = (  # 空きが足りない印
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

    `code` は機械が読む名（英大文字）。`where` `what` `fix` は人が読む日本語。`what` と `fix` は、渡さなければ errors.yaml の
    `why`（無ければ `code`）の文で、`values` がその { } に入る。
    """

    code = "ERROR"
    what = fix = ""
    see: Path | None = None  # 公開が止まったとき、なぜかを見られるページ（取込の点検）
    home = ""  # どの置き場所での失敗か。命令（cli）が入れる

    def __init__(self, *, where: str, what: str = "", fix: str = "", why: str = "", problems: Problems = (), **values):
        phrases = shipped_yaml("domain", "errors")
        usual = phrases[why] if why else phrases.get(self.code, (self.what, self.fix))
        self.where, self.problems = where, tuple(problems)
        self.what, self.fix = what or usual[0].format(**values), fix or usual[1].format(**values)
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


class Refused(MynaError):
    """受け取ったファイル、月、公開を断る。`code` は断る理由の名で、呼ぶ側が渡す（README の一覧）。ほかは MynaError と同じ。"""

    def __init__(self, code: str, /, *, where: str, **said):
        self.code = code
        super().__init__(where=where, **said)
