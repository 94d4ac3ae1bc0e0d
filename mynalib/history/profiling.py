"""調べたファイルの形を、society.yaml の `file:` に書き、確認シートを保存する。"""

import re
from pathlib import Path

from mynalib.domain.params import RejectedParams
from mynalib.domain.shipped import phrase
from mynalib.domain.strict_yaml import read_yaml
from mynalib.history.files import NotWritable, write_file, writing
from mynalib.history.home import Home
from mynalib.intake.profile import FileShape, profile_file


def profile(file: Path, home: Home | None = None, sheet: Path | None = None) -> FileShape:
    """ファイルを調べる。

    Args:
        home: あれば、その society.yaml の `file:` を書きかえる（ほかの行と注釈はそのまま）。
        sheet: あれば、確認シート（HTML）を置く場所。
    Raises:
        Refused: 八項目のファイルとして読めない。
        RejectedParams: society.yaml が読めないか、`file:` の三つの行がない。
        NotWritable: 書けない。確認シートの場所が、調べるファイルそのもの。
    """
    if sheet and sheet.resolve() == file.resolve():
        raise NotWritable(where=str(sheet), why="sheet_over_file")
    with writing(file.parent):
        shape = profile_file(file)
    if sheet:
        with writing(sheet.parent):
            write_file(sheet, shape.sheet("html").encode())
    if home:
        with home.locked():
            _write_block(home.params / "society.yaml", shape.profile.model_dump())
    return shape


def _write_block(path: Path, values: dict[str, str]) -> None:
    document = read_yaml(path, path.name)
    for name in values:
        if ("file", name) not in document.lines:
            document.note(("file",), phrase("no_file_line", name=name))
    if document.problems:
        raise RejectedParams([document])
    lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    for name, value in values.items():
        row = document.lines["file", name] - 1
        lines[row] = re.sub(rf"({name}: *)[^\s#,}}]+", rf"\g<1>{value}", lines[row], count=1)
    write_file(path, "".join(lines).encode())
