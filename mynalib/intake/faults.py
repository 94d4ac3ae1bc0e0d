"""行を隔離にする理由の名と、人に見せる言葉。"""

from mynalib.domain.items import LABELS, NAMES, REASONS

MY_NUMBER = "MY_NUMBER"  # 個人番号らしい値。隔離ではなく、ファイルを断るかどうかに使う
SKIP = "SKIP"  # 見出し、空の行、引用符の中の改行で続く行

_OF_ITEMS = (f"{reason} {name}" for reason in (*REASONS, MY_NUMBER) for name in NAMES)
FAULTS = (SKIP, "COLUMN_COUNT", "CONTROL_CHAR", "DUPLICATE_KEY", *_OF_ITEMS)
"""誤りの名。「理由」か「理由 項目」。SQL の型 fault の値になる。"""


def described(reason: str, column: str | None) -> str:
    """隔離の一行を、値を見せずに言う。"""
    return f"「{LABELS[column]}」：{REASONS[reason]}" if column else REASONS[reason]
