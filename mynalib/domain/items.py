"""共同利用する八項目。名前・別名・コードの定義は、items.yaml だけにある。"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mynalib.domain.shipped import shipped_yaml


@dataclass(frozen=True)
class Item:
    """項目。`codes`（値 → 意味）が空でなければ、その値だけが許される。`blank` は空欄を許すか。"""

    name: str
    label: str
    meaning: str
    aliases: list[str] = field(default_factory=list)
    codes: Mapping[str, str] = field(default_factory=dict)
    blank: bool = True


_WRITTEN = shipped_yaml("domain", "items")

ITEMS = tuple(Item(**item) for item in _WRITTEN["items"])
NAMES = tuple(item.name for item in ITEMS)
LABELS = {item.name: item.label for item in ITEMS}
# items.yaml のはじめの三つ（記号、番号、枝番）。並びは、お知らせの表の順で、見出しのないファイルの列の順でもある
PERSON_ITEMS = NAMES[:3]
REASONS: Mapping[str, str] = _WRITTEN["reasons"]
"""行を隔離する理由。"""
