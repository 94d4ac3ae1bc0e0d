"""調べたファイルの形を、society.yaml の `file:` に書き、確認シートを保存する。"""

import re
from pathlib import Path

from mynalib.domain.params import RejectedParams
from mynalib.domain.shipped import phrase
from mynalib.domain.strict_yaml import read_yaml
from mynalib.history.files import NotWritable, write_file, writing
from mynalib.history.home import Home
from mynalib.intake.profile import FileShape, profile_file
from mynalib.intake.source import require_plain_name

SHEET_MARK = (
    b'<meta name="generator" content="mynalib-profile">'  # intake/sheet.html.j2 のはじめにある
)
SHEET_HEAD = 1000  # 印を探すところ（バイト）


def profile(file: Path, home: Home | None = None, sheet: Path | None = None) -> FileShape:
    """ファイルを調べる。

    Args:
        home: あれば、その society.yaml の `file:` を書きかえる（ほかの行と注釈はそのまま）。
        sheet: あれば、確認シート（HTML）を置く場所。
    Raises:
        Refused: 八項目のファイルとして読めない。
        RejectedParams: society.yaml が読めないか、`file:` の三つの行がない。
        NotWritable: 書けない。確認シートの場所に、前の確認シートでないものがある。
    """
    # 断るわけは、調べる前に見つける
    if sheet:
        _require_free(sheet, file)
    with writing(file.parent):
        shape = profile_file(file)
    if sheet:
        with writing(sheet.parent):
            write_file(sheet, shape.sheet("html").encode())
    if home:
        with home.locked():
            _write_block(home.params / "society.yaml", shape.profile.model_dump())
    return shape


def _require_free(sheet: Path, file: Path) -> None:
    """置きかえてよいのは、前に作った確認シートだけ。"""
    require_plain_name(sheet, "確認シート")
    if sheet.resolve() == file.resolve():
        raise NotWritable(
            where=str(sheet),
            what="調べるファイルそのものです",
            fix="確認シートには、別の名を付けてください（例 確認シート.html）。",
        )
    with writing(sheet.parent):
        # 切れたリンクは、exists が False になる。その先に書かない
        taken = sheet.is_symlink() or sheet.exists()
        if taken and not _is_a_sheet(sheet):
            what = "ほかのファイルがあります"
            fix = "確認シートには、別の名を付けてください（例 確認シート.html）。"
            raise NotWritable(where=str(sheet), what=what, fix=fix)


def _is_a_sheet(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return SHEET_MARK in file.read(SHEET_HEAD)


def _write_block(path: Path, values: dict[str, str]) -> None:
    document = read_yaml(path, path.name)
    for name in values:
        if ("file", name) not in document.lines:
            document.note(("file",), phrase("no_file_line", name=name))
    if document.problems:
        raise RejectedParams([document])
    lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    # 値だけを置きかえる。encoding: auto  # 注 → encoding: utf-8  # 注。{encoding: auto, header: …} のように、一行に書いてあってもよい
    for name, value in values.items():
        row = document.lines["file", name] - 1
        lines[row] = re.sub(rf"({name}: *)[^\s#,}}]+", rf"\g<1>{value}", lines[row], count=1)
    write_file(path, "".join(lines).encode())
