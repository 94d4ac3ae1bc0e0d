"""ディスクの上の月。月ごとに一つのフォルダーで、置いたあとは変わらない。"""

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mynalib.domain.errors import MynaError, Refused
from mynalib.domain.months import Month
from mynalib.history.files import fresh_folder, remove_file, replace_file, sha256
from mynalib.history.home import Home
from mynalib.history.leftovers import INCOMING, remove_leftovers
from mynalib.history.placing import place_folder
from mynalib.history.revisions import revisions

MONTH_TABLES = ("members.parquet", "quarantine.parquet")


class UnknownMonth(MynaError):
    """その月は、まだ取り込まれていない。"""

    code = "UNKNOWN_MONTH"
    what = "まだ取り込まれていません"
    fix = "myna ingest ファイル --month 月 で取り込んでください。"


class MonthDamaged(MynaError):
    """置いた月のファイルが、置いたときのものでない。"""

    code = "MONTH_DAMAGED"
    what = "壊れているか、変えられています"
    fix = "data/originals/ にある同じ月の原本を、myna ingest 原本 --month 月 --replace で取り込み直してください。"


@dataclass(frozen=True)
class KeptMonth:
    """取り込まれた月。`intake` は intake.json の中身（件数、理由、ハッシュ）。"""

    month: Month
    folder: Path
    # dict は要約できない。月とフォルダーが同じなら、中身も同じ（置いたあとは変わらない）
    intake: dict = field(hash=False)

    @property
    def members(self) -> Path:
        return self.folder / "members.parquet"

    @property
    def quarantine(self) -> Path:
        return self.folder / "quarantine.parquet"

    def is_as_used(self, used: Mapping | None) -> bool:
        """公開に使ったとき（manifest の inputs の一つ）と、受け入れた行が同じか。バイトでなく中身で決まる。

        設定を変えて同じファイルを読み直せば違い、並べかえのない写しを置き直しても同じ。古い manifest には、中身のハッシュがない。
        """
        if used and "members" in used:
            return used["members"] == self.intake["files"]["members.parquet"]
        return bool(used) and used["sha256"] == self.intake["sha256"]


def kept_months(home: Home, leaving_out: Month | None = None) -> list[KeptMonth]:
    """取り込まれた月（それぞれ最も新しい版）。古い月が先。

    Args:
        leaving_out: 開かない月。壊れていて、これから置きかえるもの。
    """
    return [
        _read(month, folders[-1])
        for month, folders in revisions(home.months).items()
        if month != leaving_out
    ]


def kept_month(home: Home, month: Month) -> KeptMonth:
    """その月。無ければ UnknownMonth。"""
    folders = revisions(home.months).get(month)
    if folders:
        return _read(month, folders[-1])
    raise UnknownMonth(
        where=str(home.root),
        what=f"{month.label}は、まだ取り込まれていません",
        fix=f"myna ingest ファイル --month {month} で取り込んでください。",
    )


def newer_month(home: Home, month: Month) -> Month | None:
    """month より新しい、取り込まれた月のうち、いちばん新しいもの。なければ None。"""
    return max((kept for kept in revisions(home.months) if kept > month), default=None)


def staging(home: Home) -> Path:
    """書きかけを置く空のフォルダー。前に落ちた処理の残りは、ここで消える。"""
    home.months.mkdir(parents=True, exist_ok=True)
    remove_leftovers(home)
    return fresh_folder(home.months / INCOMING)


def keep(
    home: Home, month: Month, staged: Path, original: Path, facts: dict, taken: Iterable[str] = ()
) -> KeptMonth:
    """書き終えた月を、原本とともに置く。途中で落ちても、月は全部あるか、全くないか。taken は、もう使ったフォルダーの名。"""
    intake = facts | {
        "month": str(month),
        "files": {name: sha256(staged / name) for name in MONTH_TABLES},
    }
    (staged / "intake.json").write_text(
        json.dumps(intake, ensure_ascii=False, indent=1), encoding="utf-8"
    )
    # 原本が先。月だけがあって原本のない時を作らない（壊れたとき、原本から直せなくなる）
    keep_original(home, month, original, facts["sha256"])
    return _read(month, place_folder(staged, home.months, month, read_only=True, known=taken))


def keep_original(home: Home, month: Month, original: Path, digest: str) -> None:
    """届いたままの写しを置く。同じものがもうあれば、何もしない。"""
    home.originals.mkdir(parents=True, exist_ok=True)
    target = original_path(home, month, digest)
    if target.exists() and sha256(target) == digest:
        return
    beside = target.with_suffix(".part")
    remove_file(beside)
    shutil.copyfile(original, beside)
    # 読んでから写すまでに、送り主がファイルを書きかえていれば、月と原本が食い違う
    if sha256(beside) != digest:
        remove_file(beside)
        raise Refused(
            "TRUNCATED",
            where=original.name,
            what="読んでいる間に、変わりました",
            fix="ファイルを書き終えてから、もう一度取り込んでください。何も取り込んでいません。",
        )
    remove_file(target)
    replace_file(beside, target, read_only=True)


def original_of(home: Home, kept: KeptMonth) -> Path | None:
    """その月の原本。無いか、取り込んだときのものでなければ None。"""
    original = original_path(home, kept.month, kept.intake["sha256"])
    return original if original.is_file() and sha256(original) == kept.intake["sha256"] else None


def original_path(home: Home, month: Month, digest: str) -> Path:
    """原本を置く場所。名は、月と、中身のハッシュ。"""
    # はじめの 12 桁（48 ビット）。人が見くらべられる長さ
    return home.originals / f"{month}-{digest[:12]}.csv"


def require_originals(home: Home) -> None:
    """原本の全てが、名にあるハッシュのものか。違えば MonthDamaged（直せるのは、原本があるあいだだけ）。"""
    for original in sorted(home.originals.glob("*.csv")):
        require_original(home, original, sha256(original))


def require_original(home: Home, file: Path, digest: str) -> None:
    """file が原本なら、その名にあるハッシュのものか。"""
    if file.resolve().parent == home.originals.resolve() and digest[:12] not in file.name:
        raise MonthDamaged(
            where=file.name,
            what="原本が、取り込んだときのものではありません",
            fix="バックアップの原本か、送り主から受け取り直したファイルに替えてください。",
        )


def _read(month: Month, folder: Path) -> KeptMonth:
    try:
        intake = json.loads((folder / "intake.json").read_text(encoding="utf-8"))
        whole = intake["month"] == str(month) and set(MONTH_TABLES) <= set(intake["files"])
    except (OSError, ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise damaged(folder, "intake.json")
    return KeptMonth(month, folder, intake)


def verify_month(kept: KeptMonth) -> None:
    """ファイルが置いたときのままかを確かめる。違えば MonthDamaged。"""
    for name, digest in kept.intake["files"].items():
        path = kept.folder / name
        if not path.is_file() or sha256(path) != digest:
            raise damaged(kept.folder, name)


def damaged(folder: Path, name: str) -> MonthDamaged:
    """その月のフォルダーの、そのファイルが壊れている。"""
    return MonthDamaged(where=f"{folder.name}/{name}")
