"""本物の LibreOffice で表を開く。LibreOffice か、その Python（uno）がなければ、その試験を飛ばす（MYNA_REQUIRE_OFFICE があれば、失敗させる）。"""

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

READER = Path(__file__).with_name("office_reader.py")
PYTHONS = ("/usr/lib/libreoffice/program/python", "/usr/bin/python3")
Sheets = dict[str, list[list[str]]]


@cache
def _python() -> str:
    """uno の読める Python。なければ ''。"""
    for one in PYTHONS:
        known = Path(one).is_file() and subprocess.run(
            [one, "-c", "import uno"], capture_output=True, check=False
        )
        if known and known.returncode == 0:
            return one
    return ""


def opened_with(file: Path, words: list[str], profile: Path) -> list[Sheets | None]:
    """合言葉ごとに、枚の名から升の文へ。開けなければ None。"""
    soffice = shutil.which("soffice")
    if not soffice or not _python():
        give_up = pytest.fail if os.environ.get("MYNA_REQUIRE_OFFICE") else pytest.skip
        give_up("LibreOffice（と uno）がないので、表を開く試験は動かしていません")
    command = [_python(), str(READER), soffice, str(profile), str(file), *words]
    done = subprocess.run(command, capture_output=True, check=True, timeout=240)
    return json.loads(done.stdout)
