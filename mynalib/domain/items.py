"""共同利用する八項目。名前・別名・コードの定義は、ここだけにある。

列の名は法改正（2024-12、被保険者証 → 被保険者等）やシステムの違いで揺れるので、別名を受け入れる。
Source: 共同利用のお知らせ「共同利用するデータ」の表。
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """項目。`codes` が空でなければ、その値だけが許される。`blank` は空欄を許すか。"""

    name: str
    label: str
    meaning: str
    aliases: tuple[str, ...] = ()
    codes: tuple[tuple[str, str], ...] = ()
    blank: bool = True


def _key(part: str) -> tuple[str, ...]:
    return (f"被保険者証等{part}", f"被保険者等{part}", part)


ITEMS = (
    Item("symbol", "被保険者証記号", "被保険者証の記号。事業所を表す", _key("記号"), blank=False),
    Item("number", "被保険者証番号", "被保険者証の番号。世帯を表す", _key("番号"), blank=False),
    Item("branch", "被保険者証枝番", "被保険者証の枝番。世帯の中の一人を表す", _key("枝番"), blank=False),
    Item(
        "state",
        "初回登録状態",
        "いま保険証として登録されているか",
        ("保険証利用登録状態",),
        (("0", "登録なし（未登録または解除）"), ("1", "登録済")),
        blank=False,
    ),
    Item("registered_on", "初回登録実施日", "はじめて登録した日", ("初回登録日",)),
    Item("cancelled_on", "初回登録解除日", "登録が解除された日"),
    Item(
        "cancel_kind",
        "初回登録解除区分",
        "なぜ解除されたか",
        codes=(("1", "本人の申請"), ("2", "証明書の期限から3か月以上経過"), ("3", "カードの返納")),
    ),
    Item(
        "certificate_flag",
        "マイナンバーカード証明書有効期限状態フラグ",
        "カードの電子証明書の状態",
        ("証明書有効期限状態フラグ", "証明書有効期限状態"),
        (("0", "期限が切れて3か月以上、更新がない"), ("1", "期限内、または期限切れから3か月以内")),
    ),
)

NAMES = tuple(item.name for item in ITEMS)
KEY = NAMES[:3]

REASONS = {  # 行を隔離する理由
    "COLUMN_COUNT": "列の数が違う",
    "MISSING_KEY": "記号・番号・枝番のどれかが空欄",
    "BAD_KEY": "記号・番号・枝番の形が違う",
    "BAD_CODE": "コードが決まった値でない",
    "BAD_DATE": "日付として読めない",
    "UNKNOWN_KIGO": "登録のない記号",
    "DUPLICATE_KEY": "同じ人の行が二つ以上ある",
    "ENCODING": "文字として読めない",
    "CONTROL_CHAR": "制御文字がある",
}
