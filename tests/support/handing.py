"""試験の道具：小さな組合のリストを手渡し、開き、返ってきた表を作る。"""

import io
from pathlib import Path

import msoffcrypto
from openpyxl import load_workbook
from societies import SmallSociety

from mynalib.reminders.passphrases import Passphrases
from mynalib.verbs.handover import Request, hand_over_list
from mynalib.verbs.record import record_sheet

MASTER = "a master passphrase"
DEPARTMENT = {"E01": "総務人事部（駐在を含む）", "E02": "企画部", "E03": "企画管理部"}


def hand_over(society: SmallSociety, employer: str = "E02", **more) -> dict:
    request = Request(employer, DEPARTMENT[employer], "社内便", **more)
    return hand_over_list(society.home, society.params, request, lambda _: MASTER)


def record(society: SmallSociety, file: Path) -> dict:
    return record_sheet(society.home, society.params, file, lambda _: MASTER)


def set_policy(society: SmallSociety, old: str, new: str) -> None:
    file = society.home.params / "society.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def opened(society: SmallSociety, done: dict, employer: str = "E02") -> bytes:
    """outbox/ の中身を、合言葉で解いたもの。"""
    passphrase = Passphrases(society.home.passphrases).all(MASTER)[employer]
    sealed = msoffcrypto.OfficeFile(io.BytesIO((society.home.outbox / done["file"]).read_bytes()))
    sealed.load_key(password=passphrase, verify_password=True)
    plain = io.BytesIO()
    sealed.decrypt(plain)
    return plain.getvalue()


def answered(content: bytes, to: Path, answers: dict[int, str], column: str = "お申し出") -> Path:
    """❶ の枚の、何人目かの欄に書きこんだ表。"""
    book = load_workbook(io.BytesIO(content))
    [sheet] = [sheet for sheet in book if sheet.title.endswith("❶登録の勧奨")]
    heads, people = None, 0
    for row in sheet.iter_rows():
        texts = [cell.value for cell in row]
        if heads is None:
            heads = texts if "番号" in texts else None
            continue
        if people in answers:
            row[heads.index(column)].value = answers[people]
        people += 1
    book.save(to)
    return to
