"""原本を読み直して、置いてある月と同じかを確かめる。"""

import json
from pathlib import Path

from mynalib.domain.errors import Refused
from mynalib.domain.params import Params
from mynalib.history.files import sha256
from mynalib.history.home import Home
from mynalib.history.months import KeptMonth, MonthDamaged, original_of, verify_month


def require_original_of(home: Home, params: Params, kept: KeptMonth) -> None:
    """その月を原本から読み直し、置いたものと同じかを確かめる。違うか、原本がなければ MonthDamaged。"""
    verify_month(kept)
    original = original_of(home, kept)
    if original is None:
        what = "台帳に行がなく、原本（data/originals/）もないか変わっているので、確かめられません"
        fix = f"送り主から受け取り直したファイルを、myna ingest ファイル --month {kept.month} --replace で取り込んでください。"
        raise MonthDamaged(where=kept.folder.name, what=what, fix=fix)
    if not _reads_the_same(home, params, kept, original):
        what = "台帳に行がなく、原本を読み直したものと違います"
        fix = f"myna ingest data/originals/{original.name} --month {kept.month} --replace で、取り込み直してください。"
        raise MonthDamaged(where=kept.folder.name, what=what, fix=fix)


def _reads_the_same(home: Home, params: Params, kept: KeptMonth, original: Path) -> bool:
    from mynalib.history.aside import read_aside  # DuckDB の読みこみは、要るときだけ

    try:
        with read_aside(home, params, original, kept.month) as (staged, read):
            facts = json.loads(json.dumps(read.as_dict()))
            counted = all(kept.intake.get(name) == value for name, value in facts.items())
            return counted and all(
                _same_rows(staged / name, kept.folder / name) for name in kept.intake["files"]
            )
    except Refused as refused:
        if refused.code == "DISK_FULL":  # 原本のせいではない
            raise
        return False


def _same_rows(one: Path, other: Path) -> bool:
    from mynalib.history.tables import read_table  # pandas の読みこみは、要るときだけ

    # 書いた DuckDB の版が違えば、同じ行でも、バイトは違う
    if sha256(one) == sha256(other):
        return True
    tables = read_table(one), read_table(other)
    return tables[0] is not None and tables[1] is not None and tables[0].equals(tables[1])
