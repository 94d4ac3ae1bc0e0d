"""手渡し：一つのリストを、一つの部署に渡せる形にして outbox/ に置き、知らせた人と、台帳の一行を残す。

名は偶然のもので、どの事業所のものかは、名からは分からない。どこで落ちても、台帳に行がなければ、手渡していない。
"""

import io
import secrets
from dataclasses import dataclass

import pandas as pd
from msoffcrypto.format.ooxml import OOXMLFile

from mynalib.domain.employers import Employer
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.files import write_file
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.reminders.memory import LETTERS, remember


@dataclass(frozen=True)
class Handing:
    """一つの事業所に渡すもの。

    content は勧奨リストの XLSX、columns はその列、rows は載せた人（symbol, number, branch, action, attempt）。
    """

    employer: Employer
    department: str
    means: str
    month: Month
    release: str
    content: bytes
    sha256: str
    rows: pd.DataFrame
    columns: tuple[str, ...] = ()


def hand_over(home: Home, params: Params, parcel: Handing, passphrase: str) -> dict:
    """渡すものを outbox/ に置き、記録する。錠の中で呼ぶ。

    Args:
        passphrase: その事業所の合言葉。"" なら、暗号化しない。
    Returns:
        台帳に書いたこと（handover が番号、file が outbox/ の中の名）。
    """
    # 64 ビットの偶然の名：受け取る人にも、置き場を見る人にも、事業所も順も読み取れない
    number = secrets.token_hex(8)
    file = f"{number}.xlsx"
    content = encrypted(parcel.content, passphrase) if passphrase else parcel.content
    # 渡すもの、記録、台帳の順。途中で落ちたら、同じ命令をもう一度。outbox/ に残ったファイルは、だれにも渡していない
    write_file(home.outbox / file, content)
    record = remember(home, parcel.month, number, parcel.rows)
    facts = {
        "handover": number,
        "file": file,
        "rows": len(parcel.rows),
        "unit": parcel.employer.id,
        "department": parcel.department,
        "role": parcel.employer.responsible.title,
        "means": parcel.means,
        "purposes": sorted({*parcel.rows.action}),
        # 設定が許す列ではなく、本当に渡す列。漏れたときの控えが、渡していない項目まで言わないように
        "items": list(parcel.columns),
        "encrypted": bool(passphrase),
        # 暗号化する前の、公開したリストのハッシュ。暗号化すると毎回違うバイトになり、公開したものと比べられない
        "list_sha256": parcel.sha256,
        "release": parcel.release,
    }
    return _written(home, params, parcel.month, facts, record)


def post_letters(
    home: Home, params: Params, month: Month, release: str, *, means: str, rows: pd.DataFrame
) -> dict:
    """健保が自宅に知らせた（手紙を出した）ことを記録する。渡すファイルはない。

    Args:
        rows: 知らせた人（symbol, number, branch, action, attempt）。
    """
    number = secrets.token_hex(8)
    record = remember(home, month, number, rows)
    facts = {
        "handover": number,
        "file": "",
        "rows": len(rows),
        "unit": LETTERS,
        "department": "",
        "means": means,
        "purposes": sorted({*rows.action}),
        "release": release,
    }
    return _written(home, params, month, facts, record)


def encrypted(content: bytes, passphrase: str) -> bytes:
    """Excel でそのまま開ける形で暗号化する（ECMA-376 の agile、AES-256）。"""
    sealed = io.BytesIO()
    OOXMLFile(io.BytesIO(content)).encrypt(passphrase, sealed)
    return sealed.getvalue()


def _written(
    home: Home, params: Params, month: Month, facts: dict, record: tuple[str, str]
) -> dict:
    """台帳に一行を足す。record は、知らせた人の記録の名と、そのハッシュ。"""
    facts |= {"month": str(month), "notice": params.joint_use.notice.version}
    facts |= dict(zip(("record", "record_sha256"), record, strict=True))
    return facts | {"head": Ledger(home.ledger).append("handed_over", **facts)}
