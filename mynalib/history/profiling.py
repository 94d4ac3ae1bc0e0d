"""調べたファイルの形を、society.yaml の `file:` に書き、確認シートを保存する。"""

import re
from pathlib import Path

from mynalib.domain.errors import BadParams
from mynalib.history.files import write_file, writing
from mynalib.history.home import Home
from mynalib.intake.profile import FileShape, profile_file


def profile(file: Path, home: Home | None = None, sheet: Path | None = None) -> FileShape:
    """ファイルを調べる。

    Args:
        home: あれば、その society.yaml の `file:` を書きかえる（ほかの行と注釈はそのまま）。
        sheet: あれば、確認シート（HTML）を置く場所。
    Raises:
        Refused: 八項目のファイルとして読めない。
        BadParams: society.yaml に `file:` の三つの行がない。
    """
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
    text = path.read_text(encoding="utf-8")
    block = re.search(r"^file:[^\n]*\n(?:[ \t#][^\n]*\n|\n)*", text, re.MULTILINE)
    for name, value in values.items():
        line = re.compile(rf"^( +{name}: *)[^ #\n]+( *)", re.MULTILINE)
        if not block or not line.search(block[0]):
            what, fix = (
                f"file: の {name}: の行がありません",
                "見本（myna init で作られるもの）のとおりに書いてください。",
            )
            raise BadParams(where=path.name, what=what, fix=fix)
        written = line.sub(lambda found, value=value: f"{found[1]}{value}{found[2]}", block[0], count=1)
        text = text.replace(block[0], written)
        block = re.search(re.escape(written), text)
    write_file(path, text.encode())
