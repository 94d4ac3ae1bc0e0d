"""見たことのないファイルの形を調べる。形と数だけを言い、人の値は一つも言わない。"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from mynalib.domain.employers import TRIMMED
from mynalib.domain.items import LABELS
from mynalib.domain.shipped import shipped_yaml, templates
from mynalib.domain.society import FileProfile
from mynalib.intake.cleaning import ODD_MARK
from mynalib.intake.copying import Copied, copy_clean
from mynalib.intake.headings import WORDS, refuse_headings
from mynalib.intake.scratch import scratch
from mynalib.intake.source import require_file
from mynalib.intake.workbench import Workbench

DATE_STYLES = ("YYYYMMDD", "YYYY-MM-DD", "YYYY/MM/DD", "wareki")
MOST_SHAPES = 8


@dataclass(frozen=True)
class FileShape:
    """ファイルの形。columns は項目の名の並び。

    shapes は（項目, 形, 行）、combinations は（状態, 解除区分, フラグ, 実施日あり, 解除日あり, 行）、
    dates は（書き方, 値の数, いちばん早い年, 遅い年）で、多い順。symbols は記号の種類、read は読めた行、lines は物理行。
    """

    name: str
    copied: Copied
    read: int
    symbols: int
    wide: int
    shapes: Sequence[tuple]
    combinations: Sequence[tuple]
    dates: Sequence[tuple]

    @property
    def profile(self) -> FileProfile:
        """society.yaml の `file:` に書くもの。"""
        encoding = self.copied.encoding.removesuffix("-le").removesuffix("-be")
        header = "present" if self.copied.layout.header else "absent"
        # 半角だけでは、どちらとも言えない
        plain = encoding == "utf-8" and header == "absent" and self.wide == 0
        date = self.dates[0][0] if self.dates else "YYYYMMDD"
        return FileProfile(encoding="auto" if plain else encoding, header=header, date=date)

    def sheet(self, form: str) -> str:
        """実ファイル確認シート。form は txt か html。"""
        sheet = templates().get_template(f"intake/sheet.{form}.j2")
        return sheet.render(
            file=self, labels=LABELS, questions=shipped_yaml("intake", "questions")
        ).lstrip()


def profile_file(path: Path) -> FileShape:
    """ファイルを調べる。何も残さない。

    Raises:
        Refused: 八項目のファイルとして読めない（read_file と同じ名）。
    """
    require_file(path)
    with scratch() as folder:
        copied = copy_clean(path, FileProfile(), folder / "lines.csv")
        with closing(Workbench(folder / "spill", path.name)) as bench:
            copied.load(bench, "seen", mark=ODD_MARK, blanks=TRIMMED)
            even = bench.run("seen_headings", words=WORDS)
            refuse_headings(copied.headings, even, copied.layout.header, path.name)
            rows = bench.run("seen_rows")
            shapes = bench.run("shapes", most=MOST_SHAPES)
            dates = bench.run("date_styles", styles=list(DATE_STYLES))
            return FileShape(path.name, copied, *rows[0], shapes, bench.run("combinations"), dates)
