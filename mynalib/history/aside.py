"""書きかけのフォルダーに、ファイルを読む。読んだものは、置くまで、どの月でもない。"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.home import Home
from mynalib.history.months import staging
from mynalib.intake.intake import Intake
from mynalib.intake.reading import read_file


@contextmanager
def read_aside(
    home: Home, params: Params, file: Path, month: Month
) -> Iterator[tuple[Path, Intake]]:
    """ファイルを読んだ結果を置いた、書きかけのフォルダーと、ファイルの判定。フォルダーは、終われば消す。"""
    staged = staging(home)
    try:
        # その月の末日の登録簿で読む。今日の登録簿では、あとで抜けた事業所の人が、隔離になる
        registry = params.registry(month)
        profile = params.society.file
        yield staged, read_file(file, month=month, registry=registry, profile=profile, into=staged)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
