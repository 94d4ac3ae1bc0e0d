"""LibreOffice に付いてくる Python（uno）で動かす：合言葉の付いた表を、画面なしで開き、どの枚の升の文も JSON で書く。

使い方：office_reader.py soffice 設定のフォルダー ファイル 合言葉…。開けなかった合言葉には null。
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.lang import IllegalArgumentException


def desktop(pipe: str, tries: int = 600):
    """起きた LibreOffice の、机。"""
    here = uno.getComponentContext()
    name = "com.sun.star.bridge.UnoUrlResolver"
    resolver = here.ServiceManager.createInstanceWithContext(name, here)
    for _ in range(tries):
        try:
            there = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            return there.ServiceManager.createInstanceWithContext(
                "com.sun.star.frame.Desktop", there
            )
        except NoConnectException:
            time.sleep(0.2)
    raise SystemExit("LibreOffice が起きません")


def read(desk, file: str, word: str):
    """枚の名から、升の文へ。合言葉が違えば None。"""
    how = [PropertyValue("Hidden", 0, True, 0), PropertyValue("Password", 0, word, 0)]
    try:
        book = desk.loadComponentFromURL(uno.systemPathToFileUrl(file), "_blank", 0, tuple(how))
    except IllegalArgumentException:
        return None
    found = {sheet.Name: cells(sheet) for sheet in book.Sheets}
    book.close(True)
    return found


def cells(sheet) -> list:
    used = sheet.createCursor()
    used.gotoEndOfUsedArea(False)
    end = used.RangeAddress
    return [
        [sheet.getCellByPosition(column, row).String for column in range(end.EndColumn + 1)]
        for row in range(end.EndRow + 1)
    ]


def main(soffice: str, profile: str, file: str, *words: str) -> None:
    pipe = f"myna{time.time_ns()}"
    asked = [f"-env:UserInstallation={Path(profile).as_uri()}", f"--accept=pipe,name={pipe};urp"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    office = subprocess.Popen([soffice, "--headless", "--norestore", *asked], **quiet)
    desk = desktop(pipe)
    print(json.dumps([read(desk, file, word) for word in words]))
    desk.terminate()
    office.wait(60)


main(*sys.argv[1:])
