"""ファイルの記号の綴りを、登録簿の記号に結びつける。綴りは少ないので、domain の関数でそのまま折り畳む。"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from mynalib.domain.employers import Registry, fold_symbol

_ANY_NUMBER = 10**20 - 1
_REPLACEMENT = "\ufffd"


@dataclass(frozen=True)
class Spelling:
    """一つの綴り。registered は登録簿の記号の番号（なければ None）、fault は記号としての誤り。"""

    text: str
    registered: int | None
    fault: str | None


def spell(texts: Sequence[str], registry: Registry) -> list[Spelling]:
    """綴りごとに、登録簿の記号か誤りのどちらかを決める。"""
    numbers = {folded: at for at, folded in enumerate(_folded_symbols(registry))}
    return [_spelled(text, numbers) for text in texts]


def entry_columns(registry: Registry) -> dict[str, list[int]]:
    """登録簿を、entry.sql の引数にする。place は登録どおりの記号の順位で、members.parquet の並びを決める。"""
    numbers = {folded: at for at, folded in enumerate(_folded_symbols(registry))}
    places = {symbol: at for at, symbol in enumerate(symbols_in_order(registry))}
    entries = registry.entries
    return {
        "entries": list(range(len(entries))),
        "symbols": [numbers[one.folded] for one in entries],
        "places": [places[one.symbol] for one in entries],
        "number_from": [one.number_from or 0 for one in entries],
        "number_to": [_ANY_NUMBER if one.number_to is None else one.number_to for one in entries],
    }


def symbols_in_order(registry: Registry) -> list[str]:
    """登録どおりの記号を、文字の順に。重ならない。"""
    return sorted({entry.symbol for entry in registry.entries})


def _folded_symbols(registry: Registry) -> list[str]:
    return sorted({entry.folded for entry in registry.entries})


def _spelled(text: str, numbers: dict[str, int]) -> Spelling:
    folded = fold_symbol(text)
    if folded in numbers:
        return Spelling(text, numbers[folded], None)
    return Spelling(text, None, f"{_reason(folded)} symbol")


def _reason(folded: str) -> str:
    if not folded:
        return "MISSING_KEY"
    if _REPLACEMENT in folded:
        return "ENCODING"
    # 空白や見えない文字を含むものは、記号ではない
    return "BAD_KEY" if any(unicodedata.category(char)[0] in "CZ" for char in folded) else "UNKNOWN_KIGO"
