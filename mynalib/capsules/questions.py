"""手元の小さな表への問い。列と単位は、sql/ のファイルの冒頭の注釈に書いてある。"""

import pandas as pd

from mynalib.domain.shipped import shipped_text
from mynalib.history.tables import desk


def ask(name: str, tables: dict[str, pd.DataFrame], **values: str) -> pd.DataFrame:
    """sql/{name}.sql を、手元の表に尋ねる。"""
    with desk() as db:
        for table, rows in tables.items():
            db.register(table, rows)
        return db.execute(shipped_text(f"capsules/sql/{name}.sql"), values or None).df()
