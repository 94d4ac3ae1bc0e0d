"""見出しの行：ファイルのはじめにあるか、ちょうど八項目か。断るときも、ファイルにある字は言わない。"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from mynalib.domain.errors import Problem, Refused
from mynalib.domain.items import ITEMS, LABELS, NAMES
from mynalib.intake.cells import looks_like_a_row, record_at
from mynalib.intake.headings import (
    DELIMITERS,
    heading_line,
    holds_names,
    item_of,
    nearest_item,
    refuse_headings,
)

SAMPLE_LINES = 1000  # 見出しは、あるなら、この中にある
# 例：sep=; や "sep=,"。引用符で囲むものもある
_SEP = re.compile(r'"?\s*sep\s*=.{0,3}\s*', re.IGNORECASE)


@dataclass(frozen=True)
class HeadingRow:
    """name は断るときに見せるファイルの名、promised は見出しの約束（FileProfile.header：auto、present、absent）。"""

    name: str
    promised: str

    def refuse_misplaced(self, lines: list[str], start: int) -> None:
        """start 行目（0 から。空でない、はじめの行）の見出しが壊れているか、見出しの上にほかの行があれば、断る。"""
        self._refuse_broken(lines, start)
        self._refuse_lines_above(lines, start)

    def columns(self, cells: Sequence[str]) -> tuple[str, ...]:
        """見出しなら項目の並び、見出しがなければ空。"""
        if holds_names(cells) or any(map(item_of, cells)):
            return self._checked(cells)
        # 例：「記号」は「險伜捷」になる。元に戻せるが、値も化けて一部は失われているので、直さずに断る
        if holds_names([_unscrambled(cell) for cell in cells]):
            raise Refused(
                "HEADER",
                where=self.name,
                what="見出しが文字化けしています（UTF-8 をシフト JIS として読み、保存し直したもののようです）",
                fix="文字化けする前のファイルを、送り主から受け取り直してください。",
            )
        # 人の行を見出しとみなすと、一人目が黙って消える
        if self.promised == "present" and looks_like_a_row(cells):
            raise Refused(
                "HEADER",
                where=self.name,
                what="見出しがあるはずですが、最初の行は人の行のようです",
                fix="見出しのないファイルなら、society.yaml の file.header を auto か absent にしてください。",
            )
        if self.promised != "absent" and not looks_like_a_row(cells):
            raise Refused(
                "HEADER",
                where=self.name,
                what="最初の行が、八項目の見出しでも、人の行でもありません",
                fix="題や注記の行なら、消してください。見出しなら、八項目の名に直してください。人の行なら、番号・枝番・状態を直してください。",
            )
        return ()

    def _refuse_broken(self, lines: list[str], start: int) -> None:
        """引用符の中の改行で、いくつもの行にまたがる見出し。"""
        # 区切りは、まだ決まっていない（見出しの行から決める）
        for delimiter in DELIMITERS:
            try:
                cells, used = record_at(lines, start, delimiter)
            except csv.Error:
                continue
            if used > 1 and holds_names(cells):
                broken = "、".join(str(at) for at, cell in enumerate(cells, 1) if "\n" in cell)
                raise Refused(
                    "HEADER",
                    where=self.name,
                    what=f"見出しの {broken} 列目の中に改行があります（{start + 1}〜{start + used} 行目）",
                    fix="見出しの中の改行を消して一行に直し、もう一度取り込んでください。",
                )

    def _refuse_lines_above(self, lines: list[str], start: int) -> None:
        """見出しの上の行。題、注記、Excel に区切りを教える「sep=」など。人の行があれば、つないだファイル。"""
        found = heading_line(lines[start : start + SAMPLE_LINES])
        if _SEP.fullmatch(lines[start]):
            what = f"{start + 1} 行目は、Excel に区切りを教える「sep=」の行です"
            last = start + 1
        elif found:
            above = lines[start : start + found]
            # CR だけの改行も、行の切れ目
            last = start + found + sum(line.rstrip("\r").count("\r") for line in above)
            if any(
                looks_like_a_row(line.split(delimiter)) for line in above for delimiter in ",\t"
            ):
                # 見出しの上に人の行がある：別のファイルがつないである。行を消せばよいとは言えない
                refuse_headings([last + 1], (), False, self.name)
            what = f"見出しは {last + 1} 行目にあります。その上の行は、八項目のものではありません"
        else:
            return
        rows = f"1〜{last} 行目" if last > 1 else "1 行目"
        then = (
            "society.yaml の file.header を auto にして、"
            if found and self.promised == "absent"
            else ""
        )
        fix = f"{rows}を消し、{then}もう一度取り込んでください。"
        raise Refused("HEADER", where=self.name, what=what, fix=fix)

    def _checked(self, cells: Sequence[str]) -> tuple[str, ...]:
        if self.promised == "absent":
            raise Refused(
                "HEADER",
                where=self.name,
                what="見出しはないはずですが、最初の行は見出しです",
                fix="society.yaml の file.header を auto か present にしてください。",
            )
        # 列は名で決める。並びを信じると、状態とフラグのように同じ形の列を取り違えても、だれも気づかない
        names = [item_of(cell) for cell in cells]
        meant = _meant(cells, names)
        there = [*names, *meant.values()]
        wrong = [f"「{item.label}」の列がありません" for item in ITEMS if item.name not in there]
        wrong += [
            f"「{item.label}」の列が二つ以上あります"
            for item in ITEMS
            if names.count(item.name) > 1
        ]
        misspelt = [
            Problem(f"見出し {at} 列目", f"「{LABELS[item]}」の書き誤りのようです")
            for at, item in meant.items()
        ]
        beyond = [at for at, name in enumerate(names, 1) if not name and at not in meant]
        extra = [Problem(f"見出し {at} 列目", "共同利用の八項目にない名です") for at in beyond]
        self._require_eight([Problem("見出し", what) for what in wrong], misspelt, extra)
        return tuple(name for name in names if name)

    def _require_eight(
        self, wrong: Sequence[Problem], misspelt: Sequence[Problem], extra: Sequence[Problem]
    ) -> None:
        """見出しが、ちょうど八項目か。足りない、書き誤り、お知らせにない名のどれかがあれば断る。"""
        if misspelt and not (wrong or extra):
            raise Refused(
                "HEADER",
                where=self.name,
                what="見出しに書き誤りがあります",
                fix="見出しの名を、上のとおりに直して、もう一度取り込んでください。",
                problems=misspelt,
            )
        if wrong or misspelt:
            raise Refused(
                "HEADER",
                where=self.name,
                what="見出しが八項目と合いません",
                fix="八項目がそろったファイルを受け取り直してください。",
                problems=[*wrong, *misspelt, *extra],
            )
        if extra:
            raise unnotified(self.name, extra)


def unnotified(name: str, problems: Sequence[Problem]) -> Refused:
    """お知らせにない項目があるという断り。"""
    return Refused(
        "UNNOTIFIED_ITEM",
        where=name,
        what="共同利用のお知らせにない項目があります",
        fix="余分な列を除いたファイルを受け取り直してください（お知らせにない項目は受け取れません）。",
        problems=problems,
    )


def _meant(cells: Sequence[str], names: Sequence[str | None]) -> dict[int, str]:
    """書き誤りとみられる列（1 から）と、その項目。どの項目も一度だけ。"""
    missing = [name for name in NAMES if name not in names]
    meant: dict[int, str] = {}
    for at, (cell, name) in enumerate(zip(cells, names, strict=True), 1):
        item = None if name else nearest_item(cell, missing)
        if item:
            meant[at] = item
            missing.remove(item)
    return meant


def _unscrambled(cell: str) -> str:
    """UTF-8 をシフト JIS として読んだ文字化けの、元の字。"""
    return cell.encode("cp932", "ignore").decode("utf-8", "ignore")
